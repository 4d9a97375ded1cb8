/* priceforge profile: parameters of imports under a name. */
#include "client/run/lists.h"
#include "client/run/profiles.h"
#include "client/run/run.h"
#include "client/run/task_ids.h"

#include "base/json.h"
#include "client/core/say.h"
#include "client/net/ask.h"
#include "client/show/screen.h"

#include <stdlib.h>

#define PATIENCE_S 10

static const struct list_field fields[] = {
    {{N_("NAME"), false, false, 0}, "name", LIST_TEXT, 0},
    {{N_("TYPE"), false, false, 0}, "type", LIST_TEXT, 0},
    {{N_("SAVED BY"), false, true, 3}, "updated_by", LIST_TEXT, 0},
    {{N_("SAVED"), false, false, 2}, "updated_at", LIST_MOMENT, 0},
    {{N_("USED"), false, false, 1}, "used_at", LIST_MOMENT, 0},
};

static const struct cli_option list_options[] = {LIST_OPTIONS, {0, NULL, NULL, NULL, NULL}};
static const char *const examples[] = {
    "priceforge profile save 1c-main",
    "priceforge import stock.xlsx -w MAIN --profile 1c-main",
    "priceforge profile show 1c-main",
    NULL,
};

static int run_list(struct cli *cli)
{
    return list_print(cli, "/api/import-profiles", "profiles", fields, sizeof fields / sizeof fields[0],
                      N_("no profile is saved"));
}

/* The parameters as JSON: what a person looks at is what is sent. */
static int run_show(struct cli *cli)
{
    char *path = profile_path(cli->args[0]);
    struct answer answer = {0};
    int rc = ask_get(&cli->settings, path, &answer);
    if (rc == CLI_DONE)
        ask_print_body(&answer);
    answer_fini(&answer);
    free(path);
    return rc;
}

static int run_save(struct cli *cli)
{
    char id[37];
    int rc = task_id_arg(cli, 1, id);
    return rc == CLI_DONE ? profile_keep(cli, cli->args[0], id) : rc;
}

static int run_delete(struct cli *cli)
{
    char *path = profile_path(cli->args[0]);
    struct answer answer = {0};
    int rc = run_confirm(cli, cli->command->name);
    struct http_request request = {.method = "DELETE", .path = path};
    if (rc == CLI_DONE)
        rc = ask(&cli->settings, &request, PATIENCE_S, &answer);
    if (rc == CLI_DONE)
        say("%s profile %s is deleted", screen_done(), cli->args[0]);
    answer_fini(&answer);
    free(path);
    return rc;
}

const struct cli_command command_profile = {
    .name = "profile",
    .arguments = "",
    .summary = N_("Saved parameters of imports."),
    .examples = examples,
    .options = list_options,
    .run = run_list,
};
const struct cli_command command_profile_show = {
    .name = "profile show",
    .arguments = "NAME",
    .summary = N_("A profile, as JSON."),
    .examples = examples,
    .least = 1,
    .most = 1,
    .run = run_show,
};
const struct cli_command command_profile_save = {
    .name = "profile save",
    .arguments = "NAME [ID]",
    .summary = N_("Keep the parameters of an import (the last one) under a name."),
    .examples = examples,
    .least = 1,
    .most = 2,
    .run = run_save,
};
const struct cli_command command_profile_delete = {
    .name = "profile delete",
    .arguments = "NAME",
    .summary = N_("Forget a profile."),
    .examples = examples,
    .least = 1,
    .most = 1,
    .run = run_delete,
};
