"""The rules of the stock import once more, from grid to stock, written from the rules alone: labels, heading search, kinds of rows, identity,
amounts, duplicates, totals. A scene has the shape of tests/data/pricing/stock-import.json; the answer is what stock_driver prints."""
import re
from datetime import date, timedelta
from fractions import Fraction

import values_model
from pricing_model import rounded, text as decimal_text
from stock_heading_model import CURRENCIES, HEAD_COLUMNS, WORDS, at, caption, cell_text, date_above, find_heading, normal, row_parts, words

PARAMS = {"warehouse": "MAIN", "mode": "replace", "stock_date": None, "negative": "reject", "duplicates": "sum", "number_locale": "ru",
          "cost_vat_included": False, "vat_rate": "22", "pn_from_name": True, "max_reject_pct": 50}

# ---- Catalogue --------------------------------------------------------------------------------------------------------


def norm(text):
    return values_model.part_number({"text": text})


class Catalogue:
    def __init__(self, scene):
        self.units = {c["lot_code"]: c.get("unit", "pcs") for c in scene["components"]}
        self.lots = {norm(c["lot_code"])["norm"]: c["lot_code"] for c in scene["components"]}
        self.map = [{"pn": norm(e["part_number"])["norm"], "vendor": norm(e.get("vendor") or "")["norm"], "lot": e["lot_code"],
                     "raw": e["part_number"], "lot_qty": Fraction(e.get("lot_qty", 1)), "pack": e.get("pack_qty")} for e in scene["part_numbers"]]
        self.warehouses = [(w["code"], normal(w["code"]), normal(w["name"])) for w in scene["warehouses"]]
        self.rates = scene.get("rates", [])

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

    def warehouse(self, text):
        return next((code for code, *labels in self.warehouses if normal(text) in labels), None)

    def rate(self, currency, day):
        if currency == "RUB":
            return Fraction(1)
        usable = [r for r in self.rates if r["currency"] == currency and 0 <= (day - date.fromisoformat(r["date"])).days <= 14]
        newest = max(usable, key=lambda r: r["date"], default=None)
        return newest and Fraction(newest["rate"]) / newest.get("nominal", 1)

    def suggestions(self, pn):
        """All that look alike."""
        def skeleton(text):
            return "".join(values_model.SKELETON.get(char, char) for char in text)
        alike = {f"{e['vendor']}{' ' if e['vendor'] else ''}{e['raw']} = {e['lot']}" for e in self.map if skeleton(e["pn"]) == skeleton(pn)}
        return alike | {f"{lot} = {lot}" for key, lot in self.lots.items() if skeleton(key) == skeleton(pn)} if pn else set()


# ---- Rows -------------------------------------------------------------------------------------------------------------


class Rejected(Exception):
    pass


def number(cell, digits, locale):
    """(value or None, currency, approximate, lost) of a cell."""
    if not cell_text(cell):
        return None, "", False, False
    if isinstance(cell, str):
        read = values_model.number({"text": cell, "scale": digits, "locale": locale})
        if "error" in read:
            raise ValueError(cell)
        return read["value"] and Fraction(read["value"]), read["currency"], read["approx"], read["lost"]
    if "d" in cell:
        raise ValueError(cell)
    exact = Fraction(cell["n"])
    value = rounded(exact, digits)
    significant = len(re.sub("^[0.]*", "", cell["n"].lower().split("e")[0].lstrip("-")).replace(".", ""))
    return value, "", False, value != exact and not (significant >= 15 and noise(exact, digits))


def noise(exact, digits):
    """Are the first 14 digits, rounded, within the scale?"""
    power = 0
    while abs(exact) * Fraction(10) ** power < 10 ** 13:
        power += 1
    kept = rounded(exact, max(power, digits))
    return (kept * 10 ** digits).denominator == 1


def cell_date(cell):
    """None when it cannot be read."""
    text = cell_text(cell)
    if isinstance(cell, dict) and "n" in cell:
        serial = int(Fraction(text))
        return date(1899, 12, 30) + timedelta(days=serial + (serial < 60)) if serial > 0 and serial != 60 else None
    iso = values_model.date({"text": text[:10] if isinstance(cell, dict) else text})["date"]
    return iso and date.fromisoformat(iso)


