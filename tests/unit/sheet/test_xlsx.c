/* Workbooks made by this test: places of rows and cells, types, texts, merges, limits, and the answers of a sink. */
#include "base/utf8.h"
#include "handlers/sheet/json.h"
#include "tests/unit/sheet/xlsx_help.h"

#include <stdio.h>
#include <stdlib.h>

static void cells_are(const char *sheet, const char *strings, const char *styles, const char *expected)
{
    char *got = cells_of(sheet, strings, styles);
    if (strcmp(got, expected) != 0)
        fail_msg("%s\nexpected %s\ngot      %s", sheet, expected, got);
    free(got);
}

static void rows_are(const char *rows, const char *expected)
{
    char *sheet = NULL;
    assert_true(asprintf(&sheet, "<worksheet><sheetData>%s</sheetData></worksheet>", rows) > 0);
    cells_are(sheet, NULL, NULL, expected);
    free(sheet);
}

static void test_places(void **state)
{
    (void)state;
    rows_are("<row><c><v>1</v></c><c><v>2</v></c></row><row/><row><c r='C3'><v>3</v></c><c><v>4</v></c></row>",
             "[0,0,\"n\",\"1\"],[0,1,\"n\",\"2\"],[2,2,\"n\",\"3\"],[2,3,\"n\",\"4\"]");
    /* without r the first reference tells the row, and the row below follows */
    rows_are("<row><c><v>1</v></c></row><row><c r='b7'><v>2</v></c></row><row><c><v>3</v></c></row>",
             "[0,0,\"n\",\"1\"],[6,1,\"n\",\"2\"],[7,0,\"n\",\"3\"]");
    rows_are("<row r='8'><c><v>1</v></c></row><row><c><v>2</v></c><c r='D4'><v>3</v></c><c r='A9'><v>4</v></c></row>"
             "<row><c><v>5</v></c></row>",
             "[3,0,\"n\",\"4\"],[3,3,\"n\",\"3\"],[4,0,\"n\",\"5\"],[7,0,\"n\",\"1\"]");
    rows_are("<row r='&#53;'><c r='&#x42;5' t='&#115;tr'><v>1</v></c></row>", "[4,1,\"s\",\"1\"]");
    rows_are("<row r='5'><c r='$C$9'><v>1</v></c></row>", "[4,2,\"n\",\"1\"]");
    rows_are("<row r=''><c r=''><v>1</v></c></row>", "[0,0,\"n\",\"1\"]");
    rows_are("<row r='9'><c><v>9</v></c></row><row r='2'><c><v>2</v></c></row>", "[1,0,\"n\",\"2\"],[8,0,\"n\",\"9\"]");
    rows_are("<row r='1'><c r='XFD1'><v>1</v></c></row><row r='1048576'><c r='A1048576'><v>2</v></c></row>",
             "[0,16383,\"n\",\"1\"],[1048575,0,\"n\",\"2\"]");
    /* columns in disorder; of several values for one place the last that is one counts */
    rows_are("<row><c r='C1'><v>3</v></c><c r='A1'><v>1</v></c><c r='C1'><v>4</v></c><c r='C1'/></row>",
             "[0,0,\"n\",\"1\"],[0,2,\"n\",\"4\"]");
}

static void test_out_of_range(void **state)
{
    (void)state;
    static const char *const rows[] = {"<row r='0'/>",
                                       "<row r='1048577'/>",
                                       "<row r='4294967297'/>",
                                       "<row r='18446744073709551617'/>",
                                       "<row r='-1'/>",
                                       "<row r='1x'/>",
                                       "<row r='1048576'/><row/>",
                                       "<row r='1048576'/><row><c><v>1</v></c></row>",
                                       "<row><c r='XFE1'/></row>",
                                       "<row><c r='ZZZ1'/></row>",
                                       "<row><c r='AAAAAAA1'/></row>",
                                       "<row><c r='A0'/></row>",
                                       "<row><c r='A1048577'/></row>",
                                       "<row><c r='A99999999999'/></row>",
                                       "<row><c r='A4294967297'/></row>",
                                       "<row><c r='AYZEHHFTUOG1'/></row>", /* 2^32 times something and 1 */
                                       "<row><c r='ZZZ'/></row>",
                                       "<row><c r='XFD1'/><c><v>1</v></c></row>"};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        rows_are(rows[i], "bad-reference");
}

