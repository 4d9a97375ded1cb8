/* priceforge undo, imports: the history of imports, and taking the latest back. */
#include "client/run/lists.h"
#include "client/run/run.h"

#include "base/json.h"
#include "client/core/say.h"
#include "client/net/ask.h"

#include <stdlib.h>

static const struct list_field fields[] = {
    {{"IMPORT", true, false, 0}, "id", LIST_TEXT, 0},
    {{"EFFECT", false, false, 2}, "effect", LIST_TEXT, 0},
    {{"PARTY", false, false, 0}, "party", LIST_TEXT, 0},
    {{"WHEN", false, false, 0}, "created_at", LIST_MOMENT, 0},
    {{"FILE", false, true, 4}, "file_name", LIST_TEXT, 0},
    {{"NEW", true, false, 1}, "inserted", LIST_COUNT, 0},
    {{"UNCHANGED", true, false, 3}, "unchanged", LIST_COUNT, 0},
    {{"WHO", false, true, 5}, "requested_by", LIST_TEXT, 0},
    {{"UNDONE BY", true, false, 2}, "undone_by", LIST_TEXT, 0},
};

static const struct cli_option options[] = {
    {'p', "party", "CODE", "of one party", "party"},
    LIST_OPTIONS,
    {0, NULL, NULL, NULL, NULL},
};
static const char *const examples[] = {"priceforge undo quotes 5", "priceforge undo list -p SUP-04", NULL};

static int run_list(struct cli *cli)
{
    char *path = list_path(cli, "/api/quotes/imports");
    int rc = list_print(cli, path, "imports", fields, sizeof fields / sizeof fields[0], "no price list was imported");
    free(path);
    return rc;
}

static int run_quotes(struct cli *cli)
{
    char path[96];
    struct params params = {.n = 0};
    const char *id = cli->args[0];
    if (strlen(id) > 18 || strspn(id, "0123456789") != strlen(id) || *id == '\0')
        return say_error(CLI_USAGE, id, "not the number of an import; priceforge undo list shows them");
    if (!say_ask("The quotes of import %s go, and those that it replaced come back. Go on?", id))
        return CLI_NOT_CONFIRMED;
    snprintf(path, sizeof path, "/api/quotes/imports/%s/undo", id);
    struct start start = {.path = path, .params = &params, .no_body = "the number is in the path"};
    return run_task(cli, &start, NULL);
}

const struct cli_command command_undo_list = {
    .name = "undo list",
    .arguments = "",
    .summary = "Imports of price lists, newest first.",
    .examples = examples,
    .options = options,
    .run = run_list,
};
const struct cli_command command_undo_quotes = {
    .name = "undo quotes",
    .arguments = "IMPORT",
    .summary = "Take the latest import of a party's price list back.",
    .examples = examples,
    .least = 1,
    .most = 1,
    .starts = true,
    .run = run_quotes,
};
