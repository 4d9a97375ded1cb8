"""Random stock reports through the daemon, as .xlsx files: what is in the database afterwards is what the model says, a dry run says the same
and writes nothing, a second run changes nothing. PF_STOCK_FILES sets how many, PF_STOCK_SEED another stream."""
import os
import random
from collections import Counter
from xml.sax.saxutils import escape

import pytest
import samples
import stock_random
import stock_reports
from stock_model import Catalogue, norm, stock_import
from test_pricing_trail import insert

FILES = int(os.environ.get("PF_STOCK_FILES", "20"))
SEED = int(os.environ.get("PF_STOCK_SEED", "20260205"))
COUNTS = ["rows_total", "rows_accepted", "rows_rejected", "rows_skipped", "inserted", "updated", "unchanged", "deleted", "duplicates_merged", "matched",
          "unmatched", "qty_total", "value_total", "stock_date"]
STOCK = ("SELECT pn_norm, vendor_norm, HEX(part_number), HEX(s.name), c.lot_code, s.lot_qty, s.qty, s.reserved, s.unit, s.unit_cost, s.received_on "
         "FROM stock_item s LEFT JOIN component c ON c.id = s.component_id ORDER BY pn_norm, vendor_norm")

# ---- Scenes as files --------------------------------------------------------------------------------------------------


def plain(cell):
    """Only what a file keeps of a cell: no empty texts, no dates and errors (they are texts here), numbers as a double shows them."""
    if isinstance(cell, dict):
        if "n" not in cell:
            return cell.get("d")
        value = float(cell["n"])
        return {"n": str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)}
    return cell if cell and cell.strip() else None


def row_of(row):
    outline, cells = (row["outline"], row["cells"]) if isinstance(row, dict) else (0, row)
    return {"outline": outline, "cells": [plain(cell) for cell in cells]}


def cell_xml(cell, place):
    if cell is None:
        return ""
    if isinstance(cell, dict):
        return f'<c r="{place}"><v>{cell["n"]}</v></c>'
    return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{escape(cell)}</t></is></c>'


def file_of(scene):
    def place(row, column):
        return f"{chr(65 + column)}{row + 1}"

    sheet = scene["sheets"][0]
    rows = "".join(f'<row r="{n + 1}" outlineLevel="{row["outline"]}">' + "".join(cell_xml(cell, place(n, column)) for column, cell in
                                                                                enumerate(row["cells"])) + "</row>" for n, row in enumerate(sheet["rows"]))
    merges = [f'<mergeCell ref="{place(m[0], m[1])}:{place(m[2], m[3])}"/>' for m in sheet["merges"] if m[:2] != m[2:]]
    outline = f'<sheetPr><outlinePr summaryBelow="{int(sheet["summary_below"])}"/></sheetPr>'
    return samples.workbook(f"{outline}<sheetData>{rows}</sheetData>" + (f"<mergeCells>{''.join(merges)}</mergeCells>" if merges else ""))


def drawn(rng):
    """Every other one a report that makes sense."""
    scene = stock_random.scene(rng, tall=False) if rng.random() < 0.5 else stock_reports.scene(rng)[0]
    sheet = {**scene["sheets"][0], "hidden": False}
    scene["sheets"] = [{**sheet, "rows": [row_of(row) for row in sheet["rows"]]}]
    scene["params"]["stock_date"] = "2026-02-05"
    return scene


# ---- The database -----------------------------------------------------------------------------------------------------


def load(daemon, scene):
    catalogue = Catalogue(scene)
    lots = {lot: number for number, lot in enumerate(catalogue.lots.values(), 1)}
    asked = [w["code"] for w in scene["warehouses"]].index(scene["params"].get("warehouse", "MAIN")) + 1
    tables = ("stock_item", "stock_import", "part_number_map", "component", "warehouse", "currency_rate")
    daemon.sql(
        "".join(f"DELETE FROM {table};" for table in tables)
        + insert("warehouse", "id, code, name", [(n, w["code"], w["name"]) for n, w in enumerate(scene["warehouses"], 1)])
        + insert("component", "id, lot_code, lot_norm, name, unit", [(lots[lot], lot, key, "x", catalogue.units[lot]) for key, lot in catalogue.lots.items()])
        + insert("part_number_map", "vendor_norm, pn_norm, pn_skeleton, part_number, component_id, lot_qty, pack_qty",
                 [(e["vendor"], e["pn"], norm(e["raw"])["skeleton"], e["raw"], lots[e["lot"]], str(float(e["lot_qty"])), e["pack"]) for e in catalogue.map])
        + insert("currency_rate", "currency, rate_date, nominal, rate", [(r["currency"], r["date"], r["nominal"], r["rate"]) for r in scene["rates"]])
        + "INSERT INTO stock_import (id, task_id, warehouse_id, file_name, file_sha256, file_format, mode, stock_date, rows_total, rows_rejected, "
          "inserted, updated, unchanged, deleted) VALUES (1, UUID(), 1, 'x', '', 'xlsx', 'merge', '2026-02-01', 0, 0, 0, 0, 0, 0);"
        + insert("stock_item", "warehouse_id, stock_import_id, pn_norm, vendor_norm, part_number, component_id, qty, unit_cost",
                 [(asked, 1, o["pn_norm"], o["vendor_norm"], o["pn_norm"], lots.get(o.get("lot_code")), o["qty"], o.get("unit_cost"))
                  for o in scene["existing"]]))