/* A reference that cannot be read counts as a missing one, unless its letters or the cells beside it say that the cell
 * is elsewhere. */
static void test_unreadable_references(void **state)
{
    (void)state;
    rows_are("<row><c r='0'><v>1</v></c><c r='7'><v>2</v></c><c r='?'><v>3</v></c><c r='E1'><v>4</v></c></row>",
             "[0,0,\"n\",\"1\"],[0,1,\"n\",\"2\"],[0,2,\"n\",\"3\"],[0,4,\"n\",\"4\"]");
    rows_are("<row r='3'><c r='A'><v>1</v></c><c r='$b'><v>2</v></c><c r='C3D'><v>3</v></c></row>"
             "<row><c r='A'><v>4</v></c></row>",
             "[2,0,\"n\",\"1\"],[2,1,\"n\",\"2\"],[2,2,\"n\",\"3\"],[3,0,\"n\",\"4\"]");
    rows_are("<row><c r='A'><v>1</v></c><c r='B9'><v>2</v></c></row>", "[8,0,\"n\",\"1\"],[8,1,\"n\",\"2\"]");
    static const char *const against[] = {"<row><c r='B1'/><c r='A'/></row>",
                                          "<row><c r='B'/></row>",
                                          "<row><c r='R1C1'/></row>",
                                          "<row><c r='0'/><c r='A1'/></row>",
                                          "<row><c r='A1'/><c r='0'/><c/><c r='C1'/></row>",
                                          "<row><c r='B1'><v>1</v></c><c r='A1'/><c r='0'/></row>",
                                          "<row r='2'><c r='A2'><v>1</v></c></row><row r='2'><c r='0'/></row>",
                                          "<row><c r='XFD1'/><c r='0'/></row>"};
    for (size_t i = 0; i < sizeof against / sizeof *against; i++)
        rows_are(against[i], "bad-reference");
}

static void test_types(void **state)
{
    (void)state;
    rows_are("<row><c t='b'><v>1</v></c><c t='b'><v>false</v></c><c t='b'><v> true </v></c><c t='b'><v>2</v></c></row>",
             "[0,0,\"b\",\"true\"],[0,1,\"b\",\"false\"],[0,2,\"b\",\"true\"],[0,3,\"s\",\"2\"]");
    rows_are("<row><c t='e'><v>#DIV/0!</v></c><c t='e'/><c t='e'><v/></c><c t='str'><v> x </v></c><c "
             "t='str'><v></v></c></row>",
             "[0,0,\"e\",\"#DIV/0!\"],[0,3,\"s\",\" x \"]");
    rows_are("<row><c t=''><v>1</v></c><c t='what'><v>2</v></c><c t='n'><v>x</v></c><c><f>A1</f></c></row>",
             "[0,0,\"n\",\"1\"],[0,1,\"n\",\"2\"],[0,2,\"s\",\"x\"]");
    rows_are("<row><c t='inlineStr'><is><t>a</t></is></c><c t='inlineStr'><v>b</v></c><c><is><t>c</t></is></c>"
             "<c t='str'><is><t>d</t></is></c></row>",
             "[0,0,\"s\",\"a\"],[0,1,\"s\",\"b\"],[0,2,\"s\",\"c\"],[0,3,\"s\",\"d\"]");
    rows_are("<row><c t='d'><v>2026-02-05T00:00:00Z</v></c><c t='d'><v>45000</v></c><c t='d'><v>soon</v></c></row>",
             "[0,0,\"d\",\"2026-02-05\"],[0,1,\"d\",\"2023-03-15\"],[0,2,\"s\",\"soon\"]");
}

