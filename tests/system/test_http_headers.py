"""Headers of requests to the daemon: lists in several lines, conditions on writes, codings, and names for people."""
import json
from urllib.parse import quote

import pytest

import samples
from golden import Wire
from test_tasks import check_problem


@pytest.fixture(scope="module")
def wire(module_daemon):
    return Wire(module_daemon.runtime / "worker-0.sock")


@pytest.fixture(scope="module")
def task(module_daemon):
    """A finished task."""
    client = module_daemon.worker(0)
    task_id = client.start("recalculate")
    client.wait(task_id)
    return task_id


def parts(answer):
    head, body = answer.split(b"\r\n\r\n", 1)
    lines = head.decode().split("\r\n")
    return int(lines[0].split()[1]), dict(line.split(": ", 1) for line in lines[1:]), body


TAGGED = ["/api/tasks/{task}", "/api/tasks/{task}?view=full", "/api/tasks?ids={task}", "/api/openapi.json", "/api/pricelists", "/api/components",
          "/api/stock"]


@pytest.mark.parametrize("target", TAGGED)
def test_tags_in_several_lines_are_one_list(wire, task, target):
    target = target.format(task=task)
    status, headers, _ = parts(wire.ask("GET", target))
    if "ETag" not in headers:
        pytest.fail(f"{target} has no tag")
    tag = f"If-None-Match: {headers['ETag']}"
    other = 'If-None-Match: "other"'
    assert status == 200
    for lines in ([tag], [other, tag], [tag, other], [other, "Accept: */*", tag.lower().replace(headers["ETag"].lower(), headers["ETag"]), other]):
        assert parts(wire.ask("GET", target, lines))[0] == 304, lines
    assert parts(wire.ask("GET", target, [other, other]))[0] == 200


def test_preferences_in_several_lines_are_one_list(module_daemon, wire):
    """A read of a running task waits when the second line asks for it."""
    client = module_daemon.worker(1)
    task_id = client.start("test_sleep", ms=30000)
    client.wait(task_id, until=lambda task: "waiting" not in task["message"])
    _, headers, _ = parts(wire.ask("GET", f"/api/tasks/{task_id}"))
    _, headers, _ = parts(wire.ask("GET", f"/api/tasks/{task_id}", ["Prefer: respond-async", f"If-None-Match: {headers['ETag']}", "Prefer: wait=1"]))
    client.post_json(f"/api/tasks/{task_id}/cancel", {})
    assert headers["Preference-Applied"] == "wait=1"


@pytest.mark.parametrize("lines,by", [
    (["X-Forwarded-For: 203.0.113.9", "X-Forwarded-For: 198.51.100.4"], "198.51.100.4"),  # as stock HAProxy sends it
    (["X-Forwarded-For: 203.0.113.9, 192.0.2.1"], "192.0.2.1"),
    (["X-Forwarded-For: 203.0.113.9", "X-Forwarded-For: nonsense"], "unix"),
])
def test_the_last_line_of_x_forwarded_for_says_who_asks(wire, lines, by):
    body = json.dumps({"type": "test_sleep", "params": {"ms": 0}}).encode()
    status, _, started = parts(wire.ask("POST", "/api/tasks", [*lines, "Content-Type: application/json"], body))
    assert status == 202
    _, _, full = parts(wire.ask("GET", f"/api/tasks/{json.loads(started)['task_id']}?view=full"))
    assert json.loads(full)["requested_by"] == by


def test_a_digest_in_a_second_line_is_compared(module_daemon, wire):
    samples.load_catalogue(module_daemon)
    data = samples.demo_stock()
    wrong = "Content-Digest: sha-256=:" + "A" * 43 + "=:"
    status, _, body = parts(wire.ask("POST", "/api/stock/import?warehouse=MAIN",
                                     ["Content-Type: application/octet-stream", "Content-Digest: sha-512=:AA==:", wrong], data))
    assert status == 400 and "Content-Digest" in json.loads(body)["error"]


def test_two_idempotency_keys_are_no_key(wire):
    body = b'{"type":"recalculate","params":{}}'
    status, _, answer = parts(wire.ask("POST", "/api/tasks", ["Content-Type: application/json", "Idempotency-Key: a", "Idempotency-Key: b"], body))
    assert status == 400 and "Idempotency-Key" in json.loads(answer)["error"]


def test_a_condition_on_a_write_is_never_ignored(module_daemon, task):
    client = module_daemon.worker(0)
    tag = client.get(f"/api/tasks/{task}").headers["ETag"]
    for condition in (tag, "*", '"other"'):
        for method, target, body in (("DELETE", f"/api/tasks/{task}", None), ("POST", f"/api/tasks/{task}/cancel", None),
                                     ("POST", f"/api/tasks/{task}/retry", None),
                                     ("PUT", "/api/part-numbers", json.dumps({"part_number": "X", "lot": 1}))):
            headers = {"If-Match": condition, **({"Content-Type": "application/json"} if body else {})}
            check_problem(client.request(method, target, body, headers), 412, "precondition-failed")
    check_problem(client.request("DELETE", f"/api/tasks/{task}", headers={"If-None-Match": tag}), 412, "precondition-failed")
    assert client.task(task)["status"] == "completed"


def test_a_coded_body_is_refused(module_daemon):
    answer = module_daemon.worker(0).request("POST", "/api/tasks", b"\x1f\x8b", {"Content-Type": "application/json", "Content-Encoding": "gzip"})
    check_problem(answer, 415, "unsupported-media-type")
    assert answer.headers["Accept-Encoding"] == "identity" and "Content-Encoding" in answer.json["error"]


# Controls of both kinds, line separators, marks and overrides of direction.
DISTURBING = "\x1b\x7f\u0085\u061c\u200e\u200f\u2028\u202e\u2066\u2069"


def test_names_and_reasons_are_for_people(module_daemon):
    samples.load_catalogue(module_daemon)
    client = module_daemon.worker(0)
    answer = client.upload(f"/api/stock/import?warehouse=MAIN&filename={quote(f'a{DISTURBING}b.xlsx')}", samples.demo_stock())
    assert answer.status == 202
    client.wait(answer.json["task_id"])
    name = module_daemon.sql(f"SELECT file_name FROM task WHERE id = '{answer.json['task_id']}'")[0][0]
    assert name == "a" + "_" * len(DISTURBING.encode()) + "b.xlsx"
    task_id = client.start("test_sleep", ms=30000)
    client.post_json(f"/api/tasks/{task_id}/cancel", {"reason": f"wrong{DISTURBING} file"})
    error = client.wait(task_id)["error"]
    assert "wrong" + " " * len(DISTURBING.encode()) + " file" in error and not set(DISTURBING) & set(error)


def test_a_name_is_cut_between_characters(module_daemon):
    client = module_daemon.worker(0)
    answer = client.upload(f"/api/stock/import?warehouse=MAIN&filename={quote('x' + 'ж' * 200)}", samples.demo_stock())
    assert answer.status == 202
    assert module_daemon.sql(f"SELECT file_name FROM task WHERE id = '{answer.json['task_id']}'")[0][0] == "x" + "ж" * 127
