"""The exports of a large price list: rows a second, what the worker's memory does meanwhile, and as yardsticks the database's client
that writes the same rows to the same disk, and openpyxl's write_only mode that writes them as a workbook."""
import os
import statistics
import subprocess
import threading
import time
import zipfile

from bench import REPETITIONS, Place, cpu_seconds
from daemon import ACCOUNT

SMALL, LARGE = 20_000, 400_000


def fill(daemon, number, rows):
    """A ready list of so many items, made by SQL; its id."""
    daemon.sql(f"""
        INSERT IGNORE INTO component (id, lot_code, lot_norm, name) VALUES (1, 'LOT', 'LOT', 'Lot');
        INSERT INTO pricelist (source, seq, version, currency, as_of, params, task_id)
            VALUES ('warehouse', {number}, '2026-02-05-00{number}', 'RUB', '2026-02-05', '{{}}', UUID());
        INSERT INTO pricelist_item (pricelist_id, lot_code, component_id, name, category, unit, price, qty, basis, price_as_of, part_numbers)
            SELECT p.id, CONCAT('LOT-', LPAD(s.seq, 8, '0')), 1, CONCAT('Модуль памяти 64 ГБ DDR5-5600 RDIMM № ', s.seq), 'MEM', 'pcs',
                   100 + s.seq % 90000 + 0.25, s.seq % 500 + 0.5, 'stock', '2026-02-05', CONCAT('KLV-', s.seq, '-R5 | OM-', s.seq, '-T73')
            FROM pricelist p, seq_1_to_{rows} s WHERE p.source = 'warehouse' AND p.seq = {number};
        UPDATE pricelist SET items = {rows}, content_sha256 = UNHEX(SHA2('bench-{number}', 256)), status = 'ready'
            WHERE source = 'warehouse' AND seq = {number};""")
    return int(daemon.sql(f"SELECT id FROM pricelist WHERE source = 'warehouse' AND seq = {number}")[0][0])


def rss_kib(pid):
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("RssAnon:"))


class Watch(threading.Thread):
    """The largest anonymous memory of a process while something runs."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.top, self.ended = pid, 0, threading.Event()

    def run(self):
        while not self.ended.wait(0.005):
            self.top = max(self.top, rss_kib(self.pid))


def fetch(daemon, path, list_id, form):
    """Seconds that curl takes to fetch the list into a file."""
    start = time.monotonic()
    subprocess.run(["curl", "-sSf", "--unix-socket", str(daemon.runtime / "worker-0.sock"), "-o", str(path),
                    f"http://localhost/api/pricelists/{list_id}/{form}"], check=True)
    return time.monotonic() - start


def export(daemon, path, list_id, rows):
    seconds = fetch(daemon, path, list_id, "export-csv?excel=ru")
    assert path.read_bytes().count(b"\r\n") == rows + 1
    return seconds


def workbook(daemon, path, list_id, rows):
    seconds = fetch(daemon, path, list_id, "export.xlsx?lang=ru")
    with zipfile.ZipFile(path) as archive:
        assert archive.read("xl/worksheets/sheet1.xml").count(b"<row ") == rows + 1
    return seconds


def openpyxl_program(path, rows):
    """CPU seconds of another process."""
    script = f"""
import openpyxl
book = openpyxl.Workbook(write_only=True)
sheet = book.create_sheet('list')
for i in range({rows} + 1):
    sheet.append([f'LOT-{{i:08d}}', f'Модуль памяти 64 ГБ DDR5-5600 RDIMM № {{i}}', 'MEM', 'pcs', 100.25 + i % 90000, 'RUB', i % 500 + 0.5, 'stock',
                  None, None, None, '2026-02-05', f'KLV-{{i}}-R5 | OM-{{i}}-T73'])
book.save({str(path)!r})"""
    before = os.times()
    subprocess.run(["/usr/bin/python3", "-c", script], check=True)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def client_program(daemon, path, list_id):
    """The same rows through the database's own client into a file."""
    command = ["mariadb", "--no-defaults", "-N", "-B", "-q", "--socket", str(daemon.runtime / "db.sock"), "priceforge", "-e",
               f"SELECT lot_code, name, category, unit, price, 'RUB', qty, basis, n_obs, price_min, price_max, price_as_of, part_numbers "
               f"FROM pricelist_item WHERE pricelist_id = {list_id} ORDER BY lot_code"]
    if os.geteuid() == 0:
        command = ["setpriv", f"--reuid={ACCOUNT}", f"--regid={ACCOUNT}", "--clear-groups", *command, "--user", ACCOUNT]
    start = time.monotonic()
    with open(path, "wb") as out:
        subprocess.run(command, check=True, stdout=out)
    return time.monotonic() - start


def top_memory(daemon, path, lists, fetcher):
    """The largest anonymous memory of the worker while it writes each list, MiB."""
    for list_id, rows in lists:
        watch = Watch(daemon.worker_pid(0))
        watch.start()
        fetcher(daemon, path, list_id, rows)
        watch.ended.set()
        watch.join()
        yield watch.top / 1024


def bench_workbook(daemon, path, small, large):
    worker, cpu = daemon.worker_pid(0), []
    workbook(daemon, path, small, SMALL)
    for _ in range(REPETITIONS):
        before = cpu_seconds([worker])
        seconds = workbook(daemon, path, large, LARGE)
        cpu.append((cpu_seconds([worker]) - before) / LARGE)
    theirs = statistics.median(openpyxl_program(path, SMALL) / SMALL for _ in range(REPETITIONS))
    print(f"{'workbook (.xlsx) of ' + str(LARGE) + ' items':<44} rows/s {LARGE / seconds:9.0f}  CPU us/row worker "
          f"{statistics.median(cpu) * 1e6:4.2f}, openpyxl's / ours {theirs / statistics.median(cpu):5.2f}")
    tops = list(top_memory(daemon, path, ((small, SMALL), (large, LARGE)), workbook))
    print(f"{'worker memory while it writes workbooks':<44} MiB {tops[0]:5.1f} at {SMALL} items, {tops[1]:5.1f} at {LARGE}")


def bench_export():
    with Place() as place:
        daemon = place.daemon(http__workers=1)
        worker, out = daemon.worker_pid(0), place.path / "out"
        small, large = fill(daemon, 1, SMALL), fill(daemon, 2, LARGE)
        export(daemon, out, small, SMALL)
        export(daemon, out, large, LARGE)
        ours, theirs, cpu = [], [], []
        for _ in range(REPETITIONS):
            before = [cpu_seconds(pids) for pids in ([worker], daemon.children("mariadbd"))]
            ours.append(export(daemon, out, large, LARGE))
            cpu.append([(cpu_seconds(pids) - then) / LARGE * 1e6
                        for pids, then in zip(([worker], daemon.children("mariadbd")), before)])
            theirs.append(client_program(daemon, out, large))
        cpu = [statistics.median(one) for one in zip(*cpu)]
        ratio = statistics.median(a / b for a, b in zip(ours, theirs))
        print(f"{'CSV export of ' + str(LARGE) + ' items':<44} rows/s {LARGE / statistics.median(ours):9.0f}  "
              f"time / mariadb client's {ratio:5.2f}   CPU us/row worker {cpu[0]:4.2f} database {cpu[1]:4.2f}")
        tops = list(top_memory(daemon, out, ((small, SMALL), (large, LARGE)), export))
        print(f"{'worker memory while it exports':<44} MiB {tops[0]:5.1f} at {SMALL} items, {tops[1]:5.1f} at {LARGE}")
        bench_workbook(daemon, out, small, large)


BENCHES = {"export": bench_export}
