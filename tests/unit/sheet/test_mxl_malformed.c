/* What the .mxl reader refuses: each fault with its class, and nothing is delivered as finished. */
#include "tests/unit/sheet/advice.h"
#include "tests/unit/sheet/mxl_help.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define GUID       "00000000-0000-0000-0000-000000000000"
#define HEAD       "{8,1,12,{\"#\",\"\",1,0,0},{128,72},{1,0},0,{0,0},{0,0},{0,0},{0,0},{0,0},{0,0},0,2,"
#define TAIL       ",{2,0," GUID ",0},9,0,0,0,0,0,0,0,0,{0},{0},{0},{0},\"\",{0}}"
#define CELL(TEXT) "{16,0,{1,1,{\"#\",\"" TEXT "\"}},0}"

static size_t framed(char *to, const char *body)
{
    memcpy(to, "MOXCEL\0\x08\0\x01\0\x0c\0\xef\xbb\xbf", 16);
    strcpy(to + 16, body);
    return 16 + strlen(body);
}

static void refused(const char *what, const void *bytes, size_t n, const char *cls)
{
    struct kept kept = {0};
    struct sheet_error err = {0};
    int rc = read_bytes(bytes, n, &kept, &err);
    if (rc != -1 || strcmp(err.cls, cls) != 0)
        fail_msg("%s: expected %s, got %d %s (%s)", what, cls, rc, err.cls, err.text);
    if (!tells_what_to_do(err.text))
        fail_msg("%s: %s does not tell what to do: %s", what, cls, err.text);
    assert_true(err.offset <= n);
    assert_int_equal(kept.ends, 0);
    kept_free(&kept);
}

static void refused_body(const char *body, const char *cls)
{
    char bytes[4096];
    assert_true(strlen(body) + 17 < sizeof bytes);
    refused(body, bytes, framed(bytes, body), cls);
}

static void what_is_no_mxl(void **state)
{
    (void)state;
    refused("empty", "", 0, "not-mxl");
    refused("zip", "PK\3\4zzzzzzzzzzzzzzzzzzzzzzzzzzzz", 32, "not-mxl");
    refused("ole", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1zzzzzzzzzzzzzzzzzzzzzzz", 31, "not-mxl");
    refused("text", "part;quantity\nA-1;3\nB-2;4\nC-3;5\n", 32, "not-mxl");
    refused("html", "<html><body>no</body></html>", 28, "not-mxl");
    refused("other xml", "<document xmlns='urn:other'/>", 29, "not-mxl");
    refused("signature", "MOXCEL", 6, "mxl-truncated");
    refused("short", "MOXCEL\0\0\0\0\0\6\0\0\0", 15, "mxl-truncated");
    refused("version 3", "MOXCEL\0\0\0\0\0\3\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 27, "mxl-version");
    refused("version 9", "MOXCEL\0\x09\0\x01\0\x0c\0zzzzzzzzzzzzzzzzzzz", 32, "mxl-version");
}

static void the_place_is_told(void **state)
{
    (void)state;
    char bytes[1024];
    struct kept kept = {0};
    struct sheet_error err = {0};
    size_t n = framed(bytes, HEAD "1,0,0,1,0,{16,0,{1,1,{\"#\",,\"a\"}},0}" TAIL);
    assert_int_equal(read_bytes(bytes, n, &kept, &err), -1);
    assert_int_equal(err.offset, (size_t)(strstr(bytes + 16, ",,") - bytes) + 1);
    kept_free(&kept);
}

static void good_ones_are_read(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        HEAD "0" TAIL,
        HEAD "1,0,0,1,0," CELL("a") TAIL,
        HEAD "1,0,0,1,0," CELL("a\1b") TAIL, /* control characters stay */
        HEAD "1,0,0,1,0," CELL("a") TAIL "\r\n\r\n ",
        "{8,1,99,{\"#\"},{0},{1,0},0,{0,0},{0,0},{0,0},{0,0},{0,0},{0,0},0,2,0" TAIL,
    };
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        char bytes[2048];
        struct kept kept = {0};
        struct sheet_error err = {0};
        size_t n = framed(bytes, bodies[i]);
        memset(bytes + 6, ' ', i == 1 ? 7 : 0); /* a damaged header */
        n += i == 3;                            /* a NUL at the end */
        if (read_bytes(bytes, n, &kept, &err) != 0)
            fail_msg("%s: %s %s at %llu", bodies[i], err.cls, err.text, (unsigned long long)err.offset);
        assert_int_equal(kept.ends, 1);
        kept_free(&kept);
    }
}

