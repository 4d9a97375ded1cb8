"""Workbooks with one fault, and the class each must be refused with: damaged(rng) gives the name of the fault, the bytes, and the class.

The sound workbook is random, and so are the part, the place and the kind of the damage."""
import re
import struct

from xlsx_random import Maker
from xlsx_write import E, Packed, archive, document

CODECS = {"utf-16-le-bare": "utf-16-le", "utf-16-be-bare": "utf-16-be"}


class Damage:
    """A sound workbook on the way to be written, and where it can be hurt."""

    def __init__(self, rng):
        self.rng, self.maker = rng, Maker(rng)
        self.maker.workbook()
        for name in self.maker.roles["sheet"]:
            self.data(name).children.insert(0, E("row"))  # values elsewhere are no fault where there is a row

    def part(self, *roles):
        """Name of a part that is read."""
        names = [name for role in roles or ("rels", "book", "sheet", "strings", "styles") for name in self.maker.roles.get(role, [])]
        return self.rng.choice(names) if names else None

    def rewrite(self, name, change):
        """Replace the markup of a part: change(text) behind its declaration."""
        root, style = self.maker.parts[name]
        codec = CODECS.get(style.encoding, style.encoding)
        text = document(style, root).decode(codec)
        head = re.match("\ufeff?(<[?]xml .*?[?]>)?", text, re.S)[0]
        self.maker.parts[name] = (change(text[len(head):], head).encode(codec, "surrogatepass"), style)

    def change(self, name, change):
        self.rewrite(name, lambda text, head: head + change(text))

    def rows(self):
        """Row elements of the worksheets that are read."""
        return [row for name in self.maker.roles["sheet"] for data in self.maker.parts[name][0].children
                if isinstance(data, E) and data.name == "sheetData" for row in data.children]

    def cell(self, *children, **attributes):
        """Put one more cell at the end of some row, or a row with it at the end of a sheet."""
        rows = [row for row in self.rows() if row.attributes.get("r")]
        cell = E("c", *children, **{"r": "A1", **attributes})
        if rows and self.rng.random() < 0.8:
            self.rng.choice(rows).children.append(cell)
        else:
            self.row(E("row", cell, r=1))

    def data(self, name):
        return next(child for child in self.maker.parts[name][0].children if isinstance(child, E) and child.name == "sheetData")

    def row(self, *rows):
        self.data(self.part("sheet")).children.extend(rows)

    def bytes(self, entries=None):
        return archive(entries or self.maker.entries(), self.rng)


def inner(text):
    """Places between the tags within the root."""
    free = re.sub(r"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<[?].*?[?]>", lambda m: "\0" * len(m[0]), text, flags=re.S)
    first = re.search(r"<[^?!]([^>\"']|\"[^\"]*\"|'[^']*')*>", free).end()
    last = free.rfind("</")
    return [match.start() for match in re.finditer("<(?=[^\0])", free) if first <= match.start() <= last]


def put(rng, text, what):
    """Insert `what` before some tag within the root."""
    places = inner(text)
    at = rng.choice(places) if places else None
    if at is None:  # <root/>
        return re.sub(r"/>\s*(<!--.*?-->|<[?].*?[?]>)?\s*$", f">{what}</root>", text, flags=re.S)
    return text[:at] + what + text[at:]


# ---- Faults of the archive: change the entries or the bytes


def needed(entries, rng):
    return rng.choice([entry for entry in entries if entry.needed])


def zip_crc(d):
    entries = d.maker.entries()
    needed(entries, d.rng).crc ^= 1 << d.rng.randrange(32)
    return d.bytes(entries), "zip-corrupt"


def zip_size(d):
    entries = d.maker.entries()
    entry = needed(entries, d.rng)
    entry.size = max(0, entry.size + d.rng.choice([-1, 1, 70000, -5, -entry.size]))
    return d.bytes(entries), "zip-corrupt"


def zip_flipped(d):
    """A bit of the packed data; what comes out may be no XML any more, but it is damage all the same."""
    entries = d.maker.entries()
    entry = needed(entries, d.rng)
    data, at = bytearray(entry.packed), d.rng.randrange(len(entry.packed) - 1)
    data[at] ^= 1 << d.rng.randrange(8)
    entry.packed = bytes(data)
    return d.bytes(entries), "zip-corrupt"


def zip_cut_part(d):
    entries = d.maker.entries()
    entry = needed(entries, d.rng)
    entry.packed = entry.packed[:d.rng.randrange(len(entry.packed) - 2)]
    return d.bytes(entries), "zip-corrupt"


def zip_local(d):
    data = d.bytes(entries := d.maker.entries())
    at = needed(entries, d.rng).offset + d.rng.randrange(4)
    return (data[:at] + b"x" + data[at + 1:], "zip-corrupt") if at >= 4 else (b"QK" + data[2:], "not-zip")


