"""Uploads: any size and framing through the spooler, refusals that are clear, nothing left behind."""
import base64
import hashlib
import os
import re
import socket
import struct
import threading
import time

import pytest

import samples
from daemon import UnixConnection
from test_tasks import check_problem

IMPORT = "/api/stock/import?warehouse=MAIN"


@pytest.fixture
def stocked(daemon):
    samples.load_catalogue(daemon)
    return daemon


def no_trace(daemon):
    assert daemon.sql("SELECT COUNT(*) FROM stock_item") == [["0"]]
    end = time.monotonic() + 2
    while daemon.spool_files() and time.monotonic() < end:
        time.sleep(0.02)
    assert daemon.spool_files() == []


def end_of(daemon, answer):
    assert answer.status == 202, answer
    return daemon.worker(1).wait(answer.json["task_id"])


@pytest.mark.parametrize("data,code", [(b"", "empty-file"), (bytes(range(256)), "not-zip"), (b"<html><table></table>", "html"),
                                       (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504, "not-zip")])
def test_no_spreadsheet_is_refused_by_its_first_bytes(stocked, data, code):
    body = check_problem(stocked.worker(0).upload(IMPORT, data), 422, "invalid-parameters")
    assert [fault["code"] for fault in body["errors"]] == [code]
    assert body["errors"][0]["pointer"] == "/file" and body["errors"][0]["detail"].endswith(".")
    no_trace(stocked)


@pytest.mark.parametrize("cut", [0.3, 0.6, 0.95])
def test_truncated_workbook_ends_as_an_error(stocked, cut):
    data = samples.demo_stock()
    task = end_of(stocked, stocked.worker(0).upload(IMPORT, data[: int(len(data) * cut)]))
    assert task["status"] == "error" and len(task["error"]) > 20 and task["result"] is None
    assert not re.search(r"/var|/tmp|SELECT|zip-", task["error"]), task["error"]
    no_trace(stocked)


def test_workbook_without_a_heading_ends_as_an_error(stocked):
    task = end_of(stocked, stocked.worker(0).upload(IMPORT, samples.xlsx([["a", "b"], [1, 2]])))
    assert task["status"] == "error" and task["error"]
    assert stocked.sql(f"SELECT error_code FROM task WHERE id = '{task['id']}'") == [["E_NO_HEADER"]]
    no_trace(stocked)


def test_wrong_parameters_are_all_named(stocked):
    answer = stocked.worker(0).upload("/api/stock/import?mode=upsert&max_reject_pct=200&colour=red", samples.demo_stock())
    body = check_problem(answer, 422, "invalid-parameters")
    assert {fault["pointer"] for fault in body["errors"]} == {"/warehouse", "/mode", "/max_reject_pct", "/colour"}
    no_trace(stocked)


def test_unknown_warehouse_is_refused_at_the_start(stocked):
    body = check_problem(stocked.worker(0).upload("/api/stock/import?warehouse=NOWHERE", samples.demo_stock()), 422, "invalid-parameters")
    assert body["errors"][0]["pointer"] == "/warehouse" and body["errors"][0]["code"] == "unknown-warehouse"
    no_trace(stocked)


def test_form_and_raw_body_are_the_same_import(stocked):
    body, content_type = samples.multipart({"warehouse": "MAIN"}, "stock ☃.xlsx", samples.demo_stock())
    form = end_of(stocked, stocked.worker(0).upload("/api/stock/import", body, content_type))
    raw = end_of(stocked, stocked.worker(1).upload(IMPORT + "&filename=stock.xlsx", samples.demo_stock()))
    assert form["status"] == raw["status"] == "completed"
    assert form["result"]["file"]["name"] == "stock ☃.xlsx" and raw["result"]["file"]["name"] == "stock.xlsx"
    assert form["result"]["file"]["sha256"] == raw["result"]["file"]["sha256"]
    assert raw["result"]["unchanged"] == form["result"]["inserted"] > 0


@pytest.mark.parametrize("body", [b"--x\r\n", b"--x\r\nContent-Disposition: form-data; name=\"warehouse\"\r\n\r\nMAIN\r\n--x--\r\n"])
def test_broken_forms(stocked, body):
    check_problem(stocked.worker(0).upload("/api/stock/import", body, "multipart/form-data; boundary=x"), 422, "invalid-parameters")
    no_trace(stocked)


