"""The built-in database through its life: first start, later starts, kills at awkward moments, faults of the place."""

import fcntl
import os
import re
import shutil
import signal
import struct
import subprocess
import time

import pytest

import master_helper
from master_helper import Daemon, alive, wait_until

MARIADBD = shutil.which("mariadbd", path=os.environ.get("PATH", "") + ":/usr/sbin")
pytestmark = pytest.mark.skipif(not MARIADBD or not shutil.which("mariadb-install-db"),
                                reason="needs mariadb-server-core and mariadb-client-core")


@pytest.fixture
def make():
    master_helper.require_account()
    directory = master_helper.make_directory()
    made = []

    def build(options=(), fake="", **more):
        daemon = Daemon(directory, ["tasks.runners=1", "http.workers=1", "database.pool=16M"] + list(options), fake, **more)
        made.append(daemon)
        return daemon

    build.directory = directory
    yield build
    for daemon in made:
        daemon.cleanup()
    wait_until(lambda: not servers(directory), "servers to end")
    master_helper.remove(directory)


def servers(directory):
    """Pids of all processes that work on a data directory below `directory`."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open("/proc/%s/cmdline" % entry, "rb") as cmdline:
                    words = cmdline.read().decode("utf-8", "replace")
            except OSError:
                continue
            if "mariadbd" in words.split("\0")[0] and directory in words and alive(int(entry)):
                found.append(int(entry))
    return found


def sql(daemon, statement, database=""):
    command = ["mariadb", "--no-defaults", "--batch", "--skip-column-names", "--socket=" + os.path.join(daemon.state, "run", "db.sock"),
               "-e", "SET ROLE priceforge_admin; " + statement] + ([database] if database else [])
    if os.geteuid() == 0:
        command = ["setpriv", "--reuid=priceforge", "--regid=priceforge", "--clear-groups"] + command
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60, cwd="/")
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_first_start_second_start_and_stop(make):
    daemon = make().start().wait_ready()
    assert "first start: creating the built-in database" in daemon.text()
    server = daemon.database()
    assert server
    assert sql(daemon, "SELECT default_character_set_name, default_collation_name FROM information_schema.schemata "
                       "WHERE schema_name = 'priceforge'") == "utf8mb4\tutf8mb4_uca1400_as_ci"
    assert sql(daemon, "SELECT @@innodb_flush_log_at_trx_commit, @@skip_networking, @@performance_schema") == "1\t1\t0"
    sql(daemon, "CREATE TABLE t (a INT) ENGINE=InnoDB; INSERT INTO t VALUES (7)", "priceforge")
    assert daemon.stop() == 0
    assert not alive(server)
    assert "the built-in database has stopped" in daemon.text()
    assert not os.path.exists(os.path.join(daemon.state, "run", "db.pid"))

    daemon = make().start().wait_ready()
    assert "first start" not in daemon.text()
    assert sql(daemon, "SELECT a FROM t", "priceforge") == "7"
    assert daemon.stop() == 0


def test_only_the_own_account_gets_in(make):
    if os.geteuid() != 0:
        pytest.skip("needs root to try another account")
    daemon = make().start().wait_ready()
    socket = os.path.join(daemon.state, "run", "db.sock")
    done = subprocess.run(["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "mariadb", "--no-defaults", "-u", "root",
                           "--socket=" + socket, "-e", "SELECT 1"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd="/")
    assert done.returncode != 0
    assert "(13)" in done.stderr
    assert sql(daemon, "SELECT COUNT(*) FROM mysql.user WHERE user = ''") == "0"
    assert daemon.stop() == 0


def test_killed_server_is_restarted_and_nothing_committed_is_lost(make):
    daemon = make().start().wait_ready()
    sql(daemon, "CREATE TABLE t (a INT) ENGINE=InnoDB; INSERT INTO t VALUES (1)", "priceforge")
    workers = daemon.child("worker 0")
    server = daemon.database()
    os.kill(server, signal.SIGKILL)
    daemon.wait_log(r"mariadbd ended \(signal 9\)")
    daemon.wait_log(r"the built-in database \(pid \d+\) is up", 2)
    assert daemon.database() not in (None, server)
    assert daemon.child("worker 0") == workers, "nobody else was disturbed"
    assert sql(daemon, "SELECT a FROM t", "priceforge") == "1"
    assert daemon.stop() == 0


def test_master_death_stops_the_server_and_the_successor_waits_for_it(make):
    daemon = make().start().wait_ready()
    server = daemon.database()
    lock = os.path.join(daemon.state, "db.lock")
    fds = "/proc/%d/fd" % server
    assert lock in [os.readlink(os.path.join(fds, fd)) for fd in os.listdir(fds)], "the server holds the lock as long as it lives"
    daemon.process.kill()
    daemon.process.wait()
    wait_until(lambda: not alive(server), "the server to end by itself")
    assert "Shutdown complete" in open(os.path.join(daemon.state, "db.log"), errors="replace").read()
    # A server that takes its time is played by us: one that was stopped would be woken by its master's death.
    with open(lock, "r+") as held:
        fcntl.fcntl(held, fcntl.F_OFD_SETLK, struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0))
        successor = make().start()
        successor.wait_log("waiting for the database server of an earlier daemon")
        assert not servers(make.directory), "never a second one beside it"
    successor.wait_ready()
    assert len(servers(make.directory)) == 1
    assert successor.stop() == 0


@pytest.mark.long
def test_hung_server_of_a_dead_daemon_is_killed(make):
    """A hung server is played by a process that keeps the lock and ignores SIGTERM. The limit is 60 s."""
    assert make().start().wait_ready().stop() == 0
    lock = os.path.join(make.directory, "s", "db.lock")
    code = ("import fcntl,os,signal,struct,sys,time; signal.signal(signal.SIGTERM, signal.SIG_IGN); f = open(sys.argv[1], 'r+'); "
            "fcntl.fcntl(f, fcntl.F_OFD_SETLK, struct.pack('hhqqi4x', fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)); print('held', flush=True); "
            "time.sleep(300)")
    account = ["setpriv", "--reuid=priceforge", "--regid=priceforge", "--clear-groups"] if os.geteuid() == 0 else []
    holder = subprocess.Popen(account + ["/usr/bin/python3", "-c", code, lock], stdout=subprocess.PIPE, text=True, cwd="/")
    try:
        assert holder.stdout.readline() == "held\n"
        daemon = make().start()
        daemon.wait_log(r"\(pid %d\) does not end; it is killed" % holder.pid, seconds=90)
        daemon.wait_ready()
        assert holder.wait(10) == -signal.SIGKILL
        assert daemon.stop() == 0
    finally:
        holder.kill()
        holder.wait()


def test_kill_everything_at_once(make):
    daemon = make().start().wait_ready()
    sql(daemon, "CREATE TABLE t (a INT) ENGINE=InnoDB; INSERT INTO t VALUES (3)", "priceforge")
    for pid in [daemon.pid] + list(daemon.children()):
        os.kill(pid, signal.SIGKILL)
    daemon.process.wait()
    daemon = make().start().wait_ready()
    assert sql(daemon, "SELECT a FROM t", "priceforge") == "3"
    assert daemon.stop() == 0


def test_master_killed_at_every_step_of_the_first_start(make):
    state = os.path.join(make.directory, "s")
    steps = {
        "while installing": lambda: os.path.isdir(os.path.join(state, "db.new", "mysql")),
        "when the directory is in place": lambda: os.path.isdir(os.path.join(state, "db")),
        "before the server is ready": lambda: servers(make.directory) and os.path.isdir(os.path.join(state, "db")),
        "when it is up": lambda: os.path.exists(os.path.join(state, "run", "db.pid")),
    }
    for what, reached in steps.items():
        master_helper.remove(state)
        daemon = make().start()
        end = time.monotonic() + 60
        while not reached() and time.monotonic() < end:
            time.sleep(0.001)
        assert reached(), what
        daemon.process.kill()
        daemon.process.wait()
        daemon = make().start().wait_ready()
        assert not os.path.exists(os.path.join(state, "db.new")), what
        assert sql(daemon, "SELECT COUNT(*) FROM mysql.global_priv") != "0", what
        assert len(servers(make.directory)) == 1, what
        assert daemon.stop() == 0


def test_sigterm_while_installing(make):
    daemon = make().start()
    state = os.path.join(make.directory, "s")
    wait_until(lambda: os.path.isdir(os.path.join(state, "db.new")), "the installation")
    assert daemon.stop() == 0
    wait_until(lambda: not servers(make.directory), "nothing left running")
    assert not os.path.exists(os.path.join(state, "db"))
    assert make().start().wait_ready().stop() == 0


def test_kills_while_the_server_starts(make):
    """MariaDB 10.11 may hang on a SIGTERM in the middle of its start: whenever the master dies or is stopped, nothing stays."""
    assert make().start().wait_ready().stop() == 0
    for step in range(12):
        daemon = make().start()
        wait_until(lambda: servers(make.directory), "a server")
        time.sleep(0.03 * step)
        if step % 3 == 2:
            assert daemon.stop() == 0
        else:
            daemon.process.kill()
            daemon.process.wait()
        wait_until(lambda: not servers(make.directory), "nothing left running, step %d" % step, 10)
    assert make().start().wait_ready().stop() == 0


def test_missing_programs(make):
    """A file system of its own in which the server is not there."""
    if os.geteuid() != 0:
        pytest.skip("needs root for a private mount")
    script = 'mount --bind /dev/null "$0" && exec "$@"'
    daemon = make(command=["unshare", "--mount", "--propagation=private", "/bin/sh", "-c", script, os.path.realpath(MARIADBD)]).start()
    assert daemon.wait_exit() == 78
    assert "install the packages mariadb-server-core and mariadb-client-core" in daemon.text()


def test_no_name_resolves(make):
    """A minimal system or a container may have neither /etc/hosts nor a name server."""
    if os.geteuid() != 0:
        pytest.skip("needs root for a private mount")
    script = 'for file in hosts resolv.conf nsswitch.conf; do mount --bind /dev/null /etc/$file || exit 77; done; exec "$@"'
    names = ["unshare", "--mount", "--propagation=private", "/bin/sh", "-c", script, "sh"]
    assert subprocess.run([*names, "getent", "hosts", "localhost"]).returncode == 2, "the name is not to be found"
    assert make(command=names).start().wait_ready().stop() == 0


def version_file(make):
    """MariaDB 11 gives it a name of its own."""
    return next(path for path in (os.path.join(make.directory, "s", "db", name) for name in ("mariadb_upgrade_info", "mysql_upgrade_info"))
                if os.path.exists(path))


def test_newer_data_is_refused(make):
    assert make().start().wait_ready().stop() == 0
    info = version_file(make)
    with open(info, "w") as file:
        file.write("99.1.0-MariaDB")
    daemon = make().start()
    assert daemon.wait_exit() == 78
    assert "was written by MariaDB 99.1" in daemon.text()
    assert not servers(make.directory)


def test_older_data_is_upgraded(make):
    if not shutil.which("mariadb-upgrade"):
        pytest.skip("mariadb-upgrade is not installed")
    assert make().start().wait_ready().stop() == 0
    info = version_file(make)
    with open(info, "w") as file:
        file.write("10.5.1-MariaDB")
    if os.geteuid() == 0:
        shutil.chown(info, "priceforge")
    daemon = make().start().wait_ready()
    assert "upgrading its system tables" in daemon.text()
    assert not open(info).read().startswith("10.5.")
    assert daemon.stop() == 0


def test_directory_that_is_no_database(make):
    state = os.path.join(make.directory, "s")
    os.makedirs(os.path.join(state, "db"))
    if os.geteuid() == 0:
        shutil.chown(state, "priceforge")
        shutil.chown(os.path.join(state, "db"), "priceforge")
    daemon = make().start()
    assert daemon.wait_exit() == 78
    assert "holds no database" in daemon.text()


def test_directory_of_another_user(make):
    if os.geteuid() != 0:
        pytest.skip("needs root")
    state = os.path.join(make.directory, "s")
    os.makedirs(os.path.join(state, "db"))
    shutil.chown(state, "priceforge")
    daemon = make().start()
    assert daemon.wait_exit() == 78
    assert "leaves it alone" in daemon.text()


def test_full_disk_at_first_start(make):
    if os.geteuid() != 0:
        pytest.skip("needs root for a small file system")
    state = os.path.join(make.directory, "s")
    os.mkdir(state)
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m,mode=0700,uid=%d" % os.stat(make.directory).st_uid, "tmpfs", state])
    if done.returncode != 0:
        pytest.skip("cannot mount here")
    try:
        daemon = make().start()
        assert daemon.wait_exit() == 78
        errors = [line for line in daemon.log if "Z error " in line]
        assert len(errors) == 1, errors
        assert re.search(r"only \d+ MB are free there", errors[0])
    finally:
        subprocess.run(["umount", state], check=True)


def test_server_that_never_starts_ends_the_daemon(make):
    assert make().start().wait_ready().stop() == 0
    # A foreign file where InnoDB wants to write: clear refusal, three tries, no endless loop.
    path = os.path.join(make.directory, "s", "db", "ibdata1")
    os.unlink(path)
    os.mkdir(path)
    if os.geteuid() == 0:
        shutil.chown(path, "priceforge")
    daemon = make().start()
    assert daemon.wait_exit(120) == 78
    assert len(re.findall(r"mariadbd ended \(exit code", daemon.text())) == 3
    assert "ibdata1" in daemon.text()


def test_paths_that_are_too_long(make):
    deep = os.path.join(make.directory, "d" * 90)
    daemon = make(["paths.state_dir=" + deep]).start()
    assert daemon.wait_exit() == 78
    assert "too long for the sockets in it" in daemon.text()
    daemon = make(["paths.state_dir=" + deep, "paths.runtime_dir=" + os.path.join(make.directory, "r")]).start().wait_ready()
    assert daemon.stop() == 0


def test_lower_account_without_root(make):
    if os.geteuid() != 0:
        pytest.skip("this is how the other tests run already")
    daemon = make(command=["setpriv", "--reuid=priceforge", "--regid=priceforge", "--clear-groups"]).start().wait_ready()
    assert sql(daemon, "SELECT 1") == "1"
    assert daemon.stop() == 0
