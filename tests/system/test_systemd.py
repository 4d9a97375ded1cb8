"""The shipped unit under a real systemd: watchdog, restarts, reload, stop, and how exposed it is."""
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import pytest

import samples
import systemd_helper
from daemon import Client
from systemd_helper import SOCKETS, UNIT

TOP = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("PF_BUILD", "build"))


@pytest.fixture
def systemd(place):
    systemd_helper.require()
    # ProtectHome and PrivateTmp hide the places where a build may lie: run a copy from a visible one.
    visible = Path(tempfile.mkdtemp(prefix="pft-", dir="/opt"))
    visible.chmod(0o755)
    shutil.copy(BUILD / "priceforged", visible / "priceforged")
    conf = visible / "priceforged.conf"
    conf.write_text("[paths]\nstate_dir = /var/lib/priceforge\nruntime_dir = /run/priceforge\n")
    unit = (BUILD / "deploy" / UNIT).read_text()
    command = unit.split("ExecStart=")[1].splitlines()[0]
    (visible / UNIT).write_text(unit.replace(command.split(" -c ")[0], f"{visible}/priceforged").replace(command.split(" -c ")[1], str(conf)))
    shutil.copy(BUILD / "deploy" / SOCKETS, visible / SOCKETS)
    with systemd_helper.run(place, visible) as running:
        running.conf = conf
        yield running
    shutil.rmtree(visible, ignore_errors=True)


def test_unit_runs_restarts_and_stops(systemd):
    systemd("start", UNIT)
    assert systemd.show("ActiveState") == "active"
    out = systemd.inside("cat", "/run/pf.out")
    client = Client(port=int(out.split("http=127.0.0.1:")[1].split()[0]))
    assert client.get("/readyz").status == 200
    assert systemd.show("StatusText")
    # The unit lets parsers lock themselves in with all that they have.
    answer = client.upload("/api/catalog/warehouses/import", (samples.DEMO / "warehouses.csv").read_bytes(), "text/csv")
    assert answer.status == 202, (answer, systemd.inside("cat", "/run/pf.err"))
    task_id = answer.json["task_id"]
    assert client.wait(task_id)["status"] == "completed"
    assert "landlock" not in systemd.inside("cat", "/run/pf.err")
    main = systemd.show("MainPID")
    systemd.inside("kill", "-STOP", main)  # the watchdog must notice
    systemd.until(lambda: systemd.show("MainPID") not in (main, "0") and systemd.show("ActiveState") == "active")
    main = systemd.show("MainPID")
    systemd.inside("kill", "-KILL", main)
    systemd.until(lambda: systemd.show("MainPID") not in (main, "0") and systemd.show("ActiveState") == "active")
    systemd("reload", UNIT)
    assert systemd.show("ActiveState") == "active"
    systemd("stop", UNIT)
    assert systemd.show("Result") == "success" and systemd.show("ExecMainStatus") == "0"


def test_configuration_fault_is_not_restarted(systemd):
    with open(systemd.conf, "a") as conf:
        conf.write("nonsense = 1\n")
    systemd("start", UNIT, check=False)
    systemd.until(lambda: systemd.show("ActiveState") == "failed")
    time.sleep(1.5)
    assert systemd.show("NRestarts") == "0" and systemd.show("ExecMainStatus") == "78"


def test_a_reload_with_faults_fails_and_changes_nothing(systemd):
    systemd("start", UNIT)
    main = systemd.show("MainPID")
    good = systemd.conf.read_text()
    systemd.conf.write_text(good + "[tasks]\nretention_dais = 3\n")
    done = systemd.command("reload", UNIT)
    assert done.returncode != 0, done
    assert "did you mean tasks.retention_days?" in systemd.inside("cat", "/run/pf.err")
    assert systemd.show("ActiveState") == "active" and systemd.show("MainPID") == main
    systemd.conf.write_text(good + "[tasks]\nretention_days = 3\n")
    systemd("reload", UNIT)
    systemd.until(lambda: "tasks.retention_days: 30 -> 3" in systemd.inside("cat", "/run/pf.err"))
    assert systemd.show("MainPID") == main


