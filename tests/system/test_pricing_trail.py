"""A random catalogue through the daemon: every price is what the model says, the trail alone gives it again, totals add up, a second run
changes nothing, lists hold what they say and cannot be changed."""
import random
import subprocess
from datetime import date
from fractions import Fraction

import pricing_model as model
import pricing_random
import pytest

COMPONENTS = 150
OUTCOMES = ["updated", "unchanged", "held", "no_quotes", "cleared", "failed"]


def literal(value):
    if value is None:
        return "NULL"
    return str(int(value)) if isinstance(value, bool) else f"'{value}'"


def insert(table, columns, rows):
    return f"INSERT INTO {table} ({columns}) VALUES " + ",".join("(" + ",".join(map(literal, row)) + ")" for row in rows) + ";" if rows else ""


def catalogue(rnd):
    """One set of parameters, rates and parties; a component and its quotes from a random case each."""
    common = {"base_currency": "RUB", "params": pricing_random.quote_params(rnd), "rates": pricing_random.rates(rnd),
              "parties": pricing_random.parties(rnd, "supplier")}
    common["params"].update(method=rnd.choice(["weighted_avg", "average", "median", "min", "latest"]), max_change_pct="40", min_change_pct="1",
                            on_no_quotes=rnd.choice(["keep", "clear"]))
    cases, first = [], 0
    for number in range(1, COMPONENTS + 1):
        case = {**pricing_random.recalc_case(rnd), **common}
        case["params"] = dict(common["params"])
        case["component"]["lot_code"] = f"LOT-{number:04d}"
        case["quotes"] = pricing_random.quotes(rnd, case, rnd.choice([0, 1, 2, 3, 5, 8, 15]), [0, 1, 7, 30, 40, 89, 90, 91])
        for quote in case["quotes"]:
            first += 1
            quote["id"] = first
        pricing_random.changes(rnd, {**case, "params": dict(case["params"])})
        cases.append(case)
    return cases


def load(daemon, cases):
    parties = {party["code"]: number for number, party in enumerate(cases[0]["parties"], 1)}
    daemon.sql(
        insert("party", "id, kind, code, name, weight, active",
               [(parties[p["code"]], "supplier", p["code"], "x", p["weight"], p["active"]) for p in cases[0]["parties"]])
        + insert("currency_rate", "currency, rate_date, nominal, rate", [(r["currency"], r["date"], r["nominal"], r["rate"]) for r in cases[0]["rates"]])
        + insert("component", "id, lot_code, lot_norm, name, price_method, window_days, coefficient, manual_price, price, price_state",
                 [(number, c["lot_code"], c["lot_code"], "x", c.get("price_method"), c.get("window_days"), c["coefficient"], c.get("manual_price"),
                   c.get("price"), "fresh" if c.get("price") else "none") for number, c in enumerate((case["component"] for case in cases), 1)])
        + insert("price_quote", "id, party_id, component_id, pn_norm, price, price_per, currency, vat_included, vat_rate, min_qty, qty, quoted_on, "
                 "valid_until, status",
                 [(q["id"], parties[q["party"]], number, q.get("pn", ""), q["price"], q.get("price_per", 1), q["currency"], q.get("vat_included", False),
                   q.get("vat_rate", "0"), q.get("min_qty", "1"), q.get("qty"), q["on"], q.get("valid_until"), q.get("status", "active"))
                  for number, case in enumerate(cases, 1) for q in case["quotes"]]))


def run(daemon, **params):
    client = daemon.worker(0)
    task = client.wait(client.start("recalculate", **params), 60)
    assert task["status"] == "completed", task
    result = task["result"]
    assert result["components_total"] == sum(result[outcome] for outcome in OUTCOMES) == COMPONENTS
    assert result["quotes_total"] == result["quotes_used"] + sum(result["quotes_excluded"].values())
    return task["id"], result


def extreme(moves, sign):
    """The largest change in one direction; of equal ones the first."""
    lot, old, new, pct = max(moves, key=lambda move: sign * move[3], default=(None,) * 4)
    if lot is None:
        return None
    return {"lot_code": lot, "old": model.text(old, 4), "new": model.text(new, 4), "pct": model.text(pct, 2)}


def check_totals(result, cases, wanted):
    """What the result says of the whole run."""
    moves = [(case["component"]["lot_code"], Fraction(case["component"]["price"]), w["price"], w["change_pct"])
             for case, w in zip(cases, wanted) if w["outcome"] == "updated" and case["component"].get("price")]
    up, down = ([move for move in moves if (move[2] > move[1]) == rises] for rises in (True, False))
    mean = model.text(model.rounded(sum(move[3] for move in moves) / len(moves), 2), 2) if moves else None
    reasons = [v["reason"] for w in wanted for v in w["quotes"] if not v["used"]]
    assert {key: result[key] for key in ("manual", "first_price", "price_up", "price_down", "avg_change_pct", "max_up", "max_down",
                                         "quotes_excluded")} == {
        "manual": sum(w["method"] == "manual" for w in wanted), "price_up": len(up), "price_down": len(down), "avg_change_pct": mean,
        "first_price": sum(w["outcome"] == "updated" for w in wanted) - len(moves), "max_up": extreme(up, 1), "max_down": extreme(down, -1),
        "quotes_excluded": {reason: reasons.count(reason) for reason in reasons}}


