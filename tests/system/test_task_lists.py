"""GET /api/tasks: filters, cursors, several ids at once; GET /api/tasks/summary."""
import os
import re
import signal
import threading
import time
import uuid

import pytest

from daemon import halt
from test_polls import Held, start_quiet
from test_tasks import check_problem, check_task

NODE = "00000000-0000-4000-8000-000000000001"


def listing(client, query=""):
    answer = client.get(f"/api/tasks{query}")
    assert answer.status == 200, answer
    assert list(answer.json) == (["tasks", "missing", "next_cursor"] if "ids=" in query else ["tasks", "next_cursor"])
    for task in answer.json["tasks"]:
        check_task(task)
    return answer


def ids_of(answer):
    return [task["id"] for task in answer.json["tasks"]]


def insert(daemon, rows):
    """Finished tasks of another node, straight into the journal: (id, type, status, created_at)."""
    values = ",".join(f"('{i}','{NODE}','{kind}','{{}}','{status}','{created}','{created}',"
                      f"{'NULL' if status == 'succeeded' else repr('went wrong')},1,"
                      f"{repr('succeeded') if status == 'succeeded' else repr('failed')})" for i, kind, status, created in rows)
    daemon.sql("INSERT INTO task (id,node,type,params,status,created_at,finished_at,error_message,attempt,outcome) VALUES " + values)


def walk(client, query, limit):
    """All pages; every one but the last is full and says so in Link as well."""
    seen, target = [], f"/api/tasks?limit={limit}{query}"
    for _ in range(200):
        answer = client.get(target)
        assert answer.status == 200, answer
        seen += ids_of(answer)
        cursor = answer.json["next_cursor"]
        if cursor is None:
            assert answer.headers["Link"] is None
            return seen
        assert len(answer.json["tasks"]) == limit
        target = re.fullmatch(r'<(.*)>; rel="next"', answer.headers["Link"])[1]
        assert cursor in target
    raise AssertionError("no end")


def test_by_the_first_digits_of_an_id(make_daemon):
    daemon = make_daemon(tasks__runners=1)
    client = daemon.worker(0)
    done = client.start("test_sleep", ms=0, steps=1)
    client.wait(done)
    live = client.start("test_sleep", ms=60000, steps=600)
    for task in (done, live):
        for prefix in (task[:8], task[:8].upper(), task[:13], task.replace("-", "")[:12], task, task.replace("-", "")):
            answer = client.get(f"/api/tasks?id_prefix={prefix}")
            assert ids_of(answer) == [task] and answer.json["missing"] == [] and answer.json["next_cursor"] is None, prefix
    plain = client.get(f"/api/tasks?id_prefix={done[:8]}")
    assert plain.json["tasks"] == [client.task(done)]
    assert client.get(f"/api/tasks?id_prefix={done[:8]}&view=full").json["tasks"] == [client.get(f"/api/tasks/{done}?view=full").json]
    assert client.get(f"/api/tasks?id_prefix={done[:8]}", {"If-None-Match": plain.headers["ETag"]}).status == 304
    assert client.get("/api/tasks?id_prefix=" + ("0" * 8 if done[:8] != "0" * 8 else "1" * 8)).json["tasks"] == []
    for prefix in (done[:7], "x" * 8, done + "0", "--------", done[:8] + "%20"):
        check_problem(client.get(f"/api/tasks?id_prefix={prefix}"), 422, "invalid-parameters")
    for other in ("status=running", "mine=true", f"ids={done}", "type=test_sleep", "cursor=x"):
        assert "/id_prefix" in {fault["pointer"] for fault in check_problem(client.get(f"/api/tasks?id_prefix={done[:8]}&{other}"), 422, "invalid-parameters")["errors"]}
    began = time.monotonic()
    waited = client.get(f"/api/tasks?id_prefix={live[:8]}&wait=1")
    assert waited.status == 200 and waited.headers["Preference-Applied"] == "wait=1" and 0.9 < time.monotonic() - began < 4


