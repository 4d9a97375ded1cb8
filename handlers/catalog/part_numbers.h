/* One row of the part-number map, written or removed by hand. */
#ifndef PF_CATALOG_PART_NUMBERS_H
#define PF_CATALOG_PART_NUMBERS_H

#include "handlers/params.h"
#include "handlers/values/partnum.h"
#include "store/conn.h"

extern const struct param_spec part_number_params[];     /* of a mapping: vendor, part_number, lot_code, lot_qty … */
extern const struct param_spec part_number_key_params[]; /* of its key: vendor, part_number */

/* A mapping as a client wrote it, checked as far as possible without the database. */
struct mapping {
    char part_number[513], vendor[513], lot_code[257]; /* "" = not given, or not usable, which is a fault */
    char lot_qty[24], pack_qty[24];                    /* decimal texts; pack_qty "" = unknown */
    char pn_norm[PN_BYTES], vendor_norm[PN_BYTES];
    char by[65];                          /* who wrote it, for created_by; filled by the caller */
    uint64_t unlink_stock, unlink_quotes; /* of a key: so many rows are to lose the lot again */
};

/* Reads a mapping (or, with part_number_key_params, only its key) from a JSON object or, if `object` is NULL, from raw
 * pairs. Adds every fault that it finds to `faults`. */
void mapping_take(struct mapping *mapping, const struct param_spec *specs, yajl_val object, const struct param_raw *raw,
                  size_t n, struct param_faults *faults);

/* Writes the mapping for (pn_norm, vendor_norm), new or instead of the present one, and gives its lot to stock and
 * quotes that have none; all or nothing. Repeating it changes nothing. Adds a fault for an unknown lot; with faults it
 * writes nothing to the database or to `out`. Returns 0, or -1 with conn->error. */
int mapping_put(struct store_conn *conn, const struct mapping *mapping, struct param_faults *faults,
                struct json_out *out);

/* Removes the mapping for (pn_norm, vendor_norm). Stock and quotes that have a lot keep it: stock until its next
 * import, quotes for good. But if exactly `unlink_stock` rows of stock, or `unlink_quotes` quotes, of the number have the
 * mapping's lot, those lose it and wait again: so a mapping that was just written is undone. Rows that had no lot because
 * two mappings contradicted each other get one. Returns 0, or -1. */
int mapping_delete(struct store_conn *conn, const struct mapping *mapping, struct json_out *out);

#endif
