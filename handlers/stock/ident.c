/* Identity of a row: part number, lot, item code or a number inside the name, looked up in the catalogue. */
#include "handlers/stock/line.h"

#include "base/utf8.h"

#include <stdio.h>
#include <string.h>

#define EXCEL_DIGITS 15 /* a double, and so Excel, keeps no more digits of a number */
#define TOKEN_MIN    5
#define CODE_VENDOR  "1C" /* item codes of 1C stand in the map under this vendor */

/* Where a number may stand, the first wins. */
static const enum stock_field identities[] = {FIELD_PART_NUMBER, FIELD_LOT, FIELD_CODE};

/* The field's cell; NULL if it is empty or an error value (#N/A), which says nothing about identity. */
static const struct grid_cell *given(const struct table_row *row, enum stock_field field)
{
    const struct grid_cell *cell = row->field[field];
    return !cell || cell->kind == GRID_ERROR || cell_empty(cell) ? NULL : cell;
}

/* "1.23E+15", "1,2E+5": what Excel leaves of a long number. */
static bool looks_scientific(struct cell_span text)
{
    size_t i = 0, n = text.n;
    const char *s = text.s;
    while (i < n && s[i] >= '0' && s[i] <= '9')
        i++;
    if (i == 0)
        return false;
    if (i < n && (s[i] == '.' || s[i] == ','))
        for (i++; i < n && s[i] >= '0' && s[i] <= '9';)
            i++;
    if (i + 2 >= n || (s[i] != 'E' && s[i] != 'e') || s[i + 1] != '+')
        return false;
    for (i += 2; i < n && s[i] >= '0' && s[i] <= '9';)
        i++;
    return i == n;
}

/* A whole number: padded as its format shows it. */
static enum stock_code whole_number(dec128 value, unsigned zero_pad, struct stock_ident *ident)
{
    char plain[48];
    size_t n = dec_format(value, 0, false, plain, sizeof plain);
    if (n - (value < 0) > EXCEL_DIGITS)
        return E_PN_SCI;
    size_t pad = value >= 0 && zero_pad > n && zero_pad < sizeof ident->digits ? zero_pad - n : 0;
    memset(ident->digits, '0', pad);
    memcpy(ident->digits + pad, plain, n + 1);
    ident->part_number = (struct cell_span){ident->digits, pad + n};
    return CODE_NONE;
}

static enum stock_code number_cell(const struct grid_cell *cell, struct stock_ident *ident)
{
    struct cell_span text = cell_span(cell);
    dec128 value;
    bool lost = false;
    if (dec_parse(text.s, text.n, 0, &value, &lost) != 0)
        return E_PN_SCI;
    if (!lost)
        return whole_number(value, cell->zero_pad, ident);
    if (memchr(text.s, 'e', text.n) || memchr(text.s, 'E', text.n) || text.n > EXCEL_DIGITS + 2)
        return E_PN_SCI;
    ident->part_number = text;
    return CODE_NONE;
}

/* Text of an identifying cell into ident->part_number. */
static enum stock_code identity_text(const struct grid_cell *cell, struct stock_ident *ident)
{
    if (cell->kind == GRID_NUMBER)
        return number_cell(cell, ident);
    if (cell->kind == GRID_DATE)
        return E_PN_SCI;
    ident->part_number = cell_span(cell);
    return cell->kind == GRID_TEXT && looks_scientific(ident->part_number) ? E_PN_SCI : CODE_NONE;
}

static enum stock_code status_code(enum pn_status status)
{
    static const enum stock_code codes[] = {
        [PN_OK] = CODE_NONE, [PN_EMPTY] = E_PN_EMPTY, [PN_LONG] = E_PN_LONG, [PN_ENCODING] = E_ENCODING};
    return codes[status];
}

/* ---- Numbers inside a name ------------------------------------------------------------------------------------- */

struct name_scan {
    const char *at, *end;
    unsigned lots;          /* known lots: 0, 1, or 2 for several */
    struct cell_span token; /* the first known one */
    char norm[PN_BYTES];
    bool folded;
    struct catalog_found found;
};