def test_newest_first_with_the_progress_of_live_ones(make_daemon):
    daemon = make_daemon(tasks__runners=1)
    client = daemon.worker(0)
    done = client.start("test_sleep", ms=0, steps=1)
    client.wait(done)
    live = client.start("test_sleep", ms=60000, steps=300)
    waiting = client.start("test_big")
    client.wait(live, until=lambda t: t["progress"] >= 1)
    answer = listing(daemon.worker(1))
    assert ids_of(answer) == [waiting, live, done] and answer.json["next_cursor"] is None
    assert answer.json["tasks"][1]["progress"] >= 1 and answer.json["tasks"][1]["message"].startswith("step")
    assert answer.json["tasks"][0]["message"] == "waiting, 0 ahead"
    assert answer.json["tasks"][2] == client.task(done)
    assert answer.headers["Cache-Control"] == "private, no-cache" and re.fullmatch(r'W/"l\.[0-9a-f]+"', answer.headers["ETag"])
    for query, wanted in (("?status=running", [waiting, live]), ("?status=completed", [done]), ("?status=error", []),
                          ("?status=completed,running&type=test_sleep", [live, done]), ("?type=test_big", [waiting]),
                          ("?type=test_big,test_sleep", [waiting, live, done]), ("?limit=2", [waiting, live]),
                          (f"?created_after={client.task(done)['created_at']}", [waiting, live]),
                          (f"?created_before={client.task(live)['created_at']}&type=test_sleep", [done])):
        assert ids_of(listing(client, query)) == wanted, query


def test_live_tasks_by_what_they_do(make_daemon):
    daemon = make_daemon(tasks__runners=1)
    client = daemon.worker(0)
    done = client.start("test_sleep", ms=0, steps=1)
    client.wait(done)
    live = client.start("test_sleep", ms=60000, steps=300)
    waiting = [client.start("test_big") for _ in range(3)]
    client.wait(live, until=lambda t: t["progress"] >= 1)
    # Of another node: the journal alone tells.
    elsewhere = {name: str(uuid.uuid4()) for name in ("waiting", "running", "interrupted")}
    daemon.sql("INSERT INTO node (id, name) VALUES ('%s', 'other')" % NODE)
    for day, (name, status, attempt) in enumerate((("interrupted", "queued", 1), ("running", "running", 1), ("waiting", "queued", 0)), 1):
        daemon.sql(f"INSERT INTO task (id,node,type,params,status,created_at,attempt) VALUES ('{elsewhere[name]}','{NODE}','test_sleep','{{}}','{status}','2020-01-0{day}',{attempt})")
    for query, wanted in (("?state=waiting", [*waiting[::-1], elsewhere["waiting"]]), ("?state=running", [live, elsewhere["running"]]),
                          ("?state=interrupted", [elsewhere["interrupted"]]), ("?state=running&type=test_big", []),
                          ("?state=interrupted,running&status=running", [live, elsewhere["running"], elsewhere["interrupted"]])):
        found = ids_of(listing(client, query))
        assert found[:3] == wanted[:3] and set(found) == set(wanted), query
    assert walk(client, "&state=waiting", 2) == [*waiting[::-1], elsewhere["waiting"]]
    # A dead runner's task waits for another attempt, even before the journal has been told.
    holder = threading.Thread(target=daemon.sql, args=(f"BEGIN; SELECT id FROM task WHERE id = '{live}' FOR UPDATE; SELECT SLEEP(3); ROLLBACK",))
    holder.start()
    time.sleep(0.5)
    os.kill(daemon.children("runner")[0], signal.SIGKILL)
    end = time.monotonic() + 3
    while live not in ids_of(listing(client, "?state=interrupted")):
        assert time.monotonic() < end
    assert live not in ids_of(listing(client, "?state=running,waiting"))
    assert next(task for task in client.get("/api/tasks?state=interrupted&view=full").json["tasks"] if task["id"] == live)["phase"] == "interrupted"
    holder.join()
    client.wait(live, until=lambda t: "step" in t["message"])
    assert ids_of(listing(client, "?state=running"))[0] == live


def test_a_page_is_not_modified_until_it_is(daemon):
    client = daemon.worker(0)
    client.wait(client.start("test_sleep", ms=0, steps=1))
    tag = listing(client).headers["ETag"]
    again = daemon.worker(1).get("/api/tasks", {"If-None-Match": tag})
    assert again.status == 304 and again.body == b"" and again.headers["ETag"] == tag
    client.wait(client.start("test_sleep", ms=0, steps=1))
    assert daemon.worker(1).get("/api/tasks", {"If-None-Match": tag}).status == 200


