"""The edge from outside: the corpus of raw requests through the shipped nginx site, who is believed about the client, other sites' pages,
the pages of problems, and clients that send a byte now and then."""
import os
import random
import re
import shutil
import socket
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from contract import described
from raw_corpus import CORPUS
from raw_http import APP, SMUGGLED, App, get, post, split_responses

TOP = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(not APP.exists(), reason="build tests/bench/http_app first (make tests/bench/http_app)")


def start_nginx(place, runtime):
    nginx = shutil.which("nginx", path="/usr/sbin:/usr/bin:/sbin")
    if not nginx:
        pytest.skip("nginx is not installed")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    text = (TOP / "deploy" / "priceforge-nginx.conf.in").read_text()
    (place / "site.conf").write_text(text.replace("@httpdir@", str(runtime)).replace("@listen@", f"127.0.0.1:{port}"))
    temps = "\n".join(f"{kind}_temp_path {place}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    (place / "nginx.conf").write_text(f"{'user root;' if os.geteuid() == 0 else ''}\npid {place}/nginx.pid;\nerror_log {place}/nginx.log warn;\n"
                                      f"worker_processes 1;\nevents {{ worker_connections 512; }}\nhttp {{ access_log off;\n{temps}\n"
                                      f"include {place}/site.conf; }}\n")
    process = subprocess.Popen([nginx, "-c", str(place / "nginx.conf"), "-p", str(place), "-g", "daemon off;"], stderr=subprocess.DEVNULL)
    end = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return process, port
        except OSError:
            assert time.monotonic() < end and process.poll() is None, (place / "nginx.log").read_text()
            time.sleep(0.02)


class Site:
    """Two servers behind the shipped site, whose sockets are dealt out to them."""

    def __init__(self, place):
        self.apps = []
        for index in range(2):
            spool = place / f"spool{index}"
            spool.mkdir(mode=0o700)
            self.apps.append(App(spool, "max_body=2000000", path=str(place / f"worker-{index}.sock")))
            os.chmod(place / f"worker-{index}.sock", 0o666)
        for socket_of_site in range(32):
            (place / f"http-{socket_of_site}.sock").symlink_to(place / f"worker-{socket_of_site % 2}.sock")
        self.process, self.port = start_nginx(place, place)

    def counted(self):
        return sum(app.stats()["counted"] for app in self.apps)

    def send(self, request, cuts=(), idle=0.4):
        """Statuses of what came back until nothing more came, or the connection ended."""
        data = b""
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as s:
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                at = 0
                for cut in [*cuts, len(request)]:
                    s.sendall(request[at:cut])
                    at = cut
                    if cuts:
                        time.sleep(0.01)
                s.settimeout(idle)
                while piece := s.recv(65536):
                    data += piece
            except (TimeoutError, socket.timeout, ConnectionResetError, BrokenPipeError):
                pass
        return data

    def stop(self):
        self.process.terminate()
        self.process.wait(10)
        for app in self.apps:
            app.stop()


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    site = Site(tmp_path_factory.mktemp("site"))
    yield site
    site.stop()


def heads_of(name):
    return (0,) if name == "head" else ()


def statuses(data, name):
    return [status for status, _body in split_responses(data, heads_of(name))]


def judge(site, name):
    """What the corpus entry gives through nginx, whole and cut at three sets of places."""
    request, direct = CORPUS[name]
    source = random.Random(name)
    answers = [site.send(request)]
    for _ in range(3 if len(request) <= 400 else 1):
        cuts = sorted(source.sample(range(1, max(len(request), 1)), max(0, min(5, len(request) - 1))))
        answers.append(site.send(request, cuts))
    return name, direct, answers


# nginx passes a chunked body that has arrived whole on with its length (none: as no body), any other as chunks.
AS_IT_ARRIVES = {"get chunked"}
# nginx speaks HTTP/0.9: it answers with the bare body.
BARE = {"no version", "http 0.9"}
# nginx finds "close" in any word of Connection.
CLOSED_BY_NGINX = {"close is no part of a word"}
# nginx ends a chunked body at a bare line feed. What follows is a request of its own to nginx, and reaches us as one: nothing is hidden.
TWO_TO_NGINX = {"last chunk bare lf", "trailer bare lf"}


