/* The verdict is the first that fits; the fields follow. */
#include "daemon/task/explain.h"

#include "base/hex.h"
#include "daemon/task/poll_json.h"
#include "daemon/task/words.h"
#include "handlers/task_type.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define SILENT_MS 5000 /* as in /readyz */
#define NOTHING   "Nothing needs to be done."

struct verdict {
    const char *code, *advice;
    char sentence[700];
};

__attribute__((format(printf, 4, 5))) static void say(struct verdict *verdict, const char *code, const char *advice,
                                                      const char *format, ...)
{
    va_list args;
    verdict->code = code;
    verdict->advice = advice;
    va_start(args, format);
    vsnprintf(verdict->sentence, sizeof verdict->sentence, format, args);
    va_end(args);
}

/* "9d770b1c (stock_import by ivanova, 68 %)" */
static void name_other(const struct explain_other *other, char *out, size_t size)
{
    char id[HEX_UUID_SIZE];
    hex_uuid(other->id, id);
    snprintf(out, size, "%.8s (%s%s%s, %u %%)", id, other->type, other->by[0] ? " by " : "", other->by,
             other->progress);
}

/* ---- The verdict ------------------------------------------------------------------------------------------------- */

/* Seconds until something that comes `after_s` after a moment; 0 = now. */
static unsigned seconds_left(const struct explain_facts *facts, int64_t since_ms, unsigned after_s)
{
    int64_t left = since_ms + 1000 * (int64_t)after_s - facts->now_ms;
    return left > 0 ? (unsigned)((left + 999) / 1000) : 0;
}

static void say_ended(struct verdict *verdict, const struct shm_task *task)
{
    char message[TASK_MESSAGE_MAX];
    taskwords_message(task, message);
    if (task->state == TASK_SUCCEEDED)
        say(verdict, "ended", NOTHING, "It has completed: %s.", message);
    else
        say(verdict, "ended", "See error_detail in the full view.", "It has ended: %s", task->error);
}

static void say_cancelling(struct verdict *verdict, const struct explain_facts *facts)
{
    const struct config *config = facts->config;
    int64_t since = facts->row ? facts->row->cancel_ms : facts->now_ms;
    say(verdict, "cancelling", NOTHING,
        "Its cancellation was asked for. If it does not end by itself, its statement is stopped in %u s and its runner "
        "killed in %u s.",
        seconds_left(facts, since, config->cancel_statement_s),
        seconds_left(facts, since, config->cancel_statement_s + config->cancel_kill_s));
}

static void say_waiting(struct verdict *verdict, const struct explain_facts *facts, const struct shm_task *task)
{
    char cause[TASK_ERROR_MAX];
    struct interruption why = {.cause = (enum task_cause)task->cause, .code = task->cause_code, .told = task->error};
    if (facts->limit_of_type && facts->running_of_type >= facts->limit_of_type)
        say(verdict, "type-limit", NOTHING,
            "It waits: %u of at most %u tasks of its type run, %u of its type are ahead of it.", facts->running_of_type,
            facts->limit_of_type, facts->ahead_of_type);
    else if (facts->n_busy >= facts->config->runners)
        say(verdict, "no-runner", NOTHING, "It waits for a runner: all %u are busy, and %u tasks are ahead of it.",
            facts->config->runners, facts->ahead);
    else if (task->attempt > 0 && task->cause != CAUSE_NONE) {
        taskwords_cause(&why, cause, sizeof cause);
        say(verdict, "interrupted", NOTHING, "Attempt %u was interrupted (%s); the next one is about to start.",
            task->attempt, cause);
    } else
        say(verdict, "starting", NOTHING, "It is about to start; %u tasks are ahead of it.", facts->ahead);
}

