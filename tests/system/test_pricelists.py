"""Price lists over HTTP on the demo data: listing, one list, items, and that a list never changes."""
import csv
import io
import re
import subprocess
from urllib.parse import quote

import pytest

from demo_world import AS_OF, SOURCES, expected
from test_tasks import MOMENT, check_problem

ITEM = ["lot_code", "name", "category", "unit", "price", "qty", "basis", "n_obs", "price_min", "price_max", "price_as_of", "part_numbers"]


def pages(client, target):
    """Every page of a list, following next_cursor; the header Link says the same."""
    between = "&" if "?" in target else "?"
    at = target
    while at:
        answer = client.get(at)
        assert answer.status == 200, answer
        yield answer
        cursor = answer.json["next_cursor"]
        at = f"{target}{between}cursor={cursor}" if cursor else None
        assert answer.headers["Link"] == (f'<{at}>; rel="next"' if at else None)


def items(client, list_id, limit=200):
    return [item for page in pages(client, f"/api/pricelists/{list_id}/items?limit={limit}") for item in page.json["items"]]


def test_lists_come_newest_first_and_by_source(world):
    ids = [world.results[source]["pricelist_id"] for source in SOURCES]
    answer = world.client.get("/api/pricelists")
    assert answer.status == 200 and answer.headers["Cache-Control"] == "no-store"
    assert [entry["id"] for entry in answer.json["pricelists"]] == sorted(ids, reverse=True)
    assert answer.json["next_cursor"] is None and answer.headers["Link"] is None
    for source in SOURCES:
        entries = world.client.get(f"/api/pricelists?source={source}").json["pricelists"]
        assert [entry["source"] for entry in entries] == [source]
    walked = [entry["id"] for page in pages(world.other, "/api/pricelists?limit=1") for entry in page.json["pricelists"]]
    assert walked == sorted(ids, reverse=True)


def test_faults_of_a_listing_are_named_at_once(world):
    body = check_problem(world.client.get("/api/pricelists?source=guess&limit=0&archived=maybe&colour=red"), 422, "invalid-parameters")
    assert {fault["pointer"] for fault in body["errors"]} == {"/source", "/limit", "/archived", "/colour"}
    cursor = world.client.get("/api/pricelists?limit=1").json["next_cursor"]
    assert world.client.get(f"/api/pricelists?limit=7&cursor={cursor}").status == 200
    for wrong in (f"source=estimate&cursor={cursor}", "cursor=00ff", f"cursor={cursor[:-2]}"):
        body = check_problem(world.client.get(f"/api/pricelists?{wrong}"), 422, "invalid-parameters")
        assert [fault["pointer"] for fault in body["errors"]] == ["/cursor"]


@pytest.mark.parametrize("source", SOURCES)
def test_one_list_tells_what_it_was_made_of(world, source):
    result = world.results[source]
    answer = world.client.get(f"/api/pricelists/{result['pricelist_id']}")
    entry = answer.json
    for key in ("source", "version", "currency", "as_of", "items", "content_sha256", "previous_id"):
        assert entry[key] == result[key], key
    assert entry["task_id"] == world.tasks[source] and MOMENT.fullmatch(entry["created_at"])
    assert entry["params"]["source"] == source and entry["params"]["as_of"] == AS_OF
    assert entry["archived_at"] is None and entry["note"] is None
    listed = world.client.get(f"/api/pricelists?source={source}").json["pricelists"][0]
    assert {key: value for key, value in entry.items() if key != "params"} == listed


def test_unchanged_answers_are_304(world):
    list_id = world.results["estimate"]["pricelist_id"]
    for target in ("/api/pricelists", f"/api/pricelists/{list_id}", f"/api/pricelists/{list_id}/items?limit=3"):
        answer = world.client.get(target)
        assert re.fullmatch(r'"[0-9a-f]{32}"', answer.headers["ETag"])
        again = world.other.get(target, {"If-None-Match": answer.headers["ETag"]})
        assert again.status == 304 and again.body == b"" and again.headers["ETag"] == answer.headers["ETag"]
        weak = world.other.get(target, {"If-None-Match": f'"x", W/{answer.headers["ETag"]}'})
        assert weak.status == 304
        assert world.other.get(target, {"If-None-Match": '"0123456789abcdef0123456789abcdef"'}).status == 200
        head = world.client.request("HEAD", target)
        assert head.status == 200 and head.body == b"" and head.headers["Content-Length"] == str(len(answer.body))


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("limit", [7, 200])
def test_items_are_the_expected_ones_in_byte_order(world, source, limit):
    got = items(world.client, world.results[source]["pricelist_id"], limit)
    wanted = list(csv.DictReader(io.StringIO(expected(f"pricelist-{source}.csv"))))
    assert len(got) == len(wanted)
    for item, row in zip(got, wanted):
        assert list(item) == ITEM
        for key in row:
            assert ("" if item[key] is None else str(item[key])) == row[key], (row["lot_code"], key)
    codes = [item["lot_code"].encode() for item in got]
    assert codes == sorted(codes)


