/* Death of a child: its cause, who has to know of it, and its successor. */
#include "base/log.h"
#include "daemon/master/master.h"
#include "shm/counters.h"
#include "shm/wakeup.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* "exited with 78 (configuration error)", "was killed by signal 11 (Segmentation fault), core dumped". */
static void cause_in_words(int status, char *out, size_t size)
{
    static const struct {
        int code;
        const char *words;
    } codes[] = {{EXIT_DONE, "done"},
                 {EXIT_RECYCLE, "asks to be replaced"},
                 {EXIT_SHORTAGE, "short of memory or descriptors"},
                 {EXIT_CONFIG, "configuration error"},
                 {EXIT_SEGMENT_LOST, "shared segment lost"}};
    const char *words = "unexpected";

    if (WIFSIGNALED(status)) {
        snprintf(out, size, "was killed by signal %d (%s)%s", WTERMSIG(status), strsignal(WTERMSIG(status)),
                 WCOREDUMP(status) ? ", core dumped" : "");
        return;
    }
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        if (codes[i].code == WEXITSTATUS(status))
            words = codes[i].words;
    }
    snprintf(out, size, "exited with %d (%s)", WEXITSTATUS(status), words);
}

void reap_show_counts(struct master *m)
{
    struct counters_row row = counters_master(m->segment);

    for (unsigned kind = 0; kind < METRICS_KINDS; kind++)
        for (unsigned cause = 0; cause < METRICS_CAUSES; cause++)
            counters_set(&row, METRICS_DEATHS + kind * METRICS_CAUSES + cause, m->ends[kind][cause]);
}

static enum metrics_cause cause_of(const struct post *post, int status)
{
    if (WIFSIGNALED(status))
        return post->killed_for ? METRICS_KILLED : METRICS_SIGNALLED;
    switch (WEXITSTATUS(status)) {
    case EXIT_DONE:
        return METRICS_IN_ORDER;
    case EXIT_RECYCLE:
        return METRICS_RECYCLED;
    case EXIT_SHORTAGE:
        return METRICS_SHORTAGE;
    case EXIT_CONFIG:
        return METRICS_CONFIG;
    case EXIT_SEGMENT_LOST:
        return METRICS_SEGMENT_LOST;
    default:
        return METRICS_EXITED;
    }
}

static bool expected(const struct master *m, const struct post *post, int status)
{
    bool in_order = WIFEXITED(status) && (WEXITSTATUS(status) == EXIT_DONE || WEXITSTATUS(status) == EXIT_RECYCLE);

    if (post->kind == PROC_PARSER && WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM)
        return true; /* an idle parser has no handler to end in better order */
    return in_order && (m->stage == MASTER_DRAINING || post->kill_ms != 0 || post->kind == PROC_PARSER ||
                        WEXITSTATUS(status) == EXIT_RECYCLE);
}

static void write_obituary(const struct master *m, const struct post *post, int status, int64_t now_ms)
{
    char role[48], cause[120];
    enum log_level level = expected(m, post, status) ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARN;

    if (level == LOG_LEVEL_DEBUG && post->kind != PROC_PARSER)
        level = LOG_LEVEL_INFO;
    children_role(post, role, sizeof role);
    cause_in_words(status, cause, sizeof cause);
    log_write(level, "%s (pid %d, generation %" PRIu32 ") %s after %.1f s%s%s%s", role, (int)post->pid,
              post->ref.generation, cause, (double)(now_ms - post->started_ms) / 1000,
              post->active || post->kind == PROC_PARSER ? "" : ", before it was ready",
              post->killed_for ? "; we killed it: " : "", post->killed_for ? post->killed_for : "");
}

