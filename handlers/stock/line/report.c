/* Faults of rows and of the file as issues. */
#include "handlers/stock/line/report.h"

#include "handlers/table/rowcells.h"

static const char *caption_of(const struct stock_place *place, uint32_t column)
{
    return column < TABLE_COLUMNS ? table_heading_caption(place->heading, column) : "";
}

/* The cell that a fault is in, or NULL, and its column: the cell's, or that of the field's heading. */
static const struct grid_cell *cell_of(const struct stock_place *place, const struct table_row *row,
                                       const struct stock_fault *fault, uint32_t *column)
{
    *column = ARENA_NONE;
    if (fault->column) {
        *column = fault->column - 1u;
        return table_row_cell(row->row, *column);
    }
    if (fault->field == FIELD_NONE)
        return NULL;
    const struct grid_cell *cell = row->field[fault->field];
    *column = cell ? cell->column : place->heading->column[fault->field];
    return cell;
}

static void report(const struct stock_place *place, const struct table_row *row, const struct stock_fault *fault,
                   const char *pn_norm)
{
    enum stock_code code = (enum stock_code)fault->code;
    char suggestion[256] = "";
    struct json_out suggestions;
    uint32_t column;
    if (!stock_issues_count(place->issues, code))
        return;
    json_out_init(&suggestions);
    json_array(&suggestions);
    if (code == W_UNMATCHED || code == E_PN_AMBIGUOUS)
        catalog_map_suggest(place->catalog, pn_norm, suggestion, sizeof suggestion, &suggestions);
    json_array_end(&suggestions);
    size_t n;
    struct cell_span text = cell_span(cell_of(place, row, fault, &column));
    struct stock_issue_at at = {.sheet = place->sheet,
                                .row = row->row->row,
                                .column = column,
                                .caption = caption_of(place, column),
                                .field = (enum stock_field)fault->field,
                                .text = text.s,
                                .text_n = text.n,
                                .detail = fault->detail,
                                .facts = fault->facts,
                                .heading = place->heading_number,
                                .pn_norm = pn_norm,
                                .suggestion = suggestion,
                                .suggestions = *suggestion ? json_out_text(&suggestions, &n) : NULL,
                                .prices = place->prices};
    struct bytes cells = {0};
    if (!stock_issues_has_row(place->issues, &at)) {
        table_row_cells_filled(row, place->heading->column, TABLE_COLUMNS, &cells);
        at.cells = cells.data;
        at.cells_n = cells.len;
    }
    stock_issues_keep(place->issues, code, &at);
    bytes_free(&cells);
    json_out_fini(&suggestions);
}

void stock_place_row(const struct stock_place *place, const struct table_row *row, const struct stock_verdict *verdict,
                     const char *pn_norm)
{
    for (unsigned i = 0; i < verdict->n; i++)
        if (stock_code_is_error((enum stock_code)verdict->fault[i].code) == verdict->refused)
            report(place, row, &verdict->fault[i], pn_norm);
}

void stock_place_file(const struct stock_place *place, enum stock_code code, uint32_t row, uint32_t column,
                      const char *detail)
{
    stock_place_facts(place, code, row, column, detail, NULL);
}

void stock_place_facts(const struct stock_place *place, enum stock_code code, uint32_t row, uint32_t column,
                       const char *detail, const char *facts)
{
    if (!stock_issues_count(place->issues, code))
        return;
    struct stock_issue_at at = {.sheet = place->sheet,
                                .row = row,
                                .column = column,
                                .caption = caption_of(place, column),
                                .detail = detail,
                                .facts = facts,
                                .heading = place->heading_number,
                                .prices = place->prices};
    stock_issues_keep(place->issues, code, &at);
}

static const char *why_unread(enum table_unread why)
{
    switch (why) {
    case UNREAD_SELLING:
        return "it is a selling price, not a cost";
    case UNREAD_LOST:
        return "another column of the same meaning is read";
    default:
        return "its caption is not understood";
    }
}

static const char *why_fact(enum table_unread why)
{
    return why == UNREAD_SELLING ? "why\tselling\n" : why == UNREAD_LOST ? "why\tlost\n" : "why\tunknown\n";
}

void stock_place_ignored(const struct stock_place *place)
{
    for (uint32_t column = 0; column < TABLE_COLUMNS; column++) {
        enum table_unread why = (enum table_unread)place->heading->at[column].why;
        if (place->heading->at[column].told)
            stock_place_facts(place, W_COLUMN_IGNORED, ARENA_NONE, column, why_unread(why), why_fact(why));
    }
}