@pytest.mark.parametrize("query,pointers", [
    ("status=done", {"/status"}), ("status=running,queued&type=nothing", {"/status", "/type"}), ("limit=0", {"/limit"}),
    ("created_after=yesterday&created_before=2026-02-30", {"/created_after", "/created_before"}),
    ("created_before=9999-12-31T23:59:59-01:00", {"/created_before"}),  # a moment of the year 10000
    ("created_after=2026-02-05T25:00:00Z", {"/created_after"}), ("created_after=2026-02-05T08:30:00", {"/created_after"}),
    ("state=queued", {"/state"}), ("state=waiting&status=running,error", {"/state"}), ("ids=a&state=waiting", {"/ids"}),
    ("cursor=00", {"/cursor"}), ("what=1", {"/what"}), ("ids=a&status=running&cursor=00", {"/ids", "/cursor"}),
    ("limit=x&status=dead&ids=a", {"/limit", "/status", "/ids"}), ("wait=x&ids=a", {"/wait"}),
])
def test_faults_of_a_list(daemon, query, pointers):
    body = check_problem(daemon.worker(0).get(f"/api/tasks?{query}"), 422, "invalid-parameters")
    assert {fault["pointer"] for fault in body["errors"]} == pointers


def test_moments_in_every_spelling(daemon):
    rows = [(str(uuid.uuid4()), "test_sleep", "succeeded", f"2026-02-05 08:30:0{n}.250") for n in range(4)]
    insert(daemon, rows)
    client = daemon.worker(0)
    for moment in ("2026-02-05T08:30:01.250Z", "2026-02-05T11:30:01.25%2B03:00", "2026-02-05T11:30:01.25+03:00",
                   "2026-02-05t03:30:01.2509999-05:00"):
        assert ids_of(listing(client, f"?created_after={moment}")) == [rows[3][0], rows[2][0]], moment
        assert ids_of(listing(client, f"?created_before={moment}")) == [rows[0][0]], moment
    assert len(ids_of(listing(client, "?created_after=2026-02-05&created_before=2026-02-06"))) == 4


def test_a_cursor_belongs_to_its_filters(daemon):
    insert(daemon, [(str(uuid.uuid4()), "test_sleep", "succeeded", "2026-02-05 08:30:00.000") for _ in range(5)])
    client = daemon.worker(0)
    cursor = listing(client, "?limit=2&status=completed").json["next_cursor"]
    assert len(ids_of(listing(client, f"?limit=3&status=completed&cursor={cursor}"))) == 3
    for query in (f"status=error&cursor={cursor}", f"cursor={cursor}", f"status=completed&cursor={'1' if cursor[0] != '1' else '2'}{cursor[1:]}",
                  f"status=completed&type=test_sleep&cursor={cursor}"):
        body = check_problem(client.get(f"/api/tasks?{query}"), 422, "invalid-parameters")
        assert [fault["pointer"] for fault in body["errors"]] == ["/cursor"]


def test_limit_above_the_most_is_lowered(daemon):
    insert(daemon, [(str(uuid.uuid4()), "test_sleep", "succeeded", "2026-02-05 08:30:00.000") for _ in range(230)])
    assert len(ids_of(listing(daemon.worker(0), "?limit=100000"))) == 200


@pytest.mark.parametrize("query", ["", "&status=completed,error", "&type=test_sleep,test_big", "&status=error,completed&type=test_big,test_sleep"])
def test_a_walk_over_equal_moments_misses_and_repeats_nothing(daemon, query):
    """The order of ids is the database's, and the ranges are merged by us: both must agree."""
    rows = [(str(uuid.uuid4()), ("test_sleep", "test_big")[n % 2], ("succeeded", "failed", "cancelled")[n % 3],
             f"2026-02-05 08:30:00.00{n // 16}") for n in range(48)]
    insert(daemon, rows)
    order = [row[0] for row in daemon.sql("SELECT id FROM task ORDER BY created_at DESC, id DESC")]
    for limit in (1, 5, 48):
        assert walk(daemon.worker(0), query, limit) == order


