/* Changing the part-number map one row at a time.
 *
 * Locks are taken in the order in which the catalogue import takes them: the lease row "catalog", the map, stock
 * without a lot, quotes without one. So a change by hand and an import's final transaction follow one another. */
#include "handlers/catalog/part_numbers.h"

#include "base/utf8.h"
#include "handlers/catalog/relink.h"
#include "handlers/read/rowjson.h"
#include "store/lease.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_CHARACTERS 128
#define PARAMS_DEPTH      2
#define TRIES             10 /* an import that links its rows at the same time may force several tries */

/* clang-format off */
#define VENDOR_PARAM                                                                                                   \
    {.name = "vendor", .kind = PARAM_STRING, .may_be_empty = true, .otherwise = "\"\"", .max = 512,                    \
     .help = "Vendor whose number it is; empty = any vendor."}
#define NUMBER_PARAM                                                                                                   \
    {.name = "part_number", .kind = PARAM_STRING, .required = true, .max = 512,                                        \
     .help = "The number as it stands on the box; compared without case, blanks and punctuation."}

const struct param_spec part_number_params[] = {
    VENDOR_PARAM,
    NUMBER_PARAM,
    {.name = "lot_code", .kind = PARAM_STRING, .required = true, .max = 256, .help = "The lot that the number is."},
    {.name = "lot_qty", .kind = PARAM_DECIMAL, .otherwise = "\"1\"", .scale = 3, .min = 1, .max = 999999999999,
     .help = "Lots inside one piece: 2 for a kit of two."},
    {.name = "pack_qty", .kind = PARAM_DECIMAL, .scale = 3, .min = 1, .max = 999999999999,
     .help = "Pieces in one pack, for stock that is counted in packs."},
    {.name = NULL},
};

const struct param_spec part_number_key_params[] = {
    VENDOR_PARAM,
    NUMBER_PARAM,
    {.name = "unlink_stock", .kind = PARAM_INT, .otherwise = "0", .max = UINT32_MAX,
     .help = "So many rows of stock wait again, if so many have the lot."},
    {.name = "unlink_quotes", .kind = PARAM_INT, .otherwise = "0", .max = UINT32_MAX,
     .help = "So many quotes wait again, if so many have the lot."},
    {.name = NULL},
};
/* clang-format on */

/* ---- Checking -------------------------------------------------------------------------------------------------- */

static void keep(char *out, size_t size, yajl_val params, const char *key)
{
    int n = snprintf(out, size, "%s", json_member_string(params, key, ""));
    assert(n >= 0 && (size_t)n < size); /* the table of parameters limits the length */
}

static void normalise(const char *text, const char *pointer, char norm[PN_BYTES], struct param_faults *faults)
{
    enum pn_status status = pn_normalise(text, strlen(text), norm, NULL);
    if (status == PN_EMPTY)
        param_faults_add(faults, pointer, "E_PN_EMPTY", "there is no letter or digit in it");
    if (status == PN_OK || status == PN_EMPTY)
        return;
    param_faults_add(faults, pointer, pn_status_code(status), "must have at most %d letters and digits", PN_MAX);
    if (status == PN_LONG)
        param_faults_max(faults, PN_MAX, "characters");
}

/* Keeps the members that are usable although others are not. */
static void keep_usable(struct mapping *mapping, yajl_val params, struct param_faults *faults)
{
    keep(mapping->part_number, sizeof mapping->part_number, params, "part_number");
    keep(mapping->vendor, sizeof mapping->vendor, params, "vendor");
    keep(mapping->lot_code, sizeof mapping->lot_code, params, "lot_code");
    keep(mapping->lot_qty, sizeof mapping->lot_qty, params, "lot_qty");
    keep(mapping->pack_qty, sizeof mapping->pack_qty, params, "pack_qty");
    mapping->unlink_stock = (uint64_t)json_member_int(params, "unlink_stock", 0);
    mapping->unlink_quotes = (uint64_t)json_member_int(params, "unlink_quotes", 0);
    if (mapping->part_number[0])
        normalise(mapping->part_number, "/part_number", mapping->pn_norm, faults);
    if (mapping->vendor[0])
        normalise(mapping->vendor, "/vendor", mapping->vendor_norm, faults);
    if (utf8_count(mapping->part_number, strlen(mapping->part_number)) <= NUMBER_CHARACTERS)
        return;
    param_faults_add(faults, "/part_number", "range", "must be at most %d characters", NUMBER_CHARACTERS);
    param_faults_max(faults, NUMBER_CHARACTERS, "characters");
}

