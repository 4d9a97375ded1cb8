/* Long polls, or polls every 500 ms where the server does not hold them. */
#include "client/net/follow.h"

#include "base/clock.h"
#include "base/hex.h"
#include "base/json.h"
#include "client/core/say.h"
#include "client/net/signals.h"
#include "client/show/bar.h"
#include "client/show/screen.h"
#include "client/show/text.h"

#include <signal.h>
#include <stdlib.h>

#define WAIT_S        20
#define POLL_MS       500
#define QUIET_MS      2000 /* an absence that is not told */
#define AWAY_S        600
#define UNKNOWN_MS    5000 /* a new id may be unknown to a node that has not seen it yet */
#define RATE_MS       5000
#define SAMPLES       32
#define EVENT_MS      500
#define CANCEL_WAIT_S 10

/* One of the tasks that are waited for. */
struct followed {
    char *what;
    int64_t event_ms;
    struct {
        int64_t at_ms;
        uint64_t done;
    } sample[SAMPLES];
    unsigned n_samples;
};

struct following {
    struct cli *cli;
    const char *const *ids;
    unsigned n;
    struct followed *task; /* n */
    char *path, etag[128];
    char names[64]; /* of the tasks, for messages */
    int64_t begun_ms, away_since_ms, unknown_since_ms;
    bool told_away, ever_seen;
    long timeout_s, patience_s;
};

char *follow_name(yajl_val task)
{
    const char *file = json_member_string(json_member(task, "file"), "name", NULL);
    yajl_val params = json_member(task, "params");
    const char *to = json_member_string(params, "warehouse", json_member_string(params, "party", NULL));
    const char *type = json_member_string(task, "type", "task"), *source = json_member_string(params, "source", NULL);
    char *name = NULL;
    int n = file && to ? asprintf(&name, "%s %s %s", file, screen_utf8() ? "→" : "->", to)
            : file     ? asprintf(&name, "%s", file)
            : source   ? asprintf(&name, "%s %s", type, source)
                       : asprintf(&name, "%s", type);
    if (n < 0)
        no_memory();
    return name;
}

/* ---- Progress --------------------------------------------------------------------------------------------------- */

/* Rows a second over the last five; 0 while they stand still. */
static uint64_t rate_of(struct followed *f, uint64_t done)
{
    int64_t now = clock_mono_ms();
    if (f->n_samples > 0 && f->sample[f->n_samples - 1].done > done)
        f->n_samples = 0; /* another attempt */
    unsigned old = 0;
    while (old < f->n_samples && now - f->sample[old].at_ms > RATE_MS)
        old++;
    if (old > 0 || f->n_samples == SAMPLES) {
        old += old == 0;
        memmove(f->sample, f->sample + old, (f->n_samples - old) * sizeof f->sample[0]);
        f->n_samples -= old;
    }
    f->sample[f->n_samples].at_ms = now;
    f->sample[f->n_samples++].done = done;
    int64_t span = now - f->sample[0].at_ms;
    return span < POLL_MS ? 0 : (done - f->sample[0].done) * 1000 / (uint64_t)span;
}

static void print_event(struct followed *f, const struct bar_facts *facts, bool named)
{
    struct json_out out;
    int64_t now = clock_mono_ms();
    if (!say_jsonl() || now - f->event_ms < EVENT_MS)
        return;
    f->event_ms = now;
    json_out_init(&out);
    json_object(&out);
    json_put_string(&out, "event", "progress");
    if (named)
        json_put_string(&out, "task_id", facts->id);
    json_put_int(&out, "percent", facts->percent);
    json_put_int(&out, "done", (int64_t)facts->done);
    json_key(&out, "total");
    facts->total ? json_int(&out, (int64_t)facts->total) : json_null(&out);
    json_put_int(&out, "rate", (int64_t)facts->rate);
    json_key(&out, "eta_s");
    facts->left_s >= 0 ? json_int(&out, facts->left_s) : json_null(&out);
    json_put_string(&out, "message", facts->step);
    json_put_string(&out, "state", facts->waits ? "waiting" : "running");
    json_object_end(&out);
    puts(json_out_text(&out, NULL));
    fflush(stdout);
    json_out_fini(&out);
}

