"""Checks every request and answer of the system tests against the API document (OpenAPI 3.1).

The document is the one that the daemon under test serves (test_openapi.py compares the two). An answer must have a documented status,
the documented media type, a body that fits its schema, every header that the document requires, and no header that it does not name.
A request that was answered with success must itself be documented: path, method, query parameters, media type, body.
"""
import functools
import json
import os
import re
import subprocess
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

import jsonschema

BUILD = Path(os.environ.get("PF_BUILD", Path(__file__).resolve().parents[2] / "build"))

# What every HTTP answer may carry; the document says nothing of them. The last ones are added by nginx.
COMMON_HEADERS = {"date", "content-length", "content-type", "connection", "transfer-encoding", "vary", "keep-alive",
                  "server", "content-encoding", "x-content-type-options", "content-security-policy", "referrer-policy"}
METHODS = ("get", "put", "post", "delete", "patch", "options", "head")


def one_of(validator, alternatives, instance, schema):
    """oneOf; where a discriminator names the alternative, that one alone: its faults are told, and the others cost nothing."""
    discriminator = schema.get("discriminator")
    if discriminator and isinstance(instance, dict):
        target = discriminator["mapping"].get(instance.get(discriminator["propertyName"]))
        if target is None:
            yield jsonschema.ValidationError(f"{instance.get(discriminator['propertyName'])!r} is not in the document's mapping")
        else:
            yield from validator.descend(instance, {"$ref": target})
        return
    yield from jsonschema.Draft202012Validator.VALIDATORS["oneOf"](validator, alternatives, instance, schema)


Validator = jsonschema.validators.extend(jsonschema.Draft202012Validator, {"oneOf": one_of})


@functools.lru_cache(maxsize=None)
def described():
    """Routes and problems as the program has them."""
    return json.loads(subprocess.run([BUILD / "priceforged-test", "--describe"], check=True, capture_output=True).stdout)