void mapping_take(struct mapping *mapping, const struct param_spec *specs, yajl_val object, const struct param_raw *raw,
                  size_t n, struct param_faults *faults)
{
    char why[80];
    char *text = object ? params_usable_json(specs, object, faults) : params_usable_text(specs, raw, n, faults);
    yajl_val params = json_parse(text, strlen(text), PARAMS_DEPTH, why, sizeof why);
    assert(params);
    free(text);
    *mapping = (struct mapping){.by = ""};
    keep_usable(mapping, params, faults);
    yajl_tree_free(params);
}

/* ---- What both do ---------------------------------------------------------------------------------------------- */

struct change {
    const struct mapping *mapping;
    uint32_t component_id; /* of the lot; 0 when a mapping is taken out */
    /* The outcome. */
    bool created, updated, deleted;
    struct relinked linked;                        /* rows that had no lot and have one now */
    struct relinked kept;                          /* rows that keep another lot than this one */
    struct relinked unlinked;                      /* rows that lost the lot of the mapping that was taken out */
    char lot_code[257], lot_qty[24], pack_qty[24]; /* as they are stored */
};

static void write_counts(struct json_out *out, const char *key, const struct relinked *rows)
{
    json_key(out, key);
    json_object(out);
    json_put_int(out, "stock", (int64_t)rows->stock);
    json_put_int(out, "quotes", (int64_t)rows->quotes);
    json_object_end(out);
}

static int on_kept(const struct store_value *v, unsigned n, void *ctx)
{
    (void)n;
    *(struct relinked *)ctx = (struct relinked){strtoull(v[0].text, NULL, 10), strtoull(v[1].text, NULL, 10)};
    return 0;
}

/* A plain read at the end of its transaction, which locks nothing. */
static int count_kept(struct store_conn *conn, struct change *change)
{
    struct store_value v[] = {STORE_S(change->mapping->pn_norm), STORE_U(change->component_id),
                              STORE_S(change->mapping->pn_norm), STORE_U(change->component_id)};
    return store_query(
        conn,
        "SELECT (SELECT COUNT(*) FROM warehouse w STRAIGHT_JOIN stock_item s FORCE INDEX (uq_stock) ON "
        "s.warehouse_id = w.id AND s.pn_norm = ? WHERE s.component_id <> ?), "
        "(SELECT COUNT(*) FROM price_quote q FORCE INDEX (ix_pn) WHERE q.pn_norm = ? AND q.component_id <> ?)",
        v, 4, on_kept, &change->kept);
}

/* ---- Writing one ----------------------------------------------------------------------------------------------- */

static int on_id(const struct store_value *v, unsigned n, void *ctx)
{
    (void)n;
    *(uint32_t *)ctx = (uint32_t)strtoul(v[0].text, NULL, 10);
    return 0;
}

/* Components are never deleted, so this need not be in the transaction, where it would wait for a recalculation. */
static int find_lot(struct store_conn *conn, const char *lot_code, uint32_t *id, struct param_faults *faults)
{
    char norm[PN_BYTES];
    *id = 0;
    if (!lot_code[0])
        return 0;
    if (pn_normalise(lot_code, strlen(lot_code), norm, NULL) == PN_OK) {
        struct store_value param = STORE_S(norm);
        if (store_query(conn, "SELECT id FROM component WHERE lot_norm = ?", &param, 1, on_id, id) != 0)
            return -1;
    }
    if (*id != 0)
        return 0;
    param_faults_add(faults, "/lot_code", "unknown-lot", "no component has this lot code; import components first");
    param_faults_value(faults, lot_code);
    return 0;
}

struct present {
    uint32_t id; /* 0 = there is none */
    bool same;
};

static int on_present(const struct store_value *v, unsigned n, void *ctx)
{
    (void)n;
    *(struct present *)ctx = (struct present){(uint32_t)strtoul(v[0].text, NULL, 10), strcmp(v[1].text, "1") == 0};
    return 0;
}

#define PACK_QTY(mapping) ((mapping)->pack_qty[0] ? STORE_S((mapping)->pack_qty) : STORE_N)

static int find_present(struct store_conn *conn, const struct change *change, struct present *present)
{
    const struct mapping *m = change->mapping;
    struct store_value v[] = {STORE_S(m->part_number), STORE_U(change->component_id), STORE_S(m->lot_qty), PACK_QTY(m),
                              STORE_S(m->pn_norm),     STORE_S(m->vendor_norm)};
    *present = (struct present){0, false};
    return store_query(conn,
                       "SELECT id, BINARY part_number = BINARY ? AND component_id = ? AND "
                       "lot_qty = CAST(? AS DECIMAL(12,3)) AND pack_qty <=> CAST(? AS DECIMAL(12,3)) "
                       "FROM part_number_map WHERE pn_norm = ? AND vendor_norm = ? FOR UPDATE",
                       v, 6, on_present, present);
}

