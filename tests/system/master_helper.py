"""Runs a priceforged with roles that only live and die (fake_roles), in a directory of its own."""

import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time

import pytest

BUILD = os.environ.get("PF_BUILD", os.path.join(os.path.dirname(__file__), "..", "..", "build"))
FAKE = os.path.abspath(os.path.join(BUILD, "tests", "system", "fake_roles"))
# Sanitizers and busy machines are slow; nothing here tests speed.
PATIENCE = 40.0
NO_DATABASE = ["database.socket=/nonexistent/db.sock"]


def wait_until(condition, what, seconds=PATIENCE):
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            pytest.fail("waited %g s in vain: %s" % (seconds, what() if callable(what) else what))
        time.sleep(0.02)


def alive(pid):
    """True for a process that runs; a zombie does not."""
    try:
        with open("/proc/%d/stat" % pid) as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


def children_of(pid):
    found = {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open("/proc/%s/stat" % entry) as stat:
                text = stat.read()
            if int(text.rsplit(")", 1)[1].split()[1]) != pid or not alive(int(entry)):
                continue
            with open("/proc/%s/cmdline" % entry, "rb") as cmdline:
                title = cmdline.read().split(b"\0")[0].decode("utf-8", "replace")
            found[int(entry)] = title.replace("priceforged: ", "")
        except OSError:
            continue
    return found


class Daemon:
    """One daemon in its own state directory; as root it runs as the account `priceforge`."""

    def __init__(self, directory, options=(), fake="", env=None, command=()):
        self.directory = directory
        self.state = os.path.join(directory, "s")
        self.args = list(command) + [FAKE]
        for option in ["paths.state_dir=" + self.state, "http.listen=127.0.0.1:0", "http.workers=2", "tasks.slots=64"] + list(options):
            self.args += ["-o", option]
        self.env = dict(os.environ, PF_FAKE=fake, **(env or {}))
        self.log = []
        self.out = []
        self.process = None

    def start(self):
        self.process = subprocess.Popen(
            self.args, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
            text=True, errors="replace", start_new_session=True)
        for stream, lines in ((self.process.stdout, self.out), (self.process.stderr, self.log)):
            threading.Thread(target=self._collect, args=(stream, lines), daemon=True).start()
        return self

    @staticmethod
    def _collect(stream, lines):
        for line in stream:
            lines.append(line.rstrip("\n"))

    @property
    def pid(self):
        return self.process.pid

    def text(self):
        return "\n".join(self.log)

    def wait_ready(self):
        def ready():
            if self.process.poll() is not None:
                pytest.fail("ended with %s before it was ready:\n%s" % (self.process.returncode, self.text()))
            return any(line.startswith("ready: ") for line in self.out)
        wait_until(ready, "the ready line")
        match = re.match(r"ready: http=(\S+) pid=(\d+)$", self.out[0])
        assert match, self.out
        assert int(match.group(2)) == self.pid
        self.http = match.group(1)
        return self

    def wait_log(self, pattern, count=1, seconds=PATIENCE):
        return wait_until(lambda: len(re.findall(pattern, self.text())) >= count, lambda: "log: %s\n%s" % (pattern, self.text()), seconds)

    def wait_exit(self, seconds=PATIENCE):
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            pytest.fail("did not end:\n" + self.text())
        time.sleep(0.05)  # the collectors' last lines
        return code

    def children(self):
        return children_of(self.pid)

    def child(self, title):
        """Pid of the child with this title, or None."""
        for pid, found in self.children().items():
            if found == title:
                return pid
        return None

    def database(self):
        for pid, title in self.children().items():
            if title.endswith("mariadbd"):
                return pid
        return None

    def stop(self, sig=signal.SIGTERM):
        self.process.send_signal(sig)
        return self.wait_exit()

    def cleanup(self):
        if self.process and self.process.poll() is None:
            children = self.children()
            self.process.kill()
            self.process.wait()
            wait_until(lambda: not any(alive(pid) for pid in children), "children to end")


def make_directory():
    """Short (sockets!) and reachable for the account the daemon switches to."""
    directory = tempfile.mkdtemp(prefix="pf.", dir="/var/tmp")
    os.chmod(directory, 0o755)
    if os.geteuid() == 0:
        account = pwd.getpwnam("priceforge")
        os.chown(directory, account.pw_uid, account.pw_gid)
    return directory


def require_account():
    if os.geteuid() != 0:
        return
    try:
        pwd.getpwnam("priceforge")
    except KeyError:
        pytest.skip("as root the daemon runs as the account priceforge, which does not exist here")


def remove(directory):
    shutil.rmtree(directory, ignore_errors=True)
