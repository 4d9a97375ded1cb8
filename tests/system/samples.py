"""Files that tests send: the demo's, small ones made here, and broken ones."""
import io
import os
import zipfile
from pathlib import Path

DATA = Path(__file__).resolve().parents[1] / "data"
DEMO = DATA / "demo"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

_TYPES = ('<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
          '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
          '<Default Extension="xml" ContentType="application/xml"/></Types>')
_RELS = ('<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
         '<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}" Target="{target}"/>'
         '</Relationships>')
BOOK = ('<?xml version="1.0" encoding="UTF-8"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
        'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
        '<sheets><sheet name="TDSheet" sheetId="1" r:id="rId1"/></sheets></workbook>')


def _cell(value):
    if isinstance(value, (int, float)):
        return f"<c><v>{value}</v></c>"
    return f'<c t="inlineStr"><is><t>{value}</t></is></c>'


def rels(kind, target):
    """Relationships of a package with one target."""
    return _RELS.format(kind=kind, target=target)


def xlsx(rows, level=zipfile.ZIP_DEFLATED, book=BOOK):
    """A small workbook with one sheet of these rows (texts and numbers)."""
    return workbook("<sheetData>" + "".join("<row>" + "".join(map(_cell, row)) + "</row>" for row in rows) + "</sheetData>", level, book)


def workbook(content, level=zipfile.ZIP_DEFLATED, book=BOOK):
    """A workbook with one sheet of this content."""
    sheet = ('<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
             f"{content}</worksheet>")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", level) as package:
        package.writestr("[Content_Types].xml", _TYPES)
        package.writestr("_rels/.rels", rels("officeDocument", "xl/workbook.xml"))
        package.writestr("xl/workbook.xml", book)
        package.writestr("xl/_rels/workbook.xml.rels", rels("worksheet", "worksheets/sheet1.xml"))
        package.writestr("xl/worksheets/sheet1.xml", sheet)
    return out.getvalue()


def stock(rows):
    """A stock file of `rows` rows: part number, name, quantity, price."""
    head = [["Артикул", "Наименование", "Количество", "Цена"]]
    return xlsx(head + [[f"PN-{i:07d}", f"Item {i}", i % 50 + 1, 100 + i % 900] for i in range(rows)])


def demo_stock():
    return (DEMO / "stock.xlsx").read_bytes()


def multipart(fields, name, data, boundary="----pf-boundary-7f3a", kind="application/octet-stream"):
    """Body and content type of a form with these fields and a file, which the form calls of that kind."""
    out = io.BytesIO()
    for key, value in fields.items():
        out.write(f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode())
    out.write(f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
              f"Content-Type: {kind}\r\n\r\n".encode())
    out.write(data + f"\r\n--{boundary}--\r\n".encode())
    return out.getvalue(), f"multipart/form-data; boundary={boundary}"


def load_csv(daemon, table, data):
    """Load a table of the catalogue through the API."""
    client = daemon.worker(0)
    answer = client.upload(f"/api/catalog/{table}/import", data, "text/csv")
    assert answer.status == 202, answer
    task = client.wait(answer.json["task_id"])
    assert task["status"] == "completed", task
    client.close()


def load_catalogue(daemon, *tables):
    """Load demo tables (warehouses alone by default) through the API."""
    for table in tables or ("warehouses",):
        load_csv(daemon, table, (DEMO / f"{table}.csv").read_bytes())
    return os.path.basename(str(daemon.state))
