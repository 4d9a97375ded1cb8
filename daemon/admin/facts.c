/* What the tables must look like: every column, index, foreign key and trigger as a line of text. */
#include "daemon/admin/check.h"

#include "base/bytes.h"

#include <stdlib.h>
#include <string.h>

/* In the order of their bytes; what a database that the migrations made tells. A migration changes the tables: then
 * PF_GOLDEN=write pytest tests/system/test_admin_check.py writes the file anew. */
static const char *const expected[] = {
#include "daemon/admin/facts.inc"
};

/* Of temporary tables nothing is there: they belong to one session. Names of types are the same in all servers that we
 * take, those of collations are not. */
static const char ask[] =
    "SELECT CONCAT(c.table_name, '.', c.column_name, ' ', c.column_type, IF(c.is_nullable = 'YES', '', ' not null')) "
    "FROM "
    "information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name) WHERE "
    "c.table_schema = "
    "DATABASE() AND t.table_type = 'BASE TABLE' "
    "UNION ALL SELECT CONCAT(table_name, IF(non_unique, ' index ', ' unique '), index_name, ' (', "
    "GROUP_CONCAT(column_name "
    "ORDER BY seq_in_index SEPARATOR ', '), ')') FROM information_schema.statistics WHERE table_schema = DATABASE() "
    "GROUP BY "
    "table_name, non_unique, index_name "
    "UNION ALL SELECT CONCAT(table_name, ' foreign key ', constraint_name, ' to ', referenced_table_name, ', on delete "
    "', "
    "LOWER(delete_rule)) FROM information_schema.referential_constraints WHERE constraint_schema = DATABASE() "
    "UNION ALL SELECT CONCAT(event_object_table, ' trigger ', trigger_name, ' ', LOWER(action_timing), ' ', "
    "LOWER(event_manipulation)) FROM information_schema.triggers WHERE trigger_schema = DATABASE()";

struct facts {
    char **list;
    size_t n;
};

static int keep(const struct store_value *v, unsigned n, void *ctx)
{
    struct facts *facts = ctx;
    char *copy = xalloc(v[0].len + 1);

    (void)n;
    memcpy(copy, v[0].text, v[0].len + 1);
    facts->list = xrealloc(facts->list, (facts->n + 1) * sizeof *facts->list);
    facts->list[facts->n++] = copy;
    return 0;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Both lists ascend. */
static void compare(struct check *check, const struct facts *facts)
{
    size_t n = sizeof expected / sizeof *expected, e = 0, f = 0;

    while (e < n || f < facts->n) {
        check_kind(check); /* all are told */
        int order = e == n ? 1 : f == facts->n ? -1 : strcmp(expected[e], facts->list[f]);
        if (order < 0)
            (void)check_fault(check, "schema:", expected[e], "is missing");
        else if (order > 0)
            (void)check_fault(check, "schema:", facts->list[f], "is not in this version");
        e += order <= 0;
        f += order >= 0;
    }
}

int check_facts(struct check *check)
{
    struct facts facts = {.list = NULL};
    int rc = store_exec(check->conn, "SET SESSION group_concat_max_len = 4096", NULL);

    if (rc == 0)
        rc = store_query(check->conn, ask, NULL, 0, keep, &facts);
    if (facts.n > 0)
        qsort(facts.list, facts.n, sizeof *facts.list, by_bytes);
    if (rc == 0)
        compare(check, &facts);
    for (size_t i = 0; i < facts.n; i++)
        free(facts.list[i]);
    free(facts.list);
    return rc;
}
