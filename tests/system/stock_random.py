"""Random stock reports without any sense to them: headings in every spelling and shape, groups, totals, sections and all that people write
into cells. stock_reports has those that make sense."""
from stock_words_model import WORDS

SYNONYMS = WORDS["fields"]
HINTED = ["unit_cost", "total_cost"]
MONEY = ["руб", "руб.", "р.", "₽", "RUB", "USD", "$", "EUR", "€", "CNY", "¥", "юань", "у.е.", "KZT"]
VATS = ["net", "gross", "без НДС", "с НДС", "вкл. НДС", "включая НДС", "excl. VAT", "incl. VAT", "with VAT", "without VAT", "с НДС 20%"]
PIECES = ["шт", "pcs", "за ед.", "за шт.", "за 1 шт"]
PARTS = ["KLV-32R5-48", "klv 32r5 48", "КLV-32R5-48", "MM64-R5", "mm64r5", "ММ64 R5", "MM64-R5 KIT2", "SD3T8-E", "DUP-100", "PWR-CAB", "4711",
         "NEW-1", "NEW-I", "KLV-32RS-48", "MEM-64", "ssd 3t8", "A" * 65, "---", "1.23E+15", "1,5E+7", "12E5", "№ 45-А", "MULTI-7", "-", "б/н", "n/a", "нет",
         "4512.0", "77.25", "19.5", "03.мар", "0", "00815", "815", "Итого", "Насосы и прочее", "Кабель"]
NAMES = ["Процессор KLV-32R5-48, 32 ядра", "Модуль (MM64-R5) 64 ГБ", "Модуль MM64-R5; MM64-R5 KIT2", "KLV-32R5-48 или SD3T8-E", "DUP-100", "Память",
         "Процессоры", "Основной склад", "Удаленный склад", "удалённый  СКЛАД", "MAIN", "remote", "Итого", "Всего лишь кабель", "Общий итог:",
         "Subtotal", "Totally new", "кабель PWR-CAB 5 м", "«SD3T8-E»", "ММ64-R5 память", "MULTI-7 вентилятор", "Склад брака", "Группа: Память", "Total 9000", ""]
NUMBERS = ["", "", "0", "1", "2", "7", "12,5", "1 000", "1 234,567", "1.234.567", "-3", "(5)", "−2", ">10", "+4", "есть", "—", "- ₽", "шт", "10+", "нет",
           "0,0004", "12.", "1 2", "15 шт", "999999999999", "1e3", "3 ед.", "4 ea"]
COSTS = ["", "", "0", "10", "99,99", "1 250,00 руб.", "$20", "15 EUR", "100 $", "-5", "много", "0.00004", "10000000000", "7 ₽", "— руб", "1,234.50",
         "3 юань", "0,0001", "12 у.е.", "5 KZT"]
DATES = ["05.02.2026", "5.2.26", "2026-01-15", "31.02.2026", "вчера", "", "01.01.70", "04.02.2026 10:30"]
UNITS = ["шт", "шт.", "", "", "упак", "компл.", "м", "пог. м", "пара", "тыс. шт", "кг", "box", "SET", "ea", "шт (796)", "м.п."]
VENDORS = ["", "", "Kelvar", "KELVAR", "ostrum", "Tavrex", "Other", "1C", "---", "нет"]
PLACES = ["Основной склад", "MAIN", "Удалённый склад", "REMOTE", "Речной", "Филиал «Заводской»", "Итого", "Total"]
GROUPINGS = ["Остаток", "Конечный остаток", "Сейчас", "Начальный остаток", "Приход", "Ожидается", "Количество", "Сумма", "Сумма с НДС"]


def catalogue(rng):
    entries = [("KLV-32R5-48", "CPU-32C", "Kelvar", None, None), ("MM64-R5", "MEM-64", None, None, None), ("MM64-R5 KIT2", "MEM-64", None, "2", None),
               ("SD3T8-E", "SSD-3T8", None, None, "2.5"), ("DUP-100", "SSD-3T8", "Ostrum", None, None), ("DUP-100", "MEM-64", "Tavrex", None, None),
               ("PWR-CAB", "CAB-PWR", None, None, "100"), ("4711", "SSD-3T8", "1C", None, None), ("4711", "MEM-64", "Other", None, None),
               ("MULTI-7", "FAN-1", "Kelvar", "1.5", "3"), ("MULTI-7", "FAN-1", "Ostrum", None, None), ("77.25", "MEM-64", None, None, None),
               ("00815", "SSD-3T8", None, None, None)]
    names = ("part_number", "lot_code", "vendor", "lot_qty", "pack_qty")
    kept = [dict((name, value) for name, value in zip(names, entry) if value) for entry in entries if rng.random() < 0.9]
    units = {"CAB-PWR": "m", "FAN-1": "set"}
    lots = ["CPU-32C", "MEM-64", "SSD-3T8", "CAB-PWR", "FAN-1"]
    rates = [{"currency": c, "date": f"2026-0{month}-{day:02}", "nominal": n, "rate": rate} for c, month, day, n, rate in
             (("USD", 2, 3, 1, "92.5"), ("USD", 1, 30, 1, "90.1234"), ("EUR", 1, 22, 1, "101"), ("CNY", 1, 21, 10, "128.123456"), ("JPY", 2, 4, 100, "61.2345"))]
    return {"warehouses": [{"code": "MAIN", "name": "Основной склад"}, {"code": "REMOTE", "name": "Удалённый склад"}],
            "components": [{"lot_code": lot, "unit": units.get(lot, "pcs")} for lot in lots], "part_numbers": kept, "rates": rates}


