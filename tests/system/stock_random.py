"""Random stock reports: headings in every spelling and shape, groups, totals, sections and all that people write into cells."""
from stock_heading_model import WORDS

SYNONYMS = WORDS["fields"]
HINTED = ["unit_cost", "total_cost"]
HINTS = ["руб", "руб.", "р.", "₽", "RUB", "USD", "$", "EUR", "€", "CNY", "¥", "юань", "шт", "pcs", "net", "gross", "без НДС", "с НДС", "вкл. НДС",
         "включая НДС", "excl. VAT", "incl. VAT", "with VAT", "without VAT", "за ед.", "за шт."]
PARTS = ["KLV-32R5-48", "klv 32r5 48", "КLV-32R5-48", "MM64-R5", "mm64r5", "ММ64 R5", "MM64-R5 KIT2", "SD3T8-E", "DUP-100", "PWR-CAB", "4711",
         "NEW-1", "NEW-I", "KLV-32RS-48", "MEM-64", "ssd 3t8", "A" * 65, "---", "1.23E+15", "1,5E+7", "12E5", "№ 45-А", "MULTI-7"]
NAMES = ["Процессор KLV-32R5-48, 32 ядра", "Модуль (MM64-R5) 64 ГБ", "Модуль MM64-R5; MM64-R5 KIT2", "KLV-32R5-48 или SD3T8-E", "DUP-100", "Память",
         "Процессоры", "Основной склад", "Удаленный склад", "удалённый  СКЛАД", "MAIN", "remote", "Итого", "Всего лишь кабель", "Общий итог:",
         "Subtotal", "Totally new", "кабель PWR-CAB 5 м", "«SD3T8-E»", "ММ64-R5 память", "MULTI-7 вентилятор", ""]
NUMBERS = ["", "", "0", "1", "2", "7", "12,5", "1 000", "1 234,567", "1,234", "1.234.567", "-3", "(5)", "−2", ">10", "+4", "есть", "—", "- ₽", "шт",
           "0,0004", "12.", "1 2", "15 шт", "999999999999", "1e3"]
COSTS = ["", "", "0", "10", "99,99", "1 250,00 руб.", "$20", "15 EUR", "100 $", "-5", "много", "0.00004", "10000000000", "7 ₽", "— руб", "1,234.50",
         "3 юань", "0,0001"]
DATES = ["05.02.2026", "5.2.26", "2026-01-15", "31.02.2026", "вчера", "", "01.01.70", "04.02.2026 10:30"]
UNITS = ["шт", "шт.", "", "", "упак", "компл.", "м", "пог. м", "пара", "тыс. шт", "кг", "box", "SET", "ea"]
VENDORS = ["", "", "Kelvar", "KELVAR", "ostrum", "Tavrex", "Other", "1C", "---"]


def catalogue(rng):
    entries = [("KLV-32R5-48", "CPU-32C", "Kelvar", None, None), ("MM64-R5", "MEM-64", None, None, None), ("MM64-R5 KIT2", "MEM-64", None, "2", None),
               ("SD3T8-E", "SSD-3T8", None, None, "2.5"), ("DUP-100", "SSD-3T8", "Ostrum", None, None), ("DUP-100", "MEM-64", "Tavrex", None, None),
               ("PWR-CAB", "CAB-PWR", None, None, "100"), ("4711", "SSD-3T8", "1C", None, None), ("4711", "MEM-64", "Other", None, None),
               ("MULTI-7", "FAN-1", "Kelvar", "1.5", "3"), ("MULTI-7", "FAN-1", "Ostrum", None, None)]
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
                                 ("pn_from_name", 0.2, [False]), ("stock_date", 0.2, ["2026-02-01", "2026-02-05"])):
        if rng.random() < chance:
            drawn[name] = rng.choice(values)
    return drawn


# ---- Headings ---------------------------------------------------------------------------------------------------------


def spelled(rng, label):
    """The same label as people write it."""
    label = rng.choice([label, label, label.capitalize(), label.upper(), label.title()])
    if rng.random() < 0.3:
        label = label.replace(" ", rng.choice(["  ", "\n", "\u00a0", ". "]))
    if rng.random() < 0.2:
        label = label.replace("-", rng.choice(["–", "‑", "−"])).replace("е", "ё", 1)
    if rng.random() < 0.3:
        label = rng.choice(["*{}", "{}:", " {} ", "«{}»", "{}.", '"{}"']).format(label)
    return label