def check_against_model(daemon, task_id, result, cases):
    wanted = [model.recalculate(case) for case in cases]
    check_totals(result, cases, wanted)
    assert {outcome: result[outcome] for outcome in OUTCOMES} == {
        outcome: sum(w["outcome"] == outcome for w in wanted) for outcome in OUTCOMES}
    judged = [v for w in wanted for v in w["quotes"]]
    assert result["quotes_total"] == len(judged) and result["quotes_used"] == sum(v["used"] for v in judged)
    prices = daemon.sql("SELECT price, price_state FROM component ORDER BY id")
    trail = {int(row[0]): row[1:] for row in daemon.sql(
        f"SELECT component_id, outcome, method, raw_price, n_quotes, n_used, change_pct, new_price FROM price_change WHERE task_id = '{task_id}'")}
    for number, (want, (price, state)) in enumerate(zip(wanted, prices), 1):
        shown = model.show_recalculate(want)
        assert [price, state] == [shown["price"] or "NULL", shown["price_state"]], cases[number - 1]
        if want["outcome"] == "failed":
            assert number not in trail
            continue
        new = shown["computed_price"] if want["outcome"] in ("updated", "held") else shown["price"]
        assert trail[number] == [shown[key] or "NULL" for key in ("outcome", "method", "raw_price")] + [
            str(want["n_quotes"]), str(want["n_used"]), shown["change_pct"] or "NULL", new or "NULL"], cases[number - 1]


def check_trail(daemon, task_id, params):
    """From what was recorded, and nothing else, to the same numbers."""
    used = {}
    for change, quote, base, weight, day in daemon.sql(
            "SELECT q.price_change_id, q.quote_id, q.base_price, q.weight, p.quoted_on FROM price_change_quote q JOIN price_quote p ON p.id = q.quote_id "
            f"JOIN price_change c ON c.id = q.price_change_id WHERE q.used AND c.task_id = '{task_id}'"):
        used.setdefault(change, []).append({"id": int(quote), "base": Fraction(base), "weight": int(weight), "day": date.fromisoformat(day)})
    again = 0
    for change, method, raw, coefficient, new, outcome in daemon.sql(
            f"SELECT id, method, raw_price, coefficient, new_price, outcome FROM price_change WHERE task_id = '{task_id}' AND raw_price IS NOT NULL"):
        assert model.price_by(method, used[change]) == Fraction(raw)
        if outcome in ("updated", "held"):
            assert model.final(Fraction(raw), Fraction(coefficient), {**model.RECALC_DEFAULTS, **params}) == Fraction(new)
        again += 1
    return again


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_a_random_catalogue(daemon, seed):
    cases = catalogue(random.Random(seed))
    params = cases[0]["params"]
    load(daemon, cases)
    _, dry = run(daemon, **params, audit="all", dry_run=True)
    assert daemon.sql("SELECT COUNT(*) FROM price_change") == [["0"]]
    task_id, result = run(daemon, **params, audit="all")
    assert set(dry.pop("changes")) >= {"up", "down"} and dry.pop("histogram") and dry.pop("changes_csv")  # a dry run alone has them: test_trial.py
    assert dry.pop("rejects", None) is None or result.pop("rejects") == f"/api/tasks/{task_id}/rejects.csv"
    assert result == {**dry, "dry_run": False}
    check_against_model(daemon, task_id, result, cases)
    assert check_trail(daemon, task_id, params) > 5
    before = daemon.sql("SELECT id, price, price_state FROM component ORDER BY id")
    _, second = run(daemon, **params)
    assert second["updated"] == 0 and second["unchanged"] == result["updated"] + result["unchanged"] and second["held"] == result["held"]
    assert daemon.sql("SELECT id, price, price_state FROM component ORDER BY id") == before


def prices(daemon, **options):
    client = daemon.worker(0)
    task = client.wait(client.start("recalculate", as_of="2026-02-05", window_days=400, **options), 60)
    assert task["status"] == "completed", task
    return task["result"], [row[0] for row in daemon.sql("SELECT price FROM component ORDER BY id")]


