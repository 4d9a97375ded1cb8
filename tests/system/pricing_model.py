"""The rules of recalculate and price lists once more, in exact fractions and written from the rules alone: what the daemon computes
must equal this, whatever the input. Nothing here is fast."""
import hashlib
import math
from datetime import date
from fractions import Fraction

RECALC_DEFAULTS = {
    "method": "weighted_avg", "window_days": 90, "half_life_days": 30, "weights": ["time", "supplier"], "qty_cap": "100", "ref_qty": "1",
    "per_party": "latest", "require_valid": True, "fx_date": "quote", "outlier": "mad", "outlier_min_n": 5, "outlier_k": None,
    "outlier_floor_pct": "2", "min_quotes": 1, "coefficient": "1", "round_step": "0.01", "round_mode": "half_up", "on_no_quotes": "keep",
    "min_change_pct": "0", "max_change_pct": "0"}
LIST_DEFAULTS = {
    **RECALC_DEFAULTS, "method": "min", "window_days": 30, "currency": None, "include_stale": True, "max_price_age_days": 0,
    "cost_fallback": "skip", "include_zero_qty": False, "warehouses": None}
LIMIT = Fraction(10) ** 10


def decimal(text, otherwise=None):
    return otherwise if text is None else Fraction(text)


def whole(value, mode="half_up"):
    """A fraction as an integer."""
    size, sign = abs(value), -1 if value < 0 else 1
    if mode == "half_up":
        return sign * math.floor(size + Fraction(1, 2))
    if mode == "half_even":
        return round(value)
    return sign * (math.ceil(size) if mode == "up" else math.floor(size))


def rounded(value, digits, mode="half_up"):
    return Fraction(whole(value * 10 ** digits, mode), 10 ** digits)


def text(value, digits):
    """A value that has no more than so many digits, as the columns show it."""
    if value is None:
        return None
    scaled = value * 10 ** digits
    assert scaled.denominator == 1, value
    sign, size = "-" if scaled < 0 else "", abs(int(scaled))
    return f"{sign}{size // 10 ** digits}.{size % 10 ** digits:0{digits}d}"


# ---- Rates -----------------------------------------------------------------------------------------------------------------------------


def find_rate(case, currency, day):
    """The newest rate up to the day that is not too old: (rate, nominal, date), or None."""
    oldest = case.get("rate_max_age_days", 14)
    found = None
    for rate in case["rates"]:
        age = (day - date.fromisoformat(rate["date"])).days
        if rate["currency"] == currency and 0 <= age <= oldest and (found is None or rate["date"] > found["date"]):
            found = rate
    return found and (Fraction(found["rate"]), found.get("nominal", 1), found["date"])


# ---- Quotes ----------------------------------------------------------------------------------------------------------------------------


def judge_alone(case, p, window, quote):
    """A quote by itself: its verdict without its neighbours."""
    as_of, day = date.fromisoformat(p["as_of"]), date.fromisoformat(quote["on"])
    party = next(party for party in case["parties"] if party["code"] == quote["party"])
    verdict = {"id": quote["id"], "used": False, "reason": None, "base": None, "weight": 0, "rate": None, "rate_date": None, "day": day,
               "party": quote["party"], "pn": quote.get("pn", ""), "min_qty": decimal(quote.get("min_qty"), Fraction(1))}
    age = (as_of - day).days
    until = quote.get("valid_until")
    if not party.get("active", True) or decimal(party.get("weight"), Fraction(1)) == 0:
        verdict["reason"] = "party_off"
    elif quote.get("status", "active") == "rejected":
        verdict["reason"] = "rejected"
    elif age < 0:
        verdict["reason"] = "future"
    elif age > window:
        verdict["reason"] = "stale"
    elif p["require_valid"] and until and date.fromisoformat(until) < as_of:
        verdict["reason"] = "expired"
    elif verdict["min_qty"] > Fraction(p["ref_qty"]):
        verdict["reason"] = "moq"
    if verdict["reason"]:
        return verdict
    rate, nominal = Fraction(1), 1
    if quote["currency"] != case["base_currency"]:
        found = find_rate(case, quote["currency"], as_of if p["fx_date"] == "as_of" else day)
        if not found:
            verdict["reason"] = "no_rate"
            return verdict
        rate, nominal, verdict["rate_date"] = found
        verdict["rate"] = rate
    tax = 1 + decimal(quote.get("vat_rate"), Fraction(0)) / 100 if quote.get("vat_included") else 1
    base = rounded(Fraction(quote["price"]) * rate / nominal / quote.get("price_per", 1) / tax, 6)
    if base < Fraction(1, 10 ** 6) or base >= LIMIT:
        verdict["reason"] = "out_of_range"
        return verdict
    verdict["base"], verdict["weight"] = base, weight_of(p, party, quote, age)
    return verdict


