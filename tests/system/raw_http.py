"""The HTTP server alone (tests/bench/http_app), and how its tests send raw requests to it over plain sockets.

The server comes from PF_BUILD (default: build). It may be a sanitizer build: a leak or a race at its end fails the run.
"""
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("PF_BUILD") or ROOT / "build")
APP = BUILD / "tests" / "bench" / "http_app"

needs_app = pytest.mark.skipif(not APP.exists(), reason="build tests/bench/http_app first (make tests/bench/http_app)")

# AddressSanitizer keeps freed memory in quarantine, so a sanitizer build shows leaks but not the growth of a real one.
SANITIZED = APP.exists() and b"__asan_init" in APP.read_bytes()
GROWTH = (256 if SANITIZED else 4) << 20


class App:
    def __init__(self, spool, *settings, path=None):
        self.spool = spool
        self.path = path
        self.errors = open(spool / ".." / f"errors-{time.monotonic_ns()}", "w+b")
        self.process = subprocess.Popen([str(APP), f"unix:{path}" if path else "0", str(spool), *settings], stdout=subprocess.PIPE,
                                        stderr=self.errors, text=True)
        self.port = int(self.process.stdout.readline().split()[1])  # 0 for a unix socket

    def connect(self, timeout=10):
        if self.path:
            s = socket.socket(socket.AF_UNIX)
            s.settimeout(timeout)
            s.connect(self.path)
            return s
        s = socket.create_connection(("127.0.0.1", self.port), timeout=timeout)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return s

    def stats(self):
        with self.connect() as s:
            s.sendall(b"GET /stats HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
            return json.loads(read_all(s).split(b"\r\n\r\n", 1)[1])

    def rss(self):
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", text)[1]) * 1024

    def fds(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def stop(self, sig=signal.SIGTERM):
        self.process.send_signal(sig)
        code = self.process.wait(timeout=20)
        self.errors.seek(0)
        text = self.errors.read().decode(errors="replace")
        self.errors.close()
        assert code == 0 and "ERROR" not in text and "runtime error" not in text, text


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    spool = tmp_path_factory.mktemp("raw") / "spool"
    spool.mkdir(mode=0o700)
    app = App(spool, "max_body=2000000", "head=30")
    yield app
    app.stop()


@pytest.fixture
def make_app(tmp_path):
    apps = []

    def make(*settings, path=None):
        spool = tmp_path / f"spool{len(apps)}"
        spool.mkdir(mode=0o700)
        apps.append(App(spool, *settings, path=path))
        return apps[-1]

    yield make
    for app in apps:
        app.stop()


def read_all(s):
    data = b""
    try:
        while piece := s.recv(65536):
            data += piece
    except ConnectionResetError:
        data += b"<reset>"
    return data


def split_responses(data, heads=()):
    """Status codes and bodies of the responses in data; `heads` lists indices of answers to HEAD."""
    out = []
    while data:
        if data.startswith(b"HTTP/1.1 100"):
            data = data.split(b"\r\n\r\n", 1)[1]
            continue
        head, sep, rest = data.partition(b"\r\n\r\n")
        match = re.match(rb"HTTP/1\.[01] (\d{3}) ", head)
        if not match or not sep:
            out.append((0, data))
            break
        length = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
        n = 0 if len(out) in heads or not length else int(length[1])
        out.append((int(match[1]), rest[:n]))
        data = rest[n:]
    return out


def exchange(app, request, cuts=(), heads=(), pause=0.002):
    """Send the request cut at the given places and read until the server closes (or for the well-behaved, until we half-close)."""
    with app.connect() as s:
        at = 0
        try:
            for cut in [*cuts, len(request)]:
                s.sendall(request[at:cut])
                at = cut
                if cuts:
                    time.sleep(pause)
            s.shutdown(socket.SHUT_WR)
        except (BrokenPipeError, ConnectionResetError, OSError):
            pass
        return split_responses(read_all(s), heads)


def get(target="/api/tasks/x", version="HTTP/1.1", headers="Host: h\r\n", method="GET"):
    return f"{method} {target} {version}\r\n{headers}\r\n".encode("latin-1")


def post(headers, body=b"", target="/memory"):
    return f"POST {target} HTTP/1.1\r\nHost: h\r\n{headers}\r\n".encode("latin-1") + body


SMUGGLED = b"POST /count HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n"
CHUNKED = "Transfer-Encoding: chunked\r\n"
