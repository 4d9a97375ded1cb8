"""Clients that send bodies slowly, many at once: they are cut off in time, and meanwhile the others' bodies are taken."""
import os
import socket
import threading
import time

import pytest

from golden import Wire
from raw_http import APP, SANITIZED, App, post, read_all

pytestmark = pytest.mark.skipif(not APP.exists(), reason="build tests/bench/http_app first (make tests/bench/http_app)")

MANY = int(os.environ.get("PF_SLOW_CLIENTS", "130"))
RATE = 1200  # bytes a second


@pytest.fixture
def make_app(tmp_path):
    apps = []

    def make(*settings):
        spool = tmp_path / f"spool{len(apps)}"
        spool.mkdir(mode=0o700)
        apps.append(App(spool, *settings))
        return apps[-1]

    yield make
    for app in apps:
        app.stop()


def connect(app, source):
    """From an address of its own: another client."""
    s = socket.create_connection(("127.0.0.1", app.port), timeout=10, source_address=(source, 0))
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return s


class Drip:
    """Slow senders, in a thread of their own."""

    def __init__(self, app, sources, request, rate=RATE, every=0.25):
        self.sockets, self.answers, self.stopped = [], [], threading.Event()
        self.every, self.piece = every, b"x" * int(rate * every)
        for source in sources:
            s = connect(app, source)
            s.sendall(request)
            self.sockets.append(s)
        self.begun = time.monotonic()
        self.cut_after = []
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self):
        for s in self.sockets:
            s.setblocking(False)
        while self.sockets and not self.stopped.wait(self.every):
            for s in list(self.sockets):
                try:
                    try:
                        self.answers.append(s.recv(4096))
                        raise ConnectionResetError
                    except BlockingIOError:
                        s.send(self.piece)
                except BlockingIOError:
                    pass
                except OSError:
                    self.cut_after.append(time.monotonic() - self.begun)
                    s.close()
                    self.sockets.remove(s)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stopped.set()
        self.thread.join()
        for s in self.sockets:
            s.close()

    def refused(self, status):
        return sum(answer.startswith(b"HTTP/1.1 %d " % status) for answer in self.answers)


def upload(app, source, size=100000):
    with connect(app, source) as s:
        try:
            s.sendall(post(f"Connection: close\r\nContent-Length: {size}\r\n", b"y" * size, "/upload"))
        except ConnectionError:
            pass
        return int((read_all(s).split() + [b"", b"0"])[1])


SLOW_UPLOAD = post("Content-Length: 1000000\r\n", b"", "/upload")


def test_slow_uploads_of_one_client_leave_room_for_others(make_app):
    """At once: one client has no more than its share."""
    app = make_app("max_uploads_client=16", "head=30")
    with Drip(app, ["127.0.0.1"] * MANY, SLOW_UPLOAD) as drip:
        time.sleep(0.7)
        assert app.stats()["uploads"] == 16
        assert [upload(app, "127.0.0.2") for _ in range(20)] == [200] * 20
        assert upload(app, "127.0.0.1") == 429
        assert drip.refused(429) == MANY - 16
    wait_for(lambda: app.stats()["uploads"] == 0)
    assert upload(app, "127.0.0.1") == 200


def test_the_share_is_counted_for_those_a_proxy_speaks_for(make_app):
    app = make_app("max_uploads_client=2", "proxies=127.0.0.1", "head=30")

    def request(line):
        return post(f"X-Forwarded-For: 203.0.113.1\r\nX-Forwarded-For: {line}\r\nContent-Length: 1000000\r\n", b"x", "/upload")

    with connect(app, "127.0.0.1") as a, connect(app, "127.0.0.1") as b, connect(app, "127.0.0.1") as c, connect(app, "127.0.0.1") as d:
        for s in (a, b, c):
            s.sendall(request("198.51.100.1"))
            time.sleep(0.1)
        d.sendall(request("198.51.100.2"))
        assert c.recv(100).startswith(b"HTTP/1.1 429 ")
        d.settimeout(0.5)
        with pytest.raises((TimeoutError, socket.timeout)):
            d.recv(100)


