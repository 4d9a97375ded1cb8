/* The stock import joined to the reader of tables: headings, dates, the end of a sheet. */
#include "handlers/stock/rows/reader.h"

#include "base/grow.h"
#include "handlers/table/rowcells.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Headings ---------------------------------------------------------------------------------------------------- */

static uint32_t find_place(void *ctx, const char *text, size_t n)
{
    const struct stock_reader *reader = ctx;
    return catalog_map_warehouse_named(reader->catalog, text, n);
}

static bool names_place(void *ctx, struct cell_span words)
{
    return find_place(ctx, words.s, words.n) != ARENA_NONE || stock_section_title(words).n > 0;
}

static void keep_captions(struct stock_reader *reader)
{
    struct bytes captions = {0};
    reader->issues.list.separator = reader->table.separator;
    table_reader_captions(&reader->table, &captions);
    reader->heading_number =
        stock_issues_heading(&reader->issues, table_reader_sheet(&reader->table)->name, captions.data, captions.len);
    bytes_free(&captions);
}

static struct value_date date_of_stock(struct stock_reader *reader, const struct table_dates *dates)
{
    struct value_date date = reader->params->stock_date.year ? reader->params->stock_date : dates->date;
    if (date.year == 0)
        date = reader->params->today;
    if (reader->stock_date.year == 0 || value_date_compare(date, reader->stock_date) > 0)
        reader->stock_date = date;
    return date;
}

static int begin(void *ctx, const struct table_head_input *above)
{
    struct stock_reader *reader = ctx;
    struct table_dates dates = table_heading_dates(above, &reader->table.heading);
    uint32_t number = reader->table.sheets.n;
    keep_captions(reader);
    reader->context = (struct stock_context){.params = reader->params,
                                             .catalog = reader->catalog,
                                             .heading = &reader->table.heading,
                                             .stock_date = date_of_stock(reader, &dates),
                                             .date1904 = reader->table.date1904,
                                             .sheet = table_reader_sheet(&reader->table)->name};
    table_groups_fini(&reader->groups);
    table_groups_init(&reader->groups, stock_rules_group, reader);
    stock_sections_init(&reader->sections, reader->warehouse, number <= reader->n_again && reader->again[number - 1]);
    reader->sums = (struct stock_sums){0};
    if (reader->params->stock_date.year)
        dates.future.year = 0;
    stock_report_heading(reader, &dates);
    return 0;
}

static void moved(void *ctx, uint32_t row)
{
    struct stock_reader *reader = ctx;
    keep_captions(reader);
    stock_report_file(reader, W_HEADING_MOVED, row, ARENA_NONE, NULL, NULL);
    stock_report_heading(reader, NULL);
}

static void passed(void *ctx, uint32_t row, unsigned rows)
{
    struct stock_reader *reader = ctx;
    reader->skipped[SKIP_HEADER] += rows;
    stock_sums_block(&reader->sums, row, 0);
}

static void look(void *ctx, const struct table_row *row, struct table_facts *facts)
{
    struct stock_reader *reader = ctx;
    stock_rules_look(reader, row);
    *facts = reader->look.facts;
}

static int flush(void *ctx)
{
    struct stock_reader *reader = ctx;
    return table_groups_close(&reader->groups);
}

/* ---- The end of a sheet ------------------------------------------------------------------------------------------ */

static void tell_totals(struct table_sheet *sheet, const char *rows, uint32_t row, const char *own)
{
    sheet->told = (struct fault_told){.facts = ""};
    told_fact(&sheet->told, "sheet", "%s", sheet->name);
    told_fact(&sheet->told, "rows", "%s", rows);
    told_fact(&sheet->told, "row", "%u", row);
    told_fact(&sheet->told, "total", "%s", own);
    told_choice(&sheet->told, "check_totals", "warn", "import it with a warning");
    told_choice(&sheet->told, "check_totals", "off", "import it without a warning");
}

