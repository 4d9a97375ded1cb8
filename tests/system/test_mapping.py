"""What a page for mapping columns gets: a dry run shows the sheets, the first rows, what each column was taken for and why; the proposal can be
sent back as it is. A task that ends with a question shows the same."""
import json

import pytest
import quotes_files
import samples
import test_field
import test_suppliers
from test_suppliers import dated_daemon

__all__ = ["dated_daemon"]
SETTLED = {"W_CAPTION", "W_COLUMN_IGNORED"}  # what a named column no longer needs to be told


def without(result, *names):
    return {name: value for name, value in result.items() if name not in names}


def check_mapping(mapping, file):
    """What must hold of any mapping."""
    assert len(json.dumps(mapping).encode()) < 512 << 10
    assert [(s["name"], s["read"]) for s in mapping["sheets"]] == [(s["name"], s["read"]) for s in file["sheets"]][:100]
    assert mapping["sheets_total"] == len(file["sheets"])
    rows = mapping["rows"]
    heading = [row["row"] for row in rows if row["kind"] == "heading"]
    assert mapping["header_row"] in heading and [row["row"] for row in rows] == sorted(row["row"] for row in rows)
    below = [row for row in rows if row["row"] >= mapping["header_row"] + mapping["header_rows"]]
    assert len(below) <= 20 and len(rows) - len(below) - mapping["header_rows"] <= 5
    for column in mapping["columns"]:
        assert len(column["samples"]) <= 3 and (column["field"] is None) == (column["why"]["code"] not in ("by_caption", "by_request")), column
    return {column["letter"]: column["field"] for column in mapping["columns"] if column["field"]}


