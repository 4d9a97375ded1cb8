"""The bytes of the contract: every situation of a task, every kind of problem, as clients get them on the wire."""
import hashlib
import json
import os
import re
import signal
import threading
import time
import uuid

import golden
import samples
from contract import described
from daemon import BRISK, halt
from golden import Wire, ask
from test_actions import UNKNOWN, busy_runners, cancel
from test_faults import runner_of, wait_ready
from test_polls import start_quiet
from test_tokens import file, make  # noqa: F401 - a fixture

JSON = "Content-Type: application/json"


def status_of(answer):
    return int(answer.split(b" ", 2)[1])


def patient(daemon, target, worker=0):
    """An answer of a worker that is not late: one that is asks for more patience, in Retry-After."""
    end = time.monotonic() + 20
    while b"\r\nRetry-After: 1\r\n" not in (answer := ask(daemon, "GET", target, worker=worker)) and b"Retry-After" in answer:
        assert time.monotonic() < end, answer
        time.sleep(0.2)
    return answer


def golden_task(daemon, name, task_id):
    """The plain poll, its HEAD and its 304, and the full view."""
    plain = patient(daemon, f"/api/tasks/{task_id}", worker=1)
    golden.check(f"task-{name}.http", plain, task_id)
    tag = re.search(rb"\r\nETag: ([^\r]+)", plain)[1].decode()
    head = golden.stable(ask(daemon, "HEAD", f"/api/tasks/{task_id}"), task_id)
    assert head == golden.stable(plain.split(b"\r\n\r\n")[0] + b"\r\n\r\n", task_id)
    same = ask(daemon, "GET", f"/api/tasks/{task_id}", [f"If-None-Match: {tag}"])
    assert golden.stable(same, task_id) == NOT_MODIFIED % golden.stable(tag.encode(), task_id), same
    golden.check(f"task-{name}-full.http", patient(daemon, f"/api/tasks/{task_id}?view=full"), task_id)


NOT_MODIFIED = b"HTTP/1.1 304 Not Modified\r\nETag: %s\r\nCache-Control: private, no-cache\r\nVary: Prefer\r\nDate: <date>\r\n\r\n"


def ended(daemon, task_id):
    daemon.worker(0).wait(task_id)
    return task_id


# ---- Situations of a task ----

def test_the_start(daemon):
    wire = Wire(daemon.runtime / "worker-0.sock")
    answer = wire.ask("POST", "/api/tasks", [JSON], b'{"type":"test_sleep","params":{"ms":0}}')
    golden.check("start.http", answer, json.loads(answer.split(b"\r\n\r\n")[1])["task_id"])


def test_waiting_working_cancelling(make_daemon):
    daemon = make_daemon(tasks__runners=1)
    client = daemon.worker(0)
    working = client.start("test_deaf", how="own", ms=60000)
    client.wait(working, until=lambda t: t["progress"] == 40)
    waiting = [client.start("test_sleep", ms=0) for _ in range(2)]
    client.wait(waiting[1], until=lambda t: t["message"] == "waiting, 1 ahead")
    golden_task(daemon, "waiting", waiting[1])
    golden_task(daemon, "working", working)
    answer = ask(daemon, "POST", f"/api/tasks/{waiting[0]}/cancel", [JSON], b'{"reason":"wrong file"}')
    golden.check("cancel-waiting.http", answer, waiting[0])
    golden_task(daemon, "cancelled-waiting", waiting[0])
    golden.check("cancel-working.http", ask(daemon, "POST", f"/api/tasks/{working}/cancel"), working)
    golden_task(daemon, "cancelling", working)


def test_cancelled_while_it_worked(daemon):
    client = daemon.worker(0)
    task_id = client.start("test_deaf", how="polite")
    client.wait(task_id, until=lambda t: t["progress"] == 40)
    assert cancel(client, task_id, "wrong file").status == 202
    golden_task(daemon, "cancelled-working", ended(daemon, task_id))


def test_done(daemon):
    golden_task(daemon, "done", ended(daemon, daemon.worker(0).start("test_sleep", ms=0)))


