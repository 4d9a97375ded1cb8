"""Starts that are repeated, equal or too many: one key one task, one piece of work one task, refused before anything is written."""
import hashlib
import json
import os
import re
import signal
import threading
import time

import pytest

import samples
from test_actions import busy_runners, cancel
from test_tasks import check_problem

SLEEP = {"type": "test_sleep", "params": {"ms": 0}}
IMPORT = "/api/stock/import?warehouse=MAIN&filename=stock.xlsx"


def start(client, value, key, path="/api/tasks"):
    return client.post_json(path, value, {"Idempotency-Key": key} if key else {})


def upload(client, data, key, target=IMPORT):
    return client.request("POST", target, data, {"Content-Type": "application/octet-stream", "Idempotency-Key": key})


def count(daemon, where="1"):
    return int(daemon.sql(f"SELECT COUNT(*) FROM task WHERE {where}")[0][0])


def both(*calls):
    """Run the calls at the same time; their results in order."""
    results = [None] * len(calls)
    barrier = threading.Barrier(len(calls))

    def run(number, call):
        barrier.wait()
        results[number] = call()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


# ---- keys ----

def test_same_key_same_answer(daemon):
    first, second = daemon.worker(0), daemon.worker(1)
    original = start(first, SLEEP, '"key one"'.replace(" ", "-"))
    assert original.status == 202 and original.headers["Idempotency-Replayed"] is None
    for client, key in ((second, '"key-one"'), (first, "key-one")):
        again = start(client, SLEEP, key)
        assert (again.status, again.body) == (original.status, original.body)
        assert again.headers["Location"] == original.headers["Location"]
        assert again.headers["Idempotency-Replayed"] == "true"
    first.wait(original.json["task_id"])
    assert start(second, SLEEP, "key-one").body == original.body
    check_problem(start(first, {"type": "test_sleep", "params": {"ms": 1}}, "key-one"), 422, "idempotency-key-reused")
    check_problem(start(second, {"type": "test_ledger", "params": {"ms": 0}}, "key-one"), 422, "idempotency-key-reused")
    assert start(first, SLEEP, "key-two").body != original.body
    assert count(daemon) == 2


def test_key_is_bound_to_the_path_and_outlives_its_task(daemon):
    client = daemon.worker(0)
    one = start(client, {"type": "recalculate", "params": {}}, "k")
    two = start(client, {}, "k", "/api/prices/recalculate-all")
    assert one.status == two.status == 202
    assert two.headers["Idempotency-Replayed"] is None
    task_id = one.json["task_id"]
    client.wait(task_id)
    assert client.request("DELETE", f"/api/tasks/{task_id}").status == 204
    again = start(daemon.worker(1), {"type": "recalculate", "params": {}}, "k")
    assert again.status == 202 and again.body == one.body and again.headers["Idempotency-Replayed"] == "true"


@pytest.mark.parametrize("key", ["", '""', "two words", '"open', "x" * 256, 'a"b', "кл"])
def test_keys_that_are_none(daemon, key):
    answer = daemon.worker(0).request("POST", "/api/tasks", json.dumps(SLEEP),
                                      {"Content-Type": "application/json", "Idempotency-Key": key.encode().decode("latin-1")})
    check_problem(answer, 400, "bad-request")
    assert count(daemon) == 0
    assert start(daemon.worker(0), SLEEP, "x" * 255).status == 202


def test_a_key_is_its_clients_own(daemon):
    """The same key of another client is another key: neither gets to see the other's task."""
    client, tasks = daemon.worker(0), {}
    for address in ("10.0.0.1", "10.0.0.2", "10.0.0.1"):
        answer = client.post_json("/api/tasks", SLEEP, {"Idempotency-Key": "k", "X-Forwarded-For": address})
        assert answer.status == 202 and (answer.headers["Idempotency-Replayed"] == "true") == (address in tasks)
        assert tasks.setdefault(address, answer.body) == answer.body
    other = client.post_json("/api/tasks", {"type": "test_sleep", "params": {"ms": 1}}, {"Idempotency-Key": "k", "X-Forwarded-For": "10.0.0.3"})
    assert other.status == 202 and len({*tasks.values(), other.body}) == 3 and count(daemon) == 3


