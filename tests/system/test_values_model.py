"""Part numbers, numbers, dates and the look-up of a number in C against a second implementation, written from the rules and not from
the code: random inputs by the thousand. PF_VALUES_CASES sets how many, PF_VALUES_SEED another stream."""
import datetime
import json
import os
import random
import re
import subprocess
from decimal import ROUND_HALF_UP, Decimal

from conftest import BUILD

CASES = int(os.environ.get("PF_VALUES_CASES", "4000"))
SEED = int(os.environ.get("PF_VALUES_SEED", "20260205"))


def drive(cases):
    lines = "".join(json.dumps(case, ensure_ascii=False) + "\n" for case in cases)
    run = subprocess.run([BUILD / "tests" / "system" / "values_driver"], input=lines.encode("utf-8"), capture_output=True, timeout=300)
    assert run.returncode == 0, run.stderr
    return [json.loads(line) for line in run.stdout.decode("utf-8").split("\n")[:-1]]


def compare(cases, model):
    driven = drive(cases)
    assert len(driven) == len(cases)
    wrong = [(case, want, got) for case, want, got in zip(cases, map(model, cases), driven) if want != got]
    assert not wrong, f"{len(wrong)} of {len(cases)} differ, the first: {wrong[:3]}"


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


def random_text(rng):
    pools = ["ABCDEFGHIKLMNOPQRSTXYZabcxyz0123456789", "-_ ./+=#()", "АВЕЁКМНОРСТУХавекмнорстухЅІЈѕіјЖЗЧБжзчб", "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧΣΩαβεζηςσ",
             "\u00a0\u2009\u2011\u2212\u200b\u00ad№™×÷«»", "ＡＢｃ１２－＝", "éàÿþßÀ漢字", "\u0301\ufe0f\ufeff\u0001\u007f"]
    weights = [8, 3, 3, 1, 1, 1, 1, 1]
    length = rng.choice([rng.randint(0, 12), rng.randint(0, 30), rng.randint(60, 70)])
    text = [rng.choice(rng.choices(pools, weights)[0]) for _ in range(length)]
    if rng.random() < 0.2:
        text.append(chr(rng.choice([rng.randint(1, 0xD7FF), rng.randint(0xE000, 0x10FFFF)])))
    return "".join(text)


def test_part_numbers():
    rng = random.Random(SEED)
    compare([{"op": "pn", "text": random_text(rng)} for _ in range(CASES)], part_number)


def test_every_code_point_of_the_basic_plane():
    compare([{"op": "pn", "text": "x" + chr(cp)} for cp in range(1, 0x10000) if not 0xD800 <= cp <= 0xDFFF], part_number)


# ---- Numbers ----------------------------------------------------------------------------------------------------------

SUFFIX = {"руб": "RUB", "р": "RUB", "₽": "RUB", "rub": "RUB", "usd": "USD", "$": "USD", "eur": "EUR", "€": "EUR", "cny": "CNY", "¥": "CNY",
          "юань": "CNY", "шт": ""}
SIGNS = {"₽": "RUB", "$": "USD", "€": "EUR", "¥": "CNY"}
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


def number(case):
    text, currency = case["text"].strip(), ""
    if text in ("", "-", "–", "—", "−"):
        return {"value": None, "currency": "", "approx": False, "lost": False}
    for word in sorted(SUFFIX, key=len, reverse=True):
        match = re.fullmatch(rf"(.*?){re.escape(word)}\.?", text, re.I | re.S)
        if match:
            text, currency = match[1].strip(), SUFFIX[word]
            break
    else:
        if text[0] in SIGNS:
            text, currency = text[1:].strip(), SIGNS[text[0]]
    approx = text.startswith(">")
    text = text[1:].strip() if approx else text
    bracket = re.fullmatch(r"\((.+)\)", text, re.S)
    sign = -1 if bracket or text[:1] in ("-", "−") else 1
    text = bracket[1].strip() if bracket else text[1:] if sign < 0 else text
    plain = digits(text, case["locale"]) if text else None
    if plain is None:
        return {"error": True}
    exact = Decimal(plain)
    value = exact.quantize(Decimal(1).scaleb(-case["scale"]), ROUND_HALF_UP)
    shown = f"{value:f}"
    return {"value": "-" + shown if sign < 0 and value else shown, "currency": currency, "approx": approx, "lost": value != exact}


def random_number(rng):
    whole = str(rng.randint(0, 10 ** rng.randint(0, 9)))
    if rng.random() < 0.5:  # grouped, rightly or nearly
        sign = rng.choice(SPACES + ",.")
        whole = re.sub(r"(?<=[0-9])(?=(?:[0-9]{3})+$)", sign, whole)
        if rng.random() < 0.2:
            at = rng.randint(0, len(whole))
            whole = whole[:at] + rng.choice(SPACES + ",.0") + whole[at:]
    part = rng.choice(["", "", rng.choice(",.") + "".join(rng.choices("0123456789", k=rng.randint(0, 6)))])
    text = rng.choice(["", "", "", "-", "−", ">"]) + whole + part
    text = f"({text})" if rng.random() < 0.05 else text
    ends = ["", "", "", " ", ""] + [" " + word for word in SUFFIX] + list(SUFFIX) + ["руб.", " РУБ", " Шт.", " kg", "x"]
    return rng.choice(["", "", "", " ", "$", "€ ", "₽"]) + text + rng.choice(ends)


def test_numbers():
    rng = random.Random(SEED)
    compare([{"op": "number", "text": random_number(rng), "scale": rng.choice([3, 4]), "locale": rng.choice(["ru", "en"])}
             for _ in range(CASES)], number)


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


def random_date(rng):
    year, month, day = rng.choice([rng.randint(1890, 2110), rng.randint(0, 99)]), rng.randint(0, 13), rng.randint(0, 32)
    forms = [f"{day:02}.{month:02}.{year:04}", f"{day}.{month}.{year % 100:02}", f"{year:04}-{month:02}-{day:02}", f"{day}/{month}/{year}",
             f"{day:02}.{month:02}.{year % 100:02}", f"{day:02}-{month:02}-{year:04}", f"{day}.{month}", str(year)]
    return rng.choice(["", " "]) + rng.choice(forms) + rng.choice(["", "", " 12:30", " 0:00:00", " 23:59:59"])


def test_dates():
    rng = random.Random(SEED)
    compare([{"op": "date", "text": random_date(rng)} for _ in range(CASES)], date)


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


def random_map(rng):
    lots = [f"LOT{i}" for i in range(rng.randint(1, 3))]
    keys = {(rng.choice(["P1", "P2", "LOT0"]), rng.choice(["", "V1", "V2", "V3"])) for _ in range(rng.randint(0, 6))}
    entries = [[pn, vendor, rng.choice(lots)] for pn, vendor in sorted(keys)]
    rng.shuffle(entries)
    return {"op": "find", "lots": lots, "map": entries, "pn": rng.choice(["P1", "P2", "LOT0", "P9"]), "vendor": rng.choice(["", "V1", "V2", "V9"])}


def test_look_up():
    rng = random.Random(SEED)
    compare([random_map(rng) for _ in range(CASES)], found)
