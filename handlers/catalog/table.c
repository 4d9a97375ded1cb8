/* The six tables of the catalogue, and what is derived from their rows. */
#include "handlers/catalog/table.h"

#include "base/grow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const units[] = {"pcs", "set", "m", NULL};
static const char *const methods[] = {"weighted_avg", "average", "median", "min", "latest", "manual", NULL};
static const char *const kinds[] = {"supplier", "competitor", NULL};
static const char *const statuses[] = {"active", "rejected", NULL};

#define TEN_9     1000000000
#define PRICE_MAX 99999999999999 /* DECIMAL(14,4) */

/* clang-format off */
static const struct catalog_column component_columns[] = {
    {.name = "lot_code", .kind = CELL_CODE, .required = true, .max = 64},
    {.name = "name", .kind = CELL_TEXT, .required = true, .max = 255},
    {.name = "category", .kind = CELL_CODE, .otherwise = "", .max = 32},
    {.name = "unit", .kind = CELL_CHOICE, .otherwise = "pcs", .choices = units},
    {.name = "coefficient", .kind = CELL_DECIMAL, .otherwise = "1.0000", .scale = 4, .min = 1, .max = 9999999},
    {.name = "price_method", .kind = CELL_CHOICE, .choices = methods},
    {.name = "manual_price", .kind = CELL_DECIMAL, .scale = 4, .min = 1, .max = PRICE_MAX},
    {.name = "window_days", .kind = CELL_INT, .min = 1, .max = 3650},
    {.name = "active", .kind = CELL_BOOL, .otherwise = "1"},
    {.name = NULL},
};
static const struct catalog_column part_number_columns[] = {
    {.name = "vendor", .kind = CELL_TEXT, .used_only = true, .otherwise = "", .max = 128},
    {.name = "part_number", .kind = CELL_TEXT, .required = true, .max = 128},
    {.name = "lot_code", .kind = CELL_CODE, .required = true, .used_only = true, .max = 64},
    {.name = "lot_qty", .kind = CELL_DECIMAL, .otherwise = "1.000", .scale = 3, .min = 1, .max = TEN_9 * 1000LL - 1},
    {.name = "pack_qty", .kind = CELL_DECIMAL, .scale = 3, .min = 1, .max = TEN_9 * 1000LL - 1},
    {.name = NULL},
};
static const struct catalog_column party_columns[] = {
    {.name = "kind", .kind = CELL_CHOICE, .required = true, .choices = kinds},
    {.name = "code", .kind = CELL_CODE, .required = true, .max = 32},
    {.name = "name", .kind = CELL_TEXT, .required = true, .max = 255},
    {.name = "weight", .kind = CELL_DECIMAL, .otherwise = "1.000", .scale = 3, .min = 0, .max = 100000},
    {.name = "active", .kind = CELL_BOOL, .otherwise = "1"},
    {.name = NULL},
};
static const struct catalog_column warehouse_columns[] = {
    {.name = "code", .kind = CELL_CODE, .required = true, .max = 32},
    {.name = "name", .kind = CELL_TEXT, .required = true, .max = 255},
    {.name = NULL},
};
static const struct catalog_column rate_columns[] = {
    {.name = "currency", .kind = CELL_CURRENCY, .required = true},
    {.name = "rate_date", .kind = CELL_DATE, .required = true},
    {.name = "nominal", .kind = CELL_INT, .otherwise = "1", .min = 1, .max = 100000},
    {.name = "rate", .kind = CELL_DECIMAL, .required = true, .scale = 6, .min = 1, .max = 999999999999},
    {.name = "source", .kind = CELL_TEXT, .otherwise = "", .max = 32},
    {.name = NULL},
};
static const struct catalog_column quote_columns[] = {
    {.name = "ext_ref", .kind = CELL_CODE, .max = 96},
    {.name = "party_kind", .kind = CELL_CHOICE, .required = true, .used_only = true, .choices = kinds},
    {.name = "party_code", .kind = CELL_CODE, .required = true, .used_only = true, .max = 32},
    {.name = "lot_code", .kind = CELL_CODE, .used_only = true, .max = 64},
    {.name = "part_number", .kind = CELL_TEXT, .max = 128},
    {.name = "price", .kind = CELL_DECIMAL, .required = true, .scale = 4, .min = 1, .max = PRICE_MAX},
    {.name = "price_per", .kind = CELL_INT, .otherwise = "1", .min = 1, .max = 100000},
    {.name = "currency", .kind = CELL_CURRENCY, .required = true},
    {.name = "vat_included", .kind = CELL_BOOL, .otherwise = "0"},
    {.name = "vat_rate", .kind = CELL_DECIMAL, .otherwise = "0.00", .scale = 2, .min = 0, .max = 9999},
    {.name = "min_qty", .kind = CELL_DECIMAL, .otherwise = "1.000", .scale = 3, .min = 1, .max = 999999999999999},
    {.name = "qty", .kind = CELL_DECIMAL, .scale = 3, .min = 0, .max = 999999999999999},
    {.name = "quoted_on", .kind = CELL_DATE, .required = true},
    {.name = "valid_until", .kind = CELL_DATE},
    {.name = "status", .kind = CELL_CHOICE, .otherwise = "active", .choices = statuses},
    {.name = "note", .kind = CELL_TEXT, .max = 255},
    {.name = NULL},
};
/* clang-format on */

