/* One statement a kind; all are bounded. */
#include "handlers/read/complete.h"

#include "base/display.h"
#include "handlers/read/filters.h"

#include <stdlib.h>
#include <string.h>

/* The beginning is compared byte by byte, as codes are: the range of an index. Lists are few and named by number: the
 * newest are looked at. */
static const struct {
    const char *kind, *sql;
} kinds[] = {
    {"warehouses", "SELECT code, name FROM warehouse FORCE INDEX (uq_wh) WHERE code LIKE ? ORDER BY code LIMIT ?"},
    {"parties", "SELECT code, CONCAT(kind, ' ', name) FROM party WHERE code LIKE ? ORDER BY code, kind LIMIT ?"},
    {"lots",
     "SELECT lot_code, name FROM component FORCE INDEX (uq_lot) WHERE lot_code LIKE ? ORDER BY lot_code LIMIT ?"},
    {"categories", "SELECT category, '' FROM component FORCE INDEX (ix_cat) WHERE category LIKE ? GROUP BY category "
                   "ORDER BY category LIMIT ?"},
    {"pricelists", "SELECT l.id, CONCAT(l.source, ' ', l.version, ' of ', l.as_of) FROM (SELECT id, source, version, "
                   "as_of FROM pricelist FORCE INDEX (PRIMARY) ORDER BY id DESC LIMIT 1000) l WHERE CAST(l.id AS CHAR) "
                   "LIKE ? ORDER BY l.id DESC LIMIT ?"},
};

static const char *sql_of(const char *kind)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i].kind, kind) == 0)
            return kinds[i].sql;
    return NULL;
}

bool complete_known(const char *kind)
{
    return sql_of(kind) != NULL;
}

void complete_line(FILE *out, const char *name, const char *description)
{
    char *clean[2] = {strdup(name), strdup(description)};
    if (!clean[0] || !clean[1])
        abort();
    display_clean(clean[0], ' ');
    display_clean(clean[1], ' ');
    fprintf(out, "%s\t%s\n", clean[0], clean[1]);
    free(clean[0]);
    free(clean[1]);
}

static int write_row(const struct store_value *v, unsigned n, void *ctx)
{
    (void)n;
    complete_line(ctx, v[0].text ? v[0].text : "", v[1].text ? v[1].text : "");
    return 0;
}

int complete_read(struct store_conn *conn, const char *kind, const char *beginning, FILE *out)
{
    char pattern[FILTER_PATTERN_BYTES];
    struct store_value v[] = {STORE_S(filter_pattern(pattern, beginning, false)), STORE_U(COMPLETE_MAX)};
    return store_query(conn, sql_of(kind), v, 2, write_row, out);
}
