/* What the reader found wrong, put in its place: sheet, row, column, caption. */
#include "handlers/stock/rows/reader.h"

#include "handlers/table/rowcells.h"

#include <stdio.h>
#include <string.h>

static const char *sheet_name(const struct stock_reader *reader)
{
    return reader->table.sheets.n ? reader->table.sheets.sheet[reader->table.sheets.n - 1].name : "";
}

static const char *caption_of(const struct stock_reader *reader, uint32_t column)
{
    if (column >= TABLE_COLUMNS || !reader->table.heading.at[column].caption)
        return "";
    return arena_text(&reader->table.heading.text, reader->table.heading.at[column].caption);
}

/* The column that a fault is in: its cell's, or that of the field's heading. */
static uint32_t column_of(const struct stock_reader *reader, const struct table_row *row, enum stock_field field)
{
    if (field == FIELD_NONE)
        return ARENA_NONE;
    if (row->field[field])
        return row->field[field]->column;
    return reader->table.heading.column[field];
}

static void report(struct stock_reader *reader, const struct table_row *row, const struct stock_fault *fault,
                   const char *pn_norm)
{
    enum stock_code code = (enum stock_code)fault->code;
    enum stock_field field = (enum stock_field)fault->field;
    char suggestion[256] = "";
    if (!stock_issues_count(&reader->issues, code))
        return;
    if (code == W_UNMATCHED || code == E_PN_AMBIGUOUS)
        catalog_map_suggest(reader->catalog, pn_norm, suggestion, sizeof suggestion);
    struct cell_span text = cell_span(field == FIELD_NONE ? NULL : row->field[field]);
    struct stock_issue_at at = {.sheet = sheet_name(reader),
                                .row = row->row->row,
                                .column = column_of(reader, row, field),
                                .field = field,
                                .text = text.s,
                                .text_n = text.n,
                                .detail = fault->detail,
                                .heading = reader->heading_number,
                                .pn_norm = pn_norm,
                                .suggestion = suggestion};
    at.caption = caption_of(reader, at.column);
    struct bytes cells = {0};
    if (!stock_issues_has_row(&reader->issues, &at)) {
        table_row_cells_filled(row, reader->table.heading.column, TABLE_COLUMNS, &cells);
        at.cells = cells.data;
        at.cells_n = cells.len;
    }
    stock_issues_keep(&reader->issues, code, &at);
    bytes_free(&cells);
}

void stock_report_row(struct stock_reader *reader, const struct table_row *row, const struct stock_verdict *verdict,
                      const char *pn_norm)
{
    for (unsigned i = 0; i < verdict->n; i++)
        if (stock_code_is_error((enum stock_code)verdict->fault[i].code) == verdict->refused)
            report(reader, row, &verdict->fault[i], pn_norm);
}

void stock_report_file(struct stock_reader *reader, enum stock_code code, uint32_t row, uint32_t column,
                       const char *detail)
{
    if (!stock_issues_count(&reader->issues, code))
        return;
    struct stock_issue_at at = {.sheet = sheet_name(reader),
                                .row = row,
                                .column = column,
                                .caption = caption_of(reader, column),
                                .detail = detail,
                                .heading = reader->heading_number};
    stock_issues_keep(&reader->issues, code, &at);
}

static void report_unknown(struct stock_reader *reader, const struct table_caption *caption)
{
    const struct arena *text = &reader->table.heading.text;
    const char *label = caption->label ? arena_text(text, caption->label) : "";
    char detail[300];
    snprintf(detail, sizeof detail, "«%.80s»%s%.80s%s was taken for warehouse %s", arena_text(text, caption->text),
             *label ? " over «" : "", label, *label ? "»" : "", reader->params->warehouse);
    stock_report_file(reader, W_CAPTION, ARENA_NONE, caption->column, detail);
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

void stock_report_heading(struct stock_reader *reader, const struct table_dates *dates)
{
    const struct table_heading *heading = &reader->table.heading;
    for (unsigned i = 0; i < heading->n_unknown; i++)
        report_unknown(reader, &heading->unknown[i]);
    for (uint32_t column = 0; column < TABLE_COLUMNS; column++)
        if (heading->at[column].told)
            stock_report_file(reader, W_COLUMN_IGNORED, ARENA_NONE, column,
                              why_unread((enum table_unread)heading->at[column].why));
    if (dates && dates->future.year) {
        char day[11];
        value_date_format(dates->future, day);
        stock_report_file(reader, W_DATE_FUTURE, dates->future_row, dates->future_column, day);
    }
}
