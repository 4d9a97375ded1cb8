"""Random stock reports as programs and people make them, with what is really in stock: sections, groups told by outline levels, by their sums or
by nothing, totals, warehouses side by side, several sheets, Russian and English."""
from fractions import Fraction

PLACES = [("MAIN", "Центральный склад"), ("NORTH", "Северный склад"), ("SHOP", "Магазин на площади")]
UNNAMED = ["Склад брака", "Склад № 7", "Warehouse annex"]
KNOWN = [("BX-0810-ZN", "Болт М8х10", "шт"), ("PM40-220", "Насос 40", "шт"), ("CB3X15-R", "Кабель 3х1,5", "м"), ("FA-7714", "Фильтр", "шт"),
         ("LE27-9W", "Лампа 9 Вт", "шт"), ("KS-108", "Набор ключей", "компл"), ("DU-5500", "Дюза", "шт")]
NEW = [(f"{letters}-{number}", f"{noun} {letters.lower()}", "шт") for letters, number, noun in
       (("QZ", 115, "Кронштейн"), ("HR", 2207, "Держатель"), ("WT", 90, "Весы"), ("ZX", 41, "Заглушка"), ("VM", 3003, "Модуль"), ("KP", 8, "Клапан"))]
GROUPS = ["Крепёж", "Насосы", "Свет и лампы", "Кабель", "А-100 Метизы", "Прочее", "Группа: Вода", "Tools", "Всё для дома", "Раздел 2"]
WORDS_OF = {
    "ru": {"part_number": ["Артикул", "Парт-номер", "Каталожный номер"], "name": ["Номенклатура", "Наименование", "Товар"], "unit": ["Ед. изм.", "Ед.", "Единица измерения"],
           "qty": ["Количество", "Кол-во", "Остаток", "Конечный остаток"], "unit_cost": ["Цена закупки", "Себестоимость", "Цена, руб."],
           "total_cost": ["Сумма", "Стоимость"], "warehouse": ["Склад"], "total": ["Итого", "Всего", "Итого:", "Общий итог"]},
    "en": {"part_number": ["Part number", "P/N", "SKU"], "name": ["Name", "Description", "Item"], "unit": ["UoM", "Unit"],
           "qty": ["Qty", "Quantity", "On hand", "In stock"], "unit_cost": ["Unit cost", "Purchase price"], "total_cost": ["Amount", "Value"],
           "warehouse": ["Warehouse", "Location"], "total": ["Total", "Grand total", "Total:"]}}


def catalogue():
    units = {"CABLE-3": "m", "KEYSET": "set"}
    lots = ["BOLT-M8", "PUMP-40", "CABLE-3", "FILTER-A", "LAMP-9", "KEYSET"]
    entries = [("BX-0810-ZN", "BOLT-M8"), ("PM40-220", "PUMP-40"), ("CB3X15-R", "CABLE-3"), ("FA-7714", "FILTER-A"), ("LE27-9W", "LAMP-9"), ("KS-108", "KEYSET")]
    return {"warehouses": [{"code": code, "name": name} for code, name in PLACES], "rates": [],
            "components": [{"lot_code": lot, "unit": units.get(lot, "pcs")} for lot in lots],
            "part_numbers": [{"part_number": pn, "lot_code": lot} for pn, lot in entries]}


