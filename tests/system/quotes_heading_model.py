"""The heading of a price list once more, written from the rules alone (section 5a): which columns are prices, and which of them are read."""
import re

import quotes_words_model as words_of
from quotes_above_model import Above
from quotes_words_model import PLAIN, RETAIL, label_of, part_of, tier_at_end
from stock_cells_model import cell_text, is_number, kind, words
from stock_heading_model import HEAD_COLUMNS, HEAD_ROWS, HEADING_MAX, IDENTITIES, Candidate, letter
from stock_words_model import STOCK_WORDS, TOTALS, UNITS, WORDS, normal

AMOUNTS = ("qty", "free", "reserved", "price")
QUANTITIES = ("qty", "free", "reserved")
KNOWN = ("foreign", "closing", "field", "tier")
NO_PRICE = {normal(word) for word in WORDS["quote_no_price_words"]} - {""}

# ---- Rows of a heading ------------------------------------------------------------------------------------------------


def no_caption(cell):
    """A number, or a word that stands where a number is due. A tier is neither."""
    if not isinstance(cell, str):
        return True
    if tier_at_end(label_of(cell)):
        return False
    return is_number(cell) or normal(cell) in ("-", "нет", "есть", "много", "мало") or normal(cell) in NO_PRICE


def can_follow(row):
    cells = [cell for column, cell in row.cells.items() if column < HEAD_COLUMNS]
    return bool(cells) and not any(no_caption(cell) for cell in cells)


def begins_with_total(row):
    """Does its first text begin like that of a total?"""
    text = next(words(cell) for _column, cell in sorted(row.cells.items()) if words(cell))
    return any((normal(text) + " ").startswith(word + " ") for word in TOTALS) and part_of(text).kind == "unknown"


def whole_number(cell):
    """A least quantity as a bare number, or None."""
    text = cell_text(cell) if isinstance(cell, str) or kind(cell) == "n" else ""
    text = re.sub(r"\.0+$", "", text) if not isinstance(cell, str) else re.sub(r"(?<=[0-9])[ \u00a0\u202f](?=[0-9]{3}(?![0-9]))", "", text)
    return int(text) if re.fullmatch("[0-9]{1,15}", text) and int(text) > 0 else None


class Column:
    """A column with a caption: its path, and what the path says."""

    def __init__(self, number, texts, from_merge):
        self.number, self.from_merge, self.why, self.by_number = number, from_merge, None, None
        self.parts = []
        for text in texts:
            part = part_of(text)
            if part.full not in [before.full for before in self.parts]:
                self.parts.append(part)
        self.caption = " / ".join(re.sub(r"\s+", " ", part.text) for part in self.parts)
        self.places = set()
        kinds = [part.kind for part in self.parts]
        self.foreign, self.total = "foreign" in kinds, any(part.total for part in self.parts)
        self.only_total = len(self.parts) == 1 and self.total
        self.field = next((part.field for part in reversed(self.parts) if part.kind == "field" and (not part.total or len(self.parts) == 1)), None)
        if self.field is None and "tier" in kinds and not {"unknown", "closing", "total"} & set(kinds):
            self.field = "price"
        elif self.field is None and "closing" in kinds and "tier" not in kinds:
            self.field = "qty"
        if self.field in QUANTITIES and (self.in_money() or "tier" in kinds):
            self.field = None
        if self.field == "price" and any(words_of.like_tier(part.full) for part in self.unknown()):
            self.field = None  # under a tier that is not understood
        self.lowest_known = kinds[-1] not in ("unknown", "total")
        self.closing_above = "closing" in kinds[:-1]

    def in_money(self):
        said = [at for at, part in enumerate(self.parts) if part.kind == "field"] or [at for at, part in enumerate(self.parts) if part.kind == "closing"]
        return any(part.hints.currency for part in self.parts[said[-1] if said else 0:])

    def unknown(self):
        return [part for part in self.parts if part.kind == "unknown"]

    def hint(self, name):
        return next((getattr(part.hints, name) for part in reversed(self.parts) if getattr(part.hints, name) is not None), None)

    # -- of a price --

    def tier(self):
        """(least quantity, unit) or None; pieces are what no word says."""
        found = (self.by_number, None) if self.by_number else self.hint("tier")
        return found and (found[0], None if found[1] == "pcs" or found[0] <= 1 else found[1])

    def name(self):
        parts = [part.name() for part in self.parts if part.name()]
        return (*parts, *([("sum", self.hint("sum"))] if self.hint("sum") else []))

    def plain(self):
        return all(len(name) == 2 and name[0] in PLAIN and not name[1] for name in self.name()) and bool(self.name())

    def vat(self):
        return bool(self.hint("vat"))

    def vat_rate(self):
        return next((part.hints.rate for part in reversed(self.parts) if part.hints.vat is not None), None)

    def retail(self):
        """Captions that name a retail price."""
        return [part for part in self.parts if part.kind == "field" and (part.label in RETAIL or RETAIL & set(part.hints.rest)
                                                                        or RETAIL & set(re.split(" ?[/,] ?", part.label)))]

    def of_sum(self):
        return [part for part in self.parts if part.hints.sum]


