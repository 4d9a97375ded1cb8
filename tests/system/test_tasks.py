"""The frozen contract: start answer, task representation, polls on another worker, error bodies."""
import json
import re
import time

import pytest

import samples
from contract import contract

MEMBERS = ["id", "type", "status", "progress", "message", "result", "error", "created_at", "done_at"]
UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def check_task(task):
    assert list(task) == MEMBERS
    assert re.fullmatch(UUID, task["id"])
    assert isinstance(task["type"], str) and isinstance(task["message"], str) and isinstance(task["error"], str)
    assert task["status"] in ("running", "completed", "error")
    assert isinstance(task["progress"], int) and 0 <= task["progress"] <= 100
    assert (task["progress"] == 100) == (task["status"] == "completed")
    assert task["result"] is None or (isinstance(task["result"], dict) and task["status"] == "completed")
    assert (task["error"] != "") == (task["status"] == "error")
    assert MOMENT.fullmatch(task["created_at"])
    assert (task["done_at"] is None) == (task["status"] == "running")
    if task["done_at"]:
        assert MOMENT.fullmatch(task["done_at"]) and task["done_at"] >= task["created_at"]


def check_problem(answer, status, slug):
    assert answer.status == status, answer
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    body = answer.json
    assert body["type"] == f"/problems/{slug}" and body["status"] == status
    assert body["title"] and body["detail"] and body["error"] == body["detail"]
    assert re.fullmatch(f"urn:uuid:{UUID}", body["instance"])
    return body


def test_start_answer_is_frozen_byte_for_byte(daemon):
    answer = daemon.worker(0).post_json("/api/tasks", {"type": "test_sleep", "params": {"ms": 0}})
    assert answer.status == 202
    assert re.fullmatch(rb'\{"task_id":"' + UUID.encode() + rb'"\}\n', answer.body)
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Location"] == f"/api/tasks/{answer.json['task_id']}"
    assert answer.headers["Retry-After"] == "1"
    assert answer.headers["Cache-Control"] == "no-store"
    assert re.fullmatch(UUID, answer.headers["Request-Id"])


def test_a_start_can_be_answered_with_200(make_daemon):
    """For a client that tests for just that; of a start nothing is waited for, whatever it prefers."""
    daemon = make_daemon(http__start_status=200)
    client, body = daemon.worker(0), {"type": "test_join", "params": {"ms": 3000, "steps": 1}}
    begun = time.monotonic()
    answer = client.post_json("/api/tasks", body, {"Prefer": "wait=10", "Idempotency-Key": "one"})
    assert time.monotonic() - begun < 2 and answer.headers["Preference-Applied"] is None
    assert answer.status == 200 and re.fullmatch(rb'\{"task_id":"' + UUID.encode() + rb'"\}\n', answer.body)
    assert answer.headers["Location"] == f"/api/tasks/{answer.json['task_id']}" and answer.headers["Retry-After"] == "1"
    again = client.post_json("/api/tasks", body, {"Idempotency-Key": "one"})
    joined = daemon.worker(1).post_json("/api/tasks", body)
    assert again.status == joined.status == 200 and again.body == joined.body == answer.body
    data = (samples.DEMO / "warehouses.csv").read_bytes()
    assert client.upload("/api/catalog/warehouses/import", data, "text/csv").status == 200


def test_any_worker_answers_from_the_first_poll_on(daemon):
    first, second = daemon.worker(0), daemon.worker(1)
    for _ in range(200):
        task_id = first.start("test_sleep", ms=0, steps=1)
        answer = second.get(f"/api/tasks/{task_id}")
        assert answer.status == 200
        check_task(answer.json)


def test_a_task_runs_to_its_end(daemon):
    client = daemon.worker(1)
    task_id = daemon.worker(0).start("test_sleep", ms=1500, steps=30)
    seen = []
    task = client.wait(task_id, until=lambda t: seen.append(t) or t["status"] != "running", every=0.05)
    for state in seen:
        check_task(state)
    assert task["result"] == {"slept": True} and task["message"] == "done"
    progress = [state["progress"] for state in seen]
    assert progress == sorted(progress) and len(set(progress)) > 3
    assert {state["created_at"] for state in seen} == {task["created_at"]}


def test_reading_headers_and_not_modified(daemon):
    client = daemon.worker(0)
    task_id = client.start("test_sleep", ms=3000, steps=1)
    client.wait(task_id, until=lambda t: t["message"] == "started")
    running = client.get(f"/api/tasks/{task_id}")
    assert re.fullmatch(r'W/"[0-9a-f]+\.[0-9a-f]+"', running.headers["ETag"])
    assert running.headers["Cache-Control"] == "private, no-cache"
    assert running.headers["Vary"] == "Prefer" and running.headers["Retry-After"] == "1"
    for header in (running.headers["ETag"], f'"other", {running.headers["ETag"]}', "*"):
        again = daemon.worker(1).get(f"/api/tasks/{task_id}", {"If-None-Match": header})
        assert again.status == 304 and again.body == b"" and again.headers["ETag"] == running.headers["ETag"]
    client.wait(task_id)
    done = client.get(f"/api/tasks/{task_id}", {"If-None-Match": running.headers["ETag"]})
    assert done.status == 200 and done.headers["Task-Outcome"] == "succeeded"
    assert done.headers["Retry-After"] is None and done.headers["ETag"] != running.headers["ETag"]
    head = client.request("HEAD", f"/api/tasks/{task_id}")
    assert head.status == 200 and head.body == b"" and head.headers["ETag"] == done.headers["ETag"]
    assert head.headers["Content-Length"] == str(len(done.body))
    assert client.get(f"/api/tasks/{task_id.upper()}").status == 200