static int64_t decide_successor(struct master *m, const struct post *post, int status, int64_t now_ms)
{
    char role[48];
    int64_t due_ms;
    struct restart *restart = &m->restart[post->kind];
    /* A parser cannot say ACTIVE, it has no table: one that ended in good order has worked, and one that died of its
     * file as well; only one that dies in the first moments, before a file can have reached it, counts as failed. */
    bool worked = post->active || (post->kind == PROC_PARSER && now_ms - post->started_ms >= 50);

    children_role(post, role, sizeof role);
    /* Nor does one count that was left in the middle of a file, however young it was: the task was cancelled. */
    if (post->kind == PROC_PARSER && WIFEXITED(status) &&
        (WEXITSTATUS(status) == EXIT_DONE || WEXITSTATUS(status) == EXIT_RECYCLE)) {
        restart_worked(restart);
        return now_ms;
    }
    switch (restart_after(restart, status, worked, now_ms, &due_ms)) {
    case RESTART_AGAIN:
        if (due_ms > now_ms && m->stage != MASTER_DRAINING)
            log_warn("%s starts again in %lld ms", role, (long long)(due_ms - now_ms));
        break;
    case RESTART_CONFIG:
        drain_begin(m, now_ms, EXIT_CONFIG, "a configuration error, see above; restarting would not help");
        break;
    case RESTART_SEGMENT:
        if (m->stage == MASTER_STARTING || m->stage == MASTER_SERVING) {
            log_error("the shared segment is beyond repair: all children are killed and start again with a new one");
            m->stage = MASTER_RENEWING;
        }
        break;
    }
    return due_ms;
}

/* The table first, then the janitor, then everybody: a worker that looks early sees the owner alive, one that looks
 * late sees the truth. */
static void bury(struct master *m, struct post *post, int status, int64_t now_ms)
{
    supervise_readiness(m, post); /* it may have become ready and died within one turn */
    write_obituary(m, post, status, now_ms);
    m->ends[post->kind][cause_of(post, status)]++;
    reap_show_counts(m);
    proctab_dead(m->segment, post->ref, status);
    /* These own nothing: a parser never does, and EXIT_SHORTAGE says that the child could not even start. Without the
     * janitor, whom it may be about, nobody else would free their entries. */
    if (post->kind == PROC_PARSER || (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SHORTAGE))
        proctab_release(m->segment, post->ref);
    if (post->kind == PROC_RUNNER)
        parserhub_drop(&m->parsers, post->index);
    wakeup_poke_kind(m->segment, PROC_JANITOR);
    wakeup_poke_all(m->segment);
    struct post dead = *post;
    *post = (struct post){.kind = post->kind, .index = post->index}; /* vacant before anybody could signal its pid */
    post->due_ms = decide_successor(m, &dead, status, now_ms);
}

static void note_stopped(struct master *m, pid_t pid, int status)
{
    struct post *post = children_find(m, pid);
    char role[48];

    if (!post)
        return;
    children_role(post, role, sizeof role);
    if (WIFSTOPPED(status))
        log_warn("%s (pid %d) was stopped by signal %d (%s); it is killed unless it goes on within %d s", role,
                 (int)pid, WSTOPSIG(status), strsignal(WSTOPSIG(status)), MASTER_HUNG_MS / 1000);
    else
        log_info("%s (pid %d) goes on", role, (int)pid);
}

/* Children of a dead group leader die with it. The group is signalled while the leader is still a zombie: as long as it
 * is not reaped its number cannot belong to anybody else. */
static void kill_group_of(pid_t pid)
{
    if (getpgid(pid) == pid)
        kill(-pid, SIGKILL);
}

/* One SIGCHLD may stand for many deaths: go on until nobody is left to reap. */
void reap_children(struct master *m, int64_t now_ms)
{
    for (;;) {
        siginfo_t info = {.si_pid = 0};
        int status;
        if (waitid(P_ALL, 0, &info, WEXITED | WSTOPPED | WCONTINUED | WNOHANG | WNOWAIT) < 0 || info.si_pid == 0)
            return;
        pid_t pid = info.si_pid;
        bool ended = info.si_code == CLD_EXITED || info.si_code == CLD_KILLED || info.si_code == CLD_DUMPED;
        if (ended)
            kill_group_of(pid);
        if (waitpid(pid, &status, WNOHANG | WUNTRACED | WCONTINUED) != pid)
            continue;
        if (!WIFEXITED(status) && !WIFSIGNALED(status)) {
            note_stopped(m, pid, status);
            continue;
        }
        struct post *post = children_find(m, pid);
        if (post)
            bury(m, post, status, now_ms);
        else if (!privatedb_reaped(&m->database, pid, status, now_ms))
            log_debug("reaped pid %d, which is not a child of ours", (int)pid);
    }
}
