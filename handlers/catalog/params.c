/* The parameters of an import of a catalogue file: their table, what is checked at submission, and decoding. */
#include "handlers/catalog/params.h"

#include "handlers/table/fixes.h"

#include <stdio.h>
#include <string.h>

/* Those of all tables: which of them the file's own table has is checked at submission. */
static const char *const column_names[] = {
    "active",      "category",     "code",         "coefficient", "currency", "ext_ref",      "kind",
    "lot_code",    "lot_qty",      "manual_price", "min_qty",     "name",     "nominal",      "note",
    "pack_qty",    "part_number",  "party_code",   "party_kind",  "price",    "price_method", "price_per",
    "qty",         "quoted_on",    "rate",         "rate_date",   "source",   "status",       "unit",
    "valid_until", "vat_included", "vat_rate",     "vendor",      "weight",   "window_days",  NULL,
};

/* clang-format off */
const struct param_spec catalog_import_params[] = {
    {.name = "table", .kind = PARAM_CHOICE, .required = true, .choices = catalog_table_names, .help = "Which table the file fills."},
    {.name = "sheet", .kind = PARAM_STRING, .max = 124, .help = "Name of the sheet to read; default: the only visible one with a heading."},
    {.name = "header_row", .kind = PARAM_INT, .min = 1, .max = TABLE_HEAD_ROWS, .help = "Row of the heading, from 1; default: it is searched for."},
    {.name = "columns", .kind = PARAM_MAP, .max = 255, .choices = column_names, .help = "Which column is which of the table: a caption, or the letter of a column that has a caption; wins over the search. The table's own names alone."},
    {.name = "dry_run", .kind = PARAM_BOOL, .saved = SAVED_IF_NAMED, .otherwise = "false", .help = "Read and compare everything, write nothing."},
    TABLE_FIXES_PARAM,
    {.name = "profile", .kind = PARAM_STRING, .max = 256, .saved = NOT_SAVED, .help = "Name of saved parameters (/api/import-profiles); what else the request says wins over them."},
    {.name = NULL},
};
/* clang-format on */

static void tell_unknown(const struct catalog_table *table, const char *name, struct param_faults *faults)
{
    char pointer[80], list[400] = "";
    size_t used = 0;
    for (size_t i = 0; table->columns[i].name && used < sizeof list; i++)
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", i > 0 ? ", " : "", table->columns[i].name);
    snprintf(pointer, sizeof pointer, "/columns/%.60s", name);
    param_faults_add(faults, pointer, "choice", "the table %s has no such column; its columns: %s", table->name, list);
    for (size_t i = 0; table->columns[i].name; i++)
        param_faults_allow(faults, table->columns[i].name);
}

int catalog_import_precheck(struct store_conn *db, yajl_val params, struct param_faults *faults)
{
    const struct catalog_table *table = catalog_table(json_member_string(params, "table", ""));
    yajl_val columns = json_member(params, "columns");
    (void)db;
    for (size_t i = 0; table && YAJL_IS_OBJECT(columns) && i < columns->u.object.len; i++) {
        const char *name = columns->u.object.keys[i];
        if (catalog_column_at(table, name, strlen(name)) < 0)
            tell_unknown(table, name, faults);
    }
    return faults->n > 0;
}

void catalog_params_ask(yajl_val params, const struct catalog_table *table, struct catalog_ask *ask)
{
    yajl_val columns = json_member(params, "columns");
    ask->header_row = (uint32_t)json_member_int(params, "header_row", 0);
    ask->n_choices = 0;
    for (int i = 0; table && columns && table->columns[i].name; i++) {
        const char *value = json_member_string(columns, table->columns[i].name, NULL);
        if (value)
            ask->choice[ask->n_choices++] = (struct catalog_choice){i, value};
    }
}
