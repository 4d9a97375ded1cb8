"""Prices that were held back: which wait, and what approving and dismissing do, also when somebody else is faster."""
import os
import signal
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


# ---- Many at once -------------------------------------------------------------------------------------------------------


def decide_many(client, decision="approve", status=200, **wanted):
    answer = client.post_json("/api/price-changes/decide", {"decision": decision, **wanted})
    assert answer.status == status, answer
    return answer.json


def counts(answer):
    assert answer["matched"] == answer["decided"] + answer["already"] + answer["skipped_total"] and not answer["more"]
    assert len(answer["skipped"]) == answer["skipped_total"]
    return answer["matched"], answer["decided"], answer["already"], answer["skipped_total"]


def test_many_by_ids(world, waiting):
    ids = [waiting[lot]["id"] for lot in LOTS]
    assert counts(decide_many(world.client, ids=[*ids, ids[0]], dry_run=True)) == (3, 3, 0, 0)
    assert len(held(world.client)) == 3  # nothing was decided
    assert decide(world.client, ids[0], "dismiss").status == 200
    world.daemon.sql(f"UPDATE component SET price = price + 1 WHERE lot_code = '{LOTS[1]}'")
    answer = decide_many(world.other, ids=[*ids, 999999999, "x", str(ids[2])])
    assert counts(answer) == (5, 1, 0, 4)
    told = {entry["id"]: (entry["code"], entry["lot_code"]) for entry in answer["skipped"]}
    assert told == {ids[0]: ("decided", LOTS[0]), ids[1]: ("changed", LOTS[1]), 999999999: ("not-found", None), 0: ("not-found", None)}
    assert "dismissed already, by" in next(entry["reason"] for entry in answer["skipped"] if entry["id"] == ids[0])
    now = component(world.client, LOTS[2])
    assert (now["price"], now["price_state"], now["price_task"]) == (waiting[LOTS[2]]["new_price"], "fresh", waiting[LOTS[2]]["task_id"])
    assert counts(decide_many(world.client, ids=[ids[2]])) == (1, 0, 1, 0)  # the same again
    assert counts(decide_many(world.client, "dismiss", ids=[ids[2]])) == (1, 0, 0, 1)
    runs = world.client.get(f"/api/components/{LOTS[2]}/price-history").json["runs"]
    entry = next(run for run in runs if run["id"] == ids[2])
    assert entry["reviewed"] == "approved" and entry["reviewed_by"] and MOMENT.fullmatch(entry["reviewed_at"])


def test_the_list_and_the_decision_have_the_same_filters(world, waiting):
    lots = [row["lot_code"] for row in world.client.get("/api/components?limit=200&state=fresh").json["components"] if row["lot_code"] not in LOTS][:40]
    recalculate(world, "1", lots, limit="0")
    down = recalculate(world, "0.7", lots)
    assert down["held"] > 30
    entries = held(world.client)
    run = entries[0]["task_id"]
    for wanted, keep in (({"direction": "up"}, lambda e: e["change_pct"][0] != "-"), ({"direction": "down"}, lambda e: e["change_pct"][0] == "-"),
                         ({"category": "CPU"}, lambda e: e["category"] == "CPU"), ({"run": run}, lambda e: e["task_id"] == run),
                         ({"run": run, "category": "ACC"}, lambda e: e["task_id"] == run and e["category"] == "ACC"),
                         ({"below": "30.01"}, lambda e: abs(Decimal(e["change_pct"])) < Decimal("30.01")),
                         ({"below": "0.5"}, lambda e: False), ({"category": "NONE"}, lambda e: False), ({}, lambda e: True)):
        query = "".join(f"&{key}={value}" for key, value in wanted.items())
        listed = [entry for page in pages(world.client, f"/api/price-changes/held?limit=7{query}") for entry in page.json["held"]]
        assert listed == [entry for entry in entries if keep(entry)], wanted
        assert counts(decide_many(world.other, dry_run=True, **wanted)) == (len(listed), len(listed), 0, 0)
    check_problem(world.client.get("/api/price-changes/held?run=x"), 422, "invalid-parameters")
    body = check_problem(world.client.post_json("/api/price-changes/decide", {"decision": "approve", "direction": "down", "expect": 1}), 409, "conflict")
    assert f"{down['held']} held prices match now, not 1" in body["detail"] and held(world.client) == entries
    answer = decide_many(world.client, direction="down", expect=down["held"])
    assert counts(answer) == (down["held"], down["held"], 0, 0)
    assert [entry["lot_code"] for entry in held(world.client)] == [entry["lot_code"] for entry in entries if entry["change_pct"][0] != "-"]
    for entry in entries:
        if entry["change_pct"][0] == "-":
            assert component(world.client, entry["lot_code"])["price"] == entry["new_price"]
    assert counts(decide_many(world.client, "dismiss")) == (3, 3, 0, 0)
    assert held(world.client) == [] and all(component(world.client, lot)["price"] == waiting[lot]["old_price"] for lot in LOTS)