def test_a_walk_while_rows_come_and_go(daemon):
    rows = [(str(uuid.uuid4()), "test_sleep", ("succeeded", "failed")[n % 2], f"2026-02-05 08:{n // 60:02}:{n % 60:02}.000") for n in range(120)]
    insert(daemon, rows)
    client, stays = daemon.worker(0), {row[0] for n, row in enumerate(rows) if n % 3}
    goes = [row[0] for n, row in enumerate(rows) if not n % 3]
    seen, cursor, turn = [], "", 0
    while cursor is not None:
        answer = listing(client, f"?limit=7&status=completed,error{f'&cursor={cursor}' if cursor else ''}")
        seen += ids_of(answer)
        cursor = answer.json["next_cursor"]
        daemon.sql(f"DELETE FROM task WHERE id IN ('{goes[-1 - turn]}','{goes[turn]}')")
        insert(daemon, [(str(uuid.uuid4()), "test_sleep", "succeeded", f"2026-02-06 08:00:{turn:02}.000")])
        turn += 1
    assert len(seen) == len(set(seen)) and stays <= set(seen)


def test_a_rare_status_is_found_by_its_index(daemon):
    """A filter must not read the history it leaves out."""
    for index, where in (("ix_created", ""), ("ix_type", "type = 'test_sleep' AND "), ("ix_queue", "status = 'failed' AND "),
                         ("ix_type_status", "type = 'test_sleep' AND status = 'failed' AND ")):
        plan = daemon.sql(f"EXPLAIN SELECT id FROM task FORCE INDEX ({index}) WHERE {where}created_at > '1000-01-01' AND created_at < '9999-12-31' "
                          "AND created_at <= '9999-12-31' AND (created_at < '9999-12-31' OR id < UUID()) ORDER BY created_at DESC, id DESC LIMIT 51")
        assert plan[0][5] == index and "filesort" not in plan[0][-1], plan


# ---- Several ids ----

def test_several_ids_with_one_request(make_daemon):
    daemon = make_daemon(tasks__slots=8)
    client = daemon.worker(0)
    evicted = client.start("test_sleep", ms=0, steps=1)
    client.wait(evicted)
    for _ in range(10):
        client.wait(client.start("test_sleep", ms=0, steps=1))
    live = start_quiet(client)
    big = client.start("test_big")
    client.wait(big)
    unknown = str(uuid.uuid4())
    answer = listing(daemon.worker(1), f"?ids={live},{unknown},{evicted.upper()},nonsense,{live},{big}")
    assert ids_of(answer) == [live, evicted, big]
    assert answer.json["missing"] == [unknown, "nonsense"] and answer.json["next_cursor"] is None
    assert answer.json["tasks"] == [client.task(i) for i in (live, evicted, big)]
    tag = answer.headers["ETag"]
    assert client.get(f"/api/tasks?ids={live},{unknown},{evicted.upper()},nonsense,{live},{big}", {"If-None-Match": tag}).status == 304
    assert listing(client, "?ids=").json == {"tasks": [], "missing": [], "next_cursor": None}


def test_too_many_ids(daemon):
    body = check_problem(daemon.worker(0).get("/api/tasks?ids=" + ",".join(f"x{n}" for n in range(201))), 422, "invalid-parameters")
    assert body["errors"][0]["pointer"] == "/ids"


def test_several_ids_are_read_while_the_database_is_away(daemon):
    import os
    import signal
    client = daemon.worker(0)
    ids = [client.start("test_sleep", ms=0, steps=1) for _ in range(3)]
    for task_id in ids:
        client.wait(task_id)
    database = daemon.children("mariadb")[0]
    halt(database)
    try:
        assert ids_of(listing(daemon.worker(1), "?ids=" + ",".join(ids))) == ids
    finally:
        os.kill(database, signal.SIGCONT)


def test_waiting_for_a_change_of_any(daemon):
    client = daemon.worker(0)
    quiet, short = start_quiet(client), client.start("test_sleep", ms=2500, steps=1)
    client.wait(short, until=lambda t: t["message"] == "started")
    target = f"/api/tasks?ids={quiet},{short}"
    tag = client.get(target).headers["ETag"]
    held = Held(daemon.worker(1), target, {"Prefer": "wait=20", "If-None-Match": tag})
    answer = held.result()
    assert answer.status == 200 and answer.headers["Preference-Applied"] == "wait=20" and answer.headers["ETag"] != tag
    assert held.took < 15
    time_out = Held(daemon.worker(1), f"/api/tasks?ids={quiet}&wait=1", {"If-None-Match": client.get(f"/api/tasks?ids={quiet}").headers["ETag"]})
    assert time_out.result().status == 304 and time_out.took >= 1
    at_once = Held(daemon.worker(1), target + "&wait=20", {"If-None-Match": tag})
    assert at_once.result(10).status == 200 and at_once.took < 10


