/* Result of the import of a price list as JSON. */
#include "handlers/table/result.h"
#include "base/hex.h"
#include "handlers/history/base.h"
#include "handlers/quotes/import/run.h"
#include "handlers/table/mapping.h"

#include <string.h>

#define PREVIEW_ROWS  20
#define CHANGES_SHOWN 100 /* of each kind */

/* clang-format off */
static const struct result_spec columns_members[] = {
    {.name = "part_number", .kind = RESULT_ID, .optional = true},
    {.name = "lot", .kind = RESULT_ID, .optional = true},
    {.name = "code", .kind = RESULT_ID, .optional = true},
    {.name = "name", .kind = RESULT_ID, .optional = true},
    {.name = "vendor", .kind = RESULT_ID, .optional = true},
    {.name = "qty", .kind = RESULT_ID, .optional = true},
    {.name = "free", .kind = RESULT_ID, .optional = true},
    {.name = "reserved", .kind = RESULT_ID, .optional = true},
    {.name = "unit", .kind = RESULT_ID, .optional = true},
    {.name = "currency", .kind = RESULT_ID, .optional = true},
    {.name = "min_qty", .kind = RESULT_ID, .optional = true},
    {.name = "pack_qty", .kind = RESULT_ID, .optional = true},
    {.name = "price", .kind = RESULT_IDS, .help = "Tiers from left to right."},
    {.name = NULL},
};

static const struct result_spec price_members[] = {
    {.name = "column", .kind = RESULT_TEXT, .help = "Its letter."},
    {.name = "caption", .kind = RESULT_TEXT},
    {.name = "min_qty", .kind = RESULT_DECIMAL, .help = "Of the tier; of a column without one, the parameter."},
    {.name = "currency", .kind = RESULT_TEXT, .nullable = true, .help = "That holds where the rows do not say one; null if nothing does."},
    {.name = "vat_included", .kind = RESULT_BOOL, .help = "Where the cells do not say."},
    {.name = NULL},
};

static const struct result_spec file_members[] = {
    {.name = "name", .kind = RESULT_TEXT},
    {.name = "sha256", .kind = RESULT_SHA256},
    {.name = "format", .kind = RESULT_TEXT, .help = "As recognised by its content."},
    {.name = "sheet", .kind = RESULT_TEXT, .nullable = true, .help = "The sheet that was read; null if several were."},
    {.name = "header_row", .kind = RESULT_ID, .help = "First row of the heading, from 1; of several sheets that of the first one, as what follows."},
    {.name = "header_rows", .kind = RESULT_ID},
    {.name = "columns", .kind = RESULT_OBJECT, .members = columns_members, .help = "Column of each field, from 1."},
    {.name = "prices", .kind = RESULT_LIST, .members = price_members, .help = "The columns of prices."},
    {.name = "ignored", .kind = RESULT_LIST, .members = table_ignored_members, .help = "Columns with a caption that are not read."},
    {.name = "sheets", .kind = RESULT_LIST, .members = table_sheet_members, .help = "Every sheet of the file."},
    {.name = "uncalculated_formulas", .kind = RESULT_COUNT, .optional = true},
    PROFILE_FILE_MEMBERS,
    {.name = NULL},
};

static const struct result_spec skipped_members[] = {
    {.name = "header", .kind = RESULT_COUNT},
    {.name = "group", .kind = RESULT_COUNT},
    {.name = "total", .kind = RESULT_COUNT},
    {.name = NULL},
};

#define QUOTE_VALUES \
    {.name = "min_qty", .kind = RESULT_DECIMAL}, \
    {.name = "price", .kind = RESULT_DECIMAL}, \
    {.name = "price_per", .kind = RESULT_ID}, \
    {.name = "currency", .kind = RESULT_TEXT}, \
    {.name = "vat_included", .kind = RESULT_BOOL}, \
    {.name = "vat_rate", .kind = RESULT_DECIMAL}