def test_imports(daemon):
    samples.load_catalogue(daemon)
    client = daemon.worker(0)
    head = ["Артикул", "Наименование", "Количество", "Цена"]
    rows = [["PN-1", "One", 5, 10], ["PN-2", "Two", "many", 10]]

    def run(query, rows):
        return ended(daemon, client.upload(f"/api/stock/import?warehouse=MAIN&filename=stock.xlsx{query}", samples.xlsx(rows)).json["task_id"])

    golden_task(daemon, "dry-run", run("&dry_run=true", [head, rows[0]]))
    golden_task(daemon, "partial", run("", [head, *rows]))
    golden_task(daemon, "refused-heading", run("", [["nothing", "of", "use"], [1, 2, 3]]))
    golden_task(daemon, "refused-rows", run("", [head, rows[0], rows[1], rows[1], rows[1]]))


def test_time_limit(daemon):
    golden_task(daemon, "time-limit", ended(daemon, daemon.worker(0).start("test_limit", how="polite")))


def test_interrupted(make_daemon):
    daemon = make_daemon(tasks__runners=1, **BRISK)
    client = daemon.worker(0)
    task_id = start_quiet(client)
    tag = client.get(f"/api/tasks/{task_id}").headers["ETag"]
    wire = Wire(daemon.runtime / "worker-1.sock")
    wire.send(f"GET /api/tasks/{task_id} HTTP/1.1\r\nHost: localhost\r\nPrefer: wait=20\r\nIf-None-Match: {tag}\r\n\r\n".encode())
    time.sleep(0.3)
    os.kill(runner_of(daemon, task_id), signal.SIGKILL)
    golden.check("task-interrupted.http", wire.answer(), task_id)
    client.wait(task_id, until=lambda t: t["message"] == "started, attempt 2 of 3")
    golden_task(daemon, "second-attempt", task_id)
    cancel(client, task_id)
    golden_task(daemon, "interrupted-for-good", ended(daemon, client.start("test_crash", how="exit")))


def test_expired(make_daemon):
    daemon = make_daemon(tasks__start_within_s=1, tasks__runners=1)
    busy_runners(daemon, 1)
    golden_task(daemon, "expired", ended(daemon, daemon.worker(0).start("test_sleep", ms=0)))


# ---- Problems ----

def golden_problem(slug, answer, task_id=None, name=None):
    head, body = answer.split(b"\r\n\r\n")
    assert json.loads(body)["type"] == f"/problems/{slug}", answer
    assert int(re.search(rb"\r\nContent-Length: (\d+)", head)[1]) == len(body)
    golden.check(f"problem-{name or slug}.http", answer, task_id)


def post(daemon, target, body=b"", *headers, worker=0):
    return ask(daemon, "POST", target, [JSON, *headers], body, worker)


SLEEP = b'{"type":"test_sleep","params":{"ms":0}}'


def test_problems_of_requests(daemon):
    golden_problem("bad-request", Wire(daemon.runtime / "worker-0.sock").ask("GET", "/api/tasks", ["Bad Name: x"]))
    golden_problem("malformed-json", post(daemon, "/api/tasks", b'{"type":'))
    golden_problem("invalid-parameters", post(daemon, "/api/tasks", b'{"type":"test_sleep","what":1,"params":{"ms":-5,"steps":"many"}}'))
    golden_problem("unsupported-media-type", ask(daemon, "POST", "/api/tasks", ["Content-Type: text/plain"], b"{}"))
    golden_problem("body-too-large", post(daemon, "/api/tasks", b"[" + b" " * 70000 + b"]"))
    golden_problem("not-found", ask(daemon, "GET", "/nothing"))
    golden_problem("method-not-allowed", ask(daemon, "PUT", "/api/tasks"))
    golden_problem("forbidden", post(daemon, "/api/tasks", SLEEP, "Sec-Fetch-Site: cross-site"), name="forbidden-site")
    golden_problem("precondition-failed", ask(daemon, "DELETE", f"/api/tasks/{UNKNOWN}", ["If-Match: *"]))
    golden_problem("precondition-required", ask(daemon, "PATCH", "/api/components/x", [JSON], b"{}"))
    tcp = Wire(port=daemon.port)
    golden_problem("misdirected-request", tcp.ask("GET", "/api/tasks", ["Connection: close"], host="evil.example"))
    golden_problem("head-too-large", ask(daemon, "GET", "/" + "x" * 17000))
    golden_problem("expectation-failed", ask(daemon, "GET", "/healthz", ["Expect: the-spanish-inquisition"]))
    wire = Wire(daemon.runtime / "worker-0.sock")
    wire.send(b"GET / HTTP/2.0\r\nHost: localhost\r\n\r\n")
    golden_problem("version-not-supported", wire.answer())
    golden_problem("invalid-parameters", ask(daemon, "GET", "/api/tasks?limit=x&status=dead"), name="invalid-parameters-query")


