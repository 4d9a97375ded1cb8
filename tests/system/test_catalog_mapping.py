"""Catalogue files whose captions nobody knows: the dry run shows what a page for mapping columns needs, a question shows the same; columns, row and
sheet are named by the request or a profile, cells put right by fixes."""
import json
import urllib.parse

import pytest
import samples
from test_rejects import xlsx
from test_tasks import check_problem

HEAD = ["Шифр", "Как зовут", "Ед"]
ROWS = [["Справочник"], HEAD, ["L-1", "Лампа", "шт"], ["L-2", "Линза", "шт"], ["L-3", "Лоток", "м"]]
CHOSEN = {"lot_code": "Шифр", "name": "B"}


@pytest.fixture(scope="module")
def client(module_daemon):
    samples.load_catalogue(module_daemon, "warehouses")
    return module_daemon.worker(0)


def send(client, table, data, status=202, **params):
    query = urllib.parse.urlencode({key: json.dumps(value) if isinstance(value, (dict, list)) else value for key, value in params.items()})
    if isinstance(data, list):
        data = samples.xlsx(data)
    answer = client.upload(f"/api/catalog/{table}/import?filename=file.xlsx&{query}", data)
    assert answer.status == status, answer
    if status != 202:
        return answer.json
    client.wait(answer.json["task_id"])
    return client.get(f"/api/tasks/{answer.json['task_id']}?view=full").json


def lots(daemon):
    return daemon.sql("SELECT lot_code, name, unit FROM component WHERE lot_code LIKE 'L-_' ORDER BY 1")


def test_a_question_shows_the_columns_and_what_settles_it(client, module_daemon):
    task = send(client, "components", ROWS)
    detail = task["error_detail"]
    mapping = detail["mapping"]
    assert detail["code"] == "E_COLUMNS" and (mapping["header_row"], mapping["header_rows"], mapping["sheets_total"]) == (2, 1, 1)
    assert [(c["letter"], c["caption"], c["field"], c["why"]["code"]) for c in mapping["columns"]] == [
        ("A", "Шифр", None, "not_understood"), ("B", "Как зовут", None, "not_understood"), ("C", "Ед", "unit", "by_caption")]
    assert mapping["columns"][1]["samples"] == ["Лампа", "Линза", "Лоток"] and mapping["proposal"] == {"unit": "Ед"}
    assert [row["kind"] for row in mapping["rows"]] == ["above", "heading", "data", "data", "data"], "what is most like a heading"
    assert "lot_code" in mapping["fields"] and "price" not in mapping["fields"] and mapping["rows"][1]["cells"] == HEAD
    shown = send(client, "components", ROWS, columns=CHOSEN, dry_run="true")
    result = shown["result"]
    assert result["mapping"]["proposal"] == {"lot_code": "Шифр", "name": "Как зовут", "unit": "Ед"} and result["inserted"] == 3
    assert [(c["field"], c["why"]["code"]) for c in result["mapping"]["columns"]] == [("lot_code", "by_request"), ("name", "by_request"), ("unit", "by_caption")]
    assert [row["kind"] for row in result["mapping"]["rows"]] == ["above", "heading", "data", "data", "data"]
    again = send(client, "components", ROWS, columns=result["mapping"]["proposal"], dry_run="true")["result"]
    assert again["mapping"]["proposal"] == result["mapping"]["proposal"] and again["file"]["columns"] == result["file"]["columns"]
    assert lots(module_daemon) == []
    done = send(client, "components", ROWS, columns=CHOSEN)
    assert "mapping" not in done["result"] and lots(module_daemon) == [["L-1", "Лампа", "pcs"], ["L-2", "Линза", "pcs"], ["L-3", "Лоток", "m"]]


