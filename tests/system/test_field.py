"""The field samples through the daemon: each file is sent, what comes back and what is in stock afterwards is what the sample says. Then what
must hold of any report: the sum that is taken is the report's own, or the task fails; and no item whose row stands in the file is deleted.
PF_FIELD_REPORTS sets how many random reports, PF_STOCK_SEED another stream."""
import json
import os
import random
from fractions import Fraction

import field_files
import pytest
import samples
import stock_random
import stock_reports
from stock_compare import drive
from stock_line_model import norm
from stock_model import Catalogue, Import
from test_pricing_trail import insert

REPORTS = int(os.environ.get("PF_FIELD_REPORTS", "1500"))
SEED = int(os.environ.get("PF_STOCK_SEED", "20260205"))
CASES = list(field_files.cases())
MEMBERS = ["stock_date", "rows_total", "rows_skipped", "rows_rejected", "rows_accepted", "duplicates_merged", "inserted", "updated", "unchanged", "deleted",
           "matched", "unmatched", "errors", "warnings", "qty_total", "value_total", "kept_for_rejected"]
STOCK = ("SELECT s.pn_norm, s.vendor_norm, s.part_number, c.lot_code, s.qty, s.reserved, s.unit, s.unit_cost, s.received_on FROM stock_item s "
         "LEFT JOIN component c ON c.id = s.component_id ORDER BY s.pn_norm, s.vendor_norm")
ITEM = ["pn_norm", "vendor_norm", "part_number", "lot_code", "qty", "reserved", "unit", "unit_cost", "received_on"]

# ---- The database -----------------------------------------------------------------------------------------------------


def load(daemon, scene, case):
    catalogue = Catalogue(scene)
    lots = {lot: number for number, lot in enumerate(catalogue.lots.values(), 1)}
    tables = ("stock_item", "stock_import", "part_number_map", "component", "warehouse", "currency_rate")
    named = {o["pn_norm"]: before for o, before in zip(scene["existing"], case.get("before") or [])}
    warehouse = 1 + [w["code"] for w in scene["warehouses"]].index(case["params"]["warehouse"])
    daemon.sql(
        "".join(f"DELETE FROM {table};" for table in tables)
        + insert("warehouse", "id, code, name", [(n, w["code"], w["name"]) for n, w in enumerate(scene["warehouses"], 1)])
        + insert("component", "id, lot_code, lot_norm, name, unit", [(lots[lot], lot, key, "x", catalogue.units[lot]) for key, lot in catalogue.lots.items()])
        + insert("part_number_map", "vendor_norm, pn_norm, pn_skeleton, part_number, component_id, lot_qty, pack_qty",
                 [(e["vendor"], e["pn"], norm(e["raw"])["skeleton"], e["raw"], lots[e["lot"]], str(float(e["lot_qty"])), e["pack"]) for e in catalogue.map])
        + insert("currency_rate", "currency, rate_date, nominal, rate", [(r["currency"], r["date"], r["nominal"], r["rate"]) for r in scene["rates"]])
        + "INSERT INTO stock_import (id, task_id, warehouse_id, file_name, file_sha256, file_format, mode, stock_date, rows_total, rows_rejected, "
          f"inserted, updated, unchanged, deleted) VALUES (1, UUID(), {warehouse}, 'x', '', 'xlsx', 'merge', '2025-01-01', 0, 0, 0, 0, 0, 0);"
        + (insert("stock_item", "warehouse_id, stock_import_id, pn_norm, vendor_norm, part_number, component_id, unit, qty, unit_cost",
                  [(warehouse, 1, o["pn_norm"], o["vendor_norm"], named[o["pn_norm"]]["part_number"], lots.get(o["lot_code"]), o["unit"], o["qty"],
                    o["unit_cost"]) for o in scene["existing"]]) if scene["existing"] else ""))


def expected_stock(items):
    plain = {"vendor_norm": "", "reserved": "0.000", "received_on": None}
    return sorted([["NULL" if {**plain, **item}[name] is None else {**plain, **item}[name] for name in ITEM] for item in items], key=lambda row: (row[0].encode(), row[1].encode()))


# ---- One file ---------------------------------------------------------------------------------------------------------


def send(client, case, **more):
    fields = {**case["params"], **more}
    body, kind = samples.multipart({key: json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else value for key, value in fields.items()},
                                   case["file"], (field_files.FIELD / case["file"]).read_bytes())
    answer = client.upload("/api/stock/import", body, kind)
    assert answer.status == 202, answer
    return client.wait(answer.json["task_id"])


def check_issues(daemon, task, wanted):
    """Row, column letter and code of each; a column or a row of null is not compared."""
    found = daemon.sql(f"SELECT row_no, code, column_letter, REPLACE(message, '\\n', ' '), suggestion FROM task_row_error WHERE task_id = '{task['id']}'")
    found = sorted([int(row), code, column, message + " " + suggestion] for row, code, column, message, suggestion in found)
    wanted = sorted([row or 0, code, column or ""] for row, column, code, *_sheet in wanted)
    assert [issue[:2] for issue in found] == [issue[:2] for issue in wanted], found
    assert all(not want[2] or want[2] == got[2] for want, got in zip(wanted, found)), found
    return found


