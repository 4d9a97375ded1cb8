"""What tasks do to the data while others run beside them, or die: every look at the data, at any moment, shows a whole state."""
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pricing_model as model
import pytest
import samples

ROWS = 2000
MAKE_STOCK = Path(__file__).resolve().parents[1] / "bench" / "make_stock.py"
SEED = """
INSERT INTO warehouse (code, name) VALUES ('MAIN', 'x'), ('OTHER', 'x');
INSERT INTO party (id, kind, code, name) VALUES (1, 'supplier', 'S1', 'x');
INSERT INTO component (id, lot_code, lot_norm, name) SELECT seq, CONCAT('LOT-', LPAD(seq, 6, '0')), CONCAT('LOT', LPAD(seq, 6, '0')), 'x'
  FROM seq_1_to_{rows};
INSERT INTO part_number_map (pn_norm, pn_skeleton, part_number, component_id) SELECT CONCAT('PN', LPAD(seq, 6, '0')),
  CONCAT('PN', LPAD(seq, 6, '0')), CONCAT('PN-', LPAD(seq, 6, '0')), seq FROM seq_1_to_{rows};
INSERT INTO price_quote (party_id, component_id, price, currency, quoted_on) SELECT 1, id, id, 'RUB', '2026-02-01' FROM component;
"""
# A look at all of it in one snapshot: how many different states of each thing there are. One is right, more would be a mix.
STATES = f"""SELECT
  (SELECT COUNT(DISTINCT qty) FROM stock_item WHERE warehouse_id = 1), (SELECT COUNT(*) MOD {ROWS} FROM stock_item WHERE warehouse_id = 1),
  (SELECT COUNT(DISTINCT price / id) FROM component), (SELECT COUNT(price) MOD {ROWS} FROM component),
  (SELECT COUNT(*) FROM pricelist WHERE status <> 'ready' OR items <> {ROWS}), (SELECT COUNT(*) MOD {ROWS} FROM pricelist_item),
  (SELECT COUNT(*) MOD {ROWS} FROM price_change), (SELECT COUNT(*) MOD {ROWS} FROM price_change_quote),
  (SELECT COUNT(*) MOD {ROWS} FROM price_quote), (SELECT COUNT(*) FROM task t WHERE t.type = 'stock_import' AND t.status = 'succeeded' AND
    NOT EXISTS (SELECT 1 FROM stock_import i WHERE i.task_id = t.id))"""


def stock_file(qty):
    """Every lot in this quantity, at this cost."""
    head = [["Артикул", "Наименование", "Количество", "Цена"]]
    return samples.xlsx(head + [[f"PN-{n:06d}", "x", qty, 100 * qty] for n in range(1, ROWS + 1)])


def seed(daemon):
    daemon.sql(SEED.format(rows=ROWS))
    return daemon


def start_stock(client, data, warehouse="MAIN"):
    body, kind = samples.multipart({"warehouse": warehouse, "stock_date": "2026-02-05"}, "stock.xlsx", data)
    answer = client.upload("/api/stock/import", body, kind)
    assert answer.status == 202, answer
    return answer.json["task_id"]


def recalculate(client, coefficient):
    return client.start("recalculate", as_of="2026-02-05", coefficient=coefficient)


def finish(client, task_id, seconds=120):
    task = client.wait(task_id, seconds)
    assert task["status"] == "completed", task
    return task["result"]


class Onlooker:
    """Looks at the data again and again while the block runs; fails on a state that is no state."""

    def __init__(self, daemon):
        self.daemon, self.looks, self.mixed, self.stop = daemon, 0, [], threading.Event()
        self.thread = threading.Thread(target=self._run)

    def _run(self):
        while not self.stop.is_set():
            row = [int(value) for value in self.daemon.sql(STATES)[0]]
            self.looks += 1
            if row[0] > 1 or row[2] > 1 or any(row[1:2] + row[3:]):
                self.mixed.append(row)
            time.sleep(0.005)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, kind, *_):
        self.stop.set()
        self.thread.join()
        if kind:
            return
        assert not self.mixed, self.mixed[:5]
        assert self.looks > 3


def check_lists(daemon):
    """Every list is of one state, and its hash is that of its items."""
    lists = daemon.sql("SELECT id, currency, LOWER(HEX(content_sha256)), items, source FROM pricelist ORDER BY id")
    for number, currency, digest, count, source in lists:
        items = [{"lot_code": lot, "price": model.decimal(price), "qty": None if qty == "NULL" else model.decimal(qty)} for lot, price, qty in
                 daemon.sql(f"SELECT lot_code, price, qty FROM pricelist_item WHERE pricelist_id = {number} ORDER BY lot_code")]
        assert len(items) == int(count)
        assert model.content_sha256(currency, items) == digest
        if source == "warehouse":
            assert len({(item["qty"], item["price"]) for item in items}) == 1, f"list {number} is a mix"
            assert items[0]["price"] == 100 * items[0]["qty"]
        else:
            assert len({item["price"] / int(item["lot_code"][4:]) for item in items}) == 1, f"list {number} is a mix"
    return [row[4] for row in lists]


