"""The stock import in C against a second implementation of its rules: the worked examples, then random reports. PF_STOCK_CASES sets how
many, PF_STOCK_SEED another stream."""
import json
import os
import random
import subprocess
from collections import Counter
from pathlib import Path

import stock_random
from conftest import BUILD
from stock_model import Catalogue, stock_import

DATA = Path(__file__).resolve().parents[1] / "data" / "pricing"
CASES = int(os.environ.get("PF_STOCK_CASES", "2500"))
SEED = int(os.environ.get("PF_STOCK_SEED", "20260205"))


def drive(scenes):
    lines = "".join(json.dumps(scene, ensure_ascii=False) + "\n" for scene in scenes)
    run = subprocess.run([BUILD / "tests" / "system" / "stock_driver"], input=lines.encode("utf-8"), capture_output=True, timeout=300)
    assert run.returncode == 0, run.stderr
    return [json.loads(line) for line in run.stdout.decode("utf-8").split("\n")[:-1]]


def check_suggestions(scene, driven):
    """Up to three near matches, and only for a number that was not matched."""
    catalogue = Catalogue(scene)
    for issue in driven.get("issues", []):
        given = set(filter(None, issue.pop("suggestion").split(" | ")))
        alike = catalogue.suggestions(issue["pn_norm"]) if issue["code"] in ("W_UNMATCHED", "E_PN_AMBIGUOUS") else set()
        assert given <= alike and len(given) == min(3, len(alike)), (scene, issue, given, alike)


def differences(scenes):
    driven = drive(scenes)
    assert len(driven) == len(scenes)
    wrong = []
    for scene, got in zip(scenes, driven):
        check_suggestions(scene, got)
        want = stock_import(scene)
        if want != got:
            keys = [key for key in {**want, **got} if want.get(key) != got.get(key)]
            wrong.append((json.dumps(scene, ensure_ascii=False), {key: (want.get(key), got.get(key)) for key in keys}))
    return wrong


def test_examples():
    cases = json.loads((DATA / "stock-import.json").read_text())["cases"]
    assert len(cases) >= 17
    assert not differences(cases)
    for case in cases:
        made, wanted = stock_import(case), case["expected"]
        assert {key: made[key] for key in wanted if key in made and key not in ("issues", "items")} == {
            key: wanted[key] for key in wanted if key in made and key not in ("issues", "items")}, case["id"]
        assert [item["pn_norm"] for item in made.get("items", [])] == [item["pn_norm"] for item in wanted.get("items", [])]
        issues = sorted((issue["row"], issue["code"]) for issue in made.get("issues", []))
        assert issues == sorted((issue["row"], code) for issue in wanted.get("issues", []) for code in issue["codes"]) or "error" in wanted


def test_random():
    rng = random.Random(SEED)
    wrong = differences([stock_random.scene(rng) for _ in range(CASES)])
    assert not wrong, f"{len(wrong)} of {CASES} differ, the shortest:\n" + "\n".join(map(str, min(wrong, key=lambda pair: len(pair[0]))))


def test_random_reports_reach_every_rule():
    """A generator that misses a rule would prove nothing about it."""
    rng = random.Random(SEED)
    codes, errors, skipped, rows, fields = Counter(), Counter(), Counter(), Counter(), Counter()
    for _ in range(1500):
        made = stock_import(stock_random.scene(rng))
        codes.update(issue["code"] for issue in made.get("issues", []))
        errors[made.get("error")] += 1
        skipped.update(made.get("rows_skipped", {}))
        rows[made.get("header_rows")] += 1
        fields.update(made.get("columns", {}).keys())
        skipped.update({name: made.get(name, 0) for name in ("duplicates_merged", "inserted", "updated", "unchanged", "deleted")})
    assert {code for code, n in codes.items() if n >= 5} == {
        "E_PN_EMPTY", "E_PN_LONG", "E_PN_SCI", "E_PN_AMBIGUOUS", "E_QTY_MISSING", "E_QTY_NUM", "E_QTY_NEGATIVE", "E_QTY_RANGE", "E_COST_NUM",
        "E_COST_NEGATIVE", "E_CURRENCY", "E_NO_RATE", "E_UNIT", "E_UNIT_PACK", "E_UNIT_MISMATCH", "E_DUP", "W_UNMATCHED", "W_PN_FOLDED",
        "W_PN_FROM_NAME", "W_VENDOR", "W_QTY_APPROX", "W_QTY_ROUNDED", "W_QTY_NEGATIVE", "W_RESERVED", "W_COST_ZERO", "W_COST_MISSING", "W_DATE"}
    assert set(errors) == {None, "E_NO_HEADER", "E_AMBIGUOUS_COLUMN", "E_NO_DATA", "E_TOO_MANY_ERRORS"} and errors[None] > 300
    assert len(fields) == 14 and min(fields.values()) >= 20
    assert min(skipped.values()) >= 3 and rows[2] >= 50
