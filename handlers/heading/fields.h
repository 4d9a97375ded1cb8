/* What the columns of a candidate heading are. For the heading search. */
#ifndef PF_HEADING_FIELDS_H
#define PF_HEADING_FIELDS_H

#include "handlers/heading/paths.h"

/* One column of a candidate. */
struct head_column {
    struct head_path path;  /* n 0: no caption */
    enum stock_field says;  /* what its path says, whether it is read or not */
    enum stock_field field; /* what is read here */
    uint32_t place;         /* ARENA_NONE = none */
    uint8_t why;            /* enum table_unread */
    bool passed;            /* "#row" and the like: as if it were not there */
    bool foreign, total, selling;
    bool low;             /* its lowest caption is known */
    bool closing;         /* a closing caption stands above its field */
    bool unknown;         /* an unknown caption is in its path */
    bool chosen, decided; /* by ask->choices: this column; that another column of its field is read */
    struct label_hints hints;
    struct label_price price; /* of price lists; `more` is not filled */
};

struct head_candidate {
    struct head_rows rows;
    uint32_t first_row; /* of the sheet, 0-based */
    const struct table_ask *ask;
    struct head_column column[TABLE_COLUMNS];
    uint32_t at[FIELD_COUNT];               /* the column of each field, or ARENA_NONE */
    bool rival[FIELD_COUNT];                /* more than one column could be the field's */
    unsigned n_fields;                      /* that have a column */
    unsigned n_places;                      /* different warehouses over columns */
    bool ambiguous, merged;                 /* merged: an area over several columns covers a field */
    const struct table_choice *lost_choice; /* no column fits it */
    const struct table_choice *open_choice; /* several fit it */
    struct table_choice price_choice;       /* the part of ask->price that is lost … */
    char price_text[LABEL_BYTES];           /* … its text */
    unsigned n_price_parts;                 /* that the request names the price by; 0 = it does not name it */
};
static inline bool head_of_prices(const struct head_candidate *c)
{
    return c->ask && c->ask->kind == TABLE_PRICES;
}
/* Reads the columns of these rows. */
void head_candidate_read(struct head_candidate *c, const struct head_rows *rows, uint32_t first_row,
                         const struct table_ask *ask);
/* Has it a quantity, something that identifies, and what was asked for? */
bool head_candidate_qualifies(const struct head_candidate *c);
/* Is this column as good for its field as the one that was taken? */
bool head_column_rivals(const struct head_candidate *c, uint32_t column, enum stock_field field);
/* Finds the columns that ask->choices name and marks them. (choices.c) */
void head_choices_apply(struct head_candidate *c);
bool head_choice_names(const struct head_candidate *c, enum stock_field field);
/* What the request names the price by, NULL = nothing. */
const char *head_price_named(const struct head_candidate *c);
/* Which of the columns of prices are read: sets at[FIELD_PRICE] and rival[FIELD_PRICE], and drops the others. (prices.c) */
void head_prices_settle(struct head_candidate *c);
/* Does a column without a text of its own hold numbers below a merged caption of a price? Then it gets the path of the
 * caption's own column, which is read. */
bool head_price_opens(struct head_candidate *c, uint32_t column);
/* The path as written, joined by " / ", white space made single blanks, cut to `size`. Returns the length. */
size_t head_path_text(const struct head_path *path, char *out, size_t size);

#endif
