"""Random price lists: headings of every shape, prices and words as people write them, and what happens to a party's quotes from list to list."""
from datetime import date

from stock_words_model import WORDS

TODAY = "2025-04-14"
FIELDS = {**WORDS["fields"], **WORDS["quote_fields"]}
PLAIN, NAMED = ["Цена", "Цена", "Прайс", "Price"], ["Опт", "Дилер", "Розница", "РРЦ", "Закупка", "Партнер", "Dealer price", "List price", "MSRP", "Спеццена"]
COINS = ["", "", "", ", руб.", ", USD", " (EUR)", " руб", ", у.е.", " $", ", евро", ", ₽"]
VATS = ["", "", "", " без НДС", " с НДС 20%", ", вкл. НДС", " (с НДС 10%)", ", excl. VAT"]
PERS = ["", "", "", "", "", "", " за 1000 шт", " за уп.", "/шт", " за 100", ", за м", " per 10 pcs", ", руб./уп"]
TIERS = ["от {n}", "от {n} шт", "{n}+", "{n}-{m}", "≥ {n}", "{n} и более", "from {n}", "{n} or more", "от {n} до {m}", "от {n} уп", "{n}+ шт", "от {k} тыс. шт"]
ODD = ["от {n} бобин", "от {n} 000 руб", "от {n} тыс. руб.", "от {n}k"]
ABOVE = ["ООО «Вентара»", "Прайс-лист", "Цены в рублях с НДС 20%", "Цены в долларах США", "Prices in EUR", "Все цены указаны в евро без НДС", "Цены в у.е.",
         "Курс USD 85,00", "Цены без НДС", "ООО «ЕвроВент», прайс", "Цены в USD или EUR", "Прайс на рубероид", "Валюта документа", "Цены с учётом НДС", "Цены в $",
         "Цены: евро", "Валюта: руб.", "Список цен, доллары", "Prices incl. VAT", "Цены без учета НДС, в рублях", "Цена, ₽"]
DATED = ["Прайс-лист от {d}", "Цены на {d}", "Прайс-лист от {w}", "Сформировано {d}", "Курс ЦБ на {d}", "Цены действительны до {u}", "Срок действия до {u}",
         "Цены действуют с {d} по {u}", "к договору № 5 от {d}", "Valid until {e}", "Price list {d}", "as of {d}", "{d} - {u}", "Прайс от {d}, действителен до {u}"]
PARTS = ["FN120-PWM", "fn120 pwm", "PS550-G", "РS550-G", "WR6-UTP", "SC-M3X8", "ME16-D5", "ME16-D5K2", "DX-77", "ME16-D5", "SC-M3X8", "NEW-1", "NEW-2",
         "V-20417", "1,2E+15", "-", "б/н", "FAN-120"]
CODES = ["V-20417", "V-20418", "V-20999", "V-30000", "PS550-G", "7001", "-", ""]
NAMES = ["Вентилятор", "Память ME16-D5", "Кабель WR6-UTP, бухта", "Блок PS550-G или ME16-D5", "Винт", "", "Корпус", "Кулер FN120-PWM"]
GROUPS = ["Вентиляторы", "Блоки питания", "Группа: память", "Акция месяца"]
TEXT_PRICES = ["5 490,50", "690,00", "1 250,00 руб./шт с НДС", "250 р./уп", "7 900 руб. с НДС", "55 €", "€58.00", "$12", "575 без НДС", "4 100,00 руб. вкл. НДС 10%",
               "8,1 у.е.", "690", "12,5 USD", "1900/1000 шт", "от 690", "~700", "договор", "-5", "7900,12345", "0,00001", "690 шт", "99999999999", "5,490", "4,100.00", "1,250"]
WORDS_OF_NONE = ["по запросу", "звоните", "-", "договорная", "call", "0", "нет", "", ""]
FORMATS = ["", "", "", '#,##0.00"р."', "[$€-407] #,##0.00", "[$$-409]#,##0.00", "#,##0.00", '#,##0.00\\ "₽"']
QUANTITIES = ["много", "в наличии", "нет", "> 10", "10+", "+", "++", "под заказ", "", "-3", "12", "1 500", "5 шт", "2,5"]
UNITS = ["шт", "шт.", "шт", "уп", "упак", "тыс. шт", "м", "компл.", "пара", "бухта", "", "", "", ""]


def number(rng):
    value = rng.choice(["690", "5490", "4100", "2", "25", "8.1", "700", "650", "600", "41000", "0.3", "0.02", "3450"])
    return {"n": value, **({"fmt": fmt} if (fmt := rng.choice(FORMATS)) else {})}


