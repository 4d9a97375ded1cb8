"""Answers compared byte for byte with files: head and body as they come over the wire.

What differs from run to run is replaced: ids by <task> (the one in question) and <uuid>, moments, the boot value and number in entity
tags, digests. Nothing else is. PF_GOLDEN=write writes the files anew; look at what it changed.
"""
import os
import re
import socket
from pathlib import Path

DATA = Path(__file__).resolve().parents[1] / "data" / "golden"

_VOLATILE = [
    (rb"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", b"<uuid>"),
    (rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", b"<moment>"),
    (rb'"stock_date":"\d{4}-\d\d-\d\d"', b'"stock_date":"<day>"'),
    (rb"(?m)^Date: [A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT\r$", b"Date: <date>\r"),
    (rb'W/"[0-9a-f]{1,16}\.[0-9a-f]{1,16}((?:\.full)?)(?:\.[0-9a-f]{1,16})?"', rb'W/"<boot>.<version>\1"'),
    (rb'(W/"j\.<[a-z]+>\.full)\.[0-9a-f]{1,16}"', rb'\1.<digest>"'),
    (rb'"[0-9a-f]{64}"', b'"<sha256>"'),
    (rb'"eta_seconds":(?:\d+|null)(?=[^}]*"phase":"working")', b'"eta_seconds":<n>'),  # null when no time had passed
]


class Wire:
    """One raw connection to a worker, or to the TCP listener. An answer is taken up to its Content-Length."""

    def __init__(self, path=None, port=None):
        if path:
            self.sock = socket.socket(socket.AF_UNIX)
            self.sock.settimeout(30)
            self.sock.connect(str(path))
        else:
            self.sock = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.rest = b""

    def send(self, data):
        self.sock.sendall(data)

    def _more(self):
        data = self.sock.recv(65536)
        assert data, f"closed after {self.rest!r}"
        self.rest += data

    def answer(self, method="GET"):
        while b"\r\n\r\n" not in self.rest:
            self._more()
        head, self.rest = self.rest.split(b"\r\n\r\n", 1)
        status, length = int(head.split(b" ", 2)[1]), re.search(rb"(?im)^Content-Length: (\d+)\r?$", head)
        size = int(length[1]) if length and method != "HEAD" and status not in (204, 304) else 0
        while len(self.rest) < size:
            self._more()
        body, self.rest = self.rest[:size], self.rest[size:]
        assert not self.rest, f"more than an answer: {self.rest!r}"
        return head + b"\r\n\r\n" + body

    def ask(self, method, target, headers=(), body=b"", host="localhost"):
        head = [f"{method} {target} HTTP/1.1", f"Host: {host}", *headers]
        if body:
            head.append(f"Content-Length: {len(body)}")
        self.send("\r\n".join(head).encode() + b"\r\n\r\n" + body)
        return self.answer(method)


def ask(daemon, method, target, headers=(), body=b"", worker=0):
    return Wire(daemon.runtime / f"worker-{worker}.sock").ask(method, target, headers, body)


def stable(answer, task_id=None):
    if task_id:
        answer = answer.replace(task_id.encode(), b"<task>")
    for pattern, to in _VOLATILE:
        answer = re.sub(pattern, to, answer)
    if b"<n>" in answer:  # the length follows the digits of it
        answer = re.sub(rb"(?m)^Content-Length: \d+\r$", b"Content-Length: <length>\r", answer)
    return answer


def check(name, answer, task_id=None):
    """Compare with the file of this name. Lines end as on the wire: CRLF in the head, the body as it is."""
    path, seen = DATA / name, stable(answer, task_id)
    if os.environ.get("PF_GOLDEN") == "write":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(seen)
    assert path.exists(), f"no such golden file: {name}"
    assert seen == path.read_bytes(), name
