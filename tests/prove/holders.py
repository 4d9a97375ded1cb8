#!/usr/bin/env python3
"""The table in the running daemon: processes killed with its lock in their hands, under 2000 polls a second.

  holders.py [--kills N] [--losses N] [--patience] [--seed N] [--strict] BUILD_DIR

Starts a priceforged-test with a database of its own. Tasks are started all the time, some with a file, and the poller
(poller.c) polls them through both workers. Runners, workers and the janitor are killed holding the lock (lockdeath.h),
half of them after having filled the derived state with nonsense. Never two workers at once, and no kind faster than
the master replaces it. Then the same again for as long, without the kills: what the machine itself is late by. Then the
segment is lost (a slot is spoilt, so that the repair is refused) and filled again from the journal; and last a holder of
the lock is stopped, for 5 s or, with --patience, until the master kills it.

Must hold: no wrong answer (truth.c), no poll over 50 ms, every accepted task ends, its effect has happened exactly once
if it completed and never otherwise; at the end the table is sound and nothing but final and free, the spool is empty,
no process is left.

Times are those of a machine that does nothing else: all of it runs with real-time priority where that is allowed. Of a
poll counts what is left without the longest that a sleeping thread was late meanwhile, and when polls take more than
50 ms without any kill as well, the machine cannot tell: exit code 77. --strict counts every poll over 50 ms."""
import argparse
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "system"))
import samples  # noqa: E402 - both lie over there
from daemon import Daemon  # noqa: E402

SLOTS = 256
POLLED = 128  # as many as poller.c keeps in turn
RATE = 2000
# The master's own budget (daemon/process/restart.h: a burst of 20, then one every 500 ms), and a little less of it.
BURST, REFILL_S = 18, 0.52
KINDS = {"runner": 3, "worker": 2, "janitor": 1}  # how often each is chosen


class Violations(list):
    """What was wrong, once each."""

    def insist(self, fine, what):
        if not fine and what not in self:
            self.append(what)


class Budget:
    """How many deaths of a kind the master still answers at once."""

    def __init__(self):
        self.tokens, self.at = float(BURST), time.monotonic()

    def ready(self):
        now = time.monotonic()
        self.tokens = min(BURST, self.tokens + (now - self.at) / REFILL_S)
        self.at = now
        return self.tokens >= 1


def children(daemon):
    """(kind, pid) of the children that can be killed with the lock in their hands."""
    found = []
    for pid in Path(f"/proc/{daemon.pid}/task/{daemon.pid}/children").read_text().split():
        try:
            status = Path(f"/proc/{pid}/status").read_text()
        except OSError:
            continue
        fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
        kind = fields["Name"].removeprefix("pf-").split("-")[0]  # daemon/process/title.c
        if kind in KINDS and fields["State"][0] not in "ZX" and int(fields["SigCgt"], 16) >> (signal.SIGUSR1 - 1) & 1:
            found.append((kind, int(pid)))
    return found


class Load:
    """Tasks that are started all the time; the ids that were accepted."""

    def __init__(self, daemon, poller, seed):
        self.daemon, self.poller, self.random = daemon, poller, random.Random(seed)
        self.accepted, self.refused, self.unknown = [], 0, 0
        self.file = samples.xlsx([["no column that is known"], ["nor a row"]])  # ends as an error
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.go, daemon=True)
        self.violations = Violations()

    def one(self, clients):
        client = clients[self.random.randrange(len(clients))]
        try:
            if self.random.randrange(8) == 0:
                answer = client.upload("/api/stock/import?warehouse=MAIN&filename=nothing.xlsx", self.file)
            else:
                body = {"type": "test_ledger", "params": {"ms": self.random.choice((0, 20, 300, 700)), "steps": 20}}
                answer = client.post_json("/api/tasks", body)
        except OSError:
            self.unknown += 1  # cut with its worker: what became of it the database says at the end
            return
        except Exception as error:  # noqa: BLE001 - http.client's own
            self.unknown += 1
            self.violations.insist("closed connection" in str(error) or type(error).__name__ == "BadStatusLine",
                                   f"a start broke: {error!r}")
            return
        if answer.status == 202:
            self.accepted.append(answer.json["task_id"])
            self.poller.stdin.write(self.accepted[-1] + "\n")
            self.poller.stdin.flush()
        else:
            self.refused += 1
            self.violations.insist(answer.status == 503 and "Retry-After" in answer.headers, f"a start got {answer}")

    def go(self):
        clients = [self.daemon.worker(0), self.daemon.worker(1)]
        while not self.stop.is_set():
            self.one(clients)
            time.sleep(0.08 + 0.08 * self.random.random())

    def end(self):
        self.stop.set()
        self.thread.join()


