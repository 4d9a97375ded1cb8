"""The command priceforge on a terminal: what it asks, what answers do, what Ctrl-C does."""
import os
import shutil
import tempfile
from pathlib import Path

import pexpect
import pytest
import samples
from conftest import BUILD, _base, standing

YES, NO = "y", "n"


@pytest.fixture(scope="module")
def module_daemon(template):
    """Files of dry runs are kept, as they are everywhere but in other tests."""
    with standing(template, spool__keep_preview=1800) as daemon:
        yield daemon


@pytest.fixture(scope="module")
def shop(module_daemon):
    samples.load_catalogue(module_daemon, "warehouses", "components", "part_numbers", "parties", "rates", "quotes")
    answer = module_daemon.worker(0).upload("/api/stock/import?warehouse=MAIN&filename=stock.xlsx", samples.demo_stock())
    assert module_daemon.worker(0).wait(answer.json["task_id"])["status"] == "completed"
    return module_daemon


@pytest.fixture
def home():
    path = Path(tempfile.mkdtemp(prefix="pft-", dir=_base()))
    yield path
    shutil.rmtree(path, ignore_errors=True)


def run(daemon, home, *arguments, width=100, locale="C.UTF-8", term="xterm-256color"):
    environment = {"HOME": str(home), "PATH": os.environ["PATH"], "LC_ALL": locale, "TERM": term, "PRICEFORGE_SERVER": f"unix:{daemon.runtime}/worker-0.sock",
                   "COLUMNS": str(width), "TEXTDOMAINDIR": str(BUILD / "client" / "po")}
    child = pexpect.spawn(str(BUILD / "priceforge"), list(arguments), cwd=str(home), env=environment, dimensions=(24, width), timeout=30, encoding="utf-8")
    child.delaybeforesend = 0
    return child


def ends(child):
    child.expect(pexpect.EOF)
    child.close()
    return child.exitstatus


def stock_of(daemon):
    return daemon.sql("SELECT COUNT(*), SUM(qty) FROM stock_item")


def test_many_deletions_are_asked_about(shop, home):
    (home / "small.csv").write_text("Артикул,Остаток\nKLV-A302-X99,3\n")
    before = stock_of(shop)
    child = run(shop, home, "import", "small.csv", "-w", "MAIN")
    child.expect(r"311 of the 311 items of warehouse MAIN would be deleted.*Import it all the same\? \[y/N\] ")
    child.sendline(NO)
    assert ends(child) == 7 and stock_of(shop) == before
    child = run(shop, home, "import", "small.csv", "-w", "MAIN")
    child.expect(r"all the same\? \[y/N\] ")
    child.sendline(YES)
    child.expect(r"1 of 1 rows taken")
    assert ends(child) == 0 and stock_of(shop) == [["1", "3.000"]]


@pytest.mark.parametrize("answer,agreed", [("д", True), ("Да", True), ("y", True), ("н", False), ("", False)])
def test_questions_in_russian(shop, home, answer, agreed):
    (home / "few.csv").write_text("Артикул,Остаток\nKLV-A302-X99,3\n")
    child = run(shop, home, "import", "few.csv", "-w", "REMOTE", "--preview", locale="ru_RU.UTF-8")
    child.expect(r"Загрузить на склад REMOTE на .*\? \[д/Н\] ")
    child.sendline(answer)
    assert ends(child) == (0 if agreed else 7) and ("принято 1 из 1 строки" in child.before) == agreed


def test_an_open_question_is_answered_by_a_number(shop, home):
    (home / "two.csv").write_text("Артикул,В наличии,Остаток\nKLV-A302-X99,12,10\n")
    child = run(shop, home, "import", "two.csv", "-w", "REMOTE")
    child.expect("E_AMBIGUOUS_COLUMN")
    child.expect("1–2, or Enter to stop: ")
    child.sendline("")
    assert ends(child) == 1
    child = run(shop, home, "import", "two.csv", "-w", "REMOTE")
    child.expect("Enter to stop: ")
    child.sendline("2")
    child.expect("1 of 1 rows taken")
    assert ends(child) == 0
    assert shop.sql("SELECT qty FROM stock_item i JOIN warehouse w ON w.id = i.warehouse_id WHERE w.code = 'REMOTE'") == [["10.000"]]


def test_no_input_is_never_asked(shop, home):
    (home / "two.csv").write_text("Артикул,В наличии,Остаток\nKLV-A302-X99,12,10\n")
    child = run(shop, home, "import", "two.csv", "-w", "REMOTE", "--no-input")
    child.expect(r"--map 'qty=C'")
    assert ends(child) == 1


def test_control_c_leaves_the_task_alone(module_daemon, home):
    daemon = module_daemon
    task_id = daemon.worker(0).start("test_sleep", ms=4000, steps=40)
    child = run(daemon, home, "watch", task_id)
    child.expect("%")
    child.sendintr()
    child.expect(f"Task {task_id[:8]} goes on")
    assert ends(child) == 130
    assert daemon.worker(0).task(task_id)["status"] == "running"
    child = run(daemon, home, "watch", task_id, "--cancel-on-interrupt")
    child.expect("%")
    child.sendintr()
    child.expect("is being cancelled")
    ends(child)
    assert daemon.worker(0).wait(task_id)["status"] == "error"


@pytest.mark.parametrize("width", [40, 80, 200])
def test_a_bar_fits_the_screen(module_daemon, home, width):
    daemon = module_daemon
    task_id = daemon.worker(0).start("test_sleep", ms=1500, steps=15)
    child = run(daemon, home, "watch", task_id, width=width)
    ended = ends(child)
    drawn = [line for line in child.before.replace("\x1b[K", "").replace("\n", "\r").split("\r") if "%" in line]
    assert ended == 0 and len(drawn) > 2 and all(len(line) < width for line in drawn), drawn


def test_a_bar_for_each_task(module_daemon, home):
    """On the screen that a terminal would show: never more than one bar a task, all of them gone at the end."""
    pyte = pytest.importorskip("pyte")
    client = module_daemon.worker(0)
    ids = [client.start("test_sleep", ms=ms, steps=20) for ms in (800, 1600)]
    child = run(module_daemon, home, "watch", *ids, width=80)
    screen = pyte.Screen(80, 24)
    stream, most = pyte.Stream(screen), 0
    while True:
        try:
            stream.feed(child.read_nonblocking(4096, timeout=20))
        except pexpect.EOF:
            break
        bars = [line for line in screen.display if "%" in line]
        assert len(bars) <= 2 and all(line.startswith("test_sleep") for line in bars), screen.display
        most = max(most, len(bars))
    child.close()
    assert child.exitstatus == 0 and most == 2
    assert [line.rstrip() for line in screen.display if line.strip()] == ["✔ test_sleep: done"] * 2


@pytest.mark.parametrize("term,locale", [("dumb", "C.UTF-8"), ("xterm", "C")])
def test_a_terminal_that_can_little(module_daemon, home, term, locale):
    daemon = module_daemon
    task_id = daemon.worker(0).start("test_sleep", ms=300, steps=3)
    child = run(daemon, home, "watch", task_id, term=term, locale=locale)
    assert ends(child) == 0
    if term == "dumb":
        assert "\x1b" not in child.before and "test_sleep" in child.before
    else:
        assert child.before.isascii()
