"""Files that are refused: by content, with a sentence that says what the file is and what to do, the same from the service and from
priceforge-cells; and limits, each with its own."""
import io
import random
import re
import string
import struct
import subprocess
import zipfile
from urllib.parse import urlencode

import pytest

import samples
from test_tasks import check_problem

IMPORT = "/api/stock/import?warehouse=MAIN&filename=stock.xlsx"
MAGIC_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ADVICE = re.compile(r"(^|\. )(Save|Send|Split|Open|Copy|Shorten|Unpack|Export) [^.]*(\.(xlsx|mxl)[^.]*)*\.$")


def ole(*names):
    """A compound file whose directory holds these streams."""
    head = bytearray(MAGIC_OLE.ljust(512, b"\0"))
    struct.pack_into("<H", head, 30, 9)  # sectors of 512 bytes
    struct.pack_into("<I", head, 48, 1)  # the directory begins in sector 1
    head[76:] = struct.pack("<I", 0) + b"\xff" * 432  # the allocation table is sector 0
    table = struct.pack("<III", 0xFFFFFFFD, 0xFFFFFFFE, 0xFFFFFFFF).ljust(512, b"\xff")
    entries = b""
    for name in ("Root Entry",) + names:
        text = name.encode("utf-16-le") + b"\0\0"
        entries += text.ljust(64, b"\0") + struct.pack("<H", len(text)) + bytes(62)
    return bytes(head) + table + entries.ljust(512, b"\0")


def archive(parts):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
        for name, data in parts.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            book.writestr(info, data)
    return out.getvalue()


def workbook(sheet):
    """A workbook around a worksheet part of one's own."""
    made = zipfile.ZipFile(io.BytesIO(samples.xlsx([["x"]])))
    parts = {name: made.read(name) for name in made.namelist()}
    parts["xl/worksheets/sheet1.xml"] = sheet
    return archive(parts)


def rows(content):
    return workbook(f"<worksheet><sheetData>{content}</sheetData></worksheet>")


def mxl(version):
    return b"MOXCEL" + bytes(5) + struct.pack("<H", version) + bytes(40)


STOCK = samples.stock(30)
IN_SHEET = zipfile.ZipFile(io.BytesIO(STOCK)).getinfo("xl/worksheets/sheet1.xml").header_offset + 200

