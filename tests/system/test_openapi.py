"""The served API document: whole, true to the routes, clean for a public linter."""
import hashlib
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import jsonschema
import pytest

from contract import BUILD, METHODS, Contract, contract, described

TOP = Path(__file__).resolve().parents[2]
# One version, so that a new rule of theirs is news and not a failure.
LINTER = "@redocly/cli@1.34.5"


@pytest.fixture(scope="module")
def document():
    return contract().document


def test_served_document_is_the_compiled_one(daemon):
    answer = daemon.worker(0).get("/api/openapi.json")
    text = subprocess.run([BUILD / "priceforged-test", "--openapi"], check=True, capture_output=True).stdout
    assert answer.status == 200 and answer.body == text
    etag = answer.headers["ETag"]
    assert etag == '"' + hashlib.sha256(text).hexdigest()[:32] + '"'
    other = daemon.worker(1)
    for tag in (etag, f"W/{etag}", f'"x", {etag}', "*"):
        again = other.get("/api/openapi.json", {"If-None-Match": tag})
        assert (again.status, again.body, again.headers["ETag"]) == (304, b"", etag), tag
    assert other.get("/api/openapi.json", {"If-None-Match": '"x"'}).status == 200
    head = other.request("HEAD", "/api/openapi.json")
    assert head.status == 200 and int(head.headers["Content-Length"]) == len(text)
    assert other.get("/version").headers["Link"] == '</api/openapi.json>; rel="service-desc"'
    assert other.get("/nothing/here").headers["Link"] == '</api/openapi.json>; rel="service-desc"'


def test_fragments_are_whole_json_and_all_of_them_arrive(document):
    seen = 0
    for fragment in sorted((TOP / "daemon" / "api" / "openapi").glob("*.json")):
        for section, members in json.loads(fragment.read_text()).items():
            where = document if section == "document" else document["paths"] if section == "paths" else document["components"][section]
            for name, value in members.items():
                if name != "info":
                    assert where[name] == value, f"{fragment.name}: {name} is in two fragments"
                seen += 1
    assert seen > 30


def test_document_and_routes_agree(document):
    documented = {(method, path): operation["x-scope"] for path, item in document["paths"].items()
                  for method, operation in item.items() if method in METHODS}
    routes = {(route["method"], route["path"]): route["scope"] for route in described()["routes"]}
    assert routes.keys() - documented.keys() == set(), "routes that the document lacks"
    assert documented.keys() - routes.keys() == set(), "documented, but no such route"
    assert documented == routes


def test_media_types_agree(document):
    for route in described()["routes"]:
        operation = document["paths"][route["path"]][route["method"]]
        assert route["body"] == ("requestBody" in operation), route
        if route["accept"]:
            assert set(operation["requestBody"]["content"]) == set(route["accept"].split(", ")), route
        assert ("security" in operation) == (route["scope"] == "none"), route


def test_headers_that_requests_may_have_are_named(document):
    """Request-Id everywhere; where a task is started also the key and the trace; a tag where 304 is an answer."""
    for path, item in document["paths"].items():
        for method in set(METHODS) & item.keys():
            operation = item[method]
            headers = {part["name"] for part in map(contract().resolve, item.get("parameters", []) + operation.get("parameters", []))
                       if part["in"] == "header"}
            starts = operation["responses"].get("202") == {"$ref": "#/components/responses/Started"}
            assert "Request-Id" in headers, (method, path)
            assert ({"Idempotency-Key", "traceparent"} <= headers) == starts, (method, path)
            assert ("200" in operation["responses"]) or method == "delete" or starts, (method, path)
            assert ("304" in operation["responses"]) == ("If-None-Match" in headers), (method, path)


# What they are asked with is not looked at.
WITHOUT_PARAMETERS = {"/api/tasks/{id}", "/api/tasks/summary", "/api/components/{lot}", "/api/pricelists/{id}", "/api/templates/{table}.csv",
                      "/healthz", "/readyz", "/metrics", "/version", "/problems/{slug}", "/api/openapi.json"}


def test_the_parameters_of_reads_are_all_named(module_daemon, document):
    """An unknown one is answered with those that the program knows."""
    client, others = module_daemon.worker(0), set()
    client.unchecked = True  # the unknown one is not in the document
    for path, item in document["paths"].items():
        if "get" not in item:
            continue
        parts = [contract().resolve(part) for part in item.get("parameters", []) + item["get"].get("parameters", [])]
        documented = {part["name"] for part in parts if part["in"] == "query"}
        target = re.sub(r"\{id\}", "00000000-0000-4000-8000-000000000000" if "/tasks/" in path else "1", path)
        answer = client.get(re.sub(r"\{[^}]*\}", "1", target) + "?nonsense=1")
        if answer.status != 422:
            others.add(path)
            continue
        fault = next(fault for fault in answer.json["errors"] if fault["pointer"] == "/nonsense")
        known = set(fault["detail"].removeprefix("is not a parameter here; known parameters: ").split(", "))
        assert known - set(re.findall(r"\{([^}]*)\}", path)) == documented, path
    assert others == WITHOUT_PARAMETERS