def gone(pid):
    """Reaped: the first thread of a process is a zombie already while others still die."""
    return not Path(f"/proc/{pid}").exists()


def kill_one(pid, rng):
    """It takes the lock and is killed. When that was asked of it, and when it was over."""
    asked = time.monotonic()
    os.kill(pid, rng.choice((signal.SIGUSR1, signal.SIGUSR2)))
    while not gone(pid) and time.monotonic() - asked < 10:
        time.sleep(0.001)
    return asked, time.monotonic()


def kill_holders(daemon, kills, rng):
    """Kill so many, as fast as the master replaces them. [(asked, over, kind)]."""
    budgets, done = {kind: Budget() for kind in KINDS}, []
    end = time.monotonic() + 120 + kills
    while len(done) < kills and time.monotonic() < end:
        time.sleep(rng.uniform(0.01, 0.08))
        alive = children(daemon)
        able = [kind for kind in KINDS if budgets[kind].ready() and any(kind == k for k, _ in alive)
                and (kind != "worker" or sum(k == "worker" for k, _ in alive) == 2)]
        if not able:
            continue
        kind = rng.choices(able, [KINDS[k] for k in able])[0]
        done.append((*kill_one(rng.choice([p for k, p in alive if k == kind]), rng), kind))
        budgets[kind].tokens -= 1
    return done


def patient(fn, seconds=60):
    """Until it answers: the worker may just have died."""
    end = time.monotonic() + seconds
    while True:
        try:
            return fn()
        except Exception:  # noqa: BLE001 - whatever the connection says
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


def come_to_rest(daemon, load, violations):
    """Every accepted task ends."""
    client, end = daemon.worker(0), time.monotonic() + 60
    for task_id in load.accepted:
        while patient(lambda: client.task(task_id))["status"] == "running":
            if time.monotonic() > end:
                violations.insist(False, f"task {task_id} never ends")
                return
            time.sleep(0.02)


def table(daemon):
    """What a runner says of the table."""
    client = daemon.worker(1)
    return patient(lambda: client.wait(client.start("test_table"), seconds=30))["result"]


