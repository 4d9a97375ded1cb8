"""A dry run of the recalculation: how far the prices would move, and which would move most, against the real run with the same parameters."""
import csv
import io
import time
from decimal import Decimal
from fractions import Fraction

import samples
from test_tasks import check_problem


def recalculate(client, **params):
    answer = client.post_json("/api/prices/recalculate-all", params)
    task = client.wait(answer.json["task_id"])
    assert task["status"] == "completed", task
    return task


def bar(pct):
    """Bars of 5 %, the middle one around 0, the outermost without an end."""
    return min(20, max(0, int((pct + Decimal("52.5")) // 5)))


def test_what_a_dry_run_foresees_is_what_happens(daemon):
    samples.load_catalogue(daemon, "warehouses", "parties", "components", "part_numbers", "rates", "quotes")
    client = daemon.worker(0)
    first = recalculate(client, as_of="2026-01-10", dry_run=True)["result"]
    assert first["first_price"] > 100 and sum(one["n"] for one in first["histogram"]) == 0 and first["changes"] == {"up": [], "down": []}
    assert "histogram" not in recalculate(client, as_of="2026-01-10")["result"]
    seen = set()
    for method, coefficient, limit in (("weighted_avg", "1", "300"), ("min", "0.9", "20"), ("average", "3", "100"), ("median", "0.2", "1000")):
        params = {"as_of": "2026-02-05", "method": method, "coefficient": coefficient, "max_change_pct": limit}
        dry = recalculate(client, dry_run=True, **params)["result"]
        assert dry["dry_run"] is True
        task = recalculate(client, **params)
        rows = [(lot, Decimal(old), Decimal(new), Decimal(pct), outcome == "held") for lot, old, new, pct, outcome in daemon.sql(
            "SELECT c.lot_code, p.old_price, p.new_price, p.change_pct, p.outcome FROM price_change p JOIN component c ON c.id = p.component_id "
            f"WHERE p.task_id = '{task['id']}' AND p.outcome IN ('updated', 'held') AND p.old_price IS NOT NULL ORDER BY c.id")]
        assert len(rows) > 50
        bars = [0] * 21
        for row in rows:
            bars[bar(row[3])] += 1
        assert [one["n"] for one in dry["histogram"]] == bars
        assert [one["from"] for one in dry["histogram"]] == [None] + [f"{-47.5 + 5 * i:.2f}" for i in range(20)]
        assert [one["to"] for one in dry["histogram"]] == [f"{-47.5 + 5 * i:.2f}" for i in range(20)] + [None]
        for name, wanted in (("up", [row for row in rows if row[2] > row[1]]), ("down", [row for row in rows if row[2] < row[1]])):
            wanted = sorted(wanted, key=lambda row: -abs(row[3]))[:100]
            told = [(one["lot_code"], Decimal(one["old"]), Decimal(one["new"]), Decimal(one["pct"]), one["held"]) for one in dry["changes"][name]]
            assert told == wanted
            seen |= {(name, row[4]) for row in wanted} | ({(name, "full")} if len(wanted) == 100 else set())
        seen |= {("bar", i) for i, n in enumerate(bars) if n}
    assert seen >= {("up", False), ("up", True), ("down", False), ("down", True), ("up", "full"), ("bar", 0), ("bar", 20)}


NAMES = ["lot_code", "outcome", "method", "old_price", "new_price", "change_pct", "raw_price", "coefficient", "n_quotes", "n_used", "outlier_low", "outlier_high"]


def changes(client, task, query=""):
    answer = client.get(f"/api/tasks/{task['id']}/changes.csv{query}")
    assert answer.status == 200, answer
    return answer.body.decode()


def test_all_changes_of_a_dry_run_are_those_of_the_run(daemon):
    """As CSV: the same records before and after, whatever becomes of the components' number; and as the trail has them."""
    samples.load_catalogue(daemon, "warehouses", "parties", "components", "part_numbers", "rates", "quotes")
    client = daemon.worker(0)
    for params in ({"as_of": "2026-01-10"}, {"as_of": "2026-02-05", "method": "min", "coefficient": "0.9", "max_change_pct": "20", "outlier": "iqr"},
                   {"as_of": "2026-05-05", "on_no_quotes": "clear"}):
        dry = recalculate(client, dry_run=True, **params)
        before = daemon.sql("SELECT COUNT(*) FROM price_change")
        foreseen = changes(client, dry)
        task = recalculate(client, **params)
        assert foreseen == changes(client, task) and foreseen.count("\r\n") > 20 and dry["result"]["changes_csv"] == f"/api/tasks/{dry['id']}/changes.csv"
        assert daemon.sql("SELECT COUNT(*) FROM price_change") != before
        read = list(csv.DictReader(io.StringIO(foreseen, newline="")))
        stored = daemon.sql(f"SELECT c.lot_code, {', '.join('p.' + name for name in NAMES[1:])} FROM price_change p JOIN component c ON c.id = p.component_id "
                            f"WHERE p.task_id = '{task['id']}' ORDER BY c.id")
        assert [[row[name] or "NULL" for name in NAMES] for row in read] == [[value or "NULL" for value in row] for row in stored]
    russian = changes(client, dry, "?excel=ru").splitlines()
    assert russian[0].startswith("\ufeffЛот;Наименование;") and len(russian) == foreseen.count("\r\n")
    sleeping = client.start("test_sleep", ms=0)
    client.wait(sleeping)
    check_problem(client.get(f"/api/tasks/{sleeping}/changes.csv"), 404, "not-found")
    check_problem(client.get("/api/tasks/00000000-0000-4000-8000-000000000000/changes.csv"), 404, "task-not-found")
    check_problem(client.get(f"/api/tasks/{dry['id']}/changes.csv?sep=x"), 422, "invalid-parameters")
    daemon.sql(f"UPDATE task SET finished_at = finished_at - INTERVAL 1 DAY WHERE id = '{dry['id']}'")
    assert "kept for a day" in check_problem(client.get(f"/api/tasks/{dry['id']}/changes.csv"), 404, "not-found")["detail"]


def test_changes_of_dry_runs_go_after_a_day(make_daemon):
    daemon = make_daemon()
    samples.load_catalogue(daemon, "warehouses", "parties", "components", "part_numbers", "rates", "quotes")
    recalculate(daemon.worker(0), as_of="2026-01-10", dry_run=True)
    new = int(daemon.sql("SELECT COUNT(*) FROM trial_change")[0][0])
    daemon.sql("INSERT INTO trial_change SELECT '00000000-0000-4000-8000-000000000001', component_id, outcome, method, old_price, new_price, raw_price, coefficient,"
               " change_pct, n_quotes, n_used, as_of, outlier_low, outlier_high, created_at - INTERVAL 25 HOUR FROM trial_change")
    daemon.term()
    daemon.start()
    end = time.monotonic() + 20
    while int(daemon.sql("SELECT COUNT(*) FROM trial_change")[0][0]) > new:
        assert time.monotonic() < end
        time.sleep(0.1)
    assert daemon.sql("SELECT COUNT(*) FROM trial_change WHERE task_id = '00000000-0000-4000-8000-000000000001'") == [["0"]] and new > 100


def test_the_quotes_of_some_lots_as_the_history_has_them(daemon):
    """What a dry run shows of a lot is what price-history shows after the run, but for numbers and times."""
    samples.load_catalogue(daemon, "warehouses", "parties", "components", "part_numbers", "rates", "quotes")
    client = daemon.worker(0)
    lots = [row[0] for row in daemon.sql("SELECT c.lot_code FROM component c JOIN price_quote q ON q.component_id = c.id GROUP BY c.id ORDER BY COUNT(*) DESC LIMIT 19")]
    lots.append(daemon.sql("SELECT lot_code FROM component c WHERE active = 1 AND NOT EXISTS (SELECT 1 FROM price_quote q WHERE q.component_id = c.id) LIMIT 1")[0][0])
    for params in ({"as_of": "2026-02-05", "outlier_min_n": 3, "outlier_k": "0.5"}, {"as_of": "2026-02-05", "outlier": "iqr", "outlier_min_n": 2, "outlier_k": "0.1"},
                   {"as_of": "2026-02-05", "outlier": "none", "min_quotes": 3}):
        dry = recalculate(client, dry_run=True, quotes_of=lots, audit="all", **params)
        task = recalculate(client, audit="all", **params)
        assert sorted(one["lot_code"] for one in dry["result"]["lots"]) == sorted(lots)
        dropped = 0
        for one in dry["result"]["lots"]:
            run = one["run"]
            real = client.get(f"/api/components/{one['lot_code']}/price-history?limit=1").json["runs"][0]
            assert real["task_id"] == task["id"] and run["id"] is run["created_at"] is None and run["task_id"] == dry["id"]
            same = [name for name in real if name not in ("id", "task_id", "created_at", "params")]
            assert {name: run[name] for name in same} == {name: real[name] for name in same}
            assert {**run["params"], "dry_run": False, "quotes_of": None} == real["params"]
            dropped += check_bounds(run, params)
        assert (dropped > 0) == (params.get("outlier") != "none")
    body = check_problem(client.post_json("/api/prices/recalculate-all", {"quotes_of": ["NO-SUCH", lots[0]]}), 422, "invalid-parameters")
    assert [(fault["pointer"], fault["code"]) for fault in body["errors"]] == [("/quotes_of", "unknown-lot-code"), ("/quotes_of", "conflict")]
    body = check_problem(client.post_json("/api/prices/recalculate-all", {"dry_run": True, "quotes_of": [lots[0]] * 21}), 422, "invalid-parameters")
    assert body["errors"][0]["args"] == {"max": "20", "unit": "items"}


def check_bounds(run, params):
    """The bounds are exact: by the rule over the prices that were left, in whole millionths. Returns how many prices were dropped."""
    left = sorted(Decimal(quote["base_price"]) for quote in run["quotes"] if quote["used"] or quote["reason"] in ("outlier", "too_few"))
    if params.get("outlier") == "none" or len(left) < params["outlier_min_n"]:
        assert run["outlier_low"] is run["outlier_high"] is None
        return 0
    low, high = Fraction(run["outlier_low"]), Fraction(run["outlier_high"])
    prices, n = [Fraction(price) for price in left], len(left)
    middle, k = (prices[(n - 1) // 2] + prices[n // 2]) / 2, Fraction(params["outlier_k"])

    def quarter(position):
        at, part = divmod(position, 4)
        return prices[at] + (prices[at + 1] - prices[at]) * Fraction(part, 4) if part else prices[at]
    if params.get("outlier") == "iqr":
        first, third = quarter(n - 1), quarter(3 * (n - 1))
        spread = k * max(third - first, 2 * Fraction(2, 100) * middle)
        exact = (first - spread, third + spread)
    else:
        distances = sorted(abs(price - middle) for price in prices)
        spread = k * max((distances[(n - 1) // 2] + distances[n // 2]) / 2, Fraction(2, 100) * middle) / Fraction("0.6745")
        exact = (middle - spread, middle + spread)
    micro = Fraction(1, 10 ** 6)
    assert (low, high) == (-(-exact[0] // micro) * micro, exact[1] // micro * micro), (run["outlier_low"], run["outlier_high"], exact)
    out = [quote for quote in run["quotes"] if quote["reason"] == "outlier"]
    assert all(not low <= Fraction(quote["base_price"]) <= high for quote in out)
    assert all(low <= Fraction(quote["base_price"]) <= high for quote in run["quotes"] if quote["used"])
    return len(out)