def test_many_at_the_same_time_decide_each_once(world, waiting):
    lots = [row["lot_code"] for row in world.client.get("/api/components?limit=200&state=fresh").json["components"]]
    recalculate(world, "1", lots, limit="0")
    total, answers = recalculate(world, "1.4", lots)["held"], {}

    def ask(index, word):
        client = world.daemon.worker(index)
        answers[index] = decide_many(client, word)
        client.close()

    threads = [threading.Thread(target=ask, args=pair) for pair in ((0, "approve"), (1, "dismiss"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(answer["decided"] for answer in answers.values()) == total > 100 and held(world.client) == []
    assert {entry["code"] for answer in answers.values() for entry in answer["skipped"]} <= {"decided"}
    reviewed = dict(world.daemon.sql("SELECT reviewed, COUNT(*) FROM price_change WHERE outcome = 'held' AND task_id = (SELECT task_id FROM price_change "
                                     "ORDER BY id DESC LIMIT 1) GROUP BY reviewed"))
    assert {"approved": answers[0]["decided"], "dismissed": answers[1]["decided"]} == {"approved": 0, "dismissed": 0, **{word: int(n) for word, n in reviewed.items()}}


def test_a_run_that_holds_prices_keeps_many_from_being_decided(world, waiting):
    holder = threading.Thread(target=world.daemon.sql, args=(
        f"BEGIN; SELECT id FROM component WHERE lot_code = '{LOTS[1]}' FOR UPDATE; SELECT SLEEP(9); ROLLBACK",))
    holder.start()
    time.sleep(1)
    check_problem(world.client.post_json("/api/price-changes/decide", {"decision": "approve"}), 503, "database-unavailable")
    holder.join()
    assert len(held(world.client)) == 3
    assert counts(decide_many(world.client)) == (3, 3, 0, 0)


def test_a_killed_worker_leaves_whole_decisions(world, waiting):
    """The second hundred is held up while the worker dies; the same request again does the rest."""
    lots = [row["lot_code"] for row in world.client.get("/api/components?limit=200&state=fresh").json["components"]]
    recalculate(world, "1", lots, limit="0")
    total = recalculate(world, "0.6", lots)["held"]
    entries = sorted(held(world.client), key=lambda entry: entry["id"])
    assert len(entries) == total > 110
    holder = threading.Thread(target=world.daemon.sql, args=(
        f"BEGIN; SELECT id FROM component WHERE lot_code = '{entries[105]['lot_code']}' FOR UPDATE; SELECT SLEEP(4); ROLLBACK",))
    holder.start()
    time.sleep(1)
    asking = threading.Thread(target=lambda: pytest.raises(Exception, decide_many, world.daemon.worker(0), direction="down"))
    asking.start()
    end = time.monotonic() + 10
    while len(held(world.other)) == total:
        assert time.monotonic() < end
        time.sleep(0.02)
    os.kill(world.daemon.worker_pid(0), signal.SIGKILL)
    asking.join()
    holder.join()
    left = {entry["id"] for entry in held(world.other)}
    assert left == {entry["id"] for entry in entries[100:]}
    for entry in entries:
        assert component(world.other, entry["lot_code"])["price"] == entry["old_price" if entry["id"] in left else "new_price"]
    assert counts(decide_many(world.other, ids=[entry["id"] for entry in entries])) == (total, total - 100, 100, 0)
    world.client.close()


def test_what_many_cannot_be_decided_by(world, waiting):
    post = world.client.post_json
    for body, pointers in (({}, {"/decision"}), ({"decision": "yes"}, {"/decision"}), ({"decision": "approve", "ids": [1], "run": "x", "category": "CPU"}, {"/run", "/ids"}),
                           ({"decision": "approve", "ids": list(range(1001))}, {"/ids"}), ({"decision": "approve", "ids": 7, "below": "-1", "all": True}, {"/ids", "/below", "/all"}),
                           ({"decision": "approve", "expect": -1, "direction": "sideways", "dry_run": "no"}, {"/expect", "/direction", "/dry_run"})):
        problem = check_problem(post("/api/price-changes/decide", body), 422, "invalid-parameters")
        assert {fault["pointer"].rsplit("/ids/")[0] if "/ids/" in fault["pointer"] else fault["pointer"] for fault in problem["errors"]} == pointers, body
    check_problem(world.client.request("POST", "/api/price-changes/decide", b"", {"Content-Type": "application/json"}), 400, "malformed-json")
    assert counts(decide_many(world.client, ids=[])) == (0, 0, 0, 0) and len(held(world.client)) == 3
