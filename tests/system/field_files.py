"""The field samples as scenes: a reader for .xlsx, CSV and the brace form of .mxl that is enough for these files and shares nothing with the
readers in C."""
import csv
import io
import json
import re
import zipfile
from datetime import date, timedelta
from pathlib import Path
from xml.etree import ElementTree

FIELD = Path(__file__).resolve().parents[1] / "data" / "field"
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def place(reference):
    """Zero-based row and column of "B7"."""
    letters, digits = re.fullmatch("([A-Z]+)([0-9]+)", reference).groups()
    column = 0
    for char in letters:
        column = column * 26 + ord(char) - 64
    return int(digits) - 1, column - 1


# ---- .xlsx ------------------------------------------------------------------------------------------------------------


def formats(book):
    """Number formats by style."""
    if "xl/styles.xml" not in book.namelist():
        return [""]
    styles = ElementTree.fromstring(book.read("xl/styles.xml"))
    named = {node.get("numFmtId"): node.get("formatCode") for node in styles.iter(MAIN + "numFmt")}
    return [named.get(xf.get("numFmtId"), "") for xfs in styles.iter(MAIN + "cellXfs") for xf in xfs]


def xlsx_cell(node, shown_as):
    inline = node.find(MAIN + "is")
    value = node.find(MAIN + "v")
    if inline is not None:
        return "".join(text.text or "" for text in inline.iter(MAIN + "t"))
    if value is None:
        return {"f": True} if node.find(MAIN + "f") is not None else None
    if node.get("t") in ("e", "b"):
        return {node.get("t"): value.text}
    style = shown_as[int(node.get("s", "0"))]
    if re.search("[dmy]", re.sub(r'"[^"]*"|\[[^\]]*\]', "", style), re.I):
        return {"d": (date(1899, 12, 30) + timedelta(days=int(float(value.text)))).isoformat()}
    return {"n": value.text, "fmt": style} if style else {"n": value.text}


def xlsx_rows(root, shown_as):
    rows = []
    for row in root.iter(MAIN + "row"):
        cells = []
        for node in row:
            column = place(node.get("r"))[1]
            cells += [None] * (column + 1 - len(cells))
            cells[column] = xlsx_cell(node, shown_as)
        rows += [[]] * (int(row.get("r")) - 1 - len(rows))
        rows.append({"outline": int(row.get("outlineLevel", "0")), "cells": cells})
    return rows


def xlsx_sheets(data):
    book = zipfile.ZipFile(io.BytesIO(data))
    shown_as = formats(book)
    sheets = []
    for number, sheet in enumerate(ElementTree.fromstring(book.read("xl/workbook.xml")).iter(MAIN + "sheet"), 1):
        root = ElementTree.fromstring(book.read(f"xl/worksheets/sheet{number}.xml"))
        outline = next(root.iter(MAIN + "outlinePr"), None)
        merges = [[*place(first), *place(last)] for first, last in (m.get("ref").split(":") for m in root.iter(MAIN + "mergeCell"))]
        sheets.append({"name": sheet.get("name"), "hidden": sheet.get("state", "visible") != "visible", "merges": merges,
                       "summary_below": outline is None or outline.get("summaryBelow", "1") != "0", "rows": xlsx_rows(root, shown_as)})
    return sheets


# ---- CSV --------------------------------------------------------------------------------------------------------------


def csv_sheets(data):
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1251")
    separator = max(";,\t", key=text.count)
    return [{"name": "", "summary_below": False, "rows": [[cell if cell.strip() else None for cell in row]
                                                          for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator)]}]


# ---- .mxl -------------------------------------------------------------------------------------------------------------


def braces(text):
    """Nested lists of atoms and texts."""
    stack = [[]]
    for token in re.finditer(r'"(?:[^"]|"")*"|[{}]|[^{},"\s][^{},"]*', text):
        if token[0] == "{":
            stack.append([])
        elif token[0] == "}":
            done = stack.pop()
            stack[-1].append(done)
        else:
            stack[-1].append(token[0][1:-1].replace('""', '"') if token[0][0] == '"' else token[0].strip())
    return stack[0][0]


def mxl_sheets(data):
    body = braces(data.decode("utf-8", errors="replace")[data.decode("utf-8", errors="replace").index("{"):])
    at = 15
    rows, count = [], int(body[at])
    at += 1
    for _ in range(count):
        number, cells = int(body[at]), int(body[at + 2])
        at += 3
        row = []
        for _ in range(cells):
            column, record = int(body[at]), body[at + 1]
            at += 2
            row += [None] * (column + 1 - len(row))
            row[column] = record[2][2][1]
        rows += [[]] * (number - len(rows))
        rows.append(row)
    groups = next((item for item in body[at:] if isinstance(item, list) and len(item) == 6 and isinstance(item[3], list) and item[0] != "7"), None)
    if groups:
        first, last = int(groups[0]), int(groups[1])
        rows = [{"outline": 1, "cells": row} if first < number <= last else row for number, row in enumerate(rows)]
    lists = [item for item in body[at:] if isinstance(item, list) and len(item) > 1 and all(isinstance(part, list) and len(part) == 5 for part in item[1:])]
    merges = [[int(top), int(left), int(bottom), int(right)] for left, top, right, bottom, _kind in lists[0][1:]] if lists else []
    return [{"name": "", "summary_below": False, "rows": rows, "merges": merges}]


READERS = {".xlsx": xlsx_sheets, ".csv": csv_sheets, ".mxl": mxl_sheets}


def sheets_of(path):
    return READERS[path.suffix](path.read_bytes())


def cases():
    """All cases, each with the scene of its file."""
    from stock_line_model import Catalogue, norm
    data = json.loads((FIELD / "field.json").read_text())
    shared = {name: data[name] for name in ("warehouses", "components", "part_numbers", "rates")}
    catalogue = Catalogue(shared)
    for case in data["cases"]:
        before = []
        for item in case.get("before") or []:
            pn = norm(item["part_number"])["norm"]
            found = catalogue.find(pn, "")
            lot = found[0] if found else None
            before.append({"pn_norm": pn, "vendor_norm": "", "lot_code": lot, "qty": item["qty"], "unit_cost": item.get("unit_cost"),
                           "unit": catalogue.units.get(lot, "pcs")})
        yield case, {**shared, "params": case["params"], "today": case["today"], "existing": before, "sheets": sheets_of(FIELD / case["file"])}
