"""Prices that were held back: which wait, and what approving and dismissing do, also when somebody else is faster."""
import threading
import time
from decimal import Decimal

import pytest

from demo_world import AS_OF
from test_pricelists import pages
from test_tasks import MOMENT, check_problem

LOTS = ["CPU-KLV-12C-150W", "CPU-KLV-16C-165W", "CPU-KLV-8C-150W"]


def recalculate(world, coefficient, lots=LOTS, as_of=AS_OF, limit="10"):
    return world.post("held", "/api/prices/recalculate-all",
                      {"as_of": as_of, "coefficient": coefficient, "lot_codes": lots, "max_change_pct": limit})


def held(client):
    return [entry for page in pages(client, "/api/price-changes/held?limit=2") for entry in page.json["held"]]


def component(client, lot):
    return client.get(f"/api/components/{lot}").json


def decide(client, change, word, path="/api/price-changes/{}/{}"):
    return client.request("POST", path.format(change, word))


@pytest.fixture
def waiting(world):
    """Three components with the prices of the demo and a proposal of one and a half times as much; by lot code."""
    recalculate(world, "1", limit="0")
    before = {lot: component(world.client, lot) for lot in LOTS}
    assert held(world.client) == []
    result = recalculate(world, "1.5")
    assert (result["held"], result["updated"]) == (3, 0)
    entries = {entry["lot_code"]: entry for entry in held(world.client)}
    for lot in LOTS:
        entry, now = entries[lot], component(world.client, lot)
        assert entry["old_price"] == entry["price"] == before[lot]["price"] == now["price"]
        assert now["held"] == entry["id"] and now["price_task"] == before[lot]["price_task"]
        assert abs(Decimal(entry["change_pct"]) - 50) < Decimal("0.01") and entry["reviewed"] is None
    return entries


def test_approve_and_dismiss(world, waiting):
    first, second, third = (waiting[lot] for lot in LOTS)
    answer = decide(world.client, first["id"], "approve")
    assert answer.status == 200, answer
    now = component(world.other, first["lot_code"])
    assert answer.json["reviewed"] == "approved" and MOMENT.fullmatch(answer.json["reviewed_at"]) and answer.json["reviewed_by"]
    assert (now["price"], now["price_state"], now["price_as_of"], now["price_task"]) == \
        (first["new_price"], "fresh", first["as_of"], first["task_id"])
    assert now["price_changed_at"] >= answer.json["created_at"] and now["held"] is None and answer.json["price"] == first["new_price"]
    answer = decide(world.client, second["id"], "dismiss", "/api/price-changes/held/{}/{}")
    assert answer.status == 200 and answer.json["reviewed"] == "dismissed"
    now = component(world.client, second["lot_code"])
    assert (now["price"], now["held"]) == (second["old_price"], None)
    assert [entry["id"] for entry in held(world.client)] == [third["id"]]


@pytest.mark.parametrize("word, other", [("approve", "dismiss"), ("dismiss", "approve")])
def test_the_same_again_is_harmless_and_the_contrary_is_refused(world, waiting, word, other):
    change = waiting[LOTS[0]]["id"]
    answer = decide(world.client, change, word)
    after = component(world.client, LOTS[0])
    again = decide(world.other, change, word, "/api/price-changes/held/{}/{}")
    assert again.status == 200 and again.body == answer.body
    body = check_problem(decide(world.client, change, other), 409, "conflict")
    assert f"{answer.json['reviewed']} already, by {answer.json['reviewed_by']}" in body["detail"]
    assert component(world.client, LOTS[0]) == after


def test_a_later_run_takes_the_proposals_place(world, waiting):
    recalculate(world, "1.02", [LOTS[0]])  # updated
    recalculate(world, "1.6", [LOTS[1]])  # held again
    assert recalculate(world, "1", [LOTS[2]])["unchanged"] == 1  # no row of price_change tells of it
    for lot in LOTS:
        before = component(world.client, lot)
        for word in ("approve", "dismiss"):
            assert "since" in check_problem(decide(world.client, waiting[lot]["id"], word), 409, "conflict")["detail"]
        assert component(world.client, lot) == before
    newest, = held(world.client)
    assert newest["lot_code"] == LOTS[1] and newest["id"] > waiting[LOTS[1]]["id"]
    assert decide(world.client, newest["id"], "approve").status == 200


