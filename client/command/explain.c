/* priceforge explain: why a task is where it is. The server says it; nothing is concluded here. */
#include "client/run/task_ids.h"

#include "base/json.h"
#include "client/core/say.h"
#include "client/net/ask.h"
#include "client/show/text.h"

#include <stdlib.h>

static const char *const examples[] = {"priceforge explain", "priceforge explain 9d770b1c", NULL};

static void print_line(const char *name, const struct bytes *text)
{
    char *clean = text_clean(text->data ? text->data : "", 0);
    say("  %s%*s %s", tr(name), text_width(tr(name)) < 10 ? (int)(10 - text_width(tr(name))) : 0, "", clean);
    free(clean);
}

static void print_attempt(yajl_val attempt)
{
    struct bytes line = {0};
    char when[TEXT_COUNT_SIZE];
    if (!YAJL_IS_OBJECT(attempt) || !json_member_string(attempt, "started_at", NULL))
        return; /* it does not run */
    text_addf(&line, _("%lld of %lld, runner %lld, since %s; last beat %lld ms ago, last progress %lld ms ago"),
              (long long)json_member_int(attempt, "number", 0), (long long)json_member_int(attempt, "of", 0),
              (long long)json_member_int(attempt, "runner", 0),
              text_moment(json_member_string(attempt, "started_at", ""), when),
              (long long)json_member_int(attempt, "beat_age_ms", 0),
              (long long)json_member_int(attempt, "progress_age_ms", 0));
    bytes_add_char(&line, '\0');
    print_line(N_("attempt"), &line);
    bytes_free(&line);
}

/* The members of an object as "name value, …". */
static void print_members(const char *name, yajl_val object)
{
    struct bytes line = {0};
    for (size_t i = 0; YAJL_IS_OBJECT(object) && i < YAJL_GET_OBJECT(object)->len; i++) {
        yajl_val value = YAJL_GET_OBJECT(object)->values[i];
        const char *text = YAJL_IS_STRING(value)   ? YAJL_GET_STRING(value)
                           : YAJL_IS_NUMBER(value) ? YAJL_GET_NUMBER(value)
                                                   : NULL;
        if (text)
            text_addf(&line, "%s%s %s", line.len ? ", " : "",
                      tr_word("explain", YAJL_GET_OBJECT(object)->keys[i], YAJL_GET_OBJECT(object)->keys[i]), text);
    }
    bytes_add_char(&line, '\0');
    if (line.len > 1)
        print_line(name, &line);
    bytes_free(&line);
}

static void print_explained(yajl_val task)
{
    const char *known = tr_word("verdict", json_member_string(task, "verdict", ""), NULL);
    char *sentence = text_clean(known ? known : json_member_string(task, "sentence", ""), 0),
         *advice = text_clean(tr(json_member_string(task, "advice", "")), 0);
    struct bytes asked = {0};
    say("%.8s %s: %s %s", json_member_string(task, "id", ""), json_member_string(task, "type", ""), sentence, advice);
    print_attempt(json_member(task, "attempt"));
    print_members(N_("queue"), json_member(task, "queue"));
    print_members(N_("waits for"), json_member(task, "waits_for"));
    print_members(N_("statement"), json_member(task, "statement"));
    print_members(N_("cancel"), json_member(task, "cancel"));
    text_addf(&asked, _("by %s, request %s"), json_member_string(task, "requested_by", "-"),
              json_member_string(task, "request_id", "-"));
    bytes_add_char(&asked, '\0');
    print_line(N_("asked"), &asked);
    bytes_free(&asked);
    free(sentence);
    free(advice);
}

static int run(struct cli *cli)
{
    char id[37], path[80];
    struct answer answer = {0};
    int rc = task_id_arg(cli, 0, id);
    if (rc != CLI_DONE)
        return rc;
    snprintf(path, sizeof path, "/api/tasks/%s/explain", id);
    rc = ask_get(&cli->settings, path, &answer);
    if (rc == CLI_DONE && say_json())
        ask_print_body(&answer);
    else if (rc == CLI_DONE)
        print_explained(answer.json);
    answer_fini(&answer);
    return rc;
}

const struct cli_command command_explain = {
    .name = "explain",
    .arguments = "[ID]",
    .summary = N_("Why a task is where it is, and what to do."),
    .examples = examples,
    .most = 1,
    .run = run,
};
