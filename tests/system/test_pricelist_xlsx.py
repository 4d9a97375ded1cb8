"""Price lists as workbooks over HTTP: what openpyxl and LibreOffice read in them is what the list has, value by value."""
import csv
import datetime
import io
import os
import re
import shutil
import subprocess
import time
import zipfile
from decimal import Decimal
from xml.etree import ElementTree

import pytest

from demo_world import AS_OF, SOURCES, put_list
from test_pricelist_export import COLUMNS, export as export_csv
from test_tasks import check_problem

openpyxl = pytest.importorskip("openpyxl", reason="openpyxl is not installed (python3-openpyxl)")

TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
RUSSIAN = ["Код лота", "Наименование", "Категория", "Ед.", "Цена", "Валюта", "Количество", "Основание", "Наблюдений", "Мин. цена",
           "Макс. цена", "Дата цены", "Парт-номера"]
NUMBERS = {"price", "qty", "n_obs", "price_min", "price_max"}
TEXTS = ["00123", "1E5", "1234567890123456789", "0.10", "TRUE", "2026-02-05", "=1+1", "+7 495 1234567", "-1", "@SUM(A1)", "{=A1}",
         "http://example.org/", "mailto:a@b", "_x0041_ and _x000d_", "_x004", "a & b <c> \"d\" 'e'", " both ends ", "тысяча и ещё 1",
         "\u00a0nbsp\u200b", "𝒜 four bytes", "tab\there", "line\nend", "x" * 200, "%s %n", "'quoted'", "#N/A", "1/2", "12:30", "½"]


def export(client, list_id, options="", headers=None):
    return client.get(f"/api/pricelists/{list_id}/export.xlsx{options and '?' + options}", headers)


def hostile():
    return [{"lot_code": text[:64].strip() or "x", "name": text, "category": text[:32], "part_numbers": f"{text} | {text}",
             "price": f"{i + 9}.95{'25' if i % 2 else '00'}", "qty": [None, "7.250", "1000000.000", "0.001"][i % 4], "n_obs": i or None,
             "price_min": "0.0001" if i % 3 else None, "price_max": "9999999999.9999", "price_as_of": AS_OF if i % 2 else None}
            for i, text in enumerate(sorted(TEXTS, key=lambda text: text[:64].strip().encode()))]


def unescaped(text):
    """openpyxl leaves _xHHHH_ as it stands."""
    return re.sub("_x([0-9A-F]{4})_", lambda match: chr(int(match[1], 16)), text)


def sheet_of(body):
    book = openpyxl.load_workbook(io.BytesIO(body))
    assert len(book.sheetnames) == 1
    return book, book[book.sheetnames[0]]


def check_cell(cell, column, wanted):
    """A cell of openpyxl and the field of the CSV."""
    if wanted == "":
        assert cell.value is None, (cell, wanted)
    elif column in NUMBERS:
        digits = len(wanted.partition(".")[2])
        assert cell.data_type == "n" and Decimal(repr(cell.value)) == Decimal(wanted), (cell.value, wanted)
        assert cell.number_format == "#,##0" + ("." + "0" * digits if digits else ""), (cell.number_format, wanted)
    elif column == "price_as_of":
        assert cell.is_date and cell.value == datetime.datetime.fromisoformat(wanted)
    else:
        assert cell.data_type in ("s", "inlineStr") and unescaped(cell.value) == wanted, (cell.value, wanted)
        assert cell.number_format == "@"


def plain_csv(client, list_id):
    body = export_csv(client, list_id, "formula_guard=0").body.decode()
    return list(csv.DictReader(io.StringIO(body, newline="")))


def check_sheet(sheet, rows, version, headings):
    assert sheet.title == version and sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == f"A1:M{len(rows) + 1}"
    cells = list(sheet.iter_rows())
    assert [cell.value for cell in cells[0]] == headings and all(cell.font.b for cell in cells[0])
    assert len(cells) == len(rows) + 1
    for got, row in zip(cells[1:], rows):
        for cell, (column, wanted) in zip(got, row.items()):
            check_cell(cell, column, wanted)
    assert sheet.column_dimensions["A"].width > 20 and sheet.column_dimensions["B"].width > 40


