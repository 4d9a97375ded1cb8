"""Imports of price lists through the daemon, beside the samples: history, undo and redo, what waits for the map, rejects put right, dry runs."""
import json

import pytest
import samples
from test_rejects import xlsx

PARTY = "INSERT INTO party (kind, code, name) VALUES ('supplier', 'SUP-1', 'One'), ('supplier', 'SUP=2', 'Two'), ('competitor', 'SUP-1', 'Rival')"
HEAD = ["Артикул", "Наименование", "Цена, руб."]
ACTIVE = "SELECT part_number, price, price_per FROM price_quote WHERE status = 'active' ORDER BY id"


@pytest.fixture
def shop(daemon):
    daemon.sql(PARTY + "; INSERT INTO component (lot_code, lot_norm, name) VALUES ('LOT-1', 'LOT1', 'x'), ('KIT-2', 'KIT2', 'x')")
    return daemon


def send(daemon, rows, party="SUP-1", status="completed", **params):
    query = "".join(f"&{key}={value}" for key, value in params.items())
    answer = daemon.worker(0).upload(f"/api/quotes/import?party={party}{query}", samples.xlsx(rows))
    assert answer.status == 202, answer
    task = daemon.worker(1).wait(answer.json["task_id"])
    assert task["status"] == status, task
    return task


def undo(daemon, import_id, status=202):
    answer = daemon.worker(0).request("POST", f"/api/quotes/imports/{import_id}/undo")
    assert answer.status == status, answer
    return daemon.worker(0).wait(answer.json["task_id"])["result"] if status == 202 else answer.json


def test_parameters(shop):
    client = shop.worker(0)
    for query, code in (("party=NONE", "unknown-party"), ("party=SUP-1&kind=competitor&currency=usd", "currency"), ("", "required"),
                        ("party=SUP-1&quoted_on=2026-02-05&valid_until=2026-02-04", "range"), ("party=SUP-1&quoted_on=2099-01-01", "range"),
                        ("party=SUP-1&supersede=some", "choice")):
        answer = client.upload(f"/api/quotes/import?{query}", samples.xlsx([HEAD]))
        assert answer.status == 422 and [fault["code"] for fault in answer.json["errors"]] == [code], (query, answer)
    assert "SUP-1, SUP=2" in client.upload("/api/quotes/import?party=NONE", samples.xlsx([HEAD])).json["errors"][0]["detail"]


def test_undo_and_redo(shop):
    first = send(shop, [HEAD, ["A-1", "one", 100], ["A-2", "two", 200]], quoted_on="2026-02-01")["result"]["import_id"]
    second = send(shop, [HEAD, ["A-1", "one", 110], ["A-3", "three", 300]], quoted_on="2026-02-01", supersede="all")["result"]["import_id"]
    after = shop.sql(ACTIVE)
    assert after == [["A-1", "110.0000", "1"], ["A-3", "300.0000", "1"]]
    refused = undo(shop, first, 409)
    assert f"later than number {first} are: {second}" in refused["detail"]
    taken = undo(shop, second)
    assert (taken["effect"], taken["undone"], taken["rejected"], taken["restored"]) == ("undo", second, 2, 2)
    assert shop.sql(ACTIVE) == [["A-1", "100.0000", "1"], ["A-2", "200.0000", "1"]]
    assert shop.sql("SELECT COUNT(*) FROM price_quote WHERE status = 'active' AND (rejected_by IS NOT NULL OR note IS NOT NULL)") == [["0"]]
    undo(shop, second, 409)
    again = undo(shop, taken["import_id"])
    assert again["effect"] == "redo" and shop.sql(ACTIVE) == after
    once_more = undo(shop, again["import_id"])
    assert once_more["effect"] == "undo" and shop.sql(ACTIVE) == [["A-1", "100.0000", "1"], ["A-2", "200.0000", "1"]]
    client = shop.worker(0)
    listed = client.get("/api/quotes/imports?party=SUP-1&kind=supplier&limit=3").json
    assert [(row["effect"], row["undone_by"]) for row in listed["imports"]] == [("undo", None), ("redo", once_more["import_id"]),
                                                                               ("undo", again["import_id"])]
    rest = client.get(f"/api/quotes/imports?party=SUP-1&kind=supplier&limit=3&cursor={listed['next_cursor']}").json
    assert [row["id"] for row in rest["imports"]] == [second, first] and rest["next_cursor"] is None
    one = client.get(f"/api/quotes/imports/{second}").json
    assert (one["undone_by"], one["inserted"], one["replaced"], one["superseded"], one["requested_by"]) == (taken["import_id"], 1, 1, 1, "unix")
    assert client.get("/api/quotes/imports?kind=competitor").json["imports"] == []
    for path in ("/api/quotes/imports/999", "/api/quotes/imports/x"):
        assert client.get(path).status == 404 and client.request("POST", path + "/undo").status == 404
    assert client.request("POST", f"/api/quotes/imports/{first}/undo", '{"a": 1}', {"Content-Type": "application/json"}).status == 422


