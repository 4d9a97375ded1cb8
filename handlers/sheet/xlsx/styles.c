/* The styles part: from a cell style number to what its number format shows. The rest is skipped. */
#include "handlers/sheet/xlsx/xlsx.h"

#include "base/grow.h"

#include <stdlib.h>

enum { STYLES_MAX = 65536, FORMATS_MAX = 16384 };

struct format {
    uint32_t id;
    uint32_t order; /* order of definition: of several with one number the last counts */
    struct numfmt fmt;
};

struct reading {
    struct styles *styles;
    struct format *formats; /* that the file defines */
    uint32_t n, cap;
    enum { IN_OTHER, IN_FORMATS, IN_CELLS } in;
    uint32_t *ids; /* number format of each cell style; the formats may follow behind them */
    uint32_t n_ids, ids_cap;
};

static uint32_t number(const char *text)
{
    uint32_t v = 0;

    if (!text)
        return 0;
    for (; *text >= '0' && *text <= '9' && v < 100000000; text++)
        v = v * 10 + (uint32_t)(*text - '0');
    return v;
}

static int too_many(struct sheet_error *err)
{
    return sheet_refuse(err, "xml-limit", "The workbook goes beyond a limit (more than %d styles). " XLSX_COPY_IT,
                        STYLES_MAX);
}

static int add_format(struct reading *r, const char **attrs, struct sheet_error *err)
{
    const char *id = small_attr(attrs, "numFmtId", false), *code = small_attr(attrs, "formatCode", false);

    if (!id || !code)
        return 0;
    if (r->n == FORMATS_MAX)
        return too_many(err);
    r->formats = grow(r->formats, &r->cap, r->n + 1, sizeof *r->formats);
    r->formats[r->n] = (struct format){number(id), (uint32_t)r->n, numfmt_of_code(code, strlen(code))};
    r->n++;
    return 0;
}

static int add_style(struct reading *r, const char **attrs, struct sheet_error *err)
{
    if (r->n_ids == STYLES_MAX)
        return too_many(err);
    r->ids = grow(r->ids, &r->ids_cap, r->n_ids + 1, sizeof *r->ids);
    r->ids[r->n_ids++] = number(small_attr(attrs, "numFmtId", false));
    return 0;
}

static int start(void *ctx, unsigned depth, const char *name, const char **attrs, struct sheet_error *err)
{
    struct reading *r = ctx;

    if (depth == 2)
        r->in = strcmp(name, "numFmts") == 0 ? IN_FORMATS : strcmp(name, "cellXfs") == 0 ? IN_CELLS : IN_OTHER;
    if (depth == 3 && r->in == IN_FORMATS && strcmp(name, "numFmt") == 0)
        return add_format(r, attrs, err);
    if (depth == 3 && r->in == IN_CELLS && strcmp(name, "xf") == 0)
        return add_style(r, attrs, err);
    return 0;
}

static int by_id(const void *a, const void *b)
{
    const struct format *x = a, *y = b;

    return x->id < y->id ? -1 : x->id > y->id;
}

static int by_id_and_order(const void *a, const void *b)
{
    const struct format *x = a, *y = b;

    return x->id != y->id ? by_id(a, b) : x->order < y->order ? -1 : 1;
}

/* Sorts the formats and keeps one for each number. */
static void settle(struct reading *r)
{
    uint32_t n = 0;

    if (r->n > 0)
        qsort(r->formats, r->n, sizeof *r->formats, by_id_and_order);
    for (size_t i = 0; i < r->n; i++) {
        n -= n > 0 && r->formats[n - 1].id == r->formats[i].id;
        r->formats[n++] = r->formats[i];
    }
    r->n = n;
}

/* A definition in the file overrides the built-in meaning of its number: 1C numbers its own formats from 50. */
static void resolve(struct reading *r)
{
    struct styles *styles = r->styles;

    settle(r);
    styles->cells = xalloc(r->n_ids * sizeof *styles->cells);
    styles->n = r->n_ids;
    for (size_t i = 0; i < r->n_ids; i++) {
        struct format wanted = {.id = r->ids[i]};
        const struct format *own = r->n > 0 ? bsearch(&wanted, r->formats, r->n, sizeof *r->formats, by_id) : NULL;
        styles->cells[i] = own ? own->fmt : numfmt_builtin(wanted.id);
    }
}

int styles_read(struct zip *zip, const struct zip_entry *entry, struct styles *styles, struct sheet_error *err)
{
    struct reading reading = {.styles = styles};
    struct small_doc doc = {.start = start, .ctx = &reading};
    int rc = small_read(zip, entry, &doc, err);

    if (rc == 0)
        resolve(&reading);
    free(reading.formats);
    free(reading.ids);
    return rc;
}

void styles_free(struct styles *styles)
{
    free(styles->cells);
    *styles = (struct styles){0};
}
