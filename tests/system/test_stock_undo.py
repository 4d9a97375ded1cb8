"""Undoing stock imports: the warehouse is as it was, compared whole; the history; what may be undone, and what is in the way."""
import json
import threading

import pytest
import samples

HEAD = ["Артикул", "Производитель", "Наименование", "Ед. изм.", "Количество", "Цена", "Дата поступления"]
WHOLE = "SELECT * FROM stock_item ORDER BY id"
WAREHOUSES = "SELECT * FROM warehouse ORDER BY id"
CATALOGUE = ("INSERT INTO warehouse (code, name) VALUES ('MAIN', 'Main'), ('SIDE', 'Side'); "
             "INSERT INTO component (lot_code, lot_norm, name) VALUES ('LOT-1', 'LOT1', 'x'), ('LOT-2', 'LOT2', 'y');"
             "INSERT INTO part_number_map (pn_norm, pn_skeleton, part_number, component_id, lot_qty) SELECT 'AA1', 'AA1', 'AA-1', id, 2 "
             "FROM component WHERE lot_code = 'LOT-1'")


@pytest.fixture
def shop(daemon):
    daemon.sql(CATALOGUE)
    return daemon


def line(number, qty, price=100, name="thing", vendor="", day="01.02.2026", unit="шт"):
    return [number, vendor, name, unit, qty, price, day]


def send(daemon, rows, warehouse="MAIN", status="completed", **params):
    query = "".join(f"&{key}={value}" for key, value in params.items())
    answer = daemon.worker(0).upload(f"/api/stock/import?warehouse={warehouse}{query}", samples.xlsx([HEAD] + rows))
    assert answer.status == 202, answer
    task = daemon.worker(1).wait(answer.json["task_id"])
    assert task["status"] == status, task
    return task


def number(task):
    return task["result"]["import_id"]


def start_undo(daemon, import_id, status=202):
    answer = daemon.worker(0).request("POST", f"/api/stock/imports/{import_id}/undo")
    assert answer.status == status, answer
    return answer.json


def undo(daemon, import_id):
    task = daemon.worker(1).wait(start_undo(daemon, import_id)["task_id"])
    assert task["status"] == "completed", task
    return task["result"]


def failure(daemon, task_id):
    """Code and sentence of a task that ended as an error."""
    task = daemon.worker(0).get(f"/api/tasks/{task_id}?view=full").json
    assert task["status"] == "error", task
    return task["error_detail"]["code"], task["error_detail"]["detail"]


def dump(daemon):
    """Every column of every item, and the warehouses with the date and number of their stock."""
    return daemon.sql(WHOLE), daemon.sql(WAREHOUSES)


FIRST = [line("AA-1", 5, 100.5, "one"), line("BB-2", 7, 20, "two", "ACME", "03.01.2026"), line("BB-2", 3, 40, "two again", "ACME", "05.01.2026"),
         line("CC-3", 1, 0, "three"), line("DD-4", 12, 9.99, "four", unit="компл"), line("EE-5", 2, 5, "five")]
SECOND = [line("AA-1", 6, 110, "one more"), line("BB-2", 10, 30, "other name", "ACME", "05.01.2026"), line("CC-3", 1, 0, "three"),
          line("EE-5", 2, 5, "only its name changed"), line("FF-6", 4, 1, "new")]


def test_undo_and_redo(shop):
    """Duplicates, units, costs, dates, names, unmatched numbers, who and when: all columns, also the rows' own numbers."""
    empty = dump(shop)
    first = number(send(shop, FIRST, stock_date="2026-02-01"))
    before = dump(shop)
    second = number(send(shop, SECOND, stock_date="2026-02-03"))
    after = dump(shop)
    assert before != after
    taken = undo(shop, second)
    assert {key: taken[key] for key in ("effect", "undone", "warehouse", "stock_date", "inserted", "updated", "deleted")} == {
        "effect": "undo", "undone": second, "warehouse": "MAIN", "stock_date": "2026-02-01", "inserted": 1, "updated": 3, "deleted": 1}
    assert dump(shop) == before
    again = undo(shop, taken["import_id"])
    assert again["effect"] == "redo" and again["stock_date"] == "2026-02-03" and dump(shop) == after
    once_more = undo(shop, again["import_id"])
    assert once_more["effect"] == "undo" and dump(shop) == before
    last = undo(shop, first)  # both are undone: the first one's turn
    assert (last["stock_date"], last["deleted"], dump(shop)) == (None, 5, empty)
    assert "number %d" % taken["import_id"] in start_undo(shop, second, 409)["detail"]
    redone = undo(shop, last["import_id"])
    assert redone["effect"] == "redo" and dump(shop) == before
    assert undo(shop, once_more["import_id"])["effect"] == "redo" and dump(shop) == after
    assert shop.sql("SELECT COUNT(*) FROM stock_item WHERE stock_import_id NOT IN (SELECT id FROM stock_import)") == [["0"]]


