/* Two look-ups by unique indexes. */
#include "daemon/accept/earlier.h"

static int find_key(struct store_conn *conn, const struct idempotency *key, struct earlier *out)
{
    int rc = journal_find_idem(conn, key->scope, out->id, out->payload);
    if (rc == 1)
        out->kind = EARLIER_KEY;
    return rc;
}

static int find_live(struct store_conn *conn, const struct task_type *type, const struct idempotency *key,
                     const char *live_key, struct earlier *out)
{
    int rc = journal_find_live(conn, type->name, live_key, out->id);
    if (rc != 1)
        return rc;
    out->kind = type->equal == TASK_EQUAL_JOIN ? EARLIER_JOINED : EARLIER_REFUSED;
    if (out->kind == EARLIER_REFUSED || !key->present ||
        journal_keep_idem(conn, key->scope, key->payload, out->id) == 0)
        return 1;
    return conn->error.cls == STORE_DUPLICATE ? find_key(conn, key, out) : -1;
}

int earlier_find(struct store_conn *conn, const struct task_type *type, const struct idempotency *key,
                 const char *live_key, struct earlier *out)
{
    out->kind = EARLIER_NONE;
    int rc = key->present ? find_key(conn, key, out) : 0;
    if (rc == 0 && live_key)
        rc = find_live(conn, type, key, live_key, out);
    return rc < 0 ? -1 : 0;
}