static void malformed_groups(void **state)
{
    (void)state;
    refused_body("{7,1,12,{\"#\"},{0},{1,0},0,0" TAIL, "mxl-version");
    refused_body("{8,2,12,{\"#\"},{0},{1,0},0,0" TAIL, "mxl-version");
    refused_body(HEAD "x" TAIL, "mxl-malformed");
    refused_body(HEAD "1.5" TAIL, "mxl-malformed");
    refused_body(HEAD "-1" TAIL, "mxl-malformed");
    refused_body(HEAD "1,0,0,1,0," CELL("a") ",,{2,0}" TAIL, "mxl-malformed");
    refused_body(HEAD "1,0,0,1,,0," CELL("a") TAIL, "mxl-malformed");
    refused_body(HEAD "1,0,0,1,0 " CELL("a") TAIL, "mxl-malformed");
    refused_body(HEAD "1,0,0,1,0," CELL("a") TAIL "{8}", "mxl-malformed");
    refused_body(HEAD "1,0,0,1,0," CELL("a") TAIL TAIL, "mxl-malformed");
    refused_body(HEAD "1,0,0,1,0,{}" TAIL, "mxl-malformed");
    refused_body(HEAD "1,0,0,1,0,{16,0,{1,1,{\"#\",\"a\"}},0,}" TAIL, "mxl-malformed");
    refused_body(HEAD "1,0,0,1,0," CELL("a\xff") TAIL, "mxl-malformed");
    refused_body(HEAD "1,0,0,1,0," CELL("\xed\xa0\x80") TAIL, "mxl-malformed");
    refused_body(HEAD "1,0,0,1,0," CELL("\xc0\xaf") TAIL, "mxl-malformed");
    refused_body(HEAD "1,0,0,1,0,{4,0,{\"S\",\"\xff\"}}" TAIL, "mxl-malformed");
}

static void counts_and_order(void **state)
{
    (void)state;
    refused_body(HEAD "2,0,0,1,0," CELL("a") TAIL, "mxl-malformed");                       /* too many rows told */
    refused_body(HEAD "0,0,0,1,0," CELL("a") TAIL, "mxl-malformed");                       /* too few */
    refused_body(HEAD "1,0,0,2,0," CELL("a") TAIL, "mxl-malformed");                       /* cells */
    refused_body(HEAD "1,0,0,1,0," CELL("a") ",1," CELL("b") TAIL, "mxl-malformed");       /* cells */
    refused_body(HEAD "2,5,0,1,0," CELL("a") ",5,0,1,0," CELL("b") TAIL, "mxl-malformed"); /* row twice */
    refused_body(HEAD "2,5,0,1,0," CELL("a") ",4,0,1,0," CELL("b") TAIL, "mxl-malformed"); /* row back */
    refused_body(HEAD "1,0,0,2,3," CELL("a") ",3," CELL("b") TAIL, "mxl-malformed");       /* column twice */
    refused_body(HEAD "1,-1,0,1,3," CELL("a") TAIL, "mxl-malformed");
    refused_body(HEAD "1,0,0,1,-3," CELL("a") TAIL, "mxl-malformed");
    refused_body(HEAD "1,0,0,1,0," CELL("a") ",{2,0,not-a-guid,0},9,0,0}", "mxl-malformed");
}

