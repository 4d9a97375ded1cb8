/* Pictures. */
#include "client/top/picture.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/time_text.h"
#include "client/net/follow.h"
#include "client/show/tr.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JSON_DEPTH 64
#define RATE_MS    5000
#define SAMPLE_MS  500
#define TOTAL_MS   1000
#define WINDOW_MS  60000

static int64_t moment(yajl_val object, const char *name)
{
    int64_t ms;
    const char *text = json_member_string(object, name, NULL);
    return text && time_parse(text, &ms) ? ms : 0;
}

static void copy(char *to, size_t size, const char *text)
{
    snprintf(to, size, "%s", text);
}

/* ---- Tasks ------------------------------------------------------------------------------------------------------ */

static struct top_task *find(struct picture *picture, const char *id)
{
    for (unsigned i = 0; i < picture->n; i++)
        if (strcmp(picture->task[i].id, id) == 0)
            return &picture->task[i];
    return NULL;
}

static struct top_task *place_for(struct picture *picture, const char *id)
{
    struct top_task *task = find(picture, id);
    if (task || picture->n == TOP_TASKS)
        return task;
    task = &picture->task[picture->n++];
    *task = (struct top_task){.left_s = -1, .done = -1, .total = -1, .runner = -1};
    copy(task->id, sizeof task->id, id);
    return task;
}

/* Rows a second over the last five; none while they stand still. */
static void measure(struct top_task *task, int64_t now_ms)
{
    unsigned n = task->n_samples;
    if (task->done < 0 || !task->running || (n > 0 && task->sample[n - 1].done > task->done))
        task->n_samples = n = 0; /* another attempt */
    if (task->done < 0 || !task->running) {
        task->rate = 0;
        return;
    }
    if (n == 0 || now_ms - task->sample[n - 1].at_ms >= SAMPLE_MS) {
        bool old = n > 0 && now_ms - task->sample[0].at_ms > RATE_MS;
        if (n == TOP_SAMPLES || old) {
            memmove(task->sample, task->sample + 1, (n - 1) * sizeof task->sample[0]);
            n--;
        }
        task->sample[n].at_ms = now_ms;
        task->sample[n].done = task->done;
        task->n_samples = n + 1;
    }
    int64_t span = now_ms - task->sample[0].at_ms;
    task->rate = span < SAMPLE_MS ? 0 : (task->done - task->sample[0].done) * 1000 / span;
}

static void take_task(struct picture *picture, yajl_val json)
{
    const char *status = json_member_string(json, "status", ""), *outcome = json_member_string(json, "outcome", "");
    struct top_task *task = place_for(picture, json_member_string(json, "id", ""));
    if (!task)
        return;
    task->seen = true;
    task->waiting = json_member_bool(json, "waiting", false);
    task->running = strcmp(status, "running") == 0 && !task->waiting;
    task->failed = strcmp(status, "error") == 0;
    task->progress = (unsigned)json_member_int(json, "progress", 0);
    task->done = json_member_int(json, "done", -1);
    task->total = json_member_int(json, "total", -1);
    task->runner = (int)json_member_int(json, "runner", -1);
    task->began_ms = moment(json, "started_at") ? moment(json, "started_at") : moment(json, "created_at");
    task->done_ms = moment(json, "done_at");
    copy(task->type, sizeof task->type, json_member_string(json, "type", ""));
    copy(task->message, sizeof task->message,
         task->failed ? json_member_string(json, "error", "") : json_member_string(json, "message", ""));
    copy(task->state, sizeof task->state,
         task->waiting   ? _("waiting")
         : task->running ? _("running")
                         : tr_word("outcome", outcome, outcome));
    if (!task->running)
        task->left_s = -1;
    measure(task, picture->now_ms);
}

/* Those that are no more, or ended a while ago, make room. */
static void drop_old(struct picture *picture)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < picture->n; i++) {
        const struct top_task *task = &picture->task[i];
        if (task->seen && (task->done_ms == 0 || picture->now_ms - task->done_ms < TOP_ENDED_MS))
            picture->task[kept++] = *task;
    }
    picture->n = kept;
}

static void count(struct picture *picture)
{
    yajl_val types = json_member(json_member(picture->json, "queue"), "types");
    picture->running = picture->waiting = picture->failed = 0;
    for (size_t i = 0; YAJL_IS_OBJECT(types) && i < YAJL_GET_OBJECT(types)->len; i++) {
        picture->running += (unsigned)json_member_int(YAJL_GET_OBJECT(types)->values[i], "running", 0);
        picture->waiting += (unsigned)json_member_int(YAJL_GET_OBJECT(types)->values[i], "waiting", 0);
    }
    for (unsigned i = 0; i < picture->n; i++)
        picture->failed += picture->task[i].failed;
}

