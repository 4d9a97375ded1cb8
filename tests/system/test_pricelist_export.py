"""Price lists as CSV over HTTP: every option, every worked example, tags, and what LibreOffice makes of it."""
import csv
import io
import json
import re
import shutil
import subprocess
from decimal import Decimal
from pathlib import Path

import pytest

import samples
from demo_world import AS_OF, SOURCES, expected, put_list
from test_tasks import check_problem

CASES = json.loads((samples.DATA / "pricing" / "csv.json").read_text(encoding="utf-8"))["cases"]
COLUMNS = ["lot_code", "name", "category", "unit", "price", "currency", "qty", "basis", "n_obs", "price_min", "price_max",
           "price_as_of", "part_numbers"]


def query(options):
    return "&".join(f"{key}={str(value).lower() if isinstance(value, bool) else value}" for key, value in options.items())


def export(client, list_id, options="", headers=None):
    return client.get(f"/api/pricelists/{list_id}/export-csv?{options}", headers)


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_worked_examples(world, case):
    list_id = put_list(world.daemon, 500 + CASES.index(case), case["items"], case["currency"])
    answer = export(world.client, list_id, query(case["options"]))
    assert answer.status == 200 and answer.body.decode() == case["expected"]


@pytest.mark.parametrize("source", SOURCES)
def test_the_demo_lists(world, source):
    result = world.results[source]
    answer = export(world.other, result["pricelist_id"])
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8" and answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="pricelist-{source}-{result["version"]}.csv"'
    assert answer.headers["Content-Length"] == str(len(answer.body))
    assert answer.body.count(b"\r\n") == answer.body.count(b"\n") == 1 + result["items"]
    rows = list(csv.DictReader(io.StringIO(answer.body.decode(), newline="")))
    wanted = list(csv.DictReader(io.StringIO(expected(f"pricelist-{source}.csv"))))
    assert len(rows) == len(wanted)
    for row, want in zip(rows, wanted):
        assert list(row) == COLUMNS and row["currency"] == "RUB"
        assert row["lot_code"] == want["lot_code"] and row["basis"] == want["basis"] and row["n_obs"] == want["n_obs"]
        for key in ("price", "qty", "price_min", "price_max"):
            assert (Decimal(row[key]) == Decimal(want[key])) if want[key] else row[key] == "", (row["lot_code"], key)


def test_the_tag_is_strong_and_knows_list_and_options(world):
    tags = set()
    for source in SOURCES:
        for options in ("", "excel=ru", "sep=tab", "sep=semicolon", "decimal=comma", "bom=1", "header=0", "lang=ru", "formula_guard=0"):
            answer = export(world.client, world.results[source]["pricelist_id"], options)
            tag = answer.headers["ETag"]
            assert re.fullmatch(r'"[\x21\x23-\x7e]+"', tag) and world.results[source]["content_sha256"] in tag
            tags.add(tag)
            again = export(world.other, world.results[source]["pricelist_id"], options, {"If-None-Match": tag})
            assert again.status == 304 and again.body == b"" and again.headers["ETag"] == tag
            assert export(world.client, world.results[source]["pricelist_id"], options).body == answer.body
    assert len(tags) == 3 * 9
    # What says the same has the same tag, in whatever words.
    list_id = world.results["estimate"]["pricelist_id"]
    assert export(world.client, list_id, "excel=ru").headers["ETag"] == \
        export(world.client, list_id, "sep=semicolon&decimal=comma&bom=true&lang=ru&header=1&formula_guard=1").headers["ETag"]


def test_a_single_option_wins_over_the_preset(world):
    body = export(world.client, world.results["estimate"]["pricelist_id"], "excel=ru&lang=en&bom=0").body.decode()
    assert body.startswith("lot_code;name;") and ",88" in body


def test_head_has_the_headers_alone(world):
    target = f"/api/pricelists/{world.results['estimate']['pricelist_id']}/export-csv?excel=ru"
    get, head = world.client.get(target), world.client.request("HEAD", target)
    assert head.status == 200 and head.body == b""
    for name in ("ETag", "Content-Length", "Content-Type", "Content-Disposition", "Cache-Control"):
        assert head.headers[name] == get.headers[name], name


