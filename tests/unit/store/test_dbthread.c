/* The database thread: group commit, faults during it, bounds, drain. */
#include "base/clock.h"
#include "store/dbthread.h"
#include "store/fault.h"
#include "store/internal.h"
#include "store/migrate.h"
#include "tests/unit/mariadb_fixture.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <uuid.h>

#define CALLS 300

struct submission {
    struct db_call call;
    struct journal_new task;
    int done;
};

static struct submission subs[CALLS];
static struct store_conn look;
static struct store_config config;

static int keep_number(const struct store_value *v, unsigned n, void *ctx)
{
    (void)n;
    *(long long *)ctx = atoll(v[0].text);
    return 0;
}

static long long one(const char *sql)
{
    long long value = -1;
    if (store_ensure(&look) != 0 || store_query(&look, sql, NULL, 0, keep_number, &value) != 0)
        fail_msg("%s: %s", sql, look.error.text);
    return value;
}

static int setup(void **state)
{
    (void)state;
    fixture_empty_database();
    store_fault_hook = NULL;
    config = *fixture_config();
    config.read_timeout_s = 5;
    store_conn_init(&look, &config);
    assert_int_equal(store_migrate(&look, NULL), 0);
    memset(subs, 0, sizeof subs);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    store_fault_hook = NULL;
    store_conn_fini(&look);
    return 0;
}

static void done(struct db_call *call)
{
    ((struct submission *)call->ctx)->done++;
}

static struct submission *prepare(unsigned i)
{
    struct submission *s = &subs[i];
    memset(s, 0, sizeof *s);
    uuid_generate(s->task.id);
    s->task.type = "recalculate";
    s->task.params = "{}";
    s->task.created_ms = 1770000000000 + i;
    s->call.insert = &s->task;
    s->call.done = done;
    s->call.ctx = s;
    s->call.deadline_ms = clock_mono_ms() + 20000;
    return s;
}

static void collect(struct dbthread *db, unsigned n)
{
    int64_t until = clock_mono_ms() + 30000;
    struct pollfd watch = {.fd = dbthread_fd(db), .events = POLLIN};
    for (unsigned got = 0; got < n && clock_mono_ms() < until;) {
        poll(&watch, 1, 100);
        got += dbthread_collect(db);
    }
}

static void wait_health(struct dbthread *db, bool want)
{
    int64_t until = clock_mono_ms() + 10000;
    while (dbthread_healthy(db, NULL) != want && clock_mono_ms() < until)
        store_sleep_ms(20);
    assert_int_equal(dbthread_healthy(db, NULL), want);
}

static void expect_all(unsigned n, int result)
{
    for (unsigned i = 0; i < n; i++) {
        if (subs[i].done != 1 || subs[i].call.result != result)
            fail_msg("call %u: done %d result %d, %s %u %s", i, subs[i].done, subs[i].call.result,
                     store_class_name(subs[i].call.error.cls), subs[i].call.error.number, subs[i].call.error.text);
    }
}

/* Counts commits, and injects the faults that a test wants. */
static _Atomic unsigned commits, lost_after, lost_before, deadlocks;
static unsigned count(enum store_fault_point point, const char *sql)
{
    if (strcmp(sql, "COMMIT") != 0)
        return 0;
    if (point == STORE_FAULT_BEFORE) {
        atomic_fetch_add(&commits, 1);
        if (atomic_load(&deadlocks) > 0) {
            atomic_fetch_sub(&deadlocks, 1);
            return 1213;
        }
        if (atomic_load(&lost_before) > 0) {
            atomic_fetch_sub(&lost_before, 1);
            return 2013;
        }
    } else if (atomic_load(&lost_after) > 0) {
        atomic_fetch_sub(&lost_after, 1);
        return 2013;
    }
    return 0;
}

static struct dbthread *start(unsigned threads, unsigned limit)
{
    atomic_store(&commits, 0);
    store_fault_hook = count;
    struct dbthread *db = dbthread_new(&config, threads, limit);
    assert_non_null(db);
    return db;
}

static void inserts_share_commits(void **state)
{
    (void)state;
    struct dbthread *db = start(1, CALLS);
    wait_health(db, true);
    for (unsigned i = 0; i < CALLS; i++)
        assert_int_equal(dbthread_submit(db, &prepare(i)->call), 0);
    collect(db, CALLS);
    expect_all(CALLS, 0);
    assert_int_equal(one("SELECT COUNT(*) FROM task"), CALLS);
    assert_true(atomic_load(&commits) < CALLS / 10);
    dbthread_free(&db, 1000);
    assert_null(db);
}

