"""The daemon's own log: what each line says of its request and its task, and the access log."""
import json
import os
import re
import socket
import time

import pytest
from daemon import UnixConnection

REQUEST = "77192f6e-0f0d-4f5e-9b7c-2e5b8a1c140e"
TEXT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (error|warn |info |debug) [a-z]+( \d+)?\[\d+\]: .")


def lines_about(daemon, text, count, seconds=10):
    """The lines with this text, as soon as there are so many of them."""
    end = time.monotonic() + seconds
    while True:
        lines = [line for line in daemon.log_text().splitlines() if text in line]
        if len(lines) >= count:
            return lines
        assert time.monotonic() < end, (lines, daemon.log_text()[-3000:])
        time.sleep(0.02)


def answered(daemon, count):
    return [json.loads(line) for line in lines_about(daemon, '"method":', count)]


def raw(daemon, data):
    """What a worker says to these bytes, until it closes."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as s:
        s.settimeout(20)
        s.connect(str(daemon.runtime / "worker-0.sock"))
        s.sendall(data)
        got = b""
        while piece := s.recv(65536):
            got += piece
        return got


def test_text_lines_of_a_file_have_time_and_level_and_no_priority(daemon):
    client = daemon.worker(0)
    client.wait(client.start("test_sleep", ms=0))
    lines = daemon.log_text().splitlines()
    assert len(lines) > 5 and [line for line in lines if not TEXT.match(line)] == []
    assert not any("method=" in line for line in lines), "the access log is off"


def test_lines_about_a_task_say_who_asked_and_how_long_it_took(make_daemon):
    daemon = make_daemon(log__format="json")
    client = daemon.worker(0)
    task_id = client.post_json("/api/tasks", {"type": "test_sleep", "params": {"ms": 300}}, {"Request-Id": REQUEST}).json["task_id"]
    client.wait(task_id)
    accepted, started, ended = (json.loads(line) for line in lines_about(daemon, task_id, 3))
    assert [line["message"] for line in (accepted, started, ended)] == ["accepted: test_sleep", "started: test_sleep, attempt 1 of 3", "ended: succeeded"]
    for line in (accepted, started, ended):
        assert (line["task"], line["request"], line["client"]) == (task_id, REQUEST, "unix") and "traceparent" not in line
    assert 0 < accepted["duration_ms"] < 5000 and 0 < started["duration_ms"] < ended["duration_ms"] and ended["duration_ms"] >= 290
    assert all(json.loads(line)["level"] for line in daemon.log_text().splitlines())


def test_lines_of_a_cancelled_task_and_of_a_killed_one(make_daemon):
    daemon = make_daemon(log__format="json", tasks__max_attempts=1)
    client = daemon.worker(0)
    task_id = client.start("test_sleep", ms=60000, steps=600)
    client.wait(task_id, until=lambda task: task["progress"] > 0)
    assert client.post_json(f"/api/tasks/{task_id}/cancel", {}, {"Request-Id": REQUEST}).status == 202
    asked, = (json.loads(line) for line in lines_about(daemon, "cancellation asked", 1))
    assert (asked["task"], asked["request"], asked["client"]) == (task_id, REQUEST, "unix") and asked["duration_ms"] > 0
    killed = client.post_json("/api/tasks", {"type": "test_crash", "params": {"how": "segv"}}, {"Request-Id": REQUEST}).json["task_id"]
    client.wait(killed)
    interrupted, = (json.loads(line) for line in lines_about(daemon, "interrupted: ", 1))
    assert interrupted["task"] == killed and interrupted["duration_ms"] >= 0
    ended, = (json.loads(line) for line in lines_about(daemon, "ended: interrupted (", 1))
    assert (ended["task"], ended["request"], ended["client"]) == (killed, REQUEST, "unix") and ended["duration_ms"] > 0


def test_lines_about_a_request_that_the_database_fails(make_daemon):
    daemon = make_daemon(log__format="json", log__level="debug")  # one such line a request would be a flood
    client = daemon.worker(0)
    daemon.sql("RENAME TABLE warehouse TO warehouse_away")
    try:
        assert client.get("/api/stock", {"Request-Id": REQUEST}).status in (500, 503)
        line = json.loads(lines_about(daemon, f'"request":"{REQUEST}"', 1)[0])
        assert line["client"] == "unix" and line["duration_ms"] > 0 and "warehouse" in line["message"]
    finally:
        daemon.sql("RENAME TABLE warehouse_away TO warehouse")


@pytest.fixture
def accessed(make_daemon):
    return make_daemon(log__format="json", log__access="yes", http__workers=1, http__max_upload="64K")


def test_each_answer_is_a_line(accessed):
    client = accessed.worker(0)
    task_id = client.post_json("/api/tasks", {"type": "test_sleep", "params": {"ms": 0}}, {"Request-Id": REQUEST}).json["task_id"]
    client.wait(task_id, every=0.2)
    before = len(lines_about(accessed, '"method":', 2))
    poll = client.get(f"/api/tasks/{task_id}", {"X-Forwarded-For": "192.0.2.7"})
    unchanged = client.get(f"/api/tasks/{task_id}", {"If-None-Match": poll.headers["ETag"]})
    head = client.request("HEAD", f"/api/tasks/{task_id}")
    missing = client.get("/nothing%20here")
    assert [answer.status for answer in (poll, unchanged, head, missing)] == [200, 304, 200, 404]
    lines = answered(accessed, before + 4)[before:]
    path = f"/api/tasks/{task_id}"
    assert [(line["method"], line["path"], line["status"], line["bytes"], line["client"]) for line in lines] == [
        ("GET", path, 200, len(poll.body), "192.0.2.7"), ("GET", path, 304, 0, "unix"), ("HEAD", path, 200, 0, "unix"),
        ("GET", "/nothing%20here", 404, len(missing.body), "unix")]
    assert all(0 < line["duration_ms"] < 5000 and line["level"] == "info" and re.fullmatch(r"[0-9a-f-]{36}", line["request"]) for line in lines)
    first = answered(accessed, 1)[0]
    assert (first["method"], first["path"], first["status"], first["request"]) == ("POST", "/api/tasks", 202, REQUEST)


def test_refused_requests_are_told_by_their_own_path(accessed):
    head = b"POST /api/stock/import?warehouse=MAIN HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 192.0.2.9\r\nContent-Type: text/csv\r\n"
    big = raw(accessed, head + b"Transfer-Encoding: chunked\r\n\r\n" + b"fffff\r\n" + b"x" * 0xfffff + b"\r\n0\r\n\r\n")
    assert big.startswith(b"HTTP/1.1 413 ") and b"\r\nConnection: close\r\n" in big
    assert raw(accessed, b"GET / HTTP/1.1\r\nHost: x\r\n folded: 1\r\n\r\n").startswith(b"HTTP/1.1 400 ")
    assert raw(accessed, b"BREW /pot HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").startswith(b"HTTP/1.1 404 ")
    lines = answered(accessed, 3)
    assert [(line["method"], line["path"], line["status"], line["client"]) for line in lines] == [
        ("POST", "/api/stock/import", 413, "192.0.2.9"), ("-", "-", 400, "unix"), ("OTHER", "/pot", 404, "unix")]


def test_secrets_and_foreign_lines_stay_out(accessed):
    client = accessed.worker(0)
    client.unchecked = True
    client.get("/api/tasks?token=in-the-query", {"Authorization": "Bearer in-the-header"})
    client.get("/%0a%1b[2Jforged%22")
    client.get("/" + "long/" * 300 + "end")
    raw(accessed, b"GET /\xd1\x86\xff HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    lines = answered(accessed, 4)
    text = accessed.log_text()
    assert "in-the-query" not in text and "in-the-header" not in text and "\x1b" not in text
    assert lines[0]["path"] == "/api/tasks" and lines[1]["path"] == "/%0a%1b[2Jforged%22"
    assert lines[2]["path"].endswith("…") and len(lines[2]["path"]) < 300 and lines[2]["status"] == 404
    assert all(json.loads(line) for line in text.splitlines())


def test_a_client_that_left_is_told_too(accessed):
    task_id = accessed.worker(0).start("test_sleep", ms=3000, steps=1)
    connection = UnixConnection(accessed.runtime / "worker-0.sock")
    connection.request("GET", f"/api/tasks/{task_id}?wait=20", headers={"Request-Id": REQUEST})
    time.sleep(0.3)
    connection.close()
    line = json.loads(lines_about(accessed, "the client left", 1)[0])
    assert line["status"] == 0 and line["bytes"] == 0 and line["request"] == REQUEST and line["duration_ms"] >= 250


def test_a_reload_switches_the_access_log(make_daemon, place):
    conf = place / "log.conf"
    conf.write_text("[log]\naccess = no\n")
    conf.chmod(0o644)
    daemon = make_daemon(start=False)
    daemon.command_before = daemon.command
    daemon.command = lambda: [*daemon.command_before(), "-c", str(conf)]
    daemon.start()
    daemon.worker(0).get("/healthz")
    conf.write_text("[log]\naccess = yes\n")
    os.kill(daemon.pid, 1)
    end = time.monotonic() + 20
    while "method=GET path=/healthz status=200 " not in daemon.log_text():
        assert time.monotonic() < end, daemon.log_text()[-2000:]
        try:
            daemon.worker(0).get("/healthz")
        except OSError:
            pass  # the worker is being replaced
        time.sleep(0.1)
