"""Measurements of a running daemon against yardsticks measured in the same minutes. Absolute figures drift by 1.4 between hours on a
virtual machine; the ratios hardly do."""
import json
import operator
import os
import re
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "system"))
from daemon import Daemon  # noqa: E402

BUILD = Path(os.environ["PF_BUILD"])
TICK = os.sysconf("SC_CLK_TCK")
REPETITIONS = int(os.environ.get("PF_BENCH_REPETITIONS", "5"))


def cpu_seconds(pids):
    total = 0
    for pid in pids:
        fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICK


def wrk(url, seconds=2, connections=64, script=None):
    command = ["taskset", "-c", "1", "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", url]
    if script:
        command[-1:-1] = ["-s", str(script)]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    requests = int(re.search(r"(\d+) requests in", out)[1])
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1])
    errors = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
    p99 = re.search(r"99%\s+([\d.]+\w+)", out)[1]
    return requests, rate, p99, int(errors[1]) if errors else 0


def pin(pids):
    for pid in pids:
        subprocess.run(["taskset", "-acp", "0", str(pid)], capture_output=True, check=True)


def pss_kib(pids):
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/smaps_rollup") as maps:
            total += sum(int(line.split()[1]) for line in maps if line.startswith("Pss:"))
    return total


class Place:
    def __enter__(self):
        self.path = Path(tempfile.mkdtemp(prefix="pfb-", dir="/var/tmp" if os.geteuid() == 0 else None))
        self.path.chmod(0o755)
        self.daemons = []
        return self

    def daemon(self, name="state", **options):
        daemon = Daemon(BUILD, self.path / name, self.path / f"{name}.log", options=options)
        self.daemons.append(daemon)
        return daemon.start()

    def __exit__(self, *_):
        for daemon in self.daemons:
            daemon.stop_hard()
        shutil.rmtree(self.path, ignore_errors=True)


def start_bare(body_file, header_count):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen([str(BUILD / "tests/bench/bare_evhttp"), str(port), str(body_file)], stdout=subprocess.DEVNULL)
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return process, f"http://127.0.0.1:{port}/"
        except OSError:
            time.sleep(0.02)
    raise SystemExit("bare_evhttp did not start")


def compare(label, ours, theirs, pids_ours, pids_theirs, script=None):
    """Interleaved repetitions; medians and the ratio of each."""
    ratios_rate, ratios_cpu, rates, cpus = [], [], [], []
    for url, pids in ((ours, pids_ours), (theirs, pids_theirs)):
        wrk(url, 1)
    for _ in range(REPETITIONS):
        measured = []
        for url, pids in ((ours, pids_ours), (theirs, pids_theirs)):
            before = cpu_seconds(pids)
            requests, rate, _p99, bad = wrk(url, script=script if url == ours else None)
            assert not bad, f"{bad} bad answers from {url}"
            measured.append((rate, (cpu_seconds(pids) - before) / requests * 1e6))
        ratios_rate.append(measured[0][0] / measured[1][0])
        ratios_cpu.append(measured[0][1] / measured[1][1])
        rates.append(measured[0][0])
        cpus.append(measured[0][1])
    print(f"{label:<44} req/s {statistics.median(rates):9.0f}  ratio {statistics.median(ratios_rate):5.2f}   "
          f"CPU s/1M {statistics.median(cpus):6.1f}  ratio {statistics.median(ratios_cpu):5.2f}")


def bench_poll():
    """A poll against a tuned bare evhttp server answering the same bytes; then with 10 000 tasks in the table."""
    with Place() as place:
        daemon = place.daemon(http__workers=1, tasks__slots=16384, tasks__runners=2)
        client = daemon.worker(0)
        task_id = client.start("test_sleep", ms=0, steps=1)
        client.wait(task_id)
        body = place.path / "body"
        body.write_bytes(client.get(f"/api/tasks/{task_id}").body)
        bare, bare_url = start_bare(body, 0)
        worker = daemon.children("worker")
        pin(worker + [bare.pid])
        url = f"http://127.0.0.1:{daemon.port}/api/tasks/{task_id}"
        try:
            compare("poll, 1 task / tuned bare evhttp", url, bare_url, worker, [bare.pid])
            script = place.path / "submit.lua"
            script.write_text('wrk.method="POST"\nwrk.headers["Content-Type"]="application/json"\n'
                              'wrk.body=\'{"type":"test_sleep","params":{"ms":0,"steps":1}}\'\n')
            while int(daemon.sql("SELECT COUNT(*) FROM task")[0][0]) < 10000:
                wrk(f"http://127.0.0.1:{daemon.port}/api/tasks", 2, 64, script)
            time.sleep(5)
            compare("poll, 10 000 tasks / tuned bare evhttp", url, bare_url, worker, [bare.pid])
            tag = client.get(f"/api/tasks/{task_id}").headers["ETag"].replace('"', '\\"')
            conditional = place.path / "304.lua"
            conditional.write_text(f'wrk.headers["If-None-Match"]="{tag}"\n')
            compare("304 / tuned bare evhttp 200", url, bare_url, worker, [bare.pid], conditional)
        finally:
            bare.kill()


