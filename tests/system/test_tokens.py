"""API tokens: made and revoked by the command, asked for on every listener, kept out of everything that is written down."""
import os
import re
import socket
import subprocess
import time
from pathlib import Path

import pytest

from conftest import BUILD
from contract import described
from daemon import Client, Daemon
from test_tasks import check_problem

TOKEN = re.compile(r"pf_([0-9a-f]{8})_[A-Za-z0-9_-]{43}")


def command(*arguments, code=0):
    done = subprocess.run([BUILD / "priceforge", "token", *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == code, done
    return done.stdout


@pytest.fixture
def file(place):
    return place / "tokens"


def make(file, *options, name="a test"):
    return command("add", "-f", file, *options, name).strip()


def as_client(client, token):
    client.token = token
    return client


@pytest.fixture
def guarded(make_daemon, file):
    """A daemon that asks for tokens, and one token with every right."""
    admin = make(file, "-s", "admin")
    return make_daemon(auth__tokens_file=file), admin


def challenge(answer, status, slug, **wanted):
    check_problem(answer, status, slug)
    header = answer.headers["WWW-Authenticate"]
    assert header.startswith('Bearer realm="priceforge"')
    assert dict(re.findall(r'(error|scope)="([^"]*)"', header)) == wanted


def test_command_adds_lists_and_revokes(file):
    first, second = make(file, name="page"), make(file, "-s", "start,cancel", "-d", "30", name="nightly job")
    assert TOKEN.fullmatch(first) and TOKEN.fullmatch(second) and first != second
    text = file.read_text()
    assert first not in text and first[12:] not in text and second[12:] not in text
    assert os.stat(file).st_mode & 0o777 == 0o644
    listed = command("list", "-f", file, "-u", file.parent / "nowhere").splitlines()
    assert listed == sorted(listed) and len(listed) == 2
    lines = {line[:8]: line[8:] for line in listed}
    assert re.fullmatch(r"  read +\d{4}-\d\d-\d\d  never +used - +page", lines[TOKEN.match(first)[1]])
    assert re.fullmatch(r"  start,cancel +\d{4}-\d\d-\d\d  \d{4}-\d\d-\d\d +used - +nightly job", lines[TOKEN.match(second)[1]])
    os.chmod(file, 0o640)
    assert command("revoke", "-f", file, TOKEN.match(second)[1], "00000000", code=1) == ""
    assert len(command("list", "-f", file).splitlines()) == 2
    command("revoke", "-f", file, TOKEN.match(first)[1])
    assert [line[:8] for line in command("list", "-f", file).splitlines()] == [TOKEN.match(second)[1]]
    assert os.stat(file).st_mode & 0o777 == 0o640
    assert sorted(os.listdir(file.parent)) == ["tokens"]


@pytest.mark.parametrize("arguments", [["add"], ["add", "a", "b"], ["revoke"], ["list", "x"], ["burn", "x"], ["add", "-q", "x"]])
def test_wrong_usage(file, arguments):
    command(arguments[0], "-f", file, *arguments[1:], code=2)
    assert not file.exists()


@pytest.mark.parametrize("arguments", [["-s", "write", "x"], ["-s", "", "x"], ["-d", "0", "x"], ["-d", "1x", "x"], ["a\nb"], [""], ["x" * 80]])
def test_wrong_values(file, arguments):
    command("add", "-f", file, *arguments, code=1)
    assert not file.exists()


def test_a_file_with_something_else_in_it_is_not_written_over(file):
    file.write_text("precious notes\n")
    command("add", "-f", file, "x", code=1)
    assert file.read_text() == "precious notes\n"


def test_parallel_additions_lose_none(file):
    running = [subprocess.Popen([BUILD / "priceforge", "token", "add", "-f", file, str(i)], stdout=subprocess.PIPE) for i in range(20)]
    made = {TOKEN.match(process.communicate()[0].decode())[1] for process in running}
    assert len(made) == 20 and {line[:8] for line in command("list", "-f", file).splitlines()} == made


def test_every_listener_asks(guarded):
    daemon, admin = guarded
    for client in (daemon.worker(0), daemon.worker(1), daemon.tcp()):
        for path in ("/healthz", "/readyz", "/version", "/metrics", "/api/openapi.json"):
            assert client.get(path).status == 200
        assert client.get("/nothing").status == 404
        challenge(client.get("/api/tasks/x"), 401, "unauthorized")
        challenge(client.post_json("/api/tasks", {"type": "test_sleep"}), 401, "unauthorized")
        client.token = admin
        assert client.get("/api/tasks/x").status == 404
        assert client.wait(client.start("test_sleep", ms=1))["status"] == "completed"


def test_what_is_no_token(guarded):
    daemon, admin = guarded
    client = daemon.worker(0)
    for value in ("Bearer", "Bearer ", "Basic eDp5", f"Bearer {admin}x", f"Bearer {admin[:-1]}", f"Bearer  {admin}", f"Token {admin}", admin,
                  f"Bearer {admin[:12]}{'A' * 43}", "Bearer pf_00000000_" + "A" * 43, f"Bearer {admin[:-1]}{'B' if admin[-1] != 'B' else 'C'}",
                  "Bearer " + "x" * 5000):
        challenge(client.get("/api/tasks/x", {"Authorization": value}), 401, "unauthorized", error="invalid_token")
    assert client.get("/api/tasks/x", {"Authorization": f"bearer {admin}"}).status == 404  # the scheme's case does not matter
    assert client.get("/api/tasks/x", {"Authorization": f"Bearer {admin[:-1]}{'B' if admin[-1] != 'B' else 'C'}"}).status == 401
    for target in (f"/api/tasks/x?access_token={admin}", f"/api/tasks/x?token={admin}"):
        challenge(client.get(target), 401, "unauthorized")


@pytest.mark.parametrize("scopes,read,start", [("read", True, False), ("start", True, True), ("cancel", True, False), ("read,start", True, True), ("edit", True, True),
                                               ("admin", True, True)])
def test_scopes(make_daemon, file, scopes, read, start):
    token = make(file, "-s", scopes)
    daemon = make_daemon(auth__tokens_file=file)
    client = as_client(daemon.worker(0), token)
    assert client.get("/api/tasks/x").status == (404 if read else 403)
    answer = client.post_json("/api/tasks", {"type": "test_sleep"})
    if start:
        assert answer.status == 202
    else:
        challenge(answer, 403, "forbidden", error="insufficient_scope", scope="start")
        assert answer.json["detail"] == f"this needs the scope 'start'; your token has '{scopes}'"


# What each path that changes something asks for; what only reads asks for read, and OPEN for nothing.
SCOPES = {
    "cancel": {"DELETE /api/tasks/{id}", "POST /api/tasks/{id}/cancel"},
    "edit": {"PUT /api/import-profiles/{name}", "DELETE /api/import-profiles/{name}", "PUT /api/part-numbers", "DELETE /api/part-numbers", "POST /api/price-changes/{id}/approve",
             "POST /api/price-changes/{id}/dismiss", "POST /api/price-changes/decide", "POST /api/price-changes/held/{id}/approve",
             "POST /api/price-changes/held/{id}/dismiss", "PATCH /api/components/{lot}", "DELETE /api/pricelists/{id}",
             "POST /api/pricelists/{id}/unarchive"},
    "start": {"POST /api/tasks", "POST /api/tasks/{id}/retry", "POST /api/stock/import", "POST /api/catalog/{table}/import",
              "POST /api/quotes/import", "POST /api/quotes/imports/{id}/undo", "POST /api/stock/imports/{id}/undo",
              "POST /api/prices/recalculate-all", "POST /api/pricelists"},
}
OPEN = {"/", "/assets/{build}/{folder}/{file}", "/healthz", "/readyz", "/metrics", "/version", "/problems/{slug}", "/api/openapi.json"}
GRANTED = {"read": {"read"}, "start": {"read", "start"}, "edit": {"read", "start", "edit"}, "cancel": {"read", "cancel"},
           "start,cancel": {"read", "start", "cancel"}, "admin": {"read", "start", "edit", "cancel"}}


def wanted_scope(method, path):
    found = [scope for scope, routes in SCOPES.items() if f"{method} {path}" in routes]
    if method == "GET" and not found:
        return None if path in OPEN else "read"
    assert len(found) == 1, f"{method} {path}: which scope should it ask for?"
    return found[0]


def test_each_path_asks_for_its_scope(make_daemon, file):
    tokens = {scopes: make(file, "-s", scopes) for scopes in GRANTED}
    client = make_daemon(auth__tokens_file=file).worker(0)
    client.unchecked = True  # ids and bodies are not what the document wants
    routes = [(route["method"].upper(), route["path"], (route["accept"] or "").split(",")[-1].strip()) for route in described()["routes"]]
    assert {f"{method} {path}" for method, path, _ in routes} >= set().union(*SCOPES.values())
    for method, path, media in routes:
        wanted, target = wanted_scope(method, path), re.sub(r"{[^}]*}", "x", path)
        client.token = None
        assert (client.request(method, target).status == 401) == (wanted is not None), (method, path)
        for scopes, token in tokens.items():
            client.token = token
            answer = client.request(method, target, b"x" if media else None, {"Content-Type": media} if media else {})
            if wanted is None or wanted in GRANTED[scopes]:
                assert answer.status not in (401, 403), (method, path, scopes, answer)
            else:
                challenge(answer, 403, "forbidden", error="insufficient_scope", scope=wanted)


def test_session_says_whose_token_it_is(make_daemon, file):
    nightly, admin = make(file, "-s", "start,cancel", "-d", "30", name="nightly job"), make(file, "-s", "admin", name="boss")
    daemon = make_daemon(auth__tokens_file=file)
    challenge(daemon.worker(0).get("/api/session"), 401, "unauthorized")
    session = as_client(daemon.worker(0), nightly).get("/api/session").json
    assert session["tokens_required"] is True and session["client"] == f"token:{nightly[3:11]}" and session["scopes"] == ["read", "start", "cancel"]
    day = next(line for line in file.read_text().splitlines() if line.startswith(nightly[3:11])).split()[4]
    assert session["token"] == {"id": nightly[3:11], "name": "nightly job", "expires_at": f"{day}T00:00:00.000Z"}
    session = as_client(daemon.tcp(), admin).get("/api/session").json
    assert session["scopes"] == ["read", "start", "edit", "cancel", "admin"] and session["token"]["expires_at"] is None and session["peer"] == "127.0.0.1"


def test_mine_are_the_tasks_of_ones_own_token(make_daemon, file):
    one, two = make(file, "-s", "start", name="one"), make(file, "-s", "start", name="two")
    daemon = make_daemon(auth__tokens_file=file)
    first, second = as_client(daemon.worker(0), one), as_client(daemon.worker(1), two)
    mine = [first.start(kind, ms=0) for kind in ("test_sleep", "test_ledger", "test_sleep")]
    others = [second.start("test_sleep", ms=0) for _ in range(2)]
    for task in mine + others:
        first.wait(task)

    def ids(client, query):
        return [task["id"] for task in client.get(f"/api/tasks?{query}").json["tasks"]]

    assert ids(first, "mine=true") == mine[::-1] and ids(second, "mine=1") == others[::-1] and ids(first, "mine=false") == (mine + others)[::-1]
    assert ids(first, "mine=true&type=test_sleep&status=completed") == [mine[2], mine[0]] and ids(first, "mine=true&type=test_ledger") == [mine[1]]
    assert ids(first, "mine=true&status=error") == []
    page = first.get("/api/tasks?mine=true&limit=2").json
    assert [task["id"] for task in page["tasks"]] == mine[:0:-1]
    assert ids(first, f"mine=true&limit=2&cursor={page['next_cursor']}") == [mine[0]]
    waiting = first.start("test_sleep", ms=60000, steps=600)
    assert ids(first, "mine=true&status=running") == ids(first, "mine=true&state=waiting,running&type=test_sleep") == [waiting] and ids(second, "mine=true&state=running") == []
    check_problem(first.get(f"/api/tasks?mine=true&ids={mine[0]}"), 422, "invalid-parameters")


def test_an_upload_is_refused_before_it_is_sent(guarded):
    daemon, _admin = guarded
    connection = daemon.worker(0)._open()
    connection.connect()
    connection.sock.sendall(b"POST /api/stock/import HTTP/1.1\r\nHost: h\r\nContent-Type: application/octet-stream\r\n"
                            b"Content-Length: 50000000\r\nExpect: 100-continue\r\n\r\n")
    answer = connection.sock.recv(4096)
    assert answer.startswith(b"HTTP/1.1 401 ") and b"WWW-Authenticate: Bearer" in answer and b"Connection: close" in answer
    connection.close()


def test_expired_token(make_daemon, file):
    token = make(file, "-d", "10")
    today = time.strftime("%Y-%m-%d", time.gmtime())
    file.write_text(re.sub(r" \d{4}-\d\d-\d\d a test", f" {today} a test", file.read_text()))
    challenge(as_client(make_daemon(auth__tokens_file=file).worker(0), token).get("/api/tasks/x"), 401, "unauthorized", error="invalid_token")
    assert "(expired)" in command("list", "-f", file)


def refused_within(clients, seconds):
    end = time.monotonic() + seconds
    while any(client.get("/api/tasks/x").status != 401 for client in clients):
        assert time.monotonic() < end, "still taken"
        time.sleep(0.02)


def test_revoked_token_is_refused_within_a_second_on_every_worker(guarded, file):
    daemon, admin = guarded
    token = make(file, "-s", "read")
    clients = [as_client(daemon.worker(index), token) for index in (0, 1)]
    end = time.monotonic() + 1
    while any(client.get("/api/tasks/x").status != 404 for client in clients):
        assert time.monotonic() < end, "not taken yet"
        time.sleep(0.02)
    command("revoke", "-f", file, TOKEN.match(token)[1])
    refused_within(clients, 1)
    assert as_client(daemon.worker(0), admin).get("/api/tasks/x").status == 404


def test_a_file_that_is_gone_or_broken_lets_nobody_in(guarded, file):
    daemon, admin = guarded
    client = as_client(daemon.worker(0), admin)
    assert client.get("/api/tasks/x").status == 404
    text = file.read_text()
    file.unlink()
    refused_within([client], 1)
    file.write_text("what is this\n" + text)
    end = time.monotonic() + 1
    while client.get("/api/tasks/x").status != 404:
        assert time.monotonic() < end
        time.sleep(0.02)
    assert "are ignored; line 1:" in daemon.log_text()
    os.chmod(file, 0o666)
    refused_within([client], 1)
    assert client.get("/healthz").status == 200 and "accounts other than its owner can write it" in daemon.log_text()


def used(daemon, file):
    """What the list says of the last use of each token."""
    lines = command("list", "-f", file, "-u", daemon.state / "tokens-used").splitlines()
    return {line[:8]: re.search(r"used (\S+)", line)[1] for line in lines}


def test_the_list_tells_the_day_of_the_last_use(make_daemon, file):
    admin, idle = make(file, "-s", "admin"), make(file, name="idle")
    daemon = make_daemon(auth__tokens_file=file)
    uses, today = daemon.state / "tokens-used", time.strftime("%Y-%m-%d", time.gmtime())
    assert used(daemon, file) == {TOKEN.match(admin)[1]: "never", TOKEN.match(idle)[1]: "never"}
    clients = [as_client(daemon.worker(i), admin) for i in (0, 1)]
    for client in clients:
        assert client.get("/api/tasks").status == 200
    assert as_client(daemon.worker(0), idle[:-1] + "~").get("/api/tasks").status == 401, "not a use of the idle one"
    end = time.monotonic() + 10
    while used(daemon, file)[TOKEN.match(admin)[1]] == "never":
        assert time.monotonic() < end
        time.sleep(0.1)
    assert used(daemon, file) in ({TOKEN.match(admin)[1]: day, TOKEN.match(idle)[1]: "never"}
                                  for day in (today, time.strftime("%Y-%m-%d", time.gmtime())))
    # Nothing is written for each request: the next note comes after a minute.
    time.sleep(1.5)
    noted = (uses / TOKEN.match(admin)[1]).stat()
    begun = time.monotonic()
    while time.monotonic() - begun < 4:
        for client in clients:
            assert client.get("/api/tasks").status == 200
    assert (uses / TOKEN.match(admin)[1]).stat().st_ctime_ns == noted.st_ctime_ns
    assert sorted(os.listdir(uses)) == [TOKEN.match(admin)[1]] and noted.st_size == 0 and noted.st_mode & 0o777 == 0o600
    # An orderly end notes what has not been noted yet.
    assert daemon.term() == 0
    assert (uses / TOKEN.match(admin)[1]).stat().st_mtime >= noted.st_mtime + 2


def memory_of(pid):
    """All that the process could write to."""
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            match = re.match(r"([0-9a-f]+)-([0-9a-f]+) rw.. .*", line)
            if not match or "[vvar" in line or "/dev/shm" in line:
                continue
            start, end = int(match[1], 16), int(match[2], 16)
            try:
                memory.seek(start)
                yield memory.read(end - start)
            except (OSError, ValueError):
                pass


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may look into processes that are not dumpable")
@pytest.mark.skipif(b"__asan_init" in (BUILD / "priceforged-test").read_bytes(), reason="the sanitizers map terabytes")
def test_no_token_stays_in_memory(guarded):
    """Neither of requests that were let in nor of others, with the connections still open."""
    daemon, admin = guarded
    wrong = admin[:-5] + "wrong"
    clients = [as_client(daemon.worker(0), token) for token in (admin, wrong, admin)]
    for client in clients:
        for _ in range(3):
            client.get("/api/tasks")
            client.post_json("/api/tasks", {"type": "test_sleep", "params": {"ms": 1}})
            client.upload("/api/stock/import?warehouse=MAIN", b"no spreadsheet" * 10000)
            client.request("DELETE", "/api/tasks/x")
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(str(daemon.runtime / "worker-0.sock"))
        head = f"Host: h\r\nAuthorization: Bearer {admin}\r\n"
        s.sendall(f"GET /api/tasks HTTP/1.1\r\n{head}\r\n".encode() * 3)
        s.sendall(f"GET /api/tasks/x HTTP/1.1\r\n{head}Connection: te, close\r\n\r\n".encode())
        while s.recv(65536):
            pass
    blocks = list(memory_of(daemon.worker_pid(0)))
    assert sum(map(len, blocks)) > 1 << 20 and any(b"/api/tasks/{id}" in block or b"worker 0" in block for block in blocks)
    for secret in (admin[12:].encode(), wrong[12:].encode()):
        for block in blocks:
            at = block.find(secret)
            assert at < 0, block[max(0, at - 100):at + 60]


@pytest.mark.skipif(os.geteuid() != 0, reason="the owner of /proc entries tells it only of another account's processes")
def test_no_process_can_be_looked_into(daemon, make_daemon):
    """The kernel gives the entries of a process that must not be dumped to root."""
    def owners(daemon):
        pids = [daemon.pid] + [pid for role in ("worker", "runner", "janitor", "parser") for pid in daemon.children(role)]
        assert len(pids) >= 7
        return [os.stat(f"/proc/{pid}/environ").st_uid for pid in pids], [Path(f"/proc/{pid}/oom_score_adj").read_text() for pid in pids]

    closed, scores = owners(daemon)
    assert set(closed) == {0} and "300\n" in scores
    debugged, others = owners(make_daemon(name="open", daemon__debug="yes"))
    assert 0 not in debugged[:4] and sorted(scores) == sorted(others)


def test_no_token_is_written_down(guarded, file):
    daemon, admin = guarded
    client = as_client(daemon.worker(0), admin)
    client.wait(client.start("test_sleep", ms=1))
    client.upload("/api/stock/import?warehouse=MAIN", b"no spreadsheet")
    wrong = admin[:-5] + "wrong"
    client.get("/api/tasks/x", {"Authorization": f"Bearer {wrong}"})
    client.get(f"/api/tasks/x?token={admin}")
    client.get("/api/tasks/x", {"Authorization": f"Bearer {admin}\t "})
    dump = subprocess.run([*daemon.command(), "--dump-config"], check=True, capture_output=True).stdout
    assert b"tokens_file = " + str(file).encode() in dump
    assert daemon.term() == 0
    secrets = [admin[12:].encode(), wrong[12:].encode()]
    files = [path for path in daemon.state.parent.rglob("*") if path.is_file()]
    assert len(files) > 10
    for name, data in [("dump", dump)] + [(path, path.read_bytes()) for path in files]:
        assert not any(secret in data for secret in secrets), name


@pytest.mark.parametrize("listen", ["0.0.0.0:0", "[::]:0"])
def test_a_listener_for_the_network_needs_tokens(make_daemon, file, listen):
    daemon = make_daemon(start=False, http__listen=listen)
    done = subprocess.run([*daemon.command(), "-t"], capture_output=True, text=True)
    assert done.returncode == 78 and "Set auth.tokens_file" in done.stderr
    make(file)
    done = subprocess.run([*daemon.command(), "-o", f"auth.tokens_file={file}", "-t"], capture_output=True, text=True)
    assert done.returncode == 0, done