static void test_text(void **state)
{
    (void)state;
    rows_are(
        "<row><c t='str'><v>a_x000D_b_x005F_x000D_c_x0000_</v></c><c t='str'><v>_xD83D__xDE00_ _xD83D_ _xZZZZ_ _x41_"
        "</v></c></row>",
        "[0,0,\"s\",\"a\\rb_x000D_c\xef\xbf\xbd\"],[0,1,\"s\",\"\xf0\x9f\x98\x80 \xef\xbf\xbd _xZZZZ_ _x41_\"]");
    rows_are(
        "<row><c t='inlineStr'><is><r><t>a</t></r><rPh sb='0'><t>no</t></rPh><r><t> b</t></r><t>c</t></is></c></row>",
        "[0,0,\"s\",\"a bc\"]");
    rows_are("<row><c t='str'><v>x<!-- -->y<![CDATA[<z>]]>&amp;\r\n</v></c></row>", "[0,0,\"s\",\"xy<z>&\\n\"]");
    /* elements within a text are none of it */
    rows_are("<row><c><is><t>a<t>b</t><rPh>c</rPh>d</t><t>e</t></is></c><c t='str'><v>f<v>g</v>h</v></c></row>",
             "[0,0,\"s\",\"ade\"],[0,1,\"s\",\"fh\"]");
    /* an escape cut by markup is still one: text first, escapes second */
    rows_are("<row><c t='str'><v>_x00<!-- -->41_</v></c></row>", "[0,0,\"s\",\"A\"]");
}

#define SST(items) "<sst count='9' uniqueCount='1'>" items "</sst>"

static void test_shared(void **state)
{
    (void)state;
    const char *sheet =
        SHEET("<row><c t='s'><v>0</v></c><c t='s'><v>1</v></c><c t='s'><v> 2 </v></c><c t='s'><v>3</v></c>"
              "<c t='s'><v/></c><c t='s'><v>0000000000</v></c></row>");
    cells_are(sheet,
              SST("<si><t>a<x>y</x></t></si><si/><si><r><t>b</t></r><r><t>_x0041_</t></r></si><si><t/><rPh><t>x</t></"
                  "rPh></si>"),
              NULL, "[0,0,\"s\",\"a\"],[0,2,\"s\",\"bA\"],[0,5,\"s\",\"a\"]");
    cells_are(sheet, SST("<si><t>a</t></si>"), NULL, "bad-shared-index");
    cells_are(sheet, NULL, NULL, "bad-shared-index");
    cells_are(SHEET("<row><c t='s'><v>-1</v></c></row>"), SST("<si><t>a</t></si>"), NULL, "bad-shared-index");
    cells_are(SHEET("<row><c t='s'><v>4294967296</v></c></row>"), SST("<si><t>a</t></si>"), NULL, "bad-shared-index");
    cells_are(SHEET("<row><c t='s'><v>0</v></c></row>"), "<other><si><t>a</t></si></other>", NULL, "xml-malformed");
    cells_are(SHEET("<row><c t='s'><v>0</v></c></row>"), SST("<si><t>a</t>"), NULL, "xml-malformed");
}

#define STYLES                                                                                                         \
    "<styleSheet><numFmts><numFmt numFmtId='50' formatCode='00000'/><numFmt numFmtId='164' formatCode='dd.mm.yyyy'/>"  \
    "</numFmts><cellStyleXfs><xf numFmtId='14'/></cellStyleXfs><cellXfs><xf numFmtId='0'/><xf numFmtId='164'/>"        \
    "<xf numFmtId='50'/><xf numFmtId='9'/><xf numFmtId='21'/></cellXfs></styleSheet>"

static int pad_row(void *ctx, const struct grid_row *row)
{
    (void)ctx;
    assert_int_equal(row->n_cells, 6);
    assert_int_equal(row->cells[0].zero_pad, 0);
    assert_int_equal(row->cells[1].kind, GRID_DATE);
    assert_int_equal(row->cells[2].zero_pad, 5);
    assert_memory_equal(row->cells[2].text, "73", 2);
    assert_int_equal(row->cells[3].percent, 1);
    assert_memory_equal(row->cells[3].text, "0.5", 3);
    assert_memory_equal(row->cells[4].text, "12:00:00", 8);
    assert_int_equal(row->cells[5].kind, GRID_NUMBER); /* a style that is not there */
    assert_int_equal(row->outline, 2);
    assert_true(row->hidden);
    return 0;
}

static int merge_sheet(void *ctx, const struct grid_sheet *sheet)
{
    const struct grid_merge expected[] = {{0, 0, 1, 2}, {63, 1, 99, 1}, {65, 0, 66, 0}};
    assert_string_equal(sheet->name, "S");
    assert_false(sheet->hidden);
    assert_int_equal(sheet->n_merges, *(unsigned *)ctx);
    if (sheet->n_merges > 0)
        assert_memory_equal(sheet->merges, expected, sheet->n_merges * sizeof *expected);
    return 0;
}

