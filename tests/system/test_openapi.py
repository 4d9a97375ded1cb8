"""The served API document: whole, true to the routes and to the program's tables, with examples that fit. What linters say of it: test_openapi_tools.py."""
import hashlib
import json
import re
import subprocess
from pathlib import Path

import jsonschema
import pytest

from contract import BUILD, METHODS, Contract, contract, described

TOP = Path(__file__).resolve().parents[2]


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
            assert method == "put" or ("304" in operation["responses"]) == ("If-None-Match" in headers), (method, path)


# What they are asked with is not looked at.
WITHOUT_PARAMETERS = {"/api/import-profiles/{name}", "/api/quotes/imports/{id}", "/api/stock/imports/{id}", "/api/tasks/{id}", "/api/tasks/{id}/explain", "/api/tasks/summary", "/api/components/{lot}", "/api/pricelists/{id}", "/api/templates/{table}.csv",
                      "/api/session", "/", "/assets/{build}/{folder}/{file}", "/healthz", "/readyz", "/metrics", "/version", "/problems/{slug}", "/api/openapi.json"}


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
    client, changing = module_daemon.worker(0), {"/metrics", "/readyz", "/api/operation"}
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


# ---- Examples ----

def examples(content):
    """(schema, value) of each example of a media type."""
    for example in map(contract().resolve, content.get("examples", {}).values()):
        yield content["schema"], example["value"]


def test_every_operation_has_examples_that_fit(document):
    for path, item in document["paths"].items():
        for method in set(METHODS) & item.keys():
            operation, what = item[method], f"{method} {path}"
            request = contract().resolve(operation.get("requestBody", {})).get("content", {})
            found = [pair for content in request.values() for pair in examples(content)]
            assert found or not request, f"{what}: no example of a request"
            for status, response in operation["responses"].items():
                for content in contract().resolve(response).get("content", {}).values():
                    assert list(examples(content)), f"{what} {status}: no example"
                    found += examples(content)
            for schema, value in found:
                contract().check(schema, value, what)
            for parameter in map(contract().resolve, item.get("parameters", []) + operation.get("parameters", [])):
                assert "example" in parameter or parameter["in"] != "path", f"{what}: no example of {parameter['name']}"
                if "example" in parameter:
                    contract().check(parameter["schema"], parameter["example"], what)


def test_examples_of_schemas_fit(document):
    found = [(name, schema, value) for name, schema in document["components"]["schemas"].items() for value in schema.get("examples", [])]
    for name, schema, value in found:
        contract().check(schema, value, name)
    assert found


# ---- Ids ----

def test_an_id_has_one_type(document):
    """Numbers are numbers in paths too, and what names a task is a UUID wherever it stands."""
    schemas, parameters = document["components"]["schemas"], document["components"]["parameters"]
    kinds = {"/api/pricelists/{id}": schemas["Pricelist"], "/api/pricelists/{id}/items": schemas["Pricelist"],
             "/api/pricelists/{id}/export-csv": schemas["Pricelist"], "/api/pricelists/{id}/export.xlsx": schemas["Pricelist"], "/api/pricelists/{id}/unarchive": schemas["Pricelist"],
             "/api/pricelists/{a}/diff/{b}": schemas["PricelistRef"]}
    kinds.update({path: schemas["HeldPrice"] for path in document["paths"] if path.startswith("/api/price-changes/") and "{id}" in path})
    kinds.update({path: schemas["StockImport"] for path in document["paths"] if path.startswith("/api/stock/imports/{id}")})
    kinds.update({path: schemas["QuoteImport"] for path in document["paths"] if path.startswith("/api/quotes/imports/{id}")})
    kinds.update({path: schemas["TaskMembers"] for path in document["paths"] if path.startswith("/api/tasks/{id}")})
    seen = set()
    for path, item in document["paths"].items():
        for parameter in map(contract().resolve, item.get("parameters", [])):
            if parameter["name"] in ("id", "a", "b"):
                answered = contract().resolve(kinds[path]["properties"]["id"])
                assert parameter["schema"]["type"] == answered["type"], path
                seen.add(path)
    assert seen == kinds.keys() and len(seen) > 10 and parameters["PricelistId"]["schema"]["type"] == "integer"


# ---- Codes: those that the sources know, and no others ----

def sources(*folders):
    return {file.relative_to(TOP).as_posix(): file.read_text() for folder in folders for file in (TOP / folder).rglob("*.c")}


def calls(text, *names):
    """The calls of these functions, from the name to the semicolon."""
    return re.findall(rf"\b(?:{'|'.join(names)})\([^;{{]*;", text)


def documented(document, name):
    schema = document["components"]["schemas"][name]
    assert list(schema["x-enumDescriptions"]) == schema["enum"] and len(set(schema["enum"])) == len(schema["enum"]), name
    return set(schema["enum"])


def test_kinds_of_problems_are_those_of_the_program(document):
    assert documented(document, "ProblemType") == {f"/problems/{slug}" for slug in described()["problems"]}
    ends = (TOP / "daemon/task/full_json.c").read_text()
    assert {f"/problems/{slug}" for slug in re.findall(r'return "(task-[a-z-]+)"', ends)} == set(
        document["components"]["schemas"]["TaskError"]["properties"]["type"]["enum"])


# What look-ups, part numbers and the first look into a file put together: code, and where it is made.
SNIFFERS = {"handlers/sheet/sniff.c", "handlers/sheet/ole.c", "handlers/sheet/foreign.c", "handlers/sheet/grid/reader.c", "daemon/accept/upload.c"}


