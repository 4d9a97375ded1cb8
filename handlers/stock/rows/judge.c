/* After the file was read: may the import go on? */
#include "handlers/stock/rows/reader.h"

#include <stdio.h>
#include <string.h>

static int fail(struct stock_reader *reader, const char *code, const char *text)
{
    snprintf(reader->table.failure, sizeof reader->table.failure, "%s", code);
    snprintf(reader->table.failure_text, sizeof reader->table.failure_text, "%s", text);
    return -1;
}

static int no_data(struct stock_reader *reader)
{
    char text[sizeof reader->table.failure_text];
    if (reader->rows_total == 0)
        snprintf(text, sizeof text, "There are no stock rows for warehouse %s below the heading in row %u.",
                 reader->params->warehouse, table_reader_heading(&reader->table)->row + 1);
    else
        snprintf(text, sizeof text,
                 "None of the %u rows was accepted; nothing was changed. See the errors of the rows.",
                 reader->rows_total);
    return fail(reader, "E_NO_DATA", text);
}

static int too_many_errors(struct stock_reader *reader)
{
    char text[sizeof reader->table.failure_text];
    snprintf(text, sizeof text, "%u of %u rows were rejected, more than %u %%; nothing was changed.",
             reader->rows_rejected, reader->rows_total, reader->params->max_reject_pct);
    table_told_rejected(&reader->table.told, reader->rows_rejected, reader->rows_total, reader->params->max_reject_pct);
    return fail(reader, "E_TOO_MANY_ERRORS", text);
}

static int judge_totals(struct stock_reader *reader)
{
    for (uint32_t i = 0; i < reader->table.sheets.n; i++)
        if (reader->table.sheets.sheet[i].totals[0]) {
            reader->table.told = reader->table.sheets.sheet[i].told;
            return fail(reader, "E_TOTALS", reader->table.sheets.sheet[i].totals);
        }
    return 0;
}

static int judge(struct stock_reader *reader)
{
    if (table_reader_judge(&reader->table) != 0)
        return -1;
    stock_items_settle(reader->items);
    stock_items_keep(reader->items, &reader->refused);
    if (stock_reader_accepted(reader) == 0)
        return no_data(reader);
    if ((uint64_t)reader->rows_rejected * 100 > (uint64_t)reader->rows_total * reader->params->max_reject_pct)
        return too_many_errors(reader);
    return judge_totals(reader);
}

/* Adds why amounts are missing: a table made by a program has formulas that were never calculated, a form of 1C has
 * expressions. */
static void explain_amounts(struct stock_reader *reader)
{
    size_t used = strlen(reader->table.failure_text), size = sizeof reader->table.failure_text - used;
    if (reader->table.uncalculated > 0)
        snprintf(reader->table.failure_text + used, size,
                 " %u formulas have no value yet: open the file in a spreadsheet program, save it and send that.",
                 reader->table.uncalculated);
    else if (reader->no_values > 0)
        snprintf(reader->table.failure_text + used, size,
                 " In %u of them the quantity is an expression or an error, not a number: fill the report with data, "
                 "save it and send that.",
                 reader->no_values);
}

int stock_reader_finish(struct stock_reader *reader)
{
    int rc = judge(reader);
    if (rc != 0)
        explain_amounts(reader);
    return rc;
}