/* ---- Worked out ------------------------------------------------------------------------------------------------ */

static void set_text(struct catalog_value *value, const char *text)
{
    value->null = false;
    value->n = strlen(text);
    memcpy(value->text, text, value->n + 1);
}

static void set_id(struct catalog_value *value, uint32_t id)
{
    value->null = id == 0;
    value->n = (size_t)snprintf(value->text, sizeof value->text, "%u", id);
}

/* Normalises one value into another. */
static int normalise(struct catalog_row *row, const struct catalog_value *from, const char *field,
                     struct catalog_value *to)
{
    char norm[PN_BYTES];
    enum pn_status status = pn_normalise(from->text, from->n, norm, NULL);
    if (status == PN_EMPTY)
        return catalog_row_wrong(row, field, "E_PN_EMPTY", "There is no letter or digit in it.");
    if (status == PN_LONG)
        return catalog_row_wrong(row, field, "E_PN_LONG", "It has more than 64 letters and digits.");
    if (status != PN_OK)
        return catalog_row_wrong(row, field, "E_ENCODING", "The text is not valid UTF-8.");
    set_text(to, norm);
    return 0;
}

/* The component that a lot code names, by its normalised form. */
static uint32_t find_lot(const struct catalog_known *known, const struct catalog_value *lot)
{
    char norm[PN_BYTES];
    if (lot->null || pn_normalise(lot->text, lot->n, norm, NULL) != PN_OK)
        return ARENA_NONE;
    return catalog_map_lot(&known->stock, norm);
}

enum { COMPONENT_LOT_CODE = 0 };

/* extra: lot_norm, lot_skeleton */
static int derive_component(const struct catalog_known *known, struct catalog_row *row)
{
    char skeleton[PN_BYTES];
    const struct catalog_value *lot = &row->value[COMPONENT_LOT_CODE];
    if (normalise(row, lot, "lot_code", &row->extra[0]) != 0)
        return -1;
    pn_skeleton(row->extra[0].text, skeleton);
    set_text(&row->extra[1], skeleton);
    uint32_t number = catalog_map_lot(&known->stock, row->extra[0].text);
    if (number == ARENA_NONE ||
        strcmp(catalog_map_text(&known->stock, known->stock.components[number].lot_code), lot->text) == 0)
        return 0;
    return catalog_row_wrong(row, "lot_code", "E_LOT_CLASH", "Another lot has this code in a different spelling.");
}

enum { MAP_VENDOR = 0, MAP_PART_NUMBER, MAP_LOT_CODE };