def letters(columns):
    """The columns of a result, by letter."""
    found = {}
    for field, numbers in columns.items():
        for number in numbers if isinstance(numbers, list) else [numbers]:
            found[("" if number <= 26 else chr(64 + (number - 1) // 26)) + chr(65 + (number - 1) % 26)] = field
    return found


def check_again(first, second):
    """The same comes back, but for what the request has settled."""
    other = ("warnings", "mapping", "file", "rejects")
    assert without(second, *other) == without(first, *other)
    assert {k: n for k, n in second["warnings"].items() if k not in SETTLED} == {k: n for k, n in first["warnings"].items() if k not in SETTLED}
    assert without(second["file"], "ignored", "sheets") == without(first["file"], "ignored", "sheets")
    assert second["mapping"]["proposal"] == first["mapping"]["proposal"]


# ---- The proposal, of every sample ------------------------------------------------------------------------------------


@pytest.mark.parametrize("case, scene", test_field.CASES, ids=[case["id"] for case, _scene in test_field.CASES])
def test_the_proposal_of_a_stock_report(module_daemon, case, scene):
    test_field.load(module_daemon, scene, case)
    client = module_daemon.worker(0)
    first = test_field.send(client, case, force="true", dry_run="true")
    if first["status"] == "error":
        return
    result = first["result"]
    fields = check_mapping(result["mapping"], result["file"])
    if result["file"]["columns"]:
        assert fields == letters(result["file"]["columns"])
    assert set(result["mapping"]["proposal"]) == set(fields.values()) or not result["file"]["sheet"]
    # Sheets with other captions have little in common: what is not proposed is found as before.
    second = test_field.send(client, case, force="true", dry_run="true", columns=result["mapping"]["proposal"])
    assert second["status"] == "completed", second
    check_again(result, second["result"])


@pytest.mark.parametrize("case", test_suppliers.CASES, ids=test_suppliers.NAMES)
def test_the_proposal_of_a_price_list(dated_daemon, case):
    client = dated_daemon.worker(0)
    test_suppliers.load(dated_daemon, quotes_files.SHARED)
    params = {**case["params"], "dry_run": True, "force": True}
    first = test_suppliers.send_file(client, {**case, "params": params})
    if first["status"] == "error":
        return
    result = first["result"]
    fields = check_mapping(result["mapping"], result["file"])
    assert fields == letters(result["file"]["columns"])
    assert set(result["mapping"]["proposal"]) == set(fields.values()) or not result["file"]["sheet"]
    params = {**without(params, "price"), "columns": result["mapping"]["proposal"]}
    second = test_suppliers.send_file(client, {**case, "params": params})
    assert second["status"] == "completed", second
    check_again(result, second["result"])


# ---- Questions --------------------------------------------------------------------------------------------------------


def full(client, task):
    return client.get(f"/api/tasks/{task['id']}?view=full").json


QUESTIONS = [(case, scene) for case, scene in test_field.CASES if "error" in case["expected"]]


@pytest.mark.parametrize("case, scene", QUESTIONS, ids=[case["id"] for case, _scene in QUESTIONS])
@pytest.mark.parametrize("dry_run", ["true", "false"])
def test_the_mapping_of_a_question(module_daemon, case, scene, dry_run):
    """Each sample that ends with a question: what is shown leads on."""
    test_field.load(module_daemon, scene, case)
    client, wanted = module_daemon.worker(0), case["expected"]["error"]
    task = full(client, test_field.send(client, case, force="true", dry_run=dry_run))
    detail = task["error_detail"]
    assert detail["code"] == wanted and task["result"] is None and "args" in detail and "choices" in detail
    mapping = detail["mapping"]
    assert mapping["sheets"] and mapping["fields"] and len(json.dumps(mapping).encode()) < 512 << 10
    codes = {column["why"]["code"] for column in mapping["columns"]}
    if mapping["sheet"] is None:  # it is asked for a sheet that is not there
        assert all(sheet["why"] in ("hidden", "not_asked_for") for sheet in mapping["sheets"]) and mapping["rows"] == mapping["columns"] == []
        return
    assert mapping["rows"] and mapping["columns"]
    if wanted == "E_SHEETS":
        named = [sheet["name"] for sheet in mapping["sheets"] if sheet["heading"]]
        shown = [mapping["sheet"], *(other["sheet"] for other in mapping["others"])]
        assert shown == named[:6] and all(other["proposal"] and other["rows"] for other in mapping["others"])
    elif wanted == "E_NO_HEADER":
        assert all(not sheet["heading"] for sheet in mapping["sheets"]) and mapping["rows"][0]["row"] <= 5
    elif wanted == "E_AMBIGUOUS_COLUMN" and "in_question" in codes:
        open_fields = {column["field"] for column in mapping["columns"] if column["why"]["code"] == "in_question"}
        assert not open_fields & set(mapping["proposal"])
    else:
        assert mapping["header_row"] and mapping["proposal"]


LISTS = [case for case in test_suppliers.CASES if "error" in case["expected"]]


@pytest.mark.parametrize("case", LISTS, ids=[case["id"] for case in LISTS])
def test_the_mapping_of_a_question_about_prices(dated_daemon, case):
    client = dated_daemon.worker(0)
    test_suppliers.load(dated_daemon, quotes_files.SHARED)
    test_suppliers.take_steps(dated_daemon, client, case)
    detail = full(client, test_suppliers.send_file(client, case))["error_detail"]
    mapping = detail["mapping"]
    assert detail["code"] == case["expected"]["error"] and mapping["rows"] and "price" in mapping["fields"]
    prices = [column for column in mapping["columns"] if column["why"]["code"] == "in_question" and column["field"] == "price"]
    if detail["code"] == "E_AMBIGUOUS_COLUMN" and "price" not in mapping["proposal"]:
        assert len(prices) > 1 and all(len(column["samples"]) >= 1 for column in prices)


# ---- What the rows are ------------------------------------------------------------------------------------------------


@pytest.fixture()
def world(module_daemon):
    """Two warehouses and a lot; a client."""
    tables = ("stock_item", "stock_import", "part_number_map", "component", "warehouse", "price_quote", "quote_import", "party")
    module_daemon.sql("".join(f"DELETE FROM {table};" for table in tables)
                      + "INSERT INTO warehouse (code, name) VALUES ('MAIN', 'Главный склад'), ('FAR', 'Дальний склад');"
                        "INSERT INTO party (kind, code, name) VALUES ('supplier', 'SUP-01', 'One'), ('supplier', 'SUP-02', 'Two');")
    return module_daemon


def stock(client, rows, name="stock.csv", **params):
    """Sends rows as CSV."""
    text = "".join(";".join('"' + cell.replace('"', '""') + '"' for cell in row) + "\n" for row in rows)
    return send_stock(client, text.encode(), name, **params)


def send_stock(client, data, name, **params):
    body, kind = samples.multipart({"warehouse": "MAIN", "dry_run": "true", "force": "true",
                                    **{key: json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else value for key, value in params.items()}},
                                   name, data)
    answer = client.upload("/api/stock/import", body, kind)
    assert answer.status == 202, answer
    return client.wait(answer.json["task_id"])


REPORT = [
    ["Остатки на 01.02.2026"],
    [],
    ["Артикул", "Наименование", "Ед.", "Остаток", "РРЦ", "Приход", "Комментарий"],
    ["1", "2", "3", "4", "5", "6", "7"],
    ["", "Насосы", "", "5", "", "", ""],
    ["PN-100-A", "Насос малый", "шт", "2", "10,50", "7", "x"],
    ["PN-100-B", "Насос большой", "шт", "3", "11", "7", ""],
    ["Дальний склад", "", "", "", "", "", ""],
    ["PN-100-C", "Насос", "шт", "4", "", "", ""],
    ["Артикул", "Наименование", "Ед.", "Остаток", "РРЦ", "Приход", "Комментарий"],
]


def test_rows_and_columns_say_what_they_are(world):
    mapping = stock(world.worker(0), REPORT)["result"]["mapping"]
    assert [(row["row"], row["kind"]) for row in mapping["rows"]] == [
        (1, "above"), (3, "heading"), (4, "heading"), (5, "group"), (6, "data"), (7, "data"), (8, "group"), (9, "other_warehouse"), (10, "heading")]
    assert mapping["rows"][4]["cells"] == ["PN-100-A", "Насос малый", "шт", "2", "10,50", "7", "x"]
    found = {column["letter"]: (column["caption"], column["field"], column["why"]["code"], column["samples"]) for column in mapping["columns"]}
    assert found["A"] == ("Артикул", "part_number", "by_caption", ["PN-100-A", "PN-100-B", "Дальний склад"])
    assert found["D"] == ("Остаток", "qty", "by_caption", ["5", "2", "3"])
    assert [found[letter][1:3] for letter in "EFG"] == [(None, "selling"), (None, "foreign"), (None, "not_understood")]
    assert mapping["proposal"] == {"part_number": "Артикул", "name": "Наименование", "unit": "Ед.", "qty": "Остаток"}


def test_a_named_column_is_by_request_and_the_other_one_is_lost(world):
    rows = [["Артикул", "В наличии", "Остаток"], ["PN-1-A", "1", "2"]]
    task = full(world.worker(0), stock(world.worker(0), rows))
    mapping = task["error_detail"]["mapping"]
    assert [column["why"]["code"] for column in mapping["columns"]] == ["by_caption", "in_question", "in_question"]
    assert mapping["proposal"] == {"part_number": "Артикул"}
    mapping = stock(world.worker(0), rows, columns={**mapping["proposal"], "qty": "C"})["result"]["mapping"]
    assert [(column["field"], column["why"]) for column in mapping["columns"]] == [
        ("part_number", {"code": "by_request", "args": {}}), (None, {"code": "lost", "args": {"field": "qty", "column": "C"}}),
        ("qty", {"code": "by_request", "args": {}})]


def test_captions_that_are_one_another_s_letters(world):
    """A caption "B" in column A: a letter would lead astray, the caption does not."""
    rows = [["B", "Артикул", "C", "Остаток"], ["x", "PN-1-A", "y", "3"]]
    first = stock(world.worker(0), rows, columns={"part_number": "Артикул", "qty": "Остаток", "name": "B"})["result"]
    assert first["mapping"]["proposal"] == {"part_number": "Артикул", "name": "B", "qty": "Остаток"}
    assert {column["letter"]: column["field"] for column in first["mapping"]["columns"]} == {"A": "name", "B": "part_number", "C": None, "D": "qty"}


def test_two_columns_with_one_caption_are_named_by_letter(world):
    rows = [["Артикул", "Цена", "Цена", "Остаток"], ["PN-1-A", "10", "20", "3"]]
    question = full(world.worker(0), stock(world.worker(0), rows))["error_detail"]
    assert question["code"] == "E_AMBIGUOUS_COLUMN" and "unit_cost" not in question["mapping"]["proposal"]
    proposal = stock(world.worker(0), rows, columns={"unit_cost": "C"})["result"]["mapping"]["proposal"]
    assert proposal == {"part_number": "Артикул", "qty": "Остаток", "unit_cost": "C"}
    again = stock(world.worker(0), rows, columns=proposal)["result"]
    assert again["mapping"]["proposal"] == proposal and again["file"]["columns"]["unit_cost"] == 3


@pytest.mark.parametrize("caption", ["<img src=x onerror=alert(1)>", "\U0001F4E6" * 300, "x" * 10000, 'a"b\\c', "a\tb\nc", "Остаток; склад"])
def test_hostile_captions(world, caption):
    """They come back as JSON text, cut; and still lead to their columns."""
    rows = [["Артикул", caption, "Кол-во, всего"], ["PN-1-A", caption, "3"]]
    result = stock(world.worker(0), rows, columns={"qty": "C", "name": "B"})["result"]
    mapping = result["mapping"]
    assert len(json.dumps(mapping).encode()) < 16 << 10
    shown = mapping["columns"][1]["caption"]
    assert shown == " ".join(caption.split()) if len(caption) < 100 else shown.endswith("…") and caption.startswith(shown[:-1])
    again = stock(world.worker(0), rows, columns=mapping["proposal"])["result"]
    assert again["file"]["columns"] == result["file"]["columns"] and again["mapping"]["proposal"] == mapping["proposal"]


def test_a_wide_sheet_of_long_texts_stays_small(world):
    """60 columns, every cell as long as it may be; the same without a heading."""
    wide = [[f"Поле {n} " + "\U0001F4E6" * 200 for n in range(100)] for _ in range(60)]
    captions = [f"Поле {n}" for n in range(100)]
    rows = [["Артикул", "Остаток", *captions[2:]], *[[f"PN-{n}-A", "1", *row[2:]] for n, row in enumerate(wide)]]
    task = send_stock(world.worker(0), samples.xlsx(rows), "wide.xlsx")
    assert len(json.dumps(task["result"]["mapping"], ensure_ascii=False).encode()) < 256 << 10 and len(task["result"]["mapping"]["columns"]) == 60
    detail = full(world.worker(0), send_stock(world.worker(0), samples.xlsx([captions, *wide]), "wide.xlsx"))["error_detail"]
    assert detail["code"] == "E_NO_HEADER" and len(json.dumps(detail, ensure_ascii=False).encode()) < 256 << 10
    assert len(detail["mapping"]["rows"]) == 50 and all(cell.endswith("…") for cell in detail["mapping"]["rows"][1]["cells"])


def test_an_import_that_succeeds_keeps_no_mapping(world):
    assert "mapping" not in stock(world.worker(0), REPORT, dry_run="false")["result"]
