"""An analyst's day as one story: the files of three suppliers, each by its profile; recalculate; approve what was held by a filter; lists; workbooks.
The second morning's recalculation follows the last import. Every number comes from the models that read the same pages in Python. Then the same day with everything killed at every step."""
import io
import json
import random
import shutil
import subprocess
import tempfile
import threading
import time
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import openpyxl
import pricing_model as prices
import pytest
import quotes_model
import samples
from conftest import BUILD, _base
from daemon import Daemon
from quotes_files import workbook_of
from test_pricing_trail import insert
from test_suppliers import form, load, on_record, recorded

TODAY = "2025-04-14"
LOTS = [f"LOT-{n:02d}" for n in range(1, 25)]
PARTIES = [{"kind": "supplier", "code": f"SUP-{n}", "name": f"Supplier {n}"} for n in (11, 12, 13)]
SHARED = {
    "components": [{"lot_code": lot} for lot in LOTS],
    "part_numbers": [{"part_number": f"KX{n:02d}-77A", "lot_code": lot, **({"vendor": "", "lot_qty": "2"} if n == 5 else {})} for n, lot in enumerate(LOTS, 1)],
    "rates": [{"currency": currency, "date": day, "nominal": nominal, "rate": rate} for currency, nominal, rate in
              (("USD", 1, "84.1512"), ("EUR", 1, "95.4400"), ("CNY", 10, "116.3077")) for day in ("2025-03-20", "2025-04-02", "2025-04-11")],
}
STATE = ("SELECT lot_code, COALESCE(price, ''), price_state FROM component ORDER BY lot_code")


# ---- The files --------------------------------------------------------------------------------------------------------


def usd_list(day, price):
    """A title, a date, the currency above the heading."""
    return [["Прайс-лист"], [f"на {day}"], ["Цены в USD, без НДС"], [], ["Артикул", "Наименование", "Цена", "Наличие"]] + [
        [f"KX{n:02d}-77A", f"Item {n}", str(price(n)), n * 3] for n in range(1, 20)]


def retail_list(day, price):
    """A column that only its profile knows, and two prices of which it says which."""
    return [[f"Действует с {day}"], ["Модель", "РРЦ", "Опт"]] + [[f"KX{n:02d}-77A", str(price(n) * 2), str(price(n))] for n in range(6, 25)]


def tier_list(day, price):
    """Tiers; one row without a price, one that cannot be read."""
    rows = [[f"KX{n:02d}-77A", str(price(n)), str(price(n) * Fraction(9, 10))] for n in range(1, 25, 2)]
    return [[f"Price list as of {day}"], ["Prices in CNY"], ["Part number", "Price", "от 10"]] + rows + [["KX02-77A", "по запросу", ""], ["KX04-77A", "a lot", "1"]]


SUPPLIERS = [
    ("SUP-11", usd_list, {}, 7),
    ("SUP-12", retail_list, {"columns": {"part_number": "Модель"}, "price": "Опт", "vat_included": True}, 600),
    ("SUP-13", tier_list, {"duplicates": "min"}, 55),
]


class Money(Fraction):
    """Prints as a price with two digits."""

    def __str__(self):
        return prices.text(prices.rounded(self, 2), 2)

    def __mul__(self, other):
        return Money(Fraction(self) * other)


def price_maker(rng, scale):
    made = {}
    return lambda n: made.setdefault(n, Money(Fraction(scale * (90 + 7 * n) + rng.randrange(100), 10)))


def moved(rng, price):
    """Most prices as they were, some far from it."""
    factors = {}
    return lambda n: price(n) * factors.setdefault(n, Fraction(rng.choice([100, 100, 101, 97, 118, 140, 75]), 100))


def scene_of(rows, params):
    cells = [[{"n": str(cell)} if isinstance(cell, int) else cell for cell in row] for row in rows]
    return {**SHARED, "params": params, "today": TODAY, "sheets": [{"name": "Лист1", "rows": cells}]}


# ---- The day, by the models -------------------------------------------------------------------------------------------


