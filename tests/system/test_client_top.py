"""priceforge top on a terminal: what its screen shows, every key, sizes and terminals, and what it leaves behind."""
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import pexpect
import pytest
from conftest import BUILD, _base, standing

pyte = pytest.importorskip("pyte")
PROGRAM = str(BUILD / "priceforge")
ENDED = "\x1b[?1049l"  # the terminal has its own screen back


@pytest.fixture(scope="module")
def daemon(template):
    with standing(template, tasks__runners=2) as daemon:
        yield daemon


@pytest.fixture
def work(daemon):
    """Two tasks that run and one that waits; cancelled at the end."""
    client = daemon.worker(0)
    ids = [client.start("test_sleep", ms=120000, steps=1200) for _ in range(3)]
    client.wait(ids[1], until=lambda task: task["message"].startswith("step"))
    yield ids
    for task_id in ids:
        client.post_json(f"/api/tasks/{task_id}/cancel", {})
    for task_id in ids:
        client.wait(task_id)


class Top:
    """A terminal with priceforge top in it."""

    def __init__(self, daemon, home, *arguments, width=140, height=24, term="xterm-256color", server=None, **environment):
        environment = {"HOME": str(home), "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TERM": term, "TEXTDOMAINDIR": str(BUILD / "client" / "po"),
                       "PRICEFORGE_SERVER": server or f"unix:{daemon.runtime}/worker-0.sock", **environment}
        self.child = pexpect.spawn("sh", ["-c", 'stty -a > before; "$@"; echo "code $?" > code; stty -a > after', "sh", PROGRAM, "top", *arguments],
                                   cwd=str(home), env=environment, dimensions=(height, width), timeout=20, encoding="utf-8")
        self.child.delaybeforesend = 0
        self.home = home
        self.screen = pyte.Screen(width, height)
        self.stream = pyte.Stream(self.screen)
        self.raw = ""

    def read(self):
        try:
            while True:
                piece = self.child.read_nonblocking(65536, timeout=0.1)
                self.raw += piece
                self.stream.feed(piece)
        except (pexpect.TIMEOUT, pexpect.EOF):
            pass

    def lines(self):
        self.read()
        return [line.rstrip() for line in self.screen.display]

    def until(self, wanted, seconds=20):
        """The lines, as soon as `wanted` (a pattern, or a function of the lines) holds."""
        end = time.monotonic() + seconds
        while True:
            lines = self.lines()
            if wanted(lines) if callable(wanted) else any(re.search(wanted, line) for line in lines):
                return lines
            assert time.monotonic() < end, (wanted, lines)

    def press(self, keys):
        self.child.send(keys)

    def ends(self, seconds=10):
        """The exit code; the terminal is as it was."""
        end = time.monotonic() + seconds
        while not (self.home / "after").exists() or not (self.home / "after").read_text():
            self.read()
            assert time.monotonic() < end
        self.read()
        self.child.close()
        modes = [(self.home / name).read_text().split("line =")[1] for name in ("before", "after")]
        assert modes[0] == modes[1]
        return int((self.home / "code").read_text().split()[1])


@pytest.fixture
def home():
    path = Path(tempfile.mkdtemp(prefix="pft-", dir=_base()))
    yield path
    shutil.rmtree(path, ignore_errors=True)


def rows(lines, ids):
    """The lines of these tasks, by id."""
    return {task_id: line for task_id in ids for line in lines if line[2:].startswith(task_id[:8])}


def test_what_the_screen_shows(daemon, home, work):
    top = Top(daemon, home)
    lines = top.until(lambda lines: len(rows(lines, work)) == 3 and "unix" in rows(lines, work)[work[0]])
    shown = rows(lines, work)
    assert lines[0].startswith("priceforge top   unix:") and re.match(r"running 2/2   waiting 1 ", lines[1]) and re.match(r"database ok   slots \d+/1024", lines[2])
    assert re.search(r"ID +TYPE +WHO +STATE +% +RATE/s +LEFT +RUNNER +WHAT", lines[3])
    for task_id in work[:2]:
        assert re.search(r"test_sleep +unix +running +[█▏▎▍▌▋▊▉░]{12} +\d+ %", shown[task_id]) and re.search(r"step \d+ of 1200", shown[task_id])
    assert re.search(r"test_sleep +unix +waiting +test_sleep, waiting", shown[work[2]])
    assert lines[-1].startswith("jk move  x select  enter explain  c cancel  r retry  l log  / filter  tab view  ? help  q quit")
    before = rows(top.lines(), work)[work[0]]
    top.until(lambda lines: rows(lines, work)[work[0]] != before)  # it goes on by itself
    top.press("q")
    assert top.ends() == 0 and ENDED in top.raw


