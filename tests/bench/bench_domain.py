"""Recalculation, stock imports and price lists against what MariaDB needs by hand for the same: programs of their own, each with a server
of its own. A goal that is missed is printed as such."""
import os
import subprocess
import sys
import tempfile
from pathlib import Path

BUILD, HERE = Path(os.environ["PF_BUILD"]), Path(__file__).resolve().parent
SCALE = float(os.environ.get("PF_BENCH_SCALE", "1"))  # 0.1 for a look in a minute
ROUNDS = os.environ.get("PF_BENCH_REPETITIONS", "5")


def run(program, *arguments):
    name = f"tests/bench/{program}"
    subprocess.run(["make", "-s", "-j2", "-C", BUILD, name], check=True)
    status = subprocess.run([BUILD / name, *map(str, arguments)]).returncode
    if status not in (0, 1):
        sys.exit(f"{program} ended with status {status}")


def bench_recalc():
    """100 000 components, 1 000 000 quotes: dry run, real run, memory, scope."""
    run("bench_recalc", int(100000 * SCALE), ROUNDS)


def bench_stockimport():
    """500 000 rows into an empty warehouse and, one in a hundred changed, into a filled one."""
    with tempfile.TemporaryDirectory(prefix="pfb-") as place:
        rows = int(500000 * SCALE)
        changed = subprocess.run([sys.executable, HERE / "make_stock.py", str(rows), place], check=True, capture_output=True, text=True).stdout
        run("bench_stock", Path(place) / "before.xlsx", Path(place) / "after.xlsx", rows, int(changed), ROUNDS)


def bench_pricelist():
    """A list of 100 000 items."""
    run("bench_list", int(100000 * SCALE), ROUNDS)


BENCHES = {"recalc": bench_recalc, "stockimport": bench_stockimport, "pricelist": bench_pricelist}
