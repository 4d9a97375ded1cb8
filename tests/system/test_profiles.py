"""Saved parameters of imports: what a start takes from them, which one a file's captions recall, and how they are kept."""
import json
import threading

import pytest
import samples
from test_mapping import full, stock, world

__all__ = ["world"]
ROWS = [["Артикул", "Наименование", "Факт"], ["PN-1-A", "One", "5"], ["PN-2-A", "Two", "1,500"]]
PRICES = [["Артикул", "Наименование", "Стоимость поставки"], ["PN-1-A", "One", "100"], ["PN-2-A", "Two", "200"]]


@pytest.fixture()
def client(world):
    world.sql("DELETE FROM import_profile")
    return world.worker(0)


def put(client, name, body, **headers):
    return client.request("PUT", f"/api/import-profiles/{name}", json.dumps(body, ensure_ascii=False).encode(),
                          {"Content-Type": "application/json", **{key.replace("_", "-"): value for key, value in headers.items()}})


def quotes(client, rows, **params):
    text = "".join(";".join(row) + "\n" for row in rows)
    body, kind = samples.multipart({"party": "SUP-01", "force": "true", **params}, "list.csv", text.encode())
    answer = client.upload("/api/quotes/import", body, kind)
    assert answer.status == 202, answer
    return client.wait(answer.json["task_id"])


def refused(client, path, rows, **params):
    body, kind = samples.multipart(params, "stock.csv", "".join(";".join(row) + "\n" for row in rows).encode())
    answer = client.upload(path, body, kind)
    assert answer.status == 422, answer
    return {fault["pointer"]: fault["detail"] for fault in answer.json["errors"]}


# ---- Keeping ----------------------------------------------------------------------------------------------------------


def test_a_profile_is_saved_read_listed_and_deleted(client):
    answer = put(client, "1C%20%D0%BE%D1%81%D1%82", {"type": "stock_import", "params": {"columns": {"qty": "Факт"}, "check_totals": "warn", "vat_rate": 20}})
    assert answer.status == 201 and answer.headers["ETag"]
    profile = answer.json
    assert (profile["name"], profile["type"], profile["used_at"]) == ("1C ост", "stock_import", None)
    assert profile["params"] == {"vat_rate": "20", "columns": {"qty": "Факт"}, "check_totals": "warn"}
    read = client.get("/api/import-profiles/1c%20%D0%9E%D0%A1%D0%A2")  # letter case does not count
    assert read.json == profile and read.headers["ETag"] == answer.headers["ETag"]
    assert put(client, "two", {"type": "quotes_import", "params": {}}).status == 201
    assert [p["name"] for p in client.get("/api/import-profiles").json["profiles"]] == ["1C ост", "two"]
    assert [p["name"] for p in client.get("/api/import-profiles?type=quotes_import").json["profiles"]] == ["two"]
    assert [p["name"] for p in client.get("/api/import-profiles?q=%D0%BE%D1%81").json["profiles"]] == ["1C ост"]
    first = client.get("/api/import-profiles?limit=1").json
    assert [p["name"] for p in client.get(f"/api/import-profiles?limit=1&cursor={first['next_cursor']}").json["profiles"]] == ["two"]
    assert client.request("DELETE", "/api/import-profiles/two").status == 204
    assert client.get("/api/import-profiles/two").status == client.request("DELETE", "/api/import-profiles/two").status == 404


def test_a_lost_update_is_refused(client):
    body = {"type": "stock_import", "params": {"force": True}}
    tag = put(client, "p", body).headers["ETag"]
    assert put(client, "p", body).status == 428
    assert put(client, "P", body, If_None_Match="*").status == 412
    changed = put(client, "p", {"type": "stock_import", "params": {"max_reject_pct": 10}}, If_Match=tag)
    assert changed.status == 200 and changed.json["params"] == {"max_reject_pct": 10} and changed.headers["ETag"] != tag
    assert put(client, "p", body, If_Match=tag).status == 412
    assert client.request("DELETE", "/api/import-profiles/p", headers={"If-Match": tag}).status == 412
    assert put(client, "new", body, If_Match=tag).status == 412
    assert client.request("DELETE", "/api/import-profiles/p", headers={"If-Match": changed.headers["ETag"]}).status == 204


