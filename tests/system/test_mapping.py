"""What a page for mapping columns gets: a dry run shows the sheets, the first rows, what each column was taken for and why; the proposal can be
sent back as it is. A task that ends with a question shows the same."""
import json

import pytest
import quotes_files
import test_field
import test_suppliers
from test_suppliers import dated_daemon

__all__ = ["dated_daemon"]
SETTLED = {"W_CAPTION", "W_COLUMN_IGNORED"}  # what a named column no longer needs to be told


def without(result, *names):
    return {name: value for name, value in result.items() if name not in names}


def check_mapping(mapping, file):
    """What must hold of any mapping."""
    assert len(json.dumps(mapping).encode()) < 512 << 10
    assert [(s["name"], s["read"]) for s in mapping["sheets"]] == [(s["name"], s["read"]) for s in file["sheets"]][:100]
    assert mapping["sheets_total"] == len(file["sheets"])
    rows = mapping["rows"]
    heading = [row["row"] for row in rows if row["kind"] == "heading"]
    assert mapping["header_row"] in heading and [row["row"] for row in rows] == sorted(row["row"] for row in rows)
    below = [row for row in rows if row["row"] >= mapping["header_row"] + mapping["header_rows"]]
    assert len(below) <= 20 and len(rows) - len(below) - mapping["header_rows"] <= 5
    for column in mapping["columns"]:
        assert len(column["samples"]) <= 3 and (column["field"] is None) == (column["why"]["code"] not in ("by_caption", "by_request")), column
    return {column["letter"]: column["field"] for column in mapping["columns"] if column["field"]}


def letters(columns):
    """The columns of a result, by letter."""
    found = {}
    for field, numbers in columns.items():
        for number in numbers if isinstance(numbers, list) else [numbers]:
            found[("" if number <= 26 else chr(64 + (number - 1) // 26)) + chr(65 + (number - 1) % 26)] = field
    return found


def check_again(first, second):
    """The same comes back, but for what the request has settled."""
    other = ("warnings", "mapping", "file", "rejects")
    assert without(second, *other) == without(first, *other)
    assert {k: n for k, n in second["warnings"].items() if k not in SETTLED} == {k: n for k, n in first["warnings"].items() if k not in SETTLED}
    assert without(second["file"], "ignored", "sheets") == without(first["file"], "ignored", "sheets")
    assert second["mapping"]["proposal"] == first["mapping"]["proposal"]


# ---- The proposal, of every sample ------------------------------------------------------------------------------------


@pytest.mark.parametrize("case, scene", test_field.CASES, ids=[case["id"] for case, _scene in test_field.CASES])
def test_the_proposal_of_a_stock_report(module_daemon, case, scene):
    test_field.load(module_daemon, scene, case)
    client = module_daemon.worker(0)
    first = test_field.send(client, case, force="true", dry_run="true")
    if first["status"] == "error":
        return
    result = first["result"]
    fields = check_mapping(result["mapping"], result["file"])
    if result["file"]["columns"]:
        assert fields == letters(result["file"]["columns"])
    assert set(result["mapping"]["proposal"]) == set(fields.values()) or not result["file"]["sheet"]
    # Sheets with other captions have little in common: what is not proposed is found as before.
    second = test_field.send(client, case, force="true", dry_run="true", columns=result["mapping"]["proposal"])
    assert second["status"] == "completed", second
    check_again(result, second["result"])


@pytest.mark.parametrize("case", test_suppliers.CASES, ids=test_suppliers.NAMES)
def test_the_proposal_of_a_price_list(dated_daemon, case):
    client = dated_daemon.worker(0)
    test_suppliers.load(dated_daemon, quotes_files.SHARED)
    params = {**case["params"], "dry_run": True, "force": True}
    first = test_suppliers.send_file(client, {**case, "params": params})
    if first["status"] == "error":
        return
    result = first["result"]
    fields = check_mapping(result["mapping"], result["file"])
    assert fields == letters(result["file"]["columns"])
    assert set(result["mapping"]["proposal"]) == set(fields.values()) or not result["file"]["sheet"]
    params = {**without(params, "price"), "columns": result["mapping"]["proposal"]}
    second = test_suppliers.send_file(client, {**case, "params": params})
    assert second["status"] == "completed", second
    check_again(result, second["result"])
