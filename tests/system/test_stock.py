"""Stock, part numbers and templates over HTTP, on the demo data and on stock made here."""
import csv
import io
import json
import threading
from decimal import Decimal

import pytest

import samples
from demo_world import expected
from test_tasks import check_problem

JSON = {"Content-Type": "application/json"}


def pages(client, path, member, limit, between=lambda: None):
    """All rows of a list, walked by its cursors; the pages' sizes. `between` runs after each page."""
    rows, sizes, cursor = [], [], None
    while True:
        answer = client.get(path + ("&" if "?" in path else "?") + f"limit={limit}" + (f"&cursor={cursor}" if cursor else ""))
        assert answer.status == 200, answer
        body = answer.json
        assert set(body) == {member, "next_cursor"} and answer.headers["Cache-Control"] == "no-store"
        rows += body[member]
        sizes.append(len(body[member]))
        cursor = body["next_cursor"]
        if cursor is None:
            assert answer.headers["Link"] is None or 'rel="next"' not in answer.headers["Link"]
            return rows, sizes
        assert f'cursor={cursor}>; rel="next"' in answer.headers["Link"]
        between()


def faults(answer):
    return {(fault["pointer"], fault["code"]) for fault in check_problem(answer, 422, "invalid-parameters")["errors"]}


# ---- Stock ------------------------------------------------------------------------------------------------------------


def test_stock_is_what_was_imported(world):
    rows, sizes = pages(world.client, "/api/stock", "stock", 100)
    wanted = list(csv.DictReader(io.StringIO(expected("stock-items.csv"))))
    assert sizes == [100, 100, 100, 11] and len(wanted) == 311
    for row, want in zip(rows, wanted):
        assert (row["pn_norm"], row["vendor_norm"], row["lot_code"] or "") == (want["pn_norm"], want["vendor_norm"], want["lot_code"])
        for member in ("qty", "reserved", "unit", "unit_cost", "received_on"):
            assert (row[member] or "") == want[member], (row, want)
        assert Decimal(row["lot_qty"]) == Decimal(want["lot_qty"])
        assert Decimal(row["free"]) == max(0, Decimal(row["qty"]) - Decimal(row["reserved"]))
        assert row["warehouse"] == "MAIN" and row["stock_date"] == "2026-02-05" and row["name"]
        assert row["import"] == {"id": world.results["stock"]["import_id"], "task_id": world.tasks["stock"],
                                 "file_name": "stock.xlsx", "stock_date": "2026-02-05"}


def test_stock_by_lot_and_by_number(world):
    everything, _ = pages(world.client, "/api/stock?warehouse=MAIN", "stock", 200)
    for lot in ("ACC-TPM2", "acc tpm2"):
        rows, _ = pages(world.client, f"/api/stock?lot={lot.replace(' ', '%20')}", "stock", 1)
        assert rows == [row for row in everything if row["lot_code"] == "ACC-TPM2"] and rows
    rows, _ = pages(world.client, "/api/stock?pn=avt%20c213_x69", "stock", 50)
    assert rows == [row for row in everything if row["pn_norm"] == "AVTC213X69"] and len(rows) == 1
    assert pages(world.client, "/api/stock?pn=avtc213x69&lot=GPU-16G&warehouse=MAIN", "stock", 50)[0] == rows
    assert pages(world.client, "/api/stock?pn=avtc213x69&lot=ACC-TPM2", "stock", 50)[0] == []
    assert pages(world.client, "/api/stock?pn=NOBODY1", "stock", 50)[0] == []
    for q, norm in (("avt-c", "AVTC"), ("k", "K"), ("0", "0"), ("nobody", "NOBODY")):
        wanted = [row for row in everything if row["pn_norm"].startswith(norm)]
        assert bool(wanted) == (q != "nobody") and pages(world.client, f"/api/stock?warehouse=MAIN&q={q}", "stock", 3)[0] == wanted, q
    assert faults(world.client.get("/api/stock?q=A")) == {("/warehouse", "required")}
    assert faults(world.client.get("/api/stock?q=A&warehouse=MAIN&pn=AVT")) == {("/q", "conflict")}
    assert faults(world.client.get("/api/stock?q=--&warehouse=MAIN")) == {("/q", "E_PN_EMPTY")}
    assert pages(world.client, "/api/stock?warehouse=REMOTE", "stock", 50)[0] == []


