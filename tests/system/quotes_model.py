"""The import of price lists once more, from sheets to quotes, written from the rules alone (domain.md section 5a). A scene is what stock_model.py
has, with `party` and `kind` among the parameters; a world (`World`) keeps the quotes from one run to the next."""
import hashlib
from datetime import date
from fractions import Fraction

from pricing_model import rounded
from pricing_model import text as decimal_text
from quotes_heading_model import find_heading
from quotes_line_model import PriceCatalogue, PriceTable, QuoteLine, offer
from stock_heading_model import letter, tomorrow
from stock_line_model import norm
from stock_model import Failed, Sheet
from stock_rows_model import Ambiguous

PARAMS = {"party": "SUP-01", "kind": "supplier", "quoted_on": None, "valid_until": None, "currency": None, "vat_included": None, "vat_rate": "22",
          "min_qty": "1", "price": None, "columns": {}, "sheet": None, "header_row": 0, "header_rows": 0, "number_locale": "ru", "pn_from_name": True,
          "dry_run": False, "max_reject_pct": 50, "force": False, "duplicates": "reject", "supersede": False}
BASE = "RUB"


class Ask:
    """What is asked of a heading."""

    def __init__(self, params):
        self.columns = {**params["columns"], **({"price": params["price"]} if params["price"] else {})}
        self.header_row, self.header_rows = int(params["header_row"]), int(params["header_rows"])
        self.currency, self.vat_included, self.base = params["currency"], params["vat_included"], BASE
        self.min_qty, self.competitor, self.above = Fraction(params["min_qty"]), params["kind"] == "competitor", None

    @staticmethod
    def place(_label):
        return None

    def further(self, above):
        ask = Ask.__new__(Ask)
        ask.__dict__ = {**self.__dict__, "header_row": 0, "above": above}
        return ask


class World:
    """All quotes of all parties, and the imports that made them."""

    def __init__(self, scene):
        self.scene, self.quotes, self.imports = scene, [], []

    def active(self, party):
        return [q for q in self.quotes if q["party"] == party and q["status"] == "active"]

    def reject(self, number):
        """A person does."""
        for quote in self.quotes:
            if quote["pn"] == norm(number)["norm"] and quote["status"] == "active":
                quote["status"] = "rejected"

    def undo(self, party):
        """The party's latest import."""
        last = [made for made in self.imports if made["party"] == party][-1]["id"]
        for quote in self.quotes:
            if quote["import"] == last and quote["status"] == "active":
                quote.update(status="rejected", rejected_by=last)
            elif quote["import"] != last and quote["rejected_by"] == last:
                quote.update(status="active", rejected_by=None)

    def rate(self, currency, day):
        if currency == BASE:
            return Fraction(1)
        usable = [r for r in self.scene["rates"] if r["currency"] == currency and 0 <= (day - date.fromisoformat(r["date"])).days <= 14]
        newest = max(usable, key=lambda r: r["date"], default=None)
        return newest and Fraction(newest["rate"]) / newest.get("nominal", 1)

    def base_price(self, quote):
        rate = self.rate(quote["currency"], quote["day"])
        if rate is None:
            return None
        included, percent = quote["vat"]
        return rounded(quote["price"] * rate / quote["per"] / (1 + percent / 100 if included else 1), 6) or None


def same_number(quote, key):
    """Is it a quote of that number? A waiting one has no lot yet."""
    pn, lot = key
    if quote["pn"] != pn:
        return False
    return quote["lot"] == lot if pn == "" else "?" == lot or None in (quote["lot"], lot) or quote["lot"] == lot