def test_corpus_through_nginx(site):
    """Refused by either of the two, or the right answer; the same however it is cut; no second request is ever executed."""
    before = site.counted()
    with ThreadPoolExecutor(16) as pool:
        results = list(pool.map(lambda name: judge(site, name), CORPUS))
    right = wrong = 0
    surplus = {}
    verdicts_of = {name: {tuple(statuses(data, name)) for data in answers} for name, _direct, answers in results}
    differing = {name: verdicts for name, verdicts in verdicts_of.items() if len(verdicts - {()}) > 1}
    assert differing.keys() <= AS_IT_ARRIVES, differing
    for name, direct, answers in results:
        verdicts = [statuses(data, name) for data in answers]
        verdict = [200 if name in BARE and status == 0 else status for status in max(verdicts, key=len)]
        if all(200 <= status < 300 for status in verdict) and verdict:
            right += 1
        else:
            wrong += 1
            assert all(200 <= status < 300 or 400 <= status < 500 or status in (501, 503, 505) for status in verdict), (name, verdict)
        # Never more answers than a strict server gives, and a good answer where it gives one.
        surplus.update({name: verdict} if len(verdict) > max(len(direct), 1) else {})
        if all(status < 300 for status in direct):
            assert verdict == direct or name in CLOSED_BY_NGINX and verdict == direct[:1] or 400 <= verdict[0] < 600, (name, verdict)
    assert surplus.keys() <= TWO_TO_NGINX, surplus
    assert len(results) >= 150 and right > 30 and wrong > 100, (right, wrong)
    asked = sum(statuses(data, name).count(204) for name, direct, answers in results for data in answers
                if name in TWO_TO_NGINX or (CORPUS[name][0].startswith((b"POST /count ", b"DELETE ")) and direct == [204]))
    assert site.counted() - before == asked, "a request hidden in another one was executed"


def test_errors_of_nginx_are_problems(site):
    for request, status, slug in ((b"GET / HTTP/1.1\r\n\r\n", 400, "bad-request"), (get(headers="Host: h\r\nX : y\r\n"), 400, "bad-request"),
                                  (get(headers="Host: h\r\nX: " + "y" * 40000 + "\r\n"), 431, "head-too-large"),
                                  (get("/" + "x" * 40000), 431, "head-too-large")):
        data = site.send(request)
        assert data.startswith(b"HTTP/1.1 %d " % status) and b"application/problem+json" in data and slug.encode() in data, data[:300]


def test_constant_headers_come_from_nginx(site):
    data = site.send(get())
    assert data.count(b"X-Content-Type-Options: nosniff\r\n") == 1 and b"\r\nReferrer-Policy: no-referrer\r\n" in data


# ---- Who is believed --------------------------------------------------------------------------------------------------


@pytest.fixture
def make_app(tmp_path):
    apps = []

    def make(*settings, unix=False):
        spool = tmp_path / f"spool{len(apps)}"
        spool.mkdir(mode=0o700)
        apps.append(App(spool, *settings, path=str(tmp_path / f"s{len(apps)}") if unix else None))
        return apps[-1]

    yield make
    for app in apps:
        app.stop()


def client_of(app, forwarded):
    with app.connect() as s:
        s.sendall(get("/client", headers=f"Host: h\r\nConnection: close\r\n{forwarded}"))
        data = b""
        while piece := s.recv(65536):
            data += piece
    return data.rpartition(b"\r\n\r\n")[2].decode()


HOPS = "X-Forwarded-For: 203.0.113.9, 198.51.100.4, 10.0.0.7\r\n"


@pytest.mark.parametrize("unix,proxies,forwarded,client", [
    (False, "unix", HOPS, "127.0.0.1"),  # sent directly: ignored
    (False, "", HOPS, "127.0.0.1"),
    (False, "127.0.0.1", HOPS, "10.0.0.7"),
    (False, "127.0.0.0/8,10.0.0.0/8", HOPS, "198.51.100.4"),  # right-most that is not a proxy
    (False, "127.0.0.0/8,10.0.0.0/8,198.51.100.0/24,203.0.113.0/24", HOPS, "203.0.113.9"),
    (False, "128.0.0.0/8", HOPS, "127.0.0.1"),
    (False, "127.0.0.1", "X-Forwarded-For: unknown\r\n", "127.0.0.1"),
    (False, "127.0.0.1", "X-Forwarded-For: 192.0.2.1, <script>\r\n", "127.0.0.1"),
    (False, "127.0.0.1", "X-Forwarded-For: 2001:DB8::1\r\n", "2001:db8::1"),
    (False, "127.0.0.1,2001:db8::/32", "X-Forwarded-For: 192.0.2.1,  2001:db8::1\r\n", "192.0.2.1"),
    (False, "127.0.0.1", "", "127.0.0.1"),
    (False, "127.0.0.1", "X-Forwarded-For: 203.0.113.9\r\nX: y\r\nX-Forwarded-For: 10.0.0.7\r\n", "10.0.0.7"),  # one list in two lines
    (False, "127.0.0.1,10.0.0.0/8", "x-forwarded-for: 203.0.113.9, 198.51.100.4\r\nX-FORWARDED-FOR: 10.0.0.7\r\n", "198.51.100.4"),
    (True, "unix", "X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-For: 198.51.100.4\r\nX-Forwarded-For: 10.0.0.7\r\n", "10.0.0.7"),
    (True, "unix", HOPS, "10.0.0.7"),
    (True, "", HOPS, "unix"),
    (True, "127.0.0.1", HOPS, "unix"),
    (True, "unix:nobody", HOPS, "unix"),  # opened by another account
    (True, "unix:root", HOPS, "10.0.0.7" if os.geteuid() == 0 else "unix"),
])
def test_client_address(make_app, unix, proxies, forwarded, client):
    assert client_of(make_app(f"proxies={proxies}", unix=unix), forwarded) == client


