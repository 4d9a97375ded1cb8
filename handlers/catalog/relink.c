/* Statements that give a lot to rows without one; each exists twice, for all rows and for one number. */
#include "handlers/catalog/relink.h"

#include "handlers/run/run.h"

#include <stdlib.h>
#include <string.h>

/* The map's row for a stock item without a lot. */
#define ONE_LOT(pn)                                                                                                    \
    "(SELECT MIN(o.id) FROM part_number_map o FORCE INDEX (uq_map) WHERE o.pn_norm = " pn                              \
    " HAVING MIN(o.component_id) = MAX(o.component_id))"
#define ANY_VENDOR(pn)                                                                                                 \
    "(SELECT a.id FROM part_number_map a FORCE INDEX (uq_map) WHERE a.pn_norm = " pn " AND a.vendor_norm = '')"
#define STOCK_MAP_ROW                                                                                                  \
    "COALESCE((SELECT v.id FROM part_number_map v FORCE INDEX (uq_map) WHERE v.pn_norm = t.pn_norm AND v.vendor_norm " \
    "= "                                                                                                               \
    "t.vendor_norm), " ANY_VENDOR("t.pn_norm") ", " ONE_LOT("t.pn_norm") ")"
#define QUOTE_MAP_ROW "COALESCE(" ANY_VENDOR("t.pn_norm") ", " ONE_LOT("t.pn_norm") ")"
#define NOT_MAPPED    "(SELECT MIN(n.id) FROM part_number_map n FORCE INDEX (uq_map) WHERE n.pn_norm = t.pn_norm) IS NULL"
#define UNITS_AGREE   "(t.unit = 'm') = (c.unit = 'm')"

/* A matched item takes the key of its map row; IGNORE leaves items whose new key already exists in the warehouse. */
#define REKEY_STOCK                                                                                                    \
    "UPDATE IGNORE stock_item t FORCE INDEX (ix_comp) STRAIGHT_JOIN part_number_map m FORCE INDEX (PRIMARY) ON m.id "  \
    "= " STOCK_MAP_ROW                                                                                                 \
    " STRAIGHT_JOIN component c FORCE INDEX (PRIMARY) ON c.id = m.component_id SET t.vendor_norm = m.vendor_norm "     \
    "WHERE t.component_id IS NULL AND t.vendor_norm <> m.vendor_norm AND " UNITS_AGREE
#define LINK_STOCK                                                                                                     \
    "UPDATE stock_item t FORCE INDEX (ix_comp) STRAIGHT_JOIN part_number_map m FORCE INDEX (PRIMARY) ON m.id "         \
    "= " STOCK_MAP_ROW " STRAIGHT_JOIN component c FORCE INDEX (PRIMARY) ON c.id = m.component_id SET t.component_id " \
    "= c.id, t.lot_qty = m.lot_qty, "                                                                                  \
    "t.unit = c.unit WHERE t.component_id IS NULL AND " UNITS_AGREE
#define LINK_STOCK_BY_LOT                                                                                              \
    "UPDATE stock_item t FORCE INDEX (ix_comp) STRAIGHT_JOIN component c FORCE INDEX (uq_lot_norm) ON c.lot_norm = "   \
    "t.pn_norm SET t.component_id = c.id, "                                                                            \
    "t.unit = c.unit WHERE t.component_id IS NULL AND " UNITS_AGREE " AND " NOT_MAPPED
/* A quote of an import was for so many pieces: it is for the lots in them now. If that is no whole number, or too large,
 * the price is divided. A quote whose price would vanish or burst goes on waiting. */
#define LOTS        "(t.price_per * m.lot_qty)"
#define WHOLE       "(t.quote_import_id IS NULL OR (" LOTS " = FLOOR(" LOTS ") AND " LOTS " <= 100000))"
#define PIECE_PRICE "ROUND(CAST(t.price AS DECIMAL(40,20)) / " LOTS ", 4)"
#define TAKE_LOT                                                                                                       \
    " SET t.component_id = m.component_id, t.price = IF(" WHOLE ", t.price, " PIECE_PRICE "), t.price_per = IF("       \
    "t.quote_import_id IS NULL, t.price_per, IF(" WHOLE ", " LOTS ", 1)) "
#define PRICE_FITS " AND (" WHOLE " OR " PIECE_PRICE " BETWEEN 0.0001 AND 9999999999.9999)"
#define LINK_QUOTES(index)                                                                                             \
    "UPDATE price_quote t FORCE INDEX (" index                                                                         \
    ") STRAIGHT_JOIN part_number_map m FORCE INDEX (PRIMARY) ON m.id = " QUOTE_MAP_ROW TAKE_LOT                        \
    "WHERE t.component_id IS NULL AND t.pn_norm <> ''" PRICE_FITS
