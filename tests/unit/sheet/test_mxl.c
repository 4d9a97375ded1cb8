/* The .mxl reader on whole documents: every sample gives exactly its expected cells; merges, row groups, kinds,
 * languages and what the sink may say. */
#include "tests/unit/sheet/mxl_help.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define GUID        "00000000-0000-0000-0000-000000000000"
#define MAX_SAMPLES 256

static char names[MAX_SAMPLES][128];

static void load(const char *folder, const char *name, struct kept *kept)
{
    char path[512];
    size_t n;
    struct sheet_error err = {0};
    snprintf(path, sizeof path, "%s/%s.mxl", folder, name);
    char *bytes = slurp(path, &n);
    assert_non_null(bytes);
    if (read_bytes(bytes, n, kept, &err) != 0)
        fail_msg("%s: %s at %llu: %s", name, err.cls, (unsigned long long)err.offset, err.text);
    free(bytes);
}

static void compare_folder(const char *folder, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct kept kept = {0};
        char path[512];
        load(folder, names[i], &kept);
        snprintf(path, sizeof path, "%s/%s.cells.json", folder, names[i]);
        char *expected = slurp(path, NULL);
        assert_non_null(expected);
        const char *verdict = compare_cells(&kept, expected);
        if (verdict)
            fail_msg("%s: %s", names[i], verdict);
        assert_int_equal(kept.sheets, 1);
        assert_int_equal(kept.ends, 1);
        free(expected);
        kept_free(&kept);
    }
    print_message("%zu samples of %s\n", n, folder);
}

static const char *data_folder(void)
{
    static char folder[512];
    const char *data = getenv("PF_DATA");
    snprintf(folder, sizeof folder, "%s/mxl", data && *data ? data : "tests/data");
    return folder;
}

static void own_samples_give_their_cells(void **state)
{
    (void)state;
    size_t n = list_samples(data_folder(), names, MAX_SAMPLES);
    assert_int_equal(n, 4);
    compare_folder(data_folder(), n);
}

static void third_party_samples_give_their_cells(void **state)
{
    (void)state;
    const char *samples = getenv("PF_SAMPLES");
    char folder[512];
    if (!samples || !*samples) {
        print_message("skipped: 26 third-party samples, PF_SAMPLES is not set\n");
        skip();
    }
    snprintf(folder, sizeof folder, "%s/mxl", samples);
    size_t n = list_samples(folder, names, MAX_SAMPLES);
    assert_true(n > 0);
    compare_folder(folder, n);
}

static void turnover_has_merges_and_groups(void **state)
{
    (void)state;
    struct kept kept = {0};
    load(data_folder(), "synthetic-turnover", &kept);
    assert_int_equal(kept.n_merges, 5);
    assert_int_equal(kept.merges[3].row, 5);
    assert_int_equal(kept.merges[3].column, 3);
    assert_int_equal(kept.merges[3].last_row, 5);
    assert_int_equal(kept.merges[3].last_column, 6);
    assert_int_equal(kept.outline[6], 0);
    assert_int_equal(kept.outline[7], 1);
    assert_int_equal(kept.outline[50], 1);
    assert_int_equal(kept.outline[51], 0);
    kept_free(&kept);
}

static void traps_have_their_kinds(void **state)
{
    (void)state;
    struct kept kept = {0};
    load(data_folder(), "synthetic-traps", &kept);
    assert_int_equal(kept_cell(&kept, 4, 0)->kind, GRID_TEXT);
    assert_int_equal(kept_cell(&kept, 4, 4)->kind, GRID_NUMBER);
    assert_int_equal(kept_cell(&kept, 4, 5)->kind, GRID_TEXT);
    assert_int_equal(kept_cell(&kept, 4, 7)->kind, GRID_DATE);
    assert_int_equal(kept_cell(&kept, 4, 8)->kind, GRID_BOOL);
    assert_string_equal(kept_text(&kept, 0, 0), "Stock on hand");
    kept_free(&kept);
}

