"""Writing .xlsx packages by hand, with every liberty that XML and ZIP leave to a writer."""
import struct
import zlib


# ---- XML


class E:
    """An element to be written: children are texts, elements, and Raw markup."""

    def __init__(self, name, /, *children, **attributes):
        self.name, self.children = name, [child for child in children if child is not None]
        self.attributes = {key.rstrip("_").replace("__", ":"): str(value) for key, value in attributes.items() if value is not None}


class Raw(str):
    """Markup that is written as it is."""


class Style:
    """How one part is written: a writer keeps to its habits."""

    def __init__(self, rng, liberties=True):
        self.rng = rng
        free = liberties and rng.random() < 0.6
        self.prefix = rng.choice(["", "", "x:", "ns0:", "_:", "ж:"]) if free else ""
        self.odd = rng.choice([0, 0.02, 0.2]) if free else 0       # how often anything unusual stands somewhere
        self.pretty = rng.choice(["", "", "\n", "\r\n  ", "\t"]) if free else ""
        self.encoding = rng.choice(["utf-8"] * 6 + ["utf-8-sig", "utf-16-le", "utf-16-be", "utf-16-le-bare",
                                                    "utf-16-be-bare"]) if free else "utf-8"
        self.declared = not free or self.encoding.endswith("bare") or rng.random() < 0.8

    def often(self):
        return self.rng.random() < self.odd


BREAKS = ("\n", "\r\n", "\r")


def quoted(style, text):
    """An attribute value with its quotes."""
    quote = style.rng.choice("\"'") if style.odd else '"'
    out = []
    for c in text:
        if c in "&<\t\n\r" or c == quote or (style.rng.random() < style.odd / 4):
            out.append(reference(style, c))
        else:
            out.append(c)
    return quote + "".join(out) + quote


def reference(style, c):
    named = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;"}
    choices = [f"&#{ord(c)};", f"&#x{ord(c):x};", f"&#x{ord(c):06X};"]
    return named[c] if c in named and style.rng.random() < 0.7 else style.rng.choice(choices)


def nothing(style):
    """Markup that means nothing."""
    return style.rng.choice(["<!---->", "<!-- <v>1</v> - -->", "<?pi?>", "<?xml-x <row r='1'?>", "<!-- \U0001f600 -->", "<![CDATA[]]>"])


def escaped(style, text):
    """Character data, maybe in several pieces."""
    out = []
    for i, c in enumerate(text):
        if style.often():
            out.append(nothing(style))
        if c in "&<\r" or (c == ">" and text[:i].endswith("]]")) or (style.rng.random() < style.odd / 4):
            out.append(reference(style, c))
        elif c == "\n" and style.odd and text[i + 1:i + 2] != "\n":
            out.append(style.rng.choice(BREAKS))
        else:
            out.append(c)
    return "".join(out)


def cdata(text):
    return "<![CDATA[" + text.replace("]]>", "]]]]><![CDATA[>") + "]]>"


def blank(style, least=""):
    return style.rng.choice([" ", "\n", "\t ", "\r\n"]) if style.often() else least


def tag(style, element, name):
    parts = list(element.attributes.items())
    if style.odd:
        style.rng.shuffle(parts)
    return "<" + name + "".join(
        f"{blank(style, ' ')}{key}{blank(style)}={blank(style)}{quoted(style, value)}" for key, value in parts) + blank(style)


def markup(style, element, pretty):
    if isinstance(element, Raw):
        return element
    if isinstance(element, str):
        if element and "\r" not in element and style.often():
            return cdata(element)
        return escaped(style, element)
    name = element.name if ":" in element.name else style.prefix + element.name
    opened = tag(style, element, name)
    if not element.children and style.rng.random() < (0.5 if style.odd else 0.9):
        return opened + "/>"
    texts = any(isinstance(child, str) and not isinstance(child, Raw) for child in element.children)
    inner = pretty and not texts and element.name not in ("t", "v")
    out = []
    for child in element.children:
        if inner:
            out.append(pretty)
        if not texts and style.often():
            out.append(nothing(style))
        out.append(markup(style, child, pretty))
    if inner:
        out.append(pretty)
    return opened + ">" + "".join(out) + f"</{name}{blank(style)}>"


