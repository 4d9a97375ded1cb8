"""A dry run of the recalculation: how far the prices would move, and which would move most, against the real run with the same parameters."""
from decimal import Decimal

import samples


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