/* extra: vendor_norm, pn_norm, pn_skeleton, component_id */
static int derive_part_number(const struct catalog_known *known, struct catalog_row *row)
{
    char skeleton[PN_BYTES];
    set_text(&row->extra[0], "");
    if (row->value[MAP_VENDOR].n && normalise(row, &row->value[MAP_VENDOR], "vendor", &row->extra[0]) != 0)
        return -1;
    if (normalise(row, &row->value[MAP_PART_NUMBER], "part_number", &row->extra[1]) != 0)
        return -1;
    pn_skeleton(row->extra[1].text, skeleton);
    set_text(&row->extra[2], skeleton);
    uint32_t lot = find_lot(known, &row->value[MAP_LOT_CODE]);
    if (lot == ARENA_NONE)
        return catalog_row_wrong(row, "lot_code", "E_LOT_UNKNOWN",
                                 "No component has this lot code; import components first.");
    set_id(&row->extra[3], known->stock.components[lot].id);
    return 0;
}

enum {
    QUOTE_PARTY_KIND = 1,
    QUOTE_PARTY_CODE,
    QUOTE_LOT_CODE,
    QUOTE_PART_NUMBER,
    QUOTE_QUOTED_ON = 12,
    QUOTE_VALID_UNTIL
};

struct party_key {
    const struct catalog_known *known;
    const char *text; /* kind, colon, code */
};

static bool same_party(const void *ctx, uint32_t number)
{
    const struct party_key *key = ctx;
    return strcmp(catalog_map_text(&key->known->stock, key->known->parties[number].code), key->text) == 0;
}

static uint32_t find_party(const struct catalog_known *known, const char *kind, const char *code)
{
    char text[2 * CATALOG_TEXT];
    int n = snprintf(text, sizeof text, "%s:%s", kind, code);
    struct party_key key = {known, text};
    uint32_t at = arena_index_find(&known->by_party, arena_hash(text, (size_t)n), same_party, &key);
    return at == ARENA_NONE ? 0 : known->parties[at].id;
}

void catalog_known_add_party(struct catalog_known *known, uint32_t id, const char *kind, const char *code)
{
    char text[2 * CATALOG_TEXT];
    int n = snprintf(text, sizeof text, "%s:%s", kind, code);
    known->parties = grow(known->parties, &known->room_parties, known->n_parties + 1, sizeof *known->parties);
    known->parties[known->n_parties] = (struct catalog_party){id, arena_add(&known->stock.text, text, (size_t)n)};
    arena_index_add(&known->by_party, arena_hash(text, (size_t)n), known->n_parties++);
}

void catalog_known_fini(struct catalog_known *known)
{
    catalog_map_fini(&known->stock);
    arena_index_fini(&known->by_party);
    free(known->parties);
    *known = (struct catalog_known){.parties = NULL};
}

/* The lot of a part number; none if the map names several or does not know the number. */
static uint32_t lot_of_number(const struct catalog_known *known, const char *pn_norm)
{
    struct catalog_found found;
    if (*pn_norm == '\0' || catalog_map_find(&known->stock, pn_norm, "", &found) != CATALOG_MATCH)
        return ARENA_NONE;
    return found.component;
}

/* extra: party_id, component_id, pn_norm */
static int derive_quote(const struct catalog_known *known, struct catalog_row *row)
{
    const struct catalog_value *v = row->value;
    uint32_t party = find_party(known, v[QUOTE_PARTY_KIND].text, v[QUOTE_PARTY_CODE].text);
    set_text(&row->extra[2], "");
    if (party == 0)
        return catalog_row_wrong(row, "party_code", "E_PARTY_UNKNOWN",
                                 "No party has this kind and code; import parties first.");
    if (!v[QUOTE_PART_NUMBER].null && normalise(row, &v[QUOTE_PART_NUMBER], "part_number", &row->extra[2]) != 0)
        return -1;
    uint32_t lot = find_lot(known, &v[QUOTE_LOT_CODE]);
    if (lot == ARENA_NONE)
        lot = lot_of_number(known, row->extra[2].text);
    if (lot == ARENA_NONE && v[QUOTE_PART_NUMBER].null)
        return catalog_row_wrong(row, "lot_code", "E_LOT_UNKNOWN", "Without a part number the lot must be known.");
    if (!v[QUOTE_VALID_UNTIL].null && strcmp(v[QUOTE_VALID_UNTIL].text, v[QUOTE_QUOTED_ON].text) < 0)
        return catalog_row_wrong(row, "valid_until", "E_DATE", "It is before quoted_on.");
    set_id(&row->extra[0], party);
    set_id(&row->extra[1], lot == ARENA_NONE ? 0 : known->stock.components[lot].id);
    return 0;
}

