"""Differences of two price lists over HTTP."""
import json

import pytest

import samples
from demo_world import AS_OF, put_list
from test_tasks import check_problem

CASES = json.loads((samples.DATA / "pricing" / "diff.json").read_text(encoding="utf-8"))["cases"]


def diff(client, a, b, query="", headers=None):
    return client.get(f"/api/pricelists/{a}/diff/{b}{query}", headers)


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_worked_examples(world, case):
    number = 300 + 2 * CASES.index(case)
    a, b = (put_list(world.daemon, number + i, case[side]) for i, side in enumerate("ab"))
    answer = diff(world.client, a, b)
    assert answer.status == 200 and answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store" and answer.headers["Content-Length"] == str(len(answer.body))
    assert answer.json["summary"] == case["expected"]["summary"]
    assert answer.json["rows"] == [{**row, "name": "Item"} for row in case["expected"]["rows"]]
    assert (answer.json["a"]["id"], answer.json["b"]["id"], answer.json["a"]["items"]) == (a, b, len(case["a"]))


def test_only_rows_that_are_wanted(world):
    a = put_list(world.daemon, 400, [{"lot_code": code, "price": price, "name": f"old {code}"} for code, price in (("A", "1.0000"), ("B", "2.0000"), ("C", "3.0000"))])
    b = put_list(world.daemon, 401, [{"lot_code": code, "price": price, "name": f"new {code}"} for code, price in (("B", "1.0000"), ("C", "3.0000"), ("D", "4.0000"))])
    whole = diff(world.client, a, b)
    assert [row["status"] for row in whole.json["rows"]] == ["removed", "down", "same", "added"]
    assert [row["name"] for row in whole.json["rows"]] == ["old A", "new B", "new C", "new D"]
    part = diff(world.client, a, b, "?status=added,down")
    assert [row["status"] for row in part.json["rows"]] == ["down", "added"]
    assert part.json["summary"] == whole.json["summary"] and part.headers["ETag"] != whole.headers["ETag"]
    body = check_problem(diff(world.client, a, b, "?status=gone&x=1"), 422, "invalid-parameters")
    assert body["errors"][0]["pointer"] == "/x"
    body = check_problem(diff(world.client, a, b, "?status=gone"), 422, "invalid-parameters")
    assert body["errors"][0]["pointer"] == "/status"


def test_a_list_differs_from_itself_in_nothing(world):
    result = world.results["estimate"]
    answer = diff(world.client, result["pricelist_id"], result["pricelist_id"])
    assert answer.json["summary"] == {"added": 0, "removed": 0, "up": 0, "down": 0, "same": result["items"], "avg_pct": "0.00"}
    again = diff(world.other, result["pricelist_id"], result["pricelist_id"], headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status == 304 and again.body == b""


def test_the_result_of_a_task_and_the_diff_agree(world):
    first = world.results["estimate"]["pricelist_id"]
    result = world.post("dearer", "/api/pricelists", {"source": "estimate", "as_of": AS_OF, "coefficient": "1.1", "categories": ["CPU", "MEM"]})
    listed = [world.client.get(f"/api/pricelists/{list_id}/items?limit=200").json["items"] for list_id in (first, result["pricelist_id"])]
    assert [item["lot_code"] for item in listed[1]] == [item["lot_code"] for item in listed[0] if item["category"] in ("CPU", "MEM")]
    answer = diff(world.other, first, result["pricelist_id"])
    assert answer.json["summary"] == result["diff"] and result["diff"]["removed"] > 0 and result["diff"]["up"] > 0
    rows = answer.json["rows"]
    assert [row["lot_code"].encode() for row in rows] == sorted(row["lot_code"].encode() for row in rows)
    assert len(rows) == sum(result["diff"][key] for key in ("added", "removed", "up", "down", "same"))


def test_lists_of_several_pages(world):
    old = [{"lot_code": f"LOT-{i:05d}", "price": "100.0000"} for i in range(4000)]
    new = [{"lot_code": f"LOT-{i:05d}", "price": "101.0000"} for i in range(1000, 6001)]
    a, b = put_list(world.daemon, 410, old), put_list(world.daemon, 411, new)
    answer = diff(world.client, a, b)
    assert answer.json["summary"] == {"added": 2001, "removed": 1000, "up": 3000, "down": 0, "same": 0, "avg_pct": "1.00"}
    assert [row["lot_code"] for row in answer.json["rows"]] == [f"LOT-{i:05d}" for i in range(6001)]
    assert diff(world.client, b, a).json["summary"] == {"added": 1000, "removed": 2001, "up": 0, "down": 3000, "same": 0, "avg_pct": "-0.99"}


def test_what_cannot_be_compared(world):
    rub = world.results["estimate"]["pricelist_id"]
    usd = put_list(world.daemon, 420, [{"lot_code": "A", "price": "1.0000"}], "USD")
    body = check_problem(diff(world.client, rub, usd), 409, "conflict")
    assert "RUB" in body["detail"] and "USD" in body["detail"]
    for a, b in ((rub, 999999), (999999, rub), ("x", rub), (rub, "x")):
        check_problem(diff(world.client, a, b), 404, "not-found")
