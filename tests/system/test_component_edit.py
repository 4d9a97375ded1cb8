"""Components changed by hand: what may be changed, under which condition, and what the history tells of it."""
import json
import re
import threading
import time

import pytest

from test_held_prices import LOTS, component, decide, held, recalculate
from test_pricelists import pages
from test_tasks import MOMENT, check_problem
from test_tokens import TOKEN, as_client, file, make  # noqa: F401

FREE = [f"SRV-EDIT-{i:02d}" for i in range(60)]  # a component for each test that wants one of its own
FIELDS = ["name", "category", "unit", "active", "price_method", "window_days", "coefficient", "manual_price"]


@pytest.fixture(scope="module", autouse=True)
def components(world):
    for lot in FREE:
        world.daemon.sql(f"INSERT INTO component (lot_code, lot_norm, name, category) VALUES ('{lot}', '{lot.replace('-', '')}', 'A server', 'SRV')")


@pytest.fixture
def lot(world, request):
    return FREE.pop()


def read(client, lot):
    answer = client.get(f"/api/components/{lot}")
    assert answer.status == 200
    return answer


def patch(client, lot, change, tag=None, media="application/json"):
    body = change if isinstance(change, (str, bytes)) else json.dumps(change)
    tag = read(client, lot).headers["ETag"] if tag is None else tag
    return client.request("PATCH", f"/api/components/{lot}", body, {"Content-Type": media, "If-Match": tag})


def done(client, lot, **change):
    answer = patch(client, lot, change)
    assert answer.status == 200, answer
    return answer.json


def edits(client, lot, query=""):
    return client.get(f"/api/components/{lot}/price-history?quotes=false{query}").json["edits"]


def faults(answer):
    return {fault["pointer"]: fault["code"] for fault in check_problem(answer, 422, "invalid-parameters")["errors"]}


def test_every_member_is_changed_and_noted(world, lot):
    before = read(world.client, lot)
    wanted = {"name": "Сервер «Ж» 2U", "category": "SRV2", "unit": "set", "active": False, "price_method": "manual", "window_days": 45,
              "coefficient": "1.2500", "manual_price": "77.7750"}
    answer = patch(world.client, lot, {**wanted, "coefficient": "1.25", "manual_price": 77.775, "reason": "цена поставщика"},
                   before.headers["ETag"], "application/merge-patch+json")
    assert answer.status == 200 and answer.headers["Cache-Control"] == "no-store"
    now = read(world.other, lot)
    assert answer.json == now.json and answer.headers["ETag"] == now.headers["ETag"] != before.headers["ETag"]
    assert {**before.json, **wanted, "updated_at": now.json["updated_at"]} == now.json and now.json["updated_at"] > before.json["updated_at"]
    entry, = edits(world.client, lot)
    assert entry["edited_by"] == "unix" and entry["reason"] == "цена поставщика" and MOMENT.fullmatch(entry["edited_at"])
    assert entry["changes"] == [{"field": field, "old": before.json[field], "new": wanted[field]} for field in FIELDS]
    # And back: null empties.
    assert patch(world.client, lot, {"price_method": None, "window_days": None, "manual_price": None, "active": True}).status == 200
    newest, first = edits(world.client, lot)
    assert first == entry and newest["reason"] is None and newest["id"] > entry["id"]
    assert newest["changes"] == [{"field": "active", "old": False, "new": True}, {"field": "price_method", "old": "manual", "new": None},
                                 {"field": "window_days", "old": 45, "new": None}, {"field": "manual_price", "old": "77.7750", "new": None}]


def test_it_is_found_by_its_new_name(world, lot):
    def found(words):
        return [entry["lot_code"] for entry in world.other.get(f"/api/components?q={words}").json["components"]]

    done(world.client, lot, name="Zirconium spindle")
    assert found("zirconium%20spin") == [lot]
    done(world.client, lot, name="Zirconium bolt", category="ZB")
    assert found("spindle") == [] and found("zirconium") == found("bolt") == [lot] and lot in found("SRV-EDIT")
    done(world.client, lot, category="SRV")
    assert found("zirconium") == [lot]


def test_what_is_not_named_stays(world, lot):
    done(world.client, lot, window_days=10, coefficient="2")
    before = read(world.client, lot).json
    now = done(world.client, lot, name=" spaces at both ends ")
    assert now == {**before, "name": "spaces at both ends", "updated_at": now["updated_at"]}


@pytest.mark.parametrize("change", [{}, {"name": "A server"}, {"coefficient": "1"}, {"coefficient": 1.0, "active": True, "unit": "pcs"},
                                    {"price_method": None, "manual_price": None}, {"reason": "for nothing"}])
def test_what_changes_nothing_is_no_change(world, lot, change):
    before = read(world.client, lot)
    answer = patch(world.client, lot, change)
    assert answer.status == 200 and answer.body == before.body and answer.headers["ETag"] == before.headers["ETag"]
    assert edits(world.client, lot) == []


