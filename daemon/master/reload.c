/* SIGHUP: read the configuration again; what can change without a restart does. */
#include "base/log.h"
#include "daemon/master/master.h"
#include "daemon/process/notify.h"

#include <signal.h>

struct report {
    unsigned changed, fixed;
};

static void report_change(const char *name, const char *before, const char *after, bool needs_restart, void *ctx)
{
    struct report *report = ctx;

    report->changed++;
    report->fixed += needs_restart;
    log_info("reload: %s: %s -> %s%s", name, before, after,
             needs_restart ? " (only after a restart of the daemon)" : "");
}

void reload_configuration(struct master *m)
{
    struct config *next;
    struct report report = {0, 0};

    notify_reloading();
    if (config_load(config_file(m->config_file, m->default_file), m->overrides, m->n_overrides, &next) < 0) {
        log_error("reload: the configuration has faults, see above; the old one stays in force");
        notify_send("READY=1");
        return;
    }
    config_compare(m->config, next, report_change, &report);
    config_keep_fixed(m->config, next);
    m->database.config = next;
    config_free(&m->config);
    m->config = next;
    log_set_level((enum log_level)next->log_level, next->log_json);
    log_info("reload: %u keys changed, %u of them wait for a restart", report.changed, report.fixed);
    for (unsigned i = 0; report.changed > report.fixed && i < m->n_posts; i++)
        m->posts[i].renew = m->posts[i].pid != 0;
    notify_send("READY=1");
}

/* True while one of this kind is ending or starting: the next one waits for it. */
static bool kind_is_busy(const struct master *m, enum proc_kind kind)
{
    for (unsigned i = 0; i < m->n_posts; i++) {
        const struct post *post = &m->posts[i];
        if (post->kind == kind && (post->pid == 0 || post->kill_ms != 0 || (!post->active && kind != PROC_PARSER)))
            return true;
    }
    return false;
}

void reload_turn(struct master *m, int64_t now_ms)
{
    if (m->stage != MASTER_SERVING)
        return;
    for (unsigned i = 0; i < m->n_posts; i++) {
        struct post *post = &m->posts[i];
        if (!post->renew || post->pid == 0 || kind_is_busy(m, post->kind))
            continue;
        post->renew = false;
        post->kill_ms = now_ms + (int64_t)m->config->drain_s * 1000;
        kill(post->pid, SIGTERM);
    }
}
