"""What can be done to a task: cancel, forget, retry; and the ends that no handler writes. Exactly one outcome, always."""
import csv
import io
import os
import signal
import threading
import time

import pytest

import samples
from daemon import halt
from test_faults import runner_of, wait_ready
from test_tasks import check_problem, check_task

UNKNOWN = "00000000-0000-4000-8000-000000000000"


def cancel(client, task_id, reason=None):
    if reason is None:
        return client.request("POST", f"/api/tasks/{task_id}/cancel")
    return client.post_json(f"/api/tasks/{task_id}/cancel", {"reason": reason})


def outcome(client, task_id):
    return client.get(f"/api/tasks/{task_id}").headers["Task-Outcome"]


def row(daemon, task_id):
    return daemon.sql(f"SELECT status, outcome, attempt FROM task WHERE id = '{task_id}'")[0]


def busy_runners(daemon, count=2):
    """Tasks that keep every runner busy."""
    client = daemon.worker(0)
    ids = [client.start("test_sleep", ms=600000, steps=10000) for _ in range(count)]
    for task_id in ids:
        client.wait(task_id, until=lambda t: t["progress"] > 0 or "step" in t["message"] or t["message"] == "started")
    return ids


# ---- cancel ----

def test_cancel_running_task(daemon):
    client, other = daemon.worker(0), daemon.worker(1)
    task_id = client.start("test_sleep", ms=60000, steps=1200)
    client.wait(task_id, until=lambda t: "step" in t["message"])
    answer = cancel(other, task_id, "wrong file")
    assert answer.status == 202 and answer.headers["Retry-After"] == "1", answer
    check_task(answer.json)
    assert answer.json["message"] == "cancelling" and answer.json["status"] == "running"
    begun = time.monotonic()
    task = client.wait(task_id)
    assert time.monotonic() - begun < 2
    check_task(task)
    assert task["status"] == "error" and task["message"] == "cancelled"
    assert task["error"] == "Cancelled (wrong file); nothing was written."
    assert outcome(other, task_id) == "cancelled"
    again = cancel(client, task_id)
    assert again.status == 200 and again.json == task and again.headers["Task-Outcome"] == "cancelled"
    assert row(daemon, task_id) == ["cancelled", "cancelled", "1"]


def test_cancel_waiting_task_ends_at_once(daemon):
    busy = busy_runners(daemon)
    client = daemon.worker(1)
    waiting = client.start("test_sleep", ms=10)
    answer = daemon.worker(0).request("POST", f"/api/tasks/{waiting}/cancel", headers={"X-Forwarded-For": "10.0.0.7"})
    assert answer.status == 200 and answer.headers["Task-Outcome"] == "cancelled", answer
    assert answer.json["error"] == "Cancelled by 10.0.0.7; nothing was written."
    check_task(answer.json)
    assert answer.json["status"] == "error" and answer.json["progress"] == 0
    assert client.task(waiting) == answer.json
    assert row(daemon, waiting) == ["cancelled", "cancelled", "0"]
    for task_id in busy:
        assert cancel(client, task_id).status == 202
        client.wait(task_id)
    assert client.wait(client.start("test_sleep", ms=0))["status"] == "completed"


def test_cancel_refusals(daemon):
    client = daemon.worker(0)
    done = client.start("test_sleep", ms=0)
    client.wait(done)
    check_problem(cancel(client, done), 409, "task-already-finished")
    check_problem(cancel(client, UNKNOWN), 404, "task-not-found")
    check_problem(cancel(client, "nonsense"), 404, "task-not-found")
    target = f"/api/tasks/{done}/cancel"
    json_type = {"Content-Type": "application/json"}
    check_problem(client.request("POST", target, "{", json_type), 400, "malformed-json")
    for body in ('[]', '{"reason": 1}', '{"why": "x"}', '{"reason": "%s"}' % ("x" * 201), '{"reason": "%s"}' % ("ж" * 101)):
        check_problem(client.request("POST", target, body.encode(), json_type), 422, "invalid-parameters")
    check_problem(client.request("POST", target, "x", {"Content-Type": "text/plain"}), 415, "unsupported-media-type")
    check_problem(client.get(target), 405, "method-not-allowed")
    assert client.request("DELETE", f"/api/tasks/{done}").status == 204
    check_problem(cancel(client, done), 410, "task-expired")