def test_slow_uploads_of_many_clients_give_way(make_app):
    """More clients than places: the slowest one is cut off for each that comes, once it has had some seconds."""
    app = make_app("max_uploads_client=16", "head=60")
    sources = [f"127.0.1.{index + 1}" for index in range(MANY)]
    with Drip(app, sources, SLOW_UPLOAD) as drip:
        time.sleep(0.5)
        assert app.stats()["uploads"] == 64
        assert upload(app, "127.0.0.2") == 503  # so soon nobody is known to be slow
        time.sleep(5.5)
        assert [upload(app, "127.0.0.2") for _ in range(20)] == [200] * 20
        assert drip.refused(503) >= MANY - 64
        wait_for(lambda: len(drip.sockets) < 64)


def test_an_upload_has_a_deadline_that_follows_from_its_size(make_app):
    """Never silent, never stalled, and yet cut off: at the daemon's own rates, with a shorter grace."""
    app = make_app("head=1")
    request = post("Content-Length: 60000\r\n")  # twice the rate of a stalled one, half of what is asked for
    with Drip(app, ["127.0.0.1"] * 3, SLOW_UPLOAD, 2000, 0.1), Drip(app, ["127.0.0.1"] * 3, request, 2000, 0.1) as small:
        wait_for(lambda: app.stats()["connections"] == 1, 12)
        wait_for(lambda: not small.sockets)
    assert len(small.cut_after) == 3 and all(3 < after < 8 for after in small.cut_after), small.cut_after
    assert not any(small.answers)


def test_a_body_that_is_fast_enough_may_take_its_time(make_app):
    app = make_app("head=1")
    with connect(app, "127.0.0.1") as s:
        s.sendall(post("Connection: close\r\nContent-Length: 50000\r\n", b"", "/upload"))
        for _ in range(20):
            s.sendall(b"x" * 2500)
            time.sleep(0.3)
        assert read_all(s).startswith(b"HTTP/1.1 200 ")


def test_small_bodies_are_taken_while_others_fill_the_memory(make_app):
    """32 MiB of bodies that never end: what is small needs none of it, and what is large gets the place of a slow one."""
    app = make_app("head=60", "max_connections=2000")
    begun = time.monotonic()
    held = []
    try:
        for index in range(600):
            s = connect(app, f"127.0.2.{index % 200 + 1}")
            s.sendall(post("Content-Length: 65000\r\n", b"x" * 33000))
            held.append(s)
        small, large = post("Connection: close\r\nContent-Length: 4000\r\n", b"y" * 4000), post(
            "Connection: close\r\nContent-Length: 60000\r\n", b"y" * 60000)
        for request, statuses in ((small, {b"200"}), (large, {b"503"}), (post("Connection: close\r\nContent-Length: 0\r\n", target="/count"), {b"204"})):
            for _ in range(10):
                with connect(app, "127.0.0.2") as s:
                    s.sendall(request)
                    assert read_all(s).split()[1] in statuses
        time.sleep(max(0, begun + 10 - time.monotonic()))
        for _ in range(5):
            with connect(app, "127.0.0.2") as s:
                s.sendall(large)
                assert read_all(s).startswith(b"HTTP/1.1 200 ")
    finally:
        for s in held:
            s.close()


@pytest.mark.skipif(SANITIZED, reason="AddressSanitizer keeps what was freed")
def test_free_bodies_are_one_a_connection(make_app):
    """Those that wait behind a request without an answer are counted all the same: memory stays bounded."""
    app = make_app("head=60")
    before, held = app.rss(), []
    for _ in range(300):
        s = connect(app, "127.0.0.1")
        s.sendall(b"GET /hold HTTP/1.1\r\nHost: h\r\n\r\n" + post("Content-Length: 60000\r\n", b"x" * 60000) * 3)
        held.append(s)
    time.sleep(1)
    grown = app.rss() - before
    for s in held:
        s.close()
    assert grown < (60 << 20)


def wait_for(condition, seconds=5):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_the_daemon_counts_uploads_as_its_configuration_says(make_daemon):
    daemon = make_daemon(http__max_uploads_per_client=1)

    def start(client, size=100000):
        wire = Wire(daemon.runtime / "worker-0.sock")
        wire.send(b"POST /api/stock/import?warehouse=MAIN HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/octet-stream\r\n"
                  b"X-Forwarded-For: " + client + b"\r\nContent-Length: %d\r\n\r\n" % size + b"x" * 10)
        return wire

    slow = start(b"198.51.100.1")
    time.sleep(0.2)
    refused, other = start(b"198.51.100.1"), start(b"198.51.100.2", 10)
    assert refused.answer().startswith(b"HTTP/1.1 429 ")
    assert other.answer().startswith(b"HTTP/1.1 422 ")  # taken, and no spreadsheet
    slow.sock.close()
