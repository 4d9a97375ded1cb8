"""priceforge db move: from the built-in database to a server of one's own, and what stands in its way."""
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from admin import ADMIN, admin, content, done
from conftest import BUILD
from daemon import ACCOUNT
from demo_world import World
from own_server import own_server

RIGHTS = "SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, REFERENCES, INDEX, ALTER, CREATE TEMPORARY TABLES, TRIGGER"
FOLDED = {"task_count", "task_count_change"}


@pytest.fixture(scope="module")
def server():
    with own_server() as server:
        server.sql("CREATE DATABASE prices", "CREATE USER mover@localhost IDENTIFIED BY 'mo ve'", f"GRANT {RIGHTS} ON prices.* TO mover@localhost",
                   "CREATE DATABASE poor", "GRANT SELECT, INSERT, CREATE, DROP, ALTER, INDEX, REFERENCES, TRIGGER, DELETE ON poor.* TO mover@localhost",
                   database="mysql")
        yield server


@pytest.fixture
def secret(place):
    path = place / "secret"
    path.write_text("mo ve\n")
    path.chmod(0o600)
    if os.geteuid() == 0:
        shutil.chown(path, ACCOUNT)
    return path


def target(server, name="prices"):
    return f"mysql://mover@localhost/{name}?socket={server.socket}"


def test_a_move_and_a_daemon_that_goes_on(make_daemon, place, server, secret):
    """By the configuration that the command has written. What waited goes on; numbers are equal; the old database is as it was."""
    daemon = World(make_daemon(name="one")).fill().daemon
    client = daemon.worker(0)
    waiting = [client.start("test_sleep", ms=1500, steps=150) for _ in range(4)]
    assert daemon.term() == 0
    settings = place / "forge.conf"
    settings.write_text(f"; mine\n[paths]\nstate_dir = {daemon.state}\n[http]\nlisten = 127.0.0.1:0\nworkers = 2\n")
    result = done(subprocess.run([ADMIN, "db", "move", "-c", settings, "--to", target(server), "--password-file", secret], capture_output=True,
                                 text=True, timeout=120))
    new = Path(f"{settings}.new")
    lines = ["[database]", f"socket = {server.socket}", "user = mover", "name = prices", f"password_file = {secret}"]
    assert result.stdout == f"--- {settings}\n+++ {new}\n" + "".join(f"+{line}\n" for line in lines)
    assert new.read_text() == settings.read_text() + "\n" + "".join(f"{line}\n" for line in lines)
    assert f"mv {new} {settings}" in result.stderr and "rows of" in result.stderr

    def there(statement):
        return server.sql(statement, database="prices")

    copied = content(there, without=FOLDED)
    assert there("SELECT COUNT(*) FROM task WHERE status = 'queued'") == [["4"]]
    daemon.options = {}
    daemon.command = lambda: [str(BUILD / "priceforged-test"), "-c", str(new)]
    daemon.start()
    client = daemon.tcp()
    for task in waiting:
        assert client.wait(task)["status"] == "completed"
    assert client.get("/readyz").status == 200
    assert client.wait(client.start("recalculate", as_of="2026-02-05"))["status"] == "completed"
    assert daemon.term() == 0
    old = make_daemon(name="one", start=False)
    checked = admin(old, "check")
    assert (checked.returncode, checked.stdout) == (0, ""), checked
    for row in ("task", "task_log"):
        copied.pop(row)
    old.start()
    assert {table: rows for table, rows in content(old.sql, without=FOLDED | {"task", "task_log"}).items()} == copied


def test_what_stands_in_the_way(make_daemon, place, server, secret):
    daemon = World(make_daemon(name="one")).fill().daemon

    def refused(code, words, to, *more, **how):
        result = admin(daemon, "move", *(["--to", to] if to else []), *more, **how)
        assert result.returncode == code and re.search(words, result.stderr), result

    password = ["--password-file", secret]
    refused(3, r"the daemon is running \(pid \d+\)", target(server, "poor"), *password)
    assert daemon.term() == 0
    for url in ("http://a@b/c", "mysql://host/name", "mysql://@host/name", "mysql://a@/name", "mysql://a@b/", "mysql://a@b"):
        refused(2, r"--to: .*it must be mysql://USER@HOST", url)
    refused(2, "a password does not belong into an argument", "mysql://a:b@c/d")
    refused(2, "--to is missing", None)
    refused(2, "database.port", "mysql://a@b:99999/c")
    refused(2, "database.name", "mysql://a@b/c-d")
    refused(1, "No such file", target(server), "--password-file", place / "none")
    refused(3, "cannot connect|Access denied", target(server))
    refused(3, "what to do: GRANT SELECT, INSERT, UPDATE", target(server, "poor"), *password)
    server.sql("CREATE DATABASE full", f"GRANT {RIGHTS} ON full.* TO mover@localhost", "CREATE TABLE full.guest (id INT PRIMARY KEY)", database="mysql")
    refused(3, "a table 'guest', which is not of priceforge", target(server, "full"), *password)
    server.sql("DROP TABLE guest", database="full")
    done(admin(daemon, "move", "--to", target(server, "full"), *password))
    refused(3, "not empty", target(server, "full"), *password)
    refused(7, "nothing was changed", target(server, "full"), *password, "--replace", input="priceforge\n")
    done(admin(daemon, "move", "--to", target(server, "full"), *password, "--replace", input="full\n"))
    daemon.options["database.socket"] = str(server.socket)
    refused(3, "already one of a server", target(server), *password)


def test_only_the_keys_of_the_database_change(make_daemon, place, server, secret):
    """In a file that has a section [database] already, with keys of the built-in one."""
    daemon = make_daemon(name="one")
    assert daemon.term() == 0
    server.sql("CREATE DATABASE third", f"GRANT {RIGHTS} ON third.* TO mover@localhost", database="mysql")
    settings = place / "forge.conf"
    settings.write_text(f"[database]\npool = 32M\nname = priceforge\n[paths]\nstate_dir = {daemon.state}")
    settings.chmod(0o640)
    result = done(subprocess.run([ADMIN, "db", "move", "-q", "-c", settings, "--to", target(server, "third"), "--password-file", secret],
                                 capture_output=True, text=True, timeout=120))
    new = Path(f"{settings}.new")
    keys = f"socket = {server.socket}\nuser = mover\nname = third\npassword_file = {secret}\n"
    assert new.read_text() == f"[database]\n{keys}pool = 32M\n[paths]\nstate_dir = {daemon.state}"
    assert new.stat().st_mode & 0o777 == 0o640 and "-name = priceforge\n" in result.stdout and result.stderr == ""
    dumped = subprocess.run([BUILD / "priceforged", "--dump-config", "-c", new], capture_output=True, text=True)
    assert dumped.returncode == 0 and "name = third" in dumped.stdout, dumped
