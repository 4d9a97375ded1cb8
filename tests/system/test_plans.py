"""No statement's plan may depend on the server's statistics: they lag behind by seconds, and are 0 after a restart in between.

Everything that the daemon says to its database during a day's work is taken from the server's log, and explained three times: with true
statistics, with empty tables and with tables a thousand times as large."""
import json
import os
import re
import shutil
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
import samples
from conftest import BUILD
from daemon import Daemon
from demo_world import AS_OF, SOURCES, TABLES, World
from own_server import own_server

HEAD = ["Артикул", "Наименование", "Количество", "Цена"]
COUNTED = "SELECT COUNT(*) FROM component"  # how much there is to do, once a run
FALSE_STATISTICS = {"empty": "0", "huge": "1000 * {0}"}
# Read whole on purpose, or so small that every way through them is good.
SMALL = {"warehouse", "party", "currency_rate", "node", "lease", "schema_version", "task_count"}


def falsify(server, how):
    """Persistent statistics say what we want from now on. They are read when the server first opens a table: it starts again."""
    n = FALSE_STATISTICS[how]
    server.sql(f"UPDATE mysql.innodb_table_stats SET n_rows = {n.format('GREATEST(n_rows, 10)')} WHERE database_name = 'priceforge'",
               f"UPDATE mysql.innodb_index_stats SET stat_value = {n.format('GREATEST(stat_value, 10)')} WHERE database_name = 'priceforge' "
               "AND stat_name LIKE 'n_diff%'")
    server.stop()
    server.start()


def measure(server):
    tables = server.sql("SELECT table_name FROM information_schema.tables WHERE table_schema = 'priceforge' AND engine = 'InnoDB'")
    server.sql(*[f"ANALYZE TABLE {table}" for (table,) in tables])


@pytest.fixture(scope="module")
def server():
    with own_server("--log-output=TABLE", "--innodb-stats-auto-recalc=OFF", "--innodb-flush-log-at-trx-commit=1") as server:
        yield server


def begin(daemon):
    """Start, and wait for the migrations: with a server of somebody else's the daemon serves before they are done."""
    daemon.start(wait=60)
    end = time.monotonic() + 60
    while daemon.worker(0).get("/readyz").status != 200:
        assert time.monotonic() < end, daemon.log_text()[-2000:]
        time.sleep(0.1)
    return daemon


@contextmanager
def demo_on(server):
    """A daemon whose database is this server."""
    path = Path(tempfile.mkdtemp(prefix="pft-", dir="/var/tmp" if os.geteuid() == 0 else None))
    path.chmod(0o755)
    daemon = Daemon(BUILD, path / "state", path / "log", options=server.daemon_options())
    try:
        yield begin(daemon)
    finally:
        daemon.stop_hard()
        shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def busy(server):
    with demo_on(server) as daemon:
        yield daemon


def lists_of_suppliers(client, done):
    """New, corrected, superseding, undone, made again; codes that wait for the map."""
    def send(rows, query=""):
        data = samples.xlsx([["Артикул", "Код", "Цена", "Цена от 10"], *rows])
        return done(client.upload(f"/api/quotes/import?party=SUP-01&force=1{query}", data))["result"]["import_id"]

    rows = [(f"PN-{n}" if n % 3 else "", f"C{n}", n % 90 + 1, n % 90 + 0.5) for n in range(300)]
    send(rows, f"&quoted_on={AS_OF}")
    send([(number, code, price + 1, less) for number, code, price, less in rows[:200]], f"&quoted_on={AS_OF}")
    last = send(rows[100:], "&supersede=all")
    for _ in range(2):
        answer = client.request("POST", f"/api/quotes/imports/{last}/undo")
        last = done(answer)["result"]["import_id"]
    for path in ("/api/quotes/imports?limit=2", "/api/quotes/imports?kind=supplier&party=SUP-01", "/api/quotes/imports?who=unix&from=2026-01-01", f"/api/quotes/imports/{last}"):
        assert client.get(path).status == 200, path


