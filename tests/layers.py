#!/usr/bin/env python3
"""The rooms of the tree and their arrows: fails on an include against the layers, on rooms that need each other, and on a
comment or document that names a source file or a path of the API that is not there.

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
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.S)
FENCED = re.compile(r"^```.*?^```", re.S | re.M)
SOURCE = re.compile(r"(?<![\w/.<])((?:[\w-]+/)*[\w-]+\.[ch])\b")
ROUTE = re.compile(r"(?<![\w.*])/api/[\w{}:./-]*[\w}]")
# Made by the build; of the system; examples of the recipes.
NOT_HERE = {"base/commit.c", "config.h", "daemon/api/openapi/text.c", "handlers/types.c", "web/assets.c", "linux/landlock.h", "handlers/countdown.c",
            "handlers/sheet/NAME.c"}


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


def texts(top=TOP):
    """Where people read: the comments of sources, and documents without their examples."""
    for path in sorted([*top.rglob("*.[ch]"), *top.rglob("*.md")]):
        where = path.relative_to(top)
        if where.parts[0].startswith(("build", ".")):
            continue
        text = path.read_text(errors="replace")
        yield where, "\n".join(COMMENT.findall(text)) if path.suffix in (".c", ".h") else FENCED.sub("", text)


def is_there(where, name, known):
    """A source that names a file without its folder means its own room."""
    if where.parts[0] in PROGRAM and where.suffix != ".md" and "/" not in name:
        return (where.parent / name).as_posix() in known or name in NOT_HERE
    return name in NOT_HERE or any(path == name or path.endswith("/" + name) for path in known)


def stale(top=TOP):
    """Names of files and paths that lead nowhere."""
    known = {where.as_posix() for where, _ in texts(top)}
    routes = top / "daemon" / "api" / "routes.c"
    served = re.findall(r'"(/[^"]*)",', routes.read_text()) if routes.is_file() else []
    served = [re.compile("(" + re.sub(r"\\{[^}]*\\}", "[^/]+", re.escape(path)) + ")") for path in served]
    for where, text in texts(top):
        for name in SOURCE.findall(text):
            if not is_there(where, name, known):
                yield f"{where}: names {name}, which is not there"
        for path in ROUTE.findall(text):
            if not any(route.fullmatch(path) for route in served):
                yield f"{where}: names {path}, which is not served"


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
    faults += list(circles(needs)) + too_large() + list(stale())
    for fault in faults:
        print(fault, file=sys.stderr)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