def zip_method(d):
    entries = d.maker.entries()
    needed(entries, d.rng).method = d.rng.choice([1, 6, 9, 12, 14, 93, 95, 98, 99])
    return d.bytes(entries), "zip-method"


def zip_encrypted(d):
    entries = d.maker.entries()
    chosen = d.rng.choice([entries, [needed(entries, d.rng)]])
    for entry in chosen:
        entry.flags |= 1
    return d.bytes(entries), "encrypted"


def zip_duplicate(d):
    entries = d.maker.entries()
    name = d.rng.choice(entries).name
    again = d.rng.choice([name, name.lower(), name.upper() if name.isascii() else name, name.replace(b"/", b"\\"), b"/" + name])
    entries.insert(d.rng.randrange(len(entries) + 1), Packed(again, b"other", d.rng))
    return d.bytes(entries), "duplicate-entry"


def zip_overlap(d):
    entries = d.maker.entries()
    at = d.rng.randrange(1, len(entries) - 1)
    entries[at].shares = entries[d.rng.randrange(at)]
    while entries[at].shares.shares:
        entries[at].shares = entries[at].shares.shares
    for field in ("packed", "size", "crc", "method"):
        setattr(entries[at], field, getattr(entries[at].shares, field))
    return d.bytes(entries), "zip-bomb"


def zip_truncated(d):
    data = d.bytes()
    cut = d.rng.choice([d.rng.randrange(len(data)), len(data) - d.rng.randrange(1, 60), d.rng.randrange(8)])
    return data[:cut], "empty-file" if cut == 0 else "not-zip" if cut < 4 else "zip-truncated"


def zip_junk_behind(d):
    return d.bytes() + d.rng.choice([b"\0", b"\r\n", bytes(100), b"PK\5\6"]), "zip-truncated"


def zip_directory(d):
    """One field of the end record, or the signature of some record of the directory."""
    rng = d.rng
    data = bytearray(archive(d.maker.entries(), rng, plain=True))
    end = len(data) - 22
    count, _, begin = struct.unpack_from("<HII", data, end + 10)
    kind = rng.choice(["more", "fewer", "offset", "length", "disk", "signature"])
    if kind in ("more", "fewer"):
        struct.pack_into("<H", data, end + 10, count + (1 if kind == "more" else -1))
    elif kind == "offset":
        struct.pack_into("<I", data, end + 16, begin + rng.choice([-46, 1, 1 << 20, -begin]))
    elif kind == "length":
        struct.pack_into("<I", data, end + 12, rng.choice([0, 45, 0xfffffff0]))
    elif kind == "disk":
        struct.pack_into("<H", data, end + 4, 1)
    else:
        records = [match.start() for match in re.finditer(b"PK\1\2", data) if match.start() >= begin]
        data[rng.choice(records) + rng.randrange(4)] ^= 0x20
    return bytes(data), "zip-truncated"


# ---- Faults of XML, in any part that is read


def xml_dtd(d):
    name = d.part("rels", "book", "sheet", "strings", "styles", "types")
    dtd = d.rng.choice(["<!DOCTYPE x>", '<!DOCTYPE x SYSTEM "file:///etc/passwd">', '<!DOCTYPE a [<!ENTITY b "c">]>',
                        "<!DOCTYPE a [<!ENTITY % p SYSTEM 'u'> %p;]>", "<!DOCTYPE\nhtml PUBLIC '-//x' 'y'>"])
    d.change(name, lambda text: d.rng.choice(["", "<!-- x -->", "\n"]) + dtd + text)
    return d.bytes(), "xml-dtd"


def xml_deep(d):
    depth = d.rng.choice([64, 65, 1000])
    d.change(d.part(), lambda text: put(d.rng, text, "<x:y>" * depth + "</x:y>" * depth))
    return d.bytes(), "xml-limit"


def xml_giant(d):
    giant = "x" * (4 << 20) + d.rng.randbytes(50000).hex()  # not so even that its ratio alone would be a fault
    token = d.rng.choice([f'<y z="{giant}"/>', f"<{giant}/>", f"<!--{giant}-->", f"<?p {giant}?>"])
    d.change(d.part(), lambda text: put(d.rng, text, token))
    return d.bytes(), "xml-limit"


def xml_cut(d):
    def cut(text):
        end = re.search(r"(\s|<!--((?!-->).)*-->|<[?]((?![?]>).)*[?]>)*$", text, re.S).start()
        return text[:d.rng.randrange(0, end)]
    d.change(d.part(), cut)
    return d.bytes(), "xml-malformed"