def fsync_rate(directory):
    path, count, end = directory / "fsync", 0, time.monotonic() + 2
    with open(path, "wb", buffering=0) as out:
        while time.monotonic() < end:
            out.write(b"x" * 512)
            os.fsync(out.fileno())
            count += 1
    path.unlink()
    return count / 2


SUBMIT_SLOTS = 65536  # seven eighths of them may be of one type: 19 000 a second for three seconds


def bench_submit():
    """Durable submissions from 64 clients (innodb_flush_log_at_trx_commit = 1)."""
    with Place() as place:
        script = place.path / "submit.lua"
        script.write_text('wrk.method="POST"\nwrk.headers["Content-Type"]="application/json"\n'
                          'wrk.body=\'{"type":"test_sleep","params":{"ms":0,"steps":1}}\'\n')
        rates, durable = [], []
        for repetition in range(REPETITIONS):
            # Each time a table of its own: on a fast disk one would fill up long before the last repetition.
            daemon = place.daemon(f"state{repetition}", tasks__slots=SUBMIT_SLOTS)
            url = f"http://127.0.0.1:{daemon.port}/api/tasks"
            wrk(url, 1, 64, script)
            requests, rate, p99, bad = wrk(url, 2, 64, script)
            assert not bad, f"{bad} of {requests} submissions were refused"
            rates.append(rate)
            durable.append(fsync_rate(place.path))
            daemon.stop_hard()
        print(f"{'submit with commit, 64 clients':<44} req/s {statistics.median(rates):9.0f}  p99 {p99}  "
              f"fsyncs/s {statistics.median(durable):.0f}  ratio {statistics.median(map(operator.truediv, rates, durable)):5.1f}")


def bench_start():
    """202 sent until the handler starts, on an idle daemon."""
    with Place() as place:
        daemon = place.daemon()
        client, waits = daemon.worker(0), []
        for _ in range(300):
            task_id = client.start("test_sleep", ms=0, steps=1)
            sent = time.time() * 1000
            client.wait(task_id, every=0.002)
            waits.append((task_id, sent))
            time.sleep(0.01)
        started = dict(daemon.sql("SELECT id, UNIX_TIMESTAMP(started_at) * 1000 FROM task"))
        delays = sorted(float(started[task_id]) - sent for task_id, sent in waits)
        print(f"{'202 -> handler starts (ms, idle)':<44} p50 {delays[len(delays) // 2]:6.1f}  p99 {delays[int(len(delays) * 0.99)]:6.1f}")


def bench_memory():
    """PSS of all processes, 2 workers + 2 runners + janitor + master, parsers too, without the database."""
    with Place() as place:
        daemon = place.daemon()
        time.sleep(2)
        pids = [daemon.pid] + [pid for pid in daemon.children("") if "mariadb" not in open(f"/proc/{pid}/comm").read()]
        print(f"{'idle memory, all our processes':<44} PSS MiB {pss_kib(pids) / 1024:6.1f}  ({len(pids)} processes)")


def resident_kib(pid):
    return next(int(line.split()[1]) for line in open(f"/proc/{pid}/status") if line.startswith("VmRSS:"))


def bench_hold(count=10000):
    """Long polls held by one worker for one task: all answered when it ends, and what one costs the worker in memory."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, count + 500)), hard))
    with Place() as place:
        daemon = place.daemon(http__workers=1)
        client, polls = daemon.worker(0), []
        task_id = client.start("test_sleep", ms=20000, steps=1)
        client.wait(task_id, until=lambda task: task["message"] == "started")
        pid = daemon.worker_pid(0)
        before = resident_kib(pid)
        for _ in range(count):
            poll = socket.socket(socket.AF_UNIX)
            poll.connect(str(daemon.runtime / "worker-0.sock"))
            poll.sendall(f"GET /api/tasks/{task_id}?wait=25 HTTP/1.1\r\nHost: bench\r\n\r\n".encode())
            polls.append(poll)
        time.sleep(1)
        each, answered = (resident_kib(pid) - before) / count, 0
        for poll in polls:
            poll.settimeout(40)
            answered += b'"completed"' in poll.recv(4096)
            poll.close()
        print(f"{'held polls of one task':<44} {answered} of {count} answered  {each:.1f} KiB of the worker each")


BENCHES = {"poll": bench_poll, "submit": bench_submit, "start": bench_start, "memory": bench_memory, "hold": bench_hold}

if __name__ == "__main__":
    sys.modules["bench"] = sys.modules["__main__"]
    import bench_domain
    import bench_export
    import bench_files
    import bench_http
    import bench_peers
    for module in (bench_http, bench_files, bench_export, bench_domain, bench_peers):
        BENCHES.update(module.BENCHES)
    for name in sys.argv[1:] or BENCHES:
        BENCHES[name]()
