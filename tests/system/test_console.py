"""The console as it is served: codings, tags, policy, addresses. What it does in a browser: tests/web/."""
import gzip
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from daemon import Client
from test_nginx import nginx  # noqa: F401 (a fixture)

WEB = Path(__file__).resolve().parents[2] / "web"


@pytest.fixture(scope="module")
def page(module_daemon):
    answer = module_daemon.worker(0).get("/")
    assert answer.status == 200 and answer.headers["Content-Type"] == "text/html; charset=utf-8"
    return answer.body.decode()


def build_of(page):
    return re.search(r'name="build" content="([0-9a-f]{12})"', page)[1]


def addresses(page):
    return sorted(set(re.findall(r'(?:href|src)="([^"]+)"', page)))


def unpacked(answer):
    coding = answer.headers["Content-Encoding"]
    if coding == "gzip":
        return gzip.decompress(answer.body)
    if coding == "br":
        return subprocess.run(["brotli", "-dc"], input=answer.body, capture_output=True, check=True).stdout
    assert coding is None
    return answer.body


def test_each_coding_has_its_bytes_and_its_tag(module_daemon, page):
    client, seen = module_daemon.worker(0), {}
    for wanted, expected in (("", None), ("identity", None), ("gzip", "gzip"), ("gzip;q=0", None), ("br;q=0.0, gzip;q=0.5", "gzip"),
                             ("brother", None), ("x-gzip", None), ("deflate, GZIP", "gzip")):
        answer = client.get("/", {"Accept-Encoding": wanted} if wanted else {})
        assert answer.headers["Content-Encoding"] == expected, wanted
        assert unpacked(answer).decode() == page and answer.headers["Vary"] == "Accept-Encoding"
        assert answer.headers["Cache-Control"] == "no-cache" and re.fullmatch(r'"[^"]+"', answer.headers["ETag"]), "a strong tag"
        seen.setdefault(expected, set()).add(answer.headers["ETag"])
    assert all(len(tags) == 1 for tags in seen.values()) and len(set.union(*seen.values())) == len(seen)


def test_brotli_where_the_build_had_it(module_daemon, page):
    if not shutil.which("brotli"):
        pytest.skip("brotli is not installed")
    answer = module_daemon.worker(0).get("/", {"Accept-Encoding": "gzip, br"})
    assert answer.headers["Content-Encoding"] == "br" and unpacked(answer).decode() == page


def without_comments(path):
    """Scripts and styles are sent without indentation, comments of whole lines and types; lines keep their numbers."""
    text = path.read_text()
    if path.suffix not in (".js", ".css"):
        return text
    text = re.sub(r"^ +", "", text, flags=re.M)
    text = re.sub(r"^/\*(?:(?!\*/).)*\*/$", lambda found: "\n" * found[0].count("\n"), text, flags=re.M | re.S)
    return re.sub(r"/\*\* @[^*\n]*\*/ ?", "", text)


def test_what_a_client_has_is_not_sent_again(module_daemon, page):
    one, other = module_daemon.worker(0), module_daemon.worker(1)
    for target in ("/", "/" + addresses(page)[0]):
        tags = {coding: one.get(target, {"Accept-Encoding": coding}).headers["ETag"] for coding in ("identity", "gzip")}
        for coding, tag in tags.items():
            again = other.get(target, {"Accept-Encoding": coding, "If-None-Match": f'"x", {tag}'})
            assert (again.status, again.body, again.headers["ETag"]) == (304, b"", tag)
        assert other.get(target, {"Accept-Encoding": "identity", "If-None-Match": tags["gzip"]}).status == 200


def test_every_address_of_the_page_is_there_and_relative(module_daemon, page):
    """Relative: below any prefix of a proxy. And each file of web/ is named, so that none can be missing later."""
    client, named = module_daemon.worker(0), addresses(page)
    for address in named:
        assert address.startswith(f"assets/{build_of(page)}/"), address
        answer = client.get("/" + address)
        assert answer.status == 200 and answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert answer.body.decode() == without_comments(WEB / address.split("/", 2)[2])
    files = {path.relative_to(WEB).as_posix() for path in WEB.glob("*/*") if path.suffix in (".js", ".css", ".svg")}
    assert {address.split("/", 2)[2] for address in named} == files


def test_imports_of_modules_are_relative_and_lead_to_files():
    for path in WEB.glob("*/*.js"):
        for target in re.findall(r"^(?:import|export)\b.*?from '([^']+)'", path.read_text(), re.M):
            assert target.startswith(".") and (path.parent / target).resolve().is_file(), (path.name, target)


def test_files_of_other_builds_are_not_here(module_daemon, page):
    client, name = module_daemon.worker(0), addresses(page)[0].split("/", 2)[2]
    for target in (f"/assets/000000000000/{name}", f"/assets/{build_of(page)}/js/none.js", f"/assets/{build_of(page)}/js/..%2fjs%2fmain.js",
                   f"/assets/{build_of(page)}/index.html"):
        answer = client.get(target)
        assert answer.status in (400, 404) and "immutable" not in (answer.headers["Cache-Control"] or ""), target


def test_the_policy_forbids_everything_but_this_server(module_daemon, page):
    policy = dict(part.strip().split(" ", 1) for part in module_daemon.worker(0).get("/").headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'" and policy["frame-ancestors"] == "'none'" and policy["require-trusted-types-for"] == "'script'"
    assert {policy[name] for name in ("script-src", "style-src", "img-src", "connect-src")} == {"'self'"}
    assert "unsafe" not in str(policy) and not re.search(r"<style|style=|<script>|\son\w+=", page)


def test_the_version_names_the_build(module_daemon, page):
    assert module_daemon.worker(1).get("/version").json["console"] == build_of(page)


def test_the_page_needs_no_token(make_daemon, place, page):
    tokens = place / "tokens"
    tokens.write_text("")
    tokens.chmod(0o644)
    client = make_daemon(auth__tokens_file=tokens).worker(0)
    assert client.get("/api/tasks").status == 401
    assert client.get("/").body.decode() == page and client.get("/" + addresses(page)[0]).status == 200
    assert client.request("HEAD", "/").headers["Content-Length"] == str(len(page.encode()))


def test_through_nginx(daemon, nginx, page):  # noqa: F811
    site = Client(port=nginx(daemon).port)
    answer = site.get("/", {"Accept-Encoding": "gzip"})
    assert answer.status == 200 and unpacked(answer).decode() == page
    assert answer.headers.get_all("Referrer-Policy") == ["no-referrer"] and answer.headers["Content-Security-Policy"]
    assert site.get("/", {"Accept-Encoding": "gzip", "If-None-Match": answer.headers["ETag"]}).status == 304
    assert site.get("/" + addresses(page)[0], {"Accept-Encoding": "gzip"}).headers["Cache-Control"].endswith("immutable")
