"""What the master does about the life and death of its children, its own, and signals."""

import fcntl
import os
import re
import signal
import socket
import stat
import struct
import time

import pytest

import master_helper
from master_helper import NO_DATABASE, Daemon, alive, wait_until


@pytest.fixture
def make():
    master_helper.require_account()
    directory = master_helper.make_directory()
    made = []

    def build(options=(), fake="", **more):
        daemon = Daemon(directory, NO_DATABASE + list(options), fake, **more)
        made.append(daemon)
        return daemon

    yield build
    for daemon in made:
        daemon.cleanup()
    master_helper.remove(directory)


def ask(address):
    """One byte through a listener and back."""
    if isinstance(address, str) and address.startswith("/"):
        client = socket.socket(socket.AF_UNIX)
    else:
        client = socket.socket()
        host, port = address.rsplit(":", 1)
        address = (host, int(port))
    with client:
        client.settimeout(10)
        client.connect(address)
        client.sendall(b"x")
        return client.recv(1)


def test_ready_line_children_and_orderly_stop(make):
    daemon = make().start().wait_ready()
    titles = sorted(daemon.children().values())
    assert titles == ["janitor", "parser 0", "parser 1", "runner 0", "runner 1", "worker 0", "worker 1"]
    assert ask(daemon.http) == b"x"
    for index in (0, 1):
        assert ask(os.path.join(daemon.state, "run", "worker-%d.sock" % index)) == b"x"
    children = daemon.children()
    assert daemon.stop() == 0
    assert not any(alive(pid) for pid in children)
    lines = daemon.text()
    assert lines.index("janitor (pid") > lines.index("worker 1 (pid"), "the janitor ends last"
    assert lines.index("janitor (pid") > lines.index("runner 0 (pid")
    assert not os.path.exists(os.path.join(daemon.state, "run", "worker-0.sock"))


def test_directories_are_private(make):
    daemon = make().start().wait_ready()
    for name in ("", "spool", "run"):
        mode = stat.S_IMODE(os.stat(os.path.join(daemon.state, name)).st_mode)
        assert mode == 0o700, (name, oct(mode))
    for name in ("node-id", "lock"):
        mode = stat.S_IMODE(os.stat(os.path.join(daemon.state, name)).st_mode)
        assert mode == 0o600, (name, oct(mode))


def test_node_id_is_kept_and_a_damaged_one_refused(make):
    daemon = make().start().wait_ready()
    path = os.path.join(daemon.state, "node-id")
    first = open(path).read()
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\n", first)
    assert daemon.stop() == 0
    daemon = make().start().wait_ready()
    assert open(path).read() == first
    assert daemon.stop() == 0
    with open(path, "w") as file:
        file.write("garbage\n")
    daemon = make().start()
    assert daemon.wait_exit() == 78
    assert "node-id holds no node id" in daemon.text()


def successor(daemon, title, killed):
    """Pid of the child with this title that is not the killed one, which may take a while to go."""
    def found():
        pid = daemon.child(title)
        return pid if pid != killed else None
    return wait_until(found, "a successor of " + title)


@pytest.mark.parametrize("title", ["worker 0", "runner 1", "janitor", "parser 0"])
def test_killed_child_is_replaced(make, title):
    daemon = make().start().wait_ready()
    before = wait_until(lambda: daemon.child(title), title)
    os.kill(before, signal.SIGKILL)
    successor(daemon, title, before)
    daemon.wait_log(r"%s \(pid %d, generation \d+\) was killed by signal 9 \(Killed\)" % (title, before))
    assert daemon.stop() == 0


def test_killed_worker_keeps_its_socket(make):
    daemon = make().start().wait_ready()
    path = os.path.join(daemon.state, "run", "worker-1.sock")
    killed = None
    for _ in range(5):
        killed = successor(daemon, "worker 1", killed)
        os.kill(killed, signal.SIGKILL)
        assert ask(path) == b"x", "a connection waits in the queue for the successor"


