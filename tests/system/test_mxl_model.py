"""The .mxl reader against documents made from the description of the format alone: whole ones of every form give exactly their cells, each
kind of fault its class and the byte where it was noticed. PF_MXL_CASES sets how many of each form, PF_MXL_SEED another stream."""
import json
import os
import random
import re
import struct
import subprocess

import pytest

from conftest import BUILD
from mxl_model import CODE_PAGES, VERSIONS, Binary, Brace, Text, Xml, string

CASES = int(os.environ.get("PF_MXL_CASES", "250"))
SEED = int(os.environ.get("PF_MXL_SEED", "20260205"))


@pytest.fixture
def cells(tmp_path):
    """Cells of a document, or its class and byte."""
    def run(data, *options):
        file = tmp_path / "document.mxl"
        file.write_bytes(data)
        done = subprocess.run([BUILD / "priceforge-cells", *options, file], capture_output=True, timeout=60)
        if done.returncode == 0:
            return json.loads(done.stdout)
        assert done.returncode == 1 and done.stdout == b"", (done.returncode, done.stderr)
        said = re.fullmatch(r"([a-z0-9-]+): .*[.?!](?: \(byte (\d+)\))?\n", done.stderr.decode())
        assert said and int(said[2] or 0) <= len(data), done.stderr
        return said[1], int(said[2] or 0)
    return run


@pytest.mark.parametrize("form", [Brace, Binary, Xml])
def test_whole_documents_give_their_cells(cells, form):
    seen = 0
    for case in range(CASES):
        name = f"{form.__name__} {SEED} {case}"
        data, wanted = form(random.Random(name)).document()
        got = cells(data)
        assert got == wanted, f"random.Random({name!r})"
        assert "DECOY" not in json.dumps(got)
        seen += len(wanted["cells"])
    assert seen > CASES * 3


@pytest.mark.parametrize("page", CODE_PAGES)
def test_code_pages(cells, page):
    """All 256 bytes of each page; what it does not define becomes U+FFFD."""
    for case in range(5):
        document = Binary(random.Random(f"page {SEED} {case}"), page=page)
        document.text = lambda: bytes(range(256))
        data, wanted = document.document()
        assert cells(data, "--code-page", str(page)) == wanted
    assert cells(data, "--code-page", "65000")[0] == "mxl-codepage"


