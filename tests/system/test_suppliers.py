"""The supplier samples: the model says of each what the sample says, and each goes through the daemon: the steps before it, the file, what comes
back, and what quotes there are afterwards."""
import json
import shutil
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

import pytest
import quotes_files
import samples
from conftest import BUILD, _base
from daemon import Daemon
from quotes_files import DATA, SUPPLIERS, modelled, party_of
from quotes_model import active, shown
from stock_line_model import Catalogue, norm
from test_pricing_trail import insert

CASES = DATA["cases"]
NAMES = [case["id"] for case in CASES]
OTHERS = ("error", "says", "file", "issues", "quotes", "active")
QUOTE = ["pn_norm", "part_number", "lot_code", "min_qty", "price", "price_per", "currency", "vat_included", "vat_rate", "qty"]
QUOTES = ("SELECT q.pn_norm, q.part_number, c.lot_code, q.min_qty, q.price, q.price_per, q.currency, q.vat_included, q.vat_rate, q.qty, q.quoted_on, "
          "q.valid_until, q.status, q.ext_ref, q.quote_import_id, q.rejected_by, q.note FROM price_quote q JOIN party p ON p.id = q.party_id "
          "LEFT JOIN component c ON c.id = q.component_id {where} ORDER BY q.id")


@pytest.fixture(scope="module")
def dated_daemon(template):
    """A daemon of the day of the samples."""
    path = Path(tempfile.mkdtemp(prefix="pft-", dir=_base()))
    path.chmod(0o755)
    daemon = Daemon(BUILD, path / "state", path / "log")
    daemon.wrapper = ["env", f"PF_TEST_TODAY={CASES[0]['today']}"]
    subprocess.run(["cp", "-a", "--reflink=auto", template, daemon.state], check=True)
    daemon.start()
    yield daemon
    daemon.stop_hard()
    shutil.rmtree(path, ignore_errors=True)


# ---- The database -----------------------------------------------------------------------------------------------------


def load(daemon, shared, parties=DATA["parties"]):
    """The catalogue, and no quotes."""
    catalogue = Catalogue({"warehouses": [], **shared})
    lots = {lot: number for number, lot in enumerate(catalogue.lots.values(), 1)}
    daemon.sql(
        "".join(f"DELETE FROM {table};" for table in ("price_quote", "quote_import", "part_number_map", "component", "party", "currency_rate"))
        + insert("party", "id, kind, code, name", [(n, p["kind"], p["code"], p["name"]) for n, p in enumerate(parties, 1)])
        + insert("component", "id, lot_code, lot_norm, name, unit", [(lots[lot], lot, key, "x", catalogue.units[lot]) for key, lot in catalogue.lots.items()])
        + insert("part_number_map", "vendor_norm, pn_norm, pn_skeleton, part_number, component_id, lot_qty, pack_qty",
                 [(e["vendor"], e["pn"], norm(e["raw"])["skeleton"], e["raw"], lots[e["lot"]], str(float(e["lot_qty"])), e["pack"]) for e in catalogue.map])
        + insert("currency_rate", "currency, rate_date, nominal, rate", [(r["currency"], r["date"], r["nominal"], r["rate"]) for r in shared["rates"]]))


def quotes_of(daemon, party=None, where=""):
    """Rows of quotes as objects: texts and numbers as the samples have them."""
    kind, code = party or ("", "")
    where = f"WHERE p.kind = '{kind}' AND p.code = '{code}' {where}" if party else ""
    names = [*QUOTE, "quoted_on", "valid_until", "status", "ext_ref", "import", "rejected_by", "note"]
    rows = [dict(zip(names, [None if value == "NULL" else value for value in row])) for row in daemon.sql(QUOTES.format(where=where))]
    return [{**row, "price_per": int(row["price_per"]), "vat_included": row["vat_included"] == "1"} for row in rows]


def recorded(world):
    """The same of the model's world."""
    return [{**shown(q), "quoted_on": q["day"].isoformat(), "valid_until": q["until"] and q["until"].isoformat(), "status": q["status"],
             "ext_ref": q["ref"], "by_import": q["rejected_by"] is not None} for q in world.quotes]