def test_faults_of_the_filters_are_all_named(world):
    assert faults(world.client.get("/api/stock?warehouse=NOWHERE&lot=NO-LOT&pn=---")) == {
        ("/warehouse", "unknown-warehouse"), ("/lot", "unknown-lot"), ("/pn", "E_PN_EMPTY")}
    assert faults(world.client.get("/api/stock?limit=0&colour=red")) == {("/limit", "range"), ("/colour", "unknown")}
    assert faults(world.client.get("/api/stock/unmatched?warehouse=NOWHERE")) == {("/warehouse", "unknown-warehouse")}
    assert faults(world.client.get(f"/api/stock?pn={'A' * 65}")) == {("/pn", "E_PN_LONG")}


def test_a_cursor_belongs_to_its_filters(world):
    cursor = world.client.get("/api/stock?warehouse=MAIN&limit=5").json["next_cursor"]
    assert world.other.get(f"/api/stock?warehouse=MAIN&limit=7&cursor={cursor}").status == 200
    for path in (f"/api/stock?cursor={cursor}", f"/api/stock?warehouse=MAIN&lot=GPU-16G&cursor={cursor}",
                 f"/api/stock/unmatched?warehouse=MAIN&cursor={cursor}", f"/api/stock?warehouse=MAIN&cursor={cursor[:-2]}",
                 "/api/stock?cursor=nonsense"):
        assert faults(world.client.get(path)) == {("/cursor", "cursor")}
    assert len(world.client.get("/api/stock?limit=1000").json["stock"]) == 200


def test_unmatched_of_the_demo(world):
    rows, sizes = pages(world.client, "/api/stock/unmatched", "unmatched", 7)
    items, _ = pages(world.client, "/api/stock", "stock", 200)
    waiting = [item for item in items if item["lot_code"] is None]
    assert sizes == [7, 7, 7, 1] and len(waiting) == world.results["stock"]["unmatched"] == 22
    assert [row["pn_norm"] for row in rows] == [item["pn_norm"] for item in waiting]
    assert all(row["items"] == 1 and row["warehouses"] == ["MAIN"] for row in rows)
    assert [row["qty"] for row in rows] == [item["qty"] for item in waiting]
    assert [row["free"] for row in rows] == [item["free"] for item in waiting]
    assert [row["vendors"] for row in rows] == [[item["vendor_norm"]] for item in waiting]


# ---- A small shop that may be changed ----------------------------------------------------------------------------------


COMPONENTS = ("lot_code,name,unit\nLOT-A,Lot A,pcs\nLOT-B,Lot B,pcs\nLOT-M,Cable,m\n")
WAREHOUSES = "code,name\nMAIN,Main\nSIDE,Side\n"
NUMBERS = ("vendor,part_number,lot_code\n,KLV-3205,LOT-A\nACME,KLV-32O5,LOT-A\nZETA,KLV-3Z05,LOT-B\nYOTA,KLV-3205,LOT-B\n"
           "ACME,TWO-1,LOT-A\nZETA,TWO-1,LOT-B\n")
PARTIES = "kind,code,name\nsupplier,S1,Supplier\n"


class Shop:
    def __init__(self, daemon):
        self.daemon, self.client, self.other = daemon, daemon.worker(0), daemon.worker(1)
        for table, text in (("warehouses", WAREHOUSES), ("components", COMPONENTS), ("part_numbers", NUMBERS), ("parties", PARTIES)):
            self.catalogue(table, text)

    def end(self, answer):
        assert answer.status == 202, answer
        task = self.other.wait(answer.json["task_id"])
        assert task["status"] == "completed", task
        return task["result"]

    def catalogue(self, table, text):
        return self.end(self.client.upload(f"/api/catalog/{table}/import", text.encode(), "text/csv"))

    def stock(self, warehouse, rows, mode="merge", head=("Артикул", "Производитель", "Количество", "Ед")):
        return self.end(self.client.upload(f"/api/stock/import?warehouse={warehouse}&mode={mode}", samples.xlsx([list(head), *rows])))

    def quote(self, *rows):
        head = "ext_ref,party_kind,party_code,part_number,price,currency,quoted_on\n"
        return self.catalogue("quotes", head + "".join(f"{ref},supplier,S1,{pn},100,RUB,2026-02-01\n" for ref, pn in rows))

    def put(self, status=200, **mapping):
        answer = self.client.request("PUT", "/api/part-numbers", json.dumps(mapping), JSON)
        assert answer.status == status, answer
        return answer.json if status == 200 else answer

    def delete(self, query):
        answer = self.client.request("DELETE", f"/api/part-numbers?{query}")
        assert answer.status == 200, answer
        return answer.json

    def items(self, pn):
        return self.client.get(f"/api/stock?pn={pn}").json["stock"]

    def waiting(self, pn):
        rows, _ = pages(self.client, "/api/stock/unmatched", "unmatched", 200)
        return [row for row in rows if row["pn_norm"] == pn]


