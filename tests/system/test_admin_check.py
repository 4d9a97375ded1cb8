"""priceforge db check: silent where nothing is wrong, and a line for everything that is."""
import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from admin import admin
from demo_world import World

TOP = Path(__file__).resolve().parents[2]
FACTS = TOP / "daemon/admin/facts.inc"


def faults(daemon, code=1):
    result = admin(daemon, "check")
    assert result.returncode == code and not result.stderr, result
    return result.stdout.splitlines()


def test_the_tables_are_those_of_the_program(daemon):
    """PF_GOLDEN=write brings facts.inc to what the migrations make."""
    result = admin(daemon, "check")
    wrong = [line.removeprefix("schema: ").rsplit(": ", 1) for line in result.stdout.splitlines() if line.startswith("schema: ")]
    if os.environ.get("PF_GOLDEN") == "write":
        lines = {line[1:-2] for line in FACTS.read_text().splitlines()} - {fact for fact, what in wrong if what == "is missing"}
        lines |= {fact for fact, what in wrong if what == "is not in this version"}
        FACTS.write_text("".join(f'"{line}",\n' for line in sorted(lines, key=str.encode)))
        pytest.skip("written; build and run again, until nothing is left")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_nothing_is_found_in_what_the_program_has_done(make_daemon):
    """The demo, and then everything that takes back, replaces, decides and deletes."""
    daemon = make_daemon()
    world = World(daemon).fill()
    client = world.client
    assert faults(daemon, 0) == []
    imports = []
    for count in (3, 9):
        text = "Артикул;Количество;Цена\n" + "".join(f"Z-{n:03d};{n + 1};1.50\n" for n in range(count)) + "Z-bad;x;1\n"
        answer = client.request("POST", "/api/stock/import?warehouse=MAIN&filename=s.csv&force=true", text.encode(), {"Content-Type": "text/csv"})
        imports.append(client.wait(answer.json["task_id"])["result"]["import_id"])
        text = "Артикул;Цена\n" + "".join(f"Z-{n:03d};{n + 1}.10\n" for n in range(count))
        answer = client.request("POST", "/api/quotes/import?party=SUP-01&filename=q.csv&currency=RUB&supersede=true", text.encode(), {"Content-Type": "text/csv"})
        quotes = client.wait(answer.json["task_id"])["result"]["import_id"]
    for path in (f"/api/stock/imports/{imports[1]}/undo", f"/api/quotes/imports/{quotes}/undo"):
        undone = client.post_json(path, {}).json["task_id"]
        assert client.wait(undone)["status"] == "completed"
    redo = daemon.sql("SELECT MAX(id) FROM stock_import")[0][0]
    assert client.wait(client.post_json(f"/api/stock/imports/{redo}/undo", {}).json["task_id"])["status"] == "completed"
    assert client.wait(client.start("recalculate", as_of="2026-02-07", audit="all", max_change_pct="1"))["status"] == "completed"
    lot = daemon.sql("SELECT lot_code FROM component ORDER BY id LIMIT 1")[0][0]
    etag = client.get(f"/api/components/{lot}").headers["ETag"]
    patched = client.request("PATCH", f"/api/components/{lot}", '{"name": "Совсем другое DDR5-5600 имя", "reason": "x"}'.encode(),
                             {"Content-Type": "application/merge-patch+json", "If-Match": etag})
    assert patched.status == 200, patched
    assert client.start("recalculate", dry_run=True)
    crashed = client.start("test_crash", how="exit")
    cancelled = client.start("test_sleep", ms=60000, steps=600)
    assert client.request("POST", f"/api/tasks/{cancelled}/cancel").status in (200, 202)
    client.wait(cancelled)
    client.wait(crashed, 60)
    while daemon.sql("SELECT 1 FROM task WHERE status IN ('queued', 'running')"):
        time.sleep(0.05)
    assert faults(daemon, 0) == []