@pytest.mark.parametrize("source", SOURCES)
def test_every_value_of_the_demo_lists(world, source):
    result = world.results[source]
    answer = export(world.client, result["pricelist_id"])
    assert answer.status == 200 and answer.headers["Content-Type"] == TYPE and answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="pricelist-{source}-{result["version"]}.xlsx"'
    assert answer.headers["Content-Length"] == str(len(answer.body))
    book, sheet = sheet_of(answer.body)
    rows = plain_csv(world.other, result["pricelist_id"])
    assert len(rows) == result["items"]
    check_sheet(sheet, rows, result["version"], COLUMNS)
    made = world.client.get(f"/api/pricelists/{result['pricelist_id']}").json["created_at"]
    assert book.properties.created.isoformat() == made[:19] == book.properties.modified.isoformat()
    assert book.properties.title == f"Price list {result['version']}"


def test_texts_that_look_like_something_else(world):
    items = hostile()
    list_id = put_list(world.daemon, 820, items)
    _book, sheet = sheet_of(export(world.client, list_id, "lang=ru").body)
    rows = [{column: "RUB" if column == "currency" else str(item.get(column, "")) if item.get(column) is not None else ""
             for column in COLUMNS} | {"unit": "pcs", "basis": "stock"} for item in items]
    for row, item in zip(rows, items):
        for column in ("price", "price_min", "price_max"):
            row[column] = re.sub(r"(\.\d\d)00$", r"\1", row[column])
        row["qty"] = re.sub(r"\.?0+$", "", row["qty"]) if "." in row["qty"] else row["qty"]
    check_sheet(sheet, rows, f"{AS_OF}-820", RUSSIAN)
    sheet = export(world.client, list_id).body
    with zipfile.ZipFile(io.BytesIO(sheet)) as archive:
        text = archive.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in text and "hyperlink" not in text


def test_the_same_list_has_the_same_bytes(world):
    bodies = {}
    for source in SOURCES:
        list_id = world.results[source]["pricelist_id"]
        for options in ("", "lang=ru"):
            answer = export(world.client, list_id, options)
            tag = answer.headers["ETag"]
            assert re.fullmatch(r'"[\x21\x23-\x7e]+"', tag) and world.results[source]["content_sha256"] in tag
            assert export(world.other, list_id, options).body == answer.body
            same = export(world.other, list_id, options, {"If-None-Match": tag})
            assert same.status == 304 and same.body == b"" and same.headers["ETag"] == tag
            assert export(world.other, list_id, options, {"If-None-Match": '"else"'}).status == 200
            bodies[tag] = answer.body
    assert len(bodies) == len(set(bodies.values())) == 6
    list_id = world.results["estimate"]["pricelist_id"]
    assert export(world.client, list_id, "lang=en").headers["ETag"] == export(world.client, list_id).headers["ETag"]
    # The document's time is that of the list, wherever and whenever it is written.
    time.sleep(2.1)  # times in a ZIP have steps of two seconds
    again = export(world.client, list_id)
    assert again.body == bodies[again.headers["ETag"]]


def test_head_has_the_headers_alone(world):
    target = f"/api/pricelists/{world.results['estimate']['pricelist_id']}/export.xlsx?lang=ru"
    get, head = world.client.get(target), world.client.request("HEAD", target)
    assert head.status == 200 and head.body == b""
    for name in ("ETag", "Content-Length", "Content-Type", "Content-Disposition", "Cache-Control"):
        assert head.headers[name] == get.headers[name], name


def test_faults(world):
    body = check_problem(export(world.client, 1, "lang=de&sep=tab"), 422, "invalid-parameters")
    assert {(fault["pointer"], fault["code"]) for fault in body["errors"]} == {("/lang", "choice"), ("/sep", "unknown")}
    for list_id in ("0", "77777", "x"):
        check_problem(export(world.client, list_id), 404, "not-found")


def test_more_items_than_a_sheet_has_rows(world):
    for number, items in ((830, 1048576), (831, 1048575)):
        list_id = put_list(world.daemon, number, [])
        world.daemon.sql(f"CREATE OR REPLACE TABLE kept_list AS SELECT * FROM pricelist WHERE id = {list_id}")
        world.daemon.sql(f"DELETE FROM pricelist WHERE id = {list_id}; UPDATE kept_list SET items = {items}; "
                         "INSERT INTO pricelist SELECT * FROM kept_list; DROP TABLE kept_list")
        answer = export(world.client, list_id)
        if items > 1048575:
            problem = check_problem(answer, 409, "conflict")
            assert "1048576 items" in problem["detail"] and "CSV" in problem["detail"]
        else:  # it has none of them: that is noticed, and nothing is given out
            check_problem(answer, 500, "internal")


