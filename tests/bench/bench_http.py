"""The daemon over HTTP beside what a user would take instead: a Go/gin task manager, nginx, bare evhttp. Used by bench.py."""
import json
import os
import pwd
import shutil
import signal
import socket
import statistics
import subprocess
import threading
import time
from pathlib import Path

from own_server import own_server

from bench import BUILD, REPETITIONS, Place, compare, cpu_seconds, pin, start_bare, wrk

HERE = Path(__file__).resolve().parent
SUBMIT = ('wrk.method="POST"\nwrk.headers["Content-Type"]="application/json"\n'
          'wrk.body=\'{"type":"test_sleep","params":{"ms":0,"steps":1}}\'\n')
CLIENTS = int(os.environ.get("PF_BENCH_CLIENTS", "14000"))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_port(port):
    for _ in range(250):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            time.sleep(0.02)
    raise SystemExit(f"nothing listens on port {port}")


class Gin:
    """The Go/gin task manager, with a finished task to poll. With a server it keeps its tasks in a database of its own there."""

    def __init__(self, place, server=None):
        program = BUILD / "tests/bench/gin_reference"
        if not program.exists():
            environment = {**os.environ, "GO111MODULE": "off", "GOPATH": "/usr/share/gocode", "GOCACHE": str(BUILD / "tests/bench/go-cache")}
            subprocess.run(["go", "build", "-o", str(program), "."], cwd=HERE / "gin_reference", env=environment, check=True)
        self.port, dsn = free_port(), []
        if server:
            server.sql("CREATE DATABASE IF NOT EXISTS gin", database="mysql")
            dsn = [f"root@unix({server.socket})/gin"]
        self.process = subprocess.Popen([str(program), f"127.0.0.1:{self.port}", *dsn], stdout=subprocess.DEVNULL,
                                        env={**os.environ, "GOMAXPROCS": "1"})
        wait_for_port(self.port)
        self.pids = [self.process.pid]
        self.url = f"http://127.0.0.1:{self.port}/api/tasks"
        self.script = place.path / "submit.lua"
        self.script.write_text(SUBMIT)

    def start_task(self):
        out = subprocess.run(["curl", "-sS", "-H", "Content-Type: application/json", "-d", '{"type":"test_sleep"}', self.url],
                             capture_output=True, text=True, check=True).stdout
        time.sleep(0.1)
        return json.loads(out)["task_id"]

    def stop(self):
        self.process.kill()
        self.process.wait()


def ours(daemon):
    """Every process of ours, the database's not."""
    return [daemon.pid] + [pid for pid in daemon.children("") if "mariadb" not in Path(f"/proc/{pid}/comm").read_text()]


def finished_task(daemon):
    client = daemon.worker(0)
    task_id = client.start("test_sleep", ms=0, steps=1)
    client.wait(task_id)
    return task_id


def bench_gin():
    """A poll of a finished task against gin doing the same job."""
    with Place() as place:
        daemon = place.daemon(http__workers=1)
        gin = Gin(place)
        try:
            workers = daemon.children("worker")
            pin(workers + gin.pids)
            compare("poll / Go with gin (goal CPU 0.62)", f"http://127.0.0.1:{daemon.port}/api/tasks/{finished_task(daemon)}",
                    f"{gin.url}/{gin.start_task()}", workers, gin.pids)
        finally:
            gin.stop()


def unfinished(daemon):
    return int(daemon.sql("SELECT COUNT(*) FROM task WHERE status IN ('queued','running')")[0][0])


def journal_floor(server, tasks=10000):
    """Microseconds of CPU that the bare client library takes for the least a durable task needs: a row, a claim, an end."""
    out = subprocess.run([BUILD / "tests/bench/journal_floor", server.socket, "root", str(tasks)], capture_output=True, text=True, check=True)
    return float(out.stdout)


def post_for(pids, port, seconds, script):
    """Microseconds of CPU a request, and what wrk says."""
    url = f"http://127.0.0.1:{port}/api/tasks"
    wrk(url, 1, 64, script)
    before = cpu_seconds(pids)
    requests, rate, p99, refused = wrk(url, seconds, 64, script)
    return (cpu_seconds(pids) - before) / requests * 1e6, rate, p99, refused


def run_to_the_end(pids, port, script, count, waiting):
    """Microseconds of CPU for a POST and for a POST whose task has run, what wrk says, and how many have run."""
    begun = cpu_seconds(pids)
    answered, rate, p99, refused = post_for(pids, port, 3, script)  # longer would fill the table where the disk is fast
    end = time.monotonic() + 240
    while time.monotonic() < end and waiting():
        time.sleep(0.5)
    run = count() - waiting()
    return answered, (cpu_seconds(pids) - begun) / run * 1e6, rate, p99, refused, run