def xml_broken(d):
    broken = d.rng.choice(["&", "&nbsp;", "&#0;", "&#xFFFF;", "&#xD800;", "&amp", "<", "< y/>", "<y>", "</y>", "<y z=1/>",
                           "<y z='1' z='2'/>", "<y z='<'/>", "<y z='&'/>", "<y z='1'q='2'/>", "<y z/>", "]]>", "<![CDATA[", "<!-- -- -->",
                           "<!--", "<?", "<?xml version='1.0'?>", "<y></z>", "<1/>", "<y/ >", "<!y>", "\1", "\x0b", "\x1f", "\ufffe",
                           "\uffff", "\0", "<y z='\x02'/>", "<y z='&#1;'/>", "<!-- \3 -->", "<![cdata[]]>", "<?p \x08?>"])
    d.change(d.part(), lambda text: put(d.rng, text, broken))
    return d.bytes(), "xml-malformed"


def xml_around(d):
    """Something in front of the root or behind it."""
    d.rewrite(d.part(), lambda text, head: d.rng.choice([head + "x" + text, head + text + "<y/>", head + text + "x", head + text + "&#32;",
                                                         head + text + "<![CDATA[]]>",
                                                         " <?xml version='1.0'?>" + text, head + "</y>" + text]))
    return d.bytes(), "xml-malformed"


def xml_encoding(d):
    """Bytes that are not of the encoding, or another encoding."""
    name = d.part()
    root, style = d.maker.parts[name]
    style.encoding, style.declared = d.rng.choice(["utf-8", "utf-16-le", "utf-16-be"]), True
    data = document(style, root)
    wide = style.encoding != "utf-8"
    if wide:
        lone = "\ud800".encode(style.encoding, "surrogatepass")
        data = d.rng.choice([data + b"\0", data[:-1], data[:-2] + lone, data + lone, data.replace("?>".encode(style.encoding),
                                                                                                  "?>".encode(style.encoding) + lone, 1)])
    elif d.rng.random() < 0.5:
        data = re.sub(b"encoding='[^']*'", b"encoding='" + d.rng.choice([b"windows-1251", b"koi8-r", b"x", b"UTF-16", b"utf-7",
                                                                         b"UTF-32"]) + b"'", data, count=1)
    else:
        wrong = d.rng.choice([b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"\xc3", b"\xe2\x82", "Болт".encode("cp1251"),
                              b"\x80", b"\xef\xbf\xbe"])
        text = put(d.rng, data.decode("utf-8"), "\x1aHERE")
        data = text.encode("utf-8").replace(b"\x1aHERE", wrong)
    d.maker.parts[name] = (data, style)
    return d.bytes(), "xml-malformed"


# ---- Faults of the workbook


def long_text(d):
    text = d.rng.choice(["x" * 32768, "ё" * 32768, "\U0001f600" * 16384, "_x0041_" * 32768, "ab\n" * 20000, "x" * 300000])
    place = d.rng.choice(["v", "is", "n", "e", "strings"])
    if place == "strings" and "strings" in d.maker.roles:
        d.maker.parts[d.part("strings")][0].children.append(E("si", E("r", E("t", text[:100])), E("r", E("t", text[100:]))))
    elif place == "n" or place == "e":
        d.cell(E("v", text.replace("_x0041_", "ж") + "ж"), t=place)
    elif place == "v":
        d.cell(E("v", text), t="str")
    else:
        d.cell(E("is", E("t", text)), t="inlineStr")
    return d.bytes(), "xml-limit"


def bad_reference(d):
    rng = d.rng
    if rng.random() < 0.5:
        name = rng.choice(["XFE1", "ZZZ1", "AAAA1", "A0", "A1048577", "A4294967297", "$XFE$1", "A18446744073709551617", "xfe7",
                           "XFC", "XFC1B", "$XFC", "XFC1:XFD2", "ZZZ"])
        d.cell(E("v", "1"), r=name)
    elif rng.random() < 0.7:
        number = rng.choice(["0", "1048577", "4294967297", "18446744073709551617", "-1", "1.0", "x", "1e3", "$1"])
        d.row(E("row", E("c", E("v", "1"), r="A1"), r=number))
    elif rng.random() < 0.5:
        d.row(E("row", E("c", E("v", "1"), r="XFD9"), E("c", E("v", "1")), r=9))
    else:
        d.row(E("row", r=1048576), E("row", E("c", E("v", "1"))))
    return d.bytes(), "bad-reference"


def bad_index(d):
    index = d.rng.choice([str(len(d.maker.texts) if d.maker.with_strings else 0), "-1", "1.0", "x", "4294967296", "18446744073709551616",
                          "1e0", "+0", "0 0", "9" * 30])
    d.cell(E("v", index), t="s")
    return d.bytes(), "bad-shared-index"


def no_book(d):
    rels = next(name for name in d.maker.roles["rels"] if name.startswith("_rels/"))
    if d.maker.book == "xl/workbook.xml" or d.rng.random() < 0.5:
        d.maker.parts.pop(d.maker.book)
    else:
        d.maker.parts.pop(rels)
    return d.bytes(), "missing-part"


