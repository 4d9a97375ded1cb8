"""The .xlsx reader in C against a second one written for clarity alone: random workbooks with every liberty that the format leaves, and
workbooks with one fault. PF_XLSX_CASES sets how many, PF_XLSX_SEED another stream."""
import json
import os
import random
import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest

import xlsx_model
from conftest import BUILD
from xlsx_damage import FAULTS, damaged, mutated, xml_giant
from xlsx_random import workbook

CASES = int(os.environ.get("PF_XLSX_CASES", "150"))
SEED = int(os.environ.get("PF_XLSX_SEED", "20260205"))
SAMPLES = Path(os.environ.get("PF_SAMPLES", "/nonexistent")) / "xlsx"


def cells(path):
    """What priceforge-cells prints of a file, or the class of its refusal."""
    run = subprocess.run([BUILD / "priceforge-cells", path], capture_output=True, timeout=60)
    if run.returncode == 0:
        return json.loads(run.stdout.decode("utf-8"))
    assert run.returncode == 1 and run.stdout == b"", (run.returncode, run.stderr)
    assert re.fullmatch(r"[a-z0-9-]+: [^\n]+\.( \(byte [0-9]+\))?\n", run.stderr.decode("utf-8")), run.stderr
    return run.stderr.decode("utf-8").partition(":")[0]


def model(data):
    try:
        return xlsx_model.read(data)
    except xlsx_model.Refused as refused:
        return refused.args[0]


def difference(got, want):
    """The first cell that differs, or both whole where that says more."""
    if isinstance(got, str) or isinstance(want, str) or len(got["sheets"]) != len(want["sheets"]):
        return str(got)[:200], str(want)[:200]
    for mine, other in zip(got["sheets"], want["sheets"]):
        if mine != other:
            return next((pair for pair in zip(mine["cells"], other["cells"]) if pair[0] != pair[1]),
                        ({**mine, "cells": len(mine["cells"])}, {**other, "cells": len(other["cells"])}))
    return None


def compare(make, seeds, place):
    """Read what make(rng) gives for each seed both ways. Returns the seeds that differ, and how often each outcome was met."""
    wrong, met = {}, Counter()
    for seed in seeds:
        data, expected = make(random.Random(seed))
        (place / "x.xlsx").write_bytes(data)
        got, want = cells(place / "x.xlsx"), model(data)
        if want == "xml-malformed" and isinstance(got, str) and not expected:
            got = want  # of several faults the one in C tells the first that it meets, this one looks at the XML first
        if got != want or (expected and got != expected):
            wrong[seed] = (expected, difference(got, want))
        met[want if isinstance(want, str) else "read"] += 1
        met.update(cell[2] for sheet in ([] if isinstance(want, str) else want["sheets"]) for cell in sheet["cells"])
    return wrong, met


def test_random_workbooks(tmp_path):
    wrong, met = compare(lambda rng: (workbook(rng), None), range(SEED, SEED + CASES), tmp_path)
    assert not wrong, f"{len(wrong)} of {CASES} differ; seed: (expected, got and wanted)\n" + "\n".join(map(str, list(wrong.items())[:5]))
    # a generator that makes no such cells would prove nothing about them
    assert met["read"] > CASES * 3 // 4 and min(met[kind] for kind in "nsbed") > CASES // 2, met


def test_mutated_workbooks(tmp_path):
    """Most changes make no XML any more; those that do must mean the same to both."""
    wrong, met = compare(lambda rng: (mutated(rng), None), range(SEED, SEED + CASES), tmp_path)
    assert not wrong, f"{len(wrong)} of {CASES} differ; seed: (expected, got and wanted)\n" + "\n".join(map(str, list(wrong.items())[:5]))
    assert met["read"] > CASES // 4 and met["xml-malformed"] > CASES // 8, met


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_damaged_workbooks(tmp_path, fault):
    count = 3 if fault is xml_giant else max(8, CASES // 40)
    wrong, met = compare(lambda rng: damaged(rng, fault)[1:], range(SEED, SEED + count), tmp_path)
    assert not wrong, f"{len(wrong)} of {count} differ; seed: (expected, got and wanted)\n" + "\n".join(map(str, list(wrong.items())[:5]))
    assert met["read"] == 0, met


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="PF_SAMPLES does not name the samples")
def test_model_reads_samples():
    """The second reader is held against files that neither of the two was written from."""
    paths = sorted(path for path in SAMPLES.glob("*.xlsx") if not path.name.startswith("bad-"))
    assert len(paths) >= 48
    for path in paths:
        assert model(path.read_bytes()) == json.loads(path.with_suffix(".cells.json").read_text("utf-8")), path.name
