"""The rules of the stock import's heading once more, written from the rules alone: cells, labels, the search for the heading, its date."""
import json
import re
from datetime import date
from pathlib import Path

WORDS = json.loads((Path(__file__).resolve().parents[1] / "data" / "pricing" / "header-synonyms.json").read_text())
FIELD_OF = {word: field for field, words in WORDS["fields"].items() for word in words}
HEAD_ROWS, HEAD_COLUMNS = 50, 60

# ---- Cells ------------------------------------------------------------------------------------------------------------


def cell_text(cell):
    """A cell's text without white space around it."""
    if cell is None:
        return ""
    return (cell if isinstance(cell, str) else cell.get("n", cell.get("d"))).strip()


def words(cell):
    """Of text cells only."""
    return cell_text(cell) if isinstance(cell, str) else ""


def at(row, column):
    return row[column] if column is not None and column < len(row) else None


def row_parts(row):
    """(outline level, cells)"""
    return (row.get("outline", 0), row["cells"]) if isinstance(row, dict) else (0, row)


# ---- Labels -----------------------------------------------------------------------------------------------------------

CURRENCIES = {"руб": "RUB", "р": "RUB", "₽": "RUB", "rub": "RUB", "usd": "USD", "$": "USD", "eur": "EUR", "€": "EUR", "cny": "CNY",
              "¥": "CNY", "юань": "CNY"}
VAT = {"без ндс": False, "net": False, "excl vat": False, "without vat": False, "с ндс": True, "вкл ндс": True, "включая ндс": True,
       "incl vat": True, "with vat": True, "gross": True}
HINTS = [*CURRENCIES, *VAT, "шт", "pcs", "за ед", "за шт"]
HINT = "(?:" + "|".join(re.escape(hint) for hint in sorted(HINTS, key=len, reverse=True)) + ")"
HINTED = re.compile(rf"(.*?[^ ,(]) ?(?:\( ?({HINT}(?:,? {HINT})*) ?\)|(?:, ?| )({HINT}))")


def normal(label):
    label = re.sub(r"\s+", " ", label.lower().replace("ё", "е"))
    label = re.sub("[‐‑‒–—―−]", "-", label)
    return re.sub(r" +", " ", re.sub("[.:*\"'«»]", "", label)).strip()


def without_hints(label):
    """(label, currency, VAT included) of a normalised label."""
    currency = vat = None
    while match := HINTED.fullmatch(label):
        label = match[1]
        for hint in reversed(re.findall(rf"(?<![^ ,]){HINT}(?![^ ,])", match[2] or match[3])):
            currency = currency or CURRENCIES.get(hint)
            vat = VAT.get(hint) if vat is None else vat
    return label, currency, vat


def named(text):
    """(field or None, currency, VAT included)"""
    label, currency, vat = without_hints(normal(text))
    return FIELD_OF.get(label), currency, vat


# ---- Heading ----------------------------------------------------------------------------------------------------------


def caption(upper, merges, row, column):
    """The text over a column, whether it stands over several, and whether the column is the first of them."""
    for merge_row, first, last in merges:
        if merge_row == row and first <= column <= last and first != last:
            return words(at(upper, first)), True, column == first
    return words(at(upper, column)), False, True


def pair_label(top, bottom):
    """The field of a column with a text in both rows. The measure may stand above the balances as well: "Количество" over "Конечный
    остаток" is the stock."""
    over, currency, vat = without_hints(normal(top))
    closing = over in WORDS["quantity_group_captions"]
    field, *hints = named(bottom)
    if closing and field in ("qty", "free", "reserved", "unit_cost", "total_cost"):
        return field, hints[0] or currency, vat if hints[1] is None else hints[1]
    if without_hints(normal(bottom))[0] in WORDS["quantity_group_captions"] and FIELD_OF.get(over) == "qty":
        return "qty", None, None
    return named(top + " " + bottom)


def candidate(rows, merges, row, lower):
    """Fields by column of one row, or of two that make one heading: None when it is no heading."""
    found, used, quantities = {}, False, 0
    upper = row_parts(rows[row])[1]
    for column in range(HEAD_COLUMNS):
        top, merged, first = caption(upper, merges, row, column) if lower else (words(at(upper, column)), False, True)
        bottom = words(at(row_parts(rows[row + 1])[1], column)) if lower else ""
        if top and bottom:
            label = pair_label(top, bottom)
            used |= merged and label[0] is not None
        else:
            label = named(bottom or (top if first else "")) if bottom or top else (None,)
        if label[0] is None:
            continue
        quantities += label[0] == "qty"
        found.setdefault(label[0], (column, *label[1:]))
    if not ({"qty", "free"} & set(found) and {"part_number", "lot", "code", "name"} & set(found)):
        return None
    rank = (len(found), 2 if used else 0 if lower else 1, -row)
    return {"rank": rank, "row": row, "rows": 2 if lower else 1, "fields": found, "ambiguous": quantities > 1}


def can_be_lower(row):
    return any(words(cell) for cell in row) and not any(isinstance(cell, dict) for cell in row)


def find_heading(rows, merges):
    candidates = []
    for row in range(min(len(rows), HEAD_ROWS)):
        candidates.append(candidate(rows, merges, row, False))
        if row + 1 < min(len(rows), HEAD_ROWS) and row_parts(rows[row])[1] and can_be_lower(row_parts(rows[row + 1])[1]):
            candidates.append(candidate(rows, merges, row, True))
    return max(filter(None, candidates), key=lambda c: c["rank"], default=None)


DATES = re.compile(r"(?<![0-9.])([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4}|[0-9]{2})(?!\.?[0-9])|(?<![0-9.])([0-9]{4})-([0-9]{2})-([0-9]{2})(?![0-9])")


def dates_in(text):
    for day, month, year, *iso in DATES.findall(text):
        short = len(year) == 2
        numbers = [int(part) for part in (iso if iso[0] else (year, month, day))]
        if short and numbers[0] >= 70:
            continue
        try:
            yield short, date(numbers[0] + 2000 * short, *numbers[1:])
        except ValueError:
            pass


def date_above(rows, head):
    """The latest; dates with the year in two digits, which a version number may be as well, only when there is no other."""
    found = []
    for row in rows[:head]:
        for cell in row_parts(row)[1]:
            if not re.search("сформирован|печат", normal(words(cell))):
                found += dates_in(words(cell))
    full = [day for short, day in found if not short]
    return max(full or [day for _short, day in found], default=None)
