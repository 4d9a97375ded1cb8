"""Reading one task: the long poll row by row, tags that never lie, the journal behind the table."""
import os
import re
import signal
import socket
import threading
import time
import uuid
from contextlib import ExitStack, contextmanager

import pytest

from daemon import BRISK, halt
from test_tasks import check_problem, check_task


class Held:
    """A request on a connection and a thread of its own: its answer, and how long it took."""

    def __init__(self, client, target, headers=None, method="GET"):
        self.client, self.answer, self.took, self.error = client, None, None, None
        self.thread = threading.Thread(target=self._run, args=(method, target, headers), daemon=True)
        self.began = time.monotonic()
        self.thread.start()

    def _run(self, method, target, headers):
        try:
            self.answer = self.client.request(method, target, headers=headers)
            self.took = time.monotonic() - self.began
        except OSError as error:
            self.error = error

    def result(self, wait=30):
        self.thread.join(wait)
        assert not self.thread.is_alive() and self.error is None, self.error
        return self.answer

    def still_waits(self, seconds=0.4):
        self.thread.join(seconds)
        return self.thread.is_alive()


def tag_of(client, task_id):
    return client.get(f"/api/tasks/{task_id}").headers["ETag"]


def start_quiet(client, ms=60000):
    """A task that changes nothing visible once it has started."""
    task_id = client.start("test_sleep", ms=ms, steps=1)
    client.wait(task_id, until=lambda t: t["message"] == "started")
    return task_id


# ---- The table of the long poll ----

def test_wait_with_the_current_tag_until_something_changes(daemon):
    client = daemon.worker(0)
    task_id = client.start("test_sleep", ms=3000, steps=2)
    client.wait(task_id, until=lambda t: t["message"] == "started")
    tag = tag_of(client, task_id)
    held = [Held(daemon.worker(i), f"/api/tasks/{task_id}", {"Prefer": "wait=20", "If-None-Match": tag}) for i in (0, 1)]
    for one in held:
        answer = one.result()
        assert answer.status == 200 and answer.json["message"] == "step 1 of 2" and answer.json["status"] == "running"
        assert answer.headers["Preference-Applied"] == "wait=20" and answer.headers["ETag"] != tag
        assert one.took < 5


def test_wait_with_the_current_tag_until_time_is_up(daemon):
    client = daemon.worker(0)
    task_id = start_quiet(client)
    tag = tag_of(client, task_id)
    held = Held(daemon.worker(1), f"/api/tasks/{task_id}?wait=1", {"If-None-Match": tag})
    answer = held.result()
    assert answer.status == 304 and answer.body == b"" and answer.headers["Preference-Applied"] == "wait=1"
    assert answer.headers["ETag"] == tag and answer.headers["Cache-Control"] == "private, no-cache"
    assert answer.headers["Vary"] == "Prefer" and answer.headers["Retry-After"] is None
    assert 1 <= held.took < 5


def test_wait_with_an_old_tag_is_not_held(daemon):
    client = daemon.worker(0)
    task_id = start_quiet(client)
    for tag in ('W/"1.1"', '"x"'):
        held = Held(daemon.worker(1), f"/api/tasks/{task_id}", {"Prefer": "wait=20", "If-None-Match": tag})
        answer = held.result(5)
        assert answer.status == 200 and answer.json["status"] == "running" and answer.headers["Preference-Applied"] == "wait=20"


def test_wait_without_a_tag_until_the_task_ends(daemon):
    client = daemon.worker(0)
    task_id = client.start("test_sleep", ms=1500, steps=15)
    held = [Held(daemon.worker(i), f"/api/tasks/{task_id}", {"Prefer": "wait=20"}) for i in (0, 1)]
    for one in held:
        answer = one.result()
        check_task(answer.json)
        assert answer.json["status"] == "completed" and answer.headers["Task-Outcome"] == "succeeded"
        assert answer.headers["Preference-Applied"] == "wait=20"


def test_wait_without_a_tag_until_time_is_up(daemon):
    client = daemon.worker(0)
    task_id = client.start("test_sleep", ms=60000, steps=600)
    held = Held(daemon.worker(1), f"/api/tasks/{task_id}?wait=1")
    answer = held.result()
    assert answer.status == 200 and answer.json["status"] == "running" and answer.json["message"].startswith("step")
    assert held.took >= 1 and answer.headers["Retry-After"]


