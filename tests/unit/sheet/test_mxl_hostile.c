/* The .mxl reader on damaged copies of every sample: cut off at every byte, bits flipped. A cut copy must be refused; a
 * flipped one may still be a plausible document, but never crash, hang or break the order of the grid.
 *
 * PF_MXL_EVERY_BYTE, when set, cuts at every byte (minutes under sanitizers) instead of at about a thousand places of
 * each sample. PF_MUTATIONS sets the number of flipped copies in all (2000 when unset). */
#include "tests/unit/sheet/mxl_help.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define MAX_SAMPLES 256
static char paths[MAX_SAMPLES][768];
static size_t n_paths;

static void add_folder(const char *root, const char *below)
{
    static char names[MAX_SAMPLES][128];
    char folder[512];
    snprintf(folder, sizeof folder, "%s/%s", root, below);
    size_t n = list_samples(folder, names, MAX_SAMPLES);
    for (size_t i = 0; i < n && n_paths < MAX_SAMPLES; i++)
        snprintf(paths[n_paths++], sizeof *paths, "%s/%s.mxl", folder, names[i]);
}

static int find_samples(void **state)
{
    (void)state;
    const char *data = getenv("PF_DATA"), *samples = getenv("PF_SAMPLES");
    add_folder(data && *data ? data : "tests/data", "mxl");
    if (samples && *samples)
        add_folder(samples, "mxl");
    else
        print_message("third-party samples left out: PF_SAMPLES is not set\n");
    return n_paths ? 0 : -1;
}

struct order {
    int64_t last_row;
    unsigned ends;
    bool broken;
};

static int on_sheet(void *ctx, const struct grid_sheet *sheet)
{
    (void)ctx, (void)sheet;
    return 0;
}

static int on_row(void *ctx, const struct grid_row *row)
{
    struct order *o = ctx;
    int64_t column = -1;
    o->broken |= (int64_t)row->row <= o->last_row || row->row >= GRID_MAX_ROW;
    o->last_row = row->row;
    for (uint32_t i = 0; i < row->n_cells; i++) {
        o->broken |= (int64_t)row->cells[i].column <= column || row->cells[i].len == 0;
        column = row->cells[i].column;
    }
    return 0;
}

static int on_end(void *ctx)
{
    ((struct order *)ctx)->ends++;
    return 0;
}

static int read_part(int fd, size_t length, struct sheet_error *err, struct order *order)
{
    struct sheet_input input = {.fd = fd, .length = length};
    *order = (struct order){.last_row = -1};
    struct grid_sink sink = {.sheet = on_sheet, .row = on_row, .sheet_end = on_end, .ctx = order};
    return mxl_read(&input, &mxl_test_limits, &sink, err);
}

/* Line ends and NULs may follow the last brace, and version 2 may end without its count of names: a copy cut there is
 * whole. */
static size_t whole_length(const char *bytes, size_t n)
{
    if (n > 13 && memcmp(bytes, "MOXCEL\0\0\0\0\0\2\0", 13) == 0)
        return n - 2;
    while (n > 0 && strchr(" \t\r\n", bytes[n - 1]) && bytes[n - 1] && bytes[13] != 0)
        n--;
    return n;
}

static bool refused_as(const struct sheet_error *err, bool hollow)
{
    return strcmp(err->cls, "mxl-truncated") == 0 || strcmp(err->cls, "mxl-malformed") == 0 ||
           (hollow && strcmp(err->cls, "not-mxl") == 0);
}

static void cut_off_at_every_byte(void **state)
{
    (void)state;
    size_t cuts = 0;
    for (size_t i = 0; i < n_paths; i++) {
        size_t n;
        char *bytes = slurp(paths[i], &n);
        assert_non_null(bytes);
        int fd = bytes_fd(bytes, n);
        size_t whole = whole_length(bytes, n);
        /* Every byte of the beginning and of the end, the middle by a stride. */
        size_t stride = getenv("PF_MXL_EVERY_BYTE") ? 1 : 1 + n / 500;
        for (size_t cut = 0; cut < whole; cut += cut < 200 || cut + 300 > whole ? 1 : stride, cuts++) {
            struct sheet_error err = {0};
            struct order order;
            int rc = read_part(fd, cut, &err, &order);
            if (rc != -1 || order.ends || order.broken || !refused_as(&err, cut == 0))
                fail_msg("%s cut at %zu of %zu: %d %s", paths[i], cut, n, rc, err.cls);
        }
        close(fd);
        free(bytes);
    }
    print_message("%zu cuts of %zu samples\n", cuts, n_paths);
}

static uint64_t seed = 20250131;

static uint64_t next_random(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

static void one_flip(int fd, const char *bytes, size_t n, const char *path)
{
    size_t at[3];
    size_t flips = 1 + next_random() % 3;
    for (size_t i = 0; i < flips; i++) {
        at[i] = next_random() % n;
        char b = (char)(bytes[at[i]] ^ (1 << next_random() % 8));
        assert_int_equal(pwrite(fd, &b, 1, (off_t)at[i]), 1);
    }
    struct sheet_error err = {0};
    struct order order;
    int rc = read_part(fd, n, &err, &order);
    if ((rc != 0 && rc != -1) || order.broken || (rc == 0) != (order.ends == 1) || (rc == -1 && !err.text[0]))
        fail_msg("%s flipped at %zu: %d %s", path, at[0], rc, err.cls);
    for (size_t i = 0; i < flips; i++)
        assert_int_equal(pwrite(fd, bytes + at[i], 1, (off_t)at[i]), 1);
}

static void flipped_bits(void **state)
{
    (void)state;
    const char *asked = getenv("PF_MUTATIONS");
    size_t all = asked && *asked ? strtoul(asked, NULL, 10) : 2000;
    for (size_t i = 0; i < n_paths; i++) {
        size_t n;
        char *bytes = slurp(paths[i], &n);
        assert_non_null(bytes);
        int fd = bytes_fd(bytes, n);
        for (size_t k = 0; k < (all + n_paths - 1) / n_paths; k++)
            one_flip(fd, bytes, n, paths[i]);
        close(fd);
        free(bytes);
    }
    print_message("%zu flipped copies\n", all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cut_off_at_every_byte),
        cmocka_unit_test(flipped_bits),
    };
    return cmocka_run_group_tests(tests, find_samples, NULL);
}
