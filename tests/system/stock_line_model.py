"""One data row of a stock report once more, written from the rules alone: the catalogue, the identity of a row, and all its faults."""
import re
from datetime import date
from fractions import Fraction

import values_model
from pricing_model import rounded
from stock_cells_model import Number, cell_date, cell_text, filled, kind, unit_of
from stock_words_model import CURRENCIES, normal

MONTHS = "янв|фев|мар|апр|май|мая|июн|июл|авг|сен|окт|ноя|дек|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"


def norm(text):
    return values_model.part_number({"text": text})


class Fault(Exception):
    """A code that refuses the row."""


def identity_text(cell):
    """Text of an identifying cell; which of them a spreadsheet rewrote only the map can tell."""
    text = cell_text(cell)
    if kind(cell) == "s":
        if re.fullmatch(r"[0-9]+([.,][0-9]*)?[Ee]\+[0-9]+", text) or re.fullmatch(rf"[0-9]{{1,2}}[.-](?:{MONTHS})\.?", text.lower()):
            raise Fault("E_PN_SCI")
        return text
    if kind(cell) == "d":
        raise Fault("E_PN_SCI")
    if kind(cell) == "b":
        return text
    value = Fraction(text)
    if value.denominator != 1:
        return text
    shown = str(int(value))
    if len(shown.lstrip("-")) > 15:
        raise Fault("E_PN_SCI")
    pad = cell.get("fmt", "")
    return shown.zfill(len(pad)) if value >= 0 and pad and set(pad) == {"0"} else shown


def rewritten(cell, text):
    if kind(cell) == "n":
        return Fraction(cell_text(cell)).denominator != 1
    return bool(re.fullmatch(r"[0-9]+\.0", text))


class Catalogue:
    def __init__(self, scene):
        self.units = {c["lot_code"]: c.get("unit", "pcs") for c in scene["components"]}
        self.lots = {norm(c["lot_code"])["norm"]: c["lot_code"] for c in scene["components"]}
        self.map = [{"pn": norm(e["part_number"])["norm"], "vendor": norm(e.get("vendor") or "")["norm"], "lot": e["lot_code"],
                     "raw": e["part_number"], "lot_qty": Fraction(e.get("lot_qty") or 1), "pack": e.get("pack_qty")} for e in scene["part_numbers"]]
        self.warehouses = [(w["code"], normal(w["code"]), normal(w["name"])) for w in scene["warehouses"]]
        self.rates = scene.get("rates") or []

    # -- look-up --

    def find(self, pn, vendor):
        """(lot, entry, other vendor), "ambiguous" or None."""
        entries = [e for e in self.map if e["pn"] == pn]
        if not entries:
            return (self.lots[pn], None, False) if pn in self.lots else None
        for wanted in (vendor, ""):
            for entry in entries:
                if entry["vendor"] == wanted:
                    return entry["lot"], entry, False
        if len({e["lot"] for e in entries}) > 1:
            return "ambiguous"
        return entries[0]["lot"], entries[0], vendor != ""

    def entry_of(self, pn, vendor, lot):
        entries = [e for e in self.map if e["pn"] == pn and e["lot"] == lot]
        for wanted in (vendor, ""):
            for entry in entries:
                if entry["vendor"] == wanted:
                    return entry
        return entries[0] if entries else None

    def exact(self, text):
        return any(e["raw"] == text for e in self.map)

    def warehouse(self, text):
        return next((code for code, *labels in self.warehouses if normal(text) in labels), None)

    def rate(self, currency, day):
        if currency == "RUB":
            return Fraction(1)
        usable = [r for r in self.rates if r["currency"] == currency and 0 <= (day - date.fromisoformat(r["date"])).days <= 14]
        newest = max(usable, key=lambda r: r["date"], default=None)
        return newest and Fraction(newest["rate"]) / newest.get("nominal", 1)

    # -- rows --

    def read_number(self, cell):
        """(text, what normalising makes of it) of an identifying cell. Raises Fault."""
        text = identity_text(cell)
        if rewritten(cell, text) and not self.exact(text):
            raise Fault("E_PN_MANGLED")
        made = norm(text)
        if made["status"]:
            raise Fault(made["status"])
        return text, made

    def vendor(self, fields):
        return norm(cell_text(fields.get("vendor")))["norm"]

    @staticmethod
    def candidates(fields):
        """What may be a number in the name: [(token, normalised)]."""
        for token in re.split(r"[\s,;()\[\]«»\"]+", cell_text(fields.get("name"))):
            made = norm(token)
            if not made["status"] and len(made["norm"]) >= 5 and re.search("[0-9]", made["norm"]):
                yield token, made

    def tokens(self, fields):
        """Known numbers in the name: [(token, normalised, what the look-up says)]."""
        found = [(token, made, self.find(made["norm"], self.vendor(fields))) for token, made in self.candidates(fields)]
        return [known for known in found if known[2]]

    def knows(self, fields):
        numbers = [field for field in ("part_number", "lot", "code") if field in fields]
        for field in numbers:
            try:
                made = self.read_number(fields[field])[1]
            except Fault:
                continue
            if self.find(made["norm"], self.vendor(fields)) or made["norm"] in self.lots:
                return True
        return not numbers and bool(self.tokens(fields))

    def number_of(self, fields, from_name):
        """What a row and its details have in common."""
        for field in ("part_number", "lot", "code"):
            if field in fields:
                try:
                    return self.read_number(fields[field])[1]["norm"]
                except Fault:
                    return None
        known = self.tokens(fields) if from_name else []
        return known[0][1]["norm"] if known else None

    def suggestions(self, pn):
        """All that look alike, or differ by leading zeros."""
        def skeleton(text):
            return "".join(values_model.SKELETON.get(char, char) for char in text)

        def alike(other):
            return skeleton(other) == skeleton(pn) or other.lstrip("0") == pn.lstrip("0")
        found = {f"{e['vendor']}{' ' if e['vendor'] else ''}{e['raw']} = {e['lot']}" for e in self.map if alike(e["pn"])}
        return found | {f"{lot} = {lot}" for key, lot in self.lots.items() if alike(key)} if pn else set()


