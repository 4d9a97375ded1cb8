"""The command priceforge in Russian: the catalogue is whole, and every command speaks it to people and English to programs."""
import json
import re
import shutil
import subprocess

import pytest
from conftest import BUILD
from test_client import DEMO, TOP, Shell, commands, daemon  # noqa: F401 (a fixture)

CATALOGUE = TOP / "client" / "po" / "ru.po"
PLACE = re.compile(r"%[-+ 0#*.\d$]*(?:ll|[lzj])?[a-z]")


class RussianShell(Shell):
    """The locale need not be installed: its name is enough."""

    def environment(self, **more):
        return super().environment(**{"LC_ALL": "ru_RU.UTF-8", "TEXTDOMAINDIR": str(BUILD / "client" / "po"), **more})


def messages():
    """(English, Russian) of the catalogue, one pair for each form."""
    pairs, entry = [], {}
    for line in [*CATALOGUE.read_text().splitlines(), ""]:
        if match := re.match(r'(msgid_plural|msgid|msgstr(?:\[\d\])?) (".*")', line):
            name = match[1]
            entry[name] = json.loads(match[2])
        elif line.startswith('"'):
            entry[name] += json.loads(line)
        elif not line and entry:
            pairs += [(entry["msgid"], text) for key, text in entry.items() if key.startswith("msgstr") and entry["msgid"]]
            entry = {}
    return pairs


def english_in(text):
    """Sentences of the program, or long parts of them, that were not translated."""
    found = []
    for english, russian in messages():
        if english != russian and ":" not in english.split(" ")[0]:
            found += [part for part in PLACE.split(english) if len(part.strip()) > 12 and " " in part.strip() and part.strip() in text and part.strip() not in russian]
    return found


@pytest.fixture
def shell(daemon):
    shell = RussianShell(f"unix:{daemon.runtime}/worker-0.sock")
    yield shell
    shutil.rmtree(shell.home, ignore_errors=True)


# ---- The catalogue ----------------------------------------------------------------------------------------------------


