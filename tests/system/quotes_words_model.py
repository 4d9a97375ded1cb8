"""Captions of a price list once more, written from the rules alone (section 5a, "Fields" and "Which price"): tiers, sums of the order, what a
price is for, and the name that is left of a caption."""
import re
from datetime import date
from fractions import Fraction
from functools import lru_cache

import stock_words_model as stock
from stock_words_model import BRACKET, RATE, UNITS, VAT, WORDS, Hints, alternatives, lists, normal

FIELDS = {**{name: words for name, words in WORDS["fields"].items() if name not in ("unit_cost", "total_cost", "warehouse", "received_on")},
          **WORDS["quote_fields"]}
FIELD_OF = {normal(word): field for field, words in FIELDS.items() for word in words}
FOREIGN = stock.FOREIGN | lists(*WORDS["quote_foreign_captions"].values())
RETAIL = lists(WORDS["quote_retail_captions"])
PRICES = {label for label, field in FIELD_OF.items() if field == "price"}
PLAIN = {"цена", "цены", "прайс", "price"}
MONEY_WORDS = stock.MONEY_WORDS | lists(WORDS["quote_money_words"])
CURRENCIES = {**stock.CURRENCIES, **{normal(word): code for word, code in WORDS["quote_currency_words"].items()}}
VATS = {**VAT, "с учетом ндс": True, "без учета ндс": False}
TIER_UNITS = {normal(word): (unit, 1) for word, unit in WORDS["quote_tier_units"].items()} | {"тыс шт": ("pcs", 1000), "тыс штук": ("pcs", 1000)}
PER_UNITS = {normal(word): tuple(meaning) for word, meaning in WORDS["quote_per_units"].items()}
MONTHS = WORDS["quote_months"]

END = r"(?![^ ,/)])"
NUMBER = r"(?:[0-9]{1,3}(?: [0-9]{3})+|[0-9]+)(?![0-9.,])"
UNIT = rf"(?:{alternatives(TIER_UNITS)}){END}"
MONEY = rf"(?:(?:тыс|млн|k)(?! ?шт){END}(?: ?(?:{alternatives(CURRENCIES)}){END})?|(?:{alternatives(CURRENCIES)}){END})"
BEFORE = r"(?:при (?:заказе|покупке|сумме заказа|сумме|объеме) )?"
VAT_PHRASE = rf"(?:{alternatives(VATS)})(?:{RATE})?"


def forms(after):
    """All spellings of a tier whose numbers have `after` behind them."""
    one, other = rf"(?P<n>{NUMBER})(?P<u> ?{after})?", rf"(?:{NUMBER})(?P<v> ?{after})?"
    spelled = [rf"(?:от|from) {one}(?: (?:до|to) {other})?", rf"(?P<upto>до) {one}", rf"{one} ?\+(?P<v> ?{after})?", rf"{one} ?- ?{other}",
               rf"≥ ?{one}", rf"{one} (?:и более|or more)"]
    return [re.compile(rf"(?P<head>|.*? ){BEFORE}{form}") for form in spelled]


TIERS, SUMS = forms(UNIT), forms(MONEY)
PER = re.compile(rf"(?P<head>|.*? )(?:за|per) (?:(?P<n>{NUMBER}) ?(?P<u>{alternatives(PER_UNITS)})?|(?P<w>{alternatives(PER_UNITS)}))")
SLASH = re.compile(rf"(?P<head>.*?) ?/ ?(?:(?P<n>{NUMBER}) ?)?(?P<w>{alternatives(PER_UNITS)})")
TRAILING = re.compile(rf"(?P<head>|.*?[^ ,] )(?P<word>(?:{alternatives(['шт', 'pcs', 'тыс шт', *CURRENCIES])}|{VAT_PHRASE}))")


def label_of(text):
    """As in section 5, but a dot between two digits stays: 1.5 is not 15."""
    return normal(re.sub(r"(?<=[0-9])\.(?=[0-9])", "\u0001", text)).replace("\u0001", ".")


def whole(text):
    return int(text.replace(" ", ""))


def first_match(patterns, label):
    """The spelling that begins first takes the most of the label."""
    found = [match for match in (pattern.fullmatch(label) for pattern in patterns) if match]
    return min(found, key=lambda match: len(match["head"]), default=None)


def tier_at_end(label):
    """(rest of the label, (least quantity, unit or None)) or None."""
    match = first_match(TIERS, label)
    if not match:
        return None
    word = (match["u"] or match.groupdict().get("v") or "").strip()
    unit, factor = TIER_UNITS.get(word, (None, 1))
    least = 1 if match.groupdict().get("upto") else whole(match["n"]) * factor
    return match["head"].strip(), (Fraction(least), unit)


