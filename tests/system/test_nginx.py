"""The shipped nginx site in front of a real daemon."""
import gzip
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

import samples
from daemon import Client

TOP = Path(__file__).resolve().parents[2]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Nginx:
    """The shipped site in an nginx of its own; as root its workers are root, or another account."""

    def __init__(self, daemon, place, user="root", beside=""):
        self.port, self.place = free_port(), place
        text = (TOP / "deploy" / "priceforge-nginx.conf.in").read_text()
        text = text.replace("@httpdir@", str(daemon.runtime)).replace("@listen@", f"127.0.0.1:{self.port}")
        (place / "site.conf").write_text(text)
        (place / "beside.conf").write_text(beside.replace("@listen@", f"127.0.0.1:{self.port}"))
        conf = place / "nginx.conf"
        temps = "\n".join(f"    {kind}_temp_path {place}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        conf.write_text(f"{f'user {user};' if os.geteuid() == 0 else ''}\npid {place}/nginx.pid;\nerror_log {place}/nginx.log warn;\n"
                        f"worker_processes 2;\nevents {{ worker_connections 512; }}\nhttp {{\n    access_log off;\n{temps}\n"
                        f"    include {place}/beside.conf;\n    include {place}/site.conf;\n}}\n")
        self.process = subprocess.Popen(["nginx", "-c", str(conf), "-p", str(place), "-g", "daemon off;"],
                                        env={**os.environ, "PATH": "/usr/sbin:/usr/bin:/bin"})
        end = time.monotonic() + 5
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                break
            except OSError:
                assert time.monotonic() < end and self.process.poll() is None, self.log()
                time.sleep(0.02)

    def log(self):
        return (self.place / "nginx.log").read_text()

    def stop(self):
        self.process.terminate()
        self.process.wait(10)


@pytest.fixture
def nginx(place):
    """A function that starts one in front of a daemon."""
    if not shutil.which("nginx", path="/usr/sbin:/usr/bin:/sbin"):
        pytest.skip("nginx is not installed")
    running = []

    def start(daemon, **more):
        running.append(Nginx(daemon, place, **more))
        return running[-1]

    yield start
    for one in running:
        one.stop()


@pytest.fixture
def site(daemon, nginx):
    return Client(port=nginx(daemon).port)


