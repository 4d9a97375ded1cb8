"""Follow-ups: `then` of a start. Each task of a chain starts when the one before it has succeeded; no effect twice, none lost."""
import json
import os
import signal
import time
from urllib.parse import quote

import pytest

import samples
from test_actions import busy_runners, cancel
from test_full_view import full
from test_tasks import check_problem

SLEEP, LEDGER = {"ms": 0, "steps": 1}, {"type": "test_ledger", "params": {"ms": 0, "steps": 1}}
SLOW = {"ms": 60000, "steps": 600}


def chain_of(client, task_id):
    return full(client, task_id).json["chain"]


def wait_chain(client, task_id, seconds=30):
    """Waits until nothing of a chain is live or to come; its members then."""
    end = time.monotonic() + seconds
    while True:
        chain = chain_of(client, task_id)
        if not {member["state"] for member in chain} & {"queued", "running", "pending"}:
            return chain
        assert time.monotonic() < end, chain
        time.sleep(0.02)


def states(chain):
    return [member["state"] for member in chain]


def start(client, value, path="/api/tasks", headers=None):
    answer = client.post_json(path, value, headers)
    assert answer.status == 202 and list(answer.json) == ["task_id"], answer
    return answer.json["task_id"]


def effects(daemon):
    """How often each task has written its row."""
    return {task: int(n) for task, n in daemon.sql("SELECT HEX(task), COUNT(*) FROM test_ledger GROUP BY task")}


def check_effects(daemon, chain):
    """Each member that succeeded has its effect once, the others have none."""
    done = {member["task_id"].replace("-", "").upper() for member in chain if member["state"] == "succeeded" and member["type"] == "test_ledger"}
    assert effects(daemon) == {task: 1 for task in done}


def test_a_chain_runs_in_order(daemon):
    client = daemon.worker(0)
    first = start(client, {"type": "test_sleep", "params": SLEEP, "then": [LEDGER, {"type": "test_big"}, LEDGER]})
    chain = wait_chain(client, first)
    assert [member["position"] for member in chain] == [0, 1, 2, 3] and states(chain) == ["succeeded"] * 4
    assert [member["type"] for member in chain] == ["test_sleep", "test_ledger", "test_big", "test_ledger"]
    assert chain[0]["task_id"] == first and {member["why"] for member in chain} == {None}
    views = [full(daemon.worker(1), member["task_id"]).json for member in chain]
    for before, after in zip(views, views[1:]):
        assert before["followed_by"] == after["id"] and after["follows"] == before["id"]
        assert before["done_at"] <= after["created_at"] <= after["started_at"] and after["chain"] == chain
        assert (after["requested_by"], after["request_id"]) == (before["requested_by"], before["request_id"])
    assert views[0]["follows"] is None and views[-1]["followed_by"] is None
    assert views[1]["params"] == {"ms": 0, "steps": 1}
    check_effects(daemon, chain)
    listed = client.get("/api/tasks?view=full&ids=" + ",".join(view["id"] for view in views)).json["tasks"]
    assert listed == views
    assert [task["chain"] for task in client.get("/api/tasks?view=full&limit=4").json["tasks"]] == [chain] * 4
    assert full(client, client.start("test_sleep", ms=0)).json["chain"] is None


def test_without_slots_a_chain_waits_in_the_journal(make_daemon):
    """A table full of live tasks does not lose a follow-up, and it starts as soon as there is room."""
    daemon = make_daemon(tasks__runners=1, tasks__slots=8)
    client = daemon.worker(0)
    first = start(client, {"type": "test_sleep", "params": {"ms": 600, "steps": 6}, "then": [LEDGER, LEDGER]})
    others = []
    while (answer := client.post_json("/api/tasks", {"type": "test_sleep", "params": SLEEP})).status == 202:
        others.append(answer.json["task_id"])
    assert answer.status == 503 and others
    assert states(wait_chain(client, first)) == ["succeeded"] * 3
    assert all(client.wait(task)["status"] == "completed" for task in others)
    check_effects(daemon, chain_of(client, first))


