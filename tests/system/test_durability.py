"""Weak durability is never silent, outages are told once, and readiness is what a start would meet."""
import os
import re
import signal
import subprocess
import threading
import time

import pytest

from daemon import ACCOUNT, Daemon, halt
from own_server import own_server


def until(condition, seconds=20):
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)
    return value


def lines(daemon, pattern):
    return re.findall(pattern, daemon.log_text())


@pytest.fixture
def site(make_daemon):
    """Two daemons: the first one's built-in server is a server of the site for the second."""
    host = make_daemon(name="host")

    def second(start=True, **options):
        return make_daemon(start=start, name="second", database__socket=host.runtime / "db.sock", database__user="priceforge",
                           database__name="priceforge", **options)

    # A session that stays: there may be no connection left for a new one.
    account = ["setpriv", f"--reuid={ACCOUNT}", f"--regid={ACCOUNT}", "--clear-groups"] if os.geteuid() == 0 else []
    session = subprocess.Popen([*account, "mariadb", "--no-defaults", "-N", "-B", "-n", "--socket", str(host.runtime / "db.sock"), "priceforge"],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd="/")

    def admin(statement):
        session.stdin.write(f"{statement}; SELECT 'done';\n")
        session.stdin.flush()
        assert session.stdout.readline() == "done\n", statement

    admin("SET ROLE priceforge_admin")
    host.admin = admin
    yield host, second
    session.stdin.close()
    session.wait(10)
    session.stdout.close()


def test_weak_commits_are_told(site):
    host, second = site
    host.admin("SET GLOBAL innodb_flush_log_at_trx_commit = 2")
    daemon = second()
    client = daemon.worker(0)
    text = "innodb_flush_log_at_trx_commit is not 1: a power cut loses accepted tasks"
    until(lambda: lines(daemon, f"database: {text}"))
    answer = client.get("/readyz")
    assert answer.status == 200 and answer.json["checks"]["durability"] == {"ok": True, "age_ms": 0, "detail": text}
    assert b"\npriceforge_database_durable 0\n" in client.get("/metrics").body
    assert len(lines(daemon, "a power cut loses")) == 1
    assert daemon.term() == 0
    # The same server with its proper setting says nothing.
    host.admin("SET GLOBAL innodb_flush_log_at_trx_commit = 1")
    daemon.log.unlink()
    daemon.start()
    until(lambda: b"\npriceforge_database_durable 1\n" in daemon.worker(0).get("/metrics").body)
    assert "detail" not in daemon.worker(0).get("/readyz").json["checks"]["durability"] and not lines(daemon, "power cut")


def test_files_that_are_not_synced_are_told(make_daemon):
    with own_server("--innodb-flush-method=nosync", "--skip-innodb-doublewrite", "--innodb-flush-log-at-trx-commit=2") as server:
        daemon = make_daemon(**server.daemon_options())
        text = ("innodb_flush_log_at_trx_commit is not 1, files are not synced, innodb_doublewrite is not on: "
                "a power cut loses accepted tasks")
        until(lambda: lines(daemon, f"database: {text}"))
        assert daemon.worker(0).get("/readyz").json["checks"]["durability"]["detail"] == text
        assert daemon.term() == 0


def test_weak_durability_can_be_refused(site):
    host, second = site
    host.admin("SET GLOBAL innodb_flush_log_at_trx_commit = 0")
    daemon = second(start=False, database__require_durable="yes")
    with open(daemon.log, "ab") as log:
        done = subprocess.run(daemon.command(), stdout=subprocess.PIPE, stderr=log, timeout=60)
    assert done.returncode == 78
    assert lines(daemon, r"the database cannot be used: .*innodb_flush_log_at_trx_commit is not 1: a power cut loses accepted tasks")
    assert lines(daemon, "mend the server's settings, or set database.require_durable = no")
    host.admin("SET GLOBAL innodb_flush_log_at_trx_commit = 1")
    daemon.start()
    assert until(lambda: daemon.worker(0).get("/readyz").status == 200)


def statuses(client, seconds):
    """Starts and reads as fast as one client can."""
    end, found = time.monotonic() + seconds, []
    while time.monotonic() < end:
        answer = client.post_json("/api/tasks", {"type": "test_sleep", "params": {"ms": 0}})
        found.append((answer.status, answer.json.get("detail")))
        client.get("/api/stock")
    return found


def test_a_server_that_dies_is_told_once(make_daemon):
    daemon = make_daemon(http__workers=4)
    server = int((daemon.runtime / "db.pid").read_text())
    clients = [daemon.worker(index) for index in range(4)]
    found, threads = [], []
    for client in clients:
        threads.append(threading.Thread(target=lambda client=client: found.extend(statuses(client, 4))))
        threads[-1].start()
    time.sleep(0.5)
    os.kill(server, signal.SIGSTOP)
    time.sleep(0.2)
    os.kill(server, signal.SIGKILL)
    for thread in threads:
        thread.join()
    refused = {detail for status, detail in found if status == 503}
    assert refused <= {"the database does not answer; try again soon"}, refused
    until(lambda: daemon.worker(0).get("/readyz").status == 200)
    until(lambda: lines(daemon, "database back after") or not lines(daemon, "database gone"))
    time.sleep(1)
    assert len(lines(daemon, "database gone")) <= 2 and len(lines(daemon, "database back after")) <= 2, daemon.log_text()
    assert not lines(daemon, r"request \S+: gone"), "not one line per request"


