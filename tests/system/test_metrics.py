"""GET /metrics: the text is strict, counts move by exactly what was done, and no death turns a total back."""
import math
import os
import re
import signal
import time

import pytest

from daemon import BRISK
from test_polls import Held, start_quiet

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
SAMPLE = re.compile(rf'({NAME})(?:\{{((?:[a-z_]+="[^"\\\n]*",?)*)\}})? (\+Inf|[0-9]+(?:\.[0-9]+)?)')
LABEL = re.compile(r'([a-z_]+)="([^"\\\n]*)"')
SUFFIXES = {"histogram": ("_bucket", "_sum", "_count"), "counter": ("",), "gauge": ("",)}
CODES = {"200", "201", "202", "204", "304", "400", "401", "403", "404", "405", "409", "410", "413", "415", "417", "422", "429", "431",
         "500", "503", "505", "507", "other", "gone"}


class Page:
    """The text taken apart, and refused when it breaks the format anywhere."""

    def __init__(self, text):
        assert text.endswith("\n")
        self.types, self.series, helped = {}, {}, None
        family = None
        for line in text.splitlines():
            if line.startswith("# HELP "):
                helped = re.fullmatch(rf"# HELP ({NAME}) (\S.*)", line)[1]
                assert helped not in self.types, f"{helped} comes twice"
            elif line.startswith("# TYPE "):
                family, kind = re.fullmatch(rf"# TYPE ({NAME}) (counter|gauge|histogram)", line).groups()
                assert family == helped, line
                self.types[family] = kind
                assert family.startswith("priceforge_") and (kind == "counter") == family.endswith("_total"), line
            else:
                self.take(family, line)
        for family, kind in self.types.items():
            if kind == "histogram":
                self.check_histogram(family)

    def take(self, family, line):
        match = SAMPLE.fullmatch(line)
        assert match, f"no sample: {line!r}"
        name, labels, value = match.groups()
        assert family and name in [family + suffix for suffix in SUFFIXES[self.types[family]]], f"{line!r} within {family}"
        pairs = LABEL.findall(labels or "")
        assert ",".join(f'{k}="{v}"' for k, v in pairs) == (labels or ""), line
        assert len(dict(pairs)) == len(pairs), line
        key = (name, frozenset(pairs))
        assert key not in self.series, f"twice: {line}"
        self.series[key] = float(value)

    def check_histogram(self, family):
        rows = {}
        for (name, labels), value in self.series.items():
            if name.startswith(family + "_"):
                rest = frozenset(pair for pair in labels if pair[0] != "le")
                le = dict(labels).get("le", "")
                rows.setdefault(rest, {})[(name[len(family):], le)] = value
        assert rows
        for labels, row in rows.items():
            bounds = sorted((math.inf if le == "+Inf" else float(le), value) for (part, le), value in row.items() if part == "_bucket")
            counts = [value for _, value in bounds]
            assert bounds[-1][0] == math.inf and counts == sorted(counts), (family, labels)
            assert counts[-1] == row[("_count", "")] and ("_sum", "") in row, (family, labels)

    def get(self, name, **labels):
        return self.series.get((f"priceforge_{name}", frozenset((k, str(v)) for k, v in labels.items())), 0)

    def sum(self, name, **labels):
        wanted = {(k, str(v)) for k, v in labels.items()}
        return sum(value for (n, have), value in self.series.items() if n == f"priceforge_{name}" and wanted <= have)


def scrape(client):
    answer = client.get("/metrics")
    assert answer.status == 200 and answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    return Page(answer.body.decode("ascii"))


def totals(page):
    """Everything that may only grow."""
    histogram = tuple(f"{family}{suffix}" for family, kind in page.types.items() if kind == "histogram" for suffix in SUFFIXES[kind])
    return {key: value for key, value in page.series.items() if page.types.get(key[0]) == "counter" or key[0] in histogram}


def never_back(before, after):
    for key, value in totals(before).items():
        assert after.series.get(key, 0) >= value, f"{key} went back"


def eventually(client, holds, seconds=10):
    end = time.monotonic() + seconds
    while True:
        page = scrape(client)
        if holds(page):
            return page
        assert time.monotonic() < end, page.series
        time.sleep(0.05)


