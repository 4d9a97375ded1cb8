/* The least that a task can cost a client of the database: one row of many in a bulk insert, one UPDATE that claims
 * it and one that ends it, each committed, by libmariadb alone.
 *
 *   journal_floor SOCKET USER TASKS
 *
 * Prints the microseconds of CPU that this process spent on a task; the server's are not counted. The rows go into an
 * empty copy of the journal without its triggers. */
#include <mysql.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/resource.h>

enum { BATCH = 64, ID_SIZE = 37 };

static MYSQL *db;

static void check(int failed, const char *what)
{
    if (!failed)
        return;
    fprintf(stderr, "journal_floor: %s: %s\n", what, mysql_error(db));
    exit(1);
}

static double own_cpu(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static MYSQL_STMT *prepare(const char *sql)
{
    MYSQL_STMT *stmt = mysql_stmt_init(db);
    check(!stmt || mysql_stmt_prepare(stmt, sql, strlen(sql)) != 0, sql);
    return stmt;
}

static void bind_id(MYSQL_BIND *bind, char *id, unsigned long *length)
{
    memset(bind, 0, sizeof *bind);
    *length = ID_SIZE - 1;
    bind->buffer_type = MYSQL_TYPE_STRING;
    bind->buffer = id;
    bind->length = length;
}

static void insert_all(char (*ids)[ID_SIZE], unsigned n)
{
    MYSQL_STMT *stmt = prepare("INSERT INTO floor_task (id, node, type, params, created_at, status, attempt) VALUES "
                               "(?, '00000000-0000-4000-8000-000000000000', 'test_sleep', '{\"ms\":0,\"steps\":1}', "
                               "UTC_TIMESTAMP(3), 'queued', 0)");
    char *pointers[BATCH];
    unsigned long lengths[BATCH];
    MYSQL_BIND bind = {.buffer_type = MYSQL_TYPE_STRING, .buffer = pointers, .length = lengths};
    unsigned rows = BATCH;
    for (unsigned i = 0; i < BATCH; i++)
        lengths[i] = ID_SIZE - 1;
    mysql_stmt_attr_set(stmt, STMT_ATTR_ARRAY_SIZE, &rows);
    check(mysql_stmt_bind_param(stmt, &bind), "bind");
    for (unsigned at = 0; at < n; at += BATCH) {
        for (unsigned i = 0; i < BATCH; i++)
            pointers[i] = ids[at + i];
        check(mysql_stmt_execute(stmt), "insert");
    }
    mysql_stmt_close(stmt);
}

static void update_each(const char *sql, char (*ids)[ID_SIZE], unsigned n)
{
    MYSQL_STMT *stmt = prepare(sql);
    MYSQL_BIND bind;
    unsigned long length;
    for (unsigned i = 0; i < n; i++) {
        bind_id(&bind, ids[i], &length);
        check(mysql_stmt_bind_param(stmt, &bind) || mysql_stmt_execute(stmt), "update");
    }
    mysql_stmt_close(stmt);
}

int main(int argc, char **argv)
{
    unsigned n = argc > 3 ? (unsigned)atoi(argv[3]) / BATCH * BATCH : 0;
    char(*ids)[ID_SIZE] = calloc(n ? n : 1, sizeof *ids);
    db = mysql_init(NULL);
    if (n == 0 || !ids || !db) {
        fputs("usage: journal_floor SOCKET USER TASKS\n", stderr);
        return 2;
    }
    check(!mysql_real_connect(db, NULL, argv[2], NULL, "priceforge", 0, argv[1], 0), "connect");
    check(mysql_query(db, "CREATE OR REPLACE TABLE floor_task LIKE task"), "create");
    for (unsigned i = 0; i < n; i++)
        snprintf(ids[i], sizeof ids[i], "%08x-0000-4000-8000-%012x", i * 2654435761u, i);
    double begun = own_cpu();
    insert_all(ids, n);
    update_each("UPDATE floor_task SET status = 'running', attempt = 1, started_at = UTC_TIMESTAMP(3) WHERE id = ? AND "
                "status = 'queued'",
                ids, n);
    update_each("UPDATE floor_task SET status = 'succeeded', outcome = 'succeeded', result = '{}', finished_at = "
                "UTC_TIMESTAMP(3) WHERE id = ? AND status = 'running'",
                ids, n);
    printf("%.1f\n", (own_cpu() - begun) / n * 1e6);
    check(mysql_query(db, "DROP TABLE floor_task"), "drop");
    mysql_close(db);
    free(ids);
    return 0;
}