def test_waiting_for_the_end_of_all(daemon):
    client = daemon.worker(0)
    first, second = client.start("test_sleep", ms=800, steps=1), client.start("test_sleep", ms=2200, steps=20)
    held = Held(daemon.worker(1), f"/api/tasks?ids={first},{second}&wait=20")
    answer = held.result()
    assert [task["status"] for task in answer.json["tasks"]] == ["completed", "completed"]
    assert answer.headers["Preference-Applied"] == "wait=20"
    again = Held(daemon.worker(0), f"/api/tasks?ids={first},{second}&wait=20")
    assert again.result(5).status == 200 and again.took < 5


# ---- Full views ----

def full_list(client, query, keys):
    answer = client.get(f"/api/tasks?view=full{query}")
    assert answer.status == 200, answer
    assert list(answer.json) == keys and answer.body.endswith(b"}\n")
    return answer


def test_full_views_are_those_of_single_reads(make_daemon):
    daemon = make_daemon(tasks__runners=1)
    client = daemon.worker(0)
    done, big, failed = client.start("test_sleep", ms=0), client.start("test_big"), client.start("test_limit", how="polite")
    for task_id in (done, big, failed):
        client.wait(task_id)
    elsewhere = str(uuid.uuid4())
    insert(daemon, [(elsewhere, "test_sleep", "failed", "2026-02-05 08:30:00.000")])
    live = start_quiet(client)
    waiting = client.start("test_sleep", ms=0)
    client.wait(waiting, until=lambda t: t["message"] == "waiting, 0 ahead")
    everything = [waiting, live, failed, big, done, elsewhere]
    single = [client.get(f"/api/tasks/{task_id}?view=full").body.rstrip() for task_id in everything]
    page = full_list(daemon.worker(1), "", ["tasks", "next_cursor"])
    assert page.body == b'{"tasks":[' + b",".join(single) + b'],"next_cursor":null}\n'
    unknown = str(uuid.uuid4())
    some = full_list(client, f"&ids={big},{unknown},{waiting.upper()},nonsense,{elsewhere},{big},{live}", ["tasks", "missing", "next_cursor"])
    wanted = b",".join(single[everything.index(task_id)] for task_id in (big, waiting, elsewhere, live))
    assert some.body == b'{"tasks":[' + wanted + b'],"missing":["' + unknown.encode() + b'","nonsense"],"next_cursor":null}\n'
    assert full_list(client, "&ids=", ["tasks", "missing", "next_cursor"]).json == {"tasks": [], "missing": [], "next_cursor": None}
    for answer in (page, some):
        assert answer.headers["Cache-Control"] == "private, no-cache" and re.fullmatch(r'W/"l\.[0-9a-f]+"', answer.headers["ETag"])
    assert client.get("/api/tasks?view=full", {"If-None-Match": page.headers["ETag"]}).status == 304
    assert ids_of(full_list(client, "&status=error", ["tasks", "next_cursor"])) == [failed, elsewhere]
    answer = full_list(client, "&limit=2", ["tasks", "next_cursor"])
    assert ids_of(answer) == [waiting, live]
    target = re.fullmatch(r'<(.*)>; rel="next"', answer.headers["Link"])[1]
    assert client.get(target).json["tasks"] == page.json["tasks"][2:4]
    body = check_problem(client.get("/api/tasks?view=short&limit=x"), 422, "invalid-parameters")
    assert {fault["pointer"] for fault in body["errors"]} == {"/view", "/limit"}