BREAK = {
    # what is done to the database: lines that must be told
    "UPDATE component SET price_state = 'none' WHERE id = (SELECT id FROM component WHERE price IS NOT NULL ORDER BY id LIMIT 1)": ["component .*: has a price and no state"],
    "UPDATE component SET lot_norm = 'X1' WHERE id = 1": ["component .*: its normalised form", "component_word .* X1: a word by which"],
    "UPDATE component SET lot_skeleton = 'X1' WHERE id = 1": ["component .*: its skeleton"],
    "UPDATE component SET name = 'Kugelblitz' WHERE id = 1": ["component_word .* KUGELBLITZ: a word by which the component is to be found is missing", "component_word .*: is not a word of the component"],
    "DELETE FROM component_word WHERE source = 2 LIMIT 1": ["component_word .*: a part number by which"],
    "UPDATE component_word SET gram = '?' WHERE source = 2 LIMIT 1": ["component_word .*: is not a part number of", "component_word .*: a part number by which"],
    "UPDATE part_number_map SET pn_skeleton = 'X' WHERE id = 2": ["part_number_map 2: its skeleton"],
    "UPDATE part_number_map SET part_number = 'other' WHERE id = 2": ["part_number_map 2: its normalised form"],
    "UPDATE task SET outcome = 'cancelled' WHERE type = 'recalculate'": ["task .*: its outcome is not one of its state"],
    "UPDATE task SET finished_at = NULL WHERE type = 'recalculate'": ["task .*: has an end and has not ended", "task_count recalculate/succeeded: the number"],
    "UPDATE task SET live_key = REPEAT('k', 32) WHERE type = 'recalculate'": ["task .*: has ended and still keeps"],
    "UPDATE task SET created_at = '2038-01-01' WHERE type = 'recalculate'": ["task .*: ends or starts before"],
    "UPDATE price_change SET n_used = n_used + 1 WHERE id = 1": ["price_change 1: has another number of quotes"],
    "SET foreign_key_checks = 0; UPDATE price_change_quote SET quote_id = 99999 WHERE price_change_id = 1 LIMIT 1": ["price_change_quote 1/99999: quote_id leads to no row of price_quote"],
    "UPDATE price_quote SET quote_import_id = 99 WHERE id = 3": ["price_quote 3: quote_import_id leads to no import of its party"],
    "UPDATE price_quote SET rejected_by = 99 WHERE id = 3": ["price_quote 3: rejected_by leads to no import", "price_quote 3: is active and was rejected"],
    "UPDATE warehouse SET stock_import_id = 99 WHERE code = 'MAIN'": ["warehouse MAIN: stock_import_id leads to no import of it"],
    "UPDATE stock_import SET inserted = inserted + 500": ["stock_import 1: its rows do not add up"],
    "UPDATE stock_import SET undone_by = 7, state_before = 8, of_import = 9, state_after = 10": [f"stock_import 1: {name} leads to no import" for name in (
        "undone_by", "state_before", "of_import", "state_after")],
    "INSERT INTO stock_undo SELECT 99, s.id, 1, pn_norm, vendor_norm, part_number, name, component_id, lot_qty, qty, reserved, unit, unit_cost, received_on, "
    "stock_import_id FROM stock_item s LIMIT 1": ["stock_undo 99/.*: import_id leads to no row of stock_import"],
    "SET foreign_key_checks = 0; UPDATE stock_item SET warehouse_id = (SELECT id FROM warehouse WHERE code <> 'MAIN' LIMIT 1) LIMIT 1": [
        "stock_item .*: stock_import_id leads to an import of another warehouse"],
    "SET foreign_key_checks = 0; UPDATE stock_item SET component_id = 9999 LIMIT 150": [
        "stock_item .*: component_id leads to no row of component", "stock_item: more rows of which the same is true: component_id leads to no row of component"],
    "SET check_constraint_checks = 0; UPDATE price_quote SET price = -price WHERE id = 3": ["price_quote 3: .*price.* > 0 does not hold"],
    "DROP TRIGGER pl_upd; UPDATE pricelist SET status = 'building' WHERE id = 1": ["pricelist 1: was left half made", "schema: pricelist trigger pl_upd before update: is missing"],
    "DROP TRIGGER pl_upd; UPDATE pricelist SET items = items + 1 WHERE id = 1": ["pricelist 1: has another number of items"],
    "DROP TRIGGER pl_upd; UPDATE pricelist SET previous_id = 99 WHERE id = 1": ["pricelist 1: previous_id leads to no earlier list"],
    "DROP TRIGGER pli_upd; UPDATE pricelist_item SET price = price + 1 LIMIT 1": ["pricelist .*: its items are not those of its digest"],
    "ALTER TABLE warehouse ADD COLUMN note TEXT, DROP INDEX uq_wh": ["schema: warehouse.note text: is not in this version", r"schema: warehouse unique uq_wh \(code\): is missing"],
    "CREATE TABLE guest (id INT PRIMARY KEY)": ["schema: guest.id .*: is not in this version", "schema: guest unique PRIMARY .*: is not in this version"],
}


def test_every_fault_is_told(make_daemon, place):
    """Each in a copy of the same state; and nothing else is told but what follows from it."""
    world = World(make_daemon(name="one")).fill()
    assert world.daemon.term() == 0
    (place / "one" / "node-id").unlink()
    wrong = []
    for number, (statement, lines) in enumerate(BREAK.items()):
        subprocess.run(["cp", "-a", "--reflink=auto", place / "one", place / f"b{number}"], check=True)
        daemon = make_daemon(name=f"b{number}")
        daemon.sql(statement)
        told = faults(daemon)
        wrong += [(statement, "not told:", pattern, told[:5]) for pattern in lines if not any(re.fullmatch(pattern + ".*", line) for line in told)]
        alien = [line for line in told if not any(re.fullmatch(pattern + ".*", line) for pattern in lines + ["schema: .*trigger.*is missing"])]
        wrong += [(statement, "told:", alien[:5])] if alien or len(told) > 110 else []
        daemon.kill_all()
        shutil.rmtree(place / f"b{number}")
    assert not wrong


def test_a_check_of_a_stopped_daemon_and_of_none(make_daemon):
    daemon = make_daemon()
    assert daemon.term() == 0
    assert faults(daemon, 0) == []
    nothing = make_daemon(name="none", start=False)
    result = admin(nothing, "check")
    assert result.returncode == 3 and "there is no database in" in result.stderr
    nothing.options["database.socket"] = "/nowhere/s.sock"
    result = admin(nothing, "check")
    assert result.returncode == 4 and "the database:" in result.stderr, result