static void duplicate_fails_alone(void **state)
{
    (void)state;
    struct dbthread *db = start(2, CALLS);
    for (unsigned i = 0; i < 40; i++) {
        prepare(i)->task.live_key = i == 7 || i == 21 ? "same" : NULL;
        assert_int_equal(dbthread_submit(db, &subs[i].call), 0);
    }
    collect(db, 40);
    assert_int_equal(subs[7].call.result + subs[21].call.result, -1); /* one of the two */
    struct submission *loser = subs[7].call.result == -1 ? &subs[7] : &subs[21];
    assert_int_equal(loser->call.error.cls, STORE_DUPLICATE);
    loser->call.result = 0;
    expect_all(40, 0);
    assert_int_equal(one("SELECT COUNT(*) FROM task"), 39);
    dbthread_free(&db, 1000);
}

static int refuse(struct store_conn *conn, void *ctx)
{
    (void)ctx;
    assert_true(conn->in_transaction);
    return 1;
}

static int broken(struct store_conn *conn, void *ctx)
{
    (void)ctx;
    return store_exec(conn, "SELECT nothing FROM task", NULL);
}

static void before_refuses_its_own(void **state)
{
    (void)state;
    struct dbthread *db = start(1, CALLS);
    for (unsigned i = 0; i < 10; i++) {
        prepare(i)->call.before = i == 3 ? refuse : i == 4 ? broken : NULL;
        assert_int_equal(dbthread_submit(db, &subs[i].call), 0);
    }
    collect(db, 10);
    assert_int_equal(subs[3].call.result, 1);
    assert_int_equal(subs[4].call.result, -1);
    assert_int_equal(subs[4].call.error.cls, STORE_CONFIG);
    subs[3].call.result = subs[4].call.result = 0;
    expect_all(10, 0);
    assert_int_equal(one("SELECT COUNT(*) FROM task"), 8);
    dbthread_free(&db, 1000);
}

/* The COMMIT happened, its answer was lost: the batch is looked up, not repeated. */
static void commit_done_but_reported_lost(void **state)
{
    (void)state;
    atomic_store(&lost_after, 1);
    struct dbthread *db = start(1, CALLS);
    for (unsigned i = 0; i < 20; i++)
        assert_int_equal(dbthread_submit(db, &prepare(i)->call), 0);
    collect(db, 20);
    expect_all(20, 0);
    assert_int_equal(atomic_load(&lost_after), 0);
    assert_int_equal(one("SELECT COUNT(*) FROM task"), 20);
    dbthread_free(&db, 1000);
}

/* The COMMIT never arrived: looked up, found missing, repeated. Deadlocks at COMMIT are repeated too. */
static void commit_lost_or_refused_is_repeated(void **state)
{
    (void)state;
    atomic_store(&lost_before, 2);
    atomic_store(&deadlocks, 2);
    struct dbthread *db = start(1, CALLS);
    wait_health(db, true);
    for (unsigned i = 0; i < 20; i++)
        assert_int_equal(dbthread_submit(db, &prepare(i)->call), 0);
    collect(db, 20);
    expect_all(20, 0);
    assert_int_equal(atomic_load(&lost_before) + atomic_load(&deadlocks), 0);
    assert_int_equal(one("SELECT COUNT(*) FROM task"), 20);
    dbthread_free(&db, 1000);
}

static _Atomic unsigned kill_at;
static unsigned kill_server(enum store_fault_point point, const char *sql)
{
    if (point != STORE_FAULT_BEFORE || strcmp(sql, "COMMIT") != 0 || atomic_load(&kill_at) == 0)
        return 0;
    if (atomic_fetch_sub(&kill_at, 1) == 1)
        fixture_kill();
    return 0;
}

/* A SIGKILL of the server during a stream of insertions: every row that was reported as 0 is there, every row that
 * was reported as -1 is not. */
