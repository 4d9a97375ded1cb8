"""A daemon with the whole demo in it: catalogue, stock, prices and one list of each source, as of 2026-02-05."""
import hashlib
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


def literal(value):
    """A text as an SQL literal, whatever is in it."""
    return "NULL" if value is None else f"CONVERT(X'{str(value).encode().hex()}' USING utf8mb4)"


def put_list(daemon, number, items, currency="RUB"):
    """A list with exactly these items, by SQL; its id."""
    text = currency + "\n" + "".join(f"{item['lot_code']}\t{item['price']}\t{item.get('qty') or ''}\n" for item in items)
    daemon.sql(f"INSERT INTO pricelist (source, seq, version, currency, as_of, params, task_id) VALUES "
               f"('warehouse', {number}, '{AS_OF}-{number}', '{currency}', '{AS_OF}', '{{}}', UUID())")
    list_id = int(daemon.sql(f"SELECT id FROM pricelist WHERE source = 'warehouse' AND seq = {number}")[0][0])
    rows = []
    for item in items:
        values = [item["lot_code"], item.get("name", "Item"), item.get("category", ""), item.get("unit", "pcs"), item["price"],
                  item.get("qty"), item.get("basis", "stock"), item.get("n_obs"), item.get("price_min"), item.get("price_max"),
                  item.get("price_as_of"), item.get("part_numbers", "")]
        rows.append(f"({list_id}, (SELECT MIN(id) FROM component), {', '.join(map(literal, values))})")
    for at in range(0, len(rows), 300):  # a command line has an end
        daemon.sql("INSERT INTO pricelist_item (pricelist_id, component_id, lot_code, name, category, unit, price, qty, basis, n_obs, "
                   "price_min, price_max, price_as_of, part_numbers) VALUES " + ", ".join(rows[at:at + 300]))
    digest = hashlib.sha256(text.encode()).hexdigest()
    daemon.sql(f"UPDATE pricelist SET items = {len(items)}, content_sha256 = X'{digest}', status = 'ready' WHERE id = {list_id}")
    return list_id
