/* Components that get no price because a number is out of range, in a recalculation or a price list. The others go on
 * without them, and the task's row errors name them. */
#ifndef PF_RUN_FAILURES_H
#define PF_RUN_FAILURES_H

#include "handlers/run/run.h"

#define PRICE_FAILURES_KEPT 10000

struct price_failure;
struct price_failures {
    struct price_failure *list;
    uint32_t n, room;
};

/* `code`: "E_PRICE_RANGE", "E_TOO_MANY_QUOTES" or "E_QTY_RANGE"; a string constant. No more than PRICE_FAILURES_KEPT
 * are kept. */
void price_failures_add(struct price_failures *failures, const char *lot_code, const char *code);
/* Writes them as row errors of the task, inside the transaction of its final state. Returns 0 or -1 with db->error. */
int price_failures_save(const struct price_failures *failures, struct store_conn *db, const store_uuid id);
void price_failures_fini(struct price_failures *failures);

#endif
