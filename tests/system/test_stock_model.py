"""The stock import in C against a second implementation of its rules: the samples, then random reports. PF_STOCK_CASES sets how many,
PF_STOCK_SEED another stream."""
import copy
import json
import os
import random
from collections import Counter
from pathlib import Path

import field_files
import stock_random
import stock_reports
from stock_compare import differences
from stock_model import stock_import

DATA = Path(__file__).resolve().parents[1] / "data" / "pricing"
CASES = int(os.environ.get("PF_STOCK_CASES", "1500"))
SEED = int(os.environ.get("PF_STOCK_SEED", "20260205"))


def none_differ(scenes):
    wrong = [(json.dumps(scene, ensure_ascii=False), found) for scene, found in differences(scenes)]
    assert not wrong, f"{len(wrong)} of {len(scenes)} differ, the shortest:\n" + "\n".join(map(str, min(wrong, key=lambda pair: len(pair[0]))))


# ---- The model and the samples ----------------------------------------------------------------------------------------


def test_the_model_says_what_the_field_samples_say():
    for case, scene in field_files.cases():
        made, wanted = stock_import(scene), case["expected"]
        assert made.get("error") == wanted.get("error"), case["id"]
        if "error" in wanted:
            continue
        plain = {name: value for name, value in wanted.items() if name not in ("file", "issues", "items", "kept_items", "suggestions")}
        assert {name: made[name] for name in plain} == plain, case["id"]
        assert {name: made["file"][name] for name in wanted["file"]} == wanted["file"], case["id"]
        assert [{name: item[name] for name in own} for item, own in zip(made["items"], wanted["items"])] == wanted["items"], case["id"]
        issues = sorted([issue["row"], issue["code"], issue["column"]] for issue in made["issues"])
        told = sorted([row or 0, code, column] for row, column, code, *_sheet in [[row, column or "", code] for row, column, code, *_s in wanted["issues"]])
        assert [issue[:2] for issue in issues] == [issue[:2] for issue in told], case["id"]
        assert all(not want[2] or want[2] == got[2] for want, got in zip(told, issues)), case["id"]


def test_the_model_says_what_the_worked_examples_say():
    cases = json.loads((DATA / "stock-import.json").read_text())["cases"]
    assert len(cases) >= 17
    for case in cases:
        made, wanted = stock_import(case), case["expected"]
        flat = {**made, **made.get("file", {})}
        plain = {name: value for name, value in wanted.items() if name not in ("issues", "items")}
        assert {name: flat[name] for name in plain} == plain, case["id"]
        assert [{name: item[name] for name in own} for item, own in zip(made.get("items", []), wanted.get("items", []))] == wanted.get("items", []), case["id"]
        issues = sorted((issue["row"], issue["code"]) for issue in made["issues"])
        assert issues == sorted((issue["row"], code) for issue in wanted.get("issues", []) for code in issue["codes"]) or "error" in wanted, case["id"]


# ---- C and the model --------------------------------------------------------------------------------------------------


def test_samples():
    none_differ([scene for _case, scene in field_files.cases()] + json.loads((DATA / "stock-import.json").read_text())["cases"])


def with_titles(scene, rng):
    """Lines above the table."""
    for sheet in scene["sheets"]:
        count = rng.randint(1, 3)
        sheet["rows"] = [[rng.choice(["Отчёт", "Отбор: все", "Подготовил: Орлова"])] if rng.random() < 0.7 else [] for _ in range(count)] + [[]] + sheet["rows"]
        sheet["merges"] = [[m[0] + count + 1, m[1], m[2] + count + 1, m[3]] for m in sheet.get("merges", [])]


def moved_right(scene, rng):
    """Empty columns in front."""
    count = rng.randint(1, 3)
    for sheet in scene["sheets"]:
        sheet["rows"] = [{**row, "cells": [None] * count + row["cells"]} if isinstance(row, dict) else [None] * count + row for row in sheet["rows"]]
        sheet["merges"] = [[m[0], m[1] + count, m[2], m[3] + count] for m in sheet.get("merges", [])]


