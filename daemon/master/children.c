/* Workers, runners, parsers and the janitor: their posts, and how each is forked. */
#include "base/log.h"
#include "daemon/master/master.h"
#include "daemon/process/spawn.h"
#include "shm/wakeup.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* When no process-table entry is free: the janitor has not settled the dead ones yet. */
#define ENTRY_WAIT_MS 100

static void add_posts(struct master *m, enum proc_kind kind, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        m->posts[m->n_posts++] = (struct post){.kind = kind, .index = i};
}

/* Start order is array order: the janitor first, parsers behind the runners they belong to. */
void children_make_posts(struct master *m)
{
    m->posts = calloc(1 + m->config->workers + 2 * m->config->runners, sizeof *m->posts);
    if (!m->posts)
        abort();
    add_posts(m, PROC_JANITOR, 1);
    add_posts(m, PROC_RUNNER, m->config->runners);
    add_posts(m, PROC_PARSER, m->config->runners);
    add_posts(m, PROC_WORKER, m->config->workers);
}

void children_role(const struct post *post, char *out, size_t size)
{
    if (post->kind == PROC_JANITOR)
        snprintf(out, size, "janitor");
    else
        snprintf(out, size, "%s %" PRIu32, proc_kind_name(post->kind), post->index);
}

struct post *children_find(struct master *m, pid_t pid)
{
    for (unsigned i = 0; i < m->n_posts; i++) {
        if (m->posts[i].pid == pid)
            return &m->posts[i];
    }
    return NULL;
}

unsigned children_alive(const struct master *m, int kind)
{
    unsigned n = 0;

    for (unsigned i = 0; i < m->n_posts; i++)
        n += m->posts[i].pid != 0 && (kind == 0 || (int)m->posts[i].kind == kind);
    return n;
}

void children_kill(struct post *post, const char *reason)
{
    if (post->pid == 0 || post->killed_for)
        return;
    post->killed_for = reason;
    kill(-post->pid, SIGKILL);
}

void children_ask_to_end(struct master *m, enum proc_kind kind, int64_t kill_ms)
{
    for (unsigned i = 0; i < m->n_posts; i++) {
        struct post *post = &m->posts[i];
        if (post->kind != kind || post->pid == 0)
            continue;
        post->kill_ms = kill_ms;
        kill(post->pid, SIGTERM);
    }
}

/* ---- Birth ---- */

/* What a body needs after the fork, and the descriptors that the parent has to close or hand on. */
struct birth {
    struct master *master;
    struct post *post;
    struct process process;
    int pair[2]; /* parser: the runner's end and its own */
    int *keep;
    unsigned n_keep;
};

static int run_role(void *ctx)
{
    struct birth *birth = ctx;
    struct process *process = &birth->process;

    switch (birth->post->kind) {
    case PROC_WORKER:
        return worker_main(process);
    case PROC_RUNNER:
        return runner_main(process);
    case PROC_JANITOR:
        return janitor_main(process);
    case PROC_PARSER:
        break;
    case PROC_DATABASE:
        abort();
    }
    /* A hostile file must not find the table, not even to read, nor a password. */
    shm_segment_free(&birth->master->segment);
    config_forget_secrets(birth->master->config);
    int code = parser_main(process);
    log_flush();
    _exit(code); /* inside its sandbox nothing that runs at exit() may be counted on */
}

/* All eventfds, since any process may poke any other. */
static void keep_wakeups(struct birth *birth)
{
    const struct shm_segment *seg = birth->process.segment;

    for (uint32_t slot = 0; slot < proctab_size(seg); slot++)
        birth->keep[birth->n_keep++] = wakeup_fd(seg, slot);
    birth->keep[birth->n_keep++] = wakeup_fd(seg, WAKEUP_MASTER);
}

static void fill_process(struct birth *birth, struct proc_ref ref)
{
    struct master *m = birth->master;
    const struct post *post = birth->post;

    birth->process = (struct process){.config = m->config,
                                      .segment = m->segment,
                                      .self = ref,
                                      .index = post->index,
                                      .master_pid = m->pid,
                                      .master_pipe = m->alive_pipe[0],
                                      .listen_fd = -1,
                                      .unix_fd = -1,
                                      .parser_control = -1};
    memcpy(birth->process.node, m->node, sizeof m->node);
    if (post->kind == PROC_WORKER) {
        birth->process.listen_fd = m->listeners.tcp;
        birth->process.unix_fd = m->listeners.unix_fds[post->index];
        birth->process.n_proxy = listeners_deal(&m->listeners, post->index, birth->process.proxy_fds);
    }
    if (post->kind == PROC_PARSER) {
        birth->process.segment = NULL;
        birth->process.master_pipe = -1;
    }
}

/* The sockets between runner and parser. Returns 0 or -errno. */
static int open_sockets(struct birth *birth)
{
    int rc = 0;

    if (birth->post->kind == PROC_RUNNER)
        rc = parserhub_renew(&birth->master->parsers, birth->post->index, &birth->process.parser_control);
    if (birth->post->kind == PROC_PARSER) {
        rc = parserhub_pair(birth->pair);
        birth->process.parser_control = rc == 0 ? birth->pair[1] : -1;
    }
    return rc;
}