def test_a_refused_start_does_not_use_its_key_up(daemon):
    client = daemon.worker(0)
    check_problem(start(client, {"type": "test_sleep", "params": {"ms": -1}}, "k"), 422, "invalid-parameters")
    check_problem(upload(client, samples.demo_stock(), "k2"), 422, "invalid-parameters")  # no such warehouse yet
    assert start(client, SLEEP, "k").status == 202
    samples.load_catalogue(daemon)
    assert upload(client, samples.demo_stock(), "k2").status == 202


def test_parallel_on_both_workers_is_one_task(daemon):
    clients = [daemon.worker(0), daemon.worker(1), daemon.worker(0), daemon.worker(1)]
    for number in range(40):
        answers = both(*[lambda c=client: start(c, SLEEP, f"race-{number}") for client in clients])
        assert {answer.status for answer in answers} == {202}, answers
        assert len({answer.body for answer in answers}) == 1
        assert sum(answer.headers["Idempotency-Replayed"] == "true" for answer in answers) == 3
    assert count(daemon) == 40


def test_uploads_are_compared_by_content(daemon):
    samples.load_catalogue(daemon)
    client, data = daemon.worker(0), samples.demo_stock()
    original = upload(client, data, "file")
    assert original.status == 202
    before = count(daemon)
    form, content_type = samples.multipart({"warehouse": "MAIN"}, "stock.xlsx", data)
    again = upload(daemon.worker(1), data, "file")
    assert again.body == original.body and again.headers["Idempotency-Replayed"] == "true"
    check_problem(upload(client, samples.stock(3), "file"), 422, "idempotency-key-reused")
    check_problem(upload(client, data, "file", IMPORT + "&mode=merge"), 422, "idempotency-key-reused")
    one, two = (client.request("POST", "/api/stock/import", body, {"Content-Type": kind, "Idempotency-Key": "form"})
                for body, kind in ((form, content_type), samples.multipart({"warehouse": "MAIN"}, "stock.xlsx", data, "----other")))
    assert one.status == 202 and two.body == one.body
    assert count(daemon) == before + 1
    for answer in (original, one):
        client.wait(answer.json["task_id"])
    assert daemon.spool_files() == []


def test_a_first_start_that_hangs_is_reported_in_progress(daemon):
    """Another session holds the key's place in the index without having committed."""
    client = daemon.worker(0)
    scope = hashlib.sha256(b"unix\0POST\0/api/tasks\0held\0").hexdigest()
    holder = threading.Thread(target=daemon.sql, args=(
        f"START TRANSACTION; INSERT INTO task (id, node, type, params, idem_scope, idem_payload) VALUES (UUID(), UUID(), 'x', '{{}}', "
        f"UNHEX('{scope}'), UNHEX('{scope}')); SELECT SLEEP(6); ROLLBACK",))
    holder.start()
    time.sleep(1)
    begun = time.monotonic()
    answer = start(client, SLEEP, "held")
    check_problem(answer, 409, "idempotency-in-progress")
    assert answer.headers["Retry-After"] == "1" and 0.8 < time.monotonic() - begun < 4
    assert start(daemon.worker(0), SLEEP, None).status == 202, "others are not held up"
    holder.join()
    assert start(client, SLEEP, "held").status == 202


def test_crash_between_commit_and_answer(make_daemon):
    """The client never hears of its task; whatever was killed and when, its repeat finds it."""
    daemon = make_daemon()
    for number in range(12):
        client, result = daemon.worker(0), []

        def call():
            try:
                result.append(start(client, SLEEP, f"crash-{number}"))
            except OSError:
                pass
            except Exception:  # noqa: BLE001 - http.client's own for a connection cut short
                pass

        thread = threading.Thread(target=call)
        thread.start()
        time.sleep(number * 0.001)
        os.kill(daemon.worker_pid(0), signal.SIGKILL)
        thread.join()
        again = start(daemon.worker(1), SLEEP, f"crash-{number}")
        assert again.status == 202, again
        if result:
            assert result[0].body == again.body
        assert daemon.worker(1).wait(again.json["task_id"])["status"] == "completed"
        end = time.monotonic() + 5
        while not daemon.children("worker-0") and time.monotonic() < end:
            time.sleep(0.02)
        while time.monotonic() < end:
            try:
                assert daemon.worker(0).get("/healthz").status == 200
                break
            except OSError:
                time.sleep(0.02)
    assert count(daemon) == 12