def test_hundred_kills(make):
    """Entries of the process table and descriptors come back; the daemon stays the same size."""
    daemon = make(["tasks.runners=1"]).start().wait_ready()
    fds, killed = len(os.listdir("/proc/%d/fd" % daemon.pid)), {}
    for round_number in range(100):
        title = ("worker 0", "worker 1", "runner 0", "janitor")[round_number % 4]
        killed[title] = successor(daemon, title, killed.get(title))
        os.kill(killed[title], signal.SIGKILL)
    wait_until(lambda: len(daemon.children()) == 5, "all children")
    time.sleep(0.2)
    assert len(os.listdir("/proc/%d/fd" % daemon.pid)) == fds
    assert daemon.stop() == 0


def test_crash_loop_backs_off_and_leaves_others_alone(make):
    daemon = make(fake="runner=crash").start().wait_ready()
    daemon.wait_log(r"runner \d starts again in", 5)
    assert daemon.process.poll() is None
    assert daemon.child("worker 0") and daemon.child("janitor")
    delays = [int(ms) for ms in re.findall(r"runner \d starts again in (\d+) ms", daemon.text())]
    assert delays[0] in range(150, 450)
    assert max(delays) >= 800, delays
    assert ask(daemon.http) == b"x"
    assert daemon.stop() == 0


def test_child_that_dies_after_being_ready_is_replaced_at_once_within_bounds(make):
    daemon = make(fake="runner=active-crash").start().wait_ready()
    daemon.wait_log(r"runner \d \(pid", 25)
    daemon.wait_log(r"runner \d starts again in \d+ ms")
    assert daemon.child("worker 0")
    assert daemon.stop() == 0


def test_master_death_ends_everybody(make):
    daemon = make().start().wait_ready()
    children = daemon.children()
    assert len(children) == 7
    daemon.process.kill()
    daemon.process.wait()
    wait_until(lambda: not any(alive(pid) for pid in children), "children to end", 1.0)
    # And nothing is in the successor's way.
    assert make().start().wait_ready().stop() == 0


def test_second_daemon_is_refused_and_names_the_first(make):
    first = make().start().wait_ready()
    started = time.monotonic()
    second = make().start()
    assert second.wait_exit() == 78
    assert time.monotonic() - started < 10
    assert "another priceforged (pid %d)" % first.pid in second.text()
    assert ask(first.http) == b"x"
    assert first.stop() == 0


def test_a_lock_of_a_killed_daemon_is_waited_for(make):
    """A child forked in the moment of the master's death has the lock until it has ended, too."""
    first = make().start().wait_ready()
    assert first.stop() == 0
    ended = "%d\n" % first.pid
    with open(os.path.join(first.state, "lock"), "w") as file:
        file.write(ended)
        file.flush()
        fcntl.fcntl(file, fcntl.F_OFD_SETLK, struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0))
        second = make().start()
        time.sleep(1)
        assert second.process.poll() is None and second.out == [], second.text()
        assert open(file.name).read() == ended
    second.wait_ready()
    assert second.stop() == 0


def test_port_in_use(make):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        daemon = make(["http.listen=127.0.0.1:%d" % port]).start()
        assert daemon.wait_exit() == 78
    errors = [line for line in daemon.log if "Z error " in line]
    assert len(errors) == 1 and "another program is listening" in errors[0]


def test_a_port_that_is_being_given_back_is_waited_for(make):
    """The children of a killed daemon may have it until they have ended."""
    taken = socket.socket()
    taken.bind(("127.0.0.1", 0))
    taken.listen()
    daemon = make(["http.listen=127.0.0.1:%d" % taken.getsockname()[1]]).start()
    time.sleep(0.7)
    assert daemon.process.poll() is None and daemon.out == [], daemon.text()
    taken.close()
    daemon.wait_ready()
    assert daemon.stop() == 0


@pytest.mark.parametrize("address", ["0.0.0.0:0", "[::]:0", "192.0.2.1:80"])
def test_open_listener_is_refused(make, address):
    daemon = make(["http.listen=" + address]).start()
    assert daemon.wait_exit() == 78
    assert "must be a loopback address" in daemon.text()


def test_without_tcp(make):
    daemon = make(["http.listen="]).start().wait_ready()
    assert daemon.http == "none"
    assert ask(os.path.join(daemon.state, "run", "worker-0.sock")) == b"x"
    assert daemon.stop() == 0


def test_configuration_error_of_a_child_ends_the_daemon(make):
    daemon = make(fake="worker=exit78").start()
    assert daemon.wait_exit() == 78
    assert "exited with 78 (configuration error)" in daemon.text()


