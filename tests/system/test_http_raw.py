"""The verdicts of the HTTP server about raw requests, and its answers on the wire."""
import json
import os
import re
import shutil
import socket
import subprocess
import threading
import time

import pytest

from raw_corpus import CORPUS, MAY_COUNT
from raw_http import app, CHUNKED, exchange, get, GROWTH, make_app, needs_app, post, read_all, split_responses  # noqa: F401

pytestmark = needs_app


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