def identity_text(cell):
    """Text of an identifying cell."""
    text = cell_text(cell)
    if isinstance(cell, str):
        if re.fullmatch(r"[0-9]+([.,][0-9]*)?[Ee]\+[0-9]+", text):
            raise Rejected("E_PN_SCI")
        return text
    if "d" in cell:
        raise Rejected("E_PN_SCI")
    value = Fraction(text)
    if value.denominator != 1:
        if "e" in text.lower() or len(text) > 17:
            raise Rejected("E_PN_SCI")
        return text
    shown = str(int(value))
    if len(shown.lstrip("-")) > 15:
        raise Rejected("E_PN_SCI")
    pad = cell.get("fmt", "")
    return shown.zfill(len(pad)) if value >= 0 and set(pad) == {"0"} else shown


def normalised(text):
    made = norm(text)
    if made["status"]:
        raise Rejected(made["status"])
    return made["norm"], made["folded"]


class Import:
    """One scene under way."""

    def __init__(self, scene):
        self.scene, self.p = scene, {**PARAMS, **scene["params"]}
        self.catalogue = Catalogue(scene)
        self.rows = scene["grid"]
        self.section = None
        self.skipped = {"header": 0, "group": 0, "total": 0, "other_warehouse": 0}
        self.total = self.rejected = self.merged = 0
        self.errors, self.warnings, self.items = [], [], {}

    # -- what a row is --

    def cell(self, row, field):
        return at(row, self.fields[field][0]) if field in self.fields else None

    def text(self, row, field):
        return cell_text(self.cell(row, field))

    def vendor(self, row):
        return norm(self.text(row, "vendor"))["norm"]

    def tokens(self, row, vendor):
        """Known numbers in the name: [(token, what the look-up says)]."""
        known = []
        for token in re.split(r"[\s,;()\[\]«»\"]+", self.text(row, "name")):
            made = norm(token)
            if made["status"] or len(made["norm"]) < 5 or not re.search("[0-9]", made["norm"]):
                continue
            found = self.catalogue.find(made["norm"], vendor)
            if found:
                known.append((token, made, found))
        return known

    def repeats(self, row, column):
        label = normal(words(row[column]))
        top = words(at(row_parts(self.rows[self.head["row"]])[1], column))
        own = {normal(top)}
        if self.head["rows"] == 2:
            over = caption(row_parts(self.rows[self.head["row"]])[1], self.scene.get("merges") or [], self.head["row"], column)[0]
            bottom = words(at(row_parts(self.rows[self.head["row"] + 1])[1], column))
            own |= {normal(bottom)} | ({normal(over + " " + bottom)} if over and bottom else set())
        return label != "" and label in own

    def kind(self, index, row):
        if not any(self.text(row, field) for field in self.fields):
            return "empty"
        identified = any(self.text(row, field) for field in ("part_number", "lot", "code"))
        first = next((words(cell) for cell in row if words(cell)), "")
        if not identified and re.match(r"(итог|итого|всего|общий итог|total|grand total|subtotal)(?![a-z0-9]|[^\x00-\x7f])", normal(first)):
            return "total"
        texts = [cell_text(cell) for cell in row if cell_text(cell)]
        if sum(self.repeats(row, column) for column in range(min(len(row), HEAD_COLUMNS))) >= 2:
            return "header"
        if len(texts) >= 3 and texts == [str(i + 1) for i in range(len(texts))]:
            return "header"
        if not identified and not self.text(row, "unit") and not self.tokens(row, self.vendor(row)):
            deeper = next((row_parts(r)[0] for r in self.rows[index + 1:] if any(c is not None for c in row_parts(r)[1])), 0) > \
                row_parts(self.rows[index])[0]
            if "unit" in self.fields or not (self.text(row, "qty") or self.text(row, "free")) or deeper:
                return "group"
        return "data"

    # -- a data row --

    def from_name(self, row, vendor, warned):
        if not self.p["pn_from_name"]:
            raise Rejected("E_PN_EMPTY")
        known = self.tokens(row, vendor)
        if not known:
            raise Rejected("E_PN_EMPTY")
        if any(found == "ambiguous" for _t, _m, found in known) or len({found[0] for _t, _m, found in known}) > 1:
            raise Rejected("E_PN_AMBIGUOUS")
        token, made, (lot, entry, other) = known[0]
        warned |= {"W_PN_FROM_NAME"} | ({"W_PN_FOLDED"} if made["folded"] else set()) | ({"W_VENDOR"} if other else set())
        return token, made["norm"], entry["vendor"] if entry else vendor, lot, entry

    def identify(self, row, warned, seen):
        vendor = self.vendor(row)
        field = next((f for f in ("part_number", "lot", "code") if self.text(row, f)), None)
        if field is None:
            return self.from_name(row, vendor, warned)
        raw = identity_text(self.cell(row, field))
        pn, folded = normalised(raw)
        seen.append(pn)
        warned |= {"W_PN_FOLDED"} if folded else set()
        lot = self.named_lot(row)
        if lot:
            entry = self.catalogue.entry_of(pn, vendor, lot)
            return raw, pn, entry["vendor"] if entry else vendor, lot, entry
        if field == "code":
            own = next((e for e in self.catalogue.map if (e["pn"], e["vendor"]) == (pn, "1C")), None)
            if own:
                return raw, pn, "1C", own["lot"], own
        found = self.catalogue.find(pn, vendor)
        if found == "ambiguous":
            raise Rejected("E_PN_AMBIGUOUS")
        if found is None:
            warned.add("W_UNMATCHED")
            return raw, pn, vendor, None, None
        lot, entry, other = found
        warned |= {"W_VENDOR"} if other else set()
        return raw, pn, entry["vendor"] if entry else vendor, lot, entry

    def named_lot(self, row):
        if not self.text(row, "lot"):
            return None
        try:
            return self.catalogue.lots.get(normalised(identity_text(self.cell(row, "lot")))[0])
        except Rejected:
            return None

    def quantity(self, row, warned):
        locale = self.p["number_locale"]
        try:
            reserved = number(self.cell(row, "reserved"), 3, locale)[0] or Fraction(0)
        except ValueError:
            reserved = Fraction(-1)
        if not 0 <= reserved < 10 ** 12:
            reserved = Fraction(0)
            warned.add("W_RESERVED")
        try:
            value, _currency, approx, lost = number(self.cell(row, "qty"), 3, locale)
            from_free = value is None
            if from_free:
                value, _currency, approx, lost = number(self.cell(row, "free"), 3, locale)
        except ValueError:
            raise Rejected("E_QTY_NUM") from None
        if value is None:
            raise Rejected("E_QTY_MISSING")
        warned |= ({"W_QTY_APPROX"} if approx else set()) | ({"W_QTY_ROUNDED"} if lost else set())
        value += reserved if from_free else 0
        if abs(value) >= 10 ** 12:
            raise Rejected("E_QTY_RANGE")
        if value < 0:
            warned.add("W_QTY_NEGATIVE")
            if self.p["negative"] == "reject":
                raise Rejected("E_QTY_NEGATIVE")
        return value, reserved

    def unit(self, row, lot, entry):
        """(the item's unit, how many of it one of the file's units is)"""
        cell = self.cell(row, "unit")
        text = cell_text(cell)
        if isinstance(cell, dict) and text:
            text = text.zfill(len(cell.get("fmt", "")))
        own = self.catalogue.units.get(lot)
        if not text:
            return own or "pcs", Fraction(1)
        if normal(text) not in WORDS["units"]:
            raise Rejected("E_UNIT")
        unit, factor = WORDS["units"][normal(text)]
        if unit == "pack":
            if not (entry and entry["pack"]):
                raise Rejected("E_UNIT_PACK")
            unit, factor = "pcs", entry["pack"]
        own = own or unit
        if (own == "m") != (unit == "m"):
            raise Rejected("E_UNIT_MISMATCH")
        return own, Fraction(factor)

    def currency(self, row, suffix, heading):
        text = normal(self.text(row, "currency"))
        if not text:
            return suffix or heading or "RUB"
        known = {**CURRENCIES, "евро": "EUR", "840": "USD", "643": "RUB", "долл": "USD"}
        if text in known:
            return known[text]
        if not re.fullmatch("[a-z]{3}", text):
            raise Rejected("E_CURRENCY")
        return text.upper()

    def cost(self, row, qty, factor, warned):
        for field in ("unit_cost", "total_cost"):
            try:
                value, suffix, _approx, _lost = number(self.cell(row, field), 4, self.p["number_locale"])
            except ValueError:
                raise Rejected("E_COST_NUM") from None
            if value is not None:
                break
        total = field == "total_cost"
        if value is None or (total and qty == 0 and value != 0):
            warned |= {"W_COST_MISSING"} if {"unit_cost", "total_cost"} & set(self.fields) else set()
            return None
        if value == 0:
            warned.add("W_COST_ZERO")
            return None
        if (value < 0) != (total and qty < 0):
            raise Rejected("E_COST_NEGATIVE")
        _column, heading, included = self.fields[field]
        rate = self.catalogue.rate(self.currency(row, suffix, heading), self.stock_date)
        if rate is None:
            raise Rejected("E_NO_RATE")
        value = abs(value) * rate / factor
        if self.p["cost_vat_included"] if included is None else included:
            value /= 1 + Fraction(self.p["vat_rate"]) / 100
        if total:
            value /= abs(qty)
        value = rounded(value, 4)
        if value >= 10 ** 10:
            raise Rejected("E_COST_NUM")
        if value == 0:
            warned.add("W_COST_ZERO")
        return value or None

    def line(self, row, warned, seen):
        raw, pn, vendor, lot, entry = self.identify(row, warned, seen)
        seen.append(pn)
        qty, reserved = self.quantity(row, warned)
        unit, factor = self.unit(row, lot, entry)
        kept = rounded(qty * factor, 3)
        if abs(kept) >= 10 ** 12 or reserved * factor >= 10 ** 12:
            raise Rejected("E_QTY_RANGE")
        warned |= {"W_QTY_ROUNDED"} if kept != qty * factor else set()
        if kept < 0 and self.p["negative"] == "zero":
            kept = Fraction(0)
        reserved = rounded(reserved * factor, 3)
        warned |= {"W_RESERVED"} if reserved > max(kept, 0) else set()
        cost = self.cost(row, qty, factor, warned)
        received = None
        if self.text(row, "received_on"):
            received = cell_date(self.cell(row, "received_on"))
            warned |= set() if received else {"W_DATE"}
        return {"key": (pn, vendor), "part_number": raw, "name": self.text(row, "name"), "lot": lot, "lot_qty": entry["lot_qty"] if entry else
                Fraction(1), "qty": kept, "reserved": reserved, "unit": unit, "cost": cost, "received": received}

    def merge(self, line):
        """Into what the file said of this key before. False when a line replaced, or was ignored, or joined."""
        before = self.items.get(line["key"])
        if before is None:
            self.items[line["key"]] = {**line, "parts": [line]}
            return
        how = self.p["duplicates"]
        if how == "reject":
            raise Rejected("E_DUP")
        if how == "last":
            self.items[line["key"]] = {**line, "parts": [line]}
        if how == "sum":
            if abs(before["qty"] + line["qty"]) >= 10 ** 12 or before["reserved"] + line["reserved"] >= 10 ** 12:
                raise Rejected("E_QTY_RANGE")
            before["parts"].append(line)
            before["qty"] += line["qty"]
            before["reserved"] += line["reserved"]
            before["received"] = max(filter(None, (before["received"], line["received"])), default=None)
        self.merged += 1

    def data(self, index, row):
        self.total += 1
        warned, seen = set(), []
        raw = "\t".join(re.sub("[\x00-\x1f]", " ", cell_text(at(row, column))) for column in sorted(place[0] for place in self.fields.values()))
        try:
            self.merge(self.line(row, warned, seen))
        except Rejected as rejected:
            self.rejected += 1
            self.errors.append({"row": index + 1, "code": str(rejected), "raw": raw, "pn_norm": (seen or [""])[-1]})
            return
        self.warnings += [{"row": index + 1, "code": code, "raw": raw, "pn_norm": seen[-1]} for code in CODES if code in warned]

    # -- the whole --

    def take(self, index):
        _outline, row = row_parts(self.rows[index])
        row = row[:HEAD_COLUMNS]
        kind = self.kind(index, row)
        if kind == "group":
            named_warehouse = self.catalogue.warehouse(self.text(row, "name")) if isinstance(self.cell(row, "name"), str) else None
            first = next((words(cell) for cell in row if words(cell)), "")
            self.section = named_warehouse or (self.catalogue.warehouse(first) if first else None) or self.section
        if kind in self.skipped:
            self.skipped[kind] += 1
        if kind == "data":
            own = self.text(row, "warehouse")
            if self.section not in (None, self.p["warehouse"]) or (own and self.catalogue.warehouse(own) != self.p["warehouse"]):
                self.skipped["other_warehouse"] += 1
            else:
                self.data(index, row)

    def run(self):
        merges = self.scene.get("merges") or []
        self.head = find_heading(self.rows, merges)
        if self.head is None:
            return {"error": "E_NO_HEADER"}
        if self.head["ambiguous"]:
            return {"error": "E_AMBIGUOUS_COLUMN"}
        self.fields = self.head["fields"]
        given = self.p["stock_date"] and date.fromisoformat(self.p["stock_date"])
        self.stock_date = given or date_above(self.rows, self.head["row"]) or date.fromisoformat(self.scene.get("today", "2026-02-05"))
        for index in range(self.head["row"] + self.head["rows"], len(self.rows)):
            self.take(index)
        return self.answer()

    def answer(self):
        answer = {"header_row": self.head["row"] + 1, "header_rows": self.head["rows"],
                  "columns": {field: place[0] + 1 for field, place in self.fields.items()}, "stock_date": self.stock_date.isoformat(),
                  "rows_total": self.total, "rows_rejected": self.rejected, "issues": self.errors + self.warnings}
        if self.total == 0:
            return {**answer, "error": "E_NO_DATA"}
        if self.rejected * 100 > self.total * self.p["max_reject_pct"]:
            return {**answer, "error": "E_TOO_MANY_ERRORS"}
        items = [finished(item) for item in self.items.values()]
        return {**answer, "rows_skipped": self.skipped, "rows_accepted": self.total - self.rejected, "duplicates_merged": self.merged,
                **self.changes(items), "matched": sum(i["lot"] is not None for i in items), "unmatched": sum(i["lot"] is None for i in items),
                "qty_total": decimal_text(sum((i["qty"] for i in items), Fraction(0)), 3),
                "value_total": decimal_text(rounded(sum((i["qty"] * i["cost"] for i in items if i["cost"]), Fraction(0)), 2), 2),
                "items": [shown(item) for item in items]}

    def changes(self, items):
        """Compared with the stock; the spelling of the number and the name alone are no change."""
        old = {(o["pn_norm"], o.get("vendor_norm", "")): {
            "lot": o.get("lot_code"), "lot_qty": Fraction(o.get("lot_qty", 1)), "qty": Fraction(o["qty"]), "reserved": Fraction(o.get("reserved", 0)),
            "unit": o.get("unit", "pcs"), "cost": o.get("unit_cost") and Fraction(o["unit_cost"]),
            "received": o.get("received_on") and date.fromisoformat(o["received_on"])} for o in self.scene.get("existing", [])}
        same = sum(old.get(i["key"]) == {name: i[name] for name in ("lot", "lot_qty", "qty", "reserved", "unit", "cost", "received")} for i in items)
        known = sum(i["key"] in old for i in items)
        gone = len(old) - known if self.p["mode"] == "replace" else 0
        return {"inserted": len(items) - known, "updated": known - same, "unchanged": same, "deleted": gone}


