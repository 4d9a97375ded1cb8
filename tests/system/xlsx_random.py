"""Random workbooks that use every liberty the format leaves to a writer: workbook(rng) gives one as bytes."""
from xlsx_write import E, Packed, Raw, Style, archive, document

TRANSITIONAL = "http://schemas.openxmlformats.org/"
STRICT = "http://purl.oclc.org/ooxml/"

WORDS = ["", " ", "  ", "Болт М8", "a&b", "<1>", "]]>", "\u00a0x\u00a0", "\U0001f600", "x\ny", "x\r\ny", "\tz", "_x000D_", "_x000d__x000A_",
         "_x005F_x0041_", "_xD83D__xDE00_", "_xd83d_", "_xDE00__xD83D_", "_xD83D__xD83D__xDE00_", "_x0000_", "_xFFFF_", "_xFFFE_", "_x41_",
         "_X0041_", "_x00g1_", "_x0041_x0042_", "__x0041__", "_", "_x", "_x0041", "_x001F_", "_x0008_", "a_x0009_b", '"', "'", "\\", "/",
         "\u2028", "\u0085", "\x7f", "\ufffd", "\ufeff", "00000100", "12E5", "1,5", "true", "#N/A", "é" * 40, "ё" * 300, "𝒳" * 90, "row",
         "mergeCell ref='A1:B2'", "v>1</v", "0", "&amp;", "&#65;"]
NUMBERS = ["0", "1", "-1", "-0", "+7", ".5", "5.", "-.5", "1E-3", "1e3", "1E+3", "1234.5599999999999", "0.1", "0.30000000000000004", "1e21",
           "1e20", "123456789012345678901", "999999999999999999999", "1E-6", "1e-7", "0.000001", "0.00000123", "1.7976931348623157E308",
           "1e309", "-1e309", "5e-324", "2.2250738585072014E-308", "1e-400", "4611686018427387904", "9007199254740993", "00073", "0000",
           "1,5", "NaN", "Infinity", "INF", "0x1A", "1 000", "--1", "+", ".", "e5", "1e", "1e+", " 12 ", "\n13\n", "1.5.5", "abc", "1_000",
           "١", "\u00a05", "1d5", "1f", "73", "4607001234567", "12345678901234567890", "0.1e1", "10000000000000000000000e-22",
           "1.0000000000000002", "0.99999999999999989", "123456.78900000001", "1e-5", "100", "1000000000000000000000000"]
SERIALS = ["0", "1", "59", "60", "60.5", "61", "0.5", "0.25", "0.99999", "0.999999999", "0.9999999999", "59.9999999999", "60.99999999999",
           "45000", "45000.75", "0.45833333333333331", "45000.458333333336", "45000.00001157407", "45000.000000001", "1.5", "1462",
           "2958465", "2958465.9999", "2958466", "2957003", "2957004", "-1", "-0.5", "-0", "1e10", "366", "36526", "44196.999988425929",
           "1E-9", "1e-12", "5e-9", "45000.9999999999", "3000000"]
ISO = ["2026-02-05", "2026-02-05T11:00:00", "2026-02-05T11:00:00.5", "2026-02-05T11:00:00.0006", "2026-02-05T00:00:00",
       "2026-02-05T00:00:00.000Z", "11:00:00", "11:00", "2026-02-05 11:00", "2026-02-05T11:00:00+03:00", "2026-13-05", "2026-02-30",
       "2024-02-29", "1900-02-29", "25:00:00", "soon", "45000", "45000.5", "0.5", "60", "0", "-3", "2026-02-05T", "2026-2-5",
       " 2026-02-05 ", "1899-12-31", "9999-12-31T23:59:59.999", "20260205", "11:00:00.1234", "1e3", "T11:00:00"]
