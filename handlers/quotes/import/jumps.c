/* Prices that jump: they are told once a row. Rows are known by number alone when the quotes are compared, so that the
 * file is read again for the cells of those that are told; a list without jumps, the ordinary case, is not. */
#include "base/facts.h"
#include "handlers/quotes/import/run.h"
#include "handlers/table/rowcells.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The rows to tell, by sheet and row. */
struct jumps {
    struct quote_run *run;
    struct quote_file again; /* the file once more */
    const struct quote_new **row;
    uint32_t n, seen;
};

/* ---- Words ------------------------------------------------------------------------------------------------------ */

/* With two digits, more if there are more. */
static void price_text(int64_t price, const char *currency, char *out, size_t size)
{
    char text[48];
    size_t n = dec_format(price, PRICE_SCALE, false, text, sizeof text);
    while (n > 3 && text[n - 1] == '0' && text[n - 3] != '.')
        n--;
    snprintf(out, size, "%.*s %s", (int)n, text, currency);
}

void quote_jump_text(const struct quote_run *run, const struct quote_new *quote, char *out, size_t size,
                     char facts[QUOTE_JUMP_FACTS])
{
    const struct quote_list *list = &run->file.list;
    const char *name = quote_list_text(list, quote->part_number);
    char before[64], now[64];
    if (!*name && quote->component != ARENA_NONE)
        name = catalog_map_text(&run->catalog, run->catalog.components[quote->component].lot_code);
    price_text(quote->old_price, quote->old_currency, before, sizeof before);
    price_text(quote->price, quote->currency, now, sizeof now);
    snprintf(out, size, "%.64s %s → %s", name, before, now);
    facts[0] = '\0';
    facts_add(facts, QUOTE_JUMP_FACTS, "number", "%.64s", name);
    facts_add(facts, QUOTE_JUMP_FACTS, "before", "%s", before);
    facts_add(facts, QUOTE_JUMP_FACTS, "now", "%s", now);
}

static void tell(struct jumps *jumps, const struct quote_new *quote, const struct table_row *row)
{
    struct quote_run *run = jumps->run;
    const struct quote_file *again = &jumps->again;
    const struct table_heading *heading = &again->table.heading;
    const struct grid_cell *cell = table_row_cell(row->row, quote->column);
    char detail[200], facts[QUOTE_JUMP_FACTS];
    struct bytes cells = {0};
    struct cell_span text = cell_span(cell);
    quote_jump_text(run, quote, detail, sizeof detail, facts);
    table_row_cells_filled(row, heading->column, TABLE_COLUMNS, &cells);
    struct stock_issue_at at = {.sheet = run->file.table.sheets.sheet[quote->sheet].name,
                                .row = quote->row,
                                .column = quote->column,
                                .caption = table_heading_caption(heading, quote->column),
                                .field = FIELD_PRICE,
                                .text = text.s,
                                .text_n = text.n,
                                .detail = detail,
                                .facts = facts,
                                .heading = again->heading_number,
                                .cells = cells.data,
                                .cells_n = cells.len,
                                .pn_norm = quote_list_text(&run->file.list, run->file.list.number[quote->number].norm),
                                .prices = true};
    stock_issues_keep(&run->file.issues, W_PRICE_JUMP, &at);
    bytes_free(&cells);
}

/* ---- The rows --------------------------------------------------------------------------------------------------- */

static int by_place(const void *left, const void *right)
{
    const struct quote_new *a = *(const struct quote_new *const *)left, *b = *(const struct quote_new *const *)right;
    if (a->sheet != b->sheet)
        return a->sheet < b->sheet ? -1 : 1;
    return a->row < b->row ? -1 : a->row > b->row;
}

/* Once a row: the first of its quotes that jumps. Those for which there is no room are counted alone. */
static void find_rows(struct jumps *jumps)
{
    struct quote_run *run = jumps->run;
    const struct quote_list *list = &run->file.list;
    const struct quote_new *last = NULL;
    uint32_t room = STOCK_ISSUES_KEPT - run->file.issues.list.n_warnings;
    jumps->row = calloc(room + 1, sizeof(const struct quote_new *));
    if (!jumps->row)
        abort();
    for (uint32_t i = 0; i < list->n; i++) {
        const struct quote_new *quote = &list->quote[i];
        if (!quote->jumped || (last && last->row == quote->row && last->sheet == quote->sheet))
            continue;
        stock_issues_count(&run->file.issues, W_PRICE_JUMP);
        if (jumps->n < room)
            jumps->row[jumps->n++] = quote;
        last = quote;
    }
    qsort(jumps->row, jumps->n, sizeof(const struct quote_new *), by_place);
}

static int on_row(void *ctx, const struct table_row *row)
{
    struct jumps *jumps = ctx;
    const struct quote_new wanted = {.sheet = (uint16_t)(jumps->again.table.sheets.n - 1), .row = row->row->row};
    const struct quote_new *key = &wanted;
    const struct quote_new *const *found =
        bsearch(&key, jumps->row, jumps->n, sizeof(const struct quote_new *), by_place);
    if (!found)
        return 0;
    tell(jumps, *found, row);
    return ++jumps->seen == jumps->n ? TABLE_STOPPED : 0;
}

static int on_tick(void *ctx, uint64_t rows)
{
    struct jumps *jumps = ctx;
    (void)rows;
    return job_cancelled(jumps->run->job) ? -1 : run_lease_tick(&jumps->run->lease);
}

static enum run_step read_again(struct jumps *jumps)
{
    struct quote_run *run = jumps->run;
    struct sheet_error err = {.cls = ""};
    quote_file_init(&jumps->again, &run->params, &run->catalog, run->own);
    jumps->again.again = on_row;
    jumps->again.tick = on_tick;
    jumps->again.ctx = jumps;
    struct grid_sink file = quote_file_sink(&jumps->again), sink = table_fixes_sink(&run->fixes, &file);
    int rc = job_read_file(run->job, run->format, &sink, &err);
    quote_file_fini(&jumps->again);
    return rc == 0 || jumps->seen == jumps->n ? STEP_ON
                                              : run_reading_failed(run->job, rc, TABLE_STOPPED, &err, &run->failure);
}

enum run_step quote_tell_jumps(struct quote_run *run)
{
    struct jumps *jumps;
    if (run->record.jumped == 0)
        return STEP_ON;
    jumps = calloc(1, sizeof *jumps); /* too large for the stack */
    if (!jumps)
        abort();
    jumps->run = run;
    find_rows(jumps);
    enum run_step step = jumps->n > 0 ? read_again(jumps) : STEP_ON;
    free(jumps->row);
    free(jumps);
    return step;
}
