"""The heading of a price list in C against a second reading of its rules: the samples, then random headings. PF_QUOTES_HEADINGS sets how many,
PF_QUOTES_SEED another stream."""
import json
import os
import random
import subprocess
from collections import Counter

import quotes_random
from conftest import BUILD
from quotes_files import DATA, SHARED, scene_of
from quotes_heading_model import find_heading
from quotes_model import PARAMS, Ask
from stock_heading_model import letter, tomorrow
from stock_model import Sheet

HEADINGS = int(os.environ.get("PF_QUOTES_HEADINGS", "1000"))
SEED = int(os.environ.get("PF_QUOTES_SEED", "20250414"))
UNITS = {None: 0, "pcs": 1, "pack": 2, "set": 3, "m": 4}


def drive(scenes):
    lines = "".join(json.dumps(scene, ensure_ascii=False) + "\n" for scene in scenes)
    run = subprocess.run([BUILD / "tests" / "system" / "prices_driver"], input=lines.encode("utf-8"), capture_output=True, timeout=300)
    assert run.returncode == 0, run.stderr
    return [json.loads(line) for line in run.stdout.decode("utf-8").split("\n")[:-1]]


def hundredths(rate):
    return -1 if rate is None else int(rate * 100)


def price(column, heading):
    tier, per = column.tier(), column.hint("per") or (None, 1)
    unit = (column.hint("tier") or (0, None))[1]
    told = not heading.named
    return {"column": column.number, "min_qty": int(tier[0] * 1000) if tier else 0, "tier_unit": UNITS[None if unit == "pcs" else unit],
            "currency": column.hint("currency") or "", "vat": -1 if column.hint("vat") is None else int(column.hint("vat")),
            "vat_rate": hundredths(column.vat_rate()), "per_unit": UNITS[per[0]] or (1 if column.hint("per") else 0), "per_count": int(per[1]),
            "retail": told and bool(column.retail()), "order_sum": told and bool(column.of_sum())}


def plain_tier(found):
    """Pieces and no unit are one thing."""
    return {**found, "tier_unit": 0 if found["tier_unit"] == 1 else found["tier_unit"], "per_count": found["per_count"] or 1,
            "per_unit": found["per_unit"] or (1 if found["per_count"] > 1 else 0)}


def unknown_of(heading):
    return sorted(letter(c.number) for field, number in heading.fields.items() if field.split(":")[0] in ("price", "qty", "free", "reserved")
                  for c in [heading.at(number)] if c not in heading.chosen for _part in c.unknown())


def modelled(scene):
    ask = Ask({**PARAMS, **scene["params"]})
    heading = find_heading(Sheet(scene["sheets"][0]), ask)
    if heading is None or heading.ambiguous:
        return {"result": "none" if heading is None else "ambiguous"}
    last = tomorrow(scene["today"])
    offers = heading.above.offers + list(heading.above.of_captions(heading.prices, heading.row))
    days, future = [day for day, _r, _c in offers if day <= last], next((row for day, row, _c in offers if day > last), None)
    return {"result": "found", "header_row": heading.row + 1, "header_rows": heading.height, "prices": [price(c, heading) for c in heading.prices],
            "columns": {field: number + 1 for field, number in heading.fields.items() if field.split(":")[0] != "price"},
            "ignored": [letter(c.number) for c in heading.ignored()], "told": [letter(c.number) for c in heading.warned()],
            "unknown": unknown_of(heading), "currency": heading.above.currency or "", "vat": -1 if heading.above.vat is None else int(heading.above.vat),
            "vat_rate": hundredths(heading.above.rate), "quoted_on": max(days).isoformat() if days else "",
            "valid_until": min(heading.above.ends).isoformat() if heading.above.ends else "", "future_row": 0 if future is None else future + 1}


def differences(scenes):
    wrong = []
    for scene, got in zip(scenes, drive(scenes), strict=True):
        want = modelled(scene)
        assert (got.pop("why") != "") == (got["result"] != "found")
        if got["result"] == "found":
            got.update(prices=[plain_tier(found) for found in got["prices"]], unknown=sorted(got["unknown"]))
        if want != got:
            wrong.append((scene, {name: (want.get(name), got.get(name)) for name in {**want, **got} if want.get(name) != got.get(name)}))
    return wrong


def shortest(wrong):
    scene, what = min(wrong, key=lambda pair: len(json.dumps(pair[0]["sheets"][0]["rows"])))
    return f"{len(wrong)} differ: {what}\n{json.dumps({name: scene[name] for name in ('params', 'sheets')}, ensure_ascii=False)}"


def test_the_samples():
    wrong = differences([scene_of(case) for case in DATA["cases"]])
    assert not wrong, shortest(wrong)


def test_random_headings():
    rng = random.Random(SEED)
    wrong = differences([quotes_random.scene(rng, SHARED) for _ in range(HEADINGS)])
    assert not wrong, shortest(wrong)


def test_random_headings_reach_every_shape():
    rng = random.Random(SEED)
    made = [modelled(quotes_random.scene(rng, SHARED)) for _ in range(600)]
    results, prices = Counter(one["result"] for one in made), Counter(len(one.get("prices", [])) for one in made)
    assert results["found"] > 300 and results["ambiguous"] > 60 and prices[1] > 100 and prices[2] > 30 and prices[3] > 20, (results, prices)
    assert sum(bool(one.get("future_row")) for one in made) > 10 and sum(bool(one.get("valid_until")) for one in made) > 20
