/* What settles a heading that is open, or lacks a field: columns that may be named. */
#include "handlers/heading/tell.h"

#include <stdio.h>

enum { CAPTION = 120 };

static struct fault_told *told_of(const struct head_candidate *c)
{
    return c->rows.input ? c->rows.input->told : NULL;
}

/* columns.qty = C, "Остаток" */
static void offer(struct fault_told *told, const struct head_candidate *c, enum stock_field field, uint32_t column)
{
    char letter[4], caption[4 * CAPTION * TABLE_HEADING_MAX], param[48];
    size_t n = head_path_text(&c->column[column].path, caption, sizeof caption - 1);
    caption[n] = '\0';
    if (field == FIELD_PRICE)
        snprintf(param, sizeof param, "price");
    else
        snprintf(param, sizeof param, "columns.%s", stock_field_name(field));
    told_choice(told, param, table_column_letter(column, letter), caption);
}

static void tell_rows(struct fault_told *told, const struct head_candidate *c)
{
    told_fact(told, "row", "%u", c->first_row + 1);
    told_fact(told, "rows", "%u", c->rows.n);
}

/* A choice of the request that fits several columns: each of them is a choice. */
static void settle_open(struct fault_told *told, const struct head_candidate *c)
{
    enum stock_field field = c->open_choice->field;
    told_fact(told, "field", "%s", stock_field_name(field));
    told_fact(told, "value", "%s", c->open_choice->value);
    for (uint32_t i = 0; i < TABLE_COLUMNS; i++)
        if (c->column[i].path.n > 0 && (c->column[i].field == field || c->column[i].says == field))
            offer(told, c, field, i);
}

void head_settle_rivals(const struct head_candidate *c)
{
    struct fault_told *told = told_of(c);
    if (!told)
        return;
    *told = (struct fault_told){.facts = ""};
    tell_rows(told, c);
    if (c->open_choice) {
        settle_open(told, c);
        return;
    }
    for (enum stock_field field = FIELD_NONE + 1; field < FIELD_COUNT; field++) {
        if (!c->rival[field])
            continue;
        told_fact(told, "field", "%s", stock_field_name(field));
        for (uint32_t i = 0; i < TABLE_COLUMNS; i++)
            if (c->column[i].path.n > 0 && c->column[i].field == field)
                offer(told, c, field, i);
    }
}

/* Each column that is not understood may be the field. */
static void offer_unknown(struct fault_told *told, const struct head_candidate *c, enum stock_field field)
{
    for (uint32_t i = 0; i < TABLE_COLUMNS; i++)
        if (c->column[i].path.n > 0 && c->column[i].why == UNREAD_UNKNOWN)
            offer(told, c, field, i);
}

void head_settle_missing(const struct head_candidate *c, bool quantity, bool identity)
{
    struct fault_told *told = told_of(c);
    enum stock_field wanted = head_of_prices(c) ? FIELD_PRICE : FIELD_QTY;
    if (!told)
        return;
    *told = (struct fault_told){.facts = ""};
    tell_rows(told, c);
    if (!quantity)
        told_fact(told, "missing", "%s%s", stock_field_name(wanted), identity ? "" : " part_number");
    else if (!identity)
        told_fact(told, "missing", "part_number");
    if (c->lost_choice) {
        told_fact(told, "field", "%s", stock_field_name(c->lost_choice->field));
        told_fact(told, "value", "%s", c->lost_choice->value);
        offer_unknown(told, c, c->lost_choice->field);
    }
    if (!identity)
        offer_unknown(told, c, FIELD_PART_NUMBER);
    if (!quantity)
        offer_unknown(told, c, wanted);
}
