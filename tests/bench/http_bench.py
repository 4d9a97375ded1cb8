#!/usr/bin/env python3
"""What the HTTP server costs beside bare evhttp, tuned alike and answering the same bytes.

Prints ratios measured side by side in one run (CPU time and requests a second: wrk on the other core, medians), and what
does not depend on the machine's mood: user instructions (callgrind) and system calls (strace) a request.

Usage: http_bench.py BUILD_DIR [repetitions]
"""
import os
import pathlib
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

BUILD = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "build")
REPEAT = int(sys.argv[2]) if len(sys.argv) > 2 else 5
ID = "3b241101-e2bb-4255-8caf-4136c566a962"
TAG = 'W/"1f0e2d3c4b5a6978.17"'
CASES = {"plain": (f"/api/tasks/{ID}", None), "poll headers": (f"/full/{ID}", None), "304": (f"/full/{ID}", TAG)}
CONNECTIONS = 64
SPOOL = tempfile.mkdtemp(prefix="http-bench-")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def start(name, *prefix, cpu=None):
    port = free_port()
    command = [*prefix, str(BUILD / "tests/bench" / name), str(port), *([SPOOL] if name == "http_app" else [])]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if cpu is not None:
        os.sched_setaffinity(process.pid, {cpu})
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return process, port
        except ConnectionRefusedError:
            time.sleep(0.1)
    raise SystemExit(f"{name} did not start")


def stop(process):
    process.send_signal(signal.SIGTERM)
    process.wait(timeout=60)


def cpu_seconds(process):
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def wrk(port, target, tag, cpu):
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", "-d1s", *(["-H", f"If-None-Match: {tag}"] if tag else []),
               f"http://127.0.0.1:{port}{target}"]
    if cpu is not None:
        command = ["taskset", "-c", str(cpu), *command]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return int(re.search(r"(\d+) requests in", out)[1])


def side_by_side():
    cpus = sorted(os.sched_getaffinity(0))
    server_cpu, load_cpu = (cpus[0], cpus[1]) if len(cpus) > 1 else (None, None)
    servers = {name: start(name, cpu=server_cpu) for name in ("http_app", "bare_evhttp")}
    for case, (target, tag) in CASES.items():
        ratios = {"cpu": [], "rate": []}
        for _ in range(REPEAT):
            cost, rate = {}, {}
            for name, (process, port) in servers.items():
                before, began = cpu_seconds(process), time.monotonic()
                done = wrk(port, target, tag, load_cpu)
                cost[name] = (cpu_seconds(process) - before) / done
                rate[name] = done / (time.monotonic() - began)
            ratios["cpu"].append(cost["http_app"] / cost["bare_evhttp"])
            ratios["rate"].append(rate["http_app"] / rate["bare_evhttp"])
        print(f"{case}: CPU a request / bare evhttp {statistics.median(ratios['cpu']):.2f}, "
              f"requests a second / bare evhttp {statistics.median(ratios['rate']):.2f}")
    for process, _ in servers.values():
        stop(process)


def load(port, target, tag, n):
    """n requests over CONNECTIONS keep-alive connections."""
    request = f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{f'If-None-Match: {tag}' + chr(13) + chr(10) if tag else ''}\r\n".encode()
    sockets = [socket.create_connection(("127.0.0.1", port)) for _ in range(CONNECTIONS)]
    for done in range(0, n, CONNECTIONS):
        for s in sockets:
            s.sendall(request)
        for s in sockets:
            data = b""
            while b"\r\n\r\n" not in data or (not tag and len(data.split(b"\r\n\r\n", 1)[1]) < 300):
                data += s.recv(4096)
    for s in sockets:
        s.close()


def instructions(name, target, tag):
    totals = []
    for n in (20 * CONNECTIONS, 100 * CONNECTIONS):
        out = tempfile.mktemp(prefix="callgrind-")
        process, port = start(name, "valgrind", "--tool=callgrind", f"--callgrind-out-file={out}")
        load(port, target, tag, n)
        stop(process)
        totals.append(int(re.search(r"^(?:summary|totals): (\d+)", pathlib.Path(out).read_text(), re.M)[1]))
        os.unlink(out)
    return (totals[1] - totals[0]) / (80 * CONNECTIONS)


def system_calls(name, target, tag):
    totals = []
    for n in (20 * CONNECTIONS, 100 * CONNECTIONS):
        out = tempfile.mktemp(prefix="strace-")
        process, port = start(name)
        tracer = subprocess.Popen(["strace", "-f", "-c", "-U", "calls,name", "-o", out, "-p", str(process.pid)], stderr=subprocess.DEVNULL)
        time.sleep(0.5)
        load(port, target, tag, n)
        stop(process)
        tracer.wait(timeout=20)
        totals.append(int(re.search(r"^\s*(\d+)\s+total$", pathlib.Path(out).read_text(), re.M)[1]))
        os.unlink(out)
    return (totals[1] - totals[0]) / (80 * CONNECTIONS)


def main():
    if shutil.which("wrk"):
        side_by_side()
    for case, (target, tag) in CASES.items():
        for what, measure, tool in (("user instructions", instructions, "valgrind"), ("system calls", system_calls, "strace")):
            if shutil.which(tool):
                print(f"{case}: {what} a request: {measure('http_app', target, tag):.1f}, bare evhttp {measure('bare_evhttp', target, tag):.1f}")
    shutil.rmtree(SPOOL)


main()
