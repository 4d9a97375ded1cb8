"""A second .xlsx reader, for clarity alone: what `priceforge-cells` must print of a workbook, or the class it must be refused with.

It holds everything in memory, reads XML by expat only, computes with Python's own floats, dates and zlib, and shares nothing with the
reader in C but the rules. Of the limits it knows those that a small file can break."""
import datetime
import re
import struct
import zlib
from xml.parsers import expat

MAX_ROW, MAX_COLUMN = 1048576, 16384
TEXT_MAX, DEPTH_MAX, TOKEN_MAX = 32767, 64, 4 << 20
RATIO, RATIO_FREE = 250, 8 << 20
BLANKS = " \t\r\n"


class Refused(Exception):
    """A file that must be refused; the argument is the class."""


# ---- ZIP


def fold(name):
    name = name.replace("\\", "/").lstrip("/")
    return "".join(c.lower() if "A" <= c <= "Z" else c for c in name)


class Entry:
    def __init__(self, flags, method, crc, packed, size, offset, name_length):
        self.flags, self.method, self.crc, self.packed, self.size, self.offset = flags, method, crc, packed, size, offset
        self.least_end = offset + 30 + name_length + packed


def end_record(data):
    """Number of entries, length and offset of the directory."""
    for at in range(len(data) - 22, max(-1, len(data) - 22 - 65536), -1):
        if data[at:at + 4] == b"PK\5\6" and at + 22 + struct.unpack_from("<H", data, at + 20)[0] == len(data):
            break
    else:
        raise Refused("zip-truncated")
    if struct.unpack_from("<H", data, at + 4)[0] not in (0, 0xffff):  # one of several volumes
        raise Refused("zip-truncated")
    found = struct.unpack_from("<HII", data, at + 10)
    if at >= 20 and data[at - 20:at - 16] == b"PK\6\7":
        at = struct.unpack_from("<Q", data, at - 12)[0]
        if data[at:at + 4] != b"PK\6\6":
            raise Refused("zip-truncated")
        found = struct.unpack_from("<QQQ", data, at + 32)
    if found[2] + found[1] > at or found[0] * 46 > found[1]:
        raise Refused("zip-truncated")
    return found


def wide_fields(extra, fields):
    """Sizes and offset with what stands in extra field 1 for those that have all bits set."""
    while len(extra) >= 4:
        kind, length = struct.unpack_from("<HH", extra)
        if kind == 1:
            values = iter(struct.unpack_from(f"<{length // 8}Q", extra, 4))
            return [next(values) if field == 0xffffffff else field for field in fields]
        extra = extra[4 + length:]
    return fields


def directory(data):
    """Entries by their folded names."""
    count, _, at = end_record(data)
    directory_at, entries, by_name = at, [], {}
    for _ in range(count):
        if data[at:at + 4] != b"PK\1\2":
            raise Refused("zip-truncated")
        flags, method, crc, packed, size, name_n, extra_n, comment_n = struct.unpack_from("<8xHH4xIIIHHH", data, at)
        offset = struct.unpack_from("<I", data, at + 42)[0]
        name = data[at + 46:at + 46 + name_n]
        size, packed, offset = wide_fields(data[at + 46 + name_n:at + 46 + name_n + extra_n], [size, packed, offset])
        entries.append((fold(name.decode("utf-8", "surrogateescape")), Entry(flags, method, crc, packed, size, offset, name_n)))
        at += 46 + name_n + extra_n + comment_n
    if data[at:at + 4] == b"PK\1\2":
        raise Refused("zip-truncated")
    ordered = sorted((entry.offset, entry.least_end) for _, entry in entries)
    if any(end > following for (_, end), following in zip(ordered, [begin for begin, _ in ordered[1:]] + [directory_at])):
        raise Refused("zip-bomb")
    for name, entry in entries:
        if name in by_name:
            raise Refused("duplicate-entry")
        by_name[name] = entry
    return by_name


