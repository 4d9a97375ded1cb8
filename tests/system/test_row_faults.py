"""Faults as fields: what an import found in its rows as JSON by pages, what settles a question, and what is wrong with a request."""
import json

import pytest

import samples
from test_rejects import xlsx
from test_tasks import check_problem

STOCK, QUOTES = "/api/stock/import?filename=stock.xlsx&warehouse=MAIN", "/api/quotes/import?filename=list.xlsx&party=SUP-01"
HEAD = ["Артикул", "Наименование", "Количество", "Цена"]


@pytest.fixture(scope="module")
def shop(module_daemon):
    samples.load_catalogue(module_daemon, "warehouses", "components", "part_numbers", "parties")
    return module_daemon


def run(daemon, target, data, **parameters):
    client = daemon.worker(0)
    query = "".join(f"&{key}={value}" for key, value in parameters.items())
    answer = client.upload(f"{target}{query}", data)
    assert answer.status == 202, answer
    client.wait(answer.json["task_id"])
    return client.get(f"/api/tasks/{answer.json['task_id']}?view=full").json


def rows(daemon, task, query=""):
    answer = daemon.worker(1).get(f"{task['links']['rows']}{query}")
    assert answer.status == 200, answer
    return answer.json


def test_faults_of_rows_with_all_that_is_needed_to_put_them_right(shop):
    table = [HEAD, ["A-1", "One", "есть", 10], ["B-2", "Two", -3, 10], ["C-3", "Three", 4, "x"], ["D-4", "Four", 5, 10]]
    task = run(shop, STOCK, xlsx({"Склад": (table, ())}), dry_run="true", max_reject_pct=100)
    page = rows(shop, task, "?severity=error")
    assert page["next_cursor"] is None and [(row["row"], row["column"], row["code"]) for row in page["rows"]] == [
        (2, "C", "E_QTY_NUM"), (3, "C", "E_QTY_NEGATIVE"), (4, "D", "E_COST_NUM")]
    first, second, _third = page["rows"]
    assert first == {"severity": "error", "sheet": "Склад", "row": 2, "column": "C", "caption": "Количество", "field": "qty", "code": "E_QTY_NUM",
                     "args": {"text": "есть"}, "choices": [], "text": "есть", "cells": ["A-1", "One", "есть", 10], "suggestions": [],
                     "message": "Sheet «Склад», row 2, column C «Количество»: «есть» is not a number; write the quantity in digits."}
    assert {(choice["param"], choice["value"]) for choice in second["choices"]} == {("negative", "zero"), ("negative", "keep")}
    warnings = rows(shop, task, "?severity=warning")["rows"]
    assert {row["code"] for row in warnings} >= {"W_UNMATCHED"} and all(row["severity"] == "warning" for row in warnings)
    everything = rows(shop, task)["rows"]
    assert len(everything) == len(page["rows"]) + len(warnings)


def test_two_faults_of_a_row_both_have_its_cells(shop):
    table = [HEAD, ["", "One", "x", "y"], ["D-4", "Four", 5, 10]]
    task = run(shop, STOCK, samples.xlsx(table), dry_run="true")
    page = rows(shop, task, "?severity=error")
    assert [row["code"] for row in page["rows"]] == ["E_PN_EMPTY", "E_QTY_NUM", "E_COST_NUM"]
    assert all(row["cells"][1:] == ["One", "x", "y"] for row in page["rows"]), page
    for row in page["rows"]:
        assert rows(shop, task, f"?code={row['code']}")["rows"] == [row], "the same by its code alone"