def test_runs_that_say_nothing_of_the_component_leave_the_proposal(world, waiting):
    recalculate(world, "1.7", ["ACC-BEZEL-1U"], limit="0")
    world.post("dry", "/api/prices/recalculate-all", {"as_of": AS_OF, "lot_codes": LOTS, "dry_run": True})
    world.post("other", "/api/prices/recalculate-all", {"as_of": AS_OF, "categories": ["MEM"]})
    assert len(held(world.client)) == 3
    world.post("own", "/api/prices/recalculate-all", {"as_of": AS_OF, "categories": ["CPU"], "coefficient": "1"})
    assert held(world.client) == []


def test_a_price_changed_by_hand_takes_its_place_too(world, waiting):
    for lot, change in zip(LOTS, ("price = price + 1", "price_as_of = price_as_of + INTERVAL 1 DAY", "name = CONCAT(name, '!')")):
        world.daemon.sql(f"UPDATE component SET {change} WHERE lot_code = '{lot}'")
    assert [entry["lot_code"] for entry in held(world.client)] == [LOTS[2]]
    for lot, status in zip(LOTS, (409, 409, 200)):
        assert decide(world.client, waiting[lot]["id"], "approve").status == status


def test_only_one_of_two_who_disagree_wins(world, waiting):
    for lot in LOTS:
        answers = {}

        def ask(index, word):
            client = world.daemon.worker(index)
            answers[word] = decide(client, waiting[lot]["id"], word)
            client.close()

        threads = [threading.Thread(target=ask, args=pair) for pair in ((0, "approve"), (1, "dismiss"))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(answer.status for answer in answers.values()) == [200, 409]
        price = waiting[lot]["new_price"] if answers["approve"].status == 200 else waiting[lot]["old_price"]
        assert component(world.client, lot)["price"] == price


def test_a_run_that_holds_the_price_is_not_waited_for_long(world, waiting):
    change = waiting[LOTS[0]]
    holder = threading.Thread(target=world.daemon.sql, args=(
        f"BEGIN; SELECT id FROM component WHERE lot_code = '{LOTS[0]}' FOR UPDATE; SELECT SLEEP(9); ROLLBACK",))
    holder.start()
    time.sleep(1)
    answer = decide(world.client, change["id"], "approve")
    check_problem(answer, 503, "database-unavailable")
    assert int(answer.headers["Retry-After"]) >= 1 and component(world.other, LOTS[0])["price"] == change["old_price"]
    holder.join()
    assert decide(world.client, change["id"], "approve").status == 200


def test_what_cannot_be_decided(world, waiting):
    updated = world.client.get(f"/api/components/{LOTS[0]}/price-history").json["runs"][-1]
    assert updated["outcome"] == "updated"
    assert "never held" in check_problem(decide(world.client, updated["id"], "approve"), 409, "conflict")["detail"]
    for change in ("0", "999999999", "99999999999999999999", "x", "-1"):
        check_problem(decide(world.client, change, "approve"), 404, "not-found")
        check_problem(decide(world.client, change, "dismiss", "/api/price-changes/held/{}/{}"), 404, "not-found")
    target = f"/api/price-changes/{waiting[LOTS[0]]['id']}/approve"
    body = check_problem(world.client.post_json(target, {"price": "1"}), 422, "invalid-parameters")
    assert body["errors"][0]["pointer"] == "/price"
    check_problem(world.client.request("POST", target, b"{", {"Content-Type": "application/json"}), 400, "malformed-json")
    check_problem(world.client.get(target), 405, "method-not-allowed")
    assert world.client.post_json(target, {}).status == 200
