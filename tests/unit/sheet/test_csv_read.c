/* CSV: separators, quotes, line ends, and what is refused with its line. */
#include "base/utf8.h"
#include "tests/unit/sheet/xlsx_help.h"

#include <stdio.h>
#include <stdlib.h>

static char *csv(const char *text, size_t n)
{
    struct sheet_input input = input_of(text, n);
    char *got = read_cells(&input, SHEET_CSV);
    input_close(&input);
    return got;
}

static void expect(const char *text, const char *cells)
{
    char *got = csv(text, strlen(text)), *to = got;
    for (const char *p = got; *p != 0; p++)
        if (*p == '\n')
            p += strncmp(p, "\n  [", 4) == 0 ? 2 : strncmp(p, "\n ", 2) == 0 ? 1 : 0;
        else
            *to++ = *p;
    *to = 0;
    char *whole = NULL;
    assert_true(asprintf(&whole, "{\"sheets\":[{\"name\":\"\",\"hidden\":false,\"cells\":[%s]}]}", cells) > 0);
    assert_string_equal(got, whole);
    free(whole);
    free(got);
}

static void refused(const char *text, size_t n, const char *begin)
{
    char *got = csv(text, n);
    if (strncmp(got, begin, strlen(begin)) != 0)
        fail_msg("expected %s, got %s", begin, got);
    free(got);
}

static void test_separators(void **state)
{
    (void)state;
    expect("a,b\r\n1,2\r\n", "[0,0,\"s\",\"a\"],[0,1,\"s\",\"b\"],[1,0,\"s\",\"1\"],[1,1,\"s\",\"2\"]");
    expect("a;b,c;d\n1;2\n",
           "[0,0,\"s\",\"a\"],[0,1,\"s\",\"b,c\"],[0,2,\"s\",\"d\"],[1,0,\"s\",\"1\"],[1,1,\"s\",\"2\"]");
    expect("a\tb\n", "[0,0,\"s\",\"a\"],[0,1,\"s\",\"b\"]");
    expect("\"x,y,z\";b\n1,5;2", "[0,0,\"s\",\"x,y,z\"],[0,1,\"s\",\"b\"],[1,0,\"s\",\"1,5\"],[1,1,\"s\",\"2\"]");
    expect("one\ntwo", "[0,0,\"s\",\"one\"],[1,0,\"s\",\"two\"]");
}

static void test_quotes(void **state)
{
    (void)state;
    expect("\"a \"\"b\"\" c\",\"\",\"x\r\ny\"\n", "[0,0,\"s\",\"a \\\"b\\\" c\"],[0,2,\"s\",\"x\\r\\ny\"]");
    expect("\"\"\"\",b", "[0,0,\"s\",\"\\\"\"],[0,1,\"s\",\"b\"]");
    expect("\"a\"\r\n\"b\"", "[0,0,\"s\",\"a\"],[1,0,\"s\",\"b\"]");
}

/* Our own files put an apostrophe in front of what a spreadsheet would run. */
static void test_guards(void **state)
{
    (void)state;
    expect("'=1,\"'-5 pcs\",''@x,' +\n",
           "[0,0,\"s\",\"=1\"],[0,1,\"s\",\"-5 pcs\"],[0,2,\"s\",\"'@x\"],[0,3,\"s\",\" +\"]");
    expect("'x,','5", "[0,0,\"s\",\"'x\"],[0,1,\"s\",\"'\"],[0,2,\"s\",\"'5\"]");
}

static void test_lines(void **state)
{
    (void)state;
    expect("\xef\xbb\xbf"
           "a,b",
           "[0,0,\"s\",\"a\"],[0,1,\"s\",\"b\"]");
    expect("a\r\rb\r", "[0,0,\"s\",\"a\"],[2,0,\"s\",\"b\"]");
    expect("a\n\n,\nb\n\n", "[0,0,\"s\",\"a\"],[3,0,\"s\",\"b\"]");
    expect(",,x", "[0,2,\"s\",\"x\"]");
    expect("Артикул;Цена\nW 7;1,5\n",
           "[0,0,\"s\",\"Артикул\"],[0,1,\"s\",\"Цена\"],[1,0,\"s\",\"W 7\"],[1,1,\"s\",\"1,5\"]");
}

#define REFUSED(text, begin) refused(text, sizeof text - 1, begin)