class Line:
    """A data row: what it says, and everything that is wrong with it."""

    def __init__(self, view, context):
        self.view, self.heading, self.fields = view, view.heading, view.fields
        self.p, self.catalogue, self.styles = context.p, context.catalogue, context
        self.stock_date = context.stock_date
        self.faults = []  # (code, column or None)
        self.raw, self.pn, self.vendor, self.lot, self.entry = "", "", "", None, None
        self.keys = set()  # what a refused row keeps: (pn, vendor), vendor None = any
        self.identify()
        self.read_quantity()
        self.read_unit()
        self.finish_quantity()
        self.read_cost()
        self.read_date()

    def add(self, code, *fields):
        column = next((self.heading.fields[field] for field in fields if field in self.heading.fields), None)
        if code not in [before for before, _column in self.faults]:
            self.faults.append((code, column))

    def refused(self):
        return any(code.startswith("E_") for code, _column in self.faults)

    # -- identity --

    def identify(self):
        self.resolved = False
        self.vendor = self.catalogue.vendor(self.fields)
        self.field = next((f for f in ("part_number", "lot", "code") if f in self.fields), None)
        try:
            if self.field:
                self.by_number()
            else:
                self.from_name()
            self.resolved = True
            self.keys = {(self.pn, self.vendor)}
        except Fault as fault:
            code = str(fault)
            self.add(code, *([self.field] if self.field else ["name"] if code == "E_PN_AMBIGUOUS" else []))
            if self.pn:
                self.keys |= {(self.pn, None)}

    def by_number(self):
        self.raw, made = self.catalogue.read_number(self.fields[self.field])
        self.pn = made["norm"]
        if made["folded"]:
            self.add("W_PN_FOLDED", self.field)
        lot = self.named_lot()
        if lot:
            self.take(lot, self.catalogue.entry_of(self.pn, self.vendor, lot))
            return
        own = self.field == "code" and next((e for e in self.catalogue.map if (e["pn"], e["vendor"]) == (self.pn, "1C")), None)
        if own:
            self.take(own["lot"], own)
            return
        found = self.catalogue.find(self.pn, self.vendor)
        if found == "ambiguous":
            raise Fault("E_PN_AMBIGUOUS")
        if found is None:
            self.add("W_UNMATCHED", self.field)
            return
        if found[2]:
            self.add("W_VENDOR", "vendor")
        self.take(found[0], found[1])

    def take(self, lot, entry):
        self.lot, self.entry = lot, entry
        if entry:
            self.vendor = entry["vendor"]

    def named_lot(self):
        if "lot" not in self.fields:
            return None
        try:
            return self.catalogue.lots.get(self.catalogue.read_number(self.fields["lot"])[1]["norm"])
        except Fault:
            return None

    def from_name(self):
        known = self.catalogue.tokens(self.fields)
        self.keys = {(made["norm"], None) for _token, made in self.catalogue.candidates(self.fields)}
        if not known or not self.p["pn_from_name"]:
            raise Fault("E_PN_EMPTY")
        if any(found == "ambiguous" for _t, _m, found in known) or len({found[0] for _t, _m, found in known}) > 1:
            raise Fault("E_PN_AMBIGUOUS")
        self.raw, made, found = known[0]
        self.pn = made["norm"]
        self.add("W_PN_FROM_NAME", "name")
        if made["folded"]:
            self.add("W_PN_FOLDED", "name")
        if found[2]:
            self.add("W_VENDOR", "vendor")
        self.take(found[0], found[1])

    # -- quantity and unit --

    def number(self, field, digits):
        read = Number(self.fields.get(field), digits, self.p["number_locale"], digits == 3)
        self.styles.note_style(field, read.style, self.view, self.heading.fields.get(field), self.fields.get(field))
        return read

    def read_quantity(self):
        self.qty, self.reserved = None, Fraction(0)
        reserved = self.number("reserved", 3)
        self.bad_reserve = bool(reserved.fault) or not 0 <= (reserved.value or 0) < 10 ** 12
        if not self.bad_reserve:
            self.reserved = reserved.value or Fraction(0)
        read, self.qty_field = self.number("qty", 3), "qty"
        if read.value is None and not read.fault:
            free = self.number("free", 3)
            if free.value is not None or free.fault or "qty" not in self.heading.fields:
                read, self.qty_field = free, "free"
        if read.fault or read.value is None:
            self.add("E_QTY_FORMULA" if read.fault == "formula" else "E_QTY_NUM" if read.fault else "E_QTY_MISSING", self.qty_field)
            return
        if read.approx or reserved.approx:
            self.add("W_QTY_APPROX", self.qty_field if read.approx else "reserved")
        if read.lost:
            self.add("W_QTY_ROUNDED", self.qty_field)
        value = read.value + (self.reserved if self.qty_field == "free" else 0)
        if abs(value) >= 10 ** 12:
            self.add("E_QTY_RANGE", self.qty_field)
            return
        self.qty = value
        if value < 0:
            self.add("W_QTY_NEGATIVE" if self.p["negative"] != "reject" else "E_QTY_NEGATIVE", self.qty_field)

    def read_unit(self):
        """The item's unit, and how many of it one of the file's units is."""
        own = self.catalogue.units.get(self.lot)
        self.unit, self.factor, self.of_caption = own or "pcs", Fraction(1), not filled(self.fields.get("unit"))
        if filled(self.fields.get("unit")):
            meaning, where = unit_of(self.fields["unit"]), ("unit",)
            if meaning is None:
                self.factor = None
                self.add("E_UNIT", "unit")
                return
        else:
            column = self.heading.at(self.heading.fields.get("qty", self.heading.fields.get("free")))
            meaning, where = column and column.hint("unit"), ("unit", "qty", "free")
            if meaning in (None, ("pcs", 1)):  # pieces are what a quantity counts anyway
                return
        unit, factor = meaning
        if unit == "pack":
            if not (self.entry and self.entry["pack"]):
                self.factor = None
                if self.resolved:
                    self.add("E_UNIT_PACK", *where)
                return
            unit, factor = "pcs", self.entry["pack"]
        self.unit, self.factor = own or unit, Fraction(factor)
        if (self.unit == "m") != (unit == "m"):
            self.add("E_UNIT_MISMATCH", *where)

    def finish_quantity(self):
        if self.qty is None or self.factor is None:
            return
        exact = self.qty * self.factor
        self.kept = rounded(exact, 3)
        if abs(self.kept) >= 10 ** 12 or self.reserved * self.factor >= 10 ** 12:
            self.add("E_QTY_RANGE", self.qty_field)
            return
        if self.kept != exact:
            self.add("W_QTY_ROUNDED", self.qty_field)
        if self.kept < 0 and self.p["negative"] == "zero":
            self.kept = Fraction(0)
        if self.unit in ("pcs", "set") and self.kept.denominator != 1:
            self.add("W_QTY_FRACTION", self.qty_field)
        self.reserved = rounded(self.reserved * self.factor, 3)
        if self.bad_reserve or self.reserved > max(self.kept, 0):
            self.add("W_RESERVED", "reserved")

    # -- cost and date --

    def read_cost(self):
        self.cost, formula = None, None
        for self.cost_field in ("unit_cost", "total_cost"):
            read = self.number(self.cost_field, 4)
            formula = formula or (self.cost_field if read.fault == "formula" else None)
            if read.value is not None or read.fault == "no number":
                break
        if formula:
            self.add("W_COST_FORMULA", formula)
        if read.fault == "no number":
            self.add("E_COST_NUM", self.cost_field)
        elif read.value is None:
            if not formula and {"unit_cost", "total_cost"} & set(self.heading.fields):
                self.add("W_COST_MISSING", "unit_cost", "total_cost")
            return
        total = self.cost_field == "total_cost"
        if read.value is not None and self.no_cost(read.value, total):
            return
        if read.value is not None and (self.qty is not None or not total) and (read.value < 0) != (total and self.qty < 0):
            self.add("E_COST_NEGATIVE", self.cost_field)
        rate = self.rate(read.currency, read.value is not None)
        if read.value is None:
            return
        if rate is not None and self.factor is not None and (self.qty is not None or not total):
            self.finish_cost(abs(read.value), rate, total)

    def no_cost(self, value, total):
        """A cost of nothing, or a sum without a quantity."""
        if total and self.qty == 0:
            if value != 0:
                self.add("W_COST_MISSING")
            return True
        if value == 0:
            self.add("W_COST_ZERO", self.cost_field)
        return value == 0

    def rate(self, suffix, wanted):
        column = self.heading.at(self.heading.fields[self.cost_field])
        text = normal(cell_text(self.fields.get("currency")))
        currency = suffix or column.hint("currency") or "RUB"
        if text:
            known = {**CURRENCIES, "евро": "EUR", "840": "USD", "643": "RUB", "долл": "USD"}
            currency = known.get(text) or (text.upper() if re.fullmatch("[a-z]{3}", text) else "?")
        if currency == "?":
            if text or wanted:
                self.add("E_CURRENCY", *(["currency"] if text else [self.cost_field]))
            return None
        rate = self.catalogue.rate(currency, self.stock_date)
        if rate is None and wanted:
            self.add("E_NO_RATE")
        return rate

    def finish_cost(self, value, rate, total):
        column = self.heading.at(self.heading.fields[self.cost_field])
        included, percent = column.hint("vat"), column.hint("rate")
        value = value * rate
        if total or not self.of_caption:  # a caption's unit is that of the quantity, never of the price
            value /= self.factor
        if self.p["cost_vat_included"] if included is None else included:
            value /= 1 + Fraction(self.p["vat_rate"] if percent is None else percent) / 100
        if total:
            value /= abs(self.qty)
        value = rounded(value, 4)
        if value >= 10 ** 10:
            self.add("E_COST_NUM", self.cost_field)
        elif value == 0:
            self.add("W_COST_ZERO", self.cost_field)
        else:
            self.cost = value

    def read_date(self):
        self.received = None
        if filled(self.fields.get("received_on")):
            self.received = cell_date(self.fields["received_on"])
            if self.received is None:
                self.add("W_DATE", "received_on")

    def item(self):
        return {"key": (self.pn, self.vendor), "part_number": self.raw, "name": cell_text(self.fields.get("name")), "lot": self.lot,
                "lot_qty": self.entry["lot_qty"] if self.entry else Fraction(1), "qty": self.kept, "reserved": self.reserved, "unit": self.unit,
                "cost": self.cost, "received": self.received}