def test_moving_marking_and_cancelling(daemon, home, work):
    client = daemon.worker(0)
    top = Top(daemon, home)
    top.until(lambda lines: len(rows(lines, work)) == 3)
    order = [task_id for line in top.lines() for task_id in work if line[2:].startswith(task_id[:8])]
    cursor = lambda lines: next(task_id for task_id, line in rows(lines, work).items() if line[0] == ">")
    assert cursor(top.lines()) == order[0]
    for key, place in (("j", 1), ("\x1bOB", 2), ("k", 1), ("\x1bOA", 0), ("jj", 2), ("g", 0), ("о", 1), ("л", 0)):
        top.press(key)
        top.until(lambda lines: cursor(lines) == order[place])
    top.press("x")
    lines = top.until("^1 selected")
    assert rows(lines, work)[order[0]].startswith("x ")
    top.press(" ")
    top.until("^2 selected")
    top.press("c")
    top.until(r"^cancel 2 tasks\? y/n")
    top.press("n")
    top.until("^2 selected")
    top.press("cy")
    top.until("^cancelled: 2")
    assert [client.wait(task_id)["error"][:9] for task_id in order[:2]] == ["Cancelled"] * 2
    top.until(lambda lines: sum("cancelled" in line for line in rows(lines, work).values()) == 2)
    quick = client.start("test_sleep", ms=0)
    client.wait(quick)
    top.press(f"/{quick[:8]}\r")
    top.until(lambda lines: any(line.startswith(f"> {quick[:8]}") and "succeeded" in line for line in lines))
    top.press("cy")  # it has ended: the refusal is said
    top.until(f"^cancelled: 0   {quick[:8]}: the task has ended")
    top.press("\x1b")
    top.until("^jk move")
    top.press("A")
    top.until(r"^[3-9] selected|^\d\d selected")
    top.press("\x1b")
    top.until("^jk move")
    top.press("q")
    assert top.ends() == 0


def test_retry(daemon, home):
    client = daemon.worker(0)
    task_id = client.start("test_sleep", ms=0)
    client.wait(task_id)
    top = Top(daemon, home)
    top.until(lambda lines: rows(lines, [task_id]))
    top.press(f"/{task_id[:8]}\r")
    top.until(lambda lines: rows(lines, [task_id])[task_id][0] == ">" and len([line for line in lines if "test_sleep" in line]) == 1)
    top.press("ry")
    top.until("^started again: 1")
    listed = client.get("/api/tasks?view=full&limit=1").json["tasks"][0]
    assert listed["retry_of"] == task_id
    top.press("\x1bq")
    assert top.ends() == 0


def test_filter_order_and_pause(daemon, home, work):
    client = daemon.worker(0)
    other = client.start("test_ledger", ms=0)  # waits
    top = Top(daemon, home)
    top.until(lambda lines: len(rows(lines, [*work, other])) == 4)
    top.press("/LEDG")
    top.until(lambda lines: lines[-1] == "/LEDG" and not rows(lines, work) and rows(lines, [other]))
    top.press("\x7f\x7fzz\r")
    top.until("no task fits the filter")
    top.press("\x1b")
    top.until(lambda lines: len(rows(lines, [*work, other])) == 4)
    for name in ("by id", "by type", "by who", "by state", "by progress", "by start", "as they came"):
        top.press("s")
        top.until(f"^{name}")
    top.press("s")
    ids = lambda lines: [line[2:10] for line in lines[4:-1] if re.match(r"[ x>] [0-9a-f]{8} ", line)]
    lines = top.until(lambda lines: ids(lines) == sorted(ids(lines)) and len(ids(lines)) > 3)
    top.press("S")
    top.until(lambda lines: ids(lines) == sorted(ids(lines), reverse=True))
    top.press("p")
    top.until("PAUSED")
    still = rows(top.lines(), work)
    time.sleep(1)
    assert rows(top.lines(), work) == still
    top.press("p")
    top.until(lambda lines: rows(lines, work) != still)
    top.press("q")
    assert top.ends() == 0


