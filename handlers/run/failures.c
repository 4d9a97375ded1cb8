/* Components without a price, as row errors. */
#include "handlers/run/failures.h"

#include "base/arena.h"
#include "base/grow.h"
#include "store/bulk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOT_CODE (64 * 4 + 1)

struct price_failure {
    char lot_code[LOT_CODE];
    const char *code;
};

void price_failures_add(struct price_failures *failures, const char *lot_code, const char *code)
{
    if (failures->n == PRICE_FAILURES_KEPT)
        return;
    failures->list = grow(failures->list, &failures->room, failures->n + 1, sizeof *failures->list);
    struct price_failure *failure = &failures->list[failures->n++];
    snprintf(failure->lot_code, sizeof failure->lot_code, "%s", lot_code);
    failure->code = code;
}

static const char *message(const char *code)
{
    if (strcmp(code, "E_TOO_MANY_QUOTES") == 0)
        return "More than 10000 quotes: shorten the history or reject some.";
    if (strcmp(code, "E_QTY_RANGE") == 0)
        return "The quantity would be 1 000 000 000 000 or more: look at its stock and at the lots in a piece.";
    return "The price would be 10 000 000 000 or more: look at what it is computed from and at the coefficient.";
}

static int save_all(const struct price_failures *failures, struct store_bulk *bulk, const char *task)
{
    for (uint32_t i = 0; i < failures->n; i++) {
        const struct price_failure *failure = &failures->list[i];
        struct store_value v[] = {STORE_SN(task, 36), STORE_U(i + 1), STORE_S(failure->code),
                                  STORE_S(message(failure->code)), STORE_S(failure->lot_code)};
        if (store_bulk_add(bulk, v) != 0)
            return -1;
    }
    return store_bulk_flush(bulk);
}

int price_failures_save(const struct price_failures *failures, struct store_conn *db, const store_uuid id)
{
    struct run_uuid task = run_uuid(id);
    if (failures->n == 0)
        return 0;
    if (run_save_columns(db, id, "lot_code") != 0)
        return -1;
    struct store_bulk *bulk = store_bulk_new(db,
                                             "INSERT INTO task_row_error (task_id, severity, row_no, field, code, "
                                             "message, raw) VALUES (?,'error',?,'lot_code',?,?,?)",
                                             5, 0);
    int rc = bulk ? save_all(failures, bulk, task.s) : -1;
    store_bulk_free(&bulk);
    return rc;
}

void price_failures_fini(struct price_failures *failures)
{
    free(failures->list);
    *failures = (struct price_failures){.list = NULL};
}
