"""Raw requests over plain sockets against the HTTP server alone (tests/bench/http_app).

Every request of the corpus has one verdict, whatever the byte boundaries; none ever makes a second request run. The server
comes from PF_BUILD (default: build), and may be a sanitizer build: a leak or a race at its end fails the run.
"""
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import threading
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("PF_BUILD") or ROOT / "build")
APP = BUILD / "tests" / "bench" / "http_app"

pytestmark = pytest.mark.skipif(not APP.exists(), reason="build tests/bench/http_app first (make tests/bench/http_app)")

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

# name: (request, statuses of the answers)
CORPUS = {
    # --- right ones
    "plain get": (get(), [200]),
    "get with query": (get("/echo/a/b?x=1&y=%20"), [200]),
    "root": (get("/"), [200]),
    "http 1.0": (get(version="HTTP/1.0", headers=""), [200]),
    "http 1.0 keep alive": (get(version="HTTP/1.0", headers="Connection: keep-alive\r\n"), [200]),
    "empty header value": (get(headers="Host: h\r\nX:\r\n"), [200]),
    "obs-text in value": (get(headers="Host: h\r\nX: \xe4\xf6\r\n"), [200]),
    "tab in value": (get(headers="Host: h\r\nX: a\tb\r\n"), [200]),
    "space around value": (get(headers="Host:  h \t\r\n"), [200]),
    "lower case names": (get(headers="host: h\r\n"), [200]),
    "host with port": (get(headers="Host: h:80\r\n"), [200]),
    "host ipv6": (get(headers="Host: [::1]:80\r\n"), [200]),
    "get with length 0": (get(headers="Host: h\r\nContent-Length: 0\r\n"), [200]),
    "utf-8 escape": (get("/echo/%D0%B6/b"), [200]),
    "options": (get(method="OPTIONS"), [204]),
    "delete": (get(method="DELETE"), [204]),
    "delete with length 0": (get(method="DELETE", headers="Host: h\r\nContent-Length: 0\r\n"), [204]),
    "post without length": (post("", target="/count"), [204]),
    "post without length, keep-alive": (post("Connection: keep-alive\r\n", target="/count"), [204]),
    "post": (post("Content-Length: 5\r\n", b"hello"), [200]),
    "post chunked": (post(CHUNKED, b"5\r\nhello\r\n0\r\n\r\n"), [200]),
    "post chunked CHUNKED": (post("transfer-encoding: CHUNKED\r\n", b"5\r\nhello\r\n0\r\n\r\n"), [200]),
    "chunk extension": (post(CHUNKED, b"5;a=b\r\nhello\r\n0;x\r\n\r\n"), [200]),
    "chunk quoted extension": (post(CHUNKED, b'5;a="b c"\r\nhello\r\n0\r\n\r\n'), [200]),
    "trailer": (post(CHUNKED, b"5\r\nhello\r\n0\r\nX: y\r\n\r\n"), [200]),
    "chunk leading zeros": (post(CHUNKED, b"0005\r\nhello\r\n000\r\n\r\n"), [200]),
    "chunk hex upper": (post(CHUNKED, b"A\r\n0123456789\r\n0\r\n\r\n"), [200]),
    "chunk hex lower": (post(CHUNKED, b"a\r\n0123456789\r\n0\r\n\r\n"), [200]),
    "chunked empty": (post(CHUNKED, b"0\r\n\r\n"), [200]),
    "length leading zeros": (post("Content-Length: 005\r\n", b"hello"), [200]),
    "expect with body at once": (post("Expect: 100-continue\r\nContent-Length: 5\r\n", b"hello"), [200]),
    "expect without body": (get(headers="Host: h\r\nExpect: 100-continue\r\n"), [200]),
    "upload": (post("Content-Length: 5\r\n", b"hello", "/upload"), [200]),
    "upload empty": (post("Content-Length: 0\r\n", b"", "/upload"), [200]),
    "upload 100k": (post("Content-Length: 100000\r\n", b"x" * 100000, "/upload"), [200]),
    "upload chunked": (post(CHUNKED, b"5\r\nhello\r\n0\r\n\r\n", "/upload"), [200]),
    "head": (get(method="HEAD"), [200]),
    "pipelined gets": (get() + get() + get("/"), [200, 200, 200]),
    "pipelined get post get": (get() + post("Content-Length: 5\r\n", b"hello") + get(), [200, 200, 200]),
    "pipelined get upload get": (get() + post(CHUNKED, b"5\r\nhello\r\n0\r\n\r\n", "/upload") + get(), [200, 200, 200]),
    "pipelined 404s": (get("/nope") + get() + get("/nope"), [404, 200, 404]),
    "pipelined patch": (get(method="PATCH") + get(), [405, 200]),
    "nothing after close": (get(headers="Host: h\r\nConnection: close\r\n") + SMUGGLED, [200]),
    "nothing after close in a list": (get(headers="Host: h\r\nConnection: keep-alive, Close\r\n") + SMUGGLED, [200]),
    "nothing after close in a second line": (get(headers="Host: h\r\nConnection: x\r\nConnection: close\r\n") + SMUGGLED, [200]),
    "nothing after a body with close in a list": (post("Connection: x,close\r\nContent-Length: 5\r\n", b"hello") + SMUGGLED, [200]),
    "close is no part of a word": (get(headers="Host: h\r\nConnection: x-close, closed\r\n") + get(), [200, 200]),
    "http 1.0 keep alive in a list": (get(version="HTTP/1.0", headers="Connection: x, Keep-Alive\r\n") + get(), [200, 200]),
    "http 1.0 keep alive in a second line": (get(version="HTTP/1.0", headers="Connection: x\r\nConnection: keep-alive\r\n") + get(), [200, 200]),
    "http 1.0 close wins": (get(version="HTTP/1.0", headers="Connection: keep-alive, close\r\n") + SMUGGLED, [200]),
    "expect twice": (post("Expect: 100-continue, 100-continue\r\nContent-Length: 5\r\n", b"hello"), [200]),
    "identity body": (post("Content-Encoding: identity\r\nContent-Length: 5\r\n", b"hello"), [200]),
    "coding without body": (post("Content-Encoding: gzip\r\nContent-Length: 0\r\n", b"", "/json"), [202]),
    "if-match on get": (get(headers="Host: h\r\nIf-Match: \"x\"\r\n"), [200]),
    "if-none-match on post": (post("If-None-Match: *\r\nContent-Length: 0\r\n", target="/count"), [204]),
    # --- conditions that cannot hold, codings
    "if-match on delete": (get(method="DELETE", headers="Host: h\r\nIf-Match: \"x\"\r\n"), [412]),
    "any if-match on delete": (get(method="DELETE", headers="Host: h\r\nIf-Match: *\r\n"), [412]),
    "weak if-match on post": (post("If-Match: W/\"1.2\"\r\nContent-Length: 5\r\n", b"hello"), [412]),
    "if-match on put": (get("/upload", method="PUT", headers="Host: h\r\nIf-Match: \"x\"\r\nContent-Length: 0\r\n"), [412]),
    "if-none-match on put": (get("/upload", method="PUT", headers="Host: h\r\nIf-None-Match: *\r\nContent-Length: 0\r\n"), [412]),
    "if-none-match on delete": (get(method="DELETE", headers="Host: h\r\nIf-None-Match: \"x\"\r\n"), [412]),
    "if-match where there is nothing": (get("/nope", method="DELETE", headers="Host: h\r\nIf-Match: *\r\n"), [404]),
    "gzip body": (post("Content-Encoding: gzip\r\nContent-Length: 5\r\n", b"hello"), [415]),
    "gzip body chunked": (post("Content-Encoding: identity, GZIP\r\n" + CHUNKED, b"5\r\nhello\r\n0\r\n\r\n", "/upload"), [415]),
    # --- not found, not allowed
    "unknown path": (get("/nope"), [404]),
    "unknown path below": (get("/api/tasks/x/y"), [404]),
    "trailing slash": (get("/api/tasks/"), [404]),
    "dot segments are not normalised": (get("/api/../api/tasks"), [404]),
    "escaped letter is not normalised": (get("/api/t%61sks"), [404]),
    "argument too long": (get("/api/tasks/" + "x" * 257), [404]),
    "path parameter": (get("/api/tasks;a=b"), [404]),
    "post to get": (post("Content-Length: 0\r\n", b"", "/stats"), [405]),
    "post body to get": (post("Content-Length: 5\r\n", b"hello", "/stats"), [405]),
    "get to post": (get("/memory"), [405]),
    "patch": (get(method="PATCH"), [405]),
    "unknown method": (get(method="FROBNICATE"), [405]),
    "unknown method, unknown path": (get("/nope", method="FROBNICATE"), [404]),
    "trace": (get(method="TRACE"), [405]),
    "lower case method": (get(method="get"), [405]),
    "options unknown path": (get("/nope", method="OPTIONS"), [404]),
    "get with body": (get(headers="Host: h\r\nContent-Length: 5\r\n") + b"hello", [413]),
    "get with smuggled body": (get(headers=f"Host: h\r\nContent-Length: {len(SMUGGLED)}\r\n") + SMUGGLED, [413]),
    "get chunked": (get(headers="Host: h\r\n" + CHUNKED) + b"0\r\n\r\n", [413]),
    "delete with body": (get(method="DELETE", headers=f"Host: h\r\nContent-Length: {len(SMUGGLED)}\r\n") + SMUGGLED, [413]),
    "options with body": (get(method="OPTIONS", headers=f"Host: h\r\nContent-Length: {len(SMUGGLED)}\r\n") + SMUGGLED, [413]),
    # --- request line
    "no version": (b"GET /\r\n\r\n", [400]),
    "http 0.9": (b"GET /api/tasks\r\n\r\n", [400]),
    "version 1.99999": (get(version="HTTP/1.99999"), [400]),
    "version 1.2": (get(version="HTTP/1.2"), [200]),
    "version 1.9, pipelined": (get(version="HTTP/1.9") + get(), [200, 200]),
    "version 1.2 with body": (b"POST /memory HTTP/1.2\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello", [200]),
    "version 1.2 without host": (get(version="HTTP/1.2", headers=""), [400]),
    "version 2.0": (get(version="HTTP/2.0"), [505]),
    "version 0.9": (get(version="HTTP/0.9"), [505]),
    "version 1.-1": (get(version="HTTP/1.-1"), [400]),
    "version lower case": (get(version="http/1.1"), [400]),
    "version with space": (get(version="HTTP/1.1 "), [400]),
    "http2 preface": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", [505]),
    "two spaces": (b"GET  / HTTP/1.1\r\nHost: h\r\n\r\n", [400]),
    "tab for space": (b"GET\t/ HTTP/1.1\r\nHost: h\r\n\r\n", [400]),
    "space in target": (b"GET /a b HTTP/1.1\r\nHost: h\r\n\r\n", [400]),
    "leading space": (b" GET / HTTP/1.1\r\nHost: h\r\n\r\n", [400]),
    "leading crlf": (b"\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", [400]),
    "leading lf": (b"\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", [400]),
    "empty method": (b" / HTTP/1.1\r\nHost: h\r\n\r\n", [400]),
    "method with colon": (b"GE:T / HTTP/1.1\r\nHost: h\r\n\r\n", [400]),
    "nul in method": (b"GE\0T / HTTP/1.1\r\nHost: h\r\n\r\n", [400]),
    "nul in target": (b"GET /\0 HTTP/1.1\r\nHost: h\r\n\r\n", [400]),
    "high byte in target": (b"GET /\xd0\xb6 HTTP/1.1\r\nHost: h\r\n\r\n", [400]),
    "tls hello": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"a" * 40 + b"\n", [400]),
    # --- target
    "double slash": (get("//evil/x"), [400]),
    "double slash to a route": (get("//evil/api/tasks"), [400]),
    "absolute": (get("http://evil/api/tasks"), [400]),
    "absolute own": (get("http://h/api/tasks"), [400]),
    "star": (get("*", method="OPTIONS"), [400]),
    "connect": (get("h:80", method="CONNECT"), [400]),
    "relative": (get("api/tasks"), [400]),
    "encoded nul": (get("/api/tasks%00b"), [400]),
    "encoded nul in argument": (get("/api/tasks/a%00b"), [400]),
    "encoded nul in query": (get("/echo/a/b?x=%00"), [400]),
    "encoded slash": (get("/api%2Ftasks"), [400]),
    "encoded slash lower": (get("/api/tasks/a%2fb"), [400]),
    "encoded backslash": (get("/api/tasks/a%5cb"), [400]),
    "encoded slash in query": (get("/echo/a/b?x=%2F"), [200]),
    "bad escape": (get("/api/tasks/%zz"), [400]),
    "cut escape": (get("/api/tasks/%4"), [400]),
    "cut escape in query": (get("/echo/a/b?x=%"), [400]),
    "bad utf-8": (get("/api/tasks/%ff"), [400]),
    "overlong utf-8 slash": (get("/api/tasks/%c0%af"), [400]),
    "surrogate": (get("/api/tasks/%ed%a0%80"), [400]),
    "bad utf-8 in query": (get("/echo/a/b?x=%ff"), [400]),
    "fragment": (get("/api/tasks#x"), [400]),
    "too many parameters": (get("/echo/a/b?" + "&".join(f"a{i}=1" for i in range(70))), [400]),
    "raw backslash": (get("/api\\tasks"), [400]),
    # --- headers
    "no host": (get(headers=""), [400]),
    "two hosts": (get(headers="Host: a\r\nHost: b\r\n"), [400]),
    "host with slash": (get(headers="Host: a/b\r\n"), [400]),
    "host with at": (get(headers="Host: a@b\r\n"), [400]),
    "host with space": (get(headers="Host: a b\r\n"), [400]),
    "bare lf everywhere": (b"GET / HTTP/1.1\nHost: h\n\n", [400]),
    "bare lf once": (b"GET / HTTP/1.1\r\nHost: h\nX: y\r\n\r\n", [400]),
    "bare lf at the end": (b"GET / HTTP/1.1\r\nHost: h\r\n\n", [400]),
    "bare cr in value": (b"GET / HTTP/1.1\r\nHost: h\r\nX: a\rb\r\n\r\n", [400]),
    "cr cr lf": (b"GET / HTTP/1.1\r\nHost: h\r\r\n\r\n", [400]),
    "nul in value": (b"GET / HTTP/1.1\r\nHost: h\r\nX: a\0b\r\n\r\n", [400]),
    "nul in name": (b"GET / HTTP/1.1\r\nHost: h\r\nX\0: a\r\n\r\n", [400]),
    "escape in value": (b"GET / HTTP/1.1\r\nHost: h\r\nX: \x1b[2J\r\n\r\n", [400]),
    "del in value": (b"GET / HTTP/1.1\r\nHost: h\r\nX: \x7f\r\n\r\n", [400]),
    "folded": (get(headers="Host: h\r\nX: a\r\n b\r\n"), [400]),
    "folded with tab": (get(headers="Host: h\r\nX: a\r\n\tb\r\n"), [400]),
    "folded first": (get(headers=" Host: h\r\n"), [400]),
    "space before colon": (get(headers="Host: h\r\nX : a\r\n"), [400]),
    "space in name": (get(headers="Host: h\r\nX Y: a\r\n"), [400]),
    "empty name": (get(headers="Host: h\r\n: a\r\n"), [400]),
    "no colon": (get(headers="Host: h\r\nnonsense\r\n"), [400]),
    "bracket in name": (get(headers="Host: h\r\nX[]: a\r\n"), [400]),
    "high byte in name": (get(headers="Host: h\r\nX\xe4: a\r\n"), [400]),
    "101 headers": (get(headers="Host: h\r\n" + "X: y\r\n" * 100), [431]),
    "100 headers": (get(headers="Host: h\r\n" + "X: y\r\n" * 99), [200]),
    "giant header": (get(headers="Host: h\r\nX: " + "y" * 17000 + "\r\n"), [431]),
    "giant target": (get("/" + "y" * 17000), [431]),
    "giant without end": (b"GET /" + b"y" * 60000, [431]),
    "large head that fits": (get(headers="Host: h\r\nX: " + "y" * 16000 + "\r\n"), [200]),
    "two content types": (post("Content-Type: a/b\r\nContent-Type: c/d\r\nContent-Length: 0\r\n", target="/json"), [400]),
    # --- framing
    "duplicate length": (post(f"Content-Length: 0\r\nContent-Length: {len(SMUGGLED)}\r\n", SMUGGLED), [400]),
    "duplicate equal length": (post("Content-Length: 5\r\nContent-Length: 5\r\n", b"hello"), [400]),
    "length list": (post("Content-Length: 5, 5\r\n", b"hello"), [400]),
    "length plus": (post("Content-Length: +5\r\n", b"hello"), [400]),
    "length minus": (post("Content-Length: -5\r\n", b"hello"), [400]),
    "length hex": (post("Content-Length: 0x5\r\n", b"hello"), [400]),
    "length with space": (post("Content-Length: 5 0\r\n", b"hello"), [400]),
    "length empty": (post("Content-Length:\r\n", b"hello"), [400]),
    "length words": (post("Content-Length: five\r\n", b"hello"), [400]),
    "length decimal point": (post("Content-Length: 5.0\r\n", b"hello"), [400]),
    "length beyond 64 bits": (post("Content-Length: 99999999999999999999999\r\n", b"hello"), [400]),
    "length 2^64": (post("Content-Length: 18446744073709551616\r\n", b"hello"), [400]),
    "length huge": (post("Content-Length: 999999999999\r\n", b"hello"), [413]),
    "length space before colon": (post(f"Content-Length : {len(SMUGGLED)}\r\n", SMUGGLED), [400]),
    "length and chunked": (post("Content-Length: 5\r\n" + CHUNKED, b"0\r\n\r\n" + SMUGGLED), [400]),
    "chunked and length": (post(CHUNKED + f"Content-Length: {5 + len(SMUGGLED)}\r\n", b"0\r\n\r\n" + SMUGGLED), [400]),
    "chunked space before colon": (post("Transfer-Encoding : chunked\r\n", b"0\r\n\r\n" + SMUGGLED), [400]),
    "chunked twice": (post(CHUNKED * 2, b"0\r\n\r\n"), [400]),
    "chunked list": (post("Transfer-Encoding: chunked, chunked\r\n", b"0\r\n\r\n"), [400]),
    "gzip, chunked": (post("Transfer-Encoding: gzip, chunked\r\n", b"0\r\n\r\n"), [400]),
    "gzip": (post("Transfer-Encoding: gzip\r\n", SMUGGLED), [400]),
    "identity": (post("Transfer-Encoding: identity\r\n", SMUGGLED), [400]),
    "xchunked": (post("Transfer-Encoding: xchunked\r\n", b"0\r\n\r\n"), [400]),
    "chunked with vt": (post("Transfer-Encoding: \x0bchunked\r\n", b"0\r\n\r\n" + SMUGGLED), [400]),
    "chunked quoted": (post('Transfer-Encoding: "chunked"\r\n', b"0\r\n\r\n"), [400]),
    "chunked folded": (post("Transfer-Encoding:\r\n chunked\r\n", b"0\r\n\r\n" + SMUGGLED), [400]),
    "chunked in 1.0": (b"POST /memory HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED, [400]),
    "chunk size 0x": (post(CHUNKED, b"0x5\r\nhello\r\n0\r\n\r\n"), [400]),
    "chunk size plus": (post(CHUNKED, b"+5\r\nhello\r\n0\r\n\r\n"), [400]),
    "chunk size minus": (post(CHUNKED, b"-5\r\nhello\r\n0\r\n\r\n"), [400]),
    "chunk size empty": (post(CHUNKED, b"\r\nhello\r\n0\r\n\r\n"), [400]),
    "chunk size space": (post(CHUNKED, b" 5\r\nhello\r\n0\r\n\r\n"), [400]),
    "chunk size trailing space": (post(CHUNKED, b"5 \r\nhello\r\n0\r\n\r\n"), [400]),
    "chunk size 64 bits": (post(CHUNKED, b"FFFFFFFFFFFFFFFF\r\nhello"), [400]),
    "chunk size overflow to 5": (post(CHUNKED, b"10000000000000005\r\nhello\r\n0\r\n\r\n"), [400]),
    "chunk bare lf": (post(CHUNKED, b"5\nhello\r\n0\r\n\r\n"), [400]),
    "chunk end bare lf": (post(CHUNKED, b"5\r\nhello\n0\r\n\r\n"), [400]),
    "chunk end missing": (post(CHUNKED, b"5\r\nhello0\r\n\r\n"), [400]),
    "chunk longer than said": (post(CHUNKED, b"4\r\nhello\r\n0\r\n\r\n"), [400]),
    "chunk extension bare lf": (post(CHUNKED, b"5;a\nhello\r\n0\r\n\r\n"), [400]),
    "chunk extension endless": (post(CHUNKED, b"5;" + b"a" * 300 + b"\r\nhello\r\n0\r\n\r\n"), [400]),
    "last chunk bare lf": (post(CHUNKED, b"0\n\n" + SMUGGLED), [400]),
    "trailer bare lf": (post(CHUNKED, b"0\r\nX: y\n\r\n" + SMUGGLED), [400]),
    "trailer folded": (post(CHUNKED, b"0\r\nX: y\r\n z\r\n\r\n"), [400]),
    "trailer endless": (post(CHUNKED, b"0\r\n" + b"X: y\r\n" * 1000 + b"\r\n"), [400]),
    "chunked too long for memory": (post(CHUNKED, b"10001\r\n" + b"x" * 65537 + b"\r\n0\r\n\r\n"), [413]),
    "length too long for memory": (post("Content-Length: 65537\r\n", b"x" * 65537), [413]),
    "length just right for memory": (post("Content-Length: 65536\r\n", b"x" * 65536), [200]),
    "upload over the limit": (post("Content-Length: 2000001\r\n", b"x" * 2000001, "/upload"), [413]),
    "upload at the limit": (post("Content-Length: 2000000\r\n", b"x" * 2000000, "/upload"), [200]),
    "upload chunked over the limit": (post(CHUNKED, b"1E8481\r\n" + b"x" * 2000001 + b"\r\n0\r\n\r\n", "/upload"), [413]),
    "smuggled behind a refused body": (post(f"Content-Length: {len(SMUGGLED)}\r\n", SMUGGLED, "/nope"), [404]),
    "smuggled behind 415": (post(f"Content-Type: text/plain\r\nContent-Length: {len(SMUGGLED)}\r\n", SMUGGLED, "/json"), [415]),
    "body cut off": (post("Content-Length: 10\r\n", b"hello"), []),
    "head cut off": (b"GET / HTTP/1.1\r\nHost: h\r\n", []),
    "nothing": (b"", []),
    # --- expectations, media types, sites
    "expect other": (get(headers="Host: h\r\nExpect: 200-ok\r\n"), [417]),
    "expect other with body": (post("Expect: x\r\nContent-Length: 5\r\n", b"hello"), [417]),
    "json type": (post("Content-Type: application/json\r\nContent-Length: 2\r\n", b"{}", "/json"), [202]),
    "json type with charset": (post("Content-Type: Application/JSON; charset=utf-8\r\nContent-Length: 2\r\n", b"{}", "/json"), [202]),
    "no body, no type": (post("Content-Length: 0\r\n", b"", "/json"), [202]),
    "body without type": (post("Content-Length: 2\r\n", b"{}", "/json"), [415]),
    "form type": (post("Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 2\r\n", b"{}", "/json"), [415]),
    "form type without body": (post("Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 0\r\n", b"", "/json"), [415]),
    "type prefix": (post("Content-Type: application/jsonx\r\nContent-Length: 2\r\n", b"{}", "/json"), [415]),
    "multipart without boundary": (post("Content-Type: multipart/form-data\r\nContent-Length: 2\r\n", b"{}", "/form"), [415]),
    "multipart endless boundary": (post("Content-Type: multipart/form-data; boundary=" + "b" * 71 + "\r\nContent-Length: 2\r\n",
                                        b"{}", "/form"), [415]),
    "cross-site post": (post("Sec-Fetch-Site: cross-site\r\nContent-Length: 0\r\n", b"", "/count"), [403]),
    "cross-site delete": (get(method="DELETE", headers="Host: h\r\nSec-Fetch-Site: cross-site\r\n"), [403]),
    "same-site post": (post("Sec-Fetch-Site: same-site\r\nContent-Length: 0\r\n", b"", "/count"), [403]),
    "same-site post, other origin": (post("Sec-Fetch-Site: same-site\r\nOrigin: http://x.h\r\nContent-Length: 0\r\n", b"", "/count"), [403]),
    "same-site post, own origin": (post("Sec-Fetch-Site: same-site\r\nOrigin: https://h\r\nContent-Length: 0\r\n", b"", "/count"), [204]),
    "unknown site post": (post("Sec-Fetch-Site: nearby\r\nContent-Length: 0\r\n", b"", "/count"), [403]),
    "two origins": (post("Origin: http://h\r\nOrigin: http://evil\r\nContent-Length: 0\r\n", b"", "/count"), [400]),
    "two sites": (post("Sec-Fetch-Site: cross-site\r\nSec-Fetch-Site: none\r\nContent-Length: 0\r\n", b"", "/count"), [400]),
    "cross-site get": (get(headers="Host: h\r\nSec-Fetch-Site: cross-site\r\n"), [200]),
    "same-origin post": (post("Sec-Fetch-Site: same-origin\r\nContent-Length: 0\r\n", b"", "/count"), [204]),
}

