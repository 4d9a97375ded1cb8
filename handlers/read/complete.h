/* What somebody who types may mean: names that begin with what is there already, for the completion of a shell or a
 * field. One line each: the name, a tab, a description. */
#ifndef PF_READ_COMPLETE_H
#define PF_READ_COMPLETE_H

#include "store/conn.h"

#include <stdbool.h>
#include <stdio.h>

#define COMPLETE_MAX  200
#define COMPLETE_TEXT 64 /* bytes of what is there already */

/* Is this kind answered by complete_read()? warehouses, parties, lots, categories, pricelists. */
bool complete_known(const char *kind);
/* Write at most COMPLETE_MAX lines. An index leads to them. Returns 0 or -1 with conn->error. */
int complete_read(struct store_conn *conn, const char *kind, const char *beginning, FILE *out);
/* Write one line; what would disturb a terminal is replaced. */
void complete_line(FILE *out, const char *name, const char *description);

#endif