def test_two_imports_into_one_warehouse(make_daemon):
    daemon = seed(make_daemon(tasks__runners=3))
    first, second, files = daemon.worker(0), daemon.worker(1), {qty: stock_file(qty) for qty in range(1, 9)}
    with Onlooker(daemon):
        for qty in (1, 3, 5, 7):
            ids = [start_stock(first, files[qty]), start_stock(second, files[qty + 1])]
            results = sorted((finish(first, task_id) for task_id in ids), key=lambda result: result["import_id"])
            # One after the other: the later one found all that the earlier one had written.
            assert results[1]["updated"] == ROWS and results[1]["inserted"] == 0
            assert results[0]["inserted" if qty == 1 else "updated"] == ROWS
            later = daemon.sql("SELECT DISTINCT qty, stock_import_id FROM stock_item WHERE warehouse_id = 1")
            assert len(later) == 1 and int(later[0][1]) == results[1]["import_id"]


def test_lists_during_imports_and_recalculations(make_daemon):
    daemon = seed(make_daemon(tasks__runners=4))
    files = {qty: stock_file(qty) for qty in (1, 2)}
    client = daemon.worker(0)
    finish(client, start_stock(client, files[1]))
    finish(client, recalculate(client, "1"))
    end, results = time.monotonic() + 8, {}

    def keep(name, start):
        """One task of a kind after the other, until time is up."""
        own, done, turn = daemon.worker(len(results) % 2), results[name], 0
        while time.monotonic() < end or turn < 2:
            turn += 1
            done.append(finish(own, start(own, turn)))
        own.close()

    jobs = {"stock": lambda c, turn: start_stock(c, files[1 + turn % 2]), "other": lambda c, turn: start_stock(c, files[1], "OTHER"),
            "prices": lambda c, turn: recalculate(c, str(1 + turn % 2)),
            "estimate": lambda c, turn: c.start("pricelist_create", source="estimate", as_of="2026-02-05"),
            "warehouse": lambda c, turn: c.start("pricelist_create", source="warehouse", as_of="2026-02-05", warehouses=["MAIN"])}
    results.update({name: [] for name in jobs})
    failures = []

    def guarded(name):
        try:
            keep(name, jobs[name])
        except BaseException as error:  # noqa: BLE001: told by the main thread
            failures.append(f"{name}: {error!r}")

    threads = [threading.Thread(target=guarded, args=(name,)) for name in jobs]
    with Onlooker(daemon):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not failures, failures
    assert {"estimate", "warehouse"} == set(check_lists(daemon))
    for name in ("estimate", "warehouse"):
        versions = [result["version"] for result in results[name]]
        assert versions == sorted(set(versions)) and len(versions) >= 2
        previous = [result["previous_id"] for result in results[name]]
        assert previous[1:] == [result["pricelist_id"] for result in results[name]][:-1]


def test_recalculations_take_turns(make_daemon):
    daemon = seed(make_daemon(tasks__runners=3))
    clients = [daemon.worker(0), daemon.worker(1)]
    with Onlooker(daemon):
        ids = [recalculate(clients[turn % 2], str(turn + 1)) for turn in range(4)]
        for task_id in ids:
            assert finish(clients[0], task_id)["updated"] == ROWS
    check_turns(daemon, ids)


def check_turns(daemon, ids):
    """The old prices of each run are the new ones of the run before it, all of them."""
    runs = {row[0]: row for row in daemon.sql("SELECT p.task_id, COUNT(*), COUNT(DISTINCT old_price / component_id), MAX(old_price / component_id), "
                                              "MAX(new_price / component_id), MIN(p.id) FROM price_change p GROUP BY p.task_id")}
    order = sorted((runs[task_id] for task_id in ids), key=lambda row: int(row[5]))
    assert [int(row[1]) for row in order] == [ROWS] * len(ids)
    for before, after in zip(order, order[1:]):
        assert after[2] == "1" and float(after[3]) == float(before[4])


def test_recalculations_of_two_nodes_take_turns(make_daemon):
    one = seed(make_daemon())
    two = make_daemon(name="second", database__socket=one.runtime / "db.sock", database__user="priceforge", database__name="priceforge")
    with Onlooker(one):
        clients = [one.worker(0), two.worker(0)]
        ids = [recalculate(clients[turn % 2], str(turn + 1)) for turn in range(4)]
        for turn, task_id in enumerate(ids):
            assert finish(clients[turn % 2], task_id)["updated"] == ROWS
    check_turns(one, ids)