@pytest.mark.parametrize("form", [Brace, Binary, Xml])
def test_a_cut_document_is_refused(cells, form):
    """Whatever is missing at its end: nothing is handed out."""
    for case in range(CASES // 2):
        rng = random.Random(f"cut {form.__name__} {SEED} {case}")
        data = form(rng).document()[0]
        end = len(data) if form is Binary else data.rindex(b"}" if form is Brace else b">") + 1
        cut = rng.choice([rng.randrange(end), end - rng.randint(1, 4)])
        early = {"empty-file", "not-zip"}  # nothing of the signature, or of the namespace
        assert cells(data[:cut])[0] in {"mxl-truncated", "mxl-malformed", "not-mxl"} | (early if cut < 25 or form is Xml else set()), (case, cut)


# ---- Faults of the brace form -----------------------------------------------------------------------------------------


def framed(body):
    return b"MOXCEL\0\x08\0\1\0\x0c\0\xef\xbb\xbf" + body


def rows_of(body):
    """Index of each row's first number and of its cells' column numbers."""
    at, found = 16, []
    for _ in range(body[15]):
        found.append((at, [at + 3 + 2 * i for i in range(body[at + 2])]))
        at += 3 + 2 * body[at + 2]
    return found


def grid(rng):
    """A document with two rows at least, each of two cells at least."""
    while True:
        brace = Brace(rng, 12)
        body = brace.body()
        rows = [row for row in rows_of(body) if len(row[1]) >= 2]
        if len(rows) >= 2:
            return brace, body, rows


def put(at, value):
    def change(body, rng, rows):
        row, columns = rows[1]
        body[{"row": row, "row format": row + 1, "cells": row + 2, "column": columns[1], "cell": columns[0] + 1}.get(at, at)] = value(body, row, columns)
    return change


def text_cell(*parts, mask=16):
    return lambda *_: [mask, 0, *parts]


MALFORMED, LIMIT, VERSION = {"mxl-malformed"}, {"mxl-limit"}, {"mxl-version"}
BODY_FAULTS = {
    "body is no 8": (put(0, lambda *_: 7), VERSION),
    "body is no 8, 1": (put(1, lambda *_: 2), VERSION),
    "one row more": (put(15, lambda body, *_: body[15] + 1), MALFORMED),
    "one row less": (put(15, lambda body, *_: body[15] - 1), MALFORMED),
    "rows below nothing": (put(15, lambda *_: -1), MALFORMED),
    "rows over the limit": (put(15, lambda *_: 1048577), LIMIT),
    "one cell more": (put("cells", lambda body, row, _: body[row + 2] + 1), MALFORMED),
    "one cell less": (put("cells", lambda body, row, _: body[row + 2] - 1), MALFORMED),
    "cells over the limit": (put("cells", lambda *_: 16385), LIMIT),
    "row twice": (put("row", lambda body, row, _: max(0, body[16])), MALFORMED),
    "row below nothing": (put("row", lambda *_: -1), MALFORMED),
    "row over the limit": (put("row", lambda *_: 1048576), LIMIT),
    "row is a fraction": (put("row", lambda body, row, _: f"{body[row]}.5"), MALFORMED),
    "row is a text": (put("row", lambda body, row, _: Text(body[row])), MALFORMED),
    "row is a group": (put("row", lambda body, row, _: [body[row]]), MALFORMED),
    "row of 19 digits": (put("row", lambda *_: "1" * 19), LIMIT),
    "row format is no number": (put("row format", lambda *_: "x"), MALFORMED),
    "column twice": (put("column", lambda body, _, columns: body[columns[0]]), MALFORMED),
    "column below nothing": (put("column", lambda *_: -2), MALFORMED),
    "column over the limit": (put("column", lambda *_: 16384), LIMIT),
    "column of 2^31": (put("column", lambda *_: 1 << 31), LIMIT),
    "cell is a number": (put("cell", lambda *_: 0), MALFORMED),
    "cell is a text": (put("cell", lambda *_: Text("x")), MALFORMED),
    "cell is empty": (put("cell", lambda *_: []), MALFORMED),
    "mask below nothing": (put("cell", text_cell(mask=-16)), MALFORMED),
    "text is missing": (put("cell", text_cell()), MALFORMED),
    "text is no group": (put("cell", text_cell(Text("x"))), MALFORMED),
    "text is a number": (put("cell", text_cell(0)), MALFORMED),
    "more languages told": (put("cell", text_cell([1, 2, [Text("#"), Text("x")]])), MALFORMED),
    "fewer languages told": (put("cell", text_cell([1, 1, [Text("#"), Text("x")], [Text("ru"), Text("y")]])), MALFORMED),
    "languages below nothing": (put("cell", text_cell([1, -1])), MALFORMED),
    "language without text": (put("cell", text_cell([1, 1, [Text("#")]])), MALFORMED),
    "text without quotes": (put("cell", text_cell([1, 1, [Text("#"), "x"]])), MALFORMED),
    "three of a language": (put("cell", text_cell([1, 1, [Text("#"), Text("x"), Text("y")]])), MALFORMED),
    "value is missing": (put("cell", text_cell(mask=2)), MALFORMED),
    "value is no group": (put("cell", text_cell(Text("S"), mask=2)), MALFORMED),
    "no such day": (put("cell", text_cell([Text("D"), "20250231000000"], mask=2)), MALFORMED),
    "neither yes nor no": (put("cell", text_cell([Text("B"), 2], mask=2)), MALFORMED),
    "no number": (put("cell", text_cell([Text("N"), "1-2"], mask=2)), MALFORMED),
    "detail is no group": (put("cell", text_cell(Text("x"), [1, 0], mask=20)), MALFORMED),
    "detail name is no text": (put("cell", text_cell([1, 0], [1, 0], mask=24)), MALFORMED),
    "page header is a number": (put(7, lambda *_: 0), MALFORMED),
    "languages are missing": (put(3, lambda *_: 0), MALFORMED),
    "default format is a number": (put(4, lambda *_: 128), MALFORMED),
    "text over 1 MiB": (put("cell", lambda *_: [16, 0, [1, 1, [Text("#"), Text("я" * 600000)]], 0]), LIMIT),
    "hidden text over 1 MiB": (put("cell", lambda *_: [8, 0, Text("x" * 1100000)]), LIMIT),
}


@pytest.mark.parametrize("fault", BODY_FAULTS)
def test_a_fault_in_the_grid(cells, fault):
    change, classes = BODY_FAULTS[fault]
    for case in range(3):
        rng = random.Random(f"{fault} {SEED} {case}")
        brace, body, rows = grid(rng)
        change(body, rng, rows)
        assert cells(framed(brace.write(body).encode()))[0] in classes, case


def deep(levels):
    group = [0]
    for _ in range(levels - 1):
        group = [group]
    return group


def test_nesting(cells):
    brace, body, rows = grid(random.Random(SEED))
    for levels, verdict in ((20, None), (40, "mxl-limit"), (1000, "mxl-limit")):
        body[rows[0][1][0] + 1] = [4, 0, deep(levels)] if levels < 1000 else [4, 0, "{" * 100000]
        got = cells(framed(brace.write(body).encode()))
        assert isinstance(got, dict) if verdict is None else got[0] == verdict


def marks_outside_texts(text):
    """Places of the commas and braces that are no part of a text."""
    quoted = False
    for at, char in enumerate(text):
        quoted ^= char == '"'
        if not quoted and char in ",{}":
            yield at, char


def test_a_comma_or_brace_too_few_or_too_many(cells):
    for case in range(CASES):
        rng = random.Random(f"comma {SEED} {case}")
        brace, body, _ = grid(rng)
        text = brace.write(body)
        at, char = rng.choice([place for place in marks_outside_texts(text) if place[0] not in (0, len(text) - 1)])
        blank = text[:at] + " " + text[at + 1:]
        twice = text[:at] + char + text[at:]
        for damaged in (twice,) if char != "," else (twice, blank):
            verdict = cells(framed(damaged.encode()))
            assert verdict[0] in ("mxl-malformed", "mxl-truncated"), (case, at, damaged[max(0, at - 20):at + 20])


def test_the_byte_of_a_fault_is_told(cells):
    for case in range(20):
        rng = random.Random(f"byte {SEED} {case}")
        brace, body, rows = grid(rng)
        body[rows[1][1][1] + 1] = [16, 0, [1, 1, [Text("#"), "HERE"]], 0]
        data = framed(brace.write(body).encode())
        assert cells(data) == ("mxl-malformed", data.index(b"HERE"))
        body[rows[1][1][1] + 1] = [16, 0, [1, 1, [Text("#"), Text("HERE")]], 0]
        data = framed(brace.write(body).encode())
        for bad in (b"HE\xffE", b"HE\xc3E", b"\xed\xa0\x80E", b"\xc0\xafRE", b"\xf8RES"):
            assert cells(data.replace(b"HERE", bad)) == ("mxl-malformed", data.index(b"HERE"))


def test_what_stands_behind_the_end(cells):
    brace, body, _ = grid(random.Random(SEED))
    data = framed(brace.write(body).encode())
    wanted = cells(data)
    for tail in (b"", b" \r\n\t\0\0 \0", b"\0" * 4096):
        assert cells(data + tail) == wanted
    for tail in (b"x", b"}", b",0", b"\xef\xbb\xbf", data, b"\0\0{"):
        assert cells(data + tail)[0] == "mxl-malformed"


# ---- Faults of the binary form ----------------------------------------------------------------------------------------


class Damaged(Binary):
    """With one fault in the cells of a row."""
    def __init__(self, rng, fault):
        super().__init__(rng, rng.choice([6, 7]))
        self.fault, self.in_row = fault, False

    def row(self, number):
        self.in_row = True
        made = super().row(number)
        self.in_row = False
        return made

    def keyed(self, numbers, records):
        if self.fault and self.in_row and len(numbers) >= 2:
            fault, self.fault = self.fault, None
            numbers, again = list(numbers), len(numbers)
            if fault == "counts differ":
                again += 1
            elif fault == "order":
                numbers[1] = numbers[0]
            elif fault == "below nothing":
                numbers[0] = -1
            elif fault == "over the limit":
                numbers[-1] = 16384
            elif fault == "utf-16":
                records = [struct.pack("<I", 0x80000000) + bytes(VERSIONS[self.version] - 4) + b"\xff\xfe\xff\2\0a\0b\0", *records[1:]]
            told = 0xFFFFFF if fault == "too many" else len(numbers)
            return struct.pack("<HI", 0xFFFF, told) + b"".join(struct.pack("<i", n) for n in numbers) + struct.pack("<HI", 0xFFFF, again) + b"".join(records)
        return super().keyed(numbers, records)


BINARY_FAULTS = {"counts differ": "mxl-malformed", "order": "mxl-malformed", "below nothing": "mxl-malformed", "over the limit": "mxl-limit",
                 "too many": "mxl-truncated", "utf-16": "mxl-version"}


@pytest.mark.parametrize("fault", BINARY_FAULTS)
def test_a_fault_in_the_binary_form(cells, fault):
    found = 0
    for case in range(60):
        document = Damaged(random.Random(f"{fault} {SEED} {case}"), fault)
        data, _ = document.document()
        if document.fault is None:
            assert cells(data)[0] == BINARY_FAULTS[fault], case
            found += 1
    assert found >= 10


def test_binary_signatures(cells):
    data, wanted = Binary(random.Random(SEED), 6).document()
    assert cells(data) == wanted and cells(data + b"\0")[0] == "mxl-malformed"
    for version in (0, 1, 3, 4, 5, 8, 0x106):
        other = data[:11] + struct.pack("<H", version) + data[13:13] + struct.pack("<i", 5) + data[17:]
        assert cells(other)[0] == "mxl-version", version
    assert cells(data[:6] + b"\1" + data[7:])[0] == "mxl-version"
    assert string(b"x" * 255)[:3] == b"\xff\xff\0"


# ---- Faults of the XML form -------------------------------------------------------------------------------------------

NAMESPACES = 'xmlns="http://v8.1c.ru/8.2/data/spreadsheet" xmlns:v8="http://v8.1c.ru/8.1/data/core"'
XML_FAULTS = {
    "doctype": ('<!DOCTYPE document><document %s/>', "xml-dtd"),
    "entities": ('<!DOCTYPE document [<!ENTITY a "b">]><document %s/>', "xml-dtd"),
    "entity of nobody": ("<document %s><rowsItem>&a;</rowsItem></document>", "mxl-malformed"),
    "row without index": ("<document %s><rowsItem><row/></rowsItem></document>", "mxl-malformed"),
    "row twice": ("<document %s><rowsItem><index>3</index></rowsItem><rowsItem><index>3</index></rowsItem></document>", "mxl-malformed"),
    "rows end before they begin": ("<document %s><rowsItem><index>3</index><indexTo>2</indexTo></rowsItem></document>", "mxl-malformed"),
    "row below nothing": ("<document %s><rowsItem><index>-3</index></rowsItem></document>", "mxl-malformed"),
    "row over the limit": ("<document %s><rowsItem><index>1048576</index></rowsItem></document>", "mxl-limit"),
    "column twice": ("<document %s><rowsItem><index>3</index><row><c><i>2</i></c><c><i>2</i></c></row></rowsItem></document>", "mxl-malformed"),
    "column over the limit": ("<document %s><rowsItem><index>3</index><row><c><i>16384</i></c></row></rowsItem></document>", "mxl-limit"),
    "number of 19 digits": ("<document %s><rowsItem><index>1111111111111111111</index></rowsItem></document>", "mxl-malformed"),
    "elements crossed": ("<document %s><rowsItem></document></rowsItem>", "mxl-malformed"),
    "two roots": ("<document %s/><document/>", "mxl-malformed"),
    "deep": ("<document %s>" + "<a>" * 200 + "</a>" * 200 + "</document>", "mxl-limit"),
    "another root": ("<book %s/>", "not-mxl"),
}


@pytest.mark.parametrize("fault", XML_FAULTS)
def test_a_fault_in_the_xml_form(cells, fault):
    text, verdict = XML_FAULTS[fault]
    assert cells((text % NAMESPACES).encode())[0] == verdict


def test_areas_of_whole_rows_and_columns_in_xml(cells):
    data = f"<document {NAMESPACES}><merge><r>-1</r><c>2</c><w>1</w></merge><merge><r>2</r><c>-1</c><h>3</h></merge></document>"
    assert cells(data.encode()) == {"rows": 0, "cols": 0, "cells": []}