class Report:
    """One sheet under way."""

    def __init__(self, rng, how=None):
        self.rng = rng
        draw = {"words": rng.choice(["ru", "ru", "en"]), "places": rng.choice(["none", "none", "none", "sections", "column", "over"]),
                "groups": rng.choice(["none", "outline", "outline", "sums", "sums", "texts"]), "below": rng.random() < 0.4,
                "caption_in": rng.choice(["name", "part_number"]), "depth": rng.choice([1, 1, 2, 3]), "unit": rng.random() < 0.4,
                "cost": rng.choice([None, None, "unit_cost", "total_cost"]), "name": rng.random() < 0.85, "total": rng.choice(["word", "word", "word", "bare", "none"]),
                "subtotals": rng.random() < 0.15, "texts": rng.random() < 0.2, "details": rng.random() < 0.15, "title": rng.choice([0, 0, 1, 2, 3]),
                "numbers": rng.random() < 0.1, "repeat": rng.random() < 0.1, "first": rng.random() < 0.2, "unnamed": rng.random() < 0.1}
        self.how = {**draw, **(how or {})}
        if self.how["groups"] == "none" or (self.how["caption_in"] == "name" and not self.how["name"]):
            self.how["caption_in"] = "part_number"
        self.fields = [field for field in ("part_number", "name", "unit", "warehouse", "qty", self.how["cost"]) if field and self.wanted(field)]
        if rng.random() < 0.3:
            rng.shuffle(self.fields)
        self.rows, self.merges, self.heading = [], [], []
        self.stock = {}   # warehouse: quantity
        self.total = Fraction(0)
        self.refused = Fraction(0)

    def wanted(self, field):
        if field in ("name", "unit"):
            return self.how[field]
        return field != "warehouse" or self.how["places"] == "column"

    def word(self, field):
        return self.rng.choice(WORDS_OF[self.how["words"]][field])

    # -- cells --

    def amount(self, value):
        """A quantity as the report prints it."""
        plain = f"{float(value):.3f}".rstrip("0").rstrip(".")
        if not self.how["texts"]:
            return {"n": plain}
        whole, _dot, rest = f"{float(value):.3f}".partition(".")
        sign, whole = ("-", whole[1:]) if whole[0] == "-" else ("", whole)
        groups = []
        while whole:
            groups.insert(0, whole[-3:])
            whole = whole[:-3]
        return sign + "\u00a0".join(groups) + "," + rest

    def put(self, outline=0, **cells):
        row = [None] * (len(self.fields) + self.how["first"])
        for field, cell in cells.items():
            if field in self.fields:
                row[self.fields.index(field) + self.how["first"]] = cell
        self.rows.append({"outline": outline, "cells": row} if outline else row)
        return row

    def quantities(self, by_place):
        """The quantity cell, or one for each warehouse side by side."""
        return {"qty": self.amount(sum(by_place.values(), Fraction(0)))}

    # -- rows --

    def head(self):
        titles = [[self.rng.choice(["Остатки товаров", "Ведомость по складу", "Stock report", "Отчёт сформирован 02.02.2026", "Отбор: все"])]
                  for _ in range(self.how["title"])]
        self.rows += titles
        labels = [None] * self.how["first"] + [self.word(field) for field in self.fields]
        if self.how["first"]:
            labels[0] = "№"
        at = len(self.rows)
        if self.how["places"] == "over":
            column = self.fields.index("qty") + self.how["first"]
            upper = [label if i != column else PLACES[0][1] for i, label in enumerate(labels)]
            lower = [label if i == column else None for i, label in enumerate(labels)]
            self.merges += [[at, i, at + 1, i] for i in range(len(labels)) if i != column]
            self.heading = [upper, lower]
        else:
            self.heading = [labels]
        self.rows += [list(row) for row in self.heading]
        if self.how["numbers"] and len(labels) >= 3:
            self.rows.append([{"n": str(i + 1)} for i in range(len(labels))])

    def item(self, place, outline):
        pn, name, unit = self.rng.choice(KNOWN + NEW)
        qty = Fraction(self.rng.choice([1, 2, 3, 5, 7, 12, 40, 150, 1000]))
        if unit == "м":
            qty += Fraction(self.rng.choice([0, 1, 2]), 4)
        cost = {"unit_cost": {"n": "10"}, "total_cost": {"n": str(float(qty * 10))}}
        row = self.put(outline, part_number=pn, name=name, unit=unit, qty=self.amount(qty), warehouse=dict(PLACES).get(place), **cost)
        if self.how["first"]:
            row[0] = {"n": str(len(self.rows))}
        self.stock[place] = self.stock.get(place, 0) + qty
        self.total += qty
        if self.how["details"] and self.how["groups"] == "outline" and not self.how["below"] and qty > 3:
            for part in (qty - 2, Fraction(2)):
                self.put(outline + 1, **{self.how["caption_in"]: self.rng.choice(["Партия от 01.02.2026", "Приход без номера"]), "qty": self.amount(part)})
        return qty

    def group(self, place, depth, outline):
        """A group with its rows; its quantity."""
        kind = self.how["groups"]
        deeper = outline + 1 if kind == "outline" else outline
        at = len(self.rows)
        qty = sum(self.group(place, depth - 1, deeper) if depth > 1 else self.item(place, deeper)
                  for _ in range(self.rng.choice([1, 2, 2, 3]) if depth > 1 else self.rng.choice([1, 2, 3, 5])))
        below = kind == "outline" and self.how["below"]
        rows, self.rows = self.rows[at:], self.rows[:at]
        self.rows += rows if below else []
        cells = {self.how["caption_in"]: self.rng.choice(GROUPS)}
        if kind != "texts":
            cells["qty"] = self.amount(qty)
        self.put(outline, **cells)
        self.rows += [] if below else rows
        if self.how["subtotals"] and kind != "outline":
            self.put(0, **{self.how["caption_in"]: self.word("total") + " по группе", "qty": self.amount(qty)})
        if self.how["repeat"] and self.rng.random() < 0.3 and kind != "outline" and self.rows[-1] != self.heading[-1]:
            self.rows += [list(row) for row in self.heading]
        return qty

    def body(self, place, outline=0):
        if self.how["groups"] == "none":
            return sum((self.item(place, outline) for _ in range(self.rng.randint(1, 8))), Fraction(0))
        return sum((self.group(place, self.how["depth"], outline) for _ in range(self.rng.choice([1, 2, 3]))), Fraction(0))

    def sections(self):
        places = self.rng.sample(PLACES, self.rng.choice([1, 2, 3]))
        places += [("?", self.rng.choice(UNNAMED))] if self.how["unnamed"] else []
        for code, name in places:
            at = len(self.rows)
            outline = 1 if self.how["groups"] == "outline" else 0
            qty = self.body(code, outline)
            rows, self.rows = self.rows[at:], self.rows[:at]
            self.put(0, **{self.how["caption_in"]: name, "qty": self.amount(qty)})
            self.rows += rows

    def end(self):
        if self.how["total"] == "bare":
            self.put(0, qty=self.amount(self.total))
        elif self.how["total"] == "word":
            field = self.rng.choice([field for field in self.fields if field in ("part_number", "name")])
            row = self.put(0, qty=self.amount(self.total))
            row[0 if self.how["first"] and self.rng.random() < 0.5 else self.fields.index(field) + self.how["first"]] = self.word("total")

    def make(self):
        self.head()
        if self.how["places"] == "sections":
            self.how["below"] = False
            self.sections()
        elif self.how["places"] == "column":
            for code, _name in self.rng.sample(PLACES, self.rng.choice([1, 2])):
                self.body(code)
        else:
            self.body("MAIN")
        self.end()
        return {"rows": self.rows, "merges": self.merges, "summary_below": self.how["groups"] == "outline" and self.how["below"]}


