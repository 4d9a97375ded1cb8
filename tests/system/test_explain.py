"""GET /api/tasks/{id}/explain: one sentence that says why a task is where it is, and the facts behind it."""
import os
import signal
import time

import pytest

import samples
from daemon import BRISK, halt
from test_actions import UNKNOWN, busy_runners, cancel
from test_faults import runner_of
from test_tasks import check_problem
from test_tokens import as_client, make

MEMBERS = ["id", "type", "verdict", "sentence", "advice", "attempt", "queue", "lease", "waits_for", "statement", "requested_by", "request_id", "cancel"]


def explain(client, task_id):
    answer = client.get(f"/api/tasks/{task_id}/explain")
    assert answer.status == 200 and list(answer.json) == MEMBERS and answer.json["id"] == task_id, answer
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.json


def until(client, task_id, verdict, seconds=10):
    end = time.monotonic() + seconds
    while (told := explain(client, task_id))["verdict"] != verdict:
        assert time.monotonic() < end, told
        time.sleep(0.05)
    return told


def test_one_that_works_and_one_that_has_ended(daemon):
    client = daemon.worker(0)
    task = client.start("test_sleep", ms=60000, steps=600)
    client.wait(task, until=lambda t: t["progress"] >= 1)
    told = explain(daemon.worker(1), task)
    assert told["verdict"] == "working" and told["sentence"].startswith("It works: step ") and told["advice"] == "Nothing needs to be done."
    attempt = told["attempt"]
    assert (attempt["number"], attempt["of"]) == (1, 3) and attempt["runner"] in (0, 1) and attempt["time_left_ms"] is None
    assert attempt["beat_age_ms"] < 3000 and attempt["progress_age_ms"] < 3000 and attempt["started_at"]
    assert told["queue"] is told["waits_for"] is told["lease"] is told["cancel"] is None and told["requested_by"] == "unix"
    limited = client.start("test_limit", how="polite", ms=60000)
    client.wait(limited, until=lambda t: t["message"] == "at work")
    assert explain(client, limited)["attempt"]["time_left_ms"] <= 1000
    for kind, params, beginning in (("test_sleep", {"ms": 0}, "It has completed: done."), ("test_crash", {"how": "exit"}, "It has ended: Interrupted in attempt 3 of 3")):
        ended = client.start(kind, **params)
        client.wait(ended)
        told = explain(client, ended)
        assert told["verdict"] == "ended" and told["sentence"].startswith(beginning) and told["attempt"]["runner"] is None
    daemon.kill_all()
    daemon.start()
    assert explain(daemon.worker(0), ended) == told  # from the journal


def test_places_in_the_queue(daemon):
    client = daemon.worker(0)
    busy = busy_runners(daemon)
    waiting = [client.start(kind, ms=0) for kind in ("test_sleep", "test_ledger", "test_sleep")]
    told = explain(client, waiting[2])
    assert told["verdict"] == "no-runner" and told["sentence"] == "It waits for a runner: all 2 are busy, and 2 tasks are ahead of it."
    queue = told["queue"]
    assert (queue["waiting"], queue["ahead"], queue["ahead_of_type"], queue["running_of_type"], queue["limit_of_type"]) == (3, 2, 1, 2, None)
    assert 0 <= queue["oldest_age_ms"] < 20000 and 86_000_000 < queue["expires_ms"] <= 86_400_000
    assert {other["task_id"] for other in queue["runners_do"]} == set(busy) and queue["runners_do"][0]["type"] == "test_sleep"
    assert told["attempt"] == {"number": 0, "of": 3, "runner": None, "started_at": None, "beat_age_ms": None, "progress_age_ms": None, "time_left_ms": None}
    cancel(client, busy[0])
    client.wait(waiting[2])
    # one of its type at once
    daemon.sql(f"INSERT INTO lease (name, holder, until, fence) VALUES ('recalc', '{busy[1]}', UTC_TIMESTAMP(6) + INTERVAL 60 SECOND, 1) "
               f"ON DUPLICATE KEY UPDATE holder = '{busy[1]}', until = UTC_TIMESTAMP(6) + INTERVAL 60 SECOND")
    first, second = (client.start("recalculate", max_change_pct=str(n)) for n in (10, 20))
    cancel(client, busy[1])  # the lease stays: the row says so
    told = until(client, first, "working")
    assert told["lease"] == "recalc"
    told = until(client, second, "type-limit")
    assert told["sentence"] == "It waits: 1 of at most 1 tasks of its type run, 0 of its type are ahead of it." and told["queue"]["limit_of_type"] == 1


