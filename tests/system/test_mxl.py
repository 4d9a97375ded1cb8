"""Imports of 1C reports (.mxl) through the daemon: groups and totals are never counted as stock."""
import json
import os
import re
import subprocess
from pathlib import Path

import pytest

import samples
from mxl_model import binary_report

MXL = samples.DATA / "mxl"


@pytest.fixture
def stocked(daemon):
    samples.load_catalogue(daemon)
    return daemon


def imported(daemon, name, query=""):
    answer = daemon.worker(0).upload(f"/api/stock/import?warehouse=MAIN&filename={name}{query}", (MXL / name).read_bytes())
    assert answer.status == 202, answer
    return daemon.worker(1).wait(answer.json["task_id"])


def number(text):
    return float(re.sub(r"[\s\u00a0]", "", text).replace(",", "."))


def test_turnover_report_counts_each_product_once(stocked):
    task = imported(stocked, "synthetic-turnover.mxl")
    assert task["status"] == "completed", task
    result = task["result"]
    assert result["file"]["format"] == "mxl"
    assert result["rows_total"] == 40 and result["rows_skipped"]["total"] == 1
    assert result["file"]["header_rows"] == 2 and result["file"]["columns"]["qty"] == 7  # the closing balance, not the opening one
    # The report's own grand total is the proof that nothing was missed or counted twice: what was refused (a unit that is not ours,
    # packs of unknown size, an empty quantity) and what was taken add up to it.
    cells = json.loads((MXL / "synthetic-turnover.cells.json").read_text())["cells"]
    table = {(row, column): text for row, column, text in cells}
    last = max(row for row, column, text in cells if column == 0 and text.startswith("Итого"))
    refused = {int(row) - 1 for row, in stocked.sql(f"SELECT DISTINCT row_no FROM task_row_error WHERE task_id = '{task['id']}' AND severity = 'error'")}
    assert len(refused) == result["rows_rejected"]
    lost = sum(number(table.get((row, 6), "0")) for row in refused)
    assert float(result["qty_total"]) + lost == pytest.approx(number(table[(last, 6)]), abs=0.0005)
    again = imported(stocked, "synthetic-turnover.mxl")["result"]
    assert again["unchanged"] == result["inserted"] and again["inserted"] == again["updated"] == again["deleted"] == 0


def table_of(name):
    rows = {}
    for row, column, text in json.loads((MXL / f"{name}.cells.json").read_text())["cells"]:
        rows.setdefault(row, {})[column] = text
    return rows


def test_price_list_is_known_by_its_names(stocked):
    # The caption of its numbers is no plain one, so that the numbers are found in the names: those of a map.
    rows = {row: cells for row, cells in table_of("synthetic-prices").items() if 5 in cells and row > 5}
    samples.load_csv(stocked, "components", "lot_code,name,unit\nLOT-1,Lot,pcs\n")
    samples.load_csv(stocked, "part_numbers", "part_number,lot_code\n" + "".join(f"{cells[1]},LOT-1\n" for cells in rows.values()))
    result = imported(stocked, "synthetic-prices.mxl")["result"]
    taken = [cells for cells in rows.values() if cells[4] in ("шт.", "компл.")]
    assert sum(1 for cells in taken if cells[5] == "нет") == 4  # none: a quantity of 0
    assert result["rows_total"] == len(rows) == 45 and result["rows_accepted"] == len(taken) == result["inserted"]
    assert sum(result["errors"].values()) == 45 - len(taken)
    assert result["warnings"]["W_QTY_APPROX"] == sum(1 for cells in taken if cells[5].startswith(">")) > 30
    assert float(result["qty_total"]) == sum(number(cells[5].lstrip("> ")) for cells in taken if cells[5] != "нет")


def test_typed_values_and_decoys(stocked):
    samples.load_catalogue(stocked, "rates")
    rows = {row: cells for row, cells in table_of("synthetic-traps").items() if row > 3}
    result = imported(stocked, "synthetic-traps.mxl", "&stock_date=2026-02-05")["result"]
    assert result["rows_total"] == result["inserted"] == 50 and result["errors"] == {}
    assert result["rows_skipped"]["total"] == 1  # "Total" stands where numbers do
    assert float(result["qty_total"]) == sum(int(cells[4]) for cells in rows.values() if 4 in cells) == 360301


