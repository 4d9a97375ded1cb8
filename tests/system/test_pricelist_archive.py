"""Archived price lists: out of the listings, still there in every other way."""
import json

import pytest

from demo_world import AS_OF, SOURCES, put_list
from test_tasks import MOMENT, check_problem


def listed(client, query=""):
    return [entry["id"] for entry in client.get(f"/api/pricelists?limit=200&{query}").json["pricelists"]]


def archive(client, list_id):
    return client.request("DELETE", f"/api/pricelists/{list_id}")


def unarchive(client, list_id):
    return client.post_json(f"/api/pricelists/{list_id}/unarchive", {})


def test_listings_leave_it_out_unless_asked(world):
    kept, gone = put_list(world.daemon, 801, []), put_list(world.daemon, 802, [{"lot_code": "A", "price": "1.0000"}])
    before = world.client.get(f"/api/pricelists/{gone}").json
    answer = archive(world.client, gone)
    assert answer.status == 200 and answer.headers["Cache-Control"] == "no-store" and answer.headers["ETag"] is None
    assert MOMENT.fullmatch(answer.json["archived_at"])
    assert {**before, "archived_at": answer.json["archived_at"]} == {**answer.json, "params": {}}
    for query, here, there in (("", True, False), ("archived=false", True, False), ("archived=true", False, True), ("archived=all", True, True)):
        found = listed(world.other, query)
        assert (kept in found) == here and (gone in found) == there, query
    assert listed(world.other, "archived=true&source=estimate") == []
    # Repeating is harmless, and the time is that of the first time.
    assert archive(world.other, gone).json == answer.json == {key: value for key, value in
                                                             world.client.get(f"/api/pricelists/{gone}").json.items() if key != "params"}
    for _ in range(2):
        back = unarchive(world.other, gone)
        assert back.status == 200 and back.json == {**answer.json, "archived_at": None}
    assert {kept, gone} <= set(listed(world.client)) and gone not in listed(world.client, "archived=true")


def test_everything_about_it_can_be_read_by_its_id(world):
    list_id, other = world.results["warehouse"]["pricelist_id"], put_list(world.daemon, 803, [{"lot_code": "A", "price": "1.0000"}])
    paths = [f"/api/pricelists/{list_id}{rest}" for rest in ("/items?limit=200", "/export-csv", "/export.xlsx", f"/diff/{other}")]
    before = [world.client.get(path) for path in paths]
    archive(world.client, list_id)
    try:
        for path, answer in zip(paths, before):
            again = world.client.get(path)
            assert again.status == 200
            if not path.endswith("limit=200"):  # whose answer has the mark
                assert again.body == answer.body and again.headers["ETag"] == answer.headers["ETag"], path
            else:
                assert again.json["items"] == answer.json["items"] and again.json["pricelist"]["archived_at"]
    finally:
        unarchive(world.client, list_id)


def test_a_walk_keeps_to_its_filter(world):
    ids = [put_list(world.daemon, number, []) for number in range(810, 816)]
    for list_id in ids[::2]:
        archive(world.client, list_id)
    seen, query = [], "archived=true&limit=1"
    while query:
        page = world.client.get(f"/api/pricelists?{query}").json
        seen += [entry["id"] for entry in page["pricelists"]]
        query = page["next_cursor"] and f"archived=true&limit=1&cursor={page['next_cursor']}"
    assert [list_id for list_id in seen if list_id in ids] == ids[::2][::-1]
    cursor = world.client.get("/api/pricelists?archived=true&limit=1").json["next_cursor"]
    check_problem(world.client.get(f"/api/pricelists?archived=all&limit=1&cursor={cursor}"), 422, "invalid-parameters")


def test_an_archived_list_is_not_the_answer_to_a_start(world):
    """skip_if_unchanged answers with the last list if nothing changed; with one that is out of the way it must not."""
    def make():
        return world.post("again", "/api/pricelists", {"source": "estimate", "as_of": AS_OF, "skip_if_unchanged": True})

    last = world.results["estimate"]["pricelist_id"]
    assert make()["created"] is False and world.results["again"]["pricelist_id"] == last
    archive(world.client, last)
    result = make()
    assert result["created"] is True and result["pricelist_id"] != last and result["previous_id"] == last
    assert result["diff"]["same"] == result["items"] and result["content_sha256"] == world.results["estimate"]["content_sha256"]
    assert make()["created"] is False
    unarchive(world.client, last)


@pytest.mark.parametrize("method,rest", [("DELETE", ""), ("POST", "/unarchive")])
def test_faults(world, method, rest):
    for list_id in ("0", "77777", "x", "1e3"):
        check_problem(world.client.request(method, f"/api/pricelists/{list_id}{rest}"), 404, "not-found")
    list_id = world.results["competitor"]["pricelist_id"]
    if method == "POST":
        answer = world.client.post_json(f"/api/pricelists/{list_id}{rest}", {"reason": "x"})
        assert check_problem(answer, 422, "invalid-parameters")["errors"][0]["pointer"] == "/reason"
    else:
        answer = world.client.request(method, f"/api/pricelists/{list_id}", json.dumps({}), {"Content-Type": "application/json"})
        assert answer.status in (413, 415)
    assert world.client.get(f"/api/pricelists/{list_id}").json["archived_at"] is None
    # A list that is being made is not there yet.
    world.daemon.sql("INSERT INTO pricelist (source, seq, version, currency, as_of, params, task_id) VALUES "
                     f"('estimate', {900 + len(rest)}, 'b{len(rest)}', 'RUB', '{AS_OF}', '{{}}', UUID())")
    building = world.daemon.sql("SELECT MAX(id) FROM pricelist")[0][0]
    check_problem(world.client.request(method, f"/api/pricelists/{building}{rest}"), 404, "not-found")
    world.daemon.sql(f"DELETE FROM pricelist WHERE id = {building}")


def test_the_log_tells_who_did_it(world):
    list_id = put_list(world.daemon, 830, [])
    for call in (archive, archive, unarchive, unarchive):
        call(world.client, list_id)
    lines = [line for line in world.daemon.log_text().splitlines() if f"price list {list_id}: " in line]
    assert [line.partition(f"price list {list_id}: ")[2].partition(" request=")[0] for line in lines] == ["archived by unix",
                                                                                                         "taken out of the archive by unix"]
    assert all(" client=unix duration_ms=" in line for line in lines)


def test_nothing_else_changed(world):
    assert all(world.results[source]["pricelist_id"] in listed(world.client) for source in SOURCES)