def test_problems_of_tasks(make_daemon):
    daemon = make_daemon()
    samples.load_catalogue(daemon)
    client = daemon.worker(0)
    golden_problem("task-not-found", ask(daemon, "GET", f"/api/tasks/{UNKNOWN}"))
    golden_problem("task-not-found", ask(daemon, "GET", "/api/tasks/nonsense"), name="task-not-found")
    done, live = ended(daemon, client.start("test_sleep", ms=0)), start_quiet(client)
    golden_problem("task-already-finished", ask(daemon, "POST", f"/api/tasks/{done}/cancel"))
    golden_problem("task-still-running", ask(daemon, "DELETE", f"/api/tasks/{live}"))
    golden_problem("task-still-running", ask(daemon, "GET", f"/api/tasks/{live}/rejects.csv"), name="task-still-running")
    assert status_of(ask(daemon, "DELETE", f"/api/tasks/{done}")) == 204
    golden_problem("task-expired", ask(daemon, "GET", f"/api/tasks/{done}"))
    failed = ended(daemon, client.upload("/api/stock/import?warehouse=MAIN", samples.xlsx([["a", "b"], [1, 2]])).json["task_id"])
    golden_problem("file-gone", ask(daemon, "POST", f"/api/tasks/{failed}/retry"))
    golden_problem("base-moved", ask(daemon, "POST", "/api/stock/import?warehouse=MAIN&expect_import=9", ["Content-Type: application/octet-stream"],
                                     samples.xlsx([["a", "b"], [1, 2]])))
    daemon.sql(f"INSERT INTO task (id,node,type,params,status,outcome,created_at,finished_at,attempt) VALUES "
               f"('{(old := uuid.uuid4())}','{UNKNOWN}','of_an_older_version','{{}}','succeeded','succeeded','2026-02-05','2026-02-05',1)")
    golden_problem("conflict", ask(daemon, "POST", f"/api/tasks/{old}/retry"))


def test_problems_of_starts(make_daemon):
    daemon = make_daemon(tasks__max_waiting=1)
    original = post(daemon, "/api/tasks", b'{"type":"test_refuse","params":{"ms":60000}}')
    task_id = json.loads(original.split(b"\r\n\r\n")[1])["task_id"]
    golden_problem("duplicate-task", post(daemon, "/api/tasks", b'{"type":"test_refuse","params":{"ms":60000}}'), task_id)
    assert status_of(post(daemon, "/api/tasks", SLEEP, "Idempotency-Key: used")) == 202
    golden_problem("idempotency-key-reused", post(daemon, "/api/tasks", SLEEP.replace(b"0", b"1"), "Idempotency-Key: used"))
    scope = hashlib.sha256(b"unix\0POST\0/api/tasks\0held\0").hexdigest()
    holder = threading.Thread(target=daemon.sql, args=(
        f"START TRANSACTION; INSERT INTO task (id, node, type, params, idem_scope, idem_payload) VALUES (UUID(), UUID(), 'x', '{{}}', "
        f"UNHEX('{scope}'), UNHEX('{scope}')); SELECT SLEEP(4); ROLLBACK",))
    holder.start()
    time.sleep(1)
    golden_problem("idempotency-in-progress", post(daemon, "/api/tasks", SLEEP, "Idempotency-Key: held"))
    holder.join()
    busy_runners(daemon, 1)
    client, answer = daemon.worker(0), None
    for _ in range(3):
        answer = client.post_json("/api/tasks", {"type": "test_sleep", "params": {"ms": 0}})
    assert answer.status == 503
    golden_problem("queue-full", post(daemon, "/api/tasks", SLEEP))


