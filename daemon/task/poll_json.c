/* Rendering of tasks: from a slot or from a journal row to the nine members of the contract. */
#include "daemon/task/poll_json.h"

#include "daemon/auth/identity.h"
#include "daemon/task/state.h"
#include "daemon/task/words.h"
#include "handlers/task_type.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uuid/uuid.h>

const char *taskview_status(enum task_state state)
{
    switch (state) {
    case TASK_SUCCEEDED:
        return "completed";
    case TASK_FAILED:
    case TASK_CANCELLED:
        return "error";
    default:
        return "running";
    }
}

void taskview_time(int64_t ms, char *buf, size_t size)
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm utc;
    gmtime_r(&seconds, &utc);
    char date[24];
    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(buf, size, "%s.%03dZ", date, (int)(ms % 1000));
}

/* Exactly two digits, or -1. */
static int two_digits(const char *p)
{
    return p[0] >= '0' && p[0] <= '9' && p[1] >= '0' && p[1] <= '9' ? (p[0] - '0') * 10 + p[1] - '0' : -1;
}

/* ".5", ".123456": milliseconds, the rest cut off. Moves *p behind it; -1 when it is none. */
static int parse_fraction(const char **p)
{
    int ms = 0, weight = 100;
    if (**p != '.')
        return 0;
    if (*++*p < '0' || **p > '9')
        return -1;
    for (; **p >= '0' && **p <= '9'; ++*p, weight /= 10)
        ms += (**p - '0') * weight;
    return ms;
}

/* "Z" or "+03:00" up to the end of the text, in minutes. */
static bool parse_offset(const char *p, int *minutes)
{
    *minutes = 0;
    if (strcmp(p, "Z") == 0 || strcmp(p, "z") == 0)
        return true;
    if ((p[0] != '+' && p[0] != '-' && p[0] != ' ') || strlen(p) != 6 || p[3] != ':')
        return false;
    int hours = two_digits(p + 1), rest = two_digits(p + 4);
    *minutes = (hours * 60 + rest) * (p[0] == '-' ? -1 : 1);
    return hours >= 0 && hours <= 23 && rest >= 0 && rest <= 59;
}

static bool parse_day(const char *p, struct tm *day)
{
    int century = two_digits(p), year = century < 0 ? -1 : two_digits(p + 2);
    if (year < 0 || p[4] != '-' || two_digits(p + 5) < 0 || p[7] != '-' || two_digits(p + 8) < 0)
        return false;
    *day = (struct tm){
        .tm_year = century * 100 + year - 1900, .tm_mon = two_digits(p + 5) - 1, .tm_mday = two_digits(p + 8)};
    struct tm real = *day;
    return day->tm_year >= 70 && timegm(&real) >= 0 && real.tm_mon == day->tm_mon && real.tm_mday == day->tm_mday;
}

static bool parse_clock(const char *p, struct tm *moment)
{
    if (two_digits(p) < 0 || p[2] != ':' || two_digits(p + 3) < 0 || p[5] != ':' || two_digits(p + 6) < 0)
        return false;
    moment->tm_hour = two_digits(p);
    moment->tm_min = two_digits(p + 3);
    moment->tm_sec = two_digits(p + 6);
    return moment->tm_hour <= 23 && moment->tm_min <= 59 && moment->tm_sec <= 60;
}

bool taskview_parse_time(const char *text, int64_t *ms)
{
    struct tm moment;
    int fraction = 0, minutes = 0;
    size_t len = strlen(text);
    if (len < 10 || !parse_day(text, &moment))
        return false;
    if (len > 10) {
        const char *rest = text + 19;
        if (len < 20 || (text[10] != 'T' && text[10] != 't' && text[10] != ' ') || !parse_clock(text + 11, &moment) ||
            (fraction = parse_fraction(&rest)) < 0 || !parse_offset(rest, &minutes))
            return false;
    }
    *ms = ((int64_t)timegm(&moment) - 60 * (int64_t)minutes) * 1000 + fraction;
    return true;
}

