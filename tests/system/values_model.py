"""Part numbers, numbers, dates and the look-up of a number once more, written from the rules alone. Each function takes a case of
values_driver and answers as the driver does."""
import datetime
import re
from decimal import ROUND_HALF_UP, Decimal

# ---- Part numbers -----------------------------------------------------------------------------------------------------

DELETED = [(0, 0x1F), (0x7F, 0xBF), (0xD7, 0xD7), (0xF7, 0xF7), (0x300, 0x36F), (0x2000, 0x2BFF), (0x3000, 0x303F), (0xFE00, 0xFE0F),
           (0xFEFF, 0xFEFF)]
ALIKE = dict(zip("АВЕЁЅІЈКМНОРСТУХ" + "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEESIJKMHOPCTYX" + "ABEZHIKMNOPTYX"))
SKELETON = dict(zip("OQILZSBGЗЧБ", "00112586346"))


def upper(char):
    cp = ord(char)
    if char == "ς":
        return "Σ"
    if "a" <= char <= "z" or 0xE0 <= cp <= 0xFE or 0x430 <= cp <= 0x44F or 0x3B1 <= cp <= 0x3C9:
        return chr(cp - 0x20)
    return chr(cp - 0x50) if 0x450 <= cp <= 0x45F else char


def part_number(case):
    text = [chr(ord(c) - 0xFEE0) if 0xFF01 <= ord(c) <= 0xFF5E else c for c in case["text"]]
    text = [upper(c) for c in text if not any(low <= ord(c) <= high for low, high in DELETED)]
    folded = any(c in ALIKE for c in text)
    norm = "".join(ALIKE.get(c, c) for c in text)
    norm = "".join(c for c in norm if ord(c) >= 0x80 or re.match(r"[A-Z0-9+=]", c))
    status = "E_PN_EMPTY" if not norm else "E_PN_LONG" if len(norm) > 64 else ""
    if status:
        norm = ""
    return {"status": status, "norm": norm, "folded": folded and not status,
            "skeleton": "".join(SKELETON.get(c, c) for c in norm), "again": True}


# ---- Numbers ----------------------------------------------------------------------------------------------------------

SUFFIX = {"руб": "RUB", "р": "RUB", "₽": "RUB", "rub": "RUB", "rur": "RUB", "usd": "USD", "$": "USD", "eur": "EUR", "€": "EUR", "cny": "CNY",
          "¥": "CNY", "юань": "CNY", "kzt": "KZT", "тенге": "KZT", "byn": "BYN", "uah": "UAH", "грн": "UAH", "gbp": "GBP", "£": "GBP",
          "jpy": "JPY", "у.е": "?", "уе": "?", "шт": "", "pcs": "", "pc": "", "ea": "", "ед": ""}
SIGNS = {"₽": "RUB", "$": "USD", "€": "EUR", "¥": "CNY", "£": "GBP"}
SPACES = " \u00a0\u202f\u2007\u2009'"


def digits(text, locale):
    """The plain decimal text of grouped digits, or None."""
    if not re.fullmatch(rf"[0-9.,{SPACES}]+", text):
        return None
    commas, dots = text.count(","), text.count(".")
    point = group = None
    if commas and dots:
        point = max(",.", key=text.rfind)
        group = "," if point == "." else "."
    elif commas > 1 or (commas == 1 and locale == "en" and re.search(r",[0-9]{3}$", text)):
        group = ","
    elif dots > 1:
        group = "."
    elif commas or dots:
        point = "," if commas else "."
    if any(space in text for space in SPACES):
        if group:
            return None
        group = SPACES
    whole, *rest = text.split(point) if point else [text]
    if len(rest) > 1 or (point and not (rest and re.fullmatch("[0-9]+", rest[0]))):
        return None
    if not re.fullmatch(rf"[0-9]{{1,3}}(?:[{re.escape(group)}][0-9]{{3}})+|[0-9]+" if group else "[0-9]+", whole):
        return None
    return re.sub("[^0-9]", "", whole) + ("." + rest[0] if rest else "")