static int sheet_done(void *ctx)
{
    (void)ctx;
    return 0;
}

static int any_row(void *ctx, const struct grid_row *row)
{
    (void)ctx, (void)row;
    return 0;
}

static int read_with(const char *sheet, const char *styles, const struct grid_sink *sink,
                     const struct sheet_limits *limits, struct sheet_error *err)
{
    struct zip_maker m = workbook_of(sheet, NULL, styles);
    struct sheet_input input = input_of(m.file.data, m.file.len);
    int rc = sheet_read(&input, SHEET_XLSX, limits, sink, err);
    input_close(&input);
    zip_make_free(&m);
    return rc;
}

static const char formatted[] =
    "<worksheet><sheetData><row outlineLevel='2' hidden='true'><c><v>73</v></c><c s='1'><v>45000</v></c><c "
    "s='2'><v>73</v></c>"
    "<c s='3'><v>0.5</v></c><c s='4'><v>0.5</v></c><c s='99'><v>7</v></c></row></sheetData><mergeCells count='9'>"
    "<mergeCell ref='A66:A67'/><mergeCell ref='A1:C2'/><x:mergeCell\n ref = \"B64:B100\" /><mergeCell ref='A65:B65'/>"
    "<mergeCell ref='B2:A1'/>"
    "<mergeCell ref='?'/></mergeCells></worksheet>";

static void test_formats_and_merges(void **state)
{
    (void)state;
    unsigned merges = 3;
    struct sheet_error err;
    struct grid_sink sink = {.sheet = merge_sheet, .row = pad_row, .sheet_end = sheet_done, .ctx = &merges};
    assert_int_equal(read_with(formatted, STYLES, &sink, &sheet_default_limits, &err), 0);
    merges = 0;
    sink.without_merges = true;
    assert_int_equal(read_with(formatted, STYLES, &sink, &sheet_default_limits, &err), 0);
}

/* Merges at a wrong place would be reported before the rows: such a part is refused. Text that only looks like merges
 * is not taken for them; real ones are reported in every spelling. */
static void test_false_merges(void **state)
{
    (void)state;
    unsigned merges = 0;
    struct sheet_error err;
    struct grid_sink sink = {.sheet = merge_sheet, .row = any_row, .sheet_end = sheet_done, .ctx = &merges};
    static const char none[] =
        "<worksheet><!-- <mergeCell ref='A1:B1'/> --><sheetData><row><c t='str'><v>mergeCell ref='A1:B1' x</v></c>"
        "<c t='str'><v><![CDATA[<mergeCell ref='A1:B1'/>]]></v></c></row></sheetData></worksheet>";
    static const char two[] =
        "<worksheet><sheetData/><mergeCells><mergeCell ref='A&#49;:C2'/><!--><mergeCell ref='A1:B1'/>-->"
        "<x:mergeCell ref='B64:B100'><y/></x:mergeCell></mergeCells></worksheet>";
    assert_int_equal(read_with(none, NULL, &sink, &sheet_default_limits, &err), 0);
    merges = 2;
    assert_int_equal(read_with(two, NULL, &sink, &sheet_default_limits, &err), 0);
    cells_are("<worksheet><sheetData><row><c><v>1</v></c></row></sheetData><x><mergeCell ref='A1:B1'/></x></worksheet>",
              NULL, NULL, "xml-malformed");
}