static uint64_t counted(yajl_val counters, const char *name)
{
    int64_t value = json_member_int(counters, name, 0);
    return value > 0 ? (uint64_t)value : 0;
}

/* What it does: the server's message, or in another language its phase. */
static const char *step_of(yajl_val task, char buf[80])
{
    const char *message = json_member_string(task, "message", ""), *phase = json_member_string(task, "phase", "");
    static const char waiting[] = "waiting, ";
    if (strncmp(message, waiting, strlen(waiting)) == 0) {
        unsigned ahead = (unsigned)strtoul(message + strlen(waiting), NULL, 10);
        snprintf(buf, 80, ngettext("waiting, %u ahead", "waiting, %u ahead", ahead), ahead);
        return buf;
    }
    return say_jsonl() ? message : tr_word("phase", phase, message);
}

static bool has_ended(yajl_val task)
{
    return strcmp(json_member_string(task, "status", "running"), "running") != 0;
}

static struct bar_facts facts_of(struct followed *f, yajl_val task, const char *id, char words[80])
{
    yajl_val counters = json_member(task, "counters");
    uint64_t done = counted(counters, "done");
    if (!f->what)
        f->what = follow_name(task);
    return (struct bar_facts){.what = f->what,
                              .id = id,
                              .type = json_member_string(task, "type", ""),
                              .step = step_of(task, words),
                              .waits = strcmp(json_member_string(task, "state", ""), "running") != 0,
                              .percent = (unsigned)json_member_int(task, "progress", 0),
                              .done = done,
                              .total = counted(counters, "total"),
                              .rejected = counted(counters, "rejected"),
                              .rate = rate_of(f, done),
                              .left_s = json_member_int(task, "eta_seconds", -1)};
}

static unsigned place_of(const struct following *f, yajl_val task)
{
    unsigned i = 0;
    while (i + 1 < f->n && strcmp(f->ids[i], json_member_string(task, "id", "")) != 0)
        i++;
    return i;
}

/* `tasks`: those of the answer; those that have ended are left out. */
static void show(struct following *f, const yajl_val *tasks, size_t n)
{
    struct bar_facts facts[CLI_ARGS_MAX];
    char words[CLI_ARGS_MAX][80], ids[CLI_ARGS_MAX][HEX_UUID_SIZE];
    unsigned shown = 0;
    if (say_quiet() || say_json())
        return;
    for (size_t i = 0; i < n && shown < CLI_ARGS_MAX; i++) {
        unsigned place = place_of(f, tasks[i]);
        if (has_ended(tasks[i]))
            continue;
        snprintf(ids[shown], sizeof ids[shown], "%.*s", say_jsonl() ? HEX_UUID_SIZE - 1 : 8, f->ids[place]);
        facts[shown] = facts_of(&f->task[place], tasks[i], ids[shown], words[shown]);
        print_event(&f->task[place], &facts[shown], f->n > 1);
        shown++;
    }
    if (say_jsonl())
        return;
    bar_draw_all(facts, shown);
    for (unsigned i = 0; i < shown; i++)
        bar_line(&facts[i], false);
}

/* ---- Interruptions ---------------------------------------------------------------------------------------------- */

static void cancel(struct following *f)
{
    char path[64];
    int number = signals_got();
    signals_forget();
    for (unsigned i = 0; i < f->n; i++) {
        struct answer answer;
        snprintf(path, sizeof path, "/api/tasks/%s/cancel", f->ids[i]);
        struct http_request request = {.method = "POST", .path = path};
        if (ask(&f->cli->settings, &request, CANCEL_WAIT_S, &answer) == CLI_DONE)
            say_note("Task %.8s is being cancelled.", f->ids[i]);
        answer_fini(&answer);
    }
    raise(number);
}

