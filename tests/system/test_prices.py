"""Prices and price lists over HTTP, on the demo data: every number that the demo's expectations hold, and the trail behind it."""
import csv
import datetime
import io
import re
from urllib.parse import quote

import pytest

import samples
from contract import described
from demo_world import AS_OF, SOURCES, expected
from test_tasks import check_problem

SUMMARY = expected("summary.json")


def test_what_has_row_data_is_stored_nowhere(world):
    """Every route that reads data, with and without its tag."""
    lots, seen = world.client.get("/api/components?limit=1").json["components"], 0
    values = {"lot": quote(lots[0]["lot_code"], safe=""), "id": str(world.results["estimate"]["pricelist_id"]), "table": "rates", "kind": "lots", "name": "none",
              "a": str(world.results["estimate"]["pricelist_id"]), "b": str(world.results["warehouse"]["pricelist_id"])}
    for route in described()["routes"]:
        if route["method"] != "get" or route["scope"] != "read" or route["path"].startswith(("/api/tasks", "/api/operation", "/api/templates")):
            continue
        target = re.sub(r"\{(\w+)\}", lambda name: values[name[1]], route["path"])
        answer = world.client.get(target)
        there = 404 if "/quotes/imports/{" in route["path"] or "{name}" in route["path"] else 200  # the demo has no such import, and no profile
        assert answer.status == there and answer.headers["Cache-Control"] == "no-store", (target, answer)
        if answer.headers["ETag"]:
            again = world.other.get(target, {"If-None-Match": answer.headers["ETag"]})
            assert again.status == 304 and again.headers["Cache-Control"] == "no-store", target
        seen += 1
    assert seen >= 10


# ---- Starting ---------------------------------------------------------------------------------------------------------


def test_recalculation_gives_the_expected_counts(world):
    result, wanted = world.results["recalculate"], SUMMARY["recalculate"]
    assert result["components_total"] == wanted["components_total"]
    for outcome, n in wanted["outcomes"].items():
        assert result[outcome] == n
    assert result["quotes_used"] == wanted["quotes"]["used"]
    assert result["quotes_excluded"] == {reason: n for reason, n in wanted["quotes"].items() if reason != "used"}


@pytest.mark.parametrize("source", SOURCES)
def test_lists_have_the_expected_content(world, source):
    result, wanted = world.results[source], SUMMARY[f"pricelist_{source}"]
    assert (result["items"], result["content_sha256"], result["version"]) == (wanted["items"], wanted["content_sha256"], f"{AS_OF}-001")
    assert result["skipped"] == wanted["skipped"]


@pytest.mark.parametrize("body", [b"", b"{}", b"null"])
def test_recalculation_without_parameters_takes_the_defaults(daemon, body):
    client = daemon.worker(0)
    answer = client.request("POST", "/api/prices/recalculate-all", body, {"Content-Type": "application/json"} if body else {})
    assert answer.status == 202, answer
    task = client.wait(answer.json["task_id"])
    assert task["status"] == "completed" and task["type"] == "recalculate"
    assert task["result"]["method"] == "weighted_avg" and task["result"]["components_total"] == 0


def test_today_is_the_day_of_the_configured_zone(make_daemon):
    """Two zones a day and two hours apart never have the same date."""
    zones = {"Pacific/Kiritimati": 14, "Etc/GMT+12": -12}
    for zone, hours in zones.items():
        daemon = make_daemon(name=zone.replace("/", "-"), pricing__time_zone=zone)
        daemon.sql("INSERT INTO warehouse (code, name) VALUES ('MAIN', 'x')")
        client = daemon.worker(0)
        days = [(datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=hours)).date().isoformat()]
        task_ids = [client.start("recalculate"), client.start("pricelist_create", source="estimate", allow_empty=True),
                    client.upload("/api/stock/import?warehouse=MAIN", samples.xlsx([["Артикул", "Количество"], ["A-1", 1]])).json["task_id"]]
        results = [client.wait(task_id)["result"] for task_id in task_ids]
        days.append((datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=hours)).date().isoformat())
        assert all(result.get("as_of", result.get("stock_date")) in days for result in results), results


