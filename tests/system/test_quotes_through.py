"""Random price lists through the daemon, as .xlsx files, one list of a party after the other: what comes back, what is told of each row and what
is on record afterwards is what the model says. A failed run and a dry run leave the quotes as they were; the same list again inserts nothing.
PF_QUOTES_FILES sets how many, PF_QUOTES_SEED another stream."""
import json
import os
import random
from collections import Counter
from itertools import zip_longest

import pytest
import quotes_random
from quotes_files import DATA, SHARED, workbook_of
from quotes_model import PARAMS, World, quotes_import
from test_suppliers import dated_daemon, issues_of, load, on_record, quotes_of, recorded, reject, send, undo

__all__ = ["dated_daemon"]
FILES = int(os.environ.get("PF_QUOTES_FILES", "40"))
SEED = int(os.environ.get("PF_QUOTES_SEED", "20250414"))
COUNTS = ["party", "kind", "dry_run", "quoted_on", "valid_until", "rows_total", "rows_accepted", "rows_rejected", "no_price", "rows_skipped", "quotes_total",
          "inserted", "replaced", "unchanged", "duplicates_merged", "superseded", "kept_for_rejected", "matched", "unmatched", "qty_unknown", "errors", "warnings"]
NO_COLUMN = ("E_PN_EMPTY", "W_TIER", "W_CURRENCY", "W_VAT", "W_DATE", "W_DATE_FUTURE", "W_HEADING_MOVED")


def steps(rng):
    """A few things that happen to one party: lists, mostly the one before with corrections; a person's rejection; an undo."""
    scene = quotes_random.scene(rng, SHARED)
    yield "list", scene
    for _ in range(rng.choice([0, 1, 2, 3])):
        kind = rng.random()
        if kind < 0.1:
            yield "reject", rng.choice(["FN120-PWM", "PS550-G", "SC-M3X8"])
        elif kind < 0.2:
            yield "undo", None
        else:
            scene = quotes_random.again(rng, scene) if kind < 0.8 else quotes_random.scene(rng, SHARED)
            yield "list", scene


def without_columns(row, code, column):
    return row, code, "" if code in NO_COLUMN else column or ""


def compare(daemon, task, made):
    """What differs between the task and the model."""
    found = {}
    if "error" in made:
        code = daemon.sql(f"SELECT COALESCE(error_code, '') FROM task WHERE id = '{task['id']}'")[0][0]
        found["error"] = (made["error"], code)
    elif task["status"] != "completed":
        found["error"] = (None, task["error"])
    else:
        result = task["result"]
        found = {name: (made[name], result[name]) for name in COUNTS}
        found["file"] = tuple([file["header_row"], file["header_rows"], file["columns"], ignored] for file, ignored in
                              ((made["file"], made["file"]["ignored"]), (result["file"], [c["column"] for c in result["file"]["ignored"]])))
    if made.get("error") in (None, "E_NO_DATA", "E_TOO_MANY_ERRORS", "E_PRICE_JUMP", "E_TOO_MANY_DELETES"):
        found["issues"] = (sorted(without_columns(issue["row"], issue["code"], issue["column"]) for issue in made["issues"]),
                           sorted(without_columns(*issue[:3]) for issue in issues_of(daemon, task)))
    return {name: pair for name, pair in found.items() if pair[0] != pair[1]}


def play(daemon, client, rng):
    """All steps of one party; (what differs first, the steps so far)."""
    load(daemon, SHARED)
    world, done, last = World(SHARED), [], {}
    for kind, what in steps(rng):
        done.append((kind, what))
        if kind == "reject":
            world.reject(what)
            reject(daemon, what)
        elif kind == "undo":
            party = next(iter(last), None)
            if party:
                world.undo(party)
                undo(client, last.pop(party))
        else:
            made = quotes_import(world, what)
            before = quotes_of(daemon)
            task = send(client, "list.xlsx", workbook_of(what), what["params"])
            wrong = compare(daemon, task, made)
            if wrong:
                return wrong, done
            if "error" in made or what["params"].get("dry_run"):
                assert quotes_of(daemon) == before
            else:
                last = {(what["params"].get("kind", PARAMS["kind"]), what["params"]["party"]): task["result"]["import_id"]}
        pairs = [pair for pair in zip_longest(recorded(world), on_record(daemon)) if pair[0] != pair[1]]
        if pairs:
            return {"record": pairs[0]}, done
    return None, done


@pytest.mark.parametrize("turn", range(FILES))
def test_random_lists(dated_daemon, turn):
    wrong, done = play(dated_daemon, dated_daemon.worker(turn % 2), random.Random(f"{SEED}-{turn}"))
    assert not wrong, f"{wrong}\n{json.dumps(done, ensure_ascii=False)}"


def test_random_lists_reach_every_rule():
    """A generator that misses a rule would prove nothing about it."""
    ends, codes, counts = Counter(), Counter(), Counter()
    for turn in range(300):
        world, party = World(SHARED), None
        for kind, what in steps(random.Random(f"{SEED}-{turn}")):
            if kind == "reject":
                world.reject(what)
            elif kind == "list":
                made = quotes_import(world, what)
                ends[made.get("error")] += 1
                codes.update(issue["code"] for issue in made["issues"])
                counts.update({name: made.get(name, 0) for name in ("inserted", "replaced", "unchanged", "superseded", "kept_for_rejected", "duplicates_merged",
                                                                    "no_price", "qty_unknown", "unmatched")})
                party = party or (what["params"].get("kind", PARAMS["kind"]), what["params"]["party"])
            elif any(made["party"] == party for made in world.imports):
                world.undo(party)
    assert set(ends) >= {None, "E_AMBIGUOUS_COLUMN", "E_SHEETS", "E_NO_DATA", "E_TOO_MANY_ERRORS", "E_NUMBER_STYLE", "E_PRICE_JUMP"} and ends[None] > 150, ends
    assert len(codes) >= 28 and min(counts.values()) >= 3, (codes, counts)


def test_parties_of_the_samples():
    assert [(party["kind"], party["code"]) for party in DATA["parties"]] == [("supplier", "SUP-01"), ("competitor", "CMP-07")]