def part(data, entry):
    """The bytes of an entry, checked."""
    if entry.flags & 1:
        raise Refused("encrypted")
    if entry.method not in (0, 8):
        raise Refused("zip-method")
    if data[entry.offset:entry.offset + 4] != b"PK\3\4":
        raise Refused("zip-corrupt")
    begin = entry.offset + 30 + sum(struct.unpack_from("<HH", data, entry.offset + 26))
    packed = data[begin:begin + entry.packed]
    if entry.method == 0:
        out = packed
    else:
        inflater = zlib.decompressobj(-15)
        try:
            out = inflater.decompress(packed, max(RATIO_FREE, RATIO * len(packed)) + 1)
        except zlib.error:
            raise Refused("zip-corrupt") from None
        if len(out) > max(RATIO_FREE, RATIO * len(packed)):
            raise Refused("zip-bomb")
        if not inflater.eof:
            raise Refused("zip-corrupt")
    if len(out) != entry.size or zlib.crc32(out) != entry.crc:
        raise Refused("zip-corrupt")
    return out


# ---- XML


class Node:
    """An element: local name, attributes by their full names, children: texts and nodes."""

    def __init__(self, name, attributes):
        self.name, self.attributes, self.children = name.rpartition(":")[2], attributes, []

    def all(self, name):
        return [child for child in self.children if isinstance(child, Node) and child.name == name]

    def text(self):
        return "".join(child for child in self.children if isinstance(child, str))

    def holds(self, names):
        return self.name in names or any(child.holds(names) for child in self.children if isinstance(child, Node))


def parse(text):
    """The root element of a part."""
    parser, stack, roots = expat.ParserCreate(), [], []

    def start(name, attributes):
        node = Node(name, attributes)
        if len(stack) == DEPTH_MAX:
            raise Refused("xml-limit")
        token("".join(attributes.values()) + name)
        (stack[-1].children if stack else roots).append(node)
        stack.append(node)

    def token(text, more=""):
        if len(text + more) > TOKEN_MAX:
            raise Refused("xml-limit")

    def doctype(*_):
        raise Refused("xml-dtd")

    parser.StartElementHandler = start
    def declaration(_version, encoding, _standalone):
        if (encoding or "utf-8").lower() not in ("utf-8", "us-ascii", "utf-16", "utf-16le", "utf-16be"):
            raise Refused("xml-malformed")

    parser.XmlDeclHandler = declaration
    parser.EndElementHandler = lambda _: stack.pop()
    parser.CharacterDataHandler = lambda piece: stack[-1].children.append(piece)
    parser.StartDoctypeDeclHandler = doctype
    parser.CommentHandler = parser.ProcessingInstructionHandler = token
    try:
        parser.Parse(text, True)
    except (expat.ExpatError, LookupError):  # no XML, or in an encoding that nobody knows
        raise Refused("xml-malformed") from None
    return roots[0]


# ---- Package


def resolve(source, target):
    """The folded name of a relationship's target."""
    decoded = re.sub(b"%([0-9A-Fa-f]{2})", lambda m: bytes([int(m[1], 16)]), target.encode("utf-8")).decode("utf-8", "surrogateescape")
    decoded = decoded.replace("\\", "/")
    path = [] if decoded.startswith("/") else source.split("/")[:-1]
    for step in decoded.split("/"):
        if step == "..":
            path = path[:-1]
        elif step not in ("", "."):
            path.append(step)
    return fold("/".join(path))


class Relationships:
    def __init__(self, book, source):
        folder, _, base = source.rpartition("/")
        name = f"{folder}/_rels/{base}.rels".lstrip("/")
        root = book.xml(name) if name in book.entries else Node("none", {})
        self.list = [(rel.attributes["Id"], rel.attributes["Type"].rpartition("/")[2],
                      None if rel.attributes.get("TargetMode") == "External" else resolve(source, rel.attributes["Target"]))
                     for rel in root.all("Relationship") if {"Id", "Type", "Target"} <= rel.attributes.keys()]

    def target(self, kind):
        return next((target for _, has, target in self.list if has == kind), None)

    def by_id(self, wanted):
        return next(((kind, target) for name, kind, target in self.list if name == wanted), (None, None))


