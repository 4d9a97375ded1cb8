/* What must hold between the rows of a database, as statements that find rows where it does not. */
#include "daemon/admin/check.h"

#include "store/schema/words.h"

#include <stdio.h>
#include <stdlib.h>

/* The first column is the row's key. LIMIT and its number are added. */
struct rule {
    const char *table;
    const char *what;
    const char *find;
};

#define FIND_LIMIT " LIMIT 101"
_Static_assert(CHECK_MOST == 100, "as in FIND_LIMIT");

/* Imports of one owner: no foreign keys lead from one to another, and the owner must be the same. */
#define NOT_AN_IMPORT(table, owner, column)                                                                            \
    "SELECT i.id FROM " table " i LEFT JOIN " table " o ON o.id = i." column " AND o." owner " = i." owner             \
    " WHERE i." column " > 0 AND o.id IS NULL"

#define WORDS_OF_COMPONENTS                                                                                            \
    "(SELECT DISTINCT c.lot_code, " STORE_COMPONENT_WORD                                                               \
    " AS word FROM component c STRAIGHT_JOIN " STORE_COMPONENT_WORDS " WHERE " STORE_COMPONENT_WORD " <> '')"
#define WORDS_OF_NUMBERS                                                                                               \
    "(SELECT DISTINCT c.lot_code, m.pn_norm AS word FROM part_number_map m JOIN component c ON c.id = m.component_id)"
#define WORD_MISSING(words, source)                                                                                    \
    "SELECT CONCAT(x.lot_code, ' ', x.word) FROM " words " x LEFT JOIN component_word w ON w.gram = LEFT(x.word, 3) "  \
    "AND w.lot_code = x.lot_code AND w.word = x.word AND w.source = " source " WHERE w.word IS NULL"
#define WORD_TOO_MANY(words, source)                                                                                   \
    "SELECT CONCAT(w.lot_code, ' ', w.word) FROM component_word w LEFT JOIN " words " x ON x.lot_code = w.lot_code "   \
    "AND x.word = w.word WHERE w.source = " source " AND (x.word IS NULL OR w.gram <> LEFT(w.word, 3))"