def test_lists_of_several_pages_and_of_none(world):
    items = [{"lot_code": f"LOT-{i:05d}", "price": f"{i + 1}.0000", "qty": f"{i}.000"} for i in range(4001)]
    for number, count in ((840, 0), (841, 1), (842, 2000), (843, 4001)):
        list_id = put_list(world.daemon, number, items[:count])
        _book, sheet = sheet_of(export(world.client, list_id).body)
        assert sheet.auto_filter.ref == f"A1:M{count + 1}"
        assert [(row[0], row[4], row[6]) for row in sheet.iter_rows(min_row=2, values_only=True)] == \
            [(f"LOT-{i:05d}", i + 1, i) for i in range(count)]


def test_nothing_is_left_in_the_spool(world):
    assert world.daemon.spool_files() == []


def test_what_a_killed_worker_left_is_swept(make_daemon):
    """libxlsxwriter's files have a name for as long as it takes to delete them."""
    daemon = make_daemon()
    assert daemon.term() == 0
    spool = daemon.state / "spool"
    for name in ("tmp.XyZ0123456", "something else"):
        (spool / name).touch()
        os.utime(spool / name, (1, 1))
    daemon.start()
    end = time.monotonic() + 10
    while "tmp.XyZ0123456" in daemon.spool_files():
        assert time.monotonic() < end
        time.sleep(0.05)
    assert daemon.spool_files() == ["something else"]


# ---- LibreOffice ------------------------------------------------------------------------------------------------------

OFFICE, TABLE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}", "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"


def soffice(path, out, to):
    subprocess.run(["soffice", "--headless", "--norestore", f"-env:UserInstallation=file://{out}/profile", "--convert-to", to,
                    "--outdir", str(out), str(path)], check=True, capture_output=True, timeout=240)
    return out / f"{path.stem}.{to.partition(':')[0]}"


def cells_in(path):
    """Rows of (type, value, formula)."""
    for row in ElementTree.parse(path).iter(f"{TABLE}table-row"):
        cells = []
        for cell in row.iter(f"{TABLE}table-cell"):
            kind = cell.get(f"{OFFICE}value-type")
            value = cell.get(f"{OFFICE}date-value" if kind == "date" else f"{OFFICE}value")
            if kind == "string":
                value = "\n".join(paragraph_text(p) for p in cell if p.tag.endswith("}p"))
            cells += [(kind, value, cell.get(f"{TABLE}formula"))] * int(cell.get(f"{TABLE}number-columns-repeated", 1))
        yield cells[:len(COLUMNS)]


def paragraph_text(element):
    """Spaces and tabs are elements."""
    text = element.text or ""
    for child in element:
        name = child.tag.rpartition("}")[2]
        count = next((int(value) for key, value in child.attrib.items() if key.endswith("}c")), 1)
        text += " " * count if name == "s" else "\t" if name == "tab" else paragraph_text(child)
        text += child.tail or ""
    return text


def check_value(kind, value, column, wanted):
    if wanted == "":
        assert kind is None
    elif column in NUMBERS:
        assert kind == "float" and Decimal(value) == Decimal(wanted), (value, wanted)
    elif column == "price_as_of":
        assert (kind, value) == ("date", wanted)
    else:
        assert (kind, value) == ("string", wanted)


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed (libreoffice-calc-nogui)")
def test_libreoffice_gives_back_every_value(world, tmp_path):
    lists = [put_list(world.daemon, 850, hostile()), *(world.results[source]["pricelist_id"] for source in SOURCES)]
    for list_id in lists:
        path = tmp_path / f"list-{list_id}.xlsx"
        path.write_bytes(export(world.client, list_id).body)
        found = [row for row in cells_in(soffice(path, tmp_path, "fods")) if any(kind for kind, *_ in row)]
        rows = plain_csv(world.client, list_id)
        assert [value for _kind, value, _formula in found[0]] == COLUMNS and len(found) == len(rows) + 1
        for cells, row in zip(found[1:], rows):
            assert not any(formula for *_, formula in cells)
            for (kind, value, _formula), (column, wanted) in zip(cells, row.items()):
                check_value(kind, value, column, wanted)


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed (libreoffice-calc-nogui)")
def test_libreoffice_shows_it_as_the_csv_does(world, tmp_path):
    """As it looks on the screen: comma, quotes where needed, UTF-8, values as shown."""
    list_id = world.results["warehouse"]["pricelist_id"]
    path = tmp_path / "list.xlsx"
    path.write_bytes(export(world.client, list_id).body)
    text = soffice(path, tmp_path, "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,true").read_text(encoding="utf-8")
    shown, rows = list(csv.DictReader(io.StringIO(text, newline=""))), plain_csv(world.client, list_id)
    assert len(shown) == len(rows)
    for got, row in zip(shown, rows):
        assert {**got, **{column: got[column].replace(",", "") for column in NUMBERS}} == row