class Book:
    def __init__(self, data):
        self.data, self.entries = data, directory(data)
        self.refuse_types_with_dtd()
        package = Relationships(self, "")
        main = package.target("officeDocument")
        if all(kind != "officeDocument" for _, kind, _ in package.list):
            main = "xl/workbook.xml"
        if main not in self.entries:
            raise Refused("not-spreadsheet" if "mimetype" in self.entries else "missing-part")
        if main.endswith(".bin"):
            raise Refused("xlsb")
        self.main, self.root = main, self.xml(main)
        if self.root.name != "workbook":
            raise Refused("not-spreadsheet")
        self.rels = Relationships(self, main)
        self.date1904 = any(truth(pr.attributes.get("date1904")) for pr in self.root.all("workbookPr"))
        self.formats = formats(self.optional("styles"))
        self.strings = strings(self.optional("sharedStrings"))

    def xml(self, name):
        return parse(part(self.data, self.entries[name]))

    def refuse_types_with_dtd(self):
        """The list of content types is not needed, but what stands in it is not let pass."""
        try:
            self.xml("[content_types].xml")
        except (KeyError, Refused) as fault:
            if fault.args == ("xml-dtd",):
                raise

    def optional(self, kind):
        """A part by its relationship; where there is none, beside the workbook under its usual name."""
        name = self.rels.target(kind)
        if kind not in (has for _, has, _ in self.rels.list):
            name = resolve(self.main, kind + ".xml")
        return self.xml(name) if name in self.entries else None

    def sheets(self):
        found = []
        for sheet in (sheet for sheets in self.root.all("sheets") for sheet in sheets.all("sheet")):
            ids = [value for name, value in sheet.attributes.items() if name.endswith(":id")]
            kind, target = self.rels.by_id(ids[0]) if ids else (None, None)
            if kind == "worksheet" and target in self.entries:
                hidden = sheet.attributes.get("state") in ("hidden", "veryHidden")
                found.append({"name": sheet.attributes.get("name", ""), "hidden": hidden, "cells": cells(self, self.xml(target))})
        if not found:
            raise Refused("missing-part")
        return found


def truth(word):
    return word in ("1", "true")


# ---- Styles


BUILTIN_DATES = {*range(14, 23), *range(27, 37), 45, 47, *range(50, 59), *range(71, 80), 81}
BUILTIN_CLOCKS = {*range(18, 22), *range(32, 36), 45, 47, 55, 56, 75, 76, 78, 79}


def bare(code):
    """The first section of a format without its literals and brackets, and what stood in the brackets."""
    left, brackets = "", []
    while code and code[0] != ";":
        if code[0] == '"':
            code = code[1:].partition('"')[2]
        elif code[0] in "\\_*":
            code = code[2:]
        elif code[0] == "[":
            inside, _, code = code[1:].partition("]")
            brackets.append(inside.lower())
        else:
            left, code = left + code[0], code[1:]
    return left, brackets


def format_of_code(code):
    """'' for a number, else 'day' or 'clock' for what it shows of a moment."""
    left, brackets = bare(code)
    left = left.lower()
    if any(re.fullmatch("h+|m+|s+", inside) for inside in brackets) or left in ("general", "standard") or re.search(r"e[+-]", left):
        return ""
    clock = "am/pm" in left or bool(set(left) & set("hs"))
    left = left.replace("am/pm", "")
    if set(left) & set("yd") or ("m" in left and not clock):
        return "day"
    return "clock" if clock else ""


def leading_number(text):
    return int(re.match("[0-9]*", text)[0] or 0)


def formats(root):
    """What each cell style shows: see format_of_code()."""
    if root is None:
        return []
    own = {leading_number(fmt.attributes["numFmtId"]): format_of_code(fmt.attributes["formatCode"])
           for numbers in root.all("numFmts") for fmt in numbers.all("numFmt") if {"numFmtId", "formatCode"} <= fmt.attributes.keys()}
    ids = [leading_number(xf.attributes.get("numFmtId", "")) for group in root.all("cellXfs") for xf in group.all("xf")]
    return [own[i] if i in own else "clock" if i in BUILTIN_CLOCKS else "day" if i in BUILTIN_DATES else "" for i in ids]


# ---- Text


def unescape(text):
    def code(match):
        unit = int(match[1], 16)
        if match[2]:
            return chr(0x10000 + ((unit - 0xd800) << 10) + int(match[2], 16) - 0xdc00)
        return "\ufffd" if unit == 0 or 0xd800 <= unit < 0xe000 else chr(unit)
    return re.sub("_x([Dd][89ABab][0-9A-Fa-f]{2})__x([Dd][C-Fc-f][0-9A-Fa-f]{2})_|_x([0-9A-Fa-f]{4})_",
                  lambda m: code(m) if m[1] else code((m[0], m[3], None)), text)