CODES = ["W_PN_FOLDED", "W_PN_FROM_NAME", "W_VENDOR", "W_QTY_APPROX", "W_QTY_ROUNDED", "W_QTY_NEGATIVE", "W_RESERVED", "W_COST_ZERO",
         "W_COST_MISSING", "W_DATE", "W_UNMATCHED"]


def finished(item):
    """The cost of merged lines is their mean, over those with a quantity and a cost."""
    costed = [part for part in item["parts"] if part["qty"] > 0 and part["cost"]]
    if len(item["parts"]) > 1:
        item["cost"] = rounded(sum(p["qty"] * p["cost"] for p in costed) / sum(p["qty"] for p in costed), 4) if costed else None
    return item


def shown(item):
    return {"pn_norm": item["key"][0], "vendor_norm": item["key"][1], "part_number": item["part_number"], "name": item["name"],
            "lot_code": item["lot"], "lot_qty": decimal_text(item["lot_qty"], 3), "qty": decimal_text(item["qty"], 3),
            "reserved": decimal_text(item["reserved"], 3), "unit": item["unit"], "unit_cost": decimal_text(item["cost"], 4),
            "received_on": int(item["received"].strftime("%Y%m%d")) if item["received"] else 0}


def stock_import(scene):
    return Import(scene).run()
