"""The rows of a price list once more, written from the rules alone (section 5a): what each row is, and the quotes that a data row gives."""
import re
from fractions import Fraction

from pricing_model import rounded
from quotes_heading_model import heading_here
from quotes_words_model import CURRENCIES, PER_UNITS, RATE, VATS, PriceHints, label_of, part_of, tier_at_end
from stock_cells_model import SIGNS, Number, cell_text, filled, is_number, kind, lost_digits, style, unit_of
from stock_heading_model import HEAD_COLUMNS
from stock_line_model import Catalogue, Fault, Line, norm
from stock_rows_model import Ambiguous, Table, View, counts
from stock_words_model import STOCK_WORDS, UNITS, WORDS, alternatives, normal
from values_model import digits

NO_PRICE = {word.lower() for word in WORDS["quote_no_price_words"]} | {"—", "–", "−"}
NO_PRICE_LABELS = {normal(word) for word in WORDS["quote_no_price_words"]} - {""}

# ---- The catalogue ----------------------------------------------------------------------------------------------------


class PriceCatalogue(Catalogue):
    """A code is the party's own."""

    def __init__(self, scene, party):
        super().__init__({"warehouses": [], **scene})
        self.party = norm(party)["norm"]

    def own(self, pn):
        return next((e for e in self.map if e["pn"] == pn and e["vendor"] == self.party), None)

    def code_known(self, cell):
        try:
            return self.own(self.read_number(cell)[1]["norm"]) is not None
        except Fault:
            return False

    def knows(self, fields):
        if "part_number" in fields or "lot" in fields:
            return super().knows({field: cell for field, cell in fields.items() if field != "code"}) or (
                "code" in fields and self.code_known(fields["code"]))
        return ("code" in fields and self.code_known(fields["code"])) or bool(self.tokens(fields))


# ---- Price cells ------------------------------------------------------------------------------------------------------

WORD = alternatives([*CURRENCIES, "у.е", "у. е"])
COIN_END, COIN_START = re.compile(rf"(.*?)({WORD})\.?", re.S), re.compile(rf"({WORD})\.?(?![а-яa-z])(.*)", re.S)
VAT_WORDS = "|".join(re.escape(phrase).replace(r"\ ", r"\s+").replace("вкл", r"вкл\.?").replace("incl", r"incl\.?").replace("excl", r"excl\.?")
                     for phrase in sorted(VATS, key=len, reverse=True))
VAT_IN = re.compile(rf"(?<![а-яa-z])({VAT_WORDS})({RATE})?(?![а-яa-z0-9])\.?")
PER_END = re.compile(rf"(.*?)\s*/\s*((?:[0-9]+ ?)?(?:{alternatives([w.replace(' ', '. ') for w in PER_UNITS] + list(PER_UNITS))}))\.?", re.S)


def format_currency(code):
    """Of a number format: [$€-407], "р.", a bare sign."""
    pieces = [piece for piece in re.findall(r"\[\$([^\]-]*)(?:-[^\]]*)?\]", code)] + re.findall(r'"([^"]*)"', code)
    bare = re.sub(r'\[[^\]]*\]|"[^"]*"|\\.', lambda m: m[0][1:] if m[0][0] == "\\" else "", code)
    pieces += [char for char in bare if char in SIGNS]
    for piece in pieces:
        found = CURRENCIES.get(normal(piece)) or (piece.strip().upper() if re.fullmatch("[A-Z]{3}", piece.strip()) else None)
        if found:
            return found
    return None