def test_two_savers_at_once_one_wins(client, world):
    tag = put(client, "p", {"type": "stock_import", "params": {}}).headers["ETag"]
    statuses = []

    def save(n):
        statuses.append(put(world.worker(n % 2), "p", {"type": "stock_import", "params": {"max_reject_pct": n}}, If_Match=tag).status)

    threads = [threading.Thread(target=save, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200] + [412] * 5


def test_every_fault_at_once(client):
    answer = put(client, "x" * 65, {"type": "stock_import", "more": 1, "params": {
        "mode": "x", "columns": {"qty": 1, "nothing": "A"}, "header_row": 99, "profile": "p", "fixes": [], "warehouse": "NONE", "what": 1}})
    faults = {(fault["pointer"], fault["code"]) for fault in answer.json["errors"]}
    assert answer.status == 422 and faults >= {("/name", "range"), ("", "unknown"), ("/params/mode", "choice"), ("/params/columns/qty", "type"),
                                               ("/params/header_row", "range"), ("/params/profile", "unknown"), ("/params/fixes", "unknown"),
                                               ("/params/what", "unknown")}
    answer = put(client, "p", {"type": "stock_import", "params": {"warehouse": "NONE", "stock_date": "2999-01-01"}})
    assert {fault["pointer"] for fault in answer.json["errors"]} == {"/params/warehouse", "/params/stock_date"}
    assert put(client, "p", {"params": {}}).json["errors"][0]["pointer"] == "/type"
    assert put(client, "p", {"type": "recalculate"}).status == put(client, "p", [1]).status == put(client, "p", {"from_task": "x"}).status == 422
    assert put(client, "a%2Fb", {"type": "stock_import"}).status == 400 and put(client, "%20a", {"type": "stock_import"}).status == 422
    assert client.get("/api/import-profiles").json["profiles"] == []


# ---- Using ------------------------------------------------------------------------------------------------------------


def test_a_start_takes_what_the_request_does_not_say(client):
    put(client, "fact", {"type": "stock_import", "params": {"columns": {"qty": "Факт"}, "mode": "merge", "number_locale": "en", "dry_run": True}})
    task = full(client, stock(client, ROWS, profile="Fact"))
    assert task["status"] == "completed" and task["result"]["qty_total"] == "1505.000" and task["result"]["mode"] == "merge"
    assert (task["params"]["columns"], task["params"]["profile"], task["params"]["check_totals"]) == ({"qty": "Факт"}, "Fact", "fail")
    task = full(client, stock(client, ROWS, profile="fact", number_locale="ru", mode="replace"))
    assert task["result"]["qty_total"] == "6.500" and task["result"]["mode"] == task["params"]["mode"] == "replace"


def test_a_profile_may_name_the_warehouse(client):
    put(client, "far", {"type": "stock_import", "params": {"warehouse": "FAR", "columns": {"qty": "Факт"}}})
    body, kind = samples.multipart({"profile": "far"}, "s.csv", "".join(";".join(row) + "\n" for row in ROWS).encode())
    task = client.wait(client.upload("/api/stock/import", body, kind).json["task_id"])
    assert task["result"]["warehouse"] == "FAR" and client.get("/api/import-profiles/far").json["used_at"]


def test_prices_by_a_profile(client):
    put(client, "sup", {"type": "quotes_import", "params": {"price": "Стоимость поставки", "currency": "USD", "party": "SUP-02"}})
    task = quotes(client, PRICES, profile="sup", dry_run="true")
    assert task["status"] == "completed" and task["result"]["party"] == "SUP-01"  # the request wins
    assert task["result"]["file"]["prices"][0]["currency"] == "USD" and task["result"]["inserted"] == 2


def test_unknown_profiles_are_told_with_all_other_faults(client):
    assert "nor any other" in refused(client, "/api/stock/import", ROWS, warehouse="MAIN", profile="x")["/profile"]
    put(client, "one", {"type": "stock_import", "params": {"columns": {"qty": "Факт"}}})
    put(client, "two", {"type": "quotes_import", "params": {}})
    faults = refused(client, "/api/stock/import", ROWS, warehouse="NONE", profile="two")
    assert set(faults) == {"/profile", "/warehouse"} and faults["/profile"] == "unknown profile «two»; there are: one"
    assert set(refused(client, "/api/stock/import", ROWS, profile="one")) == {"/warehouse"}
    assert set(refused(client, "/api/stock/import", ROWS, profile="one", mode="x", header_row="0")) == {"/mode", "/header_row"}


def test_a_later_change_does_not_reach_a_task_that_is_started(make_daemon):
    daemon = make_daemon(spool__keep_preview=1800)
    samples.load_catalogue(daemon)
    client = daemon.worker(0)
    tag = put(client, "p", {"type": "stock_import", "params": {"columns": {"qty": "Факт"}, "max_reject_pct": 7}}).headers["ETag"]
    task = stock(client, [["Артикул", "Факт"], ["PN-1-A", "много"]], profile="p", dry_run="false")
    assert task["status"] == "error"
    put(client, "p", {"type": "stock_import", "params": {"max_reject_pct": 100}}, If_Match=tag)
    retry = client.request("POST", f"/api/tasks/{task['id']}/retry")
    assert retry.status == 202
    again = full(client, client.wait(retry.json["task_id"]))
    assert again["params"]["max_reject_pct"] == 7 and again["params"]["columns"] == {"qty": "Факт"} and again["params"]["profile"] == "p"
    assert client.request("DELETE", "/api/import-profiles/p").status == 204
    assert client.request("POST", f"/api/tasks/{task['id']}/retry").status == 202


def test_a_repeated_start_with_one_key_is_one_task_also_after_a_change(client):
    tag = put(client, "p", {"type": "stock_import", "params": {"columns": {"qty": "Факт"}}}).headers["ETag"]
    body, kind = samples.multipart({"warehouse": "MAIN", "profile": "p"}, "s.csv", "".join(";".join(row) + "\n" for row in ROWS).encode())
    headers = {"Content-Type": kind, "Idempotency-Key": "profile-key-1"}
    first = client.request("POST", "/api/stock/import", body, headers)
    put(client, "p", {"type": "stock_import", "params": {"columns": {"qty": "Факт"}, "mode": "merge"}}, If_Match=tag)
    second = client.request("POST", "/api/stock/import", body, headers)
    assert first.status == second.status == 202 and first.json == second.json and second.headers["Idempotency-Replayed"] == "true"


def test_what_follows_looks_at_the_profile_too(client):
    put(client, "dry", {"type": "stock_import", "params": {"columns": {"qty": "Факт"}, "dry_run": True}})
    faults = refused(client, "/api/stock/import", ROWS, warehouse="MAIN", profile="dry", then='[{"type": "recalculate"}]')
    assert list(faults) == ["/then"]
    assert stock(client, ROWS, profile="dry", dry_run="false", then='[{"type": "recalculate"}]')["status"] == "completed"


def test_the_last_import_is_looked_at_with_a_profile_too(client):
    put(client, "p", {"type": "stock_import", "params": {"columns": {"qty": "Факт"}}})
    body, kind = samples.multipart({"warehouse": "MAIN", "profile": "p", "expect_import": "999999"}, "s.csv",
                                   "".join(";".join(row) + "\n" for row in ROWS).encode())
    assert client.upload("/api/stock/import", body, kind).status == 409
    assert put(client, "x", {"type": "stock_import", "params": {"expect_import": 1}}).json["errors"][0]["code"] == "unknown"


# ---- Recognising ------------------------------------------------------------------------------------------------------


def test_captions_recall_the_profile_of_this_warehouse(client):
    put(client, "fact", {"type": "stock_import", "params": {"columns": {"qty": "Факт"}}})
    # Not used before: no heading is found, and no profile is known to fit.
    detail = full(client, stock(client, ROWS))["error_detail"]
    assert detail["code"] == "E_NO_HEADER" and detail["mapping"]["profile"] is None
    assert stock(client, ROWS, profile="fact", dry_run="false")["status"] == "completed"
    fits = {"name": "fact", "fits": "exact"}
    assert full(client, stock(client, ROWS))["error_detail"]["mapping"]["profile"] == fits
    result = stock(client, ROWS, columns={"qty": "Факт"})["result"]
    assert result["file"]["profile"] == result["mapping"]["profile"] == fits
    # Other rows, another order of the columns, another number of rows above: still the same form.
    moved = [["Отчёт за 3 марта"], [], ["Факт", "Артикул", "Наименование"], ["1", "PN-9-A", "Nine"]]
    assert full(client, stock(client, moved))["error_detail"]["mapping"]["profile"] == fits
    # A renamed column, and another warehouse, are not.
    renamed = [["Артикул", "Название", "Факт"], *ROWS[1:]]
    assert full(client, stock(client, renamed))["error_detail"]["mapping"]["profile"] is None
    assert stock(client, renamed, columns={"qty": "Факт"})["result"]["file"]["profile"] is None
    assert full(client, stock(client, ROWS, warehouse="FAR"))["error_detail"]["mapping"]["profile"] is None
    client.request("DELETE", "/api/import-profiles/fact")
    assert full(client, stock(client, ROWS))["error_detail"]["mapping"]["profile"] is None


WIDE = ["Артикул", "Наименование", "Ед.", "Остаток", "Заметка", "Полка"]


def test_nearly_the_same_captions_recall_a_profile_too(client):
    """At least three in common, and two thirds of all that both have; the same captions go before, then the nearest, then the newest."""
    def rows(*captions):
        return [list(captions), ["PN-1-A" if caption == "Артикул" else "шт" if caption == "Ед." else "1" for caption in captions]]

    def fits(*captions):
        return stock(client, rows(*captions))["result"]["file"]["profile"]

    put(client, "wide", {"type": "stock_import", "params": {"mode": "merge"}})
    put(client, "small", {"type": "stock_import", "params": {"mode": "merge"}})
    assert stock(client, rows(*WIDE), profile="wide", dry_run="false")["status"] == "completed"
    assert fits(*WIDE[::-1]) == {"name": "wide", "fits": "exact"}
    assert fits(*WIDE, "Цвет", "Вес", "Страна") == fits(*WIDE[:-1]) == fits(*WIDE[:-2]) == {"name": "wide", "fits": "near"}
    assert fits(*WIDE, "Цвет", "Вес", "Страна", "Год") is None and fits(*WIDE[:-3], "Кол-во") is None and fits("Артикул", "Остаток") is None
    assert stock(client, rows(*WIDE[:-2]), profile="small", dry_run="false")["status"] == "completed"
    assert fits(*WIDE) == {"name": "wide", "fits": "exact"} and fits(*WIDE[:-2]) == {"name": "small", "fits": "exact"}
    assert fits(*WIDE[:-2], "Цвет") == {"name": "small", "fits": "near"} and fits(*WIDE, "Цвет") == {"name": "wide", "fits": "near"}
    assert stock(client, rows(*WIDE[:-2]), warehouse="FAR")["result"]["file"]["profile"] is None


def test_the_day_in_a_caption_does_not_count(client):
    put(client, "day", {"type": "stock_import", "params": {"mode": "merge"}})

    def rows(day):
        return [["Артикул", f"Остаток на {day}"], ["PN-1-A", "5"]]

    assert stock(client, rows("01.02.2026"), profile="day", dry_run="false")["status"] == "completed"
    assert stock(client, rows("01.03.2026"))["result"]["file"]["profile"] == {"name": "day", "fits": "exact"}


def test_captions_recall_the_profile_of_this_party(client):
    put(client, "sup", {"type": "quotes_import", "params": {"price": "Стоимость поставки"}})
    assert quotes(client, PRICES, profile="sup")["status"] == "completed"
    detail = full(client, quotes(client, PRICES, dry_run="true"))["error_detail"]
    assert detail["mapping"]["profile"] == {"name": "sup", "fits": "exact"}
    assert full(client, quotes(client, PRICES, party="SUP-02", dry_run="true"))["error_detail"]["mapping"]["profile"] is None


def test_a_failed_import_does_not_teach_anything(client):
    put(client, "p", {"type": "stock_import", "params": {"columns": {"qty": "Факт"}, "max_reject_pct": 0}})
    assert stock(client, [*ROWS, ["PN-3-A", "x", "много"]], profile="p", dry_run="false")["status"] == "error"
    assert full(client, stock(client, ROWS))["error_detail"]["mapping"]["profile"] is None
    assert client.get("/api/import-profiles/p").json["used_at"] is None


# ---- From a task ------------------------------------------------------------------------------------------------------


def test_a_profile_of_a_task(client):
    task = stock(client, ROWS, columns={"qty": "Факт"}, mode="merge", stock_date="2026-01-01", dry_run="true")
    answer = put(client, "of-task", {"from_task": task["id"], "params": {"check_totals": "off"}})
    assert answer.status == 201 and answer.json["type"] == "stock_import"
    assert answer.json["params"] == {"warehouse": "MAIN", "mode": "merge", "columns": {"qty": "Факт"}, "check_totals": "off"}
    assert full(client, stock(client, ROWS))["error_detail"]["mapping"]["profile"] == {"name": "of-task", "fits": "exact"}
    answer = put(client, "x", {"from_task": task["id"], "type": "quotes_import"})
    assert answer.status == 422 and answer.json["errors"][0]["pointer"] == "/type"
    answer = put(client, "x", {"from_task": "00000000-0000-4000-8000-000000000000"})
    assert answer.status == 422 and answer.json["errors"][0]["code"] == "unknown-task"


def test_a_profile_of_a_task_that_ended_with_a_question(client):
    """Its parameters are taken; it had no heading, so nothing is recognised by it."""
    task = stock(client, ROWS, check_totals="warn")
    answer = put(client, "asked", {"from_task": task["id"], "params": {"columns": {"qty": "Факт"}}})
    assert answer.json["params"] == {"warehouse": "MAIN", "check_totals": "warn", "columns": {"qty": "Факт"}}
    assert stock(client, ROWS, profile="asked")["status"] == "completed"