static void say_working(struct verdict *verdict, const struct explain_facts *facts, const struct shm_task *task)
{
    char message[TASK_MESSAGE_MAX], other[400];
    taskwords_message(task, message);
    if (task->flags & (TASK_INTERRUPTED | TASK_UNSETTLED | TASK_OVERDUE))
        say(verdict, task->flags & TASK_OVERDUE ? "overdue" : "interrupted", NOTHING, "Attempt %u is over: %s.",
            task->attempt, message);
    else if (facts->owned && facts->beat_age_ms > SILENT_MS)
        say(verdict, "silent", "If it lasts, look at the daemon's log.",
            "Its runner has given no sign of life for %lld s; the master replaces it.",
            (long long)(facts->beat_age_ms / 1000));
    else if (facts->held) {
        name_other(&facts->holder, other, sizeof other);
        say(verdict, "held-by-other", NOTHING, "It waits: %s is in use by %s.", facts->lease, other);
    } else
        say(verdict, "working", NOTHING, "It works: %s (%u %%).", message, task->progress);
}

static void judge(struct verdict *verdict, const struct explain_facts *facts, const struct shm_task *task)
{
    if (task_state_final((enum task_state)task->state))
        say_ended(verdict, task);
    else if (task->flags & TASK_CANCEL_ASKED)
        say_cancelling(verdict, facts);
    else if (!facts->row)
        say(verdict, "database-away", "Look at the database server.",
            "The database is away; the task is safe and goes on when it is back.");
    else if (!facts->slot && !facts->here)
        say(verdict, "elsewhere", "Ask that node.", "It is with another node of this service.");
    else if (!facts->slot)
        say(verdict, "no-slot", NOTHING,
            "It waits in the journal for a place in the task table, which is full of live tasks.");
    else if (task->state == TASK_READY)
        say_waiting(verdict, facts, task);
    else
        say_working(verdict, facts, task);
}

/* ---- The fields -------------------------------------------------------------------------------------------------- */

static void put_other(struct json_out *out, const struct explain_other *other)
{
    char id[HEX_UUID_SIZE];
    hex_uuid(other->id, id);
    json_object(out);
    json_put_string(out, "task_id", id);
    json_put_string(out, "type", other->type);
    json_put_string(out, "requested_by", other->by[0] ? other->by : NULL);
    json_put_int(out, "progress", other->progress);
    json_object_end(out);
}

static void put_age(struct json_out *out, const char *key, int64_t ms)
{
    json_key(out, key);
    if (ms < 0)
        json_null(out);
    else
        json_int(out, ms);
}

static void put_attempt(struct json_out *out, const struct explain_facts *facts, const struct shm_task *task)
{
    int64_t ran_ms = facts->now_ms - task->started_ms;
    json_key(out, "attempt");
    json_object(out);
    json_put_int(out, "number", task->attempt);
    json_put_int(out, "of", facts->config->max_attempts);
    json_key(out, "runner");
    if (facts->owned)
        json_int(out, facts->owner.index);
    else
        json_null(out);
    taskview_put_time(out, "started_at", task->state == TASK_RUNNING ? task->started_ms : 0);
    put_age(out, "beat_age_ms", facts->owned ? facts->beat_age_ms : -1);
    bool runs = task->state == TASK_RUNNING;
    put_age(out, "progress_age_ms",
            runs && facts->now_ms > task->touched_ms ? facts->now_ms - task->touched_ms
            : runs                                   ? 0
                                                     : -1);
    int64_t left = 1000 * (int64_t)facts->time_limit_s - ran_ms;
    put_age(out, "time_left_ms", !runs || !facts->time_limit_s ? -1 : left > 0 ? left : 0);
    json_object_end(out);
}

static void put_queue(struct json_out *out, const struct explain_facts *facts, const struct shm_task *task)
{
    json_key(out, "queue");
    if (task->state != TASK_READY) {
        json_null(out);
        return;
    }
    json_object(out);
    json_put_int(out, "waiting", facts->waiting);
    json_put_int(out, "ahead", facts->ahead);
    json_put_int(out, "ahead_of_type", facts->ahead_of_type);
    json_put_int(out, "running_of_type", facts->running_of_type);
    json_key(out, "limit_of_type");
    if (facts->limit_of_type)
        json_int(out, facts->limit_of_type);
    else
        json_null(out);
    put_age(out, "oldest_age_ms", facts->oldest_ms ? facts->now_ms - facts->oldest_ms : -1);
    unsigned limit_s = facts->config->start_within_s;
    put_age(out, "expires_ms",
            limit_s && task->attempt == 0 ? 1000 * (int64_t)seconds_left(facts, task->created_ms, limit_s) : -1);
    json_key(out, "runners_do");
    json_array(out);
    for (unsigned i = 0; i < facts->n_busy && i < EXPLAIN_BUSY; i++)
        put_other(out, &facts->busy[i]);
    json_array_end(out);
    json_object_end(out);
}