@pytest.mark.parametrize("mode", ["replace", "merge"])
def test_each_way(shop, mode):
    """A longer chain, each state compared, back to the empty warehouse and forth again."""
    send(shop, [line("ZZ-9", 1)], warehouse="SIDE")
    files = [FIRST, SECOND, [line("GG-7", 1)], [line("GG-7", 0)], [line("AA-1", 5)], [line("AA-1", 5, day="02.02.2026")]]
    states, imports, undos = [dump(shop)], [], []
    for rows in files:
        imports.append(number(send(shop, rows, mode=mode, force=1, stock_date="2026-02-01")))
        states.append(dump(shop))
    for at in reversed(range(len(files))):
        undos.append(undo(shop, imports[at])["import_id"])
        assert dump(shop) == states[at], at
    for at in range(len(files)):
        assert undo(shop, undos[-1 - at])["effect"] == "redo"
        assert dump(shop) == states[at + 1], at


def test_a_file_that_changed_nothing(shop):
    send(shop, FIRST, stock_date="2026-02-01")
    before = dump(shop)
    same = number(send(shop, FIRST, stock_date="2026-02-04"))
    taken = undo(shop, same)
    assert (taken["inserted"], taken["updated"], taken["deleted"]) == (0, 0, 0) and dump(shop) == before


def test_all_deleted_come_back(shop):
    many = [line(f"PN-{i:05d}", i % 7 + 1, 10 + i, f"item {i}") for i in range(3000)]
    send(shop, many)
    before = dump(shop)
    one = number(send(shop, [line("QQ-1", 1)], force=1))
    taken = undo(shop, one)
    assert (taken["inserted"], taken["deleted"]) == (3000, 1) and dump(shop) == before


def test_numbers_mapped_in_between(shop):
    """An item without a lot gets the lot that its number has now, also if it was away when the number was mapped."""
    client = shop.worker(0)
    send(shop, [line("UU-1", 3, unit="шт"), line("UU-2", 4, vendor="ACME"), line("UU-3", 5)])
    send(shop, [line("UU-1", 9), line("UU-3", 5)], force=1)
    last = shop.sql("SELECT MAX(id) FROM stock_import")[0][0]
    for pn in ("UU-1", "UU-2", "UU-3"):
        answer = client.request("PUT", "/api/part-numbers", json.dumps({"part_number": pn, "vendor": "", "lot_code": "LOT-2", "lot_qty": 3}),
                                {"Content-Type": "application/json"})
        assert answer.status in (200, 201), answer
    undo(shop, last)
    lot = shop.sql("SELECT id FROM component WHERE lot_code = 'LOT-2'")[0][0]
    assert shop.sql("SELECT pn_norm, qty, component_id, lot_qty FROM stock_item ORDER BY pn_norm") == [
        [pn, qty, lot, "3.000"] for pn, qty in (("UU1", "3.000"), ("UU2", "4.000"), ("UU3", "5.000"))]


def test_a_number_that_was_taken(shop):
    """The map gave an item the key that a deleted one had: the undo says so and changes nothing."""
    send(shop, [line("VV-1", 3, vendor="ACME"), line("VV-1", 4)])
    last = number(send(shop, [line("VV-1", 3, vendor="ACME")], force=1))
    answer = shop.worker(0).request("PUT", "/api/part-numbers", json.dumps({"part_number": "VV-1", "vendor": "", "lot_code": "LOT-2"}),
                                    {"Content-Type": "application/json"})
    assert answer.status in (200, 201), answer
    before, imports = dump(shop), shop.sql("SELECT COUNT(*) FROM stock_import")
    task = start_undo(shop, last)["task_id"]
    assert shop.worker(0).wait(task)["status"] == "error"
    code, sentence = failure(shop, task)
    assert code == "E_NUMBER_TAKEN" and "VV-1" in sentence
    assert dump(shop) == before and shop.sql("SELECT COUNT(*) FROM stock_import") == imports


