"""Refused rows, put right and sent again as they are: the stock is that of a file that was right at once."""
import csv
import datetime
import io
import json
import random
import zipfile
from xml.sax.saxutils import escape

import pytest

import samples

FAULTS = ["#row", "#field", "#code", "#message", "#suggestions"]
EPOCH = datetime.date(1899, 12, 30)
STYLES = ('<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><numFmts count="1"><numFmt numFmtId="170" formatCode="0000000"/>'
          '</numFmts><cellXfs count="3"><xf numFmtId="0"/><xf numFmtId="170"/><xf numFmtId="14"/></cellXfs></styleSheet>')


class Padded(int):
    """A number whose format is seven zeros."""


# ---- Files ----

def letter(column):
    return (letter(column // 26 - 1) if column > 25 else "") + chr(65 + column % 26)


def cell(row, column, value):
    place = f'r="{letter(column)}{row + 1}"'
    if value is None:
        return ""
    if isinstance(value, datetime.date):
        return f'<c {place} s="2"><v>{(value - EPOCH).days}</v></c>'
    if isinstance(value, (int, float)):
        return f'<c {place}{" s=" + chr(34) + "1" + chr(34) if isinstance(value, Padded) else ""}><v>{value!r}</v></c>'
    return f'<c {place} t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'


def sheet_xml(rows, merges=()):
    cells = "".join(f'<row r="{r + 1}">' + "".join(cell(r, c, value) for c, value in enumerate(row)) + "</row>" for r, row in enumerate(rows))
    areas = f'<mergeCells count="{len(merges)}">' + "".join(f'<mergeCell ref="{area}"/>' for area in merges) + "</mergeCells>" if merges else ""
    return f'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{cells}</sheetData>{areas}</worksheet>'


def xlsx(sheets):
    """A workbook of {name: (rows, merges)}."""
    out = io.BytesIO()
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    book = "".join(f'<sheet name="{escape(name)}" sheetId="{i}" r:id="rId{i}"/>' for i, name in enumerate(sheets, 1))
    links = "".join(f'<Relationship Id="rId{i}" Type="{office}/worksheet" Target="worksheets/sheet{i}.xml"/>' for i in range(1, len(sheets) + 1))
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("_rels/.rels", f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
                         f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>')
        archive.writestr("xl/workbook.xml", f'<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="{office}">'
                         f"<sheets>{book}</sheets></workbook>")
        archive.writestr("xl/_rels/workbook.xml.rels", f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{links}'
                         f'<Relationship Id="rId99" Type="{office}/styles" Target="styles.xml"/></Relationships>')
        archive.writestr("xl/styles.xml", STYLES)
        for i, (rows, merges) in enumerate(sheets.values(), 1):
            archive.writestr(f"xl/worksheets/sheet{i}.xml", sheet_xml(rows, merges))
    return out.getvalue()


def plain(value):
    """A cell as a text of a CSV file."""
    if value is None:
        return ""
    if isinstance(value, Padded):
        return f"{value:07}"
    return value.isoformat() if isinstance(value, datetime.date) else str(value)


def csv_file(rows, separator=",", encoding="utf-8"):
    out = io.StringIO()
    csv.writer(out, delimiter=separator, lineterminator="\r\n").writerows([plain(value) for value in row] for row in rows)
    return out.getvalue().encode(encoding)


# ---- Round trip ----

@pytest.fixture(scope="module")
def shop(module_daemon):
    samples.load_catalogue(module_daemon)
    client = module_daemon.worker(0)
    samples.load_csv(module_daemon, "warehouses", b"code,name\r\nMAIN,Main store\r\nNORTH,North store\r\n")
    samples.load_csv(module_daemon, "rates", b"currency,rate_date,nominal,rate,source\r\nUSD,%s,1,90,x\r\n" % datetime.date.today().isoformat().encode())
    return module_daemon, client


def send(client, warehouse, data, name, **params):
    body, kind = samples.multipart({"warehouse": warehouse, **params}, name, data)
    answer = client.upload("/api/stock/import", body, kind)
    assert answer.status == 202, answer
    return client.wait(answer.json["task_id"])


def stock_of(daemon, warehouse):
    return daemon.sql("SELECT i.pn_norm, i.vendor_norm, i.part_number, i.name, i.unit, i.lot_qty, i.qty, i.reserved, i.unit_cost, i.received_on "
                      f"FROM stock_item i JOIN warehouse w ON w.id = i.warehouse_id WHERE w.code = '{warehouse}' ORDER BY 1, 2")


def rejects(client, task, query=""):
    answer = client.get(f"/api/tasks/{task['id']}/rejects.csv{query}")
    assert answer.status == 200, answer
    return answer.body.decode("utf-8-sig")


def put_right(text, bad, good, separator=","):
    """The refused rows with those cells taken from the good rows in which the two files differ; and how many rows there were."""
    lines, fixed = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator)), 0
    names = [name for name in lines[0] if name.startswith("#") and name != "#"]
    width = len(lines[0]) - len(names)
    only = next(iter(bad))
    for line in lines:
        fault = dict(zip(names, line[width:]))
        if not fault.get("#row", "#").isdigit():
            continue
        sheet, row = fault.get("#sheet", only), int(fault["#row"]) - 1
        fixed += 1
        for column, (was, now) in enumerate(zip(bad[sheet][0][row], good[sheet][0][row])):
            if was != now:
                line[column] = plain(now)
    out = io.StringIO()
    csv.writer(out, delimiter=separator, lineterminator="\r\n").writerows(lines)
    return out.getvalue().encode(), fixed


def empty(daemon):
    daemon.sql("DELETE FROM stock_item")


def round_trip(shop, bad, good, query="", separator=",", as_csv=False, **params):
    """Sends the good file to one store; the bad one and its refused rows, put right, to the other."""
    daemon, client = shop
    empty(daemon)
    files = [csv_file(next(iter(book.values()))[0], **as_csv) if as_csv is not False else xlsx(book) for book in (good, bad)]
    name = "stock.csv" if as_csv is not False else "stock.xlsx"
    right = send(client, "MAIN", files[0], name, max_reject_pct=100, **params)
    assert right["status"] == "completed" and right["result"]["rows_rejected"] == 0, (right, rejects(client, right))
    wrong = send(client, "NORTH", files[1], name, max_reject_pct=100, **params)
    assert wrong["status"] == "completed", wrong
    refused = wrong["result"]["rows_rejected"]
    assert refused > 0
    text = rejects(client, wrong, query)
    again, lines = put_right(text, bad, good, separator)
    assert lines == refused, text
    params.pop("sheet", None)
    last = send(client, "NORTH", again, "rejects.csv", mode="merge", max_reject_pct=100, **params)
    assert last["status"] == "completed", (last, again.decode())
    assert (last["result"]["rows_total"], last["result"]["rows_rejected"]) == (refused, 0), (last, again.decode(), rejects(client, last))
    assert not any("#" in ignored["caption"] for ignored in last["result"]["file"]["ignored"]) and "W_CAPTION" not in last["result"]["warnings"], last
    assert stock_of(daemon, "NORTH") == stock_of(daemon, "MAIN") and stock_of(daemon, "MAIN")
    return wrong, text


def two_row_heading(qty_3="many", qty_5=-2, price=7.5):
    rows = [["Остатки", None, None, None, None, None, None, None],
            ["Артикул", "Наименование", "Ед", "Остаток", None, "Ожидается", "Дата поступления", "Цена"],
            [None, None, None, "Количество", "Сумма", "Количество", None, None],
            [Padded(4711), "=1+1", "шт", 3, 30.5, 100, datetime.date(2026, 1, 31), 10.125],
            ["PN-2", "two\nlines", "шт", qty_3, 12, 100, datetime.date(2026, 2, 1), "1 234,56"],
            ["PN-3", "a;b,\"c\"", "шт", 5, 10, 100, "01.02.2026", 2],
            [Padded(815), "-x", "шт", qty_5, 10, 100, datetime.date(2026, 2, 2), price]]
    return {"Лист 1": (rows, ["A1:H1", "A2:A3", "B2:B3", "C2:C3", "D2:E2", "G2:G3", "H2:H3"])}


def test_a_heading_of_two_rows(shop):
    wrong, text = round_trip(shop, two_row_heading(), two_row_heading(4, 2))
    lines = text.split("\r\n")
    assert lines[0] == "Артикул,Наименование,Ед,Остаток,Остаток,Ожидается,Дата поступления,Цена," + ",".join(FAULTS)
    assert lines[1] == ",,,Количество,Сумма,Количество,,"
    assert lines[2].startswith('PN-2,"two\nlines",шт,many,12,100,2026-02-01,"1 234,56",5,qty,E_QTY_NUM,')
    assert lines[3].startswith("0000815,'-x,шт,-2,10,100,2026-02-02,7.5,7,qty,E_QTY_NEGATIVE,")
    assert wrong["result"]["errors"] == {"E_QTY_NUM": 1, "E_QTY_NEGATIVE": 1}


def test_a_file_of_texts(shop):
    """CSV as it came: its separator, its numbers as texts, a line break in a cell, formulas, a number that a spreadsheet would compute."""
    def rows(first, second, third):
        return {"": ([["Код", "Артикул", "Наименование", "Количество", "Себестоимость"],
                      ["001", "+A-100", "=HYPERLINK(\"x\")", "1 200,5", "10,5"],
                      ["", "B-200", "@cmd", first, "1 000,25"],
                      ["", "C-300", "'=quoted", "3", second],
                      ["", "D-400", "two\nlines; \"q\"", third, "-"]], ())}
    bad, good = rows("-5 шт", "cheap", "много"), rows("5 шт", "7,125", "6")
    _, text = round_trip(shop, bad, good, as_csv={"separator": ";", "encoding": "cp1251"}, separator=";")
    assert text.startswith("Код;Артикул;Наименование;Количество;Себестоимость;#row;"), "its own separator"
    assert "\r\n;B-200;'@cmd;'-5 шт;1 000,25;3;qty;E_QTY_NEGATIVE;" in text
    assert "\r\n;C-300;'=quoted;3;cheap;4;unit_cost;E_COST_NUM;" in text
    _, text = round_trip(shop, bad, good, "?sep=tab", as_csv={"separator": ";"}, separator="\t")
    round_trip(shop, bad, good, "?excel=ru&formula_guard=false", as_csv={"separator": ","}, separator=";")


def test_sent_back_without_a_form(shop):
    daemon, client = shop
    empty(daemon)
    bad = {"S": ([["Артикул", "Количество"], ["A-1", "x"], ["A-2", 5]], ())}
    wrong = send(client, "MAIN", xlsx(bad), "s.xlsx")
    text = rejects(client, wrong).replace("A-1,x,", "A-1,7,")
    answer = client.upload("/api/stock/import?warehouse=MAIN&mode=merge&filename=rejects.csv", text.encode(), "text/csv")
    assert client.wait(answer.json["task_id"])["result"]["inserted"] == 1
    assert [(row[2], row[6]) for row in stock_of(daemon, "MAIN")] == [("A-1", "7.000"), ("A-2", "5.000")]


def test_several_sheets(shop):
    head_a, head_b = ["Артикул", "Количество", "Цена"], ["Цена", "Примечание", "Наименование", "Парт-номер", "Остаток"]
    def sheets(a, b, c):
        return {"Первый": ([head_a, ["A-1", 5, 1], ["A-2", a, 2], ["A-3", 1, 3]], ()),
                "Пустой": ([["ничего"]], ()),
                "Второй": ([["Отчёт"], [], head_b, [5, "x", "Name", "B-1", 7], [b, "y", "Other", "B-2", c], [5, "", "Last", "B-3", 8]], ())}
    wrong, text = round_trip(shop, sheets("x", "y", "z"), sheets(2, 4, 9), sheet="*")
    lines = list(csv.reader(io.StringIO(text)))
    names = ["#sheet", *FAULTS]
    assert lines[0] == [*head_a, "", "", *names] and lines[1][:7] == ["A-2", "x", "2", "", "", "Первый", "3"]
    assert lines[2] == [*head_b, *names] and lines[3][5:9] == ["Второй", "5", "qty unit_cost", "E_QTY_NUM E_COST_NUM"], lines
    assert lines[3][9].startswith("Sheet «Второй», row 5, column E «Остаток»: «z» is not a number") and len(lines) == 4
    assert wrong["result"]["errors"] == {"E_QTY_NUM": 2, "E_COST_NUM": 1}


def test_a_moved_heading(shop):
    def rows(a, b, c):
        return {"Лист": ([["Артикул", "Наименование", "Количество"], ["A-1", "one", 1], ["A-2", "two", a],
                          ["Артикул", "Количество", "Цена"], ["B-1", 5, 2], ["B-2", b, c]], ())}
    wrong, text = round_trip(shop, rows("?", "??", "???"), rows(2, 3, 4))
    lines = list(csv.reader(io.StringIO(text)))
    assert [line[:3] for line in lines] == [["Артикул", "Наименование", "Количество"], ["A-2", "two", "?"], ["Артикул", "Количество", "Цена"],
                                            ["B-2", "??", "???"]]
    assert wrong["result"]["warnings"]["W_HEADING_MOVED"] == 1


def test_texts_of_vertical_merges(shop):
    def rows(qty):
        return {"Лист": ([["Артикул", "Ед", "Количество", "Цена"], ["A-1", "шт", 1, 5], [None, None, qty, 5], ["A-2", "шт", 3, 5]], ["A2:A3", "B2:B3"])}
    _, text = round_trip(shop, rows("1O"), rows(10), duplicates="last")
    assert "\r\nA-1,шт,1O,5,3,qty,E_QTY_NUM," in text


def test_warnings_too(shop):
    """Rows with warnings are written beside the refused ones, what concerns the file without cells: sent again they change nothing."""
    daemon, client = shop
    empty(daemon)
    rows = [["Артикул", "Количество", "Цена", "Остаток клиента"], ["A-1", ">5", 1, 9], ["A-2", "x", 1, 9], ["A-3", 4, 1, 9], ["A-4", 1.5, 1, 9]]
    task = send(client, "MAIN", xlsx({"S": (rows, ())}), "s.xlsx", max_reject_pct=100)
    assert task["status"] == "completed", task
    errors, everything = (list(csv.DictReader(io.StringIO(rejects(client, task, query)))) for query in ("", "?severity=all"))
    assert [row["#row"] for row in errors] == ["3"]
    assert {code: sum(code in row["#code"].split() for row in everything) for code in task["result"]["warnings"]} == task["result"]["warnings"]
    assert [row["#row"] for row in everything] == sorted((row["#row"] for row in everything), key=int), "in the order of the file"
    assert all(not row["Артикул"] for row in everything if row["#row"] == "0")
    for row in everything:
        assert row["#message"].startswith(f"Sheet «S», row {row['#row']}, " if row["#row"] != "0" else "Sheet «S», ") and len(row["#message"]) < 1000, row
    before = stock_of(daemon, "MAIN")
    again = send(client, "MAIN", rejects(client, task, "?severity=all").encode(), "all.csv", mode="merge", max_reject_pct=100)
    assert again["status"] == "completed" and again["result"]["unchanged"] == again["result"]["rows_accepted"] > 0, again
    assert stock_of(daemon, "MAIN") == before


WRONG = {"qty": ["x", "много", "-3", -4, None, "1..2"], "price": ["дорого", -1, "1,2,3,4"], "unit": ["бочка"], "pn": [None, 4.5, "1.23E+15"]}


def drawn(rng):
    """A bad file and the good one that it should have been."""
    columns = ["pn", "name", "unit", "qty", "price", "note"]
    rng.shuffle(columns)
    captions = {"pn": "Артикул", "name": "Наименование", "unit": "Ед. изм.", "qty": "Количество", "price": "Цена", "note": "Примечание"}
    good, bad = [], []
    for number in range(rng.randrange(5, 60)):
        row = {"pn": rng.choice([f"PN-{number}X", f"=PN{number}", Padded(1000 + number)]),
               "name": rng.choice([None, f"Item {number}", "a;b", "x\ny", "'=z", " spaced "]), "unit": rng.choice(["шт", "компл", "pcs"]),
               "qty": rng.choice([number + 1, number + 0.125, f"{number},5", "нет"]), "price": rng.choice([1.5, "10,25", 1e-3, 123456.789, None]),
               "note": rng.choice([None, "-", "+7", datetime.date(2026, 1, 1 + number % 28)])}
        wrong = dict(row)
        for name in rng.sample(list(WRONG), rng.choice([0, 0, 1, 1, 2])):
            wrong[name] = rng.choice(WRONG[name])
        good.append([row[name] for name in columns])
        bad.append([wrong[name] for name in columns])
    return [{"S": ([[captions[name] for name in columns], *rows], ())} for rows in (bad, good)]


@pytest.mark.parametrize("turn", range(12))
def test_any_mix_of_faults(shop, turn):
    bad, good = drawn(random.Random(f"rejects-{turn}"))
    rows = [good["S"][0][0], ["", "", "", "", "", ""]]
    rows[1] = ["KEEP-1" if caption == "Артикул" else 5 if caption == "Количество" else "шт" if caption == "Ед. изм." else None for caption in rows[0]]
    for book in (bad, good):
        book["S"][0].insert(1, rows[1])
    if bad == good:
        bad["S"][0][1] = [0.5 if cell == "KEEP-1" else cell for cell in rows[1]]
    query, separator = [("", ","), ("?excel=ru", ";"), ("?sep=tab", "\t")][turn % 3]
    round_trip(shop, bad, good, query, separator)


def test_headings_that_need_both_rows(shop):
    """Sheets whose upper captions alone are no heading, and sheets with the same captions."""
    merges = ["A1:A2", "B1:C1"]
    def sheets(a, b, c):
        return {"One": ([["Артикул", "Остаток", None], [None, "Количество", "Сумма"], ["A-1", 5, 10], ["A-2", a, 3]], merges),
                "Two": ([["Артикул", "Остаток", None], [None, "Количество", "Сумма"], ["B-1", 5, 10], ["B-2", b, 3]], merges),
                "Three": ([["Сейчас", None, "Артикул"], ["Кол-во", "Стоимость", None], [5, 10, "C-1"], [c, 10, "C-2"]], ["A1:B1", "C1:C2"])}
    _, text = round_trip(shop, sheets("a", "b", "c"), sheets(1, 2, 3), sheet="*")
    lines = list(csv.reader(io.StringIO(text)))
    assert [line[0] for line in lines] == ["Артикул", "", "A-2", "B-2", "Сейчас", "Кол-во", "c"], lines
    assert lines[4][:3] == ["Сейчас", "Сейчас", "Артикул"], "repeated over its columns; the next caption ends it"


# ---- Not put right ----

FIELD = samples.DATA / "field"
CASES = json.loads((FIELD / "field.json").read_text())
EMPTIED = {"E_PN_MANGLED": "E_PN_EMPTY", "E_PN_SCI": "E_PN_EMPTY", "E_QTY_FORMULA": "E_QTY_MISSING"}  # cells that a text cannot stand for


@pytest.fixture(scope="module")
def field(module_daemon):
    for table, columns in (("warehouses", ("code", "name")), ("components", ("lot_code", "name", "unit")),
                           ("part_numbers", ("part_number", "vendor", "lot_code", "lot_qty", "pack_qty"))):
        rows = [[row.get(name) or row.get("lot_code", "") if name == "name" else row.get(name) or "" for name in columns] for row in CASES[table]]
        samples.load_csv(module_daemon, table, csv_file([columns, *rows]))
    return module_daemon, module_daemon.worker(0)


def codes_by_row(client, task):
    rows = csv.DictReader(io.StringIO(rejects(client, task), newline=""))
    return [row["#code"].split() for row in rows if row["#row"] and row["#row"].isdigit()]


@pytest.mark.parametrize("case", [case for case in CASES["cases"] if case["expected"].get("errors")], ids=lambda case: case["id"])
def test_rows_that_were_not_put_right_are_refused_again(field, case):
    daemon, client = field
    empty(daemon)
    params = {name: json.dumps(value) if isinstance(value, (dict, list)) else value for name, value in case["params"].items()}
    warehouse = params.pop("warehouse")
    first = send(client, warehouse, (FIELD / case["file"]).read_bytes(), case["file"], **{**params, "max_reject_pct": 100, "force": "true"})
    before, codes = stock_of(daemon, warehouse), codes_by_row(client, first)
    assert len(codes) == first["result"]["rows_rejected"] > 0, first
    params = {name: value for name, value in params.items() if name not in ("sheet", "header_row", "header_rows")}
    again = send(client, warehouse, rejects(client, first).encode(), "rejects.csv", **{**params, "mode": "merge", "max_reject_pct": 100, "force": "true"})
    assert "None of the" in again["error"], again
    for now, was in zip(codes_by_row(client, again), codes, strict=True):
        assert all(code == old or code == EMPTIED.get(old) for code, old in zip(now, was, strict=True)), (now, was)
    assert stock_of(daemon, warehouse) == before


# ---- The catalogue ----

def send_catalogue(client, table, data, kind="text/csv"):
    answer = client.upload(f"/api/catalog/{table}/import", data, kind)
    assert answer.status == 202, answer
    return client.wait(answer.json["task_id"])


TABLES = {
    "components": ("SELECT lot_code, name, unit, coefficient, active FROM component ORDER BY 1",
                   [["Код лота", "Наименование", "Ед. изм.", "Коэффициент", "Заметка для себя", "Активен"],
                    ["L-1", "=1+1", "шт", "1,5", "x", "да"], ["L-2", "two\nlines", "бочка", "много", "-y", "да"], ["L-3", "a;b,\"c\"", "м", "1,25", "", "нет"],
                    [None, "No code", "компл", "2", "", "да"], ["L-5", "", "шт", "1,1255", "+7", "может быть"]],
                   {1: {2: "шт", 3: "1,75"}, 3: {0: "L-4"}, 4: {1: "Five", 5: "нет"}}),
    "rates": ("SELECT currency, rate_date, nominal, rate FROM currency_rate ORDER BY 1, 2",
              [["Дата", "Валюта", "Номинал", "Курс"], ["31.01.2026", "USD", "1", "91,5"], ["32.01.2026", "EUR", "1", "99,123456"],
               ["01.02.2026", "CNY", "0", "11,39"], ["02.02.2026", "CNY", "10", "дорого"]],
              {1: {0: "31.01.2026"}, 2: {2: "10"}, 3: {3: "115,5"}}),
}


def empty_catalogue(daemon):
    for name in ("stock_item", "part_number_map", "price_quote", "component", "currency_rate", "party"):
        daemon.sql(f"DELETE FROM {name}")


@pytest.mark.parametrize("query", ["", "?sep=tab", "?excel=ru"])
@pytest.mark.parametrize("shape", ["semicolon", "workbook"])
@pytest.mark.parametrize("table", TABLES)
def test_catalogue(shop, table, shape, query):
    daemon, client = shop
    select, (head, *bad), cures = TABLES[table]
    good = [[cures.get(number, {}).get(column, value) for column, value in enumerate(row)] for number, row in enumerate(bad)]
    above = [["Список от 01.02.2026"], []]
    def file(rows):
        return xlsx({"Лист": ([*above, head, *rows], ())}) if shape == "workbook" else csv_file([*above, head, *rows], ";", "cp1251")
    kind = samples.XLSX if shape == "workbook" else "text/csv"
    empty_catalogue(daemon)
    right = send_catalogue(client, table, file(good), kind)
    assert right["status"] == "completed" and right["result"]["rejected"] == 0, (right, rejects(client, right))
    want = daemon.sql(select)
    empty_catalogue(daemon)
    wrong = send_catalogue(client, table, file(bad), kind)
    assert wrong["status"] == "completed" and wrong["result"]["rejected"] == len(cures), wrong
    separator = "\t" if query == "?sep=tab" else ";"  # of a workbook too: in a file that commas divide, a comma is not decimal
    text = rejects(client, wrong, query)
    lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    assert lines[0] == [*head, *FAULTS] and [int(line[len(head)]) - 4 for line in lines[1:]] == sorted(cures), lines
    again = send_catalogue(client, table, text.encode())
    assert again["status"] == "completed" and again["result"]["rejected"] == len(cures), again
    again, _ = put_right(text, {"": ([*above, head, *bad], ())}, {"": ([*above, head, *good], ())}, separator)
    last = send_catalogue(client, table, again)
    assert last["status"] == "completed" and last["result"]["rejected"] == 0 and last["result"]["inserted"] == len(cures), (last, rejects(client, last), again.decode())
    assert daemon.sql(select) == want