def no_sheet(d):
    """No worksheet part, or none that a relationship leads to."""
    rels = d.maker.parts[next(name for name in d.maker.roles["rels"] if name != "_rels/.rels")][0]
    how = d.rng.choice(["parts", "external", "type", "ids", "rels", "list"])
    if how == "parts":
        for name in d.maker.roles["sheet"]:
            d.maker.parts.pop(name)
    elif how == "rels":
        rels.children = []
    elif how == "list":
        book = d.maker.parts[d.maker.book][0]
        next(child for child in book.children if child.name == "sheets").children = []
    for rel in rels.children:
        if rel.attributes["Type"].endswith("/worksheet"):
            change = {"external": ("TargetMode", "External"), "ids": ("Id", rel.attributes["Id"] + "x"),
                      "type": ("Type", rel.attributes["Type"].replace("worksheet", d.rng.choice(["chartsheet", "dialogsheet",
                                                                                                 "xlMacrosheet"])))}
            if how in change:
                rel.attributes[change[how][0]] = change[how][1]
    return d.bytes(), "missing-part"


def other_document(d):
    role, name = d.rng.choice([("book", d.rng.choice(["presentation", "document", "Workbook", "html"])), ("sheet",
                                                                                                          d.rng.choice(["chartsheet",
                                                                                                                        "dialogsheet",
                                                                                                                        "sst",
                                                                                                                        "Worksheet"]))])
    part = d.maker.book if role == "book" else d.rng.choice(d.maker.roles["sheet"])
    d.maker.parts[part][0].name = name
    return d.bytes(), "not-spreadsheet"


def strings_of_other_kind(d):
    if "strings" not in d.maker.roles:
        return other_document(d)
    d.maker.parts[d.part("strings")][0].name = d.rng.choice(["SST", "worksheet", "si"])
    return d.bytes(), "xml-malformed"


def values_without_rows(d):
    for name in d.maker.roles["sheet"]:
        strays = [E("c", E("v", "1"))] if d.rng.random() < 0.5 else []
        d.maker.parts[name][0].children = [E("sheetData", E("x", E("row", E("c", E("v", "1")))), *strays)]
    return d.bytes(), "xml-malformed"


FAULTS = [zip_crc, zip_size, zip_flipped, zip_cut_part, zip_local, zip_method, zip_encrypted, zip_duplicate, zip_overlap, zip_truncated,
          zip_junk_behind, zip_directory, xml_dtd, xml_deep, xml_giant, xml_cut, xml_broken, xml_around, xml_encoding, long_text,
          bad_reference, bad_index, no_book, no_sheet, other_document, strings_of_other_kind, values_without_rows]


def damaged(rng, fault=None):
    fault = fault or rng.choice(FAULTS)
    data, cls = fault(Damage(rng))
    return fault.__name__, data, cls


# ---- Changes that may or may not be faults

SNIPPETS = ["<", ">", '"', "'", "&", "/", "=", " ", "\n", "<v>", "</v>", "<c>", "</c>", "<row>", "</row>", "<t>", "</t>", "<is>", "<rPh>",
            "</rPh>",
            "0", "9", "-", ".", "e", ' t="s"', ' t="d"', ' r="A5"', ' s="1"', "_x0041_", "&#65;", "<!--", "-->", "<![CDATA[", "]]>", "<?x",
            "?>",
            ":", "x:", "A", "$", "%", "#", ";", "é"]
CHARACTERS = "0123456789abcdehmsrtvynxAHMZ-+.$_%#: ;\\[]"


def wild(rng, text):
    at = rng.randrange(len(text) + 1)
    again = rng.randrange(len(text) + 1)
    piece = rng.choice([rng.choice(SNIPPETS), text[again:again + rng.choice([1, 5, 30, 200])], ""])
    return text[:at] + piece + text[at + rng.choice([0, 0, 1, 2, 20]):]


def mild(rng, text):
    """In the values of attributes and in texts only."""
    values = [match.span(match.lastindex) for match in re.finditer("=\\s*[\"']([^\"'<]*)[\"']|>([^<>]+)<", text)]
    begin, end = rng.choice(values)
    at = rng.randrange(begin, end + 1)
    return text[:at] + rng.choice(["", *CHARACTERS]) + text[min(end, at + rng.choice([0, 1])):]


def mutated(rng):
    """A workbook with a few random changes in one part; nobody knows what it is worth."""
    d, change = Damage(rng), rng.choice([wild, mild, mild])
    for _ in range(rng.choice([1, 1, 1, 2, 4])):
        name = d.part()
        if isinstance(d.maker.parts[name][0], E):
            d.change(name, lambda text: change(rng, text))
    return d.bytes()