def test_the_condition(world, lot):
    target, media = f"/api/components/{lot}", {"Content-Type": "application/json"}
    change = json.dumps({"coefficient": "3"})
    world.client.unchecked = True  # the document wants the header
    problem = check_problem(world.client.request("PATCH", target, change, media), 428, "precondition-required")
    world.client.unchecked = False
    assert "If-Match" in problem["detail"]
    tag = read(world.client, lot).headers["ETag"]
    for stale in ('"else"', "", tag[:-2] + '"', tag.strip('"'), 'W/"x"'):
        check_problem(patch(world.client, lot, {"coefficient": "3"}, stale or " "), 412, "precondition-failed")
    assert read(world.client, lot).headers["ETag"] == tag and edits(world.client, lot) == []
    assert patch(world.client, lot, {"coefficient": "3"}, f'"else", {tag}').status == 200
    problem = check_problem(patch(world.other, lot, {"coefficient": "4"}, tag), 412, "precondition-failed")
    assert "changed since" in problem["detail"]
    # A proxy that compresses weakens tags; any state will do.
    assert patch(world.other, lot, {"coefficient": "4"}, "W/" + read(world.other, lot).headers["ETag"]).status == 200
    assert patch(world.client, lot, {"coefficient": "5"}, "*").json["coefficient"] == "5.0000"
    assert [entry["changes"][0]["new"] for entry in edits(world.client, lot)] == ["5.0000", "4.0000", "3.0000"]


