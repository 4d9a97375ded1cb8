/* Identity of a row: part number, lot, item code or a number inside the name, looked up in the catalogue. */
#include "handlers/stock/line/line.h"

#include "base/utf8.h"
#include "handlers/stock/line/name.h"
#include "handlers/values/rewritten.h"

#include <stdio.h>
#include <string.h>

#define TOKEN_MIN   5
#define CODE_VENDOR "1C" /* item codes of 1C stand in the map under this vendor */

/* Where a number may stand, the first wins. */
static const enum stock_field identities[] = {FIELD_PART_NUMBER, FIELD_LOT, FIELD_CODE};

/* The field's cell; NULL if it is empty or an error value (#N/A), which says nothing about identity. */
static const struct grid_cell *given(const struct table_row *row, enum stock_field field)
{
    const struct grid_cell *cell = row->field[field];
    return !cell || cell->kind == GRID_ERROR || cell_empty(cell) ? NULL : cell;
}

/* Text of an identifying cell into ident->part_number. */
static enum pn_form identity_text(const struct grid_cell *cell, struct stock_ident *ident)
{
    size_t n;
    struct cell_span text = cell_span(cell);
    if (cell->kind == GRID_DATE)
        return PN_SCIENTIFIC;
    if (cell->kind == GRID_NUMBER) {
        enum pn_form form = pn_number_form(text.s, text.n, cell->zero_pad, ident->digits, &n);
        ident->part_number = (struct cell_span){NULL, n};
        return form;
    }
    ident->part_number = text;
    enum pn_form form = cell->kind == GRID_TEXT ? pn_text_form(text.s, text.n) : PN_AS_WRITTEN;
    if (form != PN_MANGLED)
        return form;
    if (text.n >= sizeof ident->digits)
        return PN_SCIENTIFIC;
    memcpy(ident->digits, text.s, text.n); /* terminated, for the look-up of what is written so */
    ident->digits[text.n] = '\0';
    return form;
}

static enum pn_status normalise(struct stock_ident *ident, bool *folded)
{
    struct cell_span text = stock_ident_text(ident);
    return pn_normalise(text.s, text.n, ident->pn_norm, folded);
}

static enum stock_code status_code(enum pn_status status)
{
    static const enum stock_code codes[] = {
        [PN_OK] = CODE_NONE, [PN_EMPTY] = E_PN_EMPTY, [PN_LONG] = E_PN_LONG, [PN_ENCODING] = E_ENCODING};
    return codes[status];
}

/* ---- Numbers inside a name ------------------------------------------------------------------------------------- */

struct name_scan {
    unsigned lots;                        /* known lots: 0, 1, or 2 for several */
    struct cell_span token;               /* the first known one */
    char norm[PN_BYTES], rival[PN_BYTES]; /* of the first, and of one that names another lot */
    bool folded;
    struct catalog_found found;
};

static void try_token(const struct stock_context *context, const char *vendor_norm, const struct name_tokens *token,
                      struct name_scan *scan)
{
    struct catalog_found found;
    enum catalog_match match = catalog_map_find(context->catalog, token->norm, vendor_norm, &found);
    if (match == CATALOG_UNKNOWN)
        return;
    if (scan->lots == 0) {
        scan->token = token->text;
        scan->folded = token->folded;
        scan->found = found;
        memcpy(scan->norm, token->norm, sizeof scan->norm);
    }
    bool other = match == CATALOG_AMBIGUOUS || (scan->lots > 0 && found.component != scan->found.component);
    if (other && scan->lots == 1)
        memcpy(scan->rival, token->norm, sizeof scan->rival);
    scan->lots = other ? 2 : scan->lots ? scan->lots : 1;
}

static void scan_name(const struct stock_context *context, const struct table_row *row, const char *vendor_norm,
                      struct name_scan *scan)
{
    struct name_tokens tokens = name_tokens_of(cell_span(given(row, FIELD_NAME)));
    scan->lots = 0;
    scan->rival[0] = '\0';
    while (name_tokens_next(&tokens))
        try_token(context, vendor_norm, &tokens, scan);
}

/* A vendor that cannot be read counts as not given; the number still decides. */
void stock_vendor_read(const struct table_row *row, char *vendor_norm)
{
    struct cell_span vendor = cell_span(given(row, FIELD_VENDOR));
    if (vendor.n == 0 || pn_normalise(vendor.s, vendor.n, vendor_norm, NULL) != PN_OK)
        vendor_norm[0] = '\0';
}

/* ---- Look-up --------------------------------------------------------------------------------------------------- */

static void take_entry(const struct catalog_map *catalog, struct stock_ident *ident, uint32_t entry)
{
    ident->entry = entry;
    if (entry != ARENA_NONE)
        snprintf(ident->vendor_norm, sizeof ident->vendor_norm, "%s",
                 catalog_map_text(catalog, catalog->entries[entry].vendor));
}

