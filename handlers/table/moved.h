/* The way of a row below the heading, until it is known that it is not a heading itself. Between reader.c and moved.c.
 *
 * A row that looks like a heading is kept with the next two, since a heading has up to three rows. */
#ifndef PF_TABLE_MOVED_H
#define PF_TABLE_MOVED_H

#include "handlers/table/reader.h"

/* A row below the heading. */
int table_moved_row(struct table_reader *reader, const struct grid_row *grid);
/* The end of the sheet: decides about the rows that are kept. */
int table_moved_end(struct table_reader *reader);

/* Of reader.c: a row that is not a heading; what waits is decided; another heading is in force from now on. */
int table_reader_place(struct table_reader *reader, const struct grid_row *grid);
int table_reader_flush(struct table_reader *reader);
void table_reader_take_heading(struct table_reader *reader, struct table_heading *heading,
                               const struct grid_row *const *rows);

#endif