def weight_of(p, party, quote, age):
    weight = 1
    if "time" in p["weights"]:
        half_life = p["half_life_days"]
        weight *= max(1, math.floor(1e6 * 2.0 ** (-age / half_life) + 0.5)) if half_life else 10 ** 6
    if "supplier" in p["weights"]:
        weight *= int(decimal(party.get("weight"), Fraction(1)) * 1000)
    if "qty" in p["weights"]:
        qty = min(decimal(quote.get("qty"), Fraction(1)), Fraction(p["qty_cap"]))
        weight *= max(1, int(qty * 1000))
    return weight


def one_voice(p, verdicts):
    """Of the offers of a party for a number: the break that fits, then the newest."""
    left = [v for v in verdicts if v["reason"] is None]
    for v in left:
        rivals = [o for o in left if (o["party"], o["pn"], o["day"]) == (v["party"], v["pn"], v["day"])]
        if v is not max(rivals, key=lambda o: (o["min_qty"], o["id"])):
            v["reason"] = "tier"
    left = [v for v in left if v["reason"] is None]
    if p["per_party"] == "latest":
        for v in left:
            rivals = [o for o in left if (o["party"], o["pn"]) == (v["party"], v["pn"])]
            if v is not max(rivals, key=lambda o: (o["day"], o["id"])):
                v["reason"] = "superseded"


