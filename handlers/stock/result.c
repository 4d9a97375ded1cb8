/* Result of a stock import as JSON. */
#include "handlers/stock/run.h"

#include "base/hex.h"
#include "handlers/history/base.h"
#include "handlers/table/mapping.h"
#include "handlers/table/result.h"

#include <string.h>

/* clang-format off */
static const char *const modes[] = {"replace", "merge", NULL};

static const struct result_spec control_members[] = {
    {.name = "row", .kind = RESULT_ID, .help = "Of the file, from 1."},
    {.name = "value", .kind = RESULT_DECIMAL, .help = "As the report says."},
    {.name = "rows", .kind = RESULT_DECIMAL, .help = "What the rows add up to."},
    {.name = NULL},
};

static const struct result_spec file_members[] = {
    {.name = "name", .kind = RESULT_TEXT},
    {.name = "sha256", .kind = RESULT_SHA256},
    {.name = "format", .kind = RESULT_TEXT, .help = "As recognised by its content."},
    {.name = "sheet", .kind = RESULT_TEXT, .nullable = true, .optional = true, .help = "The sheet that was read, null if several were; this and what follows is absent if the file was not read again."},
    {.name = "header_row", .kind = RESULT_ID, .nullable = true, .optional = true, .help = "First row of the heading, from 1; null if several sheets were read."},
    {.name = "header_rows", .kind = RESULT_ID, .nullable = true, .optional = true},
    {.name = "columns", .kind = RESULT_COUNTS, .nullable = true, .optional = true, .help = "Column of each field, from 1; null if several sheets were read."},
    {.name = "ignored", .kind = RESULT_LIST, .optional = true, .members = table_ignored_members, .help = "Columns with a caption that are not read."},
    {.name = "sheets", .kind = RESULT_LIST, .optional = true, .members = table_sheet_members, .help = "Every sheet of the file."},
    {.name = "control_total", .kind = RESULT_OBJECT, .nullable = true, .optional = true, .members = control_members, .help = "The report's own total; null if it has none, or several sheets were read."},
    {.name = "uncalculated_formulas", .kind = RESULT_COUNT, .optional = true},
    PROFILE_FILE_MEMBERS,
    {.name = NULL},
};

static const struct result_spec skipped_members[] = {
    {.name = "header", .kind = RESULT_COUNT},
    {.name = "group", .kind = RESULT_COUNT},
    {.name = "total", .kind = RESULT_COUNT},
    {.name = "other_warehouse", .kind = RESULT_COUNT},
    {.name = NULL},
};

#define STOCK_VALUES \
    {.name = "lot_code", .kind = RESULT_TEXT, .nullable = true}, \
    {.name = "qty", .kind = RESULT_DECIMAL}, \
    {.name = "reserved", .kind = RESULT_DECIMAL}, \
    {.name = "unit", .kind = RESULT_TEXT}, \
    {.name = "unit_cost", .kind = RESULT_DECIMAL, .nullable = true}, \
    {.name = "received_on", .kind = RESULT_DATE, .nullable = true}

static const struct result_spec preview_members[] = {
    {.name = "row", .kind = RESULT_ID, .help = "Of the file, from 1."},
    {.name = "pn_norm", .kind = RESULT_TEXT},
    {.name = "vendor_norm", .kind = RESULT_TEXT},
    {.name = "part_number", .kind = RESULT_TEXT},
    {.name = "name", .kind = RESULT_TEXT},
    STOCK_VALUES,
    {.name = NULL},
};

static const struct result_spec row_members[] = {
    {.name = "pn_norm", .kind = RESULT_TEXT},
    {.name = "vendor_norm", .kind = RESULT_TEXT},
    {.name = "part_number", .kind = RESULT_TEXT, .optional = true},
    {.name = "name", .kind = RESULT_TEXT, .optional = true},
    STOCK_VALUES,
    {.name = NULL},
};

static const struct result_spec value_members[] = {
    {.name = "part_number", .kind = RESULT_TEXT, .optional = true},
    {.name = "name", .kind = RESULT_TEXT, .optional = true},
    STOCK_VALUES,
    {.name = NULL},
};

static const struct result_spec update_members[] = {
    {.name = "pn_norm", .kind = RESULT_TEXT},
    {.name = "vendor_norm", .kind = RESULT_TEXT},
    {.name = "old", .kind = RESULT_OBJECT, .members = value_members},
    {.name = "new", .kind = RESULT_OBJECT, .members = value_members},
    {.name = NULL},
};

static const struct result_spec changes_members[] = {
    {.name = "inserts", .kind = RESULT_LIST, .members = row_members},
    {.name = "updates", .kind = RESULT_LIST, .members = update_members},
    {.name = "deletes", .kind = RESULT_LIST, .members = row_members},
    {.name = NULL},
};