static const struct result_spec offer_members[] = {
    QUOTE_VALUES,
    {.name = NULL},
};

static const struct result_spec preview_members[] = {
    {.name = "row", .kind = RESULT_ID, .help = "Of the file, from 1."},
    {.name = "pn_norm", .kind = RESULT_TEXT},
    {.name = "part_number", .kind = RESULT_TEXT},
    {.name = "lot_code", .kind = RESULT_TEXT, .nullable = true},
    {.name = "qty", .kind = RESULT_DECIMAL, .nullable = true},
    {.name = "offers", .kind = RESULT_LIST, .members = offer_members},
    {.name = NULL},
};

static const struct result_spec change_members[] = {
    {.name = "row", .kind = RESULT_ID, .help = "Of the file, from 1."},
    {.name = "pn_norm", .kind = RESULT_TEXT},
    {.name = "part_number", .kind = RESULT_TEXT},
    {.name = "lot_code", .kind = RESULT_TEXT, .nullable = true},
    QUOTE_VALUES,
    {.name = "qty", .kind = RESULT_DECIMAL, .nullable = true},
    {.name = "replaces", .kind = RESULT_ID, .optional = true, .help = "Number of the quote that is rejected for it."},
    {.name = NULL},
};

static const struct result_spec changes_members[] = {
    {.name = "inserts", .kind = RESULT_LIST, .members = change_members},
    {.name = "replaces", .kind = RESULT_LIST, .members = change_members},
    {.name = "supersedes", .kind = RESULT_IDS, .help = "Numbers of quotes that would be rejected."},
    {.name = NULL},
};

const struct result_spec quote_result_members[] = {
    {.name = "import_id", .kind = RESULT_ID, .nullable = true, .help = "Null after a dry run."},
    {.name = "party", .kind = RESULT_TEXT, .help = "Its code."},
    {.name = "kind", .kind = RESULT_CHOICE, .choices = quote_kinds},
    {.name = "dry_run", .kind = RESULT_BOOL, .help = "True: nothing was written."},
    {.name = "quoted_on", .kind = RESULT_DATE},
    {.name = "valid_until", .kind = RESULT_DATE, .nullable = true},
    LAST_IMPORT_RESULT,
    {.name = "file", .kind = RESULT_OBJECT, .members = file_members},
    {.name = "rows_total", .kind = RESULT_COUNT, .help = "Accepted, rejected, and without a price."},
    {.name = "rows_accepted", .kind = RESULT_COUNT},
    {.name = "rows_rejected", .kind = RESULT_COUNT},
    {.name = "no_price", .kind = RESULT_COUNT, .help = "Rows that say that there is no price."},
    {.name = "rows_skipped", .kind = RESULT_OBJECT, .members = skipped_members, .help = "Rows that are no items, by kind."},
    {.name = "quotes_total", .kind = RESULT_COUNT, .help = "Prices of accepted rows; the next three and duplicates_merged add up to it."},
    {.name = "inserted", .kind = RESULT_COUNT},
    {.name = "replaced", .kind = RESULT_COUNT, .help = "Inserted, and an active quote of that day was rejected for it."},
    {.name = "unchanged", .kind = RESULT_COUNT},
    {.name = "duplicates_merged", .kind = RESULT_COUNT},
    {.name = "superseded", .kind = RESULT_COUNT, .help = "Older quotes that were rejected because of supersede."},
    {.name = "kept_for_rejected", .kind = RESULT_COUNT, .help = "Numbers whose older quotes stay because a row of theirs was refused."},
    {.name = "matched", .kind = RESULT_COUNT, .help = "Quotes with a lot."},
    {.name = "unmatched", .kind = RESULT_COUNT, .help = "Quotes that wait for a lot."},
    {.name = "qty_unknown", .kind = RESULT_COUNT, .help = "Accepted rows whose quantity is no number."},
    {.name = "errors", .kind = RESULT_ISSUES, .help = "Rejected rows by code."},
    {.name = "warnings", .kind = RESULT_ISSUES, .help = "Warnings by code."},
    {.name = "errors_truncated", .kind = RESULT_BOOL, .help = "True: not every error and warning is kept with its text."},
    RESULT_REJECTS,
    {.name = "preview", .kind = RESULT_LIST, .optional = true, .members = preview_members, .help = "The first rows as they were read; after a dry run."},
    {.name = "changes", .kind = RESULT_OBJECT, .optional = true, .members = changes_members, .help = "The first changes of each kind; after a dry run."},
    {.name = "mapping", .kind = RESULT_OBJECT, .optional = true, .members = table_mapping_members, .help = "Which column was taken for what; after a dry run."},
    {.name = NULL},
};
/* clang-format on */

