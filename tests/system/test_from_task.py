"""An import of the file that an earlier task had: a dry run or one that did not succeed. The file is sent once, and each start takes effect exactly once."""
import os
import signal
import threading
import time

import pytest

import samples
from test_tasks import check_problem
from test_tokens import as_client, file, guarded, make

__all__ = ["file", "guarded"]
STOCK, QUOTES = "/api/stock/import", "/api/quotes/import"
ROWS = [["Артикул", "Наименование", "Количество", "Цена"], ["PN-1", "One", 5, 10], ["PN-2", "Two", "есть", 20], ["PN-3", "Three", 7, 30]]
PRICES = [["Артикул", "Цена"], ["PN-1", 10], ["PN-2", 20]]
SLEEP = {"ms": 60000, "steps": 600}


def upload(client, target, data, **parameters):
    query = "&".join(f"{key}={value}" for key, value in parameters.items())
    answer = client.upload(f"{target}?filename=stock.xlsx&{query}", data)
    assert answer.status == 202, answer
    return answer.json["task_id"]


def take(client, target, task_id, body=None, headers=None, **parameters):
    query = "&".join(f"{key}={value}" for key, value in parameters.items())
    return client.request("POST", f"{target}?from_task={task_id}&{query}", body, headers or {})


def taken(client, target, task_id, **parameters):
    answer = take(client, target, task_id, **parameters)
    assert answer.status == 202, answer
    return client.wait(answer.json["task_id"])


def full(client, task_id):
    return client.get(f"/api/tasks/{task_id}?view=full").json


def items(daemon):
    return sorted(daemon.sql("SELECT part_number, qty FROM stock_item"))


