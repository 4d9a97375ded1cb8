/* The check of the import on record. */
#include "handlers/history/base.h"

#include "handlers/task_type.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* -1 = not said. */
static int64_t expected_of(yajl_val params)
{
    return json_member_int(params, "expect_import", -1);
}

static bool moved(int64_t expected, const struct import_last *last)
{
    return expected >= 0 && (uint64_t)expected != last->id;
}

/* The sentence, which says the way out as well. */
static void say_moved(char *text, size_t size, const char *owner, int64_t expected, const struct import_last *last)
{
    char wanted[40] = "none";
    if (expected > 0)
        snprintf(wanted, sizeof wanted, "number %" PRId64, expected);
    snprintf(text, size,
             "the last import of %.32s is %s, and %s was expected; look at the file again with dry_run=true, and send "
             "its last_import as expect_import",
             owner, last->id ? last->text : "none", wanted);
}

/* ---- At submission --------------------------------------------------------------------------------------------- */

static int on_owner(const struct store_value *v, unsigned n, void *ctx)
{
    (void)n;
    *(uint32_t *)ctx = (uint32_t)strtoul(v[0].text, NULL, 10);
    return 0;
}

int history_base_precheck(struct store_conn *db, const struct import_book *book, yajl_val params, const char *kind,
                          struct param_faults *faults)
{
    int64_t expected = expected_of(params);
    const char *owner = json_member_string(params, book->owner_param, "");
    struct store_value v[] = {STORE_S_OR_NULL(kind), STORE_S(owner)};
    struct import_last last;
    uint32_t owner_id = 0;
    char text[480];
    if (expected < 0)
        return 0;
    if (store_query(db, book->owner_id, v, 2, on_owner, &owner_id) != 0 || history_last(db, book, owner_id, &last) != 0)
        return -1;
    if (!moved(expected, &last))
        return 0;
    say_moved(text, sizeof text, owner, expected, &last);
    param_faults_add(faults, "/expect_import", "conflict", "%s", text);
    return PRECHECK_BASE_MOVED;
}

/* ---- In the run ------------------------------------------------------------------------------------------------ */

static void tell_moved(struct fault_told *told, const char *owner, int64_t expected, const struct import_last *last)
{
    told_fact(told, "owner", "%s", owner);
    told_fact(told, "expected", "%" PRId64, expected);
    told_fact(told, "last", "%" PRIu64, last->id);
    told_fact(told, "at", "%s", last->at);
    told_fact(told, "who", "%s", last->who);
    told_fact(told, "file", "%s", last->file);
    told_choice(told, "dry_run", "true", "look at the file again");
}

enum run_step history_base_find(struct job *job, const struct import_book *book, uint32_t owner_id, uint64_t *number,
                                struct run_failure *failure)
{
    const char *owner = json_member_string(job->params, book->owner_param, "");
    int64_t expected = expected_of(job->params);
    struct import_last last;
    char text[480];
    if (history_last(job->db, book, owner_id, &last) != 0)
        return run_database_away(job);
    *number = last.id;
    if (!moved(expected, &last))
        return STEP_ON;
    say_moved(text, sizeof text, owner, expected, &last);
    tell_moved(&failure->told, owner, expected, &last);
    return run_fail(failure, "E_BASE_MOVED", text);
}

int history_base_check(struct job *job, struct store_conn *db, const struct import_book *book, uint32_t owner_id,
                       struct job_ending *ending)
{
    const char *owner = json_member_string(job->params, book->owner_param, "");
    int64_t expected = expected_of(job->params);
    struct fault_told told = {.facts = ""};
    struct import_last last;
    char text[480];
    if (expected < 0)
        return 0;
    if (history_last(db, book, owner_id, &last) != 0)
        return -1;
    if (!moved(expected, &last))
        return 0;
    say_moved(text, sizeof text, owner, expected, &last);
    tell_moved(&told, owner, expected, &last);
    job_ending_fail(ending, "E_BASE_MOVED", "%s", text);
    job_ending_told(ending, &told);
    return JOB_EFFECT_REJECT;
}