static void put_waits_for(struct json_out *out, const struct explain_facts *facts)
{
    json_put_string(out, "lease", facts->lease[0] ? facts->lease : NULL);
    json_key(out, "waits_for");
    if (facts->held)
        put_other(out, &facts->holder);
    else
        json_null(out);
}

static void put_statement(struct json_out *out, const struct explain_facts *facts)
{
    json_key(out, "statement");
    if (!facts->in_statement) {
        json_null(out);
        return;
    }
    json_object(out);
    json_put_string(out, "state", facts->statement_state);
    json_put_int(out, "age_ms", facts->statement_ms);
    json_put_int(out, "rows", facts->statement_rows);
    json_put_string(out, "text", facts->statement[0] ? facts->statement : NULL);
    json_object_end(out);
}

static void put_cancel(struct json_out *out, const struct journal_row *row)
{
    json_key(out, "cancel");
    if (!row || !row->cancel_requested) {
        json_null(out);
        return;
    }
    json_object(out);
    taskview_put_time(out, "at", row->cancel_ms);
    json_put_string(out, "by", row->cancel_by[0] ? row->cancel_by : NULL);
    json_put_string(out, "reason", row->cancel_reason[0] ? row->cancel_reason : NULL);
    json_object_end(out);
}

void explain_put(struct json_out *out, const struct explain_facts *facts)
{
    struct verdict verdict;
    struct shm_task of_row;
    const struct shm_task *task = facts->slot;
    char id[HEX_UUID_SIZE];
    if (!task || (facts->row && facts->row->status > JOURNAL_RUNNING)) { /* the slot will follow */
        taskview_from_row(facts->row, &of_row);
        task = &of_row;
    }
    judge(&verdict, facts, task);
    hex_uuid(task->id, id);
    json_object(out);
    json_put_string(out, "id", id);
    json_put_string(out, "type", task->type < task_type_count() ? task_type_at(task->type)->name : "");
    json_put_string(out, "verdict", verdict.code);
    json_put_string(out, "sentence", verdict.sentence);
    json_put_string(out, "advice", verdict.advice);
    put_attempt(out, facts, task);
    put_queue(out, facts, task);
    put_waits_for(out, facts);
    put_statement(out, facts);
    json_put_string(out, "requested_by", facts->row && facts->row->requested_by[0] ? facts->row->requested_by : NULL);
    json_put_string(out, "request_id", facts->row && facts->row->request_id[0] ? facts->row->request_id : NULL);
    put_cancel(out, facts->row);
    json_object_end(out);
}

/* ---- Statements -------------------------------------------------------------------------------------------------- */

/* Behind a text that begins at its quote. */
static const char *skip_text(const char *p)
{
    char quote = *p++;
    for (; *p; p++) {
        if (*p == '\\' && p[1])
            p++;
        else if (*p == quote && p[1] == quote)
            p++;
        else if (*p == quote)
            return p + 1;
    }
    return p;
}

static bool in_word(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c & 0x80);
}

void explain_without_values(const char *sql, char out[EXPLAIN_STATEMENT + 1])
{
    size_t n = 0;
    bool word = false; /* a number within a name stays */
    while (*sql && n < EXPLAIN_STATEMENT) {
        if (*sql == '\'' || *sql == '"') {
            sql = skip_text(sql);
            out[n++] = '?';
            word = false;
        } else if (!word && *sql >= '0' && *sql <= '9') {
            while (in_word(*sql) || *sql == '.')
                sql++;
            out[n++] = '?';
        } else {
            word = in_word(*sql);
            out[n++] = *sql & 0x80 ? '?' : (unsigned char)*sql < ' ' ? ' ' : *sql;
            sql++;
        }
    }
    out[n] = '\0';
}