def day(rng):
    return rng.choice([date(2025, 4, 1), date(2025, 4, 7), date(2025, 4, 10), date(2025, 4, 14), date(2025, 4, 15), date(2025, 6, 1), date(2025, 3, 3)])


def dated(rng, text):
    months = ["", "января", "февраля", "марта", "апреля", "мая", "июня"]
    english = ["", "January", "February", "March", "April", "May", "June"]
    first, until = day(rng), rng.choice([date(2025, 4, 30), date(2025, 5, 15), date(2025, 4, 5), date(2025, 6, 30)])
    return text.format(d=f"{first:%d.%m.%Y}", w=f"{first.day} {months[first.month]} {first.year} г.", u=f"{until:%d.%m.%Y}",
                       e=f"{english[until.month]} {until.day}, {until.year}")


# ---- Headings ---------------------------------------------------------------------------------------------------------


def tiers(rng, count, odd=0.05):
    least, texts = rng.choice([1, 1, 5, 10]), []
    for _ in range(count):
        spelled = rng.choice(ODD if rng.random() < odd else TIERS)
        texts.append(spelled.format(n=least, m=least * 10 - 1, k=least))
        least *= rng.choice([5, 10])
    return texts


def price_columns(rng):
    """(upper caption or None, lower captions or None) of the price columns: [(text, text)] of one row, or a merged caption over several."""
    base, tail = rng.choice(PLAIN + PLAIN + NAMED), rng.choice(COINS) + rng.choice(VATS)
    shape = rng.choices(["one", "tiers", "plain and tiers", "merged", "numbers", "vat", "coins", "several", "numbered", "half", "bare tiers"],
                        [9, 4, 4, 3, 2, 2, 1.5, 1, 0.4, 0.5, 1])[0]
    per = rng.choice(PERS)
    if shape == "one":
        return None, [base + per + tail], shape
    if shape in ("tiers", "plain and tiers", "bare tiers"):
        spelled = tiers(rng, rng.choice([2, 2, 3]))
        bases = [base] * len(spelled) if rng.random() < 0.8 else [rng.choice(NAMED + [base]) for _ in spelled]
        joints = [" ", ", ", " "] if not per[-3:].isdigit() or tail else [", "]
        captions = [tier if shape == "bare tiers" else bases[at] + per + tail + rng.choice(joints) + tier for at, tier in enumerate(spelled)]
        return None, ([rng.choice([base, base, "Цена"]) + per + tail] if shape != "tiers" else []) + captions, shape
    if shape == "merged":
        return base + per + tail, tiers(rng, rng.choice([2, 3])), shape
    if shape == "numbers":
        return base + per + tail, rng.choice([[1, 10, 100], [1, 10], [5, 50, 500], [1, 2, 3], [10, 5]]), shape
    if shape == "vat":
        return None, rng.sample([base + " без НДС", base + " с НДС 20%"] if rng.random() < 0.7 else [base, base + ", вкл. НДС"], 2), shape
    if shape == "coins":
        return None, rng.sample([base + ", USD", base + rng.choice([", руб.", "", ", EUR"])], 2), shape
    if shape == "several":
        return None, rng.sample(PLAIN[1:] + NAMED, rng.choice([2, 3])), shape
    if shape == "numbered":
        return None, [f"{base} {n}" for n in (1, 2, 3)], shape
    return base + tail, ["", ""], shape


def caption(rng, field):
    words = FIELDS[field]
    word = rng.choice(words[:4] if rng.random() < 0.7 else words)
    if field in ("qty", "free", "min_qty") and rng.random() < 0.15:
        word += rng.choice([", шт", ", уп", " (тыс. шт)"])
    return rng.choice([word, word.capitalize(), word.capitalize(), word.upper()])


def columns(rng):
    """[(field, upper, lower, merged with the one before)] from left to right."""
    identity = rng.choice([["part_number"], ["part_number", "name"], ["part_number", "name"], ["name", "part_number"], ["code", "name"], ["lot", "part_number"],
                           ["code", "part_number", "name"], ["name"], ["part_number", "vendor"]])
    extra = [field for field, chance in (("unit", 0.3), ("qty", 0.4), ("free", 0.15), ("reserved", 0.1), ("min_qty", 0.2), ("pack_qty", 0.2), ("currency", 0.15),
                                         ("old", 0.12), ("discount", 0.08), ("order", 0.08), ("odd", 0.08), ("sum", 0.06)) if rng.random() < chance]
    upper, lower, shape = price_columns(rng)
    prices = [("price", upper, text, at > 0) for at, text in enumerate(lower)]
    rest = [(field, None, named(rng, field), False) for field in extra]
    rng.shuffle(rest)
    cut = rng.randint(0, len(rest))
    return [(field, None, caption(rng, field), False) for field in identity] + rest[:cut] + prices + rest[cut:], shape