def test_a_page_is_never_longer_than_200(world):
    page = world.client.get(f"/api/pricelists/{world.results['estimate']['pricelist_id']}/items?limit=100000").json
    assert len(page["items"]) == 181 and page["next_cursor"] is None
    assert page["pricelist"]["id"] == world.results["estimate"]["pricelist_id"]


@pytest.mark.parametrize("list_id", ["0", "4294967295", "4294967296", "99999999999999999999", "abc", "-1", "1x", "%31%30%30%30"])
@pytest.mark.parametrize("rest", ["", "/items"])
def test_lists_that_do_not_exist(world, list_id, rest):
    assert check_problem(world.client.get(f"/api/pricelists/{list_id}{rest}"), 404, "not-found")["detail"] == "no price list has this id"


def test_a_list_never_changes(world):
    list_id = world.results["warehouse"]["pricelist_id"]
    before = items(world.client, list_id)
    for statement in (f"UPDATE pricelist_item SET price = price + 1 WHERE pricelist_id = {list_id}",
                      f"DELETE FROM pricelist_item WHERE pricelist_id = {list_id} LIMIT 1",
                      f"INSERT INTO pricelist_item (pricelist_id, lot_code, component_id, name, category, unit, price, basis) "
                      f"SELECT {list_id}, 'NEW', MIN(id), '', '', 'pcs', 1, 'stock' FROM component",
                      f"UPDATE pricelist SET currency = 'USD' WHERE id = {list_id}",
                      f"UPDATE pricelist SET status = 'building' WHERE id = {list_id}"):
        with pytest.raises(subprocess.CalledProcessError) as refused:
            world.daemon.sql(statement)
        assert "price list is immutable" in refused.value.stderr
    # What prices and stock become later does not reach it either.
    world.post("later", "/api/prices/recalculate-all", {"as_of": "2026-02-10", "coefficient": "1.5", "lot_codes": [before[0]["lot_code"]]})
    assert items(world.other, list_id) == before


def test_items_are_searched_by_code_name_and_number(world):
    list_id = world.results["warehouse"]["pricelist_id"]
    whole = items(world.client, list_id)
    numbered = next(item for item in whole if item["part_numbers"])
    for text in (whole[3]["lot_code"].lower(), whole[5]["name"][2:9].upper(), numbered["part_numbers"][0], "cpu", "%", "_", "no such item", "'"):
        found = [item for page in pages(world.other, f"/api/pricelists/{list_id}/items?limit=3&q={quote(text)}") for item in page.json["items"]]
        wanted = [item for item in whole
                  if any(text.lower() in value.lower() for value in (item["lot_code"], item["name"], " | ".join(item["part_numbers"])))]
        assert found == wanted, text
    check_problem(world.client.get(f"/api/pricelists/{list_id}/items?q={'x' * 101}"), 422, "invalid-parameters")


def test_lists_are_searched_by_version_and_note(world):
    made = world.post("noted", "/api/pricelists", {"source": "estimate", "as_of": AS_OF, "note": "Скидка 5 % для «Ромашки»"})
    for text, found in (("ромашки", True), ("5 %", True), (made["version"], True), ("5 _", False), ("no such note", False)):
        ids = [entry["id"] for entry in world.client.get(f"/api/pricelists?q={quote(text)}").json["pricelists"]]
        assert (made["pricelist_id"] in ids) is found, text
    assert [entry["id"] for entry in world.client.get(f"/api/pricelists?source=competitor&q={quote('ромашки')}").json["pricelists"]] == []