MAY_COUNT = {"post without length", "post without length, keep-alive", "delete", "delete with length 0", "same-origin post",
             "same-site post, own origin", "if-none-match on post"}


def check(app, name, cuts=(), pause=0.002):
    request, want = CORPUS[name]
    before = app.stats()["counted"]
    answers = exchange(app, request, cuts, heads=(0,) if request.startswith(b"HEAD") else (), pause=pause)
    assert [status for status, _ in answers] == want, (name, cuts, answers)
    for status, body in answers:
        if status >= 400:
            problem = json.loads(body)
            assert problem["status"] == status and problem["error"] and problem["type"].startswith("/problems/")
    if name not in MAY_COUNT:
        assert app.stats()["counted"] == before, name


@pytest.mark.parametrize("name", CORPUS)
def test_verdict(app, name):
    check(app, name)


@pytest.mark.parametrize("name", [n for n, (r, _) in CORPUS.items() if len(r) <= 400])
def test_same_verdict_cut_in_pieces(app, name):
    request = CORPUS[name][0]
    for step in (1, 7, 50):
        check(app, name, list(range(step, len(request), step)), pause=0.0003)


@pytest.mark.parametrize("name", ["pipelined get upload get", "trailer", "chunk end missing", "duplicate length", "post"])
def test_same_verdict_cut_anywhere(app, name):
    for cut in range(1, len(CORPUS[name][0])):
        check(app, name, [cut], pause=0.001)


