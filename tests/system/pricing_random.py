"""Random cases for the pricing rules, drawn where the rules have their edges: ages at the window, validity at the day, equal dates and
quantities, rates just old enough, prices far apart and close together, changes exactly at a bound."""
from datetime import date, timedelta
from fractions import Fraction

import pricing_model as model

AS_OF = date(2026, 2, 5)


def day(age):
    return (AS_OF - timedelta(days=age)).isoformat()


def decimal(value, digits):
    return model.text(model.rounded(Fraction(value), digits), digits)


def some(rnd, params, chances):
    """Put each parameter in with its own chance."""
    for name, (chance, values) in chances.items():
        if rnd.random() < chance:
            params[name] = rnd.choice(values) if isinstance(values, list) else values()
    return params


def quote_params(rnd):
    return some(rnd, {"as_of": AS_OF.isoformat()}, {
        "window_days": (0.5, [0, 1, 30, 40, 90, 400]), "half_life_days": (0.4, [0, 1, 7, 30, 90, 365]),
        "weights": (0.5, [[], ["time"], ["supplier"], ["qty"], ["time", "qty"], ["time", "supplier", "qty"]]),
        "qty_cap": (0.3, ["0.001", "1", "2.5", "100", "1000"]), "ref_qty": (0.4, ["0.5", "1", "10", "100"]),
        "per_party": (0.4, ["latest", "all"]), "require_valid": (0.3, [True, False]), "fx_date": (0.4, ["quote", "as_of"]),
        "outlier": (0.6, ["mad", "iqr", "none"]), "outlier_min_n": (0.4, [1, 2, 3, 5, 8]),
        "outlier_k": (0.4, ["0", "0.5", "0.6745", "1", "1.5", "3.5", "999.9999"]),
        "outlier_floor_pct": (0.4, ["0", "0.0001", "2", "5", "50", "100"]), "min_quotes": (0.3, [0, 1, 2, 3, 5]),
        "coefficient": (0.4, ["0.0001", "0.99", "1.15", "1.3333", "999.9999"]),
        "round_step": (0.4, ["0.0001", "0.01", "0.05", "1", "5", "10", "50", "1000"]),
        "round_mode": (0.6, ["half_up", "half_even", "up", "down"])})


def rates(rnd):
    made = [{"currency": "EUR", "date": day(0), "nominal": 1, "rate": "100"}]
    for currency, nominal, level in (("USD", 1, 90), ("CNY", 10, 128), ("JPY", 100, 60)):
        for age in sorted(rnd.sample(range(-3, 120), rnd.randint(0, 20))):
            made.append({"currency": currency, "date": day(age), "nominal": nominal,
                         "rate": decimal(Fraction(level) * rnd.randint(800000, 1200000) / 10 ** 6, 6)})
    if rnd.random() < 0.1:
        made.append({"currency": "BIG", "date": day(3), "nominal": 1, "rate": "999999.999999"})
    return made


def parties(rnd, kind):
    return [{"code": f"P{n}", "kind": kind, "weight": rnd.choice(["1", "1", "0", "0.001", "0.5", "2", "100"]), "active": rnd.random() < 0.9}
            for n in range(1, rnd.randint(2, 7))]


def price(rnd, level):
    kind = rnd.random()
    if kind < 0.6:
        return decimal(max(Fraction(1, 10000), level * rnd.randint(950, 1050) / 1000), 4)
    if kind < 0.75:
        return decimal(max(Fraction(1, 10000), level), 4)
    if kind < 0.95:
        return decimal(max(Fraction(1, 10000), level * rnd.choice([Fraction(1, 10), Fraction(11, 10), 2, 10, Fraction(1103, 1000)])), 4)
    return rnd.choice(["0.0001", "9999999999.9999", "99999999999.9999"])


def quotes(rnd, case, count, edge_ages, extra=None):
    level = Fraction(rnd.choice(["0.01", "1", "99.99", "38250.5", "1234567"]))
    made = []
    for number in range(1, count + 1):
        age = rnd.choice(edge_ages) if rnd.random() < 0.6 else rnd.randint(-5, 120)
        quote = {"id": number + (extra or {}).get("first", 0), "party": rnd.choice(case["parties"])["code"], "price": price(rnd, level),
                 "currency": rnd.choice(["RUB", "RUB", "RUB", "USD", "CNY", "JPY", "EUR", "BIG", "XXX"]), "on": day(age)}
        some(rnd, quote, {
            "pn": (0.5, ["", "A", "B"]), "price_per": (0.15, [2, 100, 1000, 100000]), "vat_included": (0.4, [True, False]),
            "vat_rate": (0.5, ["0", "10", "18.5", "20", "22", "99.99"]), "min_qty": (0.4, ["0.5", "1", "10", "10.001"]),
            "qty": (0.4, ["0", "0.0", "0.001", "1", "3.5", "100", "5000"]), "status": (0.1, ["rejected", "active"]),
            "valid_until": (0.3, lambda age=age: day(min(age, rnd.choice([-10, -1, 0, 1, 2]))))})
        if extra:
            quote["lot_code"] = extra["lot_code"]
        made.append(quote)
    return made