def test_views_and_panes(daemon, home, work):
    top = Top(daemon, home)
    top.until(lambda lines: rows(lines, work))
    top.press("\t")
    lines = top.until("TYPE +RUNNING +LIMIT +WAITING")
    assert any(re.search(r"test_sleep +2 +- +1", line) for line in lines)
    top.press("\x1bOC")
    lines = top.until("PROCESS +STATE +PID")
    assert sum("active" in line for line in lines) >= 5 and any(re.search(r"runner 1 +active +\d+ ", line) for line in lines)
    top.press("\t")
    lines = top.until(r"DATABASE \(built in\)")
    assert any("state                        ok" in line for line in lines)
    top.press("h\x1bOD\x1bOD")
    top.until(lambda lines: rows(lines, work))
    top.press("\r")
    lines = top.until(r"It works: step \d+")
    assert any("requested_by unix" in line for line in lines)
    top.press("\x1b")
    top.until(lambda lines: rows(lines, work))
    top.press("l")
    top.until("the log is empty so far|attempt 1 of 3 started")
    top.press("q?")
    lines = top.until("cancel the selected tasks, or that of the row")
    assert len([line for line in lines if re.match("  [a-zA-Z/?]+ +[a-z]", line)]) >= 18
    top.press("qq")
    assert top.ends() == 0


@pytest.mark.parametrize("width,height", [(39, 4), (40, 5), (40, 7), (80, 24), (120, 10), (250, 60)])
def test_sizes(daemon, home, work, width, height):
    top = Top(daemon, home, width=width, height=height)
    if width < 40 or height < 5:
        top.until("too small")
    else:
        lines = top.until(lambda lines: rows(lines, work))
        assert (lines[0].startswith("priceforge top")) == (height >= 8)
        row = next(iter(rows(lines, work).values()))
        assert ("test_sleep" in row) == (width >= 80) and ("unix" in row) == (width >= 120) and ("%" in row) == ("waiting" not in row)
        assert lines[-1].startswith("jk move") or height < 6
    top.press("q")
    assert top.ends() == 0


def test_a_screen_that_changes_its_size(daemon, home, work):
    top = Top(daemon, home, width=120, height=24)
    top.until("RUNNER|unix")
    for width, height in ((60, 12), (200, 40), (100, 24)):
        top.screen.resize(height, width)
        top.child.setwinsize(height, width)
        top.until(lambda lines: rows(lines, work) and all(len(line) <= width for line in lines) and lines[-1].startswith("jk move"))
    top.press("q")
    assert top.ends() == 0


@pytest.mark.parametrize("term,environment", [("vt100", {}), ("xterm-256color", {"NO_COLOR": "1"}), ("linux", {"LC_ALL": "C"}), ("screen", {})])
def test_terminals_that_can_little(daemon, home, work, term, environment):
    top = Top(daemon, home, term=term, **environment)
    lines = top.until(lambda lines: rows(lines, work[:2]) and any("%" in line for line in rows(lines, work[:2]).values()))
    if "LC_ALL" in environment:
        assert any(re.search(r"\[[#.]+\]", line) for line in lines)
    if term != "screen" and (term == "vt100" or "NO_COLOR" in environment):
        assert not re.search(r"\x1b\[[0-9;]*3[1-7]m", top.raw)
    top.press("q")
    assert top.ends() == 0


def test_in_russian(daemon, home, work):
    top = Top(daemon, home, LC_ALL="ru_RU.UTF-8")
    lines = top.until(lambda lines: rows(lines, work) and "ВИД" in lines[3])
    assert "выполняется" in rows(lines, work)[work[0]] and lines[-1].startswith("jk ход") and lines[1].startswith("идёт 2/2   ждёт 1")
    top.press("с")  # c by its place
    top.until("отменить 1 задачу")
    top.press("т")
    top.press("й")
    assert top.ends() == 0


def test_200_tasks(daemon, home, work):
    client = daemon.worker(0)
    ids = [client.start("test_sleep", ms=0) for _ in range(200)]
    top = Top(daemon, home, height=30)
    top.until(lambda lines: "waiting 2" in lines[1])
    top.press("G")
    lines = top.until(lambda lines: any(line.startswith("> ") for line in lines[20:29]))
    assert len([line for line in lines[4:29] if re.match("[ >x] [0-9a-f]{8}", line)]) == 25
    top.press("\x1b[5~\x1b[5~g")
    top.until(lambda lines: lines[4].startswith("> "))
    top.press("A")
    top.until(r"^2\d\d selected")
    top.press("cy")
    top.until(r"^cancelled: \d+", 60)  # runners that became free may have been faster than some
    assert {client.wait(task_id)["status"] for task_id in ids} <= {"error", "completed"} and client.wait(work[0])["status"] == "error"
    top.press("q")
    assert top.ends() == 0


