/* The rows of a price list. */
#include "handlers/quotes/import/file.h"

#include "handlers/stock/line/report.h"
#include "handlers/table/row.h"

#include <stdio.h>
#include <string.h>

/* ---- Places ----------------------------------------------------------------------------------------------------- */

static struct stock_place place_of(struct quote_file *file)
{
    const struct table_sheets *sheets = &file->table.sheets;
    return (struct stock_place){.issues = &file->issues,
                                .catalog = file->catalog,
                                .heading = &file->table.heading,
                                .sheet = sheets->n ? sheets->sheet[sheets->n - 1].name : "",
                                .heading_number = file->heading_number,
                                .prices = true};
}

static void tell(struct quote_file *file, enum stock_code code, uint32_t row, uint32_t column, const char *detail)
{
    struct stock_place place = place_of(file);
    stock_place_file(&place, code, row, column, detail);
}

/* ---- Headings --------------------------------------------------------------------------------------------------- */

static void keep_captions(struct quote_file *file)
{
    struct bytes captions = {0};
    table_reader_captions(&file->table, &captions);
    file->heading_number =
        stock_issues_heading(&file->issues, table_reader_sheet(&file->table)->name, captions.data, captions.len);
    bytes_free(&captions);
}

/* Captions that were told about: each once. */
struct told {
    struct cell_span caption[2 * TABLE_COLUMNS];
    unsigned n;
};

static bool is_new(struct told *told, struct cell_span caption)
{
    for (unsigned i = 0; i < told->n; i++)
        if (told->caption[i].n == caption.n && memcmp(told->caption[i].s, caption.s, caption.n) == 0)
            return false;
    if (told->n < sizeof told->caption / sizeof told->caption[0])
        told->caption[told->n++] = caption;
    return true;
}

static void tell_unknown(struct quote_file *file, const struct table_caption *caption, struct told *told)
{
    const struct arena *text = &file->table.heading.text;
    const char *label = caption->label ? arena_text(text, caption->label) : "", *own = arena_text(text, caption->text);
    char detail[300];
    if (!is_new(told, (struct cell_span){own, strlen(own)}))
        return;
    snprintf(detail, sizeof detail, "«%.80s»%s%.80s%s is not understood; the column was read all the same", own,
             *label ? " over «" : "", label, *label ? "»" : "");
    tell(file, W_CAPTION, ARENA_NONE, caption->column, detail);
}

/* One text of a path. */
static void tell_part(struct quote_file *file, uint32_t column, struct cell_span part, struct told *told)
{
    struct label label;
    label_read_price(part.s, part.n, &label);
    bool retail = label.price.retail && strcmp(file->params->kind, "supplier") == 0;
    if ((!retail && !label.price.order_sum) || !is_new(told, part))
        return;
    tell(file, W_CAPTION, ARENA_NONE, column,
         retail ? "it names the price for the shop's customers, not ours"
                : "the price holds only from a sum of the order on");
}

/* A retail caption, or one on a sum of the order: tiers may share one. */
static void tell_price(struct quote_file *file, const struct table_price *price, struct told *told)
{
    const char *at = table_heading_caption(&file->table.heading, price->column);
    if (!price->retail && !price->order_sum)
        return;
    while (at) {
        const char *end = strstr(at, " / ");
        tell_part(file, price->column, (struct cell_span){at, end ? (size_t)(end - at) : strlen(at)}, told);
        at = end ? end + 3 : NULL;
    }
}

static void tell_heading(struct quote_file *file)
{
    const struct table_heading *heading = &file->table.heading;
    struct stock_place place = place_of(file);
    struct told told = {.n = 0};
    for (unsigned i = 0; i < heading->n_unknown; i++)
        tell_unknown(file, &heading->unknown[i], &told);
    for (unsigned i = 0; i < heading->n_prices; i++)
        tell_price(file, &heading->price[i], &told);
    stock_place_ignored(&place);
}

/* The latest day and the earliest end of the sheets that are read. */
static void take_dates(struct quote_file *file, const struct table_above *above)
{
    if (above->quoted_on.year &&
        (file->quoted_on.year == 0 || value_date_compare(above->quoted_on, file->quoted_on) > 0))
        file->quoted_on = above->quoted_on;
    if (above->valid_until.year &&
        (file->valid_until.year == 0 || value_date_compare(above->valid_until, file->valid_until) < 0))
        file->valid_until = above->valid_until;
    if (above->future.year && file->params->quoted_on.year == 0) {
        char day[11];
        value_date_format(above->future, day);
        tell(file, W_DATE_FUTURE, above->future_row, above->future_column, day);
    }
}

