"""Fixes: cells that a person put right and rows that are left out are laid over the file before any rule sees it. A dry run shows what comes of
them, and the import of the same file does just that."""
import json

import pytest

import samples
from test_from_task import STOCK, full, items, take, taken, upload
from test_rejects import xlsx
from test_row_faults import rows
from test_tasks import check_problem

HEAD = ["Артикул", "Наименование", "Количество", "Цена"]
TABLE = [HEAD, ["PN-1", "One", "есть", 10], ["PN-2", "Two", -4, 20], ["PN-3", "Three", 7, "дорого"], ["PN-4", "Four", 1, 1], ["Итого", "", 13, ""]]


@pytest.fixture
def keeping(make_daemon):
    daemon = make_daemon(spool__keep_preview=1800)
    samples.load_catalogue(daemon, "warehouses", "parties")
    return daemon


def form(**fields):
    body = "".join(f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()) + "--b--\r\n"
    return body.encode(), {"Content-Type": "multipart/form-data; boundary=b"}


def cell(row, column, value, sheet="Склад"):
    return {"sheet": sheet, "row": row, "column": column, "value": value}


def again(daemon, client, task_id, target=STOCK, fixes=(), **fields):
    answer = take(client, target, task_id, *form(fixes=json.dumps(list(fixes), ensure_ascii=False), **fields))
    assert answer.status == 202, answer
    client.wait(answer.json["task_id"])
    return full(client, answer.json["task_id"])


def test_story_of_a_file_that_is_put_right(keeping):
    """Dry run, its rows, the same with fixes, then the import, all from one upload and over a kill of everything."""
    client = keeping.worker(0)
    dry = upload(client, STOCK, xlsx({"Склад": (TABLE, ())}), warehouse="MAIN", dry_run="true")
    client.wait(dry)
    assert full(client, dry)["error_detail"]["code"] == "E_TOO_MANY_ERRORS", "three of four rows"
    faults = rows(keeping, full(client, dry), "?severity=error")["rows"]
    assert [(row["row"], row["column"]) for row in faults] == [(2, "C"), (3, "C"), (4, "D")]
    right = {("2", "C"): "5", ("4", "D"): "30,5"}
    fixes = [cell(row["row"], row["column"], right[(str(row["row"]), row["column"])], row["sheet"]) for row in faults if row["row"] != 3]
    fixes.append({"sheet": "Склад", "row": 3, "skip": True})
    keeping.kill_all()
    keeping.start()
    client = keeping.worker(1)
    checked = again(keeping, client, dry, fixes=fixes, warehouse="MAIN", dry_run="true")
    assert checked["status"] == "completed", checked["error"]
    assert (checked["result"]["rows_total"], checked["result"]["rows_rejected"]) == (3, 0) and items(keeping) == []
    assert checked["result"]["file"]["control_total"]["rows"] == "13.000", "the rule of totals sees the fixed cells"
    assert checked["params"]["fixes"] == sorted(fixes, key=lambda fix: fix.get("skip", False))
    real = again(keeping, client, checked["id"], fixes=checked["params"]["fixes"], warehouse="MAIN")
    assert {name: real["result"][name] for name in ("rows_total", "inserted", "qty_total", "value_total")} == {
        name: checked["result"][name] for name in ("rows_total", "inserted", "qty_total", "value_total")}
    assert items(keeping) == [["PN-1", "5.000"], ["PN-3", "7.000"], ["PN-4", "1.000"]]
    assert keeping.sql("SELECT unit_cost FROM stock_item WHERE part_number = 'PN-3'") == [["30.5000"]]


