"""What stock_driver says of scenes beside what the model says."""
import json
import subprocess

from conftest import BUILD
from stock_model import Catalogue, stock_import

COUNTS = ["stock_date", "rows_total", "rows_rejected", "rows_accepted", "rows_skipped", "duplicates_merged", "inserted", "updated", "unchanged",
          "deleted", "kept_for_rejected", "matched", "unmatched", "qty_total", "value_total"]
HEADING = ["header_row", "header_rows", "columns", "ignored", "control_total"]
AFTER_READING = ("E_NO_DATA", "E_TOO_MANY_ERRORS", "E_TOTALS")


def drive(scenes):
    lines = "".join(json.dumps(scene, ensure_ascii=False) + "\n" for scene in scenes)
    run = subprocess.run([BUILD / "tests" / "system" / "stock_driver"], input=lines.encode("utf-8"), capture_output=True, timeout=600)
    assert run.returncode == 0, run.stderr
    driven = [json.loads(line) for line in run.stdout.decode("utf-8").split("\n")[:-1]]
    assert len(driven) == len(scenes)
    return driven


def day(number):
    return f"{number // 10000}-{number // 100 % 100:02}-{number % 100:02}" if number else None


def issues(made, want):
    """In order of sheet, row and code; a column that the model does not name is not compared."""
    def key(issue):
        return issue["sheet"], issue["row"], issue["code"], issue["column"] or ""
    mine, its = sorted(want["issues"], key=key), sorted(made["issues"], key=key)
    if len(mine) == len(its):
        its = [{**c, "column": m["column"] and c["column"]} for m, c in zip(mine, its)]
    return ([[i["sheet"], i["row"], i["column"], i["code"]] for i in mine], [[i["sheet"], i["row"], i["column"], i["code"]] for i in its])


def compared(want, got):
    """Members that differ: name, what the model says, what the import says."""
    if want.get("error") or got.get("error"):
        pairs = {"error": (want.get("error"), got.get("error"))}
        if want.get("error") == got.get("error"):
            missing = [word for word in want["says"] if " ".join(word.split()) not in " ".join(got["text"].split())]
            pairs["says"] = ([], missing)
        if want.get("error") == got.get("error") and want["error"] in AFTER_READING:
            pairs["rows"] = ((want["rows_total"], want["rows_rejected"]), (got["rows_total"], got["rows_rejected"]))
            pairs["issues"] = issues(got, want)
    else:
        pairs = {name: (want[name], got[name]) for name in COUNTS}
        pairs["items"] = tuple(sorted(items, key=lambda item: (item["pn_norm"], item["vendor_norm"])) for items in (
            want["items"], [{**item, "received_on": day(item["received_on"])} for item in got["items"]]))
        pairs["issues"] = issues(got, want)
        pairs["sheets"] = (want["file"]["sheets"], [sheet for sheet in got["sheets"] if sheet["read"] or sheet["name"] in
                                                   [known["name"] for known in want["file"]["sheets"]]])
        if want["file"]["sheet"] is not None:
            pairs.update({name: (want["file"][name], got[name]) for name in HEADING})
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def check_suggestions(scene, got):
    """Up to three near matches, and only for a number that was not matched."""
    catalogue = Catalogue(scene)
    for issue in got.get("issues", []):
        given = set(filter(None, issue["suggestion"].split(" | ")))
        alike = catalogue.suggestions(issue["pn_norm"]) if issue["code"] in ("W_UNMATCHED", "E_PN_AMBIGUOUS") else set()
        if not (given <= alike and len(given) == min(3, len(alike))):
            return {"suggestions": (sorted(alike), sorted(given))}
    return {}


def differences(scenes):
    """[(scene, what differs)] of those that do."""
    wrong = []
    for scene, got in zip(scenes, drive(scenes)):
        found = {**compared(stock_import(scene), got), **check_suggestions(scene, got)}
        if found:
            wrong.append((scene, found))
    return wrong
