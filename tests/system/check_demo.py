"""Compare what the demo got with the expected numbers: check_demo.py WHAT [NAME] reads the answer on standard input; exit 1 and name
every difference. WHAT is a step of ./dev demo: catalogue TABLE, recalculate, stock, list SOURCE, csv SOURCE, diff PERCENT, trail LOT.
A second demo on the same state must find everything unchanged; the first one must not."""
import csv
import io
import json
import sys
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

DEMO = Path(__file__).resolve().parents[1] / "data" / "demo"


def expected(name):
    text = (DEMO / "expected" / name).read_text(encoding="utf-8")
    return json.loads(text) if name.endswith(".json") else list(csv.DictReader(io.StringIO(text)))


def rounded(value, digits="0.01"):
    return value.quantize(Decimal(digits), ROUND_HALF_UP)


class Check:
    def __init__(self):
        self.wrong = self.compared = 0

    def same(self, what, got, want):
        self.compared += 1
        if got != want:
            self.wrong += 1
            print(f"demo: {what} is {got!r}, expected {want!r}", file=sys.stderr)

    def members(self, got, wanted, prefix=""):
        for key, want in wanted.items():
            self.same(prefix + key, got.get(key), want)

    def number(self, what, got, want):
        self.same(what, Decimal(got) if got else None, Decimal(want) if want else None)


def catalogue(check, result, table):
    rows = len(list(csv.reader(io.StringIO((DEMO / f"{table}.csv").read_text(encoding="utf-8"))))) - 1
    again = result["inserted"] == 0
    check.members(result, {"table": table, "rows_total": rows, "inserted": 0 if again else rows, "updated": 0,
                           "unchanged": rows if again else 0, "rejected": 0, "errors": {}})
    return f"{rows} rows, " + ("all unchanged" if again else "all new")


def recalculate(check, result):
    wanted, rows = expected("summary.json")["recalculate"], expected("recalculate.csv")
    priced = wanted["outcomes"]["updated"]
    again = result["updated"] == 0
    used = wanted["quotes"].pop("used")
    check.members(result, {"components_total": wanted["components_total"], "updated": 0 if again else priced,
                           "unchanged": priced if again else 0, "no_quotes": wanted["outcomes"]["no_quotes"], "held": 0, "cleared": 0,
                           "failed": 0, "first_price": 0 if again else priced, "quotes_used": used,
                           "quotes_total": used + sum(wanted["quotes"].values()), "quotes_excluded": wanted["quotes"],
                           "manual": sum(row["method"] == "manual" for row in rows)})
    return f"{priced} prices from {used} quotes, " + ("all unchanged" if again else "all new")


def components(check, result):
    wanted = expected("recalculate.csv")
    check.same("components", [row["lot_code"] for row in result["components"]], [row["lot_code"] for row in wanted])
    for row, want in zip(result["components"], wanted):
        check.number(f"{want['lot_code']} price", row["price"], want["price"] if want["outcome"] == "updated" else None)
    return f"{len(wanted)} components"


def trail(check, result, lot):
    """The price again, from nothing but the quotes that its trail names."""
    run, want = result["runs"][0], next(row for row in expected("recalculate.csv") if row["lot_code"] == lot)
    weights, total = 0, Decimal(0)
    for quote in run["quotes"]:
        what = f"used, weight {quote['weight']}" if quote["used"] else quote["reason"]
        print(f"  {quote['quoted_on']}  {quote['party']['code']:8} {quote['price']:>14} {quote['currency']} = {quote['base_price'] or '-':>16}  {what}")
        if quote["used"]:
            weights, total = weights + quote["weight"], total + quote["weight"] * Decimal(quote["base_price"])
    raw = rounded(total / weights, "0.000001")
    print(f"  the weighted mean {run['raw_price']} x {run['coefficient']} is rounded to {run['new_price']}")
    check.members(run, {"new_price": want["price"], "raw_price": want["raw_price"], "method": want["method"], "n_quotes": int(want["n_quotes"]),
                        "n_used": int(want["n_used"])})
    check.number("the mean, computed again", run["raw_price"], str(raw))
    check.number("the price, computed again", run["new_price"], str(rounded(raw * Decimal(run["coefficient"]))))
    return f"{run['n_used']} of {run['n_quotes']} quotes used"


def stock(check, result):
    wanted = expected("stock-import.json")
    again = result["inserted"] == 0
    check.members(result, {key: wanted[key] for key in (
        "stock_date", "rows_total", "rows_skipped", "rows_rejected", "rows_accepted", "duplicates_merged", "matched", "unmatched",
        "errors", "warnings", "qty_total", "value_total")})
    check.members(result, {key: (wanted["second_run"] if again else wanted)[key] for key in ("inserted", "updated", "unchanged", "deleted")})
    check.same("file.columns", result["file"]["columns"], wanted["columns"])
    return f"{result['rows_accepted']} rows of {result['rows_total']}, " + ("all unchanged" if again else "all new")


def price_list(check, result, source):
    wanted = expected("summary.json")[f"pricelist_{source}"]
    check.members(result, {"items": wanted["items"], "content_sha256": wanted["content_sha256"]})
    if result["created"]:
        check.same("skipped", result["skipped"], wanted["skipped"])
    return f"{wanted['items']} items, " + ("a new list" if result["created"] else "the last list says the same")


def list_csv(check, text, source):
    rows, wanted = list(csv.DictReader(io.StringIO(text))), expected(f"pricelist-{source}.csv")
    check.same("rows", len(rows), len(wanted))
    for row, want in zip(rows, wanted):
        check.members(row, {key: want[key] for key in ("lot_code", "basis", "n_obs")}, want["lot_code"] + " ")
        for key in ("price", "qty", "price_min", "price_max"):
            check.number(f"{want['lot_code']} {key}", row[key], want[key])
    return f"{len(rows)} lines"


def diff(check, result, percent):
    """From the list with so many percent on top to the plain one."""
    plain = {row["lot_code"]: Decimal(row["price"]) for row in expected("pricelist-estimate.csv")}
    moved = []
    check.same("lots", [row["lot_code"] for row in result["rows"]], list(plain))
    for row in result["rows"]:
        new = plain[row["lot_code"]]
        old = rounded(new * (100 + int(percent)) / 100)
        moved.append(rounded((new - old) * 100 / old))
        check.same(f"{row['lot_code']} status", row["status"], "down" if new < old else "same")
        for key, want in (("old", old), ("new", new), ("delta", new - old), ("pct", moved[-1])):
            check.number(f"{row['lot_code']} {key}", row[key], str(want))
    down = sum(pct < 0 for pct in moved)
    check.members(result["summary"], {"added": 0, "removed": 0, "up": 0, "down": down, "same": len(moved) - down,
                                      "avg_pct": str(rounded(sum(moved) / len(moved)))})
    return f"{down} of {len(moved)} prices down"


STEPS = {"catalogue": catalogue, "recalculate": recalculate, "components": components, "trail": trail, "stock": stock, "list": price_list,
         "csv": list_csv, "diff": diff}


def main():
    step, *names = sys.argv[1:]
    text = io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8", newline="").read()
    check = Check()
    told = STEPS[step](check, text if step == "csv" else json.loads(text), *names)
    print(f"  {'DIFFERS: ' if check.wrong else ''}{told}; {check.compared} numbers compared, {check.wrong} differ")
    sys.exit(1 if check.wrong else 0)


main()
