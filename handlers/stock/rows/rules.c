/* What a row below the heading is: the rules of domain.md section 5 in their order, for one row at a time. */
#include "handlers/stock/rows/reader.h"

#include "base/utf8.h"

#include <stdio.h>
#include <string.h>

/* ---- What is known about a row ---------------------------------------------------------------------------------- */

void stock_rules_look(struct stock_reader *reader, const struct table_row *row)
{
    struct stock_look *look = &reader->look;
    bool missing = true;
    stock_verdict_init(&look->verdict);
    stock_identify(&reader->context, row, &look->ident, &look->verdict);
    const char *pn = look->ident.pn_norm;
    look->facts = (struct table_facts){.known = look->ident.known,
                                       .item = table_row_item(row, look->ident.known),
                                       .unit_alone = !table_row_item_by_number(row, look->ident.known),
                                       .identity = *pn ? arena_hash(pn, strlen(pn)) : 0};
    int rc = stock_row_quantity(&reader->context, row, &look->facts.qty, &missing);
    look->facts.bad_qty = rc != 0;
    look->facts.has_qty = rc == 0 && !missing;
    if (!look->facts.has_qty)
        look->facts.qty = 0;
}

/* The row (0-based) is not stock. */
static void skip(struct stock_reader *reader, uint32_t row, enum stock_skip kind)
{
    reader->skipped[kind]++;
    table_reader_kind(&reader->table, row, stock_skip_kind(kind));
}

/* ---- Data rows --------------------------------------------------------------------------------------------------- */

/* A real stock of half a million rows has a tenth of this. */
static int too_much_text(struct stock_reader *reader)
{
    return table_fail(&reader->table, "E_FILE_TOO_LARGE",
                      "Numbers and names are longer than %u MiB together. Split the file and send the parts.",
                      STOCK_TEXTS_MAX >> 20);
}

static int take_line(struct stock_reader *reader, const struct table_row *row)
{
    struct stock_look *look = &reader->look;
    struct stock_line line;
    enum stock_added added = ADDED_NEW;
    uint32_t item = ARENA_NONE;
    if (stock_line_read(&reader->context, row, &look->ident, &line, &look->verdict)) {
        line.order = ((uint64_t)reader->table.sheets.n << 32) + row->row->row;
        added = stock_items_add(reader->items, &line, reader->params->duplicates, &item);
        if (added == ADDED_FULL)
            return too_much_text(reader);
        if (added == ADDED_REFUSED) {
            uint32_t other = (uint32_t)reader->items->item[item].order + 1;
            stock_fault_addf(&look->verdict, E_DUP, (enum stock_field)look->ident.from, "row %u", other);
            stock_fault_fact(&look->verdict, E_DUP, "row", "%u", other);
        }
        if (added == ADDED_RANGE)
            stock_fault_add(&look->verdict, E_QTY_RANGE, FIELD_QTY);
    }
    stock_report_row(reader, row, &look->verdict, look->ident.pn_norm);
    if (look->verdict.refused) {
        reader->rows_rejected++;
        stock_refused_add(&reader->refused, row, &look->ident);
        return 0;
    }
    reader->duplicates_merged += added != ADDED_NEW;
    if (reader->out.line && reader->out.line(reader->out.ctx, &line, item, added) != 0)
        return TABLE_STOPPED;
    return 0;
}

int stock_rules_stacked(struct stock_reader *reader)
{
    return table_sheet_fail(&reader->table, "E_AMBIGUOUS_COLUMN",
                            "Row %u names a warehouse and has a quantity, but no rows follow it: the warehouses stand "
                            "below their items, so it is open whose quantity is meant. Make the report for warehouse "
                            "%s alone, or with the warehouses in a column «Склад», and send that.",
                            reader->sections.row + 1, reader->params->warehouse);
}