class Model:
    def __init__(self):
        self.quotes, self.price, self.state, self.held = quotes_model.World(SHARED), dict.fromkeys(LOTS), dict.fromkeys(LOTS, "none"), {}

    def import_list(self, scene):
        return quotes_model.quotes_import(self.quotes, scene)

    def case(self, lot, params):
        quotes = [{"id": q["id"], "party": q["party"][1], "pn": q["pn"], "price": q["price"], "price_per": q["per"], "currency": q["currency"],
                   "vat_included": q["vat"][0], "vat_rate": q["vat"][1], "min_qty": q["min"], "qty": q["qty"], "on": q["day"].isoformat(),
                   "valid_until": q["until"] and q["until"].isoformat(), "status": q["status"]} for q in self.quotes.quotes if q["lot"] == lot]
        return {"base_currency": "RUB", "params": params, "rates": SHARED["rates"], "parties": PARTIES, "quotes": quotes,
                "component": {"lot_code": lot, "coefficient": "1", "price": self.price[lot]}}

    def recalculate(self, params):
        outcomes = {}
        self.held = {}
        for lot in LOTS:
            made = prices.recalculate(self.case(lot, params))
            outcomes[made["outcome"]] = outcomes.get(made["outcome"], 0) + 1
            if made["outcome"] == "held":
                self.held[lot] = made
            else:
                self.price[lot], self.state[lot] = made["price"], made["price_state"]
        return outcomes

    def decide(self, approve, chosen):
        for lot in [lot for lot, made in self.held.items() if chosen(made["change_pct"])]:
            if approve:
                self.price[lot], self.state[lot] = self.held[lot]["computed_price"], "fresh"
            del self.held[lot]

    def pricelist(self, params, stock):
        components = [{"lot_code": lot, "price": self.price[lot], "price_state": self.state[lot]} for lot in LOTS]
        return prices.pricelist({"base_currency": "RUB", "params": params, "rates": SHARED["rates"], "components": components, "stock": stock})


# ---- The day, through the daemon --------------------------------------------------------------------------------------


class Day:
    """Every start has a key of its own and is sent again with it after a kill; so is every decision."""

    def __init__(self, daemon, rng, kills):
        self.daemon, self.rng, self.kills, self.number, self.last = daemon, rng, kills, 0, None

    def client(self):
        return self.daemon.worker(self.rng.randrange(2))

    def interrupted(self, send):
        """Everything is killed while the request runs or soon after; then the same request is sent again."""
        if not self.kills:
            return send()
        asked = threading.Thread(target=lambda: self.ignore(send))
        asked.start()
        time.sleep(self.rng.choice([0, 0.005, 0.02, 0.05, 0.1]))
        self.daemon.kill_all()
        asked.join()
        self.daemon.start(wait=60)
        return send()

    @staticmethod
    def ignore(send):
        try:
            send()
        except Exception:  # noqa: BLE001 the connection breaks off in any way
            pass

    def task(self, path, body, kind):
        self.number += 1
        headers = {"Content-Type": kind, "Idempotency-Key": f'"story-{self.number}"'}

        def send():
            answer = self.client().request("POST", path, body, headers)
            while answer.status in (409, 503):
                time.sleep(0.2)
                answer = self.client().request("POST", path, body, headers)
            assert answer.status == 202, answer
            return answer.json["task_id"]
        self.last = self.interrupted(send)
        task = self.client().wait(self.last, seconds=90)
        assert task["status"] == "completed", task
        return task["result"]

    def upload(self, path, params, name, data):
        body, kind = samples.multipart(form(params), name, data)
        return self.task(path, body, kind)

    def start(self, path, **params):
                return self.task(path, json.dumps(params).encode(), "application/json")

    def follow(self):
        """The result of the task that followed the last one."""
        end = time.monotonic() + 60
        while not (after := self.client().get(f"/api/tasks/{self.last}?view=full").json["followed_by"]):
            assert time.monotonic() < end
            time.sleep(0.05)
        task = self.client().wait(after, seconds=90)
        assert task["status"] == "completed", task
        return task["result"]

    def save_profile(self, name, params):
        def send():
            body = json.dumps({"type": "quotes_import", "params": params})
            answer = self.client().request("PUT", f"/api/import-profiles/{name}", body, {"Content-Type": "application/json", "If-None-Match": "*"})
            assert answer.status in (200, 201, 412), answer  # 412: it was saved, and its answer was lost
        self.interrupted(send)

    def decide(self, **wanted):
        def send():
            answer = self.client().post_json("/api/price-changes/decide", wanted)
            assert answer.status == 200, answer
            return answer.json
        return self.interrupted(send)


def check_prices(daemon, model):
    wanted = [[lot, prices.text(model.price[lot], 4) or "", model.state[lot]] for lot in LOTS]
    assert daemon.sql(STATE) == wanted


def check_workbook(client, result, wanted):
    """The list's workbook has the model's items."""
    answer = client.get(f"/api/pricelists/{result['pricelist_id']}/export.xlsx")
    assert answer.status == 200
    rows = list(openpyxl.load_workbook(io.BytesIO(answer.body)).worksheets[0].iter_rows(values_only=True))
    head = rows[0].index("lot_code"), rows[0].index("price"), rows[0].index("qty")
    got = [[row[head[0]], Fraction(repr(row[head[1]])), None if row[head[2]] is None else Fraction(repr(row[head[2]]))] for row in rows[1:]]
    assert got == [[item["lot_code"], item["price"], item["qty"]] for item in wanted["items"]]
    assert (result["items"], result["skipped"]) == (len(got), {**dict.fromkeys(result["skipped"], 0), **wanted["skipped"]})
    return answer.headers["ETag"]