def test_a_result_longer_than_a_slot_comes_from_the_journal(daemon):
    client = daemon.worker(0)
    task = client.wait(client.start("test_big"))
    check_task(task)
    assert len(task["result"]["big"]) > 8000


@pytest.mark.parametrize("target", ["/api/tasks/00000000-0000-4000-8000-000000000000", "/api/tasks/nonsense",
                                    "/api/tasks/0000000000000000000000000000000000001", "/nothing", "/api"])
def test_unknown_things_are_404(daemon, target):
    check_problem(daemon.worker(0).get(target), 404, "task-not-found" if target.startswith("/api/tasks/") else "not-found")


def test_wrong_method_and_media_type(daemon):
    client = daemon.worker(0)
    answer = client.request("PATCH", "/api/tasks")
    check_problem(answer, 405, "method-not-allowed")
    assert "POST" in answer.headers["Allow"]
    answer = client.request("POST", "/api/tasks", "{}", {"Content-Type": "text/plain"})
    check_problem(answer, 415, "unsupported-media-type")
    assert "application/json" in answer.headers["Accept-Post"]


@pytest.mark.parametrize("body", [b"", b"{", b'{"type":"test_sleep"} x', b'{"type":"\xff"}', b'{"type":1,"type":2}', b"[" * 100])
def test_malformed_json(daemon, body):
    check_problem(daemon.worker(0).request("POST", "/api/tasks", body, {"Content-Type": "application/json"}), 400, "malformed-json")


def test_all_faults_of_a_request_at_once(daemon):
    answer = daemon.worker(0).post_json("/api/tasks", {"type": "test_sleep", "what": 1,
                                                       "params": {"ms": -5, "steps": "many", "speed": 3}})
    body = check_problem(answer, 422, "invalid-parameters")
    assert {fault["pointer"] for fault in body["errors"]} == {"/what", "/params/ms", "/params/steps", "/params/speed"}
    for fault in body["errors"]:
        assert fault["detail"] and fault["code"]


def test_an_unknown_parameter_is_answered_with_all_that_are_known(module_daemon):
    client, schemas = module_daemon.worker(0), contract().document["components"]["schemas"]
    for kind in ("recalculate", "pricelist_create"):
        body = check_problem(client.post_json("/api/tasks", {"type": kind, "params": {"prise": 1}}), 422, "invalid-parameters")
        fault = next(fault for fault in body["errors"] if fault["pointer"] == "/params/prise")
        assert fault["detail"] == "is not a parameter here; known parameters: " + ", ".join(schemas[f"{kind}_params"]["properties"])
    body = check_problem(client.upload("/api/stock/import?warehouse=MAIN&prise=1", samples.demo_stock()), 422, "invalid-parameters")
    assert all(name in body["errors"][0]["detail"] for name in schemas["stock_import_params"]["properties"]), body


@pytest.mark.parametrize("value", [[], "x", 3, {"type": "no_such"}, {"params": {}}, {"type": "stock_import"},
                                   {"type": "test_sleep", "params": []}])
def test_requests_that_make_no_sense(daemon, value):
    check_problem(daemon.worker(0).post_json("/api/tasks", value), 422, "invalid-parameters")


def test_alive_and_ready(daemon):
    client = daemon.worker(1)
    assert client.get("/healthz").status == 200
    ready = client.get("/readyz")
    assert ready.status == 200 and ready.json["ready"] is True, ready
    assert all(check["ok"] for check in ready.json["checks"].values())


def test_table_full_of_live_tasks_refuses_before_any_commit(make_daemon):
    daemon = make_daemon(tasks__slots=8)
    client = daemon.worker(0)
    ids = [client.start("test_sleep", ms=60000, steps=600) for _ in range(8)]
    answer = client.post_json("/api/tasks", {"type": "test_sleep"})
    check_problem(answer, 503, "queue-full")
    assert int(answer.headers["Retry-After"]) >= 1
    assert daemon.sql("SELECT COUNT(*) FROM task") == [["8"]]
    assert all(daemon.worker(1).get(f"/api/tasks/{i}").status == 200 for i in ids)
    assert client.get("/healthz").status == 200


def test_finished_tasks_give_way_and_stay_readable(make_daemon):
    daemon = make_daemon(tasks__slots=8)
    client = daemon.worker(0)
    ids = []
    for _ in range(30):
        ids.append(client.start("test_sleep", ms=0, steps=1))
        client.wait(ids[-1])
    for task_id in ids:
        task = daemon.worker(1).task(task_id)
        check_task(task)
        assert task["status"] == "completed"


def test_demo_import_gives_the_expected_numbers(daemon):
    samples.load_catalogue(daemon, "warehouses", "components", "part_numbers", "rates")
    expected = json.loads((samples.DEMO / "expected" / "stock-import.json").read_text())
    body, content_type = samples.multipart({"warehouse": "MAIN"}, "stock.xlsx", samples.demo_stock())
    for run, counts in ((1, expected), (2, expected["second_run"])):
        answer = daemon.worker(0).upload("/api/stock/import", body, content_type)
        assert answer.status == 202, answer
        task = daemon.worker(1).wait(answer.json["task_id"])
        assert task["status"] == "completed", task
        result = task["result"]
        for key in ("rows_total", "inserted", "updated", "unchanged", "deleted"):
            assert result[key] == counts[key], (run, key)
        for key in ("rows_rejected", "rows_accepted", "rows_skipped", "duplicates_merged", "matched", "unmatched", "errors",
                    "warnings", "qty_total", "value_total", "stock_date"):
            assert result[key] == expected[key], (run, key)
    assert daemon.sql("SELECT COUNT(*) FROM stock_item") == [["311"]]
    assert daemon.spool_files() == []