/* ---- Totals ----------------------------------------------------------------------------------------------------- */

static int64_t sum(yajl_val object)
{
    int64_t sum = 0;
    for (size_t i = 0; YAJL_IS_OBJECT(object) && i < YAJL_GET_OBJECT(object)->len; i++)
        sum += json_member_int(object, YAJL_GET_OBJECT(object)->keys[i], 0);
    return sum;
}

/* The difference to a minute ago, or to the first picture. */
static void take_totals(struct picture *picture)
{
    yajl_val totals = json_member(picture->json, "totals");
    int64_t started = json_member_int(totals, "started", 0), ended = sum(json_member(totals, "ended"));
    int64_t requests = json_member_int(totals, "requests", 0), unchanged = json_member_int(totals, "unchanged", 0);
    unsigned n = picture->n_totals;
    if (n > 0 && (started < picture->total[n - 1].started || requests < picture->total[n - 1].requests))
        n = 0; /* the service began anew */
    if (n == 0 || picture->now_ms - picture->total[n - 1].at_ms >= TOTAL_MS) {
        bool full = n == sizeof picture->total / sizeof picture->total[0];
        if (n > 0 && (full || picture->now_ms - picture->total[0].at_ms > WINDOW_MS)) {
            memmove(picture->total, picture->total + 1, (n - 1) * sizeof picture->total[0]);
            n--;
        }
        picture->total[n].at_ms = picture->now_ms;
        picture->total[n].started = started;
        picture->total[n].ended = ended;
        picture->total[n].requests = requests;
        picture->total[n++].unchanged = unchanged;
    }
    picture->n_totals = n;
    double span = (double)(picture->now_ms - picture->total[0].at_ms) / 1000;
    int64_t asked = requests - picture->total[0].requests;
    picture->started_min = span > 0 ? (double)(started - picture->total[0].started) * 60 / span : 0;
    picture->ended_min = span > 0 ? (double)(ended - picture->total[0].ended) * 60 / span : 0;
    picture->polls_s = span > 0 ? (double)asked / span : 0;
    picture->unchanged_percent = asked > 0 ? 100 * (unchanged - picture->total[0].unchanged) / asked : 0;
}

/* ---- Answers ---------------------------------------------------------------------------------------------------- */

bool picture_take(struct picture *picture, const char *body)
{
    char why[64];
    yajl_val json = json_parse(body, strlen(body), JSON_DEPTH, why, sizeof why), tasks = json_member(json, "tasks");
    if (!YAJL_IS_ARRAY(tasks)) {
        yajl_tree_free(json);
        return false;
    }
    yajl_tree_free(picture->json);
    picture->json = json;
    picture->now_ms = moment(json, "now");
    picture->got_ms = clock_mono_ms();
    picture->away[0] = '\0';
    for (unsigned i = 0; i < picture->n; i++)
        picture->task[i].seen = false;
    for (size_t i = 0; i < YAJL_GET_ARRAY(tasks)->len; i++)
        take_task(picture, YAJL_GET_ARRAY(tasks)->values[i]);
    drop_old(picture);
    count(picture);
    take_totals(picture);
    return true;
}

void picture_details(struct picture *picture, const char *body)
{
    char why[64];
    yajl_val json = json_parse(body, strlen(body), JSON_DEPTH, why, sizeof why), tasks = json_member(json, "tasks");
    for (size_t i = 0; YAJL_IS_ARRAY(tasks) && i < YAJL_GET_ARRAY(tasks)->len; i++) {
        yajl_val full = YAJL_GET_ARRAY(tasks)->values[i];
        struct top_task *task = find(picture, json_member_string(full, "id", ""));
        if (!task)
            continue;
        char *what = follow_name(full);
        copy(task->what, sizeof task->what, what);
        free(what);
        copy(task->who, sizeof task->who, json_member_string(full, "requested_by", ""));
        task->left_s = task->running ? json_member_int(full, "eta_seconds", -1) : -1;
    }
    yajl_tree_free(json);
}

void picture_fini(struct picture *picture)
{
    yajl_tree_free(picture->json);
    picture->json = NULL;
}
