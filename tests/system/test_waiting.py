"""Waiting costs no attempt: locks, deadlocks and a database that is away are waited for in place."""
import subprocess
import time

import samples
from test_metrics import scrape


def full(client, task_id):
    answer = client.get(f"/api/tasks/{task_id}?view=full")
    assert answer.status == 200, answer
    return answer.json


def import_stock(client, rows=20, warehouse="MAIN"):
    body, content_type = samples.multipart({"warehouse": warehouse}, "stock.xlsx", samples.stock(rows))
    answer = client.upload("/api/stock/import", body, content_type)
    assert answer.status == 202, answer
    return answer.json["task_id"]


def holding(daemon, statement, seconds):
    """A session that holds what `statement` locks, for so long."""
    return subprocess.Popen(daemon.sql_command(f"BEGIN; {statement}; DO SLEEP({seconds}); ROLLBACK"), stdout=subprocess.PIPE,
                            stderr=subprocess.DEVNULL, text=True)


def waits(daemon, cause):
    return scrape(daemon.worker(0)).get("task_waits_total", cause=cause)


def test_a_row_that_another_session_locks(daemon):
    samples.load_catalogue(daemon)
    client = daemon.worker(0)
    session = holding(daemon, "SELECT * FROM warehouse WHERE code = 'MAIN' FOR UPDATE", 60)
    assert session.stdout.readline()  # the row is shown once it is locked
    task_id = import_stock(client)
    shown = client.wait(task_id, seconds=60, until=lambda t: t["message"].startswith("waiting for a lock"))
    assert shown["status"] == "running"
    assert waits(daemon, "lock") >= 1
    session.kill()
    session.wait()
    daemon.sql("SELECT 1")
    end_sessions(daemon)
    task = client.wait(task_id, seconds=60)
    assert task["status"] == "completed" and full(client, task_id)["attempt"] == 1
    assert "attempt 1 waits: retry 1205" in daemon.log_text()
    log = client.get(f"/api/tasks/{task_id}/log").body.decode()
    assert "waiting for a lock" in log and "attempt 2" not in log


def end_sessions(daemon):
    """The client is gone, its session sleeps on in the server."""
    for (number,) in daemon.sql("SELECT id FROM information_schema.processlist WHERE info LIKE 'DO SLEEP%'"):
        daemon.sql(f"KILL {number}")


def test_the_row_of_the_lease(daemon):
    samples.load_catalogue(daemon)
    client = daemon.worker(0)
    client.wait(import_stock(client))  # the lease has a row now
    session = holding(daemon, "SELECT * FROM lease WHERE name LIKE 'stock:%' FOR UPDATE", 14)
    assert session.stdout.readline()  # the row is shown once it is locked
    task_id = import_stock(client, rows=30)
    task = client.wait(task_id, seconds=60)
    session.wait()
    assert task["status"] == "completed" and full(client, task_id)["attempt"] == 1, task


def test_a_database_that_goes_away(daemon):
    samples.load_catalogue(daemon)
    client = daemon.worker(0)
    task_id = import_stock(client, rows=60000)
    client.wait(task_id, until=lambda t: t["message"].startswith("saving row"), every=0.005)
    assert full(client, task_id)["eta_seconds"] is None  # how long that takes is not known
    pid = int(subprocess.run(["pgrep", "-P", str(daemon.pid), "mariadbd"], capture_output=True, text=True, check=True).stdout)
    subprocess.run(["kill", "-KILL", str(pid)], check=True)
    task = client.wait(task_id, seconds=90)
    assert task["status"] == "completed", task
    shown = full(client, task_id)
    assert shown["attempt"] == 1, shown
    assert waits(daemon, "database") >= 1
    assert daemon.sql("SELECT COUNT(*) FROM stock_item") == [["60000"]]


def test_a_cancel_ends_the_wait(daemon):
    samples.load_catalogue(daemon)
    client = daemon.worker(0)
    session = holding(daemon, "SELECT * FROM warehouse WHERE code = 'MAIN' FOR UPDATE", 60)
    assert session.stdout.readline()  # the row is shown once it is locked
    task_id = import_stock(client)
    client.wait(task_id, seconds=60, until=lambda t: t["message"].startswith("waiting for a lock"))
    begun = time.monotonic()
    assert client.request("POST", f"/api/tasks/{task_id}/cancel").status in (200, 202)
    task = client.wait(task_id, seconds=30)
    assert task["status"] == "error" and task["error"].startswith("Cancelled") and time.monotonic() - begun < 10
    session.kill()
    session.wait()
    end_sessions(daemon)


def test_a_stop_gives_the_attempt_back(daemon):
    samples.load_catalogue(daemon)
    client = daemon.worker(0)
    session = holding(daemon, "SELECT * FROM warehouse WHERE code = 'MAIN' FOR UPDATE", 60)
    assert session.stdout.readline()  # the row is shown once it is locked
    task_id = import_stock(client)
    client.wait(task_id, seconds=60, until=lambda t: t["message"].startswith("waiting for a lock"))
    assert daemon.term() == 0
    session.wait()
    daemon.start()
    client = daemon.worker(0)
    task = client.wait(task_id, seconds=30)
    assert task["status"] == "completed" and full(client, task_id)["attempt"] == 1, task
