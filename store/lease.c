/* Leases: rows with a holder, an expiry by the database's clock and a fence. */
#include "store/lease.h"

#include "store/internal.h"

#include <stdlib.h>
#include <string.h>
#include <uuid.h>

/* A released lease keeps its row, because the fence must never go back. */
#define FREE "holder = '00000000-0000-0000-0000-000000000000', until = '2000-01-01'"

int lease_acquire(struct store_conn *conn, const char *name, const store_uuid holder, unsigned seconds, uint64_t *fence)
{
    char text[STORE_UUID_SIZE];
    uint64_t changed = 0;

    store_uuid_text(holder, text);
    struct store_value take[] = {STORE_S(text), STORE_U(seconds), STORE_S(name), STORE_S(text)};
    if (store_run(conn,
                  "UPDATE lease SET holder = ?, until = UTC_TIMESTAMP(6) + INTERVAL ? SECOND, "
                  "fence = LAST_INSERT_ID(fence + 1) WHERE name = ? AND (until < UTC_TIMESTAMP(6) OR holder = ?)",
                  take, 4, &changed, fence) != 0)
        return -1;
    if (changed == 1)
        return 1;
    struct store_value make[] = {STORE_S(name), STORE_S(text), STORE_U(seconds)};
    if (store_run(
            conn,
            "INSERT INTO lease (name, holder, until, fence) VALUES (?, ?, UTC_TIMESTAMP(6) + INTERVAL ? SECOND, 1)",
            make, 3, NULL, NULL) == 0) {
        *fence = 1;
        return 1;
    }
    return conn->error.cls == STORE_DUPLICATE ? 0 : -1; /* held, or just made by somebody else */
}

int lease_renew(struct store_conn *conn, const char *name, const store_uuid holder, uint64_t fence, unsigned seconds)
{
    char text[STORE_UUID_SIZE];
    uint64_t changed = 0;

    store_uuid_text(holder, text);
    struct store_value params[] = {STORE_U(seconds), STORE_S(name), STORE_S(text), STORE_U(fence)};
    if (store_run(
            conn,
            "UPDATE lease SET until = UTC_TIMESTAMP(6) + INTERVAL ? SECOND WHERE name = ? AND holder = ? AND fence = ?",
            params, 4, &changed, NULL) != 0)
        return -1;
    return (int)changed;
}

static int found(const struct store_value *v, unsigned n, void *ctx)
{
    (void)v;
    (void)n;
    (void)ctx;
    return 1;
}

int lease_check(struct store_conn *conn, const char *name, const store_uuid holder, uint64_t fence)
{
    char text[STORE_UUID_SIZE];

    store_uuid_text(holder, text);
    struct store_value params[] = {STORE_S(name), STORE_S(text), STORE_U(fence)};
    return store_query(conn, "SELECT 1 FROM lease WHERE name = ? AND holder = ? AND fence = ? FOR UPDATE", params, 3,
                       found, NULL);
}

int lease_release(struct store_conn *conn, const char *name, const store_uuid holder, uint64_t fence)
{
    char text[STORE_UUID_SIZE];

    store_uuid_text(holder, text);
    struct store_value params[] = {STORE_S(name), STORE_S(text), STORE_U(fence)};
    return store_run(conn, "UPDATE lease SET " FREE " WHERE name = ? AND holder = ? AND fence = ?", params, 3, NULL,
                     NULL);
}

int lease_lock(struct store_conn *conn, const char *name)
{
    struct store_value param = STORE_S(name);

    return store_run(conn, "INSERT INTO lease SET name = ?, fence = 0, " FREE " ON DUPLICATE KEY UPDATE fence = fence",
                     &param, 1, NULL, NULL);
}

static int keep_holder(const struct store_value *v, unsigned n, void *ctx)
{
    (void)n;
    if (uuid_parse(v[0].text, ctx) != 0)
        abort(); /* the column is a UUID */
    return 1;
}

int lease_holder(struct store_conn *conn, const char *name, store_uuid holder)
{
    struct store_value param = STORE_S(name);

    return store_query(conn, "SELECT holder FROM lease WHERE name = ? AND until > UTC_TIMESTAMP(6)", &param, 1,
                       keep_holder, holder);
}

int lease_release_all(struct store_conn *conn, const store_uuid holder)
{
    char text[STORE_UUID_SIZE];

    store_uuid_text(holder, text);
    struct store_value param = STORE_S(text);
    return store_run(conn, "UPDATE lease SET " FREE " WHERE holder = ?", &param, 1, NULL, NULL);
}