def test_a_frozen_server_is_told_and_readiness_does_not_wait(make_daemon):
    daemon = make_daemon()
    server = int((daemon.runtime / "db.pid").read_text())
    client = daemon.worker(0)
    assert client.get("/readyz").status == 200
    halt(server)
    try:
        time.sleep(0.3)  # a try that succeeded stands for 0.2 s
        begun = time.monotonic()
        answer = client.get("/readyz")
        assert answer.status == 503 and time.monotonic() - begun < 3.5
        assert answer.json["checks"]["database"]["detail"] == "the database does not answer"
        gone = until(lambda: lines(daemon, "database gone: (.*)"), 30)
        assert gone[0].startswith("the database does not answer (error 20"), gone
    finally:
        os.kill(server, signal.SIGCONT)
    back = until(lambda: lines(daemon, r"database back after (\d+\.\d{3}) s"))
    assert float(back[-1]) < 40
    until(lambda: client.get("/readyz").status == 200)


@pytest.mark.parametrize("fault,number,words", [
    ("ALTER USER shop@localhost IDENTIFIED BY 'another'; KILL USER shop", 1045, "the database refuses the service's login"),
    ("SET GLOBAL read_only = 1", 1290, "the database is read-only"),
    ("REVOKE INSERT ON priceforge.* FROM shop@localhost; KILL USER shop", 1142, "the service lacks a right in the database"),
    ("SET GLOBAL max_connections = 10; KILL USER shop", 1040, "the database has no connection left"),
    # What a full disk answers, played by a trigger.
    ("CREATE TRIGGER full_disk BEFORE INSERT ON task FOR EACH ROW SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1114, MESSAGE_TEXT = 'full'",
     1114, "the database's disk is full")])
def test_the_cause_of_an_outage_is_told_in_words(site, place, fault, number, words):
    """The log names the error, clients and /readyz get its class; then it is mended, and told to be back."""
    host, _ = site
    host.admin("CREATE USER shop@localhost IDENTIFIED BY 'secret'; GRANT ALL ON priceforge.* TO shop@localhost")
    password = place / "password"
    password.write_text("secret\n")
    password.chmod(0o600)
    daemon = Daemon(host.build, place / "shop", place / "shop.log", options={
        "database.socket": host.runtime / "db.sock", "database.user": "shop", "database.name": "priceforge",
        "database.password_file": password})
    daemon.start()
    try:
        client = daemon.worker(0)
        until(lambda: client.get("/readyz").status == 200)
        host.admin(fault)
        until(lambda: client.post_json("/api/tasks", {"type": "test_sleep", "params": {"ms": 0}}).json.get("detail") == f"{words}; try again soon")
        # A thread whose connection was cut knows only that, until it has tried to connect.
        answer = until(lambda: (found := client.get("/readyz")).json["checks"]["database"].get("detail") == words and found)
        assert answer.status == 503, answer
        # One whose statement was cut off says that first, and the cause when it has tried to connect.
        until(lambda: any(f"error {number}" in gone for gone in lines(daemon, "database gone: (.*)")))
        time.sleep(2)
        assert len(lines(daemon, f"error {number}")) == 1, daemon.log_text()
        host.admin("ALTER USER shop@localhost IDENTIFIED BY 'secret'; SET GLOBAL read_only = 0; SET GLOBAL max_connections = 100; "
                   "GRANT ALL ON priceforge.* TO shop@localhost; DROP TRIGGER IF EXISTS full_disk")
        until(lambda: client.get("/readyz").status == 200)
        until(lambda: lines(daemon, r"database back after"))
        assert client.wait(client.start("test_sleep", ms=0))["status"] == "completed"
    finally:
        daemon.stop_hard()


def test_no_age_is_absurd(make_daemon, place):
    daemon = make_daemon(database__socket=place / "nobody.sock", database__user="nobody")
    for _ in range(20):
        checks = daemon.worker(0).get("/readyz").json["checks"]
        assert all(check["age_ms"] is None or check["age_ms"] < 60000 for check in checks.values()), checks
        time.sleep(0.05)
    assert checks["database"] == {"ok": False, "age_ms": None, "detail": "the database does not answer", "code": "database-unavailable"}


def test_a_table_full_of_finished_tasks_is_ready_and_one_of_live_ones_is_not(make_daemon):
    daemon = make_daemon(tasks__slots=8, tasks__max_waiting=8)
    client = daemon.worker(0)
    for _ in range(12):
        client.wait(client.start("test_sleep", ms=0))
    assert client.get("/readyz").status == 200
    live = []
    while (answer := client.post_json("/api/tasks", {"type": "test_sleep", "params": {"ms": 20000}})).status == 202:
        live.append(answer.json["task_id"])
        assert len(live) <= 8
    answer = client.get("/readyz")
    slots = answer.json["checks"]["slots"]
    assert answer.status == 503 and slots == {"ok": False, "age_ms": 0, "code": "table-full",
                                              "detail": "the task table is full: every slot holds a task that waits or runs"}
    assert client.request("POST", f"/api/tasks/{live[-1]}/cancel").status in (200, 202)
    until(lambda: client.get("/readyz").status == 200)
