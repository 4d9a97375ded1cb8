"""systemd (252 and later) as PID 1 of namespaces of its own, with only our unit in it. Needs root."""
import contextlib
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

UNIT = "priceforge.service"
SOCKETS = "priceforge.socket"

# What the unit may write is in file systems of the namespace's own and goes with it.
LAUNCH = r"""
set -e
mkdir -p {cgroup}
echo $$ > {cgroup}/cgroup.procs
exec unshare --mount --pid --fork --cgroup --uts --ipc sh -c '
    mount --make-rprivate / && mount --make-rshared /
    mount -t proc proc /proc
    mount -t tmpfs tmpfs /run
    mount -t tmpfs tmpfs /var/lib
    {mounts}
    for old in $(awk "\$2 ~ /^\/sys\/fs\/cgroup/ {{print \$2}}" /proc/mounts | sort -r); do umount -l $old; done
    mount -t cgroup2 cgroup2 /sys/fs/cgroup
    exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin container=pf SYSTEMD_UNIT_PATH={units} \
        /lib/systemd/systemd --system --unit=test.target --log-target=console --log-level=warning
'
"""

# Beside the unit, which stays as it was installed.
DROP_IN = """[Unit]
DefaultDependencies=no
[Service]
WatchdogSec=2
Environment=PRICEFORGE_HTTP_LISTEN=127.0.0.1:0 PRICEFORGE_HTTP_WORKERS=2
StandardOutput=append:/run/pf.out
StandardError=append:/run/pf.err
"""

# The network is the machine's own, so TCP gets a free port here.
SOCKETS_DROP_IN = """[Unit]
DefaultDependencies=no
[Socket]
ListenStream=
ListenStream=127.0.0.1:{port}
{paths}
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def cgroup2_root():
    for line in open("/proc/mounts"):
        fields = line.split()
        if fields[2] == "cgroup2":
            return Path(fields[1])
    return None


def require():
    if os.geteuid() != 0:
        pytest.skip("starting systemd in namespaces needs root")
    if not Path("/lib/systemd/systemd").exists() or cgroup2_root() is None:
        pytest.skip("no systemd, or no cgroup2 tree to run it in")
    if "asan" in Path(os.environ["PF_BUILD"]).name:
        pytest.skip("the sanitizers' run time does not fit the unit's sandbox")


@contextlib.contextmanager
def run(place, unit_dir, mounts=":"):
    """A context: the unit of `unit_dir` in a running systemd. `mounts`: shell commands in the namespace."""
    units = place / "units"
    (units / f"{UNIT}.d").mkdir(parents=True)
    (units / f"{UNIT}.d" / "test.conf").write_text(DROP_IN)
    (units / f"{SOCKETS}.d").mkdir()
    paths = "\n".join(line for line in Path(unit_dir, SOCKETS).read_text().splitlines() if line.startswith("ListenStream=/"))
    (units / f"{SOCKETS}.d" / "test.conf").write_text(SOCKETS_DROP_IN.format(port=free_port(), paths=paths))
    (units / "test.target").write_text("[Unit]\nDescription=test\nDefaultDependencies=no\n")
    cgroup = cgroup2_root() / f"pf-test-{os.getpid()}-{place.name}"
    log = open(place / "systemd.log", "ab")
    script = LAUNCH.format(cgroup=cgroup, units=f"{units}:{unit_dir}", mounts=mounts)
    process = subprocess.Popen(["bash", "-c", script], stdout=log, stderr=log, start_new_session=True)
    try:
        yield Systemd(process, place)
    finally:
        for child in _children(process.pid):
            os.kill(int(child), signal.SIGKILL)
        process.wait(20)
        for group in sorted(cgroup.rglob("*"), reverse=True):
            if group.is_dir():
                _rmdir(group)
        _rmdir(cgroup)


def _children(pid):
    return subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True).stdout.split()


def _rmdir(path):
    for _ in range(50):
        try:
            path.rmdir()
            return
        except OSError:
            time.sleep(0.05)


class Systemd:
    def __init__(self, launcher, place):
        self.launcher, self.place = launcher, place
        end = time.monotonic() + 15
        while True:
            found = _children(launcher.pid)
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

    def command(self, *arguments):
        """systemctl, whatever comes of it."""
        return subprocess.run(["nsenter", "-t", self.pid1, "-m", "-p", "-u", "-i", "-C", "systemctl", *arguments], capture_output=True, text=True)

    def show(self, name):
        return self("show", "-P", name, UNIT).strip()

    def until(self, condition, seconds=20):
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, self("status", UNIT, check=False) + self.inside("cat", "/run/pf.err", check=False)[-2000:]
            time.sleep(0.1)