static int insert_row(struct store_conn *conn, const struct change *change)
{
    const struct mapping *m = change->mapping;
    char skeleton[PN_BYTES];
    pn_skeleton(m->pn_norm, skeleton);
    struct store_value v[] = {
        STORE_S(m->vendor_norm),       STORE_S(m->pn_norm), STORE_S(skeleton), STORE_S(m->part_number),
        STORE_U(change->component_id), STORE_S(m->lot_qty), PACK_QTY(m),       m->by[0] ? STORE_S(m->by) : STORE_N};
    return store_run(conn,
                     "INSERT INTO part_number_map (vendor_norm, pn_norm, pn_skeleton, part_number, component_id, "
                     "lot_qty, pack_qty, created_by) VALUES (?,?,?,?,?,?,?,?)",
                     v, 8, NULL, NULL);
}

static int update_row(struct store_conn *conn, const struct change *change, uint32_t id)
{
    const struct mapping *m = change->mapping;
    struct store_value v[] = {STORE_S(m->part_number), STORE_U(change->component_id), STORE_S(m->lot_qty), PACK_QTY(m),
                              STORE_U(id)};
    return store_run(
        conn, "UPDATE part_number_map SET part_number = ?, component_id = ?, lot_qty = ?, pack_qty = ? WHERE id = ?", v,
        5, NULL, NULL);
}

static int on_stored(const struct store_value *v, unsigned n, void *ctx)
{
    struct change *change = ctx;
    (void)n;
    row_copy(change->lot_code, sizeof change->lot_code, &v[0]);
    row_copy(change->lot_qty, sizeof change->lot_qty, &v[1]);
    row_copy(change->pack_qty, sizeof change->pack_qty, &v[2]);
    return 0;
}

static int read_stored(struct store_conn *conn, struct change *change)
{
    struct store_value v[] = {STORE_S(change->mapping->pn_norm), STORE_S(change->mapping->vendor_norm)};
    return store_query(conn,
                       "SELECT c.lot_code, m.lot_qty, m.pack_qty FROM part_number_map m "
                       "STRAIGHT_JOIN component c ON c.id = m.component_id WHERE m.pn_norm = ? AND m.vendor_norm = ?",
                       v, 2, on_stored, change);
}

static int put_body(struct store_conn *conn, void *ctx)
{
    struct change *change = ctx;
    struct present present;
    if (lease_lock(conn, "catalog") != 0 || find_present(conn, change, &present) != 0)
        return -1;
    change->created = present.id == 0;
    change->updated = present.id != 0 && !present.same;
    if (change->created && insert_row(conn, change) != 0)
        return -1;
    if (change->updated && update_row(conn, change, present.id) != 0)
        return -1;
    if (relink_number(conn, change->mapping->pn_norm, &change->linked) != 0 || read_stored(conn, change) != 0)
        return -1;
    return count_kept(conn, change);
}

/* After a commit whose answer was lost: if the map is as it should be, it was committed, here or by an equal
 * request. */
static int put_settled(struct store_conn *conn, void *ctx)
{
    struct present present;
    return find_present(conn, ctx, &present) != 0 ? -1 : present.same;
}

static void write_mapping(const struct change *change, struct json_out *out)
{
    json_object(out);
    json_put_string(out, "part_number", change->mapping->part_number);
    json_put_string(out, "pn_norm", change->mapping->pn_norm);
    json_put_string(out, "vendor_norm", change->mapping->vendor_norm);
    json_put_string(out, "lot_code", change->lot_code);
    json_put_string(out, "lot_qty", change->lot_qty);
    json_put_string(out, "pack_qty", change->pack_qty[0] ? change->pack_qty : NULL);
    json_put_bool(out, "created", change->created);
    json_put_bool(out, "updated", change->updated);
    write_counts(out, "linked", &change->linked);
    write_counts(out, "kept", &change->kept);
    json_object_end(out);
}

int mapping_put(struct store_conn *conn, const struct mapping *mapping, struct param_faults *faults,
                struct json_out *out)
{
    struct change change = {.mapping = mapping};
    if (find_lot(conn, mapping->lot_code, &change.component_id, faults) != 0)
        return -1;
    if (faults->n)
        return 0;
    if (store_transaction(conn, put_body, put_settled, &change, TRIES) != 0)
        return -1;
    write_mapping(&change, out);
    return 0;
}

/* ---- Taking one out -------------------------------------------------------------------------------------------- */

#define ITEMS_OF_LOT                                                                                                   \
    "warehouse w STRAIGHT_JOIN stock_item s FORCE INDEX (uq_stock) ON s.warehouse_id = w.id AND s.pn_norm = ? "        \
    "AND s.component_id = ?"
/* A party's own code too. A quote that became one for the lots in a piece keeps its lot: its price is another one now. */
#define QUOTES_OF_LOT                                                                                                  \
    "price_quote q FORCE INDEX (ix_pn) SET q.component_id = NULL WHERE q.pn_norm IN (?, ?) AND q.component_id = ?"