def test_a_key_is_forgotten_after_its_window(make_daemon):
    daemon = make_daemon()
    original = start(daemon.worker(0), SLEEP, "old")
    daemon.worker(0).wait(original.json["task_id"])
    daemon.sql("UPDATE task SET created_at = created_at - INTERVAL 25 HOUR")
    daemon.term()
    daemon.start()
    end = time.monotonic() + 10
    while count(daemon, "idem_scope IS NOT NULL") and time.monotonic() < end:
        time.sleep(0.1)
    again = start(daemon.worker(0), SLEEP, "old")
    assert again.status == 202 and again.body != original.body and again.headers["Idempotency-Replayed"] is None


# ---- equal work ----

def test_equal_live_work_is_joined(daemon):
    client, body = daemon.worker(0), {"type": "test_join", "params": {"ms": 3000, "steps": 30}}
    original = start(client, body, None)
    joined = start(daemon.worker(1), {"type": "test_join", "params": {"steps": 30, "ms": 3000}}, None)
    assert joined.status == 202 and joined.body == original.body
    assert joined.headers["Task-Deduplicated"] == "true" and original.headers["Task-Deduplicated"] is None
    assert joined.headers["Location"] == original.headers["Location"]
    assert start(client, {"type": "test_join", "params": {"ms": 3001, "steps": 30}}, None).body != original.body
    keyed = start(client, body, "joiner")
    assert keyed.body == original.body and keyed.headers["Task-Deduplicated"] == "true"
    client.wait(original.json["task_id"])
    fresh = start(client, body, None)
    assert fresh.status == 202 and fresh.body != original.body
    # The key of the start that joined still answers with the task that it got.
    replay = start(daemon.worker(1), body, "joiner")
    assert replay.body == original.body and replay.headers["Idempotency-Replayed"] == "true"


def test_equal_starts_on_two_workers_are_one_task(daemon):
    clients = [daemon.worker(0), daemon.worker(1), daemon.worker(0), daemon.worker(1)]
    for number in range(20):
        body = {"type": "test_join", "params": {"ms": 400 + number, "steps": 4}}
        answers = both(*[lambda c=client: start(c, body, None) for client in clients])
        assert {answer.status for answer in answers} == {202}, answers
        assert len({answer.body for answer in answers}) == 1
    assert count(daemon) == 20


def test_equal_recalculations_join(daemon):
    busy = busy_runners(daemon)
    client = daemon.worker(0)
    one, two = client.post_json("/api/prices/recalculate-all", {}), daemon.worker(1).request("POST", "/api/prices/recalculate-all")
    assert one.status == two.status == 202 and one.body == two.body and two.headers["Task-Deduplicated"] == "true"
    other = client.post_json("/api/prices/recalculate-all", {"window_days": 30})
    assert other.body != one.body
    # Nobody joins a task that is about to be cancelled.
    assert cancel(client, one.json["task_id"]).status == 200
    assert client.post_json("/api/prices/recalculate-all", {}).body != one.body
    for task_id in busy:
        cancel(client, task_id)


def test_equal_live_work_is_refused_where_the_type_says_so(daemon):
    client, body = daemon.worker(0), {"type": "test_refuse", "params": {"ms": 2000, "steps": 20}}
    original = start(client, body, None)
    answer = start(daemon.worker(1), body, None)
    check_problem(answer, 409, "duplicate-task")
    assert answer.headers["Location"] == original.headers["Location"]
    client.wait(original.json["task_id"])
    assert start(client, body, None).status == 202


# ---- retry ----

def test_retry_is_a_new_task_with_the_same_parameters(daemon):
    client = daemon.worker(0)
    task_id = client.start("test_sleep", ms=1, steps=1)
    client.wait(task_id)
    answer = daemon.worker(1).request("POST", f"/api/tasks/{task_id}/retry", headers={"Idempotency-Key": "again"})
    assert answer.status == 202 and re.fullmatch(rb'\{"task_id":"[0-9a-f-]{36}"\}\n', answer.body)
    again = client.request("POST", f"/api/tasks/{task_id}/retry", headers={"Idempotency-Key": "again"})
    assert again.body == answer.body and again.headers["Idempotency-Replayed"] == "true"
    assert client.wait(answer.json["task_id"])["status"] == "completed"
    rows = daemon.sql(f"SELECT retry_of, params = (SELECT params FROM task WHERE id = '{task_id}'), requested_by, LENGTH(request_id) "
                      f"FROM task WHERE id = '{answer.json['task_id']}'")
    assert rows == [[task_id, "1", "unix", "36"]]
    running = client.start("test_sleep", ms=60000, steps=600)
    check_problem(client.request("POST", f"/api/tasks/{running}/retry"), 409, "task-still-running")
    check_problem(client.request("POST", "/api/tasks/00000000-0000-4000-8000-000000000000/retry"), 404, "task-not-found")
    cancel(client, running)


