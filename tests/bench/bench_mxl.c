/* Reads one .mxl file as often as asked and prints, for the fastest run, megabytes per second, with cells and peak
 * memory. */
#include "tests/unit/sheet/mxl_help.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct totals {
    unsigned long long rows, cells, bytes;
};

static int on_sheet(void *ctx, const struct grid_sheet *sheet)
{
    (void)ctx, (void)sheet;
    return 0;
}

static int on_row(void *ctx, const struct grid_row *row)
{
    struct totals *t = ctx;
    t->rows++;
    t->cells += row->n_cells;
    for (uint32_t i = 0; i < row->n_cells; i++)
        t->bytes += row->cells[i].len;
    return 0;
}

static int on_end(void *ctx)
{
    (void)ctx;
    return 0;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    int fd = argc > 1 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1;
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0) {
        fprintf(stderr, "usage: bench_mxl FILE [RUNS]\n");
        return 2;
    }
    struct sheet_limits limits = mxl_test_limits;
    limits.max_rows = GRID_MAX_ROW;
    double best = 1e9;
    struct totals t = {0};
    for (int runs = argc > 2 ? atoi(argv[2]) : 3; runs > 0; runs--) {
        struct sheet_input input = {.fd = fd, .length = (uint64_t)st.st_size};
        struct sheet_error err = {0};
        t = (struct totals){0};
        struct grid_sink sink = {.sheet = on_sheet, .row = on_row, .sheet_end = on_end, .ctx = &t};
        double start = now();
        if (mxl_read(&input, &limits, &sink, &err)) {
            fprintf(stderr, "%s at %llu: %s\n", err.cls, (unsigned long long)err.offset, err.text);
            return 1;
        }
        double took = now() - start;
        best = took < best ? took : best;
    }
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    printf("{\"rows\":%llu,\"cells\":%llu,\"text_bytes\":%llu,\"input_bytes\":%lld,\"cpu_s\":%.3f,\"mb_per_s\":%.0f,"
           "\"peak_kib\":%ld}\n",
           t.rows, t.cells, t.bytes, (long long)st.st_size, best, (double)st.st_size / 1e6 / best, use.ru_maxrss);
    return 0;
}