def bench_post():
    """POST, the task run and its result kept: all our processes, without the database, against gin that keeps its tasks in the
    same MariaDB (three durable changes a task, as ours), gin that keeps them in memory, and the client library's part."""
    with Place() as place, own_server("--max-connections=200") as server:
        daemon = place.daemon(http__workers=1, tasks__slots=65536, tasks__runners=2, **server.daemon_options())
        gin, durable = Gin(place), Gin(place, server)
        server_pids = [server.process.pid]

        def number(table, where, database):
            return int(server.sql(f"SELECT COUNT(*) FROM {table} WHERE {where}", database=database)[0][0])
        try:
            assert server.sql("SELECT @@GLOBAL.innodb_flush_log_at_trx_commit", database="mysql") == [["1"]]
            of_gin, _, _, _ = post_for(gin.pids, gin.port, 3, gin.script)
            before = cpu_seconds(server_pids)
            of_durable = run_to_the_end(durable.pids, durable.port, gin.script, lambda: number("gin_task", "1", "gin"),
                                        lambda: number("gin_task", "done_at IS NULL", "gin"))
            between = cpu_seconds(server_pids)
            answered, whole, rate, p99, refused, run = run_to_the_end(
                ours(daemon), daemon.port, gin.script, lambda: number("task", "1", "priceforge"),
                lambda: number("task", "status IN ('queued','running')", "priceforge"))
            servers = (between - before) / of_durable[5] * 1e6, (cpu_seconds(server_pids) - between) / run * 1e6
            print(f"{'POST a task, run / gin + MariaDB (goal CPU 0.50)':<44} req/s {rate:9.0f} (gin {of_durable[2]:.0f})  p99 {p99} "
                  f"(gin {of_durable[3]})  CPU s/1M: run to its end {whole:.0f}, gin {of_durable[1]:.0f} (ratio {whole / of_durable[1]:.2f}); "
                  f"the server's {servers[0]:.0f} for gin, {servers[1]:.0f} for ours (ratio {servers[1] / servers[0]:.2f}); "
                  f"{run} and {of_durable[5]} run, {refused} and {of_durable[4]} refused")
            floor = journal_floor(server)
            print(f"{'POST a task / gin in memory':<44} CPU s/1M: answered {answered:.0f} "
                  f"(ratio {answered / of_gin:.2f}), run to its end (ratio {whole / of_gin:.2f}), gin {of_gin:.1f}; "
                  f"three durable changes by the bare client library {floor:.0f} (ratio to gin {floor / of_gin:.2f})")
        finally:
            gin.stop()
            durable.stop()


HISTORY = """INSERT INTO task (id, node, type, status, outcome, params, result, attempt, created_at, started_at, finished_at)
SELECT UUID(), t.node, t.type, t.status, t.outcome, t.params, t.result, t.attempt, t.created_at, t.started_at, t.finished_at
FROM task t JOIN seq_1_to_100000 WHERE t.id = '%s'"""


def bench_flat():
    """A poll with 1 task, and with 100 000 finished ones in the journal and 10 000 live ones in the table."""
    with Place() as place:
        small = place.daemon("small", http__workers=1)
        large = place.daemon("large", http__workers=1, tasks__slots=16384, tasks__runners=1)
        script = place.path / "submit.lua"
        script.write_text(SUBMIT.replace('"ms":0', '"ms":600000'))
        polled = finished_task(large)
        large.sql(HISTORY % polled)
        while int(large.sql("SELECT COUNT(*) FROM task WHERE status = 'queued'")[0][0]) < 10000:
            wrk(f"http://127.0.0.1:{large.port}/api/tasks", 1, 64, script)
        pin(small.children("worker") + large.children("worker"))
        compare("poll, 110 000 tasks / 1 task (goal 1)", f"http://127.0.0.1:{large.port}/api/tasks/{polled}",
                f"http://127.0.0.1:{small.port}/api/tasks/{finished_task(small)}", large.children("worker"), small.children("worker"))