# ---- Death -----------------------------------------------------------------------------------------------------------------------------


def quotes_file(turn):
    head = "ext_ref,party_kind,party_code,lot_code,part_number,price,price_per,currency,vat_included,vat_rate,min_qty,qty,quoted_on,valid_until,status\n"
    return (head + "".join(f"T{turn}-{n},supplier,S1,LOT-{n:06d},,{n},1,RUB,0,0,1,,2026-01-01,,active\n" for n in range(1, ROWS + 1))).encode()


def start_quotes(client, turn):
    answer = client.upload("/api/catalog/quotes/import", quotes_file(turn), "text/csv")
    assert answer.status == 202, answer
    return answer.json["task_id"]


KILLED = {
    "stock_import": (lambda client, turn: start_stock(client, stock_file(1 + turn % 3)),
                     lambda turn: f"SELECT COUNT(*) = {ROWS} FROM stock_item WHERE qty = {1 + turn % 3}"),
    "recalculate": (lambda client, turn: recalculate(client, str(1 + turn % 3)),
                    lambda turn: f"SELECT COUNT(*) = {ROWS} FROM component WHERE price = id * {1 + turn % 3}"),
    "pricelist_create": (lambda client, turn: client.start("pricelist_create", source="estimate", as_of="2026-02-05"),
                         lambda turn: f"SELECT COUNT(*) = {turn} AND MAX(seq) = {turn} FROM pricelist"),
    "catalog_import": (start_quotes, lambda turn: f"SELECT COUNT(*) = {ROWS} FROM price_quote WHERE ext_ref LIKE 'T{turn}-%'"),
}


def seconds_of_run(daemon, task_id):
    """How long its last attempt took."""
    return int(daemon.sql(f"SELECT TIMESTAMPDIFF(MICROSECOND, started_at, finished_at) FROM task WHERE id = '{task_id}'")[0][0]) / 1e6


@pytest.mark.parametrize("kind", KILLED)
def test_runners_killed_at_any_moment(make_daemon, kind):
    """The runners are killed once in each run, somewhere in it; the next attempt completes, and in between nothing is half done."""
    daemon, (start, expected) = seed(make_daemon()), KILLED[kind]
    rnd, client = random.Random(kind), daemon.worker(0)
    if kind == "pricelist_create":
        finish(client, recalculate(client, "1"))
    first, hits = start(client, 1), 0
    finish(client, first)
    usual = seconds_of_run(daemon, first)
    with Onlooker(daemon):
        for turn in range(2, 42):
            runners = daemon.children("runner")
            task_id = start(client, turn)
            time.sleep(rnd.uniform(0, usual))
            for pid in runners:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            finish(client, task_id)
            assert daemon.sql(expected(turn)) == [["1"]]
            hit = int(daemon.sql(f"SELECT attempt FROM task WHERE id = '{task_id}'")[0][0]) > 1
            hits += hit
            if not hit:  # the first run, or a busy machine, told nothing of how long one takes
                usual = seconds_of_run(daemon, task_id)
            if turn >= 11 and hits >= 2:
                break
    assert hits >= 2, "hardly a run was hit"
    check_lists(daemon)
    assert daemon.sql("SELECT COUNT(*) FROM lease WHERE until > UTC_TIMESTAMP() AND name NOT LIKE 'node%'") == [["0"]]


# ---- Cancel ----------------------------------------------------------------------------------------------------------------------------

PARTS = 12


def cancel(client, task_id):
    """Ask; whether it came in time, and after how many seconds the task had ended."""
    asked = time.monotonic()
    answer = client.request("POST", f"/api/tasks/{task_id}/cancel")
    assert answer.status in (200, 202, 409), answer
    task = client.wait(task_id)
    assert task["status"] == "completed" or task["error"] == "Cancelled; nothing was written.", task
    return task["status"] != "completed", time.monotonic() - asked


@pytest.mark.alone
@pytest.mark.parametrize("kind", KILLED)
def test_cancelled_at_any_moment(make_daemon, kind):
    """Cancelled after each twelfth of the usual time: the data is as before or complete, and the task says which."""
    daemon, (start, expected) = seed(make_daemon()), KILLED[kind]
    client, made = daemon.worker(0), 1
    if kind == "pricelist_create":
        finish(client, recalculate(client, "1"))
    first = start(client, 1)
    finish(client, first)
    usual = int(daemon.sql(f"SELECT TIMESTAMPDIFF(MICROSECOND, started_at, finished_at) FROM task WHERE id = '{first}'")[0][0]) / 1e6
    ends = []
    with Onlooker(daemon):
        for part in range(PARTS):
            task_id = start(client, made + 1)
            time.sleep(usual * part / PARTS)
            stopped, seconds = cancel(client, task_id)
            assert seconds < 3, f"a cancel took {seconds:.1f} s"
            made += not stopped
            ends.append(stopped)
            assert daemon.sql(expected(made)) == [["1"]], ends
    assert sum(ends) >= 3, ends
    check_lists(daemon)
    finish(client, start(client, made + 1))
    assert daemon.sql(expected(made + 1)) == [["1"]]
    assert "starts again in" not in daemon.log_text(), "a parser that is left in the middle of a file has not failed"
    assert daemon.sql("SELECT COUNT(*) FROM lease WHERE until > UTC_TIMESTAMP() AND name NOT LIKE 'node%'") == [["0"]]


