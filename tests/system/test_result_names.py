"""Results of all types tell their rows under the same names; what they were called before stays beside them, marked as deprecated."""
import json

import samples
from demo_world import AS_OF

ROWS = ["rows_total", "rows_rejected", "inserted", "updated", "unchanged"]
OLD = {"catalog_import": {"rejected": "rows_rejected"}, "recalculate": {"components_total": "rows_total", "failed": "rows_rejected"},
       "pricelist_create": {}, "stock_import": {}}


def results(client):
    """The last result of each type."""
    found = {}
    for kind in OLD:
        found[kind] = client.get(f"/api/tasks?type={kind}&status=completed&limit=1").json["tasks"][0]["result"]
    return found


def test_every_result_has_the_same_names(world):
    for kind, result in results(world.client).items():
        assert all(isinstance(result[name], int) for name in ROWS), (kind, result)
        for old, new in OLD[kind].items():
            assert result[old] == result[new], (kind, old)
    got = results(world.client)
    assert got["recalculate"]["rows_total"] == sum(got["recalculate"][name] for name in ("rows_rejected", "updated", "unchanged", "held", "no_quotes", "cleared"))
    made = got["pricelist_create"]
    assert made["rows_total"] == made["inserted"] + sum(made["skipped"].values()) and made["inserted"] == made["items"]
    assert got["catalog_import"]["rows_total"] == got["catalog_import"]["rows_accepted"] + got["catalog_import"]["rows_rejected"]


def test_a_list_that_is_there_already_is_unchanged(world):
    wanted = {"source": "estimate", "as_of": AS_OF, "skip_if_unchanged": True}
    result = world.post("again", "/api/pricelists", wanted)
    assert not result["created"] and (result["inserted"], result["unchanged"]) == (0, result["items"])
    result = world.post("dry", "/api/pricelists", {"source": "estimate", "as_of": AS_OF, "dry_run": True})
    assert (result["inserted"], result["unchanged"]) == (result["items"], 0)


def test_rejected_rows_have_both_names(daemon):
    samples.load_csv(daemon, "components", "lot_code,name\nA,a\nB,\n")
    result = results_of_catalogue(daemon.worker(0))
    assert (result["rows_total"], result["rows_accepted"], result["rows_rejected"], result["rejected"]) == (2, 1, 1, 1)


def results_of_catalogue(client):
    return client.get("/api/tasks?type=catalog_import&limit=1").json["tasks"][0]["result"]


def test_the_document_marks_the_old_names(daemon):
    schemas = json.loads(daemon.worker(0).get("/api/openapi.json").body)["components"]["schemas"]
    for kind, old in OLD.items():
        members = schemas[f"{kind}_result"]["properties"]
        assert {name for name, member in members.items() if member.get("deprecated")} == set(old), kind


def test_part_numbers_are_lists(world):
    lists = world.client.get("/api/pricelists?source=estimate").json["pricelists"]
    items = world.client.get(f"/api/pricelists/{lists[0]['id']}/items?limit=200").json["items"]
    assert sum(len(item["part_numbers"]) > 1 for item in items) > 50
    for item in items[:20]:
        numbers = world.client.get(f"/api/components/{item['lot_code']}").json["part_numbers"]
        assert item["part_numbers"] == [number["part_number"] for number in numbers]
    stored = world.daemon.sql(f"SELECT lot_code, part_numbers FROM pricelist_item WHERE pricelist_id = {lists[0]['id']}")
    assert {item["lot_code"]: " | ".join(item["part_numbers"]) for item in items} == {row[0]: row[1] if len(row) > 1 else "" for row in stored}
