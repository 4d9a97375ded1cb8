/* The catalogue from the database into memory: what an import knows before it reads its file.
 *
 * Read once, in pages by key, so that neither a look-up per row nor a whole table in the client's buffer is needed. */
#ifndef PF_CATALOG_LOAD_H
#define PF_CATALOG_LOAD_H

#include "handlers/catalog/map.h"
#include "store/conn.h"

/* Warehouses, components, map and rates into an initialised catalogue. Returns 0 or -1 with db->error. */
int catalog_load(struct store_conn *db, struct catalog_map *catalog);

/* Columns of our own tables as values; a text that is not of the column's type aborts. */

/* Decimal text to a scaled integer; exact, since the column has that scale. NULL: `otherwise`. */
int64_t column_decimal(const struct store_value *value, unsigned scale, int64_t otherwise);
/* NULL: 0. */
uint64_t column_u64(const struct store_value *value);
enum unit column_unit(const struct store_value *value);
/* NULL: a date with year 0. */
struct value_date column_date(const struct store_value *value);

#endif