static int on_candidate(void *ctx, const struct grid_row *grid, enum table_verdict verdict, dec128 sum);

static int begin(void *ctx, const struct table_head_input *input)
{
    struct quote_file *file = ctx;
    struct quote_context *context = &file->context;
    keep_captions(file);
    context->stock = (struct stock_context){.params = &file->params->shared,
                                            .catalog = file->catalog,
                                            .heading = &file->table.heading,
                                            .date1904 = file->table.date1904,
                                            .own = file->own,
                                            .sheet = table_reader_sheet(&file->table)->name};
    context->params = file->params;
    context->above = table_heading_above(input, &file->table.heading);
    take_dates(file, &context->above);
    table_groups_fini(&file->groups);
    table_groups_init(&file->groups, on_candidate, file);
    tell_heading(file);
    return 0;
}

static void moved(void *ctx, uint32_t row)
{
    struct quote_file *file = ctx;
    keep_captions(file);
    tell(file, W_HEADING_MOVED, row, ARENA_NONE, NULL);
    tell_heading(file);
}

static void passed(void *ctx, uint32_t row, unsigned rows)
{
    struct quote_file *file = ctx;
    (void)row;
    file->skipped[SKIP_HEADER] += rows;
}

/* The row (0-based) has no price. */
static void skip(struct quote_file *file, uint32_t row, enum stock_skip kind)
{
    file->skipped[kind]++;
    table_reader_kind(&file->table, row, stock_skip_kind(kind));
}

/* ---- What is known about a row ----------------------------------------------------------------------------------- */

/* Prices have no sums: rows inside another one that repeat its number are items of their own, so that the number is not
 * among the facts. */
static void look(void *ctx, const struct table_row *row, struct table_facts *facts)
{
    struct quote_file *file = ctx;
    stock_verdict_init(&file->verdict);
    stock_identify(&file->context.stock, row, &file->ident, &file->verdict);
    file->cells_known = false;
    file->facts = (struct table_facts){.known = file->ident.known,
                                       .item = table_row_item(row, file->ident.known),
                                       .unit_alone = !table_row_item_by_number(row, file->ident.known)};
    *facts = file->facts;
}

static const struct quote_cells *cells_of(struct quote_file *file, const struct table_row *row)
{
    if (!file->cells_known)
        quote_cells_read(&file->context, row, &file->cells);
    file->cells_known = true;
    return &file->cells;
}

/* ---- Data rows --------------------------------------------------------------------------------------------------- */

static int too_large(struct quote_file *file)
{
    return table_fail(&file->table, "E_FILE_TOO_LARGE",
                      "The file has more than %u prices, or numbers longer than %u MiB together. Split it and send the "
                      "parts.",
                      QUOTES_OFFERS_MAX, QUOTES_TEXTS_MAX >> 20);
}

static int add_line(struct quote_file *file, struct quote_line *line)
{
    const struct quote_new *other = NULL;
    unsigned at = 0;
    switch (quote_list_add(&file->list, line, (uint16_t)(file->table.sheets.n - 1), file->params->duplicates, &at,
                           &other)) {
    case OFFERS_FULL:
        return too_large(file);
    case OFFERS_DUPLICATE:
        stock_fault_addf_at(&file->verdict, E_DUP, FIELD_PRICE, line->offer[at].column, "row %u", other->row + 1);
        stock_fault_fact(&file->verdict, E_DUP, "row", "%u", other->row + 1);
        return 0;
    case OFFERS_TAKEN:
        break;
    }
    file->quotes += line->n;
    file->qty_unknown += line->qty_unknown;
    if (file->line)
        file->line(file->ctx, line);
    return 0;
}

static int take_line(struct quote_file *file, const struct table_row *row, const struct quote_cells *cells)
{
    struct stock_place place = place_of(file);
    struct quote_line line;
    int rc = 0;
    if (file->again)
        return file->again(file->ctx, row);
    if (quote_line_read(&file->context, row, &file->ident, cells, &line, &file->verdict))
        rc = add_line(file, &line);
    stock_place_row(&place, row, &file->verdict, file->ident.pn_norm);
    if (file->verdict.refused) {
        file->rows_rejected++;
        quote_mentions_add(&file->mentions, &file->context, row, &file->ident, true);
    }
    return rc;
}