/* The lot that the row's lot column names, or ARENA_NONE. */
static uint32_t named_lot(const struct stock_context *context, const struct table_row *row)
{
    struct stock_ident lot;
    const struct grid_cell *cell = given(row, FIELD_LOT);
    if (!cell || identity_text(cell, &lot) != PN_AS_WRITTEN)
        return ARENA_NONE;
    if (normalise(&lot, NULL) != PN_OK)
        return ARENA_NONE;
    return catalog_map_lot(context->catalog, lot.pn_norm);
}

static bool look_up(const struct stock_context *context, struct stock_ident *ident, struct stock_verdict *verdict)
{
    struct catalog_found found;
    enum catalog_match match =
        ident->rewritten
            ? catalog_map_find_written(context->catalog, ident->digits, ident->pn_norm, ident->vendor_norm, &found)
            : catalog_map_find(context->catalog, ident->pn_norm, ident->vendor_norm, &found);
    if (match == CATALOG_AMBIGUOUS) {
        stock_fault_add(verdict, E_PN_AMBIGUOUS, (enum stock_field)ident->from);
        ident->settled = false;
        return true;
    }
    if (match == CATALOG_UNKNOWN)
        return false;
    ident->component = found.component;
    take_entry(context->catalog, ident, found.entry);
    if (found.other_vendor)
        stock_fault_add(verdict, W_VENDOR, FIELD_VENDOR);
    return true;
}

/* Finds the entry of an item code among the numbers of 1C, or of the party whose price list it is. */
static bool find_code(const struct stock_context *context, const char *code, struct catalog_found *found)
{
    const struct catalog_map *catalog = context->catalog;
    const char *vendor = context->own ? context->own : CODE_VENDOR;
    return catalog_map_find(catalog, code, vendor, found) == CATALOG_MATCH && found->entry != ARENA_NONE &&
           strcmp(catalog_map_text(catalog, catalog->entries[found->entry].vendor), vendor) == 0;
}

static bool look_up_code(const struct stock_context *context, struct stock_ident *ident)
{
    struct catalog_found found;
    const struct catalog_map *catalog = context->catalog;
    if (!find_code(context, ident->pn_norm, &found))
        return false;
    ident->component = found.component;
    take_entry(catalog, ident, found.entry);
    return true;
}

static void name_rivals(const struct name_scan *scan, struct stock_verdict *verdict)
{
    stock_fault_addf(verdict, E_PN_AMBIGUOUS, FIELD_NAME, "%s%s%s", scan->norm, *scan->rival ? " or " : "",
                     scan->rival);
    stock_fault_fact(verdict, E_PN_AMBIGUOUS, "number", "%s", scan->norm);
    if (*scan->rival)
        stock_fault_fact(verdict, E_PN_AMBIGUOUS, "rival", "%s", scan->rival);
}

static void take_token(const struct stock_context *context, struct name_scan *scan, struct stock_ident *ident,
                       struct stock_verdict *verdict)
{
    stock_fault_addf(verdict, W_PN_FROM_NAME, FIELD_NAME, "%.*s", (int)scan->token.n, scan->token.s);
    stock_fault_fact(verdict, W_PN_FROM_NAME, "number", "%.*s", (int)scan->token.n, scan->token.s);
    if (scan->folded)
        stock_fault_add(verdict, W_PN_FOLDED, FIELD_NAME);
    if (scan->found.other_vendor)
        stock_fault_add(verdict, W_VENDOR, FIELD_VENDOR);
    ident->from = FIELD_NAME;
    ident->settled = true;
    ident->part_number = scan->token;
    memcpy(ident->pn_norm, scan->norm, sizeof scan->norm);
    ident->component = scan->found.component;
    take_entry(context->catalog, ident, scan->found.entry);
}

/* Where a row that names nothing should have named it: the first column of an identity. */
static enum stock_field missing_field(const struct stock_context *context)
{
    for (size_t i = 0; i < sizeof identities / sizeof identities[0]; i++)
        if (table_heading_has(context->heading, identities[i]))
            return identities[i];
    return FIELD_NAME;
}

static void from_name(const struct stock_context *context, const struct table_row *row, struct stock_ident *ident,
                      struct stock_verdict *verdict)
{
    struct name_scan scan;
    struct cell_span name = cell_span(given(row, FIELD_NAME));
    if (!utf8_valid(name.s, name.n)) {
        stock_fault_add(verdict, E_ENCODING, FIELD_NAME);
        return;
    }
    scan_name(context, row, ident->vendor_norm, &scan);
    ident->known = scan.lots > 0;
    if (scan.lots == 0 || !context->params->pn_from_name)
        stock_fault_add(verdict, E_PN_EMPTY, missing_field(context));
    else if (scan.lots > 1)
        name_rivals(&scan, verdict);
    else
        take_token(context, &scan, ident, verdict);
}

/* Reads the cell that `from` names. Returns false if it is no number that can be looked up. */
static bool read_identity(const struct table_row *row, struct stock_ident *ident, struct stock_verdict *verdict)
{
    bool folded = false;
    enum stock_field from = (enum stock_field)ident->from;
    enum pn_form form = identity_text(given(row, from), ident);
    ident->rewritten = form == PN_MANGLED;
    enum stock_code code = form == PN_SCIENTIFIC ? E_PN_SCI : CODE_NONE;
    if (code == CODE_NONE)
        code = status_code(normalise(ident, &folded));
    if (code != CODE_NONE) {
        ident->pn_norm[0] = '\0';
        stock_fault_add(verdict, code, from);
        return false;
    }
    if (folded)
        stock_fault_add(verdict, W_PN_FOLDED, from);
    return true;
}