@pytest.fixture
def shop(daemon):
    return Shop(daemon)


def test_a_number_is_mapped_and_what_waited_is_linked(shop):
    shop.stock("MAIN", [["KLV-3ZO5", "Omega", 10, "шт"], ["KLV-3ZO5", "Psi", 3, "шт"], ["NEW-1", "", 7, "шт"]])
    shop.stock("SIDE", [["klv 3zo5", "", 2, "шт"]])
    shop.quote(("q1", "KLV-3ZO5"), ("q2", "klv3zo5"), ("q3", "NEW-1"))
    [row] = shop.waiting("KLV3ZO5")
    assert row["vendors"] == ["", "OMEGA", "PSI"] and row["warehouses"] == ["MAIN", "SIDE"]
    assert (row["items"], row["qty"], row["free"], row["quotes"]) == (3, "15.000", "15.000", 2)
    assert [(hint["part_number"], hint["vendor_norm"], hint["lot_code"]) for hint in row["suggestions"]] == [
        ("KLV-3205", "", "LOT-A"), ("KLV-3205", "YOTA", "LOT-B"), ("KLV-32O5", "ACME", "LOT-A")]
    assert shop.waiting("NEW1")[0]["suggestions"] == []

    done = shop.put(part_number="KLV-3ZO5", lot_code="lot a", lot_qty="2", pack_qty=None)
    assert done == {"part_number": "KLV-3ZO5", "pn_norm": "KLV3ZO5", "vendor_norm": "", "lot_code": "LOT-A", "lot_qty": "2.000",
                    "pack_qty": None, "created": True, "updated": False, "linked": {"stock": 3, "quotes": 2},
                    "kept": {"stock": 0, "quotes": 0}}
    assert shop.waiting("KLV3ZO5") == [] and len(shop.waiting("NEW1")) == 1
    assert {(item["lot_code"], item["lot_qty"]) for item in shop.items("KLV3ZO5")} == {("LOT-A", "2.000")}
    again = shop.put(part_number="KLV-3ZO5", lot_code="LOT-A", lot_qty="2.0")
    assert (again["created"], again["updated"], again["linked"]) == (False, False, {"stock": 0, "quotes": 0})
    assert shop.daemon.sql("SELECT COUNT(*) FROM price_quote WHERE component_id IS NULL") == [["1"]]


def test_the_code_of_a_lot_is_suggested_too(shop):
    """Here and with the row of the import, after what the map has."""
    shop.catalogue("part_numbers", "part_number,lot_code\nLOT-8,LOT-A\n")
    task_id = shop.client.upload("/api/stock/import?warehouse=MAIN", samples.xlsx([["Артикул", "Количество"], ["L0T-B", 1], ["10T-M", 2]])).json["task_id"]
    shop.other.wait(task_id)
    assert [[(hint["part_number"], hint["vendor_norm"], hint["lot_code"], hint["name"]) for hint in shop.waiting(pn)[0]["suggestions"]]
            for pn in ("L0TB", "10TM")] == [[("LOT-8", "", "LOT-A", "Lot A"), ("LOT-B", "", "LOT-B", "Lot B")], [("LOT-M", "", "LOT-M", "Cable")]]
    hints = shop.daemon.sql(f"SELECT suggestion FROM task_row_error WHERE task_id = '{task_id}' ORDER BY row_no")
    assert sorted(hints[0][0].split(" | ")) == ["LOT-8 = LOT-A", "LOT-B = LOT-B"] and hints[1] == ["LOT-M = LOT-M"]


