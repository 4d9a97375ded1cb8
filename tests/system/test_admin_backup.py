"""priceforge db backup and restore: the file, and what a restored daemon has and does."""
import os
import re
import signal
import stat
import subprocess
import time

import pytest

import samples
from admin import ADMIN, KEPT, LEFT_OUT, admin, content, done, lines_of, options_of, write_lines
from demo_world import World
from own_server import own_server


@pytest.fixture
def demo(make_daemon):
    return World(make_daemon(name="one")).fill().daemon


FOLDED = {"task_count", "task_count_change"}  # the janitor adds the one up into the other


def rows_of(daemon):
    return content(daemon.sql, without=FOLDED)


KEYED = {"type": "test_sleep", "params": {"ms": 20}}


def ends(daemon, *columns):
    return daemon.sql(f"SELECT id, {', '.join(columns)} FROM task ORDER BY id")


def test_every_table_of_the_schema_is_kept_or_left_out(daemon):
    """A new table needs a decision: here, and in store/backup/tables.c if it is left out."""
    there = {row[0] for row in daemon.sql("SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()")}
    assert there == KEPT | LEFT_OUT and not KEPT & LEFT_OUT


def test_a_backup_beside_the_daemon_restores_elsewhere(demo, make_daemon, place):
    """The same rows, the same answers; the file is nobody else's, and nothing is left beside it."""
    file = place / "b.pfb"
    result = done(admin(demo, "backup", file))
    assert re.search(r"^\d+ rows of \d+ tables, as they were at 20\d\d-.*Z \(schema \d+\)$", result.stderr, re.M), result.stderr
    assert stat.S_IMODE(file.stat().st_mode) == 0o600 and [p.name for p in place.iterdir() if "pfb" in p.name] == ["b.pfb"]
    before = rows_of(demo)
    client = demo.worker(0)
    answers = {path: client.get(path).json for path in ("/api/pricelists", "/api/stock?warehouse=MAIN", "/api/components")}
    assert demo.term() == 0
    other = make_daemon(name="two", start=False)
    assert not other.state.exists()
    done(admin(other, "restore", file))
    other.start()
    assert rows_of(other) == before and set(before) == KEPT - FOLDED
    client = other.worker(1)
    assert answers == {path: client.get(path).json for path in answers}
    for table in LEFT_OUT - {"schema_version", "node", "lease"}:
        assert other.sql(f"SELECT * FROM {table}") == []
    task = client.wait(client.start("recalculate", as_of="2026-02-05"))
    assert task["status"] == "completed", task


def test_a_stopped_daemon_is_backed_up_and_restored_into(demo, make_daemon, place):
    """The private server runs for the time of the command and is gone afterwards."""
    before = rows_of(demo)
    assert demo.term() == 0
    file = place / "b.pfb"
    done(admin(demo, "backup", file))
    other = make_daemon(name="two")
    assert other.term() == 0
    done(admin(other, "restore", file))
    assert not (other.state / "run" / "db.sock").exists()
    other.start()
    assert rows_of(other) == before


def test_a_backup_through_a_pipe_is_the_same_file(demo, place):
    """Of a stopped daemon: a running one adds up its counts meanwhile."""
    assert demo.term() == 0
    out = subprocess.run([ADMIN, "db", "backup", "-", "-q", *map(str, options_of(demo))], capture_output=True, timeout=60)
    assert out.returncode == 0 and out.stderr == b""
    piped, named = place / "piped", place / "named"
    piped.write_bytes(out.stdout)
    done(admin(demo, "backup", named))
    head = re.compile(rb"^(time|table)\t")
    same = [[line for line in lines_of(path) if not head.match(line) and not line.startswith(b"done\t")] for path in (piped, named)]
    assert same[0] == same[1] and len(same[0]) > 1000


