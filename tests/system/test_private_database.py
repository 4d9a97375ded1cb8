"""The built-in database: as many connections as its processes need, an account with no right too many, a directory from elsewhere."""
import grp
import os
import pwd
import re
import shutil
import subprocess
import threading
import time

import pytest

import samples
from daemon import ACCOUNT, Client

RIGHTS = "SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, REFERENCES, INDEX, ALTER, CREATE TEMPORARY TABLES, TRIGGER"


def test_connections_follow_from_the_processes(make_daemon):
    """24 workers and 6 runners: each worker reads and starts, all at the same time, and everything holds its connections."""
    daemon = make_daemon(http__workers=24, tasks__runners=6)
    samples.load_catalogue(daemon)
    answers = {}

    def use(index):
        client = daemon.worker(index)
        answers[index] = [client.get("/api/components").status, client.get("/api/stock").status,
                          client.post_json("/api/tasks", {"type": "test_sleep", "params": {"ms": 0}}).status,
                          client.get("/readyz").status]

    threads = [threading.Thread(target=use, args=(index,)) for index in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {index: [200, 200, 202, 200] for index in range(24)}
    variables = dict(daemon.sql("SHOW GLOBAL STATUS LIKE 'Max_used_connections'") + daemon.sql("SHOW VARIABLES LIKE 'max_connections'"))
    used, admitted = int(variables["Max_used_connections"]), int(variables["max_connections"])
    assert 24 * 2 < used <= 24 * 4 + 6 + 2 + 2 and admitted >= 2 * used, variables
    refused = daemon.sql("SHOW GLOBAL STATUS LIKE 'Connection_errors_max_connections'")
    assert refused == [["Connection_errors_max_connections", "0"]]
    assert "Changed limits" not in (daemon.state / "db.log").read_text(errors="replace")


def test_the_servers_log_does_not_grow_for_ever(make_daemon):
    """Above 8 MiB it is moved aside at a start, over the one of before; below it goes on."""
    daemon = make_daemon()
    assert daemon.term() == 0
    log, old = daemon.state / "db.log", daemon.state / "db.log.old"
    for size, moved in ((8 << 20, False), ((8 << 20) + 1, True), ((8 << 20) + 7, True)):
        with open(log, "r+b") as file:
            file.truncate(size)
        daemon.start()
        assert daemon.term() == 0
        assert (old.stat().st_size if old.exists() else 0) == (size if moved else 0)
        assert (log.stat().st_size > 8 << 20) != moved and "Shutdown complete" in log.read_bytes()[-3000:].decode(errors="replace")


def test_the_account_has_what_it_needs_and_no_more(make_daemon):
    daemon = make_daemon(fresh=True)
    account = ACCOUNT if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    grants = [row[0] for row in daemon.sql("SHOW GRANTS", admin=False)]
    assert grants == [f"GRANT `priceforge_admin` TO `{account}`@`localhost`",
                      f"GRANT USAGE ON *.* TO `{account}`@`localhost` IDENTIFIED VIA mysql_native_password USING 'invalid' OR unix_socket",
                      f"GRANT {RIGHTS} ON `priceforge`.* TO `{account}`@`localhost`"]
    for statement in ("SELECT * FROM mysql.global_priv", "SET GLOBAL max_connections = 10", "CREATE DATABASE other", "CREATE USER x"):
        with pytest.raises(subprocess.CalledProcessError) as refused:
            daemon.sql(statement, admin=False)
        assert re.search(r"ERROR (1142|1227|1044) ", refused.value.stderr), refused.value.stderr
    # What it has is enough: a whole import and a price list, a cancelled statement, a new start.
    samples.load_catalogue(daemon)
    task = daemon.worker(0).wait(daemon.worker(0).start("recalculate", as_of="2026-02-05"))
    assert task["status"] == "completed", task
    assert daemon.term() == 0
    daemon.start()
    assert daemon.worker(1).get("/api/stock").status == 200


@pytest.mark.parametrize("before", ["all", "restricted"])
def test_rights_are_put_right_at_the_next_start(make_daemon, before):
    """A directory of an older daemon, whose account was the server's administrator; and one whose database has another name now."""
    daemon = make_daemon()
    account = ACCOUNT if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    if before == "all":
        daemon.sql(f"GRANT ALL PRIVILEGES ON *.* TO {account}@localhost WITH GRANT OPTION; DROP ROLE priceforge_admin")
        assert "GRANT ALL PRIVILEGES ON *.*" in daemon.sql("SHOW GRANTS", admin=False)[0][0]
    else:
        daemon.options["database.name"] = "price_forge"
    assert daemon.term() == 0
    daemon.start()
    grants = [row[0] for row in daemon.sql("SHOW GRANTS", admin=False)]
    assert not any("ALL PRIVILEGES" in grant or "GRANT OPTION" in grant for grant in grants), grants
    if before == "restricted":
        assert f"GRANT {RIGHTS} ON `price\\\\_forge`.* TO `{account}`@`localhost`" in grants
    client = daemon.worker(0)
    assert client.wait(client.start("test_sleep", ms=0))["status"] == "completed"


def test_a_directory_of_another_account(make_daemon, place):
    """Copied with its files given to us: no endless restart, and what the message says to do works."""
    if os.geteuid() != 0:
        pytest.skip("needs root to have two accounts")
    daemon = make_daemon()
    client = daemon.worker(0)
    done = client.start("test_sleep", ms=0)
    client.wait(done)
    assert daemon.term() == 0
    nobody = pwd.getpwnam("nobody")
    subprocess.run(["chown", "-R", f"nobody:{grp.getgrgid(nobody.pw_gid).gr_name}", daemon.state], check=True)
    copy = make_daemon(start=False)
    copy.options["daemon.user"] = "nobody"
    with open(copy.log, "ab") as log:
        begun = time.monotonic()
        ended = subprocess.run(copy.command(), stdout=subprocess.PIPE, stderr=log, timeout=60)
    assert ended.returncode == 78 and b"ready" not in ended.stdout, ended
    text = copy.log_text()
    assert "was made by another system account: it does not know 'nobody'" in text
    assert text.count("does not know 'nobody'") == 1 and time.monotonic() - begun < 20
    command = re.search(r"(printf .*--bootstrap)", text)[1]
    mended = subprocess.run(["setpriv", "--reuid=nobody", f"--regid={nobody.pw_gid}", "--clear-groups", "sh", "-c", command],
                            env={"PATH": "/usr/sbin:/usr/bin:/bin"}, cwd="/", capture_output=True, text=True)
    assert mended.returncode == 0, mended
    copy.start()
    client = copy.worker(0)
    assert client.get(f"/api/tasks/{done}").status == 200
    assert client.wait(client.start("test_sleep", ms=0))["status"] == "completed"
