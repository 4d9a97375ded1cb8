"""The rules of the stock import once more, from sheets to stock, written from the rules alone. A scene is a file as the reader hands it over,
with parameters and catalogue; the answer is what stock_driver prints, and beside it `says`: words that the message of a failure must have.

A scene: {"sheets": [{"name", "hidden", "summary_below", "rows", "merges": [[row, column, last row, last column], …]}], "params", "today",
"warehouses", "components", "part_numbers", "rates", "existing"}. A row is a list of cells or {"outline", "cells"}; a cell is a text,
{"n", "fmt"}, {"d"}, {"e"}, {"f": true} or null. Older scenes have one grid in "grid" and merges of three numbers."""
from datetime import date
from fractions import Fraction

from pricing_model import rounded
from pricing_model import text as decimal_text
from stock_cells_model import Row, cell_text
from stock_heading_model import find_heading, letter, stock_date, tomorrow
from stock_line_model import Catalogue, Line, norm
from stock_rows_model import Ambiguous, Table
from stock_words_model import normal

__all__ = ["Catalogue", "norm", "stock_import"]
PARAMS = {"warehouse": "MAIN", "mode": "replace", "stock_date": None, "negative": "reject", "duplicates": "sum", "number_locale": "ru",
          "cost_vat_included": False, "vat_rate": "22", "pn_from_name": True, "max_reject_pct": 50, "sheet": None, "header_row": 0,
          "header_rows": 0, "columns": {}, "check_totals": "fail"}


class Failed(Exception):
    """The task fails: code, and words that its message must have."""


class Sheet:
    def __init__(self, given):
        self.name, self.hidden = given.get("name", "TDSheet"), given.get("hidden", False)
        self.summary_below = given.get("summary_below", False)
        self.rows = [Row(index, row) for index, row in enumerate(given["rows"])]
        self.height = len(self.rows)
        self.merges = [(m[0], m[1], m[0], m[2]) if len(m) == 3 else tuple(m) for m in given.get("merges") or []]

    def row(self, index):
        return self.rows[index]


class Ask:
    """What is asked of a heading."""

    def __init__(self, params, catalogue):
        self.catalogue, self.wanted, self.first = catalogue, params["warehouse"], True
        self.columns, self.header_row, self.header_rows = params["columns"], params["header_row"], params["header_rows"]

    def place(self, label):
        """A warehouse's name or code, also behind the word "Склад"."""
        word, _space, rest = label.partition(" ")
        return self.catalogue.warehouse(label) or (self.catalogue.warehouse(rest) if word in ("склад", "warehouse") and rest else None)

    def further(self):
        ask = Ask.__new__(Ask)
        ask.__dict__ = {**self.__dict__, "header_row": 0, "first": False}
        return ask