def test_what_fails_ends_the_rest_and_its_retry_takes_it_along(daemon):
    client = daemon.worker(0)
    first = start(client, {"type": "test_ledger", "params": SLEEP, "then": [{"type": "test_crash"}, LEDGER, LEDGER]})
    chain = wait_chain(client, first)
    assert states(chain) == ["succeeded", "failed", "not_started", "not_started"]
    assert [member["why"] for member in chain] == [None, None] + ["Will not start: task 1 of the chain (test_crash) was interrupted."] * 2
    assert [member["task_id"] is None for member in chain] == [False, False, True, True]
    view = full(client, chain[1]["task_id"]).json
    assert view["follows"] == first and view["followed_by"] is None
    again = client.request("POST", f"/api/tasks/{chain[1]['task_id']}/retry")
    new = wait_chain(client, again.json["task_id"])
    assert states(new) == ["failed", "not_started", "not_started"] and [member["type"] for member in new] == ["test_crash", "test_ledger", "test_ledger"]
    view = full(client, new[0]["task_id"]).json
    assert view["retry_of"] == chain[1]["task_id"] and view["follows"] is None
    # what has started is not started again: a retry of the first one is the first one alone
    alone = client.request("POST", f"/api/tasks/{first}/retry").json["task_id"]
    assert client.wait(alone)["status"] == "completed" and chain_of(client, alone) is None
    assert chain_of(client, first) == chain


def test_a_retry_continues_the_chain(daemon):
    client = daemon.worker(0)
    busy = busy_runners(daemon)
    first = start(client, {"type": "test_sleep", "params": SLEEP, "then": [LEDGER, LEDGER]})
    assert cancel(client, first).status == 200
    for task in busy:
        cancel(client, task)
    assert states(chain_of(client, first)) == ["cancelled", "not_started", "not_started"]
    chain = wait_chain(client, client.request("POST", f"/api/tasks/{first}/retry").json["task_id"])
    assert states(chain) == ["succeeded"] * 3
    check_effects(daemon, chain)


def test_cancelling_a_running_member_ends_the_rest(daemon):
    client = daemon.worker(0)
    first = start(client, {"type": "test_ledger", "params": SLEEP, "then": [{"type": "test_sleep", "params": SLOW}, LEDGER]})
    client.wait(first)
    second = full(client, first).json["followed_by"]
    client.wait(second, until=lambda task: task["message"].startswith("step"))
    assert states(chain_of(client, first)) == ["succeeded", "running", "pending"]
    check_problem(cancel(client, first), 409, "task-already-finished")
    assert cancel(client, second).status == 202
    chain = wait_chain(client, first)
    assert states(chain) == ["succeeded", "cancelled", "not_started"]
    assert chain[2]["why"] == "Will not start: task 1 of the chain (test_sleep) was cancelled."
    check_effects(daemon, chain)


def test_a_cancellation_that_comes_too_late_for_the_task_still_ends_the_rest(daemon):
    """The request is in the journal, and the handler, which does not look, commits all the same."""
    client = daemon.worker(0)
    first = start(client, {"type": "test_deaf", "params": {"how": "own", "ms": 1500}, "then": [LEDGER]})
    client.wait(first, until=lambda task: task["message"] == "at work")
    daemon.sql(f"UPDATE task SET cancel_requested = 1 WHERE id = '{first}'")  # as another node does, or a worker that then dies
    chain = wait_chain(client, first)
    assert states(chain) in (["succeeded", "not_started"], ["cancelled", "not_started"])


@pytest.mark.parametrize("then, faults", [
    ("now", [("/then", "type")]),
    ([LEDGER] * 6, [("/then", "range")]),
    ([7, {"type": "test_sleep", "params": {"ms": -1, "what": 1}}, {"type": "nothing"}, {"params": {}}, {"type": "stock_import"}],
     [("/then/0", "type"), ("/then/1/params/ms", "range"), ("/then/1/params/what", "unknown"), ("/then/2/type", "choice"), ("/then/3/type", "required"),
      ("/then/4/type", "file")]),
    ([{"type": "test_sleep", "then": []}], [("/then/0/then", "unknown")]),
    ([LEDGER, {"type": "pricelist_create", "params": {}}], [("/then/1/params/source", "required")]),
])
def test_all_faults_at_once(daemon, then, faults):
    client = daemon.worker(0)
    before = daemon.sql("SELECT COUNT(*) FROM task")
    problem = check_problem(client.post_json("/api/tasks", {"type": "test_sleep", "params": {"steps": 0}, "then": then}), 422, "invalid-parameters")
    assert {(fault["pointer"], fault["code"]) for fault in problem["errors"]} == {("/params/steps", "range"), *faults}
    found = check_problem(client.post_json("/api/prices/recalculate-all", {"method": "guess", "then": then}), 422, "invalid-parameters")["errors"]
    assert {(fault["pointer"], fault["code"]) for fault in found} == {("/method", "choice"), *faults}
    query = f"/api/stock/import?warehouse=MAIN&mode=odd&then={quote(json.dumps(then))}"
    found = check_problem(client.upload(query, samples.xlsx([["Артикул", "Количество"], ["A", 1]])), 422, "invalid-parameters")["errors"]
    assert {(fault["pointer"], fault["code"]) for fault in found} == {("/mode", "choice"), *faults}
    assert daemon.sql("SELECT COUNT(*) FROM task") == before and daemon.sql("SELECT COUNT(*) FROM task_chain")[0][0] == "0"


