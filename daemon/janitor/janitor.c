/* The janitor's first thread: quick reactions without SQL. */
#include "daemon/janitor/janitor.h"

#include "base/clock.h"
#include "base/log.h"
#include "daemon/janitor/places.h"
#include "daemon/process/metrics.h"
#include "daemon/task/log.h"
#include "daemon/task/spool.h"
#include "daemon/task/state.h"
#include "shm/wakeup.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BEAT_MS 250

static struct janitor *the_janitor; /* for the signal handler */

static void on_term(int sig)
{
    (void)sig;
    atomic_store(&the_janitor->stopping, true);
    wakeup_poke(the_janitor->process->segment, the_janitor->process->self.slot);
}

struct interruption janitor_cause(const struct janitor *janitor, int wait_status, unsigned attempt)
{
    bool killed = WIFSIGNALED(wait_status);
    return (struct interruption){.cause = killed ? CAUSE_SIGNAL : CAUSE_EXIT,
                                 .code = (unsigned)(killed ? WTERMSIG(wait_status) : WEXITSTATUS(wait_status)),
                                 .attempt = attempt,
                                 .max = janitor->process->config->max_attempts};
}

struct death {
    struct janitor *janitor;
    struct proc_info info;
    bool owns; /* it left something to settle */
};

static bool tell_interrupted(const struct shm_task *task, struct shm_handle handle, uint64_t version, void *ctx)
{
    struct death *death = ctx;
    (void)version;
    if (task->owner.slot != death->info.ref.slot || task->owner.generation != death->info.ref.generation)
        return true;
    death->owns = true;
    if (task->state != TASK_RUNNING)
        return true;
    struct interruption why = janitor_cause(death->janitor, death->info.wait_status, task->attempt);
    if (taskstate_interrupted(death->janitor->process->segment, handle, death->info.ref, &why) == 0) {
        char cause[80];
        taskwords_cause(&why, cause, sizeof cause);
        struct log_about about = taskabout_slot(task);
        log_about(LOG_LEVEL_WARN, &about, "interrupted: %s", cause);
    }
    return true;
}

/* Tells every poll of what died, from the process table alone. Returns true if something is left to settle. The
 * entry of a process that owned nothing is released here: if it waited for a database that is away, its successors
 * would run out of entries. */
static bool tell_deaths(struct janitor *janitor)
{
    struct shm_segment *segment = janitor->process->segment;
    bool any = false;
    for (uint32_t slot = 0; slot < proctab_size(segment); slot++) {
        struct death death = {.janitor = janitor};
        if (!proctab_read(segment, slot, &death.info) || death.info.state != PROC_DEAD)
            continue;
        shm_table_each_in(segment, TASKS_OWNED, tell_interrupted, &death);
        if (!death.owns)
            proctab_release(segment, death.info.ref);
        any |= death.owns;
    }
    return any;
}

void janitor_poke_sql(struct janitor *janitor)
{
    pthread_mutex_lock(&janitor->mutex);
    janitor->poked = true;
    pthread_cond_signal(&janitor->wake);
    pthread_mutex_unlock(&janitor->mutex);
}

static int start_sql(struct janitor *janitor)
{
    sigset_t all, before;
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&janitor->wake, &attr);
    pthread_condattr_destroy(&attr);
    pthread_mutex_init(&janitor->mutex, NULL);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int rc = pthread_create(&janitor->sql_thread, NULL, janitor_sql_main, janitor);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return rc;
}

static int janitor_init(struct janitor *janitor, const struct process *process)
{
    janitor->process = process;
    metrics_attach(process);
    janitor->db_config = config_store(process->config, 15, 10);
    store_conn_init(&janitor->db, &janitor->db_config);
    janitor->started_ms = clock_wall_ms();
    janitor->dead_since_ms = calloc(proctab_size(process->segment), sizeof *janitor->dead_since_ms);
    uint32_t slots = shm_segment_geometry(process->segment)->slots;
    janitor->clocks = calloc(slots, sizeof *janitor->clocks);
    janitor->queued = calloc(slots, sizeof *janitor->queued);
    janitor->stop_statement = calloc(slots, sizeof *janitor->stop_statement);
    janitor->spool_fd = spool_open_dir(process->config->spool_dir);
    the_janitor = janitor;
    struct sigaction term = {.sa_handler = on_term};
    if (!janitor->dead_since_ms || !janitor->clocks || !janitor->queued || !janitor->stop_statement ||
        janitor->spool_fd < 0 || store_library_init() != 0 || sigaction(SIGTERM, &term, NULL) != 0 ||
        start_sql(janitor) != 0) {
        log_error("the janitor cannot start: %s", strerror(errno));
        return -1;
    }
    return 0;
}

/* The janitor is ready once the journal has been loaded, or the database was found away: workers then serve what
 * they can meanwhile. */
static void report_active(struct janitor *janitor, bool *reported)
{
    if (*reported || !atomic_load(&janitor->first_pass_done))
        return;
    proctab_active(janitor->process->segment, janitor->process->self);
    wakeup_poke(janitor->process->segment, WAKEUP_MASTER);
    *reported = true;
}

int janitor_main(const struct process *process)
{
    static struct janitor janitor;
    bool reported = false;
    if (janitor_init(&janitor, process) != 0)
        return EXIT_SHORTAGE;
    struct pollfd fds[] = {{wakeup_fd(process->segment, process->self.slot), POLLIN, 0},
                           {process->master_pipe, POLLIN, 0}};
    while (!atomic_load(&janitor.stopping)) {
        proctab_beat(process->segment, process->self);
        report_active(&janitor, &reported);
        if (tell_deaths(&janitor))
            janitor_poke_sql(&janitor);
        janitor_check_limits(&janitor);
        places_refresh(process->segment);
        poll(fds, 2, reported ? BEAT_MS : 20);
        if (fds[1].revents)
            _exit(EXIT_SHORTAGE);
        wakeup_drain(process->segment, process->self.slot);
    }
    proctab_stopping(process->segment, process->self);
    janitor_poke_sql(&janitor);
    pthread_join(janitor.sql_thread, NULL);
    free(janitor.dead_since_ms);
    free(janitor.clocks);
    free(janitor.queued);
    free(janitor.stop_statement);
    close(janitor.spool_fd);
    return EXIT_DONE;
}