def on_record(daemon):
    return [{**{name: row[name] for name in (*QUOTE, "quoted_on", "valid_until", "status", "ext_ref")}, "by_import": row["rejected_by"] is not None}
            for row in quotes_of(daemon)]


# ---- Steps ------------------------------------------------------------------------------------------------------------


def form(params):
    return {key: json.dumps(value, ensure_ascii=False) if isinstance(value, (dict, bool)) else value for key, value in params.items()}


def send(client, name, data, params):
    body, kind = samples.multipart(form(params), name, data)
    answer = client.upload("/api/quotes/import", body, kind)
    assert answer.status == 202, answer
    return client.wait(answer.json["task_id"])


def send_file(client, step):
    return send(client, step["file"], (SUPPLIERS / step["file"]).read_bytes(), step["params"])


def reject(daemon, number):
    """As a person does it: no import has rejected it."""
    daemon.sql(f"UPDATE price_quote SET status = 'rejected' WHERE pn_norm = '{norm(number)['norm']}' AND status = 'active'")


def undo(client, import_id):
    answer = client.request("POST", f"/api/quotes/imports/{import_id}/undo")
    assert answer.status == 202, answer
    task = client.wait(answer.json["task_id"])
    assert task["status"] == "completed", task


def take_steps(daemon, client, case):
    last = None
    for step in case.get("before", []):
        if "reject" in step:
            reject(daemon, step["reject"])
        elif "undo" in step:
            undo(client, last)
        else:
            task = send_file(client, step)
            assert task["status"] == "completed", task
            last = task["result"]["import_id"]


# ---- What comes back --------------------------------------------------------------------------------------------------


def issues_of(daemon, task):
    rows = daemon.sql(f"SELECT COALESCE(sheet, ''), row_no, COALESCE(column_letter, ''), code FROM task_row_error WHERE task_id = '{task['id']}'")
    return sorted((int(row), code, column, sheet) for sheet, row, column, code in rows)


def check_issues(daemon, task, wanted):
    found = issues_of(daemon, task)
    wanted = sorted((row or 0, code, column or "", *sheet) for row, column, code, *sheet in wanted)
    assert [issue[:2] for issue in found] == [issue[:2] for issue in wanted], found
    assert all(not want[2] or want[2] == got[2] for want, got in zip(wanted, found)), found
    assert all(len(want) < 4 or want[3] == got[3] for want, got in zip(wanted, found)), found


def check_file(case, result, wanted):
    file = result["file"]
    assert (file["name"], file["format"]) == (case["file"], case["file"].rsplit(".", 1)[1]) and len(file["sha256"]) == 64
    for name in ("header_row", "header_rows", "columns"):
        assert file[name] == wanted[name], (name, file)
    assert [column["column"] for column in file["ignored"]] == wanted["ignored"] and all(c["caption"] and c["why"] for c in file["ignored"])
    assert [ord(price["column"]) - 64 for price in file["prices"]] == wanted["columns"]["price"], file["prices"]
    if "sheets" in wanted:
        members = [("name", "read", "rows") if sheet["read"] else ("name", "read") for sheet in file["sheets"]]
        assert [{key: sheet[key] for key in keys} for sheet, keys in zip(file["sheets"], members)] == wanted["sheets"]