def test_a_known_file_needs_no_choice_and_its_proposal_is_what_was_read(client):
    for table in ("warehouses", "components", "part_numbers", "parties", "rates", "quotes"):
        data = (samples.DEMO / f"{table}.csv").read_bytes()
        answer = client.upload(f"/api/catalog/{table}/import?dry_run=true", data, "text/csv")
        client.wait(answer.json["task_id"])
        first = client.get(f"/api/tasks/{answer.json['task_id']}?view=full").json["result"]
        mapping = first["mapping"]
        assert set(mapping["proposal"]) == set(first["file"]["columns"]) and len(json.dumps(mapping)) < 512 << 10
        query = urllib.parse.urlencode({"columns": json.dumps(mapping["proposal"]), "dry_run": "true"})
        answer = client.upload(f"/api/catalog/{table}/import?{query}", data, "text/csv")
        client.wait(answer.json["task_id"])
        second = client.get(f"/api/tasks/{answer.json['task_id']}?view=full").json["result"]
        assert second["file"] == first["file"] and second["mapping"]["proposal"] == mapping["proposal"]


def test_two_columns_that_mean_one_are_in_question(client):
    rows = [["Лот", "Компонент", "Название"], ["A", "L-8", "x"]]
    mapping = send(client, "components", rows)["error_detail"]["mapping"]
    assert [c["why"]["code"] for c in mapping["columns"]] == ["in_question", "in_question", "by_caption"] and mapping["proposal"] == {"name": "Название"}
    result = send(client, "components", rows, columns={"lot_code": "B"}, dry_run="true")["result"]
    lost = result["mapping"]["columns"][0]
    assert lost["field"] is None and lost["why"] == {"code": "lost", "args": {"field": "lot_code", "column": "B"}}


def test_sheets_rows_and_wrong_choices(client):
    book = xlsx({"Старые": ([["lot_code", "name"], ["L-7", "x"]], ()), "Новые": ([["Шифр", "Имя лота"], ["lot_code", "name"], ["L-9", "y"]], ())})
    detail = send(client, "components", book)["error_detail"]
    assert detail["code"] == "E_SHEETS" and [(s["name"], s["heading"]) for s in detail["mapping"]["sheets"]] == [("Старые", True), ("Новые", True)]
    assert {choice["value"] for choice in detail["choices"]} == {"Старые", "Новые"} and detail["mapping"]["others"][0]["sheet"] == "Новые"
    assert send(client, "components", book, sheet="Новые", dry_run="true")["result"]["file"]["header_row"] == 2
    named = send(client, "components", book, sheet="Новые", header_row=1, columns={"lot_code": "a", "name": "Имя лота"}, dry_run="true")["result"]
    assert named["file"]["header_row"] == 1 and named["rows_total"] == 2
    for params, words in (({"sheet": "Новые", "header_row": 3}, "Row 3, which header_row names"), ({"sheet": "Старые", "columns": {"name": "Имя"}}, "«Имя», which columns.name names"),
                          ({"sheet": "Старые", "columns": {"name": "A", "lot_code": "A"}}, "or another field is read there"),
                          ({"sheet": "Старые", "columns": {"unit": "Z"}}, "«Z», which columns.unit names")):
        task = send(client, "components", book, **params)
        assert task["status"] == "error" and words in task["error"], task
    refused = send(client, "components", book, 422, columns={"price": "A", "nonsense": "B"}, header_row=0)
    assert {fault["pointer"] for fault in refused["errors"]} == {"/columns/nonsense", "/header_row"}
    refused = send(client, "components", book, 422, columns={"price": "A", "lot_code": "B"})
    assert [fault["pointer"] for fault in refused["errors"]] == ["/columns/price"] and "window_days" in refused["errors"][0]["args"]["allowed"]


