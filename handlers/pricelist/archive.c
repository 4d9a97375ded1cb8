/* The archive mark of lists. */
#include "handlers/pricelist/archive.h"

#include "handlers/pricelist/read.h"
#include "handlers/read/rowjson.h"

struct marking {
    uint64_t id;
    bool archived;
    uint64_t rows; /* that it changed */
};

static int mark(struct store_conn *conn, void *ctx)
{
    struct marking *marking = ctx;
    struct store_value v[] = {STORE_U(marking->archived), STORE_U(marking->id), STORE_U(marking->archived)};
    return store_run(
        conn,
        "UPDATE pricelist FORCE INDEX (PRIMARY) SET archived_at = IF(?, UTC_TIMESTAMP(3), NULL) WHERE id = ? "
        "AND status = 'ready' AND (archived_at IS NOT NULL) <> ?",
        v, 3, &marking->rows, NULL);
}

int pricelist_archive(struct store_conn *conn, const char *id, bool archived, bool *changed, struct json_out *out)
{
    struct marking marking = {.archived = archived};
    struct pricelist_head head = {0};
    *changed = false;
    if (!row_id(id, &marking.id))
        return 0;
    if (store_transaction(conn, mark, NULL, &marking, 0) != 0)
        return -1;
    *changed = marking.rows > 0;
    return pricelist_find_short(conn, id, &head, out);
}
