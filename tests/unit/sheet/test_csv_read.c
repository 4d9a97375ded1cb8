/* CSV: separators, quotes, line ends, and what is refused with its line. */
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
    expect("a\n\n,\nb\n\n", "[0,0,\"s\",\"a\"],[2,0,\"s\",\",\"],[3,0,\"s\",\"b\"]");
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
    REFUSED("a\n5\" disk,b\n", "csv-malformed: Line 2 ");
    REFUSED("a,b\r\nc,\xc0\xf0\xf2\r\n", "csv-malformed: Line 2 ");
    REFUSED("a\nb\nc\xd0", "csv-malformed: Line 3 ");
    REFUSED("a\nb\0c\n", "csv-malformed: Line 2 ");
    REFUSED("\xff\xfe"
            "a\0",
            "csv-malformed: Line 1 of the CSV file: the file is in UTF-16");
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

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_separators), cmocka_unit_test(test_quotes),
                                       cmocka_unit_test(test_guards),     cmocka_unit_test(test_lines),
                                       cmocka_unit_test(test_refused),    cmocka_unit_test(test_limits),
                                       cmocka_unit_test(test_blocks)};
    return cmocka_run_group_tests_name("csv_read", tests, NULL, NULL);
}