class PriceCandidate(Candidate):
    def __init__(self, sheet, row, height, ask):
        self.above = ask.above or Above(sheet, row)
        self.prices, self.named, self.unread = [], False, []
        self.text_rows = height
        self.bare = None
        super().__init__(sheet, row, height, ask)
        for at, column in enumerate(self.prices[1:], 1):
            self.fields[f"price:{at}"] = column.number
        if self.bare:
            self.last += 1
            self.height += 1

    # -- captions --

    def column(self, number):
        if not any(self.own(row, number) for row in range(self.row, self.last + 1)):
            return None
        rows = range(self.row, self.last + 1)
        over = [self.over(row, number) for row in rows]
        from_merge = any(text and (by or self.covers(row, first)) for row, (text, first, by) in zip(rows, over))
        return Column(number, [text for text, _first, _by in over if text], from_merge)

    def judge(self):
        self.tiers_in_numbers()
        if not self.bare:
            self.under_one_caption()
        unknown = any(column.unknown() and not column.total and column.field in AMOUNTS and not column.foreign for column in self.columns)
        for column in self.columns:
            if column.foreign:
                column.why = "foreign"
            elif column.total and unknown and not column.only_total:
                column.why = "sum"
            elif column.field is None:
                column.why = "unknown"

    def span(self, column):
        """Columns under a caption: by its merge, else those without captions to its right; is it a merge?"""
        wide = [m for m in self.sheet.merges if self.row <= m[0] <= self.last and m[1] == column.number and m[3] > m[1] and self.own(m[0], m[1])]
        if wide:
            return range(column.number, wide[0][3] + 1), True
        after = [other.number for other in self.columns if other.number > column.number]
        return range(column.number, min(after, default=HEAD_COLUMNS)), False

    def tiers_in_numbers(self):
        """A row of nothing but ascending whole numbers right below one price caption."""
        if self.last + 1 >= self.sheet.height or self.height >= HEADING_MAX:
            return
        cells = sorted(self.sheet.row(self.last + 1).cells.items())
        numbers = [whole_number(cell) for _column, cell in cells]
        if len(cells) < 2 or None in numbers or sorted(set(numbers)) != numbers:
            return
        for column in [c for c in self.columns if c.field == "price" and not c.foreign and not c.tier()]:
            under, _merged = self.span(column)
            if cells[0][0] == column.number and all(at in under for at, _cell in cells):
                texts = [part.text for part in column.parts]
                self.bare = [Column(at, texts, column.from_merge) for at, _cell in cells]
                for made, number in zip(self.bare, numbers):
                    made.by_number = number
                self.columns = sorted([c for c in self.columns if c is not column] + self.bare, key=lambda c: c.number)
                return

    def under_one_caption(self):
        """Columns of numbers under one merged price caption, with nothing of their own."""
        for column in [c for c in self.columns if c.field == "price" and not c.foreign]:
            under, merged = self.span(column)
            for number in under[1:] if merged else []:
                if self.at(number) is None and number < HEAD_COLUMNS and self.has_numbers(number):
                    self.columns.append(Column(number, [part.text for part in column.parts], column.from_merge))
        self.columns.sort(key=lambda c: c.number)

    def has_numbers(self, number):
        cells = [self.sheet.row(row).at(number) for row in range(self.last + 1, min(self.sheet.height, HEAD_ROWS))]
        return any(cell is not None and (kind(cell) == "n" or (isinstance(cell, str) and is_number(cell) and normal(cell) != "-")) for cell in cells)

    # -- what is named --

    def under(self, value):
        """Columns that a caption or a letter names."""
        wanted = label_of(value)
        for found in ([c for c in self.columns if wanted == label_of(c.caption) or any(wanted == part.full for part in c.parts)],
                      [c for c in self.columns if any(wanted == part.label for part in c.parts)],
                      [c for c in self.columns if letter(c.number) == value.strip().upper()]):
            if found:
                return found
        return []

    def choose(self):
        for field, value in self.ask.columns.items():
            if field == "price":
                self.choose_prices(value)
                continue
            under = self.under(value)
            of_field = [c for c in under if c.field == field and c.why is None] or [c for c in under if c.field == field]
            self.take(field, of_field if len(under) > 1 and of_field else under)
        for column in self.columns:
            if column in self.chosen:
                column.why = None
            elif column.field in self.ask.columns and column.why is None:
                column.why = "lost"
                self.chosen.add(column)

    def take(self, field, found):
        if not found:
            self.missing = True
        elif len(found) > 1:
            self.rivals[field] = found
            self.chosen.update(found)
        else:
            self.fields[field] = found[0].number
            self.chosen.add(found[0])

    def choose_prices(self, value):
        self.named, picked = True, []
        for name in value.split(";"):
            under = self.under(name)
            of_field = [c for c in under if c.field == "price" and c.why is None] or [c for c in under if c.field == "price"]
            found = of_field if len(under) > 1 and of_field else under
            self.missing |= not found
            picked += [c for c in found if c not in picked]
        self.chosen.update(picked)
        picked.sort(key=lambda c: c.number)
        if len(picked) > 1 and not self.are_tiers(picked):
            self.rivals["price"] = picked
        self.read_prices(picked)

    def read_prices(self, columns):
        self.prices = columns
        if columns:
            self.fields["price"] = columns[0].number

    # -- which is read --

    def settle(self, field):
        if field == "price":
            if not self.named:
                self.which_price([c for c in self.columns if c.field == "price" and c.why is None and c not in self.chosen])
        else:
            super().settle(field)
            if field in QUANTITIES and field in self.rivals and field not in self.ask.columns:
                self.unread += self.rivals.pop(field)
                del self.fields[field]
                for column in self.columns:
                    if column.field == field and column not in self.chosen:
                        column.why = "lost"

    def currency_of(self, column):
        return column.hint("currency") or self.above.currency or self.ask.base

    def fewer(self, columns, alike, wanted):
        """In each group that is alike but for one thing: those that are wanted, if that is one column."""
        left = list(columns)
        for group in {alike(c): [o for o in columns if alike(o) == alike(c)] for c in columns}.values():
            found = [c for c in group if wanted(c)]
            if len(found) == 1 and len(group) > 1:
                for loser in [c for c in group if c is not found[0]]:
                    loser.why = "lost"
                    left.remove(loser)
        return left

    def which_price(self, columns):
        asked_vat, asked = bool(self.ask.vat_included), self.ask.currency

        def but_vat(column):
            return column.name(), column.tier(), column.hint("per"), self.currency_of(column)

        def but_currency(column):
            return column.name(), column.tier(), column.hint("per"), column.vat()

        vats = {but_vat(c): {o.vat() for o in columns if but_vat(o) == but_vat(c)} for c in columns}
        left = self.fewer(columns, but_vat, lambda c: len(vats[but_vat(c)]) == 2 and c.vat() == asked_vat)
        coins = {but_currency(c): [self.currency_of(o) for o in left if but_currency(o) == but_currency(c)] for c in left}
        left = self.fewer(left, but_currency, lambda c: len(set(coins[but_currency(c)])) > 1 and self.currency_of(c) == asked)
        if len(left) > 1 and not self.are_tiers(left):
            self.rivals["price"] = left
        self.read_prices(left)

    def are_tiers(self, columns):
        tiers = [c.tier() or (self.ask.min_qty, None) for c in columns]
        without = [c for c in columns if not c.tier()]
        if len(set(tiers)) < len(tiers) or len(without) > 1 or len({self.currency_of(c) for c in columns}) > 1:
            return False
        if any(c.of_sum() or any(words_of.like_tier(part.full) for part in c.unknown()) for c in columns):
            return False
        if not self.named and len({tuple(part.full for part in c.unknown()) for c in columns}) > 1:
            return False
        named_alike = without and any(c.name() == without[0].name() for c in columns if c is not without[0])
        return not without or self.named or without[0].plain() or bool(named_alike)

    # -- as a whole --

    def qualifies(self):
        return not self.missing and "price" in self.fields and bool(set(IDENTITIES) & set(self.fields))

    def is_title(self):
        for first in {self.over(self.row, c.number)[1] for c in self.columns if self.own_over(c)}:
            under = [c for c in self.columns if self.own_over(c) and self.over(self.row, c.number)[:2] == (self.own(self.row, first), first)]
            if len(under) == len(self.columns):
                return True
            below = [c for c in under if len(c.parts) > 1]
            if any(c.field in IDENTITIES for c in below) and any(c.field in AMOUNTS and not c.foreign for c in below):
                return True
        return False

    def own_over(self, column):
        return self.over(self.row, column.number)[0]

    def takes(self, row):
        if self.bare or not can_follow(row) or begins_with_total(row):
            return False
        cells = {column: part_of(text) for column, text in row.cells.items() if column < HEAD_COLUMNS}
        plain = {column for column, part in cells.items() if part.full in STOCK_WORDS or part.full in UNITS}
        captions = {column for column, part in cells.items() if part.kind in KNOWN} - plain
        unknown = {column for column, part in cells.items() if part.kind not in KNOWN} - plain
        identities = {column for field, column in self.fields.items() if field in IDENTITIES}
        if captions and set(cells) - identities and (not unknown or (len(captions) >= 2 and len(captions) * 2 > len(cells))):
            return True
        amounts = {c.number for c in self.columns if c.field in AMOUNTS and c.why in (None, "lost")}
        return not identities & set(cells) and any(column >= min(amounts) for column in cells)

    def rank(self):
        return (not self.ambiguous, len([field for field in self.fields if ":" not in field]), self.covering, -self.height, -self.row)

    def said(self):
        """What is read, and what the captions of the prices say."""
        return self.fields, [(c.tier(), c.hint("currency"), c.hint("vat"), c.vat_rate(), c.hint("per")) for c in self.prices]

    def same(self, other):
        return self.said() == other.said()

    # -- what is told of it --

    def captions(self):
        told = {}
        for field, number in self.fields.items():
            column = self.at(number)
            if field.split(":")[0] not in AMOUNTS or column in self.chosen:
                continue
            parts = column.unknown()
            if column in self.prices:
                parts = parts + ([] if self.ask.competitor else column.retail()) + column.of_sum()
            for part in parts:
                told.setdefault(part.full, number)
        return told

    def warned(self):
        unread = [c for c in self.columns if c in self.unread]
        return [c for c in self.columns if c in unread or (c.why in ("unknown", "lost") and c.field != "price" and c not in self.chosen
                                                          and words_of.says_money(c.caption))]

    def labels(self):
        return [{column: normal(cell_text(cell)) for column, cell in self.sheet.row(row).cells.items() if column < HEAD_COLUMNS}
                for row in range(self.row, self.last + 1)]