# ---- Pages of other sites ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    spool = tmp_path_factory.mktemp("edge") / "spool"
    spool.mkdir(mode=0o700)
    app = App(spool)
    yield app
    app.stop()


@pytest.mark.parametrize("headers,refused", [
    ("", False),
    ("Sec-Fetch-Site: same-origin\r\nOrigin: http://h\r\n", False),
    ("Sec-Fetch-Site: none\r\n", False),
    ("Sec-Fetch-Site: cross-site\r\n", True),
    ("Sec-Fetch-Site: Cross-Site\r\n", True),
    ("Sec-Fetch-Site: same-site\r\n", True),
    ("Sec-Fetch-Site: same-site\r\nOrigin: http://h:8080\r\n", True),
    ("Sec-Fetch-Site: same-site\r\nOrigin: https://h\r\n", False),
    ("Origin: http://h\r\n", False),
    ("Origin: https://H\r\n", False),
    ("Origin: http://evil\r\n", True),
    ("Origin: http://h:8080\r\n", True),
    ("Origin: http://h.evil\r\n", True),
    ("Origin: http://evil/?://h\r\n", True),
    ("Origin: null\r\n", True),
    ("Origin: h\r\n", True),
])
@pytest.mark.parametrize("method,target", [("POST", "/count"), ("PUT", "/upload"), ("DELETE", "/api/tasks/x")])
def test_pages_of_other_sites_change_nothing(app, headers, refused, method, target):
    request = f"{method} {target} HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 0\r\n{headers}\r\n".encode()
    with app.connect() as s:
        s.sendall(request)
        status = int(s.recv(4096).split()[1])
    assert (status == 403) == refused and status < 405, status
    with app.connect() as s:  # reading is the browser's business: it keeps the answer from the page
        s.sendall(get(headers=f"Host: h\r\nConnection: close\r\n{headers}"))
        assert s.recv(4096).startswith(b"HTTP/1.1 200 ")


# ---- Pages of problems ------------------------------------------------------------------------------------------------


def test_every_problem_has_its_page(daemon):
    client = daemon.worker(0)
    seen = set()
    for slug, status in described()["problems"].items():
        answer = client.get(f"/problems/{slug}")
        page = answer.body.decode()
        assert answer.status == 200 and answer.headers["Content-Type"] == "text/html; charset=utf-8"
        assert f"/problems/{slug}" in page and f"Status {status}" in page
        advice = re.search(r"What to do</h2>\n<p>(.+)</p>", page)[1]
        assert len(advice) > 15 and advice not in seen
        seen.add(advice)
    assert client.get("/problems/nonsense").status == 404
    assert client.request("HEAD", "/problems/internal").status == 200


# ---- Slow senders -----------------------------------------------------------------------------------------------------


def test_many_dripping_clients_are_cut_and_others_answered(make_app):
    """How much they slow others down is measured by ./dev bench; here: nobody waits for them, they are cut, nothing is left."""
    app, number = make_app("head=3", "rate=100"), int(os.environ.get("PF_DRIPPERS", "200"))
    fds = app.fds()
    head = get(headers="Host: h\r\nX: " + "y" * 1000 + "\r\n")
    body = post("Content-Length: 100000\r\n", b"", "/upload")
    drippers = [app.connect() for _ in range(number)]
    for index, s in enumerate(drippers):
        s.setblocking(False)
        if index % 2:
            s.send(body)
    begun, at, answered = time.monotonic(), 0, 0
    with app.connect() as poll:
        while drippers and time.monotonic() - begun < 15:
            for s in list(drippers):
                try:
                    s.send(head[at:at + 1])
                    if s.recv(4096) == b"":
                        raise ConnectionResetError
                except BlockingIOError:
                    pass
                except (ConnectionResetError, BrokenPipeError):
                    s.close()
                    drippers.remove(s)
            at += 1
            for _ in range(10):
                poll.sendall(get())
                assert poll.recv(4096).startswith(b"HTTP/1.1 200 ")
                answered += 1
                time.sleep(0.02)
    assert not drippers and answered > 50
    assert app.fds() <= fds + 1 and app.stats()["uploads"] == 0


def test_smuggled_request_alone_counts(app):
    """The corpus hides this request in others; if it never counted, the tests above would show nothing."""
    before = app.stats()["counted"]
    with app.connect() as s:
        s.sendall(SMUGGLED)
        assert s.recv(4096).startswith(b"HTTP/1.1 204 ")
    assert app.stats()["counted"] == before + 1
