"""A parser that its file has taken over (reliability row 67): each of its tricks ends as a task's error, and nobody else notices."""
import os
import time

import pytest

import samples
from conftest import BUILD
from test_tasks import check_task

IMPORT = "/api/stock/import?warehouse=MAIN"
CPU, SILENCE = "PF_TEST_PARSER_CPU", "PF_TEST_PARSER_SILENCE"

# What the task's error must say, and how many parsers it may cost: what no parser of ours does is refused at once, a death, of which the
# machine may be the cause, after a second attempt.
AT_ONCE, TWICE = 1, 2
TRICKS = {
    "garbage": ("The file is refused: it made its reader", AT_ONCE),
    "length": ("The file is refused: it made its reader send more than a row can hold.", AT_ONCE),
    "count": ("The file is refused: it made its reader lose rows.", AT_ONCE),
    "rows": ("The file is refused: it made its reader go on beyond its limits.", AT_ONCE),
    "empty": ("The file is refused: it made its reader send rows outside of a sheet, or none.", AT_ONCE),
    "sheets": ("The file is refused: it made its reader", AT_ONCE),
    "dies": ("The file is refused: the reading of the file broke off, also in another attempt.", TWICE),
    "segv": ("The file is refused: the reading of the file broke off, also in another attempt.", TWICE),
    "hog": ("The file is refused: the reading of the file broke off, also in another attempt.", TWICE),
    "spins": ("The file is refused: the reading of the file broke off, also in another attempt.", TWICE),
    "silent": ("The file is refused: the reading of the file came to a standstill, also in another attempt.", TWICE),
    "stopped": ("The file is refused: the reading of the file came to a standstill, also in another attempt.", TWICE),
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


def test_the_sandbox_refuses_all_that_a_reader_does_not_need(limited):
    daemon = limited()
    task = daemon.worker(1).wait(start(daemon, trick("forbidden")))
    if "sanitizers" in task["error"]:
        pytest.skip("the run time of the sanitizers needs more calls than a reader does")
    assert task["status"] == "error" and task["error"] == "14 refused with EPERM, let through: none."
    assert error_code(daemon, task["id"]) == "E_FILE_FORMAT"
    assert not os.path.exists("/tmp/priceforge-was-here")


@pytest.mark.parametrize("word", TRICKS)
def test_a_trick_ends_as_an_error_and_nobody_else_notices(limited, word):
    said, parsers = TRICKS[word]
    if word == "hog" and "asan" in BUILD.name:
        pytest.skip("the sanitizers' shadow memory leaves no room for a bound on address space")
    daemon = limited(pricing__max_rows=5000, cpu=1 if word == "spins" else 60, silence=1000 if "standstill" in said else 60000)
    client = daemon.worker(1)
    other, before = client.start("test_ledger", ms=1000, steps=10), len(parser_deaths(daemon))
    workers, runners = daemon.children("worker"), daemon.children("runner")
    task = client.wait(start(daemon, trick(word)), seconds=40)
    check_task(task)
    assert task["status"] == "error" and task["error"].startswith(said) and task["error"].endswith("."), task
    assert task["result"] is None and error_code(daemon, task["id"]) == "E_FILE_FORMAT"
    assert client.wait(other)["status"] == "completed"
    assert daemon.children("worker") == workers and daemon.children("runner") == runners
    assert daemon.sql("SELECT COUNT(*) FROM stock_item") == [["0"]] and daemon.spool_files() == []
    # An honest file is read as if nothing had been, and no more parsers have died than had a file to read.
    good = client.wait(start(daemon, samples.stock(200)))
    assert good["status"] == "completed" and good["result"]["inserted"] == 200, good
    time.sleep(0.2)
    assert len(parser_deaths(daemon)) - before <= parsers + 1, parser_deaths(daemon)
    assert len(daemon.children("parser")) == 2


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
    assert len(daemon.children("parser")) == 1


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