def changes(rnd, case):
    """An old price close to the new one, and bounds at the very change between them."""
    case["component"]["price"] = None
    proposal = model.recalculate(case)["computed_price"]
    if proposal is None or rnd.random() < 0.3:
        case["component"]["price"] = rnd.choice([None, "0.0001", "85.0000", "37990.0000"])
        return
    ratio = Fraction(rnd.choice([1, 1, "1.0001", "0.995", "1.01", "1.5", "0.5", "2", "0.1", "1.3333"]))
    old = min(max(model.rounded(proposal * ratio, 4), Fraction(1, 10000)), model.LIMIT - 1)
    case["component"]["price"] = model.text(old, 4)
    size = abs(model.change_pct(old, proposal))
    beside = [Fraction(-1, 100), Fraction(0), Fraction(1, 100)]
    for name in ("min_change_pct", "max_change_pct"):
        if rnd.random() < 0.5:
            bound = min(max(size + rnd.choice(beside), Fraction(0)), Fraction(10 ** 6))
            case["params"][name] = model.text(bound, 2)


def recalc_case(rnd):
    case = {"task": "recalculate", "base_currency": "RUB", "params": quote_params(rnd), "rates": rates(rnd),
            "parties": parties(rnd, "supplier")}
    some(rnd, case["params"], {"method": (0.7, ["weighted_avg", "average", "median", "min", "latest", "manual"]),
                               "on_no_quotes": (0.3, ["keep", "clear"])})
    case["component"] = some(rnd, {"lot_code": "LOT-1", "coefficient": rnd.choice(["1", "1", "0.5", "1.05", "999.9999"])}, {
        "price_method": (0.3, ["weighted_avg", "average", "median", "min", "latest", "manual"]), "window_days": (0.2, [0, 40, 365]),
        "manual_price": (0.3, ["0.0001", "77.7750", "9999999999.9999"])})
    window = case["params"].get("window_days", 90)
    case["quotes"] = quotes(rnd, case, rnd.choice([0, 1, 2, 3, 5, 6, 8, 15, 40]), [0, 1, 1, 7, window - 1, window, window + 1, 40, 41])
    changes(rnd, case)
    return case


def list_case(rnd):
    source = rnd.choice(["estimate", "warehouse", "competitor"])
    params = quote_params(rnd) if source == "competitor" else {"as_of": AS_OF.isoformat()}
    some(rnd, params, {
        "currency": (0.4, ["RUB", "USD", "CNY", "EUR", "JPY"]), "coefficient": (0.4, ["0.0001", "0.99", "1.15", "999.9999"]),
        "round_step": (0.4, ["0.0001", "0.01", "1", "5", "1000"]), "round_mode": (0.5, ["half_up", "half_even", "up", "down"])})
    params["source"] = source
    if source == "estimate":
        some(rnd, params, {"include_stale": (0.5, [True, False]), "max_price_age_days": (0.5, [0, 1, 30, 31])})
    elif source == "warehouse":
        some(rnd, params, {"include_zero_qty": (0.5, [True, False]), "cost_fallback": (0.5, ["skip", "estimate"]),
                           "warehouses": (0.4, [[], ["MAIN"], ["MAIN", "B"]])})
    else:
        some(rnd, params, {"method": (0.6, ["weighted_avg", "average", "median", "min", "latest"])})
    lots = rnd.sample(["A", "B", "CPU-32C", "Ж-1", "a", "АБВ", "Z", "ZZ"], rnd.randint(1, 6))
    case = {"task": "pricelist_create", "base_currency": "RUB", "source": source, "params": params, "rates": rates(rnd),
            "parties": parties(rnd, "competitor"), "components": [], "stock": [], "quotes": []}
    for lot in lots:
        case["components"].append(some(rnd, {"lot_code": lot, "price": rnd.choice([None, "0.0001", "185000.0000", "9999999999.9999"])}, {
            "active": (0.2, [True, False]), "price_state": (0.5, ["fresh", "stale", "manual"]),
            "price_as_of": (0.7, lambda: day(rnd.choice([0, 1, 2, 29, 30, 31, 32, 200])))}))
        for number in range(rnd.choice([0, 1, 2, 3])):
            case["stock"].append(some(rnd, {"lot_code": lot, "warehouse": ["MAIN", "B", "C"][number],
                                            "qty": rnd.choice(["-3", "0", "0.001", "1", "4", "10.5", "99999.999"])}, {
                "reserved": (0.4, ["0", "0.5", "4", "1000"]), "lot_qty": (0.4, ["0.001", "0.5", "1", "2", "3.333"]),
                "unit_cost": (0.8, ["0.0001", "36000.0000", "74000.1234", "9999999999.9999"])}))
        if source == "competitor":
            case["quotes"] += quotes(rnd, case, rnd.choice([0, 1, 2, 5, 7]), [0, 1, 29, 30, 31],
                                     {"first": len(case["quotes"]), "lot_code": lot})
    return case