def test_of_changes_at_once_one_is_made(world, lot):
    tag, answers = read(world.client, lot).headers["ETag"], []

    def change(number):
        client = world.daemon.worker(number % 2)
        answers.append(patch(client, lot, {"name": f"Name {number}"}, tag))
        client.close()

    threads = [threading.Thread(target=change, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status for answer in answers) == [200] + 11 * [412]
    entry, = edits(world.client, lot)
    assert entry["changes"][0]["new"] == read(world.client, lot).json["name"]


def test_faults_are_named_at_once(world, lot):
    wrong = {"name": "", "category": "x" * 33, "unit": "kg", "active": "yes", "price_method": "best", "window_days": 0, "coefficient": "0",
             "manual_price": "-1", "price": "5", "reason": "x" * 256}
    world.client.unchecked = True
    found = faults(patch(world.client, lot, wrong))
    assert found == {"/name": "range", "/category": "range", "/unit": "choice", "/active": "type", "/price_method": "choice",
                     "/window_days": "range", "/coefficient": "range", "/manual_price": "range", "/price": "unknown", "/reason": "range"}
    assert faults(patch(world.client, lot, dict.fromkeys(("name", "category", "unit", "active", "coefficient")))) == \
        dict.fromkeys(("/name", "/category", "/unit", "/active", "/coefficient"), "type")
    for name in (" ", "\u00a0", "ж" * 256):
        assert faults(patch(world.client, lot, {"name": name})) == {"/name": "range"}
    assert faults(patch(world.client, lot, {"coefficient": "1.00001"})) == {"/coefficient": "range"}
    for body in ("", "{", "[]", "7", '"x"', '{"name": "a", "name": "b"}'):
        answer = patch(world.client, lot, body)
        assert answer.status in (400, 422), (body, answer)
    answer = patch(world.client, lot, {"name": "x"}, media="text/plain")
    check_problem(answer, 415, "unsupported-media-type")
    world.client.unchecked = False
    assert edits(world.client, lot) == [] and done(world.client, lot, name="ж" * 255, category="К" * 32)["name"] == "ж" * 255
    check_problem(patch(world.client, "NO-SUCH-LOT", {"name": "x"}, "*"), 404, "not-found")


def test_a_manual_price_has_a_reason_and_the_method_a_price(world, lot):
    def refused(**change):
        return faults(patch(world.client, lot, change))

    assert refused(manual_price="5") == {"/reason": "required"}
    assert refused(manual_price="5", reason="  ") == {"/reason": "required"}
    assert refused(price_method="manual") == {"/reason": "required", "/manual_price": "required"}
    assert refused(price_method="manual", reason="why") == {"/manual_price": "required"}
    done(world.client, lot, manual_price="5", reason="asked for")
    assert refused(price_method="manual") == {"/reason": "required"}
    done(world.client, lot, price_method="manual", reason="from now on")
    assert refused(manual_price=None) == {"/manual_price": "required"}
    done(world.client, lot, manual_price=None, price_method="median")
    assert [entry["reason"] for entry in edits(world.client, lot)] == [None, "from now on", "asked for"]
    # What is wrong already is not in the way of something else.
    world.daemon.sql(f"UPDATE component SET price_method = 'manual', manual_price = NULL WHERE lot_code = '{lot}'")
    assert done(world.client, lot, coefficient="1.5")["coefficient"] == "1.5000"


def test_the_next_recalculation_takes_it(world):
    lot = LOTS[0]
    before = read(world.client, lot).json
    done(world.client, lot, coefficient="2")
    assert read(world.client, lot).json["price"] == before["price"], "the price itself stays"
    recalculate(world, "1", [lot], limit="0")
    doubled = read(world.client, lot).json
    assert abs(float(doubled["price"]) - 2 * float(before["price"])) <= 0.02
    done(world.client, lot, price_method="manual", manual_price="123.4560", reason="a word of the supplier")
    recalculate(world, "1", [lot], limit="0")
    now = read(world.client, lot).json
    assert (now["price"], now["price_state"]) == ("123.4560", "manual")
    done(world.client, lot, price_method=None, manual_price=None, coefficient="1")
    recalculate(world, "1", [lot], limit="0")
    assert read(world.client, lot).json["price"] == before["price"]
    done(world.client, lot, active=False)
    assert recalculate(world, "1", [lot], limit="0")["components_total"] == 0
    done(world.client, lot, active=True)


def test_runs_and_edits_share_the_pages_of_the_history(world):
    lot = LOTS[1]
    base = world.client.get(f"/api/components/{lot}/price-history?quotes=false&limit=200").json
    for step in range(1, 8):
        if step % 3:
            done(world.client, lot, window_days=90 + step)
        else:
            recalculate(world, f"1.{step}", [lot], limit="0")
    whole = world.client.get(f"/api/components/{lot}/price-history?quotes=false&limit=200").json
    assert len(whole["edits"]) == 5 and len(whole["runs"]) == len(base["runs"]) + 2 and whole["next_cursor"] is None
    moments = sorted([run["created_at"] for run in whole["runs"]] + [edit["edited_at"] for edit in whole["edits"]], reverse=True)
    for limit in (1, 2, 3, 4):
        walk = [page.json for page in pages(world.other, f"/api/components/{lot}/price-history?quotes=false&limit={limit}")]
        assert [run for page in walk for run in page["runs"]] == whole["runs"]
        assert [edit for page in walk for edit in page["edits"]] == whole["edits"]
        seen = [sorted([run["created_at"] for run in page["runs"]] + [edit["edited_at"] for edit in page["edits"]], reverse=True) for page in walk]
        assert [len(page) for page in seen[:-1]] == [limit] * (len(seen) - 1)
        assert [moment for page in seen for moment in page] == moments
    recalculate(world, "1", [lot], limit="0")


def test_a_walk_is_not_upset_by_what_is_added(world, lot):
    for step in range(1, 7):
        done(world.client, lot, window_days=step)
    first = world.client.get(f"/api/components/{lot}/price-history?limit=2").json
    done(world.client, lot, window_days=99)
    second = world.client.get(f"/api/components/{lot}/price-history?limit=2&cursor={first['next_cursor']}").json
    assert [entry["changes"][0]["new"] for entry in first["edits"] + second["edits"]] == [6, 5, 4, 3]


def test_a_held_price_goes_on_waiting(world):
    lot = LOTS[2]
    recalculate(world, "1", [lot], limit="0")
    recalculate(world, "1.5", [lot])
    entry, = (entry for entry in held(world.client) if entry["lot_code"] == lot)
    assert done(world.client, lot, coefficient="1.1")["held"] == entry["id"]
    assert decide(world.client, entry["id"], "approve").status == 200
    assert component(world.client, lot)["price"] == entry["new_price"]
    done(world.client, lot, coefficient="1")
    recalculate(world, "1", [lot], limit="0")


def test_the_token_is_noted_and_needs_the_scope(make_daemon, file):  # noqa: F811
    tokens = {scope: make(file, "-s", scope) for scope in ("start", "edit", "cancel", "admin")}
    daemon = make_daemon(auth__tokens_file=file)
    daemon.sql("INSERT INTO component (lot_code, lot_norm, name) VALUES ('A-1', 'A1', 'x')")
    for scope, token in tokens.items():
        client = as_client(daemon.worker(0), token)
        answer = patch(client, "A-1", {"name": scope})
        if scope in ("edit", "admin"):
            assert answer.status == 200
            assert edits(client, "A-1")[0]["edited_by"] == f"token:{TOKEN.match(token)[1]}"
        else:
            assert 'scope="edit"' in answer.headers["WWW-Authenticate"] and check_problem(answer, 403, "forbidden")


def test_a_run_that_holds_the_component_is_waited_for(world, lot):
    """At most some seconds; then the client is told to try again, and nothing was changed."""
    tag = read(world.client, lot).headers["ETag"]
    holder = threading.Thread(target=world.daemon.sql, args=(
        f"START TRANSACTION; SELECT id FROM component WHERE lot_code = '{lot}' FOR UPDATE; SELECT SLEEP(7); ROLLBACK",))
    holder.start()
    time.sleep(0.7)
    began = time.monotonic()
    problem = check_problem(patch(world.client, lot, {"name": "x"}, tag), 503, "database-unavailable")
    assert "recalculation" in problem["detail"] and 1.5 < time.monotonic() - began < 6.5
    holder.join()
    assert edits(world.client, lot) == [] and patch(world.client, lot, {"name": "x"}, tag).status == 200


def test_the_metrics_count_it(world, lot):
    done(world.client, lot, name="counted")
    text = world.client.get("/metrics").body.decode()
    assert re.search(r'http_requests_total\{method="PATCH",route="/api/components/\{lot\}",code="200"\} [1-9]', text)