static int take_data(struct quote_file *file, const struct table_row *row)
{
    const struct quote_cells *cells = cells_of(file, row);
    file->rows_total++;
    table_reader_sheet(&file->table)->rows++;
    if (cells->n_read > 0 || cells->faulty)
        return take_line(file, row, cells);
    file->no_price++;
    if (file->params->supersede != SUPERSEDE_NONE)
        quote_mentions_add(&file->mentions, &file->context, row, &file->ident, false);
    return 0;
}

/* ---- The rules --------------------------------------------------------------------------------------------------- */

static bool has_price(struct quote_file *file, const struct table_row *row)
{
    const struct quote_cells *cells = cells_of(file, row);
    return cells->n_read > 0 || cells->faulty;
}

/* Candidates that this row decides are taken first: they stand before it. */
static int before_data(struct quote_file *file, const struct table_row *row)
{
    struct table_facts facts = file->facts;
    if (file->groups.n > 0) {
        int rc = table_groups_row(&file->groups, row, &facts);
        if (rc != 0)
            return rc;
        look(file, row, &facts);
    }
    return take_data(file, row);
}

static int on_row(void *ctx, const struct table_row *row, const struct table_placed *placed)
{
    struct quote_file *file = ctx;
    const struct grid_cell *text = table_row_text(&file->table.heading, row);
    struct table_facts facts;
    if (!placed->at_once)
        look(file, row, &facts);
    if (table_row_is_total(row, text, file->facts.known)) {
        skip(file, row->row->row, SKIP_TOTAL);
        return table_groups_close(&file->groups);
    }
    bool other = placed->detail || !file->facts.item;
    if (!other || has_price(file, row))
        return before_data(file, row);
    if (placed->detail || table_row_is_group(&file->table.heading, row, text, placed->inside)) {
        skip(file, row->row->row, SKIP_GROUP);
        return 0;
    }
    if (table_groups_may(&file->table.heading, row, &file->facts))
        return table_groups_open(&file->groups, &file->table.heading, row, &file->facts);
    return before_data(file, row);
}

/* A row that may head a block is decided when the next item is there. */
static int on_candidate(void *ctx, const struct grid_row *grid, enum table_verdict verdict, dec128 sum)
{
    struct quote_file *file = ctx;
    struct table_row row;
    struct table_facts facts;
    (void)sum;
    table_row_sort(&file->table.heading, grid, &row);
    if (verdict == VERDICT_BLOCK) {
        skip(file, grid->row, SKIP_GROUP);
        tell(file, W_GROUP, grid->row, table_row_number(&row)->column, NULL);
        return 0;
    }
    look(file, &row, &facts);
    return take_data(file, &row);
}

static int unaligned(void *ctx, const struct grid_row *row, enum table_unaligned kind)
{
    struct quote_file *file = ctx;
    static const enum stock_skip skips[] = {
        [UNALIGNED_HEADER] = SKIP_HEADER, [UNALIGNED_TOTAL] = SKIP_TOTAL, [UNALIGNED_GROUP] = SKIP_GROUP};
    if (kind != UNALIGNED_EMPTY)
        skip(file, row->row, skips[kind]);
    return 0;
}

static int flush(void *ctx)
{
    struct quote_file *file = ctx;
    return table_groups_close(&file->groups);
}

/* Words that lost to others: once a file. */
static void tell_lost(struct quote_file *file)
{
    struct quote_context *context = &file->context;
    if (context->currency_lost[0] && file->issues.count[W_CURRENCY] == 0)
        tell(file, W_CURRENCY, ARENA_NONE, ARENA_NONE, context->currency_lost);
    if (context->vat_lost[0] && file->issues.count[W_VAT] == 0)
        tell(file, W_VAT, ARENA_NONE, ARENA_NONE, context->vat_lost);
}

static int end(void *ctx)
{
    struct quote_file *file = ctx;
    char why[500];
    tell_lost(file);
    if (stock_styles_conflict(&file->context.stock, why, sizeof why, &table_reader_sheet(&file->table)->told))
        return table_sheet_fail(&file->table, "E_NUMBER_STYLE", "%s", why);
    return 0;
}

static bool names_place(void *ctx, struct cell_span words)
{
    (void)ctx;
    (void)words;
    return false;
}

static int on_tick(void *ctx, uint64_t rows)
{
    struct quote_file *file = ctx;
    return file->tick ? file->tick(file->ctx, rows) : 0;
}

