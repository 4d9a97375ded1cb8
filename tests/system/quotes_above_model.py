"""What stands above the heading of a price list once more, written from the rules alone (section 5a): its currency, its VAT, its days."""
import re

import quotes_words_model as words_of
from quotes_words_model import CURRENCIES, DATES, day_of, label_of
from stock_cells_model import SIGNS, cell_date, cell_text, kind, words
from stock_words_model import DATE, WORDS, normal

ABOUT = re.compile(r"(?<![а-яa-z])(?:цен(?:а|ы|е|у|ам|ах|ой)?|прайс[а-я]*|валют(?:а|ы|е|у|ой)|prices?|pric(?:e|ing)|currency)(?![а-яa-z])")
EXCHANGE = re.compile(r"(?<![а-яa-z])(?:курс[а-я]*|rates?)(?![а-яa-z])")
ENDING = r"(?:ами|ями|ах|ях|ам|ям|ов|ей|ем|ом|а|я|ы|и|е|у|ю|ь|s)?"
EURO = r"(?<![а-яa-z])(?:в|in|цен(?:а|ы|е|у|ах)?|валют(?:а|ы|е|у)|прайс|prices?|currency)[ ,:(-]*$"
STEMS = {stem: code for stem, code in WORDS["quote_currency_stems_above"].items() if stem not in ("евро", "у.е", "условных единиц")}


def spaced(text):
    return re.sub("[‐‑‒–—―−]", "-", re.sub(r"\s+", " ", text.lower().replace("ё", "е"))).strip()


def currencies_in(text):
    """Of a text above the heading, whole words."""
    for stem, code in STEMS.items():
        if re.search(rf"(?<![а-яa-z]){stem}{ENDING}(?![а-яa-z])", text):
            yield code
    for match in re.finditer(r"(?<![а-яa-z])(?:евро|euros?)(?![а-яa-z])", text):
        if re.search(EURO, text[:match.start()]):
            yield "EUR"
    yield from (SIGNS[char] for char in text if char in SIGNS)
    if re.search(r"(?<![а-яa-z])у\.? ?е\.?(?![а-яa-z])|условных единиц", text):
        yield "?"


def vats_in(text):
    """(included, rate) said by a text."""
    for phrase in re.findall(rf"(?<![^ ,/(]){words_of.VAT_PHRASE}(?![^ ,/)])", label_of(text)):
        hints = words_of.PriceHints()
        hints.note_vat(phrase)
        yield hints.vat, hints.rate


NOT_OURS = re.compile(r"договор|контракт|счет|счёт|заказ|contract|invoice|order|(?<![а-яa-z])(?:курс|rate)|сформирован|печат|print")
OFFER = re.compile(r"(?:(?<![а-я])(?:на|от|дата)|(?<![a-z])(?:as of|dated|price list|effective from|date)|действует с|действуют с|действительн?ы? с)[ :]*$")
UNTIL = re.compile(r"(?:(?<![а-я])действ[а-я]*(?: [а-я]+)? до|срок[^;]* до|(?<![a-z])valid (?:until|till|to))[ :]*$")
START, THROUGH = re.compile(r"(?<![а-я])с $"), re.compile(r"^ ?(?:-|по) ?$")


class Above:
    """What the rows above a heading say."""

    def __init__(self, sheet, row):
        self.offers, self.ends = [], []  # (day, row, column)
        coins, vats = [], []
        for index in range(row):
            cells = sorted(sheet.row(index).cells.items())
            for at, (column, cell) in enumerate(cells):
                if isinstance(cell, str):
                    text = spaced(cell)
                    self.days(text, index, column)
                    if ABOUT.search(text) and not EXCHANGE.search(text):
                        coins += currencies_in(text)
                        vats += vats_in(text)
                if at and isinstance(cells[at - 1][1], str):
                    coins += self.beside(normal(cells[at - 1][1]), cell, index, column)
        self.currency = None if not coins else coins[0] if len(set(coins)) == 1 else "?"
        self.vat = vats[0][0] if len({included for included, _rate in vats}) == 1 else None
        self.rate = next((rate for included, rate in vats if rate is not None and included == self.vat), None)

    def beside(self, label, cell, index, column):
        """A value beside its name."""
        alone = kind(cell) == "d" or (isinstance(cell, str) and re.fullmatch(DATE + "(?: [0-9:]+)?", cell_text(cell)))
        if alone and label in ("дата", "date") and cell_date(cell):
            self.offers.append((cell_date(cell), index, column))
        text = normal(words(cell))
        if label in ("валюта", "валюта цены", "валюта прайса", "currency") and isinstance(cell, str):
            code = CURRENCIES.get(text) or CURRENCIES.get(re.sub(" .*", "", text))
            found = [code] if code else list(currencies_in(spaced("в " + cell)))
            return found
        return []

    def days(self, text, index, column):
        matches, start, skip = list(DATES.finditer(text)), 0, None
        for at, match in enumerate(matches):
            day, between = day_of(match), re.split("[;]", text[start:match.start()])[-1]
            start = match.end()
            if match is skip or day is None:
                continue
            after = matches[at + 1] if at + 1 < len(matches) else None
            end = after and THROUGH.match(text[match.end():after.start()]) and day_of(after)
            if NOT_OURS.search(between):
                skip = after if end else None
            elif end:
                skip = after
                self.offers.append((day, index, column))
                self.ends.append(end)
            elif UNTIL.search(between):
                self.ends.append(day)
            elif OFFER.search(between):
                self.offers.append((day, index, column))

    def of_captions(self, columns, row):
        for column in columns:
            if column.hint("date"):
                yield column.hint("date"), row, column.number