def test_content_digest(stocked):
    """Checked when it is there and names SHA-256, of the whole body; an upload that was damaged on its way starts nothing."""
    client, good = stocked.worker(0), samples.stock(3)
    form, form_type = samples.multipart({}, "stock.xlsx", good)

    def send(body, digest, content_type="application/octet-stream"):
        return client.request("POST", IMPORT, body, {"Content-Type": content_type, "Content-Digest": digest})

    def digest_of(body):
        return "sha-256=:" + base64.b64encode(hashlib.sha256(body).digest()).decode() + ":"

    before = stocked.sql("SELECT COUNT(*) FROM task")
    damaged = bytearray(good)
    damaged[-1] ^= 1
    for body, digest, kind in ((bytes(damaged), digest_of(good), "application/octet-stream"), (form, digest_of(good), form_type),
                               (good, "sha-256=:abc:", "application/octet-stream"), (good, digest_of(b""), "application/octet-stream")):
        assert "Content-Digest" in check_problem(send(body, digest, kind), 400, "bad-request")["detail"]
    assert stocked.sql("SELECT COUNT(*) FROM task") == before
    no_trace(stocked)
    for body, digest, kind in ((good, digest_of(good), "application/octet-stream"), (form, "md5=:AA==:, " + digest_of(form), form_type),
                               (good, "sha-512=:AA==:", "application/octet-stream")):
        answer = send(body, digest, kind)
        assert answer.status == 202 and end_of(stocked, answer)["status"] == "completed"


@pytest.fixture
def counting(monkeypatch, tmp_path):
    """What a daemon counts from now on: visits to a file thread, files sniffed, digests made."""
    counters = tmp_path / "visits"
    monkeypatch.setenv("PF_TEST_VISITS", str(counters))

    def since(before=(0, 0, 0)):
        return tuple(now - then for now, then in zip(struct.unpack("<3I", counters.read_bytes()), before))

    return since


@pytest.fixture
def counted(counting, make_daemon):
    daemon = make_daemon()
    samples.load_catalogue(daemon)
    return daemon, counting


@pytest.mark.parametrize("form", [False, True])
@pytest.mark.parametrize("key", [False, True])
@pytest.mark.parametrize("digest", [False, True])
def test_an_upload_is_looked_into_once(counted, form, key, digest):
    """Once for all processes: what the visit to the file thread found out is what runner and parser go by."""
    daemon, since = counted
    data = samples.stock(3)
    body, kind = samples.multipart({}, "stock.xlsx", data) if form else (data, "application/octet-stream")
    headers = {"Content-Type": kind} | ({"Idempotency-Key": "once"} if key else {})
    if digest:
        headers["Content-Digest"] = "sha-256=:" + base64.b64encode(hashlib.sha256(body).digest()).decode() + ":"
    before = since()
    answer = daemon.worker(0).request("POST", IMPORT, body, headers)
    task = end_of(daemon, answer)
    assert task["status"] == "completed" and task["result"]["file"]["format"] == "xlsx"
    assert task["result"]["file"]["sha256"] == hashlib.sha256(data).hexdigest()
    # A form has a digest of its own beside that of the file in it.
    assert since(before) == (1, 1, 2 if form and digest else 1)
    if not key:
        return
    before = since()
    again = daemon.worker(1).request("POST", IMPORT, body, headers)
    assert again.body == answer.body and again.headers["Idempotency-Replayed"] == "true"
    assert since(before) == (1, 1, 2 if form and digest else 1)
    assert daemon.spool_files() == []


def test_a_retry_knows_what_its_file_is(counting, make_daemon):
    """The kept file has its format and hash in the row that it came with."""
    daemon, since = make_daemon(spool__keep_failed=60), counting
    samples.load_catalogue(daemon)
    data = samples.xlsx([["a", "b"], [1, 2]])
    headers = {"Content-Type": "application/octet-stream", "Idempotency-Key": "kept"}
    first = end_of(daemon, daemon.worker(0).request("POST", IMPORT, data, headers))
    assert first["status"] == "error"
    before = since()
    second = end_of(daemon, daemon.worker(0).request("POST", f"/api/tasks/{first['id']}/retry"))
    assert second["status"] == "error" and second["error"] == first["error"]
    assert since(before) == (1, 0, 0), "one visit, to share the file"


def test_a_table_is_not_sniffed(counted):
    daemon, since = counted
    before = since()
    samples.load_catalogue(daemon)
    assert since(before) == (1, 0, 1)