def test_pages_and_filters(shop):
    table = [HEAD] + [[f"P-{i}", f"Item {i}", "x", 1] for i in range(120)] + [[f"Q-{i}", f"Item {i}", 1, 1] for i in range(121)]
    task = run(shop, STOCK, samples.xlsx(table), dry_run="true")
    found, cursor = [], ""
    while cursor is not None:
        page = rows(shop, task, f"?severity=error&code=E_QTY_NUM&limit=50{'&cursor=' + cursor if cursor else ''}")
        found += [row["row"] for row in page["rows"]]
        assert len(page["rows"]) <= 50
        cursor = page["next_cursor"]
    assert found == list(range(2, 122))
    client = shop.worker(0)
    first = client.get(f"{task['links']['rows']}?limit=50")
    check_problem(client.get(f"{task['links']['rows']}?severity=error&cursor={first.json['next_cursor']}"), 422, "invalid-parameters")
    assert client.get(f"{task['links']['rows']}?limit=50", {"If-None-Match": first.headers["ETag"]}).status == 304
    check_problem(client.get("/api/tasks/00000000-0000-4000-8000-000000000000/rows"), 404, "task-not-found")
    check_problem(client.get("/api/tasks/nonsense/rows"), 404, "task-not-found")
    busy = client.start("test_sleep", ms=60000, steps=100)
    check_problem(client.get(f"/api/tasks/{busy}/rows"), 409, "task-still-running")
    client.post_json(f"/api/tasks/{busy}/cancel", {})
    body = check_problem(client.get(f"{task['links']['rows']}?severity=odd&limit=0"), 422, "invalid-parameters")
    assert {fault["pointer"] for fault in body["errors"]} == {"/severity", "/limit"}


def test_an_ambiguous_number_names_its_lots(shop):
    sides = shop.sql("SELECT c.lot_code, c.name, m.part_number FROM component c JOIN part_number_map m ON m.component_id = c.id ORDER BY c.id, m.id LIMIT 2")
    client = shop.worker(0)
    for lot, vendor in ((sides[0][0], "One"), (shop.sql("SELECT lot_code FROM component ORDER BY id DESC LIMIT 1")[0][0], "Two")):
        answer = client.request("PUT", "/api/part-numbers", json.dumps({"part_number": "BOTH-77", "vendor": vendor, "lot_code": lot}),
                                {"Content-Type": "application/json"})
        assert answer.status in (200, 201, 204), answer
    task = run(shop, STOCK, samples.xlsx([HEAD, ["BOTH-77", "x", 1, 1], ["D-4", "Four", 5, 10]]), dry_run="true")
    fault = rows(shop, task, "?code=E_PN_AMBIGUOUS")["rows"][0]
    assert {one["lot"] for one in fault["suggestions"]} == {choice["value"] for choice in fault["choices"]} and len(fault["suggestions"]) == 2
    names = dict(shop.sql("SELECT lot_code, name FROM component"))
    assert all(one["name"] == names[one["lot"]] and one["part_number"] == "BOTH-77" and one["why"] == "alike" for one in fault["suggestions"])
    assert {choice["param"] for choice in fault["choices"]} == {"lot"}


def test_price_lists_and_the_catalogue(shop):
    task = run(shop, QUOTES, samples.xlsx([["Артикул", "Цена"], ["PN-1", "дорого"], ["PN-2", 5], ["PN-2", 6]]), dry_run="true", max_reject_pct=100)
    page = rows(shop, task, "?severity=error")["rows"]
    assert [(row["code"], row["row"]) for row in page] == [("E_PRICE_NUM", 2), ("E_DUP", 4)]
    assert page[1]["args"] == {"text": "6", "row": "3"} and {choice["value"] for choice in page[1]["choices"]} == {"min", "last"}
    client = shop.worker(0)
    task_id = client.upload("/api/catalog/rates/import?dry_run=true", b"currency,rate_date,rate,nominal\nUSD,2026-01-01,many,1\n", "text/csv").json["task_id"]
    client.wait(task_id)
    fault = client.get(f"/api/tasks/{task_id}/rows").json["rows"][0]
    assert (fault["sheet"], fault["row"], fault["column"], fault["code"], fault["text"]) == (None, 2, "C", "E_NUMBER", "many")
    assert fault["args"]["text"] == "many" and fault["cells"] == ["USD", "2026-01-01", "many", "1"]


