"""Adding a task type is one file and one line: the recipe of CONTRIBUTING.md, followed to the letter in a copy of the tree."""
import json
import os
import re
import shutil
import subprocess
import urllib.request
from pathlib import Path

import pytest

from conftest import BUILD
from contract import Contract
from daemon import Client, Daemon

TOP = Path(__file__).resolve().parents[2]


def recipe():
    """The recipe's file (name and text), its line (name of the list's file and text), and the body of its curl command."""
    text = (TOP / "CONTRIBUTING.md").read_text().split("### A task type\n")[1].split("\n### ")[0]
    blocks = dict(re.findall(r"^```(\w+)\n(.*?)^```", text, re.M | re.S))
    names = re.findall(r"`(handlers/[\w./]+)`", text)
    body = re.search(r"-d '([^']+)'", blocks["sh"]).group(1)
    assert len(blocks["make"].splitlines()) == 1
    return (names[0], blocks["c"]), (next(name for name in names if name.endswith(".am")), blocks["make"]), body


def copy_tree(to):
    """Sources and build directory with their times, so that only what the recipe touches is built again."""
    shutil.copytree(TOP, to, symlinks=True, ignore=lambda folder, names: [
        name for name in names if name in (".git", "data", "autom4te.cache") or (folder == str(TOP) and name.startswith("build") and name != "build-aux")])
    to.chmod(0o755)
    build, copy = BUILD.resolve(), to / BUILD.name
    shutil.copytree(build, copy, symlinks=True, ignore=lambda folder, names: [
        name for name in names if folder.startswith(str(build / "tests")) and not name.endswith(".Po") and not (Path(folder) / name).is_dir()])
    for path in [copy / "Makefile", copy / "config.status", *copy.rglob("*.Po")]:
        times = path.stat()
        path.write_text(path.read_text().replace(str(build), str(copy)).replace(str(TOP), str(to)))
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    return copy


def test_the_recipes_name_what_is_there():
    """Functions, macros and structs in the text of all recipes; files and paths are checked by tests/layers.py."""
    text = (TOP / "CONTRIBUTING.md").read_text().split("## Recipes\n")[1]
    text = re.sub(r"^```.*?^```", "", text, flags=re.S | re.M)
    names = re.findall(r"`(?:struct |enum )?(\w{4,})(?:\(\))?`", text) + re.findall(r"`(?:struct |enum )(\w+)`", text)
    folders = ("shm", "store", "handlers", "daemon", "tests")
    sources = [path.read_text() for folder in folders for path in (TOP / folder).rglob("*") if path.suffix in (".c", ".h", ".py", ".json", ".am")]
    words = set(re.findall(r"\w+", "\n".join([*sources, (TOP / "dev").read_text()])))
    assert len(names) > 20 and set(names) <= words, set(names) - words


@pytest.fixture(scope="module")
def built():
    """The build directory of a copy of the tree that has the recipe's type."""
    (file, source), (listing, line), _ = recipe()
    base = Path("/var/tmp" if os.geteuid() == 0 else os.environ.get("TMPDIR", "/tmp")) / f"pft-recipe-{os.getpid()}"
    build = copy_tree(base)
    assert not (base / file).exists()
    (base / file).write_text(source)
    entries = (base / listing).read_text().splitlines(keepends=True)
    last = max(i for i, entry in enumerate(entries) if entry.startswith(line.split()[0] + " +="))
    (base / listing).write_text("".join(entries[:last + 1] + [line] + entries[last + 1:]))
    made = subprocess.run(["make", "-s", "-j2", "-C", build, "priceforged"], capture_output=True, text=True)
    assert made.returncode == 0, made.stdout[-2000:] + made.stderr[-4000:]
    yield build
    shutil.rmtree(base)


def test_a_type_is_one_file_and_one_line(built, place, template, monkeypatch):
    subprocess.run(["cp", "-a", "--reflink=auto", template, place / "state"], check=True)
    daemon = Daemon(built, place / "state", place / "recipe.log", test_types=False)
    daemon.start()
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{daemon.port}/api/openapi.json") as answer:
            document = json.load(answer)
        monkeypatch.setattr("daemon.contract", lambda own=Contract(document): own)  # that of the tree lacks the type
        client = Client(port=daemon.port)
        answer = client.request("POST", "/api/tasks", recipe()[2], {"Content-Type": "application/json"})
        assert answer.status == 202, answer
        task_id = answer.json["task_id"]
        steps = int(re.search(r"\d+", recipe()[2]).group())
        running = client.wait(task_id, until=lambda task: task["progress"] > 0)
        assert (running["type"], running["message"]) == ("countdown", "counting")
        counters = client.get(f"/api/tasks/{task_id}?view=full").json["counters"]
        assert counters["total"] == steps and 0 < counters["done"] <= steps
        ended = client.wait(task_id)
        assert (ended["status"], ended["message"], ended["result"]) == ("completed", "counted", {"counted": True})
        counters = client.get(f"/api/tasks/{task_id}?view=full").json["counters"]
        assert counters["total"] == counters["done"] == steps and counters["rejected"] is None
        assert document["components"]["schemas"]["countdown_params"]["properties"]["steps"]["default"] == 10
        assert "Countdown" in [start["title"] for start in document["components"]["schemas"]["TaskStart"]["oneOf"]]
        assert re.search(r'tasks_finished_total\{type="countdown",outcome="succeeded"\} 1\b', client.get("/metrics").body.decode())
    finally:
        daemon.stop_hard()