def start_pollers(server, targets, seconds, *options, clients=CLIENTS):
    command = ["taskset", "-c", "1", str(BUILD / "tests/bench/pollers"), "-n", str(clients), "-d", str(seconds), *options, server, str(targets)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def pollers(*arguments, **options):
    out, _ = (process := start_pollers(*arguments, **options)).communicate()
    assert process.returncode == 0, f"pollers ended with {process.returncode}"
    return json.loads(out)


def share_of_a_core(pids, process, warm_up, seconds):
    """CPU of `pids` while the clients are connected and polling, and what the clients say in the end."""
    time.sleep(warm_up)
    before = cpu_seconds(pids)
    time.sleep(seconds)
    used = (cpu_seconds(pids) - before) / seconds
    out, _ = process.communicate()
    assert process.returncode == 0, f"pollers ended with {process.returncode}"
    return used, json.loads(out)


def bench_clients():
    """Pages that poll every 500 ms, and the same number that wait: 1 000 tasks, of which 8 run and tell something every second."""
    with Place() as place:
        daemon = place.daemon(http__workers=1, http__max_connections=40000, http__max_held=40000, tasks__slots=4096, tasks__runners=8)
        client, targets = daemon.worker(0), place.path / "targets"
        ids = [client.start("test_sleep", ms=120000, steps=120) for _ in range(1000)]
        targets.write_text("".join(f"/api/tasks/{task_id}\n" for task_id in ids))
        workers, seconds, server = daemon.children("worker"), 10, f"127.0.0.1:{daemon.port}"
        pin(workers)
        plain_cpu, plain = share_of_a_core(workers, start_pollers(server, targets, seconds + 6), 5, seconds)
        print(f"{f'{CLIENTS} clients, a poll every 500 ms':<44} p50 {plain['p50_ms']} ms  p99 {plain['p99_ms']} ms (goal 50)  "
              f"missed {plain['missed']}  other than 200 and 304: {plain['other']}  CPU {plain_cpu:.3f} of a core")
        held_cpu, held = share_of_a_core(workers, start_pollers(server, targets, seconds + 6, "-w", "25"), 5, seconds)
        print(f"{f'{CLIENTS} clients, long polls':<44} answers {held['polls']}  CPU {held_cpu:.3f} of a core  "
              f"ratio plain / long {plain_cpu / max(held_cpu, 0.001):.1f} (goal 10)")


def start_nginx(place, name, upstream, port):
    """nginx with the site file of deploy/, its upstream's servers replaced by `upstream`."""
    site = (BUILD / "deploy/priceforge-nginx.conf").read_text() if (BUILD / "deploy/priceforge-nginx.conf").exists() else None
    if site is None:
        site = (HERE.parents[1] / "deploy/priceforge-nginx.conf.in").read_text()
    lines = []
    for line in site.splitlines():
        if line.strip().startswith("server unix:"):
            if upstream:
                lines += [f"    server {address};" for address in upstream]
                upstream = None
        elif line.strip().startswith("listen"):
            lines.append(f"    listen 127.0.0.1:{port};")
        else:
            lines.append(line)
    directory = place.path / name
    directory.mkdir()
    (directory / "nginx.conf").write_text("user root;\nworker_processes 1;\nworker_cpu_affinity 01;\nworker_rlimit_nofile 65536;\ndaemon off;\n" +
                                          f"pid {directory}/pid;\nerror_log {directory}/error.log;\n" +
                                          "events { worker_connections 4096; }\nhttp {\naccess_log off;\n" + "\n".join(lines) + "\n}\n")
    process = subprocess.Popen(["nginx", "-c", str(directory / "nginx.conf"), "-p", str(directory)], stderr=subprocess.DEVNULL)
    wait_for_port(port)
    time.sleep(0.3)
    children = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True, check=True).stdout.split()
    return process, [int(pid) for pid in children]


def bench_nginx():
    """The same poll through nginx with the shipped site file: nginx and worker against nginx and gin."""
    with Place() as place:
        daemon = place.daemon(http__workers=1)
        gin = Gin(place)
        ours_port, gin_port, running = free_port(), free_port(), []
        try:
            front, front_pids = start_nginx(place, "ours", [f"unix:{daemon.runtime}/worker-0.sock"], ours_port)
            running.append(front)
            other, other_pids = start_nginx(place, "gin", [f"127.0.0.1:{gin.port}"], gin_port)
            running.append(other)
            workers = daemon.children("worker")
            pin(workers + gin.pids + front_pids + other_pids)
            compare("nginx + poll / nginx + gin (goal CPU 0.75)", f"http://127.0.0.1:{ours_port}/api/tasks/{finished_task(daemon)}",
                    f"http://127.0.0.1:{gin_port}/api/tasks/{gin.start_task()}", workers + front_pids, gin.pids + other_pids)
        finally:
            gin.stop()
            for process in running:
                process.terminate()
                process.wait()


