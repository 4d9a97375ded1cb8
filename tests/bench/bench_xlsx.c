/* Reads a spreadsheet as an import would and prints what it took: CPU seconds, peak memory, rows, cells, bytes of text.
 *
 *   bench_xlsx [--crc] [--merges] FILE
 *   bench_xlsx --expat FILE
 *
 * --crc also prints the CRC-32 over all cells in the form of the maker of the benchmark's files (its lines of row,
 * column, type and text), which costs as much again as the reading. --merges asks for the merged areas before each
 * sheet.
 * --expat is the yardstick that is always at hand: the strings and the worksheets are inflated and put through expat
 * with handlers that count and do nothing else. No reader that stands on expat can take less. */
#include "handlers/sheet/sheet.h"

#include "handlers/sheet/xlsx/inflate.h"
#include "handlers/sheet/xlsx/zip.h"

#include <expat.h>

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
    unsigned touched; /* of every text, so that the compiler cannot leave out any reading */
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
        *to++ = strchr("\t\r\n", cell->text[i]) ? ' ' : cell->text[i];
    *to++ = '\n';
    t->n = (size_t)(to - t->line);
}

static int crc_row(void *ctx, const struct grid_row *row)
{
    for (uint32_t i = 0; i < row->n_cells; i++)
        add_cell(ctx, row->row, &row->cells[i]);
    return count_row(ctx, row);
}

static void XMLCALL count_start(void *ctx, const char *name, const char **attrs)
{
    struct totals *t = ctx;
    (void)attrs;
    t->rows += strcmp(name, "row") == 0;
    t->cells += strcmp(name, "c") == 0;
}

static void XMLCALL count_end(void *ctx, const char *name)
{
    (void)ctx, (void)name;
}

static void XMLCALL count_text(void *ctx, const char *text, int n)
{
    struct totals *t = ctx;
    (void)text;
    t->bytes += (uint64_t)n;
}

static int expat_part(struct zip *zip, const struct zip_entry *entry, struct totals *totals, struct sheet_error *err)
{
    struct zip_part *part = zip_part_open(zip, entry, true, err);
    XML_Parser parser = XML_ParserCreate(NULL);
    ssize_t n = part ? 1 : -1;
    XML_SetUserData(parser, totals);
    XML_SetElementHandler(parser, count_start, count_end);
    XML_SetCharacterDataHandler(parser, count_text);
    while (n > 0) {
        void *buf = XML_GetBuffer(parser, 64 << 10);
        n = zip_part_read(part, buf, 64 << 10, err);
        if (n >= 0 && XML_ParseBuffer(parser, (int)n, n == 0) != XML_STATUS_OK)
            n = sheet_refuse(err, "xml-malformed", "%s", XML_ErrorString(XML_GetErrorCode(parser)));
    }
    XML_ParserFree(parser);
    zip_part_close(&part);
    return (int)n;
}

static int run_expat(const struct sheet_input *input, struct totals *totals, struct sheet_error *err)
{
    struct zip zip;
    if (zip_open(&zip, input, &sheet_default_limits, err) < 0)
        return -1;
    int rc = 0;
    for (uint32_t i = 0; i < zip.n_entries && rc == 0; i++)
        if (strstr(zip.entries[i].key, "/sheet") || strstr(zip.entries[i].key, "sharedstrings"))
            rc = expat_part(&zip, &zip.entries[i], totals, err);
    zip_close(&zip);
    return rc;
}

static int run_reader(const struct sheet_input *input, struct totals *totals, bool crc, bool merges,
                      struct sheet_error *err)
{
    struct sheet_limits limits = sheet_default_limits;
    struct grid_sink sink = {.sheet = on_sheet,
                             .row = crc ? crc_row : count_row,
                             .sheet_end = on_sheet_end,
                             .ctx = totals,
                             .without_merges = !merges};
    limits.max_rows = UINT32_MAX;
    int rc = xlsx_read(input, &limits, &sink, err);
    totals->crc = crc32_update(totals->crc, (const unsigned char *)totals->line, totals->n);
    return rc;
}

/* Peak resident memory of this program: getrusage() may report that of the process that forked it. */
static long peak_kib(void)
{
    char line[256];
    long kib = 0;
    FILE *status = fopen("/proc/self/status", "re");
    while (status && fgets(line, sizeof line, status))
        if (strncmp(line, "VmHWM:", 6) == 0)
            kib = strtol(line + 6, NULL, 10);
    if (status)
        fclose(status);
    return kib;
}

static int bench(const char *path, bool crc, bool merges, bool expat)
{
    static struct totals totals;
    struct stat st;
    struct sheet_error err;
    struct rusage usage;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) < 0) {
        perror(path);
        return EXIT_FAILURE;
    }
    struct sheet_input input = {.fd = fd, .length = (uint64_t)st.st_size};
    int rc = expat ? run_expat(&input, &totals, &err) : run_reader(&input, &totals, crc, merges, &err);
    close(fd);
    if (rc != 0) {
        fprintf(stderr, "%s: %s\n", err.cls, err.text);
        return EXIT_FAILURE;
    }
    getrusage(RUSAGE_SELF, &usage);
    printf("cpu_s=%.3f rss_kib=%ld rows=%llu cells=%llu text=%llu",
           (double)usage.ru_utime.tv_sec + (double)usage.ru_stime.tv_sec +
               (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6,
           peak_kib(), (unsigned long long)totals.rows, (unsigned long long)totals.cells,
           (unsigned long long)totals.bytes);
    printf(crc ? " crc=%08x\n" : "\n", totals.crc);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    bool crc = false, merges = false, expat = false;
    int i = 1;
    for (; i < argc && argv[i][0] == '-'; i++) {
        crc |= strcmp(argv[i], "--crc") == 0;
        merges |= strcmp(argv[i], "--merges") == 0;
        expat |= strcmp(argv[i], "--expat") == 0;
    }
    if (i + 1 != argc) {
        fputs("usage: bench_xlsx [--crc] [--merges] [--expat] FILE\n", stderr);
        return 64;
    }
    return bench(argv[i], crc, merges, expat);
}