def test_unfinished_tasks_end_and_none_starts_by_itself(make_daemon, place):
    """Two run and two wait; restored, all four have failed with a sentence, and their follow-ups never begin."""
    daemon = make_daemon(name="one")
    client = daemon.worker(0)
    tasks = [client.start("test_sleep", ms=60000, steps=600) for _ in range(3)]
    tasks.append(client.post_json("/api/tasks", {"type": "test_sleep", "params": {"ms": 60000}, "then": [{"type": "test_ledger"}]}).json["task_id"])
    end = time.monotonic() + 20
    while [row[1] for row in ends(daemon, "status")].count("running") < 2:
        assert time.monotonic() < end
        time.sleep(0.05)
    keyed = client.post_json("/api/tasks", KEYED, {"Idempotency-Key": "k-1"}).json["task_id"]
    file = place / "b.pfb"
    done(admin(daemon, "backup", file))
    daemon.kill_all()
    other = make_daemon(name="two", start=False)
    result = done(admin(other, "restore", file))
    assert "5 tasks had not ended then" in result.stderr
    other.start()
    time.sleep(1.5)  # a runner would have begun by now
    rows = ends(other, "status", "outcome", "error_code", "live_key IS NULL", "idem_scope IS NULL", "finished_at >= created_at")
    assert {row[0] for row in rows} == {*tasks, keyed}
    assert all(row[1:] == ["failed", "interrupted", "restored", "1", "1", "1"] for row in rows), rows
    client = other.worker(0)
    full = client.get(f"/api/tasks/{tasks[1]}?view=full").json
    assert full["status"] == "error" and full["error_detail"]["code"] == "restored"
    assert full["error"] == "The backup was taken while this task was not finished; start it again."
    counts = {tuple(row) for row in other.sql("SELECT type, status, SUM(n) FROM (SELECT type, status, n FROM task_count UNION ALL "
                                              "SELECT type, status, n FROM task_count_change) c GROUP BY 1, 2")}
    assert counts == {("test_sleep", "failed", "5")}
    again = client.post_json("/api/tasks", KEYED, {"Idempotency-Key": "k-1"})
    assert again.json["task_id"] != keyed and client.wait(again.json["task_id"])["status"] == "completed"


def test_a_restore_asks_before_it_deletes(demo, make_daemon, place):
    file = place / "b.pfb"
    done(admin(demo, "backup", file))
    running = admin(demo, "restore", file, "--replace", input="priceforge\n")
    assert running.returncode == 3 and f"the daemon is running (pid {demo.pid})" in running.stderr, running
    before = rows_of(demo)
    assert demo.term() == 0
    full = admin(demo, "restore", file)
    assert full.returncode == 3 and "not empty" in full.stderr and "--replace" in full.stderr, full
    for word in ("yes\n", ""):
        no = admin(demo, "restore", file, "--replace", input=word)
        assert no.returncode == 7 and "nothing was changed" in no.stderr, no
    demo.start()
    demo.sql("DELETE FROM currency_rate")
    assert rows_of(demo) != before
    assert demo.term() == 0
    done(admin(demo, "restore", file, "--replace", input="priceforge\n"))
    demo.start()
    assert rows_of(demo) == before


def damaged(lines, at, change):
    return lines[:at] + [change(lines[at])] + lines[at + 1:]