def test_an_old_import_stays(shop):
    number = send(shop, [HEAD, ["A-1", "one", 100]])["result"]["import_id"]
    assert shop.sql("SELECT DATEDIFF(undo_until, created_at) FROM quote_import") == [["30"]]
    shop.sql("UPDATE quote_import SET undo_until = UTC_TIMESTAMP(3) - INTERVAL 1 MINUTE")
    assert "cannot be undone any more" in undo(shop, number, 409)["detail"]
    one = shop.worker(0).get(f"/api/quotes/imports/{number}").json
    assert (one["can_undo"], one["undo_refused"]) == (False, "expired")


def test_one_after_the_other(shop):
    """An import and its undo count as if neither had been: the one before can be undone, and both can come again."""
    states, imports = [shop.sql(ACTIVE)], []
    for price in (100, 110, 120):
        imports.append(send(shop, [HEAD, ["A-1", "one", price], [f"B-{price}", "two", 200]], quoted_on="2026-02-01", supersede="all")["result"]["import_id"])
        states.append(shop.sql(ACTIVE))
    undos = []
    for at in (2, 1, 0):
        undos.append(undo(shop, imports[at])["import_id"])
        assert shop.sql(ACTIVE) == states[at]
    assert "can be undone" in undo(shop, undos[0], 409)["detail"]  # its base is gone
    for at in (0, 1, 2):
        assert undo(shop, undos[2 - at])["effect"] == "redo" and shop.sql(ACTIVE) == states[at + 1]
    client = shop.worker(0)
    for query, n in (("who=unix", 9), ("who=nobody", 0), ("party=SUP-1&who=unix", 9), ("from=2099-01-01", 0), ("to=2020-01-01", 0), ("kind=competitor", 0)):
        assert len(client.get(f"/api/quotes/imports?{query}").json["imports"]) == n, query


def test_expect_import(shop):
    """The same as of stock: the last import of the party, 0 for none; items_before are its active quotes."""
    client, rows = shop.worker(0), [HEAD, ["A-1", "one", 100], ["A-2", "two", 200]]
    seen = send(shop, rows, dry_run="true", expect_import=0)["result"]
    assert (seen["last_import"], seen["items_before"]) == (0, 0)
    first = send(shop, rows, expect_import=0)["result"]["import_id"]
    refused = client.upload("/api/quotes/import?party=SUP-1&expect_import=0", samples.xlsx(rows))
    assert refused.status == 409 and refused.json["type"].endswith("base-moved") and f"number {first} of 20" in refused.json["detail"], refused
    assert client.upload("/api/quotes/import?party=SUP-1&kind=competitor&expect_import=0&dry_run=true", samples.xlsx(rows)).status == 202
    seen = send(shop, rows, dry_run="true")["result"]
    assert (seen["last_import"], seen["items_before"], seen["unchanged"]) == (first, 2, 2)
    starts = [client.upload(f"/api/quotes/import?party=SUP-1&expect_import={first}&quoted_on=2026-02-0{day}",
                            samples.xlsx([HEAD, *[[f"B-{i}", "x", i % 90 + 1] for i in range(20000)]])) for day in (3, 4)]
    tasks = [start.json["task_id"] for start in starts if start.status == 202]
    ends = [client.wait(task, 60)["status"] for task in tasks]
    assert ends.count("completed") == 1 and {start.status for start in starts} <= {202, 409}
    for task, end in zip(tasks, ends):
        if end == "error":
            assert client.get(f"/api/tasks/{task}?view=full").json["error_detail"]["code"] == "E_BASE_MOVED"


