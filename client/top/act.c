/* Cancel, retry, explain, log. */
#include "client/top/act.h"

#include "base/hex.h"
#include "base/json.h"
#include "client/net/ask.h"
#include "client/net/start.h"
#include "client/show/text.h"
#include "client/show/tr.h"

#include <stdio.h>
#include <stdlib.h>

#define LIMIT_MS 10000

static bool ask_once(struct http_request *request, struct answer *answer)
{
    char why[64];
    *answer = (struct answer){0};
    request->limit_ms = LIMIT_MS;
    int rc = http_ask(request, &answer->reply);
    if (rc == 0 && answer->reply.body.len > 0)
        answer->json = json_parse(answer->reply.body.data, answer->reply.body.len, 64, why, sizeof why);
    return rc == 0 && answer->reply.status < 400;
}

static char *refusal(const struct answer *answer)
{
    if (answer->reply.status)
        return ask_problem_text(answer);
    char *text = strdup(tr(answer->reply.error));
    if (!text)
        no_memory();
    return text;
}

static bool do_it(struct http_request *request, const char *id, struct bytes *said)
{
    struct answer answer;
    bool done = ask_once(request, &answer);
    if (!done) {
        char *text = refusal(&answer);
        text_addf(said, "%s%.8s: %s", said->len ? "; " : "", id, text);
        free(text);
    }
    answer_fini(&answer);
    return done;
}

bool act_cancel(const char *id, struct bytes *said)
{
    char path[80];
    snprintf(path, sizeof path, "/api/tasks/%s/cancel", id);
    struct http_request request = {.method = "POST", .path = path};
    return do_it(&request, id, said);
}

bool act_retry(const char *id, struct bytes *said)
{
    char path[80], key[HEX_UUID_SIZE];
    start_random_key(key);
    snprintf(path, sizeof path, "/api/tasks/%s/retry", id);
    struct http_request request = {.method = "POST", .path = path, .key = key};
    return do_it(&request, id, said);
}

/* ---- Texts ------------------------------------------------------------------------------------------------------ */

static void add_member(struct bytes *out, const char *name, yajl_val value)
{
    const char *text = YAJL_IS_NUMBER(value) ? YAJL_GET_NUMBER(value) : value ? YAJL_GET_STRING(value) : NULL;
    for (size_t i = 0; YAJL_IS_OBJECT(value) && i < YAJL_GET_OBJECT(value)->len; i++)
        add_member(out, YAJL_GET_OBJECT(value)->keys[i], YAJL_GET_OBJECT(value)->values[i]);
    if (text)
        text_addf(out, "  %s %s\n", tr_word("explain", name, name), text);
}

char *act_explain(const char *id)
{
    char path[80];
    struct bytes out = {0};
    struct answer answer;
    snprintf(path, sizeof path, "/api/tasks/%s/explain", id);
    struct http_request request = {.method = "GET", .path = path};
    if (ask_once(&request, &answer)) {
        const char *verdict = json_member_string(answer.json, "verdict", ""),
                   *sentence = json_member_string(answer.json, "sentence", "");
        text_addf(&out, "%s %s\n%s %s\n\n", id, json_member_string(answer.json, "type", ""),
                  tr_word("verdict", verdict, sentence), tr(json_member_string(answer.json, "advice", "")));
        const char *const parts[] = {"attempt", "queue",        "waits_for", "statement",
                                     "cancel",  "requested_by", "request_id"};
        for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
            add_member(&out, parts[i], json_member(answer.json, parts[i]));
    } else {
        char *text = refusal(&answer);
        text_addf(&out, "%s", text);
        free(text);
    }
    answer_fini(&answer);
    bytes_add_char(&out, '\0');
    return out.data;
}

char *act_log(const char *id)
{
    char path[80];
    struct answer answer;
    snprintf(path, sizeof path, "/api/tasks/%s/log", id);
    struct http_request request = {.method = "GET", .path = path};
    bool got = ask_once(&request, &answer);
    char *text =
        got ? strdup(answer.reply.body.len ? answer.reply.body.data : _("the log is empty so far")) : refusal(&answer);
    if (!text)
        no_memory();
    answer_fini(&answer);
    return text;
}