def sum_at_end(label):
    """(rest of the label, the words) where a sum of the order is said."""
    match = first_match(SUMS, label)
    if not match or not (match["u"] or match.groupdict().get("v")):
        return None
    return match["head"].strip(), label[len(match["head"]):]


def per_at_end(label):
    match = PER.fullmatch(label) or SLASH.fullmatch(label)
    if not match:
        return None
    found = match.groupdict()
    unit, factor = PER_UNITS.get(found["w"] or found.get("u") or "", (None, 1))
    return match["head"].strip(), (unit, Fraction(whole(found["n"]) if found["n"] else 1) * factor)


# ---- Dates in words ---------------------------------------------------------------------------------------------------

NAMES = alternatives(MONTHS)
DATES = re.compile(rf"(?<![0-9.])(?:(?P<d>[0-9]{{1,2}})\.(?P<m>[0-9]{{1,2}})\.(?P<y>[0-9]{{4}}|[0-9]{{2}})|(?P<iy>[0-9]{{4}})-(?P<im>[0-9]{{2}})-(?P<id>[0-9]{{2}})"
                   rf"|(?P<wd>[0-9]{{1,2}}) (?P<wm>{NAMES})\.? (?P<wy>[0-9]{{4}})|(?P<em>{NAMES})\.? (?P<ed>[0-9]{{1,2}}),? (?P<ey>[0-9]{{4}}))(?!\.?[0-9])"
                   r"(?: +[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?)?(?: ?г(?:ода|\.)?(?![а-я]))?")


def day_of(match):
    """The date of a match, or None."""
    part = match.groupdict()
    if part["y"]:
        year = int(part["y"]) + (2000 if len(part["y"]) == 2 else 0)
        numbers = (year if year < 2070 or len(part["y"]) == 4 else 0, int(part["m"]), int(part["d"]))
    elif part["iy"]:
        numbers = (int(part["iy"]), int(part["im"]), int(part["id"]))
    elif part["wm"]:
        numbers = (int(part["wy"]), MONTHS[part["wm"]], int(part["wd"]))
    else:
        numbers = (int(part["ey"]), MONTHS[part["em"]], int(part["ed"]))
    try:
        return date(*numbers)
    except ValueError:
        return None


# ---- A caption --------------------------------------------------------------------------------------------------------


class PriceHints(Hints):
    """What was stripped of a caption: beside the hints of section 5 the tier, the sum of the order, what the price is for, and other words."""

    def __init__(self):
        super().__init__()
        self.tier = self.sum = self.per = None
        self.rest = []

    def note_vat(self, phrase):
        word = re.sub(RATE + "$", "", phrase)
        rate = re.search(r"([0-9]+(?:[.,][0-9]+)?) ?%", phrase)
        if self.vat is None:
            self.vat, self.rate = VATS[word], rate and Fraction(rate[1].replace(",", "."))

    def note_currency(self, code):
        """Two different ones say none."""
        self.currency = code if self.currency in (None, code) else "?"

    def take_price_hint(self, label):
        """A sum of the order, a tier, or what the price is for."""
        for name, found in (("sum", sum_at_end(label)), ("tier", tier_at_end(label)), ("per", per_at_end(label))):
            if found:
                if getattr(self, name) is None:
                    setattr(self, name, found[1])
                return found[0]
        return None

    def take_end(self, label):
        """The label without one hint of section 5 at its end, or None. Nothing may be left of it."""
        match = TRAILING.fullmatch(label)
        if match:
            word = match["word"]
            if word in CURRENCIES:
                self.note_currency(CURRENCIES[word])
            elif word in ("шт", "pcs", "тыс шт"):
                self.unit = self.unit or UNITS[word]
            else:
                self.note_vat(word)
            return match["head"].strip()
        match = re.fullmatch(rf"(.*?)(?:(?:на|as of) )?({stock.DATE})(?: [0-9:]+)?(?: г)?", label)
        if match:
            self.date = self.date or next(stock.dates_in(match[2]), None)
            return match[1].strip()
        return None

    def note_piece(self, text, _place=None):
        """A bracket or a comma tail."""
        for part in [part.strip() for part in text.split(",")]:
            if part in FOREIGN:
                self.foreign = True
            if part in UNITS:
                self.unit = self.unit or UNITS[part]
                continue
            while part:
                shorter = self.take_price_hint(part)
                if shorter is None:
                    shorter = self.take_end(part)
                if shorter is None:
                    break
                part = shorter
            if part in UNITS:
                self.unit = self.unit or UNITS[part]
            elif part:
                self.thousands |= bool(re.search("(?<![^ ])(тыс|млн)(?![^ ])", part))
                self.rest.append(part)


def kind_of(label):
    if label in FOREIGN:
        return "foreign"
    if label in stock.CLOSING:
        return "closing"
    if label in FIELD_OF:
        return "field"
    return "total" if label in stock.TOTALS else None


