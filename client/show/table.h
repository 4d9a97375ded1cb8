/* A table of texts on standard output. On a terminal the columns are aligned, and those that may go are left out, then the
 * widest text is cut, so that a row is a line. Elsewhere nothing is cut: columns are parted by two spaces, and the heading
 * stands only if it is asked for. */
#ifndef PF_SHOW_TABLE_H
#define PF_SHOW_TABLE_H

#include <stdbool.h>
#include <stdio.h>

#define TABLE_COLUMNS 16

struct table_column {
    const char *title;
    bool right;         /* numbers stand right */
    bool cut;           /* names may be cut; ids and numbers are not */
    unsigned char rank; /* 0 = always shown; the highest goes first */
};

struct table;

struct table *table_new(const struct table_column *columns, unsigned n);
/* The next cell; the last one of a row is followed by the first of the next. The text is cleaned and copied; NULL is
 * "-". */
void table_add(struct table *table, const char *text);
void table_addf(struct table *table, const char *format, ...) __attribute__((format(printf, 2, 3)));
unsigned table_rows(const struct table *table);
/* `width` 0 = no terminal. */
void table_print(const struct table *table, unsigned width, bool heading, FILE *out);
void table_free(struct table **table);

#endif
