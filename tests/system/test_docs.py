"""The pages of docs/ are followed to the letter, against a real daemon; what they name is there."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
import samples
from conftest import BUILD, _base
from daemon import Daemon

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests" / "docs"))
from page import Page, blocks_of, pattern  # noqa: E402

DOCS = TOP / "docs"
PAGES = sorted(path.name for path in DOCS.glob("*.md") if any(block.kind == "sh" for block in blocks_of(path)))
NEEDS = {"api.md": ["node"]}


@pytest.fixture
def folder():
    path = Path(tempfile.mkdtemp(prefix="pft-", dir=_base()))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.mark.parametrize("name", PAGES)
def test_a_page(name, folder, template):
    """With the catalogue of the demo, whose files lie in the folder; the quickstart fills it itself."""
    lacks = [tool for tool in ["curl", "jq", *NEEDS.get(name, [])] if not shutil.which(tool)]
    if lacks:
        pytest.skip(f"not installed: {', '.join(lacks)}")
    daemon = Daemon(BUILD, folder / "state", folder / "log", test_types=False)
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
        if name != "quickstart.md":
            samples.load_catalogue(daemon, "warehouses", "components", "part_numbers", "parties", "rates", "quotes")
        environment = {"HOME": str(home), "LC_ALL": "C.UTF-8", "PATH": f"{BUILD}:{os.environ['PATH']}",
                       "PRICEFORGE_SERVER": f"http://127.0.0.1:{daemon.port}"}
        page = Page(DOCS / name, home, f"127.0.0.1:{daemon.port}", environment, restart).follow()
        assert page.ran and len(page.shown) * 10 <= len(page.ran) + 9, page.shown
    finally:
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