def check_quotes(daemon, case, result, before):
    """What the file gave: what was inserted stands behind what was there, and what was replaced is told so."""
    wanted, after = case["expected"]["quotes"], quotes_of(daemon)
    if result["dry_run"]:
        assert after == before and result["import_id"] is None
        return
    new, number = after[len(before):], str(result["import_id"])
    given = [quote for quote in wanted if quote["outcome"] != "unchanged"]
    assert [{name: row[name] for name in QUOTE} for row in new] == [{name: quote[name] for name in QUOTE} for quote in given]
    told = (number, "active", result["quoted_on"], result["valid_until"])
    assert all((row["import"], row["status"], row["quoted_on"], row["valid_until"]) == told for row in new)
    for old, row in zip(before, after):
        assert {**row, "status": old["status"], "rejected_by": old["rejected_by"], "note": old["note"]} == old, "an old quote was edited"
        assert row["status"] == old["status"] or (row["status"], row["rejected_by"]) == ("rejected", number)
    replaced = [row for old, row in zip(before, after) if row["note"] != old["note"]]
    assert len(replaced) >= result["replaced"] and all(row["status"] == "rejected" for row in replaced)
    assert sum(row["note"] == f"replaced by import {number}" for row in after) == result["replaced"]
    kept = [{name: row[name] for name in QUOTE} for row in before]
    assert all({name: quote[name] for name in QUOTE} in kept for quote in wanted if quote["outcome"] == "unchanged")


def check_failure(daemon, task, wanted, before):
    assert task["status"] == "error" and daemon.sql(f"SELECT error_code FROM task WHERE id = '{task['id']}'") == [[wanted["error"]]], task
    assert [word for word in wanted.get("says", []) if word not in task["error"]] == [], task["error"]
    assert quotes_of(daemon) == before


# ---- The cases --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_the_model(case):
    made, world = modelled(case)
    wanted = case["expected"]
    assert made.get("error") == wanted.get("error"), made
    if "error" in wanted:
        return
    assert {name: made[name] for name in wanted if name not in OTHERS} == {name: wanted[name] for name in wanted if name not in OTHERS}
    assert {name: made["file"][name] for name in wanted["file"]} == wanted["file"] and made["quotes"] == wanted["quotes"]
    found = sorted((issue["row"], issue["code"], issue["column"] or "") for issue in made["issues"])
    listed = sorted((row or 0, code, column or "") for row, column, code, *_sheet in wanted["issues"])
    assert [issue[:2] for issue in found] == [issue[:2] for issue in listed] and all(want[2] in ("", got[2]) for want, got in zip(listed, found))
    assert "active" not in wanted or active(world, party_of(case)) == wanted["active"]


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_a_file(dated_daemon, case):
    load(dated_daemon, quotes_files.SHARED)
    client, wanted = dated_daemon.worker(0), case["expected"]
    take_steps(dated_daemon, client, case)
    before = quotes_of(dated_daemon)
    imports = dated_daemon.sql("SELECT COUNT(*) FROM quote_import")
    task = send_file(client, case)
    if "error" in wanted:
        check_failure(dated_daemon, task, wanted, before)
        assert dated_daemon.sql("SELECT COUNT(*) FROM quote_import") == imports
        return
    assert task["status"] == "completed", task
    result = task["result"]
    assert {name: result[name] for name in wanted if name not in OTHERS} == {name: wanted[name] for name in wanted if name not in OTHERS}
    check_file(case, result, wanted["file"])
    check_issues(dated_daemon, task, wanted["issues"])
    check_quotes(dated_daemon, case, result, before)
    if "active" in wanted:
        names = [*QUOTE, "quoted_on"]
        assert [{name: row[name] for name in names} for row in quotes_of(dated_daemon, party_of(case), "AND q.status = 'active'")] == wanted["active"]
    assert on_record(dated_daemon) == recorded(modelled(case)[1])


def test_every_file_is_a_case():
    named = {case["file"] for case in CASES} | {step["file"] for case in CASES for step in case.get("before", []) if "file" in step}
    assert named == {path.name for path in SUPPLIERS.iterdir()} - {"README.md", "quotes.json"} and len(CASES) == 84


def test_cases_of_every_end():
    """What the samples are worth: every guard and nearly every code is among them."""
    ends = Counter(case["expected"].get("error") for case in CASES)
    codes = Counter(issue[2] for case in CASES for issue in case["expected"].get("issues", []))
    assert set(ends) >= {None, "E_NO_HEADER", "E_AMBIGUOUS_COLUMN", "E_SHEETS", "E_NO_DATA", "E_TOO_MANY_ERRORS", "E_PRICE_JUMP", "E_TOO_MANY_DELETES"}
    assert len(codes) >= 20, codes