def test_stock_reports_unchanged_after_a_link(shop):
    rows = [["NEW-1", "Omega", 7, "шт"], ["NEW-2", "", 1, "шт"]]
    shop.stock("MAIN", rows, "replace")
    shop.put(part_number="NEW-1", lot_code="LOT-B")
    result = shop.stock("MAIN", rows, "replace")
    assert (result["inserted"], result["updated"], result["deleted"], result["unchanged"]) == (0, 0, 0, 2)
    assert (result["matched"], result["unmatched"]) == (1, 1)


def test_a_mapping_is_changed_and_linked_rows_keep_their_lot(shop):
    shop.stock("MAIN", [["NEW-1", "", 7, "шт"]])
    shop.quote(("q1", "NEW-1"))
    shop.put(part_number="NEW-1", lot_code="LOT-A")
    changed = shop.put(part_number="New-1", lot_code="LOT-B", pack_qty="10.5")
    assert (changed["created"], changed["updated"], changed["pack_qty"], changed["part_number"]) == (False, True, "10.500", "New-1")
    assert changed["linked"] == {"stock": 0, "quotes": 0} and changed["kept"] == {"stock": 1, "quotes": 1}
    assert shop.items("NEW1")[0]["lot_code"] == "LOT-A"
    assert shop.stock("MAIN", [["NEW-1", "", 7, "шт"]])["updated"] == 1
    assert shop.items("NEW1")[0]["lot_code"] == "LOT-B"


def test_a_mapping_is_taken_out(shop):
    shop.put(part_number="NEW-1", lot_code="LOT-A")
    shop.stock("MAIN", [["NEW-1", "", 7, "шт"]])
    gone = shop.delete("part_number=new%201")
    assert gone == {"pn_norm": "NEW1", "vendor_norm": "", "deleted": True, "unlinked": {"stock": 0, "quotes": 0}, "linked": {"stock": 0, "quotes": 0},
                    "kept": {"stock": 1, "quotes": 0}}
    assert shop.delete("part_number=NEW-1")["deleted"] is False
    assert shop.items("NEW1")[0]["lot_code"] == "LOT-A"
    assert shop.stock("MAIN", [["NEW-1", "", 7, "шт"]])["unmatched"] == 1
    assert len(shop.waiting("NEW1")) == 1


def test_a_mapping_that_was_just_written_is_undone(shop):
    """As many rows as it linked wait again; if another number of rows has the lot by now, all of them keep it."""
    rows = [["NEW-1", "Omega", 7, "шт"], ["NEW-2", "", 1, "шт"]]
    shop.stock("MAIN", rows, "replace")
    shop.stock("SIDE", [["new 1", "Omega", 2, "шт"]])
    shop.quote(("q1", "NEW-1"), ("q2", "NEW-2"))
    [before] = shop.waiting("NEW1")
    linked = shop.put(part_number="NEW-1", vendor="Omega", lot_code="LOT-A")["linked"]
    assert linked == {"stock": 2, "quotes": 1}
    kept = shop.delete("part_number=NEW-1&vendor=Omega&unlink_stock=3&unlink_quotes=2")
    assert kept["deleted"] and kept["unlinked"] == {"stock": 0, "quotes": 0} and kept["kept"] == linked
    assert shop.put(part_number="NEW-1", vendor="Omega", lot_code="LOT-A")["linked"] == {"stock": 0, "quotes": 0}
    gone = shop.delete("part_number=NEW-1&vendor=Omega&unlink_stock=2&unlink_quotes=1")
    assert gone["unlinked"] == linked and gone["kept"] == {"stock": 0, "quotes": 0}
    assert shop.waiting("NEW1") == [before]
    again = shop.delete("part_number=NEW-1&vendor=Omega&unlink_stock=2&unlink_quotes=1")
    assert not again["deleted"] and again["unlinked"] == {"stock": 0, "quotes": 0}
    assert shop.put(part_number="NEW-1", lot_code="LOT-B")["linked"] == linked  # it can be mapped again
    assert faults(shop.client.request("DELETE", "/api/part-numbers?part_number=NEW-1&unlink_stock=-1")) == {("/unlink_stock", "range")}


