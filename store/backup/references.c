/* Foreign keys and conditions, as the server lists them. */
#include "store/backup/references.h"

#include "base/bytes.h"

#include <stdio.h>
#include <stdlib.h>

#define NAME    65
#define KEY_MAX 700

/* Foreign keys of one column, which all of ours are; conditions of tables. */
struct promise {
    char table[NAME], column[NAME], other[NAME], other_column[NAME];
    char *condition;
};

struct promises {
    struct promise *list;
    unsigned n;
};

static void copy(char out[NAME], const struct store_value *v)
{
    snprintf(out, NAME, "%s", v->text ? v->text : "");
}

static int keep_promise(const struct store_value *v, unsigned n, void *ctx)
{
    struct promises *promises = ctx;
    struct promise promise = {.condition = NULL};

    copy(promise.table, &v[0]);
    if (n == 2) {
        promise.condition = xalloc(v[1].len + 1);
        memcpy(promise.condition, v[1].text, v[1].len + 1);
    } else {
        copy(promise.column, &v[1]);
        copy(promise.other, &v[2]);
        copy(promise.other_column, &v[3]);
    }
    promises->list = xrealloc(promises->list, (promises->n + 1) * sizeof promise);
    promises->list[promises->n++] = promise;
    return 0;
}

static int read_promises(struct store_conn *conn, struct promises *promises)
{
    static const char keys[] =
        "SELECT k.table_name, k.column_name, k.referenced_table_name, k.referenced_column_name FROM "
        "information_schema.key_column_usage k WHERE k.table_schema = DATABASE() AND k.referenced_table_name IS NOT "
        "NULL "
        "ORDER BY 1, 2";
    static const char conditions[] = "SELECT table_name, check_clause FROM information_schema.check_constraints WHERE "
                                     "constraint_schema = DATABASE() ORDER BY 1, constraint_name";

    if (store_query(conn, keys, NULL, 0, keep_promise, promises) != 0)
        return -1;
    return store_query(conn, conditions, NULL, 0, keep_promise, promises) != 0 ? -1 : 0;
}

/* ---- Keys of rows -------------------------------------------------------------------------------------------- */

struct key {
    char *out;
    size_t size, at;
    const char *alias;
};

static int add_column(const struct store_value *v, unsigned n, void *ctx)
{
    struct key *key = ctx;

    (void)n;
    if (key->at < key->size)
        key->at += (size_t)snprintf(key->out + key->at, key->size - key->at, "%s%s.`%s`", key->at > 0 ? ", " : "",
                                    key->alias, v[0].text);
    return 0;
}

int references_key(struct store_conn *conn, const char *table, const char *alias, char *out, size_t size)
{
    struct store_value name = STORE_S(table);
    char columns[KEY_MAX - 20];
    struct key key = {columns, sizeof columns, 0, alias};

    columns[0] = '\0';
    if (store_query(
            conn,
            "SELECT column_name FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name "
            "= ? AND index_name = 'PRIMARY' ORDER BY seq_in_index",
            &name, 1, add_column, &key) != 0)
        return -1;
    if ((size_t)snprintf(out, size, "CONCAT_WS('/', %s)", columns[0] ? columns : "'?'") >= size)
        return store_fail(conn, STORE_DATA, "a key has too many columns");
    return 0;
}

/* ---- Asking -------------------------------------------------------------------------------------------------- */

struct telling {
    const struct promise *promise;
    references_fault_fn fn;
    void *ctx;
};

static int tell(const struct store_value *v, unsigned n, void *ctx)
{
    const struct telling *telling = ctx;
    const struct promise *p = telling->promise;
    struct bytes what = {.data = NULL};

    (void)n;
    if (p->condition) {
        bytes_add(&what, p->condition, strlen(p->condition));
        bytes_add(&what, " does not hold", sizeof " does not hold");
    } else {
        bytes_reserve(&what, 3 * NAME + 40);
        snprintf(what.data, what.cap, "%s leads to no row of %s", p->column, p->other);
    }
    bool stop = telling->fn(p->table, v[0].text, what.data, telling->ctx);
    bytes_free(&what);
    return stop;
}

static void make_question(const struct promise *p, const char *key, unsigned most, struct bytes *sql)
{
    size_t room = 6 * NAME + KEY_MAX + 200 + (p->condition ? strlen(p->condition) : 0);

    bytes_reserve(sql, room);
    if (p->condition)
        snprintf(sql->data, room, "SELECT %s FROM `%s` WHERE NOT (%s) LIMIT %u", key, p->table, p->condition, most);
    else
        snprintf(
            sql->data, room,
            "SELECT %s FROM `%s` x LEFT JOIN `%s` y ON y.`%s` = x.`%s` WHERE x.`%s` IS NOT NULL AND y.`%s` IS NULL "
            "LIMIT %u",
            key, p->table, p->other, p->other_column, p->column, p->column, p->other_column, most);
}

static int ask(struct store_conn *conn, const struct promise *promise, unsigned most, references_fault_fn fn, void *ctx)
{
    struct telling telling = {promise, fn, ctx};
    struct bytes sql = {.data = NULL};
    char key[KEY_MAX];

    if (references_key(conn, promise->table, promise->condition ? promise->table : "x", key, sizeof key) != 0)
        return -1;
    make_question(promise, key, most, &sql);
    int rc = store_query(conn, sql.data, NULL, 0, tell, &telling);
    bytes_free(&sql);
    return rc;
}

int references_check(struct store_conn *conn, unsigned most, references_fault_fn fn, void *ctx)
{
    struct promises promises = {.list = NULL};
    int rc = read_promises(conn, &promises);

    for (unsigned i = 0; i < promises.n; i++) {
        if (rc == 0)
            rc = ask(conn, &promises.list[i], most, fn, ctx);
        free(promises.list[i].condition);
    }
    free(promises.list);
    return rc < 0 ? -1 : 0;
}
