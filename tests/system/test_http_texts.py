"""What refusals say: the text alone, which is all that a simple client shows, names the fault and what would be right."""
import pytest

import samples
from test_tasks import check_problem
from test_tokens import file, make  # noqa: F401


@pytest.fixture(scope="module")
def client(module_daemon):
    samples.load_catalogue(module_daemon)
    return module_daemon.worker(0)


def refused(answer, status, slug):
    return check_problem(answer, status, slug)["error"]


def test_unknown_warehouse_is_named_with_those_that_there_are(client):
    answer = client.upload("/api/stock/import?warehouse=X", samples.demo_stock())
    assert refused(answer, 422, "invalid-parameters") == "warehouse: unknown warehouse «X»; known warehouses: MAIN, REMOTE"


@pytest.mark.parametrize("ask", [
    lambda client: client.upload("/api/stock/import?warehouse=MAIN&mode=upsert&colour=red", samples.demo_stock()),
    lambda client: client.post_json("/api/tasks", {"type": "test_sleep", "what": 1, "params": {"ms": -5, "steps": "many"}}),
    lambda client: client.post_json("/api/pricelists", {"source": "nonsense", "currency": "usd"}),
    lambda client: client.get("/api/tasks?limit=x&status=dead"),
    lambda client: client.get("/api/stock?limit=x"),
    lambda client: client.request("PUT", "/api/part-numbers", '{"part_number":"--"}', {"Content-Type": "application/json"}),
    lambda client: client.post_json("/api/tasks/6fd1a0a0-0000-4000-8000-000000000000/cancel", {"reason": 5}),
])
def test_every_fault_is_in_the_text(client, ask):
    answer = ask(client)
    error, faults = refused(answer, 422, "invalid-parameters"), answer.json["errors"]
    for fault in faults:
        name = fault["pointer"].removeprefix("/params").removeprefix("/")
        assert (f"{name}: " if name else "") + fault["detail"] in error, error
    assert error.count("; ") >= len(faults) - 1 and "see errors" not in error


def test_more_faults_than_have_room_are_counted(client):
    answer = client.post_json("/api/tasks", {"type": "test_sleep", "params": {f"member_{i}_" + "x" * 60: 1 for i in range(40)}})
    error = refused(answer, 422, "invalid-parameters")
    assert len(error) < 1300 and error.endswith(" more") and error.count("member_") > 3


@pytest.mark.parametrize("target,taken", [("/api/tasks", "application/json"), ("/api/pricelists", "application/json"),
                                          ("/api/stock/import?warehouse=MAIN", "multipart/form-data"), ("/api/catalog/rates/import", "text/csv")])
def test_media_types_that_are_taken_are_named(client, target, taken):
    answer = client.request("POST", target, b"x", {"Content-Type": "text/plain"})
    error = refused(answer, 415, "unsupported-media-type")
    assert taken in error and answer.headers["Accept-Post"] in error


def test_methods_are_named(client):
    for target, methods in (("/api/tasks", "GET, HEAD, POST, OPTIONS"), ("/healthz", "GET, HEAD, OPTIONS"), ("/api/part-numbers", "GET, HEAD, PUT, DELETE, OPTIONS")):
        for method in ("PATCH", "BREW"):
            answer = client.request(method, target)
            assert refused(answer, 405, "method-not-allowed") == f"the methods here are {methods}" and answer.headers["Allow"] == methods


def test_scope_that_is_needed_is_named(make_daemon, file):  # noqa: F811
    reader = make(file, "-s", "read")
    client = make_daemon(auth__tokens_file=file).worker(0)
    client.token = reader
    for scope, answer in (("start", client.post_json("/api/tasks", {"type": "test_sleep"})),
                          ("cancel", client.request("DELETE", "/api/tasks/6fd1a0a0-0000-4000-8000-000000000000")),
                          ("edit", client.request("DELETE", "/api/part-numbers?part_number=x"))):
        assert refused(answer, 403, "forbidden") == f"this needs the scope '{scope}'; your token has 'read'"
        assert f'scope="{scope}"' in answer.headers["WWW-Authenticate"]


def test_unknown_task_types_are_named_with_those_that_there_are(client):
    for answer in (client.post_json("/api/tasks", {"type": "recalculation"}), client.get("/api/tasks?type=recalculation")):
        error = refused(answer, 422, "invalid-parameters")
        assert error.startswith("type: unknown task type «recalculation»; known task types: ")
        known = set(error.partition("known task types: ")[2].split(", "))
        assert {"stock_import", "catalog_import", "recalculate", "pricelist_create", "test_sleep"} <= known


def test_a_deleted_task_was_deleted(client):
    task_id = client.start("test_sleep", ms=0)
    client.wait(task_id)
    assert client.request("DELETE", f"/api/tasks/{task_id}").status == 204
    for answer in (client.get(f"/api/tasks/{task_id}"), client.get(f"/api/tasks/{task_id}?view=full"), client.get(f"/api/tasks/{task_id}/log"),
                   client.request("POST", f"/api/tasks/{task_id}/cancel"), client.request("POST", f"/api/tasks/{task_id}/retry")):
        assert "it was deleted, or" in refused(answer, 410, "task-expired")
