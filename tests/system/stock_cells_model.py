"""Cells of a stock report once more, written from the rules alone: texts, numbers and their styles, dates, units."""
import re
from datetime import date, timedelta
from fractions import Fraction

import values_model
from pricing_model import rounded
from stock_words_model import CURRENCIES, PLACEHOLDERS, UNITS, alternatives, normal

# ---- Cells ------------------------------------------------------------------------------------------------------------


class Unreadable(Exception):
    """A cell that is no number; "formula" when it is one that was never calculated."""


def cell_text(cell):
    """A cell's text without white space around it."""
    if cell is None or (isinstance(cell, dict) and "f" in cell):
        return ""
    return (cell if isinstance(cell, str) else str(next(cell[key] for key in ("n", "d", "e", "b") if key in cell))).strip()


def words(cell):
    """Of text cells only."""
    return cell_text(cell) if isinstance(cell, str) else ""


def filled(cell):
    return cell is not None and (cell_text(cell) != "" or (isinstance(cell, dict) and "f" in cell))


def kind(cell):
    return "s" if isinstance(cell, str) else next(key for key in ("n", "d", "e", "b", "f") if key in cell)


def without_placeholder(cell):
    """Placeholders and error cells of identities are empty."""
    if not filled(cell) or kind(cell) in "ef":
        return None
    text = cell_text(cell)
    if kind(cell) == "n" and set(cell.get("fmt", "")) == {"0"}:
        text = text.zfill(len(cell["fmt"]))
    return None if text.lower() in PLACEHOLDERS else cell


class Row:
    """A row of a sheet: its cells, without those that are empty."""

    def __init__(self, index, given):
        self.index = index
        self.outline = given.get("outline", 0) if isinstance(given, dict) else 0
        cells = given["cells"] if isinstance(given, dict) else given
        self.cells = {column: cell for column, cell in enumerate(cells) if filled(cell)}

    def at(self, column):
        return self.cells.get(column)


# ---- Numbers ----------------------------------------------------------------------------------------------------------

PIECES = ["шт", "pcs", "pc", "ea", "ед"]
SIGNS = {"₽": "RUB", "$": "USD", "€": "EUR", "¥": "CNY", "£": "GBP"}
SUFFIX = re.compile(rf"(.*?)({alternatives([*CURRENCIES, *PIECES])}|у\.? ?е)\.?", re.I | re.S)
SPACES = " \u00a0\u202f\u2007\u2009'’"


def without_word(text):
    """One currency or piece word at the end, or one currency sign in front, taken off: (text, currency), or None."""
    match = SUFFIX.fullmatch(text)
    if match:
        return match[1].strip(), CURRENCIES.get(normal(match[2]), "")
    return (text[1:].strip(), SIGNS[text[0]]) if text[:1] in SIGNS and text else None


def style(digits):
    """Whose way of writing it is: "ru", "en", "?" when the two locales read it differently, None when both read the same."""
    commas, dots = digits.count(","), digits.count(".")
    if commas and dots:
        return "ru" if digits.rfind(",") > digits.rfind(".") else "en"
    if commas > 1:
        return "en"
    if dots > 1:
        return "ru"
    if commas == 1:
        return "?" if re.fullmatch("[0-9]{1,3},[0-9]{3}", digits) else "ru"
    return None


def number(text, locale, quantity=False):
    """(value or None, currency, approximate, style) of a text. Raises Unreadable, with the style when the other locale reads it."""
    text = text.strip()
    if quantity and normal(text) == "нет":
        return Fraction(0), "", False, None
    outside = without_word(text)
    text, currency = outside or (text, "")
    if text in ("", "-", "–", "—", "−"):
        return None, "", False, None
    approx = text.startswith(">") or text.endswith("+")
    text = re.sub(r"^> *| *\+$", "", text)
    bracket = re.fullmatch(r"\((.+)\)", text, re.S)
    sign = -1 if bracket or text[:1] in ("-", "−") else 1
    text = bracket[1].strip() if bracket else text[1:].strip() if text[:1] in ("-", "−", "+") else text
    if not outside:
        text, currency = without_word(text) or (text, "")
    read = {way: values_model.digits(text.replace("’", "'"), way) if text else None for way in ("ru", "en")}
    whose = style(text) if any(read.values()) else None
    if read[locale] is None:
        raise Unreadable(whose)
    return sign * Fraction(read[locale]), currency, approx, whose


def is_number(text):
    for way in ("ru", "en"):
        try:
            if number(text, way)[0] is not None:
                return True
        except Unreadable:
            pass
    return False


def noise(exact, digits):
    """Are the first 14 digits, rounded, within the scale?"""
    power = 0
    while abs(exact) * Fraction(10) ** power < 10 ** 13:
        power += 1
    kept = rounded(exact, max(power, digits))
    return (kept * 10 ** digits).denominator == 1


def lost_digits(cell, exact, digits):
    if rounded(exact, digits) == exact:
        return False
    if isinstance(cell, str):
        return True
    significant = len(re.sub("^[0.]*", "", cell["n"].lower().split("e")[0].lstrip("-")).replace(".", ""))
    return not (significant >= 15 and noise(exact, digits))


class Number:
    """What a cell of a quantity or cost column says."""

    def __init__(self, cell, digits, locale, quantity=False):
        self.value, self.currency, self.approx, self.style, self.lost, self.fault = None, "", False, None, False, None
        if not filled(cell):
            return
        if kind(cell) == "f":
            self.fault = "formula"
        elif kind(cell) in "deb":
            self.fault = "no number"
        elif kind(cell) == "n":
            self.value = Fraction(cell["n"])
        else:
            try:
                self.value, self.currency, self.approx, self.style = number(cell, locale, quantity)
            except Unreadable as unreadable:
                self.fault, self.style = "no number", unreadable.args[0]
        if self.value is not None:
            self.lost = lost_digits(cell, self.value, digits)
            self.value = rounded(self.value, digits)


# ---- Dates, units -----------------------------------------------------------------------------------------------------


def cell_date(cell):
    """None when it cannot be read."""
    text = cell_text(cell)
    if kind(cell) == "n":
        serial = int(Fraction(text))
        return date(1899, 12, 30) + timedelta(days=serial + (serial < 60)) if 0 < serial < 2958466 and serial != 60 else None
    if kind(cell) not in "sd":
        return None
    iso = values_model.date({"text": text[:10] if kind(cell) == "d" else text})["date"]
    return iso and date.fromisoformat(iso)


def unit_of(cell):
    """(unit, factor) of a unit cell, or None. A code in brackets behind the unit is dropped."""
    text = cell_text(cell)
    if kind(cell) == "n":
        text = text.zfill(len(cell.get("fmt", "")))
    label = normal(text)
    return UNITS.get(label) or UNITS.get(re.sub(r" ?\([0-9]+\)$", "", label))