@pytest.mark.alone
def test_a_cancel_waits_for_no_statement_of_a_large_import(make_daemon, place):
    """Into one empty warehouse after the other, cancelled later and later: at the end of reading, and all through the last transaction,
    which stops between its statements instead of waiting for one to be killed."""
    rows, daemon, ends = 40000, make_daemon(), []
    daemon.sql("INSERT INTO warehouse (code, name) VALUES " + ", ".join(f"('W{n}', 'x')" for n in range(PARTS)))
    subprocess.run([sys.executable, MAKE_STOCK, str(rows), place], check=True, capture_output=True)
    client, data = daemon.worker(0), (place / "before.xlsx").read_bytes()
    for warehouse in ("W0", "W1"):  # the first one is slower: it makes the database's pages
        finish(client, first := start_stock(client, data, warehouse))
    usual = int(daemon.sql(f"SELECT TIMESTAMPDIFF(MICROSECOND, started_at, finished_at) FROM task WHERE id = '{first}'")[0][0]) / 1e6
    for part in range(PARTS // 4, PARTS):
        task_id = start_stock(client, data, f"W{part}")
        time.sleep(usual * part / PARTS)
        stopped, seconds = cancel(client, task_id)
        ends.append(stopped)
        assert seconds < 3, f"a cancel took {seconds:.1f} s"
        count = daemon.sql(f"SELECT COUNT(*) FROM stock_item i JOIN warehouse w ON w.id = i.warehouse_id WHERE w.code = 'W{part}'")
        assert count == [["0" if stopped else str(rows)]], ends
    assert any(ends), ends


def until(daemon, statement, seconds=10):
    """Until one of the sessions is at such a statement."""
    end = time.monotonic() + seconds
    look = f"SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE '{statement}%' AND id <> CONNECTION_ID()"
    while daemon.sql(look) == [["0"]]:
        assert time.monotonic() < end, f"nobody came to {statement}"
        time.sleep(0.05)


@pytest.mark.parametrize("table, lines, waits_at", [
    ("part_numbers", "part_number,lot_code\nPN-1,A\n", "UPDATE price_quote"), ("components", "lot_code,name\nA,y\nPN-1,y\n", "DELETE w FROM"),
    ("components", "lot_code,name\nPN-1,y\n", "UPDATE price_quote")])
def test_a_cancel_reaches_a_statement_that_goes_on(make_daemon, table, lines, waits_at):
    """The last statements of a catalogue import may have millions of rows to do, or wait for others: each is stopped, and nothing stays."""
    daemon = make_daemon(tasks__cancel_statement_s=1, tasks__cancel_kill_s=60)
    daemon.sql("INSERT INTO component (id, lot_code, lot_norm, name) VALUES (1, 'A', 'A', 'x'); INSERT INTO party (id, kind, code, name) VALUES "
               "(1, 'supplier', 'S', 'x'); INSERT INTO price_quote (party_id, part_number, pn_norm, price, currency, quoted_on) VALUES "
               "(1, 'PN-1', 'PN1', 1, 'RUB', '2026-02-01')")
    look = "SELECT (SELECT COUNT(*) FROM part_number_map), (SELECT GROUP_CONCAT(lot_code, name) FROM component), (SELECT COUNT(component_id) FROM price_quote)"
    locked = "component" if waits_at == "DELETE w FROM" else "price_quote"
    holder = threading.Thread(target=daemon.sql, args=(f"BEGIN; SELECT id FROM {locked} FOR UPDATE; DO SLEEP(8) /* held */",))
    holder.start()
    until(daemon, "DO SLEEP(8)")
    client = daemon.worker(0)
    task_id = client.upload(f"/api/catalog/{table}/import", lines.encode(), "text/csv").json["task_id"]
    until(daemon, waits_at)
    stopped, seconds = cancel(client, task_id)
    assert stopped and 0.9 < seconds < 4, seconds
    assert daemon.sql(look) == [["0", "Ax", "0"]]
    assert daemon.sql(f"SELECT outcome, attempt FROM task WHERE id = '{task_id}'") == [["cancelled", "1"]]
    holder.join()
    again = client.upload(f"/api/catalog/{table}/import", lines.encode(), "text/csv").json["task_id"]
    assert finish(client, again)["relinked"] == 1
