/* The grid over a socket: it arrives as it was sent, and nothing that a hostile sender invents is accepted. */
#include "handlers/sheet/wire.h"

#include "base/utf8.h"
#include "handlers/sheet/json.h"
#include "handlers/sheet/wire_frame.h"
#include "tests/unit/sheet/xlsx_help.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct gridwire_bounds bounds = {.max_rows = 100000, .max_text = 64 << 20, .silence_ms = 10000};

struct wire {
    int ends[2]; /* the parser's, the runner's */
    pthread_t sender;
    const void *data;
    size_t n;
    void (*send)(int fd);
};

static void *sender(void *arg)
{
    struct wire *w = arg;
    if (w->send)
        w->send(w->ends[0]);
    else
        (void)!write(w->ends[0], w->data, w->n);
    close(w->ends[0]);
    return NULL;
}

static void start(struct wire *w)
{
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, w->ends), 0);
    assert_int_equal(pthread_create(&w->sender, NULL, sender, w), 0);
}

static void stop(struct wire *w)
{
    close(w->ends[1]);
    pthread_join(w->sender, NULL);
}

/* Replays what is sent into JSON text, or returns the class. */
static char *replay(struct wire *w)
{
    struct gridjson *json = gridjson_new();
    struct grid_sink sink = gridjson_sink(json);
    struct sheet_error err;
    char *text = NULL;
    size_t n = 0;
    start(w);
    FILE *out = open_memstream(&text, &n);
    if (gridwire_replay(w->ends[1], &bounds, &sink, NULL, NULL, &err) == 0)
        gridjson_print(json, true, out);
    else
        fprintf(out, "%s", err.cls);
    fclose(out);
    stop(w);
    gridjson_free(&json);
    return text;
}

static const struct grid_merge merges[] = {{0, 1, 0, 3}, {63, 0, 64, 0}};
static const uint32_t edges[] = {10, 10, 250, 0xffffffff};
static const struct grid_columns grids[] = {{4, edges}, {0, NULL}, {1, edges}};

static void send_book(int fd)
{
    struct gridwire_writer *w = gridwire_writer_new(fd);
    struct grid_sink s = gridwire_writer_sink(w);
    struct grid_cell cells[] = {{0, GRID_TEXT, 0, 0, 0, 7, "Я \x01\xef\xbf\xbe"},
                                {1, GRID_NUMBER, 5, 0, 3, 5, "1e+21"},
                                {2, GRID_BOOL, 0, 0, 0, 4, "true"},
                                {3, GRID_ERROR, 0, 0, 0, 4, "#N/A"},
                                {4, GRID_TEXT, 0, 0, 0, 3, "a\0b"},
                                {5, GRID_FORMULA, 0, 0, 0, 0, ""},
                                {16383, GRID_DATE, 0, 0, 0, 10, "2026-02-05"}};
    struct grid_sheet one = {0, "Лист", true, true, true, 2, merges, 3, grids, ';'},
                      two = {1, "", false, false, false, 0, NULL, 0, NULL, 0};
    struct grid_row row = {1048575, 3, true, 65535, 513, 7, cells}, small = {0, 0, false, 0, 0, 2, cells},
                    none = {7, 0, false, 0, 0, 0, NULL};
    s.remark(s.ctx, "Odd, but read");
    assert_int_equal(s.sheet(s.ctx, &one), 0);
    assert_int_equal(s.row(s.ctx, &row), 0);
    for (int i = 0; i < 20000; i++) { /* several batches */
        small.row = (uint32_t)i;
        assert_int_equal(s.row(s.ctx, &small), 0);
    }
    assert_int_equal(s.sheet_end(s.ctx), 0);
    assert_int_equal(s.sheet(s.ctx, &two), 0);
    assert_int_equal(s.row(s.ctx, &none), 0);
    assert_int_equal(s.sheet_end(s.ctx), 0);
    assert_int_equal(gridwire_write_end(w), 0);
    gridwire_writer_free(&w);
    assert_null(w);
}

