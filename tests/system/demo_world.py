"""A daemon with the whole demo in it: catalogue, stock, prices and one list of each source, as of 2026-02-05."""
import json
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

import samples
from daemon import Daemon

AS_OF = "2026-02-05"
TABLES = ("warehouses", "components", "part_numbers", "parties", "rates", "quotes")
SOURCES = ("estimate", "warehouse", "competitor")


class World:
    """The daemon, a client of each worker, and the results of the tasks that filled it."""

    def __init__(self, daemon):
        self.daemon, self.results, self.tasks = daemon, {}, {}
        self.client, self.other = daemon.worker(0), daemon.worker(1)

    def post(self, name, path, value):
        """Start a task by a path of its own, wait on the other worker, keep and return its result."""
        answer = self.client.post_json(path, value)
        assert answer.status == 202, answer
        return self.keep(name, answer.json["task_id"])

    def keep(self, name, task_id):
        task = self.other.wait(task_id)
        assert task["status"] == "completed", task
        self.tasks[name], self.results[name] = task_id, task["result"]
        return task["result"]

    def fill(self):
        samples.load_catalogue(self.daemon, *TABLES)
        self.post("recalculate", "/api/prices/recalculate-all", {"as_of": AS_OF})
        body, content_type = samples.multipart({"warehouse": "MAIN"}, "stock.xlsx", samples.demo_stock())
        self.keep("stock", self.client.upload("/api/stock/import", body, content_type).json["task_id"])
        for source in SOURCES:
            self.post(source, "/api/pricelists", {"source": source, "as_of": AS_OF})
        return self


@contextmanager
def demo_world(build, template, base):
    path = Path(tempfile.mkdtemp(prefix="pft-", dir=base))
    path.chmod(0o755)
    daemon = Daemon(build, path / "state", path / "log")
    subprocess.run(["cp", "-a", "--reflink=auto", template, daemon.state], check=True)
    try:
        daemon.start()
        yield World(daemon).fill()
    finally:
        daemon.stop_hard()
        shutil.rmtree(path, ignore_errors=True)


def expected(name):
    text = (samples.DEMO / "expected" / name).read_text(encoding="utf-8")
    return json.loads(text) if name.endswith(".json") else text
