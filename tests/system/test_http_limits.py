"""The limits of the HTTP server: slow, flooding and leaving clients, descriptors, memory, the drain."""
import os
import pathlib
import signal
import socket
import subprocess
import threading
import time

import pytest

from raw_http import app, CHUNKED, exchange, get, GROWTH, make_app, needs_app, post, read_all, split_responses  # noqa: F401

pytestmark = needs_app


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
