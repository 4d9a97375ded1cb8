"""Catalogue files as people make them: Russian Excel, .xlsx, dry runs, refused rows put right and sent again."""
import csv
import datetime
import io
from urllib.parse import urlencode

import pytest

import samples
from test_files import FILES
from test_rejects import xlsx
from test_tasks import check_problem


@pytest.fixture
def shop(make_daemon):
    return make_daemon()


def send(daemon, table, data, name="каталог.csv", **params):
    answer = daemon.worker(0).upload(f"/api/catalog/{table}/import?" + urlencode({"filename": name, **params}), data, "text/csv")
    assert answer.status == 202, answer
    return daemon.worker(1).wait(answer.json["task_id"])


def rejects(daemon, task):
    answer = daemon.worker(0).get(task["result"]["rejects"])
    assert answer.status == 200, answer
    return answer.body


def counts(task):
    result = task["result"]
    return tuple(result[name] for name in ("inserted", "updated", "unchanged", "rejected"))


LOTS = ("Справочник лотов;;;;\r\n"
        "на 05.02.2026;;;;\r\n"
        "\r\n"
        "Код лота;Наименование;Ед. изм.;Коэффициент;Активен;Ответственный\r\n"
        "CPU-32;Процессор «Нурма», 32 ядра;шт;1,05;Да;Иванов\r\n"
        "CAB-5;\"Кабель; бухта 100 м\";м;1;да;Петров\r\n"
        "KIT-1;Комплект 5\" дисков;компл;0,9;НЕТ;\r\n")


def test_a_russian_csv_in_windows_1251(shop):
    task = send(shop, "components", LOTS.encode("cp1251"))
    assert task["status"] == "completed" and counts(task) == (3, 0, 0, 0), task
    told = task["result"]["file"]
    assert told["format"] == "csv" and told["header_row"] == 4, told
    assert told["columns"] == {"lot_code": 1, "name": 2, "unit": 3, "coefficient": 4, "active": 5}, told
    assert told["ignored"] == [{"column": "F", "caption": "Ответственный", "why": "not understood"}], told
    assert shop.sql("SELECT lot_code, name, unit, coefficient, active FROM component ORDER BY id") == [
        ["CPU-32", "Процессор «Нурма», 32 ядра", "pcs", "1.0500", "1"], ["CAB-5", "Кабель; бухта 100 м", "m", "1.0000", "1"],
        ["KIT-1", 'Комплект 5" дисков', "set", "0.9000", "0"]]
    # the same text as "Unicode text" and behind a sep= line
    tabs = LOTS.replace(";", "\t").replace('"Кабель\t бухта 100 м"', "Кабель; бухта 100 м")
    assert counts(send(shop, "components", tabs.encode("utf-16"))) == (0, 0, 3, 0)
    assert counts(send(shop, "components", ("sep=;\r\n" + LOTS).encode("utf-8-sig"))) == (0, 0, 3, 0)


def test_a_dry_run_counts_and_writes_nothing(shop):
    assert counts(send(shop, "components", LOTS.encode("cp1251"))) == (3, 0, 0, 0)
    changed = LOTS.replace("0,9", "1,1").replace("CAB-5", "CAB-6") + "BAD;;кг;1;да;\r\n"
    dry = send(shop, "components", changed.encode(), dry_run="true")
    assert dry["result"]["dry_run"] and "relinked" not in dry["result"] and dry["message"].startswith("dry run: 3 of 4 rows"), dry
    assert shop.sql("SELECT COUNT(*), SUM(coefficient) FROM component") == [["3", "2.9500"]]
    assert b"#code" in rejects(shop, dry)
    real = send(shop, "components", changed.encode())
    assert counts(dry) == counts(real) == (1, 1, 1, 1), (dry, real)
    assert counts(send(shop, "components", changed.encode(), dry_run=1)) == (0, 0, 3, 1)


def test_an_xlsx_catalogue(shop):
    day = datetime.date(2026, 2, 5)
    rows = [["Курсы валют"], [None], ["Валюта", "Дата курса", "Номинал", "Курс, руб."], ["USD", day, 1, 92.1], ["KZT", day, 100, 17.5],
            ["доллары", day, 1, 92.1]]
    task = send(shop, "rates", xlsx({"О файле": ([["Ответственный", "Иванов"]], []), "Курсы": (rows, [])}), "курсы.xlsx")
    assert counts(task) == (2, 0, 0, 1) and task["result"]["errors"] == {"E_CURRENCY": 1}, task
    assert task["result"]["file"]["format"] == "xlsx" and task["result"]["file"]["sheet"] == "Курсы", task
    assert task["result"]["file"]["sheets"] == [{"name": "О файле", "read": False, "why": "no heading"},
                                                {"name": "Курсы", "rows": 3, "read": True}], task
    assert shop.sql("SELECT currency, rate_date, nominal, rate FROM currency_rate ORDER BY currency") == [
        ["KZT", "2026-02-05", "100", "17.500000"], ["USD", "2026-02-05", "1", "92.100000"]]