def test_every_path_names_its_methods(module_daemon, document):
    """OPTIONS and a method that is not among them, of every path."""
    client = module_daemon.worker(0)
    for path, item in document["paths"].items():
        target = re.sub(r"\{[^}]*\}", "1", path)
        wanted = {method.upper() for method in set(METHODS) & item.keys()} | ({"HEAD"} if "get" in item else set()) | {"OPTIONS"}
        answer = client.request("OPTIONS", target)
        assert answer.status == 204 and set(re.split(", *", answer.headers["Allow"])) == wanted, (path, answer.headers["Allow"])
        for method in {"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "BREW"} - wanted:
            answer = client.request(method, target)
            assert answer.status == 405 and set(re.split(", *", answer.headers["Allow"])) == wanted, (method, path)


def test_head_says_what_get_says(module_daemon, document):
    client, changing = module_daemon.worker(0), {"/metrics", "/readyz"}
    for path, item in document["paths"].items():
        if "get" not in item or "{" in path or path in changing:
            continue
        full, head = client.get(path), client.request("HEAD", path)
        assert (head.status, head.body) == (full.status, b"") and full.status == 200, path
        for name in {*full.headers.keys(), *head.headers.keys()} - {"Date"}:
            assert head.headers[name] == full.headers[name], (path, name)
    assert client.request("HEAD", "/metrics").headers["Content-Length"] > "0"


def test_every_schema_is_valid_and_every_reference_leads_somewhere(document):
    def walk(node):
        if isinstance(node, dict):
            if isinstance(node.get("$ref"), str):
                contract().resolve(node)
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(document)
    for name, schema in document["components"]["schemas"].items():
        jsonschema.Draft202012Validator.check_schema(schema)
    ids = [operation["operationId"] for item in document["paths"].values() for method, operation in item.items() if method in METHODS]
    assert len(ids) == len(set(ids))


class Fake:
    def __init__(self, status, headers, body):
        self.status, self.body = status, body
        self.headers = type("Headers", (dict,), {"get": lambda h, n, d=None: {k.lower(): v for k, v in h.items()}.get(n.lower(), d),
                                                 "__getitem__": lambda h, n: h.get(n)})(headers)


TASK = {"id": "6fd1a0a0-0000-4000-8000-000000000000", "type": "recalculate", "status": "running", "progress": 3, "message": "",
        "result": None, "error": "", "created_at": "2026-01-02T03:04:05.678Z", "done_at": None}
TASK_HEADERS = {"Content-Type": "application/json", "ETag": 'W/"1.2"', "Cache-Control": "private, no-cache", "Retry-After": "1"}


@pytest.mark.parametrize("change", [
    {"status": "waiting"}, {"progress": 100}, {"extra": 1}, {"done_at": "2026-01-02T03:04:05.678Z"}, {"error": "x"},
    {"created_at": "2026-01-02 03:04:05"}, {"id": "6FD1"}, {"result": {}}, {"progress": 1.5}])
def test_the_checker_refuses_a_wrong_task(change):
    target = f"/api/tasks/{TASK['id']}"
    contract().check_answer("GET", target, Fake(200, TASK_HEADERS, json.dumps(TASK).encode()))
    with pytest.raises(AssertionError):
        contract().check_answer("GET", target, Fake(200, TASK_HEADERS, json.dumps({**TASK, **change}).encode()))


@pytest.mark.parametrize("status,headers", [(200, {**TASK_HEADERS, "X-New": "1"}), (203, TASK_HEADERS),
                                            (200, {k: v for k, v in TASK_HEADERS.items() if k != "ETag"}),
                                            (200, {**TASK_HEADERS, "Content-Type": "text/html"})])
def test_the_checker_refuses_a_wrong_answer(status, headers):
    with pytest.raises(AssertionError):
        contract().check_answer("GET", f"/api/tasks/{TASK['id']}", Fake(status, headers, json.dumps(TASK).encode()))


def test_public_linter_finds_no_error(tmp_path, document):
    npx = shutil.which("npx")
    if not npx:
        pytest.skip("npx is not installed")
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(document))
    env = {**os.environ, "npm_config_update_notifier": "false", "REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}
    try:
        have = subprocess.run([npx, "--yes", LINTER, "--version"], capture_output=True, text=True, env=env, timeout=240, cwd=tmp_path)
    except subprocess.TimeoutExpired:
        pytest.skip(f"{LINTER} did not arrive in time")
    if have.returncode:
        pytest.skip(f"{LINTER} cannot be fetched")
    done = subprocess.run([npx, "--yes", LINTER, "lint", str(file), "--format", "stylish"], capture_output=True, text=True, env=env, timeout=240,
                          cwd=tmp_path)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
