"""Follows a page of docs/ to the letter: its files are made, its commands run in one shell from top to bottom, and what they print is compared.

A fenced block's first word says what it is, the others how it is taken:
    sh                      commands, run with `set -e`; `sh fails=N` ends with N; `sh notest=REASON` is shown only
    sh restart              the same, and the daemon is killed and started again while they run
    text                    what the sh block above prints; `…` stands for anything, <id>, <time>, <n>, <word> for what they say
    sheet file=NAME         a table whose cells are divided by |, made into NAME (.csv, or .xlsx)
    python, js, ini … file=NAME   written into the file
Other blocks are only read. `places` has what stands elsewhere where the page is tested. 127.0.0.1:8087 in a page is the address of the daemon that it is run with."""
import csv
import io
import re
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "system"))
import samples  # noqa: E402

FENCE = re.compile(r"^```(\S*)([^\n]*)\n(.*?)^```$", re.M | re.S)
PLACES = {"…": ".*?", "<id>": "[0-9a-f]{8}-[0-9a-f-]{27}", "<time>": r"\d{4}-\d\d-\d\dT[\d:.]+Z", "<n>": r"\d+", "<word>": r"\S+"}
ADDRESS = "127.0.0.1:8087"
MARK = "-- end of the block --"
PROGRESS = re.compile(r"\d\d:\d\d:\d\d [0-9a-f]{8} ")  # of priceforge, where it is no terminal


class Block:
    def __init__(self, kind, words, text, line):
        self.kind, self.text, self.line = kind, text, line
        self.words = dict(word.partition("=")[::2] for word in words.split())

    def __repr__(self):
        return f"line {self.line}: {self.text.strip()[:200]}"


def blocks_of(path):
    text = path.read_text()
    return [Block(found[1], found[2].split("notest=")[0] + ("notest=" + found[2].split("notest=")[1].replace(" ", "_") if "notest=" in found[2] else ""),
                  found[3], text[:found.start()].count("\n") + 2) for found in FENCE.finditer(text)]


def pattern(expected):
    """A regular expression of an expected output. A long line may be broken where it has a space."""
    parts = re.split("(" + "|".join(map(re.escape, PLACES)) + ")", expected.rstrip("\n"))
    plain = "".join(PLACES.get(part) or re.escape(part).replace("\\\n", "[ \n]") for part in parts)
    return re.compile(plain + r"\n*", re.S)


def table(text):
    return [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in text.splitlines() if line.strip()]


def number(cell):
    return float(cell) if re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", cell) and (cell == "0" or not cell.startswith("0")) else cell


class Page:
    """One shell and one folder for the whole page."""

    def __init__(self, path, folder, address, environment, restart=None, places=None):
        self.path, self.folder, self.address, self.restart, self.places = path, folder, address, restart, places or {}
        self.shell = subprocess.Popen(["bash", "--norc"], cwd=folder, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      stderr=subprocess.STDOUT, text=True)
        self.ran, self.shown, self.printed, self.before = [], [], None, None

    def follow(self):
        for block in blocks_of(self.path):
            if block.kind == "text":
                self.compare(block)
            elif block.kind == "sheet":
                self.make_sheet(block)
            elif "file" in block.words:
                (self.folder / block.words["file"]).write_text(self.here(block.text))
            elif block.kind == "sh":
                self.take(block)
        self.shell.stdin.close()
        assert self.shell.wait(30) == 0
        return self

    def here(self, text):
        for there, here in self.places.items():
            text = text.replace(there, here)
        return text.replace(ADDRESS, self.address)

    def take(self, block):
        if "notest" in block.words:
            self.shown.append(block)
            return
        self.before, self.printed = block, None
        self.shell.stdin.write(f"( set -e\n{self.here(block.text)}\n)\nprintf '%s %s\\n' '{MARK}' $?\n")
        self.shell.stdin.flush()
        if "restart" in block.words:
            time.sleep(0.4)
            self.restart()
        lines = []
        for line in self.shell.stdout:
            if line.startswith(MARK):
                code = int(line.split()[-1])
                break
            lines.append(line)
        else:
            raise AssertionError(f"{self.path.name}, {block}: the shell ended\n{''.join(lines)}")
        lines = [line for line in lines if not PROGRESS.match(line)]
        self.printed = "".join(lines).replace(self.address, ADDRESS).replace("\u00a0", " ")
        assert code == int(block.words.get("fails", 0)), f"{self.path.name}, {block}\nended with {code}:\n{self.printed}"
        self.ran.append(block)
        if re.search(r"\btoken (add|revoke)\b", block.text):
            time.sleep(2)  # the page promises that the daemon reads the file within a second; a reader is slower than that

    def compare(self, block):
        if self.before is None or "notest" in self.before.words:
            return
        assert pattern(block.text).fullmatch(self.printed), f"{self.path.name}, {self.before}\nprinted:\n{self.printed}\nexpected:\n{block.text}"

    def make_sheet(self, block):
        name, rows = block.words["file"], table(block.text)
        if name.endswith(".csv"):
            out = io.StringIO()
            csv.writer(out, lineterminator="\n").writerows(rows)
            (self.folder / name).write_text(out.getvalue())
        else:
            (self.folder / name).write_bytes(samples.xlsx([[number(cell) for cell in row] for row in rows]))