/* ---- The list -------------------------------------------------------------------------------------------------- */

static const struct catalog_table tables[] = {
    {.name = "components",
     .target = "component",
     .columns = component_columns,
     .extras = {"lot_norm", "lot_skeleton"},
     .key = {"lot_code"},
     .key_index = "uq_lot",
     .file_key = {"lot_norm"},
     .blamed = "lot_code",
     .relinks = true,
     .derive = derive_component},
    {.name = "part_numbers",
     .target = "part_number_map",
     .columns = part_number_columns,
     .extras = {"vendor_norm", "pn_norm", "pn_skeleton", "component_id"},
     .key = {"pn_norm", "vendor_norm"},
     .key_index = "uq_map",
     .file_key = {"pn_norm", "vendor_norm"},
     .blamed = "part_number",
     .relinks = true,
     .derive = derive_part_number},
    {.name = "parties",
     .target = "party",
     .columns = party_columns,
     .key = {"kind", "code"},
     .key_index = "uq_party",
     .file_key = {"kind", "code"},
     .blamed = "code"},
    {.name = "warehouses",
     .target = "warehouse",
     .columns = warehouse_columns,
     .key = {"code"},
     .key_index = "uq_wh",
     .file_key = {"code"},
     .blamed = "code"},
    {.name = "rates",
     .target = "currency_rate",
     .columns = rate_columns,
     .key = {"currency", "rate_date"},
     .key_index = "PRIMARY",
     .file_key = {"currency", "rate_date"},
     .blamed = "rate_date"},
    {.name = "quotes",
     .target = "price_quote",
     .columns = quote_columns,
     .extras = {"party_id", "component_id", "pn_norm"},
     .key = {"ext_ref"},
     .key_index = "uq_ext",
     .file_key = {"ext_ref"},
     .blamed = "ext_ref",
     .keep_known = true,
     .derive = derive_quote},
};
#define N_TABLES (sizeof tables / sizeof tables[0])

const char *const catalog_table_names[] = {"components", "part_numbers", "parties", "warehouses",
                                           "rates",      "quotes",       NULL};

const struct catalog_table *catalog_table(const char *name)
{
    for (size_t i = 0; i < N_TABLES; i++)
        if (strcmp(tables[i].name, name) == 0)
            return &tables[i];
    return NULL;
}

size_t catalog_columns(const struct catalog_table *table)
{
    size_t n = 0;
    while (table->columns[n].name)
        n++;
    return n;
}

int catalog_column_at(const struct catalog_table *table, const char *name, size_t n)
{
    for (int i = 0; table->columns[i].name; i++)
        if (strlen(table->columns[i].name) == n && memcmp(table->columns[i].name, name, n) == 0)
            return i;
    return -1;
}

size_t catalog_heading(const struct catalog_table *table, char out[CATALOG_HEADING])
{
    size_t used = 0, n = catalog_columns(table);
    for (size_t i = 0; i < n; i++) {
        int len =
            snprintf(out + used, CATALOG_HEADING - used, "%s%s", table->columns[i].name, i + 1 < n ? "," : "\r\n");
        if (len < 0 || (size_t)len >= CATALOG_HEADING - used)
            abort(); /* the descriptions are our own */
        used += (size_t)len;
    }
    return used;
}

struct catalog_value *catalog_value_of(const struct catalog_table *table, struct catalog_row *row, const char *name)
{
    for (size_t i = 0; table->extras[i]; i++)
        if (strcmp(table->extras[i], name) == 0)
            return &row->extra[i];
    int at = catalog_column_at(table, name, strlen(name));
    return at < 0 ? NULL : &row->value[at];
}