static const struct rule rules[] = {
    /* Tasks. */
    {"task", "has an end and has not ended, or the other way round",
     "SELECT id FROM task WHERE (finished_at IS NULL) <> (status IN ('queued', 'running'))"},
    {"task", "its outcome is not one of its state",
     "SELECT id FROM task WHERE NOT CASE status WHEN 'succeeded' THEN outcome IN ('succeeded', 'partial') WHEN "
     "'failed' THEN "
     "outcome IN ('failed', 'timed_out', 'interrupted', 'expired') WHEN 'cancelled' THEN outcome = 'cancelled' ELSE "
     "outcome "
     "IS NULL END"},
    {"task", "has ended and still keeps equal ones out",
     "SELECT id FROM task WHERE finished_at IS NOT NULL AND live_key IS NOT NULL"},
    {"task", "ends or starts before it was made",
     "SELECT id FROM task WHERE finished_at < created_at OR started_at < created_at"},
    {"task_count", "the number of ended tasks of this type and state is another one",
     "SELECT CONCAT(type, '/', status) FROM (SELECT type, status, n FROM task_count UNION ALL SELECT type, status, n "
     "FROM "
     "task_count_change UNION ALL SELECT type, status, -1 FROM task WHERE finished_at IS NOT NULL) x GROUP BY type, "
     "status "
     "HAVING SUM(n) <> 0"},
    /* Components and prices. */
    {"component", "has a price and no state of it, or the other way round",
     "SELECT lot_code FROM component WHERE (price IS NULL) <> (price_state = 'none')"},
    {"component_word", "a word by which the component is to be found is missing",
     WORD_MISSING(WORDS_OF_COMPONENTS, "1")},
    {"component_word", "is not a word of the component", WORD_TOO_MANY(WORDS_OF_COMPONENTS, "1")},
    {"component_word", "a part number by which the component is to be found is missing",
     WORD_MISSING(WORDS_OF_NUMBERS, "2")},
    {"component_word", "is not a part number of the component", WORD_TOO_MANY(WORDS_OF_NUMBERS, "2")},
    {"price_change", "has another number of quotes than its rows",
     "SELECT c.id FROM price_change c JOIN (SELECT price_change_id, COUNT(*) AS n, SUM(used) AS used FROM "
     "price_change_quote "
     "GROUP BY price_change_id) q ON q.price_change_id = c.id WHERE c.n_quotes < q.n OR c.n_used <> q.used"},
    {"price_change_quote", "quote_id leads to no row of price_quote",
     "SELECT CONCAT(c.price_change_id, '/', c.quote_id) FROM price_change_quote c LEFT JOIN price_quote q ON q.id = "
     "c.quote_id WHERE q.id IS NULL"},
    /* Quotes and their imports. */
    {"price_quote", "quote_import_id leads to no import of its party",
     "SELECT q.id FROM price_quote q LEFT JOIN quote_import i ON i.id = q.quote_import_id AND i.party_id = q.party_id "
     "WHERE "
     "q.quote_import_id IS NOT NULL AND i.id IS NULL"},
    {"price_quote", "rejected_by leads to no import of its party",
     "SELECT q.id FROM price_quote q LEFT JOIN quote_import i ON i.id = q.rejected_by AND i.party_id = q.party_id "
     "WHERE "
     "q.rejected_by IS NOT NULL AND i.id IS NULL"},
    {"price_quote", "is active and was rejected by an import",
     "SELECT id FROM price_quote WHERE status = 'active' AND rejected_by IS NOT NULL"},
    {"quote_import", "its rows do not add up",
     "SELECT id FROM quote_import WHERE effect = 'import' AND (CAST(rows_rejected AS SIGNED) + no_price > rows_total "
     "OR "
     "inserted + replaced + unchanged > quotes_total)"},
    {"quote_import", "of_import leads to no import of its party",
     NOT_AN_IMPORT("quote_import", "party_id", "of_import")},
    {"quote_import", "undone_by leads to no import of its party",
     NOT_AN_IMPORT("quote_import", "party_id", "undone_by")},
    {"quote_import", "state_before leads to no import of its party",
     NOT_AN_IMPORT("quote_import", "party_id", "state_before")},
    {"quote_import", "state_after leads to no import of its party",
     NOT_AN_IMPORT("quote_import", "party_id", "state_after")},
    {"quote_undo", "quote_id leads to no row of price_quote",
     "SELECT CONCAT(u.undo_id, '/', u.quote_id) FROM quote_undo u LEFT JOIN price_quote q ON q.id = u.quote_id WHERE "
     "q.id IS "
     "NULL"},
    /* Stock and its imports. */
    {"warehouse", "stock_import_id leads to no import of it",
     "SELECT w.code FROM warehouse w LEFT JOIN stock_import i ON i.id = w.stock_import_id AND i.warehouse_id = w.id "
     "WHERE "
     "w.stock_import_id IS NOT NULL AND i.id IS NULL"},
    {"stock_item", "stock_import_id leads to an import of another warehouse",
     "SELECT s.id FROM stock_item s JOIN stock_import i ON i.id = s.stock_import_id WHERE i.warehouse_id <> "
     "s.warehouse_id"},
    {"stock_import", "its rows do not add up",
     "SELECT id FROM stock_import WHERE effect = 'import' AND CAST(rows_rejected AS SIGNED) + inserted + updated + "
     "unchanged "
     "> rows_total"},
    {"stock_import", "of_import leads to no import of its warehouse",
     NOT_AN_IMPORT("stock_import", "warehouse_id", "of_import")},
    {"stock_import", "undone_by leads to no import of its warehouse",
     NOT_AN_IMPORT("stock_import", "warehouse_id", "undone_by")},
    {"stock_import", "state_before leads to no import of its warehouse",
     NOT_AN_IMPORT("stock_import", "warehouse_id", "state_before")},
    {"stock_import", "state_after leads to no import of its warehouse",
     NOT_AN_IMPORT("stock_import", "warehouse_id", "state_after")},
    {"stock_undo", "import_id leads to no row of stock_import",
     "SELECT CONCAT(u.import_id, '/', u.stock_id) FROM stock_undo u LEFT JOIN stock_import i ON i.id = u.import_id "
     "WHERE i.id "
     "IS NULL"},
    /* Price lists. */
    {"pricelist", "was left half made", "SELECT id FROM pricelist WHERE status = 'building'"},
    {"pricelist", "previous_id leads to no earlier list of its source",
     "SELECT l.id FROM pricelist l LEFT JOIN pricelist p ON p.id = l.previous_id AND p.source = l.source AND p.seq < "
     "l.seq "
     "WHERE l.previous_id IS NOT NULL AND p.id IS NULL"},
};

struct finding {
    struct check *check;
    const struct rule *rule;
};

static int found(const struct store_value *v, unsigned n, void *ctx)
{
    const struct finding *finding = ctx;

    (void)n;
    return !check_fault(finding->check, finding->rule->table, v[0].text ? v[0].text : "?", finding->rule->what);
}

int check_rules(struct check *check)
{
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        struct finding finding = {check, &rules[i]};
        char sql[4096];

        check_kind(check);
        if ((size_t)snprintf(sql, sizeof sql, "%s%s", rules[i].find, FIND_LIMIT) >= sizeof sql)
            abort(); /* a longer buffer is needed */
        if (store_query(check->conn, sql, NULL, 0, found, &finding) < 0)
            return -1;
    }
    return 0;
}