/* ---- Values ---------------------------------------------------------------------------------------------------- */

static void put_decimal(struct json_out *out, const char *key, int64_t value, unsigned scale)
{
    char text[48];
    dec_format(value, scale, false, text, sizeof text);
    json_put_string(out, key, text);
}

static void put_qty(struct json_out *out, int64_t qty)
{
    if (qty < 0)
        json_put_string(out, "qty", NULL);
    else
        put_decimal(out, "qty", qty, QTY_SCALE);
}

static void put_date(struct json_out *out, const char *key, struct value_date date)
{
    char text[11];
    if (date.year)
        value_date_format(date, text);
    json_put_string(out, key, date.year ? text : NULL);
}

static void put_lot(struct json_out *out, const struct quote_run *run, uint32_t component)
{
    const struct catalog_map *catalog = &run->catalog;
    json_put_string(out, "lot_code",
                    component == ARENA_NONE ? NULL
                                            : catalog_map_text(catalog, catalog->components[component].lot_code));
}

/* ---- The file -------------------------------------------------------------------------------------------------- */

static void put_columns(struct json_out *out, const struct table_heading *heading)
{
    json_key(out, "columns");
    json_object(out);
    for (unsigned field = FIELD_NONE + 1; field < FIELD_COUNT; field++)
        if (field != FIELD_PRICE && table_heading_has(heading, (enum stock_field)field))
            json_put_int(out, stock_field_name((enum stock_field)field), heading->column[field] + 1);
    json_key(out, "price");
    json_array(out);
    for (unsigned i = 0; i < heading->n_prices; i++)
        json_int(out, heading->price[i].column + 1);
    json_array_end(out);
    json_object_end(out);
}

/* What holds for a column where its cells say nothing. */
static void put_price(struct json_out *out, const struct quote_run *run, const struct table_price *price)
{
    const struct table_above *above = &run->file.context.above;
    const struct quote_params *params = &run->params;
    char letter[4];
    const char *said = price->hints.currency[0] ? price->hints.currency : above->currency;
    const char *settled = params->currency[0] ? params->currency : NULL;
    if (said[0] && said[0] != '?')
        settled = said;
    else if (!said[0] && !settled)
        settled = run->catalog.base_currency;
    int vat = price->hints.vat >= 0 ? price->hints.vat : params->vat_included >= 0 ? params->vat_included : above->vat;
    json_object(out);
    json_put_string(out, "column", table_column_letter(price->column, letter));
    json_put_string(out, "caption",
                    price->caption ? arena_text(&table_reader_heading(&run->file.table)->text, price->caption) : "");
    put_decimal(out, "min_qty", price->min_qty ? price->min_qty : params->min_qty, QTY_SCALE);
    json_put_string(out, "currency", settled);
    json_put_bool(out, "vat_included", vat == 1);
    json_object_end(out);
}

static void put_prices(struct json_out *out, const struct quote_run *run, const struct table_heading *heading)
{
    json_key(out, "prices");
    json_array(out);
    for (unsigned i = 0; i < heading->n_prices; i++)
        put_price(out, run, &heading->price[i]);
    json_array_end(out);
}