def hold_one(daemon, task_id, worker, delays):
    client = daemon.worker(worker)
    answer = client.get(f"/api/tasks/{task_id}?wait=25")
    delays.append((time.time(), answer.json["status"], task_id))


def bench_held():
    """From the moment a task's end is in the journal until a held poll on the other worker has its answer."""
    with Place() as place:
        daemon, delays = place.daemon(), []
        client = daemon.worker(0)
        for _ in range(200):
            task_id = client.start("test_sleep", ms=30, steps=1)
            thread = threading.Thread(target=hold_one, args=(daemon, task_id, 1, delays))
            thread.start()
            thread.join()
        ends = dict(daemon.sql("SELECT id, UNIX_TIMESTAMP(finished_at) * 1000 FROM task"))
        waits = sorted(at * 1000 - float(ends[task_id]) for at, status, task_id in delays if status == "completed")
        print(f"{'task ends -> held poll answered (ms)':<44} p50 {statistics.median(waits):6.1f}  p99 {waits[int(len(waits) * 0.99)]:6.1f} "
              f"(goal 10, commit included)  of {len(waits)}")


def drip(port, sockets, stop):
    """1 000 clients that send the head of a request, a byte a second each; a client that is cut off comes back."""
    at = 0
    while not stop.is_set():
        began = time.monotonic()
        for i in range(1000):
            try:
                if sockets[i] is None:
                    sockets[i] = socket.create_connection(("127.0.0.1", port))
                sockets[i].send(b"GET /api/tasks/x HTTP/1.1\r\nHost: localhost\r\nX-Slow: "[at % 50:at % 50 + 1])
            except OSError:
                sockets[i] = None
        at += 1
        time.sleep(max(0.0, 1 - (time.monotonic() - began)))


def bench_drip():
    """Other clients' polls while 1 000 clients drip a byte a second."""
    with Place() as place:
        daemon, targets = place.daemon(http__workers=1), place.path / "targets"
        targets.write_text(f"/api/tasks/{finished_task(daemon)}\n")
        server, normal, loaded = f"127.0.0.1:{daemon.port}", [], []
        pin(daemon.children("worker"))
        for _ in range(3):
            normal.append(pollers(server, targets, 5, clients=200)["p99_ms"])
            stop, sockets = threading.Event(), [None] * 1000
            thread = threading.Thread(target=drip, args=(daemon.port, sockets, stop))
            thread.start()
            time.sleep(2)
            loaded.append(pollers(server, targets, 5, clients=200)["p99_ms"])
            stop.set()
            thread.join()
            for client in sockets:
                if client:
                    client.close()
        print(f"{'poll p99 beside 1 000 dripping clients (ms)':<44} {statistics.median(loaded):6.2f}, without them {statistics.median(normal):6.2f}  "
              f"ratio {statistics.median(b / a for a, b in zip(normal, loaded)):.2f} (goal 2)")


def runner_of(daemon, task_id):
    for line in reversed(daemon.log_text().splitlines()):
        if task_id in line and "started" in line:
            return next(pid for pid in daemon.children("runner") if str(pid) in line)
    raise SystemExit(f"nobody started {task_id}")


def bench_death():
    """SIGKILL of a runner until every worker tells of it."""
    with Place() as place:
        daemon = place.daemon()
        workers, times = [daemon.worker(0), daemon.worker(1)], []
        for _ in range(50):
            task_id = workers[0].start("test_sleep", ms=1000, steps=20)
            workers[0].wait(task_id, until=lambda task: task["progress"] >= 10)
            os.kill(runner_of(daemon, task_id), signal.SIGKILL)
            killed = time.monotonic()
            for worker in workers:
                worker.wait(task_id, until=lambda task: "attempt 2 of 3" in task["message"], every=0.001)
            times.append((time.monotonic() - killed) * 1000)
            workers[0].wait(task_id)
        times.sort()
        print(f"{'runner killed -> every worker knows (ms)':<44} p50 {statistics.median(times):6.1f}  max {times[-1]:6.1f} (goal 100)")


BENCHES = {"gin": bench_gin, "post": bench_post, "flat": bench_flat, "clients": bench_clients, "nginx": bench_nginx, "held": bench_held,
           "death": bench_death, "drip": bench_drip}
if not shutil.which("go"):
    for needs_go in ("gin", "post", "nginx"):
        del BENCHES[needs_go]