def limited(text):
    if len(text.encode("utf-16-le", "surrogatepass")) // 2 > TEXT_MAX:
        raise Refused("xml-limit")
    return text


def item(node):
    """The text of an si or is element."""
    if node.name == "rPh":
        return ""
    if node.name == "t":
        return node.text()
    return "".join(item(child) for child in node.children if isinstance(child, Node))


def strings(root):
    if root is None:
        return []
    if root.name != "sst":
        raise Refused("xml-malformed")
    return [limited(unescape(item(si))) for si in root.all("si")]


# ---- Values


def number(text):
    """The double that a text stands for, or None."""
    text = text.strip(BLANKS)
    value = float(text) if re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?", text) else None
    return None if value in (None, float("inf"), float("-inf")) else value


def ecmascript(value):
    """As ECMAScript writes a Number; Python finds the same digits but lays them out differently."""
    if value == 0:
        return "0"
    sign, digits, exponent = re.fullmatch(r"(-?)([0-9.]+)(?:e([+-][0-9]+))?", repr(value)).groups()
    whole, _, rest = digits.partition(".")
    point = len(whole) + int(exponent or 0)
    digits = whole + rest
    point -= len(digits) - len(digits.lstrip("0"))
    digits = digits.strip("0")
    if 0 < point <= 21:
        digits = digits.ljust(point, "0")
        return sign + digits[:point] + ("." + digits[point:] if digits[point:] else "")
    if -6 < point <= 0:
        return sign + "0." + "0" * -point + digits
    return f"{sign}{digits[0]}{'.' if digits[1:] else ''}{digits[1:]}e{point - 1:+d}"


def clock(ms):
    text = f"{ms // 3600000:02}:{ms // 60000 % 60:02}:{ms // 1000 % 60:02}"
    return text + (f".{ms % 1000:03}" if ms % 1000 else "")


def moment(day, ms):
    return day.isoformat() + ("T" + clock(ms) if ms else "")


def date(serial, date1904, shows_day):
    """ISO 8601 text of a serial, or None."""
    if not 0 <= serial < 3000000:
        return None
    day, ms = divmod(int(serial * 86400000 + 0.5), 86400000)
    if day == 0 and not (date1904 and shows_day):
        return clock(ms)
    if day == 60 and not date1904:
        return None
    epoch = datetime.date(1904, 1, 1) if date1904 else datetime.date(1899, 12, 31 if day < 60 else 30)
    if day > (datetime.date.max - epoch).days:
        return None
    return moment(epoch + datetime.timedelta(days=day), ms)


def iso_date(text):
    """Our form of an ISO 8601 text, or None."""
    match = re.fullmatch(r"(?:([0-9]{4})-([0-9]{2})-([0-9]{2}))?(?:(^|[T ])([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]+))?)?"
                         r"(?:Z|[+-][0-9]{2}:[0-9]{2})?)?", text)
    if not match or not text or (match[1] and match[4] == "") or (not match[1] and match[4] != ""):
        return None
    try:
        day = datetime.date(int(match[1]), int(match[2]), int(match[3])) if match[1] else None
        datetime.time(int(match[5] or 0), int(match[6] or 0), int(match[7] or 0))
    except ValueError:
        return None
    fraction = (match[8] or "0").ljust(4, "0")
    ms = (int(match[5] or 0) * 3600 + int(match[6] or 0) * 60 + int(match[7] or 0)) * 1000 + int(fraction[:3]) + (fraction[3] >= "5")
    ms = min(ms, 86399999)
    return moment(day, ms) if day else clock(ms)


def of_number(text, shows, date1904):
    value = number(text)
    if value is None:
        return "s", limited(text)
    text = date(value, date1904, shows == "day") if shows else None
    return ("d", text) if text else ("n", ecmascript(value))


def of_shared(text, shared):
    text = text.strip(BLANKS)
    if text and not (re.fullmatch("[0-9]+", text) and int(text) < len(shared)):
        raise Refused("bad-shared-index")
    return "s", shared[int(text)] if text else ""


