/* Helpers of the .mxl tests: see the header. */
#include "tests/unit/sheet/mxl_help.h"

#include <yajl/yajl_tree.h>

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

const struct sheet_limits mxl_test_limits = {.max_rows = 500000,
                                             .max_inflated = UINT64_C(4) << 30,
                                             .max_strings = 128 << 20,
                                             .max_text = 32767,
                                             .max_entries = 10000};

/* The real function is in the room of all readers; this one is weak, so that a test links with and without it. */
__attribute__((weak, format(printf, 3, 4))) int sheet_refuse(struct sheet_error *err, const char *cls,
                                                             const char *format, ...)
{
    va_list args;
    va_start(args, format);
    snprintf(err->cls, sizeof err->cls, "%s", cls);
    vsnprintf(err->text, sizeof err->text, format, args);
    err->offset = 0;
    va_end(args);
    return -1;
}

static int keep_sheet(void *ctx, const struct grid_sheet *sheet)
{
    struct kept *k = ctx;
    k->sheets++;
    k->n_merges = sheet->n_merges < 64 ? sheet->n_merges : 64;
    if (k->n_merges)
        memcpy(k->merges, sheet->merges, k->n_merges * sizeof *k->merges);
    return k->sheet_answer;
}

static void keep_cell(struct kept *k, const struct grid_row *row, const struct grid_cell *cell)
{
    if (k->n == k->cap) {
        k->cap = k->cap ? k->cap * 2 : 256;
        k->cells = realloc(k->cells, k->cap * sizeof *k->cells);
        if (!k->cells)
            abort();
    }
    struct kept_cell *kept = &k->cells[k->n++];
    *kept = (struct kept_cell){row->row, cell->column, cell->kind, row->outline, cell->len, NULL};
    kept->text = malloc((size_t)cell->len + 1);
    if (!kept->text)
        abort();
    memcpy(kept->text, cell->text, cell->len);
    kept->text[cell->len] = 0;
}

static int keep_row(void *ctx, const struct grid_row *row)
{
    struct kept *k = ctx;
    k->n_rows++;
    if (row->row < sizeof k->outline) {
        k->outline[row->row] = row->outline;
        k->grid[row->row] = row->grid;
    }
    for (uint32_t i = 0; i < row->n_cells; i++)
        keep_cell(k, row, &row->cells[i]);
    return k->row_answer;
}

static int keep_end(void *ctx)
{
    struct kept *k = ctx;
    k->ends++;
    return 0;
}

struct grid_sink kept_sink(struct kept *kept)
{
    return (struct grid_sink){.sheet = keep_sheet, .row = keep_row, .sheet_end = keep_end, .ctx = kept};
}

void kept_free(struct kept *kept)
{
    for (size_t i = 0; i < kept->n; i++)
        free(kept->cells[i].text);
    free(kept->cells);
    *kept = (struct kept){0};
}

const struct kept_cell *kept_cell(const struct kept *kept, uint32_t row, uint32_t column)
{
    for (size_t i = 0; i < kept->n; i++)
        if (kept->cells[i].row == row && kept->cells[i].column == column)
            return &kept->cells[i];
    return NULL;
}

const char *kept_text(const struct kept *kept, uint32_t row, uint32_t column)
{
    const struct kept_cell *cell = kept_cell(kept, row, column);
    return cell ? cell->text : NULL;
}

int bytes_fd(const void *bytes, size_t n)
{
    int fd = memfd_create("mxl", MFD_CLOEXEC);
    if (fd < 0 || (n > 0 && write(fd, bytes, n) != (ssize_t)n))
        abort();
    return fd;
}

int read_bytes(const void *bytes, size_t n, struct kept *kept, struct sheet_error *err)
{
    struct sheet_input input = {.fd = bytes_fd(bytes, n), .offset = 0, .length = n};
    struct grid_sink sink = kept_sink(kept);
    int rc = mxl_read(&input, &mxl_test_limits, &sink, err);
    close(input.fd);
    return rc;
}

char *slurp(const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return NULL;
    fseek(f, 0, SEEK_END);
    long size = ftell(f);
    rewind(f);
    char *bytes = malloc((size_t)size + 1);
    if (!bytes || fread(bytes, 1, (size_t)size, f) != (size_t)size)
        abort();
    fclose(f);
    bytes[size] = 0;
    if (n)
        *n = (size_t)size;
    return bytes;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

size_t list_samples(const char *folder, char (*names)[128], size_t max)
{
    DIR *dir = folder && *folder ? opendir(folder) : NULL;
    size_t n = 0;
    for (struct dirent *e; dir && n < max && (e = readdir(dir));) {
        size_t len = strlen(e->d_name);
        if (len > 4 && len < 128 && strcmp(e->d_name + len - 4, ".mxl") == 0)
            snprintf(names[n++], 128, "%.*s", (int)(len - 4), e->d_name);
    }
    if (dir)
        closedir(dir);
    qsort(names, n, sizeof *names, by_name);
    return n;
}

static const char *differs(char *buffer, size_t size, const struct kept_cell *got, yajl_val want)
{
    yajl_val *v = YAJL_GET_ARRAY(want)->values;
    const char *text = YAJL_GET_STRING(v[2]);
    if (got->row == (uint32_t)YAJL_GET_INTEGER(v[0]) && got->column == (uint32_t)YAJL_GET_INTEGER(v[1]) &&
        strlen(text) == got->len && strcmp(text, got->text) == 0)
        return NULL;
    snprintf(buffer, size, "expected %lld,%lld \"%.80s\", got %u,%u \"%.80s\"", YAJL_GET_INTEGER(v[0]),
             YAJL_GET_INTEGER(v[1]), text, got->row, got->column, got->text);
    return buffer;
}

const char *compare_cells(const struct kept *kept, const char *cells_json)
{
    static char buffer[512];
    const char *path[] = {"cells", NULL};
    yajl_val tree = yajl_tree_parse(cells_json, buffer, sizeof buffer);
    yajl_val cells = tree ? yajl_tree_get(tree, path, yajl_t_array) : NULL;
    const char *verdict = cells ? NULL : "no expected cells";
    for (size_t i = 0; !verdict && i < YAJL_GET_ARRAY(cells)->len && i < kept->n; i++)
        verdict = differs(buffer, sizeof buffer, &kept->cells[i], YAJL_GET_ARRAY(cells)->values[i]);
    if (!verdict && YAJL_GET_ARRAY(cells)->len != kept->n) {
        snprintf(buffer, sizeof buffer, "expected %zu cells, got %zu", YAJL_GET_ARRAY(cells)->len, kept->n);
        verdict = buffer;
    }
    yajl_tree_free(tree);
    return verdict;
}
