"""The rows below the heading of a stock report once more, written from the rules alone: what each row is (rules 1 to 6), sections, and the
report's own total. All rows of a sheet are at hand here; the import sees them once."""
import re
from fractions import Fraction

from stock_cells_model import Number, Unreadable, cell_text, filled, is_number, number, without_placeholder, words
from stock_heading_model import HEAD_COLUMNS, IDENTITIES, heading_here
from stock_words_model import STOCK_WORDS, TOTALS, UNITS, WORDS, Part, normal

NUMBERS = ("part_number", "lot", "code")
MERGED = (*IDENTITIES, "vendor", "warehouse", "unit")
PROOFS = frozenset(["unit", "vendor", "name", "part_number", "known"])
OPEN_MAX = 8
GROUP_WORDS = {normal(word) for word in WORDS["group_words"]}
UNNAMED = ("склад ", "warehouse ")


class Ambiguous(Exception):
    """E_AMBIGUOUS_COLUMN of a row."""


def plain_text(cell):
    """A text that is no number, and neither a dash, a piece word nor a currency sign instead of one."""
    text = words(cell)
    if not text or re.match("[A-Za-z]", text):
        return text
    try:
        number(text, "ru")
        return ""
    except Unreadable:
        return "" if is_number(text) else text


class View:
    """A row under the heading in force."""

    def __init__(self, table, row, heading):
        self.table, self.row, self.index, self.heading = table, row, row.index, heading
        self.fields = {field: row.at(column) for field, column in heading.fields.items() if filled(row.at(column))}
        self.clean()
        if self.fields:
            self.fill()
        self.kind, self.inside = None, []
        self.column, self.text = self.find_text()
        self.numbers = [field for field in NUMBERS if field in self.fields]
        self.identities = [field for field in IDENTITIES if field in self.fields]
        self.known = table.catalogue.knows(self.fields)
        self.number = table.catalogue.number_of(self.fields, table.from_name)
        self.empty = not self.fields and not self.warehouse()  # the name of a warehouse may stand in a column that is no field

    def clean(self):
        for field in (*IDENTITIES, "vendor"):
            if field in self.fields and without_placeholder(self.fields[field]) is None:
                del self.fields[field]

    def fill(self):
        """A vertical merge gives its text to the rows that it covers."""
        for field in MERGED:
            column = self.heading.fields.get(field)
            if column is None or filled(self.row.at(column)):
                continue
            for top, first, bottom, last in self.table.sheet.merges:
                cell = self.table.sheet.row(top).at(column)
                if first == column == last and self.heading.last < top < self.index <= bottom and filled(cell):
                    self.fields[field] = cell
        self.clean()

    def find_text(self):
        own = {self.heading.fields[field]: cell for field, cell in self.fields.items()}
        for cells in (own, self.row.cells):
            for column in sorted(cells):
                if plain_text(cells[column]):
                    return column, words(cells[column])
        return None, ""

    def has(self, field):
        return field in self.fields

    def beside(self, fields):
        """Which of these stand in other columns than the text?"""
        return [field for field in fields if field in self.fields and self.heading.fields[field] != self.column]

    def quantity(self):
        """(value, is it unreadable) before factors."""
        return self.table.quantity(self.fields)

    # -- what it is like --

    def lone(self):
        if len(self.identities) != 1 or not self.numbers:
            return False
        text = cell_text(self.fields[self.numbers[0]])
        return not re.search(r"\s", text) and bool(re.search("[0-9]", text))

    def item_without_unit(self):
        return self.known or (self.has("part_number") and self.has("name")) or self.lone()

    def item(self):
        return self.item_without_unit() or self.has("unit")

    def says_total(self):
        text = re.sub(r"\s+", " ", self.text.lower().replace("ё", "е"))
        said = any(text == word or (text.startswith(word) and text[len(word)] in " :.,;(") for word in TOTALS)
        if not said or self.known or self.beside(NUMBERS):
            return False
        return not (self.beside(["name"]) and re.search("[0-9]", self.text))

    def warehouse(self):
        """Code of the warehouse whose section begins here, ("?", name) of one that nobody knows, None when it is no such row."""
        if self.known:
            return None
        code = self.table.ask.place(normal(self.text)) if self.text and not self.beside(IDENTITIES) else None
        if code:
            return code
        label = normal(self.text)
        return ("?", label) if label.startswith(UNNAMED) and not self.has("unit") and not self.beside(IDENTITIES) else None

    def names_warehouse(self):
        """Does its text say a warehouse, whatever else stands in the row?"""
        label = normal(self.text)
        return label != "" and (self.table.ask.place(label) is not None or label.startswith(UNNAMED))

    def wordy(self):
        """A number of two words or more without a digit, and nothing else that says which item it is."""
        if len(self.identities) != 1 or not self.numbers or self.has("vendor") or self.has("unit") or "name" not in self.heading.fields:
            return False
        text = cell_text(self.fields[self.numbers[0]])
        return len(text.split()) >= 2 and not re.search("[0-9]", text)

    def summing(self):
        """May it be a group that is told by its sum?"""
        value, unreadable = self.quantity()
        return len(self.identities) == 1 and not self.has("vendor") and value is not None and not unreadable

    def alone(self):
        """Nothing but its text is filled, or no number and (the sheet has units or there is no quantity)."""
        if self.text and [self.heading.fields[field] for field in self.fields] == [self.column]:
            return True
        return not self.numbers and ("unit" in self.heading.fields or not (self.has("qty") or self.has("free")))

    def least_rows(self):
        """How many rows a group of this text has at least."""
        first = re.split(r"[\s:]", self.text.lower().replace("ё", "е").strip() + " ")[0]
        without_digit = self.numbers and not re.search("[0-9]", cell_text(self.fields[self.numbers[0]]))
        return 1 if first in GROUP_WORDS or without_digit else 2

    def proofs(self):
        return {field for field in ("unit", "vendor", "name", "part_number") if self.has(field)} | ({"known"} if self.known else set())