def test_rows_stay_over_a_restart_and_go_with_their_task(make_daemon):
    daemon = make_daemon()
    samples.load_catalogue(daemon)
    task = run(daemon, STOCK, samples.xlsx([HEAD, ["A-1", "One", "есть", 10], ["B-2", "Two", 1, 1]]))
    before = rows(daemon, task)
    daemon.kill_all()
    daemon.start()
    assert rows(daemon, task) == before
    client = daemon.worker(0)
    assert client.request("DELETE", f"/api/tasks/{task['id']}").status == 204
    check_problem(client.get(task["links"]["rows"]), 410, "task-expired")


# ---- Questions ----

def ended(daemon, target, data, code, **parameters):
    detail = run(daemon, target, data, **parameters)["error_detail"]
    assert detail["code"] == code, detail
    return detail["args"], [(choice["param"], choice["value"], choice["label"]) for choice in detail["choices"]]


def test_which_sheet(shop):
    data = xlsx({"Насосы": ([HEAD, ["A-1", "One", 1, 10]], ()), "Свет": ([HEAD, ["B-1", "Two", 1, 10], ["B-2", "Two", 1, 10]], ())})
    _args, choices = ended(shop, STOCK, data, "E_SHEETS")
    assert choices == [("sheet", "Насосы", "Насосы (1 rows)"), ("sheet", "Свет", "Свет (2 rows)"), ("sheet", "*", "all that have a heading, as one file")]
    args, choices = ended(shop, STOCK, data, "E_SHEETS", sheet="none")
    assert args == {"asked": "none"} and len(choices) == 3
    answer = shop.worker(0).upload("/api/catalog/warehouses/import", xlsx({"a": ([["code", "name"], ["A", "A"]], ()), "b": ([["code", "name"], ["B", "B"]], ())}))
    task = shop.worker(0).wait(answer.json["task_id"])
    detail = shop.worker(0).get(f"/api/tasks/{task['id']}?view=full").json["error_detail"]
    assert detail["code"] == "E_SHEETS" and [choice["value"] for choice in detail["choices"]] == ["a", "b"]


def test_which_column_and_which_heading(shop):
    args, choices = ended(shop, STOCK, samples.xlsx([["Артикул", "В наличии", "Остаток"], ["A-1", 1, 2]]), "E_AMBIGUOUS_COLUMN")
    assert args == {"sheet": "TDSheet", "row": "1", "rows": "1", "field": "qty"}
    assert choices == [("columns.qty", "B", "В наличии"), ("columns.qty", "C", "Остаток")]
    args, choices = ended(shop, STOCK, samples.xlsx([["Артикул", "Факт"], ["A-1", 1]]), "E_NO_HEADER")
    assert args == {"sheet": "TDSheet", "row": "1", "rows": "1", "missing": "qty"} and choices == [("columns.qty", "B", "Факт")]
    _args, choices = ended(shop, QUOTES, samples.xlsx([["Артикул", "Опт 1", "Опт 2"], ["A-1", 1, 2]]), "E_AMBIGUOUS_COLUMN")
    assert choices == [("price", "B", "Опт 1"), ("price", "C", "Опт 2")]


def test_which_numbers_and_which_total(shop):
    args, choices = ended(shop, STOCK, samples.xlsx([HEAD, ["A-1", "x", "1,250", 1], ["A-2", "y", "12,400,000", 1]]), "E_NUMBER_STYLE")
    assert args == {"sheet": "TDSheet", "column": "C", "caption": "Количество", "row": "2", "text": "1,250", "other_row": "3", "other_text": "12,400,000"}
    assert [choice[:2] for choice in choices] == [("number_locale", "ru"), ("number_locale", "en")]
    args, choices = ended(shop, STOCK, samples.xlsx([HEAD, ["A-1", "x", 100, 1], ["A-2", "y", 50, 1], ["Итого", "", 50, ""]]), "E_TOTALS")
    assert args == {"sheet": "TDSheet", "rows": "150", "row": "4", "total": "50"}
    assert [choice[:2] for choice in choices] == [("check_totals", "warn"), ("check_totals", "off")]