def in_hex(value):
    return value.encode().hex().upper()


def expected_stock(scene, made):
    """The items of the file, and with merge those that it does not name."""
    items = {(i["pn_norm"], i["vendor_norm"]): [
        in_hex(i["part_number"]), in_hex(i["name"]), i["lot_code"] or "NULL", i["lot_qty"], i["qty"], i["reserved"], i["unit"], i["unit_cost"] or "NULL",
        i["received_on"] or "NULL"]
        for i in made["items"]}
    for old in scene["existing"] if scene["params"].get("mode") == "merge" else []:
        cost = old.get("unit_cost")
        items.setdefault((old["pn_norm"], old["vendor_norm"]), [
            in_hex(old["pn_norm"]), "", old.get("lot_code") or "NULL", "1.000", f"{old['qty']}.000", "0.000", "pcs",
            f"{float(cost):.4f}" if cost else "NULL", "NULL"])
    return [[*key, *items[key]] for key in sorted(items, key=lambda key: (key[0].encode(), key[1].encode()))]


# ---- Runs -------------------------------------------------------------------------------------------------------------


def run(client, scene, **params):
    fields = {**scene["params"], "force": True, **params}
    body, kind = samples.multipart({key: str(value).lower() if isinstance(value, bool) else value for key, value in fields.items()}, "report.xlsx",
                                   file_of(scene))
    answer = client.upload("/api/stock/import", body, kind)
    assert answer.status == 202, answer
    return client.wait(answer.json["task_id"])


def row_codes(daemon, task_id):
    return Counter((int(row), code) for row, code in daemon.sql(f"SELECT row_no, code FROM task_row_error WHERE task_id = '{task_id}'"))


def check_dry_run(daemon, client, scene, made, before):
    task = run(client, scene, dry_run=True)
    result = task["result"]
    assert {key: result[key] for key in COUNTS} == {key: made[key] for key in COUNTS} and result["dry_run"] and result["import_id"] is None
    assert daemon.sql(STOCK) == before, "a dry run wrote"
    assert len(result["preview"]) == min(20, made["rows_accepted"])
    changes = result["changes"]
    assert {kind: len(changes[kind]) for kind in changes} == {"inserts": made["inserted"], "updates": made["updated"], "deletes": made["deleted"]}


@pytest.mark.parametrize("turn", range(FILES))
def test_a_random_report(module_daemon, turn):
    scene, client = drawn(random.Random(f"{SEED}-{turn}")), module_daemon.worker(turn % 2)
    load(module_daemon, scene)
    made, before = stock_import(scene), module_daemon.sql(STOCK)
    if "error" in made:
        task = run(client, scene)
        assert task["status"] == "error" and module_daemon.sql(f"SELECT error_code FROM task WHERE id = '{task['id']}'") == [[made["error"]]], made
        assert module_daemon.sql(STOCK) == before
        return
    check_dry_run(module_daemon, client, scene, made, before)
    task = run(client, scene)
    assert {key: task["result"][key] for key in COUNTS} == {key: made[key] for key in COUNTS}, scene
    assert module_daemon.sql(STOCK) == expected_stock(scene, made), scene
    assert row_codes(module_daemon, task["id"]) == Counter((issue["row"], issue["code"]) for issue in made["issues"])
    again = run(client, scene)["result"]
    assert (again["inserted"], again["updated"], again["deleted"]) == (0, 0, 0) and again["unchanged"] == len(made["items"])
    assert module_daemon.sql(STOCK) == expected_stock(scene, made)