/* A document of build 12 around a grid and its row groups. */
static size_t document(char *to, size_t size, const char *language, const char *grid, const char *groups)
{
    memcpy(to, "MOXCEL\0\x08\0\x01\0\x0c\0\xef\xbb\xbf", 16);
    int n = snprintf(to + 16, size - 16,
                     "{8,1,12,{\"%s\",\"\",1,0,0},{128,72},{1,0},0,{0,0},{0,0},{0,0},{0,0},{0,0},{0,0},0,2,%s,\r\n"
                     "{2,0," GUID ",0},9,0,0,0,0,%s,0,0,0,{2,{0,0,1,0,0},{0,70,1,70,0}},{0},{0},{0},\"\",{0}}",
                     language, grid, groups);
    return (size_t)n + 16;
}

static int read_document(const char *language, const char *grid, const char *groups, struct kept *kept)
{
    char bytes[4096];
    struct sheet_error err = {0};
    size_t n = document(bytes, sizeof bytes, language, grid, groups);
    return read_bytes(bytes, n, kept, &err);
}

static void nested_groups_are_levels(void **state)
{
    (void)state;
    struct kept kept = {0};
    static const char groups[] = "3,{1,5,0,{1,0},0,0},-1,{2,3,1,{1,0},0,0},-1,{5,6,0,{1,0},0,0},0";
    static const char grid[] = "7,0,0,0,1,0,0,2,0,0,3,0,0,4,0,0,5,0,0,6,0,0";
    static const uint8_t expected[] = {0, 1, 2, 2, 1, 2, 1};
    assert_int_equal(read_document("ru", grid, groups, &kept), 0);
    assert_int_equal(kept.n_rows, 7);
    assert_memory_equal(kept.outline, expected, sizeof expected);
    assert_int_equal(kept.n_merges, 1); /* the other one lies below the rows of headings */
    kept_free(&kept);
}

/* ---- Column sets ----------------------------------------------------------------------------------------------- */

#define SET(LAST, K) "{2,0,00000000-0000-0000-0000-00000000000" LAST "," K "}"
/* Formats: a column of 100, one of 54, one that tells no width, the default of 72 again; then fonts. */
#define FORMATS      "4,{128,100},{129,5,54},{512,0},{130,1,72}"

/* Rows 0 to 5 with one cell each; `sets` is the number of additional sets and the sets, `pairs` the same. */
static int read_sets(const char *main_set, const char *sets, const char *pairs, const char *tail, struct kept *kept,
                     struct sheet_error *err)
{
    char bytes[4096];
    memcpy(bytes, "MOXCEL\0\x08\0\x01\0\x0c\0\xef\xbb\xbf", 16);
    int n = snprintf(bytes + 16, sizeof bytes - 16,
                     "{8,1,12,{\"#\",\"\",1,0,0},{128,72},{1,0},0,{0,0},{0,0},{0,0},{0,0},{0,0},{0,0},0,2,6");
    for (int row = 0; row < 6; row++)
        n += snprintf(bytes + 16 + n, sizeof bytes - 16 - (size_t)n, ",%d,0,1,1,{16,0,{1,1,{\"#\",\"%d\"}},0}", row,
                      row);
    n += snprintf(bytes + 16 + n, sizeof bytes - 16 - (size_t)n, ",%s,6,%s,%s,0,0,0,0,0,0,{0},{0},{0},{0},\"\"%s}",
                  main_set, sets, pairs, tail);
    return read_bytes(bytes, (size_t)n + 16, kept, err);
}

#define PAGE      ",{{0}},{0,-1,-1,-1,-1," GUID "},0,0,0,0,0,0,0,1,0,1," /* settings, print area, ten numbers */
#define AFTERWARD ",1,{7,0},0,{0}"