@pytest.mark.parametrize("where", ["/echo/a/x%sy", "/echo/a/b?x%sy=z"])
def test_libevent_takes_what_we_let_through(app, where):
    """Any target that passes our check must pass libevent's too: it would answer in HTML."""
    for byte in range(1, 256):
        if chr(byte) in " \t\r\n":
            continue
        with app.connect() as s:
            s.sendall(b"GET " + where.encode().replace(b"%s", bytes([byte])) + b" HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
            answer = read_all(s)
        status = answer.split()[1]
        assert status in (b"200", b"400", b"404") and b"<html" not in answer.lower(), (byte, answer)
        assert status == b"200" or b"application/problem+json" in answer, (byte, answer)


def random_request(random):
    """A valid request and what its answer contains."""
    kind = random.randrange(6)
    if kind == 0:
        word = str(random.random())
        return get(f"/echo/{word}/x"), f"{word}|x".encode()
    if kind == 1:
        return get("/nope", method=random.choice(["GET", "PATCH", "OPTIONS", "POST"])), b"not-found"
    size = random.choice([0, 1, 10, 3000, random.randrange(60000)])
    upload = kind >= 4
    if upload:
        size = random.choice([size, random.randrange(400000)])
    body = random.randbytes(size)
    target = "/upload" if upload else "/memory"
    want = f'"length":{size},'.encode() if upload else body
    if kind % 2 == 0:
        return post(f"Content-Length: {size}\r\n", body, target), want
    chunks, at = b"", 0
    while at < size:
        n = random.randrange(1, 20000)
        chunks += b"%x%s\r\n%s\r\n" % (len(body[at:at + n]), random.choice([b"", b";a=b"]), body[at:at + n])
        at += n
    return post(CHUNKED, chunks + b"0\r\n" + random.choice([b"", b"A: b\r\nC: d\r\n"]) + b"\r\n", target), want


@pytest.mark.parametrize("seed", range(40))
def test_random_pipelines(app, seed):
    import random as module
    random = module.Random(seed)
    requests = [random_request(random) for _ in range(random.randrange(1, 12))]
    data = b"".join(r for r, _ in requests) + get(headers="Host: h\r\nConnection: close\r\n")
    cuts = sorted(random.randrange(len(data)) for _ in range(random.randrange(30)))
    abort = random.random() < 0.15
    with app.connect(20) as s:
        received = []
        reader = threading.Thread(target=lambda: received.append(read_all(s)))
        reader.start()
        at = 0
        for cut in [*cuts, len(data)]:
            s.sendall(data[at:cut])
            at = cut
            time.sleep(random.random() * 0.002)
            if abort and random.random() < 0.2:
                s.shutdown(socket.SHUT_RDWR)
                reader.join()
                return
        reader.join()
    answers = split_responses(received[0])
    assert len(answers) == len(requests) + 1
    for (_, want), (_, body) in zip(requests, answers):
        assert want in body


def test_not_modified(app):
    tag = re.search(rb"\r\nETag: (.*)\r\n", get_raw(app, "/full/x"))[1].decode()
    answer = get_raw(app, "/full/x", f"If-None-Match: {tag}\r\n")
    head, body = answer.split(b"\r\n\r\n", 1)
    assert head.startswith(b"HTTP/1.1 304 Not Modified\r\n") and body == b""
    assert tag.encode() in head and b"Content-Type" not in head and b"Content-Length" not in head
    with app.connect() as s:  # and the connection stays in step
        s.sendall(get("/full/x", headers=f"Host: h\r\nIf-None-Match: {tag}\r\n") + get())
        s.shutdown(socket.SHUT_WR)
        data = read_all(s)
    assert data.count(b"HTTP/1.1 ") == 2 and b"HTTP/1.1 200 OK" in data


def get_raw(app, target, more=""):
    with app.connect() as s:
        s.sendall(get(target, headers=f"Host: h\r\n{more}Connection: close\r\n"))
        return read_all(s)


def test_corpus_is_large():
    assert len(CORPUS) >= 120


def test_nothing_left_behind(app):
    deadline = time.monotonic() + 5
    while (stats := app.stats())["connections"] > 1 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert stats["connections"] == 1 and stats["uploads"] == 0
    assert list(app.spool.iterdir()) == []


def test_keep_alive_in_order(app):
    with app.connect() as s:
        for request, want in [(get("/echo/1/a"), b"1|a"), (post("Content-Length: 300000\r\n", b"z" * 300000, "/upload"), b'{"length":300000'),
                              (get("/echo/2/b"), b"2|b"), (post(CHUNKED, b"3\r\nabc\r\n0\r\n\r\n"), b"abc"), (get("/echo/3/c"), b"3|c")]:
            s.sendall(request)
            data = b""
            while not (parts := split_responses(data)) or parts[-1][0] == 0 or want not in data:
                data += s.recv(65536)
            assert parts[0][0] == 200


def test_continue_is_sent_once_and_only_when_wanted(app):
    with app.connect() as s:
        s.sendall(post("Expect: 100-continue\r\nContent-Length: 5\r\n"))
        assert s.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        s.sendall(b"hello")
        assert b"hello" in s.recv(1000)
    with app.connect() as s:
        s.sendall(post("Expect: 100-continue\r\nContent-Length: 99999999\r\n", target="/upload"))
        answer = read_all(s)
        assert answer.startswith(b"HTTP/1.1 413 ") and b"Connection: close" in answer


def test_continue_waits_for_the_answer_before(app):
    with app.connect() as s:
        s.sendall(get("/slow?ms=300") + post("Expect: 100-continue\r\nContent-Length: 5\r\n"))
        data = b""
        while b"100 Continue" not in data:
            data += s.recv(1000)
        assert data.startswith(b"HTTP/1.1 200 ") and data.endswith(b"HTTP/1.1 100 Continue\r\n\r\n")
        s.sendall(b"hello")
        assert b"hello" in s.recv(1000)


def test_refused_sender_sees_the_status(app):
    """A client that sends its whole body before it reads must find the answer, not a reset."""
    for _ in range(5):
        with app.connect() as s:
            s.sendall(post("Content-Length: 30000000\r\n", target="/upload"))
            for _ in range(30):
                s.sendall(b"x" * 1000000)
            assert s.recv(100).startswith(b"HTTP/1.1 413 ")


def test_request_id(app):
    rid = "3b241101-e2bb-4255-8caf-4136c566a962"
    with app.connect() as s:
        s.sendall(get(headers=f"Host: h\r\nRequest-Id: {rid}\r\nConnection: close\r\n"))
        assert f"Request-Id: {rid}".encode() in read_all(s)
    with app.connect() as s:
        s.sendall(get(headers="Host: h\r\nRequest-Id: '; drop\r\nConnection: close\r\n"))
        assert b"Request-Id" not in read_all(s)
    with app.connect() as s:
        s.sendall(get("/nope", headers=f"Host: h\r\nRequest-Id: {rid.replace('-', '')}\r\nConnection: close\r\n"))
        head, body = read_all(s).split(b"\r\n\r\n")
        assert json.loads(body)["instance"] == f"urn:uuid:{rid}" and rid.encode() in head


def test_head_has_the_length_and_no_body(app):
    with app.connect() as s:
        s.sendall(get(method="HEAD") + get(headers="Host: h\r\nConnection: close\r\n"))
        data = read_all(s)
    assert data.count(b"Content-Length: 300\r\n") == 2 and data.count(b'{"id"') == 1


def test_options_and_405_name_the_methods(app):
    for method, status in (("OPTIONS", b"204"), ("PATCH", b"405")):
        with app.connect() as s:
            s.sendall(get("/upload", method=method, headers="Host: h\r\nConnection: close\r\n"))
            answer = read_all(s)
        assert answer.split()[1] == status and b"\r\nAllow: POST, PUT, OPTIONS\r\n" in answer
    with app.connect() as s:
        s.sendall(post("Content-Type: a/b\r\nContent-Length: 1\r\n", b"x", "/json"))
        assert b"\r\nAccept-Post: application/json\r\n" in s.recv(2000)


def test_a_later_version_is_answered_in_1_1(app):
    with app.connect() as s:
        s.sendall(get(version="HTTP/1.2", headers="Host: h\r\nConnection: close\r\n"))
        assert read_all(s).startswith(b"HTTP/1.1 200 ")


def test_no_answer_is_guessed_at(app):
    """Every answer with a body says once what it is, and that browsers are to believe it."""
    for request in (get("/api/tasks/x"), get("/nope"), get("/big?mb=1", method="HEAD"), get("x"), post("Content-Length: 2\r\n", b"{}", "/upload")):
        with app.connect() as s:
            s.sendall(request)
            s.shutdown(socket.SHUT_WR)
            head = read_all(s).split(b"\r\n\r\n")[0].lower()
        assert head.count(b"\r\nx-content-type-options: nosniff") == 1 and head.count(b"\r\ncontent-type: ") == 1, head


def test_a_coding_that_is_not_taken_is_named(app):
    with app.connect() as s:
        s.sendall(post("Content-Encoding: br\r\nContent-Length: 1\r\n", b"x"))
        assert b"\r\nAccept-Encoding: identity\r\n" in read_all(s)


def test_abort_of_an_upload_leaves_nothing(app):
    for size in (0, 10, 70000, 500000):
        s = app.connect()
        s.sendall(post("Content-Length: 1000000\r\n", b"x" * size, "/upload"))
        time.sleep(0.05)
        s.close()
    deadline = time.monotonic() + 5
    while app.stats()["uploads"] and time.monotonic() < deadline:
        time.sleep(0.05)
    assert app.stats()["uploads"] == 0 and list(app.spool.iterdir()) == []


def test_client_leaves_during_a_held_request(app):
    before = app.stats()["left"]
    clients = [app.connect() for _ in range(20)]
    for s in clients:
        s.sendall(get("/hold"))
    time.sleep(0.2)
    for s in clients:
        s.close()
    deadline = time.monotonic() + 5
    while app.stats()["left"] < before + 20 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert app.stats()["left"] == before + 20


def test_client_leaves_before_the_answer(app):
    for _ in range(10):
        s = app.connect()
        s.sendall(get("/slow?ms=150"))
        time.sleep(0.01)
        s.close()
    time.sleep(0.4)
    assert app.stats()["connections"] == 1


def test_big_answer_to_a_slow_reader(make_app):
    app = make_app("idle=2", "head=2")
    before = app.rss()
    with app.connect(30) as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        s.sendall(get("/big?mb=20", headers="Host: h\r\nConnection: close\r\n"))
        got, start = 0, time.monotonic()
        while time.monotonic() - start < 5:  # longer than the idle time, but bytes flow
            got += len(s.recv(20000))
            time.sleep(0.02)
        grown = app.rss() - before
        while piece := s.recv(1 << 20):
            got += len(piece)
    assert got > 20 << 20 and grown < GROWTH, (got, grown)


def test_flood_without_reading_does_not_grow(make_app):
    app = make_app()
    before = app.rss()
    with app.connect() as s:
        s.setblocking(False)
        sent, start = 0, time.monotonic()
        block = get("/big?mb=1") * 1000
        while time.monotonic() - start < 3:
            try:
                sent += s.send(block)
            except BlockingIOError:
                time.sleep(0.01)
        assert app.rss() - before < GROWTH, sent


def drip(app, data, every, limit):
    """Send byte by byte; seconds until the server closes."""
    start = time.monotonic()
    with app.connect(0.001) as s:
        for i in range(len(data)):
            try:
                s.sendall(data[i:i + 1])
                s.settimeout(every)
                if s.recv(1000) == b"":
                    return time.monotonic() - start
            except (socket.timeout, TimeoutError):
                pass
            except (BrokenPipeError, ConnectionResetError):
                return time.monotonic() - start
            if time.monotonic() - start > limit:
                break
    return limit + 1


def test_dripping_head_is_cut(make_app):
    app = make_app("head=2")
    assert 1.5 < drip(app, get(headers="Host: h\r\nX: " + "y" * 1000 + "\r\n"), 0.1, 8) < 4


def test_dripping_body_is_cut(make_app):
    app = make_app("head=2", "rate=100")
    with app.connect() as s:
        s.sendall(post("Content-Length: 1000\r\n", b"", "/upload"))
        start = time.monotonic()
        try:
            while time.monotonic() - start < 8:
                s.sendall(b"x")
                time.sleep(0.2)
            pytest.fail("not cut")
        except (BrokenPipeError, ConnectionResetError):
            pass
        assert 1.5 < time.monotonic() - start < 5
    assert app.stats()["uploads"] == 0


def test_idle_connection_is_closed_and_busy_one_is_not(make_app):
    app = make_app("idle=1", "head=1")
    with app.connect() as idle, app.connect() as busy:
        busy.sendall(get("/slow?ms=2500", headers="Host: h\r\nConnection: close\r\n"))
        start = time.monotonic()
        assert idle.recv(10) == b"" and 0.7 < time.monotonic() - start < 2.2
        assert read_all(busy).startswith(b"HTTP/1.1 200 ")


def test_connection_limit_holds_and_recovers(make_app):
    app = make_app("max_connections=5")
    held = [app.connect() for _ in range(5)]
    for s in held:
        s.sendall(get())
        s.recv(1000)
    with app.connect(0.5) as waiting:
        waiting.sendall(get())
        with pytest.raises((socket.timeout, TimeoutError)):
            waiting.recv(1000)
        for s in held:
            s.close()
        waiting.settimeout(5)
        assert waiting.recv(1000).startswith(b"HTTP/1.1 200 ")


def test_out_of_descriptors_recovers(tmp_path, make_app):
    app = make_app()
    limit = app.fds() + 8
    subprocess.run(["prlimit", "--pid", str(app.process.pid), f"--nofile={limit}:{limit}"], check=True)
    held = [app.connect() for _ in range(30)]
    cpu = cpu_ticks(app)
    time.sleep(1)
    assert cpu_ticks(app) - cpu < 20
    for s in held:
        s.close()
    with app.connect(5) as s:
        s.sendall(get())
        assert s.recv(1000).startswith(b"HTTP/1.1 200 ")
    app.errors.flush()
    assert os.fstat(app.errors.fileno()).st_size < 2000


def cpu_ticks(app):
    fields = pathlib.Path(f"/proc/{app.process.pid}/stat").read_text().split()
    return int(fields[13]) + int(fields[14])


def test_max_uploads(make_app):
    app = make_app("max_uploads=2")
    held = [app.connect() for _ in range(2)]
    for s in held:
        s.sendall(post("Content-Length: 10\r\n", b"x", "/upload"))
    time.sleep(0.1)
    answers = exchange(app, post("Content-Length: 1\r\n", b"x", "/upload"))
    assert [a[0] for a in answers] == [503]
    for s in held:
        s.sendall(b"x" * 9)
        assert s.recv(1000).startswith(b"HTTP/1.1 200 ")
        s.close()


def test_file_size_limit_is_507(make_app):
    app = make_app()
    subprocess.run(["prlimit", "--pid", str(app.process.pid), "--fsize=100000:100000"], check=True)
    answers = exchange(app, post("Content-Length: 500000\r\n", b"x" * 500000, "/upload"))
    assert [a[0] for a in answers] == [507]
    assert [a[0] for a in exchange(app, post("Content-Length: 5\r\n", b"x" * 5, "/upload"))] == [200]


@pytest.mark.parametrize("kind", ["length", "chunked", "one chunk"])
def test_large_upload_stays_out_of_memory(make_app, kind):
    size = int(os.environ.get("PF_UPLOAD_MB", "100")) << 20
    app = make_app(f"max_body={size}")
    before, most = app.rss(), 0
    block = b"0123456789abcdef" * 65536
    with app.connect(60) as s:
        s.sendall(post(f"Content-Length: {size}\r\n" if kind == "length" else CHUNKED, target="/upload"))
        if kind == "one chunk":
            s.sendall(b"%x\r\n" % size)
        for _ in range(size // len(block)):
            s.sendall(b"%x\r\n%s\r\n" % (len(block), block) if kind == "chunked" else block)
            most = max(most, app.rss())
        if kind != "length":
            s.sendall(b"0\r\n\r\n" if kind == "chunked" else b"\r\n0\r\n\r\n")
        answer = s.recv(2000)
    assert f'"length":{size}'.encode() in answer
    assert most - before < GROWTH


def test_drain_answers_and_ends(make_app):
    app = make_app()
    with app.connect() as pending, app.connect() as idle:
        pending.sendall(get("/slow?ms=800"))
        time.sleep(0.1)
        app.process.send_signal(signal.SIGTERM)
        assert idle.recv(10) == b""
        with pytest.raises((ConnectionRefusedError, socket.timeout, TimeoutError, ConnectionResetError)):
            with app.connect(0.2) as late:
                late.sendall(get())
                assert late.recv(10), "closed"
                raise TimeoutError
        answer = read_all(pending)
        assert answer.startswith(b"HTTP/1.1 200 ") and b"Connection: close" in answer
    assert app.process.wait(timeout=5) == 0


def test_stop_with_open_connections_leaks_nothing(make_app):
    app = make_app()
    open_ones = [app.connect() for _ in range(6)]
    for s, data in zip(open_ones, [b"", b"GET / HT", post("Content-Length: 9\r\n", b"x"), post("Content-Length: 9\r\n", b"x", "/upload"),
                                   get("/hold"), get("/hold") + get() + post("Content-Length: 9\r\n", b"x", "/upload")]):
        s.sendall(data)
    time.sleep(0.2)
    app.process.send_signal(signal.SIGINT)
    assert app.process.wait(timeout=5) == 0
    for s in open_ones:
        s.close()


def test_parallel_uploads(make_app):
    app = make_app("max_uploads=64")
    results = []

    def one():
        results.append([a[0] for a in exchange(app, post("Content-Length: 1000000\r\n", b"y" * 1000000, "/upload"))])

    threads = [threading.Thread(target=one) for _ in range(30)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert results == [[200]] * 30


def test_pipelined_requests_that_wait_are_bounded(make_app):
    app = make_app()
    before = app.rss()
    with app.connect() as s:
        s.sendall(get("/slow?ms=500") + post("Content-Length: 1\r\n", b"x") * 1000)
        data = b""
        while b"429" not in data:
            data += s.recv(65536)
    answers = [a[0] for a in split_responses(data) if a[0]]
    assert answers[0] == 200 and answers[-1] == 429 and set(answers[:-1]) == {200} and 30 < len(answers) < 40
    assert app.rss() - before < GROWTH


def test_client_address(app, make_app, tmp_path):
    spoofed = "X-Forwarded-For: 10.0.0.1, 192.0.2.7\r\n"
    assert get_raw(app, "/client", spoofed).endswith(b"\r\n\r\n127.0.0.1")
    own = make_app(path=str(tmp_path / "w.sock"))
    assert get_raw(own, "/client", spoofed).endswith(b"\r\n\r\n192.0.2.7")
    assert get_raw(own, "/client").endswith(b"\r\n\r\nunix")
    assert get_raw(own, "/client", "X-Forwarded-For: <script>\r\n").endswith(b"\r\n\r\nunix")


NGINX = """
daemon off; master_process off; pid {dir}/nginx.pid; error_log {dir}/error.log;
events {{ }}
http {{
  access_log off; client_body_temp_path {dir}/b; proxy_temp_path {dir}/p; fastcgi_temp_path {dir}/f; uwsgi_temp_path {dir}/u; scgi_temp_path {dir}/s;
  upstream app {{ server unix:{dir}/w.sock; keepalive 8; }}
  server {{
    listen 127.0.0.1:{port}; client_max_body_size 0;
    location / {{
      proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_request_buffering off;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; proxy_set_header Request-Id $request_id;
    }}
  }}
}}
"""


def test_behind_nginx(make_app, tmp_path):
    nginx = shutil.which("nginx", path="/usr/sbin:/usr/bin")
    if not nginx:
        pytest.skip("nginx is not installed")
    app = make_app(path=str(tmp_path / "w.sock"))
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    (tmp_path / "nginx.conf").write_text(NGINX.format(dir=tmp_path, port=port))
    os.chmod(tmp_path / "w.sock", 0o666)
    proxy = subprocess.Popen([nginx, "-c", str(tmp_path / "nginx.conf"), "-p", str(tmp_path)], stderr=subprocess.DEVNULL)
    front = type("Front", (), {"connect": lambda self, timeout=10: socket.create_connection(("127.0.0.1", port), timeout)})()
    try:
        for _ in range(100):
            try:
                front.connect().close()
                break
            except ConnectionRefusedError:
                time.sleep(0.05)
        before = app.rss()
        for _ in range(3):
            assert get_raw(front, "/client").endswith(b"127.0.0.1")
            body = b"z" * 20_000_000
            for request in (post(f"Content-Length: {len(body)}\r\nConnection: close\r\n", body, "/upload"),
                            post(CHUNKED + "Connection: close\r\n", b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body), "/upload")):
                with front.connect() as s:
                    s.sendall(request)
                    assert b'"length":20000000,' in read_all(s)
            answer = get_raw(front, "/nope")
            assert b"problem+json" in answer and re.search(rb"\r\nRequest-Id: [0-9a-f]{8}-", answer)
        assert app.rss() - before < GROWTH
    finally:
        proxy.terminate()
        proxy.wait(timeout=10)
