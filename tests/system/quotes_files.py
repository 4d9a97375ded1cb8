"""The price list samples as scenes."""
import io
import json
import zipfile
from datetime import date
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import field_files
import samples
from quotes_model import PARAMS, World, quotes_import

SUPPLIERS = Path(__file__).resolve().parents[1] / "data" / "suppliers"
DATA = json.loads((SUPPLIERS / "quotes.json").read_text())
SHARED = {name: DATA[name] for name in ("components", "part_numbers", "rates")}


def scene_of(step):
    return {**SHARED, "params": step["params"], "today": step["today"], "sheets": field_files.sheets_of(SUPPLIERS / step["file"])}


def step_in(world, step, party):
    """What a step before the run does."""
    if "reject" in step:
        world.reject(step["reject"])
    elif "undo" in step:
        world.undo(party)
    else:
        assert "error" not in quotes_import(world, scene_of(step))


def modelled(case):
    """(what the model says of the case, the world afterwards)"""
    world = World(SHARED)
    for step in case.get("before", []):
        step_in(world, step, party_of(case))
    return quotes_import(world, scene_of(case)), world


def party_of(case):
    return case["params"].get("kind", PARAMS["kind"]), case["params"]["party"]


# ---- Scenes as files --------------------------------------------------------------------------------------------------

SPREADSHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def letters(column):
    return (chr(64 + column // 26) if column >= 26 else "") + chr(65 + column % 26)


def cell_xml(cell, place, styles):
    if cell is None or cell == "":
        return ""
    if isinstance(cell, str):
        return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{escape(cell)}</t></is></c>'
    if "f" in cell:
        return f'<c r="{place}"><f>A1</f></c>'
    if "e" in cell:
        return f'<c r="{place}" t="e"><v>{cell["e"]}</v></c>'
    if "d" in cell:
        serial = (date.fromisoformat(cell["d"]) - date(1899, 12, 30)).days
        return f'<c r="{place}" s="{styles.index("DD.MM.YYYY")}"><v>{serial}</v></c>'
    return f'<c r="{place}" s="{styles.index(cell.get("fmt", ""))}"><v>{cell["n"]}</v></c>'


def sheet_xml(sheet, styles):
    rows = []
    for number, row in enumerate(sheet["rows"], 1):
        outline, cells = (row.get("outline", 0), row["cells"]) if isinstance(row, dict) else (0, row)
        level = f' outlineLevel="{outline}"' if outline else ""
        rows.append(f'<row r="{number}"{level}>' + "".join(cell_xml(cell, f"{letters(at)}{number}", styles) for at, cell in enumerate(cells)) + "</row>")
    merges = [f'<mergeCell ref="{letters(left)}{top + 1}:{letters(right)}{bottom + 1}"/>' for top, left, bottom, right in sheet.get("merges") or []]
    below = "" if sheet.get("summary_below") else '<sheetPr><outlinePr summaryBelow="0"/></sheetPr>'
    return (f'<worksheet xmlns="{SPREADSHEET}">{below}<sheetData>{"".join(rows)}</sheetData>'
            + (f"<mergeCells>{''.join(merges)}</mergeCells>" if merges else "") + "</worksheet>")


def styles_xml(styles):
    formats = "".join(f"<numFmt numFmtId=\"{164 + at}\" formatCode={quoteattr(code)}/>" for at, code in enumerate(styles) if code)
    cells = "".join(f'<xf numFmtId="{164 + at if code else 0}"/>' for at, code in enumerate(styles))
    return (f'<styleSheet xmlns="{SPREADSHEET}"><numFmts>{formats}</numFmts><fonts><font/></fonts><fills><fill/></fills><borders><border/></borders>'
            f"<cellStyleXfs><xf/></cellStyleXfs><cellXfs>{cells}</cellXfs></styleSheet>")


def workbook_of(scene):
    """The file of a scene."""
    cells = [cell for sheet in scene["sheets"] for row in sheet["rows"] for cell in (row["cells"] if isinstance(row, dict) else row)]
    styles = ["", "DD.MM.YYYY", *sorted({cell["fmt"] for cell in cells if isinstance(cell, dict) and cell.get("fmt")})]
    names = "".join(f'<sheet name={quoteattr(sheet["name"])} sheetId="{n}" r:id="rId{n}"/>' for n, sheet in enumerate(scene["sheets"], 1))
    targets = "".join(f'<Relationship Id="rId{n}" Type="{RELATIONS}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n, _s in enumerate(scene["sheets"], 1))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", samples._TYPES)
        package.writestr("_rels/.rels", samples.rels("officeDocument", "xl/workbook.xml"))
        package.writestr("xl/workbook.xml", f'<workbook xmlns="{SPREADSHEET}" xmlns:r="{RELATIONS}"><sheets>{names}</sheets></workbook>')
        package.writestr("xl/_rels/workbook.xml.rels", '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
                         f'{targets}<Relationship Id="rIdS" Type="{RELATIONS}/styles" Target="styles.xml"/></Relationships>')
        package.writestr("xl/styles.xml", styles_xml(styles))
        for n, sheet in enumerate(scene["sheets"], 1):
            package.writestr(f"xl/worksheets/sheet{n}.xml", sheet_xml(sheet, styles))
    return out.getvalue()
