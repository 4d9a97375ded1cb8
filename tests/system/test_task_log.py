"""The log of a task: a line for each thing that happened to it, in order, read in pieces that make up the whole."""
import os
import re
import signal
import socket
import time

import samples
from daemon import BRISK
from test_actions import UNKNOWN, busy_runners, cancel
from test_faults import runner_of
from test_polls import Held, renew_workers, start_quiet
from test_tasks import check_problem

STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z ")


def read(client, task_id, after=None):
    """The text and the offset to go on from."""
    answer = client.get(f"/api/tasks/{task_id}/log" + ("" if after is None else f"?after={after}"))
    assert answer.status == 200, answer
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.body, int(answer.headers["Log-Offset"])


def lines(client, task_id):
    """What the log says, without the moments, which never go back."""
    body, offset = read(client, task_id)
    assert offset == len(body) and (not body or body.endswith(b"\n"))
    text = body.decode()
    stamps = [STAMP.match(line).group() for line in text.splitlines()]
    assert stamps == sorted(stamps), text
    return [line[len(stamp):] for line, stamp in zip(text.splitlines(), stamps)]


def test_import(daemon):
    samples.load_catalogue(daemon)
    client = daemon.worker(0)
    answer = client.upload("/api/stock/import?warehouse=MAIN&filename=ok.xlsx", samples.stock(500))
    task_id = answer.json["task_id"]
    task = client.wait(task_id)
    assert task["status"] == "completed", task
    said = lines(daemon.worker(1), task_id)
    assert said[0] == "attempt 1 of 3 started" and said[-1] == f"ended: succeeded: {task['message']}"
    assert "saving" in said and len(said) >= 3, said


def test_import_that_fails(daemon):
    samples.load_catalogue(daemon)
    client = daemon.worker(0)
    for data, code in ((samples.xlsx([["Артикул", "Примечание"], ["PN-1", "secret"]]), "E_NO_HEADER"),
                       (samples.xlsx([["Артикул", "Количество"], ["PN-1", "secret"]]), "E_NO_DATA")):
        answer = client.upload("/api/stock/import?warehouse=MAIN&filename=bad.xlsx", data)
        assert answer.status == 202, answer
        assert client.wait(answer.json["task_id"])["status"] == "error"
        said = lines(daemon.worker(1), answer.json["task_id"])
        assert said[0] == "attempt 1 of 3 started" and said[-1] == f"ended: failed, {code}", said
        assert not any("secret" in line for line in said), "a log quotes no cell"


def test_offsets(daemon):
    client = daemon.worker(0)
    task_id = client.start("test_sleep", ms=20, steps=2)
    client.wait(task_id)
    whole, end = read(client, task_id)
    assert end == len(whole) > 100
    for after in range(end + 1):
        part, offset = read(client, task_id, after)
        assert (whole[:after] + part, offset) == (whole, end)
    assert read(client, task_id, end + 1000) == (b"", end)
    head = client.request("HEAD", f"/api/tasks/{task_id}/log")
    assert head.status == 200 and head.body == b"" and head.headers["Log-Offset"] == str(end)
    for after in ("-1", "x", "1.5", "99999999999999999999", "2147483648"):
        problem = check_problem(client.get(f"/api/tasks/{task_id}/log?after={after}"), 422, "invalid-parameters")
        assert [e["pointer"] for e in problem["errors"]] == ["/after"], problem
    check_problem(client.get(f"/api/tasks/{task_id}/log?before=1"), 422, "invalid-parameters")
    check_problem(client.get(f"/api/tasks/{UNKNOWN}/log"), 404, "task-not-found")
    check_problem(client.get("/api/tasks/nonsense/log"), 404, "task-not-found")
    check_problem(client.request("POST", f"/api/tasks/{task_id}/log"), 405, "method-not-allowed")
    assert client.request("DELETE", f"/api/tasks/{task_id}").status == 204
    check_problem(client.get(f"/api/tasks/{task_id}/log"), 410, "task-expired")
    assert daemon.sql(f"SELECT COUNT(*) FROM task_log WHERE task_id = '{task_id}'") == [["0"]]


