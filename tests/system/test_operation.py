"""Starting, refusing to start, stopping: one clear message and a telling exit code each."""
import datetime
import json
import os
import re
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

EXIT_CONFIG = 78


def refused(daemon, wait=20):
    """Start a daemon that must not start; its exit code and what it said."""
    done = subprocess.run(daemon.command(), stdin=subprocess.DEVNULL, capture_output=True, timeout=wait)
    return done.returncode, (done.stdout + done.stderr).decode()


def test_ready_line_and_orderly_end(make_daemon):
    """From an empty state directory: the database is made, the schema too."""
    daemon = make_daemon(test_types=False, fresh=True)
    assert daemon.tcp().get("/healthz").status == 200
    begun = time.monotonic()
    assert daemon.term() == 0
    assert time.monotonic() - begun < 10
    assert not list(daemon.runtime.glob("*.sock"))


def test_second_start_is_quick(make_daemon):
    daemon = make_daemon()
    assert daemon.term() == 0
    begun = time.monotonic()
    daemon.start()
    assert time.monotonic() - begun < 5


def test_second_daemon_on_the_same_state_is_refused(make_daemon):
    first = make_daemon()
    code, said = refused(make_daemon(start=False))
    assert code != 0 and str(first.pid) in said and "state" in said


def test_port_in_use(make_daemon):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, said = refused(make_daemon(start=False, http__listen=f"127.0.0.1:{port}"))
    assert code != 0 and str(port) in said and "listening" in said, said


@pytest.mark.parametrize("key,value,hint", [("http.workers", "many", "http.workers"), ("http.wrokers", "2", "http.wrokers"),
                                            ("http.max_upload", "-1", "http.max_upload"), ("log.level", "loud", "log.level"),
                                            ("http.listen", "0.0.0.0:8087", "127.0.0.1")])
def test_bad_configuration(make_daemon, key, value, hint):
    code, said = refused(make_daemon(start=False, **{key.replace(".", "__"): value}))
    assert code == EXIT_CONFIG and hint in said, said


def test_bad_configuration_file_names_line_and_value(make_daemon, place):
    path = place / "bad.conf"
    path.write_text("[http]\nworkers = 2\nlisten = nonsense\n[tasks]\nslots = -4\nfoo = 1\n")
    daemon = make_daemon(start=False)
    done = subprocess.run([str(daemon.program), "-c", str(path)], capture_output=True, timeout=10, text=True)
    assert done.returncode == EXIT_CONFIG
    for hint in ("bad.conf:3", "nonsense", "bad.conf:5", "-4", "bad.conf:6", "foo"):
        assert hint in done.stderr, done.stderr


def test_state_directory_of_another_user(make_daemon, place):
    state = place / "theirs"
    state.mkdir()
    if os.geteuid() == 0:
        os.chown(state, 65534, 65534)
    else:
        state.chmod(0o500)
        state = state / "below"
    code, said = refused(make_daemon(start=False, paths__state_dir=state))
    assert code != 0 and str(state) in said, said


@pytest.mark.skipif(os.geteuid() != 0, reason="hiding a program needs a mount namespace")
@pytest.mark.parametrize("program", ["mariadb-install-db", "my_print_defaults"])
def test_missing_database_programs(make_daemon, program):
    daemon = make_daemon(start=False)
    hide = f'mount --bind /dev/null /usr/bin/{program} && exec "$@"'
    done = subprocess.run(["unshare", "--mount", "sh", "-c", hide, "sh", *daemon.command()], capture_output=True, timeout=20, text=True)
    assert done.returncode == EXIT_CONFIG
    assert "mariadb-server-core" in done.stderr and "mariadb-client-core" in done.stderr


def test_dump_config_can_be_read_back(make_daemon, place):
    daemon = make_daemon(start=False)
    dumped = subprocess.run(daemon.command() + ["--dump-config"], capture_output=True, text=True, check=True).stdout
    (place / "dump.conf").write_text(dumped)
    again = subprocess.run([str(daemon.program), "-c", str(place / "dump.conf"), "--dump-config"], capture_output=True, text=True,
                           check=True).stdout
    assert again.split("\n", 1)[1] == dumped.split("\n", 1)[1] and "max_upload" in dumped


def test_database_that_is_not_there_at_the_start(make_daemon, place):
    """An external database that is away: the daemon starts, polls answer, starts get 503, readiness says no."""
    daemon = make_daemon(database__socket=place / "nobody.sock", database__user="nobody")
    client = daemon.worker(0)
    assert client.get("/healthz").status == 200
    assert client.get("/readyz").status == 503
    answer = client.post_json("/api/tasks", {"type": "test_sleep"})
    assert answer.status == 503 and answer.headers["Retry-After"]
    assert daemon.term() == 0


