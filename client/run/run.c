/* Start, wait, report. */
#include "client/run/run.h"

#include "client/core/say.h"
#include "client/net/follow.h"
#include "client/run/report.h"

int run_confirm(struct cli *cli, const char *what)
{
    if (!cli->settings.protect || say_ask("%s on %s: go on?", what, settings_server(&cli->settings)))
        return CLI_DONE;
    return CLI_NOT_CONFIRMED;
}

int run_watch(struct cli *cli, const char *task_id, const char *what)
{
    struct answer last = {0};
    int rc = follow_task(cli, task_id, what, &last);
    if (rc == CLI_DONE) {
        rc = report_task(cli, last.json, last.reply.body.data, what);
        answer_fini(&last);
    }
    return rc;
}

static void tell_started(const char *task_id)
{
    if (say_jsonl()) {
        printf("{\"event\":\"started\",\"task_id\":\"%s\"}\n", task_id);
        fflush(stdout);
    }
}

int run_task(struct cli *cli, const struct start *start, const char *what)
{
    char task_id[37];
    int rc = run_confirm(cli, cli->command->name);
    if (rc == CLI_DONE)
        rc = start_task(cli, start, task_id);
    if (rc != CLI_DONE)
        return rc;
    tell_started(task_id);
    if (!cli_has(cli, "no-wait"))
        return run_watch(cli, task_id, what);
    if (say_json())
        printf("{\"task_id\":\"%s\"}\n", task_id);
    else
        say("%s", task_id);
    return CLI_DONE;
}
