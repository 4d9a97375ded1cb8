"""The API document as other people's tools see it: two linters without an error, and a client made from it that compiles and does the demo."""
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from conftest import BUILD
from daemon import Daemon

TOP = Path(__file__).resolve().parents[2]
OURS = TOP / "tests" / "openapi"
DEMO = TOP / "tests" / "data" / "demo"


@pytest.fixture(scope="module")
def node():
    """A folder with the tools; they are those of the lock file, so that a new rule of theirs is news and not a failure."""
    try:
        done = subprocess.run([OURS / "install.sh"], capture_output=True, text=True, timeout=600)
    except subprocess.TimeoutExpired:
        pytest.skip("npm did not install the tools in time")
    if done.returncode:
        pytest.skip(f"npm cannot install the tools: {done.stderr.strip()[-300:]}")
    return Path(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def shop(template, tmp_path_factory):
    """A daemon as it is delivered, with an empty catalogue."""
    base = Path(f"/var/tmp/pft-tools-{os.getpid()}") if os.geteuid() == 0 else tmp_path_factory.mktemp("tools")
    base.mkdir(mode=0o755, exist_ok=True)
    subprocess.run(["cp", "-a", "--reflink=auto", template, base / "state"], check=True)
    daemon = Daemon(BUILD, base / "state", base / "log", test_types=False)
    daemon.start()
    yield daemon
    daemon.stop_hard()
    shutil.rmtree(base, ignore_errors=True)


@pytest.fixture(scope="module")
def bench(node, shop, tmp_path_factory):
    """A folder with the tools, our files and the document that the delivered daemon serves."""
    folder = tmp_path_factory.mktemp("bench")
    for file in OURS.iterdir():
        shutil.copy(file, folder)
    (folder / "node_modules").symlink_to(node / "node_modules")
    (folder / "openapi.json").write_bytes(shop.worker(0).get("/api/openapi.json").body)
    return folder


def run(bench, tool, *args, timeout=120):
    env = {**os.environ, "REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true", "NODE_NO_WARNINGS": "1"}
    command = ["node", *args] if tool == "node" else [bench / "node_modules" / ".bin" / tool, *args]
    return subprocess.run(command, capture_output=True, text=True, cwd=bench, env=env, timeout=timeout)


def told(done):
    return f"{done.stdout[-6000:]}\n{done.stderr[-2000:]}"


LINTERS = {"redocly": ("lint", "--config", "redocly.yaml", "--format", "stylish"),
           "spectral": ("lint", "--ruleset", "spectral.yaml", "--fail-severity", "warn")}


@pytest.mark.parametrize("linter", LINTERS)
def test_a_linter_finds_nothing(bench, linter):
    word, *options = LINTERS[linter]
    done = run(bench, linter, word, "openapi.json", *options)
    assert done.returncode == 0, told(done)


@pytest.mark.parametrize("linter", LINTERS)
def test_a_linter_finds_what_is_wrong(bench, linter):
    """The linters look: an example that does not fit its schema is an error for both."""
    document = json.loads((bench / "openapi.json").read_text())
    document["components"]["examples"]["Health"]["value"]["status"] = "ill"
    (bench / "wrong.json").write_text(json.dumps(document))
    word, *options = LINTERS[linter]
    done = run(bench, linter, word, "wrong.json", *options)
    assert done.returncode == 1 and "equal to constant" in told(done), told(done)


@pytest.fixture(scope="module")
def compiled(bench):
    made = run(bench, "openapi-typescript", "openapi.json", "--default-non-nullable=false", "-o", "api.ts")
    assert made.returncode == 0, told(made)
    done = run(bench, "tsc", "-p", ".")
    assert done.returncode == 0, told(done)
    return bench


def test_a_client_made_from_the_document_does_the_demo(compiled, shop):
    done = run(compiled, "node", "demo.js", f"http://127.0.0.1:{shop.port}", DEMO)
    assert done.returncode == 0, told(done)
    assert int(done.stdout.split()[0]) >= 30, done.stdout


@pytest.mark.parametrize("wrong", [
    'if (task.type === "recalculate") task.result?.warehouse;',
    'if (task.type === "stock_import") { const id: string | null | undefined = task.result?.import_id; void id; }',
    'if (problem.type === "/problems/no-such-kind") throw problem;',
    'await client.GET("/api/pricelists/{id}", { params: { path: { id: "3" } } });',
    'await client.POST("/api/tasks", { body: { type: "stock_import" } });'])
def test_the_compiler_refuses_a_wrong_client(compiled, wrong):
    (compiled / "wrong.ts").write_text(
        'import createClient from "openapi-fetch";\nimport type { components, paths } from "./api.js";\nconst client = createClient<paths>();\n'
        'declare const task: components["schemas"]["Task"];\ndeclare const problem: components["schemas"]["Problem"];\n'
        f'void client, task, problem;\n{wrong}\n')
    config = json.loads((compiled / "tsconfig.json").read_text())
    (compiled / "wrong.json").write_text(json.dumps({**config, "files": ["wrong.ts"]}))
    done = run(compiled, "tsc", "-p", "wrong.json", "--noEmit")
    faults = [line for line in done.stdout.splitlines() if line.startswith("wrong.ts")]
    assert len(faults) == 1 and faults[0].startswith("wrong.ts(7,"), told(done)