static void on_remark(void *ctx, const char *text)
{
    struct quote_file *file = ctx;
    if (file->remark)
        file->remark(file->ctx, text);
}

/* ---- The file ---------------------------------------------------------------------------------------------------- */

void quote_file_init(struct quote_file *file, const struct quote_params *params, struct catalog_map *catalog,
                     const char *own)
{
    *file = (struct quote_file){.params = params, .catalog = catalog, .own = own};
    file->ask = (struct table_ask){.kind = TABLE_PRICES,
                                   .header_row = params->shared.header_row,
                                   .header_rows = params->shared.header_rows,
                                   .choices = params->shared.choices,
                                   .n_choices = params->shared.n_choices,
                                   .latest = value_date_from_days(value_date_days(params->today) + 1),
                                   .price = params->price,
                                   .currency = params->currency[0] ? params->currency : NULL,
                                   .min_qty = params->min_qty,
                                   .base = catalog->base_currency,
                                   .vat_included = params->vat_included};
    file->import = (struct table_import){.begin = begin,
                                         .moved = moved,
                                         .passed = passed,
                                         .names_place = names_place,
                                         .look = look,
                                         .row = on_row,
                                         .unaligned = unaligned,
                                         .flush = flush,
                                         .end = end,
                                         .tick = on_tick,
                                         .remark = on_remark,
                                         .ctx = file};
    table_reader_init(&file->table, &file->import, &file->ask, params->shared.sheet, params->shared.locale);
}

void quote_file_fini(struct quote_file *file)
{
    table_reader_fini(&file->table);
    table_groups_fini(&file->groups);
    quote_list_fini(&file->list);
    quote_mentions_fini(&file->mentions);
    stock_issues_fini(&file->issues);
}

struct grid_sink quote_file_sink(struct quote_file *file)
{
    return table_reader_sink(&file->table);
}

/* The parameter, else the file, else today; an end before that day is none. */
static void settle_dates(struct quote_file *file)
{
    char until[11], on[11], detail[80];
    if (file->params->quoted_on.year)
        file->quoted_on = file->params->quoted_on;
    if (file->quoted_on.year == 0)
        file->quoted_on = file->params->today;
    if (file->params->valid_until.year)
        file->valid_until = file->params->valid_until;
    if (file->valid_until.year == 0 || value_date_compare(file->valid_until, file->quoted_on) >= 0)
        return;
    value_date_format(file->valid_until, until);
    value_date_format(file->quoted_on, on);
    snprintf(detail, sizeof detail, "the list is of %s, and its end %s is before that", on, until);
    tell(file, W_DATE, ARENA_NONE, ARENA_NONE, detail);
    file->valid_until.year = 0;
}

static int fail(struct quote_file *file, const char *code, const char *text)
{
    snprintf(file->table.failure, sizeof file->table.failure, "%s", code);
    snprintf(file->table.failure_text, sizeof file->table.failure_text, "%s", text);
    return -1;
}

static int no_data(struct quote_file *file)
{
    char text[sizeof file->table.failure_text];
    int n =
        file->rows_total == 0
            ? snprintf(text, sizeof text, "There are no rows with prices below the heading in row %u.",
                       table_reader_heading(&file->table)->row + 1)
            : snprintf(text, sizeof text,
                       "None of the %u rows has a price that was accepted (%u have none, %u were rejected); nothing "
                       "was changed.",
                       file->rows_total, file->no_price, file->rows_rejected);
    if (file->table.uncalculated > 0 && n > 0)
        snprintf(text + n, sizeof text - (size_t)n,
                 " %u formulas have no value yet: open the file in a spreadsheet program, save it and send that.",
                 file->table.uncalculated);
    return fail(file, "E_NO_DATA", text);
}

int quote_file_finish(struct quote_file *file)
{
    char text[sizeof file->table.failure_text];
    if (table_reader_judge(&file->table) != 0)
        return -1;
    settle_dates(file);
    if (quote_file_accepted(file) == 0)
        return no_data(file);
    if ((uint64_t)file->rows_rejected * 100 <= (uint64_t)file->rows_total * file->params->max_reject_pct)
        return 0;
    snprintf(text, sizeof text, "%u of %u rows were rejected, more than %u %%; nothing was changed.",
             file->rows_rejected, file->rows_total, file->params->max_reject_pct);
    table_told_rejected(&file->table.told, file->rows_rejected, file->rows_total, file->params->max_reject_pct);
    return fail(file, "E_TOO_MANY_ERRORS", text);
}