static void test_structure(void **state)
{
    (void)state;
    /* rows count only as children of sheetData, cells of row, values of c */
    cells_are(
        "<worksheet><row><c><v>9</v></c></row><sheetData><x><row><c><v>8</v></c></row></x><row><y><c><v>7</v></c></y>"
        "<c><z><v>6</v></z><v>1</v></c></row></sheetData><d><row r='1'><c><v>5</v></c></row></d></worksheet>",
        NULL, NULL, "[0,0,\"n\",\"1\"]");
    cells_are("<x:worksheet><x:sheetData><x:row><x:c><x:v>1</x:v></x:c></x:row></x:sheetData></x:worksheet>", NULL,
              NULL, "[0,0,\"n\",\"1\"]");
    cells_are("<worksheet><sheetData/></worksheet>", NULL, NULL, "");
    cells_are("<worksheet/>", NULL, NULL, "");
    cells_are("<chartsheet/>", NULL, NULL, "not-spreadsheet");
    cells_are("<worksheet><c><v>1</v></c></worksheet>", NULL, NULL, "xml-malformed");
    cells_are("<worksheet><sheetData><row><c><v>1</v></c></row></sheetData>", NULL, NULL, "xml-malformed");
    cells_are("<!DOCTYPE worksheet><worksheet/>", NULL, NULL, "xml-dtd");
    cells_are("<worksheet/>", NULL, "<!DOCTYPE x><styleSheet/>", "xml-dtd");
    cells_are("<worksheet/>", NULL, "<styleSheet>", "xml-malformed");
}

static char *many(const char *head, const char *piece, size_t count, const char *tail)
{
    struct bytes b = {0};
    bytes_add(&b, head, strlen(head));
    for (size_t i = 0; i < count; i++)
        bytes_add(&b, piece, strlen(piece));
    bytes_add(&b, tail, strlen(tail) + 1);
    return b.data;
}

static void test_limits(void **state)
{
    (void)state;
    char *sheet =
        many("<worksheet><sheetData><row><c t='str'><v>", "a", 32768, "</v></c></row></sheetData></worksheet>");
    cells_are(sheet, NULL, NULL, "xml-limit");
    free(sheet);
    /* UTF-16 units are counted, not bytes; an escape is one unit */
    sheet =
        many("<worksheet><sheetData><row><c t='str'><v>", "\xd1\x8f", 32767, "</v></c></row></sheetData></worksheet>");
    char *got = cells_of(sheet, NULL, NULL);
    assert_int_equal(strlen(got), 65534 + strlen("[0,0,\"s\",\"\"]"));
    free(got);
    free(sheet);
    sheet =
        many("<worksheet><sheetData><row><c t='str'><v>", "_x0041_", 32767, "</v></c></row></sheetData></worksheet>");
    got = cells_of(sheet, NULL, NULL);
    assert_int_equal(strlen(got), 32767 + strlen("[0,0,\"s\",\"\"]"));
    free(got);
    free(sheet);
    sheet = many("<worksheet><sheetData><row><c t='str'><v>", "\xf0\x9f\x98\x80", 16384,
                 "</v></c></row></sheetData></worksheet>");
    cells_are(sheet, NULL, NULL, "xml-limit");
    free(sheet);
    sheet = many("<worksheet>", "<x>", 64, "");
    cells_are(sheet, NULL, NULL, "xml-limit");
    free(sheet);
}

/* A row is bounded: the same columns again and again, and long texts that many cells name. */
static void test_row_limits(void **state)
{
    (void)state;
    char *sheet = many("<worksheet><sheetData><row>", "<c r='B1'><v>1</v></c><c r='A1'><v>2</v></c>", 40000,
                       "</row></sheetData></worksheet>");
    cells_are(sheet, NULL, NULL, "[0,0,\"n\",\"2\"],[0,1,\"n\",\"1\"]");
    free(sheet);
    char *strings = many("<sst><si><t>", "0123456789", 3000, "</t></si></sst>");
    sheet = many("<worksheet><sheetData><row>", "<c t='s'><v>0</v></c>", 300, "</row></sheetData></worksheet>");
    cells_are(sheet, strings, NULL, "limit-text");
    free(sheet);
    free(strings);
}

static int count_row(void *ctx, const struct grid_row *row)
{
    (void)row;
    ++*(unsigned *)ctx;
    return 0;
}

static int any_sheet(void *ctx, const struct grid_sheet *sheet)
{
    (void)ctx, (void)sheet;
    return 0;
}