def side_by_side(rng):
    """Warehouses in columns, with or without a sum of all, two or three rows of heading."""
    places = rng.sample(PLACES, rng.choice([2, 3])) + ([("?", "Итого")] if rng.random() < 0.6 else [])
    under = rng.choice([["Количество"], ["Количество", "Сумма"], ["Начальный остаток", "Приход", "Расход", "Конечный остаток"]])
    upper, lower, merges = ["Артикул", "Номенклатура"], [None, None], [[0, 0, 1, 0], [0, 1, 1, 1]]
    for _code, name in places:
        merges += [[0, len(upper), 0, len(upper) + len(under) - 1]] if len(under) > 1 else []
        upper += [name] + [None] * (len(under) - 1)
        lower += under
    merges = merges if rng.random() < 0.7 else []
    rows, stock = [upper, lower], {}
    totals = {code: [Fraction(0)] * len(under) for code, _name in places}
    for pn, name, _unit in rng.sample(KNOWN + NEW, rng.randint(1, 6)):
        row, of_all = [pn, name], [Fraction(0)] * len(under)
        for code, _name in places:
            cells = of_all if code == "?" else amounts(rng, len(under))
            row += [{"n": str(cell)} for cell in cells]
            totals[code] = [before + cell for before, cell in zip(totals[code], cells)]
            if code != "?":
                of_all = [before + cell for before, cell in zip(of_all, cells)]
        rows.append(row)
    quantity = 3 if len(under) == 4 else 0
    for code, _name in places:
        stock[code] = totals[code][quantity]
    rows.append(["Итого", None] + [{"n": str(cell)} for code, _name in places for cell in totals[code]])
    return {"rows": rows, "merges": merges}, stock


def amounts(rng, n):
    if n < 4:
        qty = rng.choice([0, 1, 4, 9])
        return [Fraction(qty), Fraction(qty * 10)][:n]
    before, come, gone = rng.choice([5, 9]), rng.choice([0, 3]), rng.choice([0, 2])
    return [Fraction(number) for number in (before, come, gone, before + come - gone)]


def scene(rng, how=None, **params):
    """(scene, what the asked warehouse really has, or None when the file does not say). `how` fixes what would be drawn."""
    wanted = rng.choice(["MAIN", "MAIN", "MAIN", "NORTH"])
    made, stock = [], Fraction(0)
    for name in ["TDSheet", "Лист2", "Лист3"][:rng.choice([1, 1, 1, 1, 2, 3])]:
        if (how or {}).get("places", None) == "side" or rng.random() < 0.1:
            sheet, of_places = side_by_side(rng)
        else:
            report = Report(rng, how)
            sheet, of_places = report.make(), report.stock
            if report.how["places"] in ("none", "over"):
                of_places = {wanted if report.how["places"] == "none" else "MAIN": report.total}
        made.append({"name": name, "hidden": False, "summary_below": False, **sheet})
        stock += of_places.get(wanted, Fraction(0))
    drawn = {"warehouse": wanted, **({"sheet": "*"} if len(made) > 1 and rng.random() < 0.7 else {}), **params}
    return {**catalogue(), "params": drawn, "today": "2026-02-06", "existing": [], "sheets": made}, stock
