"""Documents of 1C in all three forms of .mxl, made at random from the description of the format alone, and what a reader must find in each:
{"rows", "cols", "cells"} as priceforge-cells prints it. Everything that is no text of a cell holds the word DECOY."""
import struct

LANGUAGES = ["ru", "en", "uk", "#", ""]
BLANKS = [" ", "\t", "\r\n", "\n", "  \r\n\t"]
PIECES = ["a", "Z", "7", "-1,50", "Болт", "Ї", "№", " ", "\u00a0", '"', '""', ",", "{", "}", "#", "\\", "\t", "\r\n", "\n", "{1,0}", '{"#","x"}', "'", "😀",
          "\u202f", "#base64:AA==", "\x01", "\0"]
GUID = "%08x-0000-4000-8000-%012x"


def table(cells):
    found = sorted([row, column, text] for (row, column), text in cells.items() if text != "")
    return {"rows": max((row + 1 for row, _, _ in found), default=0), "cols": max((column + 1 for _, column, _ in found), default=0), "cells": found}


def ascending(rng, n, limit, dense=0.7):
    """n numbers below the limit, most of them one after another."""
    numbers, at = [], -1
    for left in range(n, 0, -1):
        at += 1 if rng.random() < dense else rng.randint(1, 5)
        at = min(at, limit - left)
        numbers.append(at)
    return numbers


# ---- Brace form -------------------------------------------------------------------------------------------------------


class Text(str):
    """A string in quotes; a plain str is an atom."""