# name: (bytes, what the first bytes betray already or None, error code of the task, class, words of the sentence)
FILES = {
    "empty": (b"", True, None, "empty-file", "empty"),
    "xls": (ole("Workbook"), True, None, "legacy-xls", "old .xls"),
    "password": (ole("EncryptionInfo", "EncryptedPackage"), True, None, "encrypted", "password"),
    "xls-5": (ole("Book"), True, None, "legacy-xls", "old .xls"),
    "xls-cut": (ole("Workbook")[:700], True, None, "not-zip", "cut off or damaged"),
    "word": (ole("WordDocument"), True, None, "not-zip", "Word document"),
    "1c-7-report": (ole("Container.Contents", "Main MetaData Stream"), True, None, "not-zip", "1C report"),
    "1c-8-report": (b"\xff\xff\xff\x7f\x00\x02\x00\x00" + bytes(100), True, None, "not-zip", "1C report"),
    "biff": (b"\x09\x08\x10\x00\x00\x06\x05\x00" + bytes(100), True, None, "legacy-xls", "old .xls"),
    "html": (b"\xef\xbb\xbf\r\n<HTML><body><table><tr><td>1</td></tr></table>", True, None, "html", "HTML"),
    "html-late": (b"<!-- report --><style>td {}</style><HTML><body><table>", True, None, "html", "HTML"),
    "one-byte": (b"x", True, None, "not-zip", "cut off"),
    "zeros": (bytes(4096), True, None, "not-zip", "zeros"),
    "text": ("Остатки на складе".encode(), True, None, "not-zip", "plain text"),
    "json": (b'[{"sku": "A-1", "qty": 2},\n{"sku": "A-2", "qty": 3}]', True, None, "not-zip", "plain text in JSON"),
    "csv-866": ("Артикул;Количество\r\nA-1;2\r\n".encode("cp866"), True, None, "not-zip", "neither UTF-8 nor Windows-1251"),
    "csv-quote": ('sku,qty\nA-1,2\n"A"-2,3\n'.encode(), False, "E_FILE_FORMAT", "csv-malformed", "Line 3"),
    "utf16": ("Артикул\tКоличество\r\n".encode("utf-16"), True, None, "not-zip", "UTF-16"),
    "pdf": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", True, None, "not-zip", "PDF"),
    "xml": (b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>', True, None, "xml-2003", "2003"),
    "rtf": (b"{\\rtf1\\ansi\\deff0 {\\fonttbl}", True, None, "not-zip", ".rtf"),
    "png": (b"\x89PNG\r\n\x1a\n" + bytes(40), True, None, "not-zip", "picture"),
    "gzip": (b"\x1f\x8b\x08" + bytes(40), True, None, "not-zip", "gzip archive"),
    "rar": (b"Rar!\x1a\x07\x01" + bytes(40), True, None, "not-zip", "RAR archive"),
    "7z": (b"7z\xbc\xaf\x27\x1c" + bytes(40), True, None, "not-zip", "7z archive"),
    "commerceml": ('<?xml version="1.0" encoding="windows-1251"?><КоммерческаяИнформация/>'.encode("cp1251"), True, None, "not-zip", "XML document"),
    "fods": (b'<?xml version="1.0"?>\n<office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0">', True, None, "not-zip",
             ".fods"),
    "xlsb": (archive({"_rels/.rels": samples.rels("officeDocument", "xl/workbook.bin"), "xl/workbook.bin": "\x83\x01"}), False, "E_FILE_FORMAT",
             "xlsb", ".xlsb"),
    "docx": (archive({"_rels/.rels": samples.rels("officeDocument", "word/document.xml"), "word/document.xml": "<w:document/>"}), False,
             "E_FILE_FORMAT", "not-spreadsheet", "(document)"),
    "pptx": (archive({"_rels/.rels": samples.rels("officeDocument", "ppt/presentation.xml"), "ppt/presentation.xml": "<p:presentation/>"}), False,
             "E_FILE_FORMAT", "not-spreadsheet", "(presentation)"),
    "zip": (archive({"readme.txt": "x"}), False, "E_FILE_FORMAT", "missing-part", "ZIP archive without a workbook"),
    "numbers": (archive({"Index/Document.iwa": "x", "Metadata/Properties.plist": "x"}), False, "E_FILE_FORMAT", "not-spreadsheet", "Numbers"),
    "ods": (archive({"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": "<x/>"}), False, "E_FILE_FORMAT",
            "not-spreadsheet", ".ods"),
    "packed": (archive({"price/STOCK.XLSX": STOCK}), False, "E_FILE_FORMAT", "missing-part", '"price/stock.xlsx"'),
    "cut": (STOCK[: len(STOCK) // 2], False, "E_FILE_FORMAT", "zip-truncated", "cut off"),
    "flipped": (STOCK[:IN_SHEET] + bytes([STOCK[IN_SHEET] ^ 1]) + STOCK[IN_SHEET + 1 :], False, "E_FILE_FORMAT", "zip-corrupt", "damaged"),
    "mxl-version": (mxl(3), False, "E_FILE_FORMAT", "mxl-version", "unknown version"),
    "mxl-cut": ((samples.DATA / "mxl" / "synthetic-prices.mxl").read_bytes()[:5000], False, "E_FILE_FORMAT", "mxl-truncated", "cut off"),
    "dtd": (workbook('<!DOCTYPE worksheet [<!ENTITY a "b">]><worksheet><sheetData/></worksheet>'), False, "E_FILE_FORMAT", "xml-dtd",
            "document type"),
    "depth": (workbook("<worksheet>" + "<a>" * 70), False, "E_FILE_TOO_LARGE", "xml-limit", "64 levels"),
    "long-text": (rows("<row><c t='str'><v>" + "x" * 32768 + "</v></c></row>"), False, "E_FILE_TOO_LARGE", "xml-limit", "32767 characters"),
    "column": (rows("<row><c r='XFE1'><v>1</v></c></row>"), False, "E_FILE_FORMAT", "bad-reference", "XFD"),
    "row": (rows("<row r='1048577'><c><v>1</v></c></row>"), False, "E_FILE_FORMAT", "bad-reference", "1048576"),
    "bomb": (rows("<row>" + "<x/>" * (16 << 20) + "</row>"), False, "E_FILE_TOO_LARGE", "zip-bomb", "inflates too much"),
    "entries": (archive({f"{i}": "" for i in range(10001)}), False, "E_FILE_TOO_LARGE", "zip-bomb", "too many entries"),
}


@pytest.fixture(scope="module")
def stocked(module_daemon):
    samples.load_catalogue(module_daemon)
    return module_daemon


@pytest.mark.parametrize("name", FILES)
def test_refused_by_content_alike_by_service_and_tool(stocked, tmp_path, name):
    data, by_first_bytes, error_code, cls, words = FILES[name]
    answer = stocked.worker(0).upload(IMPORT, data)
    if by_first_bytes:
        fault = check_problem(answer, 422, "invalid-parameters")["errors"][0]
        assert (fault["pointer"], fault["code"]) == ("/file", cls)
        said = fault["detail"]
    else:
        task = stocked.worker(1).wait(answer.json["task_id"])
        assert task["status"] == "error" and stocked.sql(f"SELECT error_code FROM task WHERE id = '{task['id']}'") == [[error_code]], task
        said = task["error"]
    assert words in said and ADVICE.search(said), said
    file = tmp_path / "file.xlsx"
    file.write_bytes(data)
    as_csv = ["--csv"] if cls.startswith("csv-") else []
    tool = subprocess.run([str(stocked.build / "priceforge-cells"), *as_csv, str(file)], capture_output=True, text=True)
    assert tool.returncode == 1 and tool.stdout == "" and tool.stderr.startswith(f"{cls}: ")
    assert re.fullmatch(re.escape(f"{cls}: {said}") + r"( \(byte \d+\))?\n", tool.stderr)
    assert stocked.sql("SELECT COUNT(*) FROM stock_item") == [["0"]]


RAW_TYPES = ("application/octet-stream", samples.XLSX)
PART_TYPES = ("text/csv", "application/pdf", "application/vnd.ms-excel")
NAMES = ("stock.xlsx", "stock.mxl", "остатки.xls", "stock.csv", "stock", "stock.xlsx.exe")


def upload_as(client, name, kind, data, dry_run):
    """Send a file under a name and a content type, raw or as a form's part."""
    if kind in RAW_TYPES:
        return client.upload("/api/stock/import?" + urlencode({"warehouse": "MAIN", "filename": name, "dry_run": dry_run}), data, kind)
    body, content_type = samples.multipart({"warehouse": "MAIN", "dry_run": dry_run}, name, data, kind=kind)
    return client.upload("/api/stock/import", body, content_type)


@pytest.mark.parametrize("name", ["xls", "password", "html", "csv-866", "pdf", "ods", "cut", "mxl-version", "empty"])
def test_neither_name_nor_type_change_what_a_file_is(stocked, name):
    data, by_first_bytes, _, cls, words = FILES[name]
    said = set()
    for i, file_name in enumerate(NAMES):
        answer = upload_as(stocked.worker(i % 2), file_name, (RAW_TYPES + PART_TYPES)[i % 5], data, "false")
        if by_first_bytes:
            fault = check_problem(answer, 422, "invalid-parameters")["errors"][0]
            assert fault["code"] == cls
            said.add(fault["detail"])
        else:
            said.add(stocked.worker(0).wait(answer.json["task_id"])["error"])
    assert len(said) == 1 and words in said.pop()


@pytest.mark.parametrize("kind", ["xlsx", "mxl"])
def test_a_good_file_is_read_under_any_name(stocked, kind):
    data = samples.stock(30) if kind == "xlsx" else (samples.DATA / "mxl" / "synthetic-turnover.mxl").read_bytes()
    told = []
    for i, file_name in enumerate(NAMES):
        answer = upload_as(stocked.worker(i % 2), file_name, (RAW_TYPES + PART_TYPES)[i % 5], data, "true")
        assert answer.status == 202, answer
        task = stocked.worker(0).wait(answer.json["task_id"])
        assert task["status"] == "completed" and task["result"]["file"]["name"] == file_name, task
        told.append((task["result"]["file"]["format"], task["result"]["rows_accepted"]))
    assert set(told) == {told[0]} and told[0][0] == kind and told[0][1] > 0


def test_rows_beyond_the_limit(make_daemon):
    daemon = make_daemon(pricing__max_rows=100)
    samples.load_catalogue(daemon)
    answer = daemon.worker(0).upload(IMPORT, samples.stock(100))
    task = daemon.worker(0).wait(answer.json["task_id"])
    assert task["status"] == "error" and task["error"] == "The file has more than 100 rows. Split it and send the parts.", task
    assert daemon.sql(f"SELECT error_code FROM task WHERE id = '{task['id']}'") == [["E_FILE_TOO_LARGE"]]
    assert daemon.worker(0).wait(daemon.worker(0).upload(IMPORT, samples.stock(99)).json["task_id"])["status"] == "completed"


# ---- At the limits -----------------------------------------------------------------------------------------------------------------------

HEADING = "<row r='1'><c t='str'><v>Артикул</v></c><c t='str'><v>Количество</v></c></row>"
ONE_ROW = "<row r='2'><c t='str'><v>PN-1</v></c><c><v>5</v></c></row>"


def table(more="", behind="", **parts):
    """A stock of one row, with more rows in front of it and more content behind the table, and further parts."""
    made = zipfile.ZipFile(io.BytesIO(workbook(f"<worksheet><sheetData>{HEADING}{ONE_ROW}{more}</sheetData>{behind}</worksheet>")))
    return archive({**{name: made.read(name) for name in made.namelist()}, **parts})


def strings(n_bytes):
    """Shared strings that take this much: their bytes and four for each."""
    block = ("".join(random.Random(1).choices(string.ascii_letters, k=8192)) * 4)[8:32767]
    whole, rest = divmod(n_bytes, 32767 + 4)
    items = [f"<si><t>{i:08d}{block}</t></si>" for i in range(whole)]
    return table(**{"xl/sharedStrings.xml": f"<sst>{''.join(items)}<si><t>{'z' * (rest - 4)}</t></si></sst>"})


def nested(depth):
    """Elements to this depth, the worksheet itself included."""
    return table(behind="<x>" * (depth - 1) + "</x>" * (depth - 1))


def sheets(n):
    made = table()
    more = "".join(f'<sheet name="{i}" sheetId="{i}" r:id="none"/>' for i in range(2, n + 1))
    parts = zipfile.ZipFile(io.BytesIO(made))
    return archive({name: parts.read(name) if name != "xl/workbook.xml" else samples.BOOK.replace("</sheets>", more + "</sheets>")
                    for name in parts.namelist()})


def entries(n):
    """A workbook of so many entries; its own are five."""
    return table(**{f"x/{i}": "" for i in range(n - 5)})


def text(n, character="я"):
    return table(f"<row r='3'><c t='str'><v>PN-2</v></c><c><v>1</v></c><c t='str'><v>{character * n}</v></c></row>")


def row_text(n):
    """A row that shares one long text n times."""
    cells = "".join("<c t='s'><v>0</v></c>" for _ in range(n))
    return table(f"<row r='3'>{cells}</row>", **{"xl/sharedStrings.xml": f"<sst><si><t>{'x' * 32767}</t></si></sst>"})


# what: (a file at the limit, the first beyond it, class, words of the sentence)
LIMITS = {
    "strings": (lambda: strings(128 << 20), lambda: strings((128 << 20) + 1), "limit-text", "128 MiB of different texts"),
    "entries": (lambda: entries(10000), lambda: entries(10001), "zip-bomb", "too many entries (limit 10000)"),
    "sheets": (lambda: sheets(10000), lambda: sheets(10001), "xml-limit", "more than 10000 sheets"),
    "depth": (lambda: nested(64), lambda: nested(65), "xml-limit", "more than 64 levels"),
    "text": (lambda: text(32767), lambda: text(32768), "xml-limit", "more than 32767 characters"),
    "surrogates": (lambda: text(16383, "\U0001f600"), lambda: text(16384, "\U0001f600"), "xml-limit", "more than 32767 characters"),
    "row's text": (lambda: row_text(256), lambda: row_text(257), "limit-text", "8 MiB"),
    "column": (lambda: table("<row r='3'><c r='XFD3'><v>1</v></c></row>"), lambda: table("<row r='3'><c r='XFE3'><v>1</v></c></row>"),
               "bad-reference", "columns to XFD"),
    "row": (lambda: table("<row r='1048576'><c><v>1</v></c></row>"), lambda: table("<row r='1048577'><c><v>1</v></c></row>"),
            "bad-reference", "1048576 rows"),
    "attributes": (lambda: table(behind="<x " + " ".join(f"a{i}=''" for i in range(256)) + "/>"),
                   lambda: table(behind="<x " + " ".join(f"a{i}=''" for i in range(257)) + "/>"), "xml-limit", "more than 256 attributes"),
    "ratio": (lambda: table("<x/>" * ((2 << 20) - 1000)), lambda: table("<x/>" * (16 << 20)), "zip-bomb", "inflates too much"),
    "tag": (lambda: table(behind=f"<x a='{'y' * ((4 << 20) - 100)}'/>"), lambda: table(behind=f"<x a='{'y' * (5 << 20)}'/>"),
            "xml-limit", "a tag of more than 4 MiB"),
}


@pytest.mark.parametrize("what", LIMITS)
def test_the_last_that_is_allowed_and_the_first_that_is_not(stocked, tmp_path, what):
    at, beyond, cls, words = LIMITS[what]
    client = stocked.worker(0)
    task = client.wait(client.upload(IMPORT + "&dry_run=true", at()).json["task_id"])
    assert task["status"] == "completed" and task["result"]["rows_accepted"] >= 1, task
    data = beyond()
    task = client.wait(client.upload(IMPORT, data).json["task_id"])
    assert task["status"] == "error" and words in task["error"] and ADVICE.search(task["error"]), task
    file = tmp_path / "file.xlsx"
    file.write_bytes(data)
    as_csv = ["--csv"] if cls.startswith("csv-") else []
    tool = subprocess.run([str(stocked.build / "priceforge-cells"), *as_csv, str(file)], capture_output=True, text=True)
    assert tool.returncode == 1 and tool.stderr.startswith(f"{cls}: {task['error']}"), tool.stderr


TABLE = "Артикул{0}Количество\r\nCSV-1{0}1,5\r\nCSV-2{0}2\r\n"
CSV = {
    "utf-8": TABLE.format(";").encode(),
    "utf-8 with a mark": TABLE.format("\t").encode("utf-8-sig"),
    "windows-1251": ("Остатки, склад Основной\r\n\r\n" + TABLE.format(";")).encode("cp1251"),
    "unicode text": TABLE.format("\t").encode("utf-16"),
    "sep": ("sep=;\r\n" + TABLE.format(";")).encode("cp1251"),
    "commas": b"sku,qty\nCSV-1,1.5\nCSV-2,2\n",
}


@pytest.mark.parametrize("kind", CSV)
def test_stock_comes_as_csv_in_every_spelling(stocked, kind):
    answer = upload_as(stocked.worker(0), "остатки.xlsx", "text/csv", CSV[kind], "true")
    task = stocked.worker(1).wait(answer.json["task_id"])
    assert task["status"] == "completed", task
    assert task["result"]["file"]["format"] == "csv" and task["result"]["rows_total"] == 2, task
    assert [row["qty"] for row in task["result"]["preview"]] == ["1.500", "2.000"], task


def test_stock_imported_as_csv_is_on_record(make_daemon):
    daemon = make_daemon()
    samples.load_catalogue(daemon)
    task = daemon.worker(0).wait(daemon.worker(0).upload(IMPORT, CSV["windows-1251"]).json["task_id"])
    assert task["status"] == "completed" and task["result"]["inserted"] == 2, task
    assert daemon.sql("SELECT file_format FROM stock_import") == [["csv"]]
    assert daemon.sql("SELECT part_number, qty FROM stock_item ORDER BY part_number") == [["CSV-1", "1.500"], ["CSV-2", "2.000"]]


def test_rows_of_a_catalogue_and_of_a_report_are_limited_too(make_daemon):
    daemon = make_daemon(pricing__max_rows=45)
    client = daemon.worker(0)

    def catalogue(n):
        data = "code,name\n" + "".join(f"W{i},Warehouse {i}\n" for i in range(n))
        return client.wait(client.upload("/api/catalog/warehouses/import", data.encode(), "text/csv").json["task_id"])

    said = "The file has more than 45 rows. Split it and send the parts."
    assert catalogue(45)["error"] == said  # the heading is a row
    assert catalogue(44)["status"] == "completed"
    report = (samples.DATA / "mxl" / "synthetic-turnover.mxl").read_bytes()
    task = client.wait(client.upload("/api/stock/import?warehouse=W1", report).json["task_id"])
    assert task["status"] == "error" and "more than 45 rows" in task["error"] and ADVICE.search(task["error"]), task


def test_formulas_that_nobody_has_calculated_are_told(stocked):
    heading = "<row><c t='str'><v>Артикул</v></c><c t='str'><v>Количество</v></c></row>"
    row = "<row><c t='str'><v>PN-{0}</v></c><c><f>A1</f>{1}</c></row>"
    some = heading + "".join(row.format(i, "<v>5</v>" if i % 2 else "") for i in range(10))
    task = stocked.worker(0).wait(stocked.worker(0).upload(IMPORT + "&dry_run=true", rows(some)).json["task_id"])
    assert task["result"]["file"]["uncalculated_formulas"] == 5 and task["result"]["errors"] == {"E_QTY_FORMULA": 5}, task
    none = heading + "".join(row.format(i, "") for i in range(10))
    task = stocked.worker(0).wait(stocked.worker(0).upload(IMPORT, rows(none)).json["task_id"])
    assert task["status"] == "error" and "None of the 10 rows was accepted" in task["error"], task
    assert task["error"].endswith("10 formulas have no value yet: open the file in a spreadsheet program, save it and send that."), task