def test_components_that_no_column_holds_the_price_of_are_named(daemon):
    """By a recalculation and by a list; the others get theirs."""
    daemon.sql("INSERT INTO party (id, kind, code, name) VALUES (1, 'supplier', 'S', 'x'); INSERT INTO component (id, lot_code, lot_norm, name, "
               "coefficient, price, price_state) VALUES (1, 'A', 'A', 'x', 1, NULL, 'none'), (2, 'B=1', 'B=1', 'x', 2, NULL, 'none'), "
               "(3, 'C', 'C', 'x', 1, 1, 'fresh'); INSERT INTO price_quote (party_id, component_id, price, currency, "
               "quoted_on) SELECT 1, id, 6000000000, 'RUB', '2026-02-01' FROM component WHERE id < 3")
    client = daemon.worker(0)
    for task_type, params, lot in (("recalculate", {}, "B=1"), ("pricelist_create", {"source": "estimate", "coefficient": "2"}, "A")):
        task = client.wait(client.start(task_type, as_of=AS_OF, **params))
        assert task["status"] == "completed" and client.get(f"/api/tasks/{task['id']}").headers["Task-Outcome"] == "partial", task
        assert client.get(f"/api/tasks/{task['id']}?view=full").json["links"]["rejects"] == task["result"]["rejects"]
        head, *rows = csv.reader(io.StringIO(client.get(task["result"]["rejects"]).body.decode()))
        assert head == ["lot_code", "#row", "#field", "#code", "#message", "#suggestions"], head
        assert [row[:4] for row in rows] == [[lot, "1", "lot_code", "E_PRICE_RANGE"]], rows
        assert rows[0][4].startswith("The price would be 10 000 000 000 or more")


def test_parameters_of_a_recalculation_are_refused_all_at_once(world):
    answer = world.client.post_json("/api/prices/recalculate-all", {"method": "guess", "as_of": "2026-02-30", "round_step": "0.00001",
                                                                    "speed": 1, "lot_codes": [7]})
    body = check_problem(answer, 422, "invalid-parameters")
    assert {(fault["pointer"], fault["code"]) for fault in body["errors"]} == {
        ("/method", "choice"), ("/as_of", "type"), ("/round_step", "range"), ("/speed", "unknown"), ("/lot_codes/0", "type")}


def test_parameters_of_a_list_are_refused_all_at_once(world):
    body = check_problem(world.client.post_json("/api/pricelists", {"currency": "", "coefficient": "-1"}), 422, "invalid-parameters")
    assert {fault["pointer"] for fault in body["errors"]} == {"/source", "/currency", "/coefficient"}
    body = check_problem(world.client.request("POST", "/api/pricelists"), 422, "invalid-parameters")
    assert [fault["pointer"] for fault in body["errors"]] == ["/source"]


@pytest.mark.parametrize("path", ["/api/prices/recalculate-all", "/api/pricelists"])
def test_bodies_that_are_no_parameters(world, path):
    send = {"Content-Type": "application/json"}
    check_problem(world.client.request("POST", path, b"{", send), 400, "malformed-json")
    check_problem(world.client.request("POST", path, b"[1]", send), 422, "invalid-parameters")
    check_problem(world.client.request("POST", path, b"a=b", {"Content-Type": "application/x-www-form-urlencoded"}), 415,
                  "unsupported-media-type")


def test_unknown_lots_are_named(world):
    answer = world.client.post_json("/api/prices/recalculate-all", {"lot_codes": ["CPU-KLV-8C-150W", "NO-SUCH-LOT"]})
    body = check_problem(answer, 422, "invalid-parameters")
    assert body["errors"][0]["pointer"] == "/lot_codes" and "NO-SUCH-LOT" in body["errors"][0]["detail"]


@pytest.mark.parametrize("path,task_type,params", [
    ("/api/prices/recalculate-all", "recalculate", {"lot_codes": ["NO-SUCH-LOT"]}),
    ("/api/pricelists", "pricelist_create", {"source": "estimate", "categories": ["no such category"], "warehouses": ["NOWHERE"]}),
])
def test_what_is_not_known_is_pointed_to_where_it_was_sent(world, path, task_type, params):
    wanted = {f"/{name}" for name in params if name != "source"}
    body = check_problem(world.client.post_json(path, params), 422, "invalid-parameters")
    assert {fault["pointer"] for fault in body["errors"]} == wanted
    body = check_problem(world.client.post_json("/api/tasks", {"type": task_type, "params": params}), 422, "invalid-parameters")
    assert {fault["pointer"] for fault in body["errors"]} == {"/params" + pointer for pointer in wanted}


@pytest.mark.parametrize("letter", ["Щ", "\U0001F9F2"])
def test_the_longest_lot_code_in_a_path(daemon, letter):
    client = daemon.worker(0)
    lot = 64 * letter
    code = f"CONVERT(UNHEX('{lot.encode().hex()}') USING utf8mb4)"
    daemon.sql(f"INSERT INTO component (lot_code, lot_norm, name) VALUES ({code}, {code}, 'longest')")
    component = f"/api/components/{quote(lot)}"
    answer = client.get(component)
    assert answer.status == 200 and answer.json["lot_code"] == lot, answer
    assert client.get(component + "/price-history").status == 200
    check_problem(client.get(f"/api/components/{quote(lot + letter)}"), 404, "not-found")