static void test_refused(void **state)
{
    (void)state;
    REFUSED("", "empty-file:");
    REFUSED("a,b\n\"c,d\n", "csv-malformed: Line 2 ");
    REFUSED("a\n\"x\ny\n\"z\n", "csv-malformed: Line 4 ");
    REFUSED("a,b\n\"c\"d,e\n", "csv-malformed: Line 2 ");
    REFUSED("a,b\n\"c\" \"d\",e\n", "csv-malformed: Line 2 ");
    REFUSED("a\nb\nc\xd0", "csv-malformed: Line 3 ");
    REFUSED("a\nb\0c\n", "csv-malformed: Line 2 ");
    REFUSED("\xff\xfe"
            "a\0\0\xd8"
            "b\0",
            "csv-malformed: Line 1 of the CSV file: text that is not UTF-16");
}

static void test_limits(void **state)
{
    (void)state;
    size_t n = 32768;
    char *text = xalloc(n + 1);
    memset(text, 'x', n);
    text[0] = '\n';
    refused(text, n, "{"); /* 32 767 characters */
    text[0] = 'x';
    refused(text, n, "csv-malformed: Line 1 ");
    memset(text, ',', n);
    text[16383] = '\n';
    refused(text, 16384, "{");
    text[16383] = ',';
    refused(text, 16385, "csv-malformed: Line 1 ");
    free(text);
}

/* A character and a quote may be cut by the end of a block of 64 KiB. */
static void test_blocks(void **state)
{
    (void)state;
    for (size_t pad = 65530; pad < 65540; pad++) {
        struct bytes b = {0};
        for (size_t i = 0; i < pad / 10; i++)
            bytes_add(&b, "1234;6789\n", 10);
        for (size_t i = 0; i < pad % 10; i++)
            bytes_add(&b, "y", 1);
        bytes_add(&b, "\xd0\xaf\xe2\x82\xac\n;\"\"\"\r\n\"", 13);
        char *got = csv(b.data, b.len);
        char *last = strrchr(got, '[');
        assert_non_null(last);
        assert_non_null(strstr(last, ",1,\"s\",\"\\\"\\r\\n\""));
        assert_non_null(strstr(got, "\xd0\xaf\xe2\x82\xac\""));
        free(got);
        bytes_free(&b);
    }
}

static int seen_sheet(void *ctx, const struct grid_sheet *sheet)
{
    *(char *)ctx = sheet->separator;
    return GRID_STOP;
}

static void separator_is(const char *text, char expected)
{
    struct sheet_input input = input_of(text, strlen(text));
    char separator = 'x';
    struct sheet_error err;
    struct grid_sink sink = {.sheet = seen_sheet, .ctx = &separator};
    assert_int_equal(sheet_read(&input, SHEET_CSV, &sheet_default_limits, &sink, &err), 0);
    if (separator != expected)
        fail_msg("%s: %d", text, separator);
    input_close(&input);
}

/* Titles and empty lines may stand above the table, and the other signs in its texts and numbers. */
static void test_dialect(void **state)
{
    (void)state;
    separator_is("Остатки, склад Основной\n\n;;\nАртикул;Кол-во\nA-1;1,5\nA-2;2,5\n", ';');
    separator_is("A-1;1,5\nA-2;2,5\n", ';');
    separator_is("a\tb\nx, y\t1,5\nx; y\t2,5\n", '\t');
    separator_is("code,name\nA,\"x; y; z\"\nB,\"x; y; z\"\n", ',');
    separator_is("code,name\nA,x; y\nB,x; z\n", ',');
    separator_is("A;B;C\nHDD 3.5\" 7,2K;1;2\nHDD 2.5\" 10,5K;1;2\n", ';');
    separator_is("one\ntwo\n", 0);
    separator_is("\xef\xbb\xbfsep=,\na;b,c\n", ',');
}

/* "sep=;" is a line of the file, but none of the table. */
static void test_told_separator(void **state)
{
    (void)state;
    expect("sep=;\r\na,b;c\r\n", "[1,0,\"s\",\"a,b\"],[1,1,\"s\",\"c\"]");
    expect("SEP=,\na;b,c", "[1,0,\"s\",\"a;b\"],[1,1,\"s\",\"c\"]");
    expect("\"sep=;\"\ra;b\r", "[1,0,\"s\",\"a\"],[1,1,\"s\",\"b\"]");
    expect("sep=|\na|b;c;d\n1|2", "[1,0,\"s\",\"a\"],[1,1,\"s\",\"b;c;d\"],[2,0,\"s\",\"1\"],[2,1,\"s\",\"2\"]");
    expect("sep=;;;\n\nx;y\n", "[2,0,\"s\",\"x\"],[2,1,\"s\",\"y\"]");
    expect("sep=;", "");
    expect("sep=a;b\nc;d\n", "[0,0,\"s\",\"sep=a\"],[0,1,\"s\",\"b\"],[1,0,\"s\",\"c\"],[1,1,\"s\",\"d\"]");
    REFUSED("sep=;\na\n\"b\n", "csv-malformed: Line 3 ");
}

