"""GET /api/complete/{kind}: names that begin with what is typed, with descriptions, as lines; and the counts for badges."""
import time
from urllib.parse import quote

import pytest

import samples
from test_full_view import full
from test_tasks import check_problem


def lines(client, kind, q=None):
    answer = client.get(f"/api/complete/{kind}" + (f"?q={quote(q)}" if q else ""))
    assert answer.status == 200 and answer.headers["Cache-Control"] == "no-store"
    text = answer.body.decode()
    assert text == "" or text.endswith("\n")
    return [tuple(line.split("\t")) for line in text.splitlines()]


def test_names_of_the_catalogue(world):
    client = world.client
    for kind, name in (("warehouses", "code"), ("parties", "code"), ("categories", "category")):
        wanted = sorted({row[name] if isinstance(row, dict) else row for row in client.get(f"/api/{kind}?limit=200").json[kind]})
        assert sorted({line[0] for line in lines(client, kind)}) == wanted, kind
        beginning = wanted[0][:2]
        assert {line[0] for line in lines(client, kind, beginning)} == {text for text in wanted if text.startswith(beginning)}, kind
    lots = [row["lot_code"] for row in client.get("/api/components?limit=200").json["components"]]
    assert [line[0] for line in lines(client, "lots")] == lots[:200]
    part = lots[0].split("-")[0] + "-"
    assert [line[0] for line in lines(client, "lots", part)] == [lot for lot in lots if lot.startswith(part)]
    assert all(len(line) == 2 for line in lines(client, "lots"))
    listed = client.get("/api/pricelists?limit=200").json["pricelists"]
    assert [line[0] for line in lines(client, "pricelists")] == [str(row["id"]) for row in listed]
    assert lines(client, "pricelists")[0][1] == f"{listed[0]['source']} {listed[0]['version']} of {listed[0]['as_of']}"
    for q in ("%", "_", "\\", "NOTHING-LIKE-IT"):
        assert lines(client, "lots", q) == []


def test_tasks_and_types(daemon):
    client = daemon.worker(0)
    done = client.start("test_sleep", ms=0, steps=1)
    client.wait(done)
    assert lines(client, "tasks", done[:8]) == [(done, "test_sleep, 100 %: done")] == lines(client, "tasks")
    assert ("recalculate", "Price recalculation") in lines(client, "types") and lines(client, "types", "reca") == [("recalculate", "Price recalculation")]


def test_refusals_and_hostile_names(daemon):
    client = daemon.worker(0)
    client.unchecked = True
    check_problem(client.get("/api/complete/tokens"), 404, "not-found")
    check_problem(client.get("/api/complete/lots?what=1"), 422, "invalid-parameters")
    check_problem(client.get("/api/complete/lots?q=" + "x" * 65), 422, "invalid-parameters")
    daemon.sql("INSERT INTO warehouse (code, name) VALUES ('W1', CONCAT('a', CHAR(9), 'b', CHAR(10), 'c', CHAR(27), '[31m'))")
    assert lines(client, "warehouses") == [("W1", "a b c [31m")]


@pytest.mark.alone
def test_the_first_page_of_many_lots_comes_fast(make_daemon):
    """An index leads to the names: ten times the lots cost no more."""
    daemon = make_daemon()
    client = daemon.worker(0)
    daemon.sql("INSERT INTO component (lot_code, lot_norm, name, category) SELECT CONCAT('LOT-', LPAD(seq, 6, '0')), CONCAT('LOT', LPAD(seq, 6, '0')), 'x', 'c' FROM seq_1_to_20000")
    assert len(lines(client, "lots", "LOT-01")) == 200
    plan = daemon.sql("EXPLAIN SELECT lot_code, name FROM component FORCE INDEX (uq_lot) WHERE lot_code LIKE 'LOT-01%' ORDER BY lot_code LIMIT 200")
    assert "uq_lot" in plan[0] and "filesort" not in str(plan)


def test_how_much_waits_for_a_person(daemon):
    client = daemon.worker(0)

    def attention():
        return client.get("/api/tasks/summary").json["attention"]

    assert attention() == {"held_prices": 0, "unmatched_numbers": 0, "at_most": 1000}
    samples.load_catalogue(daemon)
    rows = [[f"NEW-{n}", f"Item {n}", 1, 10] for n in range(7)]
    task = client.upload("/api/stock/import?warehouse=MAIN", samples.xlsx([["Артикул", "Наименование", "Количество", "Цена"], *rows])).json["task_id"]
    assert client.wait(task)["status"] == "completed" and full(client, task).json["import_id"]
    end = time.monotonic() + 8  # the counts are a few seconds old at most
    while attention()["unmatched_numbers"] != len(client.get("/api/stock/unmatched").json["unmatched"]):
        assert time.monotonic() < end
        time.sleep(0.2)
    assert attention()["unmatched_numbers"] == 7 and attention()["held_prices"] == 0
