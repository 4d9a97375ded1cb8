/* Collects cells, sorts them, prints them. */
#include "handlers/sheet/json.h"

#include "base/bytes.h"
#include "base/grow.h"

#include <stdlib.h>

struct cell {
    uint32_t row, column;
    uint64_t order; /* of arrival */
    size_t text;
    uint32_t len;
    uint8_t kind;
};

struct sheet {
    char *name;
    bool hidden;
    struct cell *cells;
    uint32_t n, cap;
};

struct gridjson {
    struct sheet *sheets;
    size_t n;
    struct bytes text; /* of all cells */
};

static char *copy(const char *text)
{
    size_t n = strlen(text) + 1;

    return memcpy(xalloc(n), text, n);
}

static int on_sheet(void *ctx, const struct grid_sheet *sheet)
{
    struct gridjson *json = ctx;

    json->sheets = xrealloc(json->sheets, (json->n + 1) * sizeof *json->sheets);
    json->sheets[json->n++] = (struct sheet){.name = copy(sheet->name), .hidden = sheet->hidden};
    return 0;
}

static int on_row(void *ctx, const struct grid_row *row)
{
    struct gridjson *json = ctx;
    struct sheet *sheet = &json->sheets[json->n - 1];

    for (uint32_t i = 0; i < row->n_cells; i++) {
        const struct grid_cell *from = &row->cells[i];
        if (from->len == 0)
            continue;
        sheet->cells = grow(sheet->cells, &sheet->cap, sheet->n + 1, sizeof *sheet->cells);
        sheet->cells[sheet->n] = (struct cell){row->row, from->column, sheet->n, json->text.len, from->len, from->kind};
        sheet->n++;
        bytes_add(&json->text, from->text, from->len);
    }
    return 0;
}

static int on_sheet_end(void *ctx)
{
    (void)ctx;
    return 0;
}

static int by_place(const void *a, const void *b)
{
    const struct cell *x = a, *y = b;

    if (x->row != y->row)
        return x->row < y->row ? -1 : 1;
    if (x->column != y->column)
        return x->column < y->column ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

/* A file may hand out rows in any order and a position twice: the last value counts. */
static void sort_sheet(struct sheet *sheet)
{
    uint32_t n = 0;

    if (sheet->n == 0)
        return;
    qsort(sheet->cells, sheet->n, sizeof *sheet->cells, by_place);
    for (size_t i = 0; i < sheet->n; i++) {
        const struct cell *c = &sheet->cells[i];
        if (n > 0 && sheet->cells[n - 1].row == c->row && sheet->cells[n - 1].column == c->column)
            n--;
        sheet->cells[n++] = *c;
    }
    sheet->n = n;
}

static void print_string(const char *text, size_t n, FILE *out)
{
    putc('"', out);
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == '"' || c == '\\')
            fprintf(out, "\\%c", c);
        else if (c == '\n')
            fputs("\\n", out);
        else if (c == '\r')
            fputs("\\r", out);
        else if (c == '\t')
            fputs("\\t", out);
        else if (c == '\b')
            fputs("\\b", out);
        else if (c == '\f')
            fputs("\\f", out);
        else if (c < 0x20)
            fprintf(out, "\\u%04x", c);
        else
            putc(c, out);
    }
    putc('"', out);
}

static void print_typed_cells(const struct gridjson *json, const struct sheet *sheet, FILE *out)
{
    static const char types[] = {
        [GRID_TEXT] = 's', [GRID_NUMBER] = 'n', [GRID_BOOL] = 'b', [GRID_ERROR] = 'e', [GRID_DATE] = 'd'};

    for (size_t i = 0; i < sheet->n; i++) {
        const struct cell *c = &sheet->cells[i];
        fprintf(out, "%s\n  [%u,%u,\"%c\",", i > 0 ? "," : "", c->row, c->column, types[c->kind]);
        print_string(json->text.data + c->text, c->len, out);
        putc(']', out);
    }
}

static void print_typed(const struct gridjson *json, FILE *out)
{
    fputs("{\"sheets\":[", out);
    for (size_t i = 0; i < json->n; i++) {
        const struct sheet *sheet = &json->sheets[i];
        fputs(i > 0 ? ",\n {\"name\":" : "\n {\"name\":", out);
        print_string(sheet->name, strlen(sheet->name), out);
        fprintf(out, ",\"hidden\":%s,\"cells\":[", sheet->hidden ? "true" : "false");
        print_typed_cells(json, sheet, out);
        fputs("]}", out);
    }
    fputs("\n]}\n", out);
}

static void print_plain_cells(const struct gridjson *json, const struct sheet *sheet, FILE *out)
{
    for (size_t i = 0; i < sheet->n; i++) {
        const struct cell *c = &sheet->cells[i];
        fprintf(out, "%s\n[%u, %u, ", i > 0 ? "," : "", c->row, c->column);
        print_string(json->text.data + c->text, c->len, out);
        putc(']', out);
    }
    fputs(sheet->n > 0 ? "\n]}\n" : "]}\n", out);
}

static void print_plain(const struct gridjson *json, FILE *out)
{
    uint32_t rows = 0, columns = 0;
    struct sheet none = {0};
    const struct sheet *sheet = json->n > 0 ? &json->sheets[0] : &none;

    for (size_t i = 0; i < sheet->n; i++) {
        rows = sheet->cells[i].row + 1 > rows ? sheet->cells[i].row + 1 : rows;
        columns = sheet->cells[i].column + 1 > columns ? sheet->cells[i].column + 1 : columns;
    }
    fprintf(out, "{\"rows\": %u, \"cols\": %u, \"cells\": [", rows, columns);
    print_plain_cells(json, sheet, out);
}

struct gridjson *gridjson_new(void)
{
    struct gridjson *json = xalloc(sizeof *json);

    *json = (struct gridjson){0};
    return json;
}

void gridjson_free(struct gridjson **json)
{
    struct gridjson *j = *json;

    if (!j)
        return;
    for (size_t i = 0; i < j->n; i++) {
        free(j->sheets[i].name);
        free(j->sheets[i].cells);
    }
    free(j->sheets);
    bytes_free(&j->text);
    free(j);
    *json = NULL;
}

struct grid_sink gridjson_sink(struct gridjson *json)
{
    return (struct grid_sink){.sheet = on_sheet,
                              .row = on_row,
                              .sheet_end = on_sheet_end,
                              .ctx = json,
                              .without_merges = true,
                              .forms = true};
}

void gridjson_print(struct gridjson *json, bool typed, FILE *out)
{
    for (size_t i = 0; i < json->n; i++)
        sort_sheet(&json->sheets[i]);
    if (typed)
        print_typed(json, out);
    else
        print_plain(json, out);
}