def median(values):
    values, n = sorted(values), len(values)
    return (values[(n - 1) // 2] + values[n // 2]) / 2


def quartile(values, position):
    low = int(position)
    return values[low] if low == position else values[low] + (values[low + 1] - values[low]) * (position - low)


def drop_outliers(p, verdicts):
    left = [v for v in verdicts if v["reason"] is None]
    n = len(left)
    if p["outlier"] == "none" or n == 0 or n < p["outlier_min_n"]:
        return
    values = sorted(v["base"] for v in left)
    middle, floor = median(values), Fraction(p["outlier_floor_pct"]) / 100
    if p["outlier"] == "mad":
        k = decimal(p["outlier_k"], Fraction(7, 2))
        spread = max(median([abs(x - middle) for x in values]), floor * middle)
        outside = [v for v in left if Fraction("0.6745") * abs(v["base"] - middle) > k * spread]
    else:
        k = decimal(p["outlier_k"], Fraction(3, 2))
        q1, q3 = quartile(values, Fraction(n - 1, 4)), quartile(values, Fraction(3 * (n - 1), 4))
        spread = max(q3 - q1, 2 * floor * middle)
        outside = [v for v in left if v["base"] < q1 - k * spread or v["base"] > q3 + k * spread]
    for v in outside:
        v["reason"] = "outlier"


def price_by(method, used):
    """Six digits over verdicts that have base, weight, day and id."""
    values = [v["base"] for v in used]
    if method == "weighted_avg":
        return rounded(sum(v["weight"] * v["base"] for v in used) / sum(v["weight"] for v in used), 6)
    if method == "average":
        return rounded(sum(values) / len(values), 6)
    if method == "median":
        return rounded(median(values), 6)
    if method == "min":
        return min(values)
    newest = max(v["day"] for v in used)
    return min(((v["base"], v["id"]) for v in used if v["day"] == newest))[0]


def estimate(case, p, method, window, quotes):
    """(verdicts, verdicts used, raw price or None, None or why there is none)."""
    verdicts = [judge_alone(case, p, window, quote) for quote in quotes]
    one_voice(p, verdicts)
    drop_outliers(p, verdicts)
    used = [v for v in verdicts if v["reason"] is None]
    if len(used) < max(1, p["min_quotes"]):
        for v in used:
            v["reason"] = "too_few"
        return verdicts, [], None, "too_few" if used else "no_quotes"
    for v in used:
        v["used"] = True
    return verdicts, used, price_by(method, used), None


# ---- Prices ----------------------------------------------------------------------------------------------------------------------------


def final(micro, coefficient, p, rate=(Fraction(1), 1, None)):
    """None: out of range."""
    step = Fraction(p["round_step"])
    price = max(1, whole(micro * coefficient * rate[1] / (rate[0] * step), p["round_mode"])) * step
    return price if price < LIMIT else None


def change_pct(old, new):
    return rounded((new - old) * 100 / old, 2)


def recalculate(case):
    p, component = {**RECALC_DEFAULTS, **case["params"]}, case["component"]
    method = component.get("price_method") or p["method"]
    window = component["window_days"] if component.get("window_days") is not None else p["window_days"]
    old = decimal(component.get("price"))
    state = "fresh" if old else "none"
    result = {"outcome": None, "method": method, "reason": None, "failure": None, "raw_price": None, "n_quotes": 0, "n_used": 0,
              "change_pct": None, "price": old, "computed_price": None, "price_state": state, "quotes": []}
    if method == "manual":
        proposal, why = decimal(component.get("manual_price")), "no_manual_price"
    else:
        verdicts, used, raw, why = estimate(case, p, method, window, case["quotes"])
        result.update(raw_price=raw, n_quotes=len(verdicts), n_used=len(used), quotes=verdicts)
        proposal = None
        if raw is not None:
            proposal = final(raw, Fraction(p["coefficient"]) * decimal(component.get("coefficient"), Fraction(1)), p)
            if proposal is None:
                result.update(outcome="failed", failure="E_PRICE_RANGE")
                return result
    if proposal is None:
        if p["on_no_quotes"] == "clear":
            result.update(outcome="cleared", reason=why, price=None, price_state="none")
        else:
            result.update(outcome="no_quotes", reason=why, price_state="stale" if old else "none")
        return result
    result["computed_price"] = proposal
    calm = "manual" if method == "manual" else "fresh"
    if old:
        pct = result["change_pct"] = change_pct(old, proposal)
        most = Fraction(p["max_change_pct"])
        if proposal == old or abs(pct) < Fraction(p["min_change_pct"]):
            result.update(outcome="unchanged", price_state=calm)
            return result
        if method != "manual" and 0 < most < abs(pct):
            result["outcome"] = "held"
            return result
    result.update(outcome="updated", price=proposal, price_state=calm)
    return result


# ---- Lists -----------------------------------------------------------------------------------------------------------------------------


def item_estimate(case, p, rate, component):
    price, state = decimal(component.get("price")), component.get("price_state") or "fresh"
    made = component.get("price_as_of")
    if price is None:
        return "no_price", None
    if state == "stale" and not p["include_stale"]:
        return "stale", None
    if p["max_price_age_days"] and state != "manual" and made:
        if (date.fromisoformat(p["as_of"]) - date.fromisoformat(made)).days > p["max_price_age_days"]:
            return "too_old", None
    return None, {"micro": price, "basis": state}


def item_warehouse(case, p, rate, component):
    lines = [line for line in case["stock"] if line["lot_code"] == component["lot_code"]
             and (not p["warehouses"] or line["warehouse"] in p["warehouses"])]
    lines = [(Fraction(line["qty"]), decimal(line.get("reserved"), Fraction(0)), decimal(line.get("lot_qty"), Fraction(1)),
              decimal(line.get("unit_cost"))) for line in lines]
    lines = [line for line in lines if line[0] >= 0]
    if not lines:
        return "no_stock", None
    free = rounded(sum(max(Fraction(0), qty - reserved) * lots for qty, reserved, lots, _cost in lines), 3, "down")
    if free == 0 and not p["include_zero_qty"]:
        return "no_free_qty", None
    costed = [line for line in lines if line[0] > 0 and line[3] is not None]
    if costed:
        micro = rounded(sum(qty * cost for qty, _r, _l, cost in costed) / sum(qty * lots for qty, _r, lots, _c in costed), 6)
        return ("failed", None) if micro >= LIMIT else (None, {"micro": micro, "basis": "stock", "qty": free})
    price = decimal(component.get("price"))
    if p["cost_fallback"] == "estimate" and price:
        return None, {"micro": price, "basis": "estimate", "qty": free}
    return "no_cost", None


def item_competitor(case, p, rate, component):
    quotes = [quote for quote in case["quotes"] if quote["lot_code"] == component["lot_code"]]
    _all, used, raw, why = estimate(case, p, p["method"], p["window_days"], quotes)
    if raw is None:
        return why, None
    plain = {**p, "round_step": "0.01", "round_mode": "half_up"}
    bounds = [final(bound, 1, plain, rate) for bound in (min(v["base"] for v in used), max(v["base"] for v in used))]
    if None in bounds:
        return "failed", None
    return None, {"micro": raw, "basis": "quotes", "n_obs": len(used), "price_min": bounds[0], "price_max": bounds[1]}


def content_sha256(currency, items):
    content = currency + "\n" + "".join(f"{i['lot_code']}\t{text(i['price'], 4)}\t{text(i['qty'], 3) or ''}\n" for i in items)
    return hashlib.sha256(content.encode()).hexdigest()


def pricelist(case):
    p = {**LIST_DEFAULTS, **case["params"]}
    currency, rate = p["currency"] or case["base_currency"], (Fraction(1), 1, None)
    if currency != case["base_currency"]:
        rate = find_rate(case, currency, date.fromisoformat(p["as_of"]))
        if rate is None:
            return {"error": "E_NO_RATE"}
    make = {"estimate": item_estimate, "warehouse": item_warehouse, "competitor": item_competitor}[p["source"]]
    items, skipped = [], {}
    for component in sorted(case["components"], key=lambda c: c["lot_code"].encode()):
        why, item = ("inactive", None) if not component.get("active", True) else make(case, p, rate, component)
        if item:
            item = {"lot_code": component["lot_code"], "qty": None, "n_obs": None, "price_min": None, "price_max": None, **item}
            item["price"] = final(item.pop("micro"), Fraction(p["coefficient"]), p, rate)
            why = None if item["price"] else "failed"
        if why:
            skipped[why] = skipped.get(why, 0) + 1
        else:
            items.append(item)
    return {"items": items, "skipped": skipped, "content_sha256": content_sha256(currency, items)}


# ---- As the driver and the examples write it ---------------------------------------------------------------------------------------------


def show_recalculate(result):
    shown = {**result, "raw_price": text(result["raw_price"], 6), "change_pct": text(result["change_pct"], 2),
             "price": text(result["price"], 4), "computed_price": text(result["computed_price"], 4)}
    shown["quotes"] = [{"id": v["id"], "used": v["used"], "reason": v["reason"], "base_price": text(v["base"], 6), "weight": v["weight"],
                        "rate": text(v["rate"], 6), "rate_date": v["rate_date"]} for v in result["quotes"]]
    return shown


def show_pricelist(result):
    if "error" in result:
        return result
    items = [{"lot_code": i["lot_code"], "price": text(i["price"], 4), "basis": i["basis"], "qty": text(i["qty"], 3),
              "n_obs": i["n_obs"] or 0, "price_min": text(i["price_min"], 4), "price_max": text(i["price_max"], 4)} for i in result["items"]]
    return {**result, "items": items}
