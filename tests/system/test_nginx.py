"""The shipped nginx site in front of a real daemon."""
import gzip
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


@pytest.fixture
def site(daemon, place):
    if not shutil.which("nginx", path="/usr/sbin:/usr/bin:/sbin"):
        pytest.skip("nginx is not installed")
    port = free_port()
    text = (TOP / "deploy" / "priceforge-nginx.conf.in").read_text()
    text = text.replace("@rundir@", str(daemon.runtime)).replace("@listen@", f"127.0.0.1:{port}")
    (place / "site.conf").write_text(text)
    conf = place / "nginx.conf"
    temps = "\n".join(f"    {kind}_temp_path {place}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    conf.write_text(f"{'user root;' if os.geteuid() == 0 else ''}\npid {place}/nginx.pid;\nerror_log {place}/nginx.log warn;\nworker_processes 2;\n"
                    f"events {{ worker_connections 512; }}\nhttp {{\n    access_log off;\n{temps}\n    include {place}/site.conf;\n}}\n")
    process = subprocess.Popen(["nginx", "-c", str(conf), "-p", str(place), "-g", "daemon off;"],
                               env={**os.environ, "PATH": "/usr/sbin:/usr/bin:/bin"})
    end = time.monotonic() + 5
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            break
        except OSError:
            assert time.monotonic() < end and process.poll() is None, (place / "nginx.log").read_text()
            time.sleep(0.02)
    yield Client(port=port)
    process.terminate()
    process.wait(10)


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


def test_errors_stay_problem_json(daemon, site):
    assert site.get("/api/tasks/none").headers["Content-Type"].startswith("application/problem+json")
    answer = site.upload("/api/stock/import?warehouse=MAIN", b"PK\3\4" + b"x" * (65 << 20))
    assert answer.status == 413 and answer.json["type"] == "/problems/body-too-large"
    assert site.get("/metrics").status == 404


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