/* What people's files have and what can be read in one way only. */
static void test_tolerated(void **state)
{
    (void)state;
    expect("a,b\n5\" disk,7\n", "[0,0,\"s\",\"a\"],[0,1,\"s\",\"b\"],[1,0,\"s\",\"5\\\" disk\"],[1,1,\"s\",\"7\"]");
    expect("a, \"b, c\" ,d\n", "[0,0,\"s\",\"a\"],[0,1,\"s\",\"b, c\"],[0,2,\"s\",\"d\"]");
    expect("a,b\n1,2\n\x1a", "[0,0,\"s\",\"a\"],[0,1,\"s\",\"b\"],[1,0,\"s\",\"1\"],[1,1,\"s\",\"2\"]");
}

/* Bytes of a text in UTF-8 as another encoding, for letters that are in both; the rest is ASCII. */
static struct bytes encoded(const char *text, const char *name)
{
    struct bytes b = {0};
    bool wide = strncmp(name, "UTF-16", 6) == 0, little = strcmp(name, "UTF-16LE") == 0;
    if (wide)
        bytes_add(&b, little ? "\xff\xfe" : "\xfe\xff", 2);
    for (size_t i = 0, len; text[i] != 0; i += len) {
        uint32_t c = utf8_decode(text + i, strlen(text + i), &len);
        bool small = c >= 0x430, letter = c >= 0x410 && c <= 0x44f;
        if (wide) {
            char pair[2] = {(char)(c >> 8), (char)c}, turned[2] = {(char)c, (char)(c >> 8)};
            bytes_add(&b, little ? turned : pair, 2);
        } else if (strcmp(name, "CP1251") == 0) {
            bytes_add_char(&b, (char)(letter ? c - 0x410 + 0xc0 : c));
        } else if (strcmp(name, "CP866") == 0) {
            bytes_add_char(&b, (char)(letter ? c - 0x410 + (c < 0x440 ? 0x80 : 0xb0) : c));
        } else { /* KOI8-R */
            static const char small_letters[] = "юабцдефгхийклмнопярстужвьызшэщчъ";
            char one[5] = "";
            utf8_encode(letter && !small ? c + 0x20 : c, one);
            const char *at = letter ? strstr(small_letters, one) : NULL;
            bytes_add_char(&b, (char)(at ? (at - small_letters) / 2 + (small ? 0xc0 : 0xe0) : (long)c));
        }
    }
    return b;
}

static const char table[] =
    "Артикул;Наименование;Цена\nA-1;Насос Нурма;5,5\nA-2;Кабель Витой Крученый;7\nA-3;Лампа Ясная;9\n";

static void test_encodings(void **state)
{
    (void)state;
    char *plain = csv(table, strlen(table));
    static const char *const known[] = {"CP1251", "UTF-16LE", "UTF-16BE"};
    for (size_t i = 0; i < 3; i++) {
        struct bytes b = encoded(table, known[i]);
        char *got = csv(b.data, b.len);
        assert_string_equal(got, plain);
        free(got);
        bytes_free(&b);
    }
    static const char *const other[] = {"CP866", "KOI8-R"};
    for (size_t i = 0; i < 2; i++) {
        struct bytes b = encoded(table, other[i]);
        refused(b.data, b.len, "csv-malformed: Line 1 of the CSV file: text that is neither UTF-8 nor Windows-1251");
        bytes_free(&b);
    }
    free(plain);
    REFUSED("Gr\xf6\xdf"
            "e;K\xe4se\n1;2\n",
            "csv-malformed: Line 1 "); /* Western */
    REFUSED("\xef\xbb\xbf"
            "a;b\n\xcf\xf0;1\n",
            "csv-malformed: Line 2 of the CSV file: text that is not UTF-8, as");
    REFUSED("Артикул;Цена\nНасос;1\nКаб\xd0;2\n", "csv-malformed: Line 3 "); /* damaged UTF-8 is nothing else */
    REFUSED("\xcf\xf0;1\n\1;2\n", "csv-malformed: Line 2 of the CSV file: a control character");
}