struct seen {
    unsigned sheets, rows, ends, remarks;
    int answer; /* of sheet() */
    int row_answer;
};

static void seen_remark(void *ctx, const char *text)
{
    struct seen *seen = ctx;
    assert_int_equal(seen->sheets, 0);
    assert_string_equal(text, "Odd, but read");
    seen->remarks++;
}

static int seen_sheet(void *ctx, const struct grid_sheet *sheet)
{
    struct seen *seen = ctx;
    if (seen->sheets++ == 0) {
        assert_string_equal(sheet->name, "Лист");
        assert_true(sheet->hidden);
        assert_true(sheet->summary_below);
        assert_int_equal(sheet->separator, ';');
        assert_true(sheet->date1904);
        assert_int_equal(sheet->n_merges, 2);
        assert_memory_equal(sheet->merges, merges, sizeof merges);
        assert_int_equal(sheet->n_grids, 3);
        for (uint32_t i = 0; i < 3; i++) {
            assert_int_equal(sheet->grids[i].n, grids[i].n);
            assert_memory_equal(sheet->grids[i].right, edges, grids[i].n * sizeof *edges);
        }
    } else {
        assert_false(sheet->hidden);
        assert_false(sheet->summary_below);
        assert_int_equal(sheet->separator, 0);
        assert_false(sheet->date1904);
    }
    return seen->answer;
}

static int seen_row(void *ctx, const struct grid_row *row)
{
    struct seen *seen = ctx;
    if (seen->rows++ == 0) {
        assert_int_equal(row->row, 1048575);
        assert_int_equal(row->outline, 3);
        assert_true(row->hidden);
        assert_int_equal(row->grid, 65535);
        assert_int_equal(row->uncalculated, 513);
        assert_int_equal(row->n_cells, 7);
        assert_int_equal(row->cells[1].zero_pad, 5);
        assert_int_equal(row->cells[1].currency, 3);
        assert_memory_equal(row->cells[4].text, "a\0b", 3);
        assert_int_equal(row->cells[5].kind, GRID_FORMULA);
        assert_int_equal(row->cells[5].len, 0);
        assert_int_equal(row->cells[6].column, 16383);
        assert_memory_equal(row->cells[6].text, "2026-02-05", 10);
    }
    return seen->row_answer;
}

static int seen_end(void *ctx)
{
    ((struct seen *)ctx)->ends++;
    return 0;
}

static int see(struct seen *seen, struct sheet_error *err)
{
    struct wire w = {.send = send_book};
    struct grid_sink sink = {
        .sheet = seen_sheet, .row = seen_row, .sheet_end = seen_end, .ctx = seen, .remark = seen_remark};
    start(&w);
    int rc = gridwire_replay(w.ends[1], &bounds, &sink, NULL, NULL, err);
    stop(&w);
    return rc;
}

/* Sends until the other end is closed. */
static void send_rows(const struct grid_sink *s)
{
    struct grid_cell cell = {0, GRID_TEXT, 0, 0, 0, 4, "text"};
    struct grid_row row = {0, 0, false, 0, 0, 1, &cell};
    int rc = 0;
    for (int i = 0; i < 200000 && rc == 0; i++)
        rc = s->row(s->ctx, &row);
    assert_true(rc < 0);
}

static void send_ignoring(int fd)
{
    struct gridwire_writer *w = gridwire_writer_new(fd);
    struct grid_sink s = gridwire_writer_sink(w);
    struct grid_sheet sheet = {0, "Лист", true, true, true, 2, merges, 3, grids, ';'};
    assert_int_equal(s.sheet(s.ctx, &sheet), 0);
    send_rows(&s);
    gridwire_writer_free(&w);
}

static void test_round_trip(void **state)
{
    (void)state;
    struct seen seen = {0};
    struct sheet_error err;
    assert_int_equal(see(&seen, &err), 0);
    assert_int_equal(seen.sheets, 2);
    assert_int_equal(seen.remarks, 1);
    assert_int_equal(seen.rows, 20002);
    assert_int_equal(seen.ends, 2);
}