def test_report_by_warehouses_is_read_for_the_one_asked(stocked):
    rows = {row: cells for row, cells in table_of("synthetic-matrix").items() if row > 3 and 1 in cells}
    result = imported(stocked, "synthetic-matrix.mxl", "&max_reject_pct=100")["result"]
    assert result["file"]["columns"]["qty"] == 3 and result["file"]["header_rows"] == 2
    ignored = {column["column"]: column["why"] for column in result["file"]["ignored"]}
    assert list(ignored) == ["D", "E", "F", "G"], ignored
    negative = [cells for cells in rows.values() if number(cells.get(2, "0")) < 0]
    assert result["errors"].get("E_QTY_NEGATIVE", 0) == len(negative)
    assert float(result["qty_total"]) == pytest.approx(sum(number(cells[2]) for cells in rows.values() if 2 in cells and cells not in negative))


@pytest.mark.parametrize("name, rows", [("v8-12-stock-by-store.mxl", "rows 1 to 2"), ("v8-12-stock-filtered.mxl", "rows 4 to 5")])
def test_report_by_unknown_warehouses_is_refused_rather_than_guessed(stocked, name, rows):
    folder = Path(os.environ.get("PF_SAMPLES", "/nowhere")) / "mxl"
    if not (folder / name).exists():
        pytest.skip("PF_SAMPLES is not set")
    task = sent(stocked, (folder / name).read_bytes())
    assert task["status"] == "error" and f"In {rows} " in task["error"] and 'columns={"qty":' in task["error"], task
    assert stocked.sql(f"SELECT error_code FROM task WHERE id = '{task['id']}'") == [["E_AMBIGUOUS_COLUMN"]]
    assert stocked.sql("SELECT COUNT(*) FROM stock_item") == [["0"]]


def test_two_quantities_are_named(stocked):
    task = sent(stocked, report([["Остатки"], ["Артикул", "Остаток", "Цена", "Количество"], ["PN-1", "5", "1,00", "7"]], [], [(1,)]))
    assert task["status"] == "error" and 'columns={"qty":"B"} or columns={"qty":"D"}' in task["error"], task


def test_reports_of_7_7(stocked):
    heading = [("Артикул", 0), ("Количество", 0), ("Цена", 0)]
    filled = binary_report([[("Отчёт", 0)], heading, [("PN-1", 0), (" 1,234.50", 0), ("2.5", 0)], [("PN-2", 0), ("7", 0), ("", 0)]])
    task = sent(stocked, filled)
    assert task["status"] == "completed" and task["result"]["qty_total"] == "1241.500" and task["result"]["value_total"] == "3086.25", task
    form = binary_report([heading, [("ПечНоменклатура", 1), ("ПечОстаток", 1), ("ПечЦена", 1)]])
    task = sent(stocked, form)
    assert task["status"] == "error" and "In 1 of them the quantity is an expression" in task["error"] and "fill the report with data" in task["error"], task
    task = sent(stocked, binary_report([[("Запрос.Товар", 1), ("ПечОстаток", 2)]], 7))
    assert task["status"] == "error" and "a form without data" in task["error"], task