static void server_killed_at_commit(void **state)
{
    (void)state;
    unsigned acknowledged = 0;
    atomic_store(&kill_at, 2);
    store_fault_hook = kill_server;
    struct dbthread *db = dbthread_new(&config, 1, CALLS);
    wait_health(db, true);
    for (unsigned i = 0; i < CALLS; i++)
        assert_int_equal(dbthread_submit(db, &prepare(i)->call), 0);
    int64_t until = clock_mono_ms() + 5000;
    while (atomic_load(&kill_at) != 0 && clock_mono_ms() < until)
        store_sleep_ms(5);
    assert_int_equal(atomic_load(&kill_at), 0);
    store_sleep_ms(100);
    fixture_restart();
    collect(db, CALLS);
    for (unsigned i = 0; i < CALLS; i++) {
        char id[STORE_UUID_SIZE], sql[128];
        assert_int_equal(subs[i].done, 1);
        assert_int_not_equal(subs[i].call.error.cls, STORE_UNKNOWN);
        store_uuid_text(subs[i].task.id, id);
        snprintf(sql, sizeof sql, "SELECT COUNT(*) FROM task WHERE id = '%s'", id);
        assert_int_equal(one(sql), subs[i].call.result == 0);
        acknowledged += subs[i].call.result == 0;
    }
    assert_true(acknowledged >= 1);
    wait_health(db, true); /* by itself */
    dbthread_free(&db, 1000);
}

static void server_away_and_back(void **state)
{
    (void)state;
    int64_t age = 0;
    struct dbthread *db = start(2, CALLS);
    wait_health(db, true);
    fixture_kill();
    wait_health(db, false); /* noticed by the ping, without a call */
    assert_int_equal(dbthread_submit(db, &prepare(0)->call), 0);
    int64_t before = clock_mono_ms();
    collect(db, 1);
    assert_int_equal(subs[0].call.result, -1);
    assert_int_equal(subs[0].call.error.cls, STORE_GONE);
    assert_true(clock_mono_ms() - before < 2000);
    fixture_restart();
    wait_health(db, true);
    dbthread_healthy(db, &age);
    assert_true(age < 5000);
    assert_int_equal(dbthread_submit(db, &prepare(0)->call), 0);
    collect(db, 1);
    expect_all(1, 0);
    dbthread_free(&db, 1000);
}

/* An idle connection that the server closed is replaced, and no caller notices. */
static void killed_connection_is_invisible(void **state)
{
    (void)state;
    struct dbthread *db = start(1, CALLS);
    wait_health(db, true);
    for (unsigned i = 0; i < 5; i++) {
        char sql[64];
        long long id =
            one("SELECT id FROM information_schema.processlist WHERE db = 'pf_test' AND id <> CONNECTION_ID()");
        snprintf(sql, sizeof sql, "KILL CONNECTION %lld", id);
        assert_int_equal(store_exec(&look, sql, NULL), 0);
        assert_int_equal(dbthread_submit(db, &prepare(i)->call), 0);
        collect(db, 1);
    }
    expect_all(5, 0);
    dbthread_free(&db, 1000);
}

/* ---- Bounds -------------------------------------------------------------------------------------------------- */

static int sleep_work(struct store_conn *conn, void *ctx)
{
    (void)ctx;
    return store_exec(conn, "SELECT SLEEP(0.5)", NULL);
}

static struct submission *prepare_work(unsigned i, int (*work)(struct store_conn *, void *))
{
    struct submission *s = prepare(i);
    s->call.insert = NULL;
    s->call.work = work;
    return s;
}

static void queue_is_bounded(void **state)
{
    (void)state;
    unsigned accepted = 0;
    struct dbthread *db = start(1, 4);
    wait_health(db, true);
    assert_int_equal(dbthread_submit(db, &prepare_work(0, sleep_work)->call), 0);
    store_sleep_ms(100); /* taken */
    for (unsigned i = 1; i < 7; i++) {
        int rc = dbthread_submit(db, &prepare(i)->call);
        assert_true(rc == 0 || rc == -EAGAIN);
        accepted += rc == 0;
    }
    assert_int_equal(accepted, 4);
    collect(db, 5);
    expect_all(5, 0);
    dbthread_free(&db, 1000);
}

static void deadline_ends_a_waiting_call(void **state)
{
    (void)state;
    struct dbthread *db = start(1, CALLS);
    wait_health(db, true);
    assert_int_equal(dbthread_submit(db, &prepare_work(0, sleep_work)->call), 0);
    store_sleep_ms(50);
    prepare(1)->call.deadline_ms = clock_mono_ms() + 100;
    prepare(2);
    assert_int_equal(dbthread_submit(db, &subs[1].call), 0);
    assert_int_equal(dbthread_submit(db, &subs[2].call), 0);
    store_sleep_ms(150);
    assert_int_equal(dbthread_collect(db), 1); /* while the thread is still busy */
    assert_int_equal(subs[1].call.result, -1);
    assert_int_equal(subs[1].call.error.cls, STORE_UNUSABLE);
    collect(db, 2);
    assert_int_equal(subs[0].call.result, 0);
    assert_int_equal(subs[2].call.result, 0);
    assert_int_equal(one("SELECT COUNT(*) FROM task"), 1);
    dbthread_free(&db, 1000);
}