static void test_given_limits(void **state)
{
    (void)state;
    unsigned rows = 0;
    struct sheet_error err;
    struct sheet_limits limits = sheet_default_limits;
    struct grid_sink sink = {.sheet = any_sheet, .row = count_row, .sheet_end = sheet_done, .ctx = &rows};
    limits.max_rows = 2;
    const char *three = SHEET("<row><c><v>1</v></c></row><row/><row><c><v>1</v></c></row><row><c/></row>");
    assert_int_equal(read_with(three, NULL, &sink, &limits, &err), 0); /* rows without a value do not count */
    assert_int_equal(rows, 2);
    three = SHEET("<row><c><v>1</v></c></row><row><c><v>1</v></c></row><row><c><v>1</v></c></row>");
    assert_int_equal(read_with(three, NULL, &sink, &limits, &err), -1);
    assert_string_equal(err.cls, "limit-rows");
    limits = sheet_default_limits;
    limits.max_inflated = 300;
    assert_int_equal(read_with(three, NULL, &sink, &limits, &err), -1);
    assert_string_equal(err.cls, "zip-bomb");
    limits = sheet_default_limits;
    limits.max_entries = 3;
    assert_int_equal(read_with(three, NULL, &sink, &limits, &err), -1);
    assert_string_equal(err.cls, "zip-bomb");
}

/* Long names that would fill the memory if there were thousands of them. */
static void test_long_names(void **state)
{
    (void)state;
    char *rels =
        many("<Relationships><Relationship Id='a' Type='x/officeDocument' Target='", "x", 3000, "'/></Relationships>");
    struct zip_maker m = {0};
    zip_make_add(&m, "_rels/.rels", rels, strlen(rels), ZIP_MAKE_DEFLATED);
    zip_make_end(&m);
    assert_string_equal(read_class(m.file.data, m.file.len, SHEET_UNKNOWN), "xml-limit");
    zip_make_free(&m);
    free(rels);
    char *book = many("<workbook><sheets><sheet name='", "x", 2000, "' r:id='a'/></sheets></workbook>");
    static const char document[] =
        "<Relationships><Relationship Id='a' Type='x/officeDocument' Target='w.xml'/></Relationships>";
    zip_make_add(&m, "_rels/.rels", document, sizeof document - 1, ZIP_MAKE_STORED);
    zip_make_add(&m, "w.xml", book, strlen(book), ZIP_MAKE_DEFLATED);
    zip_make_end(&m);
    assert_string_equal(read_class(m.file.data, m.file.len, SHEET_UNKNOWN), "xml-limit");
    zip_make_free(&m);
    free(book);
}

static void test_strings_limit(void **state)
{
    (void)state;
    unsigned rows = 0;
    struct sheet_error err;
    struct sheet_limits limits = sheet_default_limits;
    struct grid_sink sink = {.sheet = any_sheet, .row = count_row, .sheet_end = sheet_done, .ctx = &rows};
    char *strings = many("<sst>", "<si/>", 1000, "</sst>"); /* empty strings take memory too */
    struct zip_maker m = workbook_of(SHEET(""), strings, NULL);
    struct sheet_input input = input_of(m.file.data, m.file.len);
    limits.max_strings = 3999;
    assert_int_equal(sheet_read(&input, SHEET_UNKNOWN, &limits, &sink, &err), -1);
    assert_string_equal(err.cls, "limit-text");
    limits.max_strings = 4000;
    assert_int_equal(sheet_read(&input, SHEET_UNKNOWN, &limits, &sink, &err), 0);
    input_close(&input);
    zip_make_free(&m);
    free(strings);
}

static int answer(void *ctx, const struct grid_row *row)
{
    (void)row;
    return *(int *)ctx;
}

static int answer_sheet(void *ctx, const struct grid_sheet *sheet)
{
    (void)sheet;
    return *(int *)ctx;
}

static void test_answers(void **state)
{
    (void)state;
    struct sheet_error err;
    const char *sheet = SHEET("<row><c><v>1</v></c></row><row><c><v>1</v></c></row><row><c r='ZZZ1'/></row>");
    static const struct {
        int given, expected;
    } cases[] = {{GRID_STOP, 0}, {-42, -42}, {0, -1}};
    for (size_t i = 0; i < 3; i++) {
        int given = cases[i].given;
        struct grid_sink sink = {.sheet = any_sheet, .row = answer, .sheet_end = sheet_done, .ctx = &given};
        assert_int_equal(read_with(sheet, NULL, &sink, &sheet_default_limits, &err), cases[i].expected);
    }
    int skip_it = GRID_SKIP_SHEET;
    struct grid_sink sink = {.sheet = answer_sheet, .row = answer, .sheet_end = NULL, .ctx = &skip_it};
    assert_int_equal(read_with(sheet, NULL, &sink, &sheet_default_limits, &err), 0);
}