def test_settings_of_the_domain(make_daemon):
    """The base currency, how long a rate holds and how far back quotes are read are the operator's."""
    daemon = make_daemon(pricing__base_currency="USD", pricing__rate_max_age_days=3, pricing__quote_history_days=30)
    daemon.sql("INSERT INTO party (id, kind, code, name) VALUES (1, 'supplier', 'S', 'x');"
               "INSERT INTO component (id, lot_code, lot_norm, name) VALUES (1, 'A', 'A', 'x'), (2, 'B', 'B', 'x'), (3, 'C', 'C', 'x'), (4, 'D', 'D', 'x');"
               "INSERT INTO currency_rate (currency, rate_date, nominal, rate) VALUES ('RUB', '2026-01-31', 100, 1.25), ('EUR', '2026-02-02', 1, 1.1);"
               "INSERT INTO price_quote (party_id, component_id, price, currency, quoted_on) VALUES (1, 1, 10, 'USD', '2026-02-01'), "
               "(1, 2, 1000, 'RUB', '2026-02-03'), (1, 3, 1000, 'RUB', '2026-02-04'), (1, 4, 10, 'EUR', '2026-02-05'), "
               "(1, 1, 99, 'USD', '2026-01-05')")
    result, now = prices(daemon, per_party="all")
    assert result["base_currency"] == "USD" and now == ["10.0000", "12.5000", "NULL", "11.0000"]
    assert result["quotes_excluded"] == {"no_rate": 1} and result["quotes_total"] == 4, "a quote of 31 days ago is not read"


ATTEMPTS = [
    "UPDATE pricelist_item SET price = price + 1", "UPDATE pricelist_item SET name = 'y'", "DELETE FROM pricelist_item",
    "DELETE FROM pricelist_item WHERE lot_code = 'LOT-0001'", "REPLACE INTO pricelist_item SELECT * FROM pricelist_item LIMIT 1",
    "INSERT INTO pricelist_item SELECT pricelist_id, 'NEW', component_id, name, category, unit, price, qty, basis, n_obs, price_min, price_max, "
    "price_as_of, part_numbers FROM pricelist_item LIMIT 1",
    "INSERT INTO pricelist_item SELECT * FROM pricelist_item LIMIT 1 ON DUPLICATE KEY UPDATE price = 1", "UPDATE pricelist SET status = 'building'",
    "UPDATE pricelist SET items = 0", "UPDATE pricelist SET content_sha256 = NULL", "UPDATE pricelist SET version = 'x'",
    "UPDATE pricelist SET as_of = '2020-01-01'", "UPDATE pricelist SET params = '{}'", "UPDATE pricelist SET currency = 'USD'", "UPDATE pricelist SET seq = 9",
    "UPDATE pricelist SET source = 'warehouse'", "UPDATE pricelist SET task_id = UUID()", "UPDATE pricelist SET previous_id = 1"]


def test_a_list_never_changes(daemon):
    daemon.sql("INSERT INTO component (lot_code, lot_norm, name, price, price_state) SELECT CONCAT('LOT-', LPAD(seq, 4, '0')), "
               "CONCAT('LOT', LPAD(seq, 4, '0')), 'x', seq, 'fresh' FROM seq_1_to_5")
    client = daemon.worker(0)
    assert client.wait(client.start("pricelist_create", source="estimate", as_of="2026-02-05"))["status"] == "completed"
    look = "SELECT * FROM pricelist_item ORDER BY lot_code; SELECT id, seq, version, status, items, HEX(content_sha256), params, created_at FROM pricelist"
    before = daemon.sql(look)
    for attempt in ATTEMPTS:
        with pytest.raises(subprocess.CalledProcessError) as refused:
            daemon.sql(attempt)
        assert "price list is immutable" in refused.value.stderr, attempt
    assert daemon.sql(look) == before
    items = [{"lot_code": lot, "price": Fraction(price), "qty": None} for lot, price in
             daemon.sql("SELECT lot_code, price FROM pricelist_item ORDER BY lot_code")]
    assert daemon.sql("SELECT LOWER(HEX(content_sha256)) FROM pricelist") == [[model.content_sha256("RUB", items)]]


def test_versions_go_on_beyond_999(daemon):
    daemon.sql("INSERT INTO component (lot_code, lot_norm, name, price, price_state) VALUES ('A', 'A', 'x', 1, 'fresh');"
               "INSERT INTO pricelist (source, seq, version, status, currency, as_of, params, task_id) SELECT 'estimate', seq, "
               "CONCAT('2026-02-05-', LPAD(seq, 3, '0')), 'ready', 'RUB', '2026-02-05', '{}', UUID() FROM seq_1_to_999")
    client = daemon.worker(0)
    for version in ("2026-02-05-1000", "2026-02-05-1001"):
        task = client.wait(client.start("pricelist_create", source="estimate", as_of="2026-02-05"))
        assert task["result"]["version"] == version
    assert client.wait(client.start("pricelist_create", source="estimate", as_of="2026-02-06"))["result"]["version"] == "2026-02-06-001"
    assert daemon.sql("SELECT MAX(seq) FROM pricelist") == [["1002"]]