def test_shortage_backs_off(make):
    daemon = make(fake="runner=exit75").start().wait_ready()
    daemon.wait_log(r"runner \d .*exited with 75 \(short of memory or descriptors\)", 3)
    assert daemon.process.poll() is None
    assert daemon.stop() == 0


def test_lost_segment_is_made_anew(make):
    directory = master_helper.make_directory()
    try:
        flag = os.path.join(directory, "flag")
        daemon = make(fake="worker=exit79-once:" + flag).start().wait_ready()
        old = daemon.children()
        open(flag, "w").close()
        os.kill(daemon.child("worker 0"), signal.SIGKILL)
        daemon.wait_log("beyond repair")
        wait_until(lambda: len(daemon.children()) == 7 and not set(daemon.children()) & set(old), "all new children")
        assert ask(daemon.http) == b"x"
        assert daemon.stop() == 0
    finally:
        master_helper.remove(directory)


def test_janitor_that_waits_for_the_database_does_not_hold_up_the_rest(make):
    daemon = make(fake="janitor=waiting").start().wait_ready()
    daemon.wait_log("the janitor still waits for the database")
    assert ask(daemon.http) == b"x"
    assert daemon.stop() == 0


def test_stuck_worker_is_killed_at_the_limit(make):
    daemon = make(["daemon.drain_s=1"], fake="worker=stuck").start().wait_ready()
    assert daemon.stop() == 0
    assert len(re.findall("we killed it: it did not end in time", daemon.text())) == 2


def test_second_sigterm_is_faster(make):
    daemon = make(["daemon.drain_s=600"], fake="worker=stuck").start().wait_ready()
    daemon.process.send_signal(signal.SIGTERM)
    daemon.wait_log("stopping: SIGTERM")
    daemon.process.send_signal(signal.SIGTERM)
    assert daemon.wait_exit() == 0
    assert "asked again" in daemon.text()


def test_sigint_stops_in_good_order(make):
    daemon = make().start().wait_ready()
    os.killpg(daemon.pid, signal.SIGINT)
    assert daemon.wait_exit() == 0
    assert "killed by signal" not in daemon.text()


@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGINT])
def test_signal_during_start(make, sig):
    daemon = make(["daemon.drain_s=2"], fake="worker=mute").start()
    wait_until(lambda: daemon.child("worker 0"), "a worker that does not get ready")
    daemon.process.send_signal(sig)
    assert daemon.wait_exit() == 0


def test_stopped_child_is_reported(make):
    daemon = make().start().wait_ready()
    pid = daemon.child("worker 0")
    os.kill(pid, signal.SIGSTOP)
    daemon.wait_log(r"worker 0 \(pid %d\) was stopped by signal 19" % pid)
    os.kill(pid, signal.SIGCONT)
    daemon.wait_log(r"worker 0 \(pid %d\) goes on" % pid)
    assert daemon.stop() == 0


def test_hung_worker_is_replaced(make):
    """The limit of 30 s is what this test waits for."""
    daemon = make().start().wait_ready()
    pid = daemon.child("worker 0")
    os.kill(pid, signal.SIGSTOP)
    daemon.wait_log(r"worker 0 \(pid %d.*we killed it: no heartbeat" % pid, seconds=60)
    wait_until(lambda: daemon.child("worker 0") not in (None, pid), "a successor")
    assert ask(daemon.http) == b"x"
    assert daemon.stop() == 0


def test_reload(make):
    path = None
    daemon = make()
    path = os.path.join(daemon.directory, "conf")
    with open(path, "w") as file:
        file.write("[log]\nlevel = info\n[daemon]\ndrain_s = 5\n")
    daemon.args[1:1] = ["-c", path]
    daemon.start().wait_ready()
    old = daemon.children()
    with open(path, "w") as file:
        file.write("[log]\nlevel = loud\n")
    daemon.process.send_signal(signal.SIGHUP)
    daemon.wait_log("the old one stays in force")
    assert "log.level = loud: must be error or warn or info or debug" in daemon.text()
    with open(path, "w") as file:
        file.write("[log]\nlevel = debug\n[daemon]\ndrain_s = 6\n[tasks]\nslots = 77\n[http]\nmax_upload = 1M\n")
    # A key given by -o wins over the file, then as now.
    daemon.process.send_signal(signal.SIGHUP)
    daemon.wait_log(r"reload: daemon.drain_s: 5 -> 6")
    assert "tasks.slots" not in daemon.text()
    daemon.wait_log(r"reload: http.max_upload: 64M -> 1M")
    wait_until(lambda: len(daemon.children()) == 7 and not set(daemon.children()) & set(old), "all children renewed in turn")
    assert ask(daemon.http) == b"x"
    assert daemon.stop() == 0


