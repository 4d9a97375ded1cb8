"""The shipped unit under a real systemd: watchdog, restarts, reload, stop, and how exposed it is."""
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

import samples
import systemd_helper
from daemon import Client
from systemd_helper import UNIT

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


def test_exposure_score(place):
    shutil.copy(BUILD / "deploy" / UNIT, place / UNIT)
    out = subprocess.run(["systemd-analyze", "security", "--offline=true", str(place / UNIT)], capture_output=True, text=True).stdout
    score = float(out.rsplit("service:", 1)[1].split()[0])
    assert score <= 1.0, out
