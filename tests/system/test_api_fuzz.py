"""Requests that nobody would send on purpose: whatever they say, the answer is never the server's failure, and is a documented one.

Made from the API document with a fixed seed: every path and method, its parameters with values that fit and values that do not, bodies
that are nearly right. A failure prints the request; PF_SEED and PF_REQUESTS look further.
"""
import json
import os
import random
import string
from urllib.parse import quote

import pytest

from contract import contract
from daemon import Client

SEEDS = [int(os.environ["PF_SEED"])] if "PF_SEED" in os.environ else [1, 2, 3]
REQUESTS = int(os.environ.get("PF_REQUESTS", "400"))
ODD = ["", "0", "-1", "1", "00", "1e9", "9" * 30, "-" + "9" * 30, "0.5", "NaN", "true", "null", "[]", "{}", "'", '"', "%", "%%", "\\", "../..",
       "' OR 1=1 --", "\u0410\u0440\u0442\u0438\u043a\u0443\u043b", "\U0001f980", "\ufeff", "\u202e", "\x01", "\n", "\t", " ", "a,b,,c", ",", ";",
       "x" * 300, "\u044b" * 200, "2026-02-30", "2026-02-05", "9999-12-31T23:59:60Z", "0000-00-00", "estimate", "MAIN", "running", "full", "ru",
       "00000000-0000-4000-8000-000000000000", "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF", "W/\"j.x\"", "*", "stock_import", "test_sleep"]
JSON_ODD = [None, True, False, 0, -1, 1, 0.1, 1e308, 10 ** 40, "", "x", [], {}, [[]], [None], {"": None}, "\x00", "\ud83e\udd80", ["a"] * 50, "1" * 400]


class Fuzz:
    def __init__(self, seed):
        self.random, self.document = random.Random(seed), contract().document

    def odd(self):
        return "".join(self.random.choices(string.printable, k=self.random.randrange(20))) if self.random.random() < 0.2 else self.random.choice(ODD)

    def value(self, schema):
        """A text for a parameter: one that fits about half of the time."""
        schema = contract().resolve(schema)
        kind = schema.get("type", "string")
        if self.random.random() < 0.5:
            return self.odd()
        if "enum" in schema:
            return str(self.random.choice([value for value in schema["enum"] if value is not None]))
        if "integer" in kind:
            return str(self.random.randint(schema.get("minimum", 0), min(schema.get("maximum", 100), 100)))
        if "boolean" in kind:
            return self.random.choice(["true", "false", "1", "0"])
        return self.odd()

    def json(self, schema, depth=0):
        schema = contract().resolve(schema)
        if self.random.random() < 0.25 or depth > 4:
            return self.random.choice(JSON_ODD)
        for way in ("oneOf", "anyOf", "allOf"):
            if way in schema:
                return self.json(self.random.choice(schema[way]), depth + 1)
        if "const" in schema or "enum" in schema:
            return schema.get("const", self.random.choice(schema.get("enum", [None])))
        if "properties" in schema:
            body = {name: self.json(part, depth + 1) for name, part in schema["properties"].items() if self.random.random() < 0.6}
            return {**body, self.odd(): self.random.choice(JSON_ODD)} if self.random.random() < 0.2 else body
        kind = schema.get("type", "string")
        if "array" in kind:
            return [self.json(schema.get("items", {}), depth + 1) for _ in range(self.random.randrange(4))]
        return self.random.choice(JSON_ODD) if "integer" not in kind and "number" not in kind else self.random.randint(-5, 500)

    def query(self, parameters):
        pairs = []
        for parameter in parameters:
            schema = contract().resolve(parameter["schema"])
            if parameter["in"] != "query" or self.random.random() < 0.5 or parameter["name"] == "wait":
                continue
            names = schema["properties"] if schema.get("type") == "object" else {parameter["name"]: schema}
            pairs += [(name, self.value(part)) for name, part in names.items() if self.random.random() < 0.4]
        if self.random.random() < 0.1:
            pairs.append((self.odd(), self.odd()))
        return "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs)

    def body(self, operation):
        content = contract().resolve(operation.get("requestBody", {})).get("content", {})
        if not content:
            return None, {}
        media = self.random.choice(list(content))
        if media.endswith("json"):
            text = json.dumps(self.json(content[media]["schema"])).encode()
            if self.random.random() < 0.1:
                text = text[:self.random.randrange(len(text) + 1)]
        else:
            text = self.random.choice([b"", b"PK\x03\x04", b"code;name\nA;B\n", b"\xd0\xcf\x11\xe0", b"--b\r\n\r\n\r\n--b--\r\n", self.odd().encode()])
        kind = media + ("; boundary=b" if media.startswith("multipart") else "")
        return text, {"Content-Type": kind if self.random.random() < 0.9 else self.random.choice(["text/plain", "application/json; charset=x", "a/b"])}

    def request(self):
        template = self.random.choice(list(self.document["paths"]))
        item = self.document["paths"][template]
        method = self.random.choice([name for name in item if name in ("get", "post", "put", "patch", "delete")])
        operation = item[method]
        parameters = [contract().resolve(parameter) for parameter in item.get("parameters", []) + operation.get("parameters", [])]
        path = template
        for parameter in parameters:
            if parameter["in"] == "path":
                path = path.replace("{" + parameter["name"] + "}", quote(self.value(parameter["schema"]) or "x", safe=""))
        query = self.query(parameters)
        body, headers = self.body(operation)
        if method == "patch" and self.random.random() < 0.9:
            headers["If-Match"] = self.random.choice(["*", "*", '"x"'])
        for name in ("If-None-Match", "Idempotency-Key", "Prefer", "Request-Id", "Content-Digest", "traceparent"):
            if self.random.random() < 0.05:
                headers[name] = "".join(c for c in self.odd() if " " <= c <= "~").strip().replace("wait", "x")
        return method.upper(), path + ("?" + query if query else ""), body, headers


@pytest.mark.parametrize("seed", SEEDS)
def test_no_request_is_answered_with_a_failure(module_daemon, seed):
    fuzz, client, seen = Fuzz(seed), Client(path=module_daemon.runtime / f"worker-{seed % 2}.sock"), {}
    client.unchecked = True
    for _ in range(REQUESTS):
        request = fuzz.request()
        answer = client.request(*request)
        assert answer.status < 500, (request, answer)
        seen[answer.status] = seen.get(answer.status, 0) + 1
    assert {200, 404, 422} <= seen.keys(), seen
    assert client.get("/healthz").status == client.get("/readyz").status == 200
