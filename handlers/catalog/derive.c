/* Derived values of catalogue rows. */
#include "handlers/catalog/derive.h"

#include "base/grow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
    set_text(to, status == PN_OK ? norm : "");
    if (status == PN_EMPTY)
        return catalog_row_wrong(row, field, "E_PN_EMPTY", "there is no letter or digit in «%.40s»", from->text);
    if (status == PN_LONG)
        return catalog_row_wrong(row, field, "E_PN_LONG", "it has more than 64 letters and digits; shorten it");
    if (status != PN_OK)
        return catalog_row_wrong(row, field, "E_ENCODING", "the text is not valid UTF-8; export the file again");
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

static void lot_unknown(struct catalog_row *row, const struct catalog_value *lot, const char *cure)
{
    catalog_row_wrong(row, "lot_code", "E_LOT_UNKNOWN", "no component has the lot code «%.64s»; %s", lot->text, cure);
}

enum { COMPONENT_LOT_CODE = 0 };

/* extra: lot_norm, lot_skeleton */
void catalog_derive_component(const struct catalog_known *known, struct catalog_row *row)
{
    char skeleton[PN_BYTES];
    const struct catalog_value *lot = &row->value[COMPONENT_LOT_CODE];
    row->keyless = row->bad[COMPONENT_LOT_CODE] || normalise(row, lot, "lot_code", &row->extra[0]) != 0;
    if (row->keyless)
        return;
    pn_skeleton(row->extra[0].text, skeleton);
    set_text(&row->extra[1], skeleton);
    uint32_t number = catalog_map_lot(&known->stock, row->extra[0].text);
    if (number == ARENA_NONE)
        return;
    const char *code = catalog_map_text(&known->stock, known->stock.components[number].lot_code);
    if (strcmp(code, lot->text) != 0)
        catalog_row_wrong(row, "lot_code", "E_LOT_CLASH", "another lot has this code in a different spelling: «%.64s»",
                          code);
}

enum { MAP_VENDOR = 0, MAP_PART_NUMBER, MAP_LOT_CODE };

/* extra: vendor_norm, pn_norm, pn_skeleton, component_id */
void catalog_derive_part_number(const struct catalog_known *known, struct catalog_row *row)
{
    char skeleton[PN_BYTES];
    const struct catalog_value *v = row->value;
    set_text(&row->extra[0], "");
    row->keyless = row->bad[MAP_VENDOR] || row->bad[MAP_PART_NUMBER];
    if (!row->bad[MAP_VENDOR] && v[MAP_VENDOR].n && normalise(row, &v[MAP_VENDOR], "vendor", &row->extra[0]) != 0)
        row->keyless = true;
    if (!row->bad[MAP_PART_NUMBER] && normalise(row, &v[MAP_PART_NUMBER], "part_number", &row->extra[1]) != 0)
        row->keyless = true;
    if (!row->keyless) {
        pn_skeleton(row->extra[1].text, skeleton);
        set_text(&row->extra[2], skeleton);
    }
    if (row->bad[MAP_LOT_CODE])
        return;
    uint32_t lot = find_lot(known, &v[MAP_LOT_CODE]);
    if (lot == ARENA_NONE)
        lot_unknown(row, &v[MAP_LOT_CODE], "import components first");
    else
        set_id(&row->extra[3], known->stock.components[lot].id);
}

/* ---- Quotes ---------------------------------------------------------------------------------------------------- */

enum {
    QUOTE_EXT_REF = 0,
    QUOTE_PARTY_KIND,
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

static void derive_party(const struct catalog_known *known, struct catalog_row *row)
{
    const struct catalog_value *v = row->value;
    if (row->bad[QUOTE_PARTY_KIND] || row->bad[QUOTE_PARTY_CODE])
        return;
    uint32_t party = find_party(known, v[QUOTE_PARTY_KIND].text, v[QUOTE_PARTY_CODE].text);
    set_id(&row->extra[0], party);
    if (party == 0)
        catalog_row_wrong(row, "party_code", "E_PARTY_UNKNOWN", "no %s has the code «%.32s»; import parties first",
                          v[QUOTE_PARTY_KIND].text, v[QUOTE_PARTY_CODE].text);
}

static void derive_lot(const struct catalog_known *known, struct catalog_row *row)
{
    const struct catalog_value *v = row->value;
    set_text(&row->extra[2], "");
    set_id(&row->extra[1], 0);
    if (row->bad[QUOTE_LOT_CODE] || row->bad[QUOTE_PART_NUMBER] ||
        (!v[QUOTE_PART_NUMBER].null && normalise(row, &v[QUOTE_PART_NUMBER], "part_number", &row->extra[2]) != 0))
        return;
    uint32_t lot = find_lot(known, &v[QUOTE_LOT_CODE]);
    if (lot == ARENA_NONE)
        lot = lot_of_number(known, row->extra[2].text);
    if (lot != ARENA_NONE)
        set_id(&row->extra[1], known->stock.components[lot].id);
    else if (v[QUOTE_PART_NUMBER].null && v[QUOTE_LOT_CODE].null)
        catalog_row_wrong(row, "lot_code", "E_LOT_UNKNOWN", "there is neither a lot code nor a part number");
    else if (v[QUOTE_PART_NUMBER].null)
        lot_unknown(row, &v[QUOTE_LOT_CODE], "without a part number the lot must be known");
}

/* extra: party_id, component_id, pn_norm */
void catalog_derive_quote(const struct catalog_known *known, struct catalog_row *row)
{
    const struct catalog_value *v = row->value;
    row->keyless = row->bad[QUOTE_EXT_REF];
    derive_party(known, row);
    derive_lot(known, row);
    if (row->bad[QUOTE_QUOTED_ON] || row->bad[QUOTE_VALID_UNTIL] || v[QUOTE_VALID_UNTIL].null)
        return;
    if (strcmp(v[QUOTE_VALID_UNTIL].text, v[QUOTE_QUOTED_ON].text) < 0)
        catalog_row_wrong(row, "valid_until", "E_DATE", "%s is before the day of the quote, %s",
                          v[QUOTE_VALID_UNTIL].text, v[QUOTE_QUOTED_ON].text);
}