static void slow_work_does_not_hold_up_insertions(void **state)
{
    (void)state;
    struct dbthread *db = start(2, CALLS);
    wait_health(db, true);
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(dbthread_submit(db, &prepare_work(i, sleep_work)->call), 0);
    for (unsigned i = 2; i < 30; i++)
        assert_int_equal(dbthread_submit(db, &prepare(i)->call), 0);
    collect(db, 28);
    assert_int_equal(subs[0].done + subs[1].done, 0); /* 28 insertions done, both sleepers not */
    collect(db, 2);
    expect_all(30, 0);
    dbthread_free(&db, 1000);
}

static int leave_open(struct store_conn *conn, void *ctx)
{
    (void)ctx;
    return store_begin(conn) == 0 && store_exec(conn, "DELETE FROM task", NULL) == 0 ? 7 : -1;
}

static void work_keeps_its_value_and_leaks_nothing(void **state)
{
    (void)state;
    struct dbthread *db = start(1, CALLS);
    assert_int_equal(dbthread_submit(db, &prepare(0)->call), 0);
    collect(db, 1);
    assert_int_equal(dbthread_submit(db, &prepare_work(1, leave_open)->call), 0);
    assert_int_equal(dbthread_submit(db, &prepare_work(2, broken)->call), 0);
    collect(db, 2);
    assert_int_equal(subs[1].call.result, 7);
    assert_int_equal(subs[2].call.result, -1);
    assert_int_equal(subs[2].call.error.number, 1054);
    assert_int_equal(one("SELECT COUNT(*) FROM task"), 1);
    dbthread_free(&db, 1000);
}

static void drain_finishes_what_is_queued(void **state)
{
    (void)state;
    struct dbthread *db = start(2, CALLS);
    for (unsigned i = 0; i < 100; i++)
        assert_int_equal(dbthread_submit(db, &prepare(i)->call), 0);
    dbthread_free(&db, 10000);
    expect_all(100, 0);
    assert_int_equal(one("SELECT COUNT(*) FROM task"), 100);
}

static void drain_gives_up_at_its_limit(void **state)
{
    (void)state;
    unsigned refused = 0;
    struct dbthread *db = start(1, CALLS);
    wait_health(db, true);
    for (unsigned i = 0; i < 20; i++)
        assert_int_equal(dbthread_submit(db, &prepare_work(i, sleep_work)->call), 0);
    int64_t before = clock_mono_ms();
    dbthread_free(&db, 200);
    assert_true(clock_mono_ms() - before < 3000);
    for (unsigned i = 0; i < 20; i++) {
        assert_int_equal(subs[i].done, 1);
        refused += subs[i].call.result == -1 && subs[i].call.error.cls == STORE_UNUSABLE;
    }
    assert_true(refused >= 17);
}

static void stopped_server_ends_calls_by_time_out(void **state)
{
    (void)state;
    config.read_timeout_s = 1;
    config.connect_timeout_s = 1;
    struct dbthread *db = start(1, CALLS);
    wait_health(db, true);
    fixture_pause();
    prepare(0)->call.deadline_ms = clock_mono_ms() + 500;
    assert_int_equal(dbthread_submit(db, &subs[0].call), 0);
    collect(db, 1);
    assert_int_equal(subs[0].call.result, -1);
    assert_false(dbthread_healthy(db, NULL));
    fixture_resume();
    wait_health(db, true);
    dbthread_free(&db, 1000);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(inserts_share_commits),
        T(duplicate_fails_alone),
        T(before_refuses_its_own),
        T(commit_done_but_reported_lost),
        T(commit_lost_or_refused_is_repeated),
        T(server_killed_at_commit),
        T(server_away_and_back),
        T(killed_connection_is_invisible),
        T(queue_is_bounded),
        T(deadline_ends_a_waiting_call),
        T(slow_work_does_not_hold_up_insertions),
        T(work_keeps_its_value_and_leaks_nothing),
        T(drain_finishes_what_is_queued),
        T(drain_gives_up_at_its_limit),
        T(stopped_server_ends_calls_by_time_out),
    };
    if (fixture_start() != 0)
        return 77;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