static bool is_separator(uint32_t cp)
{
    return utf8_is_space(cp) || cp == 0xab || cp == 0xbb || (cp > 0 && cp < 0x80 && strchr(",;()[]\"", (int)cp));
}

/* The next run of characters between separators; n 0 at the end. */
static struct cell_span next_token(struct name_scan *scan)
{
    const char *start = NULL;
    while (scan->at < scan->end) {
        size_t len;
        uint32_t cp = utf8_decode(scan->at, (size_t)(scan->end - scan->at), &len);
        bool separator = is_separator(cp);
        if (start && separator)
            break;
        if (!start && !separator)
            start = scan->at;
        scan->at += len;
    }
    return start ? (struct cell_span){start, (size_t)(scan->at - start)} : (struct cell_span){"", 0};
}

static bool can_be_number(const char *norm)
{
    unsigned characters = 0;
    bool digit = false;
    for (const char *p = norm; *p; p++) {
        characters += ((unsigned char)*p & 0xc0) != 0x80;
        digit |= *p >= '0' && *p <= '9';
    }
    return characters >= TOKEN_MIN && digit;
}

static void try_token(const struct stock_context *context, const char *vendor_norm, struct cell_span token,
                      struct name_scan *scan)
{
    char norm[PN_BYTES];
    bool folded = false;
    struct catalog_found found;
    if (pn_normalise(token.s, token.n, norm, &folded) != PN_OK || !can_be_number(norm))
        return;
    enum catalog_match match = catalog_map_find(context->catalog, norm, vendor_norm, &found);
    if (match == CATALOG_UNKNOWN)
        return;
    if (scan->lots == 0) {
        scan->token = token;
        scan->folded = folded;
        scan->found = found;
        memcpy(scan->norm, norm, sizeof norm);
    }
    bool other = match == CATALOG_AMBIGUOUS || (scan->lots > 0 && found.component != scan->found.component);
    scan->lots = other ? 2 : scan->lots ? scan->lots : 1;
}

static void scan_name(const struct stock_context *context, const struct table_row *row, const char *vendor_norm,
                      struct name_scan *scan)
{
    struct cell_span name = cell_span(given(row, FIELD_NAME));
    *scan = (struct name_scan){.at = name.s, .end = name.s + name.n};
    for (struct cell_span token = next_token(scan); token.n; token = next_token(scan))
        try_token(context, vendor_norm, token, scan);
}

/* A vendor that cannot be read counts as not given; the number still decides. */
static void read_vendor(const struct table_row *row, char *vendor_norm)
{
    struct cell_span vendor = cell_span(given(row, FIELD_VENDOR));
    if (vendor.n == 0 || pn_normalise(vendor.s, vendor.n, vendor_norm, NULL) != PN_OK)
        vendor_norm[0] = '\0';
}

bool stock_name_known(const struct stock_context *context, const struct table_row *row)
{
    char vendor_norm[PN_BYTES];
    struct name_scan scan;
    read_vendor(row, vendor_norm);
    scan_name(context, row, vendor_norm, &scan);
    return scan.lots > 0;
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
    if (!cell || identity_text(cell, &lot) != CODE_NONE)
        return ARENA_NONE;
    if (pn_normalise(lot.part_number.s, lot.part_number.n, lot.pn_norm, NULL) != PN_OK)
        return ARENA_NONE;
    return catalog_map_lot(context->catalog, lot.pn_norm);
}

static enum catalog_match look_up(const struct stock_context *context, struct stock_ident *ident,
                                  struct stock_verdict *verdict)
{
    struct catalog_found found;
    enum catalog_match match = catalog_map_find(context->catalog, ident->pn_norm, ident->vendor_norm, &found);
    if (match == CATALOG_AMBIGUOUS) {
        stock_fault_add(verdict, E_PN_AMBIGUOUS, (enum stock_field)ident->from);
        return match;
    }
    ident->component = found.component;
    take_entry(context->catalog, ident, found.entry);
    if (found.other_vendor)
        stock_fault_add(verdict, W_VENDOR, FIELD_VENDOR);
    return match;
}