def params(rng):
    drawn = {"warehouse": "MAIN", "max_reject_pct": rng.choice([100, 100, 100, 50, 80])}
    for name, chance, values in (("mode", 0.3, ["merge"]), ("negative", 0.5, ["zero", "keep"]), ("duplicates", 0.5, ["first", "last", "reject"]),
                                 ("number_locale", 0.2, ["en"]), ("cost_vat_included", 0.3, [True]), ("vat_rate", 0.2, ["0", "20", "99.99"]),
                                 ("pn_from_name", 0.2, [False]), ("stock_date", 0.3, ["2026-02-01", "2026-02-05"]),
                                 ("check_totals", 0.5, ["warn", "off"]), ("warehouse", 0.1, ["REMOTE"]), ("sheet", 0.1, ["*"])):
        if rng.random() < chance:
            drawn[name] = rng.choice(values)
    return drawn


# ---- Headings ---------------------------------------------------------------------------------------------------------


def spelled(rng, label):
    """The same label as people write it."""
    label = rng.choice([label, label, label.capitalize(), label.upper(), label.title()])
    if rng.random() < 0.3:
        label = label.replace(" ", rng.choice(["  ", "\n", "\u00a0", ". ", "_"]))
    if rng.random() < 0.2:
        label = label.replace("-", rng.choice(["–", "‑", "−"])).replace("е", "ё", 1)
    if rng.random() < 0.3:
        label = rng.choice(["*{}", "{}:", " {} ", "«{}»", "{}.", '"{}"']).format(label)
    return label


def hinted(rng, label, field):
    if field != "unit" and rng.random() < (0.5 if field in HINTED else 0.15):
        kinds = rng.sample([MONEY, VATS, PIECES] if field in HINTED else [VATS, PIECES], 2)
        first, second = (rng.choice(kind) for kind in kinds)
        label = rng.choice(["{0}, {1}", "{0} ({1})", "{0} {1}", "{0}, {1} {2}", "{0}, {1}, {2}", "{0} ({1}, {2})", "{0}, {1} ({2})"]).format(
            label, first, second)
    elif field != "unit" and rng.random() < 0.05:
        label += rng.choice([", кг", " всего", " (закупка)", " (закупка, руб)", "!", " (в пути)", ", Основной склад", " на 04.02.2026", ", тыс. шт"])
    return label


def label(rng, field):
    if field is None:
        return rng.choice(["№", "Примечание", "Приход", "", "Вес, кг", "Количество мест", "РРЦ", "Цена розница", "В пути", "Итого", "Партия"])
    return spelled(rng, hinted(rng, rng.choice(SYNONYMS[field]), field))


def columns(rng):
    """Fields from left to right, None for a column of no use."""
    chosen = [field for field, chance in (("part_number", 0.8), ("name", 0.7), ("lot", 0.2), ("code", 0.2), ("vendor", 0.4), ("unit", 0.5),
              ("qty", 0.85), ("free", 0.2), ("reserved", 0.3), ("unit_cost", 0.5), ("total_cost", 0.3), ("currency", 0.3), ("warehouse", 0.15),
              ("received_on", 0.3)) if rng.random() < chance]
    chosen += [rng.choice([None, None, rng.choice(list(SYNONYMS))]) for _ in range(rng.choice([0, 0, 1, 2]))]
    rng.shuffle(chosen)
    return chosen


AMOUNTS = ("qty", "free", "reserved", "unit_cost", "total_cost", None)


def over(rng, width, first):
    """Captions over the columns from the first one that counts, some over several: texts and where each reaches."""
    texts, spans, at = [""] * width, [], first
    while at < width:
        last = min(width - 1, at + rng.choice([0, 0, 1, 2]))
        if rng.random() < 0.6:
            texts[at] = spelled(rng, rng.choice(PLACES if rng.random() < 0.4 else GROUPINGS))
            spans += [(at, last)] if last > at else []
        at = last + 1
    return texts, spans