def test_full_views_cost_one_statement_however_many(daemon):
    client = daemon.worker(0)
    ids = [client.start("test_sleep", ms=0, steps=1) for _ in range(60)]
    for task_id in ids:
        client.wait(task_id)

    def statements(target):
        """What the server executes for it; the least of several, as the daemon's own beat comes in between."""
        count = "SELECT variable_value FROM information_schema.global_status WHERE variable_name = 'COM_STMT_EXECUTE'"
        spent = []
        for _ in range(8):
            before = int(daemon.sql(count)[0][0])
            assert client.get(target).status == 200
            spent.append(int(daemon.sql(count)[0][0]) - before)
        return min(spent)

    few, many = statements("/api/tasks?view=full&limit=2"), statements("/api/tasks?view=full&limit=60")
    assert 1 <= many <= few + 1, (few, many)
    assert statements("/api/tasks?view=full&ids=" + ",".join(ids)) <= 2


def test_waiting_with_full_views(daemon):
    client = daemon.worker(0)
    quiet, short = start_quiet(client), client.start("test_sleep", ms=2500, steps=1)
    client.wait(short, until=lambda t: t["message"] == "started")
    target = f"/api/tasks?view=full&ids={quiet},{short}"
    tag = client.get(target).headers["ETag"]
    changed = Held(daemon.worker(1), target, {"Prefer": "wait=20", "If-None-Match": tag})
    ended = Held(daemon.worker(0), f"/api/tasks?view=full&ids={short}&wait=20")
    answer = changed.result()
    assert answer.status == 200 and answer.headers["Preference-Applied"] == "wait=20" and answer.headers["ETag"] != tag
    assert answer.json["tasks"][0]["state"] == "running" and changed.took < 15
    answer = ended.result()
    assert answer.json["tasks"][0]["outcome"] == "succeeded" and answer.headers["Preference-Applied"] == "wait=20"
    again = Held(daemon.worker(1), f"/api/tasks?view=full&ids={short}&wait=20")
    assert again.result(5).headers["Preference-Applied"] == "wait=20" and again.took < 5
    alone = f"/api/tasks?view=full&ids={quiet}"
    time_out = Held(daemon.worker(1), alone + "&wait=1", {"If-None-Match": client.get(alone).headers["ETag"]})
    assert time_out.result().status == 304 and time_out.took >= 1
    at_once = Held(daemon.worker(1), target + "&wait=20", {"If-None-Match": tag})
    assert at_once.result(10).status == 200 and at_once.took < 10


# ---- Summary ----

def summary(client):
    answer = client.get("/api/tasks/summary")
    assert answer.status == 200, answer
    counts = answer.json
    for status in ("running", "completed", "error"):
        assert counts["total"][status] == sum(counts["types"][name][status] for name in counts["types"])
    return counts


def test_the_summary_counts_what_the_journal_holds(make_daemon):
    daemon = make_daemon(tasks__runners=2, tasks__max_attempts=1)
    client = daemon.worker(0)
    before = summary(client)
    assert before["total"] == {"running": 0, "completed": 0, "error": 0} and "stock_import" in before["types"]
    done = [client.start("test_sleep", ms=0, steps=1) for _ in range(7)]
    crashed = client.start("test_crash")
    for task_id in [*done, crashed]:
        client.wait(task_id)
    live = [client.start("test_sleep", ms=60000, steps=1) for _ in range(3)]
    time.sleep(0.3)
    for _ in range(2):  # before and after the changes were added up
        counts = summary(daemon.worker(1))
        assert counts["types"]["test_sleep"] == {"running": 3, "completed": 7, "error": 0}
        assert counts["types"]["test_crash"] == {"running": 0, "completed": 0, "error": 1}
        time.sleep(2.5)
    assert daemon.sql("SELECT COUNT(*) FROM task_count_change") == [["0"]]
    daemon.sql(f"DELETE FROM task WHERE id IN ('{done[0]}','{done[1]}')")
    assert summary(client)["types"]["test_sleep"]["completed"] == 5
    assert all(client.get(f"/api/tasks/{task_id}").status == 200 for task_id in live)
    stored = daemon.sql("SELECT type, status, COUNT(*) FROM task WHERE finished_at IS NOT NULL GROUP BY type, status ORDER BY type, status")
    counted = daemon.sql("SELECT type, status, SUM(n) FROM (SELECT type, status, n FROM task_count UNION ALL SELECT type, status, n FROM "
                         "task_count_change) AS c GROUP BY type, status ORDER BY type, status")
    assert stored == counted
