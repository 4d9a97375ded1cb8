"""An import from POST to "completed" beside what a team would write in an afternoon. Used by bench.py."""
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import bench
import samples
from own_server import own_server

HERE = Path(__file__).resolve().parent
SIZES = [int(size) for size in os.environ.get("PF_BENCH_PEER_ROWS", "20000,200000").split(",")]
RUNS = int(os.environ.get("PF_BENCH_PEER_RUNS", "3"))


class Peer:
    """A program that imports a file and prints the seconds it took; the start of its interpreter is not counted."""

    def __init__(self, name, command, environment=None):
        self.name, self.command, self.environment = name, command, environment

    def seconds(self, server, database, file):
        done = subprocess.run([*self.command, server.socket, database, file], capture_output=True, text=True, check=True,
                              env={**os.environ, **(self.environment or {})})
        return float(done.stdout)


def peers():
    found = [Peer("openpyxl + executemany", [sys.executable, str(HERE / "peers/openpyxl_import.py")])]
    npm = subprocess.run([HERE.parent / "openapi/install.sh", HERE / "peers"], capture_output=True, text=True)
    if npm.returncode != 0:
        print("import-peers: exceljs + mysql2 is left out, npm cannot install them")
        return found
    place = Path(npm.stdout.strip())
    (place / "exceljs_import.mjs").write_bytes((HERE / "peers/exceljs_import.mjs").read_bytes())
    return found + [Peer("exceljs + mysql2", ["node", str(place / "exceljs_import.mjs")])]


def ours(daemon, data):
    begun = time.monotonic()
    answer = daemon.worker(0).upload("/api/stock/import?warehouse=MAIN&filename=stock.xlsx", data)
    assert answer.status == 202, answer
    task = daemon.worker(1).wait(answer.json["task_id"], seconds=900, every=0.02)
    assert task["status"] == "completed", task
    return time.monotonic() - begun, task["result"]


def measure(daemon, server, peer, file, rows):
    """Medians of seconds, side by side: all rows new, then unchanged."""
    data, times = file.read_bytes(), {"new": ([], []), "unchanged": ([], [])}
    for _ in range(RUNS):
        server.sql("DELETE FROM stock_item", "UPDATE warehouse SET stock_import_id = NULL, stock_date = NULL")
        server.sql("DROP TABLE IF EXISTS peer_stock", database="peer")
        for state, (mine, theirs) in times.items():
            seconds, result = ours(daemon, data)
            assert result["inserted" if state == "new" else "unchanged"] == rows, result
            mine.append(seconds)
            theirs.append(peer.seconds(server, "peer", file))
            assert server.sql("SELECT COUNT(*) FROM peer_stock", database="peer") == [[str(rows)]]
    return {state: (statistics.median(mine), statistics.median(theirs)) for state, (mine, theirs) in times.items()}


def bench_import_peers():
    """From POST to "completed" against the same rows read and upserted by openpyxl and by exceljs, all rows new and unchanged."""
    with bench.Place() as place, own_server() as server:
        daemon = place.daemon(**server.daemon_options())
        samples.load_catalogue(daemon)
        server.sql("CREATE DATABASE peer", database="mysql")
        for rows in SIZES:
            subprocess.run([sys.executable, str(HERE / "make_stock.py"), str(rows), str(place.path)], check=True, stdout=subprocess.DEVNULL)
            for peer in peers():
                for state, (mine, theirs) in measure(daemon, server, peer, place.path / "before.xlsx", rows).items():
                    goal = {"new": 4, "unchanged": 8}[state]
                    print(f"{f'import of {rows} rows, {state} / {peer.name}':<64} {mine:6.2f} s against {theirs:6.2f} s: "
                          f"{theirs / mine:5.1f} times as fast" + (f" (goal {goal})" if rows >= 200000 else ""))


BENCHES = {"import-peers": bench_import_peers}