def heading_of(rng, fields):
    """Rows of a heading and its merges, counted from its first row. Upper captions stand over what is counted, at the right."""
    lowest = [label(rng, field) for field in fields]
    rows = rng.choice([2, 2, 3])
    first = next((column for column, field in enumerate(fields) if field in AMOUNTS), len(fields))
    made, merges = [lowest], []
    for _ in range(rows - 1):
        texts, spans = over(rng, len(fields), first)
        merges = [[m[0] + 1, m[1], m[2] + 1, m[3]] for m in merges] + [[0, begin, 0, end] for begin, end in spans]
        made.insert(0, texts)
    for column in range(len(fields)):
        if not any(row[column] for row in made[:-1]) and not any(m[1] <= column <= m[3] for m in merges):
            made[0][column], made[-1][column] = made[-1][column], ""
            merges.append([0, column, rows - 1, column])
    if not all(any(row) for row in made):
        return [lowest], []
    return made, merges


def above(rng):
    rows = []
    for _ in range(rng.choice([0, 0, 1, 2, 3])):
        rows.append([rng.choice(["Остатки товаров", "Период: 01.02.2026 - 04.02.2026", "на 03.02.26", "Отчёт сформирован 09.02.2026", "",
                                 "Дата печати: 08.02.2026", "Остатки на 2026-01-31", "31.02.2026", "версия 10.20.30.2026", "на 4.2.2026, 1С 8.3.27",
                                 "релиз 3.0.150.22", "Отбор: все", "Дата:", {"d": "2026-02-01"}, "as of 2.2.2026", "на 11.11.2031",
                                 "по состоянию на 03.02.2026"]) for _ in range(rng.randint(1, 2))])
    return rows


# ---- Rows -------------------------------------------------------------------------------------------------------------


def number_cell(rng, values, pads=False):
    cell = {"n": rng.choice(values)}
    if pads and rng.random() < 0.4 and "." not in cell["n"]:
        cell["fmt"] = rng.choice(["00", "000", "0000000", "0.00", "General"])
    return cell


def value(rng, field):
    """What stands in a cell of this column."""
    if field in ("part_number", "lot", "code"):
        if rng.random() < 0.15:
            return number_cell(rng, ["4711", "45", "90.75", "123456789012345", "1234567890123456", "1e+21", "1.5E3", "-5", "77.25", "0", "815"], True)
        if rng.random() < 0.02:
            return rng.choice([{"d": "2026-12-05"}, {"e": "#N/A"}])
        return rng.choice(PARTS + [""] * 6)
    if field in ("qty", "free", "reserved"):
        if rng.random() < 0.6:
            return number_cell(rng, ["0", "1", "2", "7", "100", "12.300000000000001", "2.0005", "-1", "1E2", "99999999.999", "1000000000000"] + ["5"] * 12)
        return rng.choice(NUMBERS + [{"f": True}, {"e": "#REF!"}, {"d": "2026-01-01"}]) if rng.random() < 0.5 else rng.choice(NUMBERS)
    if field in ("unit_cost", "total_cost"):
        if rng.random() < 0.5:
            return number_cell(rng, ["100", "99.99", "0", "0.30000000000000004", "-1", "33.3333", "1234567.89", "9999999999.9999", "1E-5"])
        return rng.choice(COSTS + [{"f": True}])
    if field == "received_on":
        return rng.choice([{"n": "46037"}, {"n": "60"}, {"n": "46037.75"}, {"d": "2026-02-05T11:00:00"}, {"d": "11:00:00"}, *DATES])
    if field == "unit":
        return rng.choice([{"n": "796"}, {"n": "6", "fmt": "000"}, {"n": "6"}, *UNITS * 2])
    pool = {"vendor": VENDORS, "name": NAMES, "currency": ["", "", "USD", "usd", "руб.", "EUR", "€", "JPY", "GBP", "тугрик", "RUB"],
            "warehouse": ["", "", "", "MAIN", "основной склад", "REMOTE", "Нигде"]}.get(field, ["x", "", "1", None])
    return rng.choice(pool)


def data_row(rng, fields):
    return [value(rng, field) if rng.random() < 0.93 else rng.choice([None, ""]) for field in fields]