def test_every_message_is_translated(place):
    """Those of the program's source as it is now, and one for each code of the API document."""
    template = place / "priceforge.pot"
    template.write_bytes(subprocess.run([TOP / "client" / "po" / "messages.py"], check=True, capture_output=True).stdout)
    done = subprocess.run(["msgcmp", CATALOGUE, template], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    kept = set(re.findall(r'^msgid (".+")', template.read_text(), re.M))
    stale = [line for line in re.findall(r'^msgid (".+")', CATALOGUE.read_text(), re.M) if line not in kept]
    assert stale == [], "what is said no more"
    for code in json.loads((TOP / "daemon" / "api" / "openapi" / "errors.json").read_text())["schemas"]["TaskErrorCode"]["enum"]:
        assert f'"end:{code}"' in kept


def test_formats_and_places_agree():
    done = subprocess.run(["msgfmt", "-c", "--check-accelerators=&", "-o", "/dev/null", CATALOGUE], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    assert "#, fuzzy" not in CATALOGUE.read_text()
    texts = json.loads((TOP / "daemon" / "api" / "openapi" / "errors.json").read_text())["schemas"]
    for english, russian in messages():
        kind, _, code = english.partition(":")
        schema = {"fault": "FaultCode", "end": "TaskErrorCode", "row": "RowCode"}.get(kind)
        places = set(re.findall(r"{(\w+)}", russian))
        assert places <= ({*texts[schema]["x-texts"][code]["args"], "detail"} if schema else set()), english


def test_words_of_the_program_are_marked():
    """No sentence for people is built from text that gettext does not see."""
    sources = [str(path) for path in (TOP / "client").rglob("*.c") if path.parent.name in ("command", "core", "net", "run", "show")]
    out = subprocess.run(["xgettext", "--from-code=UTF-8", "-L", "C", "--no-wrap", "-o", "-", "-k", "-ktext_addf:2", "-kprintf:1", "-ktext_add:2", "-kfprintf:2",
                          "-kputs:1", "-kfputs:1", *sources], check=True, capture_output=True, text=True).stdout
    unmarked = [text for text in re.findall(r'^msgid "(.*)"$', out, re.M) if re.search(r"[A-Za-z]{3}", PLACE.sub("", text))]
    assert [text for text in unmarked if not re.match(r"--|\{|\\\"|priceforge[: ]|token: |/api/|complete |_|#|  priceforge ", text)] == []


# ---- What people read -------------------------------------------------------------------------------------------------


def test_help_of_every_command():
    shell = RussianShell(None)
    assert "клиент сервера задач" in shell("--help").stdout
    for name in commands():
        text = shell(*name.split(), "--help").stdout
        lines = text.splitlines()
        assert re.search("[а-я]", lines[1]) and len(lines) <= 24 and english_in(text) == [], (name, text)
        assert all(len(line) <= 96 for line in lines), (name, lines)


def test_a_day(shell, daemon):
    said = []

    def run(*arguments, **more):
        done = shell(*arguments, **more)
        said.append((arguments, done.stdout + done.stderr))
        return done.stdout + done.stderr

    for file in DEMO.glob("*.*"):
        shutil.copy(file, shell.home)
    assert "принято 200 из 200 строк. 0 новых, 200 без изменений." in run("catalog", "components", "components.csv")
    done = run("import", "stock.xlsx", "-w", "MAIN", "--strict", code=5)
    assert done.splitlines()[0].endswith("✔ stock.xlsx → MAIN: принято 475 из 484 строк, 9 отклонено. Загрузка 1, остатки на 2026-02-05."), done
    assert "311 новых, 0 изменено, 0 без изменений, 0 удалено, 164 повтора сложены, 22 артикула без лота; 11 678.5 штук" in done
    assert "! строка 54  C  E_PN_EMPTY  нет артикула" in done and "… ещё 6: priceforge rejects " in done and "исправьте, затем: priceforge import fix.csv" in done
    assert "✔ изменено 181 из 198 цен, 0 на проверке, 17 без котировок; учтено 758 из 1 576 котировок." in run("recalculate", "--as-of", "2026-02-05")
    why = run("why", "acc-bbu-supercap")
    assert "7 481.88  свежая, на 2026-02-05" in why and "способ: средневзвешенная, учтено котировок: 3 из 5" in why and "отклонена" in why
    assert "(прайс-лист 1): 181 позиция; 2 неактивных, 17 без цены не вошли" in run("pricelist", "create", "estimate", "--as-of", "2026-02-05")
    assert run("pricelist", "--header").splitlines()[0].split() == ["НОМЕР", "ИСТОЧНИК", "ВЕРСИЯ", "ПОЗИЦИЙ", "ВАЛ", "НА", "ДЕНЬ", "СОЗДАН", "ЗАМЕТКА"]
    run("pricelist", "show", "latest:estimate", "--limit", "3")
    run("pricelist", "export", "1")
    assert "уже есть; --force запишет поверх" in run("pricelist", "export", "1", code=1)
    assert "178 на проверке" in run("recalculate", "--as-of", "2026-02-05", "--coefficient", "1.2", "--max-change", "10")
    assert "не подтверждено: Будет утверждено 178 цен. Продолжить?" in run("held", "approve", "--all-shown", "--up", code=7)
    numbers = [line.split()[0] for line in run("held", "--limit", "3").splitlines()]
    assert "утверждена 1\n" in run("held", "approve", numbers[0], "-y") and "отклонены 2\n" in run("held", "dismiss", *numbers[1:3], "-y")
    run("pricelist", "create", "estimate", "--as-of", "2026-02-05")
    assert "выросли 1, снизились 0" in run("pricelist", "diff", "1", "2")
    assert "в архиве" in run("pricelist", "archive", "1") and "снова среди списков" in run("pricelist", "unarchive", "1")
    assert "показано 50; больше: --limit 200, --all" in run("stock", "-w", "MAIN")
    run("unmatched")
    assert "привязано: позиций остатков 1, котировок 0" in run("map", "NEW-1700-A", "ACC-TPM2") and "больше не привязан" in run("map", "--remove", "NEW-1700-A")
    (shell.home / "list.csv").write_text("Прайс-лист на 03.02.2026\nЦены в USD\nАртикул;Цена\nKLV-A302-X99;210,5\nZZ-1;1\n")
    assert "✔ list.csv → SUP-01: 2 новые, 0 известно. Загрузка " in run("quotes", "list.csv", "-p", "SUP-01")
    assert "загрузка" in run("undo", "list", "-w", "MAIN") and "MAIN вернётся к состоянию до загрузки 1" in run("undo", "1", code=7)
    assert run("tasks", "--limit", "2", "--header").split()[:3] == ["НОМЕР", "ВИД", "СОСТОЯНИЕ"] and "готово" in run("tasks", "--limit", "2")
    task_id = shell("recalculate", "--no-wait", "-n").stdout.strip()
    run("watch", task_id)
    assert "Она завершена" in run("explain", task_id) and "заказ" in run("explain", task_id)
    assert "в порядке" in run("health") and "сервер" in run("version") and "токен    нет" in run("health", "-v")
    run("import", "stock.xlsx", "-w", "MAIN", "-n")
    run("profile", "save", "mine")
    assert "удалён" in run("profile", "delete", "mine") and "сохранённых профилей нет" in run("profile")
    assert {arguments: english_in(text) for arguments, text in said if english_in(text)} == {}


@pytest.mark.parametrize("arguments,code,text", [
    (["taks"], 2, "неизвестная команда «taks»; может быть, «tasks»?"), (["import"], 2, "нужно FILE"), (["tasks", "--since", "2x"], 2, "например 2h"),
    (["import", "a.csv", "-w", "NOPE"], 3, "-w: неизвестный склад «NOPE»; известные склады: MAIN, REMOTE"),
    (["recalculate", "--method", "x"], 3, "--method: должно быть одно из: "), (["watch", "00000000-0000-4000-8000-000000000000"], 3, "нет задачи с таким номером"),
    (["pricelist", "show", "99"], 3, "не найдено: "), (["import", "bad.csv", "-w", "REMOTE"], 1, "✖ bad.csv → REMOTE: Заголовок не найден; больше всего похожа строка 1. Нет: qty."),
    (["import", "none.csv", "-w", "REMOTE"], 1, "none.csv"), (["health", "-s", "http://127.0.0.1:1"], 4, "соединение отклонено. На сервере: systemctl status priceforge")])
def test_errors(shell, arguments, code, text):
    (shell.home / "a.csv").write_text("Артикул,Остаток\nKLV-A302-X99,3\n")
    (shell.home / "bad.csv").write_text("Артикул,Факт\nKLV-A302-X99,3\n")
    done = shell(*arguments, code=code)
    assert text in done.stdout + done.stderr and english_in(done.stdout + done.stderr) == []


def test_lines_of_progress(shell, daemon):
    done = shell("import", "-", "-w", "REMOTE", "-n", "--progress", "lines", data="Артикул,Остаток\n" + "".join(f"KLV-{i},3\n" for i in range(200000)))
    lines = [line for line in done.stderr.splitlines() if "stock_import" in line]
    assert lines and any(re.search(r"выполняется \d+%.*(чтение|сравнение|запись|работает)", line) for line in lines), done.stderr


# ---- Who gets English -------------------------------------------------------------------------------------------------


def test_programs_get_english(shell):
    (shell.home / "bad.csv").write_text("Артикул,Факт\nKLV-A302-X99,3\n")
    for arguments, code in ((["taks"], 2), (["recalculate", "--method", "x"], 3), (["tasks"], 0), (["health"], 0), (["import", "bad.csv", "-w", "REMOTE"], 1)):
        english = Shell(shell.server)
        english.home, text = shell.home, english(*arguments, "--json", code=code).stdout if arguments != ["tasks"] else None
        own = shell(*arguments, "--json", code=code)
        json.loads(own.stdout)
        assert own.stderr == "" and not re.search("неизвест|должно|найден", own.stdout)
        assert text is None or arguments[0] in ("import", "recalculate", "health") or text == own.stdout
    lines = shell("recalculate", "-n", "--jsonl").stdout.splitlines()
    assert json.loads(lines[0])["event"] == "started" and not re.search("[а-я]", lines[0])


@pytest.mark.parametrize("environment", [
    {"LC_ALL": "C"}, {"LC_ALL": "C.UTF-8"}, {"LC_ALL": "en_GB.UTF-8"}, {"LC_ALL": "ru_RU.KOI8-R"}, {"TEXTDOMAINDIR": "/nonexistent"}, {"LC_ALL": "de_DE.UTF-8"}])
def test_without_a_catalogue_for_the_locale_it_is_english(shell, environment):
    assert "unknown command" in shell("taks", code=2, **environment).stderr


@pytest.mark.parametrize("environment", [
    {"LC_ALL": "", "LANG": "ru_RU.UTF-8"}, {"LC_ALL": "", "LC_MESSAGES": "ru_RU.UTF-8", "LANG": "C"}, {"LC_ALL": "C.UTF-8", "LANGUAGE": "ru"}])
def test_the_locale_decides(shell, environment):
    assert "неизвестная команда" in shell("taks", code=2, **environment).stderr


def test_an_installed_locale_leaves_numbers_as_they_are(shell, place):
    """A real locale has a decimal comma; what the server sends keeps its point."""
    if subprocess.run(["localedef", "-i", "ru_RU", "-f", "UTF-8", place / "ru_RU.UTF-8"], capture_output=True).returncode not in (0, 1) or not (place / "ru_RU.UTF-8").exists():
        pytest.skip("localedef has no sources of locales here")
    done = shell("import", "-", "-w", "REMOTE", "-n", data="Артикул;Остаток\nKLV-A302-X99;3,5\n", LOCPATH=str(place))
    assert "принято 1 из 1 строки" in done.stdout and "3.5 штук" in done.stdout, done
