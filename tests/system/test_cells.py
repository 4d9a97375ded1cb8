"""priceforge-cells locks itself in before it reads a file: people run it on files that went wrong."""
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from conftest import BUILD

CELLS = BUILD / "priceforge-cells"
pytestmark = pytest.mark.skipif(CELLS.exists() and b"__asan_init" in CELLS.read_bytes(),
                                reason="the sanitizers look for leaks at the end, which the sandbox does not let them do")


@pytest.fixture
def csv(tmp_path):
    """Its cells do not fit into a pipe."""
    path = tmp_path / "large.csv"
    path.write_text("a;b\n" + "\n".join(f"row {i};{i}" for i in range(20000)) + "\n")
    return path


def test_it_is_locked_in_while_it_works(csv):
    with subprocess.Popen([CELLS, "--csv", csv], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL) as process:
        proc = Path("/proc") / str(process.pid)
        end = time.monotonic() + 10
        while "Seccomp:\t2" not in (proc / "status").read_text():
            assert time.monotonic() < end, (proc / "status").read_text()
            time.sleep(0.01)
        status = (proc / "status").read_text()
        assert re.search(r"^NoNewPrivs:\s+1$", status, re.M)
        if os.geteuid() == 0:  # others may not look into it
            assert sorted(map(int, os.listdir(proc / "fd")))[:2] == [1, 2] and len(os.listdir(proc / "fd")) == 3
            limits = dict(re.findall(r"^Max (.{21})\s+(\S+)", (proc / "limits").read_text(), re.M))
            limits = {name.strip(): value for name, value in limits.items()}
            assert limits["core file size"] == "0" and limits["address space"] == str(4 << 30) and limits["cpu time"] == "300"
            assert proc.stat().st_uid == 0
        cells = json.loads(process.stdout.read())
    assert process.returncode == 0 and len(cells["sheets"][0]["cells"]) == 40002


def test_a_file_takes_its_output(csv, tmp_path):
    with open(tmp_path / "out", "wb") as out:
        subprocess.run([CELLS, "--csv", csv], stdout=out, check=True)
    assert len(json.loads((tmp_path / "out").read_text())["sheets"][0]["cells"]) == 40002


def test_without_a_sandbox_nothing_is_read(csv):
    done = subprocess.run([sys.executable, Path(__file__).with_name("without_calls.py"), "seccomp", "prctl=22", "--", CELLS, "--csv", csv], capture_output=True, text=True)
    assert done.returncode == 1 and done.stdout == "" and "locked in" in done.stderr and "seccomp" in done.stderr