def test_problems_of_tokens(make_daemon, file):  # noqa: F811
    admin, reader = make(file, "-s", "admin"), make(file, "-s", "read")
    daemon = make_daemon(auth__tokens_file=file)
    golden_problem("unauthorized", ask(daemon, "GET", "/api/tasks"))
    golden_problem("unauthorized", ask(daemon, "GET", "/api/tasks", [f"Authorization: Bearer {admin[:-1]}~"]), name="unauthorized-wrong")
    golden_problem("forbidden", post(daemon, "/api/tasks", SLEEP, f"Authorization: Bearer {reader}"))


def test_too_many_requests_on_a_connection(daemon):
    """Those that wait behind one that is held."""
    task_id = start_quiet(daemon.worker(0))
    wire = Wire(daemon.runtime / "worker-1.sock")
    one = f"POST /api/tasks/{UNKNOWN}/cancel HTTP/1.1\r\nHost: localhost\r\n{JSON}\r\nContent-Length: 2\r\n\r\n{{}}".encode()
    wire.send(f"GET /api/tasks/{task_id}?wait=2 HTTP/1.1\r\nHost: localhost\r\n\r\n".encode() + one * 60)
    data = b""
    while not re.search(rb" 429 [^{]*{[^}]*}$", data):
        data += wire.sock.recv(65536)
    answers = re.split(rb"(?=HTTP/1\.1 \d\d\d )", data)[1:]
    assert [status_of(answer) for answer in answers[:-1]] == [200] + 32 * [404]
    golden_problem("rate-limited", answers[-1])


def test_problems_of_the_service(make_daemon):
    daemon = make_daemon(http__max_uploads=1)
    samples.load_catalogue(daemon)
    slow = Wire(daemon.runtime / "worker-0.sock")
    upload = b"POST /api/stock/import?warehouse=MAIN HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/octet-stream\r\n"
    slow.send(upload + b"Content-Length: 200000\r\n\r\n" + b"x" * 100000)
    time.sleep(0.5)
    golden_problem("too-many-uploads", ask(daemon, "POST", "/api/stock/import?warehouse=MAIN", ["Content-Type: application/octet-stream"], b"x" * 100000))
    slow.sock.close()
    # A statement that fails in a way that nobody thought of.
    daemon.sql("RENAME TABLE stock_item TO real_stock; "
               "CREATE VIEW stock_item AS SELECT * FROM real_stock WHERE (SELECT 1 UNION ALL SELECT 2) = 1")
    golden_problem("internal", ask(daemon, "GET", "/api/stock"))
    pid = int((daemon.runtime / "db.pid").read_text())
    halt(pid)
    try:
        answer = post(daemon, "/api/tasks", SLEEP)
        golden_problem("database-unavailable", answer)
    finally:
        os.kill(pid, signal.SIGCONT)
    wait_ready(daemon.worker(0))


def test_a_worker_that_drains(daemon):
    """A request that had begun when the worker was told to go."""
    wire = Wire(daemon.runtime / "worker-0.sock")
    wire.send(b"POST /api/tasks HTTP/1.1\r\nHost: localhost\r\n" + JSON.encode() + b"\r\nContent-Length: %d\r\n\r\n" % len(SLEEP) + SLEEP[:5])
    time.sleep(0.2)
    os.kill(daemon.worker_pid(0), signal.SIGTERM)
    time.sleep(0.3)
    wire.send(SLEEP[5:])
    golden_problem("draining", wire.answer())


# What only a machine in trouble says; its words are in the table that the pages show (test_http_edge.py).
OF_TROUBLE = {"insufficient-storage", "spool-unavailable", "not-ready"}
# The ends of tasks: their place is error_detail in the full views above.
OF_ENDS = {"task-cancelled", "task-failed", "task-interrupted", "task-not-started", "task-timed-out"}


def test_every_kind_of_problem_has_its_bytes():
    names = {re.sub(r"^problem-|\.http$", "", path.name) for path in golden.DATA.glob("problem-*.http")}
    assert set(described()["problems"]) - names == OF_TROUBLE | OF_ENDS
    ends = b"".join(path.read_bytes() for path in golden.DATA.glob("task-*-full.http"))
    assert all(f"/problems/{slug}".encode() in ends for slug in OF_ENDS)