def hinted(rng, label, field):
    if rng.random() < (0.5 if field in HINTED else 0.15):
        first, second = rng.choice(HINTS), rng.choice(HINTS)
        label = rng.choice(["{0}, {1}", "{0} ({1})", "{0} {1}", "{0}, {1} {2}", "{0}, {1}, {2}", "{0} ({1}, {2})", "{0}, {1} ({2})"]).format(
            label, first, second)
    if rng.random() < 0.04:
        label += rng.choice([", кг", " всего", " (закупка)", " (закупка, руб)", "!"])
    return label


def label(rng, field):
    if field is None:
        return rng.choice(["№", "Примечание", "Приход", "", "Вес, кг", "Количество мест"])
    return spelled(rng, hinted(rng, rng.choice(SYNONYMS[field]), field))


def columns(rng):
    """Fields from left to right, None for a column of no use."""
    chosen = [field for field, chance in (("part_number", 0.8), ("name", 0.7), ("lot", 0.2), ("code", 0.2), ("vendor", 0.4), ("unit", 0.5),
              ("qty", 0.85), ("free", 0.2), ("reserved", 0.3), ("unit_cost", 0.5), ("total_cost", 0.3), ("currency", 0.3), ("warehouse", 0.15),
              ("received_on", 0.3)) if rng.random() < chance]
    chosen += [rng.choice([None, None, rng.choice(list(SYNONYMS))]) for _ in range(rng.choice([0, 0, 1, 2]))]
    rng.shuffle(chosen)
    return chosen


def one_row(rng, fields):
    return [[label(rng, field) for field in fields]], []


def two_rows(rng, fields):
    """Some labels above, some below, some over two columns."""
    upper, lower, merges = [], [], []
    for column, field in enumerate(fields):
        text = label(rng, field)
        kind = rng.random()
        if kind < 0.45:
            above, below = text, rng.choice(["", "", None])
        elif kind < 0.6:
            above, below = "", text
        elif kind < 0.85:
            above = rng.choice([*WORDS["quantity_group_captions"], "Приход", "Начальный остаток", "Количество", "Остаток, USD", "Сумма с НДС"])
            above, below = spelled(rng, above), text
        else:
            above, _space, below = text.partition(" ")
        upper.append(above)
        lower.append(below)
        if rng.random() < 0.3 and column + 1 < len(fields) and not any(last >= column for _r, _f, last in merges):
            merges.append([0, column, column + rng.choice([0, 1, 1, 1])])
    for _row, first, last in merges:
        for column in range(first + 1, last + 1):
            if rng.random() < 0.9 and column < len(upper):
                upper[column] = ""
    return [upper, lower], merges


def above(rng):
    rows = []
    for _ in range(rng.choice([0, 0, 1, 2, 3])):
        rows.append([rng.choice(["Остатки товаров", "Период: 01.02.2026 - 04.02.2026", "на 03.02.26", "Отчёт сформирован 09.02.2026", "", "Склад: MAIN",
                                 "Дата печати: 08.02.2026", "Остатки на 2026-01-31", "31.02.2026", "версия 10.20.30.2026", "на 4.2.2026, 1С 8.3.27",
                                 "релиз 3.0.150.22", "Количество", "Номенклатура"]) for _ in range(rng.randint(1, 2))])
    return rows


# ---- Rows -------------------------------------------------------------------------------------------------------------


def number_cell(rng, values, pads=False):
    cell = {"n": rng.choice(values)}
    if pads and rng.random() < 0.4:
        cell["fmt"] = rng.choice(["0", "000", "0000000", "0.00", "General"])
    return cell