class PriceCell:
    """What one price cell says: `none`, a fault, or a value with the words around it."""

    def __init__(self, cell, locale):
        self.cell, self.none, self.fault, self.value = cell, False, None, None
        self.currency = self.vat = self.rate = self.per = self.style = None
        if not filled(cell):
            self.none = True
        elif kind(cell) == "f":
            self.fault = "E_PRICE_FORMULA"
        elif kind(cell) in "deb":
            self.fault = "E_PRICE_NUM"
        elif kind(cell) == "n":
            self.value = Fraction(cell["n"])
            self.currency = format_currency(cell.get("fmt", ""))
        elif cell_text(cell).lower() in NO_PRICE or normal(cell) in NO_PRICE_LABELS:
            self.none = True
        else:
            self.read(cell_text(cell).lower().replace("ё", "е"), locale)
        if self.value == 0:
            self.none = True
        elif self.value is not None:
            self.judge(self.value)

    def judge(self, value):
        if value < 0:
            self.fault = "E_PRICE_NEGATIVE"
        elif rounded(value, 4) == 0 or rounded(value, 4) >= 10 ** 10:
            self.fault = "E_PRICE_RANGE"

    def read(self, text, locale):
        text = self.without_words(text)
        bracket = re.fullmatch(r"\((.+)\)", text, re.S)
        sign = -1 if bracket or text[:1] in ("-", "−") else 1
        text = bracket[1].strip() if bracket else text[1:].strip() if sign < 0 else text
        if not self.currency:
            text = self.without_currency(text)
        read = {way: digits(text.replace("’", "'"), way) if text else None for way in ("ru", "en")}
        self.style = style(text) if any(read.values()) else None
        if read[locale] is None:
            self.fault = "E_PRICE_NUM"
        else:
            self.value = sign * Fraction(read[locale])

    def without_words(self, text):
        match = VAT_IN.search(text)
        if match and (not text[:match.start()].strip() or not text[match.end():].strip()):
            hints = PriceHints()
            hints.note_vat(label_of(match[0]))
            self.vat, self.rate = hints.vat, hints.rate
            text = (text[:match.start()] + " " + text[match.end():]).strip(" ,")
        match = PER_END.fullmatch(text)
        if match:
            number, word = re.fullmatch(r"([0-9]*) ?(.*)", normal(match[2])).groups()
            unit, factor = PER_UNITS[word]
            self.per, text = (unit, Fraction(int(number or 1)) * factor), match[1].strip()
        return self.without_currency(text)

    def without_currency(self, text):
        match = COIN_END.fullmatch(text)
        if match and match[1].strip():
            self.currency, text = CURRENCIES[normal(match[2])], match[1].strip()
        else:
            match = COIN_START.fullmatch(text)
            if match:
                self.currency, text = CURRENCIES[normal(match[1])], match[2].strip()
        return text


# ---- Rows -------------------------------------------------------------------------------------------------------------


class PriceView(View):
    def __init__(self, table, row, heading):
        super().__init__(table, row, heading)
        cells = [PriceCell(row.at(column.number), table.locale) for column in heading.prices]
        self.priced = any(not cell.none for cell in cells)

    def warehouse(self):
        return None

    def quantity(self):
        return None, False


class PriceTable(Table):
    """A sheet under its heading. Sums decide nothing here."""

    def split(self):
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
            view = PriceView(self, row, heading)
            rows, found = (0, None) if view.empty or view.says_total() else self.heading_at(row, heading)
            if rows:
                if found:
                    heading = found
                    self.moved.append(found)
                for at in range(row.index, row.index + rows):
                    self.views.append(PriceView(self, self.sheet.row(at), heading))
                    self.views[-1].kind = "header"
                index = row.index + rows
            else:
                view.kind = "empty" if view.empty else None
                self.views.append(view)
            below = rows > 0

    def heading_at(self, row, heading):
        cells = {column: cell for column, cell in row.cells.items() if column < HEAD_COLUMNS}
        if not cells or any(not isinstance(cell, str) or (is_number(cell) and not tier_at_end(label_of(cell))) for cell in row.cells.values()):
            return 0, None
        labels = [part for part in map(part_of, cells.values())
                  if part.kind in ("field", "closing") and part.full not in UNITS and part.full not in STOCK_WORDS]
        texts = {column: normal(cell) for column, cell in cells.items()}
        repeated = any(texts == row_of or (len(texts) >= 2 and texts.items() <= row_of.items()) for row_of in heading.labels())
        if len(labels) >= 2:
            found = heading_here(self.sheet, self.ask, row.index, self.heading.above)
            if found and not found.ambiguous:
                return found.height, None if found.same(heading) else found
            if not repeated:
                raise Ambiguous(row.index)
        return int(repeated), None

    def find_details(self):
        for view in self.views:
            if view.kind or not view.item() or not view.inside or any(row.item_without_unit() for row in view.inside):
                continue
            for row in view.inside:
                if row.kind is None and not row.priced:
                    row.kind = "detail"

    def take(self, at, view):
        view.at = at
        if view.says_total():
            view.kind = "total"
        elif not view.item() and not view.priced and (view.inside or view.alone()):
            view.kind = "group"
        elif view.item() or view.priced or not self.heads_block(view):
            view.kind = "data"