def test_truncated_report_writes_nothing(stocked):
    data = (MXL / "synthetic-turnover.mxl").read_bytes()
    answer = stocked.worker(0).upload("/api/stock/import?warehouse=MAIN", data[: len(data) * 2 // 3])
    task = stocked.worker(1).wait(answer.json["task_id"])
    assert task["status"] == "error" and "cut" in task["error"] or "end" in task["error"] or "truncated" in task["error"], task
    assert stocked.sql("SELECT COUNT(*) FROM stock_item") == [["0"]] and stocked.spool_files() == []


def test_cells_tool_prints_the_sample(stocked):
    out = subprocess.run([str(stocked.build / "priceforge-cells"), str(MXL / "synthetic-prices.mxl")], capture_output=True, check=True)
    assert json.loads(out.stdout) == json.loads((MXL / "synthetic-prices.cells.json").read_text())


GUID = "00000000-0000-0000-0000-00000000000%d"


def report(rows, bound, widths):
    """A document of build 12: texts by row, pairs (row, additional set), and the widths of the columns of the additional sets."""
    cell = '{16,0,{1,1,{"#","%s"}},0}'
    grid = ",".join(f"{i},0,{len(row)}" + "".join(f",{k},{cell % text}" for k, text in enumerate(row)) for i, row in enumerate(rows))
    numbers = iter(range(1, 1000))
    sets = ",".join("{%d,0,%s,%d%s}" % (len(own), GUID % (i + 1), len(own), "".join(f",{k},{next(numbers)}" for k in range(len(own)))) for i, own in enumerate(widths))
    pairs = "".join(f",{row},{number}" for row, number in bound)
    formats = ",".join("{128,%d}" % width for own in widths for width in own)
    body = (
        '{8,1,12,{"#","",1,0,0},{128,72},{1,0},0,{0,0},{0,0},{0,0},{0,0},{0,0},{0,0},0,2,' + f"{len(rows)},{grid},"
        "{1,0," + GUID % 0 + f",0}},{len(rows)},{len(widths)},{sets},{len(bound)}{pairs},0,0,0,0,0,0,{{0}},{{0}},{{0}},{{0}},\"\","
        "{{0}},{0,-1,-1,-1,-1," + GUID % 0 + "},0,0,0,0,0,0,0,1,0,1," + f"{sum(map(len, widths))}," + formats + ",0,0,{0}}"
    )
    return b"MOXCEL\0\x08\0\x01\0\x0c\0\xef\xbb\xbf" + body.encode()


def sent(stocked, data):
    return stocked.worker(1).wait(stocked.worker(0).upload("/api/stock/import?warehouse=MAIN", data).json["task_id"])


ROWS = [["Stock on hand"], ["Артикул", "Количество"], ["PN-1", "5"], ["PN-2", "7"], ["Подпись", "Иванов"]]


def test_heading_and_rows_on_different_columns_are_refused(stocked):
    data = report(ROWS, [(1, 0), (2, 1), (3, 1)], [(100, 60), (90, 60)])
    task = sent(stocked, data)
    assert task["status"] == "error" and "row 3" in task["error"] and ".xlsx" in task["error"], task
    assert stocked.sql(f"SELECT error_code FROM task WHERE id = '{task['id']}'") == [["E_AMBIGUOUS_COLUMN"]]
    assert stocked.sql("SELECT COUNT(*) FROM stock_item") == [["0"]]


def test_different_columns_at_the_same_places_are_the_same(stocked):
    data = report(ROWS, [(1, 0), (2, 1), (3, 1)], [(100, 60), (100, 60)])
    task = sent(stocked, data)
    assert task["status"] == "completed" and task["result"]["inserted"] == 2 and task["result"]["qty_total"] == "12.000", task


TABLE = [["Артикул", "Количество"], ["PN-1", "5"]]


@pytest.mark.parametrize("rows, bound, inserted", [
    ([*TABLE, ["PN-2", "", "", "7"]], [(0, 0), (1, 0), (2, 1)], 2),  # finer columns: the quantity begins where the heading's does
    ([*TABLE, ["Итого", "", "", "5"], ["Подпись", "Иванов"]], [(0, 0), (1, 0), (2, 1), (3, 2)], 1),
    ([["Отчёт № 7", "от", "05.02.2026", "15"], *TABLE, ["PN-2", "7"]], [(0, 1), (1, 0), (2, 0), (3, 0)], 2),  # a title above
    ([*TABLE, ["Страница", "", "1", "", "", "2"]], [(0, 0), (1, 0), (2, 1)], 1),  # numbers, but none under the quantity
    ([*TABLE, ["Всего наименований 1, на сумму 500"]], [(0, 0), (1, 0), (2, 2)], 1),
    ([*TABLE, ["Кладовщик", "", "", "100"]], [(0, 0), (1, 0)], 1),  # the main set: columns of the default width
])
def test_rows_without_stock_may_have_columns_of_their_own(stocked, rows, bound, inserted):
    task = sent(stocked, report(rows, bound, [(100, 60), (40, 40, 20, 30, 30, 90), (400,)]))
    assert task["status"] == "completed", task
    result = task["result"]
    assert result["inserted"] == result["rows_total"] == inserted and float(result["qty_total"]) == (5 if inserted == 1 else 12)


@pytest.mark.parametrize("row, number", [(["PN-2", "", "7"], 1), (["PN-2", "", "", "", "7"], 1), (["PN-2", "x", "", "7"], 1), (["PN-2", "7"], 3)])
def test_stock_that_cannot_be_lined_up_is_refused(stocked, row, number):
    task = sent(stocked, report([*TABLE, row], [(0, 0), (1, 0), (2, number)], [(100, 60), (40, 40, 40, 20, 50, 90), (400,), (110, 60)]))
    assert task["status"] == "error" and "row 3" in task["error"] and "Save the report as .xlsx" in task["error"], task
    assert stocked.sql("SELECT COUNT(*) FROM stock_item") == [["0"]]


def test_a_name_longer_than_a_worksheet_holds_and_a_number_with_an_exponent(stocked):
    text = "Диск " * 10000
    data = report([["Артикул", "Наименование", "Количество"], ["PN-1", text, "7"]], [], [(100, 60), (100, 60)])
    data = data.replace('{16,0,{1,1,{"#","7"}},0}'.encode(), b'{2,0,{"N",1.5E+3}}')
    task = sent(stocked, data)
    assert task["status"] == "completed" and task["result"]["qty_total"] == "1500.000", task
    assert stocked.sql("SELECT CHAR_LENGTH(name) FROM stock_item") == [["255"]]


def test_xml_form_whose_namespace_stands_late(stocked):
    rows = "".join(
        f"<rowsItem><index>{i}</index><row>" + "".join(f"<c><c><tl><v8:item><v8:lang>#</v8:lang><v8:content>{text}</v8:content></v8:item></tl></c></c>" for text in row) + "</row></rowsItem>"
        for i, row in enumerate([["Артикул", "Количество"], ["PN-1", "5"]])
    )
    others = " ".join(f'xmlns:d{i}p1="http://v8.1c.ru/8.1/data/of-another-kind-{i}"' for i in range(30))
    data = f'\r\n<?xml version="1.0" encoding="UTF-8"?><!-- a report --><document {others} xmlns:v8="http://v8.1c.ru/8.1/data/core" xmlns="http://v8.1c.ru/8.2/data/spreadsheet">{rows}</document>'
    assert data.index("8.2/data/spreadsheet") > 1500
    task = sent(stocked, data.encode())
    assert task["status"] == "completed" and task["result"]["qty_total"] == "5.000" and task["result"]["file"]["format"] == "mxl", task


def test_a_form_without_data(stocked, tmp_path):
    form = '{16,0,{1,1,{"","Parameter"}},0}'
    data = report([["Артикул", "Количество"]], [], [(100, 60), (100, 60)])
    for text in ("Артикул", "Количество"):
        data = data.replace(('{16,0,{1,1,{"#","%s"}},0}' % text).encode(), form.encode())
    task = sent(stocked, data)
    assert task["status"] == "error" and "a form without data" in task["error"] and "Save a filled report" in task["error"], task
    file = tmp_path / "form.mxl"
    file.write_bytes(data)
    out = subprocess.run([str(stocked.build / "priceforge-cells"), str(file)], capture_output=True, check=True)
    assert json.loads(out.stdout) == {"rows": 0, "cols": 0, "cells": []}


def test_the_code_page_is_a_setting(make_daemon):
    daemon = make_daemon(pricing__mxl_code_page=866)
    samples.load_catalogue(daemon)
    data = binary_report([[("Артикул", 0), ("Количество", 0)], [("Кабель-1", 0), ("7", 0)]])
    for word in ("Артикул", "Количество", "Кабель-1"):
        data = data.replace(word.encode("cp1251"), word.encode("cp866"))
    task = sent(daemon, data)
    assert task["status"] == "completed" and task["result"]["qty_total"] == "7.000", task
    assert daemon.sql("SELECT part_number FROM stock_item") == [["Кабель-1"]]


def test_a_damaged_header_is_remarked_on(stocked, tmp_path):
    data = report([*TABLE], [], [(100,)])
    damaged = data[:6] + data[6:13].replace(b"\0", b" ") + data[13:]
    answer = stocked.worker(0).upload("/api/stock/import?warehouse=MAIN", damaged)
    task = stocked.worker(1).wait(answer.json["task_id"])
    assert task["status"] == "completed" and task["result"]["inserted"] == 1, task
    log = stocked.worker(0).get(f"/api/tasks/{task['id']}/log").body.decode()
    assert "The header of the .mxl file is damaged" in log, log
    for bytes_, said in ((data, ""), (damaged, "remark: The header of the .mxl file is damaged")):
        file = tmp_path / "report.mxl"
        file.write_bytes(bytes_)
        out = subprocess.run([str(stocked.build / "priceforge-cells"), str(file)], capture_output=True, check=True, text=True)
        assert out.stderr.startswith(said) and bool(out.stderr) == bool(said)
