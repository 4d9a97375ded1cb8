"""GET /api/operation: what the daemon does now, held until something changes. From shared memory alone."""
import os
import signal
import threading
import time

from daemon import halt
from test_actions import busy_runners, cancel
from test_tasks import check_problem
from test_tokens import as_client, make

MEMBERS = ["now", "node", "tasks", "elsewhere", "queue", "slots", "processes", "totals", "database"]


def operation(client, query="", headers=None):
    answer = client.get(f"/api/operation{query}", headers)
    assert answer.status == 200 and list(answer.json) == MEMBERS, answer
    return answer


def test_tasks_queue_and_processes(daemon):
    client = daemon.worker(0)
    done = client.start("test_sleep", ms=0, steps=3)
    client.wait(done)
    crashed = client.start("test_crash", how="exit")
    client.wait(crashed)
    busy = busy_runners(daemon)
    waiting = [client.start("test_ledger", ms=0), client.start("test_join", ms=0)]
    view = operation(daemon.worker(1)).json
    assert [task["id"] for task in view["tasks"]] == busy + waiting + [crashed, done]  # running, waiting in their order, ended latest first
    assert [task["waiting"] for task in view["tasks"]] == [False, False, True, True, False, False]
    assert {task["runner"] for task in view["tasks"][:2]} == {0, 1} and all(task["runner"] is None for task in view["tasks"][2:])
    for task in view["tasks"][2:]:
        plain = client.task(task["id"])
        assert {name: task[name] for name in ("type", "status", "progress", "message", "error", "created_at", "done_at")} == {
            name: plain[name] for name in ("type", "status", "progress", "message", "error", "created_at", "done_at")}
    assert (view["tasks"][-1]["total"], view["tasks"][-1]["done"], view["tasks"][-1]["rejected"], view["tasks"][-1]["outcome"]) == (3, 3, 0, "succeeded")
    assert view["tasks"][-2]["outcome"] == "interrupted" and view["tasks"][-2]["attempt"] == 3
    assert view["queue"]["types"]["test_sleep"] == {"waiting": 0, "running": 2, "limit": None} and view["queue"]["types"]["recalculate"]["limit"] == 1
    assert view["queue"]["types"]["test_ledger"]["waiting"] == 1 and view["queue"]["oldest_at"] == view["tasks"][2]["created_at"]
    assert view["slots"] == {"all": 1024, "live": 4, "ended": 2, "repairs": 0}
    kinds = [process["kind"] for process in view["processes"] if process["state"] == "active"]
    assert kinds.count("worker") == kinds.count("runner") == 2 and kinds.count("janitor") == 1
    assert {process["pid"] for process in view["processes"] if process["kind"] == "runner" and process["state"] == "active"} == set(daemon.children("runner"))
    assert view["totals"]["ended"]["succeeded"] == view["totals"]["ended"]["interrupted"] == 1 and view["totals"]["started"] == 4
    assert view["totals"]["requests"] > 10 and view["database"]["up"] and view["database"]["built_in"] and view["database"]["weakness"] is None


def test_it_waits_for_a_change(daemon):
    client, other = daemon.worker(0), daemon.worker(0)
    quiet = operation(client)
    began = time.monotonic()
    same = client.get("/api/operation?wait=1", {"If-None-Match": quiet.headers["ETag"]})
    assert same.status == 304 and same.headers["Preference-Applied"] == "wait=1" and 0.9 < time.monotonic() - began < 3
    assert client.get("/api/operation", {"If-None-Match": quiet.headers["ETag"]}).status == 304
    threading.Timer(0.5, lambda: other.start("test_sleep", ms=0)).start()
    began = time.monotonic()
    changed = operation(client, "?wait=20", {"If-None-Match": quiet.headers["ETag"]})
    assert 0.3 < time.monotonic() - began < 5 and changed.headers["Preference-Applied"] == "wait=20" and len(changed.json["tasks"]) == 1
    at_once = operation(client, "?wait=20", {"If-None-Match": quiet.headers["ETag"]})
    assert at_once.headers["ETag"] != quiet.headers["ETag"]
    check_problem(client.get("/api/operation?wait=x"), 422, "invalid-parameters")


def test_few_wait_at_once_and_none_holds_up_a_stop(make_daemon):
    daemon = make_daemon(http__workers=1)
    tag = operation(daemon.worker(0)).headers["ETag"]
    answers = []

    def wait():
        began = time.monotonic()
        answer = daemon.worker(0).get("/api/operation?wait=20", {"If-None-Match": tag})
        answers.append((time.monotonic() - began, answer.status, answer.headers["Preference-Applied"]))

    threads = [threading.Thread(target=wait) for _ in range(6)]
    for thread in threads:
        thread.start()
    end = time.monotonic() + 5
    while len(answers) < 2:
        assert time.monotonic() < end
        time.sleep(0.02)
    time.sleep(0.3)
    assert len(answers) == 2 and all(status == 304 and applied is None for _, status, applied in answers)
    # a client that goes away makes room
    lost = daemon.worker(0)._open()
    lost.close()
    began = time.monotonic()
    assert daemon.term() == 0 and time.monotonic() - began < 8
    for thread in threads:
        thread.join()
    assert len(answers) == 6 and all(status == 304 for _, status, _ in answers)