def test_session_without_tokens(make_daemon):
    daemon = make_daemon(http__max_upload="2M", pricing__time_zone="Pacific/Kiritimati", http__max_wait_s=7, spool__keep_preview=1200)
    client, tcp = daemon.worker(0), daemon.tcp()
    session = client.get("/api/session").json
    assert session["client"] == session["peer"] == "unix" and session["token"] is None and session["tokens_required"] is False
    assert session["scopes"] == ["read", "start", "edit", "cancel", "admin"]
    zone = datetime.timezone(datetime.timedelta(hours=14))
    assert session["today"] in {(datetime.datetime.now(zone) + datetime.timedelta(seconds=s)).strftime("%Y-%m-%d") for s in (-5, 0)}
    assert (session["time_zone"], session["base_currency"]) == ("Pacific/Kiritimati", "RUB")
    assert session["limits"] == {"upload_bytes": 2 << 20, "rows": 500000, "wait_seconds": 7, "page_items": 200, "follow_ups": 5, "preview_seconds": 1200,
                                 "retention_days": 30}
    version = client.get("/version").json
    assert session["build"] == {name: version[name] for name in ("version", "commit", "api", "client_min")} and version["api"] == 1
    assert tcp.get("/api/session").json["peer"] == "127.0.0.1"
    task = client.start("test_sleep", ms=0)
    client.wait(task)
    assert client.get(f"/api/tasks/{task}?view=full").json["requested_by"] == session["client"]


def test_idle_memory(daemon):
    """A generous bound against leaks; the figure itself is the benchmark's business."""
    if "asan" in str(daemon.build):
        pytest.skip("sanitizers need memory of their own")
    time.sleep(1)
    total = 0
    for pid in [daemon.pid, *daemon.children("")]:
        with open(f"/proc/{pid}/comm") as comm:
            if "mariadb" in comm.read():
                continue
        with open(f"/proc/{pid}/smaps_rollup") as maps:
            total += sum(int(line.split()[1]) for line in maps if line.startswith("Pss:"))
    assert total < 40 * 1024, f"{total} KiB PSS"


def test_version_names_the_commit(daemon):
    top = Path(__file__).resolve().parents[2]
    said = daemon.worker(0).get("/version").json["commit"]
    if not (top / ".git").exists():
        pytest.skip("not a working copy")
    head = subprocess.run(["git", "-C", top, "rev-parse", "HEAD"], capture_output=True, text=True)
    if head.returncode:
        pytest.skip("git cannot read the working copy")
    assert head.stdout.startswith(said.removesuffix("-dirty")) and len(said) >= 12


@pytest.mark.skipif(os.geteuid() != 0, reason="writing into another process's memory")
def test_readiness_sees_a_changed_header(daemon):
    """Somebody overwrites the layout number in the shared segment: not ready; put back: ready again."""
    client = daemon.worker(0)
    assert client.get("/readyz").json["checks"]["shared_memory"] == {"ok": True, "age_ms": 0}
    pid = daemon.worker_pid(0)
    with open(f"/proc/{pid}/maps") as maps:
        start = next(int(line.split("-")[0], 16) for line in maps if "/dev/shm/priceforge-" in line and " rw-s " in line)
    with open(f"/proc/{pid}/mem", "r+b", buffering=0) as memory:
        memory.seek(start + 8)
        layout = memory.read(4)
        assert f"{int.from_bytes(layout, 'little'):08x}" == client.get("/version").json["shared_memory_layout"]
        memory.seek(start + 8)
        memory.write(b"\0\0\0\0")
        answer = client.get("/readyz")
        memory.seek(start + 8)
        memory.write(layout)
    assert answer.status == 503 and not answer.json["checks"]["shared_memory"]["ok"] and not answer.json["ready"]
    assert client.get("/readyz").json["checks"]["shared_memory"]["ok"]


def test_readiness_waits_for_the_journal(daemon):
    """The server answers, but a new janitor finds no journal: not ready, though every process is there; with it: ready."""
    client = daemon.worker(0)

    def journal_is(loaded):
        end = time.monotonic() + 20
        while time.monotonic() < end:
            answer = client.get("/readyz")
            checks = answer.json["checks"]
            if checks["journal"]["ok"] == loaded and checks["janitor"]["ok"]:
                return answer
            time.sleep(0.05)
        raise AssertionError(answer)

    assert journal_is(True).status == 200
    daemon.sql("RENAME TABLE task TO task_away")
    try:
        os.kill(daemon.children("janitor")[0], signal.SIGKILL)
        answer = journal_is(False)
        assert answer.status == 503 and not answer.json["ready"]
        time.sleep(0.3)  # a try that succeeded stands for 0.2 s
        assert client.get("/readyz").json["checks"]["database"]["detail"] == "the database lacks a table or column"
    finally:
        daemon.sql("RENAME TABLE task_away TO task")
    assert journal_is(True).status == 200