static void test_skip(void **state)
{
    (void)state;
    struct seen seen = {.answer = GRID_SKIP_SHEET};
    struct sheet_error err;
    assert_int_equal(see(&seen, &err), 0);
    assert_int_equal(seen.sheets, 2);
    assert_int_equal(seen.rows, 0);
    assert_int_equal(seen.ends, 0);
}

static int stop_row(void *ctx, const struct grid_row *row)
{
    (void)row;
    return ((struct seen *)ctx)->row_answer;
}

static void test_stop(void **state)
{
    (void)state;
    const int answers[] = {GRID_STOP, -77};
    for (int i = 0; i < 2; i++) {
        struct seen seen = {.row_answer = answers[i]};
        struct sheet_error err;
        struct wire w = {.send = send_ignoring};
        struct grid_sink sink = {.sheet = seen_sheet, .row = stop_row, .sheet_end = seen_end, .ctx = &seen};
        start(&w);
        assert_int_equal(gridwire_replay(w.ends[1], &bounds, &sink, NULL, NULL, &err),
                         answers[i] == GRID_STOP ? 0 : -77);
        stop(&w);
    }
}

static void send_refusal(int fd)
{
    struct gridwire_writer *w = gridwire_writer_new(fd);
    struct grid_sink s = gridwire_writer_sink(w);
    struct grid_sheet sheet = {0, "S", false, false, false, 0, NULL, 0, NULL, 0};
    struct sheet_error err = {.offset = 1ull << 40};
    sheet_refuse(&err, "zip-corrupt", "Испорчен.");
    s.sheet(s.ctx, &sheet);
    gridwire_write_refused(w, &err);
    gridwire_writer_free(&w);
}

static void test_refused(void **state)
{
    (void)state;
    struct wire w = {.send = send_refusal};
    struct gridjson *json = gridjson_new();
    struct grid_sink sink = gridjson_sink(json);
    struct sheet_error err;
    start(&w);
    assert_int_equal(gridwire_replay(w.ends[1], &bounds, &sink, NULL, NULL, &err), -1);
    stop(&w);
    gridjson_free(&json);
    assert_string_equal(err.cls, "zip-corrupt");
    assert_string_equal(err.text, "Испорчен.");
    assert_true(err.offset == 1ull << 40);
}

static void expect(const void *data, size_t n, const char *cls)
{
    struct wire w = {.data = data, .n = n};
    char *got = replay(&w);
    assert_string_equal(got, cls);
    free(got);
}

/* A small, right stream. */
static struct bytes record(void)
{
    struct bytes b = {0};
    int ends[2];
    char block[4096];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    struct gridwire_writer *w = gridwire_writer_new(ends[0]);
    struct grid_sink s = gridwire_writer_sink(w);
    struct grid_cell cells[] = {{0, GRID_TEXT, 0, 0, 0, 1, "a"}, {1, GRID_NUMBER, 0, 0, 0, 1, "7"}};
    struct grid_sheet sheet = {0, "S", false, true, false, 2, merges, 3, grids, '\t'};
    struct grid_row row = {5, 1, false, 0, 0, 2, cells};
    s.sheet(s.ctx, &sheet);
    s.row(s.ctx, &row);
    s.row(s.ctx, &row);
    s.sheet_end(s.ctx);
    gridwire_write_end(w);
    gridwire_writer_free(&w);
    close(ends[0]);
    for (ssize_t n; (n = read(ends[1], block, sizeof block)) > 0;)
        bytes_add(&b, block, (size_t)n);
    close(ends[1]);
    return b;
}

static void test_truncated(void **state)
{
    (void)state;
    struct bytes b = record();
    struct wire w = {.data = b.data, .n = b.len};
    char *whole = replay(&w);
    assert_non_null(strstr(whole, "[5,0,\"s\",\"a\"]"));
    free(whole);
    for (size_t n = 0; n < b.len; n++)
        expect(b.data, n, "parser-died");
    bytes_free(&b);
}

