"""One priceforged under test: start, stop, kill, talk to a given worker, look into its database."""
import http.client
import json
import os
import re
import select
import signal
import socket
import subprocess
import time
from pathlib import Path

from contract import contract

ACCOUNT = "priceforge"
# For tests that cancel a task which does not look: not they show how long it may go on.
BRISK = {"tasks__cancel_statement_s": 1, "tasks__cancel_kill_s": 1}


def halt(pid):
    """SIGSTOP, and wait: the signal is only asked for, and on a busy machine a thread may go on for a while and answer."""
    os.kill(pid, signal.SIGSTOP)
    end = time.monotonic() + 10
    while {(task / "stat").read_text().rsplit(")", 1)[1].split()[0] for task in Path(f"/proc/{pid}/task").iterdir()} != {"T"}:
        assert time.monotonic() < end, f"{pid} does not stop"
        time.sleep(0.001)


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a worker's own unix socket."""

    def __init__(self, path, timeout=20):
        super().__init__("localhost", timeout=timeout)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Answer:
    """Status, headers and body of one response."""

    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"<{self.status} {self.body[:200]!r}>"


class Client:
    """Keep-alive client of one worker (unix socket) or of the TCP listener. Every exchange is checked against the API document."""

    def __init__(self, path=None, port=None):
        self.path, self.port, self.connection = path, port, None
        self.token = None
        self.unchecked = False  # what a fuzzed request says is not in the document

    def _open(self):
        if self.path:
            return UnixConnection(self.path)
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)

    def request(self, method, target, body=None, headers=None):
        if self.connection is None:
            self.connection = self._open()
        if self.token:
            headers = {"Authorization": f"Bearer {self.token}", **(headers or {})}
        try:
            self.connection.request(method, target, body=body, headers=headers or {})
            answer = Answer(self.connection.getresponse())
        except (OSError, http.client.HTTPException):
            self.connection.close()
            self.connection = None
            raise
        contract().check_answer(method, target, answer)
        if answer.status < 300 and not self.unchecked:
            contract().check_request(method, target, body, headers or {})
        return answer

    def get(self, target, headers=None):
        return self.request("GET", target, headers=headers)

    def post_json(self, target, value, headers=None):
        return self.request("POST", target, json.dumps(value), {"Content-Type": "application/json", **(headers or {})})

    def start(self, task_type, **params):
        """Start a task by POST /api/tasks; its id."""
        answer = self.post_json("/api/tasks", {"type": task_type, "params": params})
        assert answer.status == 202, answer
        return answer.json["task_id"]

    def upload(self, target, data, content_type="application/octet-stream"):
        return self.request("POST", target, data, {"Content-Type": content_type})

    def task(self, task_id):
        answer = self.get(f"/api/tasks/{task_id}")
        assert answer.status == 200, answer
        return answer.json

    def wait(self, task_id, seconds=30, until=lambda task: task["status"] != "running", every=0.02):
        """Poll until the task satisfies `until`; the last representation."""
        end = time.monotonic() + seconds
        while True:
            task = self.task(task_id)
            if until(task):
                return task
            assert time.monotonic() < end, f"still {task}"
            time.sleep(every)

    def close(self):
        if self.connection:
            self.connection.close()
            self.connection = None


class Daemon:
    def __init__(self, build, state, log, test_types=True, options=None):
        self.build, self.state, self.log = Path(build), Path(state), Path(log)
        self.program = self.build / ("priceforged-test" if test_types else "priceforged")
        self.options = {"http.listen": "127.0.0.1:0", "http.workers": 2, "tasks.runners": 2, "paths.state_dir": state,
                        "spool.keep_preview": 0}  # many tests look whether a file is gone with its task; test_from_task.py keeps them
        self.options.update({key.replace("__", "."): value for key, value in (options or {}).items()})
        self.process, self.port = None, None
        self.wrapper = []  # a command that runs the daemon

    @property
    def runtime(self):
        return Path(self.options.get("paths.runtime_dir", self.state / "run"))

    @property
    def pid(self):
        return self.process.pid

    def command(self):
        args = [*self.wrapper, str(self.program)]
        for key, value in self.options.items():
            args += ["-o", f"{key}={value}"]
        return args

    def start(self, wait=30):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.command(), stdout=subprocess.PIPE, stderr=log, stdin=subprocess.DEVNULL,
                                            start_new_session=True)
        line = self._ready_line(wait)
        match = re.match(rb"ready: http=(?:127\.0\.0\.1:(\d+))? ?pid=(\d+)", line)
        assert match, f"no ready line but {line!r}: {self.log_text()[-2000:]}"
        self.port = int(match[1]) if match[1] else None
        return self

    def _ready_line(self, wait):
        end, line = time.monotonic() + wait, b""
        fd = self.process.stdout.fileno()
        while not line.endswith(b"\n") and time.monotonic() < end:
            if select.select([fd], [], [], 0.1)[0]:
                chunk = os.read(fd, 4096)
                if not chunk:
                    break
                line += chunk
        return line

    def log_text(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    # ---- talking ----

    def worker(self, index):
        return Client(path=self.runtime / f"worker-{index}.sock")

    def tcp(self):
        return Client(port=self.port)

    def sql_command(self, statement, admin=True):
        """The command line that runs a statement over the private database's socket, and prints rows as soon as they come.
        With every right, or with those that the daemon's own sessions have."""
        statement = f"SET ROLE priceforge_admin; {statement}" if admin else statement
        command = ["mariadb", "--no-defaults", "-N", "-B", "--unbuffered", "--socket", str(self.runtime / "db.sock"), "priceforge", "-e", statement]
        if os.geteuid() == 0:
            command = ["setpriv", f"--reuid={ACCOUNT}", f"--regid={ACCOUNT}", "--clear-groups", *command, "--user", ACCOUNT]
        return command

    def sql(self, statement, admin=True):
        """Rows of a statement; lists of texts."""
        out = subprocess.run(self.sql_command(statement, admin), check=True, capture_output=True, text=True).stdout
        return [line.split("\t") for line in out.splitlines()]

    # ---- processes ----

    def children(self, role):
        """Pids of living children by role ("worker", "runner", "janitor", "parser"), told by their titles."""
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                stat = (entry / "stat").read_text()
                title = (entry / "comm").read_text().strip()
            except OSError:
                continue
            fields = stat.rsplit(")", 1)[1].split()
            if int(fields[1]) == self.pid and fields[0] != "Z" and role in title:
                found.append((title, int(entry.name)))
        return [pid for _, pid in sorted(found)]

    def worker_pid(self, index):
        return self.children(f"worker-{index}")[0]

    def term(self, wait=30):
        """SIGTERM; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(wait)

    def kill(self):
        """SIGKILL the master and wait for its children to be gone."""
        self.process.kill()
        self.process.wait()

    def kill_all(self):
        """SIGKILL every process of the daemon at once, its database included."""
        pids = subprocess.run(["ps", "-eo", "pid=,sid=,ppid="], capture_output=True, text=True).stdout
        tree, wanted = [tuple(map(int, line.split())) for line in pids.splitlines()], {self.pid}
        for _ in range(4):
            wanted |= {pid for pid, _sid, ppid in tree if ppid in wanted}
        wanted |= {pid for pid, sid, _ppid in tree if sid == self.pid}
        for pid in wanted:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.wait()

    def stop_hard(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.kill_all()
        if self.process:
            self.process.stdout.close()

    def spool_files(self):
        return sorted(p.name for p in (self.state / "spool").iterdir())