def document(style, root, declare=True):
    """A part as bytes."""
    names = {"utf-8": "UTF-8", "utf-8-sig": "utf-8", "utf-16-le": "UTF-16", "utf-16-be": "utf-16"}
    head = ""
    if style.declared and declare:
        name = names.get(style.encoding, "UTF-16")
        alone = style.rng.choice(["", " standalone='yes'", ' standalone = "no" '])
        head = f"<?xml version='1.0' encoding='{name}'{alone}?>" + style.rng.choice(["", "\n", "\r\n"])
    text = head + (nothing(style)[:0] if not style.odd else style.rng.choice(["", "<!-- head -->\n", "<?mso-application x?>"]))
    text += markup(style, root, style.pretty) + (style.rng.choice(["", "\n", "<!-- end -->", "<?end?>\n"]) if style.odd else "")
    if style.encoding.startswith("utf-16"):
        wide = style.encoding[:9]
        mark = "" if style.encoding.endswith("bare") else "\ufeff"
        return (mark + text).encode(wide)
    return text.encode(style.encoding)


# ---- ZIP


class Packed:
    """An entry of an archive; the fields may be set to lies before it is written."""

    def __init__(self, name, data, rng, plain=False):
        self.name, self.data, self.rng = name.encode("utf-8") if isinstance(name, str) else name, data, rng
        self.method = 0 if not plain and rng.random() < 0.2 else 8
        self.flags = 0x800 if any(b > 127 for b in self.name) else 0
        self.descriptor = None if plain else rng.choice([None, None, "signed", "bare"])
        self.wide = not plain and rng.random() < 0.1
        self.crc, self.size = zlib.crc32(data), len(data)
        packer = zlib.compressobj(rng.choice([1, 6, 9]), zlib.DEFLATED, -15)
        self.packed = data if self.method == 0 else packer.compress(data) + packer.flush()
        self.needed = False
        self.offset, self.shares = 0, None  # an entry may share the bytes of one before it
        self.gap = b"" if plain or rng.random() < 0.9 else rng.randbytes(rng.randrange(40))

    def extra(self, wide):
        junk = self.rng.choice([b"", b"", struct.pack("<HH", 0x5455, 5) + b"\1abcd"])
        return junk + (struct.pack("<HH", 1, 8 * len(wide)) + b"".join(struct.pack("<Q", v) for v in wide) if wide else b"")

    def local(self):
        flags = self.flags | (8 if self.descriptor else 0)
        numbers = (0, 0, 0) if self.descriptor else (self.crc, len(self.packed), self.size)
        wide = []
        if self.wide:
            wide, numbers = [numbers[2], numbers[1]], (numbers[0], 0xffffffff, 0xffffffff)
        extra = self.extra(wide)
        head = struct.pack("<4sHHHIIIIHH", b"PK\3\4", 20, flags, self.method, 0x21, *numbers, len(self.name),
                           len(extra)) + self.name + extra
        tail = b""
        if self.descriptor:
            tail = (b"PK\7\10" if self.descriptor == "signed" else b"") + struct.pack("<IQQ" if self.wide else "<III", self.crc,
                                                                                      len(self.packed), self.size)
        return head + self.packed + tail + self.gap

    def central(self):
        flags = self.flags | (8 if self.descriptor else 0)
        numbers, wide = [len(self.packed), self.size, self.offset], []
        if self.wide:
            chosen = [self.rng.random() < 0.7 for _ in range(3)]
            wide = [numbers[i] for i in (1, 0, 2) if chosen[i]]
            numbers = [0xffffffff if chosen[i] else numbers[i] for i in range(3)]
        extra = self.extra(wide)
        comment = self.rng.choice([b"", b"", b"made by hand"])
        return struct.pack("<4sHHHHIIIIHHHHHII", b"PK\1\2", 20, 20, flags, self.method, 0x21, self.crc, numbers[0], numbers[1],
                           len(self.name),
                           len(extra), len(comment), 0, 0, 0, numbers[2]) + self.name + extra + comment


def archive(entries, rng, plain=False):
    out = bytearray()
    for entry in entries:
        entry.offset = entry.shares.offset if entry.shares else len(out)
        out += b"" if entry.shares else entry.local()
    listed = list(entries)
    if not plain and rng.random() < 0.5:
        rng.shuffle(listed)
    begin, central = len(out), b"".join(entry.central() for entry in listed)
    out += central
    numbers = (len(listed), len(central), begin)
    if not plain and rng.random() < 0.15:
        at = len(out)
        out += struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, numbers[0], *numbers) + struct.pack("<4sIQI", b"PK\6\7", 0, at, 1)
        numbers = tuple(rng.choice([value, full]) for value, full in zip(numbers, (0xffff, 0xffffffff, 0xffffffff)))
    comment = b"" if plain else rng.choice([b"", b"", b"a comment", b"PK\5\6" + b"x" * 30, b"PK\1\2PK\5\6"])
    return bytes(out + struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, numbers[0], *numbers, len(comment)) + comment)
