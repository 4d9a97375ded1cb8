/* What the tests of shm/ share: segments, ids, tasks in a given state, children that die in a given way. */
#ifndef PF_TEST_SHM_HELP_H
#define PF_TEST_SHM_HELP_H

#include "base/clock.h"
#include "shm/layout.h"
#include "shm/lock.h"
#include "shm/proctab.h"
#include "shm/segment.h"
#include "shm/table.h"
#include "shm/wakeup.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static const struct proc_ref help_me = {.slot = 1, .generation = 1};

static inline struct shm_segment *help_segment(uint32_t slots)
{
    const struct shm_geometry geometry = {.slots = slots, .procs = 8, .types = 3, .type_limit = {0, 2, 1}};
    struct shm_segment *seg = NULL;

    assert_int_equal(shm_segment_new(&geometry, &seg), 0);
    return seg;
}

static inline void help_id(uint8_t id[16], unsigned number)
{
    memset(id, 0, 16);
    for (unsigned i = 0; i < 16; i++)
        id[i] = (uint8_t)((number * 2654435761u + i * 40503u) >> (i % 4 * 8) ^ i * 7);
    memcpy(id, &number, sizeof number);
}

static inline void help_check(struct shm_segment *seg)
{
    char why[200] = "";

    if (!shm_table_check(seg, why, sizeof why))
        fail_msg("%s", why);
}

static inline struct shm_handle help_reserve(struct shm_segment *seg, unsigned number, uint8_t type)
{
    struct shm_handle handle;
    uint8_t id[16];

    help_id(id, number);
    assert_int_equal(shm_table_reserve(seg, help_me, id, type, &handle), 0);
    return handle;
}

/* Move a task; its text becomes "state number". */
static inline int help_move(struct shm_segment *seg, struct shm_handle handle, enum task_state state)
{
    struct shm_task task;
    uint64_t version;

    assert_int_equal(shm_table_read(seg, handle, &task, &version), 0);
    task.state = (uint8_t)state;
    if (state == TASK_RUNNING)
        task.attempt++;
    task.text_len = (uint16_t)snprintf(task.text, sizeof task.text, "{\"status\":\"%s\"}", task_state_name(state));
    return shm_table_change(seg, handle, version, &task);
}

static inline struct shm_handle help_ready(struct shm_segment *seg, unsigned number, uint8_t type)
{
    struct shm_handle handle = help_reserve(seg, number, type);

    assert_int_equal(help_move(seg, handle, TASK_READY), 0);
    return handle;
}

static inline struct shm_handle help_final(struct shm_segment *seg, unsigned number, int64_t done_ms)
{
    struct shm_handle handle = help_reserve(seg, number, 0);
    struct shm_task task;
    uint64_t version;

    assert_int_equal(shm_table_read(seg, handle, &task, &version), 0);
    task.state = TASK_SUCCEEDED;
    task.done_ms = done_ms;
    assert_int_equal(shm_table_change(seg, handle, version, &task), 0);
    return handle;
}

static inline bool help_found(struct shm_segment *seg, unsigned number)
{
    struct shm_handle handle;
    uint8_t id[16];

    help_id(id, number);
    int found = shm_table_find(seg, id, &handle);
    assert_true(found == 0 || found == -ENOENT);
    return found == 0;
}

/* A child must not write its parent's test report or a core file. */
static inline pid_t help_fork(void)
{
    pid_t child;

    (void)fflush(NULL);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)signal(SIGABRT, SIG_DFL);
        (void)setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
        (void)alarm(20);
    }
    return child;
}

static inline int help_wait(pid_t child)
{
    int status = 0;

    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

/* Did `body` abort? Runs it in a child. */
static inline bool help_aborts(void (*body)(struct shm_segment *seg, void *ctx), struct shm_segment *seg, void *ctx)
{
    pid_t child = help_fork();

    if (child == 0) {
        body(seg, ctx);
        _exit(0);
    }
    int status = help_wait(child);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

/* A child that takes the lock, lets `damage` work, and is killed. */
static inline void help_die_holding(struct shm_segment *seg, void (*damage)(struct shm_segment *seg))
{
    pid_t child = help_fork();

    if (child == 0) {
        if (shm_lock(seg) != 0)
            _exit(1);
        if (damage)
            damage(seg);
        (void)kill(getpid(), SIGKILL);
    }
    assert_true(WIFSIGNALED(help_wait(child)));
}

#endif