def test_parsers_reach_their_runners(make):
    daemon = make(["tasks.runners=1"], fake="runner=parsers").start().wait_ready()
    daemon.wait_log(r"runner 0 used parser \d+: answered", 4)
    pids = re.findall(r"used parser (\d+): answered", daemon.text())
    assert len(set(pids)) == len(pids), "a parser serves one file"
    # One that dies while it waits is skipped.
    os.kill(wait_until(lambda: daemon.child("parser 0"), "a parser"), signal.SIGKILL)
    os.kill(wait_until(lambda: daemon.child("runner 0"), "the runner"), signal.SIGKILL)
    answered = len(pids)
    daemon.wait_log(r"runner 0 used parser \d+: answered", answered + 3)
    assert "died" not in daemon.text()
    assert daemon.stop() == 0


def test_parser_killed_by_its_file(make):
    daemon = make(["tasks.runners=1"], fake="runner=parsers parser=crash-on-file").start().wait_ready()
    daemon.wait_log(r"runner 0 used parser \d+: died", 3)
    assert daemon.stop() == 0


def test_descriptors_of_a_child_are_its_own(make):
    daemon = make().start().wait_ready()

    def sockets(title):
        base = "/proc/%d/fd" % daemon.child(title)
        return {os.readlink(os.path.join(base, fd)) for fd in os.listdir(base)
                if os.readlink(os.path.join(base, fd)).startswith("socket:")}

    log_sockets = {link for link in sockets("worker 0") & sockets("runner 0") & sockets("janitor")}
    assert len(sockets("worker 0") & sockets("worker 1") - log_sockets) == 1, "the TCP listener alone is shared"
    assert len(sockets("worker 0") - log_sockets) == 2 + 32 // 2, "its own, the TCP listener, its share of those for a proxy"
    assert len(sockets("runner 0") - log_sockets) == 1
    assert len(sockets("janitor") - log_sockets) == 0
    base = "/proc/%d/fd" % daemon.child("parser 0")
    links = sorted(os.readlink(os.path.join(base, fd)) for fd in os.listdir(base))
    assert not any("eventfd" in link or "shm" in link for link in links), links
    with open("/proc/%d/maps" % daemon.child("parser 0")) as maps:
        assert "/dev/shm" not in maps.read(), "the parser does not see the table"