def test_killed_runner_and_the_next_attempt(daemon):
    client = daemon.worker(0)
    task_id = client.start("test_ledger", ms=1000, steps=20)
    client.wait(task_id, until=lambda t: t["progress"] >= 20)
    os.kill(runner_of(daemon, task_id), signal.SIGKILL)
    client.wait(task_id, until=lambda t: "attempt 2 of 3: " in t["message"])
    first, offset = read(client, task_id)
    assert first.count(b"\n") == 2 and b"attempt 1 ended: its runner was killed by signal 9" in first, first
    assert client.wait(task_id)["status"] == "completed"
    rest, end = read(client, task_id, offset)
    assert read(client, task_id) == (first + rest, end)
    said = lines(client, task_id)
    assert said[0] == "attempt 1 of 3 started" and said[1].startswith("attempt 1 ended: its runner was killed by signal 9"), said
    assert said[2] == "attempt 2 of 3 started" and said[-1].startswith("ended: succeeded"), said


def test_last_attempt_killed(daemon):
    client = daemon.worker(0)
    task_id = client.start("test_crash", how="segv")
    task = client.wait(task_id, seconds=40)
    said = lines(client, task_id)
    starts = [line for line in said if line.endswith("started")]
    assert starts == [f"attempt {i} of 3 started" for i in (1, 2, 3)], said
    assert len([line for line in said if re.match(r"attempt \d ended: its runner was killed by signal 11", line)]) == 3, said
    assert said[-1] == f"ended: interrupted: {task['error']}", said


def test_cancelled(daemon):
    client = daemon.worker(0)
    busy = busy_runners(daemon)
    waiting = client.start("test_sleep", ms=10)
    assert read(client, waiting) == (b"", 0)
    assert cancel(client, waiting, "wrong\nfile").status == 200
    assert lines(client, waiting) == ["ended: cancelled: Cancelled (wrong file); nothing was written."]
    for task_id in busy:
        cancel(client, task_id)
        client.wait(task_id)
        said = lines(client, task_id)
        assert said[0] == "attempt 1 of 3 started" and said[-1] == "ended: cancelled: Cancelled; nothing was written.", said


def restarted(daemon, stop):
    stop()
    daemon.start()
    return daemon.worker(0)


def test_restart_of_the_service(daemon):
    client = daemon.worker(0)
    task_id = client.start("test_sleep", ms=1500, steps=30)
    client.wait(task_id, until=lambda t: "step" in t["message"])
    client = restarted(daemon, daemon.term)
    client.wait(task_id, until=lambda t: "step" in t["message"])
    assert "attempt 1 ended: the service restarts; it does not count" in lines(client, task_id)
    client = restarted(daemon, daemon.kill_all)
    assert client.wait(task_id)["status"] == "completed"
    said = lines(client, task_id)
    assert "attempt 1 ended: the service was stopped by force" in said and said[-1].startswith("ended: succeeded"), said
    starts = [line for line in said if line.endswith("started")]
    assert starts == [f"attempt {i} of 3 started" for i in (1, 1, 2)], said


# ---- waiting for more ----

def log_of(task_id, query=""):
    return f"/api/tasks/{task_id}/log" + (f"?{query}" if query else "")


def test_waits_for_the_end_and_not_for_progress(daemon):
    client = daemon.worker(0)
    task_id = client.start("test_sleep", ms=3000, steps=30)
    client.wait(task_id, until=lambda t: "step" in t["message"])
    held = [Held(daemon.worker(0), log_of(task_id, "wait=20")), Held(daemon.worker(1), log_of(task_id), {"Prefer": "wait=20"})]
    assert all(one.still_waits(0.5) for one in held)
    for one in held:
        answer = one.result()
        assert answer.status == 200 and STAMP.match(answer.body.decode()) and b"ended: succeeded" in answer.body
        assert answer.headers["Preference-Applied"] == "wait=20" and one.took < 15
        assert int(answer.headers["Log-Offset"]) == len(answer.body)
    # It is over: whatever the offset, there is nothing to wait for.
    end = len(answer.body)
    for after in (0, 10, end, end + 1000):
        one = Held(daemon.worker(1), log_of(task_id, f"after={after}&wait=20"))
        again = one.result(10)
        assert again.body == answer.body[after:] and again.headers["Preference-Applied"] == "wait=20" and one.took < 5
        assert int(again.headers["Log-Offset"]) == end