def test_cancel_while_the_table_is_full(make_daemon):
    daemon = make_daemon(tasks__slots=8)
    client = daemon.worker(0)
    ids = [client.start("test_sleep", ms=600000, steps=10000) for _ in range(8)]
    check_problem(client.post_json("/api/tasks", {"type": "test_sleep"}), 503, "queue-full")
    for task_id in ids:
        assert cancel(daemon.worker(1), task_id).status in (200, 202)
    for task_id in ids:
        assert client.wait(task_id)["status"] == "error"
    assert client.wait(client.start("test_sleep", ms=0))["status"] == "completed"


def test_the_longest_reason_is_shown_whole(make_daemon):
    """By the slot and, when that is gone, by the journal, in the same bytes."""
    daemon = make_daemon(tasks__slots=8)
    busy_runners(daemon)
    client, reason = daemon.worker(0), "ж" * 100
    task_id = client.start("test_sleep", ms=0)
    assert cancel(client, task_id, reason).status == 200
    known = client.get(f"/api/tasks/{task_id}")
    assert known.json["error"] == f"Cancelled ({reason}); nothing was written."
    for _ in range(8):
        assert cancel(client, client.start("test_sleep", ms=0)).status == 200
    gone = daemon.worker(1).get(f"/api/tasks/{task_id}")
    assert gone.headers["ETag"] == f'W/"j.{task_id}"' and gone.body == known.body


@pytest.mark.parametrize("how,limit", [("statement", 3), ("own", 5)])
def test_deaf_task_is_stopped_by_its_statement_then_by_its_runner(make_daemon, how, limit):
    daemon = make_daemon(tasks__cancel_statement_s=1, tasks__cancel_kill_s=1)
    client = daemon.worker(0)
    daemon.sql("CREATE TABLE test_ledger (id BIGINT AUTO_INCREMENT PRIMARY KEY, task BINARY(16) NOT NULL, attempt INT NOT NULL)")
    task_id = client.start("test_deaf", how=how)
    client.wait(task_id, until=lambda t: t["progress"] == 40)
    runners = daemon.children("runner")
    begun = time.monotonic()
    assert cancel(client, task_id).status == 202
    seen = []
    task = client.wait(task_id, until=lambda t: seen.append(t["message"]) or t["status"] != "running")
    took = time.monotonic() - begun
    assert 0.9 < took < limit, took
    assert set(seen) <= {"cancelling", "cancelled"}, set(seen)
    assert task["status"] == "error" and task["error"].startswith("Cancelled; ") and task["progress"] == 40
    assert row(daemon, task_id) == ["cancelled", "cancelled", "1"]
    assert daemon.sql("SELECT COUNT(*) FROM test_ledger") == [["0"]]
    killed = how == "own"
    assert (daemon.children("runner") != runners) == killed
    assert ("its statement is stopped" in daemon.log_text()) != killed
    assert ("its runner is killed" in daemon.log_text()) == killed
    assert client.wait(client.start("test_sleep", ms=0))["status"] == "completed"


@pytest.mark.parametrize("how", ["polite", "statement", "own"])
def test_time_limit(make_daemon, how):
    daemon = make_daemon(tasks__cancel_statement_s=1, tasks__cancel_kill_s=1)
    client = daemon.worker(0)
    task_id = client.start("test_limit", how=how)
    task = client.wait(task_id)
    check_task(task)
    assert task["status"] == "error" and outcome(client, task_id) == "timed_out", task
    assert task["error"].startswith("Stopped") and task["error"].endswith("nothing was written.") and task["progress"] == 40
    assert row(daemon, task_id) == ["failed", "timed_out", "1"]


def test_not_started_in_time_expires(make_daemon):
    daemon = make_daemon(tasks__start_within_s=1, tasks__runners=1)
    busy_runners(daemon, 1)
    client = daemon.worker(0)
    task_id = client.start("test_sleep", ms=0)
    task = client.wait(task_id)
    check_task(task)
    assert task["error"] == "Not started within 1 second; nothing was written. Start it again when fewer tasks wait."
    assert outcome(client, task_id) == "expired" and row(daemon, task_id) == ["failed", "expired", "0"]