def map_number(shop, number, lot, vendor="", lot_qty=1):
    body = json.dumps({"part_number": number, "vendor": vendor, "lot_code": lot, "lot_qty": lot_qty})
    answer = shop.worker(0).request("PUT", "/api/part-numbers", body, {"Content-Type": "application/json"})
    assert answer.status == 200, answer
    return answer.json["linked"]["quotes"]


def test_what_waits_is_linked(shop):
    """By number and by the party's own code, with the lots in a piece; a party's "=" divides nothing."""
    for party in ("SUP-1", "SUP%3D2"):
        send(shop, [["Код", "Наименование", "Цена за 100 шт"], ["100245", "x", 50], ["100246", "x", 7]], party)
    send(shop, [HEAD, ["K-2", "kit", 100]])
    shop.sql("INSERT INTO price_quote (party_id, part_number, pn_norm, price, currency, quoted_on) SELECT id, 'K-2', 'K2', 99, 'RUB', '2026-02-01' "
             "FROM party WHERE kind = 'competitor'")
    quotes = "SELECT price, price_per FROM price_quote WHERE component_id IS NOT NULL ORDER BY id"
    assert shop.sql("SELECT pn_norm FROM price_quote ORDER BY id") == [["SUP1=100245"], ["SUP1=100246"], ["SUP=2=100245"], ["SUP=2=100246"], ["K2"], ["K2"]]
    assert map_number(shop, "100245", "KIT-2", "SUP-1", 2) == 1
    assert shop.sql(quotes) == [["50.0000", "200"]]
    assert map_number(shop, "100246", "KIT-2", "SUP-1", "0.333") == 1
    assert shop.sql(quotes)[1] == ["0.2102", "1"]  # 7 / 33.3
    assert map_number(shop, "K-2", "KIT-2", "", 2) == 2
    assert shop.sql(quotes)[2:] == [["100.0000", "2"], ["99.0000", "1"]]  # the one that no import brought is for a lot already
    table = b"vendor,part_number,lot_code,lot_qty,pack_qty\r\nSUP=2,100245,LOT-1,3,\r\n"
    samples.load_csv(shop, "part_numbers", table)
    assert shop.sql(quotes + " LIMIT 2, 1") == [["50.0000", "300"]]


def test_rejects_put_right(shop):
    rows = [["Прайс-лист на 05.02.2026"], HEAD, ["A-1", "one", "от 5"], ["A-2", "two", 200]]
    task = send(shop, rows)
    assert (task["result"]["errors"], task["result"]["quoted_on"]) == ({"E_PRICE_NUM": 1}, "2026-02-05")
    answer = shop.worker(0).get(task["result"]["rejects"])
    text = answer.body.decode("utf-8-sig")
    assert "от 5" in text and "E_PRICE_NUM" in text
    body = answer.body.replace("от 5".encode(), b"5")
    again = shop.worker(0).upload("/api/quotes/import?party=SUP-1&quoted_on=2026-02-05&filename=rejects.csv", body, "text/csv")
    result = shop.worker(0).wait(again.json["task_id"])["result"]
    assert (result["inserted"], result["rows_rejected"]) == (1, 0)
    assert shop.sql("SELECT part_number FROM price_quote ORDER BY id") == [["A-2"], ["A-1"]]


def test_a_dry_run_shows_what_would_be(shop):
    send(shop, [HEAD, ["A-1", "one", 100], ["A-2", "two", 200]], quoted_on="2026-02-01")
    result = send(shop, [HEAD, ["A-1", "one", 110], ["A-3", "three", 300]], quoted_on="2026-02-01", supersede="all", dry_run="true")["result"]
    assert result["import_id"] is None and (result["inserted"], result["replaced"], result["superseded"]) == (1, 1, 1)
    assert [row["part_number"] for row in result["preview"]] == ["A-1", "A-3"] and result["preview"][0]["offers"][0]["price"] == "110.0000"
    changes = result["changes"]
    assert ([row["part_number"] for row in changes["inserts"]], [row["part_number"] for row in changes["replaces"]], len(changes["supersedes"])) == (["A-3"], ["A-1"], 1)
    assert len(shop.sql(ACTIVE)) == 2 and shop.sql("SELECT COUNT(*) FROM quote_import") == [["1"]]


