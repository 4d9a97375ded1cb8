/* The tokeniser: what it reads, what it refuses, and that it reads the same as expat, however the input is cut. */
#include "handlers/sheet/xlsx/xml.h"

#include "tests/unit/sheet/xlsx_expat.h"
#include "tests/unit/sheet/xlsx_help.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const good[] = {
    "<a/>",
    ("<?xml version=\"1.0\" encoding=\"UTF-8\" standalone='yes' ?>\n<a b='1' c = \"2\"\n>x</a >\n<!-- end --> <?pi "
     "x?>\n"),
    "\xef\xbb\xbf<?xml version='1.0'?><a>\xd0\xaf\xe2\x82\xac\xf0\x9f\x98\x80</a>",
    "<a>x<b/>y<c></c>z</a>",
    "<x:a xmlns:x='u'><x:b x:c='1'/></x:a>",
    "<a b='\"' c=\"'\" d='>' e='a&amp;b&#10;&#x410;&lt;'>&amp;&lt;&gt;&quot;&apos;&#1040;&#x1F600;</a>",
    "<a b='x\ty\r\nz\nu\rv'>l1\r\nl2\rl3\n</a>",
    "<a><![CDATA[<b>&amp;]] ]>\r\n\r]]></a>",
    "<a>]] > ]]<!-- ]]> - --></a>",
    "<a>]<b>]]</b>]</a>",
    "<a><!----><!-- x - y --><?p?><?p a?b?\?></a>",
    "<aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa _b.c-d1=''/>",
    "<a><b>text</b><b>text</b\n><b>te&amp;xt</b><b>te]xt</b><b></b></a>",
    "<a>\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbd\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\x7f</a>",
};

static const char *const bad[] = {
    "",
    " ",
    "x",
    "<a>",
    "<a></b>",
    "<a></a",
    "<a></aa>",
    "<aa></a>",
    "<a/><b/>",
    "<a/>x",
    "x<a/>",
    "<a",
    "<a b>",
    "<a b=>",
    "<a b=1/>",
    "<a b='1/>",
    "<a b='1' b='2'/>",
    "<a b='1'c='2'/>",
    "<a b='<'/>",
    "<a b='&'/>",
    "<a b='&x;'/>",
    "<a/ >",
    "<a / >",
    "< a/>",
    "<a><b></a></b>",
    "<a>&</a>",
    "<a>& </a>",
    "<a>&amp</a>",
    "<a>&nbsp;</a>",
    "<a>&#;</a>",
    "<a>&#x;</a>",
    "<a>&#0;</a>",
    "<a>&#xD800;</a>",
    "<a>&#x110000;</a>",
    "<a>&#99999999999;</a>",
    "<a>&#xFFFE;</a>",
    "<a>]]></a>",
    "<a><![CDATA[x]]</a>",
    "<a><![cdata[x]]></a>",
    "<![CDATA[x]]><a/>",
    "<a><!-- -- --></a>",
    "<a><!--x--",
    "<a><!- x --></a>",
    "<a><?xml version='1.0'?></a>",
    "<a><?XML x?></a>",
    "<a><? x?></a>",
    "<a><?p x</a>",
    " <?xml version='1.0'?><a/>",
    "<?xml version='1 0'?><a/>",
    "<?xml encoding='UTF-8'?><a/>",
    "<?xml version='1.0' encoding='UTF-16'?><a/>",
    "<?xml version='1.0' standalone='maybe'?><a/>",
    "<?xml version='1.0' standalone='yes' encoding='UTF-8'?><a/>",
    "<?xml version='1.0'encoding='UTF-8'?><a/>",
    "<1a/>",
    "<-a/>",
    "<a 1b='x'/>",
    "<a>\x01</a>",
    "<a>\x1f</a>",
    "<a b='\x0b'/>",
    "<a>\xff</a>",
    "<a>\xc0\x80</a>",
    "<a>\xc1\xbf</a>",
    "<a>\xe0\x9f\xbf</a>",
    "<a>\xed\xa0\x80</a>",
    "<a>\xef\xbf\xbe</a>",
    "<a>\xef\xbf\xbf</a>",
    "<a>\xf0\x8f\xbf\xbf</a>",
    "<a>\xf4\x90\x80\x80</a>",
    "<a>\xf5\x80\x80\x80</a>",
    "<a>\xd0</a>",
    "<a>\xe2\x82</a>",
    "<a/>\xd0",
};

/* Any cut of the input: one byte a read, and a few sizes. */
static void test_good(void **state)
{
    (void)state;
    static const size_t blocks[] = {1, 2, 3, 5, 0};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        char *expected = events_of_expat(good[i], strlen(good[i]), 0);
        assert_true(expected[0] == '<');
        for (size_t k = 0; k < sizeof blocks / sizeof *blocks; k++) {
            char *got = events_of_tokeniser(good[i], strlen(good[i]), blocks[k]);
            assert_string_equal(got, expected);
            free(got);
        }
        free(expected);
    }
}