class Brace:
    def __init__(self, rng, build=None):
        self.rng = rng
        self.build = rng.choice([5, 6, 8, 9, 10, 11, 12, 12, 12, 1, 4, 7, 13, 77, 255]) if build is None else build
        self.tail = self.build >= 10
        self.cur = rng.choice(LANGUAGES)
        self.cells, self.sets, self.width = {}, rng.choice([0, 0, 1, 3]), 0
        self.messy, self.newline = rng.random() < 0.4, rng.choice(["\r\n", "\r\n", "\n", ""])

    # -- tokens --

    def blanks(self):
        return self.rng.choice(BLANKS) if self.messy and self.rng.random() < 0.2 else ""

    def write(self, item):
        if isinstance(item, Text):
            return '"' + item.replace('"', '""') + '"'
        if not isinstance(item, list):
            return str(item)
        parts = []
        for part in item:
            line = self.newline if isinstance(part, list) and parts and not self.messy else ""
            parts.append(line + self.blanks() + self.write(part) + self.blanks())
        line = self.newline if item and isinstance(item[-1], list) and not self.messy else ""
        return "{" + ",".join(parts) + line + "}"

    # -- texts --

    def text(self, empty=0.1):
        rng = self.rng
        if rng.random() < empty:
            return ""
        if rng.random() < 0.01:
            return rng.choice(["x", "я", '"', "\r\n"]) * rng.choice([950, 4000, 30000])
        return "".join(rng.choice(PIECES) for _ in range(rng.randint(1, 6)))

    def localised(self, decoy=False):
        """(item, text shown)"""
        entries = [(lang, "DECOY" if decoy else self.text()) for lang in self.rng.sample(LANGUAGES, self.rng.choice([0, 1, 1, 1, 2, 3]))]
        return [1, len(entries), *([Text(lang), Text(text)] for lang, text in entries)], self.shown(entries)

    def shown(self, entries):
        named = dict(reversed([(lang, text) for lang, text in entries if lang != ""]))
        first = next((lang for lang, _ in entries if lang != ""), None)
        return next((named[lang] for lang in (self.cur, "#", first) if lang in named), "")

    def value(self):
        rng = self.rng
        kind = rng.choice(["S", "S", "N", "D", "B", "U", "#"])
        if kind == "S":
            text = self.text()
            return [Text("S"), Text(text)], text
        if kind == "N":
            number = rng.choice(["0", "12.5", "-3", "1000000.000", "-0.01", str(rng.randint(0, 10**15))])
            return [Text("N"), number], number
        if kind == "D":
            date, time = rng.choice(["20250131", "00010101", "20240229", "39991231"]), rng.choice(["000000", "235959", "000001"])
            iso = f"{date[:4]}-{date[4:6]}-{date[6:]}"
            return [Text("D"), date + time], iso if time == "000000" else f"{iso}T{time[:2]}:{time[2:4]}:{time[4:]}"
        if kind == "B":
            bit = rng.randint(0, 1)
            return [Text("B"), bit], ["false", "true"][bit]
        return self.reference() if kind == "#" else [Text("U")], ""

    def reference(self):
        deep = [Text("DECOY")]
        for _ in range(self.rng.choice([0, 0, 1, 4])):
            deep = [1, deep]
        return [Text("#"), GUID % (self.rng.getrandbits(32), self.rng.getrandbits(48)), deep]

    def detail(self):
        rng = self.rng
        return rng.choice([[Text("U")], [Text("S"), Text('DE"COY')], self.reference(), [Text("#"), Text("DECOY")], ["#base64:REVDT1k" + self.newline + "="],
                           [Text("#"), GUID % (1, 2), "15:" + "ab" * 16], [Text("N"), "-12.50"]])

    # -- records --

    def cell(self, decoy=False):
        """(record, text shown)"""
        rng = self.rng
        mask = rng.choice([0, 2, 4, 16, 16, 16, 16, 16, 18, 20, 20, 24, 28, 30, 6, 48])
        parts, shown = [], ""
        if mask & 2:
            item, shown = self.value()
            parts.append(item)
        if mask & 4:
            parts.append(self.detail())
        if mask & 8:
            parts.append(Text("DECOY"))
        if mask & 16:
            item, text = self.localised(decoy)
            parts.append(item)
            shown = text or shown
        if mask & 32:
            parts += [self.localised(True)[0], 1, [self.localised(True)[0], 1, 0]]
        if mask & 16 and self.tail:
            parts += rng.choice([[0], [0], [1, [1, [1, 1, [Text("#"), Text("<b>DECOY</>")]], 1]]])
        return [mask, rng.randint(0, 12), *parts], shown

    def format_record(self):
        rng = self.rng
        mask = rng.choice([0, 128, 1217, 8592048703, 8589951551, rng.getrandbits(33)])
        return [mask, *(rng.randint(0, 300) for _ in range(bin(mask).count("1")))]

    def languages(self):
        item = [Text(self.cur), Text(self.rng.choice(LANGUAGES)), 1]
        named = self.rng.sample(["ru", "en", "uk"], self.rng.randint(0, 3))
        item += [len(named), *(Text(word) for code in named for word in (code, "DECOY", "Язык по умолчанию"))]
        return item + ([0] if self.build >= 10 or self.build == 9 and self.rng.random() < 0.5 else [])

    def page_text(self):
        return [0, 0] if self.rng.random() < 0.6 else [16, 0, [1, 1, [Text("#"), Text("DECOY &[Page]")]], *([0] if self.tail else [])]

    def rows(self):
        rng, items = self.rng, []
        numbers = ascending(rng, rng.choice([0, 1, 3, 8, 25]), 1048576 if rng.random() < 0.05 else 5000)
        for row in numbers:
            columns = ascending(rng, rng.choice([0, 1, 2, 4, 9]), 16384)
            items += [row, rng.randint(0, 9), len(columns)]
            for column in columns:
                record, self.cells[row, column] = self.cell()
                items += [column, record]
            self.width = max([self.width, *(column + 1 for column in columns)])
        return numbers, items

    def column_set(self, number):
        rng, count = self.rng, self.rng.choice([0, 1, 5])
        item = [count, rng.randint(0, 1), GUID % (0, 0) if number == 0 else GUID % (rng.getrandbits(32), number)]
        if count == 0 and rng.random() < 0.5:
            return item
        columns = range(count) if rng.random() < 0.7 else range(0, count * 2, 2)
        return item + [len(columns), *(part for column in columns for part in (column, rng.randint(1, 3)))]

    def groups(self, height):
        rng = self.rng
        spans = sorted(sorted(rng.randint(0, height) for _ in range(2)) for _ in range(rng.choice([0, 0, 2, 5])))
        return [len(spans), *(part for a, b in spans for part in ([a, b, 0, self.localised(True)[0], 0, 0], rng.choice([-1, 0])))]

    def drawings(self):
        made = [[self.cell(decoy=True)[0], 3, 1, 2, 0, 0, 3, 4, 0, 0, 1, 0] for _ in range(self.rng.choice([0, 0, 1, 3]))]
        return [9, len(made), *made]

    def areas(self):
        rng = self.rng
        merges = [[c, r, c + rng.randint(0, 3), r + rng.randint(0, 2), rng.choice([0, 0, 2, 1])] for c, r in
                  ((rng.randint(0, 9), rng.randint(0, 99)) for _ in range(rng.choice([0, 1, 6])))]
        rows = [[-1, 3, -1, 4, 0]] if rng.random() < 0.3 else []
        columns = [[2, -1, 3, -1, 0, GUID % (0, 0)]] if rng.random() < 0.3 else []
        names = rng.choice([[], [Text("DECOY"), [1, [1, -1, 0, -1, 5, GUID % (0, 0)], 0]], [Text("Таблица"), [2, 1, 0], Text("B"), [1, [3, 0, 0, 4, 4, GUID % (0, 0)], 0]]])
        return [[len(merges), *merges], [len(rows), *rows], [len(columns), *columns], [len(names) // 2, *names]]

    def settings(self):
        rng = self.rng
        formats = [self.format_record() for _ in range(rng.randint(0, 6))]
        pictures = [["#base64:iVBORw0KGgo" + self.newline + "AAAA//+=" + self.newline]] if rng.random() < 0.3 else []
        ends = {5: [[0]], 6: [[0], 0], 8: [[0], 0], 9: rng.choice([[[0], 0, 0], [[0], 0, 0, 0, 1], [[0], 0, 0, 0, 1, 0]]), 10: [[0], 0, 0, 0, 1, 0]}
        return [Text(rng.choice(["", "DECOY"])), [[0, 6, *(part for i in range(6, 12) for part in (i, [Text("N"), 1000]))]],
                [0, -1, -1, -1, -1, GUID % (0, 0)], 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, len(formats), *formats, 1,
                [7, 0, 575, 100, Text("Arial"), 1, 100], 1, [1, 1, [Text("#"), Text("ЧДЦ=2; DECOY")]], 0, 0, len(pictures), *pictures, 0, 0, 0, Text(""), 0,
                [3, 0, 0, 100, Text("DECOY"), 0, 0], *ends.get(self.build, [[0], 0, 0, 0, 1, 0, 0, rng.randint(0, 1)])]

    def body(self):
        rng = self.rng
        numbers, rows = self.rows()
        height = numbers[-1] if numbers else 0
        bound = [(row, rng.randrange(self.sets)) for row in numbers if self.sets and rng.random() < 0.5]
        return [8, 1, self.build, self.languages(), self.format_record(), [1, 1, [4, 0, [0], 1, 1, 0, GUID % (3, 4), 0], 0], 0,
                *(self.page_text() for _ in range(6)), rng.randint(0, 1), 2, len(numbers), *rows,
                self.column_set(0), height + 1, self.sets, *(self.column_set(i + 1) for i in range(self.sets)),
                len(bound), *(part for pair in bound for part in pair), *self.drawings(), *self.groups(height), 0, 0, 0, *self.areas(), *self.settings()]

    def document(self):
        rng = self.rng
        head = b"MOXCEL\0" + struct.pack("<HHH", 8, 1, self.build)
        if rng.random() < 0.15:
            head = head.replace(b"\0", b" ")
        elif rng.random() < 0.05:
            head = b"MOXCEL" + bytes(rng.randrange(256) for _ in range(7))
        mark = b"\xef\xbb\xbf" if rng.random() < 0.85 else b""
        return head + mark + self.write(self.body()).encode() + rng.choice([b"", b"", b"\r\n", b"\0\0", b" \0\n"]), table(self.cells)


# ---- Binary form ------------------------------------------------------------------------------------------------------

VERSIONS = {2: 28, 6: 30, 7: 32}


def count(n, long=False):
    return struct.pack("<HI", 0xFFFF, n) if long or n >= 0xFFFF else struct.pack("<H", n)


def string(data, form=0):
    """With the shortest length, or a longer one than is needed."""
    if form == 2 or len(data) >= 0xFFFE:
        return b"\xff\xff\xff" + struct.pack("<I", len(data)) + data
    if form == 1 or len(data) >= 0xFF:
        return b"\xff" + struct.pack("<H", len(data)) + data
    return bytes([len(data)]) + data


CODE_PAGES = [866, 1250, 1251, 1252, 1253, 1254, 1257]


class Binary:
    def __init__(self, rng, version=None, page=1251):
        self.rng, self.version, self.page = rng, version or rng.choice([6, 6, 6, 7, 7, 2]), f"cp{page}"
        self.cells = {}

    def count(self, n):
        return count(n, self.rng.random() < 0.1)

    def string(self, data):
        return string(data, self.rng.choice([0, 0, 0, 1, 2]))

    def cell(self, text=None, kind=0):
        """A record with everything that nobody sees."""
        rng = self.rng
        flags, parts = rng.getrandbits(20), b""
        if text is not None:
            flags |= 0x80000000
            parts += self.string(text)
        if rng.random() < 0.15:
            flags |= 0x40000000
            parts += self.string(b"DECOY" * rng.choice([0, 1, 60]))
        if rng.random() < 0.05:
            flags |= 0x00200000
            parts += self.count(7) + b"DECOY\0\xff"
        fixed = bytearray(struct.pack("<I", flags) + bytes(rng.randrange(256) for _ in range(VERSIONS[self.version] - 4)))
        fixed[27] = kind
        return bytes(fixed) + parts

    def decoy(self):
        return self.cell(b"DECOY" if self.rng.random() < 0.3 else None)

    def keyed(self, numbers, records):
        return self.count(len(numbers)) + b"".join(struct.pack("<i", n) for n in numbers) + self.count(len(numbers)) + b"".join(records)

    def text(self):
        rng = self.rng
        if rng.random() < 0.03:
            return bytes(rng.randrange(32, 256) for _ in range(rng.choice([254, 255, 256, 549, 3000])))
        return bytes(rng.choice([rng.randrange(0xC0, 256), rng.randrange(32, 127), rng.randrange(1, 256)]) for _ in range(rng.randint(0, 12)))

    def grid_cell(self, row, column):
        if self.rng.random() < 0.2:
            return self.cell()
        text = self.text()
        self.cells[row, column] = text.decode(self.page, "replace")
        return self.cell(text, self.rng.choice([0, 0, 0, 0, 1, 2, 3]))

    def row(self, number):
        columns = ascending(self.rng, self.rng.choice([0, 1, 2, 6]), 16384)
        return self.decoy() + self.keyed(columns, [self.grid_cell(number, column) for column in columns])

    def drawing(self):
        rng = self.rng
        kind = rng.randint(1, 5)
        made = self.decoy() + struct.pack("<10i", kind, *(rng.randint(-5, 900) for _ in range(9)))
        data = bytes(rng.randrange(256) for _ in range(rng.choice([0, 1, 300])))
        if kind == 5:
            made += b"\1\2\3\4" + struct.pack("<i", len(data)) + data
        if kind == 4:
            made += rng.choice([b"\xff\xff\1\0\x0c\0CSheetObject", b"\xff\xff\0\0\0\0", b"\1\x80"]) + bytes(18) + struct.pack("<i", len(data)) + data
        return made

    def list(self, make, most=3):
        n = self.rng.choice([0, 0, 1, most])
        return self.count(n) + b"".join(make() for _ in range(n))

    def merge(self):
        rng = self.rng
        c, r = rng.randint(0, 9), rng.randint(0, 99)
        return rng.choice([struct.pack("<4i", c, r, c + rng.randint(0, 3), r + rng.randint(0, 3)), struct.pack("<4i", -1, r, -1, r)])

    def section(self):
        return struct.pack("<3i", 0, 5, self.rng.choice([-1, 0])) + self.string(b"DECOY")

    def names(self):
        if self.version == 2:
            return b""
        n = self.rng.choice([0, 0, 2])
        return struct.pack("<I", n) + b"".join(self.string(b"DECOY") + struct.pack("<7i", 0, 1, 2, 3, 4, 5, 6) for _ in range(n))

    def document(self):
        rng = self.rng
        rows = ascending(rng, rng.choice([0, 1, 3, 20]), 1048576 if rng.random() < 0.05 else 5000)
        declared = rng.choice([0, len(rows), 123, 5000])
        data = b"MOXCEL\0\0\0\0\0" + struct.pack("<Hiii", self.version, rng.choice([0, 5, 123, 16384, 0x7B]), declared, rng.randint(0, 99)) + self.decoy()
        fonts = ascending(rng, rng.randint(0, 3), 99)
        data += self.keyed(fonts, [bytes(rng.randrange(256) for _ in range(60)) for _ in fonts])
        data += self.keyed([0, 4], [self.string(b"DECOY"), self.string(b"")]) if rng.random() < 0.2 else self.keyed([], [])
        data += self.decoy() + self.decoy()
        columns = ascending(rng, rng.randint(0, 4), 16384)
        data += self.keyed(columns, [self.decoy() for _ in columns])
        data += self.keyed(rows, [self.row(row) for row in rows])
        data += self.list(self.drawing) + self.list(self.merge) + self.list(self.section) + self.list(self.section)
        data += self.list(lambda: struct.pack("<i", 7)) + self.list(lambda: struct.pack("<i", 9)) + self.names()
        return data, table(self.cells)


def binary_report(rows, version=6):
    """Rows of (text, content type), from column 0 on; nothing else is in it."""
    def cell(text="", kind=0):
        fixed = bytearray(struct.pack("<I", 0x80000000 if text else 0) + bytes(VERSIONS[version] - 4))
        fixed[27] = kind
        return bytes(fixed) + (string(text.encode("cp1251")) if text else b"")

    def keyed(records):
        return count(len(records)) + struct.pack(f"<{len(records)}i", *range(len(records))) + count(len(records)) + b"".join(records)

    head = b"MOXCEL\0\0\0\0\0" + struct.pack("<Hiii", version, 3, len(rows), 0) + cell() + keyed([]) * 2 + cell() * 2 + keyed([])
    return head + keyed([cell() + keyed([cell(*text) for text in row]) for row in rows]) + count(0) * 6 + struct.pack("<I", 0)


# ---- XML form ---------------------------------------------------------------------------------------------------------

SHEET = "http://v8.1c.ru/8.2/data/spreadsheet"
CORE = "http://v8.1c.ru/8.1/data/core"


class Xml:
    def __init__(self, rng):
        self.rng, self.cells = rng, {}
        self.cur = rng.choice(LANGUAGES)
        self.prefix, self.core = rng.choice(["", "", "ss:"]), rng.choice(["v8:", "v8:", "c:"])
        self.shown, self.text = lambda entries: Brace.shown(self, entries), lambda: Brace.text(self).replace("\x01", "").replace("\0", "")

    def element(self, name, *inner):
        return f"<{self.prefix}{name}>" + "".join(map(str, inner)) + f"</{self.prefix}{name}>" + self.rng.choice(["", "", "\n  ", "<!-- DECOY -->"])

    def escaped(self, text):
        rng = self.rng
        if text and "\r" not in text and "]]>" not in text and rng.random() < 0.15:
            return text[:1].replace("&", "&amp;").replace("<", "&lt;") + "<![CDATA[" + text[1:] + "]]>"
        for char, name in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\r", "&#13;"), ('"', rng.choice(['"', "&quot;"])), ("№", rng.choice(["№", "&#x2116;"]))):
            text = text.replace(char, name)
        return text

    def localised(self, entries):
        c, tags = self.core, []
        for language, text in entries:
            lang = f"<{c}lang/>" if language == "" and self.rng.random() < 0.5 else f"<{c}lang>{language}</{c}lang>"
            tags.append(f"<{c}item>{lang}<{c}content>{self.escaped(text)}</{c}content></{c}item>")
        return self.element("tl", *tags)

    def cell(self, row, column, told):
        rng = self.rng
        inner = [self.element("f", rng.randint(0, 9))] if rng.random() < 0.8 else []
        if rng.random() < 0.8:
            entries = [(lang, self.text()) for lang in rng.sample(LANGUAGES, rng.choice([0, 1, 1, 1, 2]))]
            inner.append(self.localised(entries))
            self.cells[row, column] = self.shown(entries)
        if rng.random() < 0.1:
            inner.append(self.element("parameter", "DECOY"))
        if rng.random() < 0.1:
            inner.append(self.element("detailParameter", "DECOY"))
        if rng.random() < 0.05:
            inner.append(self.element("note", self.localised([("#", "DECOY")]), self.element("c", self.localised([("#", "DECOY")]))))
        return self.element("c", *([self.element("i", column)] if told else []), self.element("c", *inner))

    def row(self, number):
        rng = self.rng
        head = [self.element("columnsID", GUID % (7, rng.randint(0, 3)))] if rng.random() < 0.3 else []
        head += [self.element("formatIndex", rng.randint(0, 9))] if rng.random() < 0.5 else []
        columns = ascending(rng, rng.choice([0, 1, 2, 6]), 16384)
        if not columns:
            return self.element("row", *head, self.element("empty", "true")), columns
        made = [self.cell(number, c, rng.random() < 0.2 or c != (columns[i - 1] + 1 if i else 0)) for i, c in enumerate(columns)]
        return self.element("row", *head, *made), columns

    def rows(self):
        rng, made, at = self.rng, [], -1
        for _ in range(rng.choice([0, 1, 4, 12])):
            at += rng.choice([1, 1, 1, 4])
            row, columns = self.row(at)
            last = at + rng.choice([0, 0, 0, 0, 1, 5])
            if not columns and rng.random() < 0.2:
                last = at + 100000
            made.append(self.element("rowsItem", self.element("index", at), *([self.element("indexTo", last)] if last > at or rng.random() < 0.1 else []), row))
            for again in range(at + 1, last + 1 if columns else 0):
                for column in columns:
                    self.cells[again, column] = self.cells.get((at, column), "")
            at = last
        return made

    def root(self):
        rng = self.rng
        decoys = [self.element("drawing", self.localised([("#", "DECOY")])), self.element("namedItem", self.element("name", "DECOY")),
                  self.element("format", self.element("width", 72)), self.element("leftHeader", self.element("c", self.localised([("#", "DECOY")])))]
        parts = [self.element("languageSettings", self.element("currentLanguage", self.cur), self.element("defaultLanguage", "DECOY"))]
        parts += [self.element("columns", self.element("size", 3)), *self.rows(), self.element("height", 9)]
        parts += [self.element("merge", self.element("r", 1), self.element("c", 0), *([self.element("w", 2)] if rng.random() < 0.5 else []))]
        name = self.prefix + rng.choice(["document", "SpreadsheetDocument"])
        spaces = [f'xmlns{":" + self.prefix[:-1] if self.prefix else ""}="{SHEET}"', f'xmlns:{self.core[:-1]}="{CORE}"', 'xmlns:xs="http://www.w3.org/2001/XMLSchema"']
        spaces += [f'xmlns:p{i}="http://v8.1c.ru/8.1/data/filler-{i}"' for i in range(rng.choice([0, 0, 20]))]
        rng.shuffle(spaces)
        return f"<{name} {' '.join(spaces)}>" + "".join(parts + rng.sample(decoys, rng.randint(0, 4))) + f"</{name}>"

    def document(self):
        rng = self.rng
        text = rng.choice(["", "<!-- " + "DECOY " * rng.choice([1, 200]) + "-->\n", "<?pi DECOY?>"]) + self.root() + rng.choice(["", "\n"])
        coded = rng.choice(["utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-16-be"])
        if coded == "utf-16-be":
            return b"\xfe\xff" + ('<?xml version="1.0" encoding="UTF-16"?>' + text).encode(coded), table(self.cells)
        head = rng.choice(["", f'<?xml version="1.0" encoding="{"UTF-16" if coded == "utf-16" else "UTF-8"}"?>\n'])
        blanks = rng.choice(["", "", " \r\n", "\t" * 700]) if coded.startswith("utf-8") else ""
        return (blanks + head + text).encode(coded), table(self.cells)