# ---- A data row -------------------------------------------------------------------------------------------------------


class QuoteLine(Line):
    """What a row says, and everything that is wrong with it."""

    def __init__(self, view, context):
        self.view, self.heading, self.fields, self.context = view, view.heading, view.fields, context
        self.p, self.catalogue = context.p, context.catalogue
        self.faults, self.raw, self.pn, self.vendor, self.lot, self.entry, self.keys = [], "", "", "", None, None, set()
        self.kind_of_number, self.quotes, self.qty, self.qty_unknown, self.lost_words = "pn", [], None, False, set()
        self.cells = [(column, PriceCell(view.row.at(column.number), self.p["number_locale"])) for column in self.heading.prices]
        self.no_price = not view.priced
        self.identify()
        self.number_keys = self.named()
        if self.no_price:
            self.faults = []
            return
        self.read_pack()
        self.read_unit()
        self.read_prices()
        self.read_quantity()
        self.make_quotes()

    def add_at(self, code, number):
        if code not in [before for before, _column in self.faults]:
            self.faults.append((code, number))

    # -- which number --

    def by_number(self):
        if self.field != "code":
            super().by_number()
            if self.field == "lot" and self.named_lot():
                self.kind_of_number = "lot"
            return
        self.raw, made = self.catalogue.read_number(self.fields["code"])
        own = self.catalogue.own(made["norm"])
        if own is None and self.by_name():
            return
        self.kind_of_number, self.pn, self.vendor = "code", f"{self.catalogue.party}={made['norm']}", ""
        if made["folded"]:
            self.add("W_PN_FOLDED", "code")
        if own is None:
            self.add("W_UNMATCHED", "code")
        else:
            self.lot, self.entry = own["lot"], own

    def by_name(self):
        """A known number in the name, if it is the only one."""
        known = self.catalogue.tokens(self.fields) if self.p["pn_from_name"] else []
        if not known or any(found == "ambiguous" for _t, _m, found in known) or len({found[0] for _t, _m, found in known}) > 1:
            return False
        self.from_name()
        return True

    def take(self, lot, entry):
        """The vendor of the file stays in the identity."""
        self.lot, self.entry = lot, entry

    def named(self):
        """(pn_norm, lot) of the quotes that the row is about; all that a refused row may be about, with lot "?"."""
        if self.resolved:
            return {("" if self.kind_of_number == "lot" else self.pn, self.lot)}
        return set() if self.no_price else {(pn, "?") for pn, _vendor in self.keys if pn}

    # -- units --

    def positive(self, field):
        """A number above 0, or None. Nobody judges it."""
        read = Number(self.fields.get(field), 3, self.p["number_locale"], True)
        self.note(field, read.style, self.heading.fields.get(field), self.fields.get(field))
        return read.value if read.value is not None and not read.fault and read.value > 0 else None

    def note(self, field, whose, column, cell):
        self.context.note_style(self.view, whose, column, cell)

    def read_pack(self):
        self.pack = self.positive("pack_qty") or (Fraction(self.entry["pack"]) if self.entry and self.entry["pack"] else None)

    def read_unit(self):
        self.row_unit = None
        if filled(self.fields.get("unit")):
            self.row_unit = unit_of(self.fields["unit"])
            if self.row_unit is None:
                self.add("E_UNIT", "unit")
                self.row_unit = "bad"

    def pieces(self, unit, count):
        """How many pieces that is, or a fault."""
        own = self.catalogue.units.get(self.lot)
        if unit == "pack":
            if self.pack is None:
                raise Fault("E_UNIT_PACK")
            unit, count = "pcs", count * self.pack
        if unit and own and (own == "m") != (unit == "m"):
            raise Fault("E_UNIT_MISMATCH")
        return Fraction(count)

    def try_pieces(self, unit, count, number):
        """Faults go to a column."""
        try:
            return self.pieces(unit, Fraction(1 if count is None else count))
        except Fault as fault:
            if str(fault) != "E_UNIT_PACK" or self.resolved:
                self.add_at(str(fault), number)
            if unit == "pack" and self.catalogue.units.get(self.lot) == "m":
                self.add_at("E_UNIT_MISMATCH", number)
            return None

    # -- prices --

    def read_prices(self):
        self.read = []
        for column, cell in self.cells:
            if cell.none:
                continue
            self.note("price", cell.style, column.number, cell.cell)
            if cell.fault:
                self.add_at(cell.fault, column.number)
                if cell.fault in ("E_PRICE_NEGATIVE", "E_PRICE_RANGE"):  # what the words around the number say is told as well
                    self.currency(column, cell), self.vat(column, cell), self.per(column, cell), self.min_qty(column)
                continue
            if lost_digits(cell.cell, cell.value, 4):
                self.add_at("W_PRICE_ROUNDED", column.number)
            self.read.append((column, cell, self.currency(column, cell), self.vat(column, cell), self.per(column, cell), self.min_qty(column)))

    def currency(self, column, cell):
        text, own = normal(cell_text(self.fields.get("currency"))), None
        if text:
            known = {**CURRENCIES, "840": "USD", "643": "RUB", "978": "EUR"}
            own = known.get(text) or (text.upper() if re.fullmatch("[a-z]{3}", text) else "unknown")
        said = next((word for word in (own, cell.currency, column.hint("currency"), self.heading.above.currency) if word), None)
        asked = self.p["currency"]
        if own and cell.currency and own != cell.currency and own != "unknown" and "?" not in (own, cell.currency):
            self.lost_words.add("W_CURRENCY")
        if said == "unknown" or (said == "?" and not asked):
            self.add_at("E_CURRENCY", self.heading.fields["currency"] if own else column.number)
            return None
        if said in (None, "?"):
            return asked or self.context.base
        if asked and asked != said:
            self.lost_words.add("W_CURRENCY")
        return said

    def vat(self, column, cell):
        """(included, rate)"""
        caption, asked, usual = column.hint("vat"), self.p["vat_included"], Fraction(self.p["vat_rate"])
        words = [(caption, column.vat_rate())] if caption is not None else []
        words += [(asked, None)] if asked is not None else []
        words += [(cell.vat, cell.rate)] if cell.vat is not None else []
        for other in words[1:]:
            if other[0] != words[0][0] or (other[0] and None not in (other[1], words[0][1]) and other[1] != words[0][1]):
                self.lost_words.add("W_VAT")
        if not words and self.heading.above.vat is not None:
            words = [(self.heading.above.vat, self.heading.above.rate)]
        included, rate = words[0] if words else (False, None)
        return included, (usual if rate is None else rate) if included else Fraction(0)

    def per(self, column, cell):
        """Pieces that the price is for."""
        caption = column.hint("per")
        if caption:
            return self.try_pieces(*caption, column.number)
        if cell.per:
            return self.try_pieces(*cell.per, column.number)
        if self.row_unit == "bad":
            return None
        return self.try_pieces(*self.row_unit, self.heading.fields["unit"]) if self.row_unit else Fraction(1)

    def min_qty(self, column):
        tier, own, where = column.tier(), None, column.number
        if tier:
            least, _unit = tier
            tier_word = column.hint("tier")[1] if column.hint("tier") else None
            own = (tier_word, 1) if tier_word else None
        else:
            least = self.positive("min_qty")
            if least is None:
                least = Fraction(self.p["min_qty"])
            else:
                where = self.heading.fields["min_qty"]
                own = self.heading.at(where).hint("unit")
        if least <= 1:
            return least
        if not own:
            own = column.hint("per")
        if not own:
            if self.row_unit == "bad":
                return None
            own = self.row_unit
            where = self.heading.fields["unit"] if own else where
        if tier and tier_word == "pcs":
            return rounded(least, 3)  # "шт" of a tier says nothing about what the item is counted in
        factor = self.try_pieces(*own, where) if own else Fraction(1)
        return factor and rounded(least * factor, 3)

    # -- quantity --

    def amount(self, field):
        """(value or None, is there something, approximate)"""
        cell = self.fields.get(field)
        read = Number(cell, 3, self.p["number_locale"], True)
        self.note(field, read.style, self.heading.fields.get(field), cell)
        return (None if read.fault else read.value), bool(read.fault) or read.value is not None, read.approx

    def read_quantity(self):
        free, has_free, approx_free = self.amount("free")
        qty, has_qty, approx_qty = self.amount("qty")
        reserved, has_reserved, _approx = self.amount("reserved")
        value, said, approx, field = (free, has_free, approx_free, "free") if has_free else (qty, has_qty, approx_qty, "qty")
        if not said:
            return
        if value is not None and value < 0:
            value = None
        if value is not None and field == "qty" and has_reserved:
            value = None if reserved is None or reserved < 0 else max(Fraction(0), value - reserved)
        if value is not None:
            value = self.in_pieces(value, field)
        if value is None:
            self.qty_unknown = True
            return
        self.qty = value
        if approx:
            self.add("W_QTY_APPROX", field)

    def in_pieces(self, value, field):
        if self.row_unit == "bad":
            return None
        unit = self.row_unit or self.heading.at(self.heading.fields[field]).hint("unit")
        try:
            value = rounded(value * (self.pieces(unit[0], unit[1] or 1) if unit else 1), 3)
        except Fault:
            return None
        return value if value < 10 ** 12 else None

    # -- quotes --

    def make_quotes(self):
        self.own_twins = 0
        for column, cell, currency, vat, per, least in self.read:
            if None in (currency, per, least) or cell.fault:
                continue
            per *= self.entry["lot_qty"] if self.entry else 1
            price = rounded(cell.value, 4)
            if per.denominator != 1 or per > 100000:
                price, per = rounded(price / per, 4), Fraction(1)
                if price == 0 or price >= 10 ** 10:
                    self.add_at("E_PRICE_RANGE", column.number)
                    continue
            self.merge_own({"kind": self.kind_of_number, "number": self.pn, "vendor": "" if self.kind_of_number == "code" else self.vendor,
                            "pn": "" if self.kind_of_number == "lot" else self.pn, "raw": None if self.kind_of_number == "lot" else self.raw,
                            "lot": self.lot, "min": least, "price": price, "per": per, "currency": currency, "vat": vat, "qty": self.qty,
                            "row": self.view.index, "column": column.number})
        self.quotes.sort(key=lambda quote: quote["min"])
        pairs = [(small, large) for small in self.quotes for large in self.quotes if small["min"] < large["min"]]
        if any(small["currency"] == large["currency"] and small["vat"] == large["vat"] and large["price"] / large["per"] > small["price"] / small["per"]
               for small, large in pairs):
            self.add_at("W_TIER", self.read[0][0].number)

    def merge_own(self, quote):
        """Two tiers of a row may come to one least quantity."""
        same = next((other for other in self.quotes if other["min"] == quote["min"]), None)
        if same is None:
            self.quotes.append(quote)
        elif offer(same) == offer(quote):
            self.own_twins += 1
        elif not self.refused():
            self.add_at("E_DUP", quote["column"])


def offer(quote):
    return quote["price"], quote["per"], quote["currency"], quote["vat"]