void taskview_put_time(struct json_out *out, const char *key, int64_t ms)
{
    char text[40];
    json_key(out, key);
    if (ms == 0) {
        json_null(out);
        return;
    }
    taskview_time(ms, text, sizeof text);
    json_string(out, text);
}

void taskview_write(struct json_out *out, const struct shm_task *task, const char *result)
{
    char id[37], message[TASK_MESSAGE_MAX];
    uuid_unparse_lower(task->id, id);
    taskwords_message(task, message);
    const struct task_type *type = task->type < task_type_count() ? task_type_at(task->type) : NULL;
    json_object(out);
    json_put_string(out, "id", id);
    json_put_string(out, "type", type ? type->name : "");
    json_put_string(out, "status", taskview_status((enum task_state)task->state));
    json_put_int(out, "progress", task->progress);
    json_put_string(out, "message", message);
    json_key(out, "result");
    if (result && task->state == TASK_SUCCEEDED)
        json_raw(out, result, strlen(result));
    else
        json_null(out);
    json_put_string(out, "error", task_state_final((enum task_state)task->state) ? task->error : "");
    taskview_put_time(out, "created_at", task->created_ms);
    taskview_put_time(out, "done_at", task->done_ms);
    json_object_end(out);
}

void taskview_render(struct shm_task *task, const char *result)
{
    struct json_out out;
    size_t len;
    json_out_init(&out);
    taskview_write(&out, task, result);
    const char *text = json_out_text(&out, &len);
    if (len + 1 <= TASK_TEXT_MAX) {
        memcpy(task->text, text, len);
        task->text[len] = '\n';
        task->text_len = (uint16_t)(len + 1);
        task->flags &= (uint8_t)~TASK_TEXT_IN_JOURNAL;
    } else {
        task->text_len = 0;
        task->flags |= TASK_TEXT_IN_JOURNAL;
    }
    json_out_fini(&out);
}

static enum task_state state_of(enum journal_status status)
{
    switch (status) {
    case JOURNAL_SUCCEEDED:
        return TASK_SUCCEEDED;
    case JOURNAL_FAILED:
        return TASK_FAILED;
    case JOURNAL_CANCELLED:
        return TASK_CANCELLED;
    case JOURNAL_RUNNING:
        return TASK_RUNNING;
    default:
        return TASK_READY;
    }
}

void taskview_from_row(const struct journal_row *row, struct shm_task *task)
{
    int number = task_type_number(row->type);
    memset(task, 0, offsetof(struct shm_task, text));
    memcpy(task->id, row->id, sizeof task->id);
    task->type = number < 0 ? UINT8_MAX : (uint8_t)number;
    task->state = (uint8_t)state_of(row->status);
    task->outcome = (uint8_t)row->outcome;
    task->attempt = (uint16_t)row->attempt;
    task->created_ms = row->created_ms;
    task->client = row->requested_by[0] ? client_number(row->requested_by) : 0;
    task->started_ms = row->started_ms;
    task->done_ms = row->done_ms;
    task->progress = task->state == TASK_SUCCEEDED ? 100 : (uint8_t)row->progress;
    task->flags = row->cancel_requested ? TASK_CANCEL_ASKED : 0;
    task->ahead = TASK_NOT_PLACED;
    taskstate_put_counts(task, &row->counts);
    snprintf(task->step, sizeof task->step, "%s", row->message ? row->message : "");
    if (task->state == TASK_FAILED || task->state == TASK_CANCELLED)
        snprintf(task->error, sizeof task->error, "%s", row->error_message ? row->error_message : "");
}

char *taskview_of_row(const struct journal_row *row)
{
    struct shm_task task;
    struct json_out out;
    size_t len;
    taskview_from_row(row, &task);
    json_out_init(&out);
    taskview_write(&out, &task, row->result);
    const char *text = json_out_text(&out, &len);
    char *copy = malloc(len + 2);
    if (!copy)
        abort();
    memcpy(copy, text, len);
    memcpy(copy + len, "\n", 2);
    json_out_fini(&out);
    return copy;
}
