/* priceforge cancel, retry, rejects, log: one task. */
#include "client/run/run.h"
#include "client/run/task_ids.h"

#include "base/json.h"
#include "client/core/say.h"
#include "client/net/ask.h"
#include "client/net/signals.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define PATIENCE_S 10
#define FOLLOW_S   20

/* ---- Cancel ----------------------------------------------------------------------------------------------------- */

static const struct cli_option cancel_options[] = {
    {0, "reason", "TEXT", N_("why; it stands in the task's log"), NULL},
    {0, NULL, NULL, NULL, NULL},
};
static const char *const cancel_examples[] = {"priceforge cancel 9d770b1c", "priceforge cancel --reason 'wrong file'",
                                              NULL};

static int cancel_one(struct cli *cli, const char *id)
{
    char path[64];
    struct json_out body;
    struct answer answer = {0};
    const char *reason = cli_value(cli, "reason");
    size_t n;
    json_out_init(&body);
    json_object(&body);
    json_put_string(&body, "reason", reason ? reason : "");
    json_object_end(&body);
    const char *text = json_out_text(&body, &n);
    snprintf(path, sizeof path, "/api/tasks/%s/cancel", id);
    struct http_request request = {.method = "POST",
                                   .path = path,
                                   .body = reason ? text : NULL,
                                   .body_len = reason ? n : 0,
                                   .type = reason ? "application/json" : NULL};
    int rc = ask(&cli->settings, &request, PATIENCE_S, &answer);
    bool ended = strcmp(json_member_string(answer.json, "status", ""), "running") != 0;
    if (rc == CLI_DONE && say_json())
        ask_print_body(&answer);
    else if (rc == CLI_DONE)
        say(ended ? N_("%.8s cancelled, nothing was written") : N_("%.8s is being cancelled"), id);
    answer_fini(&answer);
    json_out_fini(&body);
    return rc;
}

static int run_cancel(struct cli *cli)
{
    int worst = run_confirm(cli, "cancel");
    for (unsigned i = 0; worst < CLI_NOT_CONFIRMED && (i == 0 || i < cli->n_args); i++) {
        char id[37];
        int rc = task_id_arg(cli, i, id);
        if (rc == CLI_DONE)
            rc = cancel_one(cli, id);
        worst = rc > worst ? rc : worst;
    }
    return worst;
}

const struct cli_command command_cancel = {
    .name = "cancel",
    .arguments = "[ID…]",
    .summary = N_("Stop tasks; they write nothing."),
    .examples = cancel_examples,
    .options = cancel_options,
    .most = CLI_ARGS_MAX - 1,
    .run = run_cancel,
};

/* ---- Retry ------------------------------------------------------------------------------------------------------ */

static const char *const retry_examples[] = {"priceforge retry 9d770b1c", NULL};

static int run_retry(struct cli *cli)
{
    char id[37], path[64];
    struct params params = {.n = 0};
    int rc = task_id_arg(cli, 0, id);
    snprintf(path, sizeof path, "/api/tasks/%s/retry", id);
    struct start start = {.path = path, .params = &params, .no_body = "the task's own parameters"};
    return rc == CLI_DONE ? run_task(cli, &start, NULL) : rc;
}

const struct cli_command command_retry = {
    .name = "retry",
    .arguments = "[ID]",
    .summary = N_("Start the same again as a new task."),
    .examples = retry_examples,
    .most = 1,
    .starts = true,
    .run = run_retry,
};

/* ---- Rejects, log ----------------------------------------------------------------------------------------------- */

static const struct cli_option rejects_options[] = {
    {0, "all", NULL, N_("with the warnings"), NULL},
    {'o', "output", "FILE", N_("where they are written; not over another file"), NULL},
    {0, NULL, NULL, NULL, NULL},
};
static const char *const rejects_examples[] = {"priceforge rejects > fix.csv", "priceforge rejects 9d770b1c --all",
                                               NULL};

static int run_rejects(struct cli *cli)
{
    char id[37], path[96];
    struct answer answer = {0};
    const char *name = cli_value(cli, "output");
    int rc = task_id_arg(cli, 0, id);
    if (rc != CLI_DONE)
        return rc;
    FILE *out = name ? fopen(name, "wxe") : stdout;
    if (!out)
        return say_error(CLI_FAILED, name, "%s", strerror(errno));
    snprintf(path, sizeof path, "/api/tasks/%s/rejects.csv%s", id, cli_has(cli, "all") ? "?severity=all" : "");
    struct http_request request = {.method = "GET", .path = path, .to = out};
    rc = ask(&cli->settings, &request, PATIENCE_S, &answer);
    answer_fini(&answer);
    if (name && (fclose(out) != 0 && rc == CLI_DONE))
        rc = say_error(CLI_FAILED, name, "%s", strerror(errno));
    if (name && rc != CLI_DONE)
        unlink(name);
    return rc;
}

const struct cli_command command_rejects = {
    .name = "rejects",
    .arguments = "[ID]",
    .summary = N_("The refused rows as a file that can be put right and sent again."),
    .examples = rejects_examples,
    .options = rejects_options,
    .most = 1,
    .run = run_rejects,
};

static const struct cli_option log_options[] = {{'f', "follow", NULL, N_("wait for more until the task ends"), NULL},
                                                {0, NULL, NULL, NULL, NULL}};
static const char *const log_examples[] = {"priceforge log", "priceforge log 9d770b1c --follow", NULL};

static bool task_ended(struct cli *cli, const char *id)
{
    char path[64];
    struct answer answer = {0};
    snprintf(path, sizeof path, "/api/tasks/%s", id);
    bool ended = ask_get(&cli->settings, path, &answer) != CLI_DONE ||
                 strcmp(json_member_string(answer.json, "status", ""), "running") != 0;
    answer_fini(&answer);
    return ended;
}

static int run_log(struct cli *cli)
{
    char id[37], path[128], offset[24] = "0";
    int rc = task_id_arg(cli, 0, id);
    bool follow = cli_has(cli, "follow"), last = !follow;
    while (rc == CLI_DONE) {
        struct answer answer = {0};
        bool ended = last || task_ended(cli, id);
        snprintf(path, sizeof path, "/api/tasks/%s/log?after=%s%s", id, offset, follow && !ended ? "&wait=20" : "");
        struct http_request request = {.method = "GET", .path = path, .wait_s = 0};
        rc = ask(&cli->settings, &request, follow ? FOLLOW_S * 30 : PATIENCE_S, &answer);
        if (rc == CLI_DONE) {
            fwrite(answer.reply.body.data, 1, answer.reply.body.len, stdout);
            fflush(stdout);
            snprintf(offset, sizeof offset, "%s", answer.reply.log_offset[0] ? answer.reply.log_offset : offset);
        }
        answer_fini(&answer);
        if (ended)
            break;
    }
    return rc == CLI_INTERRUPTED ? 128 + signals_got() : rc;
}

const struct cli_command command_log = {
    .name = "log",
    .arguments = "[ID]",
    .summary = N_("The log of a task's attempts."),
    .examples = log_examples,
    .options = log_options,
    .most = 1,
    .run = run_log,
};