/* The heading is that of the first sheet that was read. */
static void put_table(struct json_out *out, const struct quote_run *run)
{
    const struct table_reader *table = &run->file.table;
    const struct table_heading *heading = table_reader_heading(table);
    const struct table_sheet *only = table_sheets_only(&table->sheets);
    json_put_string(out, "sheet", only ? only->name : NULL);
    json_put_int(out, "header_row", heading->row + 1);
    json_put_int(out, "header_rows", heading->rows);
    put_columns(out, heading);
    put_prices(out, run, heading);
    table_put_ignored(out, heading);
    table_put_sheets(out, &table->sheets);
    if (table->uncalculated)
        json_put_int(out, "uncalculated_formulas", table->uncalculated);
}

static void put_file(struct json_out *out, const struct quote_run *run)
{
    const struct table_shown shown = quote_run_shown(run);
    char hex[65];
    hex_text(run->job->file_sha256, 32, hex);
    json_key(out, "file");
    json_object(out);
    json_put_string(out, "name", run->job->file ? run->job->file->name : "");
    json_put_string(out, "sha256", hex);
    json_put_string(out, "format", sheet_format_name(run->format));
    put_table(out, run);
    profile_put_file(out, &shown, run->params.dry_run ? &run->fitting : NULL);
    json_object_end(out);
}

/* ---- Counts ---------------------------------------------------------------------------------------------------- */