def test_readiness_sees_a_runner_that_stands_still(daemon):
    client, pid = daemon.worker(0), daemon.children("runner")[0]
    os.kill(pid, signal.SIGSTOP)
    try:
        end = time.monotonic() + 12
        while (answer := client.get("/readyz")).status == 200:
            assert time.monotonic() < end, answer
            time.sleep(0.2)
        checks = answer.json["checks"]
        assert answer.headers["Retry-After"] and answer.json["ready"] is False
        assert [name for name, check in checks.items() if not check["ok"]] == ["runner"] and checks["runner"]["age_ms"] > 5000
        assert checks["runner"]["code"] == "runner-missing" and checks["runner"]["detail"].startswith("1 of 2 runner processes work")
        assert client.get("/healthz").status == 200
    finally:
        os.kill(pid, signal.SIGCONT)
    end = time.monotonic() + 5
    while client.get("/readyz").status != 200:
        assert time.monotonic() < end
        time.sleep(0.1)


def test_a_draining_worker_is_not_ready(daemon):
    """Asked by a request that had begun when it was told to go."""
    with socket.socket(socket.AF_UNIX) as raw:
        raw.settimeout(10)
        raw.connect(str(daemon.runtime / "worker-0.sock"))
        raw.sendall(b"GET /readyz HTTP/1.1\r\nHost: x\r\n")
        time.sleep(0.2)
        os.kill(daemon.worker_pid(0), signal.SIGTERM)
        time.sleep(0.3)
        raw.sendall(b"\r\n")
        text = b""
        while piece := raw.recv(65536):
            text += piece
    head, body = text.split(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 503 ") and b"\r\nConnection: close" in head and b"\r\nRetry-After: " in head
    assert json.loads(body)["checks"]["accepting"]["ok"] is False and json.loads(body)["ready"] is False


TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
REQUEST = "0f1e2d3c-4b5a-4697-8877-665544332211"


@pytest.mark.parametrize("sent,logged", [
    (TRACE, TRACE), ("cc" + TRACE[2:] + "-more", "cc" + TRACE[2:]),
    (TRACE + "-more", None), (TRACE.upper(), None), ("ff" + TRACE[2:], None), (TRACE[:-1], None), (TRACE + "0", None), ("", None),
    (TRACE.replace("0af7651916cd43dd8448eb211c80319c", "0" * 32), None), (TRACE.replace("b7ad6b7169203331", "0" * 16), None),
    (TRACE.replace("-01", "_01"), None), ("00-" + "0af7651916cd43dd8448eb211c80319g" + TRACE[35:], None)])
def test_a_valid_trace_goes_into_the_log(module_daemon, sent, logged):
    client = module_daemon.worker(0)
    answer = client.post_json("/api/tasks", {"type": "test_sleep", "params": {"ms": 0}}, {"traceparent": sent, "Request-Id": REQUEST})
    assert answer.status == 202 and answer.headers["traceparent"] is None
    line = next(line for line in module_daemon.log_text().splitlines() if answer.json["task_id"] in line and "accepted: " in line)
    told = f" request={REQUEST} client=unix" + (f" traceparent={logged}" if logged else "")
    assert re.search(re.escape(told) + r" duration_ms=\d+\.\d{3}$", line), line
    # Stored with the task, and behind every line that a runner writes about it.
    task_id = answer.json["task_id"]
    assert module_daemon.sql(f"SELECT request_id, traceparent FROM task WHERE id = '{task_id}'") == [[REQUEST, logged or "NULL"]]
    client.wait(task_id)
    end = time.monotonic() + 5
    while not any("ended: " in line for line in runner_lines(module_daemon, task_id)):
        assert time.monotonic() < end
        time.sleep(0.02)
    lines = runner_lines(module_daemon, task_id)
    assert len(lines) >= 2 and all(re.search(re.escape(told) + r" duration_ms=\d+\.\d{3}$", line) for line in lines), lines
    # The next task of the same runner has an origin of its own.
    other = client.start("test_sleep", ms=0)
    client.wait(other)
    request = client.get(f"/api/tasks/{other}?view=full").json["request_id"]
    assert request != REQUEST and all(f" request={request} client=unix duration_ms=" in line for line in runner_lines(module_daemon, other))


def runner_lines(daemon, task_id):
    return [line for line in daemon.log_text().splitlines() if task_id in line and "runner" in line.split("[")[0]]
