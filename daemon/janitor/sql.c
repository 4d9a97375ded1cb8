/* The janitor's SQL thread: the order in which things are put right. */
#include "base/clock.h"
#include "base/log.h"
#include "daemon/janitor/janitor.h"
#include "daemon/process/metrics.h"
#include "daemon/process/outage.h"
#include "handlers/history/history.h"
#include "handlers/prices/changes.h"
#include "shm/wakeup.h"
#include "store/chain.h"
#include "store/migrate.h"
#include "store/rights.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define PASS_MS            1000 /* adopt and settle at least this often */
#define RETRY_MS           500  /* while the database is away */
#define PURGE_MS           (10 * 60 * 1000L)
#define PURGE_ROWS         1000
#define FOLD_ROWS          5000
#define UNDO_ROWS          5000
#define IDEMPOTENCY_HOURS  24
#define DURABILITY_MS      (60 * 1000L)
#define DURABILITY_TELL_MS (60 * 60 * 1000L)
#define TOMBSTONE_DAYS     30

/* The set-up is wrong and no waiting will mend it: end the daemon with a clear message (only before it has ever
 * worked). */
static void give_up_on_config(struct janitor *janitor)
{
    const struct store_error *error = &janitor->db.error;
    /* A daemon that has been serving goes on: a rotated password or a refused host may be mended without us. */
    if (error->cls != STORE_CONFIG ||
        proctab_alive(janitor->process->segment, proctab_find(janitor->process->segment, PROC_WORKER, 0)))
        return;
    const char *name = janitor->process->config->db_name;
    char remedy[500];
    log_error("the database cannot be used: %s (error %u: %s)", store_error_words(error), error->number, error->text);
    if (store_remedy(error, name, remedy, sizeof remedy))
        log_error("what to do: %s", remedy);
    else if (error->number != 0) /* our own texts say it */
        log_error("check [database] in the configuration; the account needs: " STORE_RIGHTS " on the database %s",
                  name);
    _exit(EXIT_CONFIG);
}

static int require_durable(struct store_conn *conn)
{
    unsigned weak;
    char text[160], why[256];
    if (store_weaknesses(conn, &weak) != 0)
        return -1;
    store_weakness_text(weak, text, sizeof text);
    snprintf(why, sizeof why, "%s; mend the server's settings, or set database.require_durable = no", text);
    return weak ? store_fail(conn, STORE_CONFIG, why) : 0;
}

/* Make the database ours: schema, triggers, rights. On a connection of its own: a migration may take its time,
 * everything else here must not. */
static int migrate(struct janitor *janitor)
{
    unsigned applied = 0, made = 0;
    struct store_config config = config_store(janitor->process->config, 3600, 0);
    struct store_conn conn;
    store_conn_init(&conn, &config);
    int rc = store_ensure(&conn);
    if (rc == 0)
        rc = store_migrate(&conn, &applied);
    if (rc == 0)
        rc = store_own_triggers(&conn, &made);
    if (rc == 0)
        rc = store_try_rights(&conn);
    if (rc == 0 && janitor->process->config->db_require_durable)
        rc = require_durable(&conn);
    janitor->db.error = conn.error;
    store_conn_fini(&conn);
    if (made)
        log_info("database triggers: %u were of another account or missing and are made anew", made);
    if (rc == 0 && applied)
        log_info("database schema: %u migrations applied, now at version %u", applied, store_schema_version());
    return rc;
}

static int first_pass(struct janitor *janitor)
{
    if (migrate(janitor) == 0 && store_ensure(&janitor->db) == 0 && janitor_load(janitor) == 0) {
        if (janitor_sweep_spool(janitor) != 0)
            log_warn("the spool was not swept; it will be at the next start");
        janitor->loaded = true;
        proctab_set_session(janitor->process->segment, janitor->process->self, janitor->db.server_thread);
        log_info("journal loaded");
        wakeup_poke_kind(janitor->process->segment, PROC_RUNNER);
        return 0;
    }
    give_up_on_config(janitor);
    return -1;
}

