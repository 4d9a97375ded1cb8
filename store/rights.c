/* The rights of our account, tried, and whose the triggers are. */
#include "store/rights.h"

#include "store/internal.h"
#include "store/migrate.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define NAME_MAX_BYTES 64
#define TRIGGERS_MAX   32

/* ---- Triggers ------------------------------------------------------------------------------------------------ */

/* A trigger of the schema: its name, and the last statement that makes it. */
struct trigger {
    char name[NAME_MAX_BYTES + 1];
    const char *sql;
    bool ours;
};

struct triggers {
    unsigned n;
    struct trigger list[TRIGGERS_MAX];
};

/* The word behind `before`, or false if the statement does not begin with that. */
static bool word_after(const char *sql, const char *before, char word[NAME_MAX_BYTES + 1])
{
    size_t skip = strlen(before);

    if (strncmp(sql, before, skip) != 0)
        return false;
    size_t len = strcspn(sql + skip, " (");
    assert(len > 0 && len <= NAME_MAX_BYTES);
    memcpy(word, sql + skip, len);
    word[len] = '\0';
    return true;
}

static struct trigger *find_trigger(struct triggers *triggers, const char *name)
{
    for (unsigned i = 0; i < triggers->n; i++) {
        if (strcmp(triggers->list[i].name, name) == 0)
            return &triggers->list[i];
    }
    return NULL;
}

static void collect_triggers(struct triggers *triggers)
{
    char name[NAME_MAX_BYTES + 1];

    for (const struct store_migration *m = store_migrations; m->version != 0; m++) {
        for (const char *const *sql = m->statements; *sql; sql++) {
            if (!word_after(*sql, "CREATE OR REPLACE TRIGGER ", name))
                continue;
            struct trigger *trigger = find_trigger(triggers, name);
            if (!trigger) {
                assert(triggers->n < TRIGGERS_MAX);
                trigger = &triggers->list[triggers->n++];
                memcpy(trigger->name, name, sizeof name);
            }
            trigger->sql = *sql;
        }
    }
}

static int note_ours(const struct store_value *v, unsigned n, void *ctx)
{
    struct trigger *trigger = find_trigger(ctx, v[0].text);

    (void)n;
    if (trigger)
        trigger->ours = true;
    return 0;
}

int store_own_triggers(struct store_conn *conn, unsigned *made)
{
    static const char select_ours[] = "SELECT TRIGGER_NAME FROM information_schema.TRIGGERS "
                                      "WHERE TRIGGER_SCHEMA = DATABASE() AND DEFINER = CURRENT_USER()";
    struct triggers triggers = {.n = 0};

    collect_triggers(&triggers);
    *made = 0;
    if (store_ensure(conn) != 0 || store_query(conn, select_ours, NULL, 0, note_ours, &triggers) != 0)
        return -1;
    for (unsigned i = 0; i < triggers.n; i++) {
        if (triggers.list[i].ours)
            continue;
        if (store_exec_schema(conn, triggers.list[i].sql) != 0)
            return -1;
        (*made)++;
    }
    return 0;
}

/* ---- Rights -------------------------------------------------------------------------------------------------- */

/* Statements that find no row, and are refused all the same without the right. */
static int try_table(struct store_conn *conn, const char *table, const char *column)
{
    static const char *const forms[] = {"INSERT INTO %s SELECT * FROM %s WHERE FALSE", "DELETE FROM %s WHERE FALSE"};
    char sql[4 * NAME_MAX_BYTES];

    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(sql, sizeof sql, forms[i], table, table);
#pragma GCC diagnostic pop
        if (store_exec(conn, sql, NULL) != 0)
            return -1;
    }
    snprintf(sql, sizeof sql, "UPDATE %s SET %s = %s WHERE FALSE", table, column, column);
    return store_exec(conn, sql, NULL);
}

int store_try_start(struct store_conn *conn)
{
    /* Of no node, and final: nobody takes it for work, even if this process stops between the two statements. */
    static const char insert[] =
        "INSERT INTO task (id, node, type, status, params, finished_at) VALUES (UUID(), "
        "'00000000-0000-0000-0000-000000000000', 'probe', 'succeeded', '{}', CURRENT_TIMESTAMP(3))";

    if (store_ensure(conn) != 0 || store_begin(conn) != 0)
        return -1;
    int rc = store_exec(conn, insert, NULL);
    struct store_error error = conn->error;
    store_rollback(conn);
    if (rc != 0)
        conn->error = error;
    return rc;
}

int store_try_rights(struct store_conn *conn)
{
    char table[NAME_MAX_BYTES + 1], column[NAME_MAX_BYTES + 1];

    if (store_ensure(conn) != 0)
        return -1;
    for (const struct store_migration *m = store_migrations; m->version != 0; m++) {
        for (const char *const *sql = m->statements; *sql; sql++) {
            if (!word_after(*sql, "CREATE TABLE IF NOT EXISTS ", table))
                continue;
            if (!word_after(strchr(*sql, '('), "(", column) || try_table(conn, table, column) != 0)
                return -1;
        }
    }
    if (store_exec(conn, "CREATE OR REPLACE TEMPORARY TABLE rights_tried (a INT)", NULL) != 0 ||
        store_exec(conn, "DROP TEMPORARY TABLE rights_tried", NULL) != 0)
        return -1;
    return store_try_start(conn);
}