const struct result_spec stock_result_members[] = {
    {.name = "import_id", .kind = RESULT_ID, .nullable = true, .help = "Null after a dry run."},
    {.name = "warehouse", .kind = RESULT_TEXT, .help = "Its code."},
    {.name = "mode", .kind = RESULT_CHOICE, .choices = modes},
    {.name = "dry_run", .kind = RESULT_BOOL, .help = "True: nothing was written."},
    {.name = "stock_date", .kind = RESULT_DATE, .nullable = true},
    LAST_IMPORT_RESULT,
    {.name = "already_imported", .kind = RESULT_BOOL, .help = "True: this file was imported before and was not read again."},
    {.name = "file", .kind = RESULT_OBJECT, .members = file_members},
    {.name = "rows_total", .kind = RESULT_COUNT},
    {.name = "rows_accepted", .kind = RESULT_COUNT},
    {.name = "rows_rejected", .kind = RESULT_COUNT},
    {.name = "rows_skipped", .kind = RESULT_OBJECT, .members = skipped_members, .help = "Rows that are not stock, by kind."},
    {.name = "inserted", .kind = RESULT_COUNT},
    {.name = "updated", .kind = RESULT_COUNT},
    {.name = "unchanged", .kind = RESULT_COUNT},
    {.name = "deleted", .kind = RESULT_COUNT},
    {.name = "kept_for_rejected", .kind = RESULT_COUNT, .help = "Items that stay as they are because their row was refused."},
    {.name = "duplicates_merged", .kind = RESULT_COUNT, .help = "Rows that were added to an earlier row."},
    {.name = "matched", .kind = RESULT_COUNT, .help = "Items with a lot."},
    {.name = "unmatched", .kind = RESULT_COUNT, .help = "Items without a known lot."},
    {.name = "errors", .kind = RESULT_ISSUES, .help = "Rejected rows by code."},
    {.name = "warnings", .kind = RESULT_ISSUES, .help = "Warnings by code."},
    {.name = "errors_truncated", .kind = RESULT_BOOL, .help = "True: not every error and warning is kept with its text."},
    {.name = "qty_total", .kind = RESULT_DECIMAL},
    {.name = "value_total", .kind = RESULT_DECIMAL},
    RESULT_REJECTS,
    {.name = "preview", .kind = RESULT_LIST, .optional = true, .members = preview_members, .help = "The first rows as they were read; after a dry run."},
    {.name = "changes", .kind = RESULT_OBJECT, .optional = true, .members = changes_members, .help = "The first changes of each kind; after a dry run."},
    {.name = "mapping", .kind = RESULT_OBJECT, .optional = true, .members = table_mapping_members, .help = "Which column was taken for what; after a dry run."},
    {.name = NULL},
};
/* clang-format on */

static void put_decimal(struct json_out *out, const char *key, dec128 value, unsigned scale)
{
    char text[48];
    dec_format(value, scale, false, text, sizeof text);
    json_put_string(out, key, text);
}

static void put_date(struct json_out *out, const char *key, struct value_date date)
{
    char text[11];
    if (date.year)
        value_date_format(date, text);
    json_put_string(out, key, date.year ? text : NULL);
}

static void put_columns(struct json_out *out, const struct table_heading *heading)
{
    json_key(out, "columns");
    json_object(out);
    for (unsigned field = FIELD_NONE + 1; field < FIELD_COUNT; field++)
        if (table_heading_has(heading, (enum stock_field)field))
            json_put_int(out, stock_field_name((enum stock_field)field), heading->column[field] + 1);
    json_object_end(out);
}

static void put_control(struct json_out *out, const struct stock_control_total *control)
{
    json_key(out, "control_total");
    json_object(out);
    json_put_int(out, "row", control->row + 1);
    put_decimal(out, "value", control->value, QTY_SCALE);
    put_decimal(out, "rows", control->sum, QTY_SCALE);
    json_object_end(out);
}

static void put_null(struct json_out *out, const char *key)
{
    json_key(out, key);
    json_null(out);
}

/* What is said of one heading and one total holds for a file with one sheet. */
static void put_table(struct json_out *out, const struct stock_reader *reader)
{
    const struct table_heading *heading = table_reader_heading(&reader->table);
    const struct table_sheet *only = table_sheets_only(&reader->table.sheets);
    json_put_string(out, "sheet", only ? only->name : NULL);
    if (only) {
        json_put_int(out, "header_row", heading->row + 1);
        json_put_int(out, "header_rows", heading->rows);
        put_columns(out, heading);
    } else {
        put_null(out, "header_row");
        put_null(out, "header_rows");
        put_null(out, "columns");
    }
    table_put_ignored(out, only ? heading : NULL);
    table_put_sheets(out, &reader->table.sheets);
    if (only && reader->control.known)
        put_control(out, &reader->control);
    else
        put_null(out, "control_total");
}