def test_nothing_follows_a_dry_run(daemon):
    client = daemon.worker(0)
    samples.load_catalogue(daemon)
    dry, real = {"type": "recalculate", "params": {"dry_run": True}}, {"type": "recalculate"}
    found = check_problem(client.post_json("/api/tasks", {**dry, "then": [dry, real, dry, dry]}), 422, "invalid-parameters")["errors"]
    assert [(fault["pointer"], fault["code"]) for fault in found] == [("/then", "conflict"), ("/then/0/params/dry_run", "conflict"), ("/then/2/params/dry_run", "conflict")]
    data = samples.xlsx([["Артикул", "Количество"], ["A-1", 1]])
    query = f"/api/stock/import?warehouse=MAIN&dry_run=true&then={quote(json.dumps([real]))}"
    assert [fault["pointer"] for fault in check_problem(client.upload(query, data), 422, "invalid-parameters")["errors"]] == ["/then"]
    assert states(wait_chain(client, start(client, {**real, "then": [dry]}))) == ["succeeded"] * 2  # the last one may be one


def test_what_the_database_must_know_is_checked_for_all(daemon):
    client = daemon.worker(0)
    then = [{"type": "recalculate", "params": {"categories": ["NONE"]}}, {"type": "pricelist_create", "params": {"source": "warehouse", "warehouses": ["NOWHERE"]}},
            {"type": "quotes_undo", "params": {"import_id": 99}}]
    answer = client.post_json("/api/prices/recalculate-all", {"lot_codes": ["NO-LOT"], "then": then})
    found = [(fault["pointer"], fault["code"]) for fault in check_problem(answer, 422, "invalid-parameters")["errors"]]
    assert found == [("/lot_codes", "unknown-lot-code"), ("/then/0/params/categories", "unknown-category"), ("/then/1/params/warehouses", "unknown-warehouse"),
                     ("/then/2/params/import_id", "unknown")]
    assert daemon.sql("SELECT COUNT(*) FROM task_chain")[0][0] == "0" and not client.get("/api/tasks").json["tasks"]


def test_equal_live_work(daemon):
    """Equal with equal follow-ups is joined; what has others, or none, is a task of its own; a follow-up joins nothing."""
    client = daemon.worker(0)
    busy = busy_runners(daemon)
    join = {"type": "test_join", "params": SLEEP}
    first = start(client, {**join, "then": [LEDGER]})
    again = client.post_json("/api/tasks", {**join, "then": [LEDGER]})
    assert again.json["task_id"] == first and again.headers["Task-Deduplicated"] == "true"
    plain = start(client, join)
    other = start(client, {**join, "then": [join, join]})
    assert len({first, plain, other}) == 3
    check_problem(client.post_json("/api/tasks", {"type": "test_refuse", "params": {"ms": -1}}), 422, "invalid-parameters")
    refuse = {"type": "test_refuse", "params": SLEEP}
    start(client, {**refuse, "then": [LEDGER]})
    check_problem(client.post_json("/api/tasks", refuse), 409, "duplicate-task")
    for task in busy:
        cancel(client, task)
    assert states(wait_chain(client, first)) == ["succeeded"] * 2 and states(wait_chain(client, other)) == ["succeeded"] * 3
    assert client.wait(plain)["status"] == "completed"