def without_word(text):
    """One currency or "шт" at the end, or one currency sign in front, taken off: (text, currency), or None when there is none."""
    for word in sorted(SUFFIX, key=len, reverse=True):
        match = re.fullmatch(rf"(.*?){re.escape(word)}\.?", text, re.I | re.S)
        if match:
            return match[1].strip(), SUFFIX[word]
    return (text[1:].strip(), SIGNS[text[0]]) if text[:1] in SIGNS and text else None


def is_noise(exact, scale):
    """Has it 15 digits or more, and end the first 14 of them, rounded, within the scale?"""
    if len(exact.as_tuple().digits) < 15 or exact == 0:
        return False
    kept = exact.quantize(Decimal(1).scaleb(exact.adjusted() - 13), ROUND_HALF_UP)
    return kept == kept.quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP)


def number(case):
    """Spreadsheets print a currency inside brackets or behind the minus as well: "($5.00)", "-$5.00"."""
    text, currency = case["text"].strip(), ""
    outside = without_word(text)
    text, currency = outside or (text, "")
    if text in ("", "-", "–", "—", "−"):
        return {"value": None, "currency": "", "approx": False, "lost": False}
    more, plus = len(text) > 1 and text.startswith(">"), len(text) > 1 and text.endswith("+")
    approx = more or plus
    text = re.sub(r"^>" if more else "^", "", text)
    text = re.sub(r"\+$" if plus and len(text) > 1 else "$", "", text).strip()
    bracket = re.fullmatch(r"\((.+)\)", text, re.S)
    sign = -1 if bracket or text[:1] in ("-", "−") else 1
    text = bracket[1].strip() if bracket else text[1:] if text[:1] in ("-", "−", "+") else text
    if not outside:
        text, currency = without_word(text) or (text, "")
    plain = digits(text, case["locale"]) if text else None
    if plain is None:
        return {"error": True}
    exact = Decimal(plain)
    value = exact.quantize(Decimal(1).scaleb(-case["scale"]), ROUND_HALF_UP)
    shown = f"{value:f}"
    program = re.fullmatch(r"[0-9]+\.[0-9]+", text) and is_noise(exact, case["scale"])
    return {"value": "-" + shown if sign < 0 and value else shown, "currency": currency, "approx": approx,
            "lost": value != exact and not program}


# ---- Dates ------------------------------------------------------------------------------------------------------------


def date(case):
    """An optional time behind the day is dropped. Two digits of a year are 2000 to 2069; what 70 would be, nobody says: no date."""
    text = case["text"].strip()
    day = re.fullmatch(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4}|[0-9]{2})(?: +[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?)?", text)
    iso = re.fullmatch(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[ T]+[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?)?", text)
    if day:
        if len(day[3]) == 2 and int(day[3]) >= 70:
            return {"date": None}
        wanted = int(day[3]) + (2000 if len(day[3]) == 2 else 0), int(day[2]), int(day[1])
    elif iso:
        wanted = int(iso[1]), int(iso[2]), int(iso[3])
    else:
        return {"date": None}
    try:
        return {"date": datetime.date(*wanted).isoformat() if wanted[0] >= 1000 else None}
    except ValueError:
        return {"date": None}


# ---- Looking a number up ----------------------------------------------------------------------------------------------


def found(case):
    """Exact vendor, else any vendor, else the one lot that all entries name, else ambiguous; no entry: a lot of that name."""
    entries = {vendor: lot for pn, vendor, lot in case["map"] if pn == case["pn"]}
    if not entries:
        return {"match": "match", "lot": case["pn"], "key": None, "other": False} if case["pn"] in case["lots"] else {"match": "unknown"}
    for vendor in (case["vendor"], ""):
        if vendor in entries:
            return {"match": "match", "lot": entries[vendor], "key": vendor, "other": False}
    if len(set(entries.values())) > 1:
        return {"match": "ambiguous"}
    first = next(vendor for pn, vendor, _ in case["map"] if pn == case["pn"])
    return {"match": "match", "lot": entries[first], "key": first, "other": case["vendor"] != ""}