/* ---- Durability ---------------------------------------------------------------------------------------------- */

static bool one_of(const char *value, const char *const *words)
{
    while (*words && strcasecmp(value, *words) != 0)
        words++;
    return *words;
}

/* Versions differ in which of these they have: 11.8 may lack innodb_flush_method, and has doublewrite "fast". */
static int note_setting(const struct store_value *v, unsigned n, void *ctx)
{
    static const char *const durable_commit[] = {"1", "3", NULL}, *const no_sync[] = {"nosync", "littlesync", NULL},
                             *const on[] = {"1", "ON", NULL};
    unsigned *weak = ctx;
    const char *name = v[0].text, *value = v[1].text;

    (void)n;
    if (strcasecmp(name, "innodb_flush_log_at_trx_commit") == 0 && !one_of(value, durable_commit))
        *weak |= STORE_WEAK_COMMIT;
    else if (strcasecmp(name, "innodb_flush_method") == 0 && one_of(value, no_sync))
        *weak |= STORE_WEAK_SYNC;
    else if (strcasecmp(name, "debug_no_sync") == 0 && one_of(value, on))
        *weak |= STORE_WEAK_SYNC;
    else if (strcasecmp(name, "innodb_doublewrite") == 0 && !one_of(value, on))
        *weak |= STORE_WEAK_DOUBLEWRITE;
    return 0;
}

int store_weaknesses(struct store_conn *conn, unsigned *weak)
{
    static const char select_settings[] =
        "SELECT variable_name, variable_value FROM information_schema.global_variables WHERE variable_name IN "
        "('innodb_flush_log_at_trx_commit', 'innodb_flush_method', 'debug_no_sync', 'innodb_doublewrite')";

    *weak = 0;
    return store_query(conn, select_settings, NULL, 0, note_setting, weak) == 0 ? 0 : -1;
}

void store_weakness_text(unsigned weak, char *out, size_t size)
{
    static const char *const words[] = {"innodb_flush_log_at_trx_commit is not 1", "files are not synced",
                                        "innodb_doublewrite is not on"};
    size_t at = 0;

    out[0] = '\0';
    for (unsigned i = 0; i < sizeof words / sizeof *words; i++) {
        if ((weak & 1u << i) && at < size)
            at += (size_t)snprintf(out + at, size - at, "%s%s", at ? ", " : "", words[i]);
    }
    if (at > 0 && at < size)
        snprintf(out + at, size - at, ": a power cut loses accepted tasks");
}

/* ---- Advice -------------------------------------------------------------------------------------------------- */

/* 'name'@'host' as the server's message has it, else words that stand for it. */
static void account_in(const char *text, char *out, size_t size)
{
    const char *at = strstr(text, "'@'"), *start = at, *end = at ? strchr(at + 3, '\'') : NULL;

    while (start && start > text && start[-1] != '\'')
        start--;
    if (start && start > text && end && (size_t)(end - start) + 2 < size)
        snprintf(out, size, "%.*s", (int)(end - start + 2), start - 1);
    else
        snprintf(out, size, "the daemon's account");
}

bool store_remedy(const struct store_error *error, const char *database, char *out, size_t size)
{
    char account[160];

    account_in(error->text, account, sizeof account);
    switch (error->number) {
    case 1044: /* database, table, column, routine denied */
    case 1142:
    case 1143:
    case 1370:
        snprintf(out, size, "GRANT " STORE_RIGHTS " ON `%s`.* TO %s;", database, account);
        return true;
    case 1045:
    case 1698:
        snprintf(out, size,
                 "put the right password into the file that database.password_file names, or set it in the server: "
                 "ALTER USER %s IDENTIFIED BY '...'; (for a login by system account: IDENTIFIED VIA unix_socket)",
                 account);
        return true;
    case 1049:
        snprintf(out, size, "CREATE DATABASE `%s` CHARACTER SET utf8mb4 COLLATE utf8mb4_uca1400_as_ci;", database);
        return true;
    case 1146:
        snprintf(out, size,
                 "load the missing table from the dump, or let the next start make it anew, empty: "
                 "DELETE FROM `%s`.schema_version;",
                 database);
        return true;
    case 1419:
        snprintf(out, size, "SET GLOBAL log_bin_trust_function_creators = 1; (and in the server's configuration)");
        return true;
    case 1449:
        snprintf(out, size,
                 "restart priceforged: it makes the triggers its own. For that its account needs: "
                 "GRANT TRIGGER ON `%s`.* TO ...;",
                 database);
        return true;
    default:
        return false;
    }
}