static int add_uncalculated(void *ctx, const struct grid_row *row)
{
    *(unsigned *)ctx = *(unsigned *)ctx * 10 + row->uncalculated;
    return 0;
}

/* A formula without a v was never calculated; one with an empty v was, and gave an empty text. */
static void test_uncalculated_formulas(void **state)
{
    (void)state;
    unsigned counts = 0;
    struct sheet_error err;
    struct grid_sink sink = {.sheet = any_sheet, .row = add_uncalculated, .sheet_end = sheet_done, .ctx = &counts};
    const char *sheet = SHEET("<row><c><v>1</v></c><c><f>A1</f></c><c t='str'><f>A1</f></c><c><f/></c></row>"
                              "<row><c><f>A1</f><v>1</v></c><c t='str'><f>A1</f><v></v></c><c t='str'><f>A1</f><v/></c>"
                              "<c><v>1</v></c></row>"
                              "<row r='7'><c><f>A1</f></c></row><row r='7'><c><f>A1</f></c><c><v>1</v></c></row>"
                              "<row><c><v>1</v></c></row><row><c><f>A1</f></c></row><row/>");
    assert_int_equal(read_with(sheet, NULL, &sink, &sheet_default_limits, &err), 0);
    assert_int_equal(counts, 30201); /* a row of nothing but such formulas is told too */
}

/* Such a formula is a cell without a text in its column, unless the file has a value for that place. */
static int formula_row(void *ctx, const struct grid_row *row)
{
    char *kinds = ctx;

    for (uint32_t i = 0; i < row->n_cells; i++)
        sprintf(kinds + strlen(kinds), "%u%s ", row->cells[i].column, row->cells[i].kind == GRID_FORMULA ? "f" : "");
    return 0;
}

static void test_formula_cells(void **state)
{
    (void)state;
    char kinds[200] = "";
    struct sheet_error err;
    struct grid_sink sink = {.sheet = any_sheet, .row = formula_row, .sheet_end = sheet_done, .ctx = kinds};
    const char *sheet = SHEET("<row><c><v>1</v></c><c r='C1'><f>A1</f></c><c r='E1'><f>A1</f><v>2</v></c></row>"
                              "<row><c r='B2'><v>1</v></c><c r='B2'><f>A1</f></c><c><v>3</v><f>A1</f></c></row>"
                              "<row><c r='B3'><f>A1</f></c><c r='B3'><v>1</v></c><c><f>A1</f></c></row>");
    assert_int_equal(read_with(sheet, NULL, &sink, &sheet_default_limits, &err), 0);
    assert_string_equal(kinds, "0 2f 4 1 2 1 2f ");
}

static int summary_sheet(void *ctx, const struct grid_sheet *sheet)
{
    *(int *)ctx = sheet->summary_below;
    return 0;
}