def of_value(book, kind, style, text):
    """Type and text of a v element."""
    if text == "":
        return "n", ""
    if kind == "s":
        return of_shared(text, book.strings)
    if kind in ("str", "inlineStr"):
        return "s", limited(unescape(text))
    if kind == "b":
        word = {"1": "true", "true": "true", "0": "false", "false": "false"}.get(text.strip(BLANKS))
        return ("b", word) if word else ("s", limited(text))
    if kind == "e":
        return "e", limited(text)
    if kind == "d":
        made = iso_date(text.strip(BLANKS))
        return ("d", made) if made else of_number(text, "day", book.date1904) if text.strip(BLANKS) else ("n", "")
    return of_number(text, book.formats[style] if style < len(book.formats) else "", book.date1904)


# ---- Worksheet


def reference(text):
    """Row and column of "B7", counted from 1; None if it cannot be read."""
    match = re.fullmatch(r"\$?([A-Za-z]+)\$?([0-9]+)", text)
    return within(int(match[2]), letters(match[1])) if match else None


def letters(text):
    column = 0
    for letter in text.upper():
        column = column * 26 + ord(letter) - 64
    return column


def within(row, column=1):
    if not (1 <= row <= MAX_ROW and 1 <= column <= MAX_COLUMN):
        raise Refused("bad-reference")
    return row, column


def row_number(row, before):
    """By its own number, that of the first cell that has one, or one below the row before."""
    given = row.attributes.get("r")
    if given:
        return within(int(given) if re.fullmatch("[0-9]+", given) else 0)[0]
    named = next(filter(None, (reference(cell.attributes.get("r", "")) for cell in row.all("c"))), None)
    return named[0] if named else within(before + 1)[0]


def column_number(cell, before, reach, vague):
    """By its reference or, if it has none that can be read, right of the cell before. With an unreadable one in the row
    the columns must ascend, and its letters must be those of the column."""
    text = cell.attributes.get("r", "")
    named = reference(text)
    column = named[1] if named else within(1, before + 1)[1]
    said = re.match(r"\$?([A-Za-z]+)", text)
    if vague and column <= reach or not named and said and letters(said[1]) != column:
        raise Refused("bad-reference")
    return column


def cell_values(book, cell):
    style = cell.attributes.get("s") or "0"
    style = int(style) if re.fullmatch("[0-9]+", style) else 1 << 32
    kind = cell.attributes.get("t", "n")
    for child in cell.children:
        if isinstance(child, Node) and child.name == "v" and not (kind == "inlineStr" and cell.all("is")):
            yield of_value(book, kind, style, child.text())
        elif isinstance(child, Node) and child.name == "is":
            yield "s", limited(unescape(item(child)))


def cells(book, root):
    """Cells by row and column; of several values for one place the last that is one counts."""
    found, row_at, any_row, filled, reach, vague = {}, 0, False, 0, 0, False
    if root.name != "worksheet":
        raise Refused("not-spreadsheet")
    for row in (row for data in root.all("sheetData") for row in data.all("row")):
        before, row_at, column, any_row = row_at, row_number(row, row_at), 0, True
        listed = row.all("c")
        guessed = not row.attributes.get("r") and listed and not reference(listed[0].attributes.get("r", ""))
        filled, reach, vague = (filled, reach, vague) if row_at == before and not guessed else (0, 0, False)
        for cell in listed:
            if cell.attributes.get("r") and not reference(cell.attributes["r"]) and not vague:
                vague, reach = True, filled
            column = column_number(cell, column, reach, vague)
            reach = column
            for kind, text in cell_values(book, cell):
                if text:
                    found[row_at - 1, column - 1] = [row_at - 1, column - 1, kind, text]
                    filled = max(filled, column)
    if not any_row and root.holds({"v", "t"}):
        raise Refused("xml-malformed")
    return [found[place] for place in sorted(found)]


def read(data):
    """What priceforge-cells prints of these bytes. Raises Refused."""
    if not data:
        raise Refused("empty-file")
    if data[:4] not in (b"PK\3\4", b"PK\5\6"):
        raise Refused("not-zip")
    return {"sheets": Book(data).sheets()}
