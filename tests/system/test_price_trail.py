"""Components over HTTP, and "why is it this price": from the answer alone every number is computed again, in integers."""
import csv
import io
from datetime import date
from decimal import Decimal
from fractions import Fraction
from urllib.parse import quote

import pytest

import samples
from demo_world import AS_OF, expected
from test_pricelists import pages
from test_tasks import check_problem

EXPECTED = {row["lot_code"]: row for row in csv.DictReader(io.StringIO(expected("recalculate.csv")))}
COMPONENTS = list(csv.DictReader(io.StringIO((samples.DEMO / "components.csv").read_text(encoding="utf-8"))))
PARTIES = {(row["kind"], row["code"]): row for row in csv.DictReader(io.StringIO((samples.DEMO / "parties.csv").read_text(encoding="utf-8")))}


def all_components(client, query=""):
    return [entry for page in pages(client, f"/api/components?limit=200{query}") for entry in page.json["components"]]


def history(client, lot, query=""):
    answer = client.get(f"/api/components/{quote(lot)}/price-history{query}")
    assert answer.status == 200, answer
    return answer.json


# ---- Components -------------------------------------------------------------------------------------------------------


def test_every_component_has_the_expected_price(world):
    got = all_components(world.client)
    assert [entry["lot_code"] for entry in got] == sorted((row["lot_code"] for row in COMPONENTS), key=str.encode)
    for entry in got:
        want = EXPECTED.get(entry["lot_code"])
        if want is None:
            assert not entry["active"] and entry["price"] is None
        elif want["outcome"] == "updated":
            assert (entry["price"], entry["price_as_of"], entry["price_task"]) == (want["price"], AS_OF, world.tasks["recalculate"])
            assert entry["price_state"] == ("manual" if want["method"] == "manual" else "fresh")
        else:
            assert (entry["price"], entry["price_state"]) == (None, "none")
    assert sum(entry["price"] is not None for entry in got) == world.results["recalculate"]["updated"]


def test_filters(world):
    got = all_components(world.client)
    for query, keep in (("&category=CPU", lambda e: e["category"] == "CPU"), ("&state=manual", lambda e: e["price_state"] == "manual"),
                        ("&active=false", lambda e: not e["active"]), ("&state=none&active=true", lambda e: e["active"] and not e["price"]),
                        ("&q=" + quote("процессор"), lambda e: "процессор" in e["name"].lower()),
                        ("&q=cpu-klv", lambda e: e["lot_code"].startswith("CPU-KLV")), ("&q=%25", lambda e: "%" in e["name"]), ("&q=_", lambda e: "_" in e["name"])):
        wanted = [entry for entry in got if keep(entry)]
        assert all_components(world.other, query) == wanted, query
        assert wanted or query in ("&q=%25", "&q=_"), query
    # By a part number, as it may be typed.
    assert [entry["lot_code"] for entry in all_components(world.client, "&q=klv%20a302x99")] == ["CPU-KLV-8C-150W"]
    body = check_problem(world.client.get("/api/components?state=old&limit=x&page=2"), 422, "invalid-parameters")
    assert {fault["pointer"] for fault in body["errors"]} == {"/state", "/limit", "/page"}


def test_one_component(world):
    answer = world.client.get("/api/components/CPU-KLV-12C-150W")
    assert answer.status == 200
    numbers = list(csv.DictReader(io.StringIO((samples.DEMO / "part_numbers.csv").read_text(encoding="utf-8"))))
    wanted = sorted(row["part_number"] for row in numbers if row["lot_code"] == "CPU-KLV-12C-150W")
    assert sorted(entry["part_number"] for entry in answer.json["part_numbers"]) == wanted
    assert answer.json["held"] is None
    assert world.other.get("/api/components/CPU-KLV-12C-150W", {"If-None-Match": answer.headers["ETag"]}).status == 304
    listed = next(entry for entry in all_components(world.client) if entry["lot_code"] == "CPU-KLV-12C-150W")
    assert {key: answer.json[key] for key in listed} == listed


@pytest.mark.parametrize("spelling", ["cpu-klv-12c-150w", "CPUKLV12C150W", "%D0%A1PU-KLV-12C-150W", "CPU%20KLV%2012C%20150W"])
def test_a_lot_is_found_in_any_spelling(world, spelling):
    assert world.client.get(f"/api/components/{spelling}").json["lot_code"] == "CPU-KLV-12C-150W"
    assert world.client.get(f"/api/components/{spelling}/price-history").json["component"]["lot_code"] == "CPU-KLV-12C-150W"


@pytest.mark.parametrize("lot", ["NO-SUCH-LOT", "---", "%E2%84%96", "x" * 120])
def test_lots_that_do_not_exist(world, lot):
    for rest in ("", "/price-history"):
        assert check_problem(world.client.get(f"/api/components/{lot}{rest}"), 404, "not-found")["detail"] == "no component has this lot code"


# ---- The trail --------------------------------------------------------------------------------------------------------