/* What outlives its task for a while: keys of starts, ids that answer 410, and chains. */
static int purge_keys(struct janitor *janitor)
{
    uint64_t keys = 0, stones = 0, chains = 0;
    int rc;
    do
        rc = journal_expire_idem(&janitor->db, IDEMPOTENCY_HOURS, PURGE_ROWS, &keys);
    while (rc == 0 && keys >= PURGE_ROWS);
    if (rc == 0)
        rc = journal_purge_tombstones(&janitor->db, TOMBSTONE_DAYS, PURGE_ROWS, &stones);
    if (rc == 0)
        rc = chain_purge(&janitor->db, janitor->process->config->retention_days, PURGE_ROWS, &chains);
    return rc == 0 && stones < PURGE_ROWS && chains < PURGE_ROWS ? 0 : -1;
}

/* What imports kept for undos, and what dry runs would have changed. */
static int purge_undos(struct janitor *janitor)
{
    bool more = false;
    uint64_t trials = 0;
    int rc = history_purge(&janitor->db, UNDO_ROWS, &more);
    if (rc == 0)
        rc = price_changes_purge(&janitor->db, UNDO_ROWS, &trials);
    return rc == 0 && !more && trials < UNDO_ROWS ? 0 : -1;
}

static void purge(struct janitor *janitor)
{
    uint64_t deleted = 0;
    if (janitor->purged_ms && clock_mono_ms() - janitor->purged_ms < PURGE_MS)
        return;
    if (journal_purge(&janitor->db, janitor->process->config->retention_days, PURGE_ROWS, &deleted) != 0)
        return;
    if (deleted)
        log_info("retention: %llu old tasks deleted", (unsigned long long)deleted);
    if (deleted < PURGE_ROWS && purge_keys(janitor) == 0 && purge_undos(janitor) == 0)
        janitor->purged_ms = clock_mono_ms();
}

/* Looked at every minute; told at the start, when it changes, and every hour. */
static void look_at_durability(struct janitor *janitor)
{
    static int64_t looked_ms, told_ms;
    static unsigned known;
    int64_t now = clock_mono_ms();
    unsigned weak;
    char text[200];
    if ((looked_ms && now - looked_ms < DURABILITY_MS) || store_weaknesses(&janitor->db, &weak) != 0)
        return;
    looked_ms = now;
    metrics_set(METRICS_DURABILITY, 1 + weak);
    if (weak != known || (weak && now - told_ms >= DURABILITY_TELL_MS)) {
        store_weakness_text(weak, text, sizeof text);
        if (weak)
            log_warn("database: %s", text);
        else
            log_info("database: its settings are durable now");
        told_ms = now;
    }
    known = weak;
}

static int pass(struct janitor *janitor)
{
    if (!janitor->loaded && first_pass(janitor) != 0)
        return -1;
    if (store_ensure(&janitor->db) != 0)
        return -1;
    if (janitor_settle_dead(janitor) != 0 || janitor_stop_statements(janitor) != 0)
        return -1;
    if (clock_mono_ms() - janitor->swept_ms >= PASS_MS) {
        if (janitor_adopt(janitor) != 0 || janitor_follow_requests(janitor) != 0 || janitor_sweep_kept(janitor) != 0)
            return -1;
        janitor->swept_ms = clock_mono_ms();
        purge(janitor);
        look_at_durability(janitor);
        if (journal_fold_counts(&janitor->db, FOLD_ROWS) != 0)
            return -1;
    }
    return 0;
}

static void wait_for_poke(struct janitor *janitor, int64_t ms)
{
    struct timespec until = clock_add_ms(clock_mono(), ms);
    pthread_mutex_lock(&janitor->mutex);
    while (!janitor->poked && pthread_cond_timedwait(&janitor->wake, &janitor->mutex, &until) == 0)
        ;
    janitor->poked = false;
    pthread_mutex_unlock(&janitor->mutex);
}

void *janitor_sql_main(void *arg)
{
    struct janitor *janitor = arg;
    while (!atomic_load(&janitor->stopping)) {
        int rc = pass(janitor);
        if (rc != 0 && janitor->db.error.cls == STORE_CONFIG)
            store_conn_fini(&janitor->db); /* the next session sees rights that were granted meanwhile */
        outage_note(janitor->process, rc != 0 && outage_is(&janitor->db.error) ? &janitor->db.error : NULL);
        if (rc != 0 && janitor->db.in_transaction)
            store_rollback(&janitor->db);
        atomic_store(&janitor->first_pass_done, true);
        wait_for_poke(janitor, rc == 0 ? PASS_MS : RETRY_MS);
    }
    store_conn_fini(&janitor->db);
    return NULL;
}