class Pollers:
    """Threads that poll one task, each time over a new connection: TCP and the 32 sockets in turn."""

    def __init__(self, systemd, port, task_id, threads=8):
        self.base, self.port, self.path = f"/proc/{systemd.pid1}/root/run/priceforge-http", port, f"/api/tasks/{task_id}"
        self.polls, self.faults, self.slowest, self.stop = 0, [], 0.0, threading.Event()
        self.threads = [threading.Thread(target=self.run, args=(i,)) for i in range(threads)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        for thread in self.threads:
            thread.join()

    def connect(self, number):
        if number % 33 == 32:
            return socket.create_connection(("127.0.0.1", self.port), timeout=30)
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(30)
        connection.connect(f"{self.base}/http-{number % 33}.sock")
        return connection

    def run(self, number):
        while not self.stop.is_set():
            number += 1
            began = time.monotonic()
            try:
                with self.connect(number) as connection:
                    connection.sendall(f"GET {self.path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
                    head = connection.recv(65536)
                if not head.startswith(b"HTTP/1.1 200 "):
                    self.faults.append((number, head[:300]))
            except OSError as error:
                self.faults.append((number, repr(error)))
            self.polls += 1
            self.slowest = max(self.slowest, time.monotonic() - began)
            time.sleep(0.005)


def test_a_restart_refuses_nobody_and_loses_no_task(systemd):
    systemd("start", UNIT)
    assert systemd("is-active", SOCKETS).strip() == "active"
    port = int(systemd.inside("cat", "/run/pf.out").split("http=127.0.0.1:")[1].split()[0])
    client = Client(port=port)
    demo = (samples.DEMO / "warehouses.csv").read_bytes()
    first = client.upload("/api/catalog/warehouses/import", demo, "text/csv").json["task_id"]
    client.wait(first)
    started, pids = [], set()
    with Pollers(systemd, port, first) as pollers:
        for _ in range(int(os.environ.get("PF_RESTARTS", "4"))):
            answer = Client(port=port).upload("/api/catalog/warehouses/import", demo, "text/csv")
            assert answer.status == 202, answer
            started.append(answer.json["task_id"])
            systemd("reset-failed", UNIT)  # five starts a minute are the unit's limit
            systemd("restart", UNIT)
            pids.add(systemd.show("MainPID"))
        systemd.until(lambda: pollers.polls >= 2000, 60)
    print(f"{len(pids)} restarts, {pollers.polls} polls, slowest {pollers.slowest:.2f} s")
    assert len(pids) == len(started) and not pollers.faults, (len(pollers.faults), pollers.polls, pollers.faults[:5])
    assert [Client(port=port).wait(task)["status"] for task in started] == ["completed"] * len(started)


def test_sockets_outlive_the_service_and_start_it(systemd):
    systemd("start", SOCKETS)
    assert systemd.show("ActiveState") == "inactive"
    assert systemd.inside("stat", "-c", "%U %G %a", "/run/priceforge-http/http-31.sock").strip() == "priceforge www-data 660"
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(30)
        connection.connect(f"/proc/{systemd.pid1}/root/run/priceforge-http/http-31.sock")
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        assert connection.recv(4096).startswith(b"HTTP/1.1 200 ")
    assert systemd.show("ActiveState") == "active"
    assert "is not used: systemd passed the listener 127.0.0.1:" in systemd.inside("cat", "/run/pf.err")
    systemd("stop", UNIT)
    assert systemd("is-active", SOCKETS).strip() == "active"


@pytest.mark.parametrize("drop_in, most", [(None, 1.0), ("priceforge-local.conf", 0.3)])
def test_exposure_score(place, drop_in, most):
    unit = (BUILD / "deploy" / UNIT).read_text()
    # --offline reads one file: what the drop-in says goes to its end.
    if drop_in:
        unit += (TOP / "deploy" / drop_in).read_text()
    (place / UNIT).write_text(unit)
    out = subprocess.run(["systemd-analyze", "security", "--offline=true", str(place / UNIT)], capture_output=True, text=True).stdout
    score = float(out.rsplit("service:", 1)[1].split()[0])
    assert score <= most, out