def as_text(scene, _rng):
    """As a CSV file has it: texts alone, no merges, no outline, one sheet."""
    sheet = scene["sheets"][0]
    cells = [row["cells"] if isinstance(row, dict) else row for row in sheet["rows"]]
    rows = [[cell.get("n", cell.get("d", "")).replace(".", ",") if isinstance(cell, dict) else cell for cell in row] for row in cells]
    scene["sheets"] = [{"name": "", "rows": rows, "merges": []}]


def summary_turned(scene, _rng):
    for sheet in scene["sheets"]:
        sheet["summary_below"] = not sheet.get("summary_below", False)


def test_samples_changed():
    """The same files with titles above, moved to the right, as plain text, with the other way of outlines."""
    rng = random.Random(SEED)
    scenes = []
    for _case, scene in field_files.cases():
        for change in (with_titles, moved_right, as_text, summary_turned):
            scenes.append({**scene, "sheets": copy.deepcopy(scene["sheets"])})
            if not (change is moved_right and {"header_row", "columns"} & set(scene["params"])) and not (change is with_titles and "header_row" in scene["params"]):
                change(scenes[-1], rng)
    none_differ(scenes)


def test_reports():
    rng = random.Random(SEED)
    none_differ([stock_reports.scene(rng)[0] for _ in range(CASES)])


def test_random():
    """Rows and headings without any sense. Where the rules leave a piece of nonsense open the two may read it differently: in one of fifty
    files at most, and they agree on every file that a program or a person would make (above)."""
    rng = random.Random(SEED)
    scenes = [stock_random.scene(rng, tall=turn % 2 == 0) for turn in range(CASES)]
    wrong = [(json.dumps(scene, ensure_ascii=False), found) for scene, found in differences(scenes)]
    assert len(wrong) * 50 <= CASES, f"{len(wrong)} of {CASES} differ, the shortest:\n" + "\n".join(map(str, min(wrong, key=lambda pair: len(pair[0]))))


def test_random_reports_reach_every_rule():
    """A generator that misses a rule would prove nothing about it."""
    rng = random.Random(SEED)
    codes, errors, skipped, rows, fields = Counter(), Counter(), Counter(), Counter(), Counter()
    for turn in range(2400):
        made = stock_import(stock_random.scene(rng) if turn % 3 else stock_reports.scene(rng)[0])
        codes.update(issue["code"] for issue in made["issues"])
        errors[made.get("error")] += 1
        skipped.update(made.get("rows_skipped", {}))
        rows[made.get("file", {}).get("header_rows")] += 1
        fields.update((made.get("file", {}).get("columns") or {}).keys())
        skipped.update({name: made.get(name, 0) for name in ("duplicates_merged", "inserted", "updated", "unchanged", "deleted", "kept_for_rejected")})
    assert {code for code, n in codes.items() if n >= 3} == {
        "E_PN_EMPTY", "E_PN_LONG", "E_PN_SCI", "E_PN_MANGLED", "E_PN_AMBIGUOUS", "E_QTY_MISSING", "E_QTY_NUM", "E_QTY_FORMULA", "E_QTY_NEGATIVE",
        "E_QTY_RANGE", "E_COST_NUM", "E_COST_NEGATIVE", "E_CURRENCY", "E_NO_RATE", "E_UNIT", "E_UNIT_PACK", "E_UNIT_MISMATCH", "E_DUP", "W_UNMATCHED",
        "W_PN_FOLDED", "W_PN_FROM_NAME", "W_VENDOR", "W_QTY_APPROX", "W_QTY_ROUNDED", "W_QTY_FRACTION", "W_QTY_NEGATIVE", "W_RESERVED", "W_COST_ZERO",
        "W_COST_MISSING", "W_COST_FORMULA", "W_DATE", "W_CAPTION", "W_COLUMN_IGNORED", "W_HEADING_MOVED", "W_GROUP", "W_DATE_FUTURE", "W_TOTALS"}
    assert set(errors) >= {None, "E_NO_HEADER", "E_AMBIGUOUS_COLUMN", "E_NO_DATA", "E_TOO_MANY_ERRORS", "E_SHEETS", "E_TOTALS"} and errors[None] > 600
    assert len(fields) == 14 and min(fields.values()) >= 20
    assert min(skipped.values()) >= 3 and rows[2] >= 50 and rows[3] >= 5
