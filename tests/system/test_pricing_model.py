"""The pricing rules in C against a second implementation of them: the worked examples, then random cases. PF_PRICING_CASES sets how many
(thousands run by hand in a minute); PF_PRICING_SEED another stream."""
import json
import os
import random
import subprocess
from pathlib import Path

import pricing_model as model
import pricing_random
import pytest
from conftest import BUILD

DATA = Path(__file__).resolve().parents[1] / "data" / "pricing"
CASES = int(os.environ.get("PF_PRICING_CASES", "1000"))
SEED = int(os.environ.get("PF_PRICING_SEED", "20260205"))


def drive(cases):
    """What the C code makes of the cases."""
    lines = "".join(json.dumps(case, ensure_ascii=False) + "\n" for case in cases)
    run = subprocess.run([BUILD / "tests" / "system" / "pricing_driver"], input=lines, capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stderr
    return [json.loads(line) for line in run.stdout.splitlines()]


def without_nothing(value):
    """null, 0 weights and missing members are one: the examples leave out what does not apply."""
    if isinstance(value, dict):
        return {key: without_nothing(member) for key, member in value.items() if member not in (None, 0, False) or key == "n_used"}
    return [without_nothing(item) for item in value] if isinstance(value, list) else value


def differences(cases, shown, driven):
    assert len(driven) == len(cases)
    return [json.dumps({"case": case, "model": want, "c": got}, ensure_ascii=False)
            for case, want, got in zip(cases, shown, driven) if without_nothing(want) != without_nothing(got)]


def examples(name):
    cases = json.loads((DATA / name).read_text())["cases"]
    for case in cases:
        if "source" in case:
            case["params"]["source"] = case["source"]
    return cases


def test_recalc_examples():
    cases = examples("recalc.json")
    shown = [model.show_recalculate(model.recalculate(case)) for case in cases]
    for case, got in zip(cases, shown):
        expected = {"quotes": [], "price_state": got["price_state"], **without_nothing(case["expected"])}
        assert without_nothing(got) == expected, case["id"]
    assert not differences(cases, shown, drive(cases))


def test_pricelist_examples():
    cases = examples("pricelist.json")
    shown = [model.show_pricelist(model.pricelist(case)) for case in cases]
    for case, got in zip(cases, shown):
        expected = without_nothing({key: case["expected"][key] for key in case["expected"] if key != "currency"})
        if case["expected"].get("error") == "E_EMPTY_PRICELIST":
            assert got["items"] == [] and without_nothing(got["skipped"]) == expected["skipped"]
        else:
            assert without_nothing(got) == expected, case["id"]
    assert not differences(cases, shown, drive(cases))


@pytest.mark.parametrize("make, show", [(pricing_random.recalc_case, lambda case: model.show_recalculate(model.recalculate(case))),
                                        (pricing_random.list_case, lambda case: model.show_pricelist(model.pricelist(case)))],
                         ids=["recalculate", "pricelist"])
def test_random(make, show):
    rnd = random.Random(SEED)
    cases = [make(rnd) for _ in range(CASES)]
    shown = [show(case) for case in cases]
    bad = differences(cases, shown, drive(cases))
    assert not bad, f"{len(bad)} of {CASES} differ, the shortest:\n{min(bad, key=len)}"


def test_random_cases_reach_every_rule():
    """A generator that misses a rule would prove nothing about it."""
    rnd = random.Random(SEED)
    results = [model.recalculate(pricing_random.recalc_case(rnd)) for _ in range(1500)]
    lists = [model.pricelist(pricing_random.list_case(rnd)) for _ in range(600)]
    assert {r["outcome"] for r in results} == {"updated", "unchanged", "held", "no_quotes", "cleared", "failed"}
    assert {r["method"] for r in results if r["outcome"] == "updated"} == {"weighted_avg", "average", "median", "min", "latest", "manual"}
    assert {v["reason"] for r in results for v in r["quotes"]} == {
        None, "party_off", "rejected", "future", "stale", "expired", "moq", "no_rate", "out_of_range", "tier", "superseded", "outlier", "too_few"}
    assert {reason for made in lists for reason in made.get("skipped", {})} == {
        "inactive", "no_price", "stale", "too_old", "no_stock", "no_free_qty", "no_cost", "no_quotes", "too_few", "failed"}
    assert {item["basis"] for made in lists for item in made.get("items", [])} == {"fresh", "stale", "manual", "stock", "estimate", "quotes"}