def undone_stock(client, done, last):
    """Undone, made again, an undo that is refused; the lists of imports."""
    for _ in range(3):
        before, last = last, done(client.request("POST", f"/api/stock/imports/{last}/undo"))["result"]["import_id"]
    assert client.request("POST", f"/api/stock/imports/{before}/undo").status == 409
    for path in ("/api/stock/imports?limit=2", "/api/stock/imports?warehouse=MAIN", "/api/stock/imports?who=unix&to=2099-01-01", f"/api/stock/imports/{last}"):
        assert client.get(path).status == 200, path


def days_work(daemon):
    """Every type of task with its variants, every list that is read, every change of a mapping."""
    world = World(daemon).fill()
    client = daemon.worker(0)

    def done(answer):
        assert answer.status == 202, answer
        return client.wait(answer.json["task_id"])

    rows = [(f"PN-{n}", f"Item {n}", n % 90 + 1, "10.50") for n in range(300)]
    for part in (rows[:200], rows[100:]):
        for mode in ("replace", "merge"):
            body, content_type = samples.multipart({"warehouse": "MAIN", "mode": mode, "force": "1"}, "s.xlsx", samples.xlsx([HEAD, *part]))
            last = done(client.upload("/api/stock/import", body, content_type))["result"]["import_id"]
    undone_stock(client, done, last)
    lots = [row["lot_code"] for row in client.get("/api/components?limit=5").json["components"]]
    lists_of_suppliers(client, done)
    done(client.post_json("/api/prices/recalculate-all", {"as_of": AS_OF, "lot_codes": lots, "audit": "all"}))
    done(client.post_json("/api/prices/recalculate-all", {"as_of": AS_OF, "categories": ["CPU", "MEM"], "max_change_pct": "0.5"}))
    done(client.post_json("/api/prices/recalculate-all", {"as_of": AS_OF, "dry_run": True}))
    samples.load_catalogue(daemon, *TABLES)
    for source in SOURCES:
        done(client.post_json("/api/pricelists", {"source": source, "as_of": AS_OF, "categories": ["CPU"], "allow_empty": True}))
    lists = [row["id"] for row in client.get("/api/pricelists?limit=10").json["pricelists"]]
    for path in (f"/api/pricelists/{lists[0]}/items", f"/api/pricelists/{lists[0]}/items?q=cpu", "/api/pricelists?q=2026&limit=5", f"/api/pricelists/{lists[0]}/export-csv", f"/api/pricelists/{lists[0]}/export.xlsx", f"/api/pricelists/{lists[0]}/diff/{lists[-1]}",
                 "/api/stock?limit=5", "/api/stock?warehouse=MAIN&limit=5", "/api/stock/unmatched?limit=5", f"/api/stock?lot={lots[0]}",
                 "/api/stock?pn=PN-7", "/api/stock?warehouse=MAIN&q=PN&limit=5", f"/api/components/{lots[0]}", f"/api/components/{lots[0]}/price-history?limit=2",
                 "/api/components?category=CPU&limit=3", "/api/components?q=CPU&limit=3", "/api/components?q=item%203%20zz&limit=3",
                 "/api/components?q=cpu%20k&category=CPU", "/api/warehouses?q=a", "/api/parties?kind=supplier&q=a", "/api/rates?currency=USD",
                 "/api/categories?q=c", "/api/part-numbers?q=klv&limit=5", f"/api/part-numbers?lot={lots[0]}", "/api/quotes?limit=5",
                 "/api/quotes?status=rejected&from=2026-01-01", f"/api/quotes?lot={lots[0]}", "/api/quotes?party=SUP-01&limit=5", "/api/quotes?pn=PN-7", "/api/price-changes/held", "/api/tasks?limit=5",
                 "/api/tasks?status=completed&type=recalculate&limit=5", f"/api/tasks/{world.tasks['stock']}/rejects.csv",
                 f"/api/tasks/{world.tasks['stock']}/rejects.csv?severity=all", f"/api/tasks/{world.tasks['stock']}/rows?limit=5",
                 f"/api/tasks/{world.tasks['stock']}/rows?code=W_UNMATCHED&severity=warning&limit=5"):
        assert client.get(path).status in (200, 404), path
    mapping = {"part_number": "PN-7", "vendor": "Acme", "lot_code": lots[0]}
    assert client.request("PUT", "/api/part-numbers", json.dumps(mapping), {"Content-Type": "application/json"}).status in (200, 201)
    assert client.request("DELETE", "/api/part-numbers?part_number=PN-7&vendor=Acme&unlink_stock=1&unlink_quotes=1").status in (200, 204)
    assert client.request("DELETE", f"/api/pricelists/{lists[0]}").status == 200
    assert client.post_json(f"/api/pricelists/{lists[0]}/unarchive", {}).status == 200
    for coefficient in ("1.5", "1"):
        answer = client.request("PATCH", f"/api/components/{lots[0]}", json.dumps({"coefficient": coefficient}),
                                {"Content-Type": "application/json", "If-Match": "*"})
        assert answer.status == 200
    held = client.get("/api/price-changes/held").json
    for row in held.get("price_changes", held.get("held", []))[:1]:
        client.post_json(f"/api/price-changes/{row['id']}/dismiss", {})
    for wanted in ({"dry_run": True, "below": "50"}, {"ids": [row["id"] for row in held["held"]]}, {"direction": "up"}):
        assert client.post_json("/api/price-changes/decide", {"decision": "approve", **wanted}).status == 200


