/* How the numbers of a file are written, column by column. */
#include "handlers/stock/line/amounts.h"

#include "base/utf8.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* "нет" in a quantity: none is there. */
static bool says_none(const struct grid_cell *cell, enum stock_field field)
{
    bool counted = field == FIELD_QTY || field == FIELD_FREE || field == FIELD_RESERVED;
    return counted && cell->kind == GRID_TEXT && value_says_none(cell->text, cell->len);
}

enum number_read stock_number_read(const struct stock_context *context, const struct table_row *row,
                                   enum stock_field field, unsigned scale, struct value_number *out)
{
    const struct grid_cell *cell = row->field[field];
    int rc = -EINVAL;
    if (!cell)
        return NUMBER_MISSING;
    if (cell->kind == GRID_FORMULA)
        return NUMBER_FORMULA;
    if (cell_empty(cell))
        return NUMBER_MISSING;
    if (cell->kind == GRID_NUMBER)
        rc = value_number_cell(cell->text, cell->len, scale, out);
    else if (cell->kind == GRID_TEXT)
        rc = value_number_text(cell->text, cell->len, scale, context->params->locale, out);
    if (rc == -EINVAL && says_none(cell, field)) {
        *out = (struct value_number){0};
        return NUMBER_READ;
    }
    if (rc != 0)
        return rc == -ERANGE ? NUMBER_RANGE : NUMBER_BAD;
    return out->missing ? NUMBER_MISSING : NUMBER_READ;
}

enum number_read stock_number_take(struct stock_context *context, const struct table_row *row, enum stock_field field,
                                   unsigned scale, struct value_number *out)
{
    out->style = STYLE_NONE;
    enum number_read rc = stock_number_read(context, row, field, scale, out);
    if (out->style != STYLE_NONE)
        stock_style_note(context, row, field, out->style);
    return rc;
}

static void keep(char *out, size_t size, const char *text, size_t n)
{
    size_t kept = n < size ? n : utf8_cut(text, n, size - 1);
    memcpy(out, text, kept);
    out[kept] = '\0';
}

static void note(struct stock_context *context, const struct table_row *row, const struct grid_cell *from, size_t slot,
                 enum number_style style)
{
    bool english = context->params->locale == LOCALE_EN;
    struct stock_style_cell *cell = NULL;
    if (style == STYLE_AMBIGUOUS)
        cell = &context->styles.ambiguous[slot];
    else if (style == (english ? STYLE_RU : STYLE_EN))
        cell = &context->styles.evidence[slot];
    if (!cell || cell->seen)
        return;
    struct cell_span text = cell_span(from);
    cell->seen = true;
    cell->row = row->row->row;
    cell->column = from->column;
    keep(cell->text, sizeof cell->text, text.s, text.n);
    keep(cell->sheet, sizeof cell->sheet, context->sheet ? context->sheet : "",
         context->sheet ? strlen(context->sheet) : 0);
    const char *caption = table_heading_caption(context->heading, cell->column);
    keep(cell->caption, sizeof cell->caption, caption, strlen(caption));
}

void stock_style_note(struct stock_context *context, const struct table_row *row, enum stock_field field,
                      enum number_style style)
{
    note(context, row, row->field[field], field, style);
}

void stock_style_note_price(struct stock_context *context, const struct table_row *row, const struct grid_cell *cell,
                            enum number_style style)
{
    note(context, row, cell, FIELD_COUNT + cell->column, style);
}

/* "«1,250» in cell B2 of sheet Stock (Количество)" */
static void describe(const struct stock_style_cell *cell, char *out, size_t size)
{
    char letter[4];
    snprintf(out, size, "«%s» in cell %s%u%s%s (%s)", cell->text, table_column_letter(cell->column, letter),
             cell->row + 1, cell->sheet[0] ? " of sheet " : "", cell->sheet, cell->caption);
}

static void tell(const struct stock_style_cell *ambiguous, const struct stock_style_cell *evidence,
                 struct fault_told *told)
{
    char letter[4];
    *told = (struct fault_told){.facts = ""};
    told_fact(told, "column", "%s", table_column_letter(ambiguous->column, letter));
    told_fact(told, "caption", "%s", ambiguous->caption);
    told_fact(told, "row", "%u", ambiguous->row + 1);
    told_fact(told, "text", "%s", ambiguous->text);
    told_fact(told, "other_row", "%u", evidence->row + 1);
    told_fact(told, "other_text", "%s", evidence->text);
    told_choice(told, "number_locale", "ru", "1,234 is a little more than one");
    told_choice(told, "number_locale", "en", "1,234 is more than a thousand");
}

bool stock_styles_conflict(const struct stock_context *context, char *why, size_t size, struct fault_told *told)
{
    bool english = context->params->locale == LOCALE_EN;
    char ambiguous[256], evidence[256];
    for (unsigned i = 0; i < STOCK_STYLES; i++) {
        if (!context->styles.ambiguous[i].seen || !context->styles.evidence[i].seen)
            continue;
        describe(&context->styles.ambiguous[i], ambiguous, sizeof ambiguous);
        describe(&context->styles.evidence[i], evidence, sizeof evidence);
        snprintf(why, size,
                 "%s can be read in two ways, and %s of the same column is written the %s way. If all are written so, "
                 "send the file with number_locale=%s; else write the numbers of the column in one way.",
                 ambiguous, evidence, english ? "Russian" : "English", english ? "ru" : "en");
        tell(&context->styles.ambiguous[i], &context->styles.evidence[i], told);
        return true;
    }
    return false;
}
