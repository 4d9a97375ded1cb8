"""Part numbers, numbers, dates and the look-up of a number in C against a second implementation, written from the rules and not from
the code: random inputs by the thousand. PF_VALUES_CASES sets how many, PF_VALUES_SEED another stream."""
import json
import os
import random
import re
import subprocess

from conftest import BUILD
from values_model import SPACES, SUFFIX, date, found, number, part_number

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

def random_number(rng):
    whole = str(rng.randint(0, 10 ** rng.randint(0, 9)))
    if rng.random() < 0.5:  # grouped, rightly or nearly
        sign = rng.choice(SPACES + ",.")
        whole = re.sub(r"(?<=[0-9])(?=(?:[0-9]{3})+$)", sign, whole)
        if rng.random() < 0.2:
            at = rng.randint(0, len(whole))
            whole = whole[:at] + rng.choice(SPACES + ",.0") + whole[at:]
    part = rng.choice(["", "", rng.choice(",.") + "".join(rng.choices("0123456789", k=rng.randint(0, 6)))])
    text = rng.choice(["", "", "", "-", "−", ">", "+", "-$", "- "]) + whole + part
    if rng.random() < 0.05:
        text = rng.choice(["", "-", "—", "–", "+", ">"])
    text += "+" if rng.random() < 0.1 else ""
    text = f"({text})" if rng.random() < 0.05 else text
    ends = ["", "", "", " ", ""] + [" " + word for word in SUFFIX] + list(SUFFIX) + ["руб.", " РУБ", " Шт.", " kg", "x"]
    return rng.choice(["", "", "", " ", "$", "€ ", "₽"]) + text + rng.choice(ends)


def test_numbers():
    rng = random.Random(SEED)
    compare([{"op": "number", "text": random_number(rng), "scale": rng.choice([3, 4]), "locale": rng.choice(["ru", "en"])}
             for _ in range(CASES)], number)


# ---- Dates ------------------------------------------------------------------------------------------------------------


def random_date(rng):
    year, month, day = rng.choice([rng.randint(1890, 2110), rng.randint(0, 99)]), rng.randint(0, 13), rng.randint(0, 32)
    forms = [f"{day:02}.{month:02}.{year:04}", f"{day}.{month}.{year % 100:02}", f"{year:04}-{month:02}-{day:02}", f"{day}/{month}/{year}",
             f"{day:02}.{month:02}.{year % 100:02}", f"{day:02}-{month:02}-{year:04}", f"{day}.{month}", str(year)]
    return rng.choice(["", " "]) + rng.choice(forms) + rng.choice(["", "", " 12:30", " 0:00:00", " 23:59:59"])


def test_dates():
    rng = random.Random(SEED)
    compare([{"op": "date", "text": random_date(rng)} for _ in range(CASES)], date)


# ---- Looking a number up ----------------------------------------------------------------------------------------------


def random_map(rng):
    lots = [f"LOT{i}" for i in range(rng.randint(1, 3))]
    keys = {(rng.choice(["P1", "P2", "LOT0"]), rng.choice(["", "V1", "V2", "V3"])) for _ in range(rng.randint(0, 6))}
    entries = [[pn, vendor, rng.choice(lots)] for pn, vendor in sorted(keys)]
    rng.shuffle(entries)
    return {"op": "find", "lots": lots, "map": entries, "pn": rng.choice(["P1", "P2", "LOT0", "P9"]), "vendor": rng.choice(["", "V1", "V2", "V9"])}


def test_look_up():
    rng = random.Random(SEED)
    compare([random_map(rng) for _ in range(CASES)], found)
