"""GET /api/tasks/{id}?view=full: what the slot knows, what the journal knows, and what is left when one of them is missing."""
import hashlib
import json
import math
import os
import re
import signal
import threading
import time
import uuid
from datetime import datetime

import pytest

import samples
from daemon import halt
from test_actions import UNKNOWN, busy_runners, cancel
from test_faults import runner_of, wait_ready
from test_polls import Held, start_quiet
from test_task_lists import NODE, insert
from test_tasks import MEMBERS, MOMENT, UUID, check_problem

MORE = ["state", "outcome", "attempt", "started_at", "heartbeat_at", "eta_seconds", "counters", "phase", "params", "params_digest", "file", "import_id", "requested_by",
        "request_id", "cancel_requested_at", "retry_of", "from_task", "chain", "follows", "followed_by", "error_detail", "links"]
OF_THE_JOURNAL = ["params", "params_digest", "file", "import_id", "requested_by", "request_id", "cancel_requested_at", "retry_of", "from_task", "chain", "follows", "followed_by"]


def full(client, task_id, query=""):
    answer = client.get(f"/api/tasks/{task_id}?view=full{query}")
    assert answer.status == 200, answer
    assert list(answer.json) == MEMBERS + MORE and answer.body.endswith(b"}\n")
    return answer


def links(task, *there):
    """The links that are there, and null for the others."""
    tails = {"self": "", "cancel": "/cancel", "retry": "/retry", "rejects": "/rejects.csv", "rows": "/rows", "log": "/log"}
    return {name: f"/api/tasks/{task['id']}{tail}" if name in ("self", *there) else None for name, tail in tails.items()}


def check_links(client, task, *there):
    assert task["links"] == links(task, *there)
    for name in ("self", *({"rejects", "rows", "log"} & set(there))):
        assert client.get(task["links"][name]).status == 200