def shape(statement):
    """The statement without its values: one of each shape is explained."""
    text = re.sub(r"_binary ?'(?:[^'\\]|\\.|'')*'|[xX]?'(?:[^'\\]|\\.|'')*'", "?", statement)
    text = re.sub(r"\b\d+(\.\d+)?\b", "?", text)
    return re.sub(r"(\((?:\?,? ?)+\))(, ?\1)+", r"\1", text)


def said(server):
    """The statements of the log by shape, with those that make their temporary tables."""
    rows = server.sql("SELECT DISTINCT HEX(argument) FROM mysql.general_log WHERE command_type IN ('Execute', 'Query')", database="mysql")
    statements, stages = {}, {}
    for (text,) in rows:
        statement = bytes.fromhex(text).decode("utf-8", "replace").strip()
        statement = re.sub(r"\b(?:NEW|OLD)\.(\w+)", lambda m: "1" if m[1].endswith("_id") else "'X'", statement)  # of a trigger
        stage = re.match(r"CREATE TEMPORARY TABLE (\w+)", statement)
        if stage:
            stages.setdefault(stage[1], set()).add(statement)
        elif re.match(r"(SELECT|UPDATE|DELETE|INSERT)\b", statement) and " FROM " in statement + (" FROM " if statement[:6] == "UPDATE" else ""):
            if "?" not in re.sub(r"'(?:[^'\\\\]|\\\\.|'')*'", "", statement):  # with its values in it
                statements.setdefault(shape(statement), statement)
    return statements, stages


def explain(server, statement, stages):
    """[(table, type, key)] of each step; one list for each form of the temporary table that the statement names."""
    for stage, forms in stages.items():
        if re.search(rf"\b{stage}\b", statement):
            for form in forms:
                rows = explain_in(server, f"DROP TEMPORARY TABLE IF EXISTS {stage}", form, "EXPLAIN " + statement)
                if rows is not None:
                    return rows
    return explain_in(server, "EXPLAIN " + statement)


def explain_in(server, *statements):
    try:
        rows = server.sql(*statements)
    except AssertionError as refused:
        if "Unknown column" in str(refused):
            return None  # of another form of the stage
        raise
    steps = [(row[2], row[3], row[5]) for row in rows if row[2] != "NULL"]
    target = re.match(r"EXPLAIN INSERT INTO (\w+) \([^)]*\) VALUES", statements[-1])  # is shown as if it were read
    return [step for step in steps if not target or step[:2] != (target[1], "ALL")]


def big(name):
    return name not in SMALL and not name.startswith("<")


def aliases(statement):
    """{alias: table}"""
    return {m[2] or m[1]: m[1] for m in re.finditer(r"(?:FROM|JOIN|UPDATE|INTO|,)\s+(\w+)(?:\s+(?:AS\s+)?(?!FORCE|STRAIGHT_JOIN|WHERE|SET|ON|ORDER|LIMIT|"
                                                    r"GROUP|JOIN|LEFT|USE|FOR|VALUES)(\w+))?", statement)}


