/* After the file was read: may the import go on? */
#include "handlers/stock/rows/reader.h"

#include <stdio.h>
#include <string.h>

static int fail(struct stock_reader *reader, const char *code, const char *text)
{
    snprintf(reader->failure, sizeof reader->failure, "%s", code);
    snprintf(reader->failure_text, sizeof reader->failure_text, "%s", text);
    return -1;
}

static bool asked_by_name(const struct stock_reader *reader)
{
    return reader->params->sheet[0] && strcmp(reader->params->sheet, "*") != 0;
}

/* Several sheets have a heading, and it is open which one is meant. */
static int which_sheet(struct stock_reader *reader)
{
    char list[200], text[sizeof reader->failure_text];
    stock_sheets_list(&reader->sheets, false, list, sizeof list);
    snprintf(text, sizeof text,
             "Several sheets have a heading: %s. Nothing was changed. Send sheet=NAME with one of these names, or "
             "sheet=* for all of them as one file.",
             list);
    return fail(reader, "E_SHEETS", text);
}

static int no_such_sheet(struct stock_reader *reader)
{
    char list[200], text[sizeof reader->failure_text];
    stock_sheets_list(&reader->sheets, true, list, sizeof list);
    snprintf(text, sizeof text,
             "The file has no sheet «%s». Its sheets are: %s. Send sheet=NAME with one of these names, or sheet=* for "
             "all that have a heading.",
             reader->params->sheet, *list ? list : "none that can be seen");
    return fail(reader, "E_SHEETS", text);
}

/* The first sheet that was looked at and has this kind of fault; NULL if there is none. */
static const struct stock_sheet *first_with(const struct stock_sheets *sheets, enum stock_sheet_why why)
{
    for (uint32_t i = 0; i < sheets->n; i++)
        if (sheets->sheet[i].why == why)
            return &sheets->sheet[i];
    return NULL;
}

/* Of sheets without a heading the one with the most to say: which captions were understood. */
static int no_heading(struct stock_reader *reader)
{
    const struct stock_sheet *best = NULL;
    for (uint32_t i = 0; i < reader->sheets.n; i++) {
        const struct stock_sheet *sheet = &reader->sheets.sheet[i];
        if (sheet->why == SHEET_NO_HEADING && (!best || strlen(sheet->text) > strlen(best->text)))
            best = sheet;
    }
    return fail(reader, "E_NO_HEADER", best ? best->text : "The file has no sheet that can be seen.");
}

static int judge_sheets(struct stock_reader *reader)
{
    uint32_t headings = stock_sheets_with_heading(&reader->sheets);
    const struct stock_sheet *faulty = first_with(&reader->sheets, SHEET_FAULTY);
    if (asked_by_name(reader) && !faulty && headings == 0 && !first_with(&reader->sheets, SHEET_NO_HEADING))
        return no_such_sheet(reader);
    if (headings == 0)
        return no_heading(reader);
    if (headings > 1 && !reader->params->sheet[0])
        return which_sheet(reader);
    return faulty ? fail(reader, faulty->failure, faulty->text) : 0;
}

static int no_data(struct stock_reader *reader)
{
    char text[sizeof reader->failure_text];
    if (reader->rows_total == 0)
        snprintf(text, sizeof text, "There are no stock rows for warehouse %s below the heading in row %u.",
                 reader->params->warehouse, stock_reader_heading(reader)->row + 1);
    else
        snprintf(text, sizeof text,
                 "None of the %u rows was accepted; nothing was changed. See the errors of the rows.",
                 reader->rows_total);
    return fail(reader, "E_NO_DATA", text);
}

static int too_many_errors(struct stock_reader *reader)
{
    char text[sizeof reader->failure_text];
    snprintf(text, sizeof text, "%u of %u rows were rejected, more than %u %%; nothing was changed.",
             reader->rows_rejected, reader->rows_total, reader->params->max_reject_pct);
    return fail(reader, "E_TOO_MANY_ERRORS", text);
}

static int judge_totals(struct stock_reader *reader)
{
    for (uint32_t i = 0; i < reader->sheets.n; i++)
        if (reader->sheets.sheet[i].totals[0])
            return fail(reader, "E_TOTALS", reader->sheets.sheet[i].totals);
    return 0;
}

static int judge(struct stock_reader *reader)
{
    if (reader->failure[0])
        return -1;
    int rc = judge_sheets(reader);
    if (rc != 0)
        return rc;
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
    size_t used = strlen(reader->failure_text), size = sizeof reader->failure_text - used;
    if (reader->uncalculated > 0)
        snprintf(reader->failure_text + used, size,
                 " %u formulas have no value yet: open the file in a spreadsheet program, save it and send that.",
                 reader->uncalculated);
    else if (reader->no_values > 0)
        snprintf(reader->failure_text + used, size,
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
