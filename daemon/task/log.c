/* Lines of an attempt in memory. */
#include "daemon/task/log.h"

#include "base/clock.h"
#include "base/time_text.h"
#include "base/utf8.h"
#include "daemon/process/process.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define LINE_MAX_BYTES 400
#define STAMP_SIZE     (sizeof "2026-02-05T10:11:12.345Z ")
/* Kept free for the two lines that must fit: that the log is full, and the last one. */
#define RESERVE        (2 * (LINE_MAX_BYTES + STAMP_SIZE))

void joblog_init(struct joblog *log)
{
    log->len = log->whole = 0;
    log->full = false;
    log->phase[0] = '\0';
}

/* One line of valid text, whatever came. Returns its length; `out` has room for as many bytes as `text` has. */
static size_t clean(const char *text, size_t n, char *out)
{
    size_t len = 0, step;
    for (size_t i = 0; i < n; i += step) {
        uint32_t cp = utf8_decode(text + i, n - i, &step);
        if (cp == UTF8_BAD) {
            out[len++] = '?';
        } else if (cp < 0x20 || cp == 0x7f) {
            out[len++] = ' ';
        } else {
            memcpy(out + len, text + i, step);
            len += step;
        }
    }
    return len;
}

/* A line at `at`, which has room for it. Returns where it ends. */
static size_t put(struct joblog *log, size_t at, int64_t ms, const char *text)
{
    char *out = log->text + at;
    size_t n = TIME_TEXT_SIZE;
    time_text(ms, out);
    out[n - 1] = ' ';
    n += clean(text, strlen(text), out + n);
    out[n++] = '\n';
    assert(at + n <= sizeof log->text);
    return at + n;
}

void joblog_line(struct joblog *log, int64_t ms, const char *format, ...)
{
    char text[LINE_MAX_BYTES];
    va_list args;
    if (log->full)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args); /* NOLINT(clang-analyzer-valist.Uninitialized) */
    va_end(args);
    log->full = log->len + STAMP_SIZE + strlen(text) > sizeof log->text - RESERVE;
    log->len = log->whole =
        put(log, log->len, ms, log->full ? "further lines of this attempt are not kept, but its last one" : text);
}

/* "row 120 000 of 500 000" is one phase as long as it counts. */
static void name_phase(const char *text, char *out, size_t size)
{
    size_t n = 0;
    for (; *text && n < size - 1; text++)
        if ((*text < '0' || *text > '9') && *text != ' ')
            out[n++] = *text;
    out[n] = '\0';
}

void joblog_phase(struct joblog *log, const char *text)
{
    char phase[sizeof log->phase];
    name_phase(text, phase, sizeof phase);
    if (strcmp(phase, log->phase) == 0)
        return;
    memcpy(log->phase, phase, sizeof phase);
    joblog_line(log, clock_wall_ms(), "%s", text);
}

void joblog_last(struct joblog *log, const char *format, ...)
{
    char text[LINE_MAX_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args); /* NOLINT(clang-analyzer-valist.Uninitialized) */
    va_end(args);
    log->whole = put(log, log->len, clock_wall_ms(), text);
}

static const char *cost(const struct interruption *why)
{
    return why->cause == CAUSE_RESTART ? "; it does not count" : "";
}

void joblog_interrupted(struct joblog *log, int64_t ms, const struct interruption *why)
{
    char cause[TASK_ERROR_MAX];
    taskwords_cause(why, cause, sizeof cause);
    joblog_line(log, ms, "attempt %u ended: %s%s", why->attempt, cause, cost(why));
}

void joblog_last_interrupted(struct joblog *log, const struct interruption *why)
{
    char cause[TASK_ERROR_MAX];
    taskwords_cause(why, cause, sizeof cause);
    joblog_last(log, "attempt %u ended: %s%s", why->attempt, cause, cost(why));
}

void joblog_end(struct joblog *log, const struct journal_end *end, const char *text)
{
    const char *outcome = task_outcome_name(end->outcome), *code = end->error_code ? end->error_code : "";
    bool more = code[0] && strcmp(code, outcome) != 0;
    joblog_last(log, "ended: %s%s%s%s%s", outcome, more ? ", " : "", more ? code : "", text ? ": " : "",
                text ? text : "");
}

struct tasklog_text joblog_text(const struct joblog *log)
{
    return (struct tasklog_text){log->text, log->whole};
}

static int64_t us_since(int64_t started_ms, int64_t created_ms, int64_t done_ms)
{
    int64_t began = started_ms ? started_ms : created_ms, now = done_ms ? done_ms : clock_wall_ms();
    return began && now > began ? 1000 * (now - began) : 0;
}

struct log_about taskabout_row(const struct journal_row *row)
{
    return (struct log_about){.task = row->id,
                              .request = row->request_id,
                              .client = row->requested_by,
                              .traceparent = row->traceparent,
                              .duration_us = us_since(row->started_ms, row->created_ms, row->done_ms)};
}

struct log_about taskabout_slot(const struct shm_task *task)
{
    return (struct log_about){.task = task->id,
                              .duration_us = us_since(task->started_ms, task->created_ms, task->done_ms)};
}