/* One byte changed, at any place: it is noticed, or the result still keeps every rule of the grid. */
static int check_row(void *ctx, const struct grid_row *row)
{
    (void)ctx;
    assert_true(row->row < GRID_MAX_ROW && row->n_cells <= GRID_MAX_COLUMN);
    for (uint32_t i = 0; i < row->n_cells; i++) {
        const struct grid_cell *c = &row->cells[i];
        assert_true(c->column < GRID_MAX_COLUMN && c->kind >= GRID_TEXT && c->kind <= GRID_DATE);
        assert_true((c->len == 0) == (c->kind == GRID_FORMULA));
        assert_true(i == 0 || row->cells[i - 1].column < c->column);
        assert_true(utf8_valid(c->text, c->len));
    }
    return 0;
}

static int check_sheet(void *ctx, const struct grid_sheet *sheet)
{
    (void)ctx;
    assert_true(utf8_valid(sheet->name, strlen(sheet->name)));
    for (uint32_t i = 0; i < sheet->n_merges; i++)
        assert_true(sheet->merges[i].last_row < GRID_MAX_ROW && sheet->merges[i].row <= sheet->merges[i].last_row);
    return 0;
}

static int check_end(void *ctx)
{
    (void)ctx;
    return 0;
}

static void test_changed(void **state)
{
    (void)state;
    static const unsigned char values[] = {0, 1, 0x7f, 0x80, 0xff};
    struct bytes b = record();
    unsigned noticed = 0, tried = 0;
    for (size_t i = 0; i < b.len; i++)
        for (size_t k = 0; k < sizeof values; k++) {
            char old = b.data[i];
            struct wire w = {.data = b.data, .n = b.len};
            struct grid_sink sink = {.sheet = check_sheet, .row = check_row, .sheet_end = check_end};
            struct sheet_error err;
            b.data[i] = (char)values[k];
            start(&w);
            noticed += gridwire_replay(w.ends[1], &bounds, &sink, NULL, NULL, &err) != 0;
            stop(&w);
            b.data[i] = old;
            tried++;
        }
    print_message("%u of %u changes noticed\n", noticed, tried);
    assert_true(noticed > tried / 2);
    bytes_free(&b);
}

static void frame(struct bytes *b, unsigned kind, const void *payload, size_t n, uint32_t claimed)
{
    unsigned char head[FRAME_HEAD];
    put32(head, claimed);
    head[4] = (unsigned char)kind;
    bytes_add(b, (const char *)head, sizeof head);
    bytes_add(b, payload, n);
}