def test_finish_cancel_and_kill_race_to_exactly_one_outcome(make_daemon):
    """A hundred tasks end around the moment of a cancel, some with their runner killed: the first end wins, everywhere."""
    daemon = make_daemon(tasks__runners=2)
    first, second = daemon.worker(0), daemon.worker(1)
    first.wait(first.start("test_ledger", ms=0, steps=1))  # makes the table
    tally = {}
    for number in range(100):
        task_id = first.start("test_ledger", ms=30, steps=3)
        time.sleep(number % 50 / 1000)
        if number % 10 == 9:
            try:
                os.kill(runner_of(daemon, task_id), signal.SIGKILL)
            except (AssertionError, StopIteration, ProcessLookupError):
                pass
        answers = []
        threads = [threading.Thread(target=lambda w: answers.append(cancel(daemon.worker(w), task_id)), args=(w,)) for w in (0, 1)]
        for thread in threads:
            thread.start()
        seen = []
        task = second.wait(task_id, until=lambda t: seen.append(t) or t["status"] != "running", every=0.001)
        for thread in threads:
            thread.join()
        assert all(answer.status in (200, 202, 409) for answer in answers), answers
        if any(answer.status == 200 for answer in answers):
            assert task["status"] == "error", (answers, task)
        for worker in (first, second):
            assert worker.task(task_id) == task
        result = outcome(first, task_id)
        assert (task["status"], result) in (("completed", "succeeded"), ("error", "cancelled")), task
        effect = daemon.sql(f"SELECT COUNT(*) FROM test_ledger WHERE task = UNHEX(REPLACE('{task_id}', '-', ''))")
        assert effect == [["1" if result == "succeeded" else "0"]], (task, effect)
        assert row(daemon, task_id)[1] == result
        tally[result] = tally.get(result, 0) + 1
    assert tally.get("succeeded", 0) >= 5 and tally.get("cancelled", 0) >= 5, tally


def test_cancel_with_the_database_stopped_is_kept(daemon):
    """The request stays in shared memory; when the database is back the task ends as cancelled."""
    busy = busy_runners(daemon)
    client = daemon.worker(0)
    waiting = client.start("test_sleep", ms=0)
    pid = int((daemon.runtime / "db.pid").read_text())
    halt(pid)
    try:
        for task_id in (waiting, busy[0]):
            begun = time.monotonic()
            answer = cancel(client, task_id)
            assert answer.status == 202 and answer.json["message"] == "cancelling", answer
            assert time.monotonic() - begun < 10
        assert daemon.worker(1).task(waiting)["message"] == "cancelling"
    finally:
        os.kill(pid, signal.SIGCONT)
    for task_id in (waiting, busy[0]):
        assert client.wait(task_id, seconds=30)["status"] == "error"
        assert outcome(client, task_id) == "cancelled"


def test_cancel_survives_the_death_of_everything(make_daemon):
    daemon = make_daemon()
    client = daemon.worker(0)
    task_id = client.start("test_deaf", ms=60000)
    client.wait(task_id, until=lambda t: t["progress"] == 40)
    assert cancel(client, task_id, "stop it").status == 202
    daemon.kill_all()
    daemon.start(wait=60)
    task = daemon.worker(0).wait(task_id)
    assert task["error"] == "Cancelled (stop it); nothing was written.", task
    assert row(daemon, task_id) == ["cancelled", "cancelled", "1"]


def test_worker_killed_in_the_middle_of_a_cancel(daemon):
    """Marked in the journal, slot untouched: the janitor carries it on."""
    busy = busy_runners(daemon)
    client = daemon.worker(0)
    waiting = client.start("test_sleep", ms=0)
    for task_id in (waiting, busy[0]):
        daemon.sql(f"UPDATE task SET cancel_requested = 1, cancel_by = 'anna' WHERE id = '{task_id}'")
        task = client.wait(task_id, seconds=5)
        assert task["error"] == "Cancelled by anna; nothing was written."
    # Ended in the journal, slot untouched.
    busy_runners(daemon, 1)
    waiting = client.start("test_sleep", ms=0)
    answer = cancel(client, waiting)
    assert answer.status == 200