def test_only_the_latest(shop):
    numbers = [number(send(shop, [line("AA-1", qty)])) for qty in (1, 2, 3)]
    send(shop, [line("AA-1", 1)], warehouse="SIDE")
    refused = start_undo(shop, numbers[0], 409)
    assert refused["type"].endswith("conflict") and f"later than number {numbers[0]} are: {numbers[1]} (20" in refused["detail"]
    assert f"{numbers[2]} (20" in refused["detail"] and "UTC, unix)" in refused["detail"] and "undo these first" in refused["detail"]
    first = undo(shop, numbers[2])
    left = start_undo(shop, numbers[0], 409)["detail"].split("are:")[1]
    assert f" {numbers[1]} (" in left and f" {numbers[2]} (" not in left
    undo(shop, numbers[1])
    assert "later than" in start_undo(shop, first["import_id"], 409)["detail"]  # its base is gone
    assert shop.sql("SELECT qty FROM stock_item t JOIN warehouse w ON w.id = t.warehouse_id WHERE w.code = 'MAIN'") == [["1.000"]]
    client = shop.worker(0)
    for path in ("/api/stock/imports/999", "/api/stock/imports/x"):
        assert client.get(path).status == 404 and client.request("POST", path + "/undo").status == 404
    assert client.request("POST", f"/api/stock/imports/{numbers[0]}/undo", '{"a": 1}', {"Content-Type": "application/json"}).status == 422


def test_history(shop):
    first = number(send(shop, FIRST, stock_date="2026-02-01"))
    side = number(send(shop, [line("AA-1", 1), line("AA-2", "?")], warehouse="SIDE", mode="merge"))
    second = number(send(shop, SECOND, stock_date="2026-02-02"))
    taken = undo(shop, second)["import_id"]
    client = shop.worker(0)
    listed = client.get("/api/stock/imports?limit=3").json
    assert [(row["id"], row["effect"], row["warehouse"]) for row in listed["imports"]] == [
        (taken, "undo", "MAIN"), (second, "import", "MAIN"), (side, "import", "SIDE")]
    rest = client.get(f"/api/stock/imports?limit=3&cursor={listed['next_cursor']}").json
    assert [row["id"] for row in rest["imports"]] == [first] and rest["next_cursor"] is None
    one = client.get(f"/api/stock/imports/{second}").json
    assert {key: one[key] for key in ("undone_by", "of_import", "mode", "stock_date", "rows_total", "inserted", "updated", "unchanged", "deleted",
                                      "can_undo", "undo_refused", "requested_by", "file_format")} == {
        "undone_by": taken, "of_import": None, "mode": "replace", "stock_date": "2026-02-02", "rows_total": 5, "inserted": 1, "updated": 2,
        "unchanged": 2, "deleted": 1, "can_undo": False, "undo_refused": "undone", "requested_by": "unix", "file_format": "xlsx"}
    undone = client.get(f"/api/stock/imports/{taken}").json
    assert (undone["of_import"], undone["can_undo"], undone["stock_date"], undone["rows_total"]) == (second, True, "2026-02-01", 0)
    assert client.get(f"/api/stock/imports/{first}").json["can_undo"] is True
    rejected = client.get("/api/stock/imports?warehouse=SIDE").json["imports"]
    assert [(row["id"], row["mode"], row["rows_total"], row["rows_rejected"]) for row in rejected] == [(side, "merge", 2, 1)]
    for query, ids in (("who=unix", 4), ("who=nobody", 0), ("from=2099-01-01", 0), ("to=2020-01-01", 0), ("from=2020-01-01&to=2099-12-31", 4),
                       ("warehouse=MAIN&who=unix", 3), ("warehouse=NONE", 0)):
        assert len(client.get(f"/api/stock/imports?{query}").json["imports"]) == ids, query
    assert client.get("/api/stock/imports?from=yesterday").status == 422
    assert client.get("/api/warehouses").json["warehouses"][0]["import_id"] == first


def test_a_file_may_come_again_after_its_undo(shop):
    """if_seen=skip asks whether the import stands, not whether it was ever made."""
    first = number(send(shop, FIRST, if_seen="skip"))
    assert send(shop, FIRST, if_seen="skip")["result"]["already_imported"] is True
    taken = undo(shop, first)
    again = send(shop, FIRST, if_seen="skip")["result"]
    assert again["already_imported"] is False and again["inserted"] == 5 and again["import_id"] > taken["import_id"]