def last_comma(label):
    """Where the comma tail begins; a comma between digits is part of a number."""
    return max((match.start() for match in re.finditer(r",(?![0-9])|(?<![0-9]),", label)), default=-1)


class PricePart:
    """One text of a heading: kind (foreign, closing, field, tier, total, hint, unknown), field, hints."""

    place = None

    def __init__(self, text, alone=False):
        self.text, self.full = text, label_of(text)
        self.hints, self.field, self.kind, self.number = PriceHints(), None, None, ""
        label = self.full
        while label:
            self.kind = kind_of(label) or self.numbered(label)
            if self.kind or (not alone and self.read_list(label)):
                break
            label = self.strip_once(label)
        self.label = label if label else self.full
        if self.kind == "field":
            self.field = self.field or FIELD_OF[self.label]
        self.settle(label)

    def numbered(self, label):
        """"Опт 1" and "Цена 2" are prices of their own."""
        if tier_at_end(label) or sum_at_end(label) or per_at_end(label):
            return None
        match = re.fullmatch(r"(.*?) ?(№ ?)?([0-9]{1,3})", label)
        if not match or match[1] not in PRICES:
            return None
        self.number, self.field = match[3], "price"
        return "field"

    def read_list(self, label):
        if "(" in label or per_at_end(label):
            return False
        parts = stock.list_parts(label)
        if len(parts) < 2:
            return False
        fields = [None if part in UNITS else self.field_of_part(part) for part in parts]
        known = [field for field in fields if field]
        if known and known[0] in ("name", "code"):
            self.kind, self.field = "field", known[0]
        elif len(set(fields)) == 1 and known:
            self.kind, self.field = "field", known[0]
        elif len(known) > 1:
            self.kind = "unknown"
        return self.kind is not None

    @staticmethod
    def field_of_part(part):
        made = PricePart(part, alone=True)
        return "qty" if made.kind == "closing" else made.field if made.kind == "field" else None

    def strip_once(self, label):
        """The label without one hint; "" when nothing but hints was there, None when there is none to take."""
        for match in BRACKET.finditer(label):
            rest = re.sub(" +", " ", label[:match.start()] + " " + label[match.end():]).strip(" ,")
            if rest:
                self.hints.note_piece(match[1].strip())
                return rest
        comma = last_comma(label)
        if comma > 0:
            self.hints.note_piece(label[comma + 1:].strip())
            return label[:comma].strip()
        if self.of_price(label):
            return self.hints.take_price_hint(label)
        rest = self.hints.take_end(label)
        if rest is not None:
            return rest
        match = stock.DATED.search(label)
        rest = match and re.sub(" +", " ", label[:match.start()] + " " + label[match.end():]).strip()
        if rest:
            self.hints.date = self.hints.date or next(stock.dates_in(match[1]), None)
        return rest or None

    @staticmethod
    def of_price(label):
        """Has it a tier, a sum or a "per" at its end, and nothing or a price before it?"""
        rest = PriceHints().take_price_hint(label)
        made = PricePart(rest, alone=True) if rest else None
        return rest == "" or bool(made and (made.field == "price" or made.kind == "foreign"))

    def settle(self, label):
        hints = self.hints
        if self.kind is None:
            only_tier = (hints.tier or hints.sum) and not hints.rest
            self.kind = "unknown" if label != "" or hints.rest else "tier" if only_tier else "hint"
            if self.full in UNITS:
                self.kind, hints.unit = "hint", UNITS[self.full]
        if hints.foreign:
            self.kind = "foreign"
        if self.field == "price" and (hints.thousands or (hints.unit and hints.unit[1] != 1)):
            self.kind = "unknown"
        if self.field not in (None, "price") and (hints.tier or hints.sum or hints.per):
            self.kind = "unknown"
        if any(like_tier(piece) for piece in hints.rest):
            self.kind = "unknown"  # a tier that is not understood is never lost unseen
        if self.kind in ("foreign", "unknown"):
            self.field = None
        self.total = self.label in stock.TOTALS

    def name(self):
        """What this part adds to the name of a price."""
        if self.kind in ("tier", "hint", "closing"):
            return ()
        return (self.label if self.kind == "field" else self.full, self.number, *sorted(self.hints.rest))


@lru_cache(10000)
def part_of(text):
    """Nobody changes a part."""
    return PricePart(text)


def says_money(text):
    """A word of money or quantities, or something like a tier."""
    label = label_of(text)
    if set(re.split("[ ,;()/]+", label)) & MONEY_WORDS:
        return True
    return like_tier(label) and not sum_at_end(label)


def like_tier(label):
    return bool(re.search(rf"(?<![^ (,])(?:от|до|from|≥) ?{NUMBER}|(?<![0-9.,]){NUMBER} ?(?:\+|и более|or more|- ?[0-9])", label))