def test_waits_for_the_end_of_an_attempt(make_daemon):
    daemon = make_daemon(**BRISK)
    client = daemon.worker(0)
    task_id = start_quiet(client)
    held = Held(daemon.worker(1), log_of(task_id, "wait=25"))
    assert held.still_waits()
    os.kill(runner_of(daemon, task_id), signal.SIGKILL)
    answer = held.result()
    assert b"attempt 1 ended: its runner was killed by signal 9" in answer.body and b"attempt 2" not in answer.body
    assert answer.headers["Preference-Applied"] == "wait=25" and held.took < 10
    # What stands there already is not waited for; the second attempt has yet to say something.
    offset = answer.headers["Log-Offset"]
    first = Held(client, log_of(task_id, "after=0&wait=25"))
    assert first.result(5).body == answer.body and first.answer.headers["Preference-Applied"] == "wait=25"
    client.wait(task_id, until=lambda t: t["message"] == "started, attempt 2 of 3")
    rest = Held(daemon.worker(0), log_of(task_id, f"after={offset}&wait=25"))
    assert rest.still_waits()
    cancel(client, task_id)
    assert rest.result().body.endswith(b"ended: cancelled: Cancelled; nothing was written.\n")
    assert read(client, task_id) == (answer.body + rest.answer.body, int(rest.answer.headers["Log-Offset"]))


def test_a_waiting_task_is_waited_for(daemon):
    client = daemon.worker(0)
    busy_runners(daemon)
    waiting = client.start("test_sleep", ms=10)
    held = Held(daemon.worker(1), log_of(waiting, "wait=25"))
    assert held.still_waits()
    cancel(client, waiting)
    answer = held.result()
    assert b"ended: cancelled" in answer.body and held.took < 10


def test_a_wait_for_a_log_ends_in_time(daemon):
    client = daemon.worker(0)
    task_id = start_quiet(client)
    held = Held(daemon.worker(1), log_of(task_id, "wait=1"))
    answer = held.result()
    assert answer.status == 200 and answer.body == b"" and answer.headers["Log-Offset"] == "0"
    assert answer.headers["Preference-Applied"] == "wait=1" and 1 <= held.took < 5
    head = Held(client, log_of(task_id, "wait=1"), method="HEAD")
    assert head.result().status == 200 and head.took >= 1
    # An offset that the log does not have yet is not worth a wait: the answer says where the log ends.
    wrong = Held(client, log_of(task_id, "after=99&wait=20"))
    assert wrong.result(5).headers["Log-Offset"] == "0"
    for query in ("wait=x", "wait=-1", "wait=1.5"):
        problem = check_problem(client.get(log_of(task_id, query)), 422, "invalid-parameters")
        assert [fault["pointer"] for fault in problem["errors"]] == ["/wait"]


def test_no_room_to_wait_for_a_log(make_daemon):
    daemon = make_daemon(http__max_held=1, **BRISK)
    client = daemon.worker(0)
    task_id = start_quiet(client)
    first = Held(daemon.worker(0), log_of(task_id, "wait=25"))
    assert first.still_waits()
    answer = Held(client, log_of(task_id, "wait=25")).result(5)
    assert answer.status == 200 and answer.headers["Preference-Applied"] is None and first.still_waits(0)
    # A client that goes away makes room.
    first.client.connection.sock.shutdown(socket.SHUT_RDWR)
    end = time.monotonic() + 10
    while not (second := Held(daemon.worker(0), log_of(task_id, "wait=25"))).still_waits():
        assert second.answer.headers["Preference-Applied"] is None and time.monotonic() < end
    cancel(client, task_id)
    assert b"ended: cancelled" in second.result().body


def test_a_drain_answers_those_who_wait_for_logs(daemon):
    client = daemon.worker(0)
    task_id = start_quiet(client)
    held = [Held(daemon.worker(i % 2), log_of(task_id, "wait=25")) for i in range(10)]
    assert all(one.still_waits(0.1) for one in held)
    renew_workers(daemon)
    for one in held:
        answer = one.result(20)
        assert answer.status == 200 and answer.body == b"" and answer.headers["Preference-Applied"] is None and one.took < 15


def test_a_log_of_another_node_is_not_waited_for(daemon):
    task_id = "3b241101-e2bb-4255-8caf-4136c566a964"
    daemon.sql("INSERT INTO task (id, node, type, params, status, created_at) VALUES "
               f"('{task_id}', '00000000-0000-4000-8000-000000000001', 'test_sleep', '{{}}', 'queued', '2026-02-05 08:30:00.5')")
    held = Held(daemon.worker(0), log_of(task_id, "wait=20"))
    answer = held.result(5)
    assert answer.body == b"" and answer.headers["Preference-Applied"] is None