def test_who_has_what_it_needs_alone(daemon):
    samples.load_catalogue(daemon)
    client = daemon.worker(0)
    holder = busy_runners(daemon, 1)[0]
    daemon.sql(f"INSERT INTO lease (name, holder, until, fence) VALUES ('stock:MAIN', '{holder}', UTC_TIMESTAMP(6) + INTERVAL 60 SECOND, 1)")
    data = samples.xlsx([["Артикул", "Количество"], ["A-1", 1]])
    task = client.upload("/api/stock/import?warehouse=MAIN", data).json["task_id"]
    told = until(client, task, "held-by-other")
    assert told["lease"] == "stock:MAIN" and told["waits_for"]["task_id"] == holder and told["waits_for"]["requested_by"] == "unix"
    assert told["sentence"].startswith(f"It waits: stock:MAIN is in use by {holder[:8]} (test_sleep by unix, ")
    dry = client.upload("/api/stock/import?warehouse=MAIN&dry_run=true", data).json["task_id"]
    assert explain(client, dry)["lease"] is None  # it takes none
    daemon.sql("UPDATE lease SET until = '2000-01-01'")
    assert client.wait(task)["status"] == "completed" and explain(client, task)["waits_for"] is None


def test_a_cancellation_under_way(make_daemon):
    daemon = make_daemon(tasks__cancel_statement_s=60, tasks__cancel_kill_s=30)
    client = daemon.worker(0)
    task = client.start("test_deaf", how="own", ms=3000)
    client.wait(task, until=lambda t: t["message"] == "at work")
    assert cancel(client, task, "wrong file").status == 202
    told = explain(client, task)
    assert told["verdict"] == "cancelling" and "its statement is stopped in 60 s and its runner killed in 90 s" in told["sentence"]
    assert told["cancel"]["by"] == "unix" and told["cancel"]["reason"] == "wrong file" and told["cancel"]["at"]


def test_the_statement_is_shown_without_values_to_who_may_see_it(make_daemon, place):
    file = place / "tokens"
    admin, reader = make(file, "-s", "admin"), make(file, "-s", "start")
    daemon = make_daemon(auth__tokens_file=file, **BRISK)
    client = as_client(daemon.worker(0), admin)
    task = client.start("test_deaf", how="statement", ms=60000)
    end = time.monotonic() + 10
    while (statement := explain(client, task)["statement"]) is None:
        assert time.monotonic() < end
    assert statement["text"] == "DO SLEEP(?)" and statement["age_ms"] >= 0 and statement["state"]
    assert explain(as_client(daemon.worker(1), reader), task)["statement"]["text"] is None
    cancel(client, task)


def test_a_runner_without_a_sign_of_life(daemon):
    client = daemon.worker(0)
    task = client.start("test_sleep", ms=60000, steps=600)
    client.wait(task, until=lambda t: t["progress"] >= 1)
    pid = runner_of(daemon, task)
    os.kill(pid, signal.SIGSTOP)
    try:
        told = until(client, task, "silent", 15)
    finally:
        os.kill(pid, signal.SIGCONT)
    assert "no sign of life for " in told["sentence"] and told["attempt"]["beat_age_ms"] > 5000


def test_it_answers_while_the_table_is_locked_and_while_the_database_is_away(daemon):
    client = daemon.worker(0)
    task = client.start("test_sleep", ms=60000, steps=600)
    client.wait(task, until=lambda t: t["progress"] >= 1)
    lock = client.start("test_lock", ms=1500)
    end = time.monotonic() + 5
    while "holding the table lock" not in daemon.log_text():
        assert time.monotonic() < end
        time.sleep(0.01)
    began = time.monotonic()
    assert explain(client, task)["verdict"] == "working" and time.monotonic() - began < 1
    client.wait(lock)
    server = int((daemon.runtime / "db.pid").read_text())
    halt(server)
    try:
        told = until(client, task, "database-away", 15)
        assert told["advice"] == "Look at the database server." and told["attempt"]["number"] == 1 and told["requested_by"] is None
    finally:
        os.kill(server, signal.SIGCONT)
    until(client, task, "working", 20)


def test_refusals(daemon):
    client = daemon.worker(0)
    check_problem(client.get(f"/api/tasks/{UNKNOWN}/explain"), 404, "task-not-found")
    check_problem(client.get("/api/tasks/x/explain"), 404, "task-not-found")
    done = client.start("test_sleep", ms=0)
    client.wait(done)
    assert client.request("DELETE", f"/api/tasks/{done}").status == 204
    check_problem(client.get(f"/api/tasks/{done}/explain"), 410, "task-expired")
