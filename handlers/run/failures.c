/* Components without a price, as row errors. */
#include "handlers/run/failures.h"

#include "base/grow.h"
#include "base/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOT_CODE (64 * 4 + 1)
#define CAPTIONS "[[\"lot_code\"]]"

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

static void keep_failure(struct issues *issues, uint32_t row, const struct price_failure *failure,
                         struct json_out *cells)
{
    struct issue_at at = {.row = row, .column = 0, .caption = "lot_code", .raw = failure->lot_code};
    at.raw_n = strlen(failure->lot_code);
    at.heading = issues_heading(issues, NULL, CAPTIONS, strlen(CAPTIONS));
    json_array(cells);
    json_string(cells, failure->lot_code);
    json_array_end(cells);
    at.cells = json_out_text(cells, &at.cells_n);
    issues_keep(issues, true, 0, failure->code, "lot_code", message(failure->code), &at);
}

int price_failures_save(const struct price_failures *failures, struct store_conn *db, const store_uuid id)
{
    struct issues issues = {.n = 0};
    for (uint32_t i = 0; i < failures->n; i++) {
        struct json_out cells;
        json_out_init(&cells);
        keep_failure(&issues, i, &failures->list[i], &cells);
        json_out_fini(&cells);
    }
    int rc = run_save_issues(db, id, &issues, NULL);
    issues_fini(&issues);
    return rc;
}

void price_failures_fini(struct price_failures *failures)
{
    free(failures->list);
    *failures = (struct price_failures){.list = NULL};
}