def test_retry_of_an_import_needs_its_file(make_daemon):
    daemon = make_daemon()
    samples.load_catalogue(daemon)
    client = daemon.worker(0)
    failed = client.upload(IMPORT, samples.xlsx([["a", "b"], [1, 2]])).json["task_id"]
    assert client.wait(failed)["status"] == "error"
    assert daemon.spool_files() == []
    check_problem(client.request("POST", f"/api/tasks/{failed}/retry"), 409, "file-gone")
    assert daemon.spool_files() == []


def test_retry_of_an_import_while_its_file_is_kept(make_daemon):
    daemon = make_daemon(spool__keep_failed=6)
    client = daemon.worker(0)
    samples.load_catalogue(daemon)
    busy = busy_runners(daemon)
    first = client.upload(IMPORT, samples.demo_stock()).json["task_id"]
    assert cancel(client, first).status == 200
    assert daemon.spool_files() == [first]
    for task_id in busy:
        cancel(client, task_id)
    answer = client.request("POST", f"/api/tasks/{first}/retry")
    assert answer.status == 202, answer
    second = answer.json["task_id"]
    task = client.wait(second)
    assert task["status"] == "completed" and task["result"]["file"]["name"] == "stock.xlsx"
    assert daemon.spool_files() == [first], "the file of a success goes, the kept one stays"
    end = time.monotonic() + 20
    while daemon.spool_files() and time.monotonic() < end:
        time.sleep(0.2)
    assert daemon.spool_files() == []
    check_problem(client.request("POST", f"/api/tasks/{first}/retry"), 409, "file-gone")


# ---- admission ----

def test_waiting_line_is_bounded_per_type(make_daemon):
    daemon = make_daemon(tasks__max_waiting=3)
    busy = busy_runners(daemon)
    client = daemon.worker(0)
    waiting = [client.start("test_sleep", ms=0) for _ in range(3)]
    before = count(daemon)
    answer = client.post_json("/api/tasks", SLEEP)
    check_problem(answer, 503, "queue-full")
    assert 1 <= int(answer.headers["Retry-After"]) <= 600
    assert count(daemon) == before, "refused before any commit"
    assert client.start("test_ledger", ms=0), "another type has its own line"
    assert cancel(client, waiting[0]).status == 200
    assert client.start("test_sleep", ms=0)
    for task_id in busy:
        cancel(client, task_id)
    for task_id in waiting[1:]:
        assert client.wait(task_id)["status"] == "completed"


def test_waiting_line_is_bounded_per_client(make_daemon):
    daemon = make_daemon(tasks__max_waiting_per_client=2)
    busy_runners(daemon)
    client = daemon.worker(0)

    def begin(address):
        return client.post_json("/api/tasks", SLEEP, {"X-Forwarded-For": address})

    assert [begin("10.0.0.1").status for _ in range(2)] == [202, 202]
    check_problem(begin("10.0.0.1"), 503, "queue-full")
    assert begin("10.0.0.2").status == 202
    daemon.kill_all()
    daemon.start(wait=60)  # the line is known after a restart
    client = daemon.worker(0)
    assert daemon.sql("SELECT COUNT(*) FROM task WHERE requested_by = '10.0.0.1' AND status = 'queued'")[0][0] in ("0", "2")


def test_retry_after_grows_with_the_line_and_the_time_tasks_take(make_daemon):
    daemon = make_daemon(tasks__max_waiting=40, tasks__runners=1)
    client = daemon.worker(0)
    client.wait(client.start("test_sleep", ms=2000, steps=2))
    ids = [client.start("test_sleep", ms=60000, steps=600) for _ in range(41)]
    answer = client.post_json("/api/tasks", SLEEP)
    while answer.status == 202:  # the first may not have been claimed yet
        ids.append(answer.json["task_id"])
        answer = client.post_json("/api/tasks", SLEEP)
    check_problem(answer, 503, "queue-full")
    assert 8 <= int(answer.headers["Retry-After"]) <= 20, answer.headers["Retry-After"]
    for path in ("/healthz", "/readyz", f"/api/tasks/{ids[-1]}"):
        assert client.get(path).status == 200
    assert cancel(client, ids[-1]).status == 200
