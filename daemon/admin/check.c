/* priceforge db check. */
#include "daemon/admin/check.h"

#include "store/backup/references.h"
#include "store/migrate.h"

#include <stdio.h>
#include <string.h>

void check_kind(struct check *check)
{
    check->of_kind = 0;
}

/* Keys may have anything in them that a spreadsheet had. */
static void print_key(const char *key)
{
    for (; *key; key++)
        putchar((unsigned char)*key < 0x20 || *key == 0x7f ? '?' : *key);
}

bool check_fault(struct check *check, const char *table, const char *key, const char *what)
{
    check->faults++;
    if (++check->of_kind > CHECK_MOST) {
        if (check->of_kind == CHECK_MOST + 1)
            printf("%s: more rows of which the same is true: %s\n", table, what);
        return false;
    }
    printf("%s ", table);
    print_key(key);
    printf(": %s\n", what);
    return true;
}

struct references {
    struct check *check;
    char table[64], what[300]; /* of the fault before */
};

/* They come kind by kind. */
static bool broken(const char *table, const char *key, const char *what, void *ctx)
{
    struct references *references = ctx;
    char now[300];

    snprintf(now, sizeof now, "%s", what);
    if (strcmp(references->table, table) != 0 || strcmp(references->what, now) != 0)
        check_kind(references->check);
    snprintf(references->table, sizeof references->table, "%s", table);
    snprintf(references->what, sizeof references->what, "%s", now);
    (void)check_fault(references->check, table, key, now);
    return false;
}

static int check_references(struct check *check)
{
    struct references references = {.check = check};

    return references_check(check->conn, CHECK_MOST + 1, broken, &references);
}

/* A schema of another version has other rules. */
static int check_version(struct site *site)
{
    unsigned version = 0;

    if (store_schema_read(&site->conn, &version) != 0)
        return site->conn.error.cls == STORE_CONFIG ? admin_say(site->admin, ADMIN_REFUSED, "%s", site->conn.error.text)
                                                    : site_say(site);
    if (version == store_schema_version())
        return ADMIN_DONE;
    return admin_say(site->admin, ADMIN_REFUSED,
                     "the database is of schema %u, this program checks %u: start the daemon once", version,
                     store_schema_version());
}

int check_database(struct site *site)
{
    struct check check = {.site = site, .conn = &site->conn};
    int code = check_version(site);

    if (code != ADMIN_DONE)
        return code;
    /* What a daemon does meanwhile is seen whole or not at all. */
    int rc = store_begin_snapshot(check.conn);
    if (rc == 0)
        rc = check_facts(&check);
    if (rc == 0)
        rc = check_references(&check);
    if (rc == 0)
        rc = check_rules(&check);
    if (rc == 0)
        rc = check_texts(&check);
    if (rc == 0)
        rc = check_lists(&check);
    if (check.conn->in_transaction)
        store_rollback(check.conn);
    if (rc != 0)
        return site_say(site);
    return check.faults == 0 ? ADMIN_DONE : ADMIN_FAILED;
}

int admin_check(const struct admin *admin)
{
    struct site site;
    int code = site_open(&site, admin, SITE_READ, false);

    if (code == ADMIN_DONE)
        code = check_database(&site);
    if (fflush(stdout) != 0)
        code = ADMIN_FAILED;
    site_close(&site);
    return code;
}