static void put_file(struct json_out *out, const struct stock_run *run)
{
    const struct table_shown shown = stock_run_shown(run);
    char hex[65];
    hex_text(run->job->file_sha256, 32, hex);
    json_key(out, "file");
    json_object(out);
    json_put_string(out, "name", run->job->file ? run->job->file->name : "");
    json_put_string(out, "sha256", hex);
    json_put_string(out, "format", sheet_format_name(run->format));
    if (!run->already_imported) {
        put_table(out, &run->reader);
        if (run->reader.table.uncalculated)
            json_put_int(out, "uncalculated_formulas", run->reader.table.uncalculated);
        profile_put_file(out, &shown, run->params.dry_run ? &run->fitting : NULL);
    }
    json_object_end(out);
}

static void put_skipped(struct json_out *out, const uint32_t *skipped)
{
    static const char *const names[SKIP_COUNT] = {"header", "group", "total", "other_warehouse"};
    json_key(out, "rows_skipped");
    json_object(out);
    for (unsigned i = 0; i < SKIP_COUNT; i++)
        json_put_int(out, names[i], skipped[i]);
    json_object_end(out);
}

static void put_codes(struct json_out *out, const char *key, const struct stock_issues *issues, bool errors)
{
    json_key(out, key);
    json_object(out);
    for (unsigned code = CODE_NONE + 1; code < STOCK_CODES; code++)
        if (stock_code_is_error((enum stock_code)code) == errors && issues->count[code])
            json_put_int(out, stock_code_name((enum stock_code)code), (int64_t)issues->count[code]);
    json_object_end(out);
}

static void put_counts(struct json_out *out, const struct stock_run *run)
{
    const struct stock_reader *reader = &run->reader;
    const struct stock_totals *t = &run->totals;
    json_put_int(out, "rows_total", reader->rows_total);
    json_put_int(out, "rows_accepted", stock_reader_accepted(reader));
    json_put_int(out, "rows_rejected", reader->rows_rejected);
    put_skipped(out, reader->skipped);
    json_put_int(out, "inserted", t->inserted);
    json_put_int(out, "updated", t->updated);
    json_put_int(out, "unchanged", t->unchanged);
    json_put_int(out, "deleted", t->deleted);
    json_put_int(out, "kept_for_rejected", t->kept);
    json_put_int(out, "duplicates_merged", reader->duplicates_merged);
    json_put_int(out, "matched", t->matched);
    json_put_int(out, "unmatched", t->unmatched);
    put_codes(out, "errors", &reader->issues, true);
    put_codes(out, "warnings", &reader->issues, false);
    json_put_bool(out, "errors_truncated", stock_issues_truncated(&reader->issues));
    put_decimal(out, "qty_total", t->qty, QTY_SCALE);
    put_decimal(out, "value_total", t->value, 2);
    if (reader->rows_rejected)
        run_put_rejects(out, run->job->id);
}

int stock_find_profile(struct stock_run *run, struct store_conn *db)
{
    const struct table_shown shown = stock_run_shown(run);
    return profile_fitting(db, "stock_import", run->job->params, &shown, &run->fitting);
}

char *stock_result_json(const struct stock_run *run)
{
    const struct table_shown shown = stock_run_shown(run);
    struct json_out out;
    json_out_init(&out);
    json_object(&out);
    json_key(&out, "import_id");
    if (run->import_id)
        json_int(&out, (int64_t)run->import_id);
    else
        json_null(&out);
    json_put_string(&out, "warehouse", run->params.warehouse);
    json_put_string(&out, "mode", run->params.mode == STOCK_REPLACE ? "replace" : "merge");
    json_put_bool(&out, "dry_run", run->params.dry_run);
    put_date(&out, "stock_date", run->already_imported ? run->recorded_date : run->reader.stock_date);
    json_put_int(&out, "last_import", (int64_t)run->last_import);
    if (!run->already_imported)
        json_put_int(&out, "items_before", run->totals.old);
    json_put_bool(&out, "already_imported", run->already_imported);
    put_file(&out, run);
    put_counts(&out, run);
    if (run->params.dry_run && run->changes) {
        size_t n;
        struct json_out *preview = (struct json_out *)(uintptr_t)&run->preview; /* reading its text changes nothing */
        const char *text = json_out_text(preview, &n);
        json_key(&out, "preview");
        json_raw(&out, text, n);
        json_key(&out, "changes");
        json_raw(&out, run->changes, strlen(run->changes));
        json_key(&out, "mapping");
        table_put_mapping(&out, &shown, &run->fitting);
    }
    json_object_end(&out);
    char *text = json_out_copy(&out);
    json_out_fini(&out);
    return text;
}