def test_they_do_not_all_come_back_together(daemon):
    """Up to a sixteenth of the wait is added, to each its own."""
    task_id = start_quiet(daemon.worker(0))
    held = [Held(daemon.worker(i % 2), f"/api/tasks/{task_id}?wait=4") for i in range(40)]
    for one in held:
        assert one.result().status == 200
    took = sorted(one.took for one in held)
    assert 4 <= took[0] and took[-1] < 5.5 and took[35] - took[4] > 0.05, took


def test_held_polls_need_no_database(daemon):
    client, other = daemon.worker(0), daemon.worker(1)
    task_id = start_quiet(client)
    tag = tag_of(client, task_id)
    with stopped(daemon.children("mariadb")[0]):
        in_time = Held(other, f"/api/tasks/{task_id}?wait=1", {"If-None-Match": tag})
        changed = Held(daemon.worker(1), f"/api/tasks/{task_id}?wait=20", {"If-None-Match": tag})
        assert in_time.result().status == 304
        assert client.request("POST", f"/api/tasks/{task_id}/cancel").status == 202
        answer = changed.result()
        assert answer.status == 200 and answer.json["message"] == "cancelling" and answer.headers["ETag"] != tag


def test_a_finished_task_is_not_held(daemon):
    client = daemon.worker(0)
    task_id = client.start("test_sleep", ms=0, steps=1)
    client.wait(task_id)
    tag = tag_of(client, task_id)
    for headers, status in (({}, 200), ({"If-None-Match": tag}, 304)):
        held = Held(daemon.worker(1), f"/api/tasks/{task_id}", {"Prefer": "wait=20", **headers})
        answer = held.result(5)
        assert answer.status == status and answer.headers["Preference-Applied"] == "wait=20"