def test_two_lists_of_one_party_wait_for_each_other(shop):
    """The second one sees what the first one wrote: nothing is inserted twice."""
    data, client = samples.xlsx([HEAD, *([f"A-{n}", "x", n + 1] for n in range(3000))]), shop.worker(0)
    tasks = [client.upload("/api/quotes/import?party=SUP-1&quoted_on=2026-02-01", data).json["task_id"] for _ in range(2)]
    done = [client.wait(task, 60)["result"] for task in tasks]
    assert sorted((result["inserted"], result["unchanged"]) for result in done) == [(0, 3000), (3000, 0)]


def faults_of(shop, task, query=""):
    answer = shop.worker(0).get(f"/api/tasks/{task['id']}/rows{query}")
    assert answer.status == 200, answer
    return answer.json["rows"]


@pytest.mark.parametrize("caption, least", [("MOQ, шт", 20), ("MOQ шт", 20), ("Мин. заказ (шт.)", 20), ("MOQ (pcs)", 20), ("MOQ", 200), ("MOQ, тыс. шт", 20000)])
def test_a_smallest_order_is_in_what_its_caption_says(shop, caption, least):
    """Without a unit of its own it is counted in what the price is for."""
    send(shop, [["Артикул", "Цена за 10 шт, руб.", caption], ["A-1", 100, 20]], quoted_on="2026-02-01")
    assert shop.sql("SELECT price, price_per, min_qty FROM price_quote") == [["100.0000", "10", f"{least}.000"]]


def test_all_that_is_wrong_around_a_refused_price_is_told(shop):
    map_number(shop, "A-1", "LOT-1")
    shop.sql("INSERT INTO currency_rate (currency, rate_date, nominal, rate, source) VALUES ('USD', '2026-01-30', 1, 90, ''), ('CNY', '2026-01-30', 1, 12, ''),"
             " ('USD', '2026-01-29', 1, 91, '')")
    rows = [["Артикул", "Цена, у.е.", "Ед"], ["A-1", -5, "уп"], ["A-1", "99999999999", "уп"], ["B-2", 4, "шт"], ["C-3", "дорого", "уп"]]
    task = send(shop, rows, "SUP-1", "completed", dry_run="true", currency="USD", max_reject_pct=100)
    assert [(fault["row"], fault["code"]) for fault in faults_of(shop, task, "?severity=error")] == [
        (2, "E_PRICE_NEGATIVE"), (2, "E_UNIT_PACK"), (3, "E_PRICE_RANGE"), (3, "E_UNIT_PACK"), (5, "E_PRICE_NUM")]
    task = send(shop, rows, "SUP-1", "error", dry_run="true", max_reject_pct=100)
    faults = faults_of(shop, task, "?severity=error")
    assert [(fault["row"], fault["code"]) for fault in faults] == [
        (2, "E_PRICE_NEGATIVE"), (2, "E_CURRENCY"), (2, "E_UNIT_PACK"), (3, "E_PRICE_RANGE"), (3, "E_CURRENCY"), (3, "E_UNIT_PACK"), (4, "E_CURRENCY"), (5, "E_PRICE_NUM")]
    choices = [(choice["param"], choice["value"]) for choice in faults[1]["choices"]]
    assert choices[0] == ("currency", "RUB") and sorted(choices[1:]) == [("currency", "CNY"), ("currency", "USD")]
    assert send(shop, rows[:1] + rows[3:4], "SUP-1", dry_run="true", **dict([choices[1]]))["result"]["rows_accepted"] == 1
    other = send(shop, [["Артикул", "Цена", "Валюта"], ["A-1", 5, "тугрик"], ["B-2", 5, "USD"]], dry_run="true")
    assert [fault["choices"] for fault in faults_of(shop, other, "?code=E_CURRENCY")] == [[]], "no parameter settles a cell that cannot be read"


HALVES = ["Артикул", "Наименование", "Цена закупки", "Цена дилера", "Остаток"]


def list_of(factor, n=6):
    return [["Прайс"], HALVES] + [[f"J-{i}", "Тара" if i == 2 else "", (10 + i) * factor, 10 + i, i] for i in range(n)]


