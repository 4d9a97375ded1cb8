/* Start, wait, report. */
#include "client/run/run.h"

#include "base/json.h"
#include "client/core/say.h"
#include "client/net/follow.h"
#include "client/run/profiles.h"
#include "client/run/report.h"
#include "client/run/then.h"

int run_confirm(struct cli *cli, const char *what)
{
    if (!cli->settings.protect || say_ask("%s on %s: go on?", what, settings_server(&cli->settings)))
        return CLI_DONE;
    return CLI_NOT_CONFIRMED;
}

int run_watch(struct cli *cli, const char *task_id, const char *what)
{
    char id[37];
    int worst = CLI_DONE; /* of the tasks of a chain: one may have been done in part */
    snprintf(id, sizeof id, "%s", task_id);
    for (;; what = NULL) {
        struct answer last = {0};
        int rc = follow_task(cli, id, what, &last);
        if (rc != CLI_DONE)
            return rc;
        const char *next = json_member_string(last.json, "followed_by", NULL);
        bool goes_on = next && strlen(next) == sizeof id - 1;
        if (!goes_on || !say_json()) /* of a chain --json has the last task */
            rc = report_task(cli, last.json, last.reply.body.data, what);
        if (goes_on)
            memcpy(id, next, sizeof id);
        answer_fini(&last);
        worst = rc != CLI_DONE ? rc : worst;
        if (!goes_on || rc == CLI_FAILED)
            return worst;
    }
}

static void tell_started(const char *task_id)
{
    if (say_jsonl()) {
        printf("{\"event\":\"started\",\"task_id\":\"%s\"}\n", task_id);
        fflush(stdout);
    }
}

/* With --save-profile what has worked is kept. */
static int run_to_end(struct cli *cli, const char *task_id, const char *what)
{
    const char *profile = cli_value(cli, "save-profile");
    int rc = run_watch(cli, task_id, what);
    if (!profile || (rc != CLI_DONE && rc != CLI_PART))
        return rc;
    int kept = profile_keep(cli, profile, task_id);
    return kept == CLI_DONE ? rc : kept;
}

int run_task(struct cli *cli, const struct start *start, const char *what)
{
    char task_id[37];
    struct params params = {.n = 0};
    struct start whole = *start;
    if (cli_has(cli, "no-wait") && cli_has(cli, "save-profile"))
        return say_error(CLI_USAGE, "--save-profile", "waits for the end of the import; leave --no-wait out");
    int rc = run_confirm(cli, cli->command->name);
    params_copy(&params, start->params);
    whole.params = &params;
    if (rc == CLI_DONE)
        rc = then_take(cli, &params);
    if (rc == CLI_DONE)
        rc = start_task(cli, &whole, task_id);
    params_fini(&params);
    if (rc != CLI_DONE)
        return rc;
    tell_started(task_id);
    if (!cli_has(cli, "no-wait"))
        return run_to_end(cli, task_id, what);
    if (say_json())
        printf("{\"task_id\":\"%s\"}\n", task_id);
    else
        say("%s", task_id);
    return CLI_DONE;
}
