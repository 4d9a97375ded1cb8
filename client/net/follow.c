/* Long polls, or polls every 500 ms where the server does not hold them. */
#include "client/net/follow.h"

#include "base/clock.h"
#include "base/json.h"
#include "client/core/say.h"
#include "client/net/signals.h"
#include "client/show/bar.h"
#include "client/show/screen.h"

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

struct following {
    struct cli *cli;
    const char *id, *what;
    char *own_what;
    char etag[128];
    int64_t begun_ms, away_since_ms, unknown_since_ms, last_event_ms;
    bool told_away, ever_seen;
    long timeout_s, patience_s;
    struct {
        int64_t at_ms;
        uint64_t done;
    } sample[SAMPLES];
    unsigned n_samples;
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
static uint64_t rate_of(struct following *f, uint64_t done)
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

static void print_event(struct following *f, const struct bar_facts *facts)
{
    struct json_out out;
    int64_t now = clock_mono_ms();
    if (!say_jsonl() || now - f->last_event_ms < EVENT_MS)
        return;
    f->last_event_ms = now;
    json_out_init(&out);
    json_object(&out);
    json_put_string(&out, "event", "progress");
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
    unsigned ahead;
    if (sscanf(message, "waiting, %u ahead", &ahead) == 1) {
        snprintf(buf, 80, ngettext("waiting, %u ahead", "waiting, %u ahead", ahead), ahead);
        return buf;
    }
    return say_jsonl() ? message : tr_word("phase", phase, message);
}

static void show(struct following *f, yajl_val task)
{
    char words[80];
    yajl_val counters = json_member(task, "counters");
    char id[9];
    if (!f->what && !f->own_what)
        f->own_what = follow_name(task);
    snprintf(id, sizeof id, "%.8s", f->id);
    uint64_t done = counted(counters, "done");
    struct bar_facts facts = {.what = f->what ? f->what : f->own_what,
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
    if (say_quiet() || say_json())
        return;
    print_event(f, &facts);
    if (say_jsonl())
        return;
    bar_draw(&facts);
    bar_line(&facts, false);
}

/* ---- Interruptions ---------------------------------------------------------------------------------------------- */

static void cancel(struct following *f)
{
    char path[64];
    struct answer answer;
    int number = signals_got();
    signals_forget();
    snprintf(path, sizeof path, "/api/tasks/%s/cancel", f->id);
    struct http_request request = {.method = "POST", .path = path};
    if (ask(&f->cli->settings, &request, CANCEL_WAIT_S, &answer) == CLI_DONE)
        say_note("Task %.8s is being cancelled.", f->id);
    answer_fini(&answer);
    raise(number);
}

static int interrupted(struct following *f)
{
    int number = signals_got();
    bar_clear();
    if (cli_has(f->cli, "cancel-on-interrupt"))
        cancel(f);
    else
        say_note("Task %.8s goes on. Look again: priceforge watch %.8s. Stop it: priceforge cancel %.8s", f->id, f->id,
                 f->id);
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
    return say_error(CLI_AWAY, settings_server(&f->cli->settings), "%s, tried for %lld s; task %.8s is safe", why,
                     (long long)away / 1000, f->id);
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

/* An id from an answer of ours is known sooner or later. */
static int unknown(struct following *f, const struct answer *answer)
{
    int64_t now = clock_mono_ms();
    if (f->unknown_since_ms == 0)
        f->unknown_since_ms = now;
    if (!f->ever_seen && answer->reply.status == 404 && now - f->unknown_since_ms < UNKNOWN_MS)
        return CLI_DONE;
    char *text = ask_problem_text(answer);
    int code = say_problem(CLI_REFUSED, f->id, text, answer->json ? answer->reply.body.data : NULL);
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

/* One poll. *ended: `answer` is the last one. */
static int poll_once(struct following *f, struct answer *answer, bool *ended)
{
    char path[96], why[64];
    snprintf(path, sizeof path, "/api/tasks/%s?view=full", f->id);
    struct http_request request = {
        .method = "GET", .path = path, .etag = f->etag, .wait_s = f->etag[0] ? wait_of(f) : 0};
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
        f->ever_seen = true;
        snprintf(f->etag, sizeof f->etag, "%s", answer->reply.etag);
        *ended = strcmp(json_member_string(answer->json, "status", "running"), "running") != 0;
        if (!*ended)
            show(f, answer->json);
        return CLI_DONE;
    }
    signals_sleep(status == 404 ? POLL_MS / 5 : 0);
    return unknown(f, answer);
}

static int timed_out(struct following *f)
{
    bar_clear();
    return say_error(CLI_TIMEOUT, f->id, "still runs after %ld s; it goes on. Look again: priceforge watch %.8s",
                     f->timeout_s, f->id);
}

int follow_task(struct cli *cli, const char *task_id, const char *what, struct answer *last)
{
    struct following f = {.cli = cli, .id = task_id, .what = what, .begun_ms = clock_mono_ms(), .patience_s = AWAY_S};
    bool ended = false;
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
    bar_clear();
    free(f.own_what);
    return rc;
}