def test_every_rule_sees_a_fixed_cell(keeping):
    """A caption, a date, a formula without a value, a number that a spreadsheet spoiled, a cell that was not there, one that is emptied."""
    client = keeping.worker(0)
    sheet = ('<sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>Артикул</t></is></c><c r="B1" t="inlineStr"><is><t>Факт</t></is></c></row>'
             '<row r="2"><c r="A2"><v>1.23E+15</v></c><c r="B2"><f>1+1</f></c></row>'
             '<row r="3"><c r="B3"><v>3</v></c></row><row r="4"><c r="A4" t="inlineStr"><is><t>OLD</t></is></c><c r="B4"><v>9</v></c></row></sheetData>')
    first = upload(client, STOCK, samples.workbook(sheet), warehouse="MAIN", dry_run="true")
    assert full(client, client.wait(first)["id"])["error_detail"]["code"] == "E_NO_HEADER"
    fixes = [cell(1, "b", "Количество", "TDSheet"), cell(2, "A", "0012300", "TDSheet"), cell(2, "B", 2, "TDSheet"), cell(3, "A", "NEW-3", "TDSheet"),
             cell(4, "A", None, "TDSheet"), cell(4, "B", "", "TDSheet"), cell(3, "XFD", "far away", "TDSheet")]
    task = again(keeping, client, first, fixes=fixes, warehouse="MAIN")
    assert task["status"] == "completed", task["error"]
    assert items(keeping) == [["0012300", "2.000"], ["NEW-3", "3.000"]]
    assert task["params"]["fixes"][0] == cell(1, "B", "Количество", "TDSheet") and task["params"]["fixes"][2]["value"] == "2"


def test_csv_price_lists_and_an_upload_with_fixes(keeping):
    client = keeping.worker(0)
    body, kind = samples.multipart({"party": "SUP-01", "fixes": json.dumps([{"row": 2, "column": "B", "value": "12.50"}, {"row": 3, "skip": True}])},
                                   "list.csv", "Артикул;Цена\nPN-1;дорого\nPN-2;5\nPN-3;6\n".encode())
    answer = client.upload("/api/quotes/import", body, kind)
    task = client.wait(answer.json["task_id"])
    assert task["status"] == "completed", task
    assert keeping.sql("SELECT part_number, price FROM price_quote ORDER BY part_number") == [["PN-1", "12.5000"], ["PN-3", "6.0000"]]
    answer = client.upload('/api/stock/import?warehouse=MAIN&fixes=[{"row":2,"column":"B","value":4}]'.replace('"', "%22"), "Артикул;Кол-во\nPN-1;много\n".encode(), "text/csv")
    assert client.wait(answer.json["task_id"])["status"] == "completed"
    assert items(keeping) == [["PN-1", "4.000"]]


def test_a_fix_that_touches_nothing_stops_the_import(keeping):
    client = keeping.worker(0)
    dry = upload(client, STOCK, xlsx({"Склад": (TABLE, ()), "Notes": ([["nothing"]], ())}), warehouse="MAIN", dry_run="true")
    client.wait(dry)
    task = again(keeping, client, dry, fixes=[cell(2, "C", "5"), cell(99, "C", "5"), {"row": 3, "skip": True}, cell(1, "A", "x", "Другой")], warehouse="MAIN")
    assert task["error_detail"]["code"] == "E_FIX_UNUSED" and items(keeping) == []
    assert task["error"].startswith("3 of the 4 fixes touch no row of a sheet that is read: row 3, sheet «Другой» row 1 column A, sheet «Склад» row 99 column C.")
    assert task["error_detail"]["args"] == {"sheet": "", "row": "3", "unused": "3", "fixes": "4"}