static void rows_tell_their_columns(void **state)
{
    (void)state;
    static const struct {
        const char *main_set, *sets, *pairs, *tail;
        uint16_t grid[6];
    } cases[] = {
        {SET("0", "0"), "0", "0", PAGE FORMATS AFTERWARD, {0}},
        /* the main set has the default width throughout; 2 is like it, 1 is not, 3 is like 1 */
        {SET("0", "1,0,3"),
         "3," SET("1", "2,0,1,1,2") "," SET("2", "2,0,4,5,4") "," SET("3", "3,0,1,1,2,2,3"),
         "4,1,0,2,1,4,2,5,0",
         PAGE FORMATS AFTERWARD,
         {0, 1, 0, 0, 1, 1}},
        {SET("0", "0"),
         "2," SET("1", "1,0,1") "," SET("2", "1,1,1"),
         "2,0,0,3,1",
         PAGE FORMATS AFTERWARD,
         {1, 0, 0, 2}},
        /* no widths to go by: every set by itself */
        {SET("0", "0"), "2," SET("1", "0") "," SET("2", "0"), "2,0,0,3,1", "", {1, 0, 0, 2}},
        {SET("0", "0"), "1," SET("1", "0"), "1,3,0", ",{{0}},7,{1}", {0, 0, 0, 1}},
        {SET("0", "0"), "1," SET("1", "0"), "1,3,0", PAGE "{1}", {0, 0, 0, 1}},
        /* columns out of order: no place to go by */
        {SET("0", "0"),
         "2," SET("1", "2,1,3,0,3") "," SET("2", "0"),
         "2,2,0,3,1",
         PAGE FORMATS AFTERWARD,
         {0, 0, 1, 0}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct kept kept = {0};
        struct sheet_error err = {0};
        if (read_sets(cases[i].main_set, cases[i].sets, cases[i].pairs, cases[i].tail, &kept, &err) != 0)
            fail_msg("case %zu: %s: %s at %llu", i, err.cls, err.text, (unsigned long long)err.offset);
        assert_int_equal(kept.n, 6);
        for (int row = 0; row < 6; row++)
            if (kept.grid[row] != cases[i].grid[row])
                fail_msg("case %zu, row %d: grid %u, not %u", i, row, kept.grid[row], cases[i].grid[row]);
        kept_free(&kept);
    }
}

static void damaged_column_sets(void **state)
{
    (void)state;
    static const struct {
        const char *sets, *pairs, *tail, *cls;
    } cases[] = {
        {"1," SET("1", "0"), "1,3,1", "", "mxl-malformed"},     /* no such set */
        {"1," SET("1", "0"), "1,3,-1", "", "mxl-malformed"},    /* nor this one */
        {"1," SET("1", "0"), "2,3,0,3,0", "", "mxl-malformed"}, /* a row twice */
        {"1," SET("1", "0"), "2,3,0,2,0", "", "mxl-malformed"}, /* a row back */
        {"1," SET("1", "0"), "1,1048576,0", "", "mxl-limit"},
        {"1," SET("1", "2,0,1"), "1,3,0", "", "mxl-malformed"}, /* a column too few */
        {"1," SET("1", "1,16384,1"), "1,3,0", "", "mxl-limit"},
        {"1," SET("1", "0"), "1,3,0", PAGE "2,{128,100}", "mxl-malformed"},
        {"1," SET("1", "0"), "1,3,0", PAGE "1,{128}", "mxl-malformed"},
        {"1," SET("1", "0"), "1,3,0", PAGE "1,{128,-5}", "mxl-malformed"},
        {"5000," SET("1", "0"), "0", "", "mxl-limit"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct kept kept = {0};
        struct sheet_error err = {0};
        assert_int_equal(read_sets(SET("0", "0"), cases[i].sets, cases[i].pairs, cases[i].tail, &kept, &err), -1);
        if (strcmp(err.cls, cases[i].cls) != 0)
            fail_msg("case %zu: %s: %s", i, err.cls, err.text);
        assert_int_equal(kept.n_rows, 0);
        kept_free(&kept);
    }
}

static void the_document_language_wins(void **state)
{
    (void)state;
    static const struct {
        const char *language, *texts, *expected;
    } cases[] = {
        {"en", "{1,3,{\"ru\",\"r\"},{\"#\",\"n\"},{\"en\",\"e\"}}", "e"},
        {"uk", "{1,3,{\"ru\",\"r\"},{\"#\",\"n\"},{\"en\",\"e\"}}", "n"},
        {"uk", "{1,2,{\"ru\",\"r\"},{\"en\",\"e\"}}", "r"},
        {"", "{1,2,{\"\",\"Name\"},{\"en\",\"e\"}}", "e"},
        {"en", "{1,2,{\"en\",\"e\"},{\"\",\"Name\"}}", "e"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct kept kept = {0};
        char grid[256];
        snprintf(grid, sizeof grid, "1,0,0,1,3,{16,1,%s,0}", cases[i].texts);
        assert_int_equal(read_document(cases[i].language, grid, "0", &kept), 0);
        assert_int_equal(kept.n, 1);
        assert_string_equal(kept_text(&kept, 0, 3), cases[i].expected);
        kept_free(&kept);
    }
}

static void values_and_texts(void **state)
{
    (void)state;
    static const struct {
        const char *cell, *expected;
        uint8_t kind;
    } cases[] = {
        {"{2,0,{\"N\",12.50}}", "12.50", GRID_NUMBER},
        {"{2,0,{\"N\",-1e+5}}", "-1e+5", GRID_NUMBER},
        {"{2,0,{\"S\",\"a\"\"b\"}}", "a\"b", GRID_TEXT},
        {"{2,0,{\"D\",20250131000000}}", "2025-01-31", GRID_DATE},
        {"{2,0,{\"D\",20240229090807}}", "2024-02-29T09:08:07", GRID_DATE},
        {"{2,0,{\"B\",1}}", "true", GRID_BOOL},
        {"{2,0,{\"B\",0}}", "false", GRID_BOOL},
        {"{2,0,{\"U\"}}", NULL, 0},
        {"{2,0,{\"#\"," GUID ",{1}}}", NULL, 0},
        {"{18,0,{\"N\",5},{1,1,{\"#\",\"five\"}},0}", "five", GRID_TEXT},
        {"{18,0,{\"N\",5},{1,0},0}", "5", GRID_NUMBER},
        {"{28,0,{\"S\",\"hidden\"},\"Param\",{1,1,{\"#\",\"x{,}y\"}},1,{1,{1,1,{\"#\",\"<b>\"}},1}}", "x{,}y",
         GRID_TEXT},
        {"{4,0,{#base64:AAAA\r\nBB==}}", NULL, 0},
        {"{16,0,{1,0}}", NULL, 0},
        {"{0,0}", NULL, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct kept kept = {0};
        char grid[256];
        snprintf(grid, sizeof grid, "1,9,0,2,3,%s,4,{16,0,{1,1,{\"#\",\"-\"}},0}", cases[i].cell);
        if (read_document("#", grid, "0", &kept) != 0)
            fail_msg("%s was refused", cases[i].cell);
        const struct kept_cell *cell = kept_cell(&kept, 9, 3);
        assert_int_equal(cell != NULL, cases[i].expected != NULL);
        if (cell) {
            assert_string_equal(cell->text, cases[i].expected);
            assert_int_equal(cell->kind, cases[i].kind);
        }
        assert_string_equal(kept_text(&kept, 9, 4), "-");
        kept_free(&kept);
    }
}

static void the_sink_ends_the_reading(void **state)
{
    (void)state;
    static const char grid[] = "2,0,0,1,0,{16,0,{1,1,{\"#\",\"a\"}},0},1,0,1,0,{16,0,{1,1,{\"#\",\"b\"}},0}";
    struct kept kept = {.row_answer = GRID_STOP};
    assert_int_equal(read_document("#", grid, "0", &kept), 0);
    assert_int_equal(kept.n_rows, 1);
    assert_int_equal(kept.ends, 0);
    kept_free(&kept);
    kept = (struct kept){.row_answer = -42};
    assert_int_equal(read_document("#", grid, "0", &kept), -42);
    kept_free(&kept);
    kept = (struct kept){.sheet_answer = GRID_SKIP_SHEET};
    assert_int_equal(read_document("#", grid, "0", &kept), 0);
    assert_int_equal(kept.n_rows, 0);
    kept_free(&kept);
}

static void a_part_of_a_file_is_read(void **state)
{
    (void)state;
    char bytes[4096] = "--boundary\r\n";
    struct kept kept = {0};
    struct sheet_error err = {0};
    size_t n = document(bytes + 12, sizeof bytes - 12, "#", "1,0,0,1,0,{16,0,{1,1,{\"#\",\"a\"}},0}", "0");
    strcpy(bytes + 12 + n, "\r\n--boundary--");
    struct sheet_input input = {.fd = bytes_fd(bytes, 12 + n + 14), .offset = 12, .length = n};
    struct grid_sink sink = kept_sink(&kept);
    assert_int_equal(mxl_read(&input, &mxl_test_limits, &sink, &err), 0);
    assert_string_equal(kept_text(&kept, 0, 0), "a");
    close(input.fd);
    kept_free(&kept);
}

#define XML_HEAD                                                                                                       \
    "<?xml version=\"1.0\"?>\n<document xmlns=\"http://v8.1c.ru/8.2/data/spreadsheet\" "                               \
    "xmlns:v8=\"http://v8.1c.ru/8.1/data/core\"><languageSettings><currentLanguage>en</currentLanguage></"             \
    "languageSettings>"
#define XML_TEXT(LANG, TEXT) "<v8:item><v8:lang>" LANG "</v8:lang><v8:content>" TEXT "</v8:content></v8:item>"

static void the_xml_form(void **state)
{
    (void)state;
    static const char bytes[] = XML_HEAD
        "<columns><size>3</size></columns>"
        "<rowsItem><index>1</index><row><formatIndex>2</formatIndex>"
        "<c><c><f>1</f><tl>" XML_TEXT("ru", "r") XML_TEXT(
            "en",
            "a &amp; b") "</tl></c></c>"
                         "<c><i>3</i><c><f>1</f><tl>" XML_TEXT(
                             "#",
                             "three") "</tl></c></c>"
                                      "<c><c><parameter>Name</parameter></c></c></row></rowsItem>"
                                      "<rowsItem><index>4</index><indexTo>6</indexTo><row><c><c><tl>" XML_TEXT(
                                          "#",
                                          "again") "</tl></c></c></row></rowsItem>"
                                                   "<rowsItem><index>7</index><indexTo>400000</"
                                                   "indexTo><row><empty>true</empty></row></rowsItem>"
                                                   "<drawing><tl>" XML_TEXT(
                                                       "#",
                                                       "drawing") "</tl></drawing>"
                                                                  "<merge><r>1</r><c>0</c><w>2</w></merge></document>";
    struct kept kept = {0};
    struct sheet_error err = {0};
    assert_int_equal(read_bytes(bytes, sizeof bytes - 1, &kept, &err), 0);
    assert_int_equal(kept.n, 5);
    assert_string_equal(kept_text(&kept, 1, 0), "a & b");
    assert_string_equal(kept_text(&kept, 1, 3), "three");
    assert_string_equal(kept_text(&kept, 4, 0), "again");
    assert_string_equal(kept_text(&kept, 6, 0), "again");
    assert_int_equal(kept.n_merges, 1);
    assert_int_equal(kept.merges[0].last_column, 2);
    assert_int_equal(kept.merges[0].last_row, 1);
    kept_free(&kept);
}

static void xml_rows_tell_their_columns(void **state)
{
    (void)state;
#define XML_ROW(N, SET)                                                                                                \
    "<rowsItem><index>" N "</index><row>" SET "<c><c><tl>" XML_TEXT("#", "x") "</tl></c></c></row></rowsItem>"
#define XML_SET(LAST) "<columnsID>00000000-0000-0000-0000-00000000000" LAST "</columnsID>"
    static const char bytes[] = XML_HEAD XML_ROW("0", XML_SET("7")) XML_ROW("1", "") XML_ROW("2", XML_SET("8"))
        XML_ROW("3", XML_SET("7")) "</document>";
    static const uint16_t expected[] = {1, 0, 2, 1};
    struct kept kept = {0};
    struct sheet_error err = {0};
    assert_int_equal(read_bytes(bytes, sizeof bytes - 1, &kept, &err), 0);
    assert_memory_equal(kept.grid, expected, sizeof expected);
    kept_free(&kept);
    static const char nameless[] = XML_HEAD XML_ROW("0", "<columnsID>none</columnsID>") "</document>";
    assert_int_equal(read_bytes(nameless, sizeof nameless - 1, &kept, &err), -1);
    assert_string_equal(err.cls, "mxl-malformed");
    kept_free(&kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(own_samples_give_their_cells),
        cmocka_unit_test(third_party_samples_give_their_cells),
        cmocka_unit_test(turnover_has_merges_and_groups),
        cmocka_unit_test(traps_have_their_kinds),
        cmocka_unit_test(nested_groups_are_levels),
        cmocka_unit_test(rows_tell_their_columns),
        cmocka_unit_test(damaged_column_sets),
        cmocka_unit_test(the_document_language_wins),
        cmocka_unit_test(values_and_texts),
        cmocka_unit_test(the_sink_ends_the_reading),
        cmocka_unit_test(a_part_of_a_file_is_read),
        cmocka_unit_test(the_xml_form),
        cmocka_unit_test(xml_rows_tell_their_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