def test_one_of_several_sheets_is_chosen(shop):
    heading = ["Код", "Название"]
    data = xlsx({"Склады": ([heading, ["A", "a"]], []), "Прежние": ([heading, ["B", "b"], ["C", "c"]], [])})
    task = send(shop, "warehouses", data)
    assert task["status"] == "error" and "«Склады» (1 rows), «Прежние» (2 rows); choose one with sheet=NAME" in task["error"], task
    assert shop.sql("SELECT error_code FROM task") == [["E_SHEETS"]] and shop.sql("SELECT COUNT(*) FROM warehouse") == [["0"]]
    assert counts(send(shop, "warehouses", data, sheet="прежние")) == (2, 0, 0, 0)
    task = send(shop, "warehouses", data, sheet="Новые")
    assert task["status"] == "error" and "«Склады», «Прежние»" in task["error"], task


@pytest.mark.parametrize("name", ["xls", "password", "html", "pdf", "json", "rtf", "png", "xml", "csv-866"])
def test_the_catalogue_tells_what_a_file_is(module_daemon, name):
    data, _, _, cls, words = FILES[name]
    fault = check_problem(module_daemon.worker(0).upload("/api/catalog/warehouses/import", data, "text/csv"), 422, "invalid-parameters")["errors"][0]
    assert (fault["pointer"], fault["code"]) == ("/file", cls) and words in fault["detail"], fault


def test_the_catalogue_tells_of_archives_and_reports(module_daemon):
    for name in ("ods", "docx", "zip"):
        task = send(module_daemon, "warehouses", FILES[name][0])
        assert task["status"] == "error" and FILES[name][4] in task["error"], task
    report = (samples.DATA / "mxl" / "synthetic-prices.mxl").read_bytes()
    fault = check_problem(module_daemon.worker(0).upload("/api/catalog/warehouses/import", report), 422, "invalid-parameters")["errors"][0]
    assert "1C spreadsheet (.mxl)" in fault["detail"] and "Save it as .xlsx" in fault["detail"], fault


def test_refused_rows_put_right_are_accepted(shop):
    bad = LOTS.replace(";м;1;", ";кг;много;").replace("KIT-1", "01.мар").encode("cp1251")
    task = send(shop, "components", bad)
    assert counts(task) == (1, 0, 0, 2) and task["result"]["errors"] == {"E_CHOICE": 1, "E_NUMBER": 1, "E_PN_SCI": 1}, task
    text = rejects(shop, task).decode("utf-8-sig")
    lines = list(csv.reader(io.StringIO(text), delimiter=";"))
    assert lines[0][:6] == ["Код лота", "Наименование", "Ед. изм.", "Коэффициент", "Активен", "Ответственный"], lines
    assert [line[6:9] for line in lines[1:]] == [["6", "unit coefficient", "E_CHOICE E_NUMBER"], ["7", "lot_code", "E_PN_SCI"]], lines
    assert "«кг» is not allowed here; write one of pcs (шт), set (компл), m (м)" in lines[1][9], lines
    # what is wrong is put right and nothing else is touched
    right = text.replace("кг;много", "м;1").replace("01.мар", "KIT-1")
    again = send(shop, "components", right.encode())
    assert counts(again) == (2, 0, 0, 0) and again["result"]["file"]["ignored"] == [
        {"column": "F", "caption": "Ответственный", "why": "not understood"}], again
    assert counts(send(shop, "components", LOTS.encode())) == (0, 0, 3, 0)


def test_refused_rows_of_an_xlsx_put_right_are_accepted(shop):
    day = datetime.date(2026, 2, 5)
    rows = [["Дата", "Валюта", "Курс"], [day, "USD", 92.125], [day, "EUR", "сто"], [day, "CNY", "1,234"]]
    task = send(shop, "rates", xlsx({"Курсы": (rows, [])}))
    assert counts(task) == (1, 0, 0, 2) and task["result"]["errors"] == {"E_NUMBER": 2}, task
    text = rejects(shop, task).decode("utf-8-sig")
    right = text.replace("сто", "100.5").replace('"1,234"', "1.234")
    assert right != text and counts(send(shop, "rates", right.encode())) == (2, 0, 0, 0), text
    assert shop.sql("SELECT currency, rate FROM currency_rate ORDER BY currency") == [["CNY", "1.234000"], ["EUR", "100.500000"], ["USD", "92.125000"]]