def test_after_its_time(shop):
    first = number(send(shop, FIRST, stock_date="2026-02-01"))
    second = number(send(shop, SECOND))
    kept = shop.sql("SELECT DATEDIFF(undo_until, created_at) FROM stock_import")
    assert kept == [["30"], ["30"]]
    shop.sql("UPDATE stock_import SET undo_until = UTC_TIMESTAMP(3) - INTERVAL 1 MINUTE")
    before = dump(shop)
    refused = start_undo(shop, second, 409)
    assert "cannot be undone any more" in refused["detail"] and "import the earlier file again" in refused["detail"]
    assert shop.worker(0).get(f"/api/stock/imports/{second}").json["undo_refused"] == "expired" and dump(shop) == before
    assert start_undo(shop, first, 409)["detail"].startswith("only the latest")


def test_what_was_kept_goes(shop):
    """The janitor deletes it a day after its time, at its start and then every ten minutes."""
    send(shop, FIRST)
    second = number(send(shop, SECOND))
    assert shop.sql("SELECT COUNT(*) FROM stock_undo") == [["4"]]
    shop.sql(f"UPDATE stock_import SET undo_until = UTC_TIMESTAMP(3) - INTERVAL 25 HOUR WHERE id = {second}")
    before = dump(shop)
    shop.term()
    shop.start()
    for _ in range(200):
        if shop.sql("SELECT COUNT(*), (SELECT COUNT(*) FROM stock_import WHERE undo_until IS NULL) FROM stock_undo") == [["0", "1"]]:
            break
        threading.Event().wait(0.1)
    else:
        raise AssertionError(shop.sql("SELECT import_id, COUNT(*) FROM stock_undo GROUP BY import_id"))
    assert "cannot be undone any more" in start_undo(shop, second, 409)["detail"] and dump(shop) == before


def test_two_undos_at_once(shop):
    """Of one import they are one task; of an import and its undo, one after the other or refused, each state is one that was."""
    send(shop, FIRST)
    before = dump(shop)
    second = number(send(shop, SECOND))
    answers = [None] * 6

    def press(at):
        client = shop.worker(at % 2)
        answers[at] = client.request("POST", f"/api/stock/imports/{second}/undo")

    threads = [threading.Thread(target=press, args=(at,)) for at in range(len(answers))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status for answer in answers} <= {200, 202, 409} and any(answer.status == 202 for answer in answers)
    tasks = {answer.json["task_id"] for answer in answers if answer.status != 409}
    failed = [task for task in tasks if shop.worker(0).wait(task)["status"] != "completed"]
    assert len(tasks) - len(failed) == 1 and all(failure(shop, task)[0] == "E_NOT_LATEST" for task in failed)
    assert shop.sql("SELECT COUNT(*) FROM stock_import WHERE effect = 'undo'") == [["1"]] and dump(shop) == before


def test_beside_an_import(shop):
    """An undo that is asked for while an import runs waits for it, and then is not of the latest; one that comes first is done first."""
    send(shop, FIRST)
    second = number(send(shop, SECOND))
    big = [HEAD] + [line(f"PN-{i:06d}", 1) for i in range(20000)]
    client = shop.worker(0)
    running = client.upload("/api/stock/import?warehouse=MAIN&force=1", samples.xlsx(big)).json["task_id"]
    pressed = client.request("POST", f"/api/stock/imports/{second}/undo")
    imported = client.wait(running, 60)["result"]["import_id"]
    if pressed.status == 409:
        assert str(imported) in pressed.json["detail"]
        return
    end = client.wait(pressed.json["task_id"], 60)
    if end["status"] == "error":
        code, sentence = failure(shop, pressed.json["task_id"])
        assert code == "E_NOT_LATEST" and str(imported) in sentence
        assert shop.sql("SELECT COUNT(*) FROM stock_item") == [["20000"]]
    else:
        assert end["result"]["import_id"] < imported
        assert shop.sql(f"SELECT COUNT(*) FROM stock_item WHERE stock_import_id = {imported}") == [["20000"]]