static void sniffed(const void *data, size_t n, enum sheet_format format, enum sheet_format as_text, const char *said)
{
    struct sheet_input input = input_of(data, n);
    struct sheet_error err = {0};
    enum sheet_format got = sheet_sniff_file(&input, &err);
    if (got != format || !strstr(err.text, said))
        fail_msg("%.40s: %d %s", (const char *)data, got, err.text);
    assert_int_equal(sheet_sniff_text(&input, &err), as_text);
    input_close(&input);
}

#define SNIFFED(text, ...) sniffed(text, sizeof text - 1, __VA_ARGS__)

/* Content decides. Files of other programs are named as what they are, also where they have separators. */
static void test_sniffed(void **state)
{
    (void)state;
    SNIFFED("sku,qty\nA-1,2\n", SHEET_CSV, SHEET_CSV, "");
    SNIFFED("\xef\xbb\xbf"
            "a\tb\n1\t2\n",
            SHEET_CSV, SHEET_CSV, "");
    SNIFFED("\xcf\xf0\xe0\xe9\xf1;\xd6\xe5\xed\xe0\r\n1;2\r\n", SHEET_CSV, SHEET_CSV, "");
    SNIFFED("ID;PN;Qty\n1;A-1;2\n2;A-2;3\n", SHEET_CSV, SHEET_CSV, "");
    SNIFFED("sep=;\na;b\n", SHEET_CSV, SHEET_CSV, "");
    struct bytes b = encoded(table, "UTF-16LE");
    sniffed(b.data, b.len, SHEET_CSV, SHEET_CSV, "");
    bytes_free(&b);
    SNIFFED("code\nA-1\nA-2\n", SHEET_UNKNOWN, SHEET_CSV, "plain text without columns");
    SNIFFED("{\"a\": 1,\n\"b\": 2,\n\"c\": 3}", SHEET_UNKNOWN, SHEET_UNKNOWN, "JSON");
    SNIFFED("[{\"a\": 1},\n{\"b\": 2},\n{\"c\": 3}]", SHEET_UNKNOWN, SHEET_UNKNOWN, "JSON");
    SNIFFED("ID;PWXL;N;E\r\nP;PGeneral\r\nC;Y1;X1;K1\r\n", SHEET_UNKNOWN, SHEET_UNKNOWN, "SYLK");
    SNIFFED("<html><body>a,b\nc,d\n</body></html>", SHEET_UNKNOWN, SHEET_UNKNOWN, "HTML");
    SNIFFED("<?xml version=\"1.0\"?><x a=\"1,2\">\n3,4\n</x>", SHEET_UNKNOWN, SHEET_UNKNOWN, "XML");
    SNIFFED("%PDF-1.7\n1,2\n3,4\n", SHEET_UNKNOWN, SHEET_UNKNOWN, "PDF");
    SNIFFED("a,b\nc\0d,e\n", SHEET_UNKNOWN, SHEET_UNKNOWN, "known kind");
    SNIFFED("Gr\xf6\xdf"
            "e;K\xe4se\n1;2\n",
            SHEET_UNKNOWN, SHEET_UNKNOWN, "neither UTF-8 nor Windows-1251");
}

/* A character of any encoding may be cut by the end of a block of 64 KiB. */
static void test_blocks_of_encodings(void **state)
{
    (void)state;
    static const char *const known[] = {"CP1251", "UTF-16LE", "UTF-16BE"};
    for (size_t i = 0; i < 3; i++) {
        struct bytes lines = {0};
        for (unsigned k = 0; k < 9000; k++) {
            char line[64];
            bytes_add(&lines, line,
                      (size_t)snprintf(line, sizeof line, "Насос %u;Я%.*s;1\n", k, (int)(k % 7), "abcdefg"));
        }
        bytes_add_char(&lines, 0);
        struct bytes b = encoded(lines.data, known[i]);
        char *got = csv(b.data, b.len), *plain = csv(lines.data, lines.len - 1);
        assert_string_equal(got, plain);
        free(got);
        free(plain);
        bytes_free(&b);
        bytes_free(&lines);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_separators),
                                       cmocka_unit_test(test_quotes),
                                       cmocka_unit_test(test_guards),
                                       cmocka_unit_test(test_lines),
                                       cmocka_unit_test(test_refused),
                                       cmocka_unit_test(test_limits),
                                       cmocka_unit_test(test_blocks),
                                       cmocka_unit_test(test_dialect),
                                       cmocka_unit_test(test_told_separator),
                                       cmocka_unit_test(test_tolerated),
                                       cmocka_unit_test(test_encodings),
                                       cmocka_unit_test(test_sniffed),
                                       cmocka_unit_test(test_blocks_of_encodings)};
    return cmocka_run_group_tests_name("csv_read", tests, NULL, NULL);
}