static void cells(void **state)
{
    (void)state;
    refused_body(HEAD "1,0,0,1,0,{16,0}" TAIL, "mxl-malformed");
    refused_body(HEAD "1,0,0,1,0,{16,0,\"a\"}" TAIL, "mxl-malformed");
    refused_body(HEAD "1,0,0,1,0,{16,0,{1,2,{\"#\",\"a\"}},0}" TAIL, "mxl-malformed");
    refused_body(HEAD "1,0,0,1,0,{16,0,{1,1,{\"#\",\"a\"},{\"ru\",\"b\"}},0}" TAIL, "mxl-malformed");
    refused_body(HEAD "1,0,0,1,0,{16,0,{1,1,{\"#\",42}},0}" TAIL, "mxl-malformed");
    refused_body(HEAD "1,0,0,1,0,{2,0,{\"D\",20251331000000}}" TAIL, "mxl-malformed");
    refused_body(HEAD "1,0,0,1,0,{2,0,{\"D\",2025}}" TAIL, "mxl-malformed");
    refused_body(HEAD "1,0,0,1,0,{2,0,{\"N\",12-5}}" TAIL, "mxl-malformed");
    refused_body(HEAD "1,0,0,1,0,{2,0,{\"B\",2}}" TAIL, "mxl-malformed");
    refused_body(HEAD "1,0,0,1,0,{2,0,7}" TAIL, "mxl-malformed");
    refused_body(HEAD "1,0,0,2,0,{16,0,{1,1,{\"\",\"Name\"}},0},1,{16,0,{1,0},0}" TAIL, "mxl-template");
}

static void limits(void **state)
{
    (void)state;
    refused_body(HEAD "1048577" TAIL, "mxl-limit");
    refused_body(HEAD "1234567890123456789" TAIL, "mxl-limit");
    refused_body(HEAD "1,1048576,0,1,0," CELL("a") TAIL, "mxl-limit");
    refused_body(HEAD "1,0,0,1,16384," CELL("a") TAIL, "mxl-limit");
    refused_body(HEAD "1,0,0,16385,0," CELL("a") TAIL, "mxl-limit");
    refused_body("{8,1,12,{\"#\"},{0},{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{1", "mxl-limit");
}