def test_plans_do_not_depend_on_statistics(server, busy):
    server.sql("SET GLOBAL general_log = ON")
    days_work(busy)
    assert busy.term() == 0
    server.sql("SET GLOBAL general_log = OFF")
    statements, stages = said(server)
    assert len(statements) > 60 and set(stages) == {"stock_stage", "catalog_stage", "quote_stage"}
    measure(server)
    plans = {"true": {key: explain(server, text, stages) for key, text in statements.items()}}
    for how in FALSE_STATISTICS:
        measure(server)
        falsify(server, how)
        plans[how] = {key: explain(server, text, stages) for key, text in statements.items()}
    wrong = []
    for key, text in statements.items():
        names = aliases(text)
        of = {how: [step for step in plan[key] if big(names.get(step[0], step[0]))] for how, plan in plans.items()}
        if not of["true"] == of["empty"] == of["huge"]:
            wrong.append("\n".join([shape(text)[:700]] + [f"    {how}: {steps}" for how, steps in of.items()]))
    assert not wrong, f"{len(wrong)} of {len(statements)} plans change:\n" + "\n".join(wrong)
    whole = {f"{names}: {shape(text)[:300]}" for key, text in statements.items()
             for names in [read_whole(plans["empty"][key], aliases(text), stages)] if names and not shape(text).startswith(COUNTED)}
    assert not whole, "tables that are read from end to end:\n" + "\n".join(sorted(whole))


def read_whole(steps, names, stages):
    """The big tables that a plan reads from end to end; stages, lists that come with the statement and what it derives are meant to be."""
    tables = [names.get(step[0], step[0]) for step in steps if step[1] in ("ALL", "index")]
    return [table for table in tables if big(table) and table not in stages and table not in ("JSON_TABLE", "j", "k", "n")]


ROWS = 20000
TASKS = ("stock_import", "catalog_import", "recalculate", "pricelist_create")


def stock_file(first):
    return samples.xlsx([HEAD] + [(f"PN-{first + n}", f"Item {n}", n % 90 + 1, "10.50") for n in range(ROWS)])


def load(daemon, warehouse, first):
    client = daemon.worker(0)
    body, content_type = samples.multipart({"warehouse": warehouse, "force": "1"}, "s.xlsx", stock_file(first))
    task = client.wait(client.upload("/api/stock/import", body, content_type).json["task_id"], seconds=300)
    assert task["status"] == "completed", task


def work_of(server, daemon, name):
    """Rows that the server touches while a task of this type runs; a count, so that a busy machine does not matter."""
    client = daemon.worker(0)
    before = touched(server)
    if name == "stock_import":
        load(daemon, "MAIN", ROWS)
    elif name == "catalog_import":
        samples.load_catalogue(daemon, "components", "part_numbers", "quotes")
    else:
        path, value = {"recalculate": ("/api/prices/recalculate-all", {"audit": "all"}),
                       "pricelist_create": ("/api/pricelists", {"source": "estimate"})}[name]
        task = client.wait(client.post_json(path, {"as_of": AS_OF, **value}).json["task_id"], seconds=60)
        assert task["status"] == "completed", task
    return touched(server) - before


def touched(server):
    return sum(int(value) for _name, value in server.sql("SHOW GLOBAL STATUS WHERE variable_name LIKE 'Handler_read%' "
                                                         "OR variable_name IN ('Handler_update', 'Handler_delete', 'Handler_write')"))


@pytest.fixture(scope="module")
def work(server):
    """{statistics: {type: rows touched}}: each time from the same data, with 20 000 rows of other part numbers in stock."""
    counts = {}
    for how in (None, *FALSE_STATISTICS):
        server.sql("DROP DATABASE priceforge", "CREATE DATABASE priceforge", database="mysql")
        with demo_on(server) as daemon:
            World(daemon).fill()
            load(daemon, "MAIN", 0)
            assert daemon.term() == 0
            measure(server)
            if how:
                falsify(server, how)
            begin(daemon)
            counts[how] = {name: work_of(server, daemon, name) for name in TASKS}
    return counts


@pytest.mark.parametrize("name", TASKS)
@pytest.mark.parametrize("how", FALSE_STATISTICS)
def test_false_statistics_cost_no_more_than_twice(work, name, how):
    assert work[how][name] <= 2 * work[None][name], work