def test_notification_protocol(make):
    directory = master_helper.make_directory()
    path = os.path.join(directory, "n")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(path)
        os.chmod(path, 0o666)
        server.settimeout(20)
        daemon = make(env={"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "400000"}).start().wait_ready()
        seen = []

        def until(text):
            while not any(text in message for message in seen):
                seen.append(server.recv(4096).decode())

        until("READY=1")
        until("STATUS=serving: 2 of 2 workers, 2 of 2 runners")
        for _ in range(3):
            seen.clear()
            until("WATCHDOG=1")
        with open("/proc/%d/environ" % daemon.child("janitor"), "rb") as environ:
            assert b"NOTIFY_SOCKET" not in environ.read()
        daemon.process.send_signal(signal.SIGHUP)
        until("RELOADING=1\nMONOTONIC_USEC=")
        daemon.process.send_signal(signal.SIGTERM)
        until("STOPPING=1")
        assert daemon.wait_exit() == 0
    master_helper.remove(directory)


def test_socket_activation(make):
    directory = master_helper.make_directory()
    with socket.socket() as tcp, socket.socket(socket.AF_UNIX) as unix:
        tcp.bind(("127.0.0.1", 0))
        tcp.listen()
        unix.bind(os.path.join(directory, "w"))
        os.chmod(os.path.join(directory, "w"), 0o666)
        unix.listen()
        # A shell puts the sockets at 3 and 4 and its own pid, which exec keeps, into LISTEN_PID.
        os.dup2(tcp.fileno(), 100)
        os.dup2(unix.fileno(), 101)
        script = 'exec 3<&100 4<&101 100<&- 101<&-; LISTEN_PID=$$ LISTEN_FDS=2 LISTEN_FDNAMES=http:worker-1 exec "$@"'
        os.set_inheritable(100, True)
        os.set_inheritable(101, True)
        daemon = make(["http.listen=127.0.0.1:1"], command=["/bin/bash", "-c", script, "sh"])
        import subprocess
        popen = subprocess.Popen
        subprocess.Popen = lambda *a, **k: popen(*a, pass_fds=(100, 101), **k)
        try:
            daemon.start()
        finally:
            subprocess.Popen = popen
            os.close(100)
            os.close(101)
        daemon.wait_ready()
        assert daemon.http == "127.0.0.1:%d" % tcp.getsockname()[1]
        assert ask(daemon.http) == b"x"
        assert ask(os.path.join(directory, "w")) == b"x"
        assert ask(os.path.join(daemon.state, "run", "worker-0.sock")) == b"x"
        assert not os.path.exists(os.path.join(daemon.state, "run", "worker-1.sock"))
        assert daemon.stop() == 0
    master_helper.remove(directory)


def test_as_root_the_account_is_left_behind(make):
    if os.geteuid() != 0:
        pytest.skip("needs root")
    daemon = make().start().wait_ready()
    import pwd
    uid = pwd.getpwnam("priceforge").pw_uid
    for pid in [daemon.pid] + list(daemon.children()):
        status = open("/proc/%d/status" % pid).read()
        assert re.search(r"^Uid:\s+%d\s+%d\s+%d\s+%d$" % (uid, uid, uid, uid), status, re.M)
        assert re.search(r"^CapEff:\s+0+$", status, re.M)
        assert re.search(r"^NoNewPrivs:\s+1$", status, re.M)
        groups = re.search(r"^Groups:(.*)$", status, re.M).group(1).split()
        assert "0" not in groups
    assert daemon.stop() == 0


def test_as_root_missing_parents_can_be_passed(make):
    if os.geteuid() != 0:
        pytest.skip("needs root")
    daemon = make()
    daemon.state = os.path.join(daemon.directory, "a", "b", "s")
    daemon.args += ["-o", "paths.state_dir=" + daemon.state]
    daemon.start().wait_ready()
    assert stat.S_IMODE(os.stat(os.path.join(daemon.directory, "a", "b")).st_mode) == 0o755
    assert stat.S_IMODE(os.stat(daemon.state).st_mode) == 0o700
    assert daemon.stop() == 0


def test_ordinary_user_without_any_option(make):
    """Everything below the home directory, private all the way."""
    if os.geteuid() != 0:
        pytest.skip("needs root to be somebody else")
    directory = master_helper.make_directory()
    daemon = make(command=["setpriv", "--reuid=priceforge", "--regid=priceforge", "--clear-groups"],
                  env={"HOME": directory, "XDG_STATE_HOME": ""})
    daemon.args = daemon.args[:5] + ["-o", "http.listen=127.0.0.1:0", "-o", NO_DATABASE[0]]
    daemon.start().wait_ready()
    state = os.path.join(directory, ".local", "state", "priceforge")
    assert os.path.exists(os.path.join(state, "node-id"))
    assert stat.S_IMODE(os.stat(os.path.join(directory, ".local")).st_mode) == 0o700
    assert daemon.stop() == 0
    master_helper.remove(directory)


@pytest.mark.parametrize("user,words", [("no-such-account", "useradd --system"), ("root", "without privileges")])
def test_as_root_without_an_account(make, user, words):
    if os.geteuid() != 0:
        pytest.skip("needs root")
    daemon = make(["daemon.user=" + user]).start()
    assert daemon.wait_exit() == 78
    assert words in daemon.text()


def test_as_root_a_foreign_directory_is_not_taken(make):
    if os.geteuid() != 0:
        pytest.skip("needs root")
    daemon = make()
    os.mkdir(daemon.state, 0o755)
    open(os.path.join(daemon.state, "something"), "w").close()
    daemon.start()
    assert daemon.wait_exit() == 78
    assert "is not ours to take" in daemon.text()
    assert os.stat(daemon.state).st_uid == 0
