"""A parser that its file has taken over (reliability row 67): each of its tricks ends as a task's error, and nobody else notices."""
import os
import pwd
import re
import sys
import time
from pathlib import Path

import pytest

import samples
from conftest import BUILD
from test_tasks import check_task

IMPORT = "/api/stock/import?warehouse=MAIN"
CPU, SILENCE = "PF_TEST_PARSER_CPU", "PF_TEST_PARSER_SILENCE"

TOO_LARGE = ("hog", "spins")  # which honest files could do as well

# What the task's error must say, and how many parsers it may cost: what no parser of ours does is refused at once, a death, of which the
# machine may be the cause, after a second attempt.
AT_ONCE, TWICE = 1, 2
TRICKS = {
    "garbage": ("The file is refused: it made its reader", AT_ONCE),
    "length": ("The file is refused: it made its reader send more than a row can hold.", AT_ONCE),
    "count": ("The file is refused: it made its reader lose rows.", AT_ONCE),
    "rows": ("The file is refused: it made its reader exceed its limits.", AT_ONCE),
    "empty": ("The file is refused: it made its reader send rows outside of a sheet, or none.", AT_ONCE),
    "sheets": ("The file is refused: it made its reader", AT_ONCE),
    "dies": ("The file is refused: the reading of the file broke off, also in another attempt.", TWICE),
    "segv": ("The file is refused: the reading of the file broke off, also in another attempt.", TWICE),
    "deaf": ("The file is refused: the reading of the file broke off, also in another attempt.", TWICE),
    "again": ("The file is refused: it made its reader send a damaged refusal.", AT_ONCE),
    "terminal": ("The file is refused: it made its reader send a damaged refusal.", AT_ONCE),
    "hog": ("Reading the file takes more than 256 MiB of memory. Split it and send the parts.", AT_ONCE),
    "spins": ("Reading the file takes more than 1 s of computing time. Split it and send the parts.", AT_ONCE),
    "silent": ("The file is refused: the reading of the file made no progress, also in another attempt.", TWICE),
    "stopped": ("The file is refused: the reading of the file made no progress, also in another attempt.", TWICE),
}


@pytest.fixture
def limited(make_daemon, monkeypatch):
    def make(cpu=60, silence=60000, **options):
        monkeypatch.setenv(CPU, str(cpu))
        monkeypatch.setenv(SILENCE, str(silence))
        daemon = make_daemon(log__level="debug", **options)
        samples.load_catalogue(daemon)
        return daemon

    return make


def start(daemon, data, worker=0):
    answer = daemon.worker(worker).upload(IMPORT, data)
    assert answer.status == 202, answer
    return answer.json["task_id"]


def trick(word):
    return f"PK\x03\x04misbehave {word}\n".encode().ljust(600, b"\0")


def error_code(daemon, task_id):
    return daemon.sql(f"SELECT error_code FROM task WHERE id = '{task_id}'")[0][0]


def parser_deaths(daemon):
    return [line for line in daemon.log_text().splitlines() if " parser " in line and " after " in line and "generation" in line]


def eventually(true, seconds=5):
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.02)
    assert true()


def wait_for_parsers(daemon, n):
    """All of them are there; a successor waits a moment where several went in a row."""
    eventually(lambda: len(daemon.children("parser")) == n)


def test_the_sandbox_refuses_all_that_a_reader_does_not_need(limited):
    daemon = limited()
    task = daemon.worker(1).wait(start(daemon, trick("forbidden")))
    if "sanitizers" in task["error"]:
        pytest.skip("the run time of the sanitizers needs more calls than a reader does")
    assert task["status"] == "error"
    assert task["error"] == "22 refused with EPERM, let through: none; 0 other descriptors, file read-only."
    assert error_code(daemon, task["id"]) == "E_FILE_FORMAT"
    assert not os.path.exists("/tmp/priceforge-was-here")


@pytest.mark.parametrize("word", TRICKS)
def test_a_trick_ends_as_an_error_and_nobody_else_notices(limited, word):
    said, parsers = TRICKS[word]
    if word == "hog" and "asan" in BUILD.name:
        pytest.skip("the sanitizers' shadow memory leaves no room for a bound on address space")
    daemon = limited(pricing__max_rows=5000, cpu=1 if word in ("spins", "deaf") else 60, silence=1000 if "no progress" in said else 60000)
    client = daemon.worker(1)
    other, before = client.start("test_ledger", ms=1000, steps=10), len(parser_deaths(daemon))
    workers, runners = daemon.children("worker"), daemon.children("runner")
    task = client.wait(start(daemon, trick(word)), seconds=40)
    check_task(task)
    assert task["status"] == "error" and task["error"].startswith(said) and task["error"].endswith("."), task
    assert task["result"] is None
    assert error_code(daemon, task["id"]) == ("E_FILE_TOO_LARGE" if word in TOO_LARGE else "E_FILE_FORMAT")
    assert client.wait(other)["status"] == "completed"
    assert daemon.children("worker") == workers and daemon.children("runner") == runners
    assert daemon.sql("SELECT COUNT(*) FROM stock_item") == [["0"]] and daemon.spool_files() == []
    # An honest file is read as if nothing had been, and no more parsers have died than had a file to read.
    good = client.wait(start(daemon, samples.stock(200)))
    assert good["status"] == "completed" and good["result"]["inserted"] == 200, good
    time.sleep(0.2)
    assert len(parser_deaths(daemon)) - before <= parsers + 1, parser_deaths(daemon)
    wait_for_parsers(daemon, 2)


