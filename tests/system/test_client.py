"""The command priceforge as scripts use it: every command against a real daemon, exit codes, one JSON document, nothing twice and nothing lost."""
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import pytest
import samples
from conftest import BUILD, _base, standing

PROGRAM = str(BUILD / "priceforge")
TOP = Path(__file__).resolve().parents[2]
DEMO = TOP / "tests" / "data" / "demo"


class Shell:
    """Runs the command in a home of its own."""

    def __init__(self, server):
        self.home = Path(tempfile.mkdtemp(prefix="pft-", dir=_base()))
        self.server = server

    def environment(self, **more):
        return {"HOME": str(self.home), "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", **({"PRICEFORGE_SERVER": self.server} if self.server else {}), **more}

    def __call__(self, *arguments, code=0, data=None, **more):
        done = subprocess.run([PROGRAM, *arguments], cwd=self.home, env=self.environment(**more), input=data, capture_output=True, text=True, timeout=90)
        assert done.returncode == code, (arguments, done.returncode, done.stdout, done.stderr)
        done.stdout = done.stdout.replace("\u00a0", " ")
        return done

    def start(self, *arguments, **more):
        return subprocess.Popen([PROGRAM, *arguments], cwd=self.home, env=self.environment(**more), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def starts(self):
        path = self.home / ".local/state/priceforge/starts"
        return [line.split("\t") for line in path.read_text().splitlines()] if path.exists() else []


@pytest.fixture(scope="module")
def daemon(template):
    with standing(template, spool__keep_preview=1800) as daemon:
        samples.load_catalogue(daemon, "warehouses", "components", "part_numbers", "parties", "rates", "quotes")
        yield daemon


@pytest.fixture
def shell(daemon):
    shell = Shell(f"unix:{daemon.runtime}/worker-0.sock")
    yield shell
    shutil.rmtree(shell.home, ignore_errors=True)


@pytest.fixture
def nowhere():
    """A shell whose server listens nowhere."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        shell = Shell(f"http://127.0.0.1:{probe.getsockname()[1]}")
        yield shell
    shutil.rmtree(shell.home, ignore_errors=True)


def commands():
    """Names from the help."""
    out = subprocess.run([PROGRAM, "--help"], capture_output=True, text=True, check=True, env={"LC_ALL": "C.UTF-8"}).stdout
    return [" ".join(word for word in line[:36].split() if word.islower() and word.isalpha()) for line in out.splitlines() if re.match(r"  [a-z]+ .* [A-Z]", line)
            and not line.startswith("  priceforge")]


# ---- Usage ------------------------------------------------------------------------------------------------------------


def test_help_teaches_by_example():
    names = commands()
    assert len(names) >= 28 and {"import", "pricelist create", "held approve", "why"} <= set(names), names
    for name in names:
        done = subprocess.run([PROGRAM, *name.split(), "--help"], capture_output=True, text=True, env={"LC_ALL": "C.UTF-8"})
        lines = done.stdout.splitlines()
        assert done.returncode == 0 and lines[0].startswith(f"priceforge {name}") and len(lines) <= 24, (name, lines)
        assert any(line.startswith("  priceforge ") for line in lines) and all(len(line) <= 80 for line in lines), (name, lines)


@pytest.mark.parametrize("arguments,said", [
    ([], "no command"), (["taks"], "did you mean 'tasks'?"), (["pricelist", "creat", "estimate"], "did you mean 'pricelist create'?"),
    (["import", "x.csv", "--warehous", "MAIN"], "did you mean '--warehouse'?"), (["import"], "needs FILE"), (["import", "x.csv"], "which warehouse"),
    (["import", "x.csv", "-w"], "needs a value"), (["stock", "-Z"], "unknown option '-Z'"), (["tasks", "--limit", "x"], "whole number"),
    (["tasks", "--since", "2x"], "as in 2h"), (["pricelist", "create", "estimat"], "did you mean 'estimate'?"), (["watch", "zzz"], "not the id"),
    (["import", "x.csv", "-w", "MAIN", "--map", "qty"], "FIELD=COLUMN"), (["recalculate", "--set", "x"], "NAME=VALUE"), (["tasks", "extra"], "'extra' is too much"),
    (["version", "--server", "nonsense"], "neither a server"), (["map", "X"], "a part number and a lot"), (["held", "approve"], "which ones"),
    (["watch", "--color", "blue"], "'blue' is unknown"), (["pricelist", "show", "abc"], "latest:SOURCE")])
def test_wrong_usage(shell, arguments, said):
    done = shell(*arguments, code=2)
    assert said in done.stderr and done.stderr.startswith("priceforge: ") and done.stdout == ""


def test_options_in_any_place(shell):
    (shell.home / "-x.csv").write_text("Артикул,Остаток\nKLV-A302-X99,3\n")
    for arguments in (["-n", "-wREMOTE", "import", "--", "-x.csv"], ["import", "-nw", "REMOTE", "--", "-x.csv"],
                      ["--warehouse=REMOTE", "import", "--dry-run", "--", "-x.csv"]):
        assert "dry run, 1 of 1 rows taken" in shell(*arguments).stdout


# ---- Every command ----------------------------------------------------------------------------------------------------


def test_a_day(shell, daemon):
    for file in DEMO.glob("*.*"):
        shutil.copy(file, shell.home)
    assert "200 of 200 rows taken. 0 new, 200 unchanged." in shell("catalog", "components", "components.csv").stdout
    assert shell("catalog", "rates", "--template").stdout.startswith("currency,")
    done = shell("import", "stock.xlsx", "-w", "MAIN", "--strict", code=5).stdout
    assert done.startswith("✔ stock.xlsx → MAIN: 475 of 484 rows taken, 9 rejected.") and "! row 54  C  E_PN_EMPTY" in done and "… 6 more" in done
    assert len(shell("rejects").stdout.splitlines()) > 9
    assert shell("recalculate", "--as-of", "2026-02-05").stdout == "✔ 181 of 198 prices changed, 0 held, 17 without quotes; 758 of 1 576 quotes used.\n"
    why = shell("why", "acc-bbu-supercap").stdout
    assert "7 481.88  fresh, as of 2026-02-05" in why and "7 481.882523 × 1 → 7 481.88" in why and why.count("  used") == 3
    assert "(list 1): 181 items; 2 inactive, 17 no price left out" in shell("pricelist", "create", "estimate", "--as-of", "2026-02-05").stdout
    assert shell("pricelist", "list").stdout.split()[:5] == ["1", "estimate", "2026-02-05-001", "181", "RUB"]
    assert shell("pricelist", "show", "latest:estimate", "--limit", "3").stdout.count("\n") == 3
    assert shell("pricelist", "export", "1").stdout == "pricelist-estimate-2026-02-05-001.xlsx\n"
    assert (shell.home / "pricelist-estimate-2026-02-05-001.xlsx").read_bytes()[:2] == b"PK"
    assert "is there already" in shell("pricelist", "export", "1", code=1).stderr
    assert shell("pricelist", "export", "1", "-o", "-", "--format", "csv").stdout.startswith("lot_code,")
    done = shell("recalculate", "--as-of", "2026-02-05", "--coefficient", "1.2", "--max-change", "10").stdout
    assert "178 held" in done and "priceforge held" in done
    assert len(shell("held", "--up", "--all").stdout.splitlines()) == 178
    assert shell("held", "approve", "--all-shown", "--up", code=7).stdout == ""
    assert shell("held", "approve", "--all-shown", "--up", "--below", "21", "-y").stdout == "✔ 178 approved\n"
    assert shell("pricelist", "create", "estimate", "--as-of", "2026-02-05").stdout.startswith("✔ estimate 2026-02-05-002 (list 2)")
    assert "178 up, 0 down, 0 added, 0 removed, 3 the same" in shell("pricelist", "diff", "1", "2").stdout
    assert "is archived" in shell("pricelist", "archive", "1").stdout and "again" in shell("pricelist", "unarchive", "1").stdout
    assert shell("stock", "-w", "MAIN", "--all").stdout.count("\n") == 311 and "0004711" in shell("stock", "--pn", "0004711").stdout
    assert shell("unmatched", "--all").stdout.count("\n") == 22
    assert "linked: stock items 1, quotes 0" in shell("map", "NEW-1700-A", "ACC-TPM2").stdout
    assert "no more" in shell("map", "--remove", "NEW-1700-A").stdout
    (shell.home / "list.csv").write_text("Прайс-лист на 03.02.2026\nЦены в USD\nАртикул;Цена\nKLV-A302-X99;210,5\nZZ-1;1\n")
    assert shell("quotes", "list.csv", "-p", "SUP-01").stdout.startswith("✔ list.csv → SUP-01: 2 new, 0 known. Import ")
    assert shell("undo", "list", "-w", "MAIN").stdout.split()[:3] == ["1", "import", "MAIN"]
    assert shell("undo", "1", code=7).stdout == "" and "311 taken out" in shell("undo", "1", "-y").stdout
    assert "311 items are there again" in shell("undo", "2", "-y").stdout
    assert "undone" in shell("undo", "1", "-y", code=3).stderr
    number = shell("undo", "list", "-p", "SUP-01", "--limit", "1").stdout.split()[0]
    assert shell("undo", "quotes", number, code=7).stdout == "" and "2 quotes rejected" in shell("undo", "quotes", number, "-y").stdout
    assert shell("tasks", "--limit", "2", "--header").stdout.splitlines()[0].split()[:3] == ["ID", "TYPE", "STATE"]
    assert "ended: succeeded" in shell("log").stdout and shell("watch").stdout.startswith("✔ ")
    assert "ok " in shell("health", "-v").stdout and "the server" in shell("version").stdout


def test_profiles(shell):
    (shell.home / "fact.csv").write_text("Артикул,Факт\nKLV-A302-X99,3\n")
    shell("import", "fact.csv", "-w", "REMOTE", "-n", "--map", "qty=B")
    assert "--profile" in shell("profile", "save", "fact").stdout and shell("profile").stdout.startswith("fact  stock_import")
    assert json.loads(shell("profile", "show", "fact").stdout)["params"]["columns"] == {"qty": "B"}
    assert "1 of 1 rows taken" in shell("import", "fact.csv", "-w", "REMOTE", "-n", "--profile", "fact").stdout
    shell("profile", "save", "fact", code=7)
    shell("profile", "save", "fact", "-y")
    assert "nope" in shell("import", "fact.csv", "-w", "REMOTE", "--profile", "nope", code=3).stderr
    assert "is deleted" in shell("profile", "delete", "fact").stdout and shell("profile").stdout == ""
    shell("profile", "show", "fact", code=3)


def test_a_profile_beside_an_import(shell):
    (shell.home / "fact.csv").write_text("Артикул,Факт\nKLV-A302-X99,3\n")
    done = shell("import", "fact.csv", "-w", "REMOTE", "--map", "qty=B", "--save-profile", "beside").stdout
    assert "1 of 1 rows taken" in done and "profile beside: as task " in done
    assert json.loads(shell("profile", "show", "beside").stdout)["params"]["columns"] == {"qty": "B"}
    # One that is there is asked about, and the import has been made all the same; a failed one keeps nothing.
    assert "not confirmed" in shell("import", "fact.csv", "-w", "REMOTE", "--profile", "beside", "--save-profile", "beside", code=7).stderr
    shell("import", "fact.csv", "-w", "REMOTE", "--save-profile", "none", code=1)
    shell("profile", "show", "none", code=3)
    assert "leave --no-wait out" in shell("import", "fact.csv", "-w", "REMOTE", "--no-wait", "--save-profile", "x", code=2).stderr
    (shell.home / "list.csv").write_text("Артикул;Цена\nKLV-A302-X99;210,5\n")
    document = json.loads(shell("quotes", "list.csv", "-p", "SUP-01", "--currency", "USD", "--save-profile", "usd", "--json").stdout)
    assert document["type"] == "quotes_import" and json.loads(shell("profile", "show", "usd").stdout)["type"] == "quotes_import"
    for name in ("beside", "usd"):
        shell("profile", "delete", name)


def test_many_numbers_are_mapped_from_a_file(shell):
    head = shell("catalog", "part_numbers", "--template").stdout.splitlines()[0].split(",")
    row = {"vendor": "", "part_number": "NEW-FILE-1", "lot_code": "ACC-TPM2"}
    (shell.home / "numbers.csv").write_text(",".join(head) + "\n" + ",".join(row.get(name, "") for name in head) + "\n")
    assert "1 of 1 rows taken. 1 new." in shell("map", "--from", "numbers.csv").stdout
    assert "linked: " in shell("map", "NEW-FILE-1", "ACC-TPM2").stdout and "no more" in shell("map", "--remove", "NEW-FILE-1").stdout
    assert "the file says" in shell("map", "X", "--from", "numbers.csv", code=2).stderr
    shell("map", "--from", "none.csv", code=1)


def test_several_tasks_are_watched_by_one_request(daemon, shell):
    client = daemon.worker(0)
    ids = [client.start("test_sleep", ms=ms, steps=5) for ms in (300, 900, 600)]
    ids.append(client.start("test_crash", how="exit"))
    done = shell("watch", *ids, "-v", "--progress", "lines", code=1)
    assert [line[0] for line in done.stdout.splitlines()] == ["✔", "✔", "✔", "✖"]
    polls = [line for line in done.stderr.splitlines() if re.search("GET /api/tasks.*: (200|304)", line)]
    waiting = [line for line in polls if f"?ids={','.join(ids)}&view=full" in line]
    assert len(polls) - len(waiting) == len(ids) and waiting, polls  # each end is read once for its report
    assert len({line.split()[1] for line in done.stderr.splitlines() if " test_sleep " in line}) == 3
    document = json.loads(shell("watch", *ids[:2], "--json").stdout)
    assert [task["id"] for task in document["tasks"]] == ids[:2]
    events = [json.loads(line) for line in shell("watch", *ids[:2], "--jsonl").stdout.splitlines()]
    assert [event["task"]["id"] for event in events if event["event"] == "result"] == ids[:2]
    done = shell("watch", ids[0], "00000000-0000-4000-8000-000000000000", code=3)
    assert "00000000-0000-4000-8000-000000000000: no task has this id" in done.stderr and done.stdout == ""
    slow = [client.start("test_sleep", ms=60000, steps=600) for _ in range(2)]
    assert f"priceforge watch {slow[0][:8]} {slow[1][:8]}" in shell("watch", *slow, "--timeout", "1", code=6).stderr
    child = shell.start("watch", *slow, "--cancel-on-interrupt", "--progress", "lines")
    child.stderr.readline()
    child.send_signal(signal.SIGINT)
    assert child.wait(30) == 130 and all(client.wait(task_id)["status"] == "error" for task_id in slow)


def test_help_and_open(shell, daemon):
    assert "did you mean 'configuration'?" in shell("help", "configuratio", code=2).stderr
    assert shell("help", "import").stdout == shell("import", "--help").stdout and shell("help").stdout == shell("--help").stdout
    assert shell("help", "pricelist", "create").stdout == shell("pricelist", "create", "--help").stdout and "token set" in shell("help", "token").stdout
    pages = shell.home / "bin"
    pages.mkdir()
    (pages / "man").write_text('#!/bin/sh\necho "page $*"\n')
    (pages / "man").chmod(0o755)
    for topic, page in (("api", "7 priceforge-api"), ("server", "8 priceforged"), ("configuration", "5 priceforged.conf"), ("cells", "1 priceforge-cells")):
        assert shell("help", topic, PATH=f"{pages}:{os.environ['PATH']}").stdout == f"page {page}\n"
    assert "cannot open a socket" in shell("open", code=2).stderr
    (pages / "xdg-open").write_text('#!/bin/sh\necho "browser $*"\n')
    (pages / "xdg-open").chmod(0o755)
    url = f"http://127.0.0.1:{daemon.port}"
    assert shell("open", "-s", url).stdout == f"{url}/\n"
    assert shell("open", "-b", "-s", url, PATH=f"{pages}:{os.environ['PATH']}").stdout == f"{url}/\nbrowser {url}\n"
    assert "connection refused" in shell("open", "-s", "http://127.0.0.1:1", code=4).stderr


def test_a_chain_in_one_command(shell):
    (shell.home / "a.csv").write_text("Артикул,Остаток\nKLV-A302-X99,3\n")
    done = shell("import", "a.csv", "-w", "REMOTE", "--then", "recalculate --as-of 2026-02-05 --lots CPU-KLV-8C-150W", "--then",
                 "pricelist create warehouse --as-of 2026-02-05 --set allow_empty=true")
    assert [line.split()[0] for line in done.stdout.splitlines() if line[0] == "✔"] == ["✔"] * 3 and "warehouse 2026-02-05-" in done.stdout
    assert "cannot follow" in shell("recalculate", "--then", "stock", code=2).stderr


def test_the_shell_completes(shell):
    def offered(*words):
        return [line.split("\t")[0] for line in shell("__complete", "--", *words).stdout.splitlines()]
    assert offered("im") == ["import"] and "export" in offered("pricelist", "") and offered("import", "--wareh") == ["--warehouse"]
    assert offered("import", "-w", "") == ["MAIN", "REMOTE"] and offered("catalog", "pa") == ["part_numbers", "parties"]
    assert offered("why", "ACC-TP") == ["ACC-TPM2"] and offered("pricelist", "create", "wa") == ["warehouse"] and offered("stock", "--lot", "ACC-TP") == ["ACC-TPM2"]
    script = shell("completion", "bash").stdout + f"COMP_WORDS=(priceforge import -w MA) COMP_CWORD=3; _priceforge; printf '%s\n' \"${{COMPREPLY[@]}}\""
    out = subprocess.run(["bash", "-c", script], env=shell.environment(PATH=f"{BUILD}:{os.environ['PATH']}"), capture_output=True, text=True)
    assert out.stdout == "MAIN\n", out
    assert "#compdef priceforge" in shell("completion", "zsh").stdout
    shell.server = "http://127.0.0.1:1"
    assert offered("import", "-w", "") == []


def test_why_a_task_is_where_it_is(make_daemon, shell):
    daemon = make_daemon(tasks__runners=1)
    shell.server = f"unix:{daemon.runtime}/worker-0.sock"
    client = daemon.worker(0)
    first, second = client.start("test_sleep", ms=3000), client.start("test_sleep", ms=1)
    client.wait(first, until=lambda task: task["message"].startswith("step"))
    assert "attempt    1 of 3, runner 0" in shell("explain", first[:8]).stdout
    done = shell("explain", second).stdout
    assert done.startswith(second[:8]) and "asked      by unix" in done
    assert json.loads(shell("explain", second, "--json").stdout)["id"] == second


def test_a_failed_task_is_1_and_names_the_way_out(shell):
    (shell.home / "bad.csv").write_text("Артикул,Факт\nKLV-A302-X99,3\n")
    done = shell("import", "bad.csv", "-w", "REMOTE", code=1)
    assert done.stdout.startswith("✖ bad.csv → REMOTE: No heading") and "--map 'qty=B'" in done.stdout
    assert "1 of 1 rows taken" in shell("import", "bad.csv", "-w", "REMOTE", "--map", "qty=B").stdout


def test_refusals_are_3(shell):
    (shell.home / "a.csv").write_text("Артикул,Остаток\nKLV-A302-X99,3\n")
    assert "-w: unknown warehouse «NOPE»; known warehouses: MAIN, REMOTE" in shell("import", "a.csv", "-w", "NOPE", code=3).stderr
    assert "--method: must be one of" in shell("recalculate", "--method", "x", code=3).stderr
    shell("why", "NO-SUCH-LOT", code=3)
    shell("pricelist", "show", "99", code=3)
    shell("watch", "00000000-0000-4000-8000-000000000000", code=3)
    shell("cancel", "00000000-0000-4000-8000-000000000000", code=3)


# ---- Streams ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments,code", [
    (["stock", "--limit", "2"], 0), (["stock", "--all"], 0), (["tasks"], 0), (["health"], 0), (["version"], 0), (["recalculate", "-n"], 0),
    (["recalculate", "--no-wait", "-n"], 0), (["why", "NO-SUCH"], 3), (["import", "no-such-file", "-w", "MAIN"], 1), (["recalculate", "--method", "x"], 3),
    (["watch", "zzz"], 2), (["pricelist"], 0), (["held"], 0)])
def test_json_is_one_document(shell, arguments, code):
    done = shell(*arguments, "--json", code=code)
    document = json.loads(done.stdout)
    assert code == 0 or (document["exit"] == code and document["problem"]["type"])
    assert done.stderr == ""


def test_events_as_lines(shell):
    events = [json.loads(line) for line in shell("recalculate", "-n", "--jsonl").stdout.splitlines()]
    assert events[0]["event"] == "started" and events[-1]["event"] == "result" and events[-1]["exit"] == 0
    assert {event["event"] for event in events} <= {"started", "progress", "result"}
    assert events[-1]["task"]["id"] == events[0]["task_id"]


def test_output_that_nobody_reads(shell):
    done = subprocess.run(["bash", "-c", f"{PROGRAM} tasks --all | head -1"], env=shell.environment(), capture_output=True, text=True)
    assert done.stdout.count("\n") <= 1 and done.stderr == ""


def test_hostile_texts_do_not_reach_the_terminal(shell, daemon):
    hostile = "A\x1b[31mB\x1b]52;c;eA==\x07C\u202eD\u2066E\x7fF𝒜" + "e\u0301" * 50
    daemon.sql("INSERT INTO component (lot_code, lot_norm, name) VALUES ('HOSTILE', 'HOSTILE', CONVERT(X'%s' USING utf8mb4))" % hostile.encode().hex())
    try:
        out = shell("why", "HOSTILE").stdout
        assert "HOSTILE" in out and not re.search("[\x00-\x09\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]", out)
    finally:
        daemon.sql("DELETE FROM component WHERE lot_code = 'HOSTILE'")


def test_a_verbose_request_hides_the_token(daemon, shell):
    token = shell.home / "token"
    token.write_text("pf_00000000_secretsecretsecret\n")
    assert "chmod 600" in shell("health", "--token-file", str(token), code=2).stderr
    token.chmod(0o600)
    done = shell("health", "-vv", "--token-file", str(token))
    assert "secretsecret" not in done.stdout + done.stderr and "GET /readyz: 200" in done.stderr


def test_tokens_are_kept_and_stay_off_the_wire(nowhere):
    assert "The token is in" in nowhere("token", "set", data="pf_1_abc\n").stderr
    kept = nowhere.home / ".config/priceforge/token"
    assert kept.stat().st_mode & 0o777 == 0o600 and kept.read_text() == "pf_1_abc\n"
    assert "plain http" in nowhere("health", "-s", "http://192.0.2.1:1", code=2).stderr


def test_servers_under_names(daemon, nowhere):
    conf = nowhere.home / ".config/priceforge/client.conf"
    conf.parent.mkdir(parents=True)
    conf.write_text(f"default = office\n[server office]\nurl = unix:{daemon.runtime}/worker-1.sock\nprotect = yes\n[server far]\nurl = {nowhere.server}\n"
                    "[defaults]\nwarehouse = REMOTE\n")
    nowhere.server = None
    assert "office: priceforge" in nowhere("health").stdout
    nowhere("recalculate", code=7)
    assert "prices changed" in nowhere("recalculate", "-y", "-n").stdout
    (nowhere.home / "a.csv").write_text("Артикул,Остаток\nKLV-A302-X99,3\n")
    assert "a.csv → REMOTE" in nowhere("import", "a.csv", "-n", "-y").stdout
    nowhere("health", "-s", "far", code=4)
    conf.write_text("[defaults]\ncolour = never\n")
    assert "colour is unknown" in nowhere("health", code=2).stderr


# ---- Never twice, never lost ------------------------------------------------------------------------------------------


def test_a_server_that_is_not_there(nowhere):
    done = nowhere("recalculate", "--retry-for", "1", code=4)
    assert "connection refused" in done.stderr and "Nothing was started." in done.stderr
    nowhere("health", code=4)
    nowhere("tasks", code=4)


class Proxy:
    """Passes requests on to the daemon; `drop(n)` says whether the n-th answer is dropped after the server has given it."""

    def __init__(self, target, drop):
        self.target, self.drop, self.seen = str(target), drop, 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = "http://127.0.0.1:%d" % self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                client = self.listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=self.one, args=(client,), daemon=True).start()

    def one(self, client):
        server = socket.socket(socket.AF_UNIX)
        server.connect(self.target)
        with client, server:
            threading.Thread(target=self.pump, args=(client, server), daemon=True).start()
            while data := server.recv(65536):
                if data.startswith(b"HTTP/1.1 202"):
                    self.seen += 1
                    if self.drop(self.seen):
                        client.shutdown(socket.SHUT_RDWR)
                        return
                client.sendall(data)

    @staticmethod
    def pump(client, server):
        try:
            while data := client.recv(65536):
                server.sendall(data)
        except OSError:
            pass

    def close(self):
        self.listener.close()


def test_a_lost_answer_starts_nothing_twice(daemon, shell):
    (shell.home / "a.csv").write_text("Артикул,Остаток\nKLV-A302-X99,3\n")
    proxy = Proxy(daemon.runtime / "worker-0.sock", lambda n: n % 3 != 0)  # two of three answers are lost
    shell.server = proxy.address
    before = int(daemon.sql("SELECT COUNT(*) FROM task")[0][0])
    try:
        for n in range(4):
            assert "prices changed" in shell("recalculate", "-n", "--set", f"window_days={50 + n}").stdout
            assert "1 of 1 rows taken" in shell("import", "a.csv", "-w", "REMOTE", "-n", "--force", "--date", f"2026-01-0{n + 1}").stdout
    finally:
        proxy.close()
    assert proxy.seen == 24 and int(daemon.sql("SELECT COUNT(*) FROM task")[0][0]) == before + 8


def test_a_killed_command_goes_on_with_its_start(daemon, shell):
    """Its key was written down before the first byte; the same command finds it."""
    proxy = Proxy(daemon.runtime / "worker-0.sock", lambda n: True)
    shell.server = proxy.address
    before = int(daemon.sql("SELECT COUNT(*) FROM task")[0][0])
    first = shell.start("recalculate", "-n", "--set", "window_days=77")
    end = time.monotonic() + 20
    while proxy.seen == 0 and time.monotonic() < end:
        time.sleep(0.01)
    first.kill()
    first.wait()
    assert len(shell.starts()) == 1
    proxy.drop = lambda n: False
    assert "Continuing the start of" in shell("recalculate", "-n", "--set", "window_days=77").stderr
    proxy.close()
    assert int(daemon.sql("SELECT COUNT(*) FROM task")[0][0]) == before + 1 and len(shell.starts()) == 1
    assert shell.starts()[0][4] == daemon.sql("SELECT id FROM task ORDER BY created_at DESC LIMIT 1")[0][0]


def test_a_restart_is_waited_out(make_daemon, shell):
    daemon = make_daemon()
    shell.server = f"unix:{daemon.runtime}/worker-0.sock"
    task_id = daemon.worker(0).start("test_ledger", ms=3000, steps=30)
    watching = shell.start("watch", task_id)
    time.sleep(0.5)
    daemon.kill_all()
    time.sleep(2.5)
    daemon.start(wait=60)
    out, err = watching.communicate(timeout=60)
    assert watching.returncode == 0 and out.startswith("✔ test_ledger"), (out, err)
    assert "the task is safe, waiting" in err and "The server is back." in err


def test_time_out_and_signals(make_daemon, shell):
    daemon = make_daemon()
    shell.server = f"unix:{daemon.runtime}/worker-0.sock"
    task_id = daemon.worker(0).start("test_sleep", ms=20000, steps=200)
    begun = time.monotonic()
    assert f"priceforge watch {task_id[:8]}" in shell("watch", task_id, "--timeout", "1", code=6).stderr
    assert time.monotonic() - begun < 15
    watching = shell.start("watch", task_id[:8], "--progress", "off")
    time.sleep(1)
    watching.send_signal(signal.SIGTERM)
    assert watching.wait(15) == 143 and daemon.worker(0).task(task_id)["status"] == "running"
    assert "is being cancelled" in shell("cancel", task_id[:8], "--reason", "wrong").stdout
    assert "✖ test_sleep" in shell("watch", task_id, code=1).stdout
    done = daemon.worker(0).start("test_sleep", ms=0)
    daemon.worker(0).wait(done)
    assert "has ended" in shell("cancel", done, code=3).stderr


def test_the_manual_has_every_command_and_option():
    page = re.sub(r"\\f[BIR]|\\", "", (TOP / "man" / "priceforge.1").read_text())
    for name in commands():
        assert f"\n{name}" in page, name
        text = subprocess.run([PROGRAM, *name.split(), "--help"], capture_output=True, text=True, env={"LC_ALL": "C.UTF-8"}).stdout
        for option in re.findall(r"^  .{4}(--[a-z-]+)", text, re.M):
            assert option in page, (name, option)
    for code in range(8):
        assert f".TP\n{code}\n" in page