# ---- The search -------------------------------------------------------------------------------------------------------


def candidates(sheet, ask, rows, end):
    found = {}
    for row in rows:
        if row >= end or not any(words(cell) for cell in sheet.row(row).cells.values()):
            continue
        for height in range(1, HEADING_MAX + 1):
            last = row + height - 1
            if last >= end or (height > 1 and not can_follow(sheet.row(last))):
                break
            made = PriceCandidate(sheet, row, height, ask)
            if ask.header_rows in (0, made.height) and made.qualifies() and not made.is_title() and not taken_above(sheet, ask, made):
                found[row, height] = made
    for row, height in list(found) if not ask.header_rows else []:
        if row + height < end and found[row, height].takes(sheet.row(row + height)):
            del found[row, height]
    return list(found.values())


def taken_above(sheet, ask, candidate):
    """Do captions right above say that its price is foreign?"""
    number = candidate.fields["price"]
    for height in range(candidate.text_rows + 1, HEADING_MAX + 1):
        row = candidate.row + candidate.text_rows - height
        if ask.header_row or ask.above or row < 0 or not can_follow(sheet.row(row + 1)) or not any(words(cell) for cell in sheet.row(row).cells.values()):
            return False
        longer = PriceCandidate(sheet, row, height, ask)
        if not longer.is_title() and longer.at(number) and longer.at(number).why == "foreign":
            return True
    return False


def find_heading(sheet, ask):
    rows = [ask.header_row - 1] if ask.header_row else range(min(sheet.height, HEAD_ROWS))
    found = candidates(sheet, ask, rows, min(sheet.height, HEAD_ROWS))
    top = min((c.row for c in found), default=0)
    reach = max((c.last for c in found if c.row == top), default=0)
    return max((c for c in found if c.row <= reach), key=PriceCandidate.rank, default=None)


def heading_here(sheet, ask, row, above):
    return max(candidates(sheet, ask.further(above), [row], sheet.height), key=PriceCandidate.rank, default=None)
