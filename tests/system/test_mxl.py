"""Imports of 1C reports (.mxl) through the daemon: groups and totals are never counted as stock."""
import json
import re
import subprocess

import pytest

import samples

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


def test_report_by_warehouses_is_refused_rather_than_guessed(stocked):
    task = imported(stocked, "synthetic-matrix.mxl")
    assert task["status"] == "error" and task["error"]
    assert stocked.sql("SELECT COUNT(*) FROM stock_item") == [["0"]]


def test_truncated_report_writes_nothing(stocked):
    data = (MXL / "synthetic-turnover.mxl").read_bytes()
    answer = stocked.worker(0).upload("/api/stock/import?warehouse=MAIN", data[: len(data) * 2 // 3])
    task = stocked.worker(1).wait(answer.json["task_id"])
    assert task["status"] == "error" and "cut" in task["error"] or "end" in task["error"] or "truncated" in task["error"], task
    assert stocked.sql("SELECT COUNT(*) FROM stock_item") == [["0"]] and stocked.spool_files() == []


def test_cells_tool_prints_the_sample(stocked):
    out = subprocess.run([str(stocked.build / "priceforge-cells"), str(MXL / "synthetic-prices.mxl")], capture_output=True, check=True)
    assert json.loads(out.stdout) == json.loads((MXL / "synthetic-prices.cells.json").read_text())