@pytest.mark.parametrize("bad", ["x 1\n", "# HELP priceforge_x y\n# TYPE priceforge_x gauge\npriceforge_x{a=\"1\"} 1\npriceforge_x{a=\"1\"} 2\n",
                                 "# TYPE priceforge_x gauge\npriceforge_x 1\n",
                                 "# HELP priceforge_x y\n# TYPE priceforge_x counter\npriceforge_x 1\n",
                                 "# HELP priceforge_h y\n# TYPE priceforge_h histogram\npriceforge_h_bucket{le=\"1\"} 2\n"
                                 "priceforge_h_bucket{le=\"+Inf\"} 1\npriceforge_h_sum 1\npriceforge_h_count 1\n",
                                 "# HELP priceforge_x y\n# TYPE priceforge_x gauge\npriceforge_x 1"])
def test_the_parser_refuses_what_is_wrong(bad):
    with pytest.raises((AssertionError, TypeError)):
        Page(bad)


def test_labels_are_of_fixed_sets(daemon):
    clients = [daemon.worker(0), daemon.worker(1), daemon.tcp()]
    for client in clients:
        for path in ("/nothing/at/all", "/api/tasks/no-such-id", "/api/tasks?limit=x", "/api/tasks/a%20b%22c"):
            client.get(path)
        client.request("PUT", "/healthz")
        page = scrape(client)
    routes = {dict(labels)["route"] for name, labels in page.series if name == "priceforge_http_requests_total"}
    assert routes <= {"/api/tasks/{id}", "/api/tasks", "/metrics", "none"}
    assert {dict(labels)["code"] for name, labels in page.series if name == "priceforge_http_requests_total"} <= CODES
    assert page.get("http_requests_total", method="any", route="none", code=404) == 3
    assert page.get("http_requests_total", method="any", route="none", code=405) == 3
    assert page.get("http_requests_total", method="GET", route="/api/tasks/{id}", code=404) == 6
    version = clients[0].get("/version").json
    assert page.get("build_info", version=version["version"], commit=version["commit"], schema=version["schema"],
                    shared_memory_layout=version["shared_memory_layout"]) == 1


def test_requests_are_counted_once_whoever_answers(daemon):
    one, two = daemon.worker(0), daemon.worker(1)
    task = one.start("test_sleep", ms=1)
    one.wait(task)
    before = scrape(two)
    for client, times in ((one, 7), (two, 5)):
        tag = client.get(f"/api/tasks/{task}").headers["ETag"]
        for _ in range(times):
            assert client.get(f"/api/tasks/{task}", {"If-None-Match": tag}).status == 304
        assert client.request("HEAD", f"/api/tasks/{task}").status == 200
        assert client.get("/healthz").status == 200
    for client in (one, two):
        after = scrape(client)
        grown = lambda **labels: after.get("http_requests_total", **labels) - before.get("http_requests_total", **labels)
        assert grown(method="GET", route="/api/tasks/{id}", code=304) == 12
        assert grown(method="GET", route="/api/tasks/{id}", code=200) == 4
        assert grown(method="GET", route="/healthz", code=200) == 2
        never_back(before, after)
    assert after.get("http_requests_total", method="GET", route="/metrics", code=200) == 2  # not yet itself


def test_tasks_are_counted_once_by_outcome(daemon):
    one, two = daemon.worker(0), daemon.worker(1)
    for client in (one, two, one):
        assert client.wait(client.start("test_sleep", ms=30))["status"] == "completed"
    running = [client.start("test_sleep", ms=20000, steps=200) for client in (one, two)]  # both runners
    for task in running:
        one.wait(task, until=lambda task: task["message"].startswith("step"))
    waiting = one.start("test_sleep", ms=1)
    page = scrape(two)
    assert page.get("tasks_running", type="test_sleep") == 2 and page.get("tasks_queued", type="test_sleep") == 1
    assert page.get("table_slots", state="running") == 2 and page.get("table_slots", state="ready") == 1
    for task in (waiting, running[0], running[1]):
        assert two.post_json(f"/api/tasks/{task}/cancel", {}).status in (200, 202)
    for task in (waiting, *running):
        assert one.wait(task)["status"] == "error"
    page = eventually(two, lambda page: page.sum("tasks_finished_total", type="test_sleep") >= 6)
    finished = lambda outcome: page.get("tasks_finished_total", type="test_sleep", outcome=outcome)
    assert (finished("succeeded"), finished("cancelled"), page.sum("tasks_finished_total")) == (3, 3, 6)
    assert page.get("task_start_delay_seconds_count", type="test_sleep") == 5  # the one that waited never started
    assert page.get("task_duration_seconds_count", type="test_sleep") == 5
    assert page.get("task_duration_seconds_bucket", type="test_sleep", le="0.025") == 0  # 30 ms at least
    assert page.get("task_duration_seconds_sum", type="test_sleep") >= 0.09
    assert page.sum("tasks_running") == page.sum("tasks_queued") == 0


