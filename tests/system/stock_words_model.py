"""Captions of a stock report once more, written from the rules alone (section 5, "Labels"): how a label is normalised, what is stripped of it,
what the rest means."""
import json
import re
from datetime import date
from fractions import Fraction
from pathlib import Path

WORDS = json.loads((Path(__file__).resolve().parents[1] / "data" / "pricing" / "header-synonyms.json").read_text())

DATE = r"(?<![0-9.])(?:[0-9]{1,2}\.[0-9]{1,2}\.(?:[0-9]{4}|[0-9]{2})|[0-9]{4}-[0-9]{2}-[0-9]{2})(?!\.?[0-9])"
DASHES = "[‐‑‒–—―−]"


def normal(text):
    """A label as the lists have it. A date keeps its dots."""
    text = re.sub(DASHES, "-", re.sub(r"[\s_]+", " ", text.lower().replace("ё", "е")))
    parts = re.split(f"({DATE})", text)
    kept = "".join(part if i % 2 else re.sub("[.:*\"'«»]", "", part) for i, part in enumerate(parts))
    return re.sub(" +", " ", kept).strip()


def lists(*words):
    return {normal(word) for group in words for word in group}


FIELD_OF = {normal(word): field for field, words in WORDS["fields"].items() for word in words}
FOREIGN = lists(*WORDS["foreign_captions"].values())
CLOSING = lists(WORDS["closing_captions"])
SELLING = lists(WORDS["selling_captions"])
TOTALS = lists(WORDS["total_words"])
UNITS = {normal(word): tuple(meaning) for word, meaning in WORDS["units"].items()}
CURRENCIES = {normal(word): code for word, code in WORDS["currency_hints"].items()}
STOCK_WORDS = lists(WORDS["quantity_words"], ["нет"])
MONEY_WORDS = lists(WORDS["quantity_and_money_words"])
PLACEHOLDERS = {word.lower() for word in WORDS["placeholders"]}

VAT = {"без ндс": False, "net": False, "excl vat": False, "without vat": False, "с ндс": True, "вкл ндс": True, "включая ндс": True,
       "gross": True, "incl vat": True, "with vat": True}
RATE = r" ?[0-9]+(?:[.,][0-9]+)? ?%"


def alternatives(words):
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


VAT_PHRASE = rf"(?:{alternatives(VAT)})(?:{RATE})?"
TRAILING = re.compile(rf"(.*?[^ ,]) ((?:{alternatives(['шт', 'pcs', 'тыс шт', 'за ед', 'за шт', 'за 1 шт', *CURRENCIES])}|{VAT_PHRASE}))")
DATED = re.compile(rf"(?:(?:на|as of) )?({DATE})(?: [0-9:]+)?(?: г(?![а-я]))?")
BRACKET = re.compile(r"\(([^()]*)\)")


def dates_in(text):
    """Dates of a text, in order."""
    for match in re.finditer(DATE, text):
        numbers = [int(part) for part in re.split("[.-]", match[0])]
        if match[0][4:5] != "-":
            numbers.reverse()
            if numbers[0] < 100:
                if numbers[0] >= 70:
                    continue
                numbers[0] += 2000
        try:
            yield date(*numbers)
        except ValueError:
            pass


class Hints:
    """What was stripped of a label."""

    def __init__(self):
        self.currency = self.vat = self.rate = self.unit = self.date = self.place = None
        self.foreign = self.selling = self.thousands = False

    def note_words(self, text):
        """Currency, VAT and its rate, wherever they stand in a stripped piece."""
        self.thousands |= bool(re.search("(?<![^ ,/(])(тыс|млн)(?![^ ,/)])", text))
        for phrase in re.findall(rf"(?<![^ ,/(]){VAT_PHRASE}(?![^ ,/)])", text):
            word = re.sub(RATE + "$", "", phrase)
            self.vat = VAT[word] if self.vat is None else self.vat
            rate = re.search(r"([0-9]+(?:[.,][0-9]+)?) ?%", phrase)
            if rate and self.rate is None:
                self.rate = Fraction(rate[1].replace(",", "."))
        for word in re.findall(rf"(?<![^ ,/(])(?:{alternatives(CURRENCIES)})(?![^ ,/)])", text):
            self.currency = self.currency or CURRENCIES[word]
        for day in dates_in(text):
            self.date = self.date or day

    def note_piece(self, text, place):
        """A bracket or a comma tail says more than trailing words."""
        self.note_words(text)
        for part in dict.fromkeys([text, *(part.strip() for part in text.split(","))]):
            self.foreign |= part in FOREIGN
            self.selling |= part in SELLING
            self.unit = self.unit or UNITS.get(part)
            self.place = self.place or place(part)
        if re.search("(?<![^ ,])тыс шт(?![^ ,])", text):
            self.unit = UNITS["тыс шт"]

    def over(self, upper):
        """These, and where they say nothing those of a caption above."""
        for name in ("currency", "vat", "rate", "unit", "date"):
            if getattr(self, name) is None:
                setattr(self, name, getattr(upper, name))


