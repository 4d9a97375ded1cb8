/* After the file was read: which sheet is meant, and could it be read? */
#include "handlers/table/reader.h"

#include <stdio.h>
#include <string.h>

static int fail(struct table_reader *reader, const char *code, const char *text)
{
    snprintf(reader->failure, sizeof reader->failure, "%s", code);
    snprintf(reader->failure_text, sizeof reader->failure_text, "%s", text);
    return -1;
}

void table_told_rejected(struct fault_told *told, uint32_t rejected, uint32_t rows, unsigned percent)
{
    *told = (struct fault_told){.facts = ""};
    told_fact(told, "rejected", "%u", rejected);
    told_fact(told, "rows", "%u", rows);
    told_fact(told, "percent", "%u", percent);
    told_choice(told, "max_reject_pct", "100", "import the rows that can be taken");
}

/* The sheet's own fault. */
static int fail_as(struct table_reader *reader, const struct table_sheet *sheet, const char *code)
{
    reader->told = sheet->told;
    told_fact(&reader->told, "sheet", "%s", sheet->name);
    return fail(reader, code, sheet->text);
}

static void offer_sheets(struct table_reader *reader, bool all)
{
    const struct table_sheets *sheets = &reader->sheets;
    char label[200];
    reader->told = (struct fault_told){.facts = ""};
    for (uint32_t i = 0; i < sheets->n; i++) {
        const struct table_sheet *sheet = &sheets->sheet[i];
        if (sheet->why == SHEET_HIDDEN || (!all && !sheet->heading))
            continue;
        snprintf(label, sizeof label, "%s (%u rows)", sheet->name, sheet->rows);
        told_choice(&reader->told, "sheet", sheet->name, label);
    }
    told_choice(&reader->told, "sheet", "*", "all that have a heading, as one file");
}

static bool asked_by_name(const struct table_reader *reader)
{
    return reader->sheet[0] && strcmp(reader->sheet, "*") != 0;
}

/* Several sheets have a heading, and it is open which one is meant. */
static int which_sheet(struct table_reader *reader)
{
    char list[200], text[sizeof reader->failure_text];
    table_sheets_list(&reader->sheets, false, list, sizeof list);
    snprintf(text, sizeof text,
             "Several sheets have a heading: %s. Nothing was changed. Send sheet=NAME with one of these names, or "
             "sheet=* for all of them as one file.",
             list);
    offer_sheets(reader, false);
    return fail(reader, "E_SHEETS", text);
}

static int no_such_sheet(struct table_reader *reader)
{
    char list[200], text[sizeof reader->failure_text];
    table_sheets_list(&reader->sheets, true, list, sizeof list);
    snprintf(text, sizeof text,
             "The file has no sheet «%s». Its sheets are: %s. Send sheet=NAME with one of these names, or sheet=* for "
             "all that have a heading.",
             reader->sheet, *list ? list : "none that can be seen");
    offer_sheets(reader, true);
    told_fact(&reader->told, "asked", "%s", reader->sheet);
    return fail(reader, "E_SHEETS", text);
}

/* The first sheet that was looked at and has this kind of fault; NULL if there is none. */
static const struct table_sheet *first_with(const struct table_sheets *sheets, enum table_sheet_why why)
{
    for (uint32_t i = 0; i < sheets->n; i++)
        if (sheets->sheet[i].why == why)
            return &sheets->sheet[i];
    return NULL;
}

/* Of sheets without a heading the one with the most to say: which captions were understood. */
static int no_heading(struct table_reader *reader)
{
    const struct table_sheet *best = NULL;
    for (uint32_t i = 0; i < reader->sheets.n; i++) {
        const struct table_sheet *sheet = &reader->sheets.sheet[i];
        if (sheet->why == SHEET_NO_HEADING && (!best || strlen(sheet->text) > strlen(best->text)))
            best = sheet;
    }
    return best ? fail_as(reader, best, "E_NO_HEADER")
                : fail(reader, "E_NO_HEADER", "The file has no sheet that can be seen.");
}

int table_reader_judge(struct table_reader *reader)
{
    if (reader->failure[0])
        return -1;
    uint32_t headings = table_sheets_with_heading(&reader->sheets);
    const struct table_sheet *faulty = first_with(&reader->sheets, SHEET_FAULTY);
    if (asked_by_name(reader) && !faulty && headings == 0 && !first_with(&reader->sheets, SHEET_NO_HEADING))
        return no_such_sheet(reader);
    if (headings == 0)
        return no_heading(reader);
    if (headings > 1 && !reader->sheet[0])
        return which_sheet(reader);
    return faulty ? fail_as(reader, faulty, faulty->failure) : 0;
}