def check_file(result, wanted):
    for name in ("header_row", "header_rows", "columns", "control_total", "sheet"):
        if name in wanted:
            assert result["file"][name] == wanted[name], (name, result["file"])
    if "ignored" in wanted:
        assert [column["column"] for column in result["file"]["ignored"]] == wanted["ignored"]
        assert all(column["caption"] and column["why"] for column in result["file"]["ignored"])
    if "sheets" in wanted:
        assert [{key: value for key, value in sheet.items() if key in ("name", "read", "rows")} for sheet in result["file"]["sheets"]] == wanted["sheets"]


@pytest.mark.parametrize("case, scene", CASES, ids=[case["id"] for case, _scene in CASES])
def test_a_file(module_daemon, case, scene):
    load(module_daemon, scene, case)
    client, before, wanted = module_daemon.worker(0), module_daemon.sql(STOCK), case["expected"]
    # The samples know which day it is; the daemon takes its own. Files without a date of their own are given the day of the run.
    undated = wanted.get("stock_date", case["today"]) == case["today"] and "stock_date" not in case["params"]
    task = send(client, case, force="true", **({"stock_date": case["today"]} if undated and "W_DATE_FUTURE" not in wanted.get("warnings", {}) else {}))
    if "error" in wanted:
        code = module_daemon.sql(f"SELECT error_code FROM task WHERE id = '{task['id']}'")
        assert task["status"] == "error" and code == [[wanted["error"]]], task
        assert [word for word in wanted.get("says", []) if word not in task["error"]] == [], task["error"]
        assert module_daemon.sql(STOCK) == before
        return
    assert task["status"] == "completed", task
    result = task["result"]
    members = [name for name in MEMBERS if name != "stock_date" or "W_DATE_FUTURE" not in wanted["warnings"]]
    assert {name: result[name] for name in members} == {name: wanted[name] for name in members}
    check_file(result, wanted["file"])
    listed = check_issues(module_daemon, task, wanted["issues"])
    for row, numbers in wanted.get("suggestions", {}).items():
        told = " ".join(issue[3] for issue in listed if issue[0] == int(row))
        assert all(number in told for number in numbers), told
    assert module_daemon.sql(STOCK) == expected_stock(wanted["items"] + wanted.get("kept_items", []))


def test_every_file_is_a_case():
    named = {case["file"] for case, _scene in CASES}
    assert named == {path.name for path in field_files.FIELD.iterdir()} - {"README.md", "field.json"} and len(CASES) >= 73


# ---- What must hold of any report -------------------------------------------------------------------------------------


def test_the_sum_is_the_report_s_own_or_the_task_fails():
    """Groups with and without outline levels, sections, warehouses side by side, several sheets: never a third thing."""
    rng = random.Random(SEED)
    drawn = [stock_reports.scene(rng, {"total": "word"}) for _ in range(REPORTS)]
    ends = {"taken": 0}
    for (scene, stock), got in zip(drawn, drive([scene for scene, _stock in drawn])):
        error = got.get("error")
        if error is None:
            assert Fraction(got["qty_total"]) == stock, json.dumps(scene, ensure_ascii=False)
        else:
            assert error in ("E_TOTALS", "E_SHEETS", "E_AMBIGUOUS_COLUMN", "E_TOO_MANY_ERRORS") or stock == 0, (error, scene)
        ends["taken" if error is None else error] = ends.get("taken" if error is None else error, 0) + 1
    assert ends["taken"] >= REPORTS // 2 and ends["E_TOTALS"] and ends["E_SHEETS"], ends


def keys_of(scene):
    """What the rows of the file are about: numbers with their vendors, of taken rows and of refused ones."""
    made = Import(scene)
    made.run()
    return sorted(set(made.items) | {(number, vendor or "") for number, vendor in made.refused if number})


def test_no_item_whose_row_stands_in_the_file_is_deleted():
    """Replace with any mix of refused rows: an old item that the file names is updated or kept, never gone; one that it does not name goes."""
    rng = random.Random(SEED + 1)
    scenes, named = [], []
    while len(scenes) < REPORTS // 3:
        scene = {**stock_random.scene(rng), "existing": []}
        scene["params"] = {**scene["params"], "mode": "replace", "max_reject_pct": 100}
        keys = keys_of(scene)
        scene["existing"] = [{"pn_norm": pn, "vendor_norm": vendor, "lot_code": None, "qty": "3"} for pn, vendor in [*keys, ("GONE9", "")]]
        scenes.append(scene)
        named.append(keys)
    done = 0
    for scene, keys, got in zip(scenes, named, drive(scenes)):
        if "error" not in got:
            done += got["kept_for_rejected"] > 0
            assert got["deleted"] == 1 and got["kept_for_rejected"] + got["updated"] + got["unchanged"] >= len(keys), json.dumps(scene, ensure_ascii=False)
    assert done >= REPORTS // 30