def named(rng, field):
    others = {"old": ["Старая цена", "Цена без скидки", "Old price"], "discount": ["Скидка, %", "Discount", "НДС"], "order": ["Заказ", "Ваш заказ", "Order"],
              "odd": ["Примечание", "Гарантия", "Вес, кг", "Цена, тыс. руб.", "от 3 бобин"], "sum": ["Сумма", "Total", "Сумма заказа"]}
    return rng.choice(others[field]) if field in others else caption(rng, field)


def heading(rng, drawn, shape, row):
    """(rows, merges) of the heading that begins in a row."""
    upper = next((up for field, up, _low, _on in drawn if up), None)
    if upper is None:
        over = rng.random() < 0.06
        if not over:
            return [[low for _field, _up, low, _on in drawn]], []
        first = next(at for at, (field, *_rest) in enumerate(drawn) if field == "price")
        top = [low if at != first else "Филиал Речной" for at, (_f, _u, low, _o) in enumerate(drawn)]
        below = [low if at == first else None for at, (_f, _u, low, _o) in enumerate(drawn)]
        return [top, below], [[row, at, row + 1, at] for at in range(len(drawn)) if at != first]
    places = [at for at, (field, *_rest) in enumerate(drawn) if field == "price"]
    top = [low if field != "price" else (upper if at == places[0] else None if shape != "half" else "") for at, (field, _up, low, _on) in enumerate(drawn)]
    merged = rng.random() < 0.8
    merges = [[row, places[0], row, places[-1]]] if merged and len(places) > 1 else []
    if shape == "half":
        return [top], [[row, places[0], row, places[-1]]]
    below = [None if at not in places else ({"n": str(drawn[at][2])} if shape == "numbers" else drawn[at][2]) for at in range(len(drawn))]
    if merged:
        merges += [[row, at, row + 1, at] for at in range(len(drawn)) if at not in places]
    return [top, below], merges


# ---- Rows -------------------------------------------------------------------------------------------------------------


def price(rng):
    kind = rng.random()
    if kind < 0.66:
        return number(rng)
    if kind < 0.86:
        return rng.choice(TEXT_PRICES)
    if kind < 0.96:
        return rng.choice(WORDS_OF_NONE)
    return rng.choice([{"f": True}, {"e": "#N/A"}, {"d": "2025-04-01"}, {"n": "0"}, {"n": "-5"}, {"n": "0.12345"}, {"n": "0.00001"}])


def cell(rng, field):
    if field == "price":
        return price(rng)
    if field == "part_number" and rng.random() < 0.25:
        return f"ZV-{rng.randint(0, 40):03}"
    if field in ("part_number", "lot"):
        return rng.choice(PARTS if field == "part_number" else ["FAN-120", "PSU-550", "", "", "NEW-9", "MEM-16"])
    if field == "code":
        return rng.choice(CODES)
    if field == "name":
        return rng.choice(NAMES)
    if field == "vendor":
        return rng.choice(["", "Aldra", "Morven", "Other"])
    if field == "unit":
        return rng.choice(UNITS)
    if field == "currency":
        return rng.choice(["руб.", "USD", "EUR", "", "", "у.е.", "бобры", "евро"])
    if field in ("qty", "free", "reserved"):
        return rng.choice(QUANTITIES) if rng.random() < 0.6 else {"n": rng.choice(["0", "1", "5", "40", "305", "2.5"])}
    if field in ("min_qty", "pack_qty"):
        return rng.choice(["", "", {"n": "2"}, {"n": "10"}, {"n": "500"}, "5", {"n": "0"}, "нет", {"n": "0.5"}])
    return rng.choice(["", "5", {"n": "10"}, "текст"])


def rows(rng, drawn, head):
    made = []
    for _ in range(rng.choice([1, 3, 6, 10, 14, 14, 40])):
        kind = rng.random()
        if kind < 0.07:
            at = rng.choice([0, next((n for n, (field, *_r) in enumerate(drawn) if field == "name"), 0)])
            made.append([rng.choice(GROUPS) if n == at else None for n in range(len(drawn))])
        elif kind < 0.10:
            made.append([rng.choice(["Итого", "Всего:", "Total"])] + [rng.choice([None, {"n": "50"}]) for _ in drawn[1:]])
        elif kind < 0.12 and len(head) == 1 and "" not in head[0] and len(made) != 1:
            made.append(list(head[0]) if rng.random() < 0.6 or not made else rng.sample(head[0], len(head[0])))
        else:
            row = [cell(rng, field) for field, *_rest in drawn]
            made.append({"outline": 1, "cells": row} if rng.random() < 0.04 else row)
    return made