@pytest.mark.parametrize("number,code", [(signal.SIGINT, 0), (signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGABRT, 134)])
def test_the_terminal_is_given_back_on_signals(daemon, home, work, number, code):
    top = Top(daemon, home)
    top.until(lambda lines: rows(lines, work))
    pid = int(subprocess.run(["pgrep", "-P", str(top.child.pid), "-x", "priceforge"], capture_output=True, text=True, check=True).stdout.split()[0])
    os.kill(pid, number)
    assert top.ends() == code and ENDED in top.raw


def test_control_c_ends_it(daemon, home, work):
    top = Top(daemon, home)
    top.until(lambda lines: rows(lines, work))
    top.child.sendintr()
    end = time.monotonic() + 10
    while ENDED not in top.raw:  # the shell around it is interrupted too
        top.read()
        assert time.monotonic() < end
    assert daemon.worker(0).task(work[0])["status"] == "running"


def test_its_asker_may_die(daemon, home, work):
    top = Top(daemon, home)
    top.until(lambda lines: rows(lines, work))
    own = int(subprocess.run(["pgrep", "-P", str(top.child.pid), "-x", "priceforge"], capture_output=True, text=True, check=True).stdout.split()[0])
    for _ in range(3):
        child = int(subprocess.run(["pgrep", "-P", str(own)], capture_output=True, text=True, check=True).stdout.split()[0])
        os.kill(child, signal.SIGKILL)
        before = rows(top.lines(), work)[work[0]]
        top.until(lambda lines: rows(lines, work)[work[0]] != before)
    top.press("q")
    assert top.ends() == 0
    assert subprocess.run(["pgrep", "-P", str(own)], capture_output=True).returncode == 1


def test_a_server_that_goes_away(make_daemon, home):
    daemon = make_daemon()
    task_id = daemon.worker(0).start("test_sleep", ms=60000, steps=600)
    top = Top(daemon, home)
    top.until(lambda lines: rows(lines, [task_id]))
    assert daemon.term() == 0
    lines = top.until(r"away: connection refused; this is 0:0\d old")
    assert rows(lines, [task_id])
    daemon.start()
    top.until(lambda lines: lines[0].startswith("priceforge top") and "away" not in lines[0] and rows(lines, [task_id]), 40)
    top.press("q")
    assert top.ends() == 0


def test_a_token_that_is_not_taken(make_daemon, home, place):
    file = place / "tokens"
    subprocess.run([PROGRAM, "token", "add", "-f", file, "admin"], check=True, capture_output=True)
    if os.geteuid() == 0:
        shutil.chown(file, "priceforge")
    daemon = make_daemon(auth__tokens_file=file)
    top = Top(daemon, home)
    assert top.ends() == 3 and "a valid token is needed" in top.raw


def test_as_text(daemon, home, work):
    environment = {"HOME": str(home), "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "PRICEFORGE_SERVER": f"unix:{daemon.runtime}/worker-0.sock"}
    done = subprocess.run([PROGRAM, "top"], env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and len(rows(done.stdout.splitlines(), work)) == 3 and "\x1b" not in done.stdout and "jk move" not in done.stdout
    several = subprocess.run([PROGRAM, "top", "-b", "-N", "3"], env=environment, capture_output=True, text=True, timeout=60).stdout
    assert several.count("priceforge top   ") == 3
    document = json.loads(subprocess.run([PROGRAM, "top", "--json"], env=environment, capture_output=True, text=True, timeout=60).stdout)
    assert {task["id"] for task in document["tasks"]} >= set(work)
    environment["PRICEFORGE_SERVER"] = "http://127.0.0.1:1"
    done = subprocess.run([PROGRAM, "top", "-b", "--config", "/dev/null"], env={**environment, "LC_ALL": "C"}, capture_output=True, text=True, timeout=60)
    assert done.returncode == 4 and "connection refused" in done.stderr


def test_it_costs_next_to_nothing_while_nothing_happens(make_daemon, home):
    daemon = make_daemon()
    top = Top(daemon, home)
    top.until("no tasks")
    time.sleep(1)
    own = int(subprocess.run(["pgrep", "-P", str(top.child.pid), "-x", "priceforge"], capture_output=True, text=True, check=True).stdout.split()[0])
    ticks = lambda: sum(map(int, Path(f"/proc/{own}/stat").read_text().rsplit(")", 1)[1].split()[11:13]))
    before = ticks()
    time.sleep(4)
    assert ticks() - before <= 4  # of 400: a hundredth of a processor
    top.press("q")
    assert top.ends() == 0