static void put_skipped(struct json_out *out, const uint32_t *skipped)
{
    json_key(out, "rows_skipped");
    json_object(out);
    json_put_int(out, "header", skipped[SKIP_HEADER]);
    json_put_int(out, "group", skipped[SKIP_GROUP]);
    json_put_int(out, "total", skipped[SKIP_TOTAL]);
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

static void put_counts(struct json_out *out, const struct quote_run *run)
{
    const struct quote_file *file = &run->file;
    json_put_int(out, "rows_total", file->rows_total);
    json_put_int(out, "rows_accepted", quote_file_accepted(file));
    json_put_int(out, "rows_rejected", file->rows_rejected);
    json_put_int(out, "no_price", file->no_price);
    put_skipped(out, file->skipped);
    json_put_int(out, "quotes_total", (int64_t)file->quotes);
    json_put_int(out, "inserted", run->inserted);
    json_put_int(out, "replaced", run->replaced);
    json_put_int(out, "unchanged", run->unchanged);
    json_put_int(out, "duplicates_merged", (int64_t)file->list.merged);
    json_put_int(out, "superseded", run->record.n_gone);
    json_put_int(out, "kept_for_rejected", run->record.kept);
    json_put_int(out, "matched", run->matched);
    json_put_int(out, "unmatched", run->unmatched);
    json_put_int(out, "qty_unknown", file->qty_unknown);
    put_codes(out, "errors", &file->issues, true);
    put_codes(out, "warnings", &file->issues, false);
    json_put_bool(out, "errors_truncated", stock_issues_truncated(&file->issues));
    if (file->rows_rejected)
        run_put_rejects(out, run->job->id);
}

/* ---- Dry run --------------------------------------------------------------------------------------------------- */

static void put_terms(struct json_out *out, int64_t min_qty, int64_t price, uint32_t per, const char *currency,
                      bool vat_included, uint16_t vat_rate)
{
    put_decimal(out, "min_qty", min_qty, QTY_SCALE);
    put_decimal(out, "price", price, PRICE_SCALE);
    json_put_int(out, "price_per", per);
    json_put_string(out, "currency", currency);
    json_put_bool(out, "vat_included", vat_included);
    put_decimal(out, "vat_rate", vat_rate, VAT_SCALE);
}

void quote_preview_line(void *ctx, const struct quote_line *line)
{
    struct quote_run *run = ctx;
    struct json_out *out = &run->preview;
    if (run->n_preview >= PREVIEW_ROWS)
        return;
    run->n_preview++;
    json_object(out);
    json_put_int(out, "row", line->row + 1);
    json_put_string(out, "pn_norm", line->pn_norm);
    json_key(out, "part_number");
    json_string_n(out, line->part_number.s, line->part_number.n);
    put_lot(out, run, line->component);
    put_qty(out, line->qty);
    json_key(out, "offers");
    json_array(out);
    for (unsigned i = 0; i < line->n; i++) {
        const struct quote_offer *offer = &line->offer[i];
        json_object(out);
        put_terms(out, offer->min_qty, offer->price, offer->price_per, offer->currency, offer->vat_included,
                  offer->vat_rate);
        json_object_end(out);
    }
    json_array_end(out);
    json_object_end(out);
}

static void put_change(struct json_out *out, const struct quote_run *run, const struct quote_new *quote)
{
    const struct quote_list *list = &run->file.list;
    const struct quote_number *number = &list->number[quote->number];
    json_object(out);
    json_put_int(out, "row", quote->row + 1);
    json_put_string(out, "pn_norm", quote_list_text(list, number->norm));
    json_put_string(out, "part_number", quote_list_text(list, quote->part_number));
    put_lot(out, run, quote->component);
    put_terms(out, quote->min_qty, quote->price, quote->price_per, quote->currency, quote->vat_included,
              quote->vat_rate);
    put_qty(out, quote->qty);
    if (quote->outcome == QUOTE_REPLACED)
        json_put_int(out, "replaces", (int64_t)quote->old_id);
    json_object_end(out);
}

static void put_changes_of(struct json_out *out, const struct quote_run *run, const char *key,
                           enum quote_outcome wanted)
{
    const struct quote_list *list = &run->file.list;
    unsigned shown = 0;
    json_key(out, key);
    json_array(out);
    for (uint32_t i = 0; i < list->n && shown < CHANGES_SHOWN; i++) {
        if (list->quote[i].outcome != wanted)
            continue;
        put_change(out, run, &list->quote[i]);
        shown++;
    }
    json_array_end(out);
}

static void put_dry_run(struct json_out *out, const struct quote_run *run)
{
    const struct table_shown shown = quote_run_shown(run);
    size_t n;
    struct json_out *preview = (struct json_out *)(uintptr_t)&run->preview; /* reading its text changes nothing */
    const char *text = json_out_text(preview, &n);
    json_key(out, "preview");
    json_raw(out, text, n);
    json_key(out, "changes");
    json_object(out);
    put_changes_of(out, run, "inserts", QUOTE_INSERTED);
    put_changes_of(out, run, "replaces", QUOTE_REPLACED);
    json_key(out, "supersedes");
    json_array(out);
    for (uint32_t i = 0; i < run->record.n_gone && i < CHANGES_SHOWN; i++)
        json_int(out, (int64_t)run->record.gone[i]);
    json_array_end(out);
    json_object_end(out);
    json_key(out, "mapping");
    table_put_mapping(out, &shown, &run->fitting);
}

int quote_find_profile(struct quote_run *run, struct store_conn *db)
{
    const struct table_shown shown = quote_run_shown(run);
    return profile_fitting(db, "quotes_import", run->job->params, &shown, &run->fitting);
}

char *quote_result_json(const struct quote_run *run)
{
    struct json_out out;
    json_out_init(&out);
    json_object(&out);
    json_key(&out, "import_id");
    if (run->import_id)
        json_int(&out, (int64_t)run->import_id);
    else
        json_null(&out);
    json_put_string(&out, "party", run->params.party);
    json_put_string(&out, "kind", run->params.kind);
    json_put_bool(&out, "dry_run", run->params.dry_run);
    put_date(&out, "quoted_on", run->file.quoted_on);
    put_date(&out, "valid_until", run->file.valid_until);
    json_put_int(&out, "last_import", (int64_t)run->last_import);
    json_put_int(&out, "items_before", (int64_t)run->before);
    put_file(&out, run);
    put_counts(&out, run);
    if (run->params.dry_run)
        put_dry_run(&out, run);
    json_object_end(&out);
    char *text = json_out_copy(&out);
    json_out_fini(&out);
    return text;
}
