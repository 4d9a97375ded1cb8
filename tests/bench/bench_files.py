"""Reading files: the readers beside others, and whether reading and database work overlap in an import.

The big lists of "xlsx" and "mxl" are made by xlsx_make.py and mxl_make.py of the directory in PF_TOOLS; without it both are left out."""
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

import bench
import samples

HERE = Path(__file__).resolve().parent
ROWS = int(os.environ.get("PF_BENCH_ROWS", "500000"))
GOAL = 1.15


def make(*targets):
    subprocess.run(["make", "-s", "-C", str(bench.BUILD), *targets], check=True, stdout=subprocess.DEVNULL)


def run_script(name, *sizes):
    if "PF_TOOLS" not in os.environ:
        print(f"{name}: left out, PF_TOOLS does not name the directory of the files' maker")
        return
    for rows in sizes:
        subprocess.run([str(HERE / f"bench_{name}.sh"), str(bench.BUILD), str(rows)])


def bench_xlsx():
    """CPU and memory of the .xlsx reader beside expat alone, openpyxl's read_only mode and, where installed, xlsxio."""
    run_script("xlsx", ROWS, 2 * ROWS)


def bench_mxl():
    """Speed and memory of the .mxl reader."""
    run_script("mxl", 2 * ROWS)


def import_seconds(daemon, warehouse, data):
    """From the start of the task to its end, as the journal has it."""
    answer = daemon.worker(0).upload(f"/api/stock/import?warehouse={warehouse}", data)
    assert answer.status == 202, answer
    task = daemon.worker(1).wait(answer.json["task_id"], seconds=900, every=0.05)
    assert task["status"] == "completed" and task["result"]["inserted"] > 0, task
    seconds = daemon.sql(f"SELECT TIMESTAMPDIFF(MICROSECOND, started_at, finished_at) / 1e6 FROM task WHERE id = '{task['id']}'")
    return float(seconds[0][0]), task["result"]["rows_total"]


def bench_overlap():
    """An import takes hardly longer than the slower of its halves: the decoding, and the database's part with rows that lie ready."""
    make("tests/bench/bench_wire")
    wire = str(bench.BUILD / "tests/bench/bench_wire")
    with bench.Place() as place:
        subprocess.run([sys.executable, str(HERE / "make_stock.py"), str(ROWS), str(place.path)], check=True, stdout=subprocess.DEVNULL)
        file = place.path / "before.xlsx"
        frames = subprocess.run([wire, "record", str(file)], check=True, capture_output=True).stdout
        ready = b"PK\x03\x04misbehave frames\n" + frames
        daemon = place.daemon(http__max_upload="1G", pricing__max_rows=2 * ROWS)
        samples.load_catalogue(daemon)
        times = {"decoding alone": [], "database alone": [], "import": []}
        names = [f"W{n}" for n in range(2 * bench.REPETITIONS)]
        table = "code,name\n" + "".join(f"{name},{name}\n" for name in names)
        task = daemon.worker(0).upload("/api/catalog/warehouses/import", table.encode(), "text/csv").json
        assert daemon.worker(0).wait(task["task_id"])["status"] == "completed"
        for _ in range(bench.REPETITIONS):  # each into an empty warehouse, the two kinds in turn
            decoded = json.loads(subprocess.run([wire, "decode", str(file)], check=True, capture_output=True).stdout)
            times["decoding alone"].append(decoded["seconds"])
            for kind, data in (("database alone", ready), ("import", file.read_bytes())):
                seconds, rows = import_seconds(daemon, names.pop(), data)
                assert rows == ROWS == decoded["rows"] - 1, rows
                times[kind].append(seconds)
    middle = {kind: statistics.median(seconds) for kind, seconds in times.items()}
    slower = max(middle["decoding alone"], middle["database alone"])
    for kind, seconds in middle.items():
        print(f"{f'{kind}, {ROWS} rows (s)':<44} {seconds:9.2f}  (of {len(times[kind])}: {min(times[kind]):.2f} to {max(times[kind]):.2f})")
    ratio = middle["import"] / slower
    print(f"{'import / slower half':<44} ratio {ratio:5.2f}  goal {GOAL}: {'ok' if ratio <= GOAL else 'MISSED'}")


BENCHES = {"xlsx": bench_xlsx, "mxl": bench_mxl, "overlap": bench_overlap}
