/* Reads a spreadsheet as an import would and prints what it took: CPU seconds, peak memory, rows, cells, bytes of text.
 *
 *   bench_xlsx [--crc] [--merges] FILE
 *
 * --crc also prints the CRC-32 over all cells in the form of the maker of the benchmark's files (its lines of row, column,
 * type and text), which costs as much again as the reading. --merges asks for the merged areas before each sheet. */
#include "handlers/sheet/sheet.h"

#include "handlers/sheet/inflate.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

struct totals {
    uint64_t rows, cells, bytes;
    uint32_t crc;
    unsigned touched; /* of every text, so that nothing of the reading can be left out */
    size_t n;
    char line[1 << 18];
};

static int on_sheet(void *ctx, const struct grid_sheet *sheet)
{
    (void)ctx, (void)sheet;
    return 0;
}

static int on_sheet_end(void *ctx)
{
    (void)ctx;
    return 0;
}

static int count_row(void *ctx, const struct grid_row *row)
{
    struct totals *t = ctx;
    t->rows++;
    t->cells += row->n_cells;
    for (uint32_t i = 0; i < row->n_cells; i++) {
        t->bytes += row->cells[i].len;
        t->touched += (unsigned char)row->cells[i].text[row->cells[i].len - 1];
    }
    return 0;
}

static void add_cell(struct totals *t, uint32_t row, const struct grid_cell *cell)
{
    static const char types[] = "?snbed";
    if (t->n + cell->len + 64 > sizeof t->line) {
        t->crc = crc32_update(t->crc, (const unsigned char *)t->line, t->n);
        t->n = 0;
    }
    char *to = t->line + t->n;
    to += sprintf(to, "%u\t%u\t%c\t", row, cell->column, types[cell->kind]);
    for (uint32_t i = 0; i < cell->len; i++)
        *to++ = strchr("\t\r\n", cell->text[i]) != NULL ? ' ' : cell->text[i];
    *to++ = '\n';
    t->n = (size_t)(to - t->line);
}

static int crc_row(void *ctx, const struct grid_row *row)
{
    for (uint32_t i = 0; i < row->n_cells; i++)
        add_cell(ctx, row->row, &row->cells[i]);
    return count_row(ctx, row);
}

static int bench(const char *path, bool crc, bool merges)
{
    static struct totals totals;
    struct stat st;
    struct sheet_error err;
    struct rusage usage;
    struct sheet_limits limits = sheet_default_limits;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) < 0) {
        perror(path);
        return EXIT_FAILURE;
    }
    struct sheet_input input = {.fd = fd, .length = (uint64_t)st.st_size};
    struct grid_sink sink = {.sheet = on_sheet,
                             .row = crc ? crc_row : count_row,
                             .sheet_end = on_sheet_end,
                             .ctx = &totals,
                             .without_merges = !merges};
    limits.max_rows = UINT32_MAX;
    if (xlsx_read(&input, &limits, &sink, &err) != 0) {
        fprintf(stderr, "%s: %s\n", err.cls, err.text);
        return EXIT_FAILURE;
    }
    close(fd);
    totals.crc = crc32_update(totals.crc, (const unsigned char *)totals.line, totals.n);
    getrusage(RUSAGE_SELF, &usage);
    printf("cpu_s=%.3f rss_kib=%ld rows=%llu cells=%llu text=%llu",
           (double)usage.ru_utime.tv_sec + (double)usage.ru_stime.tv_sec +
               (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6,
           usage.ru_maxrss, (unsigned long long)totals.rows, (unsigned long long)totals.cells,
           (unsigned long long)totals.bytes);
    printf(crc ? " crc=%08x\n" : "\n", totals.crc);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    bool crc = false, merges = false;
    int i = 1;
    for (; i < argc && argv[i][0] == '-'; i++) {
        crc |= strcmp(argv[i], "--crc") == 0;
        merges |= strcmp(argv[i], "--merges") == 0;
    }
    if (i + 1 != argc) {
        fputs("usage: bench_xlsx [--crc] [--merges] FILE\n", stderr);
        return 64;
    }
    return bench(argv[i], crc, merges);
}
