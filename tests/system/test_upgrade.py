"""Upgrades: a database as an older program left it, with tasks waiting and running; and the build of the version before, if git has it."""
import os
import shutil
import subprocess
import time
import uuid
from pathlib import Path

import pytest

from admin import admin, empty_state
from conftest import BUILD
from daemon import ACCOUNT
from own_server import own_server

TOP = Path(__file__).resolve().parents[2]
LAST_OF = {"0.1.0": "3447637^"}  # the last commit of a version
WAITING, RUNNING = 5, 2


@pytest.fixture(scope="module")
def server():
    with own_server() as server:
        yield server


def newest(server):
    return int(server.sql("SELECT MAX(version) FROM schema_version")[0][0])


def task_row(task, node, status, at):
    return (f"INSERT INTO task (id, node, type, status, params, attempt, created_at, started_at) VALUES ('{task}', '{node}', 'test_sleep', '{status}', "
            f"'{{\"ms\":200,\"steps\":4}}', {int(status == 'running')}, UTC_TIMESTAMP(3) - INTERVAL {20 - at} SECOND, "
            f"{'UTC_TIMESTAMP(3)' if status == 'running' else 'NULL'})")


def ended_once(daemon, tasks):
    for task in tasks:
        assert daemon.log_text().count(f"task {task}: ended") == 1, task


@pytest.mark.parametrize("version", [1, 4, 5, 10, 11, 15, 18, 19])
def test_tasks_of_an_older_database_end_once(make_daemon, server, version):
    """The daemon migrates it at its start and goes on: what waited runs, what ran gets another attempt."""
    server.sql("DROP DATABASE priceforge", "CREATE DATABASE priceforge", database="mysql")
    subprocess.run([BUILD / "priceforged-test", "--schema", server.socket, "root", "priceforge", str(version)], check=True)
    node = str(uuid.uuid4())
    running, waiting = [str(uuid.uuid4()) for _ in range(RUNNING)], [str(uuid.uuid4()) for _ in range(WAITING)]
    server.sql(*[task_row(task, node, "running", at) for at, task in enumerate(running)],
               *[task_row(task, node, "queued", RUNNING + at) for at, task in enumerate(waiting)])
    daemon = make_daemon(start=False, **server.daemon_options())
    assert newest(server) == version
    empty_state(daemon.state.parent, daemon.state.name)
    identity = daemon.state / "node-id"
    identity.write_text(f"{node}\n")
    identity.chmod(0o600)
    if os.geteuid() == 0:
        shutil.chown(identity, ACCOUNT)
    daemon.start()
    client = daemon.worker(0)
    for task in running + waiting:
        assert client.wait(task)["status"] == "completed"
    ended_once(daemon, running + waiting)
    attempts = dict(server.sql("SELECT id, attempt FROM task"))
    assert {attempts[task] for task in running} == {"2"} and {attempts[task] for task in waiting} == {"1"}
    checked = admin(daemon, "check")
    assert (checked.returncode, checked.stdout) == (0, ""), checked


# ---- The build of a version before ----

def old_build(version, place):
    """The programs of a version's last commit, built from git; None if that is not there."""
    if not (TOP / ".git").exists() or subprocess.run(["git", "-C", TOP, "cat-file", "-e", f"{LAST_OF[version]}^{{commit}}"], capture_output=True).returncode:
        return None
    source = place / "source"
    source.mkdir()
    archive = subprocess.run(["git", "-C", TOP, "archive", LAST_OF[version]], check=True, capture_output=True).stdout
    subprocess.run(["tar", "xC", source], input=archive, check=True)
    for command in ("autoreconf -fi", "./configure", "make -s -j2 priceforged priceforged-test"):
        done = subprocess.run(command.split(), cwd=source, capture_output=True, text=True)
        assert done.returncode == 0, (command, done.stderr[-2000:])
    return source


@pytest.mark.long
@pytest.mark.parametrize("version", sorted(LAST_OF))
def test_from_the_build_of_the_version_before(make_daemon, place, version):
    """Its daemon is killed with tasks running and waiting; the new one ends each of them once. Back: the old one refuses what is newer."""
    build = old_build(version, place)
    if not build:
        pytest.skip("git does not have that commit")
    daemon = make_daemon(start=False)
    new = daemon.program
    daemon.program, daemon.options = build / "priceforged-test", {key: value for key, value in daemon.options.items() if key != "spool.keep_preview"}
    daemon.start(wait=120)
    client = daemon.worker(0)
    tasks = [client.start("test_sleep", ms=3000, steps=30) for _ in range(WAITING + RUNNING)]
    while len(daemon.sql("SELECT 1 FROM task WHERE status = 'running'")) < RUNNING:
        time.sleep(0.02)
    daemon.kill_all()
    daemon.log.write_text("")
    daemon.program = new
    daemon.start(wait=120)
    client = daemon.worker(0)
    for task in tasks:
        assert client.wait(task, 60)["status"] == "completed"
    ended_once(daemon, tasks)
    checked = admin(daemon, "check")
    assert (checked.returncode, checked.stdout) == (0, ""), checked
    daemon.sql("INSERT INTO schema_version (version, name, sha256) SELECT MAX(version) + 1, 'of tomorrow', '' FROM schema_version")
    assert daemon.term() == 0
    daemon.program = build / "priceforged-test"
    daemon.process = subprocess.Popen(daemon.command(), stdout=subprocess.PIPE, stderr=open(daemon.log, "ab"), start_new_session=True)
    assert daemon.process.wait(60) == 78, daemon.log_text()[-2000:]
