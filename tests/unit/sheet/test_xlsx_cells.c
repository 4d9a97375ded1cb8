/* The tool as a user runs it: output, errors, exit status. Runs in the build directory, as `make check` does. */
#include "handlers/sheet/json.h"
#include "tests/unit/sheet/xlsx_help.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* Run the tool with these arguments, both outputs together; *status is its exit status. On the heap. */
static char *run(const char *args, int *status)
{
    char command[8192];
    struct bytes out = {0};
    char block[4096];
    snprintf(command, sizeof command, "./priceforge-cells %s 2>&1", args);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    for (size_t n; (n = fread(block, 1, sizeof block, pipe)) > 0;)
        bytes_add(&out, block, n);
    int rc = pclose(pipe);
    *status = WIFEXITED(rc) ? WEXITSTATUS(rc) : -1;
    bytes_add_char(&out, 0);
    return out.data;
}

static void run_is(const char *args, int expected_status, const char *begin)
{
    int status;
    char *got = run(args, &status);
    if (status != expected_status || strncmp(got, begin, strlen(begin)) != 0)
        fail_msg("%s: status %d, %.200s", args, status, got);
    free(got);
}

static void need_tool(void)
{
    if (access("./priceforge-cells", X_OK) == 0)
        return;
    print_message("skipped: priceforge-cells is not in the current directory\n");
    skip();
}

/* A file of this content for the tool; the path is good until the next call. */
static const char *file_with(const char *data, size_t n)
{
    static char path[64];
    snprintf(path, sizeof path, "/tmp/test_cells.XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, data, n), n);
    close(fd);
    return path;
}

static void test_table(void **state)
{
    (void)state;
    need_tool();
    struct zip_maker m = workbook_of(SHEET("<row><c t='str'><v>\"a\\\n</v></c></row>"), NULL, NULL);
    const char *path = file_with(m.file.data, m.file.len);
    run_is(path, 0,
           "{\"sheets\":[\n {\"name\":\"S\",\"hidden\":false,\"cells\":[\n  [0,0,\"s\",\"\\\"a\\\\\\n\"]]}\n]}\n");
    unlink(path);
    zip_make_free(&m);
}

static void test_refused(void **state)
{
    (void)state;
    need_tool();
    const char *path = file_with("a;b\n1;2\n", 8);
    char args[128];
    run_is(path, 1, "not-zip: The file is a text with separators, not a workbook. With --csv");
    unlink(path);
    path = file_with("a\nb\n", 4);
    run_is(path, 1, "not-zip: The file is plain text");
    snprintf(args, sizeof args, "--csv %s", path);
    run_is(args, 0, "{\"sheets\":[\n {\"name\":\"\",\"hidden\":false,\"cells\":[\n  [0,0,\"s\",\"a\"]");
    unlink(path);
    run_is(path, 1, "io: ");
    run_is("/", 1, "io: ");
    run_is("", 2, "usage: ");
    run_is("--version", 0, "priceforge-cells ");
    run_is("--help", 0, "usage: priceforge-cells [--csv] ");
    run_is("--help 2>&1 >/dev/null", 0, "");
    run_is("--csv", 2, "usage: ");
    run_is("--cvs", 2, "usage: ");
    run_is("--csv -x", 2, "usage: ");
    run_is("-- -x", 1, "io: -x: No such file");
    run_is("--csv -- -x", 1, "io: -x: No such file");
    path = file_with("", 0);
    run_is(path, 1, "empty-file: ");
    unlink(path);
}

/* Nothing is printed if the end of the file turns out to be wrong. */
static void test_late_error(void **state)
{
    (void)state;
    need_tool();
    struct zip_maker m = workbook_of(SHEET("<row><c><v>1</v></c></row><row><c r='XFE2'/></row>"), NULL, NULL);
    const char *path = file_with(m.file.data, m.file.len);
    run_is(path, 1, "bad-reference: ");
    unlink(path);
    zip_make_free(&m);
}

/* The other form, that of .mxl documents: one sheet, no types, the size of what is there. */
static void test_plain(void **state)
{
    (void)state;
    struct gridjson *json = gridjson_new();
    struct grid_sink sink = gridjson_sink(json);
    const struct grid_sheet sheet = {.name = ""};
    const struct grid_cell cells[] = {{2, GRID_TEXT, 0, 0, 0, 1, "a"}, {3, GRID_TEXT, 0, 0, 0, 1, "\t"}};
    const struct grid_row rows[] = {{7, 0, false, 0, 0, 1, cells}, {4, 0, false, 0, 0, 2, cells}};
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);
    gridjson_print(json, false, out);
    sink.sheet(sink.ctx, &sheet);
    sink.row(sink.ctx, &rows[0]);
    sink.row(sink.ctx, &rows[1]);
    sink.sheet_end(sink.ctx);
    gridjson_print(json, false, out);
    fclose(out);
    assert_string_equal(
        text, "{\"rows\": 0, \"cols\": 0, \"cells\": []}\n"
              "{\"rows\": 8, \"cols\": 4, \"cells\": [\n[4, 2, \"a\"],\n[4, 3, \"\\t\"],\n[7, 2, \"a\"]\n]}\n");
    free(text);
    gridjson_free(&json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_table), cmocka_unit_test(test_refused),
                                       cmocka_unit_test(test_late_error), cmocka_unit_test(test_plain)};
    return cmocka_run_group_tests_name("xlsx_cells", tests, NULL, NULL);
}