static void check_control(struct stock_reader *reader)
{
    const struct stock_sums *sums = &reader->sums;
    struct table_sheet *sheet = table_reader_sheet(&reader->table);
    enum stock_control control = stock_sums_control(sums);
    char own[48], rows[48], detail[200], facts[120] = "";
    if (control == CONTROL_NONE)
        return;
    reader->control = (struct stock_control_total){true, sums->total_row, sums->total, sums->all};
    if (control != CONTROL_WRONG || reader->params->check_totals == TOTALS_OFF)
        return;
    dec_format(sums->total, QTY_SCALE, true, own, sizeof own);
    dec_format(sums->all, QTY_SCALE, true, rows, sizeof rows);
    if (reader->params->check_totals == TOTALS_WARN) {
        snprintf(detail, sizeof detail, "the rows add up to %s, the report's own total is %s", rows, own);
        enum stock_field field = table_heading_has(&reader->table.heading, FIELD_QTY) ? FIELD_QTY : FIELD_FREE;
        facts_add(facts, sizeof facts, "rows", "%s", rows);
        facts_add(facts, sizeof facts, "total", "%s", own);
        stock_report_file(reader, W_TOTALS, sums->total_row, reader->table.heading.column[field], detail, facts);
        return;
    }
    snprintf(sheet->totals, sizeof sheet->totals,
             "%s%s%sthe rows add up to %s, the report's own total in row %u is %s; are groups read as items? Nothing "
             "was changed. To import it all the same send check_totals=warn, or check_totals=off without a warning.",
             *sheet->name ? "Sheet «" : "", sheet->name, *sheet->name ? "»: " : "", rows, sums->total_row + 1, own);
    tell_totals(sheet, rows, sums->total_row + 1, own);
}

static int end_sections(struct stock_reader *reader)
{
    const struct stock_sections *sections = &reader->sections;
    if (stock_sections_end(sections) == ROW_STACKED)
        return stock_rules_stacked(reader);
    if (!stock_sections_open(sections))
        return 0;
    return table_sheet_fail(&reader->table, "E_AMBIGUOUS_COLUMN",
                            "Several warehouses have rows and the catalogue knows none of them: «%s», «%s». Name "
                            "warehouse %s in the file as the catalogue does, or add these to the catalogue.",
                            sections->names[0], sections->names[1], reader->params->warehouse);
}

static int end(void *ctx)
{
    struct stock_reader *reader = ctx;
    char why[500];
    int rc = end_sections(reader);
    if (rc != 0 || reader->table.phase != PHASE_DATA)
        return rc;
    if (stock_styles_conflict(&reader->context, why, sizeof why, &table_reader_sheet(&reader->table)->told))
        return table_sheet_fail(&reader->table, "E_NUMBER_STYLE", "%s", why);
    check_control(reader);
    return 0;
}

/* ---- From the beginning to the end ------------------------------------------------------------------------------- */

static int tick(void *ctx, uint64_t rows_read)
{
    struct stock_reader *reader = ctx;
    return reader->out.tick ? reader->out.tick(reader->out.ctx, rows_read) : 0;
}

static void remark(void *ctx, const char *text)
{
    struct stock_reader *reader = ctx;
    if (reader->out.remark)
        reader->out.remark(reader->out.ctx, text);
}

void stock_reader_init(struct stock_reader *reader, const struct stock_params *params, struct catalog_map *catalog,
                       struct stock_items *items, const struct stock_reader_out *out)
{
    *reader = (struct stock_reader){.params = params, .catalog = catalog, .items = items, .out = *out};
    reader->warehouse = catalog_map_warehouse(catalog, params->warehouse);
    reader->ask = (struct table_ask){.place = find_place,
                                     .ctx = reader,
                                     .wanted = reader->warehouse,
                                     .wanted_name = params->warehouse,
                                     .header_row = params->header_row,
                                     .header_rows = params->header_rows,
                                     .choices = params->choices,
                                     .n_choices = params->n_choices,
                                     .latest = value_date_from_days(value_date_days(params->today) + 1)};
    reader->import = (struct table_import){.begin = begin,
                                           .moved = moved,
                                           .passed = passed,
                                           .names_place = names_place,
                                           .look = look,
                                           .row = stock_rules_row,
                                           .unaligned = stock_rules_unaligned,
                                           .flush = flush,
                                           .end = end,
                                           .tick = tick,
                                           .remark = remark,
                                           .ctx = reader};
    table_reader_init(&reader->table, &reader->import, &reader->ask, params->sheet, params->locale);
}

void stock_reader_fini(struct stock_reader *reader)
{
    table_groups_fini(&reader->groups);
    table_reader_fini(&reader->table);
    free(reader->again);
    stock_refused_fini(&reader->refused);
    stock_issues_fini(&reader->issues);
    memset(reader, 0, sizeof *reader);
}

struct grid_sink stock_reader_sink(struct stock_reader *reader)
{
    return table_reader_sink(&reader->table);
}

void stock_reader_again(struct stock_reader *reader)
{
    bool *again = reader->again;
    uint32_t n = reader->n_again, number = reader->table.sheets.n;
    const struct stock_params *params = reader->params;
    struct catalog_map *catalog = reader->catalog;
    struct stock_items *items = reader->items;
    struct stock_reader_out out = reader->out;
    reader->again = NULL;
    stock_reader_fini(reader);
    stock_items_forget(items);
    stock_reader_init(reader, params, catalog, items, &out);
    again = grow(again, &n, number, sizeof *again);
    again[number - 1] = true;
    reader->again = again;
    reader->n_again = number;
}
