/* Lines of rejects.csv, and that the CSV reader gets every text back. */
#include "handlers/read/rejectline.h"
#include "handlers/sheet/grid/reader.h"
#include "handlers/sheet/sheet.h"

#include "tests/unit/testdata.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static struct bytes text;

static int take(const char *piece, size_t n, void *ctx)
{
    (void)ctx;
    bytes_reserve(&text, n + 1);
    memcpy(text.data + text.len, piece, n);
    text.len += n;
    text.data[text.len] = '\0';
    return 0;
}

static void open_lines(struct reject_lines *lines, const struct csv_options *options)
{
    struct csv_options usual;
    csv_options_init(&usual);
    memset(lines, 0, sizeof *lines);
    text.len = 0;
    csv_out_open(&lines->csv, options ? options : &usual, take, NULL);
}

static void add(struct reject_lines *lines, uint64_t row, uint32_t heading, const char *code, const char *cells)
{
    struct reject_fault fault = {.sheet = lines->sheets ? (heading == 2 ? "Two" : "One") : NULL,
                                 .row = row,
                                 .heading = heading,
                                 .field = "qty",
                                 .code = code,
                                 .message = "No.",
                                 .cells = cells};
    reject_lines_add(lines, &fault);
}

static void expect(struct reject_lines *lines, const char *csv)
{
    reject_lines_end(lines);
    assert_int_equal(csv_out_flush(&lines->csv), 0);
    reject_lines_fini(lines);
    assert_string_equal(text.data, csv);
}

#define NAMES "#row,#field,#code,#message,#suggestions\r\n"

static void faults_of_a_row_are_one_line(void **state)
{
    static struct reject_lines lines;
    (void)state;
    open_lines(&lines, NULL);
    reject_lines_heading(&lines, "[[\"PN\",\"Stock\",\"Stock\"],[null,\"Qty\",\"Sum\"]]");
    struct reject_fault fault = {.row = 7,
                                 .heading = 1,
                                 .field = "unit",
                                 .code = "E_UNIT",
                                 .message = "Unit.",
                                 .suggestion = "A | B",
                                 .cells = "[\"PN-1\",-1.5,null]"};
    reject_lines_add(&lines, &fault);
    add(&lines, 7, 1, "E_QTY_NUM", NULL);
    add(&lines, 8, 1, "E_QTY_NUM", "[\"two\\u000alines\",\"-5\"]");
    add(&lines, 9, 1, "E_PN_LONG", "[]");
    expect(&lines,
           "PN,Stock,Stock," NAMES ",Qty,Sum\r\n"
           "PN-1,-1.5,,7,unit qty,E_UNIT E_QTY_NUM,Unit. No.,A | B\r\n"
           "\"two\nlines\",-5,,8,qty,E_QTY_NUM,No.,\r\n"
           ",,,9,qty,E_PN_LONG,No. The row is too long to be written here: put it right in the file itself.,\r\n");
}

/* As texts of a CSV file they would pass for part numbers. */
static void spoiled_part_numbers_are_left_empty(void **state)
{
    static const struct {
        const char *code, *column, *cells, *written;
    } cases[] = {
        {"E_PN_MANGLED", "A", "[77.25,1]", ",1"},
        {"E_PN_MANGLED", "A", "[\"77.0\",1]", "77.0,1"},
        {"E_PN_SCI", "B", "[1,1230000000000000]", "1,"},
        {"E_PN_SCI", "B", "[1,\"2025-03-10\"]", "1,"},
        {"E_PN_SCI", "B", "[1,\"1.23E+15\"]", "1,1.23E+15"},
        {"E_ENCODING", "A", "[\"a\uFFFD\",1]", ",1"},
        {"E_QTY_NEGATIVE", "A", "[-5,1]", "-5,1"},
        {"E_PN_SCI", NULL, "[7.5,1]", "7.5,1"},
    };
    static struct reject_lines lines;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char csv[200];
        struct reject_fault fault = {
            .row = 2, .heading = 1, .code = cases[i].code, .column = cases[i].column, .cells = cases[i].cells};
        open_lines(&lines, NULL);
        reject_lines_heading(&lines, "[[\"a\",\"b\"]]");
        reject_lines_add(&lines, &fault);
        snprintf(csv, sizeof csv, "a,b," NAMES "%s,2,,%s,,\r\n", cases[i].written, cases[i].code);
        expect(&lines, csv);
    }
}