static void long_texts(void **state)
{
    (void)state;
    static const struct {
        size_t units;
        const char *cls;
    } cases[] = {{32768, NULL}, {524288, NULL}, {524289, "mxl-limit"}, {1100000, "mxl-limit"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *bytes = malloc(cases[i].units * 2 + 1024), *at = bytes;
        at += framed(bytes, HEAD "1,0,0,1,0,{16,0,{1,1,{\"#\",\"");
        for (size_t k = 0; k < cases[i].units; k++, at += 2)
            memcpy(at, "\xd1\x8f", 2);
        strcpy(at, "\"}},0}" TAIL);
        size_t n = (size_t)(at - bytes) + strlen(at);
        struct kept kept = {0};
        struct sheet_error err = {0};
        if (cases[i].cls)
            refused("long text", bytes, n, cases[i].cls);
        else
            assert_int_equal(read_bytes(bytes, n, &kept, &err), 0);
        kept_free(&kept);
        free(bytes);
    }
}

/* `head`, then `piece` again and again, then `tail`. */
static char *repeated(const char *head, const char *piece, size_t times, const char *tail)
{
    size_t n = strlen(piece);
    char *text = malloc(strlen(head) + n * times + strlen(tail) + 1), *at = text + strlen(head);
    strcpy(text, head);
    for (size_t i = 0; i < times; i++, at += n)
        memcpy(at, piece, n);
    strcpy(at, tail);
    return text;
}

static void refused_large(char *body, const char *cls, const char *said)
{
    char *bytes = malloc(strlen(body) + 17);
    struct kept kept = {0};
    struct sheet_error err = {0};
    size_t n = framed(bytes, body);
    assert_int_equal(read_bytes(bytes, n, &kept, &err), -1);
    assert_string_equal(err.cls, cls);
    assert_non_null(strstr(err.text, said));
    assert_true(tells_what_to_do(err.text));
    assert_int_equal(kept.ends, 0);
    kept_free(&kept);
    free(bytes);
    free(body);
}

/* Documents that would need more than constant memory. */
static void large_cells_and_rows(void **state)
{
    (void)state;
    /* a value to drill down to of five texts of almost 1 MiB each, in no text that is shown */
    char *text = repeated(",{\"S\",\"", "x", 1000000, "\"}");
    char *cell = repeated(HEAD "1,0,0,1,0,{4,0,{\"#\"", text, 5, "}}" TAIL);
    free(text);
    refused_large(cell, "mxl-limit", "One cell");
    char *merges =
        repeated(HEAD "0,{2,0," GUID ",0},9,0,0,0,0,0,0,0,0,{500001", ",{0,70,1,71,0}", 500001, "},{0},{0},{0},\"\"}");
    refused_large(merges, "limit-merges", "merged areas");
}

static void a_row_of_long_texts(void **state)
{
    (void)state;
    char *text = repeated("", "\xd1\x8f", 32768, ""), *body = malloc((size_t)8 << 20), *at = body;
    at += sprintf(at, "%s1,0,0,80", HEAD);
    for (unsigned i = 0; i < 80; i++)
        at += sprintf(at, ",%u,{16,0,{1,1,{\"#\",\"%s\"}},0}", i, text);
    sprintf(at, "%s", TAIL);
    free(text);
    refused_large(body, "mxl-limit", "One row");
}

static void a_file_larger_than_any_report(void **state)
{
    (void)state;
    struct kept kept = {0};
    struct sheet_error err = {0};
    struct sheet_input input = {.fd = bytes_fd("MOXCEL", 6), .length = MXL_MAX_FILE + 1};
    struct grid_sink sink = kept_sink(&kept);
    assert_int_equal(mxl_read(&input, &mxl_test_limits, &sink, &err), -1);
    assert_string_equal(err.cls, "mxl-limit");
    assert_true(tells_what_to_do(err.text));
    close(input.fd);
}

static void rows_over_the_configured_limit(void **state)
{
    (void)state;
    char bytes[2048];
    struct sheet_limits few = mxl_test_limits;
    struct kept kept = {0};
    struct sheet_error err = {0};
    few.max_rows = 1;
    size_t n = framed(bytes, HEAD "2,0,0,1,0," CELL("a") ",1,0,1,0," CELL("b") TAIL);
    struct sheet_input input = {.fd = bytes_fd(bytes, n), .length = n};
    struct grid_sink sink = kept_sink(&kept);
    assert_int_equal(mxl_read(&input, &few, &sink, &err), -1);
    assert_string_equal(err.cls, "limit-rows");
    assert_int_equal(kept.sheets, 0);
    close(input.fd);
}

/* --- 1C 7.7 -------------------------------------------------------------------------------------------------- */

struct bytes {
    unsigned char b[2048];
    size_t n;
};

static void put(struct bytes *to, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        to->b[to->n++] = (unsigned char)(value >> 8 * i);
}

static void put_cell(struct bytes *to, const char *text, unsigned type)
{
    size_t start = to->n;
    put(to, text ? UINT32_C(0x80000000) : 0, 4);
    memset(to->b + to->n, 0, 26);
    to->n += 26;
    to->b[start + 27] = (unsigned char)type;
    for (size_t i = 0; text && i <= strlen(text); i++)
        put(to, i == 0 ? (uint32_t)strlen(text) : (unsigned char)text[i - 1], 1);
}

/* Faults of a document of version 6 with one row of two cells. */
enum fault {
    NONE,
    KEYS_DIFFER,
    ROWS_DIFFER,
    COLUMN_TWICE,
    COUNT_TOO_LARGE,
    ROW_TOO_FAR,
    UTF16,
    GLUED,
    EXPRESSION,
    MERGE_BACK
};

static size_t seven(struct bytes *d, enum fault fault)
{
    *d = (struct bytes){.n = 13};
    memcpy(d->b, "MOXCEL\0\0\0\0\0\6\0", 13);
    d->n += 12;
    put_cell(d, NULL, 0);
    put(d, 0, 4); /* fonts */
    put(d, 0, 4); /* strings */
    put_cell(d, "header", 0);
    put_cell(d, NULL, 0);
    put(d, 0, 4); /* columns */
    put(d, fault == COUNT_TOO_LARGE ? 0x7fff : 1, 2);
    put(d, fault == ROW_TOO_FAR ? GRID_MAX_ROW : 3, 4);
    put(d, fault == ROWS_DIFFER ? 2 : 1, 2);
    put_cell(d, NULL, 0);
    put(d, 2, 2);
    put(d, 1, 4);
    put(d, fault == COLUMN_TWICE ? 1 : 4, 4);
    put(d, fault == KEYS_DIFFER ? 1 : 2, 2);
    put_cell(d, "\xc0\x98", fault == EXPRESSION);
    if (fault == UTF16) {
        put(d, UINT32_C(0x80000000), 4);
        memset(d->b + d->n, 0, 26);
        d->n += 26;
        put(d, 0xfffeff, 3);
    } else {
        put_cell(d, "12", fault == EXPRESSION);
    }
    put(d, 0, 2); /* drawings */
    put(d, 1, 2);
    put(d, 1, 4), put(d, 3, 4), put(d, fault == MERGE_BACK ? 0 : 2, 4), put(d, 3, 4);
    put(d, 0, 2 + 2 + 2 + 2), put(d, 0, 4); /* sections, breaks, names */
    put(d, 0, fault == GLUED);
    return d->n;
}

static void binary_faults(void **state)
{
    (void)state;
    struct bytes d;
    struct kept kept = {0};
    struct sheet_error err = {0};
    seven(&d, NONE);
    assert_int_equal(read_bytes(d.b, d.n, &kept, &err), 0);
    assert_string_equal(kept_text(&kept, 3, 1), "\xd0\x90\xef\xbf\xbd"); /* 0x98 is nothing in code page 1251 */
    assert_string_equal(kept_text(&kept, 3, 4), "12");
    assert_int_equal(kept.n_merges, 1);
    kept_free(&kept);
    static const char *const classes[] = {
        [KEYS_DIFFER] = "mxl-malformed",     [ROWS_DIFFER] = "mxl-malformed", [COLUMN_TWICE] = "mxl-malformed",
        [COUNT_TOO_LARGE] = "mxl-truncated", [ROW_TOO_FAR] = "mxl-limit",     [UTF16] = "mxl-version",
        [GLUED] = "mxl-malformed",           [EXPRESSION] = "mxl-template",   [MERGE_BACK] = "mxl-malformed"};
    for (enum fault f = KEYS_DIFFER; f <= MERGE_BACK; f++) {
        char what[32];
        snprintf(what, sizeof what, "binary fault %d", (int)f);
        seven(&d, f);
        refused(what, d.b, d.n, classes[f]);
    }
}

/* 123 columns have the byte of "{" where the brace form begins without its mark. */
static void the_binary_form_of_123_columns(void **state)
{
    (void)state;
    struct bytes d;
    struct kept kept = {0};
    struct sheet_error err = {0};
    seven(&d, NONE);
    d.b[13] = 123;
    assert_int_equal(read_bytes(d.b, d.n, &kept, &err), 0);
    assert_string_equal(kept_text(&kept, 3, 4), "12");
    kept_free(&kept);
}

/* Forms are delivered to a sink that asks for them. */
static void forms_are_handed_out_on_demand(void **state)
{
    (void)state;
    struct bytes d;
    struct kept kept = {0};
    struct sheet_error err = {0};
    seven(&d, EXPRESSION);
    struct sheet_input input = {.fd = bytes_fd(d.b, d.n), .length = d.n};
    struct grid_sink sink = kept_sink(&kept);
    sink.forms = true;
    assert_int_equal(mxl_read(&input, &mxl_test_limits, &sink, &err), 0);
    assert_int_equal(kept.n, 2);
    assert_int_equal(kept_cell(&kept, 3, 4)->kind, GRID_ERROR);
    close(input.fd);
    kept_free(&kept);
}

static void binary_code_pages(void **state)
{
    (void)state;
    struct bytes d;
    struct kept kept = {0};
    struct sheet_error err = {0};
    seven(&d, NONE);
    struct sheet_input input = {.fd = bytes_fd(d.b, d.n), .length = d.n};
    struct grid_sink sink = kept_sink(&kept);
    struct sheet_limits limits = mxl_test_limits;
    limits.code_page = 1252;
    assert_int_equal(mxl_read(&input, &limits, &sink, &err), 0);
    assert_string_equal(kept_text(&kept, 3, 1), "\xc3\x80\xcb\x9c");
    limits.code_page = 65001;
    assert_int_equal(mxl_read(&input, &limits, &sink, &err), -1);
    assert_string_equal(err.cls, "mxl-codepage");
    close(input.fd);
    kept_free(&kept);
}

/* --- XML ----------------------------------------------------------------------------------------------------- */

#define XML "<document xmlns=\"http://v8.1c.ru/8.2/data/spreadsheet\" xmlns:v8=\"http://v8.1c.ru/8.1/data/core\">"
#define XML_CELL(LANG, TEXT)                                                                                           \
    "<c><c><tl><v8:item><v8:lang>" LANG "</v8:lang><v8:content>" TEXT "</v8:content></v8:item></tl></c></c>"

static void refused_xml(const char *text, const char *cls)
{
    refused(text, text, strlen(text), cls);
}

static void xml_faults(void **state)
{
    (void)state;
    refused_xml("<!DOCTYPE d [<!ENTITY a \"b\">]>" XML "</document>", "xml-dtd");
    refused_xml("<!DOCTYPE html><html/>", "xml-dtd");
    refused_xml(XML, "mxl-truncated");
    refused_xml(XML "<rowsItem><index>1</ind", "mxl-truncated");
    refused_xml(XML "<rowsItem></document>", "mxl-malformed");
    refused_xml(XML "&nbsp;</document>", "mxl-malformed");
    refused_xml(XML "<rowsItem><row/></rowsItem></document>", "mxl-malformed"); /* no index */
    refused_xml(XML "<rowsItem><index>x</index></rowsItem></document>", "mxl-malformed");
    refused_xml(XML "<rowsItem><index>2</index></rowsItem><rowsItem><index>2</index></rowsItem></document>",
                "mxl-malformed");
    refused_xml(XML "<rowsItem><index>0</index><indexTo>1048576</indexTo></rowsItem></document>", "mxl-limit");
    refused_xml(XML "<rowsItem><index>0</index><indexTo>600000</indexTo><row>" XML_CELL(
                    "#", "a") "</row></rowsItem></document>",
                "limit-rows");
    refused_xml(XML "<rowsItem><index>0</index><row><c><i>16384</i></c></row></rowsItem></document>", "mxl-limit");
    refused_xml(XML "<rowsItem><index>0</index><row>" XML_CELL("", "Name") "</row></rowsItem></document>",
                "mxl-template");
    refused_xml(XML "<merge><r>5</r><c>16383</c><w>1</w></merge></document>", "mxl-malformed");
}

/* A row of 200 cells stands for 80 million when it is repeated 400 000 times. */
static void xml_of_repeated_rows(void **state)
{
    (void)state;
    char *bytes = repeated(XML "<rowsItem><index>0</index><indexTo>399999</indexTo><row>", XML_CELL("#", "a"), 200,
                           "</row></rowsItem></document>");
    refused("cells without end", bytes, strlen(bytes), "mxl-limit");
    free(bytes);
    /* and one of 60 KiB of text for 24 GiB */
    char *text = repeated(
        XML
        "<rowsItem><index>0</index><indexTo>399999</indexTo><row><c><c><tl><v8:item><v8:lang>#</v8:lang><v8:content>",
        "xy", 16000, "</v8:content></v8:item></tl></c></c></row></rowsItem></document>");
    refused("text without end", text, strlen(text), "mxl-limit");
    free(text);
}

static void xml_of_ever_new_names(void **state)
{
    (void)state;
    size_t size = (size_t)40 << 20, n = 0;
    char *bytes = malloc(size);
    n += (size_t)snprintf(bytes, size, "%s", XML);
    for (unsigned i = 0; n + 64 < size; i++)
        n += (size_t)snprintf(bytes + n, size - n, "<a-name-never-used-before-%08u/>", i);
    n += (size_t)snprintf(bytes + n, size - n, "</document>");
    refused("names without end", bytes, n, "mxl-limit");
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_mxl),
        cmocka_unit_test(the_place_is_told),
        cmocka_unit_test(good_ones_are_read),
        cmocka_unit_test(malformed_groups),
        cmocka_unit_test(counts_and_order),
        cmocka_unit_test(cells),
        cmocka_unit_test(limits),
        cmocka_unit_test(long_texts),
        cmocka_unit_test(large_cells_and_rows),
        cmocka_unit_test(a_row_of_long_texts),
        cmocka_unit_test(a_file_larger_than_any_report),
        cmocka_unit_test(rows_over_the_configured_limit),
        cmocka_unit_test(binary_faults),
        cmocka_unit_test(the_binary_form_of_123_columns),
        cmocka_unit_test(forms_are_handed_out_on_demand),
        cmocka_unit_test(binary_code_pages),
        cmocka_unit_test(xml_faults),
        cmocka_unit_test(xml_of_repeated_rows),
        cmocka_unit_test(xml_of_ever_new_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
