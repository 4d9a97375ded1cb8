/* Fixes laid over the grid: what the reader behind them gets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "handlers/table/fixes.h"

/* Every call as text: "sheet A; 1 A=x C=2*; end". */
struct heard {
    char text[2000];
    int answer; /* of sheet() */
};

static void say(struct heard *heard, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(struct heard *heard, const char *format, ...)
{
    size_t used = strlen(heard->text);
    va_list args;
    va_start(args, format);
    vsnprintf(heard->text + used, sizeof heard->text - used, format, args);
    va_end(args);
}

static int hear_sheet(void *ctx, const struct grid_sheet *sheet)
{
    struct heard *heard = ctx;
    say(heard, "[%s]", sheet->name);
    return heard->answer;
}

static int hear_row(void *ctx, const struct grid_row *row)
{
    say(ctx, " %u", row->row + 1);
    for (uint32_t i = 0; i < row->n_cells; i++)
        say(ctx, " %c=%.*s%s", (char)('A' + row->cells[i].column), (int)row->cells[i].len, row->cells[i].text,
            row->cells[i].kind == GRID_TEXT ? "" : "*");
    if (row->uncalculated)
        say(ctx, " u%u", row->uncalculated);
    return 0;
}

static int hear_end(void *ctx)
{
    say(ctx, ";");
    return 0;
}

static struct grid_cell cell(uint32_t column, uint8_t kind, const char *text)
{
    return (struct grid_cell){
        .column = column, .kind = kind, .len = (uint32_t)strlen(text), .text = text, .percent = 1};
}

/* Two sheets: A with rows 1, 3 and 3 again, B with row 1. */
static void send(const struct grid_sink *sink)
{
    const struct grid_cell first[] = {cell(0, GRID_TEXT, "a"), cell(2, GRID_NUMBER, "7"), cell(3, GRID_FORMULA, "")};
    const struct grid_row rows[] = {{.row = 0, .n_cells = 3, .cells = first, .uncalculated = 1},
                                    {.row = 2, .n_cells = 1, .cells = first},
                                    {.row = 2, .n_cells = 2, .cells = first}};
    struct grid_sheet sheet = {.name = "A"};
    if (sink->sheet(sink->ctx, &sheet) == 0)
        for (size_t i = 0; i < 3; i++)
            assert_int_equal(sink->row(sink->ctx, &rows[i]), 0);
    sink->sheet_end(sink->ctx);
    sheet.name = "B";
    if (sink->sheet(sink->ctx, &sheet) == 0)
        assert_int_equal(sink->row(sink->ctx, &rows[1]), 0);
    sink->sheet_end(sink->ctx);
}

static yajl_val canonical(const char *json)
{
    static const struct param_spec specs[] = {TABLE_FIXES_PARAM, {.name = NULL}};
    struct param_raw raw = {"fixes", json};
    struct param_faults faults = {.n = 0};
    char why[100];
    char *text = params_from_text(specs, &raw, 1, &faults);
    if (!text)
        fail_msg("%s: %s %s", json, faults.fault[0].pointer, faults.fault[0].detail);
    yajl_val params = json_parse(text, strlen(text), 6, why, sizeof why);
    free(text);
    return params;
}

static uint32_t expect(const char *json, const char *wanted)
{
    struct heard heard = {.text = ""};
    struct grid_sink inner = {.sheet = hear_sheet, .row = hear_row, .sheet_end = hear_end, .ctx = &heard};
    struct table_fixes fixes;
    struct fault_told told;
    char text[400];
    yajl_val params = canonical(json);
    table_fixes_init(&fixes, json_member(params, "fixes"));
    struct grid_sink sink = table_fixes_sink(&fixes, &inner);
    for (int i = 0; i < 2; i++) { /* a file may be read twice */
        heard.text[0] = '\0';
        send(&sink);
        assert_string_equal(heard.text, wanted);
    }
    uint32_t unused = table_fixes_unused(&fixes, text, sizeof text, &told);
    table_fixes_fini(&fixes);
    yajl_tree_free(params);
    return unused;
}

static void test_cells_and_rows(void **state)
{
    (void)state;
    assert_int_equal(expect("[]", "[A] 1 A=a C=7* D=* u1 3 A=a 3 A=a C=7*;[B] 3 A=a;"), 0);
    assert_int_equal(expect("[{\"sheet\":\"A\",\"row\":1,\"column\":\"C\",\"value\":8}]",
                            "[A] 1 A=a C=8 D=* u1 3 A=a 3 A=a C=7*;[B] 3 A=a;"),
                     0);
    assert_int_equal(expect("[{\"sheet\":\"A\",\"row\":1,\"column\":\"d\",\"value\":\"x\"},"
                            "{\"sheet\":\"A\",\"row\":1,\"column\":\"B\",\"value\":\"y\"},"
                            "{\"sheet\":\"A\",\"row\":1,\"column\":\"A\",\"value\":null}]",
                            "[A] 1 B=y C=7* D=x 3 A=a 3 A=a C=7*;[B] 3 A=a;"),
                     0);
    assert_int_equal(
        expect(
            "[{\"sheet\":\"A\",\"row\":3,\"skip\":true},{\"sheet\":\"B\",\"row\":3,\"column\":\"F\",\"value\":\"z\"}]",
            "[A] 1 A=a C=7* D=* u1;[B] 3 A=a F=z;"),
        0);
}

static void test_what_touches_nothing(void **state)
{
    (void)state;
    assert_int_equal(expect("[{\"sheet\":\"A\",\"row\":2,\"skip\":true},{\"row\":1,\"column\":\"A\",\"value\":\"x\"},"
                            "{\"sheet\":\"C\",\"row\":1,\"column\":\"A\",\"value\":\"x\"}]",
                            "[A] 1 A=a C=7* D=* u1 3 A=a 3 A=a C=7*;[B] 3 A=a;"),
                     3);
}

static void test_the_sentence_stays_in_its_bounds(void **state)
{
    struct json_out list;
    struct table_fixes fixes;
    struct fault_told told;
    char text[480], name[125], why[100];
    size_t n;

    (void)state;
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    json_out_init(&list);
    json_array(&list);
    for (int i = 1; i <= TABLE_FIXES_MAX; i++) {
        json_object(&list);
        json_put_string(&list, "sheet", name);
        json_put_int(&list, "row", i);
        json_put_bool(&list, "skip", true);
        json_object_end(&list);
    }
    json_array_end(&list);
    const char *json = json_out_text(&list, &n);
    yajl_val tree = json_parse(json, n, 4, why, sizeof why);
    table_fixes_init(&fixes, tree);
    assert_int_equal(table_fixes_unused(&fixes, text, sizeof text, &told), TABLE_FIXES_MAX);
    assert_non_null(strstr(text, "1000 of the 1000 fixes"));
    assert_non_null(strstr(text, "as the file has them."));
    table_fixes_fini(&fixes);
    yajl_tree_free(tree);
    json_out_fini(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cells_and_rows),
        cmocka_unit_test(test_what_touches_nothing),
        cmocka_unit_test(test_the_sentence_stays_in_its_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
