"""Export and diff of random lists through the daemon against a second implementation of their rules. PF_LISTS sets how many lists, PF_LISTS_SEED
another stream."""
import hashlib
import os
import random
from fractions import Fraction

from demo_world import put_list
from pricing_model import rounded, text

LISTS = int(os.environ.get("PF_LISTS", "10"))
SEED = int(os.environ.get("PF_LISTS_SEED", "20260205"))
ENGLISH = ["lot_code", "name", "category", "unit", "price", "currency", "qty", "basis", "n_obs", "price_min", "price_max", "price_as_of", "part_numbers"]
RUSSIAN = ["Код лота", "Наименование", "Категория", "Ед.", "Цена", "Валюта", "Количество", "Основание", "Наблюдений", "Мин. цена", "Макс. цена",
           "Дата цены", "Парт-номера"]
TEXTS = {"lot_code", "name", "category", "unit", "basis", "part_numbers"}
SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t"}
DEFAULTS = {"sep": "comma", "decimal": "dot", "bom": 0, "header": 1, "lang": "en", "formula_guard": 1}
EXCEL = {"sep": "semicolon", "decimal": "comma", "bom": 1, "lang": "ru"}

# ---- Export -----------------------------------------------------------------------------------------------------------


def shown(item, column, options):
    value = item.get(column)
    if value is None:
        return ""
    if column in ("price", "price_min", "price_max"):
        value = value if value[-2:] != "00" else value[:-2]
    elif column == "qty":
        value = value.rstrip("0").rstrip(".")
    elif column in TEXTS:
        return "'" + value if options["formula_guard"] and value.lstrip(" ")[:1] in tuple("=+-@\t\r\n＝＋－＠") else value
    else:
        return str(value)
    return value.replace(".", ",") if options["decimal"] == "comma" else value


def field(value, separator):
    plain = not any(char in value for char in separator + '"\r\n') and value.strip(" ") == value
    return value if plain else '"' + value.replace('"', '""') + '"'


def exported(items, currency, chosen):
    options = {**DEFAULTS, **(EXCEL if "excel" in chosen else {}), **chosen}
    separator = SEPARATORS[options["sep"]]
    rows = [RUSSIAN if options["lang"] == "ru" else ENGLISH] if options["header"] else []
    rows += [[shown({**item, "currency": currency}, column, options) for column in ENGLISH] for item in items]
    return ("\ufeff" if options["bom"] else "") + "".join(separator.join(field(value, separator) for value in row) + "\r\n" for row in rows)


def random_text(rng, longest):
    pool = [*"abcABC019", *"абвЖЯё", *" '\"", *";,\t\r\n", *"=+-@", *"＝＋－＠", "\u00a0", "…", "𝄞", "ﷺ"]
    return "".join(rng.choice(pool) for _ in range(rng.randint(0, longest)))


def random_price(rng):
    return text(Fraction(rng.choice([rng.randint(1, 10 ** 14 - 1), rng.randint(1, 20000), 100 * rng.randint(1, 10 ** 8)]), 10000), 4)


def random_items(rng):
    codes = {rng.choice(["LOT-", "лот", "=A", "z"]) + str(rng.randint(1, 40)) for _ in range(rng.randint(0, 40))}
    made = []
    for code in sorted(codes, key=str.encode):
        item = {"lot_code": code, "name": random_text(rng, 12) or "x", "category": random_text(rng, 4), "unit": rng.choice(["pcs", "set", "m"]),
                "price": random_price(rng), "basis": rng.choice(["fresh", "stale", "manual", "stock", "estimate", "quotes"]),
                "part_numbers": random_text(rng, 8)}
        if rng.random() < 0.7:
            item["qty"] = text(Fraction(rng.choice([rng.randint(0, 10 ** 15 - 1), rng.randint(0, 5000), 1000 * rng.randint(0, 99)]), 1000), 3)
        if rng.random() < 0.5:
            item.update(n_obs=rng.randint(1, 4294967295), price_min=random_price(rng), price_max=random_price(rng))
        if rng.random() < 0.5:
            item["price_as_of"] = "2026-02-05"
        made.append(item)
    return made


def random_options(rng):
    choices = {"sep": list(SEPARATORS), "decimal": ["dot", "comma"], "bom": [0, 1], "header": [0, 1], "lang": ["en", "ru"], "formula_guard": [0, 1],
               "excel": ["ru"]}
    return {name: rng.choice(values) for name, values in choices.items() if rng.random() < 0.4}


# ---- Diff -------------------------------------------------------------------------------------------------------------


def compared(old, new):
    names = {item["lot_code"]: item["name"] for item in old + new}
    old, new = ({item["lot_code"]: Fraction(item["price"]) for item in items} for items in (old, new))
    rows, moves = [], []
    for code in sorted({**old, **new}, key=str.encode):
        a, b = old.get(code), new.get(code)
        row = {"lot_code": code, "name": names[code], "status": "added" if a is None else "removed" if b is None else "same" if a == b else "up" if b > a else "down",
               "old": text(a, 4), "new": text(b, 4), "delta": None, "pct": None}
        if a is not None and b is not None:
            moves.append(rounded((b - a) * 100 / a, 2))
            row.update(delta=text(b - a, 4), pct=text(moves[-1], 2))
        rows.append(row)
    counts = {status: sum(row["status"] == status for row in rows) for status in ("added", "removed", "up", "down", "same")}
    return rows, {**counts, "avg_pct": text(rounded(sum(moves) / len(moves), 2), 2) if moves else None}


def changed(rng, items):
    """Another list: most lots stay, some prices move a little, by much or not at all."""
    others = {item["lot_code"]: item for item in random_items(rng) if rng.random() < 0.3}
    for item in items:
        if rng.random() < 0.8:
            price = Fraction(item["price"]) * rng.choice([1, 1, Fraction(rng.randint(1, 3000), 1000)])
            others[item["lot_code"]] = {**item, "price": text(max(Fraction(1, 10000), min(rounded(price, 4), Fraction(10 ** 10) - Fraction(1, 10000))), 4)}
    return [others[code] for code in sorted(others, key=str.encode)]


def test_random_lists(world):
    rng, tags = random.Random(SEED), {}
    for number in range(LISTS):
        items = random_items(rng)
        other = changed(rng, items)
        ids = [put_list(world.daemon, 2000 + 2 * number + side, content, "EUR") for side, content in enumerate((items, other))]
        for _ in range(15):
            options = random_options(rng)
            query = "&".join(f"{name}={value}" for name, value in options.items())
            answer = world.client.get(f"/api/pricelists/{ids[0]}/export-csv?{query}")
            wanted = exported(items, "EUR", options)
            assert answer.body.decode() == wanted, (options, items)
            # One tag, one text.
            assert tags.setdefault((answer.headers["ETag"], ids[0]), hashlib.sha256(answer.body).digest()) == hashlib.sha256(wanted.encode()).digest()
        for a, b, old, new in ((ids[0], ids[1], items, other), (ids[1], ids[0], other, items)):
            answer = world.other.get(f"/api/pricelists/{a}/diff/{b}").json
            assert (answer["rows"], answer["summary"]) == compared(old, new)