static int interrupted(struct following *f)
{
    int number = signals_got();
    bar_clear();
    if (cli_has(f->cli, "cancel-on-interrupt"))
        cancel(f);
    else
        say_note(ngettext("Task %s goes on. Look again: priceforge watch %s. Stop it: priceforge cancel %s",
                          "Tasks %s go on. Look again: priceforge watch %s. Stop them: priceforge cancel %s", f->n),
                 f->names, f->names, f->names);
    return 128 + number;
}

/* ---- Absence ---------------------------------------------------------------------------------------------------- */

static void note_event(const char *event)
{
    if (say_jsonl()) {
        printf("{\"event\":\"%s\"}\n", event);
        fflush(stdout);
    }
}

/* Returns CLI_DONE to go on. */
static int absent(struct following *f, const struct answer *answer)
{
    int64_t now = clock_mono_ms();
    if (f->away_since_ms == 0)
        f->away_since_ms = now;
    int64_t away = now - f->away_since_ms;
    if (away > QUIET_MS && !f->told_away) {
        say_note("The server is away for %lld s; the task is safe, waiting.", (long long)away / 1000);
        note_event("away");
        f->told_away = true;
    }
    if (away < f->patience_s * 1000 && !answer->reply.tls_fault)
        return CLI_DONE;
    const char *why = answer->reply.status ? _("not able now") : tr(answer->reply.error);
    return say_error(CLI_AWAY, settings_server(&f->cli->settings),
                     ngettext("%s, tried for %lld s; task %s is safe", "%s, tried for %lld s; tasks %s are safe", f->n),
                     why, (long long)away / 1000, f->names);
}

static void back(struct following *f)
{
    if (f->told_away) {
        say_note("The server is back.");
        note_event("back");
    }
    f->told_away = false;
    f->away_since_ms = 0;
}

/* The first of several that the server does not know; NULL if it knows all. */
static const char *missing_of(const struct answer *answer)
{
    yajl_val missing = json_member(answer->json, "missing");
    return YAJL_IS_ARRAY(missing) && YAJL_GET_ARRAY(missing)->len > 0
               ? YAJL_GET_STRING(YAJL_GET_ARRAY(missing)->values[0])
               : NULL;
}

/* An id from an answer of ours is known sooner or later. */
static int unknown(struct following *f, const struct answer *answer, const char *id)
{
    int64_t now = clock_mono_ms();
    if (f->unknown_since_ms == 0)
        f->unknown_since_ms = now;
    if (!f->ever_seen && (answer->reply.status == 404 || answer->reply.status == 200) &&
        now - f->unknown_since_ms < UNKNOWN_MS)
        return CLI_DONE;
    if (answer->reply.status == 200)
        return say_error(CLI_REFUSED, id, "no task has this id");
    char *text = ask_problem_text(answer);
    int code = say_problem(CLI_REFUSED, id, text, answer->json ? answer->reply.body.data : NULL);
    free(text);
    return code;
}

/* ---- The loop --------------------------------------------------------------------------------------------------- */

/* No longer than --timeout leaves. */
static unsigned wait_of(const struct following *f)
{
    int64_t left = f->timeout_s ? f->timeout_s - (clock_mono_ms() - f->begun_ms) / 1000 : WAIT_S;
    return left < 1 ? 1 : left > WAIT_S ? WAIT_S : (unsigned)left;
}

static void take_answer(struct following *f, const struct answer *answer, bool *ended)
{
    yajl_val list = json_member(answer->json, "tasks");
    const yajl_val *tasks = YAJL_IS_ARRAY(list) ? YAJL_GET_ARRAY(list)->values : &answer->json;
    size_t n = YAJL_IS_ARRAY(list) ? YAJL_GET_ARRAY(list)->len : 1;
    f->ever_seen = true;
    snprintf(f->etag, sizeof f->etag, "%s", answer->reply.etag);
    *ended = true;
    for (size_t i = 0; i < n; i++)
        *ended &= has_ended(tasks[i]);
    if (!*ended)
        show(f, tasks, n);
}