static void fill_keep(struct birth *birth)
{
    const struct process *p = &birth->process;

    birth->keep[birth->n_keep++] = p->parser_control;
    if (birth->post->kind == PROC_PARSER)
        return;
    birth->keep[birth->n_keep++] = p->master_pipe;
    birth->keep[birth->n_keep++] = p->listen_fd;
    birth->keep[birth->n_keep++] = p->unix_fd;
    for (unsigned i = 0; i < p->n_proxy; i++)
        birth->keep[birth->n_keep++] = p->proxy_fds[i];
    keep_wakeups(birth);
}

static pid_t fork_post(struct birth *birth)
{
    enum proc_kind kind = birth->post->kind;
    char role[48];

    children_role(birth->post, role, sizeof role);
    birth->keep = calloc(proctab_size(birth->master->segment) + HTTP_SOCKETS_MAX + 8, sizeof *birth->keep);
    if (!birth->keep)
        abort();
    fill_keep(birth);
    struct spawn how = {.role = role,
                        .death_signal = SIGKILL,
                        .expendable = kind == PROC_RUNNER || kind == PROC_PARSER,
                        .keep = birth->keep,
                        .n_keep = birth->n_keep};
    pid_t pid = spawn_child(&how, run_role, birth);
    free(birth->keep);
    return pid;
}

/* After the fork, in the master: the child's ends are closed here, the runner's end travels on. */
static void hand_over(struct birth *birth, pid_t pid)
{
    struct parser_ticket ticket = {
        .pid = pid, .generation = birth->process.self.generation, .slot = birth->process.self.slot};

    if (birth->process.parser_control >= 0)
        close(birth->process.parser_control);
    if (birth->post->kind != PROC_PARSER || birth->pair[0] < 0)
        return;
    if (pid <= 0)
        close(birth->pair[0]);
    else if (parserhub_give(&birth->master->parsers, birth->post->index, birth->pair[0], &ticket) < 0)
        log_debug("parser %u: its runner is gone; it will leave", birth->post->index);
}

static void start_failed(struct master *m, struct post *post, struct proc_ref ref, int error, int64_t now_ms)
{
    char role[48];

    children_role(post, role, sizeof role);
    post->due_ms = restart_after_failure(&m->restart[post->kind], now_ms);
    log_error("start of %s failed: %s; next try in %lld ms", role, strerror(error), (long long)(post->due_ms - now_ms));
    /* It never lived, so it owns nothing that the janitor would have to settle. */
    proctab_dead(m->segment, ref, 0);
    proctab_release(m->segment, ref);
}

static void start_post(struct master *m, struct post *post, int64_t now_ms)
{
    struct birth birth = {.master = m, .post = post, .pair = {-1, -1}};
    struct proc_ref ref;

    if (proctab_assign(m->segment, post->kind, post->index, &ref) < 0) {
        post->due_ms = now_ms + ENTRY_WAIT_MS;
        return;
    }
    fill_process(&birth, ref);
    int rc = open_sockets(&birth);
    pid_t pid = rc < 0 ? rc : fork_post(&birth);
    hand_over(&birth, pid);
    if (pid < 0) {
        start_failed(m, post, ref, -(int)pid, now_ms);
        return;
    }
    proctab_set_pid(m->segment, ref, pid);
    *post = (struct post){.kind = post->kind, .index = post->index, .pid = pid, .ref = ref, .started_ms = now_ms};
}

/* A parser without a runner would find its pair closed at once. */
static bool may_start(const struct master *m, const struct post *post)
{
    if (post->kind == PROC_JANITOR)
        return privatedb_settled(&m->database);
    if (!m->others_may_start)
        return false;
    return post->kind != PROC_PARSER || m->parsers.control[post->index] >= 0;
}

void children_start_due(struct master *m, int64_t now_ms)
{
    if (m->stage != MASTER_STARTING && m->stage != MASTER_SERVING)
        return;
    for (unsigned i = 0; i < m->n_posts; i++) {
        struct post *post = &m->posts[i];
        /* A kind that is being held back is held back on all posts, also on those that fell vacant later. */
        if (post->pid == 0 && post->due_ms <= now_ms && m->restart[post->kind].due_ms <= now_ms && may_start(m, post))
            start_post(m, post, now_ms);
    }
}

/* A vacant post that something else holds back is looked at again when that changes, or at the next tick. */
static int64_t post_due(const struct master *m, const struct post *post)
{
    int64_t held_back = m->restart[post->kind].due_ms;

    if (post->pid != 0)
        return post->kill_ms != 0 ? post->kill_ms : INT64_MAX;
    if (m->stage == MASTER_DRAINING || !may_start(m, post))
        return INT64_MAX;
    return post->due_ms > held_back ? post->due_ms : held_back;
}

int64_t children_due(const struct master *m)
{
    int64_t due = INT64_MAX;

    for (unsigned i = 0; i < m->n_posts; i++) {
        int64_t next = post_due(m, &m->posts[i]);
        due = next < due ? next : due;
    }
    return due;
}