static void headings_stand_above_their_rows(void **state)
{
    static struct reject_lines lines;
    (void)state;
    open_lines(&lines, NULL);
    reject_lines_heading(&lines, "[[\"PN\",\"Qty\"]]");
    reject_lines_heading(&lines, "[[\"Code\",\"PN\",\"Qty\"]]");
    lines.sheets = true;
    add(&lines, 0, 2, "W_CAPTION", NULL);
    add(&lines, 0, 2, "W_COLUMN_IGNORED", NULL);
    add(&lines, 3, 1, "E_DUP", "[\"a\",1]");
    add(&lines, 3, 2, "E_DUP", "[1,\"b\",2]");
    expect(&lines, "PN,Qty,,#sheet," NAMES
                   ",,,Two,0,qty,W_CAPTION,No.,\r\n,,,Two,0,qty,W_COLUMN_IGNORED,No.,\r\na,1,,One,3,qty,E_DUP,No.,\r\n"
                   "Code,PN,Qty,#sheet," NAMES "1,b,2,Two,3,qty,E_DUP,No.,\r\n");
}

static void heading_alone(void **state)
{
    static struct reject_lines lines;
    (void)state;
    open_lines(&lines, NULL);
    expect(&lines, NAMES);
}

/* Excel in Russia takes "1,234" for a number below two, we take it for one where the file is English. */
static void numbers_take_the_decimal_sign(void **state)
{
    static struct reject_lines lines;
    (void)state;
    struct csv_options options;
    csv_options_init(&options);
    options.decimal = ',';
    options.separator = ';';
    open_lines(&lines, &options);
    reject_lines_heading(&lines, "[[\"a\",\"b\",\"c\"]]");
    add(&lines, 2, 1, "E_DUP", "[1.234,-10.5,\"1.5\"]");
    expect(&lines, "a;b;c;#row;#field;#code;#message;#suggestions\r\n1,2340;-10,5;1.5;2;qty;E_DUP;No.;\r\n");
}

/* ---- Back again ------------------------------------------------------------------------------------------------ */

static struct bytes seen;

static int on_sheet(void *ctx, const struct grid_sheet *sheet)
{
    (void)ctx;
    (void)sheet;
    return 0;
}

static int on_row(void *ctx, const struct grid_row *row)
{
    (void)ctx;
    if (row->row == 1 && row->n_cells > 0 && row->cells[0].column == 0) {
        bytes_reserve(&seen, row->cells[0].len + 1);
        memcpy(seen.data, row->cells[0].text, row->cells[0].len);
        seen.len = row->cells[0].len;
        seen.data[seen.len] = '\0';
    }
    return 0;
}

static int on_end(void *ctx)
{
    (void)ctx;
    return 0;
}

/* The first cell of the second line, as the reader of CSV files has it. */
static const char *read_back(void)
{
    struct grid_sink sink = {.sheet = on_sheet, .row = on_row, .sheet_end = on_end};
    struct sheet_error err = {.cls = ""};
    struct sheet_input input = {.fd = memfd_create("csv", MFD_CLOEXEC), .length = text.len};
    assert_int_equal(write(input.fd, text.data, text.len), (ssize_t)text.len);
    seen.len = 0;
    assert_int_equal(csv_read(&input, &sheet_default_limits, &sink, &err), 0);
    close(input.fd);
    return seen.len ? seen.data : "";
}

static void texts_come_back(void **state)
{
    static const char *const texts[] = {"=1+1",  "+7 495", "-5 pcs", "@x",   "'=1",  "''-",      "' =1", " =1",
                                        "'x",    "'",      "-5",     "+1.5", "a'=b", "\uFF1D1",  "\t=",  "x\ny",
                                        "\"q\"", "a;b,c",  "-",      "--",   "#N/A", "'\uFF0B7", "1,5",  "'5"};
    static struct reject_lines lines;
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct json_out cells;
        open_lines(&lines, NULL);
        reject_lines_heading(&lines, "[[\"name\",\"qty\"]]");
        json_out_init(&cells);
        json_array(&cells);
        json_string(&cells, texts[i]);
        json_array_end(&cells);
        add(&lines, 2, 1, "E_DUP", json_out_text(&cells, NULL));
        reject_lines_end(&lines);
        csv_out_flush(&lines.csv);
        assert_string_equal(read_back(), texts[i]);
        json_out_fini(&cells);
        reject_lines_fini(&lines);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults_of_a_row_are_one_line),
        cmocka_unit_test(headings_stand_above_their_rows),
        cmocka_unit_test(heading_alone),
        cmocka_unit_test(spoiled_part_numbers_are_left_empty),
        cmocka_unit_test(numbers_take_the_decimal_sign),
        cmocka_unit_test(texts_come_back),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    bytes_free(&text);
    bytes_free(&seen);
    return failed;
}