/* One poll. *ended: `answer` is the last one. */
static int poll_once(struct following *f, struct answer *answer, bool *ended)
{
    char why[64];
    struct http_request request = {
        .method = "GET", .path = f->path, .etag = f->etag, .wait_s = f->etag[0] ? wait_of(f) : 0};
    *answer = (struct answer){0};
    int rc = http_ask(&request, &answer->reply);
    unsigned status = answer->reply.status;
    if (signals_got())
        return interrupted(f);
    if (answer->reply.body.len > 0)
        answer->json = json_parse(answer->reply.body.data, answer->reply.body.len, 64, why, sizeof why);
    if (rc != 0 || status == 429 || status >= 500) {
        rc = absent(f, answer);
        signals_sleep(POLL_MS);
        return rc;
    }
    back(f);
    if (status == 304 || status == 200) {
        if (request.wait_s && !answer->reply.waited)
            signals_sleep(POLL_MS);
        if (status == 304)
            return CLI_DONE;
        if (!missing_of(answer)) {
            take_answer(f, answer, ended);
            return CLI_DONE;
        }
    }
    signals_sleep(status == 404 || status == 200 ? POLL_MS / 5 : 0);
    return unknown(f, answer, status == 200 ? missing_of(answer) : f->ids[0]);
}

static int timed_out(struct following *f)
{
    bar_clear();
    return say_error(CLI_TIMEOUT, f->n == 1 ? f->ids[0] : f->names,
                     "still running after %ld s, and going on. Look again: priceforge watch %s", f->timeout_s,
                     f->names);
}

/* The path to poll; the first digits of each id for people, as far as there is room. */
static void name_tasks(struct following *f)
{
    struct bytes path = {0};
    text_addf(&path, f->n == 1 ? "/api/tasks/%s?view=full" : "/api/tasks?ids=%s", f->ids[0]);
    for (unsigned i = 1; i < f->n; i++)
        text_addf(&path, ",%s", f->ids[i]);
    text_addf(&path, "%s", f->n == 1 ? "" : "&view=full");
    bytes_add_char(&path, '\0');
    f->path = path.data;
    for (unsigned i = 0; i < f->n && strlen(f->names) + 12 < sizeof f->names; i++)
        snprintf(f->names + strlen(f->names), 12, "%s%.8s", i ? " " : "", f->ids[i]);
}

static void following_fini(struct following *f)
{
    bar_clear();
    for (unsigned i = 0; i < f->n; i++)
        free(f->task[i].what);
    free(f->task);
    free(f->path);
}

int follow_tasks(struct cli *cli, const char *const *ids, unsigned n, const char *what, struct answer *last)
{
    struct following f = {.cli = cli, .ids = ids, .n = n, .begun_ms = clock_mono_ms(), .patience_s = AWAY_S};
    bool ended = false;
    f.task = calloc(n, sizeof *f.task);
    if (!f.task || (what && !(f.task[0].what = strdup(what))))
        no_memory();
    name_tasks(&f);
    int rc = cli_number(cli, "timeout", 1, 31536000, &f.timeout_s);
    if (rc == CLI_DONE)
        rc = cli_number(cli, "retry-for", 0, 86400, &f.patience_s);
    while (rc == CLI_DONE && !ended) {
        if (f.timeout_s && clock_mono_ms() - f.begun_ms > f.timeout_s * 1000) {
            rc = timed_out(&f);
            break;
        }
        rc = poll_once(&f, last, &ended);
        if (rc != CLI_DONE || !ended)
            answer_fini(last);
    }
    following_fini(&f);
    return rc;
}

int follow_task(struct cli *cli, const char *task_id, const char *what, struct answer *last)
{
    return follow_tasks(cli, &task_id, 1, what, last);
}