def test_cancelled_import_leaves_stock_and_spool_as_they_were(daemon):
    samples.load_catalogue(daemon)
    client = daemon.worker(0)
    data = samples.stock(60000)
    rows, cancelled = 0, 0
    for moment in (0.0, 0.1, 0.3, 0.5):
        answer = client.upload("/api/stock/import?warehouse=MAIN&filename=big.xlsx", data)
        assert answer.status == 202, answer
        task_id = answer.json["task_id"]
        time.sleep(moment)
        assert cancel(daemon.worker(1), task_id).status in (200, 202, 409)  # 409: this machine is faster than `moment`
        task, before = client.wait(task_id), rows
        rows = int(daemon.sql("SELECT COUNT(*) FROM stock_item")[0][0])
        if outcome(client, task_id) == "cancelled":
            assert rows == before, task
            cancelled += 1
        else:  # asked when the last statements were already on their way: then it is done, and whole
            assert task["status"] == "completed" and rows == task["result"]["matched"] + task["result"]["unmatched"], task
        assert daemon.spool_files() == []
    assert cancelled


# ---- forget ----

def test_forget_a_finished_task(daemon):
    client, other = daemon.worker(0), daemon.worker(1)
    task_id = client.start("test_sleep", ms=0)
    client.wait(task_id)
    assert client.request("DELETE", f"/api/tasks/{task_id}").status == 204
    for worker in (client, other):
        check_problem(worker.get(f"/api/tasks/{task_id}"), 410, "task-expired")
        check_problem(cancel(worker, task_id), 410, "task-expired")
        check_problem(worker.request("POST", f"/api/tasks/{task_id}/retry"), 410, "task-expired")
        check_problem(worker.get(f"/api/tasks/{task_id}/log"), 410, "task-expired")
        again = worker.request("DELETE", f"/api/tasks/{task_id}")
        assert again.status == 204 and again.body == b""
    assert daemon.sql(f"SELECT COUNT(*) FROM task WHERE id = '{task_id}'") == [["0"]]
    check_problem(client.request("DELETE", f"/api/tasks/{UNKNOWN}"), 404, "task-not-found")
    running = client.start("test_sleep", ms=60000, steps=600)
    check_problem(client.request("DELETE", f"/api/tasks/{running}"), 409, "task-still-running")
    cancel(client, running)
    client.wait(running)
    assert client.request("DELETE", f"/api/tasks/{running}").status == 204
    wait_ready(client)


# ---- refused rows ----

FAULTS = ["#row", "#field", "#code", "#message", "#suggestions"]


def rejects(client, task_id, query=""):
    answer = client.get(f"/api/tasks/{task_id}/rejects.csv{query}")
    assert answer.status == 200, answer
    return answer


def test_rejects_are_the_rows_as_they_came_with_what_is_wrong(daemon):
    samples.load_catalogue(daemon)
    client = daemon.worker(0)
    head = ["Количество", "Артикул", "Наименование", "Примечание", "Цена"]
    rows = [[5, "PN-1", "Good", "x", 10], ["many", "PN-2", "=1+1", "x", 10], [1, "PN-3", 'Say "hi", all', "x", 7], [-3, "PN-4", "Less", "x", 1],
            [2, "PN-5", "Good", "x", 2], [2, "PN-6", "Good", "x", 2]]
    answer = client.upload("/api/stock/import?warehouse=MAIN", samples.xlsx([head, *rows]))
    task = client.wait(answer.json["task_id"])
    assert task["status"] == "completed" and task["result"]["rows_rejected"] == 2, task
    assert outcome(client, task["id"]) == "partial"
    assert task["result"]["rejects"] == f"/api/tasks/{task['id']}/rejects.csv"
    answer = rejects(client, task["id"])
    assert answer.headers["Content-Disposition"] == f'attachment; filename="rejects-{task["id"]}.csv"'
    assert answer.headers["Cache-Control"] == "no-store"
    table = list(csv.DictReader(io.StringIO(answer.body.decode())))
    assert [(row["#row"], row["#field"], row["#code"]) for row in table] == [("3", "qty", "E_QTY_NUM"), ("5", "qty", "E_QTY_NEGATIVE")]
    assert list(table[0]) == [*head, *FAULTS], "the file's own captions in its order, then what is wrong"
    assert [table[0][name] for name in head] == ["many", "PN-2", "'=1+1", "x", "10"]
    assert table[1]["Количество"] == "-3", "a number is no formula"
    assert table[0]["#message"] == "Sheet «TDSheet», row 3, column A «Количество»: «many» is not a number; write the quantity in digits."
    assert answer.body.endswith(b"\r\n")
    russian = rejects(client, task["id"], "?excel=ru").body.decode()
    assert russian.startswith("\ufeffКоличество;Артикул;Наименование;Примечание;Цена;#row;#field;")
    assert rejects(client, task["id"], "?header=false").body.decode().startswith("many,PN-2,")
    check_problem(client.get(f"/api/tasks/{task['id']}/rejects.csv?sep=pipe"), 422, "invalid-parameters")