def texts(call):
    return re.findall(r'"((?:[^"\\]|\\.)*)"', call)


def fault_codes():
    found = set()
    assert SNIFFERS <= sources("handlers", "daemon").keys()
    for name, text in sources("handlers", "daemon").items():
        makers = ["param_faults_add"] + ["fault", "fault_at"] * (name == "handlers/params.c") + ["sheet_refuse"] * (name in SNIFFERS)
        for call in calls(text, *makers):
            found.update(word for word in texts(call) if re.fullmatch(r"[a-z]+(-[a-z0-9]+)*|E_[A-Z_]+", word))
        for call in calls(text, "price_check_known"):
            found.update(f"unknown-{word}" for word in texts(call)[-1:] if ", faults)" in call)
        if name == "handlers/values/partnum.c":
            found.update(word for word in texts(text) if re.fullmatch("E_[A-Z_]+", word))
    return found - {"io"}  # no fault of the client's: the task meets it


def test_codes_of_faults_are_those_of_the_program(document):
    found = fault_codes()
    assert {"required", "unknown-warehouse", "unknown-lot-code", "legacy-xls", "E_PN_EMPTY"} <= found, found
    assert documented(document, "FaultCode") == found


def test_every_code_has_a_sentence_with_named_facts(document):
    """What a client in another language translates: one sentence a code, whose places are facts that may come with it."""
    for kind in ("FaultCode", "TaskErrorCode", "RowCode"):
        texts = document["components"]["schemas"][kind]["x-texts"]
        assert texts.keys() == documented(document, kind)
        for code, text in texts.items():
            assert text["text"] and set(re.findall(r"{(\w+)}", text["text"])) <= text["args"].keys(), (kind, code)
            assert all(text["args"].values()), (kind, code)


def test_codes_of_ends_and_rows_are_those_of_the_program(document):
    ends, rows, all_literals = set(), set(), set()
    for name, text in sources("handlers", "daemon", "store").items():
        all_literals.update(re.findall(r'"([EW]_[A-Z_]+)"', text))
        for call in calls(text, "job_ending_fail", "run_fail", "table_sheet_fail", "end_failed"):
            ends.update(re.findall(r'"(E_[A-Z_]+|[a-z]+_[a-z]+)"', call))
        ends.update(re.findall(r'error_code = "(\w+)"', text))
        if name.startswith("handlers/stock/") and "issue" not in name:
            ends.update(re.findall(r'"(E_[A-Z_]+)"', text))
        rows.update(re.findall(r'\[[EW]_\w+\] = \{"([EW]_[A-Z_]+)"', text))  # a table of row issues
        for call in calls(text, "catalog_row_wrong", "wrong"):
            rows.update(re.findall(r'"(E_[A-Z_]+)"', call))
    assert {"cancelled", "timed_out", "no_space", "E_NO_HEADER", "E_STOCK_OLDER"} <= ends and {"W_UNMATCHED", "E_LOT_UNKNOWN"} <= rows
    assert documented(document, "TaskErrorCode") == ends
    assert rows <= documented(document, "RowCode")
    known = documented(document, "RowCode") | documented(document, "TaskErrorCode") | documented(document, "FaultCode")
    assert {code for code in known if re.match("[EW]_", code)} == all_literals


# ---- Tasks by type ----

def test_results_are_typed_by_the_task_type(document):
    """A type's table of result members becomes its schema; a type without one may have any."""
    schemas, types = document["components"]["schemas"], described()["types"]
    for view, tail in (("Task", "task"), ("TaskFull", "task_full")):
        assert schemas[view]["discriminator"] == {"propertyName": "type",
                                                  "mapping": {name: f"#/components/schemas/{name}_{tail}" for name in types}}
        assert [entry["$ref"] for entry in schemas[view]["oneOf"]] == list(schemas[view]["discriminator"]["mapping"].values())
    for name in types:
        result = schemas[f"{name}_task"]["allOf"][-1]["properties"]["result"]["anyOf"][0]
        if name.startswith("test_"):
            assert result == {"type": "object", "additionalProperties": True}
        else:
            assert result == {"$ref": f"#/components/schemas/{name}_result"}
            assert schemas[f"{name}_result"]["additionalProperties"] is False


def test_tables_of_the_catalogue_are_named_alike(document):
    schemas = document["components"]["schemas"]
    assert schemas["CatalogTable"]["enum"] == schemas["catalog_import_result"]["properties"]["table"]["enum"]


@pytest.mark.parametrize("result,fits", [({}, False), (None, True), ({"table": "rates", "rows_total": 1, "inserted": 1, "updated": 0, "unchanged": 0,
                                                                      "rejected": 0, "errors": {}, "relinked": 0}, True)])
def test_the_checker_knows_a_type_s_result(result, fits):
    task = {**TASK, "type": "catalog_import", "status": "completed", "progress": 100, "result": result, "done_at": "2026-01-02T03:04:05.678Z"}
    answer = Fake(200, {k: v for k, v in TASK_HEADERS.items() if k != "Retry-After"}, json.dumps(task).encode())
    for wrong in ([] if fits else [answer]):
        with pytest.raises(AssertionError):
            contract().check_answer("GET", f"/api/tasks/{TASK['id']}", wrong)
    if fits:
        contract().check_answer("GET", f"/api/tasks/{TASK['id']}", answer)
