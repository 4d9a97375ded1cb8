/* Texts above a heading, and the dates in them. For dates.c and above.c.
 *
 * The cells of a row are put together to one normalised text, so that a phrase may end in one cell and its date stand in
 * the next ("Период:" | "01.02.2026 - 28.02.2026"). */
#ifndef PF_HEADING_DATETEXT_H
#define PF_HEADING_DATETEXT_H

#include "handlers/heading/head.h"

enum { ROW_TEXT_BYTES = 2048, ROW_TEXT_DATES = 16 };

/* A date in the text of a row. */
struct found_date {
    struct value_date date;
    size_t start, end; /* in the text */
    size_t cell;       /* where the text of its cell starts */
    uint32_t column;
    bool lone; /* nothing else is in its cell */
};

struct row_text {
    char text[ROW_TEXT_BYTES];
    size_t n;
    struct found_date date[ROW_TEXT_DATES];
    unsigned n_dates;
    size_t cell[TABLE_COLUMNS]; /* where the texts of the cells start */
    unsigned n_cells;
};
void row_text_read(const struct grid_row *grid, struct row_text *row);

/* A part of such a text, without blanks at its ends. */
struct text_part {
    const char *s;
    size_t n;
};
struct text_part row_text_part(const struct row_text *row, size_t from, size_t end);
/* What stands before date i: from the date before it. */
struct text_part row_text_before(const struct row_text *row, unsigned i);
/* Does the text end with this phrase, as whole words? */
bool text_ends_with(struct text_part text, const char *phrase);
bool text_ends_with_one(struct text_part text, const char *const *phrases, size_t count);
/* Does it contain the word, or a part of a word? */
bool text_contains(struct text_part text, const char *word);

#endif