def run(daemon, build, known, trouble, seconds, seed, violations):
    """One run: the poller's report with what happened beside. `known`: tasks to poll from the start. `trouble` is called
    and may return deaths. Without a seed nothing is started beside."""
    sockets = [str(daemon.runtime / f"worker-{i}.sock") for i in (0, 1)]
    poller = subprocess.Popen([str(Path(build) / "tests/prove/poller"), "--rate", str(RATE), *sockets],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    poller.stdin.writelines(task_id + "\n" for task_id in known)
    load, begun = Load(daemon, poller, seed), time.monotonic()
    if seed is not None:
        load.thread.start()
    killed = trouble() or []
    time.sleep(max(0, begun + seconds - time.monotonic()))
    took = time.monotonic() - begun
    if seed is not None:
        load.end()
    come_to_rest(daemon, load, violations)
    report = json.loads(poller.communicate()[0])
    violations.extend(load.violations)
    violations.insist(report["violations"] == 0, f"{report['violations']} wrong answers, first {report['first']}")
    return report | {"killed": killed, "seconds": took, "load": load}


def lose_segment(daemon, violations):
    """Beyond repair; back when a task runs again. How long that took."""
    lost, begun = daemon.log_text().count("beyond repair: all children"), time.monotonic()
    os.kill(next(pid for kind, pid in children(daemon) if kind == "runner"), signal.SIGRTMIN)
    while daemon.log_text().count("beyond repair: all children") == lost and time.monotonic() < begun + 20:
        time.sleep(0.02)
    violations.insist(daemon.log_text().count("beyond repair: all children") > lost, "nobody notices that the segment is lost")
    table(daemon)
    return time.monotonic() - begun


def lose_segments(daemon, args, known, violations):
    """The segment is lost while tasks run and are polled: whoever is answered is answered rightly."""
    took = []

    def losses():
        for _ in range(args.losses):
            time.sleep(1)
            took.append(lose_segment(daemon, violations))

    report = run(daemon, args.build, known, losses, 0, args.seed + 2, violations)
    print_row(f"segment lost {args.losses} times", report)
    print(f"  a task ran again after at most {max(took):.1f} s")
    return report["load"].accepted


def stop_holder(daemon, args, violations):
    """Starts that meet a stopped holder: every one is answered within 4 s, with 503 or because it goes on."""
    client, answers = daemon.worker(0), []
    before = daemon.log_text()
    held = client.start("test_lock", ms=600000)
    while "test: holding the table lock" not in daemon.log_text()[len(before):]:
        time.sleep(0.01)
    line = next(line for line in daemon.log_text()[len(before):].splitlines() if "test: holding" in line)
    pid = int(re.search(r"runner \d+\[(\d+)\]", line)[1])
    os.kill(pid, signal.SIGSTOP)
    begun = time.monotonic()
    while time.monotonic() < begun + 5 or (args.patience and not gone(pid) and time.monotonic() < begun + 60):
        at = time.monotonic()
        answers.append(client.post_json("/api/tasks", {"type": "test_sleep", "params": {"ms": 0}}).status)
        violations.insist(time.monotonic() - at < 4, f"a start waited {time.monotonic() - at:.1f} s for the stopped holder")
        time.sleep(0.05)
    violations.insist("was stopped by signal" in daemon.log_text()[len(before):], "the master does not notice the stopped holder")
    violations.insist(gone(pid) or not args.patience, "the master does not kill the stopped holder")
    violations.insist(set(answers) <= {202, 503} and 503 in answers, f"starts beside a stopped holder: {answers}")
    if not gone(pid):
        os.kill(pid, signal.SIGKILL)
    client.wait(held, seconds=60)
    return answers.count(503)


def stop_a_holder(daemon, args, known, violations):
    refused = []
    report = run(daemon, args.build, known, lambda: refused.append(stop_holder(daemon, args, violations)), 0, None, violations)
    print_row("holder of the lock stopped", report)
    print_slow(report)
    print(f"  {refused[0]} starts refused with 503 meanwhile")
    return report


def check_effects(daemon, violations):
    """Every row ended; one effect for each that completed, none for the others."""
    violations.insist(daemon.sql("SELECT COUNT(*) FROM task WHERE status IN ('queued','running')") == [["0"]],
                      "rows that never end")
    wrong = daemon.sql("SELECT COUNT(*) FROM task LEFT JOIN (SELECT task, COUNT(*) n FROM test_ledger GROUP BY task) l ON l.task = task.id"
                       " WHERE task.type = 'test_ledger' AND COALESCE(n, 0) <> (status = 'succeeded')")
    violations.insist(wrong == [["0"]], f"{wrong[0][0]} tasks whose effect did not happen exactly once")


def check_end(daemon, violations):
    """The table, the spool, the processes."""
    state = table(daemon)
    violations.insist(state["sound"], f"the table is not sound: {state['why']}")
    live = {name: state[name] for name in ("reserved", "ready", "claimed", "running")}
    violations.insist(live == {"reserved": 0, "ready": 0, "claimed": 0, "running": 1}, f"leaked slots: {live}")
    check_effects(daemon, violations)
    session = daemon.pid
    violations.insist(daemon.term() == 0, "the daemon does not end in good order")
    violations.insist(daemon.spool_files() == [], f"left in the spool: {daemon.spool_files()}")
    left = subprocess.run(["ps", "-eo", "pid=,sid=,args="], capture_output=True, text=True).stdout.splitlines()
    left = [line for line in left if line.split()[1] == str(session)]
    violations.insist(not left, f"left behind: {left}")
    return state


def print_row(name, report):
    print(f"{name:<26} {len(report['killed']):>7} {report['polls']:>8} {report['worst']:>9.2f} {report['worst_net']:>9.2f} "
          f"{report['over']:>6} {report['p99']:>8.3f} {report['noise']:>8.2f} {report['cut']:>5} {report['cut_worst']:>9.2f} "
          f"{report['reopened_worst']:>9.2f} {report['seconds']:>8.1f}", flush=True)


def print_slow(report):
    """Which death a slow poll came after."""
    for begun, took, net, worker in report["slowest"]:
        if took <= 20:
            continue
        line = f"  {begun:.3f} poll of {took:.1f} ms ({net:.1f} net), worker {worker}"
        earlier = [death for death in report["killed"] if death[0] < begun + took / 1000]
        if earlier:
            asked, over, kind = earlier[-1]
            line += f"; {(asked - begun) * 1000:+.0f} ms from its begin a {kind} was told to die, which took {(over - asked) * 1000:.0f} ms"
        print(line)


def ask_for_priority():
    """For this process and all that it starts."""
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    except OSError:
        return "with ordinary priority"
    return "with real-time priority"


def judge_times(report, calm, strict, violations):
    """False when the machine is too busy to tell."""
    if strict:
        violations.insist(report["over"] == 0, f"{report['over']} polls over 50 ms")
    elif report["over_net"] and calm["over_net"]:
        return False
    violations.insist(report["over_net"] == 0, f"{report['over_net']} polls over 50 ms")
    return True


def prove(daemon, args, violations):
    """True when all of it could be judged."""
    priority = ask_for_priority()
    daemon.start(wait=120)
    samples.load_catalogue(daemon, "warehouses")
    client = daemon.worker(0)
    known = [client.start("test_ledger", ms=0, steps=1) for _ in range(POLLED)]
    for task_id in known:
        client.wait(task_id)
    before = table(daemon)
    print(f"{f'{RATE} polls a second':<26} {'kills':>7} {'polls':>8} {'worst ms':>9} {'net ms':>9} {'>50 ms':>6} {'p99 ms':>8} "
          f"{'noise ms':>8} {'cut':>5} {'worst ms':>9} {'reopened':>9} {'seconds':>8}")
    stormy = run(daemon, args.build, known, lambda: kill_holders(daemon, args.kills, random.Random(args.seed)), 0, args.seed,
                 violations)
    violations.insist(len(stormy["killed"]) == args.kills, f"only {len(stormy['killed'])} could be killed")
    print_row("holders of the lock killed", stormy)
    print_slow(stormy)
    after = table(daemon)
    known = (known + stormy["load"].accepted)[-POLLED:]
    calm = run(daemon, args.build, known, lambda: None, stormy["seconds"], args.seed + 1, violations)
    print_row("nobody killed", calm)
    print_slow(calm)
    kinds = [kind for *_, kind in stormy["killed"]]
    print(f"killed: {', '.join(f'{kinds.count(kind)} {kind}' for kind in KINDS)}; {after['recoveries'] - before['recoveries']} recoveries; "
          f"{len(stormy['load'].accepted) + len(calm['load'].accepted)} tasks accepted, {stormy['load'].refused + calm['load'].refused} refused with 503, "
          f"{stormy['load'].unknown + calm['load'].unknown} starts cut; {priority}")
    holding = after["killed_holding"] - before["killed_holding"]
    violations.insist(holding == args.kills, f"{holding} of {args.kills} died with the lock")
    known = (known + calm["load"].accepted)[-POLLED:]
    known = (known + lose_segments(daemon, args, known, violations))[-POLLED:]
    stopped = stop_a_holder(daemon, args, known, violations)
    check_end(daemon, violations)
    judged = judge_times(stormy, calm, args.strict, violations)
    return judge_times(stopped, calm, args.strict, violations) and judged


def leave(*_):
    """By way of the cleaning up, whoever asks again meanwhile."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.exit(143)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--losses", type=int, default=2)
    parser.add_argument("--patience", action="store_true")
    parser.add_argument("--strict", action="store_true")
    parser.add_argument("build")
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, leave)
    # As in tests/system: an unprivileged account must reach it, and its path must be short.
    place = Path(tempfile.mkdtemp(prefix="pfh-", dir="/var/tmp" if os.geteuid() == 0 else None))
    place.chmod(0o755)
    # The log in memory: a worker that waits for a disk which others keep busy would be taken for one that waits for the lock.
    log = Path(tempfile.mkstemp(prefix="pfh-", suffix=".log", dir="/dev/shm")[1])
    violations = Violations()
    daemon = Daemon(args.build, place / "state", log, options={"tasks.slots": SLOTS, "tasks.runners": 4})
    judged = False
    try:
        judged = prove(daemon, args, violations)
    finally:
        daemon.stop_hard()
        if violations:
            print("\n".join(daemon.log_text().splitlines()[-30:]))
        log.unlink()
        shutil.rmtree(place, ignore_errors=True)
    for violation in violations:
        print(f"violation: {violation}")
    if not violations and not judged:
        print("polls take more than 50 ms on this machine whether or not somebody is killed: no times were judged")
    return 1 if violations else 0 if judged else 77


if __name__ == "__main__":
    sys.exit(main())
