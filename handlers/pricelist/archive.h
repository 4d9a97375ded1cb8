/* Price lists out of the way: an archived list is left out of listings unless it is asked for. It stays what it is, and
 * everything about it can be read by its id. */
#ifndef PF_PRICELIST_ARCHIVE_H
#define PF_PRICELIST_ARCHIVE_H

#include "base/json.h"
#include "store/conn.h"

#include <stdbool.h>

/* Archives the list with the id that a client wrote, or takes it out again, and writes its object without the
 * parameters. Repeating is harmless: the time stays that of the first time. *changed: it was not so before. Returns 1,
 * 0 if there is no such list, or -1 with conn->error. */
int pricelist_archive(struct store_conn *conn, const char *id, bool archived, bool *changed, struct json_out *out);

#endif