def test_guards(shop):
    args, choices = ended(shop, STOCK, samples.xlsx([HEAD, ["A-1", "x", "x", 1], ["A-2", "y", 5, 1]]), "E_TOO_MANY_ERRORS", max_reject_pct=10)
    assert args == {"rejected": "1", "rows": "2", "percent": "10"} and choices[0][:2] == ("max_reject_pct", "100")
    run(shop, STOCK, samples.stock(40), stock_date="2026-02-05")
    args, choices = ended(shop, STOCK, samples.stock(10), "E_STOCK_OLDER", stock_date="2026-02-01")
    assert args == {"warehouse": "MAIN", "recorded": "2026-02-05", "day": "2026-02-01"}
    assert [choice[:2] for choice in choices] == [("force", "true"), ("stock_date", "2026-02-05")]
    args, choices = ended(shop, STOCK, samples.stock(10), "E_TOO_MANY_DELETES", stock_date="2026-02-06")
    assert args == {"warehouse": "MAIN", "deleted": "30", "items": "40", "percent": "50"}
    assert [choice[:2] for choice in choices] == [("force", "true"), ("mode", "merge")]


def test_prices_that_jump(shop):
    table = [["Артикул", "Цена"]] + [[f"JUMP-{i}", 10 + i] for i in range(6)]
    assert run(shop, QUOTES, samples.xlsx(table), quoted_on="2026-02-01")["status"] == "completed"
    args, choices = ended(shop, QUOTES, samples.xlsx([table[0]] + [[name, 100 * price] for name, price in table[1:]]), "E_PRICE_JUMP", quoted_on="2026-02-02")
    assert args == {"jumped": "6", "compared": "6"} and ("force", "true") in [choice[:2] for choice in choices]


# ---- Requests ----

def test_faults_of_a_request_have_facts_and_choices(shop):
    client = shop.worker(0)
    body = check_problem(client.upload("/api/stock/import?warehouse=NONE&mode=odd&max_reject_pct=200&unknown=1", samples.stock(1)), 422, "invalid-parameters")
    faults = {fault["pointer"]: fault for fault in body["errors"]}
    assert faults["/mode"]["args"] == {"allowed": ["replace", "merge"]}
    assert faults["/mode"]["choices"] == [{"param": "mode", "value": value, "label": value} for value in ("replace", "merge")]
    assert faults["/max_reject_pct"]["args"] == {"min": "0", "max": "100"} and faults["/max_reject_pct"]["choices"] == []
    assert "warehouse" in faults["/unknown"]["args"]["allowed"] and faults["/unknown"]["choices"] == []
    body = check_problem(client.upload(f"/api/stock/import?warehouse={'W' * 33}", samples.stock(1)), 422, "invalid-parameters")
    assert body["errors"][0]["args"] == {"max": "32", "unit": "bytes"}
    answer = client.post_json("/api/tasks", {"type": "recalculate", "params": {"lot_codes": ["NO-1", "NO-2"]}})
    assert check_problem(answer, 422, "invalid-parameters")["errors"][0]["args"] == {"value": "NO-1, NO-2"}
    body = check_problem(client.upload("/api/stock/import?warehouse=NONE", samples.stock(1)), 422, "invalid-parameters")
    fault = body["errors"][0]
    codes = [row[0] for row in shop.sql("SELECT code FROM warehouse ORDER BY code")]
    assert fault["code"] == "unknown-warehouse" and fault["args"] == {"value": "NONE", "allowed": codes}
    assert [choice["value"] for choice in fault["choices"]] == codes