def value(rng, field):
    """What stands in a cell of this column."""
    if field in ("part_number", "lot", "code"):
        if rng.random() < 0.15:
            return number_cell(rng, ["4711", "45", "90.75", "123456789012345", "1234567890123456", "1e+21", "1.5E3", "-5", "0.5E-3"], True)
        if rng.random() < 0.02:
            return {"d": "2026-12-05"}
        return rng.choice(PARTS + [""] * 6)
    if field in ("qty", "free", "reserved"):
        if rng.random() < 0.6:
            return number_cell(rng, ["0", "1", "2", "7", "100", "12.300000000000001", "2.0005", "-1", "1E2", "999999999999.999", "1000000000000"] + ["5"] * 12)
        return rng.choice(NUMBERS)
    if field in ("unit_cost", "total_cost"):
        if rng.random() < 0.5:
            return number_cell(rng, ["100", "99.99", "0", "0.30000000000000004", "-1", "33.3333", "1234567.89", "9999999999.9999", "1E-5"])
        return rng.choice(COSTS)
    if field == "received_on":
        return rng.choice([{"n": "46037"}, {"n": "60"}, {"n": "46037.75"}, {"d": "2026-02-05T11:00:00"}, {"d": "11:00:00"}, *DATES])
    if field == "unit":
        return rng.choice([{"n": "796"}, {"n": "6", "fmt": "000"}, {"n": "6"}, *UNITS * 2])
    pool = {"vendor": VENDORS, "name": NAMES, "currency": ["", "", "USD", "usd", "руб.", "EUR", "€", "JPY", "GBP", "тугрик", "RUB"],
            "warehouse": ["", "", "", "MAIN", "основной склад", "REMOTE", "Нигде"]}.get(field, ["x", "", "1", None])
    return rng.choice(pool)


def data_row(rng, fields):
    return [value(rng, field) if rng.random() < 0.93 else rng.choice([None, "", " "]) for field in fields]


def good_row(rng, fields):
    """One that is taken: most of a real report."""
    good = {"part_number": ["KLV-32R5-48", "MM64-R5", "mm64 r5", "SD3T8-E", "NEW-1", "NEW-2", "NEW-3"], "qty": [{"n": "5"}, "7", "1 000"], "free": [{"n": "3"}],
            "unit": ["шт", ""], "name": ["Процессор KLV-32R5-48", "Модуль MM64-R5", "Модуль MM64-R5 64 ГБ"], "unit_cost": [{"n": "10.5"}, "7"],
            "total_cost": [{"n": "100"}], "lot": ["", "MEM-64"], "code": [{"n": "4711"}, "NEW-9"], "reserved": ["", {"n": "1"}], "vendor": ["", "Kelvar"],
            "currency": ["", "USD"], "received_on": [{"d": "2026-01-01"}, "05.01.2026"], "warehouse": ["", "MAIN"]}
    return [rng.choice(good.get(field, [""])) for field in fields]


def other_row(rng, fields, heading):
    """A group, a section, a total, the heading again, column numbers, nothing."""
    kind = rng.randrange(6)
    if kind == 0:
        return [rng.choice(["", "", "", number_cell(rng, ["7", "10"])]) if field != "name" else rng.choice(NAMES) for field in fields]
    if kind == 1:
        return ["" if i else rng.choice(NAMES) for i in range(len(fields))]
    if kind == 2:
        return [rng.choice(["Итого", "ИТОГО:", "Всего", "Total", "Общий итог", "Итоговый"])] + [rng.choice(["", number_cell(rng, ["7"])]) for _ in fields[1:]]
    if kind == 3:
        return list(rng.choice(heading))
    if kind == 4:
        return [rng.choice([str(i + 1), {"n": str(i + 1)}]) for i in range(len(fields))]
    return [rng.choice(["", " ", None]) for _ in fields]


def existing(rng):
    stock = []
    for pn, vendor, lot in (("KLV32R548", "KELVAR", "CPU-32C"), ("MM64R5", "", "MEM-64"), ("SD3T8E", "", "SSD-3T8"), ("NEW1", "", None), ("OLD7", "", None)):
        if rng.random() < 0.4:
            stock.append({"pn_norm": pn, "vendor_norm": vendor, "lot_code": lot, "qty": rng.choice(["5", "7"]), "unit_cost": rng.choice([None, "10.5", "7"])})
    return [{key: value for key, value in item.items() if value is not None} for item in stock]


def scene(rng):
    fields = columns(rng)
    heading, merges = two_rows(rng, fields) if rng.random() < 0.4 else one_row(rng, fields)
    rows = above(rng)
    merges = [[len(rows), first, last] for _row, first, last in merges]
    rows += heading
    for _ in range(rng.randint(0, 14)):
        kind = rng.random()
        row = good_row(rng, fields) if kind < 0.45 else data_row(rng, fields) if kind < 0.8 else other_row(rng, fields, heading)
        outline = rng.choice([0, 0, 0, 1, 2])
        rows.append({"outline": outline, "cells": row} if outline else row)
    return {**catalogue(rng), "params": params(rng), "today": "2026-02-06", "grid": rows, "merges": merges, "existing": existing(rng)}