static void test_hostile(void **state)
{
    (void)state;
    static const unsigned char sheet[13 + 1] = {0, 0, 0, 0, 0, 1, 0, 0, 0, 'S'};
    static const struct {
        unsigned kind;
        uint32_t n;
        unsigned char payload[52];
        bool in_sheet;
    } frames[] = {
        {FRAME_ROWS, 12, {0}, false},                                                  /* rows without a sheet */
        {FRAME_SHEET_END, 8, {0}, false},                                              /* end without a sheet */
        {FRAME_SHEET_END, 0, {0}, true},                                               /* end without its count */
        {FRAME_SHEET_END, 8, {1}, true},                                               /* a row that never came */
        {FRAME_END, 8, {0}, true},                                                     /* end within a sheet */
        {FRAME_END, 8, {1}, false},                                                    /* a row that never came */
        {FRAME_END, 9, {0}, false},                                                    /* more than an end */
        {FRAME_SHEET, 14, {0, 0, 0, 0, 0, 1, 0, 0, 0, 'S'}, true},                     /* a sheet within a sheet */
        {FRAME_SHEET, 13, {1}, false},                                                 /* wrong number */
        {FRAME_SHEET, 14, {0, 0, 0, 0, 0, 1, 0, 0, 0, 0xff}, false},                   /* name that is not UTF-8 */
        {FRAME_SHEET, 14, {0, 0, 0, 0, 0, 1, 0, 0, 0, 0}, false},                      /* name with a zero */
        {FRAME_SHEET, 13, {0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff}, false},             /* name of 4 GiB */
        {FRAME_SHEET, 13, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0x0f}, false}, /* merges beyond the frame */
        {FRAME_SHEET, 13, {0}, false},                                                 /* nothing of grids */
        {FRAME_SHEET, 49, {[9] = 2, [13] = 1, [21] = 1}, false},                       /* merges not in order */
        {FRAME_SHEET, 17, {[13] = 1}, false},                                          /* a grid that is not there */
        {FRAME_SHEET, 17, {[13] = 1, [14] = 0x10}, false},                             /* 4097 of them */
        {FRAME_SHEET, 25, {[13] = 1, [17] = 2}, false},                                /* an edge too few */
        {FRAME_SHEET, 29, {[13] = 1, [17] = 2, [21] = 9, [25] = 8}, false},            /* an edge back */
        {FRAME_SHEET, 25, {[13] = 1, [17] = 65}, false},                               /* 65 edges */
        {FRAME_SHEET, 18, {0}, false},                                                 /* a byte too many */
        {FRAME_ROWS, 0, {0}, true},                                                    /* no row at all */
        {FRAME_ROWS, 12, {0, 0, 0x10, 0}, true},                                       /* row 1048576 */
        {FRAME_ROWS, 12, {0, 0, 0, 0, 0, 0, 1, 0}, true},                              /* a cell that is not there */
        {FRAME_ROWS, 12, {0, 0, 0, 0, 0, 0, 0xff, 0xff}, true},                        /* 65535 cells */
        {FRAME_ROWS, 12, {0, 0, 0, 0, 0, 2, 0, 0}, true},                              /* "hidden" 2 */
        {FRAME_ROWS, 22, {0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 1, 0, 0, 0, 'x'}, true}, /* kind 9 */
        {FRAME_ROWS,
         22,
         {0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0x40, 1, 0, 0, 1, 0, 0, 0, 'x'},
         true},                                                                                       /* column 16384 */
        {FRAME_ROWS, 22, {0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 1, 0, 0, 0, 'x'}, true}, /* number "x" */
        {FRAME_ROWS, 22, {0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 1, 0, 0, 0, '1'}, true}, /* boolean "1" */
        {FRAME_ROWS,
         22,
         {0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 2, 0, 0, 0, 'x'},
         true},                                                                                  /* text too long */
        {FRAME_ROWS, 21, {0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0}, true}, /* empty text */
        {FRAME_ROWS,
         22,
         {0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, GRID_FORMULA, 0, 0, 1, 0, 0, 0, 'x'},
         true}, /* a formula with a text */
        {FRAME_ROWS,
         32,
         {0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 1, 0, 0, 0, 'x', 1, 0, 1, 0, 0, 1, 0, 0, 0, 'x'},
         true},
        {FRAME_REFUSED, 10, {0}, false},                                       /* refusal without a class */
        {FRAME_REFUSED, 12, {0, 0, 0, 0, 0, 0, 0, 0, 2, '\n', 'x', 0}, false}, /* class with a line break */
        {FRAME_REFUSED, 9, {0, 0, 0, 0, 0, 0, 0, 0, 200}, false},              /* class beyond the frame */
        {FRAME_REMARK, 1, {0}, true},                                          /* a remark within a sheet */
        {FRAME_REMARK, 0, {0}, false},                                         /* none at all */
        {FRAME_REMARK, 3, {1, 'x', 'y'}, false},                               /* with more behind it */
        {FRAME_REMARK, 3, {2, 'x', '\n'}, false},                              /* with a line break */
        {FRAME_REMARK, 3, {2, 0xd0, 'x'}, false},                              /* with half of a character */
        {FRAME_REFUSED, 12, {0, 0, 0, 0, 0, 0, 0, 0, 1, 'x', 1, '\n'}, false}, /* sentence of two lines */
        {FRAME_REFUSED, 12, {0, 0, 0, 0, 0, 0, 0, 0, 1, 'x', 1, 27}, false},   /* code for a terminal */
        {FRAME_REFUSED, 17, {0, 0, 0, 0, 0, 0, 0, 0, 7, 's', 't', 'o', 'p', 'p', 'e', 'd'}, false}, /* ours alone */
        {FRAME_REFUSED, 17, {0, 0, 0, 0, 0, 0, 0, 0, 7, 'p', 'a', 'r', 's', 'e', 'r', '-'}, false},
        {0, 0, {0}, false},
        {99, 0, {0}, false},
    };
    for (size_t i = 0; i < sizeof frames / sizeof *frames; i++) {
        struct bytes b = {0};
        if (frames[i].in_sheet)
            frame(&b, FRAME_SHEET, sheet, sizeof sheet, sizeof sheet);
        frame(&b, frames[i].kind, frames[i].payload, frames[i].n, frames[i].n);
        print_message("hostile frame %zu\n", i);
        expect(b.data, b.len, "parser-garbled");
        bytes_free(&b);
    }
}

