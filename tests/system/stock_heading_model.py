"""The search for the heading of a stock report once more, written from the rules alone: candidates of one to three rows, the path of each
column, what is read and what is not, and why. Its dates as well."""
import re
from datetime import date, timedelta

from stock_cells_model import cell_date, cell_text, filled, is_number, kind, words
from stock_words_model import DATE, FIELD_OF, STOCK_WORDS, TOTALS, UNITS, Part, dates_in, normal, says_money

HEAD_ROWS, HEAD_COLUMNS, HEADING_MAX = 50, 60, 3
IDENTITIES = ("part_number", "lot", "code", "name")
AMOUNTS = ("qty", "free", "reserved", "unit_cost", "total_cost")
KNOWN = ("foreign", "closing", "field", "selling")
SINGLE = (*AMOUNTS, "part_number")


def letter(column):
    return (chr(64 + column // 26) if column >= 26 else "") + chr(65 + column % 26)


# ---- Rows of a heading ------------------------------------------------------------------------------------------------


def no_caption(cell):
    """A number, or a word that stands where a number is due."""
    return not isinstance(cell, str) or is_number(cell) or normal(cell) in ("-", "нет", "есть", "много", "мало")


def can_follow(row):
    """May this row be the second or third of a heading?"""
    cells = [cell for column, cell in row.cells.items() if column < HEAD_COLUMNS]
    return bool(cells) and not any(no_caption(cell) for cell in cells)


def begins_with_total(row, place):
    """Does its first text begin like that of a total?"""
    text = next(words(cell) for _column, cell in sorted(row.cells.items()) if words(cell))
    said = any((normal(text) + " ").startswith(word + " ") for word in TOTALS)
    return said and Part(text, place).kind == "unknown"


class Column:
    """A column with a caption: its path, and what the path says."""

    def __init__(self, number, texts, from_merge, place):
        self.number, self.from_merge = number, from_merge
        self.parts = []
        for text in texts:
            part = Part(text, place)
            if part.full not in [before.full for before in self.parts]:
                self.parts.append(part)
        self.caption = " / ".join(re.sub(r"\s+", " ", part.text) for part in self.parts)
        kinds = [part.kind for part in self.parts]
        self.foreign = "foreign" in kinds
        self.places = {part.place for part in self.parts if part.place}
        self.total = any(part.total for part in self.parts)
        self.only_total = len(self.parts) == 1 and self.total
        self.field = next((part.field for part in reversed(self.parts) if part.kind == "field" and (not part.total or len(self.parts) == 1)), None)
        if self.field is None and (self.closing_alone(kinds) or self.place_alone(kinds)):
            self.field = "qty"
        if self.field in ("qty", "free", "reserved") and self.in_money():
            self.field = None
        self.selling = "selling" in kinds and self.field in (None, "unit_cost", "total_cost")
        self.lowest_known = kinds[-1] != "unknown"
        self.closing_above = "closing" in kinds[:-1]
        self.why = None

    def in_money(self):
        """Does the caption that says a quantity, or one below it, name a currency?"""
        said = [at for at, part in enumerate(self.parts) if part.kind == "field"] or [at for at, part in enumerate(self.parts) if part.kind in ("closing", "place")]
        return any(part.hints.currency for part in self.parts[said[-1] if said else 0:])

    def closing_alone(self, kinds):
        """A closing caption is a quantity unless something unknown stands below it; one that is a synonym as well is it even then."""
        at = kinds.index("closing") if "closing" in kinds else None
        if at is None or {"total", "selling"} & set(kinds[at:]):
            return False
        return self.parts[at].label in FIELD_OF or "unknown" not in kinds[at:]

    def place_alone(self, kinds):
        """A place is a quantity unless something unknown stands below it."""
        below = kinds[kinds.index("place"):] if "place" in kinds else kinds
        return bool(self.places) and not {"unknown", "selling"} & set(below)

    def unknown(self):
        """Captions that nobody knows."""
        return [part for part in self.parts if part.kind in ("unknown", "selling")]

    def hint(self, name):
        return next((getattr(part.hints, name) for part in reversed(self.parts) if getattr(part.hints, name) is not None), None)


class Candidate:
    def __init__(self, sheet, row, height, ask):
        self.sheet, self.row, self.height, self.ask = sheet, row, height, ask
        self.last = row + height - 1
        self.merged = any(m[0] <= self.last and m[2] >= row for m in sheet.merges)
        self.columns = list(filter(None, map(self.column, range(HEAD_COLUMNS))))
        self.fields, self.rivals, self.chosen, self.missing = {}, {}, set(), False
        self.judge()
        self.choose()
        for field in dict.fromkeys(column.field for column in self.columns if column.why is None):
            self.settle(field)
        self.ambiguous = bool(self.rivals)
        self.covering = any(self.at(column).from_merge for column in self.fields.values())

    # -- captions --

    def own(self, row, column):
        return words(self.sheet.row(row).at(column))

    def over(self, row, column):
        """(text, first column it stands in, by a merge) of the caption of this row over a column."""
        if self.own(row, column):
            return self.own(row, column), column, False
        if row == self.last:
            return "", column, False
        for top, first, bottom, last in self.sheet.merges:
            if top == row and bottom < self.last and first < column <= last:
                return self.own(row, first), first, True
        if not self.merged:
            for before in range(column - 1, -1, -1):
                if self.own(row, before):
                    return self.own(row, before), before, False
        return "", column, False

    def covers(self, row, column):
        """Does the caption that begins here stand over several columns by a merge?"""
        return any(m[0] == row and m[1] == column and m[3] > m[1] and m[2] < self.last for m in self.sheet.merges)

    def column(self, number):
        rows = range(self.row, self.last + 1)
        if not any(self.own(row, number) for row in rows):
            return None
        over = [self.over(row, number) for row in rows]
        from_merge = any(text and (by or self.covers(row, first)) for row, (text, first, by) in zip(rows, over))
        return Column(number, [text for text, _first, _by in over if text], from_merge, self.ask.place)

    def at(self, number):
        return next((column for column in self.columns if column.number == number), None)

    # -- what each column is --

    def judge(self):
        places = any(column.places and column.field in (None, *AMOUNTS) for column in self.columns)
        unknown = any(column.unknown() and not column.total and column.field in AMOUNTS and not column.foreign for column in self.columns)
        for column in self.columns:
            if column.foreign:
                column.why = "foreign"
            elif column.places and self.ask.wanted not in column.places and column.field in (None, *AMOUNTS):
                column.why = "place"
            elif column.total and (places or (unknown and not column.only_total)):
                column.why = "sum"
            elif column.selling:
                column.why = "selling"
            elif column.field is None:
                column.why = "unknown"
        if any(column.why == "place" for column in self.columns) and any(self.ask.wanted in column.places for column in self.columns):
            for column in self.columns:
                if column.why is None and not column.places and column.field in ("qty", "free", "reserved", "total_cost"):
                    column.why = "lost"  # it is of all places

    def choose(self):
        """What the parameter `columns` says wins."""
        for field, value in self.ask.columns.items():
            wanted = normal(value)
            under = [c for c in self.columns if any(wanted in (part.full, part.label) for part in c.parts) or wanted == normal(c.caption)]
            if not under:
                under = [c for c in self.columns if letter(c.number) == value.strip().upper()]
            of_field = [c for c in under if c.field == field and c.why is None] or [c for c in under if c.field == field]
            found = of_field if len(under) > 1 and of_field else under
            if not found:
                self.missing = True
            elif len(found) > 1:
                self.rivals[field] = found
                self.chosen.update(found)
            else:
                self.fields[field] = found[0].number
                self.chosen.add(found[0])
        for column in self.columns:
            if column in self.chosen:
                column.why = None
            elif column.field in self.ask.columns and column.why is None:
                column.why = "lost"
                self.chosen.add(column)

    def settle(self, field):
        """Which of the columns of one field is read."""
        all_of = [c for c in self.columns if c.field == field and c.why is None and c not in self.chosen]
        if not all_of:
            return
        left = all_of if field in SINGLE else all_of[:1]
        if len(left) > 1:
            left = [c for c in left if c.places] or left
            left = [c for c in left if c.lowest_known] or left
            if len({frozenset(part.label for part in c.unknown()) for c in left if c.unknown()}) < 2:
                left = [c for c in left if c.closing_above] or left
        if len(left) > 1:
            self.rivals[field] = left
        self.fields[field] = left[0].number
        for column in all_of:
            if column is not left[0]:
                column.why = "lost"

    # -- as a whole --

    def qualifies(self):
        return not self.missing and bool({"qty", "free"} & set(self.fields)) and bool(set(IDENTITIES) & set(self.fields))

    def is_title(self):
        """Does it start with a caption over all columns, or over identity and quantity or cost?"""
        for first in {self.over(self.row, c.number)[1] for c in self.columns if self.over(self.row, c.number)[0]}:
            under = [c for c in self.columns if self.over(self.row, c.number)[:2] == (self.own(self.row, first), first)]
            below = [c for c in under if len(c.parts) > 1]
            if not below or below[0].number != first:
                continue
            if len(under) == len(self.columns):
                return True
            if any(c.field in IDENTITIES for c in below) and any(c.field in AMOUNTS and not c.foreign for c in below):
                return True
        return False

    def takes(self, row):
        """Does the row below belong to it?"""
        if not can_follow(row) or begins_with_total(row, self.ask.place):
            return False
        cells = {column: Part(text, self.ask.place) for column, text in row.cells.items() if column < HEAD_COLUMNS}
        plain = {column for column, part in cells.items() if part.full in STOCK_WORDS or part.full in UNITS}
        captions = {column for column, part in cells.items() if part.kind in KNOWN} - plain
        unknown = {column for column, part in cells.items() if part.kind not in KNOWN} - plain
        identities = {column for field, column in self.fields.items() if field in IDENTITIES}
        if captions and set(cells) - identities and (not unknown or (len(captions) >= 2 and len(captions) * 2 > len(cells))):
            return True
        amounts = {c.number for c in self.columns if c.field in AMOUNTS and c.why in (None, "lost")}
        return not identities & set(cells) and any(column >= min(amounts) for column in cells)

    def rank(self):
        return (not self.ambiguous, len(self.fields), self.covering, -self.height, -self.row)

    def same(self, other):
        return self.fields == other.fields

    # -- what is told of it --

    def captions(self):
        """Unknown captions over what is read: one W_CAPTION each."""
        told = {}
        for field, number in self.fields.items():
            column = self.at(number)
            if field in AMOUNTS and column not in self.chosen:
                for part in column.unknown():
                    told.setdefault(part.text, number)
        return told

    def ignored(self):
        return [c for c in self.columns if c.why]

    def warned(self):
        """Columns that W_COLUMN_IGNORED names."""
        return [c for c in self.columns if c.why in ("unknown", "selling", "lost") and says_money(c.caption) and c not in self.chosen]

    def labels(self):
        """By row: the normalised texts of its cells."""
        return [{column: normal(words(cell)) for column, cell in self.sheet.row(row).cells.items() if column < HEAD_COLUMNS}
                for row in range(self.row, self.last + 1)]


# ---- The search -------------------------------------------------------------------------------------------------------


def heights_at(sheet, ask, row, end):
    """How many rows a heading that begins here may have."""
    if row >= end or not any(words(cell) for cell in sheet.row(row).cells.values()):
        return
    for height in range(1, HEADING_MAX + 1):
        last = row + height - 1
        if last >= end or (height > 1 and not can_follow(sheet.row(last))):
            return
        if ask.header_rows in (0, height):
            yield height


def taken_above(sheet, ask, candidate):
    """Do captions right above say that its quantity is foreign or of another place?"""
    row, height = candidate.row - 1, candidate.height + 1
    if ask.header_row or not ask.first or row < 0 or height > HEADING_MAX or not can_follow(sheet.row(row + 1)):
        return False
    if not any(words(cell) for cell in sheet.row(row).cells.values()):
        return False
    longer = Candidate(sheet, row, height, ask)
    quantities = [candidate.fields[field] for field in ("qty", "free") if field in candidate.fields]
    return not longer.is_title() and any(longer.at(number).why in ("foreign", "place") for number in quantities)


def candidates(sheet, ask, rows, end):
    """Those that qualify. One to which the row below belongs gives way to the longer one, whatever that is, and one of three rows to that
    which begins a row lower."""
    found = {}
    for row in rows:
        for height in heights_at(sheet, ask, row, end):
            made = Candidate(sheet, row, height, ask)
            if made.qualifies() and not made.is_title() and not taken_above(sheet, ask, made):
                found[row, height] = made
    for row, height in list(found) if not ask.header_rows else []:
        longer = height < HEADING_MAX or (row + 1, height) in found
        if longer and row + height < end and found[row, height].takes(sheet.row(row + height)):
            del found[row, height]
    return list(found.values())


def find_heading(sheet, ask):
    """The best of the topmost candidates and those that share a row with one."""
    rows = [ask.header_row - 1] if ask.header_row else range(min(sheet.height, HEAD_ROWS))
    found = candidates(sheet, ask, rows, min(sheet.height, HEAD_ROWS))
    top = min((c.row for c in found), default=0)
    reach = max((c.last for c in found if c.row == top), default=0)
    return max((c for c in found if c.row <= reach), key=Candidate.rank, default=None)


def heading_here(sheet, ask, row):
    """A heading further down: it begins in this row and nowhere else."""
    return max(candidates(sheet, ask.further(), [row], sheet.height), key=Candidate.rank, default=None)


# ---- Its dates --------------------------------------------------------------------------------------------------------

DAY = rf"{DATE}(?: [0-9:]+)?(?: г\.?)?"
PHRASES = [rf"(?<![а-я])на (?:конец дня )?({DAY})", rf"as (?:of|at) ({DAY})", rf"период:? {DAY} ?- ?({DAY})", rf"(?<![а-я])за {DAY} ?- ?({DAY})",
           rf"(?<![а-я])с {DAY} по ({DAY})", rf"дата окончания:? ({DAY})"]


def dates_of_phrases(text):
    text = re.sub("[‐‑‒–—―−]", "-", re.sub(r"\s+", " ", text.lower().replace("ё", "е")))
    if re.search("сформирован|печат|print", text):
        return
    for phrase in PHRASES:
        for match in re.finditer(phrase, text):
            yield from dates_in(match[1])


def dates_above(sheet, heading):
    """(date, row, column) of every phrase above the heading and of the caption of the quantity."""
    for index in range(heading.row):
        before = None
        for column, cell in sorted(sheet.row(index).cells.items()):
            if isinstance(cell, str):
                for day in dates_of_phrases(cell):
                    yield day, index, column
            alone = kind(cell) == "d" or (isinstance(cell, str) and re.fullmatch(DATE + "(?: [0-9:]+)?", cell_text(cell)))
            if alone and before is not None and normal(words(before)) == "дата" and cell_date(cell):
                yield cell_date(cell), index, column
            before = cell
    column = heading.at(heading.fields.get("qty", heading.fields.get("free")))
    if column and column.hint("date"):
        yield column.hint("date"), heading.row, column.number


def stock_date(sheet, heading, latest):
    """(the latest that counts or None, place of one that is not yet or None)"""
    found = list(dates_above(sheet, heading))
    future = next(((row, column) for day, row, column in found if day > latest), None)
    return max((day for day, _row, _column in found if day <= latest), default=None), future


def tomorrow(today):
    return date.fromisoformat(today) + timedelta(days=1)