/* Is the number in this column known to the map or as a lot? */
static bool knows_field(const struct stock_context *context, const struct table_row *row, enum stock_field field)
{
    struct stock_ident ident;
    struct catalog_found found;
    const struct grid_cell *cell = given(row, field);
    if (!cell || identity_text(cell, &ident) != PN_AS_WRITTEN)
        return false;
    if (normalise(&ident, NULL) != PN_OK)
        return false;
    if (field == FIELD_CODE && context->own)
        return find_code(context, ident.pn_norm, &found);
    return catalog_map_find(context->catalog, ident.pn_norm, "", &found) != CATALOG_UNKNOWN;
}

/* Finds the lot of a number that was read. Returns whether it is known. */
static bool find_lot(const struct stock_context *context, const struct table_row *row, struct stock_ident *ident,
                     struct stock_verdict *verdict)
{
    uint32_t lot = named_lot(context, row);
    ident->settled = true;
    if (lot != ARENA_NONE) {
        ident->component = lot;
        take_entry(context->catalog, ident,
                   catalog_map_entry_of(context->catalog, ident->pn_norm, ident->vendor_norm, lot));
        return true;
    }
    if (ident->from == FIELD_CODE && !ident->rewritten && look_up_code(context, ident))
        return true;
    if (ident->from == FIELD_CODE && context->own)
        return false;
    return look_up(context, ident, verdict);
}

/* Does the map know a rewritten number exactly as it is written now? Else it says nothing. */
static bool knows_written(const struct stock_context *context, const struct stock_ident *ident)
{
    struct catalog_found found;
    return catalog_map_find_written(context->catalog, ident->digits, ident->pn_norm, "", &found) != CATALOG_UNKNOWN;
}

static void find_number(const struct stock_context *context, const struct table_row *row, struct stock_ident *ident,
                        struct stock_verdict *verdict)
{
    if (!read_identity(row, ident, verdict))
        return;
    if (!ident->rewritten || knows_written(context, ident)) {
        ident->known = find_lot(context, row, ident, verdict);
        return;
    }
    ident->pn_norm[0] = '\0';
    stock_fault_add(verdict, E_PN_MANGLED, (enum stock_field)ident->from);
}

/* ---- Codes of a party's own ------------------------------------------------------------------------------------ */

/* Takes a known number in the name, if there is exactly one. */
static bool number_in_name(const struct stock_context *context, const struct table_row *row, struct stock_ident *ident,
                           struct stock_verdict *verdict)
{
    struct name_scan scan;
    struct cell_span name = cell_span(given(row, FIELD_NAME));
    if (!context->params->pn_from_name || name.n == 0 || !utf8_valid(name.s, name.n))
        return false;
    scan_name(context, row, ident->vendor_norm, &scan);
    if (scan.lots != 1)
        return false;
    take_token(context, &scan, ident, verdict);
    return ident->known = true;
}

/* A party's code that no entry knows: a known number in the name says more. Else the code waits under the party's name,
 * so that it is nobody else's. */
static void settle_own(const struct stock_context *context, const struct table_row *row, struct stock_ident *ident,
                       struct stock_verdict *verdict)
{
    char norm[2 * PN_BYTES];
    if (ident->component == ARENA_NONE && number_in_name(context, row, ident, verdict))
        return;
    int n = snprintf(norm, sizeof norm, "%s=%s", context->own, ident->pn_norm);
    ident->vendor_norm[0] = '\0';
    if (utf8_count(norm, (size_t)n) > PN_MAX) {
        stock_fault_add(verdict, E_PN_LONG, FIELD_CODE);
        ident->pn_norm[0] = '\0';
        ident->settled = false;
        return;
    }
    memcpy(ident->pn_norm, norm, (size_t)n + 1);
}

void stock_identify(const struct stock_context *context, const struct table_row *row, struct stock_ident *ident,
                    struct stock_verdict *verdict)
{
    ident->pn_norm[0] = '\0';
    ident->part_number = (struct cell_span){"", 0};
    ident->component = ident->entry = ARENA_NONE;
    ident->from = FIELD_NONE;
    ident->known = ident->settled = ident->rewritten = false;
    stock_vendor_read(row, ident->vendor_norm);
    for (size_t i = 0; i < sizeof identities / sizeof identities[0] && ident->from == FIELD_NONE; i++)
        if (given(row, identities[i]))
            ident->from = (uint8_t)identities[i];
    if (ident->from == FIELD_NONE) {
        from_name(context, row, ident, verdict);
        return;
    }
    find_number(context, row, ident, verdict);
    if (context->own && ident->from == FIELD_CODE && ident->settled)
        settle_own(context, row, ident, verdict);
    for (size_t i = 0; i < sizeof identities / sizeof identities[0] && !ident->known; i++)
        ident->known = identities[i] > ident->from && knows_field(context, row, identities[i]);
}