def sheet(rng, name="Лист1"):
    above = [[rng.choice(ABOVE)] for _ in range(rng.choice([0, 0, 1, 2]))] + [[dated(rng, rng.choice(DATED))] for _ in range(rng.choice([0, 0, 1, 2]))]
    if rng.random() < 0.06:
        above.append(rng.choice([["Дата:", {"d": "2025-04-03"}], ["Валюта:", "USD"], ["Валюта", "руб."]]))
    rng.shuffle(above)
    drawn, shape = columns(rng)
    head, merges = heading(rng, drawn, shape, len(above))
    return {"name": name, "summary_below": False, "merges": merges, "rows": above + head + rows(rng, drawn, head)}, drawn


def params(rng, drawn):
    made = {"party": "SUP-01", "max_reject_pct": rng.choice([100, 100, 100, 50, 80])}
    for name, chance, values in (("currency", 0.25, ["USD", "EUR", "RUB"]), ("vat_included", 0.25, [True, False]), ("vat_rate", 0.1, ["20", "0"]),
                                 ("min_qty", 0.1, ["3", "0.5"]), ("number_locale", 0.08, ["en"]), ("pn_from_name", 0.1, [False]),
                                 ("duplicates", 0.4, ["min", "last"]), ("supersede", 0.4, [True, "all"]), ("force", 0.35, [True]),
                                 ("quoted_on", 0.3, ["2025-04-10", "2025-04-12", "2025-04-14", "2025-04-01"]), ("valid_until", 0.1, ["2025-04-30"]),
                                 ("dry_run", 0.05, [True]), ("kind", 0.1, ["competitor"])):
        if rng.random() < chance:
            made[name] = rng.choice(values)
    if made.get("kind"):
        made["party"] = "CMP-07"
    prices = [(at, low) for at, (field, _up, low, _on) in enumerate(drawn) if field == "price"]
    if rng.random() < 0.2:
        picked = rng.sample(prices, rng.choice([1, len(prices)]))
        names = [chr(65 + at) if rng.random() < 0.6 or not isinstance(low, str) or not low else low for at, low in sorted(picked, key=lambda pair: pair[0])]
        made["price"] = rng.choice(["; ", ";"]).join(names)
    return made


def scene(rng, shared):
    first, drawn = sheet(rng)
    sheets, asked = [first], params(rng, drawn)
    if rng.random() < 0.07:
        sheets.append(sheet(rng, "Память")[0])
        asked.update(rng.choice([{}, {"sheet": "*"}, {"sheet": "*"}, {"sheet": "Память"}]))
        asked.pop("price", None)
    return {**shared, "params": asked, "today": TODAY, "sheets": sheets}


def again(rng, before):
    """The list of before, corrected here and there: other prices, rows gone, another day."""
    sheets = [{**one, "rows": [dict(row) if isinstance(row, dict) else list(row) for row in one["rows"]]} for one in before["sheets"]]
    changed = {**before, "params": dict(before["params"]), "sheets": sheets}
    rows_of = changed["sheets"][0]["rows"]
    for _ in range(rng.choice([0, 1, 1, 3])):
        row = rng.choice(rows_of)
        cells = row["cells"] if isinstance(row, dict) else row
        numbers = [at for at, value in enumerate(cells) if isinstance(value, dict) and "n" in value]
        if numbers:
            at = rng.choice(numbers)
            cells[at] = {**cells[at], "n": rng.choice(["690", "5490", "700", "1", "9", "4100"])}
    if rng.random() < 0.15:
        changed["params"]["currency"] = rng.choice(["USD", "RUB"])
    if rng.random() < 0.12:
        for sheet_row in rows_of:
            cells = sheet_row["cells"] if isinstance(sheet_row, dict) else sheet_row
            cells[:] = [{**value, "n": value["n"] + "00"} if isinstance(value, dict) and value.get("n", "").isdigit() else value for value in cells]
    if rng.random() < 0.1:
        del rows_of[len(rows_of) // 3:]
        changed["params"].update(supersede="all", force=False)
    if rng.random() < 0.3:
        changed["params"]["supersede"] = rng.choice([True, "all"])
    if rng.random() < 0.3:
        changed["params"]["quoted_on"] = rng.choice(["2025-04-14", "2025-04-15", "2025-04-12"])
    return changed
