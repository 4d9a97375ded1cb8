/* Messages and causes. */
#include "daemon/task/words.h"

#include <stdarg.h>
#include <stdio.h>

#define STARTED "started"

void taskwords_cause(const struct interruption *why, char *buf, size_t size)
{
    switch (why->cause) {
    case CAUSE_SIGNAL:
        snprintf(buf, size, "its runner was killed by signal %u", why->code);
        return;
    case CAUSE_EXIT:
        snprintf(buf, size, "its runner ended with exit code %u", why->code);
        return;
    case CAUSE_FORCE:
        snprintf(buf, size, "the service was stopped by force");
        return;
    case CAUSE_RESTART:
        snprintf(buf, size, "the service restarts");
        return;
    case CAUSE_DATABASE:
        snprintf(buf, size, "the database failed");
        return;
    case CAUSE_TOLD:
        snprintf(buf, size, "%s", why->told && why->told[0] ? why->told : "its work failed");
        return;
    case CAUSE_NONE:
    case CAUSE_GONE:
    case TASK_CAUSES:
        break;
    }
    snprintf(buf, size, "its runner is gone");
}

const char *taskwords_last_step(const struct shm_task *task)
{
    if (task->state != TASK_RUNNING)
        return "";
    return task->step[0] ? task->step : STARTED;
}

/* What is too long for a message is cut. */
__attribute__((format(printf, 2, 3))) static void say(char *buf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(buf, TASK_MESSAGE_MAX, format, args); /* NOLINT(clang-analyzer-valist.Uninitialized) */
    va_end(args);
}

/* At most `limit` bytes of the cause: what stands behind it must fit. */
static void say_cause(const struct shm_task *task, char *buf, int limit)
{
    char cause[TASK_ERROR_MAX];
    struct interruption why = {.cause = (enum task_cause)task->cause, .code = task->cause_code, .told = task->error};
    taskwords_cause(&why, cause, sizeof cause);
    say(buf, "%.*s", limit, cause);
}

static void say_next_attempt(const struct shm_task *task, char *buf)
{
    char cause[TASK_MESSAGE_MAX];
    say_cause(task, cause, 100);
    say(buf, "interrupted (%s), attempt %u of %u follows", cause, task->attempt + 1u, task->max_attempts);
}

static void say_queued(const struct shm_task *task, char *buf)
{
    if (task->cause == CAUSE_RESTART)
        say(buf, "waiting for a runner (the service restarts)");
    else if (task->cause != CAUSE_NONE)
        say_next_attempt(task, buf);
    else if (task->attempt == 0 && task->ahead != TASK_NOT_PLACED)
        say(buf, "waiting, %u ahead", task->ahead);
    else
        say(buf, "waiting for a runner");
}

/* A further attempt is named all the time: a page that polls twice a second would miss a message of a moment. */
static void say_step(const struct shm_task *task, char *buf)
{
    if (task->flags & TASK_OVERDUE)
        say(buf, "past its time limit, being stopped");
    else if (task->flags & TASK_UNSETTLED)
        say(buf, "waiting for the database");
    else if (task->attempt <= 1)
        say(buf, "%s", taskwords_last_step(task));
    else if (task->step[0])
        say(buf, "attempt %u of %u: %s", task->attempt, task->max_attempts, task->step);
    else
        say(buf, STARTED ", attempt %u of %u", task->attempt, task->max_attempts);
}

static void say_running(const struct shm_task *task, char *buf)
{
    char cause[TASK_MESSAGE_MAX], step[TASK_MESSAGE_MAX];
    if (task->max_attempts == 0) { /* it runs on another node, and the journal keeps no steps */
        buf[0] = '\0';
    } else if (!(task->flags & TASK_INTERRUPTED) || (task->flags & TASK_OVERDUE)) {
        say_step(task, buf);
    } else if (task->attempt < task->max_attempts) {
        say_next_attempt(task, buf);
    } else {
        say_cause(task, cause, 80);
        say_step(task, step);
        say(buf, "interrupted (%s), no attempt left; last step: %s", cause, step);
    }
}

void taskwords_message(const struct shm_task *task, char *buf)
{
    if (task_state_final((enum task_state)task->state))
        say(buf, "%s", task->step);
    else if (task->flags & TASK_CANCEL_ASKED) /* whatever happens to it meanwhile, that is the news */
        say(buf, "cancelling");
    else if (task->state == TASK_RUNNING)
        say_running(task, buf);
    else
        say_queued(task, buf);
}