/* Where the summary rows of an outline stand is known before the rows. */
static void test_summary_below(void **state)
{
    (void)state;
    static const struct {
        const char *head;
        int below;
    } cases[] = {{"", 1},
                 {"<sheetPr/>", 1},
                 {"<sheetPr><tabColor/></sheetPr><dimension ref='A1'/>", 1},
                 {"<sheetPr><outlinePr/></sheetPr>", 1},
                 {"<sheetPr><outlinePr summaryBelow='1'/></sheetPr>", 1},
                 {"<x:sheetPr><tabColor/><x:outlinePr applyStyles='1' summaryBelow='0'/></x:sheetPr>", 0},
                 {"<sheetPr><outlinePr summaryRight='1' summaryBelow='false'></outlinePr></sheetPr>", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char sheet[300];
        int below = -1;
        struct sheet_error err;
        struct grid_sink sink = {.sheet = summary_sheet, .row = any_row, .sheet_end = sheet_done, .ctx = &below};
        snprintf(sheet, sizeof sheet, "<worksheet>%s<sheetData><row><c><v>1</v></c></row></sheetData></worksheet>",
                 cases[i].head);
        assert_int_equal(read_with(sheet, NULL, &sink, &sheet_default_limits, &err), 0);
        assert_int_equal(below, cases[i].below);
    }
}

/* More merges than any report has: refused if the sheet is wanted, and the memory stays bounded. */
static void test_many_merges(void **state)
{
    (void)state;
    unsigned n = 500001;
    char *sheet = malloc((size_t)n * 40 + 200), *at = sheet;
    struct sheet_error err;
    at += sprintf(at, "<worksheet><sheetData><row><c><v>1</v></c></row></sheetData><mergeCells>");
    for (unsigned i = 0; i < n; i++)
        at += sprintf(at, "<mergeCell ref='A%u:A%u'/>", 2 * i + 101, 2 * i + 102);
    strcpy(at, "</mergeCells></worksheet>");
    int skip_it = GRID_SKIP_SHEET, take_it = 0;
    struct grid_sink sink = {.sheet = answer_sheet, .row = any_row, .sheet_end = sheet_done, .ctx = &take_it};
    assert_int_equal(read_with(sheet, NULL, &sink, &sheet_default_limits, &err), -1);
    assert_string_equal(err.cls, "limit-merges");
    sink.ctx = &skip_it;
    assert_int_equal(read_with(sheet, NULL, &sink, &sheet_default_limits, &err), 0);
    sink.ctx = &take_it;
    sink.without_merges = true;
    assert_int_equal(read_with(sheet, NULL, &sink, &sheet_default_limits, &err), 0);
    free(sheet);
}

/* Messages quote the file and must be valid text nevertheless. */
static void test_messages(void **state)
{
    (void)state;
    struct sheet_error err;
    assert_int_equal(sheet_refuse(&err, "zip-corrupt", "a\x01%s\xff%s", "Я\n", "\xd0"), -1);
    assert_string_equal(err.text, "a?Я ??");
    char *name = many("", "Я", 400, "");
    sheet_refuse(&err, "zip-corrupt", "x%s", name);
    assert_true(utf8_valid(err.text, strlen(err.text)));
    assert_int_equal(strlen(err.text), sizeof err.text - 1);
    free(name);
}

/* A part of a larger file: the bytes in front and behind are not read. */
static void test_offset(void **state)
{
    (void)state;
    struct zip_maker m = workbook_of(SHEET("<row><c><v>1</v></c></row>"), NULL, NULL);
    struct bytes b = {0};
    bytes_add(&b, "--boundary\r\n\r\n", 14);
    bytes_add(&b, m.file.data, m.file.len);
    bytes_add(&b, "\r\n--boundary--", 14);
    struct sheet_input input = input_of(b.data, b.len);
    input.offset = 14;
    input.length = m.file.len;
    char *got = read_cells(&input, SHEET_UNKNOWN);
    assert_non_null(strstr(got, "[0,0,\"n\",\"1\"]"));
    free(got);
    input.length++; /* claims a byte more than is its own: the end record does not fit any more */
    got = read_cells(&input, SHEET_UNKNOWN);
    assert_memory_equal(got, "zip-truncated", 13);
    free(got);
    input.length = b.len; /* longer than the file */
    got = read_cells(&input, SHEET_UNKNOWN);
    assert_memory_equal(got, "io:", 3);
    free(got);
    input_close(&input);
    bytes_free(&b);
    zip_make_free(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_places),
                                       cmocka_unit_test(test_out_of_range),
                                       cmocka_unit_test(test_unreadable_references),
                                       cmocka_unit_test(test_types),
                                       cmocka_unit_test(test_text),
                                       cmocka_unit_test(test_shared),
                                       cmocka_unit_test(test_formats_and_merges),
                                       cmocka_unit_test(test_false_merges),
                                       cmocka_unit_test(test_structure),
                                       cmocka_unit_test(test_limits),
                                       cmocka_unit_test(test_row_limits),
                                       cmocka_unit_test(test_given_limits),
                                       cmocka_unit_test(test_strings_limit),
                                       cmocka_unit_test(test_long_names),
                                       cmocka_unit_test(test_answers),
                                       cmocka_unit_test(test_uncalculated_formulas),
                                       cmocka_unit_test(test_formula_cells),
                                       cmocka_unit_test(test_summary_below),
                                       cmocka_unit_test(test_many_merges),
                                       cmocka_unit_test(test_messages),
                                       cmocka_unit_test(test_offset)};
    return cmocka_run_group_tests_name("xlsx", tests, NULL, NULL);
}