def test_held_polls_connections_and_heartbeats(make_daemon):
    daemon = make_daemon(**BRISK)
    one, two = daemon.worker(0), daemon.worker(1)
    task = start_quiet(one)
    clients = [daemon.worker(i % 2) for i in range(4)]
    held = [Held(client, f"/api/tasks/{task}", {"Prefer": "wait=20"}) for client in clients]
    page = eventually(two, lambda page: page.sum("polls_waiting") == 4)
    assert page.get("polls_waiting", worker=0) == page.get("polls_waiting", worker=1) == 2
    assert page.get("http_connections", worker=0) == page.get("http_connections", worker=1) == 3
    assert one.post_json(f"/api/tasks/{task}/cancel", {}).status == 202
    for poll in held:
        assert poll.result().status == 200
    page = eventually(one, lambda page: page.sum("polls_waiting") == 0)
    assert page.get("polls_held_total") == 4
    for kind in ("worker", "runner", "janitor"):
        assert 0 <= page.get("heartbeat_age_seconds", kind=kind) < 5
    for client in clients:
        client.close()
    eventually(two, lambda page: page.sum("http_connections") == 2)


def test_a_killed_worker_turns_nothing_back(daemon):
    one, two = daemon.worker(0), daemon.worker(1)
    for _ in range(20):
        one.get("/healthz")
    one.wait(one.start("test_sleep", ms=1))
    before = scrape(two)
    assert before.get("http_requests_total", method="GET", route="/healthz", code=200) == 20
    for round in (1, 2, 3):
        pid = daemon.worker_pid(0)
        os.kill(pid, signal.SIGKILL)
        after = eventually(two, lambda page: page.get("process_ends_total", kind="worker", cause="signal") == round)
        never_back(before, after)
        eventually(two, lambda page: page.get("database_up", worker=0) == 1)
        one.close()
        for _ in range(3):
            assert one.get("/healthz").status == 200
        before = scrape(two)
        assert before.get("http_requests_total", method="GET", route="/healthz", code=200) == 20 + 3 * round
    assert before.sum("process_ends_total") == 3


def test_a_killed_runner_is_seen(daemon):
    client = daemon.worker(0)
    task = client.start("test_sleep", ms=600)
    client.wait(task, until=lambda task: task["message"].startswith("step"))
    before = scrape(client)
    for pid in daemon.children("runner"):
        os.kill(pid, signal.SIGKILL)
    assert client.wait(task)["status"] == "completed"
    after = eventually(client, lambda page: page.get("process_ends_total", kind="runner", cause="signal") == 2)
    never_back(before, after)
    assert after.get("tasks_finished_total", type="test_sleep", outcome="succeeded") == 1
    assert after.get("task_start_delay_seconds_count", type="test_sleep") == 1  # the second attempt is no start


def test_a_repair_is_seen(daemon):
    client = daemon.worker(0)
    task = client.start("test_lock", ms=1000)
    deadline = time.monotonic() + 10
    while "holding the table lock" not in daemon.log_text():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    for pid in daemon.children("runner"):
        os.kill(pid, signal.SIGKILL)
    client.wait(task)
    assert eventually(client, lambda page: page.get("table_recoveries_total") >= 1)


def test_the_database_away_and_back(daemon):
    client = daemon.worker(0)
    before = scrape(client)
    assert before.get("database_up", worker=0) == 1 and before.get("database_reconnects_total") == 0
    os.kill(int((daemon.runtime / "db.pid").read_text()), signal.SIGKILL)
    assert client.post_json("/api/tasks", {"type": "test_sleep"}).status == 503
    assert scrape(client).get("database_up", worker=0) == 0
    after = eventually(client, lambda page: page.get("database_up", worker=0) == 1 and page.get("database_reconnects_total") >= 1,
                       seconds=30)
    never_back(before, after)