def test_an_undone_mapping_leaves_quotes_whose_price_was_divided(shop):
    shop.quote(("q1", "NEW-1"))
    assert shop.put(part_number="NEW-1", lot_code="LOT-A", lot_qty=2)["linked"] == {"stock": 0, "quotes": 1}
    assert shop.delete("part_number=NEW-1&unlink_quotes=1")["unlinked"] == {"stock": 0, "quotes": 0}


def test_taking_one_of_two_rivals_out_links_what_waited(shop):
    shop.quote(("q1", "TWO-1"))  # two lots bear the number, a quote names no vendor
    gone = shop.delete("part_number=TWO-1&vendor=Zeta")
    assert gone["deleted"] and gone["linked"] == {"stock": 0, "quotes": 1} and gone["kept"] == {"stock": 0, "quotes": 0}
    assert shop.daemon.sql("SELECT c.lot_code FROM price_quote q JOIN component c ON c.id = q.component_id") == [["LOT-A"]]


def test_only_the_number_of_that_vendor_is_touched(shop):
    shop.put(part_number="TWO-1", vendor="Zeta", lot_code="LOT-A", lot_qty=3)
    rows = shop.daemon.sql("SELECT vendor_norm, lot_qty, created_by FROM part_number_map WHERE pn_norm = 'TWO1' ORDER BY vendor_norm")
    assert [row[:2] for row in rows] == [["ACME", "1.000"], ["ZETA", "3.000"]]
    assert shop.delete("part_number=TWO-1")["deleted"] is False  # there is none for any vendor


def test_metres_never_meet_pieces(shop):
    shop.stock("MAIN", [["NEW-1", "", 7, "шт"], ["WIRE-1", "", 7, "м"]])
    assert shop.put(part_number="NEW-1", lot_code="LOT-M")["linked"]["stock"] == 0
    assert shop.put(part_number="WIRE-1", lot_code="LOT-M")["linked"]["stock"] == 1


def test_every_fault_of_a_mapping_at_once(shop):
    before = shop.daemon.sql("SELECT COUNT(*) FROM part_number_map")
    send = lambda body: shop.client.request("PUT", "/api/part-numbers", json.dumps(body), JSON)
    assert faults(send({"part_number": "---", "vendor": "#", "lot_code": "NO-LOT", "lot_qty": "0", "pack_qty": "1.0001", "x": 1})) == {
        ("/part_number", "E_PN_EMPTY"), ("/vendor", "E_PN_EMPTY"), ("/lot_code", "unknown-lot"), ("/lot_qty", "range"),
        ("/pack_qty", "range"), ("/x", "unknown")}
    assert faults(send({})) == {("/part_number", "required"), ("/lot_code", "required")}
    assert faults(send([])) == {("", "type")}
    assert faults(send({"part_number": "A" * 65, "lot_code": "LOT-A"})) == {("/part_number", "E_PN_LONG")}
    assert faults(send({"part_number": "1" + "-" * 128, "lot_code": "LOT-A"})) == {("/part_number", "range")}
    assert faults(send({"part_number": 7, "lot_code": "LOT-A", "lot_qty": "1e3", "vendor": None})) == {("/part_number", "type"), ("/lot_qty", "type")}
    check_problem(shop.client.request("PUT", "/api/part-numbers", "{", JSON), 400, "malformed-json")
    check_problem(shop.client.request("PUT", "/api/part-numbers", "a=1", {"Content-Type": "text/csv"}), 415, "unsupported-media-type")
    assert faults(shop.client.request("DELETE", "/api/part-numbers?vendor=X&lot_code=LOT-A")) == {
        ("/part_number", "required"), ("/lot_code", "unknown")}
    assert shop.daemon.sql("SELECT COUNT(*) FROM part_number_map") == before


def test_walk_while_stock_comes_and_goes(shop):
    stays = [f"S-{i:04d}" for i in range(0, 60, 2)]
    shop.stock("MAIN", [[pn, "", 1, "шт"] for pn in stays])
    turn = [0]

    def disturb():
        turn[0] += 1
        mine = [[f"S-{i:04d}", "", turn[0], "шт"] for i in range(1, 60, 4 + turn[0] % 3)]
        shop.stock("MAIN", [[pn, "", 1, "шт"] for pn in stays] + mine, "replace")

    for path, member in (("/api/stock", "stock"), ("/api/stock/unmatched", "unmatched")):
        rows, sizes = pages(shop.client, path, member, 7, disturb)
        seen = [row["part_number"] for row in rows]
        assert len(seen) == len(set(seen)) and seen == sorted(seen) and len(sizes) > 4
        assert set(stays) <= set(seen)