def test_a_price_that_jumps_keeps_its_row_and_says_what_settles_it(shop):
    """The file is read again for the cells of rows that jump."""
    assert send(shop, list_of(1), price="C", quoted_on="2026-02-01")["result"]["inserted"] == 6
    task = send(shop, list_of(100), "SUP-1", "error", price="C", quoted_on="2026-02-02")
    full = shop.worker(0).get(f"/api/tasks/{task['id']}?view=full").json["error_detail"]
    assert full["code"] == "E_PRICE_JUMP"
    assert [(choice["param"], choice["value"], choice["label"]) for choice in full["choices"]] == [
        ("price", "D", "Цена дилера"), ("force", "true", "the prices are right")]
    faults = faults_of(shop, task, "?code=W_PRICE_JUMP")
    assert [(fault["row"], fault["column"], fault["caption"]) for fault in faults] == [(3 + i, "C", "Цена закупки") for i in range(6)]
    assert faults[2]["cells"] == ["J-2", "Тара", 1200, 12, 2] and faults[2]["text"] == "1200"
    assert faults[2]["args"] == {"text": "1200", "number": "J-2", "before": "12.00 RUB", "now": "1200.00 RUB"}
    text = shop.worker(0).get(f"/api/tasks/{task['id']}/rejects.csv?severity=all").body.decode("utf-8-sig").splitlines()
    assert text[0].startswith(",".join(HALVES)) and [line.split(",")[:5] for line in text[1:]] == [
        [f"J-{i}", "Тара" if i == 2 else "", str((10 + i) * 100), str(10 + i), str(i)] for i in range(6)], text
    for param, value in (("price", "D"), ("force", "true")):
        settled = send(shop, list_of(100), **{"price": "C", "quoted_on": "2026-02-02", "dry_run": "true", param: value})["result"]
        assert settled["warnings"].get("W_PRICE_JUMP", 0) == (6 if param == "force" else 0)


def test_a_jump_of_the_currency_offers_the_one_on_record(shop):
    shop.sql("INSERT INTO currency_rate (currency, rate_date, nominal, rate, source) VALUES ('USD', '2026-01-30', 1, 90, '')")
    rows = [["Артикул", "Цена"]] + [[f"J-{i}", 10 + i] for i in range(6)]
    send(shop, rows, currency="USD", quoted_on="2026-02-01")
    task = send(shop, rows, "SUP-1", "error", quoted_on="2026-02-02")
    choices = shop.worker(0).get(f"/api/tasks/{task['id']}?view=full").json["error_detail"]["choices"]
    assert [(choice["param"], choice["value"]) for choice in choices] == [("currency", "USD"), ("force", "true")]
    named = send(shop, [["Артикул", "Цена, руб."]] + rows[1:], "SUP-1", "error", quoted_on="2026-02-02")
    choices = shop.worker(0).get(f"/api/tasks/{named['id']}?view=full").json["error_detail"]["choices"]
    assert [choice["param"] for choice in choices] == ["force"], "the file says its currency: the parameter would not win"


def test_jumps_under_fixes_moved_headings_and_several_sheets(shop):
    """The second reading sees the same rows: fixes, other columns further down, the other sheet."""
    first = [["Артикул", "Цена"]] + [[f"K-{i}", 10] for i in range(8)]
    send(shop, first, quoted_on="2026-02-01")
    moved = [["Артикул", "Цена"], ["K-0", 10], ["K-1", "?"], ["Цена", "Артикул"], [900, "K-2"], [10, "K-3"]]
    other = [["Артикул", "Цена"], ["K-4", 10], ["K-5", 10], ["K-6", 800], ["K-7", 10]]
    data = xlsx({"Лист1": (moved, ()), "Лист2": (other, ())})
    fixes = json.dumps([{"sheet": "Лист1", "row": 3, "column": "B", "value": "700"}])
    client = shop.worker(0)
    body, content_type = samples.multipart({"party": "SUP-1", "quoted_on": "2026-02-02", "sheet": "*", "fixes": fixes, "force": "true"}, "k.xlsx", data)
    answer = client.request("POST", "/api/quotes/import", body, {"Content-Type": content_type})
    assert answer.status == 202, answer
    task = client.wait(answer.json["task_id"])
    assert task["status"] == "completed" and task["result"]["warnings"]["W_PRICE_JUMP"] == 3, task
    found = [(fault["sheet"], fault["row"], fault["column"], fault["cells"]) for fault in faults_of(shop, task, "?code=W_PRICE_JUMP")]
    assert found == [("Лист1", 3, "B", ["K-1", "700"]), ("Лист1", 5, "A", [900, "K-2"]), ("Лист2", 4, "B", ["K-6", 800])]
