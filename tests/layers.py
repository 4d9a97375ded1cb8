#!/usr/bin/env python3
"""The rooms of the tree and their arrows: fails on an include against the layers and on rooms that need each other.

A room is a folder that holds sources. Room A needs room B when a file of A includes a header of B. Run by `./dev lint`
from the top of the tree; with --table it prints every room with its files, lines and what it needs."""

import collections
import pathlib
import re
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = ("base", "shm", "store", "handlers", "daemon", "client")
# What the rooms below each top folder may include beside their own folder.
MAY = {
    "base": (),
    "shm": ("base",),
    "store": ("base",),
    "handlers": ("base", "store"),
    "daemon": ("base", "shm", "store", "handlers"),
    "client": ("base", "handlers"),
}
INCLUDE = re.compile(r'^#include "([^"]+)"', re.M)
# Rooms that may be larger than the others: one subject that does not fall apart.
LARGE = {"daemon/http", "handlers/sheet/xlsx"}
FILES_MAX = 17


def sources(top=TOP):
    for folder in PROGRAM:
        for path in sorted((top / folder).rglob("*.[ch]")):
            yield path.relative_to(top)


def arrows(top=TOP):
    """{room: {needed room: [(file, header)]}} and the faults of single includes."""
    needs = collections.defaultdict(lambda: collections.defaultdict(list))
    faults = []
    for path in sources(top):
        room = path.parent.as_posix()
        needs[room]
        for header in INCLUDE.findall((top / path).read_text()):
            folder, other = header.split("/")[0], header.rpartition("/")[0]
            if not (top / header).is_file():
                faults.append(f"{path}: there is no {header}")
            elif folder != path.parts[0] and folder not in MAY[path.parts[0]]:
                faults.append(f"{path}: {path.parts[0]}/ must not include {header}")
            elif other != room:
                needs[room][other].append((path.as_posix(), header))
    return needs, faults


def reachable(needs, start):
    seen, todo = set(), [start]
    while todo:
        for room in needs[todo.pop()]:
            if room not in seen:
                seen.add(room)
                todo.append(room)
    return seen


def circles(needs):
    """One line for each arrow that lies on a circle."""
    for room in sorted(needs):
        for other in sorted(needs[room]):
            if room in reachable(needs, other):
                path, header = needs[room][other][0]
                yield f"{room} and {other} need each other: {path} includes {header}"


def too_large(top=TOP):
    count = collections.Counter(path.parent.as_posix() for path in sources(top) if path.suffix == ".c")
    return [f"{room} has {n} .c files, more than {FILES_MAX}" for room, n in sorted(count.items())
            if n > FILES_MAX and room not in LARGE]


def table(needs, top=TOP):
    files = collections.defaultdict(list)
    for path in sources(top):
        files[path.parent.as_posix()].append(path)
    print("| room | files | lines | needs |\n| --- | --- | --- | --- |")
    for room in sorted(files):
        lines = sum(len((top / path).read_text().splitlines()) for path in files[room])
        print(f"| {room} | {len(files[room])} | {lines} | {', '.join(sorted(needs[room]))} |")


def main():
    needs, faults = arrows()
    if "--table" in sys.argv:
        table(needs)
    faults += list(circles(needs)) + too_large()
    for fault in faults:
        print(fault, file=sys.stderr)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