def test_faults_are_named_at_once(world):
    answer = export(world.client, world.results["estimate"]["pricelist_id"], "sep=pipe&decimal=x&bom=2&lang=de&excel=en&colour=1&header=1&header=0")
    body = check_problem(answer, 422, "invalid-parameters")
    assert {(fault["pointer"], fault["code"]) for fault in body["errors"]} == {
        ("/sep", "choice"), ("/decimal", "choice"), ("/bom", "type"), ("/lang", "choice"), ("/excel", "choice"),
        ("/colour", "unknown"), ("/header", "duplicate")}
    for list_id in ("0", "77777", "x"):
        check_problem(export(world.client, list_id), 404, "not-found")


def test_a_list_of_several_pages_is_whole(world):
    items = [{"lot_code": f"LOT-{i:05d}", "price": f"{i + 1}.0000", "qty": f"{i}.000"} for i in range(4001)]
    for number, count in ((700, 2000), (701, 4000), (702, 4001)):
        list_id = put_list(world.daemon, number, items[:count])
        rows = export(world.client, list_id, "header=0").body.decode().split("\r\n")
        assert rows[-1] == "" and [row.split(",")[0] for row in rows[:-1]] == [item["lot_code"] for item in items[:count]]
        assert rows[count - 1] == f"LOT-{count - 1:05d},Item,,pcs,{count}.00,RUB,{count - 1},stock,,,,,"


def test_nothing_is_left_in_the_spool(world):
    assert world.daemon.spool_files() == []


# ---- LibreOffice ------------------------------------------------------------------------------------------------------

HOSTILE = ["=1+1", "+7 495 1234567", "-1", "@SUM(A1)", "  =cmd|' /C calc'!A0", "＝1+1", "\t=1", "=HYPERLINK(\"http://x\";\"y\")"]


def as_cells(path, out):
    """The sheet as LibreOffice understood it, in flat XML: rows of (type, value, formula, text)."""
    subprocess.run(["soffice", "--headless", "--norestore", f"-env:UserInstallation=file://{out}/profile", "--convert-to", "fods",
                    # Semicolon, double quote, UTF-8, from line 1, Russian, quoted fields are texts, detect special numbers.
                    "--infilter=Text - txt - csv (StarCalc):59,34,76,1,,1049,false,true,false", "--outdir", str(out), str(path)],
                   check=True, capture_output=True, timeout=240)
    from xml.etree import ElementTree
    office, table = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}", "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
    for row in ElementTree.parse(out / (path.stem + ".fods")).iter(f"{table}table-row"):
        cells = []
        for cell in row.iter(f"{table}table-cell"):
            text = "".join("".join(p.itertext()) for p in cell if p.tag.endswith("}p"))
            entry = (cell.get(f"{office}value-type"), cell.get(f"{office}value"), cell.get(f"{table}formula"), text)
            cells += [entry] * min(int(cell.get(f"{table}number-columns-repeated", 1)), len(COLUMNS) - len(cells))
        yield cells


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed (libreoffice-calc-nogui)")
def test_libreoffice_opens_the_russian_export_rightly(world, tmp_path):
    items = [{"lot_code": f"LOT-{i:02d}", "name": name, "category": name[:32], "price": f"{1000 + i}.5000", "qty": "7.250",
              "part_numbers": name, "price_as_of": AS_OF} for i, name in enumerate(HOSTILE)]
    lists = [(put_list(world.daemon, 900, items), len(items)),
             (world.results["warehouse"]["pricelist_id"], world.results["warehouse"]["items"])]
    for list_id, count in lists:
        body = export(world.client, list_id, "excel=ru").body
        path = Path(tmp_path) / f"list-{list_id}.csv"
        path.write_bytes(body)
        rows = [row for row in as_cells(path, tmp_path) if row and any(text for *_, text in row)]
        source = list(csv.reader(io.StringIO(body.decode("utf-8-sig"), newline=""), delimiter=";"))
        assert len(rows) == len(source) == count + 1
        assert [text for *_, text in rows[0]][:5] == ["Код лота", "Наименование", "Категория", "Ед.", "Цена"]
        for cells, fields in zip(rows[1:], source[1:]):
            assert not any(formula for _, _, formula, _ in cells)
            assert cells[0][3] == fields[0] and cells[0][0] == "string"
            for column in (4, 6):  # price and quantity
                assert cells[column][0] == "float" and Decimal(cells[column][1]) == Decimal(fields[column].replace(",", ".")), fields
    # The same look finds formulas where nothing guards against them.
    path.write_bytes(export(world.client, lists[0][0], "excel=ru&formula_guard=0").body)
    assert any(formula for row in as_cells(path, tmp_path) for _, _, formula, _ in row)
