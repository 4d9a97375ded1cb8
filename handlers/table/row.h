/* One row below a heading: its recognised cells, its text, and what they say about the kind of the row.
 *
 * The rules are those of domain.md section 5, "Rows below the header". Which numbers the catalogue knows is not known
 * here: the caller adds it as struct table_facts. */
#ifndef PF_TABLE_ROW_H
#define PF_TABLE_ROW_H

#include "handlers/heading/head.h"
#include "handlers/values/decimal.h"

/* Sorts the cells of a row by field. Placeholders ("-", "нет", "n/a") and error values in the columns of part number,
 * lot, code, name and vendor are left out: they say nothing about identity. */
void table_row_sort(const struct table_heading *heading, const struct grid_row *grid, struct table_row *row);
/* Has any recognised column a value? A formula without a value is none. */
bool table_row_filled(const struct table_row *row);

static inline bool table_row_has(const struct table_row *row, enum stock_field field)
{
    return !cell_empty(row->field[field]);
}
/* Has it a part number, lot or code? */
static inline bool table_row_numbered(const struct table_row *row)
{
    return table_row_has(row, FIELD_PART_NUMBER) || table_row_has(row, FIELD_LOT) || table_row_has(row, FIELD_CODE);
}
/* How many of part number, lot, code and name it has. */
unsigned table_row_identities(const struct table_row *row);
/* Its part number, lot or code, whichever comes first; NULL if there is none. */
const struct grid_cell *table_row_number(const struct table_row *row);

/* The row's text: the leftmost cell with a text that is not a number, among the recognised columns, else in the row.
 * NULL if there is none. */
const struct grid_cell *table_row_text(const struct table_heading *heading, const struct table_row *row);
/* The same cell's words; n 0 for NULL. */
struct cell_span table_row_words(const struct table_heading *heading, const struct table_row *row);

/* Is it a text that is not a number? */
bool table_cell_is_words(const struct grid_cell *cell);
bool table_has_digit(struct cell_span text);
bool table_one_word(struct cell_span text);

/* What the import knows about a row. */
struct table_facts {
    bool known;        /* the map or a lot has its part number, lot or code, or, without these, one in its name */
    bool item;         /* table_row_item() */
    bool unit_alone;   /* nothing but its unit makes it an item: inside another item it is a detail */
    uint64_t identity; /* digest of its normalised number; 0 = it has none */
    bool has_qty;      /* a quantity that can be read */
    bool bad_qty;      /* a quantity that cannot be read */
    dec128 qty;        /* as the file gives it, thousandths; 0 if there is none */
};

/* Is it an item: known, or with a unit, or with part number and name, or a lone part number, lot or code of one word
 * with a digit? */
bool table_row_item(const struct table_row *row, bool known);
/* The same without looking at the unit. */
bool table_row_item_by_number(const struct table_row *row, bool known);

/* Does a total word begin the row's text, with nothing beside it that makes it an item? `text` is table_row_text(). */
bool table_row_is_total(const struct table_row *row, const struct grid_cell *text, bool known);
/* Is a row that is not an item the heading of a group: with rows inside, or with nothing but its text, or without a
 * number where others have a unit or a quantity? (rule 5, a and b) */
bool table_row_is_group(const struct table_heading *heading, const struct table_row *row, const struct grid_cell *text,
                        bool inside);

/* Do the cells read 1, 2, 3 … n, with n at least 3? */
bool table_row_counts_columns(const struct grid_row *row);

#endif
