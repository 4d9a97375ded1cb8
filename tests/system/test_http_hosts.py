"""Which names a server without tokens may be asked for: a page of another site must not reach it by a name of its own (DNS rebinding)."""
import json
import socket

import pytest

from raw_http import APP, App, read_all, split_responses
from test_tokens import file, make  # noqa: F401

FOREIGN = ["evil.example", "evil.example:{port}", "127.0.0.1.evil.example", "localhost.evil.example:{port}", "10.1.2.3", "[::2]:{port}",
           "localhost:{port}x"]
OWN = ["localhost", "localhost:{port}", "LOCALHOST:1", "127.0.0.1:{port}", "127.0.0.1", "127.8.9.10:{port}", "[::1]:{port}", "page.localhost"]


def ask(connect, host, method="GET", target="/healthz", headers="", body=b"", version="HTTP/1.1"):
    with connect() as s:
        lines = "" if host is None else f"Host: {host}\r\n"
        s.sendall(f"{method} {target} {version}\r\n{lines}{headers}Connection: close\r\n\r\n".encode() + body)
        return read_all(s)


def status(answer):
    return int(answer.split()[1])


def over_tcp(daemon):
    return lambda: socket.create_connection(("127.0.0.1", daemon.port), timeout=10)


def over_unix(daemon):
    def connect():
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(10)
        s.connect(str(daemon.runtime / "worker-0.sock"))
        return s
    return connect


def test_without_tokens_tcp_takes_local_names_alone(module_daemon):
    tcp = over_tcp(module_daemon)
    for host in FOREIGN:
        host = host.format(port=module_daemon.port)
        answer = ask(tcp, host)
        problem = json.loads(answer.partition(b"\r\n\r\n")[2])
        assert status(answer) == problem["status"] == 421 and problem["type"] == "/problems/misdirected-request", host
        assert "http.server_names" in problem["error"]
        # Whatever is asked for, known or not, read or written.
        for method, target in (("GET", "/api/tasks"), ("HEAD", "/nope"), ("OPTIONS", "/api/tasks"), ("DELETE", "/api/tasks/x")):
            assert status(ask(tcp, host, method, target)) == 421, (host, method)
    for host in OWN:
        assert status(ask(tcp, host.format(port=module_daemon.port))) == 200, host
    assert status(ask(tcp, None, version="HTTP/1.0")) == 200  # no browser leaves it out
    assert status(ask(tcp, "")) == 421
    assert status(ask(over_unix(module_daemon), "prices.example.org")) == 200  # behind a proxy


def test_a_rebound_page_starts_nothing(module_daemon):
    """To the browser it is the same origin: nothing but the name tells."""
    body = b'{"type":"test_sleep","params":{"ms":0}}'
    headers = (f"Origin: http://evil.example:{module_daemon.port}\r\nSec-Fetch-Site: same-origin\r\nContent-Type: application/json\r\n"
               f"Content-Length: {len(body)}\r\n")
    before = module_daemon.sql("SELECT COUNT(*) FROM task")
    assert status(ask(over_tcp(module_daemon), f"evil.example:{module_daemon.port}", "POST", "/api/tasks", headers, body)) == 421
    assert module_daemon.sql("SELECT COUNT(*) FROM task") == before


def test_names_can_be_added_and_tokens_ask_for_none(make_daemon, file):  # noqa: F811
    daemon = make_daemon(http__server_names="prices.example.org, shop")
    for host, wanted in (("prices.example.org", 200), ("Prices.Example.Org.:80", 200), ("shop", 200), ("localhost", 200), ("example.org", 421),
                         ("prices.example.org.evil", 421)):
        assert status(ask(over_tcp(daemon), host)) == wanted, host
    make(file, "-s", "admin")
    guarded = make_daemon(name="guarded", auth__tokens_file=file)
    assert status(ask(over_tcp(guarded), "anything.example")) == 200
    assert status(ask(over_tcp(guarded), "anything.example", target="/api/tasks")) == 401


@pytest.mark.skipif(not APP.exists(), reason="build tests/bench/http_app first (make tests/bench/http_app)")
def test_requests_behind_one_another_are_each_looked_at(tmp_path):
    spool = tmp_path / "spool"
    spool.mkdir(mode=0o700)
    app = App(spool, "names=shop")
    try:
        with app.connect() as s:
            for host in (b"shop", b"evil", b"localhost"):
                s.sendall(b"GET /api/tasks HTTP/1.1\r\nHost: " + host + b"\r\n\r\n")
            s.shutdown(socket.SHUT_WR)
            answers = read_all(s)
    finally:
        app.stop()
    assert [status for status, _body in split_responses(answers)] == [200, 421, 200]