@pytest.mark.parametrize("delay", [0.0, 0.02, 0.05, 0.1, 0.2, 0.4])
def test_killed_in_between(shop, delay):
    """Everything is killed; after the start the undo has taken effect exactly once, or it goes on and does so."""
    rows = [line(f"PN-{i:06d}", 1 + i % 5, 1 + i % 100, f"item {i}") for i in range(12000)]
    send(shop, rows)
    before = dump(shop)
    second = number(send(shop, [line(f"PN-{i:06d}", 2 + i % 5, 1 + i % 100, f"item {i}") for i in range(0, 24000, 2)], force=1))
    after = dump(shop)
    task = start_undo(shop, second)["task_id"]
    threading.Event().wait(delay)
    shop.kill_all()
    shop.start()
    end = shop.worker(0).wait(task, 60)
    assert end["status"] == "completed", end
    assert dump(shop) == before
    assert shop.sql("SELECT COUNT(*) FROM stock_import WHERE effect = 'undo'") == [["1"]]
    assert undo(shop, end["result"]["import_id"])["effect"] == "redo" and dump(shop) == after


# ---- What an import is compared with ----

def check(daemon, rows, **params):
    return send(daemon, rows, dry_run="true", **params)["result"]


def test_expect_import(shop):
    """What a dry run has shown happens, or nothing: the second of two clerks is told who came first."""
    client, data = shop.worker(0), samples.xlsx([HEAD] + FIRST)
    seen = check(shop, FIRST)
    assert (seen["last_import"], seen["items_before"]) == (0, 0)
    first = send(shop, FIRST, expect_import=0)["result"]
    assert (first["last_import"], first["items_before"]) == (0, 0)
    refused = client.upload("/api/stock/import?warehouse=MAIN&expect_import=0&filename=a.xlsx", data)
    assert refused.status == 409 and refused.json["type"].endswith("base-moved"), refused
    for words in (f"number {first['import_id']} of 20", "unix)", "none was expected", "dry_run=true", "expect_import"):
        assert words in refused.json["detail"], refused.json["detail"]
    assert client.upload("/api/stock/import?warehouse=MAIN&expect_import=99&dry_run=true", data).status == 409
    assert client.upload("/api/stock/import?warehouse=SIDE&expect_import=0&dry_run=true", data).status == 202
    seen = check(shop, SECOND, expect_import=first["import_id"])
    assert (seen["last_import"], seen["items_before"], seen["import_id"]) == (first["import_id"], 5, None)
    second = send(shop, SECOND, expect_import=seen["last_import"])["result"]
    assert (second["last_import"], second["items_before"]) == (first["import_id"], 5)
    taken = undo(shop, second["import_id"])["import_id"]  # an undo is an import in the history, too
    assert client.upload(f"/api/stock/import?warehouse=MAIN&expect_import={first['import_id']}", data).status == 409
    assert check(shop, SECOND)["last_import"] == taken == client.get("/api/stock/imports?warehouse=MAIN&limit=1").json["imports"][0]["id"]
    assert send(shop, SECOND, expect_import=taken)["result"]["inserted"] == 1
    every = client.upload("/api/stock/import?warehouse=NONE&expect_import=-1&mode=x", data)
    assert every.status == 422 and {fault["code"] for fault in every.json["errors"]} >= {"range", "choice"}


def test_moved_while_it_waited(shop):
    """The check at the start cannot know an import that runs; the one in the transaction of the effect does."""
    client = shop.worker(0)
    last = number(send(shop, FIRST))
    big = samples.xlsx([HEAD] + [line(f"PN-{i:06d}", 1) for i in range(20000)])
    starts = [client.upload(f"/api/stock/import?warehouse=MAIN&force=1&expect_import={last}&filename=f{at}.xlsx", big) for at in range(2)]
    ends = [client.wait(start.json["task_id"], 60)["status"] for start in starts if start.status == 202]
    assert {start.status for start in starts} <= {202, 409} and ends.count("completed") == 1
    assert shop.sql(f"SELECT COUNT(*) FROM stock_import WHERE id > {last}") == [["1"]]
    for start in starts:
        if start.status == 202 and client.task(start.json["task_id"])["status"] == "error":
            code, sentence = failure(shop, start.json["task_id"])
            told = client.get(f"/api/tasks/{start.json['task_id']}?view=full").json["error_detail"]
            assert code == "E_BASE_MOVED" and "as expect_import" in sentence and told["args"]["expected"] == str(last)
            assert told["args"]["who"] == "unix" and told["args"]["file"].startswith("f") and told["choices"][0]["param"] == "dry_run"