def test_an_idempotency_key_gives_the_first_id(daemon):
    client = daemon.worker(0)
    value = {"type": "test_ledger", "params": SLEEP, "then": [LEDGER, LEDGER]}
    first = start(client, value, headers={"Idempotency-Key": "k"})
    again = daemon.worker(1).post_json("/api/tasks", value, {"Idempotency-Key": "k"})
    assert again.json["task_id"] == first and again.headers["Idempotency-Replayed"] == "true"
    check_problem(client.post_json("/api/tasks", {**value, "then": [LEDGER]}, {"Idempotency-Key": "k"}), 422, "idempotency-key-reused")
    chain = wait_chain(client, first)
    check_effects(daemon, chain)
    assert len(chain) == 3 and daemon.sql("SELECT COUNT(*) FROM task") == [["3"]]


def test_rejected_rows_are_a_success_and_a_form_may_name_what_follows(daemon):
    """The day's work as one request: import, recalculate, make the three lists."""
    samples.load_catalogue(daemon, "warehouses", "parties", "components", "part_numbers", "rates", "quotes")
    client, data = daemon.worker(0), samples.demo_stock()
    sources, day = ("estimate", "warehouse", "competitor"), {"as_of": "2026-02-05"}
    then = [{"type": "recalculate", "params": day}] + [{"type": "pricelist_create", "params": {"source": source, **day}} for source in sources]
    body, kind = samples.multipart({"warehouse": "MAIN", "then": json.dumps(then)}, "stock.xlsx", data)
    first = client.upload("/api/stock/import", body, kind).json["task_id"]
    chain = wait_chain(client, first)
    assert states(chain) == ["succeeded"] * 5, [full(client, member["task_id"]).json["error"] for member in chain if member["task_id"]]
    assert full(client, first).json["outcome"] == "partial"
    assert [item["source"] for item in client.get("/api/pricelists").json["pricelists"]] == [*reversed(sources)]


def test_runners_killed_at_any_moment(make_daemon):
    daemon = make_daemon(tasks__max_attempts=50)
    client = daemon.worker(0)
    ledger = {"type": "test_ledger", "params": {"ms": 40, "steps": 2}}
    firsts = [start(client, {**ledger, "then": [ledger] * 5}) for _ in range(4)]
    for round in range(25):
        time.sleep(0.013 * (round % 7))
        for pid in daemon.children("runner")[:1 + round % 2]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass  # the one that the last round killed has gone just now
    chains = [wait_chain(client, first, 60) for first in firsts]
    assert all(states(chain) == ["succeeded"] * 6 for chain in chains)
    check_effects(daemon, sum(chains, []))
    assert daemon.sql("SELECT COUNT(*) FROM task") == [["24"]]


def test_everything_killed_at_any_moment(make_daemon):
    """Each step of a chain is either done or still to be done when the service comes back."""
    daemon = make_daemon(tasks__max_attempts=50)
    ledger = {"type": "test_ledger", "params": {"ms": 60, "steps": 3}}
    firsts = [start(daemon.worker(0), {**ledger, "then": [ledger] * 5}) for _ in range(3)]
    for round in range(6):
        time.sleep(0.05 + 0.07 * round)
        daemon.kill_all()
        daemon.start()
    client = daemon.worker(0)
    chains = [wait_chain(client, first, 60) for first in firsts]
    assert all(states(chain) == ["succeeded"] * 6 for chain in chains)
    check_effects(daemon, sum(chains, []))


def test_deleting_the_first_does_not_end_the_rest_and_old_chains_are_purged(make_daemon):
    daemon = make_daemon()
    client = daemon.worker(0)
    first = start(client, {"type": "test_ledger", "params": SLEEP, "then": [{"type": "test_sleep", "params": {"ms": 800, "steps": 8}}, LEDGER]})
    client.wait(first)
    second = full(client, first).json["followed_by"]
    assert client.request("DELETE", f"/api/tasks/{first}").status == 204
    chain = wait_chain(client, second)
    assert states(chain) == ["gone", "succeeded", "succeeded"]
    other = wait_chain(client, start(client, {"type": "test_ledger", "params": SLEEP, "then": [LEDGER]}))
    for member in chain[1:]:
        assert client.request("DELETE", f"/api/tasks/{member['task_id']}").status == 204
    daemon.sql("UPDATE task_chain SET created_at = created_at - INTERVAL 60 DAY")
    assert daemon.term() == 0
    daemon.start()
    end = time.monotonic() + 10
    while daemon.sql("SELECT COUNT(*) FROM task_chain") != [["2"]]:
        assert time.monotonic() < end
        time.sleep(0.1)
    assert chain_of(daemon.worker(0), other[0]["task_id"]) == other  # its tasks are there still
