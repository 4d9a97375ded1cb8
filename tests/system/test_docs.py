"""The pages of docs/ are followed to the letter, against a real daemon; what they name is there."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
import samples
from conftest import BUILD, _base
from daemon import Daemon
from test_nginx import free_port

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests" / "docs"))
from page import Page, blocks_of, pattern  # noqa: E402

DOCS = TOP / "docs"
PAGES = sorted(path.name for path in DOCS.glob("*.md") if any(block.kind == "sh" for block in blocks_of(path)))
NEEDS = {"api.md": ["node"], "server.md": ["openssl", "nginx"]}


@pytest.fixture
def folder():
    path = Path(tempfile.mkdtemp(prefix="pft-", dir=_base()))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


class Server:
    """The machine of server.md in a folder: /etc, an nginx, and a systemctl that knows the two services. The files that the packages bring
    are the shipped ones."""

    def __init__(self, folder):
        self.folder, self.etc, self.bin, self.port = folder, folder / "etc", folder / "bin", free_port()
        for place in ("priceforge", "nginx/sites-available", "nginx/sites-enabled", "temp"):
            (self.etc / place).mkdir(parents=True)
        self.bin.mkdir()
        tokens = self.etc / "priceforge" / "tokens"
        tokens.touch(0o600)
        if os.geteuid() == 0:
            shutil.chown(tokens, "priceforge")
        self.options = {"auth.tokens_file": tokens, "spool.keep_preview": 1800}

    def script(self, name, text):
        (self.bin / name).write_text("#!/bin/sh\n" + text)
        (self.bin / name).chmod(0o755)

    def let_in(self, daemon):
        """The test fills the catalogue by a token of its own."""
        added = subprocess.run([BUILD / "priceforge", "token", "add", "-f", self.options["auth.tokens_file"], "-s", "admin", "test"], check=True, capture_output=True, text=True)
        token = re.search(r"pf_\S+", added.stdout)[0]
        worker = daemon.worker

        def with_token(index):
            client = worker(index)
            client.token = token
            return client
        daemon.worker = with_token
        end = time.monotonic() + 10
        while daemon.worker(0).get("/api/session").status != 200:
            assert time.monotonic() < end
            time.sleep(0.1)

    def ready(self, daemon, home):
        site = (TOP / "deploy" / "priceforge-nginx.conf.in").read_text().replace("@httpdir@", str(daemon.runtime)).replace("@listen@", "80")
        (self.etc / "nginx" / "sites-available" / "priceforge").write_text(site)
        temps = " ".join(f"{kind}_temp_path {self.etc}/temp/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        conf = self.etc / "nginx" / "nginx.conf"
        conf.write_text(f"{'user root;' if os.geteuid() == 0 else ''} pid {self.etc}/nginx.pid; error_log {self.etc}/nginx.log warn; events {{ }}\n"
                        f"http {{ access_log off; {temps} include {self.etc}/nginx/sites-enabled/*; }}\n")
        nginx = shutil.which("nginx", path="/usr/sbin:/usr/bin:/sbin")
        self.script("nginx", f'exec {nginx} -c {conf} -p {self.etc} "$@"\n')
        self.script("sudo", 'exec "$@"\n')
        self.script("systemctl", f'case "$*" in\n"reload nginx") if [ -s {self.etc}/nginx.pid ]; then nginx -s reload; else nginx; fi ;;\n'
                                 f'"reload priceforge") priceforged -t -c {self.etc}/priceforge/priceforged.conf >/dev/null && kill -HUP {daemon.pid} ;;\n'
                                 f'"restart priceforge") ;;\n*) exit 1 ;;\nesac\n')
        (home / ".curlrc").write_text(f'connect-to = "prices.example:443:127.0.0.1:{self.port}"\n')
        self.places = {"/etc/priceforge/": f"{self.etc}/priceforge/", "/etc/nginx/": f"{self.etc}/nginx/", "listen 443 ssl": f"listen 127.0.0.1:{self.port} ssl",
                       "subjectAltName=DNS:prices.example": "subjectAltName=DNS:prices.example,IP:127.0.0.1",
                       "url = https://prices.example": f"url = https://127.0.0.1:{self.port}"}

    def stop(self):
        if (self.etc / "nginx.pid").exists():
            subprocess.run([self.bin / "nginx", "-s", "stop"], capture_output=True)


@pytest.mark.parametrize("name", PAGES)
def test_a_page(name, folder, template):
    """With the catalogue of the demo, whose files lie in the folder; the quickstart fills it itself."""
    lacks = [tool for tool in ["curl", "jq", *NEEDS.get(name, [])] if not shutil.which(tool, path=f"{os.environ['PATH']}:/usr/sbin")]
    if lacks:
        pytest.skip(f"not installed: {', '.join(lacks)}")
    server = Server(folder) if name == "server.md" else None
    daemon = Daemon(BUILD, folder / "state", folder / "log", test_types=False, options=server.options if server else None)
    subprocess.run(["cp", "-a", "--reflink=auto", template, daemon.state], check=True)
    daemon.start()
    daemon.options["http.listen"] = f"127.0.0.1:{daemon.port}"  # a restart must be found where it was
    home = folder / "home"
    home.mkdir()
    for file in (TOP / "tests" / "data" / "demo").glob("*.*"):
        shutil.copy(file, home)

    def restart():
        daemon.kill_all()
        daemon.start(wait=60)
    try:
        if server:
            server.let_in(daemon)
        if name != "quickstart.md":
            samples.load_catalogue(daemon, "warehouses", "components", "part_numbers", "parties", "rates", "quotes")
        environment = {"HOME": str(home), "LC_ALL": "C.UTF-8", "PATH": f"{BUILD}:{os.environ['PATH']}",
                       "PRICEFORGE_SERVER": f"http://127.0.0.1:{daemon.port}", "PRICEFORGE_PATHS_STATE_DIR": str(daemon.state)}
        if server:
            server.ready(daemon, home)
            environment["PATH"] = f"{server.bin}:{environment['PATH']}"
            del environment["PRICEFORGE_SERVER"]
        page = Page(DOCS / name, home, f"127.0.0.1:{daemon.port}", environment, restart, server.places if server else {"sudo ": "", "/etc/cron.daily/": f"{folder}/"}).follow()
        assert page.ran and len(page.shown) * 10 <= len(page.ran) + 9, page.shown
    finally:
        if server:
            server.stop()
        daemon.stop_hard()


def test_links():
    for path in [*DOCS.glob("*.md"), TOP / "README.md", TOP / "CONTRIBUTING.md"]:
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", path.read_text()):
            if "://" not in target:
                assert (path.parent / target).exists(), f"{path.name}: {target}"


def test_the_comparison_can_fail(folder):
    assert pattern("a <n> …\nb\n").fullmatch("a 12 and so\non\nb\n") and not pattern("a <n>").fullmatch("a x")
    (folder / "page.md").write_text("```sh\necho one\n```\n```text\ntwo\n```\n")
    with pytest.raises(AssertionError, match="printed:\none"):
        Page(folder / "page.md", folder, "x", dict(os.environ)).follow()
    (folder / "page.md").write_text("```sh\nfalse\necho never\n```\n")
    with pytest.raises(AssertionError, match="ended with 1"):
        Page(folder / "page.md", folder, "x", dict(os.environ)).follow()


def test_every_code_is_explained():
    """Of rows, and of tasks that end with a question about their file."""
    schemas = json.loads((TOP / "daemon" / "api" / "openapi" / "errors.json").read_text())["schemas"]
    told = {name for name in schemas["RowCode"]["enum"] + schemas["TaskErrorCode"]["enum"] if name.startswith(("E_", "W_"))}
    explained = set(re.findall(r"[EW]_[A-Z_]+[A-Z]", (DOCS / "files.md").read_text()))
    assert told == explained, told ^ explained


def test_tests_that_keep_promises_are_there():
    named = re.findall(r"`(test_\w+\.py)`", (DOCS / "promises.md").read_text())
    assert len(named) > 15 and [name for name in named if not (TOP / "tests" / "system" / name).exists()] == []


def test_the_page_of_the_api_names_what_is_there():
    page = (TOP / "man" / "priceforge-api.7").read_text().replace("\\", "")
    paths = set()
    for fragment in (TOP / "daemon" / "api" / "openapi").glob("*.json"):
        paths |= json.loads(fragment.read_text()).get("paths", {}).keys()
    plain = {re.sub(r"{\w+}", "{}", path) for path in paths}
    named = re.findall(r"(?<![\w.:])/(?:api|healthz|readyz|metrics|version)[\w/{}.-]*", page)
    assert len(named) > 25
    for path in named:
        path = re.sub("9d770b1c-[0-9a-f-]+", "{}", path).rstrip(".")
        assert re.sub(r"{\w+}", "{}", path) in plain or path in ("/api/tasks",), path


def test_the_page_of_task_types_is_the_recipe_that_is_followed():
    """test_type_recipe.py does what CONTRIBUTING.md says, and this page says the same."""
    def blocks(text):
        return dict(re.findall(r"^```(c|make)\n(.*?)^```", text, re.M | re.S)), re.search(r"-d '([^']+)'", text)[1]
    recipe = (TOP / "CONTRIBUTING.md").read_text().split("### A task type\n")[1].split("\n### ")[0]
    assert blocks((DOCS / "task-type.md").read_text()) == blocks(recipe)