def test_all_faults_of_fixes_come_at_once(keeping):
    client = keeping.worker(0)
    client.unchecked = True
    dry = upload(client, STOCK, xlsx({"Склад": (TABLE, ())}), warehouse="MAIN", dry_run="true")
    client.wait(dry)

    def faults(fixes):
        text = fixes if isinstance(fixes, str) else json.dumps(fixes)
        body = check_problem(take(client, STOCK, dry, *form(fixes=text, warehouse="MAIN", mode="odd")), 422, "invalid-parameters")
        found = {(fault["pointer"], fault["code"]) for fault in body["errors"]}
        assert ("/mode", "choice") in found
        return found - {("/mode", "choice")}

    assert faults([cell(0, "C", "1"), cell(2, "C1", "1"), {"row": 2}, {"row": 3, "skip": True, "value": "1"}, {"column": "A", "value": "x"}, 7,
                   cell(2, "A", {"a": 1}), {"row": 2, "column": "A", "value": "x", "cell": 1}, cell("2", "A", "x", 5), cell(2, "XFE", "x"),
                   cell(1 << 40, "A", "x" * 1001), {"row": 2, "column": "A", "value": "a\u0007", "skip": "yes"}]) == {
        ("/fixes/0/row", "range"), ("/fixes/1/column", "type"), ("/fixes/2/column", "required"), ("/fixes/2/value", "required"),
        ("/fixes/3/skip", "conflict"), ("/fixes/4/row", "required"), ("/fixes/5", "type"), ("/fixes/6/value", "type"), ("/fixes/7/cell", "unknown"),
        ("/fixes/8/row", "type"), ("/fixes/8/sheet", "type"), ("/fixes/9/column", "type"), ("/fixes/10/row", "range"), ("/fixes/10/value", "range"),
        ("/fixes/11/value", "range"), ("/fixes/11/skip", "type")}
    assert faults([cell(2, "C", "1"), cell(3, "C", "1"), cell(2, "c", "2"), {"sheet": "Склад", "row": 3, "skip": True}]) == {
        ("/fixes/2", "duplicate"), ("/fixes/1", "conflict")}
    assert faults("{") == faults("[1") == faults('{"row":1}') == {("/fixes", "type")}
    assert faults([cell(n + 1, "C", "1") for n in range(1001)]) == {("/fixes", "range")}
    assert len(faults([{} for _ in range(1000)])) <= 32


def test_a_thousand_fixes_and_the_same_task_again(keeping):
    client = keeping.worker(0)
    table = [HEAD] + [[f"PN-{n:04}", f"Item {n}", "много", 1] for n in range(1000)]
    dry = upload(client, STOCK, xlsx({"Склад": (table, ())}), warehouse="MAIN", dry_run="true")
    assert client.wait(dry)["status"] == "error"
    fixes = [cell(n + 2, "C", str(n + 1)) for n in range(1000)]
    task = again(keeping, client, dry, fixes=fixes, warehouse="MAIN", dry_run="true")
    assert (task["result"]["rows_total"], task["result"]["rows_rejected"]) == (1000, 0)
    refused = again(keeping, client, dry, fixes=fixes[:-1], warehouse="MAIN", max_reject_pct=0)
    assert refused["error_detail"]["code"] == "E_TOO_MANY_ERRORS"
    answer = client.request("POST", refused["links"]["retry"])
    repeated = full(client, client.wait(answer.json["task_id"])["id"])
    assert repeated["params"] == refused["params"] and repeated["error"] == refused["error"], "fixes are kept with the task"
    real = again(keeping, client, dry, fixes=fixes, warehouse="MAIN")
    assert real["result"]["inserted"] == 1000
    assert keeping.sql("SELECT SUM(qty) FROM stock_item") == [["500500.000"]]


def test_fixes_and_files_that_were_seen(keeping):
    client = keeping.worker(0)
    data = xlsx({"Склад": (TABLE[:5], ())})
    first = upload(client, STOCK, data, warehouse="MAIN", max_reject_pct=100)
    assert client.wait(first)["status"] == "completed"
    dry = upload(client, STOCK, data, warehouse="MAIN", dry_run="true", max_reject_pct=100)
    client.wait(dry)
    seen = taken(client, STOCK, dry, warehouse="MAIN", if_seen="skip")
    assert seen["result"]["already_imported"]
    put_right = again(keeping, client, dry, fixes=[cell(2, "C", "5")], warehouse="MAIN", if_seen="skip", max_reject_pct=100)
    assert not put_right["result"]["already_imported"] and ["PN-1", "5.000"] in items(keeping), "with fixes it is another file"