static void test_bad(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char *expected = events_of_expat(bad[i], strlen(bad[i]), 0);
        for (size_t block = 0; block < 3; block++) {
            char *got = events_of_tokeniser(bad[i], strlen(bad[i]), block);
            if (strcmp(got, "xml-malformed") != 0)
                fail_msg("%s: read as %s", bad[i], got);
            free(got);
        }
        if (strcmp(expected, "xml-malformed") != 0)
            fail_msg("%s: expat reads it as %s", bad[i], expected);
        free(expected);
    }
}

static void test_zero(void **state)
{
    (void)state;
    static const char text[] = "<a>x\0y</a>";
    char *got = events_of_tokeniser(text, sizeof text - 1, 0);
    assert_string_equal(got, "xml-malformed");
    free(got);
}

static void test_doctype(void **state)
{
    (void)state;
    static const char *const texts[] = {"<!DOCTYPE a><a/>", "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
                                        "<?xml version='1.0'?>\n<!-- --><!DOCTYPE a SYSTEM 'x'><a/>"};
    for (size_t i = 0; i < 3; i++) {
        char *got = events_of_tokeniser(texts[i], strlen(texts[i]), 1);
        assert_string_equal(got, "xml-dtd");
        free(got);
    }
}

static char *repeated(const char *head, const char *piece, size_t count, const char *tail, size_t *n)
{
    struct bytes b = {0};
    bytes_add(&b, head, strlen(head));
    for (size_t i = 0; i < count; i++)
        bytes_add(&b, piece, strlen(piece));
    bytes_add(&b, tail, strlen(tail) + 1);
    *n = b.len - 1;
    return b.data;
}

static void expect_of(char *data, size_t n, const char *expected)
{
    char *got = events_of_tokeniser(data, n, 0);
    if (strncmp(got, expected, strlen(expected)) != 0)
        fail_msg("expected %s, got %.100s", expected, got);
    free(got);
    free(data);
}

static void test_limits(void **state)
{
    (void)state;
    size_t n;
    char *data = repeated("", "<a>", 65, "", &n);
    expect_of(data, n, "xml-limit");
    data = repeated("", "<a>", 64, "", &n);
    expect_of(data, n, "xml-malformed"); /* ends early, but not too deep */
    data = repeated("<a b='", "0123456789", 419430, "'/>", &n);
    expect_of(data, n, "<a b=0123");
    data = repeated("<a b='", "0123456789", 500000, "'/>", &n);
    expect_of(data, n, "xml-limit");
    data = repeated("<a><!--", "0123456789", 500000, "--></a>", &n);
    expect_of(data, n, "xml-limit");
    data = repeated("<a>", "0123456789", 419430, "</a>", &n); /* text comes in pieces */
    expect_of(data, n, "<a\n'0123");
    data = repeated("<a>", "0123456789", 500000, "</a>", &n);
    expect_of(data, n, "xml-limit");
    data = repeated("<a>", "0123456789<b/>", 500000, "</a>", &n);
    expect_of(data, n, "<a\n'0123");
}

static void test_many_attributes(void **state)
{
    (void)state;
    struct bytes b = {0};
    char attr[32];
    bytes_add(&b, "<a", 2);
    for (int i = 0; i < 256; i++) {
        int n = snprintf(attr, sizeof attr, " b%d='%d'", i, i);
        bytes_add(&b, attr, (size_t)n);
    }
    bytes_add(&b, "/>", 3);
    char *got = events_of_tokeniser(b.data, b.len - 1, 7), *expected = events_of_expat(b.data, b.len - 1, 0);
    assert_string_equal(got, expected);
    free(got);
    free(expected);
    b.len -= 3;
    bytes_add(&b, " c=''/>", 8);
    got = events_of_tokeniser(b.data, b.len - 1, 0);
    assert_string_equal(got, "xml-limit");
    free(got);
    bytes_free(&b);
}

/* ASCII and a few others as UTF-16, with and without a byte order mark. */
static struct bytes to_utf16(const char *text, bool big, bool mark)
{
    struct bytes b = {0};
    const uint16_t extra[] = {0x042f, 0xd83d, 0xde00, 0x20ac};
    uint16_t units[256];
    size_t n = 0;
    if (mark)
        units[n++] = 0xfeff;
    for (; *text != 0; text++)
        if (*text == '@') /* stands for the others */
            for (size_t i = 0; i < 4; i++)
                units[n++] = extra[i];
        else
            units[n++] = (unsigned char)*text;
    for (size_t i = 0; i < n; i++) {
        bytes_add_char(&b, (char)(big ? units[i] >> 8 : units[i] & 255));
        bytes_add_char(&b, (char)(big ? units[i] & 255 : units[i] >> 8));
    }
    return b;
}