def test_mappings_by_hand_during_imports_lose_no_link(shop):
    """Stock that an import brings while its numbers are being mapped waits at the end only if nobody mapped it."""
    numbers = [f"R-{i:03d}" for i in range(120)]
    stop, failed = threading.Event(), []

    def import_again(warehouse):
        client = shop.daemon.worker(1)
        turn = 0
        while not stop.is_set():
            turn += 1
            data = samples.xlsx([["Артикул", "Количество"], *[[pn, turn] for pn in numbers]])
            answer = client.upload(f"/api/stock/import?warehouse={warehouse}&mode=replace", data)
            task = client.wait(answer.json["task_id"])
            if task["status"] != "completed":
                failed.append(task)

    threads = [threading.Thread(target=import_again, args=(name,)) for name in ("MAIN", "SIDE")]
    for thread in threads:
        thread.start()
    try:
        for pn in numbers[:60]:
            shop.put(part_number=pn, lot_code="LOT-A")
        shop.quote(*[(f"r{i}", pn) for i, pn in enumerate(numbers)])
        for pn in numbers[60:110]:
            shop.put(part_number=pn, lot_code="LOT-B")
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert failed == []
    rows, _ = pages(shop.client, "/api/stock", "stock", 200)
    assert len(rows) == 240
    for row in rows:
        number = int(row["part_number"][2:])
        assert row["lot_code"] == ("LOT-A" if number < 60 else "LOT-B" if number < 110 else None), row
    assert shop.daemon.sql("SELECT pn_norm FROM price_quote WHERE component_id IS NULL ORDER BY pn_norm") == [
        [f"R{i:03d}"] for i in range(110, 120)]


def test_two_at_once_agree(shop):
    """The same and different mappings of one number from many clients: one row, and everybody is answered."""
    statuses = []

    def change(worker):
        client = shop.daemon.worker(worker % 2)
        for turn in range(10):
            body = json.dumps({"part_number": "RACE-1", "lot_code": "LOT-A" if (worker + turn) % 2 else "LOT-B"})
            statuses.append(client.request("PUT", "/api/part-numbers", body, JSON).status)
            if turn % 3 == 1:
                statuses.append(client.request("DELETE", "/api/part-numbers?part_number=RACE-1").status)

    threads = [threading.Thread(target=change, args=(worker,)) for worker in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 52
    assert shop.daemon.sql("SELECT COUNT(*) FROM part_number_map WHERE pn_norm = 'RACE1'") == [["1"]]


# ---- Templates --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", ["components", "part_numbers", "parties", "warehouses", "rates", "quotes"])
def test_a_template_is_an_importable_heading(world, table):
    answer = world.client.get(f"/api/templates/{table}.csv")
    assert answer.status == 200 and answer.headers["Content-Type"].split(";")[0] == "text/csv"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{table}.csv"'
    assert answer.body.endswith(b"\r\n") and answer.body.count(b"\n") == 1
    columns = answer.body.decode().strip().split(",")
    demo = (samples.DEMO / f"{table}.csv").read_text(encoding="utf-8").splitlines()[0].split(",")
    assert set(demo) <= set(columns)
    head = world.client.request("HEAD", f"/api/templates/{table}.csv")
    assert (head.status, head.body, int(head.headers["Content-Length"])) == (200, b"", len(answer.body))


def test_there_is_no_other_template(world):
    for path in ("/api/templates/tasks.csv", "/api/templates/.csv", "/api/templates/components.xlsx", "/api/templates/components"):
        check_problem(world.client.get(path), 404, "not-found")


def test_a_filled_template_is_imported(shop):
    heading = shop.client.get("/api/templates/components.csv").body.decode()
    result = shop.catalogue("components", heading + "LOT-NEW,New,,,,,,,\r\n")
    assert (result["rows_total"], result["inserted"], result["rejected"]) == (1, 1, 0)