def half_up(value):
    """A fraction rounded to a whole number, half away from zero."""
    size = (2 * abs(value.numerator) + value.denominator) // (2 * value.denominator)
    return size if value >= 0 else -size


def micro(text):
    return int(Decimal(text).scaleb(6))


def base_price(entry):
    value = Fraction(entry["price"]) / entry["price_per"]
    if entry["rate"] is not None:
        value = value * Fraction(entry["rate"]) / entry["rate_nominal"]
    if entry["vat_included"]:
        value /= 1 + Fraction(entry["vat_rate"]) / 100
    return half_up(value * 10**6)


def weight(entry, params, as_of):
    age = (date.fromisoformat(as_of) - date.fromisoformat(entry["quoted_on"])).days
    party = PARTIES[entry["party"]["kind"], entry["party"]["code"]]
    time = max(1, round(10**6 * 2.0 ** (-age / params["half_life_days"])))
    return time * int(Decimal(party["weight"]).scaleb(3))


def raw_price(run):
    used = [entry for entry in run["quotes"] if entry["used"]]
    values = sorted(micro(entry["base_price"]) for entry in used)
    if run["method"] == "weighted_avg":
        return half_up(Fraction(sum(entry["weight"] * micro(entry["base_price"]) for entry in used), sum(entry["weight"] for entry in used)))
    assert run["method"] == "median"
    return half_up(Fraction(values[(len(values) - 1) // 2] + values[len(values) // 2], 2))


def final_price(run):
    step = Fraction(run["params"]["round_step"])
    return max(1, half_up(Fraction(run["raw_price"]) * Fraction(run["coefficient"]) / step)) * step


def check_run(run, lot):
    assert run["method"] == EXPECTED[lot]["method"]
    if run["method"] == "manual":
        manual = next(row["manual_price"] for row in COMPONENTS if row["lot_code"] == lot)
        assert run["quotes"] == [] and run["raw_price"] is None and Decimal(run["new_price"]) == Decimal(manual)
        return 0
    for entry in run["quotes"]:
        assert (entry["reason"] is None) == entry["used"] and entry["party"]["kind"] == "supplier"
        if entry["base_price"] is not None:
            assert micro(entry["base_price"]) == base_price(entry), entry
            assert (entry["currency"] == "RUB") == (entry["rate"] is None)
        if entry["used"]:
            assert entry["weight"] == weight(entry, run["params"], run["as_of"]), entry
    assert sum(entry["used"] for entry in run["quotes"]) == run["n_used"]
    assert micro(run["raw_price"]) == raw_price(run)
    assert Fraction(run["new_price"]) == final_price(run)
    return len(run["quotes"])


def test_every_price_is_computed_again_from_its_trail(world):
    quotes, reasons = 0, {}
    for lot, want in EXPECTED.items():
        answer = history(world.client, lot)
        if want["outcome"] != "updated":
            assert answer["runs"] == []
            continue
        run, = answer["runs"]
        assert (run["outcome"], run["new_price"], run["old_price"]) == ("updated", want["price"], None)
        assert (run["raw_price"] or "", run["n_quotes"], run["n_used"]) == (want["raw_price"], int(want["n_quotes"]), int(want["n_used"]))
        assert run["task_id"] == world.tasks["recalculate"] and run["params"]["as_of"] == AS_OF
        assert answer["component"]["price"] == run["new_price"]
        quotes += check_run(run, lot)
        for entry in run["quotes"]:
            reasons[entry["reason"]] = reasons.get(entry["reason"], 0) + 1
    excluded = world.results["recalculate"]["quotes_excluded"]
    assert quotes > 1000 and reasons[None] == world.results["recalculate"]["quotes_used"]
    for reason in ("outlier", "tier", "superseded"):  # of components that got a price; the others have no row to show
        assert reasons[reason] == excluded[reason], reason


def test_history_goes_by_pages_newest_first(world):
    lot = "CPU-KLV-8C-150W"
    for step in range(1, 6):
        world.post(f"step {step}", "/api/prices/recalculate-all", {"as_of": AS_OF, "coefficient": f"1.{step}", "lot_codes": [lot]})
    whole = history(world.client, lot)["runs"]
    assert len(whole) == 6 and [run["id"] for run in whole] == sorted((run["id"] for run in whole), reverse=True)
    assert [run["old_price"] for run in whole[:-1]] == [run["new_price"] for run in whole[1:]]
    walked = [run for page in pages(world.other, f"/api/components/{lot}/price-history?limit=2") for run in page.json["runs"]]
    assert walked == whole
    bare = history(world.client, lot, "?quotes=false")["runs"]
    assert [{**run, "quotes": None} for run in whole] == bare
    for run in whole:
        assert Fraction(run["new_price"]) == final_price(run) and micro(run["raw_price"]) == raw_price(run)


def test_the_trail_outlives_its_task(world):
    lot = "CPU-KLV-16C-165W"
    world.daemon.sql(f"DELETE FROM task WHERE id = '{world.tasks['recalculate']}'")
    run, = history(world.client, lot)["runs"]
    assert run["params"] is None and run["quotes"] and micro(run["raw_price"]) == raw_price(run)