def test_over_the_limit(make_daemon):
    daemon = make_daemon(http__max_upload="1M")
    samples.load_catalogue(daemon)
    client = daemon.worker(0)
    body = check_problem(client.upload(IMPORT, b"PK\x03\x04" + b"\0" * (1 << 20)), 413, "body-too-large")
    assert "1048576 bytes" in body["detail"]
    fits = daemon.worker(0).upload(IMPORT, b"PK\x03\x04" + b"\0" * ((1 << 20) - 4))
    assert fits.status == 202
    assert end_of(daemon, fits)["status"] == "error"
    no_trace(daemon)


def rss_kib(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", open(f"/proc/{pid}/status").read())[1])


def send_upload(path, size, framing):
    """One upload of `size` bytes; the status line's code. Written by hand: http.client would hold it in memory."""
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(120)
    sock.connect(str(path))
    chunk = b"PK\x03\x04" + os.urandom(65532)
    head, tail = f"POST {IMPORT} HTTP/1.1\r\nHost: x\r\nContent-Type: application/octet-stream\r\n", b""
    if framing == "chunked":
        head += "Transfer-Encoding: chunked\r\n\r\n"
        tail = b"0\r\n\r\n"
    elif framing == "multipart":
        start = b'--b\r\nContent-Disposition: form-data; name="file"; filename="x.xlsx"\r\n\r\n'
        tail = b"\r\n--b--\r\n"
        head = head.replace("application/octet-stream", "multipart/form-data; boundary=b")
        head += f"Content-Length: {len(start) + size + len(tail)}\r\n\r\n"
    else:
        head += f"Content-Length: {size}\r\n\r\n"
    sock.sendall(head.encode())
    if framing == "multipart":
        sock.sendall(start)
    for _ in range(size // len(chunk)):
        sock.sendall(b"10000\r\n" + chunk + b"\r\n" if framing == "chunked" else chunk)
    sock.sendall(tail)
    answer = sock.recv(4096)
    sock.close()
    return int(answer.split()[1]), answer


@pytest.mark.parametrize("framing", ["raw", "chunked", "multipart"])
def test_500_mb_upload_leaves_the_worker_small_and_polls_go_on(make_daemon, framing):
    daemon = make_daemon(http__max_upload="600M")
    samples.load_catalogue(daemon)
    client = daemon.worker(0)
    known = client.start("test_sleep", ms=0)
    client.wait(known)
    pid = daemon.worker_pid(0)
    before, peak, polls, stop, slowest = rss_kib(pid), [0], [0], threading.Event(), [0.0]

    def poll():
        mine = daemon.worker(0)
        while not stop.is_set():
            at = time.monotonic()
            assert mine.get(f"/api/tasks/{known}").status == 200
            slowest[0] = max(slowest[0], time.monotonic() - at)
            polls[0] += 1
            peak[0] = max(peak[0], rss_kib(pid))
            time.sleep(0.01)

    thread = threading.Thread(target=poll)
    thread.start()
    try:
        status, answer = send_upload(daemon.runtime / "worker-0.sock", 500 << 20, framing)
    finally:
        stop.set()
        thread.join()
    assert status == 202, answer
    growth = peak[0] - before
    if not os.environ.get("PF_BUILD", "").endswith("asan"):
        assert growth < 4096, f"the worker grew by {growth} KiB"
    assert polls[0] > 10 and slowest[0] < 1.0, (polls, slowest)


def test_client_gone_in_mid_upload_leaves_nothing(stocked):
    for size in (0, 1, 1000, 70000, 3 << 20):
        sock = socket.socket(socket.AF_UNIX)
        sock.connect(str(stocked.runtime / "worker-0.sock"))
        sock.sendall(f"POST {IMPORT} HTTP/1.1\r\nHost: x\r\nContent-Length: {10 << 20}\r\n\r\n".encode() + b"x" * size)
        sock.close()
    assert stocked.worker(0).get("/healthz").status == 200
    no_trace(stocked)


def test_expect_100_continue(stocked):
    connection = UnixConnection(stocked.runtime / "worker-0.sock")
    connection.connect()
    data = samples.demo_stock()
    head = f"POST {IMPORT} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: {len(data)}\r\n\r\n"
    connection.sock.sendall(head.encode())
    assert connection.sock.recv(1000).startswith(b"HTTP/1.1 100 Continue\r\n\r\n")
    connection.sock.sendall(data)
    assert connection.sock.recv(4096).startswith(b"HTTP/1.1 202 ")
    too_long = f"POST {IMPORT} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: {100 << 20}\r\n\r\n"
    connection = UnixConnection(stocked.runtime / "worker-0.sock")
    connection.connect()
    connection.sock.sendall(too_long.encode())
    assert connection.sock.recv(4096).startswith(b"HTTP/1.1 413 ")