def kind_of(label, place):
    """What a label is as it stands: a kind, or None."""
    if label in FOREIGN:
        return "foreign"
    if label in CLOSING:
        return "closing"
    if label in FIELD_OF:
        return "field"
    if place(label):
        return "place"
    if label in SELLING:
        return "selling"
    return "total" if label in TOTALS else None


def only_hints(label):
    """Nothing but a unit, a currency, VAT or a date: "шт" or "USD" in the last row of a heading."""
    rest = re.sub(rf"(?<![^ ,/(]){VAT_PHRASE}(?![^ ,/)])", " ", DATED.sub(" ", label))
    words = [word for word in re.split("[ ,/()]+", rest) if word]
    return label != "" and (label in UNITS or all(word in UNITS or word in CURRENCIES or word in ("за",) for word in words))


def strip_once(label, hints, place):
    """The label without one hint, or None when there is none to take or nothing would remain."""
    for match in BRACKET.finditer(label):
        rest = re.sub(" +", " ", label[:match.start()] + " " + label[match.end():]).strip(" ,")
        if rest:
            hints.note_piece(match[1].strip(), place)
            return rest
    head, comma, tail = label.rpartition(",")
    if comma and head.strip():
        hints.note_piece(tail.strip(), place)
        return head.strip()
    match = TRAILING.fullmatch(label)
    if match:
        hints.note_words(match[2])
        if match[2] == "тыс шт":
            hints.unit = hints.unit or UNITS[match[2]]
        return match[1]
    match = DATED.search(label)
    rest = match and re.sub(" +", " ", label[:match.start()] + " " + label[match.end():]).strip()
    if rest:
        hints.note_words(match[1])
        return rest
    return None


def list_parts(label):
    """A spaced slash divides first."""
    parts = re.split(" / ", label) if " / " in label else re.split("[,/]", label)
    return [part.strip() for part in parts if part.strip()]


def field_of_part(label, place):
    made = Part(label, place, alone=True)
    return "qty" if made.kind == "closing" else made.field


class Part:
    """One text of a heading: kind (foreign, closing, field, place, selling, total, hint, unknown), field, hints."""

    def __init__(self, text, place, alone=False):
        self.text, self.full = text, normal(text)
        self.hints, self.field, self.kind = Hints(), None, None
        label = self.full
        while label:
            self.kind = kind_of(label, place)
            if self.kind or (not alone and self.read_list(label, place)):
                break
            label = strip_once(label, self.hints, place)
        self.label = label or self.full
        if self.kind == "field":
            self.field = self.field or FIELD_OF[self.label]
        self.settle(place)

    def read_list(self, label, place):
        """Is the label a list of several? Then it is a field or nothing, and nothing is stripped of it."""
        if "(" in label:
            return False
        parts = list_parts(label)
        if len(parts) < 2:
            return False
        fields = [None if part in UNITS else field_of_part(part, place) for part in parts]
        known = [field for field in fields if field]
        if known and known[0] in ("name", "code"):
            self.kind, self.field = "field", known[0]
        elif len(set(fields)) == 1 and known:
            self.kind, self.field = "field", known[0]
        elif len(known) > 1:
            self.kind = "unknown"
        return self.kind is not None

    def settle(self, place):
        if self.kind is None:
            self.kind = "hint" if only_hints(self.full) else "unknown"
            if self.kind == "hint":
                self.hints.note_piece(self.full, place)
        if self.hints.foreign:
            self.kind = "foreign"
        elif self.hints.selling and (self.kind in ("selling", "unknown") or self.field in ("unit_cost", "total_cost")):
            self.kind = "selling"
        if self.field in ("unit_cost", "total_cost") and (self.hints.thousands or (self.hints.unit and self.hints.unit[1] != 1)):
            self.kind = "unknown"  # a price of a thousand, or in thousands, is not the price of one
        if self.kind in ("foreign", "selling", "unknown"):
            self.field = None
        self.place = place(self.label) if self.kind == "place" else self.hints.place
        self.total = self.label in TOTALS


def says_money(text):
    """Has the caption one of the words of quantities and money?"""
    return bool(set(re.split("[ ,;()/]+", normal(text))) & MONEY_WORDS)