PIECES = ["d", "dd", "m", "mm", "yyyy", "yy", "h", "hh", "ss", "s.000", "AM/PM", "am/pm", "0", "00000", "#,##0", "0.00", "%", "E+00", "e-0",
          "General", "GENERAL", "Standard", "@", '"day"', '"d;m"', '"', "\\d", "\\ ", "_d", "_-", "*d", "* ", "[Red]", "[h]", "[hh]",
          "[mm]", "[SS]", "[$-419]", "[$-F800]", "[$₽-419]", "[<100]", "[Magenta]", "[", ";", ";;", "/", ".", ":", " ", "?", "г", "T",
          "[DBNum1]", "[ $-409]", "\\ё", "_ж", ",", "(", "-"]


def code(rng):
    """A number format, meaningful or not."""
    usual = ["0", "00000", "dd.mm.yyyy", "h:mm", "General", "@", "[h]:mm:ss", "mmm yyyy", "0%", "", "000", "d", "mm:ss"]
    return rng.choice(usual) if rng.random() < 0.3 else "".join(rng.choice(PIECES) for _ in range(rng.randrange(1, 6)))


def column_name(n):
    name = ""
    while n > 0:
        n, letter = divmod(n - 1, 26)
        name = chr(65 + letter) + name
    return name


class Maker:
    """A workbook being made; bad_workbook() reaches into it."""

    def __init__(self, rng, liberties=True, unreadable=False):
        self.rng, self.free, self.unreadable = rng, liberties, unreadable
        self.space = rng.choice([TRANSITIONAL, TRANSITIONAL, STRICT]) if liberties else TRANSITIONAL
        self.parts, self.roles = {}, {}  # by name: root and style; by role: names of parts that are read
        self.date1904 = rng.choice([None, None, "0", "false", "1", "true"])
        self.texts = [self.text() for _ in range(rng.randrange(1, 30))]
        self.styles = rng.randrange(1, 20)
        self.book = rng.choice(["xl/workbook.xml", "xl/workbook.xml", "workbook.xml", "wtf/Book 1.XML", "a/b/книга.xml",
                                "x%l/w.xml"]) if liberties else "xl/workbook.xml"
        self.with_strings, self.with_styles = rng.random() < 0.9, rng.random() < 0.9

    def text(self):
        return "".join(self.rng.choice(WORDS) for _ in range(self.rng.choice([0, 1, 1, 1, 2, 3])))

    # -- shared strings and styles

    def t(self, text):
        return E("t", text, xml__space="preserve" if self.rng.random() < 0.5 else None)

    def item(self, name, text):
        rng = self.rng
        if rng.random() < 0.7:
            children = [self.t(text)] if text or rng.random() < 0.5 else []
        else:
            cuts = sorted(rng.randrange(len(text) + 1) for _ in range(rng.randrange(1, 4)))
            children = []
            for begin, end in zip([0] + cuts, cuts + [len(text)]):
                properties = E("rPr", E("b"), E("sz", val=11)) if rng.random() < 0.5 else None
                children.append(E("r", properties, self.t(text[begin:end])) if rng.random() < 0.8 else self.t(text[begin:end]))
        if rng.random() < 0.15:
            children.insert(rng.randrange(len(children) + 1), E("rPh", E("t", "ヨミ"), sb=0, eb=1))
            children.append(E("phoneticPr", fontId=1))
        return E(name, *children)

    def shared(self):
        return E("sst", *[self.item("si", text) for text in self.texts], count=self.rng.randrange(99), uniqueCount=self.rng.randrange(3))

    def style_sheet(self):
        rng = self.rng
        ids = rng.sample([*range(0, 82), *range(164, 180)], rng.randrange(0, 16))
        self.formats = E("numFmts", *[E("numFmt", numFmtId=i, formatCode=code(rng)) for i in ids], count=len(ids)) if ids else None
        pool = ids + [0, 1, 9, 10, 14, 22, 27, 36, 37, 45, 46, 47, 49, 50, 58, 59, 71, 80, 81, 200]
        xfs = [E("xf", numFmtId=rng.choice(pool), fontId=0) for _ in range(self.styles)]
        groups = [self.formats, E("cellStyleXfs", E("xf", numFmtId=14), E("xf", numFmtId=22)), E("cellXfs", *xfs, count=1),
                  E("dxfs", E("dxf", E("numFmt", numFmtId=164, formatCode="d")))]
        if self.free and rng.random() < 0.2:
            rng.shuffle(groups)
        return E("styleSheet", *groups)

    # -- cells

    def value(self):
        """Type attribute and children of a cell."""
        rng = self.rng
        kind = rng.choice(["n", "n", "n", "date", "s", "s", "s", "str", "inline", "inline", "b", "e", "d", "none", "odd"])
        formula = E("f", rng.choice(["A1+1", "", "SUM(A1:B2)&\"<\""]), t=rng.choice([None, "shared"])) if rng.random() < 0.1 else None
        if kind == "n" or kind == "date":
            text = rng.choice(SERIALS if kind == "date" else NUMBERS) if rng.random() < 0.7 else rng.choice([repr(rng.uniform(-1e6, 1e6)),
                              f"{rng.uniform(0, 60000):.17g}", str(rng.randrange(10 ** rng.randrange(1, 25))), f"{rng.random():.16e}"])
            return rng.choice([None, None, "n", ""]), [formula, E("v", text)]
        if kind == "s" and self.with_strings and self.texts:
            index = str(rng.randrange(len(self.texts)))
            return "s", [formula, E("v", rng.choice([index, index, index, f" {index}\n", "0" + index, ""]))]
        if kind in ("inline", "s"):
            text = self.text()
            shapes = [[self.item("is", text)], [E("is", self.t(text))], [E("v", text)], [E("is")]]
            return rng.choice([("inlineStr", shape) for shape in shapes] + [(None, shapes[0]), ("str", shapes[1])])
        if kind == "str":
            return "str", [formula, E("v", self.text(), xml__space=rng.choice([None, "preserve"]))]
        if kind == "b":
            return "b", [formula, E("v", rng.choice(["1", "0", "true", "false", " 1 ", "TRUE", "2", "yes", ""]))]
        if kind == "e":
            return "e", rng.choice([[], [E("v", rng.choice(["#N/A", "#DIV/0!", "#ИМЯ?", ""]))]])
        if kind == "d":
            return "d", [E("v", rng.choice(ISO))]
        if kind == "none":
            return rng.choice([None, "n", "s", "e", "str"]), rng.choice([[], [E("v")], [E("f", "A1")], [E("f", "A1"), E("v")]])
        return rng.choice(["what", "N", "S"]), [E("v", "5"), E("extLst", E("ext", E("v", "6"), E("is", E("t", "no"))))]

    def cell(self, row, column):
        """With a reference, unless it follows from the place."""
        rng, kind_children = self.rng, self.value()
        name = None
        if column is not None:
            name = column_name(column) + str(row)
            if self.free and rng.random() < 0.1:
                name = rng.choice([f"${column_name(column)}${row}", name.lower(), f"${name}", f"{column_name(column)}0{row}"])
        elif self.unreadable and rng.random() < 0.01:
            name = rng.choice(["0", "7", "?", "$", "A", "C", "B2C"])
        style = rng.choice([None, rng.randrange(self.styles), rng.randrange(self.styles), self.styles + 5, ""])
        return E("c", *kind_children[1], r=name, s=style, t=kind_children[0])

    def row(self, at, counted):
        """Cells in order or not, with references or without."""
        rng, children, column = self.rng, [], 0
        for _ in range(rng.choice([0, 1, 3, 8, 20])):
            if self.free and rng.random() < 0.03:
                column = rng.randrange(300)
            skip = rng.random() < 0.2
            column += rng.randrange(1, 5) if skip else 1
            bare = self.free and not skip and rng.random() < self.bare
            children.append(self.cell(at, None if bare else column))
            if bare:
                continue
        if self.free and rng.random() < 0.05:
            children.append(E("xdr:row", E("c", E("v", "666"), r="A1"), xmlns__xdr="urn:other"))
        return E("row", *children, r=None if counted else at, spans="1:3" if rng.random() < 0.3 else None,
                 hidden=rng.choice([None, None, "1", "true", "0"]), outlineLevel=rng.choice([None, None, 1, 7]))

    def rows(self):
        rng, made, at = self.rng, [], 0
        self.bare = rng.choice([0, 0, 0.3, 1])
        for _ in range(rng.choice([0, 1, 5, 10, 40])):
            if self.free and rng.random() < 0.08:
                at = rng.choice([at, max(1, at - 3), at + 100, rng.randrange(1, 2000), 1048000])
                counted = at == 0
                at = max(at, 1)
            else:
                at += 1
                counted = self.free and rng.random() < self.bare
            made.append(self.row(at, counted))
            if self.free and rng.random() < 0.05:
                made.append(self.row(at, False))
        return made

    def sheet(self):
        rng, noise = self.rng, []
        if rng.random() < 0.5:
            noise.append(E("dimension", ref=rng.choice(["A1", "K3882", "A1:XFD1048576", "x"])))
        noise += [E("sheetViews", E("sheetView", E("pane", ySplit=1)))] if rng.random() < 0.3 else []
        data, behind = [E("sheetData", *self.rows())], []
        if rng.random() < 0.3:
            behind.append(E("mergeCells", *[E("mergeCell", ref=rng.choice(["A1:B2", "C3:C9", "A100:B200", "$A$1:$B$1"]))]))
        if rng.random() < 0.2:
            row = E("xdr:row", E("c", E("v", "7"), r="A1"))
            behind.append(E("mc:AlternateContent", E("mc:Choice", row, E("sheetData", E("row", E("c", E("v", "8"))))), xmlns__mc="u",
                            xmlns__xdr="v"))
        if self.free and rng.random() < 0.05:
            behind.append(E("sheetData", *self.rows()))
        if rng.random() < 0.1:
            behind.append(Raw("<!--" + "filler " * rng.choice([9000, 9363, 20000]) + "-->"))
            if rng.random() < 0.5:
                noise.insert(0, behind.pop())
        return E("worksheet", *noise, *data, *behind)

    # -- package

    def add(self, name, root, role=None):
        style = Style(self.rng, self.free)
        if role:
            self.roles.setdefault(role, []).append(name)
        if isinstance(root, E):
            root.attributes.setdefault("xmlns" + (":" + style.prefix[:-1] if style.prefix else ""), self.space + "spreadsheetml/main")
        self.parts[name] = (root, style)

    def target(self, source, name):
        """One of the ways to name a part from another."""
        rng, folder = self.rng, source.rpartition("/")[0]
        name = name.replace("%", "%25")
        relative = name[len(folder) + 1:] if folder and name.startswith(folder + "/") else "../" * (folder.count("/") + bool(folder)) + name
        if not self.free:
            return relative
        form = rng.choice([relative, relative, "/" + name, "./" + relative, "x/../" + relative, relative.replace("/", "\\"), "/../" + name,
                           "\\" + name])
        if "%" not in name:
            form = "".join("".join(f"%{b:02x}" for b in c.encode()) if c.isalpha() and rng.random() < 0.02 else c for c in form)
        return form.swapcase() if form.isascii() and "%" not in form and rng.random() < 0.1 else form

    def rels(self, source, wanted):
        rng, listed = self.rng, []
        for i, (kind, name, key) in enumerate(wanted):
            listed.append(E("Relationship", Id=key, Type=f"{self.space}officeDocument/2006/relationships/{kind}", Target=self.target(source,
                                                                                                                                     name)))
        if rng.random() < 0.5:
            listed.append(E("Relationship", Id="link", Type=f"{self.space}relationships/hyperlink", Target="http://a/b?c=d&e",
                            TargetMode="External"))
            rng.shuffle(listed)
        folder, _, base = source.rpartition("/")
        self.add(f"{folder}/_rels/{base}.rels".lstrip("/"), E("Relationships", *listed), "rels")

    def sheets(self, folder):
        """Sheet elements and their relationships; several may name one part."""
        rng, listed, wanted = self.rng, [], []
        for i in range(rng.choice([1, 1, 2, 4])):
            name = rng.choice([f"{folder}worksheets/sheet{i + 1}.xml", f"{folder}sheet{i}.XML", f"data {i}.xml",
                               f"{folder}листы/{i}.xml"]) if self.free else \
                f"{folder}worksheets/sheet{i + 1}.xml"
            if not (i > 0 and rng.random() < 0.1):
                self.add(name, self.sheet(), "sheet")
            else:
                name = wanted[0][1]
            wanted.append(("worksheet", name, f"rId{i + 7}"))
            listed.append((f"rId{i + 7}", name))
        if rng.random() < 0.3:
            self.add(f"{folder}chartsheets/c.xml", E("chartsheet"))
            wanted.append(("chartsheet", f"{folder}chartsheets/c.xml", "chart"))
            wanted.append(("worksheet", f"{folder}worksheets/gone.xml", "gone"))
            listed += [("chart", None), ("gone", None), ("", None), (None, None), ("nowhere", None)]
        if self.free and rng.random() < 0.3:
            rng.shuffle(listed)
        return listed, wanted

    def workbook(self):
        rng, folder = self.rng, self.book.rpartition("/")[0]
        folder += "/" if folder else ""
        listed, wanted = self.sheets(folder)
        prefix = rng.choice(["r", "rel"])
        names = [rng.choice(["Лист", "S & <1>", "a\"'b", "_x0041_", " ", "x" * 31]) + str(i) for i in range(len(listed))]
        sheets = [E("sheet", name=name, sheetId=i + 1, state=rng.choice([None, None, "visible", "hidden", "veryHidden"]),
                    **({f"{prefix}__id": key} if key is not None else {})) for i, ((key, _), name) in enumerate(zip(listed, names))]
        ext = E("extLst", E("ext", E("x15:workbookPr", date1904="0" if truthy(self.date1904) else "1", xmlns__x15="u"), E("sheets",
                                                                                                                          E("sheet",
                                                                                                                            name="no"))))
        self.add(self.book, E("workbook", E("fileVersion", appName="x"), E("workbookPr", date1904=self.date1904) if self.date1904 else None,
                              E("sheets", *sheets),
                              E("calcPr"), ext, **{f"xmlns__{prefix}": self.space + "officeDocument/2006/relationships"}), "book")
        if self.with_strings:
            self.strings = folder + rng.choice(["sharedStrings.xml", "SharedStrings.xml", "s/t.xml"])
            self.add(self.strings, self.shared(), "strings")
            wanted.append(("sharedStrings", self.strings, "strings"))
        if self.with_styles:
            self.add(folder + "styles.xml", self.style_sheet(), "styles")
            wanted.append(("styles", folder + "styles.xml", "styles"))
        rng.shuffle(wanted)
        self.rels(self.book, wanted)
        self.rels("", [("metadata/core-properties", "docProps/core.xml", "rId1"), ("officeDocument", self.book, "rId2")])
        self.add("[Content_Types].xml", E("Types", E("Default", Extension="xml", ContentType="application/xml")), "types")

    def entries(self):
        """Entries in the order of the archive; `needed` is the part's own name where it is read."""
        rng, made = self.rng, []
        read = {name for role, names in self.roles.items() if role != "types" for name in names}
        for part, (root, style) in self.parts.items():
            name = part
            if self.free and rng.random() < 0.1:
                name = rng.choice([name.swapcase() if name.isascii() else name, name.replace("/", "\\"), "/" + name])
            data = document(style, root) if isinstance(root, E) else root
            made.append(Packed(name, data, rng, not self.free))
            made[-1].needed = part in read
        if self.free and rng.random() < 0.5:
            made += [Packed(name, b"junk", rng) for name in rng.sample(["../../evil", "xl/", "docProps/app.xml", ".DS_Store", "C:\\x",
                                                                        "[trash]/0.dat"], 3)]
            rng.shuffle(made)
        return made


def truthy(word):
    return word in ("1", "true")


def workbook(rng):
    maker = Maker(rng, unreadable=rng.random() < 0.3)
    maker.workbook()
    return archive(maker.entries(), rng)
