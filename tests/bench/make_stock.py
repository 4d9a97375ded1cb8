"""make_stock.py ROWS DIR: before.xlsx and after.xlsx, stock lists of so many rows as a spreadsheet program writes them. In after.xlsx one
row in a hundred has another quantity. Prints how many those are."""
import sys
import zipfile
from pathlib import Path

TYPES = ('<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType='
         '"application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>'
         '<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
         '<Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
         '<Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/>'
         '</Types>')
RELS = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">%s</Relationships>'
REL = '<Relationship Id="%s" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/%s" Target="%s"/>'
BOOK = ('<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r='
        '"http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="TDSheet" sheetId="1" r:id="rId1"/></sheets></workbook>')
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
HEAD = ["Артикул", "Номенклатура", "Производитель", "Остаток", "Резерв", "Цена"]


def write(path, rows, changed):
    texts = HEAD + [f"Vendor {n}" for n in range(50)]
    fixed = len(texts)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as package:
        package.writestr("[Content_Types].xml", TYPES)
        package.writestr("_rels/.rels", RELS % REL % ("rId1", "officeDocument", "xl/workbook.xml"))
        package.writestr("xl/_rels/workbook.xml.rels",
                         RELS % (REL % ("rId1", "worksheet", "worksheets/sheet1.xml") + REL % ("rId2", "sharedStrings", "sharedStrings.xml")))
        package.writestr("xl/workbook.xml", BOOK)
        with package.open("xl/sharedStrings.xml", "w") as out:
            out.write(f'<sst {MAIN}>'.encode())
            out.write("".join(f"<si><t>{text}</t></si>" for text in texts).encode())
            for n in range(rows):  # numbers scattered, as a list that is sorted by name has them
                out.write(f"<si><t>PN-{n * 7919 % 1000003:07d}-{n % 97}</t></si><si><t>Позиция {n:07d} 64GB DDR5 5600 RDIMM</t></si>".encode())
            out.write(b"</sst>")
        with package.open("xl/worksheets/sheet1.xml", "w") as out:
            out.write(f"<worksheet {MAIN}><sheetData><row r=\"1\">".encode())
            out.write("".join(f'<c r="{"ABCDEF"[n]}1" t="s"><v>{n}</v></c>' for n in range(len(HEAD))).encode() + b"</row>")
            for n in range(rows):
                r, first = n + 2, fixed + 2 * n
                qty = n % 500 + 1 + (1000 if changed and n % 100 == 7 else 0)
                out.write(f'<row r="{r}"><c r="A{r}" t="s"><v>{first}</v></c><c r="B{r}" t="s"><v>{first + 1}</v></c><c r="C{r}" t="s"><v>{6 + n % 50}</v></c>'
                          f'<c r="D{r}"><v>{qty}</v></c><c r="E{r}"><v>{n % 3}</v></c><c r="F{r}"><v>{100 + n % 9000}.5</v></c></row>'.encode())
            out.write(b"</sheetData></worksheet>")


if __name__ == "__main__":
    rows, folder = int(sys.argv[1]), Path(sys.argv[2])
    write(folder / "before.xlsx", rows, False)
    write(folder / "after.xlsx", rows, True)
    print(len(range(7, rows, 100)))
