"""The log of a task: a line for each thing that happened to it, in order, read in pieces that make up the whole."""
import os
import re
import signal

import samples
from test_actions import UNKNOWN, busy_runners, cancel
from test_faults import runner_of
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

    answer = client.upload("/api/stock/import?warehouse=MAIN&filename=bad.xlsx", b"no spreadsheet at all")
    if answer.status == 202:
        client.wait(answer.json["task_id"])
        said = lines(client, answer.json["task_id"])
        assert said[0] == "attempt 1 of 3 started" and re.fullmatch(r"ended: failed, [A-Z_]+", said[-1]), said


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