class Contract:
    def __init__(self, document):
        self.document = document
        self.validators = {}
        self.paths = [(re.compile("^" + re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(path)) + "$"), path, item)
                      for path, item in document["paths"].items()]
        self.paths.sort(key=lambda entry: entry[1].count("{"))  # literal paths before templates

    def resolve(self, node):
        while "$ref" in node:
            steps = node["$ref"].split("/")
            assert steps[0] == "#", node
            node = self.document
            for step in steps[1:]:
                node = node[step.replace("~1", "/").replace("~0", "~")]
        return node

    def check(self, schema, value, what):
        key = json.dumps(schema, sort_keys=True)
        if key not in self.validators:
            # References are looked up in the schema's own root: no resolver, which older and newer releases want in different ways.
            self.validators[key] = Validator(
                {**schema, "components": self.document["components"]}, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)
        errors = sorted(self.validators[key].iter_errors(value), key=lambda error: list(error.path))
        assert not errors, f"{what}: " + "; ".join(
            f"/{'/'.join(map(str, error.absolute_path))}: {error.message}" for error in errors[:5]) + f" in {str(value)[:500]}"

    def operation(self, method, target):
        """(path template, path item, operation) of a request, each None where the document has none."""
        path = urlsplit(target).path
        for pattern, template, item in self.paths:
            if pattern.match(path):
                return template, item, item.get("get" if method == "HEAD" else method.lower())
        return None, None, None

    # ---- answers ----

    def check_answer(self, method, target, answer):
        template, item, operation = self.operation(method, target)
        what = f"{method} {target} -> {answer.status}"
        if operation is None:
            self.check_unknown(method, item, answer, what)
            return
        responses = operation["responses"]
        documented = responses.get(str(answer.status)) or responses.get(f"{answer.status // 100}XX")
        assert documented, f"{what}: the document has no such status for {method} {template}"
        documented = self.resolve(documented)
        self.check_headers(documented, answer, what)
        self.check_body(method, documented, answer, what)

    def check_unknown(self, method, item, answer, what):
        """No such path: 404, no such method: 405 (or a malformed request); always as a problem."""
        if method == "OPTIONS" and item and answer.status == 204:
            assert answer.headers["Allow"], what
            return
        assert 400 <= answer.status < 600, f"{what}: not in the document"
        documented = self.document["components"]["responses"]["Refused" if answer.status < 500 else "Failed"]
        self.check_headers(documented, answer, what)
        self.check_body(method, documented, answer, what)

    def check_headers(self, documented, answer, what):
        known = {name.lower(): self.resolve(header) for name, header in documented.get("headers", {}).items()}
        for name, header in known.items():
            value = answer.headers.get(name)
            if value is None:
                assert not header.get("required"), f"{what}: header {name} is missing"
            else:
                self.check(header["schema"], value, f"{what}: header {name}")
        strange = {name.lower() for name in answer.headers.keys()} - COMMON_HEADERS - known.keys()
        assert not strange, f"{what}: undocumented headers {strange}"

    def check_body(self, method, documented, answer, what):
        content = documented.get("content")
        if answer.status in (204, 304) or method == "HEAD":
            assert not answer.body, f"{what}: has a body"
            return
        if content is None:
            assert not answer.body, f"{what}: undocumented body"
            return
        media = (answer.headers["Content-Type"] or "").split(";")[0].strip()
        assert media in content, f"{what}: media type {media} is not among {list(content)}"
        if not media.endswith("json") or answer.headers["Content-Encoding"]:
            return
        value = json.loads(answer.body)
        self.check(content[media]["schema"], value, what)
        self.check_facts(value, what)
        if media == "application/problem+json":
            slug = value["type"].rpartition("/")[2]
            assert described()["problems"].get(slug) == value["status"] == answer.status, f"{what}: {value}"
            assert value["error"] == value["detail"], f"{what}: {value}"

    def check_facts(self, value, what):
        """The facts of a fault have names that the document has for its code."""
        if isinstance(value, list):
            for item in value:
                self.check_facts(item, what)
        elif isinstance(value, dict):
            if isinstance(value.get("args"), dict) and isinstance(value.get("code"), str):
                schemas = self.document["components"]["schemas"]
                kind = "FaultCode" if "pointer" in value else "RowCode" if "severity" in value else "TaskErrorCode"
                words = schemas[kind]["x-texts"].get(value["code"], {"text": "", "args": value["args"]})
                assert value["args"].keys() <= words["args"].keys(), f"{what}: facts of {value['code']} that the document does not name: {value['args']}"
                names = re.findall(r"{(\w+)}", words["text"])
                if names and kind == "FaultCode":  # a clause may lack its fact, but not the whole sentence
                    assert value["args"].keys() & set(names), f"{what}: {value['code']} tells none of {names}: {value}"
            for member in value.values():
                self.check_facts(member, what)

    # ---- requests ----

    def check_request(self, method, target, body, headers):
        """Of a request that succeeded."""
        template, item, operation = self.operation(method, target)
        what = f"{method} {target}"
        if operation is None:
            return
        parameters = [self.resolve(parameter) for parameter in item.get("parameters", []) + operation.get("parameters", [])]
        self.check_query(parameters, parse_qsl(urlsplit(target).query, keep_blank_values=True), what)
        names = re.findall(r"\{([^}]*)\}", template)
        values = re.match("^" + re.sub(r"\\\{[^}]*\\\}", "([^/]+)", re.escape(template)) + "$", urlsplit(target).path).groups()
        for name, value in zip(names, values):
            schema = next(parameter["schema"] for parameter in parameters if parameter["in"] == "path" and parameter["name"] == name)
            self.check(schema, as_typed(unquote(value), self.resolve(schema)), f"{what}: path parameter {name}")
        if body:
            self.check_request_body(operation, body, headers, what)

    def check_query(self, parameters, pairs, what):
        plain, exploded = {}, {}
        for parameter in parameters:
            if parameter["in"] != "query":
                continue
            schema = self.resolve(parameter["schema"])
            if parameter.get("style") == "form" and schema.get("type") == "object":
                exploded.update(schema["properties"])
            else:
                plain[parameter["name"]] = schema
        for name, value in pairs:
            assert name in plain or name in exploded, f"{what}: undocumented query parameter {name}"
            if name in plain:
                self.check(plain[name], as_typed(value, plain[name]), f"{what}: query parameter {name}")

    def check_request_body(self, operation, body, headers, what):
        content = self.resolve(operation.get("requestBody", {})).get("content")
        assert content, f"{what}: undocumented request body"
        media = next((value for name, value in headers.items() if name.lower() == "content-type"), "application/octet-stream")
        media = media.split(";")[0].strip().lower()
        assert media in content, f"{what}: request media type {media} is not among {list(content)}"
        if media == "application/json":
            self.check(content[media]["schema"], json.loads(body), f"{what}: request body")


def as_typed(value, schema):
    """The text of a parameter as the type that its schema wants."""
    kinds = schema.get("type", [])
    if "integer" in kinds and re.fullmatch(r"-?\d+", value):
        return int(value)
    if "boolean" in kinds and value in ("true", "false", "1", "0"):
        return value in ("true", "1")
    if value[:1] in ("[", "{") and ("object" in kinds or "array" in kinds or "anyOf" in schema):
        return json.loads(value)
    return value


@functools.lru_cache(maxsize=None)
def contract():
    text = subprocess.run([BUILD / "priceforged-test", "--openapi"], check=True, capture_output=True).stdout
    return Contract(json.loads(text))