def test_too_many_held_are_answered_at_once_and_leave_room_when_they_go(make_daemon):
    daemon = make_daemon(http__max_held=2)
    client = daemon.worker(0)
    task_id = start_quiet(client)
    held = [Held(daemon.worker(0), f"/api/tasks/{task_id}?wait=20") for _ in range(2)]
    time.sleep(0.3)
    answer = client.get(f"/api/tasks/{task_id}?wait=20")
    assert answer.status == 200 and answer.headers["Preference-Applied"] is None and answer.json["status"] == "running"
    assert all(one.still_waits(0) for one in held)
    # A client that goes away makes room: its request is ended although nobody answers it.
    with socket.socket(socket.AF_UNIX) as raw:
        raw.connect(str(daemon.runtime / "worker-1.sock"))
        raw.sendall(f"GET /api/tasks/{task_id}?wait=20 HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        also = Held(daemon.worker(1), f"/api/tasks/{task_id}?wait=20")
        time.sleep(0.3)
        full = daemon.worker(1).get(f"/api/tasks/{task_id}?wait=20")
        assert full.headers["Preference-Applied"] is None
    time.sleep(0.3)
    after = Held(daemon.worker(1), f"/api/tasks/{task_id}?wait=20")
    assert after.still_waits() and also.still_waits(0)


def test_the_wait_is_capped(make_daemon):
    daemon = make_daemon(http__max_wait_s=1)
    client = daemon.worker(0)
    task_id = start_quiet(client)
    held = Held(daemon.worker(1), f"/api/tasks/{task_id}", {"Prefer": "wait=3600"})
    answer = held.result(10)
    assert answer.headers["Preference-Applied"] == "wait=1" and answer.status == 200 and held.took < 6


def test_waiting_can_be_switched_off(make_daemon):
    daemon = make_daemon(http__max_wait_s=0)
    client = daemon.worker(0)
    task_id = start_quiet(client)
    answer = Held(daemon.worker(1), f"/api/tasks/{task_id}?wait=9").result(5)
    assert answer.status == 200 and answer.headers["Preference-Applied"] is None


def test_head_can_wait(daemon):
    client = daemon.worker(0)
    task_id = client.start("test_sleep", ms=700, steps=1)
    held = Held(daemon.worker(1), f"/api/tasks/{task_id}?wait=20", method="HEAD")
    answer = held.result()
    assert answer.status == 200 and answer.body == b"" and answer.headers["Task-Outcome"] == "succeeded"
    assert int(answer.headers["Content-Length"]) > 100


def renew_workers(daemon):
    """What a reload with changed keys sends to them, one after the other; here at once."""
    for pid in daemon.children("worker"):
        os.kill(pid, signal.SIGTERM)


@pytest.mark.parametrize("stop", [False, True], ids=["reload", "stop"])
def test_a_drain_answers_all_at_once(daemon, stop):
    client = daemon.worker(0)
    task_id = start_quiet(client)
    tag = tag_of(client, task_id)
    held = [Held(daemon.worker(i % 2), f"/api/tasks/{task_id}", {"Prefer": "wait=25", **({"If-None-Match": tag} if i < 6 else {})})
            for i in range(20)]
    assert held[0].still_waits()
    if stop:
        daemon.process.send_signal(signal.SIGTERM)
    else:
        renew_workers(daemon)
    for i, one in enumerate(held):
        answer = one.result(20)
        assert one.took < 15
        if not stop:  # a stopping runner shows a last step, which may wake them before the worker drains
            assert answer.status == (304 if i < 6 else 200) and answer.headers["Preference-Applied"] is None
            assert answer.headers["Connection"] == "close"


def test_a_killed_runner_wakes_those_who_wait(daemon):
    client = daemon.worker(0)
    task_id = start_quiet(client)
    tag = tag_of(client, task_id)
    held = Held(daemon.worker(1), f"/api/tasks/{task_id}", {"Prefer": "wait=20", "If-None-Match": tag})
    assert held.still_waits()
    for pid in daemon.children("runner"):
        os.kill(pid, signal.SIGKILL)
    answer = held.result(10)
    assert answer.status == 200 and answer.json["message"].startswith("interrupted (its runner was killed by signal 9)")


def test_progress_is_told_at_most_five_times_a_second(daemon):
    client = daemon.worker(0)
    task_id = client.start("test_sleep", ms=3000, steps=300)
    other, tag, seen = daemon.worker(1), 'W/"none"', []
    while True:
        answer = other.get(f"/api/tasks/{task_id}", {"Prefer": "wait=10", "If-None-Match": tag})
        assert answer.status == 200
        tag = answer.headers["ETag"]
        seen.append(time.monotonic())
        if answer.json["status"] != "running":
            break
    # What comes first is not held, and the end is told whenever it comes.
    assert 5 <= len(seen) <= 2 + 5 * (seen[-1] - seen[0]) + 2


def test_one_finish_answers_many_waiters_everywhere(make_daemon):
    daemon = make_daemon()
    client = daemon.worker(0)
    task_id = client.start("test_sleep", ms=2500, steps=1)
    held = [Held(daemon.worker(i % 2), f"/api/tasks/{task_id}?wait=25") for i in range(200)]
    answers = [one.result() for one in held]
    assert all(answer.json["status"] == "completed" for answer in answers)
    assert len({answer.body for answer in answers}) == 1


@pytest.mark.parametrize("query", ["wait=", "wait=-1", "wait=2.5", "wait=soon", "wait=1s"])
def test_a_wait_that_is_no_number(daemon, query):
    client = daemon.worker(0)
    task_id = client.start("test_sleep", ms=0, steps=1)
    body = check_problem(client.get(f"/api/tasks/{task_id}?{query}"), 422, "invalid-parameters")
    assert [fault["pointer"] for fault in body["errors"]] == ["/wait"]


@pytest.mark.parametrize("prefer", ["wait", "wait=", "wait=x", "respond-async", "", "wait=1x", 'wait="5', "await=5"])
def test_a_preference_that_is_none_is_ignored(daemon, prefer):
    client = daemon.worker(0)
    task_id = client.start("test_sleep", ms=60000, steps=1)
    answer = Held(client, f"/api/tasks/{task_id}", {"Prefer": prefer}).result(5)
    assert answer.status == 200 and answer.headers["Preference-Applied"] is None


@pytest.mark.parametrize("prefer", ["respond-async, wait=1", 'WAIT="1"', 'a="x, wait=9", wait = 1;b=2', "wait=1, wait=9"])
def test_the_forms_of_a_preference(daemon, prefer):
    client = daemon.worker(0)
    task_id = client.start("test_sleep", ms=60000, steps=1)
    held = Held(client, f"/api/tasks/{task_id}", {"Prefer": prefer})
    assert held.result(10).headers["Preference-Applied"] == "wait=1" and held.took >= 1


# ---- Tags ----

def test_a_tag_of_an_earlier_life_is_never_current(make_daemon):
    daemon = make_daemon()
    client = daemon.worker(0)
    done = client.start("test_sleep", ms=0, steps=1)
    client.wait(done)
    running = start_quiet(client)
    tags = {task_id: tag_of(client, task_id) for task_id in (done, running)}
    for task_id, tag in tags.items():
        assert daemon.worker(1).get(f"/api/tasks/{task_id}", {"If-None-Match": tag}).status == 304
    renewed(daemon)  # the table stays
    for task_id, tag in tags.items():
        assert daemon.worker(0).get(f"/api/tasks/{task_id}", {"If-None-Match": tag}).status == 304
    assert daemon.term() == 0
    daemon.start()
    for task_id, tag in tags.items():
        assert daemon.worker(0).get(f"/api/tasks/{task_id}", {"If-None-Match": tag}).status == 200


def test_never_not_modified_after_a_change(daemon):
    """Two workers, tags handed from one to the other: whenever the body differs from the tag's, the answer is 200."""
    clients = [daemon.worker(0), daemon.worker(1)]
    task_id = clients[0].start("test_sleep", ms=4000, steps=200)
    bodies, tag, turns = {}, None, 0
    while True:
        answer = clients[turns % 2].get(f"/api/tasks/{task_id}", {"If-None-Match": tag} if tag else {})
        turns += 1
        if answer.status == 304:
            assert answer.headers["ETag"] == tag
            continue
        tag = answer.headers["ETag"]
        assert bodies.setdefault(tag, answer.body) == answer.body
        if answer.json["status"] != "running":
            break
    assert len(bodies) > 5 and len(set(bodies.values())) == len(bodies)


def renewed(daemon):
    before = daemon.children("worker")
    renew_workers(daemon)
    end = time.monotonic() + 20
    while set(before) & set(daemon.children("worker")) or len(daemon.children("worker")) < 2 or daemon.worker(0).get("/readyz").status != 200:
        assert time.monotonic() < end
        time.sleep(0.1)


def restarted(daemon, stop):
    stop()
    daemon.start(wait=60)


def test_no_tag_outlives_a_change_whatever_is_restarted(make_daemon):
    """Tags of every life of the daemon, sent again in every later one: 304 only where the bytes are those that came with the tag."""
    daemon = make_daemon(tasks__slots=8, tasks__runners=1, daemon__drain_s=2, **BRISK)
    client = daemon.worker(0)
    done = client.start("test_sleep", ms=0, steps=1)
    client.wait(done)
    quiet, waiting = start_quiet(client), client.start("test_sleep", ms=60000, steps=1)
    targets = [f"/api/tasks/{task_id}{view}" for task_id in (done, quiet, waiting) for view in ("", "?view=full")]
    targets += [f"/api/tasks?ids={done},{quiet},{waiting}", "/api/tasks?limit=3", f"/api/tasks?view=full&ids={quiet}"]
    known, matched = {target: {} for target in targets}, 0

    def look():
        nonlocal matched
        clients = [daemon.worker(0), daemon.worker(1)]
        for target in targets:
            now = clients[0].get(target)
            assert now.status == 200, now
            for tag, body in known[target].items():
                for client in clients:
                    answer = client.get(target, {"If-None-Match": tag})
                    assert answer.status in (200, 304), answer
                    assert answer.status == 200 or body == now.body, (target, tag)
                    matched += answer.status == 304
            assert known[target].setdefault(now.headers["ETag"], now.body) == now.body, target
            assert clients[1].get(target, {"If-None-Match": now.headers["ETag"]}).status == 304, target

    def settled():
        """The quiet task is at work again, and nothing moves any more."""
        client = daemon.worker(0)
        for task_id, said in ((quiet, "started"), (waiting, "wait")):
            client.wait(task_id, until=lambda t: t["status"] != "running" or t["message"].startswith(said))
        time.sleep(1.2)  # the janitor's next look at who is ahead

    for step in (lambda: None, lambda: renewed(daemon), lambda: restarted(daemon, daemon.term), lambda: restarted(daemon, daemon.kill_all),
                 lambda: daemon.worker(1).request("POST", f"/api/tasks/{waiting}/cancel"), lambda: restarted(daemon, daemon.kill_all),
                 lambda: daemon.worker(1).request("POST", f"/api/tasks/{quiet}/cancel"), lambda: restarted(daemon, daemon.term)):
        step()
        settled()
        look()
    assert matched > 20, "tags of an earlier life may hold, where nothing has changed"
    assert daemon.worker(0).request("DELETE", f"/api/tasks/{done}").status == 204
    for tag in known[f"/api/tasks/{done}"]:
        check_problem(daemon.worker(1).get(f"/api/tasks/{done}", {"If-None-Match": tag}), 410, "task-expired")


# ---- Load ----

def test_a_late_loop_asks_for_patience(daemon):
    client = daemon.worker(0)
    task_id = start_quiet(client)
    pid = daemon.worker_pid(0)
    halt(pid)
    time.sleep(1.5)
    os.kill(pid, signal.SIGCONT)
    seen = {client.get(f"/api/tasks/{task_id}").headers["Retry-After"] for _ in range(50)}
    assert "5" in seen, seen
    end = time.monotonic() + 20
    while client.get(f"/api/tasks/{task_id}").headers["Retry-After"] != "1":
        assert time.monotonic() < end
        time.sleep(0.2)


# ---- The journal ----

def test_a_purged_task_is_gone_not_unknown(daemon):
    task_id = "3b241101-e2bb-4255-8caf-4136c566a962"
    check_problem(daemon.worker(0).get(f"/api/tasks/{task_id}"), 404, "task-not-found")
    daemon.sql(f"INSERT INTO task_tombstone (id) VALUES ('{task_id}')")
    for name in (task_id, task_id.upper()):
        check_problem(daemon.worker(0).get(f"/api/tasks/{name}?wait=5"), 410, "task-expired")


def test_an_evicted_task_has_its_id_for_a_tag(make_daemon):
    daemon = make_daemon(tasks__slots=8)
    client = daemon.worker(0)
    first = client.start("test_sleep", ms=0, steps=1)
    before = client.wait(first)
    for _ in range(10):
        client.wait(client.start("test_sleep", ms=0, steps=1))
    answer = client.get(f"/api/tasks/{first}?wait=9")
    assert answer.headers["ETag"] == f'W/"j.{first}"' and answer.json == before
    assert answer.headers["Task-Outcome"] == "succeeded" and answer.headers["Preference-Applied"] == "wait=9"
    again = daemon.worker(1).get(f"/api/tasks/{first}", {"If-None-Match": answer.headers["ETag"]})
    assert again.status == 304 and again.headers["Task-Outcome"] is None


def test_a_task_of_another_node_is_read_and_not_held(daemon):
    """Its row changes without our knowing, so its tag is made from what it says."""
    task_id = "3b241101-e2bb-4255-8caf-4136c566a963"
    daemon.sql("INSERT INTO task (id, node, type, params, status, created_at) VALUES "
               f"('{task_id}', '00000000-0000-4000-8000-000000000001', 'test_sleep', '{{}}', 'queued', '2026-02-05 08:30:00.5')")
    client = daemon.worker(0)
    first = Held(client, f"/api/tasks/{task_id}?wait=20").result(10)
    check_task(first.json)
    assert first.json["created_at"] == "2026-02-05T08:30:00.500Z" and first.headers["Preference-Applied"] is None
    assert client.get(f"/api/tasks/{task_id}", {"If-None-Match": first.headers["ETag"]}).status == 304
    daemon.sql(f"UPDATE task SET status = 'running', attempt = 1, message = 'x' WHERE id = '{task_id}'")
    assert client.get(f"/api/tasks/{task_id}", {"If-None-Match": first.headers["ETag"]}).status == 200


@contextmanager
def stopped(pid):
    halt(pid)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@pytest.mark.parametrize("target", ["/api/tasks/{id}", "/api/tasks/{id}?wait=20", "/api/tasks/{id}?view=full", "/api/tasks?ids={id}",
                                    "/api/tasks?view=full&ids={id}"])
def test_a_task_that_came_into_the_table_while_the_journal_was_asked(daemon, target):
    """Not in the table, and by the journal nobody has begun it: when that answer is looked at it runs, and only the table says how far."""
    client, other, database = daemon.worker(0), daemon.worker(1), daemon.children("mariadb")[0]
    task_id, node = str(uuid.uuid4()), (daemon.state / "node-id").read_text().strip()
    assert client.get("/readyz").status == 200
    with ExitStack() as worker:
        with stopped(daemon.children("janitor")[0]):
            daemon.sql("INSERT INTO task (id, node, type, params, status, created_at) VALUES "
                       f"('{task_id}', '{node}', 'test_sleep', '{{\"ms\":4000,\"steps\":40}}', 'queued', UTC_TIMESTAMP(3))")
            with stopped(database):
                asked = Held(client, target.format(id=task_id))
                time.sleep(0.5)  # it asks the database
                worker.enter_context(stopped(daemon.worker_pid(0)))
            time.sleep(0.3)  # the database answers
        other.wait(task_id, until=lambda t: t["progress"] >= 10)  # the janitor brings it in, a runner begins it
    answer = asked.result()
    task = answer.json if "ids=" not in target else answer.json["tasks"][0]
    if "wait" in target:
        assert task["status"] == "completed" and answer.headers["Preference-Applied"] == "wait=20"
    else:
        assert task["status"] == "running" and task["progress"] >= 10 and task["message"].startswith("step "), task
    if "full" in target:
        assert task["state"] == "running" and task["attempt"] == 1 and task["counters"]["done"] >= 4
    if "ids=" not in target and "full" not in target:
        assert re.fullmatch(r'W/"[0-9a-f]+\.[0-9a-f]+"', answer.headers["ETag"])


def test_a_long_result_is_answered_from_memory_while_the_database_is_away(daemon):
    client = daemon.worker(0)
    task_id = client.start("test_big")
    client.wait(task_id)
    known = client.get(f"/api/tasks/{task_id}")
    assert known.headers["ETag"] == f'W/"j.{task_id}"' and len(known.body) > 9000
    database = daemon.children("mariadb")
    assert len(database) == 1
    halt(database[0])
    try:
        again = client.get(f"/api/tasks/{task_id}")
        assert again.status == 200 and again.body == known.body and again.headers["Task-Outcome"] == "succeeded"
        other = daemon.worker(1)
        assert other.get(f"/api/tasks/{task_id}", {"If-None-Match": known.headers["ETag"]}).status == 304
        answer = other.get(f"/api/tasks/{task_id}")
        check_problem(answer, 503, "database-unavailable")
        assert int(answer.headers["Retry-After"]) >= 1
    finally:
        os.kill(database[0], signal.SIGCONT)
    other = daemon.worker(1)
    end = time.monotonic() + 30
    while other.get(f"/api/tasks/{task_id}").status != 200:
        assert time.monotonic() < end
        time.sleep(0.2)


# ---- The line ----

def test_a_waiting_task_tells_its_place(make_daemon):
    daemon = make_daemon(tasks__runners=1)
    client = daemon.worker(0)
    first = start_quiet(client, ms=2500)
    line = [client.start("test_sleep", ms=2500, steps=1) for _ in range(3)]
    assert [client.task(task_id)["message"] for task_id in line] == [f"waiting, {n} ahead" for n in range(3)]
    waiting = client.task(line[2])
    assert waiting["status"] == "running" and waiting["progress"] == 0
    client.wait(first)
    client.wait(line[2], until=lambda t: t["message"] == "waiting, 1 ahead", seconds=5)
    assert daemon.worker(1).task(line[1])["message"] == "waiting, 0 ahead"
    assert re.fullmatch(r'W/"[0-9a-f]+\.[0-9a-f]+"', tag_of(client, line[2]))
