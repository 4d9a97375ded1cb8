/* What the reader found wrong. */
#include "handlers/stock/line/report.h"

#include "base/facts.h"
#include "handlers/stock/rows/reader.h"

#include <stdio.h>

static struct stock_place place_of(struct stock_reader *reader)
{
    const struct table_sheets *sheets = &reader->table.sheets;
    return (struct stock_place){.issues = &reader->issues,
                                .catalog = reader->catalog,
                                .heading = &reader->table.heading,
                                .sheet = sheets->n ? sheets->sheet[sheets->n - 1].name : "",
                                .heading_number = reader->heading_number};
}

void stock_report_row(struct stock_reader *reader, const struct table_row *row, const struct stock_verdict *verdict,
                      const char *pn_norm)
{
    struct stock_place place = place_of(reader);
    stock_place_row(&place, row, verdict, pn_norm);
}

void stock_report_file(struct stock_reader *reader, enum stock_code code, uint32_t row, uint32_t column,
                       const char *detail, const char *facts)
{
    struct stock_place place = place_of(reader);
    stock_place_facts(&place, code, row, column, detail, facts);
}

static void report_unknown(struct stock_reader *reader, const struct table_caption *caption)
{
    const struct arena *text = &reader->table.heading.text;
    const char *label = caption->label ? arena_text(text, caption->label) : "";
    char detail[300], facts[600] = "";
    snprintf(detail, sizeof detail, "«%.80s»%s%.80s%s was taken for warehouse %s", arena_text(text, caption->text),
             *label ? " over «" : "", label, *label ? "»" : "", reader->params->warehouse);
    facts_add(facts, sizeof facts, "unknown", "%.80s", arena_text(text, caption->text));
    facts_add(facts, sizeof facts, "warehouse", "%s", reader->params->warehouse);
    stock_report_file(reader, W_CAPTION, ARENA_NONE, caption->column, detail, facts);
}

void stock_report_heading(struct stock_reader *reader, const struct table_dates *dates)
{
    const struct table_heading *heading = &reader->table.heading;
    struct stock_place place = place_of(reader);
    for (unsigned i = 0; i < heading->n_unknown; i++)
        report_unknown(reader, &heading->unknown[i]);
    stock_place_ignored(&place);
    if (dates && dates->future.year) {
        char day[11], facts[24] = "";
        value_date_format(dates->future, day);
        facts_add(facts, sizeof facts, "day", "%s", day);
        stock_report_file(reader, W_DATE_FUTURE, dates->future_row, dates->future_column, day, facts);
    }
}