/* As many merges as a sheet may have fit into its frame; one more is not taken from a parser that tells it. */
static uint32_t many_merges;

static void send_merges(int fd)
{
    struct grid_merge *list = xalloc(many_merges * sizeof *list);
    struct gridwire_writer *w = gridwire_writer_new(fd);
    struct grid_sink s = gridwire_writer_sink(w);
    for (uint32_t i = 0; i < many_merges; i++)
        list[i] = (struct grid_merge){i, 0, i + 1, 0};
    struct grid_sheet sheet = {.name = "S", .n_merges = many_merges, .merges = list};
    if (s.sheet(s.ctx, &sheet) == 0 && s.sheet_end(s.ctx) == 0)
        gridwire_write_end(w);
    gridwire_writer_free(&w);
    free(list);
}

static int count_merges(void *ctx, const struct grid_sheet *sheet)
{
    *(uint32_t *)ctx = sheet->n_merges;
    return 0;
}

static void test_many_merges(void **state)
{
    (void)state;
    for (uint32_t more = 0; more < 2; more++) {
        uint32_t seen = 0;
        struct sheet_error err;
        struct wire w = {.send = send_merges};
        struct grid_sink sink = {.sheet = count_merges, .row = check_row, .sheet_end = check_end, .ctx = &seen};
        many_merges = GRID_MAX_MERGES + more;
        start(&w);
        assert_int_equal(gridwire_replay(w.ends[1], &bounds, &sink, NULL, NULL, &err), more ? -1 : 0);
        stop(&w);
        assert_int_equal(seen, more ? 0 : GRID_MAX_MERGES);
        if (more)
            assert_string_equal(err.cls, "parser-garbled");
    }
}

static void test_large_frame(void **state)
{
    (void)state;
    struct bytes b = {0};
    frame(&b, FRAME_ROWS, "", 0, FRAME_MAX + 1u);
    expect(b.data, b.len, "parser-garbled");
    b.len = 0;
    frame(&b, FRAME_ROWS, "", 0, 0xffffffffu);
    expect(b.data, b.len, "parser-garbled");
    bytes_free(&b);
}

/* The runner has limits of its own: a parser that exceeds them does not work for us any more. */
static void test_bounds(void **state)
{
    (void)state;
    static const struct {
        struct gridwire_bounds bounds;
        bool fits;
    } cases[] = {
        {{.max_rows = 2, .max_text = 4, .silence_ms = 10000}, true},
        {{.max_rows = 1, .max_text = 4, .silence_ms = 10000}, false},
        {{.max_rows = 2, .max_text = 3, .silence_ms = 10000}, false},
    };
    struct bytes b = record();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct wire w = {.data = b.data, .n = b.len};
        struct grid_sink sink = {.sheet = check_sheet, .row = check_row, .sheet_end = check_end};
        struct sheet_error err;
        start(&w);
        int rc = gridwire_replay(w.ends[1], &cases[i].bounds, &sink, NULL, NULL, &err);
        stop(&w);
        assert_int_equal(rc, cases[i].fits ? 0 : -1);
        assert_string_equal(err.cls, cases[i].fits ? "" : "parser-garbled");
    }
    bytes_free(&b);
}