def play(day, model):
    rng, price = random.Random(7), [price_maker(random.Random(scale), scale) for _code, _make, _params, scale in SUPPLIERS]
    recalculate = {"as_of": TODAY, "max_change_pct": "10"}
    for code, _make, params, _scale in SUPPLIERS:
        day.save_profile(code.lower(), params)
    for morning, on in ((False, "02.04.2025"), (True, "11.04.2025")):
        for (code, make, params, _scale), mine in zip(SUPPLIERS, price):
            scene = scene_of(make(on, moved(rng, mine) if morning else mine), {"party": code, **params})
            made = model.import_list(scene)
            follows = {"then": json.dumps([{"type": "recalculate", "params": recalculate}])} if morning and code == SUPPLIERS[-1][0] else {}
            result = day.upload("/api/quotes/import", {"party": code, "profile": code.lower(), **follows}, f"{code}-{on}.xlsx", workbook_of(scene))
            assert {name: result[name] for name in ("rows_total", "rows_rejected", "no_price", "inserted", "unchanged", "quoted_on")} == {
                name: made[name] for name in ("rows_total", "rows_rejected", "no_price", "inserted", "unchanged", "quoted_on")}
        assert on_record(day.daemon) == recorded(model.quotes)
        outcomes = model.recalculate(recalculate)
        result = day.follow() if morning else day.start("/api/prices/recalculate-all", **recalculate)
        assert {name: result[name] for name in outcomes} == outcomes
        check_prices(day.daemon, model)
    assert len(model.held) >= 4
    model.decide(True, lambda pct: 0 < pct < 30)
    model.decide(False, lambda pct: pct < 0)
    day.decide(decision="approve", direction="up", below="30")
    day.decide(decision="dismiss", direction="down")
    check_prices(day.daemon, model)
    held = day.client().get("/api/price-changes/held?limit=100").json["held"]
    assert sorted(entry["lot_code"] for entry in held) == sorted(model.held) and model.held
    stock = [{"lot_code": lot, "warehouse": "MAIN", "qty": str(n + 1), "unit_cost": str(100 + n), "lot_qty": "2" if n == 4 else "1"}
             for n, lot in enumerate(LOTS[:20])]
    rows = [["Артикул", "Остаток", "Цена"]] + [[f"KX{n:02d}-77A", n, 99 + n] for n in range(1, 21)]
    assert day.upload("/api/stock/import", {"warehouse": "MAIN"}, "stock.xlsx", samples.xlsx(rows))["inserted"] == 20
    tags = []
    for params in ({"source": "estimate"}, {"source": "estimate", "currency": "USD", "coefficient": "1.05"}, {"source": "warehouse", "coefficient": "1.2"}):
        result = day.start("/api/pricelists", as_of=TODAY, **params)
        tags.append((result["pricelist_id"], check_workbook(day.client(), result, model.pricelist({"as_of": TODAY, **params}, stock))))
    return tags


@contextmanager
def day_of(template, rng, kills):
    place = Path(tempfile.mkdtemp(prefix="pft-", dir=_base()))
    place.chmod(0o755)
    daemon = Daemon(BUILD, place / "state", place / "log")
    daemon.wrapper = ["env", f"PF_TEST_TODAY={TODAY}"]
    subprocess.run(["cp", "-a", "--reflink=auto", template, daemon.state], check=True)
    try:
        daemon.start()
        load(daemon, SHARED, PARTIES)
        daemon.sql(insert("warehouse", "id, code, name", [(1, "MAIN", "Main")]))
        yield Day(daemon, rng, kills)
    finally:
        daemon.stop_hard()
        shutil.rmtree(place, ignore_errors=True)


def nothing_is_left(daemon):
    assert daemon.sql("SELECT COUNT(*) FROM task WHERE status IN ('queued', 'running')") == [["0"]]
    assert daemon.spool_files() == []


def test_a_day(template):
    with day_of(template, random.Random(1), kills=False) as day:
        play(day, Model())
        nothing_is_left(day.daemon)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_day_with_everything_killed_at_every_step(template, seed):
    with day_of(template, random.Random(seed), kills=True) as day:
        for number, tag in play(day, Model()):
            assert day.client().get(f"/api/pricelists/{number}/export.xlsx").headers["ETag"] == tag
        assert day.daemon.sql("SELECT COUNT(*), COUNT(DISTINCT id) FROM quote_import") == [["6", "6"]]
        assert day.daemon.sql("SELECT COUNT(*) FROM stock_import") == [["1"]] and day.daemon.sql("SELECT COUNT(*) FROM pricelist") == [["3"]]
        nothing_is_left(day.daemon)