def test_a_file_that_is_not_a_whole_backup_is_refused(demo, make_daemon, place):
    """Cut at 50 places of its bytes, and of its lines; changed within; something else. Nothing is written into the database."""
    file, bad = place / "b.pfb", place / "bad.pfb"
    done(admin(demo, "backup", file))
    whole, lines = file.read_bytes(), lines_of(file)
    other = make_daemon(name="two")
    before = rows_of(other)
    assert other.term() == 0

    def refused(words):
        result = admin(other, "restore", bad)
        assert result.returncode == 3 and "nothing was changed" in result.stderr and re.search(words, result.stderr), result.stderr

    cuts = sorted({len(whole) * n // 46 for n in range(46)} | {1, 10, len(whole) - 1, len(whole) - 4, len(whole) - 9})
    assert len(cuts) > 50
    for cut in cuts:
        bad.write_bytes(whole[:cut])
        refused("has been cut|not a backup|cannot be read")
    for cut in (1, 3, 20, 60, len(lines) // 2, len(lines) - 3, len(lines) - 2):
        write_lines(bad, lines[:cut] + [b""])
        refused("has been cut|damaged")
    row = next(n for n, line in enumerate(lines) if line.startswith(b"data\tcomponent\t")) + 1
    changes = [damaged(lines, row, lambda line: line.replace(b"1", b"2")), damaged(lines, row, lambda line: line + b"\tmore"),
               lines[:row] + lines[row + 1:], lines[:row] + [lines[row]] + lines[row:],
               damaged(lines, len(lines) - 2, lambda line: line[:-1] + (b"0" if line[-1:] != b"0" else b"1")), lines[:-1] + [b"more", b""],
               damaged(lines, 1, lambda line: b"schema\t1x"), damaged(lines, 5, lambda line: b"tables\t2000000")]
    for change in changes:
        write_lines(bad, change)
        refused("damaged")
    for other_file, words in ((b"", "not a backup"), (b"hello\n", "not a backup"), (b"\x1f\x8b hello", "cannot be read|cut")):
        bad.write_bytes(other_file)
        refused(words)
    write_lines(bad, [b"priceforge-backup\t2", *lines[1:]])
    refused("a form that this program does not know")
    assert admin(other, "restore", place / "none").returncode == 1
    other.start()
    assert rows_of(other) == before


def test_a_backup_of_a_newer_schema_is_refused(demo, make_daemon, place):
    """Even if it is whole."""
    import hashlib
    file = place / "b.pfb"
    done(admin(demo, "backup", file))
    lines = lines_of(file)
    lines[1] = b"schema\t99"
    digest = hashlib.sha256(b"\n".join(lines[:-2]) + b"\n").hexdigest()
    write_lines(file, lines[:-2] + [f"done\t{digest}".encode(), b""])
    other = make_daemon(name="two")
    assert other.term() == 0
    result = admin(other, "restore", file)
    assert result.returncode != 0 and "the backup is of schema 99, this program knows" in result.stderr, result
    other.start()


def test_a_killed_restore_leaves_a_database_that_nobody_uses(demo, make_daemon, place):
    """At any moment: either nothing has happened yet, or the daemon refuses with a sentence, or all is there. A second restore succeeds."""
    file = place / "b.pfb"
    done(admin(demo, "backup", file))
    before = rows_of(demo)
    other = make_daemon(name="two")
    assert other.term() == 0
    refusals, started = 0, time.monotonic()
    done(admin(other, "restore", file))
    whole = time.monotonic() - started
    for n in range(8):
        command = subprocess.Popen([ADMIN, "db", "restore", file, "--replace", "-q", *map(str, options_of(other))], stdin=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        command.stdin.write(b"priceforge\n")
        command.stdin.flush()
        time.sleep(whole * (n + 1) / 9)
        command.send_signal(signal.SIGKILL if n % 2 else signal.SIGTERM)
        command.wait()
        other.log.write_text("")
        other.process = subprocess.Popen(other.command(), stdout=subprocess.PIPE, stderr=open(other.log, "ab"), start_new_session=True)
        line = other._ready_line(30)
        if line.startswith(b"ready:"):
            assert rows_of(other) == before
            assert other.term() == 0
            continue
        assert other.process.wait(30) == 78 and "a restore into this database did not come to its end" in other.log_text(), other.log_text()
        refusals += 1
    assert refusals > 0
    done(admin(other, "restore", file, "--replace", input="priceforge\n"))
    other.start()
    assert rows_of(other) == before


def test_a_newer_database_is_refused_until_a_backup_is_restored(demo, place):
    """A downgrade: the older program says what to do, and does it; also if the newer one has made a table."""
    file = place / "b.pfb"
    done(admin(demo, "backup", file))
    before = rows_of(demo)
    known = int(demo.sql("SELECT MAX(version) FROM schema_version")[0][0])
    demo.sql(f"INSERT INTO schema_version (version, name, sha256) VALUES ({known + 1}, 'of tomorrow', '')")
    demo.sql("CREATE TABLE tomorrow (id INT PRIMARY KEY)")
    assert demo.term() == 0
    sentence = f"the database is of schema {known + 1}, this program knows {known}: install the newer package or restore a backup"
    demo.process = subprocess.Popen(demo.command(), stdout=subprocess.PIPE, stderr=open(demo.log, "ab"), start_new_session=True)
    assert demo.process.wait(30) == 78 and sentence in demo.log_text()
    for verb in (["backup", place / "other"], ["check"]):
        refused = admin(demo, *verb)
        assert refused.returncode in (1, 3) and sentence in refused.stderr, refused
    assert not (place / "other").exists()
    done(admin(demo, "restore", file, "--replace", input="priceforge\n"))
    demo.start()
    assert rows_of(demo) == before and demo.sql("SHOW TABLES LIKE 'tomorrow'") == []


def test_a_backup_is_written_whole_or_not_at_all(demo, place):
    """Killed, or on a full disk: the name keeps the backup before."""
    file = place / "b.pfb"
    done(admin(demo, "backup", file))
    old = file.read_bytes()
    for sig in (signal.SIGTERM, signal.SIGINT):
        command = subprocess.Popen([ADMIN, "db", "backup", file, *map(str, options_of(demo))], stderr=subprocess.PIPE)
        time.sleep(0.05)
        command.send_signal(sig)
        command.wait()
        assert [p.name for p in place.iterdir() if "pfb" in p.name] == ["b.pfb"]
    if command.returncode != 0:
        assert file.read_bytes() == old
    full = admin(demo, "backup", "/dev/full")
    assert full.returncode == 2 and "not a regular file" in full.stderr
    with open("/dev/full", "wb") as target:
        piped = subprocess.run([ADMIN, "db", "backup", "-", *map(str, options_of(demo))], stdout=target, stderr=subprocess.PIPE, text=True)
    assert piped.returncode == 1 and "cannot write the backup" in piped.stderr, piped
    gone = admin(demo, "backup", place / "no" / "b.pfb")
    assert gone.returncode == 1 and "No such file" in gone.stderr


def test_backup_while_imports_run(make_daemon, place):
    """Four imports into four warehouses, over and over; the backup is one moment of all of them, on another account's server too."""
    daemon = make_daemon(name="one", tasks__runners=4)
    samples.load_catalogue(daemon)
    client = daemon.worker(0)
    codes = [f"W{n}" for n in range(4)]
    daemon.sql("INSERT INTO warehouse (code, name) VALUES " + ", ".join(f"('{code}', '{code}')" for code in codes))
    files = [("Артикул;Количество;Цена\n" + "".join(f"N-{row:05d};{row % 9 + 1 + kind};{row % 7 + 1}.50\n" for row in range(8000))).encode()
             for kind in range(2)]
    tasks = [client.request("POST", f"/api/stock/import?warehouse={code}&filename=s.csv", files[turn % 2], {"Content-Type": "text/csv"}).json["task_id"]
             for turn in range(6) for code in codes]
    backups = []
    end = time.monotonic() + 120
    while any(row[0] in ("queued", "running") for row in daemon.sql("SELECT status FROM task")) and len(backups) < 4:
        assert time.monotonic() < end
        backups.append(place / f"{len(backups)}.pfb")
        done(admin(daemon, "backup", backups[-1]))
    assert len(backups) >= 2
    for task in tasks:
        assert client.wait(task, 120)["status"] == "completed"
    with own_server() as server:
        server.sql("CREATE USER 'keeper'@localhost IDENTIFIED BY 'kept'", "GRANT ALL ON prices.* TO keeper@localhost", "CREATE DATABASE prices",
                   database="mysql")
        secret = place / "secret"
        secret.write_text("kept\n")
        secret.chmod(0o600)
        if os.geteuid() == 0:
            os.chown(secret, *[(place / "one").stat().st_uid, -1])
        state = place / "two"
        options = ["-o", f"paths.state_dir={state}", "-o", f"database.socket={server.socket}", "-o", "database.user=keeper",
                   "-o", f"database.password_file={secret}", "-o", "database.name=prices"]
        for number, file in enumerate(backups):
            result = done(admin(options, "restore", file, *(["--replace"] if number else []), input="prices\n"))
            assert "half restored" not in result.stderr

            def sql(statement):
                return server.sql(statement, database="prices")

            assert sql("SELECT COUNT(*) FROM task WHERE status IN ('queued', 'running')") == [["0"]]
            for code in codes:
                # Each warehouse is at the end of one import: its items are those of one file, all of them.
                rows = sql(f"SELECT w.stock_import_id, COUNT(*), SUM(s.qty) FROM warehouse w JOIN stock_item s ON s.warehouse_id = w.id "
                           f"WHERE w.code = '{code}' GROUP BY w.id")
                done_imports = sql(f"SELECT MAX(i.id), COUNT(*) FROM stock_import i JOIN warehouse w ON w.id = i.warehouse_id WHERE w.code = '{code}'")
                if not rows:
                    assert done_imports == [["NULL", "0"]]
                    continue
                assert rows[0][1] == "8000" and rows[0][0] == done_imports[0][0]
                kind = (int(done_imports[0][1]) - 1) % 2
                assert rows[0][2] == f"{sum(row % 9 + 1 + kind for row in range(8000))}.000"
        checked = admin(options, "check")
        assert (checked.returncode, checked.stdout) == (0, ""), checked
