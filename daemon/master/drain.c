/* The orderly stop: workers and runners first, the janitor when nobody is left to settle, the database when nobody is
 * left to use it. */
#include "base/log.h"
#include "daemon/master/master.h"
#include "daemon/process/notify.h"

#include <signal.h>

#define HURRY_MS   1000
#define PARSERS_MS 1000
#define JANITOR_MS 5000
/* The database's own limit is in daemon/database/server.c; what systemd must allow on top of ours. */
#define EXTEND_US  90000000LL

void drain_begin(struct master *m, int64_t now_ms, int exit_code, const char *reason)
{
    if (m->stage == MASTER_DRAINING)
        return;
    log_info("stopping: %s", reason);
    m->stage = MASTER_DRAINING;
    m->exit_code = exit_code;
    m->drain_phase = DRAIN_CHILDREN;
    m->drain_limit_ms = now_ms + (int64_t)m->config->drain_s * 1000;
    notify_send("STOPPING=1\nEXTEND_TIMEOUT_USEC=%lld", (long long)m->config->drain_s * 1000000 + EXTEND_US);
    children_ask_to_end(m, PROC_WORKER, m->drain_limit_ms);
    children_ask_to_end(m, PROC_RUNNER, m->drain_limit_ms);
}

void drain_hurry(struct master *m, int64_t now_ms)
{
    log_info("stopping: asked again, whoever is not done within %d ms is killed", HURRY_MS);
    for (unsigned i = 0; i < m->n_posts; i++) {
        struct post *post = &m->posts[i];
        if (post->pid != 0 && post->kill_ms > now_ms + HURRY_MS)
            post->kill_ms = now_ms + HURRY_MS;
    }
}

static bool phase_over(const struct master *m)
{
    switch (m->drain_phase) {
    case DRAIN_CHILDREN:
        return children_alive(m, PROC_WORKER) == 0 && children_alive(m, PROC_RUNNER) == 0;
    case DRAIN_PARSERS:
        return children_alive(m, PROC_PARSER) == 0;
    case DRAIN_JANITOR:
        return children_alive(m, PROC_JANITOR) == 0;
    case DRAIN_DATABASE:
        break;
    }
    return privatedb_gone(&m->database);
}

static void next_phase(struct master *m, int64_t now_ms)
{
    switch (m->drain_phase) {
    case DRAIN_CHILDREN: /* parsers without runners end by themselves, a working one is told */
        m->drain_phase = DRAIN_PARSERS;
        children_ask_to_end(m, PROC_PARSER, now_ms + PARSERS_MS);
        break;
    case DRAIN_PARSERS:
        m->drain_phase = DRAIN_JANITOR;
        children_ask_to_end(m, PROC_JANITOR, now_ms + JANITOR_MS);
        break;
    case DRAIN_JANITOR:
        m->drain_phase = DRAIN_DATABASE;
        privatedb_stop(&m->database, now_ms);
        break;
    case DRAIN_DATABASE:
        m->stage = MASTER_OVER;
        break;
    }
}

void drain_turn(struct master *m, int64_t now_ms)
{
    while (m->stage == MASTER_DRAINING && phase_over(m))
        next_phase(m, now_ms);
}