def test_a_client_that_leaves_makes_room(make_daemon):
    daemon = make_daemon(http__workers=1)
    tag = operation(daemon.worker(0)).headers["ETag"]
    for _ in range(3):
        sockets = []
        for _ in range(4):
            connection = daemon.worker(0)._open()
            connection.request("GET", "/api/operation?wait=20", headers={"If-None-Match": tag})
            sockets.append(connection)
        time.sleep(0.3)
        assert daemon.worker(0).get("/api/operation?wait=20", {"If-None-Match": tag}).headers["Preference-Applied"] is None
        for connection in sockets:
            connection.close()
        time.sleep(0.3)
    assert daemon.worker(0).get("/api/operation?wait=1", {"If-None-Match": tag}).headers["Preference-Applied"] == "wait=1"


def test_without_the_database(daemon):
    client = daemon.worker(0)
    task = client.start("test_sleep", ms=60000, steps=600)
    client.wait(task, until=lambda t: t["progress"] >= 1)
    pid = int((daemon.runtime / "db.pid").read_text())
    halt(pid)
    try:
        end = time.monotonic() + 20
        while (view := operation(client).json)["database"]["up"]:
            assert time.monotonic() < end
            time.sleep(0.2)
        assert view["tasks"][0]["id"] == task and view["database"]["trouble"]
    finally:
        os.kill(pid, signal.SIGCONT)


def test_pids_are_for_the_scope_admin(make_daemon, place):
    file = place / "tokens"
    admin, reader = make(file, "-s", "admin"), make(file, "-s", "read")
    daemon = make_daemon(auth__tokens_file=file)
    assert all(process["pid"] for process in operation(as_client(daemon.worker(0), admin)).json["processes"] if process["state"] == "active")
    assert {process["pid"] for process in operation(as_client(daemon.worker(0), reader)).json["processes"]} == {None}


def test_no_more_than_a_screen_needs(make_daemon):
    daemon = make_daemon(tasks__slots=512, tasks__max_waiting=512)
    client = daemon.worker(0)
    for _ in range(60):
        client.wait(client.start("test_sleep", ms=0, steps=1))
    busy = busy_runners(daemon)
    waiting = [client.start("test_sleep", ms=0, steps=1) for _ in range(230)]
    view = operation(client).json
    assert [task["id"] for task in view["tasks"][:200]] == busy + waiting[:198] and len(view["tasks"]) == 250
    assert all(task["done_at"] for task in view["tasks"][200:])
    for task in busy:
        cancel(client, task)


OTHER = "5d7e8f90-1a2b-4c3d-8e4f-506172839405"


def test_tasks_of_other_nodes(daemon):
    """As far as they were read: the answer waits neither for the database nor for a hung one; who waits is told of a change there too."""
    client = daemon.worker(0)
    mine = busy_runners(daemon)

    def elsewhere():
        return operation(client).json["elsewhere"]

    end = time.monotonic() + 10
    while elsewhere() is None:
        assert time.monotonic() < end
        time.sleep(0.05)
    assert elsewhere()["tasks"] == []
    tag = operation(client).headers["ETag"]
    daemon.sql("INSERT INTO task (id, node, type, params, status, created_at, started_at, attempt) VALUES "
               f"('11111111-0000-4000-8000-000000000001', '{OTHER}', 'recalculate', '{{}}', 'queued', '2026-02-05 08:00:01', NULL, 0),"
               f"('11111111-0000-4000-8000-000000000002', '{OTHER}', 'stock_import', '{{}}', 'running', '2026-02-05 08:00:00', '2026-02-05 08:00:02', 2),"
               f"('11111111-0000-4000-8000-000000000003', '{OTHER}', 'stock_import', '{{}}', 'succeeded', '2026-02-05 08:00:00', '2026-02-05 08:00:02', 1)")
    told = operation(client, "?wait=10", {"If-None-Match": tag})
    assert told.headers["ETag"] != tag
    while len(elsewhere()["tasks"]) != 2:
        assert time.monotonic() < end
        time.sleep(0.05)
    view = operation(client).json
    assert [(task["id"][-1], task["node"], task["type"], task["waiting"], task["attempt"], task["started_at"]) for task in view["elsewhere"]["tasks"]] == [
        ("2", OTHER, "stock_import", False, 2, "2026-02-05T08:00:02.000Z"), ("1", OTHER, "recalculate", True, 0, None)]
    assert [task["id"] for task in view["tasks"]][:2] == mine and view["node"] != OTHER
    daemon.sql(f"DELETE FROM task WHERE node = '{OTHER}'")
    pid = int((daemon.runtime / "db.pid").read_text())
    halt(pid)
    try:
        began = time.monotonic()
        while time.monotonic() - began < 3:
            at = time.monotonic()
            known = elsewhere()
            assert time.monotonic() - at < 1 and known is not None
            time.sleep(0.2)
    finally:
        os.kill(pid, signal.SIGCONT)
    end = time.monotonic() + 15
    while elsewhere()["tasks"]:
        assert time.monotonic() < end
        time.sleep(0.1)
