/* priceforge tasks, watch. */
#include "client/run/lists.h"
#include "client/run/run.h"
#include "client/run/task_ids.h"

#include "base/json.h"
#include "client/core/say.h"
#include "client/net/follow.h"
#include "client/run/report.h"

#include <stdlib.h>
#include <time.h>

static const struct list_field fields[] = {
    {{N_("ID"), false, false, 0}, "id", LIST_TEXT, 0},
    {{N_("TYPE"), false, false, 0}, "type", LIST_TEXT, 0},
    {{N_("STATE"), false, false, 0}, "state", LIST_WORD, 0},
    {{N_("OUTCOME"), false, false, 3}, "outcome", LIST_WORD, 0},
    {{"%", true, false, 0}, "progress", LIST_TEXT, 0},
    {{N_("STARTED"), false, false, 4}, "created_at", LIST_MOMENT, 0},
    {{N_("WHO"), false, true, 6}, "requested_by", LIST_TEXT, 0},
    {{N_("MESSAGE"), false, true, 5}, "message", LIST_TEXT, 0},
};

static const struct cli_option options[] = {
    {0, "running", NULL, N_("only running ones"), NULL},
    {0, "waiting", NULL, N_("only waiting ones"), NULL},
    {0, "failed", NULL, N_("only those that ended in error"), NULL},
    {0, "mine", NULL, N_("only those that this token started"), NULL},
    {0, "type", "TYPE", N_("of one type"), "type"},
    {0, "since", "2h", N_("started so many m, h or d (days) ago or later"), NULL},
    LIST_OPTIONS,
    {0, NULL, NULL, NULL, NULL},
};

static const char *const examples[] = {"priceforge tasks", "priceforge tasks --failed --since 2d",
                                       "priceforge tasks --type stock_import --json", NULL};

/* "2h" as a moment of the API. */
static int since_text(const char *text, char out[40])
{
    char *end;
    long n = strtol(text, &end, 10);
    long unit = *end == 'm' ? 60 : *end == 'h' ? 3600 : *end == 'd' ? 86400 : 0;
    if (end == text || unit == 0 || end[1] || n < 1 || n > 100000)
        return say_error(CLI_USAGE, "--since", "'%s' must be a number with m, h or d, as in 2h", text);
    time_t then = time(NULL) - n * unit;
    struct tm utc;
    strftime(out, 40, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&then, &utc));
    return CLI_DONE;
}

static int run_tasks(struct cli *cli)
{
    char *base = list_path(cli, "/api/tasks"), *path = NULL, since[40] = "";
    int rc = cli_has(cli, "since") ? since_text(cli_value(cli, "since"), since) : CLI_DONE;
    if (rc == CLI_DONE &&
        asprintf(&path, "%s%cview=full%s%s%s%s%s%s", base, strchr(base, '?') ? '&' : '?',
                 cli_has(cli, "running") ? "&state=running" : "", cli_has(cli, "waiting") ? "&state=waiting" : "",
                 cli_has(cli, "failed") ? "&status=error" : "", cli_has(cli, "mine") ? "&mine=1" : "",
                 *since ? "&created_after=" : "", since) < 0)
        abort();
    if (rc == CLI_DONE)
        rc = list_print(cli, path, "tasks", fields, sizeof fields / sizeof fields[0], N_("no such tasks"));
    free(path);
    free(base);
    return rc;
}

const struct cli_command command_tasks = {
    .name = "tasks",
    .arguments = "",
    .summary = N_("Tasks, newest first."),
    .examples = examples,
    .options = options,
    .run = run_tasks,
};

/* ---- Watch ------------------------------------------------------------------------------------------------------ */

static const struct cli_option watch_options[] = {
    {0, "timeout", "SECONDS", N_("wait no longer; the task goes on (exit code 6)"), NULL},
    {0, "retry-for", "SECONDS", N_("how long an absent server is waited for (600)"), NULL},
    {0, "strict", NULL, N_("exit code 5 if rows were rejected"), NULL},
    {0, "cancel-on-interrupt", NULL, N_("a signal cancels the task"), NULL},
    {0, NULL, NULL, NULL, NULL},
};

static const char *const watch_examples[] = {"priceforge watch", "priceforge watch 9d770b1c 41c0ffee --timeout 600",
                                             NULL};

/* With --json the server's list is printed as it is: this is what one of its tasks would have ended with. */
static int exit_code(const struct cli *cli, yajl_val answer, unsigned i)
{
    yajl_val list = json_member(answer, "tasks");
    return list && YAJL_IS_ARRAY(list) && i < list->u.array.len ? report_code(cli, list->u.array.values[i]) : CLI_DONE;
}

/* The worst of 4, 1, 5, 6, 0 in this order; another one ends it. */
static int worse(int a, int b)
{
    static const int order[] = {CLI_AWAY, CLI_FAILED, CLI_PART, CLI_TIMEOUT, CLI_DONE};
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++)
        if (a == order[i] || b == order[i])
            return order[i];
    return a;
}

/* All of them by one request, then what came of each, with what follows it. */
static int watch_several(struct cli *cli, char (*ids)[37], unsigned n)
{
    const char *list[CLI_ARGS_MAX];
    struct answer last = {0};
    int code = CLI_DONE;
    for (unsigned i = 0; i < n; i++)
        list[i] = ids[i];
    int rc = follow_tasks(cli, list, n, NULL, &last);
    if (rc == CLI_DONE && say_json())
        ask_print_body(&last);
    for (unsigned i = 0; rc == CLI_DONE && i < n; i++) {
        int own = say_json() ? exit_code(cli, last.json, i) : run_watch(cli, ids[i], NULL);
        if (own == CLI_USAGE || own == CLI_REFUSED || own >= 128)
            rc = own;
        code = worse(code, own);
    }
    answer_fini(&last);
    return rc == CLI_DONE ? code : rc;
}

static int run_watch_command(struct cli *cli)
{
    char ids[CLI_ARGS_MAX][37];
    unsigned n = cli->n_args > 0 ? cli->n_args : 1;
    for (unsigned i = 0; i < n; i++) {
        int rc = task_id_arg(cli, i, ids[i]);
        if (rc != CLI_DONE)
            return rc;
    }
    return n == 1 ? run_watch(cli, ids[0], NULL) : watch_several(cli, ids, n);
}

const struct cli_command command_watch = {
    .name = "watch",
    .arguments = "[ID…]",
    .summary = N_("Wait for tasks to end and say what came of them."),
    .examples = watch_examples,
    .options = watch_options,
    .most = CLI_ARGS_MAX - 1,
    .run = run_watch_command,
};
