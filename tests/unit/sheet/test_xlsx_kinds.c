/* Recognising files: by their first bytes, by the directory of a compound file, by the parts of a package. */
#include "tests/unit/sheet/advice.h"
#include "tests/unit/sheet/xlsx_help.h"

#include <stdlib.h>

static void test_sniff(void **state)
{
    (void)state;
    static const struct {
        const char *head;
        size_t n;
        const char *cls;
    } cases[] = {
        {"", 0, "empty-file"},
        {"a;b;c\r\n1;2;3\r\n", 14, ""},
        {"\xef\xbb\xbf \r\n<HTML><body>", 18, "html"},
        {"<!DOCTYPE html><p>", 18, "html"},
        {"<table border=1>", 16, "html"},
        {"<?xml version=\"1.0\"?>\n<Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\">", 84, "xml-2003"},
        {"%PDF-1.7", 8, "not-zip"},
        {"\x09\x08\x10\x00\x00\x06\x05\x00", 8, "legacy-xls"},
        {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8, "not-zip"},
        {"PK\3\4", 4, "zip-truncated"},
        {"\0\0\0\0", 4, "not-zip"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(read_class(cases[i].head, cases[i].n, SHEET_UNKNOWN), cases[i].cls);
    struct sheet_error err;
    assert_int_equal(sheet_sniff((const unsigned char *)"PK\3\4", 4, &err), SHEET_XLSX);
    assert_int_equal(sheet_sniff((const unsigned char *)"MOXCEL\0\x08\0\1\0\x0c\0\xef\xbb\xbf{", 17, &err), SHEET_MXL);
    assert_string_equal(sheet_format_name(SHEET_XLSX), "xlsx");
    assert_string_equal(sheet_format_name(SHEET_CSV), "csv");
    assert_int_equal(sheet_format_named("mxl"), SHEET_MXL);
    assert_int_equal(sheet_format_named("csv"), SHEET_CSV);
    assert_int_equal(sheet_format_named(""), SHEET_UNKNOWN);
}

/* A file of another program is named as what it is. */
static void test_other_programs(void **state)
{
    (void)state;
    static const struct {
        const char *head;
        size_t n;
        const char *said;
    } cases[] = {
#define CASE(head, said) {head, sizeof head - 1, said}
        CASE("%PDF-1.7\n", "a PDF document"),
        CASE("{\\rtf1\\ansi", "a text document (.rtf)"),
        CASE("\x89PNG\r\n\x1a\n", "a picture"),
        CASE("\xff\xd8\xff\xe0\0\20JFIF", "a picture"),
        CASE("GIF89a", "a picture"),
        CASE("II*\0\x08", "a picture"),
        CASE("\x1f\x8b\x08\0\0", "a gzip archive"),
        CASE("Rar!\x1a\x07\x01", "a RAR archive"),
        CASE("7z\xbc\xaf\x27\x1c\0\4", "a 7z archive"),
        CASE("\xfd\x37zXZ\0", "an xz archive"),
        CASE("BZh91AY", "a bzip2 archive"),
        CASE("PK\7\10PK\3\4", "a part of a ZIP archive"),
        CASE("ID;PWXL;N;E\r\n", "SYLK"),
        CASE("\3\x7d\1\5\3\0\0\0\x61\0\x40\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xc9\0\0NAME\0\0\0\0\0\0\0C", "dBase"),
        CASE("<?xml version=\"1.0\"?><Catalog/>", "an XML document"),
        CASE("\xff\xfe<\0?\0x\0m\0l\0 \0?\0>\0", "an XML document"),
        CASE("\xfe\xff\0<\0H\0T\0M\0L\0>", "an HTML page"),
        CASE("\xff\xfe"
             "a\0\t\0"
             "b\0",
             "plain text in UTF-16"),
        CASE("MIME-Version: 1.0\r\nContent-Type: multipart/related\r\n\r\n<x", "an HTML page"),
        CASE("{\"a\":[1,2]}", "plain text"),
        CASE("\xcf\xf0\xe0\xe9\xf1;\xd6\xe5\xed\xe0\r\n", "plain text"),
        CASE("PK\3", "cut off"),
        CASE("a", "cut off"),
        CASE("\0\0\0\0\0", "zeros"),
        CASE("TABLE\r\n0,1\r\n\"EXCEL\"", ".dif"),
        CASE("\xff\xff\xff\x7f\0\2\0\0", "1C report or data processor"),
        CASE("\0\1\0\0Standard Jet DB\0", "Access"),
        CASE("\0\0\0\x18"
             "ftypheic",
             "a picture"),
        CASE("RIFF\1\0\0\0WEBPVP8 ", "a picture"),
        CASE("<?xml version=\"1.0\"?><office:document "
             "xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\"/>",
             "(.fods)"),
        CASE("<!-- saved --><HTML ><body>", "an HTML page"),
        CASE("<div class=x><table><tr><td>1</table>", "an HTML page"),
        CASE("<?xml version=\"1.0\"?>\n<html>", "an HTML page"),
        CASE("From: <Saved by a browser>\r\nMIME-Version: 1.0\r\n", "an HTML page"),
        CASE("<price><p>1</p></price>", "a text with tags"),
        CASE("MZ\x90\0\3", "not a spreadsheet"),
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sheet_error err = {0};
        assert_int_equal(sheet_sniff((const unsigned char *)cases[i].head, cases[i].n, &err), SHEET_UNKNOWN);
        if (!strstr(err.text, cases[i].said) || !tells_what_to_do(err.text))
            fail_msg("%s: %s", cases[i].said, err.text);
    }
    /* The XML form of 1C, also in UTF-16. */
    unsigned char wide[512] = {0xff, 0xfe};
    static const char narrow[] = "<document xmlns=\"http://v8.1c.ru/8.2/data/spreadsheet\">";
    struct sheet_error err;
    for (size_t i = 0; i < sizeof narrow; i++)
        wide[2 + 2 * i] = (unsigned char)narrow[i];
    assert_int_equal(sheet_sniff(wide, 2 * sizeof narrow, &err), SHEET_MXL);
}

/* A compound file of a header, an allocation table and two directory sectors of four names each. */
enum { OLE_SIZE = 512 * 4 };

static void make_ole(unsigned char file[OLE_SIZE], const char *name, uint32_t first)
{
    static const unsigned char magic[] = {0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1};
    unsigned char *last = &file[OLE_SIZE - 128];
    memset(file, 0, OLE_SIZE);
    memcpy(file, magic, sizeof magic);
    put16(file + 30, 9);
    put32(file + 48, first);
    memset(file + 76, 0xff, 436);
    put32(file + 76, 0);
    memset(file + 512, 0xff, 512);
    put32(file + 512, 0xfffffffd);
    put32(file + 516, 2); /* sector 1 is followed by sector 2 */
    put32(file + 520, first == 1 ? 0xfffffffe : 2);
    for (size_t i = 0; name[i] != 0; i++)
        put16(last + 2 * i, (unsigned char)name[i]);
    put16(last + 64, (uint32_t)(strlen(name) + 1) * 2);
}

static void ole_is(const char *name, uint32_t first, const char *expected)
{
    unsigned char file[OLE_SIZE];
    make_ole(file, name, first);
    assert_string_equal(read_class(file, sizeof file, SHEET_UNKNOWN), expected);
}

/* A file so large that the part of the allocation table that the directory needs is not listed in the header. */
static void test_large_ole(void **state)
{
    (void)state;
    enum { DIRECTORY = 14000, SECTORS = DIRECTORY + 3 };
    unsigned char *file = calloc(SECTORS, 512), *name = file + (DIRECTORY + 2) * 512;
    memcpy(file, "\xd0\xcf\x11\xe0", 4);
    put16(file + 30, 9);
    put32(file + 48, DIRECTORY);
    put32(file + 68, 1);                                        /* list in sector 1 */
    put32(file + 2 * 512, 2);                                   /* the first part it lists is in sector 2 */
    put32(file + 3 * 512 + DIRECTORY % 128 * 4, DIRECTORY + 1); /* the directory's second sector */
    for (size_t i = 0; i < 8; i++)
        put16(name + 2 * i, (unsigned char)"Workbook"[i]);
    put16(name + 64, 18);
    assert_string_equal(read_class(file, SECTORS * 512, SHEET_UNKNOWN), "legacy-xls");
    put32(file + 68, 0xfffffffe);
    assert_string_equal(read_class(file, SECTORS * 512, SHEET_UNKNOWN), "not-zip");
    free(file);
}

static void test_ole(void **state)
{
    (void)state;
    ole_is("EncryptedPackage", 1, "encrypted");
    ole_is("EncryptionInfo", 1, "encrypted");
    ole_is("Workbook", 1, "legacy-xls");
    ole_is("Book", 1, "legacy-xls");
    ole_is("WordDocument", 1, "not-zip");
    ole_is("Workbook", 2, "legacy-xls"); /* a chain that is a circle */
    ole_is("Workbook", 0xfffffff0u, "not-zip");
}

/* The message about a compound file that is not a workbook. */
static void ole_says(const unsigned char *file, size_t n, const char *said)
{
    struct sheet_input input = input_of(file, n);
    struct sheet_error err = {0};
    assert_int_equal(sheet_sniff_file(&input, &err), SHEET_UNKNOWN);
    if (!strstr(err.text, said) || !tells_what_to_do(err.text))
        fail_msg("%s: %s", said, err.text);
    input_close(&input);
}

static void test_ole_documents(void **state)
{
    (void)state;
    static const struct {
        const char *name, *said;
    } cases[] = {
        {"Main MetaData Stream", "1C report"},   {"MD Programm text", "1C report"}, {"WordDocument", "Word"},
        {"PowerPoint Document", "presentation"}, {"__nameid_version1.0", "e-mail"}, {"Other", "without a table"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned char file[OLE_SIZE];
        make_ole(file, cases[i].name, 1);
        ole_says(file, sizeof file, cases[i].said);
        for (size_t n = 8; n < 1024; n += 7) /* cut off in front of the directory */
            ole_says(file, n, "cut off or damaged");
    }
}

static void add_text(struct zip_maker *m, const char *name, const char *text)
{
    zip_make_add(m, name, text, strlen(text), ZIP_MAKE_STORED);
}

static void package_is(struct zip_maker *m, const char *expected)
{
    zip_make_end(m);
    assert_string_equal(read_class(m->file.data, m->file.len, SHEET_UNKNOWN), expected);
    zip_make_free(m);
}

#define DOCUMENT(target)                                                                                               \
    "<Relationships><Relationship Id='a' Type='http://x/officeDocument' Target='" target "'/></Relationships>"

static void test_packages(void **state)
{
    (void)state;
    struct zip_maker m = {0};
    package_is(&m, "missing-part");
    add_text(&m, "mimetype", "application/vnd.oasis.opendocument.spreadsheet");
    package_is(&m, "not-spreadsheet");
    add_text(&m, "Index/Document.iwa", "x"); /* Apple Numbers */
    package_is(&m, "not-spreadsheet");
    add_text(&m, "_rels/.rels", DOCUMENT("ppt/presentation.xml"));
    add_text(&m, "ppt/presentation.xml", "<p:presentation/>");
    package_is(&m, "not-spreadsheet");
    add_text(&m, "_rels/.rels", DOCUMENT("xl/workbook.bin"));
    add_text(&m, "xl/workbook.bin", "\x83\x01");
    package_is(&m, "xlsb");
    add_text(&m, "_rels/.rels", DOCUMENT("xl/workbook.xml"));
    package_is(&m, "missing-part");
    add_text(&m, "xl/workbook.xml", "<workbook><sheets><sheet name='S' r:id='x'/></sheets></workbook>");
    package_is(&m, "missing-part"); /* no relationships, so no sheet */
}

/* All but the worksheet. */
static struct zip_maker frame(void)
{
    struct zip_maker m = {0};
    add_text(&m, "_rels/.rels", DOCUMENT("xl/workbook.xml"));
    add_text(&m, "xl/workbook.xml", "<workbook><sheets><sheet name='S' r:id='x'/></sheets></workbook>");
    add_text(&m, "xl/_rels/workbook.xml.rels",
             "<Relationships><Relationship Id='x' Type='x/worksheet' Target='sheet.xml'/></Relationships>");
    return m;
}

/* The list of content types is read for one thing only. */
static void test_content_types(void **state)
{
    (void)state;
    struct zip_maker m = frame();
    add_text(&m, "xl/sheet.xml", SHEET("<row><c><v>1</v></c></row>"));
    add_text(&m, "[Content_Types].XML", "<Types><broken></Types>");
    package_is(&m, "");
    m = frame();
    add_text(&m, "xl/sheet.xml", SHEET("<row><c><v>1</v></c></row>"));
    add_text(&m, "[Content_Types].xml", "<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><Types>&b;</Types>");
    package_is(&m, "xml-dtd");
}

/* A flipped bit is reported as damage, whatever it does to the XML and wherever it is in a long part. */
static void test_damage(void **state)
{
    (void)state;
    static const char *const rows[] = {"<row><c><v>1</v></c></row>", "<row r='1'/>", "<row><c t='s'><v></v></c></row>"};
    static const char from[] = {'<', '1', '>'}, to[] = {'=', '0', '?'};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct zip_maker m = frame();
        struct bytes sheet = {0};
        bytes_add(&sheet, "<worksheet><sheetData>", 22);
        while (sheet.len < 300000)
            bytes_add(&sheet, rows[i], strlen(rows[i]));
        bytes_add(&sheet, "</sheetData></worksheet>", 24);
        zip_make_add(&m, "xl/sheet.xml", sheet.data, sheet.len, ZIP_MAKE_STORED);
        char *row = memmem(m.file.data, m.file.len, rows[i], strlen(rows[i]));
        *strchr(row, from[i]) = to[i];
        package_is(&m, "zip-corrupt");
        bytes_free(&sheet);
    }
}

/* Targets: absolute, with "..", escaped, in another letter case; a second sheet that is not there; a chart. */
static void test_targets(void **state)
{
    (void)state;
    struct zip_maker m = {0};
    add_text(&m, "\\_RELS\\.rels", DOCUMENT("/x%6C/Work%20Book.xml"));
    add_text(&m, "XL/work book.XML",
             "<x:workbook><x:workbookPr date1904='true'/><x:sheets><x:sheet name='&lt;1&gt;' state='hidden' q:id='a'/>"
             "<x:sheet name='chart' q:id='b'/><x:sheet name='gone' q:id='c'/><x:sheet name='none' q:id=''/>"
             "<x:sheet name='2' state='veryHidden' q:id='d'/></x:sheets></x:workbook>");
    add_text(&m, "xl/_rels/Work Book.xml.rels",
             "<Relationships><Relationship Id='a' Type='x/worksheet' Target='../sheets/./x/../ONE.xml'/>"
             "<Relationship Id='b' Type='x/chartsheet' Target='chart.xml'/>"
             "<Relationship Id='c' Type='x/worksheet' Target='gone.xml'/>"
             "<Relationship Id='d' Type='x/worksheet' Target='/../two%20b.xml'/></Relationships>");
    add_text(&m, "sheets/one.xml", SHEET("<row><c t='s'><v>0</v></c><c t='d'><v>1</v></c></row>"));
    add_text(&m, "two%20b.xml", SHEET("")); /* as the package rules would have it */
    add_text(&m, "xl/chart.xml", "<chartsheet/>");
    add_text(&m, "xl/sharedStrings.xml", "<sst><si><t>found</t></si></sst>"); /* no relationship names it */
    zip_make_end(&m);
    struct sheet_input input = input_of(m.file.data, m.file.len);
    char *got = read_cells(&input, SHEET_UNKNOWN);
    assert_string_equal(got, "{\"sheets\":[\n {\"name\":\"<1>\",\"hidden\":true,\"cells\":[\n  [0,0,\"s\",\"found\"],\n"
                             "  [0,1,\"d\",\"1904-01-02\"]]},\n {\"name\":\"2\",\"hidden\":true,\"cells\":[]}\n]}\n");
    free(got);
    input_close(&input);
    zip_make_free(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sniff),         cmocka_unit_test(test_other_programs), cmocka_unit_test(test_ole),
        cmocka_unit_test(test_large_ole),     cmocka_unit_test(test_ole_documents),  cmocka_unit_test(test_packages),
        cmocka_unit_test(test_content_types), cmocka_unit_test(test_damage),         cmocka_unit_test(test_targets)};
    return cmocka_run_group_tests_name("xlsx_kinds", tests, NULL, NULL);
}
