/* The words by which components are found (handlers/prices/search.h). Whoever makes a component or changes its name calls
 * these, inside the same transaction. */
#ifndef PF_CATALOG_WORDS_H
#define PF_CATALOG_WORDS_H

#include "store/conn.h"

/* Before names change: forget the words of these components. `ids` is a JSON array of their numbers. Returns 0 or -1. */
int words_forget(struct store_conn *conn, const char *ids);
/* After names have changed: learn the words of these components. Returns 0 or -1. */
int words_learn(struct store_conn *conn, const char *ids);
/* After components were made: learn the words of those with a larger number than `last`. Returns 0 or -1. */
int words_learn_new(struct store_conn *conn, uint32_t last);

#endif
