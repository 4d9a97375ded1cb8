/* Patience and refusals. */
#include "client/net/ask.h"

#include "base/clock.h"
#include "base/json.h"
#include "client/core/cli.h"
#include "client/core/say.h"
#include "client/net/signals.h"
#include "client/show/text.h"

#include <stdlib.h>

#define JSON_DEPTH   64
#define FIRST_MS     500
#define MOST_MS      8000
#define GET_PATIENCE 10

void answer_fini(struct answer *answer)
{
    http_reply_fini(&answer->reply);
    yajl_tree_free(answer->json);
    answer->json = NULL;
}

static void parse(struct answer *answer)
{
    char why[128];
    const struct bytes *body = &answer->reply.body;
    answer->json = body->len > 0 ? json_parse(body->data, body->len, JSON_DEPTH, why, sizeof why) : NULL;
}

/* ---- What a refusal says ---------------------------------------------------------------------------------------- */

/* "/warehouse" as it was typed: -w; others by their own name. */
static const char *typed(const char *pointer)
{
    static const struct {
        const char *pointer, *option;
    } known[] = {{"/warehouse", "-w"},      {"/party", "-p"},         {"/price", "--price"}, {"/as_of", "--as-of"},
                 {"/stock_date", "--date"}, {"/quoted_on", "--on"},   {"/sheet", "--sheet"}, {"/method", "--method"},
                 {"/columns", "--map"},     {"/profile", "--profile"}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(known[i].pointer, pointer) == 0)
            return known[i].option;
    return pointer + (pointer[0] == '/');
}

/* A problem without faults: its usual sentence, or in another language its kind and the sentence as it was sent. */
static void add_plain(struct bytes *out, const struct answer *answer, const char *plain)
{
    const char *type = json_member_string(answer->json, "type", ""), *slug = strrchr(type, '/');
    const char *kind = tr_word("problem", slug ? slug + 1 : type, NULL), *usual = tr(plain);
    if (kind && usual == plain)
        text_addf(out, "%s: %s", kind, plain);
    else
        text_addf(out, "%s", usual);
}

char *ask_problem_text(const struct answer *answer)
{
    struct bytes out = {0};
    yajl_val errors = json_member(answer->json, "errors");
    const char *plain = json_member_string(answer->json, "detail", json_member_string(answer->json, "error", NULL));
    size_t n = YAJL_IS_ARRAY(errors) ? YAJL_GET_ARRAY(errors)->len : 0;
    for (size_t i = 0; i < n; i++) {
        yajl_val error = YAJL_GET_ARRAY(errors)->values[i];
        const char *pointer = json_member_string(error, "pointer", "");
        char *told = tr_told("fault", json_member_string(error, "code", ""), json_member(error, "args"),
                             json_member_string(error, "detail", ""));
        text_addf(&out, "%s%s%s%s", i > 0 ? "\n" : "", typed(pointer), *pointer ? ": " : "", told);
        free(told);
    }
    if (n == 0 && plain)
        add_plain(&out, answer, plain);
    else if (n == 0)
        text_addf(&out, _("the server answered with status %u"), answer->reply.status);
    bytes_add_char(&out, '\0');
    return out.data;
}

/* One line a fault. */
static int refuse(const struct settings *settings, const struct answer *answer)
{
    unsigned status = answer->reply.status;
    int code = status >= 500 || status == 429 ? CLI_AWAY : CLI_REFUSED;
    const char *what = code == CLI_AWAY ? settings_server(settings) : NULL;
    char *text = ask_problem_text(answer);
    if (say_json() || say_jsonl()) {
        say_problem(code, what, text, answer->json ? answer->reply.body.data : NULL);
    } else {
        for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
            say_problem(code, what, line, NULL);
    }
    free(text);
    return code;
}

/* ---- Patience --------------------------------------------------------------------------------------------------- */

static bool again(const struct answer *answer)
{
    unsigned status = answer->reply.status;
    const char *type = json_member_string(answer->json, "type", "");
    return status == 429 || status == 502 || status == 503 || status == 504 ||
           (status == 409 && strstr(type, "idempotency-in-progress"));
}

/* ±20 % */
static int64_t jittered(int64_t ms)
{
    return ms * (80 + (int64_t)(clock_mono_ms() % 41)) / 100;
}

static int away(const struct settings *settings, const struct http_request *request, const struct answer *answer,
                unsigned tried_s, bool sent_once)
{
    bool starts = request->key != NULL;
    const char *end =
        !starts     ? ""
        : sent_once ? _(" Whether it was accepted is not known; run the same command again, it is the same start.")
                    : _(" Nothing was started.");
    return say_error(CLI_AWAY, settings_server(settings), "%s, tried for %u s.%s", tr(answer->reply.error), tried_s,
                     end);
}

int ask(const struct settings *settings, const struct http_request *request, unsigned patience_s, struct answer *answer)
{
    int64_t begun = clock_mono_ms(), pause = FIRST_MS;
    bool sent_once = false;
    for (;;) {
        *answer = (struct answer){0};
        int rc = http_ask(request, &answer->reply);
        parse(answer);
        sent_once |= answer->reply.sent_all;
        if (signals_got())
            return CLI_INTERRUPTED;
        if (rc == 0 && answer->reply.status < 400)
            return CLI_DONE;
        int64_t spent = clock_mono_ms() - begun;
        bool more = spent < (int64_t)patience_s * 1000 && !answer->reply.tls_fault;
        if (rc == 0 && !(again(answer) && more))
            return refuse(settings, answer);
        if (rc != 0 && !more)
            return away(settings, request, answer, (unsigned)(spent / 1000), sent_once);
        signals_sleep(answer->reply.retry_after ? answer->reply.retry_after * 1000 : jittered(pause));
        pause = pause * 2 > MOST_MS ? MOST_MS : pause * 2;
        if (signals_got())
            return CLI_INTERRUPTED;
        answer_fini(answer);
    }
}

int ask_get(const struct settings *settings, const char *path, struct answer *answer)
{
    struct http_request request = {.method = "GET", .path = path};
    return ask(settings, &request, GET_PATIENCE, answer);
}

void ask_print_body(const struct answer *answer)
{
    const struct bytes *body = &answer->reply.body;
    fwrite(body->data, 1, body->len, stdout);
    if (body->len == 0 || body->data[body->len - 1] != '\n')
        putchar('\n');
}