class Import:
    """One scene under way."""

    def __init__(self, scene):
        self.scene, self.p = scene, {**PARAMS, **scene.get("params", {})}
        self.catalogue = Catalogue(scene)
        self.ask = Ask(self.p, self.catalogue)
        self.sheets = [Sheet(given) for given in scene.get("sheets") or [{"rows": scene.get("grid") or scene.get("rows"), "merges": scene.get("merges")}]]
        self.skipped = {"header": 0, "group": 0, "total": 0, "other_warehouse": 0}
        self.total = self.rejected = self.merged = 0
        self.issues, self.items, self.refused = [], {}, set()
        self.styles, self.read, self.totals, self.rows_of = {}, [], [], {}

    def issue(self, sheet, row, column, code, **more):
        self.issues.append({"sheet": sheet.name, "row": 0 if row is None else row + 1, "column": None if column is None else letter(column),
                            "code": code, **more})

    # -- sheets --

    def choose_sheets(self):
        visible = [sheet for sheet in self.sheets if not sheet.hidden]
        headed = [(sheet, heading) for sheet, heading in ((sheet, find_heading(sheet, self.ask)) for sheet in visible) if heading]
        wanted = self.p["sheet"]
        if wanted and wanted != "*" and any(sheet.name for sheet in visible):
            named = [sheet for sheet in visible if sheet.name == wanted]
            if not named:
                raise Failed("E_SHEETS", [sheet.name for sheet in visible])
            headed = [(sheet, heading) for sheet, heading in headed if sheet is named[0]]
        if not headed:
            raise Failed("E_NO_HEADER", [])
        if len(headed) > 1 and wanted != "*":
            raise Failed("E_SHEETS", [*(sheet.name for sheet, _heading in headed), "sheet=*"])
        return headed

    def date_of(self):
        if self.p["stock_date"]:
            return date.fromisoformat(self.p["stock_date"])
        today = self.scene.get("today", "2026-02-05")
        days = []
        for sheet, heading in self.read:
            day, future = stock_date(sheet, heading, tomorrow(today))
            days.append(day or date.fromisoformat(today))
            if future:
                self.issue(sheet, future[0], future[1], "W_DATE_FUTURE")
        return max(days)

    def note_style(self, field, style, view, column, cell):
        """The first cell that is ambiguous, and the first that only the other locale explains."""
        if style == "?" or (style and style != self.p["number_locale"]):
            self.styles.setdefault((field, style), cell_text(cell))

    def check_styles(self):
        for field, style in self.styles:
            if style != "?" and (field, "?") in self.styles:
                raise Failed("E_NUMBER_STYLE", [self.styles[field, style], self.styles[field, "?"], "number_locale"])

    # -- rows --

    def tell_heading(self, sheet, heading):
        for column in heading.captions().values():
            self.issue(sheet, None, column, "W_CAPTION")
        for column in heading.warned():
            self.issue(sheet, None, column.number, "W_COLUMN_IGNORED")

    def read_sheet(self, sheet, heading):
        if heading.ambiguous:
            rivals = [c for found in heading.rivals.values() for c in found]
            raise Failed("E_AMBIGUOUS_COLUMN", ["columns", *(letter(c.number) for c in rivals)])
        try:
            table = Table(sheet, heading, self.ask, self.catalogue, self.p)
            read = self.sections(sheet, table)
        except Ambiguous:
            raise Failed("E_AMBIGUOUS_COLUMN", []) from None
        self.tell_heading(sheet, heading)
        for moved in table.moved:
            self.issue(sheet, moved.row, None, "W_HEADING_MOVED")
            self.tell_heading(sheet, moved)
        for view in table.blocks:
            self.issue(sheet, view.index, view.column, "W_GROUP")
        kinds = [view.kind for view in table.views]
        self.skipped["header"] += kinds.count("header") + table.numbered
        self.skipped["group"] += sum(kinds.count(kind) for kind in ("group", "section", "detail"))
        self.skipped["total"] += kinds.count("total")
        self.skipped["other_warehouse"] += kinds.count("data") - len(read)
        self.rows_of[sheet.name] = len(read)
        for view in read:
            self.data(sheet, view)
        self.control(sheet, table)

    def sections(self, sheet, table):
        """The data rows that are read: of the warehouse asked for, or of the only one that nobody knows."""
        section, places, of_section, sections, column_names = None, {}, {}, [], {}
        for view in table.views:
            if view.kind == "section":
                section = view.warehouse()
                sections.append([view, section, 0])
            elif view.kind == "data":
                if sections:
                    sections[-1][2] += 1
                places[view] = of_section[view] = section
                if view.has("warehouse"):
                    text = cell_text(view.fields["warehouse"])
                    places[view] = self.catalogue.warehouse(text) or ("?", normal(text))
                    column_names.setdefault(places[view], view)
        for view, _section, rows in sections:
            if not rows and (view.quantity()[0] or 0) != 0:
                raise Ambiguous(view.index)
        used = {place for place in places.values() if place is not None}
        unknown = {place for place in used if isinstance(place, tuple)}
        if len(unknown) > 1 and unknown == used:
            raise Ambiguous(0)
        taken = unknown if unknown == used else set()
        told = set()
        for view, section, _rows in sections:
            if isinstance(section, tuple) and section not in told:
                told.add(section)
                self.issue(sheet, view.index, view.column, "W_CAPTION")
        for place in taken - told:
            self.issue(sheet, column_names[place].index, column_names[place].heading.fields["warehouse"], "W_CAPTION")
        read = {None, self.p["warehouse"], *taken}
        return [view for view, place in places.items() if place in read and (of_section[view] in read or isinstance(of_section[view], tuple))]

    def data(self, sheet, view):
        self.total += 1
        line = Line(view, self)
        if not line.refused():
            self.merge(line)
        if line.refused():
            self.rejected += 1
            self.refused |= line.keys
        for code, column in line.faults:
            if code.startswith("E_") or not line.refused():
                self.issue(sheet, view.index, column, code, pn_norm=line.pn)

    def merge(self, line):
        """Into what the file said of this key before."""
        item = line.item()
        before = self.items.get(item["key"])
        how = self.p["duplicates"]
        if before is None:
            self.items[item["key"]] = {**item, "parts": [item]}
            return
        if how == "reject":
            line.add("E_DUP", line.field or "name")
            return
        if how == "last":
            self.items[item["key"]] = {**item, "parts": [item]}
        if how == "sum":
            if abs(before["qty"] + item["qty"]) >= 10 ** 12 or before["reserved"] + item["reserved"] >= 10 ** 12:
                line.add("E_QTY_RANGE", line.qty_field)
                return
            before["parts"].append(item)
            before["qty"] += item["qty"]
            before["reserved"] += item["reserved"]
            before["received"] = max(filter(None, (before["received"], item["received"])), default=None)
        self.merged += 1

    # -- the report's own total --

    def control(self, sheet, table):
        last = next((view for view in reversed(table.views) if view.kind == "total" and view.quantity()[0] is not None), None)
        if last is None:
            return
        data = [view for view in table.views if view.kind == "data"]
        rows, own = sum((view.quantity()[0] or 0 for view in data), Fraction(0)), last.quantity()[0]
        open_sum = any(view.quantity()[1] for view in data)
        if rows != own and not open_sum and own == sum(since(table.views, last), Fraction(0)):
            return
        self.totals.append({"row": last.index + 1, "value": own, "rows": rows, "wrong": rows != own and not open_sum})
        if self.totals[-1]["wrong"] and self.p["check_totals"] == "warn":
            self.issue(sheet, last.index, last.heading.fields.get("qty", last.heading.fields.get("free")), "W_TOTALS")

    def check_totals(self):
        for total in self.totals:
            if total["wrong"] and self.p["check_totals"] == "fail":
                raise Failed("E_TOTALS", ["check_totals", plain(total["rows"]), plain(total["value"]), str(total["row"])])

    # -- the whole --

    def run(self):
        try:
            self.read = self.choose_sheets()
            self.stock_date = self.date_of()
            for sheet, heading in self.read:
                self.read_sheet(sheet, heading)
            self.check_styles()
            if self.total == self.rejected:
                raise Failed("E_NO_DATA", [])
            if self.rejected * 100 > self.total * self.p["max_reject_pct"]:
                raise Failed("E_TOO_MANY_ERRORS", [])
            self.check_totals()
        except Failed as failed:
            return {"error": failed.args[0], "says": failed.args[1], "rows_total": self.total, "rows_rejected": self.rejected, "issues": self.issues}
        return self.answer()

    def answer(self):
        items = [finished(item) for item in self.items.values()]
        return {"stock_date": self.stock_date.isoformat(), "file": self.file(), "rows_total": self.total, "rows_rejected": self.rejected,
                "rows_skipped": self.skipped, "rows_accepted": self.total - self.rejected, "duplicates_merged": self.merged,
                **self.changes(items), "matched": sum(i["lot"] is not None for i in items), "unmatched": sum(i["lot"] is None for i in items),
                "errors": self.count("E_"), "warnings": self.count("W_"),
                "qty_total": decimal_text(sum((i["qty"] for i in items), Fraction(0)), 3),
                "value_total": decimal_text(rounded(sum((i["qty"] * i["cost"] for i in items if i["cost"]), Fraction(0)), 2), 2),
                "issues": self.issues, "items": [shown(item) for item in items]}

    def count(self, start):
        codes = [issue["code"] for issue in self.issues if issue["code"].startswith(start)]
        return {code: codes.count(code) for code in sorted(set(codes))}

    def file(self):
        read = {sheet.name for sheet, _heading in self.read}
        sheets = [{"name": sheet.name, "read": True, "rows": self.rows_of[sheet.name]} if sheet.name in read else {"name": sheet.name, "read": False}
                  for sheet in self.sheets if not sheet.hidden]
        if len(self.read) > 1:
            return {"sheet": None, "sheets": sheets, "columns": None, "control_total": None}
        sheet, heading = self.read[0]
        total = self.totals[0] if self.totals else None
        return {"sheet": sheet.name, "sheets": sheets, "header_row": heading.row + 1, "header_rows": heading.height,
                "columns": {field: column + 1 for field, column in heading.fields.items()}, "ignored": [letter(c.number) for c in heading.ignored()],
                "control_total": total and {"row": total["row"], "value": decimal_text(total["value"], 3), "rows": decimal_text(total["rows"], 3)}}

    def changes(self, items):
        """Compared with the stock; the spelling of the number and the name alone are no change."""
        old = {(o["pn_norm"], o.get("vendor_norm", "")): {
            "lot": o.get("lot_code"), "lot_qty": Fraction(o.get("lot_qty", 1)), "qty": Fraction(o["qty"]), "reserved": Fraction(o.get("reserved", 0)),
            "unit": o.get("unit", "pcs"), "cost": o.get("unit_cost") and Fraction(o["unit_cost"]),
            "received": o.get("received_on") and date.fromisoformat(o["received_on"])} for o in self.scene.get("existing", [])}
        same = sum(old.get(i["key"]) == {name: i[name] for name in ("lot", "lot_qty", "qty", "reserved", "unit", "cost", "received")} for i in items)
        listed = {i["key"] for i in items}
        kept = {key for key in old if key not in listed and (key in self.refused or (key[0], None) in self.refused)}
        known = len(listed & set(old))
        gone = len(old) - known - len(kept) if self.p["mode"] == "replace" else 0
        return {"inserted": len(items) - known, "updated": known - same, "unchanged": same, "deleted": gone, "kept_for_rejected": len(kept)}


def since(views, last):
    """Quantities of the data rows since the heading, total, group or section before a total."""
    found = []
    for view in views:
        if view is last:
            break
        if view.kind in ("header", "total", "group", "section"):
            found = []
        elif view.kind == "data":
            found.append(view.quantity()[0] or 0)
    return found


def plain(value):
    return str(int(value)) if value.denominator == 1 else decimal_text(value, 3).rstrip("0")


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
            "received_on": item["received"].isoformat() if item["received"] else None}


def stock_import(scene):
    return Import(scene).run()