struct given {
    uint32_t component_id; /* 0 = there is no mapping */
    bool one_lot;          /* a piece is a lot */
    struct relinked rows;  /* that have the lot */
};

static int on_given(const struct store_value *v, unsigned n, void *ctx)
{
    (void)n;
    *(struct given *)ctx = (struct given){(uint32_t)strtoul(v[0].text, NULL, 10),
                                          strcmp(v[1].text, "1") == 0,
                                          {strtoull(v[2].text, NULL, 10), strtoull(v[3].text, NULL, 10)}};
    return 0;
}

static int find_given(struct store_conn *conn, const struct mapping *m, const char *own, struct given *given)
{
    struct store_value v[] = {STORE_S(m->pn_norm), STORE_S(own), STORE_S(m->pn_norm), STORE_S(m->vendor_norm)};
    *given = (struct given){.component_id = 0};
    return store_query(conn,
                       "SELECT m.component_id, m.lot_qty = 1, (SELECT COUNT(*) FROM warehouse w STRAIGHT_JOIN "
                       "stock_item s FORCE INDEX (uq_stock) ON s.warehouse_id = w.id AND s.pn_norm = m.pn_norm WHERE "
                       "s.component_id = m.component_id), (SELECT COUNT(*) FROM price_quote q FORCE INDEX (ix_pn) "
                       "WHERE q.pn_norm IN (?, ?) AND q.component_id = m.component_id) "
                       "FROM part_number_map m FORCE INDEX (uq_map) WHERE m.pn_norm = ? AND m.vendor_norm = ?",
                       v, 4, on_given, given);
}

/* Only if nobody else gave the lot to a row of this number meanwhile: as many rows have it as were linked. */
static int unlink_rows(struct store_conn *conn, struct change *change)
{
    const struct mapping *m = change->mapping;
    struct given given;
    char own[2 * PN_BYTES];
    if (m->unlink_stock + m->unlink_quotes == 0)
        return 0;
    snprintf(own, sizeof own, "%s=%s", m->vendor_norm, m->pn_norm);
    if (find_given(conn, m, own, &given) != 0)
        return -1;
    struct store_value stock[] = {STORE_S(m->pn_norm), STORE_U(given.component_id)};
    struct store_value quotes[] = {STORE_S(m->pn_norm), STORE_S(own), STORE_U(given.component_id)};
    if (m->unlink_stock && m->unlink_stock == given.rows.stock &&
        store_run(conn, "UPDATE " ITEMS_OF_LOT " SET s.component_id = NULL, s.lot_qty = 1", stock, 2,
                  &change->unlinked.stock, NULL) != 0)
        return -1;
    if (m->unlink_quotes && m->unlink_quotes == given.rows.quotes && given.one_lot &&
        store_run(conn, "UPDATE " QUOTES_OF_LOT, quotes, 3, &change->unlinked.quotes, NULL) != 0)
        return -1;
    return 0;
}

static int delete_body(struct store_conn *conn, void *ctx)
{
    struct change *change = ctx;
    const struct mapping *m = change->mapping;
    struct store_value v[] = {STORE_S(m->pn_norm), STORE_S(m->vendor_norm)};
    uint64_t rows = 0;
    change->unlinked = (struct relinked){0, 0}; /* it may be called twice */
    if (lease_lock(conn, "catalog") != 0 || unlink_rows(conn, change) != 0 ||
        store_run(conn, "DELETE FROM part_number_map WHERE pn_norm = ? AND vendor_norm = ?", v, 2, &rows, NULL) != 0 ||
        relink_number(conn, m->pn_norm, &change->linked) != 0 || count_kept(conn, change) != 0)
        return -1;
    change->deleted = rows != 0;
    change->kept.stock -= change->linked.stock;
    change->kept.quotes -= change->linked.quotes;
    return 0;
}

static int delete_settled(struct store_conn *conn, void *ctx)
{
    struct present present;
    return find_present(conn, ctx, &present) != 0 ? -1 : present.id == 0;
}

int mapping_delete(struct store_conn *conn, const struct mapping *mapping, struct json_out *out)
{
    struct change change = {.mapping = mapping};
    if (store_transaction(conn, delete_body, delete_settled, &change, TRIES) != 0)
        return -1;
    json_object(out);
    json_put_string(out, "pn_norm", mapping->pn_norm);
    json_put_string(out, "vendor_norm", mapping->vendor_norm);
    json_put_bool(out, "deleted", change.deleted);
    write_counts(out, "unlinked", &change.unlinked);
    write_counts(out, "linked", &change.linked);
    write_counts(out, "kept", &change.kept);
    json_object_end(out);
    return 0;
}