class QuotesImport:
    def __init__(self, world, scene):
        self.world, self.scene, self.p, self.base = world, scene, {**PARAMS, **scene.get("params", {})}, BASE
        self.party = (self.p["kind"], self.p["party"])
        self.catalogue = PriceCatalogue(scene, self.p["party"])
        self.ask = Ask(self.p)
        self.sheets = [Sheet(given) for given in scene["sheets"]]
        self.skipped = {"header": 0, "group": 0, "total": 0}
        self.total = self.rejected = self.no_price = self.merged = self.qty_unknown = 0
        self.issues, self.quotes, self.named, self.refused, self.styles = [], {}, set(), set(), {}
        self.rows_of, self.lost_words = {}, set()

    def issue(self, sheet, row, column, code):
        self.issues.append({"sheet": sheet and sheet.name, "row": 0 if row is None else row + 1, "column": None if column is None else letter(column),
                            "code": code})

    # -- sheets and days --

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
            raise Failed("E_NO_HEADER", ["columns"])
        if len(headed) > 1 and wanted != "*":
            raise Failed("E_SHEETS", [*(sheet.name for sheet, _heading in headed), "sheet=*"])
        return headed

    def days(self):
        last, offers, ends = tomorrow(self.scene["today"]), [], []
        for sheet, heading in self.read:
            found = heading.above.offers + list(heading.above.of_captions(heading.prices, heading.row))
            offers += [day for day, _row, _column in found if day <= last]
            ends += heading.above.ends
            future = next(((row, column) for day, row, column in found if day > last), None)
            if future and not self.p["quoted_on"]:
                self.issue(sheet, *future, "W_DATE_FUTURE")
        self.day = date.fromisoformat(self.p["quoted_on"]) if self.p["quoted_on"] else max(offers, default=date.fromisoformat(self.scene["today"]))
        self.until = date.fromisoformat(self.p["valid_until"]) if self.p["valid_until"] else min(ends, default=None)
        if self.until and self.until < self.day:
            self.until = None
            self.issue(None, None, None, "W_DATE")

    def note_style(self, view, whose, column, cell):
        if whose == "?" or (whose and whose != self.p["number_locale"]):
            self.styles.setdefault((self.sheet.name, column, whose), f"{letter(column)}{view.index + 1}")

    def check_styles(self):
        for sheet, column, whose in self.styles:
            if whose != "?" and (sheet, column, "?") in self.styles:
                raise Failed("E_NUMBER_STYLE", [self.styles[sheet, column, whose], self.styles[sheet, column, "?"], "number_locale"])

    # -- rows --

    def tell_heading(self, sheet, heading):
        for column in heading.captions().values():
            self.issue(sheet, None, column, "W_CAPTION")
        for column in heading.warned():
            self.issue(sheet, None, column.number, "W_COLUMN_IGNORED")

    def read_sheet(self, sheet, heading):
        if heading.ambiguous:
            rivals = [c for found in heading.rivals.values() for c in found]
            raise Failed("E_AMBIGUOUS_COLUMN", ["price" if "price" in heading.rivals else "columns", *(part.text for c in rivals for part in c.parts)])
        self.sheet = sheet
        try:
            table = PriceTable(sheet, heading, self.ask, self.catalogue, self.p)
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
        self.skipped["group"] += kinds.count("group") + kinds.count("detail")
        self.skipped["total"] += kinds.count("total")
        data = [view for view in table.views if view.kind == "data"]
        self.rows_of[sheet.name] = len(data)
        for view in data:
            self.data(sheet, view)

    def data(self, sheet, view):
        self.total += 1
        line = QuoteLine(view, self)
        self.named |= line.number_keys
        self.lost_words |= line.lost_words
        if line.no_price:
            self.no_price += 1
            return
        if not line.refused():
            self.merge(line)
        if line.refused():
            self.rejected += 1
            self.refused |= line.number_keys
        else:
            self.qty_unknown += line.qty_unknown
        for code, column in line.faults:
            if code.startswith("E_") or not line.refused():
                self.issue(sheet, view.index, column, code)

    def merge(self, line):
        """A row is taken whole or not at all."""
        how, before = self.p["duplicates"], [self.quotes.get(key_of(quote)) for quote in line.quotes]
        for quote, old in zip(line.quotes, before):
            other = old and offer(old) != offer(quote)
            if other and (how == "reject" or (how == "min" and offer(old)[1:] != offer(quote)[1:])):
                line.add_at("E_DUP", quote["column"])
                return
        self.merged += line.own_twins
        for quote, old in zip(line.quotes, before):
            if old is None:
                self.quotes[key_of(quote)] = quote
                continue
            self.merged += 1
            if how == "last" or (how == "min" and quote["price"] < old["price"]):
                self.quotes[key_of(quote)] = quote
            elif offer(old) == offer(quote) and old["qty"] is None:
                old["qty"] = quote["qty"]

    # -- on record --

    def reference(self, quote):
        number = quote["number"]
        parts = [*self.party, self.day.isoformat(), quote["kind"], number, quote["vendor"], decimal_text(quote["min"], 3)]
        return "q:" + hashlib.sha256("\t".join(parts).encode()).hexdigest()[:40]

    def known(self, quote):
        reference = self.reference(quote)
        return [q for q in self.world.quotes if q["ref"].split("#")[0] == reference]

    def on_record(self, quote):
        """(outcome, the quote on record that it is, or that gives way)"""
        known = self.known(quote)
        old = next((q for q in known if q["status"] == "active"), known[-1] if known else None)
        if old and offer(old) == offer(quote) and old["qty"] == quote["qty"] and old["until"] == self.until and (
                old["status"] == "active" or old["rejected_by"] is None):
            return "unchanged", old
        return ("replaced", old) if old and old["status"] == "active" else ("inserted", None)

    def jumps(self):
        """Compared with the newest active quote of the same number and least quantity."""
        compared, off = 0, []
        for quote in self.quotes.values():
            key = (quote["pn"], quote["lot"])
            old = [q for q in self.world.active(self.party) if same_number(q, key) and q["min"] == quote["min"] and q["day"] <= self.day]
            if not old:
                continue
            bases = [self.world.base_price({**quote, "day": self.day}), self.world.base_price(max(old, key=lambda q: (q["day"], q["id"])))]
            if None not in bases:
                compared += 1
                if max(bases) > 5 * min(bases):
                    off.append(quote)
        for row in dict.fromkeys((quote["sheet"], quote["row"]) for quote in off):
            first = next(quote for quote in off if (quote["sheet"], quote["row"]) == row)
            self.issue(first["sheet"], first["row"], first["column"], "W_PRICE_JUMP")
        if compared >= 5 and len(off) * 100 > 30 * compared and not self.p["force"]:
            raise Failed("E_PRICE_JUMP", [f"{len(off)} of {compared}", "currency", "price", "force", *[q["raw"] for q in off[:3] if q["raw"]]])

    def goes(self, kept):
        """Active quotes that supersede rejects."""
        how = self.p["supersede"]
        if how is False:
            return []
        others = [q for q in self.world.active(self.party) if q["day"] <= self.day and q["id"] not in kept]
        return [q for q in others if not self.is_of(q, self.refused) and (how == "all" or self.is_of(q, self.named))]

    @staticmethod
    def is_of(quote, keys):
        return any(same_number(quote, key) for key in keys)

    def check_deletes(self):
        if self.p["supersede"] != "all" or self.p["force"]:
            return
        active = [q for q in self.world.active(self.party) if q["day"] <= self.day]
        gone = [q for q in active if not self.is_of(q, self.named)]
        if len(active) >= 20 and len(gone) * 2 > len(active):
            raise Failed("E_TOO_MANY_DELETES", ["force"])

    def save(self):
        number = len(self.world.imports) + 1
        outcomes = {quote_key: self.on_record(quote) for quote_key, quote in self.quotes.items()}
        counts = {"inserted": 0, "replaced": 0, "unchanged": 0}
        kept = {old["id"] for outcome, old in outcomes.values() if old}
        going = self.goes(kept)
        stay = {(q["pn"], q["lot"]) for q in self.world.active(self.party) if self.p["supersede"] is not False
                and q["day"] <= self.day and q["id"] not in kept and self.is_of(q, self.refused)}
        if not self.p["dry_run"]:
            self.world.imports.append({"id": number, "party": self.party})
        for key, quote in self.quotes.items():
            outcome, old = outcomes[key]
            counts[outcome] += 1
            quote["outcome"] = outcome
            if self.p["dry_run"] or outcome == "unchanged":
                continue
            if old:
                old.update(status="rejected", rejected_by=number)
            before = len(self.known(quote))
            self.world.quotes.append({**quote, "id": len(self.world.quotes) + 1, "party": self.party, "day": self.day, "until": self.until, "import": number,
                                      "ref": self.reference(quote) + (f"#{before + 1}" if before else ""), "status": "active", "rejected_by": None})
        if not self.p["dry_run"]:
            for quote in going:
                quote.update(status="rejected", rejected_by=number)
        return {**counts, "superseded": len(going), "kept_for_rejected": len(stay)}

    # -- the whole --

    def run(self):
        try:
            self.read = self.choose_sheets()
            self.days()
            for sheet, heading in self.read:
                before = set(map(id, self.quotes.values()))
                self.read_sheet(sheet, heading)
                for quote in self.quotes.values():
                    if id(quote) not in before:
                        quote["sheet"] = sheet
            self.check_styles()
            for code in sorted(self.lost_words):
                self.issue(None, None, None, code)
            if not self.quotes:
                raise Failed("E_NO_DATA", [])
            if self.rejected * 100 > self.total * self.p["max_reject_pct"]:
                raise Failed("E_TOO_MANY_ERRORS", [])
            self.jumps()
            self.check_deletes()
        except Failed as failed:
            return {"error": failed.args[0], "says": failed.args[1], "rows_total": self.total, "rows_rejected": self.rejected, "issues": self.issues}
        saved = self.save()
        return self.answer(saved)

    def answer(self, saved):
        quotes = list(self.quotes.values())
        return {"party": self.p["party"], "kind": self.p["kind"], "dry_run": self.p["dry_run"], "quoted_on": self.day.isoformat(),
                "valid_until": self.until and self.until.isoformat(), "file": self.file(), "rows_total": self.total,
                "rows_accepted": self.total - self.rejected - self.no_price, "rows_rejected": self.rejected, "no_price": self.no_price,
                "rows_skipped": self.skipped, "quotes_total": len(quotes) + self.merged, **saved, "duplicates_merged": self.merged,
                "matched": sum(q["lot"] is not None for q in quotes), "unmatched": sum(q["lot"] is None for q in quotes),
                "qty_unknown": self.qty_unknown, "errors": self.count("E_"), "warnings": self.count("W_"), "issues": self.issues,
                "quotes": [{**shown(q), "outcome": q["outcome"]} for q in quotes]}

    def count(self, start):
        codes = [issue["code"] for issue in self.issues if issue["code"].startswith(start)]
        return {code: codes.count(code) for code in sorted(set(codes))}

    def file(self):
        read = {sheet.name for sheet, _heading in self.read}
        sheets = [{"name": sheet.name, "rows": self.rows_of[sheet.name], "read": True} if sheet.name in read else {"name": sheet.name, "read": False}
                  for sheet in self.sheets if not sheet.hidden]
        heading = self.read[0][1]
        columns = {field: column + 1 for field, column in heading.fields.items() if field.split(":")[0] != "price"}
        return {"header_row": heading.row + 1, "header_rows": heading.height, "columns": {**columns, "price": [c.number + 1 for c in heading.prices]},
                "ignored": [letter(c.number) for c in heading.ignored()], "sheets": sheets}


def key_of(quote):
    return quote["kind"], quote["number"], quote["vendor"], quote["min"]


def shown(quote):
    included, rate = quote["vat"]
    return {"pn_norm": quote["pn"], "part_number": quote["raw"], "lot_code": quote["lot"], "min_qty": decimal_text(quote["min"], 3),
            "price": decimal_text(quote["price"], 4), "price_per": int(quote["per"]), "currency": quote["currency"], "vat_included": included,
            "vat_rate": decimal_text(rate, 2), "qty": decimal_text(quote["qty"], 3)}


def active(world, party):
    return [{**shown(quote), "quoted_on": quote["day"].isoformat()} for quote in world.active(party)]


def quotes_import(world, scene):
    return QuotesImport(world, scene).run()