def moment(text):
    assert MOMENT.fullmatch(text), text
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def test_a_waiting_and_a_running_task(daemon):
    client = daemon.worker(0)
    busy = busy_runners(daemon)
    started = client.post_json("/api/tasks", {"type": "test_sleep", "params": {"ms": 20000, "steps": 200}})
    task_id = started.json["task_id"]
    answer = full(daemon.worker(1), task_id)
    task = answer.json
    assert (task["state"], task["phase"], task["outcome"], task["attempt"]) == ("queued", "waiting", None, 0)
    assert task["started_at"] is task["heartbeat_at"] is task["eta_seconds"] is task["counters"] is task["error_detail"] is None
    assert task["request_id"] == started.headers["Request-Id"] and task["requested_by"] == "unix"
    assert task["cancel_requested_at"] is task["retry_of"] is None
    params = daemon.sql(f"SELECT params FROM task WHERE id = '{task_id}'")[0][0]
    assert task["params_digest"] == hashlib.sha256(params.encode()).hexdigest()
    assert answer.headers["Retry-After"] and answer.headers["Cache-Control"] == "private, no-cache"
    check_links(client, task, "cancel", "log")
    cancel(client, busy[0])
    client.wait(task_id, until=lambda t: t["progress"] >= 6)
    task = full(client, task_id).json
    assert (task["state"], task["phase"], task["outcome"], task["attempt"]) == ("running", "working", None, 1)
    spent = (moment(task["heartbeat_at"]) - moment(task["started_at"])).total_seconds()
    assert 0 < spent < 20 and task["created_at"] <= task["started_at"]
    assert task["counters"] == counted(task)
    counts = task["counters"]
    assert task["eta_seconds"] == math.ceil(round(spent * 1000) * (counts["total"] - counts["done"]) // counts["done"] / 1000)
    check_links(client, task, "cancel", "log")


def test_what_it_was_started_with(daemon):
    """Parameters, file and the number of the import: of a task that took a file, and of one that took none."""
    client = daemon.worker(0)
    samples.load_catalogue(daemon)
    data = samples.xlsx([["Артикул", "Наименование", "Количество"], ["A-1", "Item", 1]])
    answer = client.upload("/api/stock/import?warehouse=MAIN&filename=%D0%BE%D1%81%D1%82%D0%B0%D1%82%D0%BA%D0%B8.xlsx", data)
    done = client.wait(answer.json["task_id"])
    task = full(client, done["id"]).json
    assert task["params"]["warehouse"] == "MAIN" and task["params"]["mode"] == "replace" and "filename" not in task["params"]
    assert hashlib.sha256(json.dumps(task["params"], ensure_ascii=False, separators=(",", ":")).encode()).hexdigest() == task["params_digest"]
    assert {**task["file"], "sha256": None} == {"name": "остатки.xlsx", "size": len(data), "format": "xlsx", "sha256": None, "kept_until": None}
    assert task["file"]["sha256"] in (None, hashlib.sha256(data).hexdigest())
    assert task["import_id"] == done["result"]["import_id"] == client.get("/api/stock").json["stock"][0]["import"]["id"]
    assert client.get("/api/tasks?view=full&limit=1").json["tasks"][0] == task
    task = full(client, client.start("test_sleep", ms=0, steps=3)).json
    assert task["params"]["steps"] == 3 and task["file"] is None and task["import_id"] is None


def test_no_estimate_below_five_percent(daemon):
    client = daemon.worker(0)
    task_id = client.start("test_sleep", ms=100000, steps=1000)
    client.wait(task_id, until=lambda t: t["progress"] >= 1)
    task = full(client, task_id).json
    assert task["progress"] < 5 and task["eta_seconds"] is None and task["heartbeat_at"]


def test_the_nine_members_are_those_of_a_plain_poll(make_daemon):
    daemon = make_daemon(tasks__runners=1)
    client = daemon.worker(0)
    done, big = client.start("test_sleep", ms=0), client.start("test_big")
    client.wait(done)
    client.wait(big)
    crashed = client.start("test_crash", how="segv")
    client.wait(crashed)
    quiet = start_quiet(client)
    waiting = client.start("test_sleep", ms=0)
    client.wait(waiting, until=lambda t: t["message"] == "waiting, 0 ahead")
    for task_id in (done, big, crashed, quiet, waiting):
        plain = client.get(f"/api/tasks/{task_id}").body
        assert full(client, task_id).body.startswith(plain[:-2] + b',"state":"'), task_id


def test_a_finished_import_with_its_counts(daemon):
    samples.load_catalogue(daemon)
    client = daemon.worker(0)
    head = ["Артикул", "Наименование", "Количество", "Цена"]
    rows = [[f"PN-{n}", f"Item {n}", 5, 10] for n in range(8)] + [["PN-8", "Item 8", "many", 10]]

    def run(rows):
        task_id = client.upload("/api/stock/import?warehouse=MAIN", samples.xlsx([head, *rows])).json["task_id"]
        client.wait(task_id)
        return full(client, task_id).json

    task = run(rows)
    assert (task["state"], task["outcome"], task["phase"]) == ("succeeded", "partial", None)
    assert task["counters"] == {"total": 9, "done": 9, "created": 8, "updated": 0, "unchanged": 0, "rejected": 1}
    assert task["started_at"] <= task["done_at"] and task["heartbeat_at"] is task["eta_seconds"] is task["error_detail"] is None
    check_links(client, task, "rejects", "rows", "log")  # the file of a success is not kept: no retry
    rows[0][2] = 6
    task = run(rows[:8])
    assert task["outcome"] == "succeeded"
    assert task["counters"] == {"total": 8, "done": 8, "created": 0, "updated": 1, "unchanged": 7, "rejected": 0}


def counted(task):
    """The counters of a test_sleep, by its message."""
    done, total = map(int, re.search(r"step (\d+) of (\d+)", task["message"]).groups())
    return {"total": total, "done": done, "created": 0, "updated": 0, "unchanged": 0, "rejected": 0}


def test_counts_of_a_running_task(make_daemon):
    """They go on with its message, begin anew with an attempt, and what the last attempt had counted is kept."""
    daemon = make_daemon(tasks__slots=8, tasks__max_attempts=2)
    client = daemon.worker(0)
    task_id = client.start("test_sleep", ms=60000, steps=300)
    for attempt, at_least in ((1, 8), (2, 3)):
        client.wait(task_id, until=lambda t: re.search(r"step (\d+)", t["message"]) and int(re.search(r"step (\d+)", t["message"])[1]) >= at_least)
        seen = [full(daemon.worker(i % 2), task_id).json for i in range(4)]
        assert all(task["counters"] == counted(task) and task["attempt"] == attempt and task["error"] == "" for task in seen)
        assert attempt == 1 or all(task["counters"]["done"] < 8 for task in seen)
        assert client.get(f"/api/tasks?view=full&ids={task_id}").json["tasks"][0]["counters"]["done"] >= at_least
        os.kill(runner_of(daemon, task_id), signal.SIGKILL)
        if attempt == 1:
            client.wait(task_id, until=lambda t: "step" not in t["message"])
            assert full(client, task_id).json["counters"] is None
    client.wait(task_id)
    task = kept_everywhere(daemon, [task_id])[task_id]
    assert task["outcome"] == "interrupted" and task["counters"] == counted(task)


def test_counts_of_a_run_that_waits_for_a_row(daemon):
    """Of a recalculation: those of its whole chunks, until somebody lets go of a component; then it is cancelled."""
    client = daemon.worker(0)
    daemon.sql("INSERT INTO component (id, lot_code, lot_norm, name) SELECT seq, CONCAT('L', seq), CONCAT('L', seq), 'x' FROM seq_1_to_700")
    holder = threading.Thread(target=daemon.sql, args=(
        "START TRANSACTION; SELECT id FROM component WHERE id = 600 FOR UPDATE; DO SLEEP(6); ROLLBACK",))
    holder.start()
    try:
        time.sleep(1)
        task_id = client.start("recalculate")
        client.wait(task_id, until=lambda t: t["message"] == "500 components")
        counters = {"total": None, "done": 500, "created": 0, "updated": 0, "unchanged": 0, "rejected": 0}
        assert full(daemon.worker(1), task_id).json["counters"] == counters
        assert cancel(client, task_id).status == 202
        client.wait(task_id)
    finally:
        holder.join()
    task = full(client, task_id).json
    assert (task["outcome"], task["counters"]) == ("cancelled", counters)


def test_counts_of_the_other_types(daemon):
    client = daemon.worker(0)
    data = (samples.DEMO / "warehouses.csv").read_bytes()
    task_id = client.upload("/api/catalog/warehouses/import", data, "text/csv").json["task_id"]
    rows = client.wait(task_id)["result"]["rows_total"]
    task = full(client, task_id).json
    assert rows > 0 and task["counters"] == {"total": rows, "done": rows, "created": rows, "updated": 0, "unchanged": 0, "rejected": 0}
    task_id = client.start("recalculate")
    client.wait(task_id)
    task = full(client, task_id).json
    assert task["counters"] == {"total": 0, "done": 0, "created": None, "updated": 0, "unchanged": 0, "rejected": 0}
    check_links(client, task, "retry", "log")
    daemon.sql("INSERT INTO component (lot_code, lot_norm, name, price, price_state) VALUES ('A', 'A', 'x', 1, 'fresh'), ('B', 'B', 'x', NULL, 'none')")
    task_id = client.start("pricelist_create", source="estimate")
    assert client.wait(task_id)["result"]["items"] == 1
    task = full(client, task_id).json
    assert task["counters"] == {"total": 2, "done": 2, "created": None, "updated": None, "unchanged": None, "rejected": 0}


def test_counts_of_a_type_that_only_this_test_knows(make_daemon):
    """Nothing in the daemon knows test_sleep by its name: what its handler counted is shown, from the table and from the journal alone."""
    daemon = make_daemon(tasks__slots=8)
    client = daemon.worker(0)
    task_id, silent = client.start("test_sleep", ms=0, steps=7), client.start("test_big")
    client.wait(task_id)
    client.wait(silent)
    tasks = kept_everywhere(daemon, [task_id, silent])
    assert tasks[task_id]["counters"] == {"total": 7, "done": 7, "created": None, "updated": None, "unchanged": None, "rejected": 0}
    assert tasks[silent]["counters"] is None, "it counts nothing"


def test_a_failed_import_tells_its_code(make_daemon):
    daemon = make_daemon(spool__keep_failed=3600)
    samples.load_catalogue(daemon)
    client = daemon.worker(0)
    task_id = client.upload("/api/stock/import?warehouse=MAIN", samples.xlsx([["nothing", "of", "use"], [1, 2, 3]])).json["task_id"]
    plain = client.wait(task_id)
    task = full(client, task_id).json
    assert (task["state"], task["outcome"]) == ("failed", "failed")
    code = daemon.sql(f"SELECT error_code FROM task WHERE id = '{task_id}'")[0][0]
    assert code.startswith("E_")
    told = {name: task["error_detail"].pop(name) for name in ("args", "choices", "mapping")}
    assert told["args"] == {"sheet": "TDSheet", "row": "1", "rows": "1", "missing": "qty part_number"}
    assert {"param": "columns.qty", "value": "C", "label": "use"} in told["choices"]
    assert task["error_detail"] == {"type": "/problems/task-failed", "title": "Task failed", "status": 422, "detail": plain["error"], "code": code}
    assert client.get(task["error_detail"]["type"]).status == 200
    check_links(client, task, "retry", "rejects", "rows", "log")
    assert daemon.spool_files() == [task_id]
    tag = full(client, task_id).headers["ETag"]
    (daemon.state / "spool" / task_id).unlink()
    answer = full(client, task_id)
    check_links(client, answer.json, "rejects", "rows", "log")
    assert answer.headers["ETag"] != tag, "another text has another tag"


def kept_everywhere(daemon, task_ids):
    """The plain and the full text of ended tasks: from the table, from the journal alone, and after a restart they are the same."""
    client = daemon.worker(0)

    def now(client):
        return {task_id: (client.get(f"/api/tasks/{task_id}").body, full(client, task_id).body) for task_id in task_ids}

    known = now(client)
    for _ in range(10):  # of eight slots none is left to them
        client.wait(client.start("test_sleep", ms=0, steps=1))
    assert all(client.get(f"/api/tasks/{task_id}").headers["ETag"] == f'W/"j.{task_id}"' for task_id in task_ids)
    assert now(daemon.worker(1)) == known
    daemon.kill_all()
    daemon.start()
    assert now(daemon.worker(0)) == known
    return {task_id: json.loads(text) for task_id, (_plain, text) in known.items()}


def test_failed_tasks_keep_what_they_had_reached(make_daemon):
    daemon = make_daemon(tasks__slots=8, tasks__cancel_statement_s=1, tasks__cancel_kill_s=1)
    samples.load_catalogue(daemon)
    client = daemon.worker(0)
    head = ["Артикул", "Наименование", "Количество", "Цена"]
    rows = [[f"PN-{n}", f"Item {n}", "many" if n % 3 else 5, 10] for n in range(9)]
    rejected = client.upload("/api/stock/import?warehouse=MAIN", samples.xlsx([head, *rows])).json["task_id"]
    client.wait(rejected)  # the next one would wait for its lease on the warehouse
    nothing = client.upload("/api/stock/import?warehouse=MAIN", samples.xlsx([["no", "heading", "at all"], [1, 2, 3]])).json["task_id"]
    limit, crash = client.start("test_limit", how="polite"), client.start("test_crash", how="exit")
    deaf = client.start("test_deaf", how="own", ms=60000)
    client.wait(deaf, until=lambda t: t["progress"] == 40)
    assert cancel(client, deaf).status == 202
    ends = [rejected, nothing, limit, crash, deaf]
    for task_id in ends:
        client.wait(task_id)
    tasks = kept_everywhere(daemon, ends)
    assert tasks[rejected]["outcome"] == "failed" and tasks[rejected]["progress"] > 0
    assert tasks[rejected]["counters"] == {"total": 9, "done": 9, "created": 0, "updated": 0, "unchanged": 0, "rejected": 6}
    assert tasks[nothing]["counters"] is None, "there was nothing to count"
    assert (tasks[limit]["outcome"], tasks[limit]["progress"]) == ("timed_out", 40) and tasks[limit]["message"]
    assert (tasks[deaf]["outcome"], tasks[deaf]["progress"], tasks[deaf]["message"]) == ("cancelled", 40, "cancelled")
    assert tasks[crash]["outcome"] == "interrupted" and tasks[crash]["message"].endswith("no attempt left; last step: started, attempt 3 of 3")


def in_slices(daemon, client, task_id, until):
    """Let the only runner work a few milliseconds at a time until `until`; it stands still when this returns its pid."""
    runner = daemon.children("runner")[0]
    while True:
        halt(runner)
        task = client.task(task_id)
        if until(task):
            return runner
        assert task["status"] == "running", task
        os.kill(runner, signal.SIGCONT)
        time.sleep(0.003)


@pytest.mark.alone
def test_rows_counted_when_an_import_is_cancelled(make_daemon):
    """As long as the file has not been read to its end nobody knows how many rows there would have been."""
    daemon = make_daemon(tasks__runners=1)
    samples.load_catalogue(daemon)
    client = daemon.worker(0)
    task_id = client.upload("/api/stock/import?warehouse=MAIN", samples.stock(150000)).json["task_id"]
    runner = in_slices(daemon, client, task_id, until=lambda t: t["progress"] >= 5)
    cancel(client, task_id)
    os.kill(runner, signal.SIGCONT)
    client.wait(task_id)
    task = full(client, task_id).json
    assert task["outcome"] == "cancelled" and task["progress"] >= 5
    counters = task["counters"]
    assert counters["total"] is None and 0 < counters["done"] < 150000 or counters["total"] == counters["done"] == 150000, counters
    assert counters["created"] == counters["updated"] == counters["unchanged"] == counters["rejected"] == 0


def test_a_cancelled_task(daemon):
    client, other = daemon.worker(0), daemon.worker(1)
    task_id = client.start("test_deaf", how="own", ms=3000)
    client.wait(task_id, until=lambda t: t["progress"] == 40)
    assert full(client, task_id).json["cancel_requested_at"] is None
    assert cancel(other, task_id, "wrong file").status == 202
    task = full(client, task_id).json
    assert (task["state"], task["phase"], task["outcome"], task["eta_seconds"]) == ("running", "cancelling", None, None)
    asked = task["cancel_requested_at"]
    assert task["created_at"] <= asked
    client.wait(task_id)
    task = full(other, task_id).json
    assert (task["state"], task["phase"], task["outcome"]) == ("cancelled", None, "cancelled")
    assert task["cancel_requested_at"] == asked and task["progress"] == 40
    assert task["error_detail"] == {"type": "/problems/task-cancelled", "title": "Task cancelled", "status": 409,
                                    "detail": "Cancelled (wrong file); nothing was written.", "code": "cancelled", "args": {}, "choices": []}
    check_links(client, task, "retry", "log")


@pytest.mark.parametrize("kind,how,outcome,slug", [("test_limit", "polite", "timed_out", "task-timed-out"),
                                                   ("test_crash", "exit", "interrupted", "task-interrupted")])
def test_ends_that_no_handler_wrote(daemon, kind, how, outcome, slug):
    client = daemon.worker(0)
    task_id = client.start(kind, how=how)
    client.wait(task_id)
    task = full(client, task_id).json
    assert (task["state"], task["outcome"], task["attempt"]) == ("failed", outcome, 1 if kind == "test_limit" else 3)
    detail = task["error_detail"]
    assert (detail["type"], detail["code"], detail["detail"]) == (f"/problems/{slug}", outcome, task["error"])
    assert client.get(detail["type"]).status == 200


def test_a_retry_names_the_task_that_it_repeats(daemon):
    client = daemon.worker(0)
    first = client.start("test_sleep", ms=0, steps=3)
    client.wait(first)
    answer = client.request("POST", full(client, first).json["links"]["retry"])
    assert answer.status == 202
    second = answer.json["task_id"]
    client.wait(second)
    task = full(client, second).json
    assert task["retry_of"] == first and task["request_id"] == answer.headers["Request-Id"]
    assert task["params_digest"] == full(client, first).json["params_digest"]
    assert full(client, first).json["retry_of"] is None


# ---- tags and waiting ----

def test_a_tag_of_its_own(daemon):
    client = daemon.worker(0)
    task_id = start_quiet(client)
    plain = client.get(f"/api/tasks/{task_id}").headers["ETag"]
    tag = full(client, task_id).headers["ETag"]
    assert re.fullmatch(re.escape(plain[:-1]) + r'\.full\.[0-9a-f]+"', tag)
    target = f"/api/tasks/{task_id}?view=full"
    again = daemon.worker(1).get(target, {"If-None-Match": tag})
    assert again.status == 304 and again.body == b"" and again.headers["ETag"] == tag
    assert client.get(target, {"If-None-Match": plain}).status == 200
    assert client.get(f"/api/tasks/{task_id}", {"If-None-Match": tag}).status == 200
    head = client.request("HEAD", target)
    assert head.status == 200 and head.body == b"" and head.headers["ETag"] == tag
    assert int(head.headers["Content-Length"]) == len(full(client, task_id).body)
    # What the journal alone knows changes the tag too.
    daemon.sql(f"UPDATE task SET cancel_requested_at = UTC_TIMESTAMP(3) WHERE id = '{task_id}'")
    assert client.get(target, {"If-None-Match": tag}).status == 200


def test_long_polls(daemon):
    client = daemon.worker(0)
    task_id = client.start("test_sleep", ms=3000, steps=2)
    client.wait(task_id, until=lambda t: t["message"] == "started")
    tag = full(client, task_id).headers["ETag"]
    target = f"/api/tasks/{task_id}?view=full&wait=20"
    changed = [Held(daemon.worker(i), target, {"If-None-Match": tag}) for i in (0, 1)]
    ended = Held(daemon.worker(1), f"/api/tasks/{task_id}?view=full", {"Prefer": "wait=20"})
    for held in changed:
        answer = held.result()
        assert answer.status == 200 and answer.json["message"] == "step 1 of 2" and answer.headers["ETag"] != tag
        assert answer.headers["Preference-Applied"] == "wait=20" and list(answer.json) == MEMBERS + MORE
    answer = ended.result()
    assert answer.json["state"] == "succeeded" and answer.headers["Task-Outcome"] == "succeeded"
    assert list(answer.json) == MEMBERS + MORE and answer.headers["Preference-Applied"] == "wait=20"
    assert client.get(target, {"If-None-Match": answer.headers["ETag"]}).status == 304


def test_a_long_poll_ends_in_time(daemon):
    client = daemon.worker(0)
    task_id = start_quiet(client)
    tag = full(client, task_id).headers["ETag"]
    held = Held(daemon.worker(1), f"/api/tasks/{task_id}?view=full&wait=1", {"If-None-Match": tag})
    answer = held.result()
    assert answer.status == 304 and answer.headers["ETag"] == tag and answer.headers["Preference-Applied"] == "wait=1"
    assert 1 <= held.took < 5


def test_room_for_held_requests_counts_these_too(make_daemon):
    daemon = make_daemon(http__max_held=1)
    client = daemon.worker(0)
    task_id = client.start("test_sleep", ms=60000, steps=600)
    first = Held(daemon.worker(0), f"/api/tasks/{task_id}?view=full&wait=20")
    assert first.still_waits()
    answer = full(client, task_id, "&wait=20")
    assert answer.headers["Preference-Applied"] is None
    cancel(client, task_id)
    assert first.result().json["state"] == "cancelled"


# ---- one source alone ----

def test_tasks_that_only_the_journal_knows(daemon):
    client, done, live, forgotten = daemon.worker(0), str(uuid.uuid4()), str(uuid.uuid4()), a_forgotten_task(daemon)
    insert(daemon, [(done, "test_sleep", "failed", "2026-02-05 08:30:00.000")])
    daemon.sql(f"INSERT INTO task (id,node,type,params,status,created_at,started_at,attempt) VALUES "
               f"('{live}','{NODE}','test_sleep','{{}}','running','2026-02-05 08:30:00','2026-02-05 08:31:00',2)")
    answer = full(client, done)
    task = answer.json
    assert re.fullmatch(rf'W/"j\.{done}\.full\.[0-9a-f]+"', answer.headers["ETag"])
    assert (task["state"], task["outcome"], task["started_at"], task["requested_by"]) == ("failed", "failed", None, None)
    assert task["error_detail"]["detail"] == "went wrong" and task["error_detail"]["code"] is None
    begun = time.monotonic()
    answer = full(client, live, "&wait=10")
    assert time.monotonic() - begun < 5 and answer.headers["Preference-Applied"] is None, "another node's: not held"
    task = answer.json
    assert (task["state"], task["phase"], task["attempt"], task["started_at"]) == ("running", "working", 2, "2026-02-05T08:31:00.000Z")
    check_problem(client.get(f"/api/tasks/{UNKNOWN}?view=full"), 404, "task-not-found")
    check_problem(client.get(f"/api/tasks/{forgotten}?view=full"), 410, "task-expired")


def a_forgotten_task(daemon):
    client = daemon.worker(1)
    task_id = client.start("test_sleep", ms=0)
    client.wait(task_id)
    assert client.request("DELETE", f"/api/tasks/{task_id}").status == 204
    return task_id


def test_while_the_database_is_away_the_slot_answers_alone(daemon):
    client = daemon.worker(0)
    failed, big = client.start("test_limit", how="polite"), client.start("test_big")
    client.wait(failed)
    client.wait(big)
    live = start_quiet(client)
    known = full(client, live)
    pid = int((daemon.runtime / "db.pid").read_text())
    halt(pid)
    try:
        for _ in range(2):  # the first may have to find out
            answer = full(client, live)
        task = answer.json
        assert [task[name] for name in OF_THE_JOURNAL] == [None] * len(OF_THE_JOURNAL)
        assert task == {**known.json, **dict.fromkeys(OF_THE_JOURNAL), "links": links(task, "cancel")}
        assert answer.headers["ETag"] != known.headers["ETag"]
        task = full(client, failed).json
        assert (task["state"], task["outcome"]) == ("failed", "timed_out")
        assert task["error_detail"]["detail"] == task["error"] and task["error_detail"]["code"] is None
        check_links(client, task)
        check_problem(client.get(f"/api/tasks/{big}?view=full"), 503, "database-unavailable")
        check_problem(client.get(f"/api/tasks/{UNKNOWN}?view=full"), 503, "database-unavailable")
    finally:
        os.kill(pid, signal.SIGCONT)
    wait_ready(client)
    answer = full(client, live)
    assert answer.body == known.body and answer.headers["ETag"] == known.headers["ETag"]
    assert re.fullmatch(UUID, answer.json["request_id"])


# ---- faults ----

@pytest.mark.parametrize("query,pointers", [
    ("view=all", {"/view"}), ("view=", {"/view"}), ("view=full&what=1", {"/what"}), ("view=full&wait=x", {"/wait"}),
    ("view=short&wait=-1&what=1", {"/view", "/wait", "/what"}), ("view=full&view=full", {"/view"}),
])
def test_every_fault_of_the_query_at_once(module_daemon, query, pointers):
    body = check_problem(module_daemon.worker(0).get(f"/api/tasks/{UNKNOWN}?{query}"), 422, "invalid-parameters")
    assert {fault["pointer"] for fault in body["errors"]} == pointers


def test_phases_are_fixed_words(daemon):
    """Two imports into one warehouse: the first reads, compares and saves, the second waits for its turn meanwhile; a recalculation calculates."""
    samples.load_catalogue(daemon, "warehouses", "components", "part_numbers", "parties", "rates", "quotes")
    client, data = daemon.worker(0), samples.stock(60000)
    tasks = [client.upload("/api/stock/import?warehouse=MAIN&force=true", data).json["task_id"] for _ in range(2)]
    tasks.append(client.start("recalculate", as_of="2026-02-05"))
    seen, ended = {task_id: set() for task_id in tasks}, set()
    end = time.monotonic() + 60
    while len(ended) < 3:
        assert time.monotonic() < end
        for task_id in tasks:
            task = full(client, task_id).json
            seen[task_id].add(task["phase"])
            ended |= {task_id} if task["phase"] is None else set()
    first, second, prices = (seen[task_id] - {None, "waiting", "working"} for task_id in tasks)
    turns = [phases for phases in (first, second) if "waiting_turn" in phases]
    assert len(turns) == 1 and {"reading", "saving"} <= first & second, seen
    assert first | second <= {"waiting_turn", "reading", "comparing", "saving"} and prices <= {"waiting_turn", "reading", "calculating", "saving"}, seen