/* An item code is looked up first as 1C's own number. */
static bool look_up_code(const struct stock_context *context, struct stock_ident *ident)
{
    struct catalog_found found;
    const struct catalog_map *catalog = context->catalog;
    if (catalog_map_find(catalog, ident->pn_norm, CODE_VENDOR, &found) != CATALOG_MATCH || found.entry == ARENA_NONE)
        return false;
    if (strcmp(catalog_map_text(catalog, catalog->entries[found.entry].vendor), CODE_VENDOR) != 0)
        return false;
    ident->component = found.component;
    take_entry(catalog, ident, found.entry);
    return true;
}

static void take_token(const struct stock_context *context, struct name_scan *scan, struct stock_ident *ident,
                       struct stock_verdict *verdict)
{
    stock_fault_add(verdict, W_PN_FROM_NAME, FIELD_NAME);
    if (scan->folded)
        stock_fault_add(verdict, W_PN_FOLDED, FIELD_NAME);
    if (scan->found.other_vendor)
        stock_fault_add(verdict, W_VENDOR, FIELD_VENDOR);
    ident->from = FIELD_NAME;
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
        stock_fault_add(verdict, E_PN_AMBIGUOUS, FIELD_NAME);
    else
        take_token(context, &scan, ident, verdict);
}

/* Reads the cell that `from` names. Returns false if it is no number that can be looked up. */
static bool read_identity(const struct table_row *row, struct stock_ident *ident, struct stock_verdict *verdict)
{
    bool folded = false;
    enum stock_field from = (enum stock_field)ident->from;
    enum stock_code code = identity_text(given(row, from), ident);
    if (code == CODE_NONE)
        code = status_code(pn_normalise(ident->part_number.s, ident->part_number.n, ident->pn_norm, &folded));
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
    if (!cell || identity_text(cell, &ident) != CODE_NONE)
        return false;
    if (pn_normalise(ident.part_number.s, ident.part_number.n, ident.pn_norm, NULL) != PN_OK)
        return false;
    return catalog_map_find(context->catalog, ident.pn_norm, "", &found) != CATALOG_UNKNOWN;
}

/* Finds the lot of a number that was read. */
static void find_lot(const struct stock_context *context, const struct table_row *row, struct stock_ident *ident,
                     struct stock_verdict *verdict)
{
    ident->component = named_lot(context, row);
    if (ident->component != ARENA_NONE) {
        take_entry(context->catalog, ident,
                   catalog_map_entry_of(context->catalog, ident->pn_norm, ident->vendor_norm, ident->component));
        ident->known = true;
    } else if (ident->from == FIELD_CODE && look_up_code(context, ident)) {
        ident->known = true;
    } else {
        ident->known = look_up(context, ident, verdict) != CATALOG_UNKNOWN;
    }
}

void stock_identify(const struct stock_context *context, const struct table_row *row, struct stock_ident *ident,
                    struct stock_verdict *verdict)
{
    ident->pn_norm[0] = '\0';
    ident->part_number = (struct cell_span){"", 0};
    ident->component = ident->entry = ARENA_NONE;
    ident->from = FIELD_NONE;
    ident->known = false;
    read_vendor(row, ident->vendor_norm);
    for (size_t i = 0; i < sizeof identities / sizeof identities[0] && ident->from == FIELD_NONE; i++)
        if (given(row, identities[i]))
            ident->from = (uint8_t)identities[i];
    if (ident->from == FIELD_NONE) {
        from_name(context, row, ident, verdict);
        return;
    }
    if (read_identity(row, ident, verdict))
        find_lot(context, row, ident, verdict);
    for (size_t i = 0; i < sizeof identities / sizeof identities[0] && !ident->known; i++)
        ident->known = identities[i] > ident->from && knows_field(context, row, identities[i]);
}