static int take_data(struct stock_reader *reader, const struct table_row *row)
{
    struct cell_span own = cell_span(row->field[FIELD_WAREHOUSE]);
    bool first = false;
    uint32_t named = own.n ? catalog_map_warehouse_named(reader->catalog, own.s, own.n) : ARENA_NONE;
    stock_sums_row(&reader->sums, row->row->row, &reader->look.facts);
    switch (stock_sections_row(&reader->sections, own, named, &first)) {
    case ROW_OURS:
        break;
    case ROW_ELSEWHERE:
        skip(reader, row->row->row, SKIP_OTHER_WAREHOUSE);
        return 0;
    case ROW_AGAIN:
        return STOCK_SINK_AGAIN;
    case ROW_STACKED:
        return stock_rules_stacked(reader);
    }
    if (first)
        stock_report_file(reader, W_CAPTION, row->row->row, reader->table.heading.column[FIELD_WAREHOUSE],
                          reader->sections.names[0], NULL);
    reader->rows_total++;
    reader->table.sheets.sheet[reader->table.sheets.n - 1].rows++;
    reader->no_values += row->field[FIELD_QTY] && row->field[FIELD_QTY]->kind == GRID_ERROR;
    return take_line(reader, row);
}

/* ---- Totals ------------------------------------------------------------------------------------------------------ */

static bool is_bare_sum(const struct stock_reader *reader, const struct table_row *row)
{
    const struct table_facts *facts = &reader->look.facts;
    if (!facts->has_qty || table_row_identities(row) > 0 || table_row_has(row, FIELD_VENDOR) ||
        table_row_has(row, FIELD_UNIT))
        return false;
    return stock_sums_is_sum(&reader->sums, facts->qty, table_groups_pending(&reader->groups));
}

static int take_total(struct stock_reader *reader, uint32_t row)
{
    struct table_facts facts = reader->look.facts; /* closing the groups looks at other rows */
    int rc = table_groups_close(&reader->groups);
    stock_sums_total(&reader->sums, row, &facts);
    skip(reader, row, SKIP_TOTAL);
    return rc;
}

/* ---- Sections ---------------------------------------------------------------------------------------------------- */

static int begin_section(struct stock_reader *reader, const struct table_row *row, uint32_t warehouse,
                         const struct grid_cell *text)
{
    const struct table_facts facts = reader->look.facts;
    struct cell_span words = cell_words(text);
    int rc = table_groups_close(&reader->groups);
    if (rc != 0)
        return rc;
    bool counted = facts.has_qty && facts.qty != 0;
    if (stock_sections_begin(&reader->sections, warehouse, words, row->row->row, counted) == ROW_STACKED)
        return stock_rules_stacked(reader);
    stock_sums_block(&reader->sums, row->row->row, 0);
    skip(reader, row->row->row, SKIP_GROUP);
    if (warehouse == ARENA_NONE) {
        char name[65];
        snprintf(name, sizeof name, "%.*s", (int)utf8_cut(words.s, words.n, sizeof name - 1), words.s);
        stock_report_file(reader, W_CAPTION, row->row->row, text->column, name, NULL);
    }
    return 0;
}

/* The warehouse whose section the row begins; *title tells that it begins one whose name is unknown. */
static uint32_t section_of(const struct stock_reader *reader, const struct table_row *row, const struct grid_cell *text,
                           bool *title)
{
    struct cell_span words = cell_words(text);
    unsigned own = text && (text == row->field[FIELD_PART_NUMBER] || text == row->field[FIELD_LOT] ||
                            text == row->field[FIELD_CODE] || text == row->field[FIELD_NAME]);
    *title = false;
    if (words.n == 0 || reader->look.facts.known || table_row_identities(row) > own)
        return ARENA_NONE;
    uint32_t warehouse = catalog_map_warehouse_named(reader->catalog, words.s, words.n);
    if (warehouse != ARENA_NONE || table_row_has(row, FIELD_UNIT))
        return warehouse;
    struct cell_span name = stock_section_title(words);
    *title = name.n > 0;
    warehouse = name.n ? catalog_map_warehouse_named(reader->catalog, name.s, name.n) : ARENA_NONE;
    *title &= warehouse == ARENA_NONE;
    return warehouse;
}

/* ---- The rules --------------------------------------------------------------------------------------------------- */

static int take_group(struct stock_reader *reader, uint32_t row)
{
    skip(reader, row, SKIP_GROUP);
    stock_sums_block(&reader->sums, row, 0);
    return 0;
}