def good_row(rng, fields):
    """One that is taken: most of a real report."""
    good = {"part_number": ["KLV-32R5-48", "MM64-R5", "mm64 r5", "SD3T8-E", "NEW-1", "NEW-2", "NEW-3"], "qty": [{"n": "5"}, "7", "1 000"], "free": [{"n": "3"}],
            "unit": ["шт", ""], "name": ["Процессор KLV-32R5-48", "Модуль MM64-R5", "Модуль MM64-R5 64 ГБ"], "unit_cost": [{"n": "10.5"}, "7"],
            "total_cost": [{"n": "100"}], "lot": ["", "MEM-64"], "code": [{"n": "4711"}, "NEW-9"], "reserved": ["", {"n": "1"}], "vendor": ["", "Kelvar"],
            "currency": ["", "USD"], "received_on": [{"d": "2026-01-01"}, "05.01.2026"], "warehouse": ["", "MAIN"]}
    return [rng.choice(good.get(field, [""])) for field in fields]


def other_row(rng, fields, heading):
    """A group, a section, a total, the heading again, column numbers, nothing."""
    kind = rng.randrange(7)
    if kind == 0:
        return [rng.choice(["", "", "", number_cell(rng, ["5", "7", "10"])]) if field != "name" else rng.choice(NAMES) for field in fields]
    if kind == 1:
        at = next((i for i, field in enumerate(fields) if field in ("name", "part_number")), 0)
        return [rng.choice(NAMES) if i == at else "" for i in range(len(fields))]
    if kind == 2:
        return [rng.choice(["Итого", "ИТОГО:", "Всего", "Total", "Общий итог"])] + [rng.choice(["", number_cell(rng, ["5", "7", "10"])]) for _ in fields[1:]]
    if kind == 3:
        return list(rng.choice(heading))
    if kind == 4:
        return [rng.choice([str(i + 1), {"n": str(i + 1)}]) for i in range(len(fields))]
    if kind == 5:
        return [number_cell(rng, ["5", "10", "12", "17"]) if field in ("qty", "free") else "" for field in fields]
    return [rng.choice(["", None]) for _ in fields]


def vertical_merges(rng, fields, first, last):
    """Cells over two or three rows."""
    merges = []
    for column, field in enumerate(fields):
        if field in ("part_number", "name", "vendor", "unit", "code", "warehouse") and last - first > 2 and rng.random() < 0.06:
            row = rng.randint(first, last - 2)
            merges.append([row, column, row + rng.choice([1, 2]), column])
    return merges


def existing(rng):
    stock = []
    for pn, vendor, lot in (("KLV32R548", "KELVAR", "CPU-32C"), ("MM64R5", "", "MEM-64"), ("SD3T8E", "", "SSD-3T8"), ("NEW1", "", None), ("OLD7", "", None),
                            ("DUP100", "OSTRUM", "SSD-3T8")):
        if rng.random() < 0.4:
            stock.append({"pn_norm": pn, "vendor_norm": vendor, "lot_code": lot, "qty": rng.choice(["5", "7"]), "unit_cost": rng.choice([None, "10.5", "7"])})
    return [{key: value for key, value in item.items() if value is not None} for item in stock]


def sheet(rng, name, tall):
    fields = columns(rng)
    if tall and rng.random() < 0.4:
        fields.sort(key=lambda field: field in AMOUNTS)
        heading, merges = heading_of(rng, fields)
    else:
        heading, merges = [[label(rng, field) for field in fields]], []
    rows = above(rng)
    merges = [[m[0] + len(rows), m[1], m[2] + len(rows), m[3]] for m in merges]
    rows += heading
    first = len(rows)
    for _ in range(rng.randint(0, 14)):
        kind = rng.random()
        row = good_row(rng, fields) if kind < 0.45 else data_row(rng, fields) if kind < 0.8 else other_row(rng, fields, heading)
        outline = rng.choice([0, 0, 0, 0, 0, 1, 2]) if len(rows) % 2 else 0
        rows.append({"outline": outline, "cells": row} if outline else row)
    merges += vertical_merges(rng, fields, first, len(rows))
    for top, column, bottom, _last in merges[:]:
        for row in range(max(top + 1, first), min(bottom + 1, len(rows))):
            cells = rows[row]["cells"] if isinstance(rows[row], dict) else rows[row]
            if column < len(cells):
                cells[column] = None
    merges.sort()
    return {"name": name, "hidden": rng.random() < 0.03, "summary_below": rng.random() < 0.5, "rows": rows, "merges": merges}


def scene(rng, tall=True):
    """With headings of one to three rows, or of one."""
    sheets = [sheet(rng, "TDSheet", tall)]
    if rng.random() < 0.12:
        sheets += [sheet(rng, name, tall) for name in ("Лист2", "Лист3")[:rng.randint(1, 2)]]
    drawn = params(rng)
    if any(isinstance(row, dict) for given in sheets for row in given["rows"]):
        drawn.pop("duplicates", None)  # rows inside others are decided later
    return {**catalogue(rng), "params": drawn, "today": "2026-02-06", "sheets": sheets, "existing": existing(rng)}