static void test_silence(void **state)
{
    (void)state;
    static const struct gridwire_bounds short_wait = {.max_rows = 1, .max_text = 1, .silence_ms = 250};
    struct grid_sink sink = {.sheet = check_sheet, .row = check_row, .sheet_end = check_end};
    struct sheet_error err;
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    assert_int_equal(gridwire_replay(ends[1], &short_wait, &sink, NULL, NULL, &err), -1);
    assert_string_equal(err.cls, "parser-died");
    close(ends[0]);
    close(ends[1]);
}

/* ---- A parser that cannot go on ---- */

static int refusing_fd, refusing_rc;

static void refuse_in_handler(int sig)
{
    struct sheet_error err = {.cls = "limit-time", .text = "Too long."};
    (void)sig;
    refusing_rc = gridwire_refuse_now(refusing_fd, &err);
    shutdown(refusing_fd, SHUT_RDWR); /* the writer goes on, and fails */
}

/* During a frame that is sent in part, a signal handler cannot send a refusal; between frames it can. */
static void test_refusal_out_of_line(void **state)
{
    (void)state;
    struct sigaction action = {.sa_handler = refuse_in_handler}, before;
    struct sheet_error err = {.cls = "limit-time", .text = "Too long.", .offset = 7}, heard;
    struct grid_sink sink = {.sheet = check_sheet, .row = check_row, .sheet_end = check_end};
    struct grid_sheet sheet = {.name = "S"};
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    struct gridwire_writer *w = gridwire_writer_new(ends[0]);
    struct grid_sink s = gridwire_writer_sink(w);
    assert_int_equal(s.sheet(s.ctx, &sheet), 0);
    assert_int_equal(gridwire_refuse_now(ends[0], &err), 0);
    assert_int_equal(gridwire_replay(ends[1], &bounds, &sink, NULL, NULL, &heard), -1);
    assert_memory_equal(&heard, &err, sizeof err);
    refusing_fd = ends[0];
    assert_int_equal(sigaction(SIGALRM, &action, &before), 0);
    alarm(1);
    send_rows(&s); /* nobody reads: it blocks */
    assert_int_equal(refusing_rc, -EBUSY);
    assert_int_equal(gridwire_refuse_now(ends[0], &err), -EPIPE);
    sigaction(SIGALRM, &before, NULL);
    gridwire_writer_free(&w);
    close(ends[0]);
    close(ends[1]);
}

static bool no_more(void *ctx)
{
    return (*(int *)ctx)++ < 2;
}

/* A silent parser: the runner is asked again and again whether it still wants to wait. */
static void test_alive(void **state)
{
    (void)state;
    int ends[2], asked = 0;
    struct seen seen = {0};
    struct grid_sink sink = {.sheet = seen_sheet, .row = seen_row, .sheet_end = seen_end, .ctx = &seen};
    struct sheet_error err;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    assert_int_equal(gridwire_replay(ends[1], &bounds, &sink, no_more, &asked, &err), -1);
    assert_string_equal(err.cls, "stopped");
    assert_int_equal(asked, 3);
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_round_trip),  cmocka_unit_test(test_skip),
                                       cmocka_unit_test(test_stop),        cmocka_unit_test(test_refused),
                                       cmocka_unit_test(test_hostile),     cmocka_unit_test(test_truncated),
                                       cmocka_unit_test(test_changed),     cmocka_unit_test(test_refusal_out_of_line),
                                       cmocka_unit_test(test_alive),       cmocka_unit_test(test_large_frame),
                                       cmocka_unit_test(test_many_merges), cmocka_unit_test(test_bounds),
                                       cmocka_unit_test(test_silence)};
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests_name("gridwire", tests, NULL, NULL);
}