def test_rejects_of_a_failed_import_and_of_many_rows(daemon):
    samples.load_catalogue(daemon)
    client = daemon.worker(0)
    head = ["Артикул", "Наименование", "Количество", "Цена"]
    data = samples.xlsx([head] + [[f"PN-{number}", f"Item {number}", "none", 1] for number in range(2500)])
    task = client.wait(client.upload("/api/stock/import?warehouse=MAIN", data).json["task_id"])
    assert task["status"] == "error" and task["result"] is None, task
    table = list(csv.DictReader(io.StringIO(rejects(client, task["id"]).body.decode())))
    assert [int(row["#row"]) for row in table] == list(range(2, 2502))
    assert list(table[0]) == [*head, *FAULTS], "named although there is no result"
    assert [row["Артикул"] for row in table] == [f"PN-{number}" for number in range(2500)]


def test_rejects_of_a_catalogue_import(daemon):
    client = daemon.worker(0)
    text = ("name,code\r\n" "Main,MAIN\r\n" "\"Without, a code\",\r\n" "=East,EAST\r\n" "Too long," + "X" * 40 + "\r\n")
    task = client.wait(client.upload("/api/catalog/warehouses/import", text.encode(), "text/csv").json["task_id"])
    assert task["status"] == "completed" and task["message"] == "2 of 4 rows accepted, 2 rejected", task
    assert outcome(client, task["id"]) == "partial"
    result = task["result"]
    assert (result["rows_total"], result["inserted"], result["rejected"]) == (4, 2, 2) and sum(result["errors"].values()) == 2, result
    assert result["rejects"] == f"/api/tasks/{task['id']}/rejects.csv"
    head, *table = csv.reader(io.StringIO(client.get(result["rejects"]).body.decode()))
    assert [line[2:5] for line in table] == [["3", "code", "E_REQUIRED"], ["5", "code", "E_TEXT_LONG"]], table
    assert head == ["name", "code", *FAULTS], "the file's own names, in its order"
    assert [line[:2] for line in table] == [["Without, a code", ""], ["Too long", "X" * 40]], "each in its column"
    assert daemon.sql("SELECT code FROM warehouse ORDER BY code") == [["EAST"], ["MAIN"]]
    wide = client.wait(client.upload("/api/catalog/warehouses/import", b"code,name\r\nWEST,West,,one more\r\n", "text/csv").json["task_id"])
    head, *table = csv.reader(io.StringIO(rejects(client, wide["id"]).body.decode()))
    assert head == ["code", "name", "", "", *FAULTS] and [line[:4] for line in table] == [["WEST", "West", "", "one more"]]
    good = client.wait(client.upload("/api/catalog/warehouses/import", b"code,name\r\nWEST,West\r\n", "text/csv").json["task_id"])
    assert outcome(client, good["id"]) == "succeeded" and "rejects" not in good["result"], good


def test_rejects_refusals(daemon):
    client = daemon.worker(0)
    running = client.start("test_sleep", ms=60000, steps=600)
    check_problem(client.get(f"/api/tasks/{running}/rejects.csv"), 409, "task-still-running")
    check_problem(client.get(f"/api/tasks/{UNKNOWN}/rejects.csv"), 404, "task-not-found")
    cancel(client, running)
    client.wait(running)
    assert rejects(client, running).body == ",".join(FAULTS).encode() + b"\r\n"
    assert client.request("DELETE", f"/api/tasks/{running}").status == 204
    check_problem(client.get(f"/api/tasks/{running}/rejects.csv"), 410, "task-expired")