class Open:
    """A row that may turn out to be a group: its sum and its proof so far."""

    def __init__(self, view):
        self.view, self.sum, self.rows = view, Fraction(0), 0
        self.proofs = PROOFS - set(view.identities)

    def reached(self):
        return self.rows >= self.view.least_rows() and self.sum == self.view.quantity()[0]


class Table:
    """A sheet under its heading."""

    def __init__(self, sheet, heading, ask, catalogue, params):
        self.sheet, self.heading, self.ask, self.catalogue = sheet, heading, ask, catalogue
        self.locale, self.from_name = params["number_locale"], params["pn_from_name"]
        self.moved, self.numbered, self.blocks = [], 0, []
        self.views = []
        self.split()
        self.find_inside()
        self.find_details()
        self.sort()

    def quantity(self, fields):
        """(value, is it unreadable) before factors."""
        value, unreadable = self.read_quantity(fields)
        return (None, True) if value is not None and abs(value) >= 10 ** 12 else (value, unreadable)

    def read_quantity(self, fields):
        qty = Number(fields.get("qty"), 3, self.locale, True)
        if qty.fault or qty.value is not None:
            return qty.value, bool(qty.fault)
        free = Number(fields.get("free"), 3, self.locale, True)
        if free.fault or free.value is None:
            return free.value, bool(free.fault)
        reserved = Number(fields.get("reserved"), 3, self.locale, True)
        usable = reserved.value is not None and 0 <= reserved.value < 10 ** 12
        return free.value + (reserved.value if usable else 0), False

    # -- headings further down (rule 3) --

    def split(self):
        """The rows under the heading in force, and the headings among them."""
        heading, index, below = self.heading, self.heading.last + 1, True
        while index < self.sheet.height:
            row = self.sheet.row(index)
            index += 1
            if not row.cells:
                continue
            if below and counts(row):
                self.numbered += 1
                below = False
                continue
            view = View(self, row, heading)
            rows, found = (0, None) if view.empty else self.heading_at(row, heading, view.says_total())
            if rows:
                if found:
                    heading = found
                    self.moved.append(found)
                for at in range(row.index, row.index + rows):
                    self.views.append(View(self, self.sheet.row(at), heading))
                    self.views[-1].kind = "header"
                index = row.index + rows
            else:
                view.kind = "empty" if view.empty else None
                self.views.append(view)
            below = rows > 0

    def heading_at(self, row, heading, total):
        """(rows of a heading that begins here, the heading when its columns are others)"""
        cells = {column: cell for column, cell in row.cells.items() if column < HEAD_COLUMNS}
        if not cells or any(not isinstance(cell, str) or is_number(cell) for cell in row.cells.values()):
            return 0, None
        labels = [part for part in (Part(cell, self.ask.place) for cell in cells.values())
                  if part.kind in ("field", "closing") and part.full not in UNITS and part.full not in STOCK_WORDS]
        texts = {column: normal(cell) for column, cell in cells.items()}
        repeated = any(texts.items() <= row_of.items() for row_of in heading.labels())
        if len(labels) >= 2 and not total:
            found = heading_here(self.sheet, self.ask, row.index)
            if found and not found.ambiguous:
                return found.height, None if found.same(heading) else found
            if not repeated:
                raise Ambiguous(row.index)
        return int(repeated), None

    # -- outline --

    def find_inside(self):
        rows = [view for view in self.views if view.kind != "header"]
        for at, view in enumerate(rows):
            view.after = self.deeper(rows[at + 1:], view)
            view.before = self.deeper(rows[:at][::-1], view) if self.sheet.summary_below else []
            view.inside = view.after + view.before

    @staticmethod
    def deeper(rows, view):
        found = []
        for row in rows:
            if row.row.outline <= view.row.outline:
                break
            found.append(row)
        return found

    def find_details(self):
        """Rows inside an item are its details, unless another item is among them or what repeats its number does not add up. Those after
        it and those before it are judged by themselves."""
        for view in self.views:
            if not view.kind and view.item():
                self.judge_details(view, view.after)
                self.judge_details(view, view.before)

    @staticmethod
    def judge_details(view, rows):
        again = [row for row in rows if row.number and row.number == view.number]
        if any(row.item_without_unit() and row not in again for row in rows):
            return
        if again and sum(row.quantity()[0] or 0 for row in again) != view.quantity()[0]:
            return
        for row in rows:
            if row.kind in (None, "detail") and row.names_warehouse():
                raise Ambiguous(row.index)
            if row.kind is None:
                row.kind = "detail"

    # -- rules 2, 4, 5 and 6 --

    def sort(self):
        self.stack, self.pending = [], []
        for at, view in enumerate(self.views):
            if view.kind is None:
                self.take(at, view)
        self.close()

    def take(self, at, view):
        view.at = at
        if view.says_total() or self.bare_sum(view):
            self.close()
            view.kind = "total"
        elif view.warehouse():
            self.close()
            view.kind = "section"
        elif view.item():
            self.data(view)
        elif view.inside or view.alone():
            view.kind = "group"
        elif view.summing():
            self.open(view)
        elif not self.heads_block(view):
            self.data(view)

    def data(self, view):
        view.kind = "data"
        value, broken = view.quantity()[0] or 0, 0
        for at, candidate in enumerate(self.stack):
            candidate.rows += 1
            candidate.sum += value
            candidate.proofs = candidate.proofs & view.proofs()
            if not candidate.proofs:
                broken = at + 1
        self.drop(broken)

    def drop(self, n):
        """The outermost n are no groups by their sums."""
        for candidate in self.stack[:n]:
            if not self.heads_block(candidate.view):
                candidate.view.kind = "data"
        del self.stack[:n]

    def pop_reached(self):
        while self.stack and self.stack[-1].reached():
            done = self.stack.pop()
            done.view.kind = "group"
            if self.stack:
                self.stack[-1].proofs = self.stack[-1].proofs & done.proofs
                if not self.stack[-1].proofs:
                    self.drop(len(self.stack))

    def open(self, view):
        self.pop_reached()
        self.stack.append(Open(view))
        if len(self.stack) > OPEN_MAX:
            self.drop(1)

    def close(self):
        """A total, a section or the end: what is not reached now is missed, and all that enclose it."""
        while self.stack:
            self.pop_reached()
            self.drop(len(self.stack))

    def heads_block(self, view):
        """Rule 5d: whatever its quantity says."""
        if not view.wordy():
            return False
        after = next((row for row in self.views[view.at + 1:] if row.kind not in ("empty", "detail") and self.decides(row)), None)
        if after is None or not after.item() or after.kind == "header" or after.says_total() or not after.numbers or not after.has("name"):
            return False
        view.kind = "group"
        self.blocks.append(view)
        return True

    def decides(self, row):
        """Is it none of the rows of rule 5?"""
        return row.kind == "header" or row.item() or row.says_total() or row.warehouse()

    def bare_sum(self, view):
        """A quantity without identity, vendor or unit that is the sum of all before it or since the last total."""
        value, _unreadable = view.quantity()
        if value is None or view.identities or view.has("vendor") or view.has("unit"):
            return False
        after = self.settled(view.at)
        since = max((i + 1 for i, (kind, _v) in enumerate(after) if kind == "total"), default=0)
        for rows in (after, after[since:]):
            sums = [row.quantity() for kind, row in rows if kind == "data"]
            sure = any(row.kind == "data" for _kind, row in rows)
            if sure and not any(unreadable for _v, unreadable in sums) and sum(v or 0 for v, _u in sums) == value:
                return True
        return False

    def settled(self, at):
        """What the rows before this one are if a total stands here."""
        open_rows = {id(candidate.view): "data" for candidate in self.stack}
        inner = [(c.sum, c.rows, c.proofs, c.view) for c in self.stack]
        while inner:
            total, rows, proofs, view = inner.pop()
            if rows < view.least_rows() or total != view.quantity()[0] or not proofs:
                break
            open_rows[id(view)] = "group"
            if inner:
                inner[-1] = (*inner[-1][:2], inner[-1][2] & proofs, inner[-1][3])
        return [(open_rows.get(id(row), row.kind), row) for row in self.views[:at]]


def counts(row):
    """Cells that read 1, 2, 3 … n."""
    texts = [cell_text(cell) for _column, cell in sorted(row.cells.items())]
    return len(texts) >= 3 and texts == [str(i + 1) for i in range(len(texts))]