/* A party's own code waits as "SUP01=100245"; only the map's entry with the party as vendor is it. The code of the party
 * tells how many signs "=" stand before the one that divides. */
#define OWN_VENDOR "SUBSTRING_INDEX(t.pn_norm, '=', 1 + CHAR_LENGTH(p.code) - CHAR_LENGTH(REPLACE(p.code, '=', '')))"
#define LINK_OWN                                                                                                       \
    "UPDATE price_quote t FORCE INDEX (ix_price) STRAIGHT_JOIN party p FORCE INDEX (PRIMARY) ON p.id = t.party_id "    \
    "STRAIGHT_JOIN part_number_map m FORCE INDEX (uq_map) ON m.vendor_norm = " OWN_VENDOR                              \
    " AND m.pn_norm = SUBSTRING(t.pn_norm, CHAR_LENGTH(" OWN_VENDOR ") + 2)" TAKE_LOT                                  \
    "WHERE t.component_id IS NULL AND t.quote_import_id IS NOT NULL AND LOCATE('=', t.pn_norm) > 0" PRICE_FITS
#define LINK_OWN_NUMBER                                                                                                \
    "UPDATE part_number_map m FORCE INDEX (uq_map) STRAIGHT_JOIN price_quote t FORCE INDEX (ix_pn) ON t.pn_norm = "    \
    "CONCAT(m.vendor_norm, '=', m.pn_norm)" TAKE_LOT                                                                   \
    "WHERE t.component_id IS NULL AND t.quote_import_id IS NOT NULL" PRICE_FITS " AND m.pn_norm = ?"
#define LINK_QUOTES_BY_LOT(index)                                                                                      \
    "UPDATE price_quote t FORCE INDEX (" index                                                                         \
    ") STRAIGHT_JOIN component c FORCE INDEX (uq_lot_norm) ON c.lot_norm = t.pn_norm SET t.component_id = c.id "       \
    "WHERE t.component_id IS NULL AND t.pn_norm <> '' AND " NOT_MAPPED

enum { REKEYED, STOCK, STOCK_BY_LOT, QUOTES, QUOTES_BY_LOT, QUOTES_BY_CODE, N_STATEMENTS };
static const char *const for_all[N_STATEMENTS] = {
    REKEY_STOCK, LINK_STOCK, LINK_STOCK_BY_LOT, LINK_QUOTES("ix_price"), LINK_QUOTES_BY_LOT("ix_price"), LINK_OWN};
#define ONE_NUMBER " AND t.pn_norm = ?"
static const char *const for_number[N_STATEMENTS] = {REKEY_STOCK ONE_NUMBER,
                                                     LINK_STOCK ONE_NUMBER,
                                                     LINK_STOCK_BY_LOT ONE_NUMBER,
                                                     LINK_QUOTES("ix_pn") ONE_NUMBER,
                                                     LINK_QUOTES_BY_LOT("ix_pn") ONE_NUMBER,
                                                     LINK_OWN_NUMBER};

/* `job` may be NULL: then nothing stops it. */
static int run(struct store_conn *db, struct job *job, const char *const *statements, const struct store_value *param,
               struct relinked *done)
{
    uint64_t rows[N_STATEMENTS];
    for (int i = 0; i < N_STATEMENTS; i++)
        if ((job && run_go_on(job, db) != 0) || store_run(db, statements[i], param, param ? 1 : 0, &rows[i], NULL) != 0)
            return -1;
    *done =
        (struct relinked){rows[STOCK] + rows[STOCK_BY_LOT], rows[QUOTES] + rows[QUOTES_BY_LOT] + rows[QUOTES_BY_CODE]};
    return 0;
}

int relink_all(struct store_conn *db, struct job *job, struct relinked *done)
{
    return run(db, job, for_all, NULL, done);
}

int relink_number(struct store_conn *db, const char *pn_norm, struct relinked *done)
{
    struct store_value param = STORE_S(pn_norm);
    return run(db, NULL, for_number, &param, done);
}

static int on_mark(const struct store_value *v, unsigned n, void *ctx)
{
    (void)n;
    *(uint64_t *)ctx = strtoull(v[0].text, NULL, 10) << 32 | strtoull(v[1].text, NULL, 10);
    return 0;
}

int relink_mark(struct store_conn *db, uint64_t *mark)
{
    return store_query(db,
                       "SELECT COALESCE((SELECT MAX(id) FROM part_number_map), 0), "
                       "COALESCE((SELECT MAX(id) FROM component), 0)",
                       NULL, 0, on_mark, mark);
}
