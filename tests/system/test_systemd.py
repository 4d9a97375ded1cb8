"""The shipped unit under a real systemd (252), as PID 1 of its own namespaces with only our unit in it. Needs root."""
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

import samples
from daemon import Client

TOP = Path(__file__).resolve().parents[2]
UNIT = "priceforge.service"

LAUNCH = r"""
set -e
mkdir -p {cgroup}
echo $$ > {cgroup}/cgroup.procs
exec unshare --mount --pid --fork --cgroup --uts --ipc sh -c '
    mount --make-rprivate / && mount --make-rshared /
    mount -t proc proc /proc
    mount -t tmpfs tmpfs /run
    for old in $(awk "\$2 ~ /^\/sys\/fs\/cgroup/ {{print \$2}}" /proc/mounts | sort -r); do umount -l $old; done
    mount -t cgroup2 cgroup2 /sys/fs/cgroup
    exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin container=pf SYSTEMD_UNIT_PATH={units} \
        /lib/systemd/systemd --system --unit=test.target --log-target=console --log-level=warning
'
"""


def unit_text(build, conf):
    text = (TOP / "deploy" / "priceforge.service.in").read_text()
    text = text.replace("@sbindir@/priceforged -c @sysconfdir@/priceforge/priceforged.conf", f"{build}/priceforged -c {conf}")
    kept = [line for line in text.splitlines() if not line.startswith(("After=", "Documentation="))]
    kept.insert(kept.index("[Unit]") + 1, "DefaultDependencies=no")
    return "\n".join(kept) + "\n"


def cgroup2_root():
    for line in open("/proc/mounts"):
        fields = line.split()
        if fields[2] == "cgroup2":
            return Path(fields[1])
    return None


@pytest.fixture
def systemd(place):
    if os.geteuid() != 0:
        pytest.skip("starting systemd in namespaces needs root")
    if not Path("/lib/systemd/systemd").exists() or cgroup2_root() is None:
        pytest.skip("no systemd, or no cgroup2 tree to run it in")
    build = Path(os.environ["PF_BUILD"])
    if "asan" in build.name:
        pytest.skip("the sanitizers' run time does not fit the unit's sandbox")
    units = place / "units"
    units.mkdir()
    # ProtectHome and PrivateTmp hide the places where a build may lie: run a copy from a visible one.
    visible = Path(tempfile.mkdtemp(prefix="pft-", dir="/opt"))
    visible.chmod(0o755)
    shutil.copy(build / "priceforged", visible / "priceforged")
    conf = visible / "priceforged.conf"
    conf.write_text("[paths]\nstate_dir = /var/lib/priceforge\nruntime_dir = /run/priceforge\n"
                                            "[http]\nlisten = 127.0.0.1:0\nworkers = 2\n")
    text = unit_text(visible, conf)
    text = text.replace("StateDirectory=priceforge", f"StateDirectory={place.name}").replace("WatchdogSec=30", "WatchdogSec=2")
    text = text.replace("RuntimeDirectory=priceforge", "RuntimeDirectory=priceforge\nStandardOutput=append:/run/pf.out\n"
                        "StandardError=append:/run/pf.err")
    conf.write_text(conf.read_text().replace("/var/lib/priceforge", f"/var/lib/{place.name}"))
    (units / UNIT).write_text(text)
    (units / "test.target").write_text("[Unit]\nDescription=test\nDefaultDependencies=no\n")
    cgroup = cgroup2_root() / f"pf-test-{os.getpid()}"
    log = open(place / "systemd.log", "ab")
    process = subprocess.Popen(["bash", "-c", LAUNCH.format(cgroup=cgroup, units=units)], stdout=log, stderr=log,
                               start_new_session=True)
    yield Systemd(process, place, conf)
    subprocess.run(["pkill", "-KILL", "-P", str(process.pid)], check=False)
    process.wait(20)
    shutil.rmtree(f"/var/lib/{place.name}", ignore_errors=True)
    shutil.rmtree(visible, ignore_errors=True)
    for group in sorted(cgroup.rglob("*"), reverse=True):
        if group.is_dir():
            _rmdir(group)
    _rmdir(cgroup)


def _rmdir(path):
    for _ in range(50):
        try:
            path.rmdir()
            return
        except OSError:
            time.sleep(0.05)


class Systemd:
    def __init__(self, launcher, place, conf):
        self.launcher, self.place, self.conf = launcher, place, conf
        end = time.monotonic() + 15
        while True:
            found = subprocess.run(["pgrep", "-P", str(launcher.pid)], capture_output=True, text=True).stdout.split()
            self.pid1 = found[0] if found else None
            if self.pid1 and self("is-system-running", check=False).strip() in ("running", "degraded", "starting"):
                return
            assert time.monotonic() < end, (place / "systemd.log").read_text()
            time.sleep(0.1)

    def inside(self, *command, check=True):
        done = subprocess.run(["nsenter", "-t", self.pid1, "-m", "-p", "-u", "-i", "-C", *command], capture_output=True, text=True)
        assert not check or done.returncode == 0, (done.stdout + done.stderr, (self.place / "systemd.log").read_text()[-2000:],
                                                   self.inside("cat", "/run/pf.err", check=False)[-3000:])
        return done.stdout

    def __call__(self, *arguments, check=True):
        return self.inside("systemctl", *arguments, check=check)

    def show(self, name):
        return self("show", "-P", name, UNIT).strip()

    def until(self, condition, seconds=20):
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, self("status", UNIT, check=False) + self.inside("cat", "/run/pf.err", check=False)[-2000:]
            time.sleep(0.1)


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


def test_exposure_score(place):
    text = unit_text("/usr/sbin", "/etc/priceforge/priceforged.conf")
    (place / UNIT).write_text(text)
    out = subprocess.run(["systemd-analyze", "security", "--offline=true", str(place / UNIT)], capture_output=True, text=True).stdout
    score = float(out.rsplit("service:", 1)[1].split()[0])
    assert score <= 1.0, out