def test_reports_of_every_end():
    """What the files above are worth: most are taken, and some fail."""
    ends = Counter(stock_import(drawn(random.Random(f"{SEED}-{turn}"))).get("error") for turn in range(FILES))
    assert ends[None] >= FILES // 3 and len(ends) >= 2, ends


def test_days_as_bare_numbers(module_daemon):
    """Counted from 1904 where the workbook says so; a date of the last day of a stock is a date in either."""
    load(module_daemon, drawn(random.Random(1)))
    client = module_daemon.worker(0)
    rows = [["Артикул", "Количество", "Дата прихода"], ["A-1", 1, 46058], ["A-2", 1, "05.02.2026"], ["A-3", 1, 60], ["A-4", 1, 0]]
    for book, days in ((samples.BOOK, ["2026-02-05", "2026-02-05", "NULL", "NULL"]),
                       (samples.BOOK.replace("<sheets>", '<workbookPr date1904="1"/><sheets>'), ["2030-02-06", "2026-02-05", "1904-03-01", "1904-01-01"])):
        task = client.wait(client.upload("/api/stock/import?warehouse=MAIN&force=1", samples.xlsx(rows, book=book)).json["task_id"])
        assert task["status"] == "completed" and task["result"]["warnings"].get("W_DATE", 0) == days.count("NULL"), task
        assert [row[0] for row in module_daemon.sql("SELECT received_on FROM stock_item ORDER BY pn_norm")] == days


def test_settings_of_the_import(make_daemon):
    """The base currency and the VAT of costs that hold it are the operator's, unless the task says otherwise."""
    daemon = make_daemon(pricing__base_currency="USD", pricing__default_vat_rate=10)
    daemon.sql("INSERT INTO warehouse (code, name) VALUES ('MAIN', 'x'); INSERT INTO currency_rate (currency, rate_date, nominal, rate) VALUES "
               "('RUB', '2026-02-01', 100, 1.25)")
    client = daemon.worker(0)
    data = samples.xlsx([["Артикул", "Количество", "Цена с НДС", "Валюта"], ["A-1", 2, 110, ""], ["A-2", 1, 8800, "руб."]])
    for query, costs in (("", ["100.0000", "100.0000"]), ("&vat_rate=0", ["110.0000", "110.0000"])):
        task = client.wait(client.upload(f"/api/stock/import?warehouse=MAIN&stock_date=2026-02-05{query}", data).json["task_id"])
        assert task["status"] == "completed", task
        assert [row[0] for row in daemon.sql("SELECT unit_cost FROM stock_item ORDER BY pn_norm")] == costs


def test_more_bad_rows_than_are_kept(module_daemon):
    """Ten thousand errors and as many warnings are kept with their text, all are counted."""
    load(module_daemon, drawn(random.Random(1)))
    rows = [["Артикул", "Количество"], *([f"A-{number}", "x" if number % 2 else 1] for number in range(21000))]
    client = module_daemon.worker(0)
    task = client.wait(client.upload("/api/stock/import?warehouse=MAIN&force=1", samples.xlsx(rows)).json["task_id"], 60)
    result = task["result"]
    assert result["errors"] == {"E_QTY_NUM": 10500} and result["errors_truncated"] and result["rows_rejected"] == 10500, result
    assert result["warnings"] == {"W_UNMATCHED": 10500}
    assert module_daemon.sql(f"SELECT code, COUNT(*) FROM task_row_error WHERE task_id = '{task['id']}' GROUP BY code ORDER BY code") == [["E_QTY_NUM", "10000"], ["W_UNMATCHED", "10000"]]


def test_the_preview_of_a_file_that_is_read_twice(module_daemon):
    """A section of a warehouse that nobody knows is taken for ours until a known one follows: then the file is read again without it."""
    load(module_daemon, drawn(random.Random(1)))
    rows = [["Наименование", "Артикул", "Остаток"], ["Склад брака"], ["Болт", "A-1", 5], ["Гайка", "A-2", 6], ["MAIN"], ["Болт", "A-3", 7]]
    client = module_daemon.worker(0)
    task = client.wait(client.upload("/api/stock/import?warehouse=MAIN&dry_run=1", samples.xlsx(rows)).json["task_id"])
    result = task["result"]
    assert [line["part_number"] for line in result["preview"]] == ["A-3"] and result["inserted"] == 1, task
    assert result["rows_skipped"] == {"header": 0, "group": 2, "total": 0, "other_warehouse": 2} and result["warnings"]["W_CAPTION"] == 1
