/* Which proposals are pending: the condition, for held.c and decide.c only. */
#ifndef PF_PRICES_HELD_SQL_H
#define PF_PRICES_HELD_SQL_H

#define HELD_FROM(index)                                                                                               \
    " FROM price_change pc FORCE INDEX (" index ") JOIN component c FORCE INDEX (PRIMARY) ON c.id = pc.component_id "
/* A run that found the price unchanged may leave no row: then it has moved the date of the price, or it is in the
 * journal, as long as that is kept. A task is made at most a day before it runs, which bounds how many are looked
 * at. */
#define HELD_IN_SCOPE(list, item)                                                                                      \
    "(JSON_TYPE(JSON_EXTRACT(t.params, '" list "')) <> 'ARRAY' OR JSON_LENGTH(t.params, '" list "') = 0 OR "           \
    "JSON_CONTAINS(t.params, JSON_QUOTE(" item "), '" list "'))"
#define HELD_LATER_RUN                                                                                                 \
    "SELECT 1 FROM task t FORCE INDEX (ix_type_status) WHERE t.type = 'recalculate' AND t.created_at > pc.created_at " \
    "- INTERVAL 1 DAY AND "                                                                                            \
    "t.status = 'succeeded' AND t.id <> pc.task_id AND t.finished_at >= COALESCE((SELECT own.finished_at FROM task "   \
    "own FORCE INDEX (PRIMARY) WHERE own.id = pc.task_id), pc.created_at) AND JSON_VALUE(t.params, '$.dry_run') <> "   \
    "'1' AND " HELD_IN_SCOPE("$.lot_codes", "c.lot_code") " AND " HELD_IN_SCOPE("$.categories", "c.category")
#define HELD_WAITS                                                                                                     \
    "pc.outcome = 'held' AND pc.reviewed IS NULL AND c.price <=> pc.old_price AND COALESCE(c.price_as_of <= "          \
    "pc.as_of, 1) AND NOT EXISTS (SELECT 1 FROM price_change later FORCE INDEX (ix_hist) WHERE later.component_id = "  \
    "pc.component_id AND "                                                                                             \
    "later.id > pc.id) AND NOT EXISTS (" HELD_LATER_RUN ")"

/* Filters of what is pending; the parameters come from held_filter_values(). */
#define HELD_FILTERS                                                                                                   \
    "(? IS NULL OR pc.task_id = ?) AND (? IS NULL OR c.category = ?) AND (? = 0 OR pc.change_pct > 0) AND (? = 0 OR "  \
    "pc.change_pct < 0) AND (? IS NULL OR ABS(pc.change_pct) < CAST(? AS DECIMAL(20,2)))"
#define HELD_FILTER_N 8
struct store_value;
/* `params` are canonical and outlive the values. */
void held_filter_values(yajl_val params, struct store_value v[HELD_FILTER_N]);

#endif