def until(condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.fixture
def keeping(make_daemon):
    daemon = make_daemon(spool__keep_preview=1800)
    samples.load_catalogue(daemon, "warehouses", "parties")
    return daemon


def test_a_dry_run_is_imported_without_sending_it_again(keeping):
    one, other = keeping.worker(0), keeping.worker(1)
    dry = upload(one, STOCK, samples.xlsx(ROWS), warehouse="MAIN", dry_run="true")
    seen = one.wait(dry)["result"]
    assert keeping.spool_files() == [dry] and items(keeping) == []
    view = full(other, dry)
    assert view["file"]["kept_until"] > view["done_at"] and view["from_task"] is None
    again = taken(other, STOCK, dry, warehouse="MAIN", dry_run="true")  # by another worker
    assert {**again["result"], "rejects": ""} == {**seen, "rejects": ""}
    real = taken(other, STOCK, dry, warehouse="MAIN")
    assert {**real["result"]["file"], "profile": None} == seen["file"]  # only a dry run looks for one
    assert items(keeping) == [["PN-1", "5.000"], ["PN-3", "7.000"]]
    view = full(one, real["id"])
    assert (view["from_task"], view["retry_of"], view["file"]["name"], view["file"]["kept_until"]) == (dry, None, "stock.xlsx", None)
    assert sorted(keeping.spool_files()) == sorted([dry, again["id"]]), "the file of a success goes, those of dry runs stay"
    check_problem(take(one, STOCK, real["id"], warehouse="MAIN"), 409, "file-gone")


def test_a_refused_import_is_put_right_by_parameters_and_by_retry(keeping):
    client = keeping.worker(0)
    refused = upload(client, STOCK, samples.xlsx(ROWS), warehouse="MAIN", max_reject_pct=0)
    assert client.wait(refused)["error"].startswith("1 of 3 rows were rejected")
    links = full(client, refused)["links"]
    assert links["retry"]
    second = client.request("POST", links["retry"])
    assert second.status == 202 and client.wait(second.json["task_id"])["status"] == "error"
    assert taken(client, STOCK, refused, warehouse="MAIN", max_reject_pct=50)["status"] == "completed"
    assert items(keeping) == [["PN-1", "5.000"], ["PN-3", "7.000"]]


def test_another_type_and_the_catalogue(keeping):
    client = keeping.worker(0)
    wrong = upload(client, STOCK, samples.xlsx(PRICES), warehouse="MAIN")
    assert client.wait(wrong)["status"] == "error", "it has no quantity: it is a price list"
    done = taken(client, QUOTES, wrong, party="SUP-01")
    assert done["status"] == "completed" and done["result"]["inserted"] == 2
    dry = client.upload("/api/catalog/warehouses/import?dry_run=true", b"code,name\nNEW,New\n", "text/csv").json["task_id"]
    assert client.wait(dry)["status"] == "completed"
    assert taken(client, "/api/catalog/warehouses/import", dry)["result"]["inserted"] == 1
    mxl = upload(client, STOCK, b"MOXCEL\0" + b"\0" * 100, warehouse="MAIN", dry_run="true")
    assert client.wait(mxl)["status"] == "error"
    body = check_problem(take(client, "/api/catalog/warehouses/import", mxl), 422, "invalid-parameters")
    assert [fault["pointer"] for fault in body["errors"]] == ["/file"], "the file is told by its content again, as this type reads it"


def test_a_form_brings_the_parameters_and_all_faults_come_at_once(keeping):
    client = keeping.worker(0)
    dry = upload(client, STOCK, samples.xlsx(ROWS), warehouse="MAIN", dry_run="true")
    client.wait(dry)
    fields = b'--b\r\nContent-Disposition: form-data; name="warehouse"\r\n\r\nMAIN\r\n--b--\r\n'
    form = {"Content-Type": "multipart/form-data; boundary=b"}
    answer = take(client, STOCK, dry, fields, form)
    assert answer.status == 202 and client.wait(answer.json["task_id"])["status"] == "completed"
    client.unchecked = True

    def faults(answer):
        return {(fault["pointer"], fault["code"]) for fault in check_problem(answer, 422, "invalid-parameters")["errors"]}

    assert faults(take(client, STOCK, "nonsense", mode="odd")) == {("/from_task", "type"), ("/mode", "choice"), ("/warehouse", "required")}
    unknown = "00000000-0000-4000-8000-000000000000"
    assert faults(take(client, STOCK, unknown, mode="odd", warehouse="MAIN")) == {("/from_task", "unknown-task"), ("/mode", "choice")}
    no_file = client.start("test_sleep", ms=0)
    client.wait(no_file)
    assert faults(take(client, STOCK, no_file, warehouse="MAIN")) == {("/from_task", "unknown-task")}
    assert faults(take(client, STOCK, dry, b"a;b\n", {"Content-Type": "text/csv"}, mode="odd")) == {
        ("/from_task", "conflict"), ("/mode", "choice"), ("/warehouse", "required")}
    both, kind = samples.multipart({"warehouse": "MAIN"}, "x.xlsx", samples.xlsx(ROWS))
    assert faults(take(client, STOCK, dry, both, {"Content-Type": kind})) == {("/from_task", "conflict")}
    assert sorted(keeping.spool_files()) == [dry], "what was refused has left nothing"


def test_one_key_is_one_task_even_when_the_file_has_gone(keeping):
    client, key = keeping.worker(0), {"Idempotency-Key": "import-it"}
    dry = upload(client, STOCK, samples.xlsx(ROWS), warehouse="MAIN", dry_run="true")
    client.wait(dry)
    first = take(client, STOCK, dry, headers=key, warehouse="MAIN")
    client.wait(first.json["task_id"])
    (keeping.state / "spool" / dry).unlink()
    again = take(keeping.worker(1), STOCK, dry, headers=key, warehouse="MAIN")
    assert (again.status, again.body, again.headers["Idempotency-Replayed"]) == (202, first.body, "true")
    check_problem(take(client, STOCK, dry, headers=key, warehouse="MAIN", mode="merge"), 422, "idempotency-key-reused")
    check_problem(take(client, STOCK, dry, warehouse="MAIN"), 409, "file-gone")
    assert full(client, dry)["file"]["kept_until"] is None
    assert len(keeping.sql("SELECT id FROM stock_import")) == 1


def test_the_file_is_kept_over_a_restart_and_for_its_time(make_daemon):
    daemon = make_daemon(spool__keep_preview=6)
    samples.load_catalogue(daemon)
    client = daemon.worker(0)
    dry = upload(client, STOCK, samples.xlsx(ROWS), warehouse="MAIN", dry_run="true")
    client.wait(dry)
    daemon.kill_all()
    daemon.start()
    client = daemon.worker(0)
    assert daemon.spool_files() == [dry]
    real = taken(client, STOCK, dry, warehouse="MAIN")
    assert real["status"] == "completed"
    until(lambda: daemon.spool_files() == [])
    check_problem(take(client, STOCK, dry, warehouse="MAIN"), 409, "file-gone")


def test_a_waiting_task_has_its_file_whatever_becomes_of_the_first(make_daemon):
    """The clean-up, a task that is forgotten and a second start from the same file take nothing away; nor does a kill of everything."""
    daemon = make_daemon(spool__keep_preview=2, tasks__runners=1)
    samples.load_catalogue(daemon)
    client = daemon.worker(0)
    dry = upload(client, STOCK, samples.xlsx(ROWS), warehouse="MAIN", dry_run="true")
    client.wait(dry)
    busy = client.start("test_sleep", **SLEEP)
    client.wait(busy, until=lambda task: task["progress"] > 0 or task["message"].startswith("started"))
    waiting = [take(client, STOCK, dry, warehouse="MAIN").json["task_id"] for _ in range(2)]
    assert client.request("DELETE", f"/api/tasks/{dry}").status == 204
    until(lambda: sorted(daemon.spool_files()) == sorted(waiting))
    time.sleep(3)
    daemon.kill_all()
    daemon.start()
    client = daemon.worker(0)
    client.post_json(f"/api/tasks/{busy}/cancel", {})
    assert [client.wait(task_id, 60)["status"] for task_id in waiting] == ["completed", "completed"]
    assert items(daemon) == [["PN-1", "5.000"], ["PN-3", "7.000"]]
    assert daemon.spool_files() == []


def test_killed_while_starting(keeping):
    """Workers are killed while they accept starts: what was accepted ends once, and nothing is left in the spool but what is kept."""
    client = keeping.worker(0)
    dry = upload(client, STOCK, samples.xlsx(ROWS), warehouse="MAIN", dry_run="true")
    client.wait(dry)
    accepted = []

    def start(index):
        mine = keeping.worker(index)
        for number in range(20):
            try:
                answer = take(mine, STOCK, dry, headers={"Idempotency-Key": f"{index}-{number}"}, warehouse="MAIN")
                accepted.extend([answer.json["task_id"]] if answer.status == 202 else [])
            except OSError:
                time.sleep(0.2)
                mine = keeping.worker(index)

    threads = [threading.Thread(target=start, args=[index]) for index in (0, 1)]
    for thread in threads:
        thread.start()
    for _ in range(3):
        time.sleep(0.15)
        os.kill(keeping.worker_pid(0), signal.SIGKILL)
    for thread in threads:
        thread.join()
    client = keeping.worker(1)
    assert accepted and {client.wait(task_id, 60)["status"] for task_id in accepted} == {"completed"}
    known = int(keeping.sql(f"SELECT COUNT(*) FROM task WHERE from_task = '{dry}'")[0][0])
    until(lambda: int(keeping.sql(f"SELECT COUNT(*) FROM task WHERE from_task = '{dry}' AND status = 'succeeded'")[0][0]) == known, 60)
    assert len(keeping.sql("SELECT id FROM stock_import")) == known
    until(lambda: keeping.spool_files() == [dry])


def test_only_who_sent_the_file_may_take_it(guarded, make_daemon, file):
    _daemon, admin = guarded
    daemon = make_daemon(name="keeping", auth__tokens_file=file, spool__keep_preview=600)
    one, other = as_client(daemon.worker(0), admin), as_client(daemon.worker(0), make(file, "-s", "read,start", name="other"))
    answer = one.upload("/api/catalog/warehouses/import", (samples.DEMO / "warehouses.csv").read_bytes(), "text/csv")
    one.wait(answer.json["task_id"])
    dry = upload(one, STOCK, samples.xlsx(ROWS), warehouse="MAIN", dry_run="true")
    one.wait(dry)
    until(lambda: other.get(f"/api/tasks/{dry}").status == 200)
    check_problem(take(other, STOCK, dry, warehouse="MAIN"), 403, "forbidden")
    assert taken(one, STOCK, dry, warehouse="MAIN")["status"] == "completed"


def test_kept_files_have_a_common_limit(make_daemon):
    daemon = make_daemon(spool__keep_preview=600, spool__keep_failed=2, spool__keep_size="1M", http__max_upload="2M")
    samples.load_catalogue(daemon)
    client = daemon.worker(0)
    large = [upload(client, STOCK, b"a;b\n1;2\n" * 90000, warehouse="MAIN", dry_run="true") for _ in range(3)]
    for task_id in large:
        client.wait(task_id)
    until(lambda: len(daemon.spool_files()) < 2)
    assert daemon.spool_files() == large[-1:], "the oldest go first, and only so many"