@pytest.mark.parametrize("word", ["silent", "drips"])
def test_whoever_waits_for_a_slow_parser_can_cancel(limited, word):
    daemon = limited(tasks__runners=1)
    client = daemon.worker(1)
    task_id = start(daemon, trick(word))
    client.wait(task_id, until=lambda t: t["message"].startswith("reading"), every=0.005)
    began = time.monotonic()
    assert client.post_json(f"/api/tasks/{task_id}/cancel", {}).status == 202
    task = client.wait(task_id, seconds=10)
    assert task["status"] == "error" and task["error"].startswith("Cancelled"), task
    assert client.wait(start(daemon, samples.stock(200)))["status"] == "completed"
    assert time.monotonic() - began < 5
    wait_for_parsers(daemon, 1)


@pytest.mark.parametrize("word", ["lingers", "hides"])
def test_a_parser_that_stays_behind_does_not_keep_its_post(limited, word):
    daemon = limited(tasks__runners=1)
    client = daemon.worker(1)
    for _ in range(2):
        task = client.wait(start(daemon, trick(word)))
        assert task["status"] == "completed" and task["result"]["rows_total"] == 4000, task
    began = time.monotonic()
    assert client.wait(start(daemon, samples.stock(4000)))["status"] == "completed"
    assert time.monotonic() - began < 5
    wait_for_parsers(daemon, 1)


def test_a_parser_killed_from_outside_costs_one_attempt(limited):
    daemon = limited(tasks__runners=1, silence=3000)
    client = daemon.worker(1)
    task_id = start(daemon, trick("silent"))
    client.wait(task_id, until=lambda t: t["message"].startswith("reading"), every=0.005)
    for pid in daemon.children("parser"):
        os.kill(pid, 9)
    client.wait(task_id, until=lambda t: "attempt 2 of 3" in t["message"], every=0.005)
    assert "broke off" in daemon.log_text()
    assert client.wait(task_id)["status"] == "error"


# ---- What the machine has and has not ----


def without(make_daemon, *calls, **options):
    """A daemon on a kernel that lacks these calls."""
    daemon = make_daemon(start=False, **options)
    daemon.wrapper = [sys.executable, str(Path(__file__).with_name("without_calls.py")), *calls, "--"]
    return daemon


def test_a_kernel_without_landlock_is_told_once_and_serves(make_daemon):
    daemon = without(make_daemon, "landlock_create_ruleset").start()
    samples.load_catalogue(daemon)
    for _ in range(3):
        assert daemon.worker(0).wait(start(daemon, samples.stock(200)))["status"] == "completed"
    assert daemon.log_text().count("no landlock: parsers are locked in by seccomp and limits alone") == 1


def test_without_seccomp_no_parser_reads_a_file(make_daemon):
    daemon = without(make_daemon, "seccomp", "prctl=22", tasks__max_attempts=1).start()
    client = daemon.worker(0)
    answer = client.upload("/api/catalog/warehouses/import", (samples.DEMO / "warehouses.csv").read_bytes(), "text/csv")
    task = client.wait(answer.json["task_id"], seconds=60)
    assert task["status"] == "error" and "no parser process is running" in task["error"], task
    assert "parser not started: seccomp is not available here" in daemon.log_text()


def memory_of(pid):
    """All that a process could read of itself. Only root may look at one that is not dumpable."""
    for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
        begin, end, access = re.match(r"([0-9a-f]+)-([0-9a-f]+) (\S+)", line).groups()
        if access.startswith("r") and "[v" not in line:
            with open(f"/proc/{pid}/mem", "rb") as memory:
                memory.seek(int(begin, 16))
                yield memory.read(int(end, 16) - int(begin, 16))


def test_a_parser_does_not_know_the_password(make_daemon, place):
    if os.geteuid() != 0:
        pytest.skip("looking into another process's memory needs root")
    secret = place / "password"
    secret.write_text("correct-horse-battery\n")
    secret.chmod(0o600)
    os.chown(secret, pwd.getpwnam("priceforge").pw_uid, -1)
    daemon = make_daemon(database__socket=place / "nobody.sock", database__user="nobody", database__password_file=secret)
    runners, parsers = daemon.children("runner"), daemon.children("parser")
    assert len(runners) == len(parsers) == 2
    assert any(b"correct-horse-battery" in part for part in memory_of(runners[0])), "the search itself finds it where it is needed"
    for pid in parsers:
        assert not any(b"correct-horse-battery" in part for part in memory_of(pid))


def test_a_waiting_parser_is_locked_in(daemon):
    """What the kernel says of it: filters, limits, descriptors."""
    def locked(pid):
        return "Seccomp:\t2\n" in Path(f"/proc/{pid}/status").read_text()

    eventually(lambda: len(daemon.children("parser")) == 2 and all(map(locked, daemon.children("parser"))))
    for pid in daemon.children("parser"):
        status = Path(f"/proc/{pid}/status").read_text()
        assert "NoNewPrivs:\t1\n" in status and "Seccomp:\t2\n" in status and re.search(r"CapEff:\t0+\n", status)
        limits = {line[:25].strip(): line[25:].split()[:2] for line in Path(f"/proc/{pid}/limits").read_text().splitlines()[1:]}
        assert limits["Max core file size"] == limits["Max file size"] == ["0", "0"] and limits["Max open files"] == ["16", "16"]
        assert limits["Max cpu time"] == ["300", "302"]
        if "asan" not in BUILD.name:
            assert limits["Max address space"] == [str(256 << 20)] * 2 and limits["Max processes"] == ["0", "0"]
            links = [os.readlink(link) for link in Path(f"/proc/{pid}/fd").iterdir()]
            assert len(links) == 1 and links[0].startswith("socket:"), links