@pytest.mark.parametrize("caption", ["Код\nлота", "#" * 3 + "x", "Ш" * 200, "A", "b", "«Шифр»: *"])
def test_hostile_captions(client, caption):
    """What is proposed leads to the same column, or nothing is."""
    rows = [["name", caption, caption if caption == "b" else "x"], ["Лампа", "L-6", ""]]
    task = send(client, "components", rows, columns={"lot_code": "B"}, dry_run="true")
    if caption.startswith("#"):
        assert task["status"] == "error", "columns of rejects.csv have no captions"
        return
    if caption == "b":
        assert "is in the heading twice" in task["error"]
        return
    result = task["result"]
    again = send(client, "components", rows, columns=result["mapping"]["proposal"], dry_run="true")["result"]
    assert again["file"]["columns"] == result["file"]["columns"]


def test_profiles_of_catalogue_files(client):
    body = {"type": "catalog_import", "params": {"table": "components", "columns": CHOSEN}}
    answer = client.request("PUT", "/api/import-profiles/cards", json.dumps(body), {"Content-Type": "application/json"})
    assert answer.status == 201, answer
    check = check_problem(client.request("PUT", "/api/import-profiles/bad", json.dumps({"type": "catalog_import", "params": {"table": "rates", "columns": {"name": "A"}}}),
                                         {"Content-Type": "application/json"}), 422, "invalid-parameters")
    assert [fault["pointer"] for fault in check["errors"]] == ["/params/columns/name"]
    first = send(client, "components", ROWS, profile="cards")
    assert first["status"] == "completed" and first["params"]["columns"] == CHOSEN, first
    other = send(client, "components", [["x"], HEAD, ["L-4", "Люк", "шт"]])
    assert other["error_detail"]["mapping"]["profile"] == {"name": "cards", "fits": "exact"}
    near = send(client, "components", [HEAD + ["Заметка"], ["L-4", "Люк", "шт", "?"]])
    assert near["error_detail"]["mapping"]["profile"] == {"name": "cards", "fits": "near"}
    assert send(client, "components", [["Шифр", "Совсем", "Другое", "Ед"], ["L-4", "Люк", "шт", "?"]])["error_detail"]["mapping"]["profile"] is None
    refused = send(client, "rates", ROWS, 422, profile="cards")
    assert ("/profile", "conflict") in [(fault["pointer"], fault["code"]) for fault in refused["errors"]]
    listed = client.get("/api/import-profiles?type=catalog_import").json["profiles"]
    assert [profile["name"] for profile in listed] == ["cards"] and listed[0]["used_at"]
    taken = client.request("PUT", "/api/import-profiles/of-task", json.dumps({"from_task": first["id"]}), {"Content-Type": "application/json"})
    assert taken.status == 201 and taken.json["params"] == {"table": "components", "columns": CHOSEN}


def test_fixes_and_the_file_of_a_dry_run(make_daemon):
    daemon = make_daemon(spool__keep_preview=600)
    client = daemon.worker(0)
    rows = [["lot_code", "name", "unit"], ["L-1", "Лампа", "ведро"], ["L-2", "", "шт"], ["L-3", "Лоток", "м"]]
    task = send(client, "components", rows, dry_run="true")
    assert task["result"]["rows_rejected"] == 2
    fixes = [{"sheet": "Sheet1", "row": 2, "column": "C", "value": "шт"}, {"sheet": "Sheet1", "row": 3, "skip": True}]
    sheet = task["result"]["file"]["sheet"]
    for fix in fixes:
        fix["sheet"] = sheet
    query = urllib.parse.urlencode({"from_task": task["id"], "fixes": json.dumps(fixes)})
    answer = client.request("POST", f"/api/catalog/components/import?{query}")
    assert answer.status == 202, answer
    done = client.wait(answer.json["task_id"])
    assert done["status"] == "completed" and done["result"]["rows_rejected"] == 0, done
    assert lots(daemon) == [["L-1", "Лампа", "pcs"], ["L-3", "Лоток", "m"]]
    unused = send(client, "components", rows, fixes=[{"sheet": "no", "row": 2, "column": "A", "value": "x"}])
    assert unused["error_detail"]["code"] == "E_FIX_UNUSED" and lots(daemon) == [["L-1", "Лампа", "pcs"], ["L-3", "Лоток", "m"]]