static void test_utf16(void **state)
{
    (void)state;
    for (int k = 0; k < 4; k++) {
        struct bytes b = to_utf16("<?xml version='1.0' encoding='UTF-16'?><a b='@'>@<c>x</c></a>", k & 1, k & 2);
        for (size_t block = 0; block < 6; block++) {
            char *got = events_of_tokeniser(b.data, b.len, block);
            assert_string_equal(got, "<a b=Я😀€\n'Я😀€\n<c\n'x\n>c\n>a\n");
            free(got);
        }
        for (size_t n = 0; n < b.len; n++) {
            char *got = events_of_tokeniser(b.data, n, 3);
            assert_string_equal(got, "xml-malformed");
            free(got);
        }
        bytes_free(&b);
    }
    static const struct {
        const char *text;
        size_t n;
    } wrong[] = {{"\xff\xfe<\0a\0>\0\0\xd8<\0/\0a\0>\0", 18},       /* lone surrogate */
                 {"\xff\xfe<\0a\0>\0\0\xdc\0\xd8<\0/\0a\0>\0", 20}, /* in the wrong order */
                 {"\xff\xfe<\0a\0>\0\xfe\xff<\0/\0a\0>\0", 18},     /* U+FFFE */
                 {"\xff\xfe<\0a\0>\0\1\0<\0/\0a\0>\0", 18},         /* control character */
                 {"\0\0\xfe\xff\0\0\0<\0\0\0a\0\0\0/\0\0\0>", 20}}; /* UTF-32 */
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char *got = events_of_tokeniser(wrong[i].text, wrong[i].n, 0);
        assert_string_equal(got, "xml-malformed");
        free(got);
    }
    struct bytes b = to_utf16("<?xml version='1.0' encoding='UTF-8'?><a/>", false, true);
    char *got = events_of_tokeniser(b.data, b.len, 0);
    assert_string_equal(got, "xml-malformed");
    free(got);
    bytes_free(&b);
}

/* A token of every length across the end of a block of the tokeniser's own buffer. */
static void test_block_ends(void **state)
{
    (void)state;
    static const char tail[] = "<b c='&amp;\"' d=\"x\">\xd0\xaf&#x410;]\r\n]</b><!--x--><![CDATA[y]]></a>";
    char *expected = NULL;
    for (size_t pad = 65536 - 80; pad < 65536 + 4; pad++) {
        struct bytes b = {0};
        bytes_add(&b, "<a>", 3);
        for (size_t i = 3; i < pad; i++)
            bytes_add_char(&b, ' ');
        bytes_add(&b, tail, sizeof tail);
        char *got = events_of_tokeniser(b.data, b.len - 1, 0), *end = strchr(got, 'b');
        assert_non_null(end);
        if (!expected)
            expected = strdup(end);
        assert_string_equal(end, expected);
        free(got);
        bytes_free(&b);
    }
    assert_non_null(strstr(expected, "'Я\xd0\x90]\n]\n>b\n'y\n>a\n"));
    free(expected);
}

/* Random changes to good documents: both parsers say the same. */
static void test_differential(void **state)
{
    (void)state;
    static const char sheet[] =
        "<?xml version='1.0'?><worksheet xmlns:r='x'><sheetData><row r='1'><c r='A1'><v>1.50</v></c><c "
        "t='str'><v>a&amp;b</v>"
        "</c><c t='inlineStr'><is><t>x<!-- --></t><rPh><t>no</t></rPh><r><t>y</t></r></is></c></row><row><c r='B7' "
        "s='1'>"
        "<f>A1</f><v>45000.75</v></c><c t=\"b\"><v>1</v></c><c t='e'><v>#N/A</v></c></row>\n<row r='7'><c "
        "r='$C$7'><v>]1e3"
        "</v></c></row></sheetData><mergeCells><mergeCell ref='A1:B2'/></mergeCells></worksheet>";
    static const char pieces[] = "<>/&;'\"= ]![-?xmlabrct0179#\r\n\t";
    uint64_t seed = 88172645463325252u;
    unsigned read = 0;
    for (int i = 0; i < 20000; i++) {
        char data[sizeof sheet];
        size_t n = sizeof sheet - 1;
        memcpy(data, sheet, sizeof sheet);
        for (int k = 0; k < 1 + i % 3; k++) {
            seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
            size_t at = seed % n;
            if (seed >> 60 < 4) {
                memmove(data + at, data + at + 1, n - at - 1);
                n--;
            } else {
                data[at] = pieces[(seed >> 32) % (sizeof pieces - 1)];
            }
        }
        char *ours, *theirs;
        if (!ways_agree(data, n, &ours, &theirs))
            fail_msg("%.*s\nours: %s\nexpat: %s", (int)n, data, ours, theirs);
        read += ours[0] == '{';
        free(ours);
        free(theirs);
    }
    print_message("%u of 20000 variants could be read\n", read);
    assert_true(read > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),    cmocka_unit_test(test_bad),        cmocka_unit_test(test_zero),
        cmocka_unit_test(test_doctype), cmocka_unit_test(test_limits),     cmocka_unit_test(test_many_attributes),
        cmocka_unit_test(test_utf16),   cmocka_unit_test(test_block_ends), cmocka_unit_test(test_differential)};
    return cmocka_run_group_tests_name("xlsx_xml", tests, NULL, NULL);
}