def test_plain_client_through_nginx(daemon, site):
    """POST, then GET every 500 ms without any optional header."""
    samples.load_catalogue(daemon)
    body, content_type = samples.multipart({"warehouse": "MAIN"}, "stock.xlsx", samples.demo_stock())
    answer = site.upload("/api/stock/import", body, content_type)
    assert answer.status == 202, answer
    task = site.wait(answer.json["task_id"], every=0.5)
    assert task["status"] == "completed"
    plain = site.get(f"/api/tasks/{task['id']}")
    packed = site.get(f"/api/tasks/{task['id']}", {"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip" and gzip.decompress(packed.body) == plain.body
    for answer in (plain, packed):
        again = site.get(f"/api/tasks/{task['id']}", {"If-None-Match": answer.headers["ETag"]})
        assert again.status == 304
    assert packed.headers["Vary"] == "Accept-Encoding"


def test_a_component_is_changed_through_nginx(daemon, site):
    """Compressed, its tag is a weak one; it still says what the client has seen."""
    daemon.sql("INSERT INTO component (lot_code, lot_norm, name) VALUES ('A-1', 'A1', REPEAT('Ж', 255))")
    daemon.sql("INSERT INTO part_number_map (pn_norm, pn_skeleton, part_number, component_id) SELECT CONCAT('P', seq), 'P', CONCAT('P-', seq), "
               "(SELECT id FROM component WHERE lot_code = 'A-1') FROM seq_1_to_20")
    packed = site.get("/api/components/A-1", {"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip" and packed.headers["ETag"].startswith('W/"')
    change = {"Content-Type": "application/json", "If-Match": packed.headers["ETag"]}
    answer = site.request("PATCH", "/api/components/A-1", json.dumps({"coefficient": "2"}), change)
    assert answer.status == 200 and answer.json["coefficient"] == "2.0000"
    assert site.request("PATCH", "/api/components/A-1", json.dumps({"coefficient": "3"}), change).status == 412
    assert site.request("PATCH", "/api/components", b"{}", {"Content-Type": "application/json"}).status == 405


def test_errors_stay_problem_json(daemon, site):
    assert site.get("/api/tasks/none").headers["Content-Type"].startswith("application/problem+json")
    answer = site.upload("/api/stock/import?warehouse=MAIN", b"PK\3\4" + b"x" * (65 << 20))
    assert answer.status == 413 and answer.json["type"] == "/problems/body-too-large"
    assert site.get("/metrics").status == 404


def raw(port, text):
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(text)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    head, body = answer.split(b"\r\n\r\n", 1)
    return head, body


@pytest.mark.parametrize("request_text,status", [
    (b"TRACE / HTTP/1.1\r\nHost: priceforge\r\nConnection: close\r\n\r\n", 405),
    (b"POST /api/tasks HTTP/1.1\r\nHost: priceforge\r\nTransfer-Encoding: rot13\r\nConnection: close\r\n\r\n", 501),
    (b"GET / HTTP/3.0\r\nHost: priceforge\r\n\r\n", 505),
    (b"GET / HTTP/1.1\r\n\r\n", 400)])
def test_what_nginx_refuses_itself_is_problem_json(daemon, nginx, request_text, status):
    head, body = raw(nginx(daemon).port, request_text)
    assert head.startswith(b"HTTP/1.1 %d " % status), head
    assert b"\r\nContent-Type: application/problem+json" in head
    problem = json.loads(body)
    assert problem["status"] == status and problem["detail"] and problem["type"].startswith("/problems/")


def holders(daemon):
    """{http-N.sock: worker numbers that accept on it}, by the kernel's lists."""
    inodes = {}
    for line in Path("/proc/net/unix").read_text().splitlines()[1:]:
        fields = line.split()
        if len(fields) > 7 and Path(fields[7]).parent == daemon.runtime and Path(fields[7]).name.startswith("http-"):
            inodes.setdefault(fields[6], Path(fields[7]).name)
    found = {name: set() for name in inodes.values()}
    for number, pid in enumerate(daemon.children("worker")):
        for fd in Path(f"/proc/{pid}/fd").iterdir():
            link = os.readlink(fd)
            if link.startswith("socket:[") and link[8:-1] in inodes:
                found[inodes[link[8:-1]]].add(number)
    return found


@pytest.mark.parametrize("workers", [1, 3, 8])
def test_sockets_are_dealt_out_to_any_number_of_workers(make_daemon, nginx, workers):
    """The site is the same file each time; every socket has its worker, and every worker its share."""
    daemon = make_daemon(http__workers=workers)
    assert holders(daemon) == {f"http-{i}.sock": {i % workers} for i in range(32)}
    one = nginx(daemon)
    client = Client(port=one.port)
    assert [client.get("/healthz").status for _ in range(100)] == [200] * 100
    assert "error" not in one.log(), one.log()


def test_more_workers_than_sockets_share_them(make_daemon):
    daemon = make_daemon(http__workers=5, http__sockets=2)
    assert holders(daemon) == {"http-0.sock": {0, 2, 4}, "http-1.sock": {1, 3}}


def test_beside_the_default_site_of_debian(daemon, nginx):
    """It answers the names that no site has, and nginx finds no conflict; ours answers to its own."""
    one = nginx(daemon, beside="server { listen @listen@ default_server; server_name _; return 200 'the default site'; }")
    assert "conflicting" not in one.log(), one.log()
    ask = "GET /healthz HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n"
    assert raw(one.port, (ask % "other.example").encode())[1] == b"the default site"
    for name in ("priceforge", socket.gethostname().lower()):
        assert json.loads(raw(one.port, (ask % name).encode())[1]) == {"status": "ok"}


def test_nginx_that_may_not_enter_the_directory_says_so(daemon, nginx):
    if os.geteuid() != 0:
        pytest.skip("needs root for another account")
    daemon.runtime.chmod(0o750)
    one = nginx(daemon, user="nobody nogroup")
    answer = Client(port=one.port).get("/api/tasks")
    assert answer.status == 503 and answer.headers["Retry-After"]
    assert "the web server may not open its sockets (its error log tells)" in answer.json["detail"]
    assert "(13: Permission denied)" in one.log()


def test_a_restart_of_the_daemon_is_a_clear_503(daemon, nginx):
    client = Client(port=nginx(daemon).port)
    assert client.get("/api/tasks").status == 200
    assert daemon.term() == 0
    answer = client.get("/api/tasks")
    assert answer.status == 503 and answer.json["type"] == "/problems/draining" and answer.headers["Retry-After"] == "1"
    daemon.start()
    end = time.monotonic() + 10
    while client.get("/api/tasks").status != 200:
        assert time.monotonic() < end
        time.sleep(0.1)


def test_the_site_and_the_configuration_say_the_same(daemon):
    """Limits that stand in both: the shipped site is for the defaults."""
    site = (TOP / "deploy" / "priceforge-nginx.conf.in").read_text()
    dump = subprocess.run([daemon.program, "--dump-config"], capture_output=True, text=True, check=True).stdout
    units = {"": 1, "k": 1 << 10, "m": 1 << 20, "s": 1}

    def of_site(name):
        number, unit = re.search(rf"^\s*{name} (\d+)([kms]?);", site, re.M).groups()
        return int(number) * units[unit]

    def of_daemon(name):
        number, unit = re.search(rf"^{name} = (\d+)([KM]?)$", dump, re.M).groups()
        return int(number) * units[unit.lower()]

    assert re.findall(r"http-(\d+)\.sock", site) == [str(i) for i in range(int(re.search(r"^sockets = (\d+)$", dump, re.M)[1]))]
    assert of_site("client_max_body_size") == of_daemon("max_upload")
    assert of_site("keepalive_timeout") < of_daemon("idle_timeout_s"), "nginx gives a connection up before the daemon closes it"
    assert of_site("proxy_read_timeout") > of_daemon("max_wait_s") * 17 / 16
    assert re.search(r"^\s*proxy_next_upstream error timeout;", site, re.M), "no POST is sent twice"


def test_no_poll_is_lost_while_workers_are_killed(daemon, site):
    task_id = site.start("test_sleep", ms=20000, steps=20)
    bad, begun = [], time.monotonic()
    kills = 0
    while time.monotonic() - begun < 3:
        answer = site.get(f"/api/tasks/{task_id}")
        if answer.status != 200:
            bad.append(answer.status)
        if kills < 4 and time.monotonic() - begun > 0.6 * (kills + 1):
            os.kill(daemon.children("worker")[kills % 2], signal.SIGKILL)
            kills += 1
        time.sleep(0.005)
    assert kills == 4 and not bad, bad