/* A warehouse among the details of an item has a part of its quantity, and it is open which part is meant. */
static int take_detail(struct stock_reader *reader, const struct table_row *row)
{
    struct cell_span words = table_row_words(&reader->table.heading, row);
    skip(reader, row->row->row, SKIP_GROUP);
    if (words.n == 0 || (catalog_map_warehouse_named(reader->catalog, words.s, words.n) == ARENA_NONE &&
                         stock_section_title(words).n == 0))
        return 0;
    return table_sheet_fail(&reader->table, "E_AMBIGUOUS_COLUMN",
                            "Row %u names warehouse «%.*s» below an item: it is open which part of the item's quantity "
                            "is meant. Make the report for warehouse %s alone, or with the warehouses in a column "
                            "«Склад», and send that.",
                            row->row->row + 1, (int)utf8_cut(words.s, words.n, 64), words.s, reader->params->warehouse);
}

static int take_kind(struct stock_reader *reader, const struct table_row *row, const struct table_placed *placed)
{
    const struct grid_cell *text = table_row_text(&reader->table.heading, row);
    bool title;
    if (placed->detail)
        return take_detail(reader, row);
    if (table_row_is_total(row, text, reader->look.facts.known) || is_bare_sum(reader, row))
        return take_total(reader, row->row->row);
    uint32_t section = section_of(reader, row, text, &title);
    if (section != ARENA_NONE || title)
        return begin_section(reader, row, section, text);
    if (!reader->look.facts.item) {
        if (table_row_is_group(&reader->table.heading, row, text, placed->inside))
            return take_group(reader, row->row->row);
        const struct table_facts facts = reader->look.facts; /* what is decided on the way looks at other rows */
        if (table_groups_may(&reader->table.heading, row, &facts))
            return table_groups_open(&reader->groups, &reader->table.heading, row, &facts);
    }
    if (reader->groups.n > 0) {
        /* Candidates that this row ends are taken first: they stand before it. */
        const struct table_facts facts = reader->look.facts;
        int rc = table_groups_row(&reader->groups, row, &facts);
        if (rc != 0)
            return rc;
        stock_rules_look(reader, row);
    }
    return take_data(reader, row);
}

int stock_rules_row(void *ctx, const struct table_row *row, const struct table_placed *placed)
{
    struct stock_reader *reader = ctx;
    if (!placed->at_once)
        stock_rules_look(reader, row);
    return take_kind(reader, row, placed);
}

int stock_rules_group(void *ctx, const struct grid_row *grid, enum table_verdict verdict, dec128 sum)
{
    struct stock_reader *reader = ctx;
    struct table_row row;
    if (reader->table.phase != PHASE_DATA)
        return 0;
    table_row_sort(&reader->table.heading, grid, &row);
    if (verdict == VERDICT_DATA) {
        stock_rules_look(reader, &row);
        return take_data(reader, &row);
    }
    skip(reader, grid->row, SKIP_GROUP);
    stock_sums_block(&reader->sums, grid->row, sum);
    if (verdict == VERDICT_BLOCK)
        stock_report_file(reader, W_GROUP, grid->row, table_row_number(&row)->column, NULL, NULL);
    return 0;
}

int stock_rules_unaligned(void *ctx, const struct grid_row *grid, enum table_unaligned kind)
{
    struct stock_reader *reader = ctx;
    const struct table_row row = {.row = grid};
    bool title;
    reader->look.facts = (struct table_facts){0};
    switch (kind) {
    case UNALIGNED_EMPTY:
        return 0;
    case UNALIGNED_HEADER:
        skip(reader, grid->row, SKIP_HEADER);
        return 0;
    case UNALIGNED_TOTAL:
        return take_total(reader, grid->row);
    case UNALIGNED_GROUP:
        break;
    }
    const struct grid_cell *text = table_row_text(&reader->table.heading, &row);
    uint32_t section = section_of(reader, &row, text, &title);
    return section != ARENA_NONE || title ? begin_section(reader, &row, section, text) : take_group(reader, grid->row);
}
