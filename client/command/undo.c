/* priceforge undo: the history of imports, and taking the latest back. */
#include "client/run/lists.h"
#include "client/run/run.h"

#include "base/json.h"
#include "client/core/say.h"
#include "client/net/ask.h"
#include "client/show/text.h"

#include <stdlib.h>

static const struct list_field stock_fields[] = {
    {{N_("IMPORT"), true, false, 0}, "id", LIST_TEXT, 0},
    {{N_("EFFECT"), false, false, 2}, "effect", LIST_WORD, 0},
    {{N_("WAREHOUSE"), false, false, 0}, "warehouse", LIST_TEXT, 0},
    {{N_("WHEN"), false, false, 0}, "created_at", LIST_MOMENT, 0},
    {{N_("FILE"), false, true, 4}, "file_name", LIST_TEXT, 0},
    {{N_("NEW"), true, false, 1}, "inserted", LIST_COUNT, 0},
    {{N_("CHANGED"), true, false, 2}, "updated", LIST_COUNT, 0},
    {{N_("DELETED"), true, false, 2}, "deleted", LIST_COUNT, 0},
    {{N_("WHO"), false, true, 5}, "requested_by", LIST_TEXT, 0},
    {{N_("UNDONE BY"), true, false, 2}, "undone_by", LIST_TEXT, 0},
};

static const struct list_field quote_fields[] = {
    {{N_("IMPORT"), true, false, 0}, "id", LIST_TEXT, 0},
    {{N_("EFFECT"), false, false, 2}, "effect", LIST_WORD, 0},
    {{N_("PARTY"), false, false, 0}, "party", LIST_TEXT, 0},
    {{N_("WHEN"), false, false, 0}, "created_at", LIST_MOMENT, 0},
    {{N_("FILE"), false, true, 4}, "file_name", LIST_TEXT, 0},
    {{N_("NEW"), true, false, 1}, "inserted", LIST_COUNT, 0},
    {{N_("REPLACED"), true, false, 3}, "replaced", LIST_COUNT, 0},
    {{N_("WHO"), false, true, 5}, "requested_by", LIST_TEXT, 0},
    {{N_("UNDONE BY"), true, false, 2}, "undone_by", LIST_TEXT, 0},
};

static const struct cli_option options[] = {
    {'w', "warehouse", "CODE", N_("into one warehouse"), "warehouse"},
    {'p', "party", "CODE", N_("price lists of one party"), "party"},
    {0, "quotes", NULL, N_("imports of price lists instead of stock"), NULL},
    LIST_OPTIONS,
    {0, NULL, NULL, NULL, NULL},
};
static const char *const examples[] = {"priceforge undo list", "priceforge undo 17", "priceforge undo quotes 5", NULL};

static int run_list(struct cli *cli)
{
    bool quotes = cli_has(cli, "quotes") || cli_has(cli, "party");
    char *path = list_path(cli, quotes ? "/api/quotes/imports" : "/api/stock/imports");
    int rc = quotes ? list_print(cli, path, "imports", quote_fields, sizeof quote_fields / sizeof quote_fields[0],
                                 N_("no price list was imported"))
                    : list_print(cli, path, "imports", stock_fields, sizeof stock_fields / sizeof stock_fields[0],
                                 N_("no stock was imported"));
    free(path);
    return rc;
}

/* ---- Taking back ------------------------------------------------------------------------------------------------ */

/* What would be undone is asked about. */
static int confirm(struct cli *cli, const char *path, bool stock)
{
    struct answer answer = {0};
    char when[TEXT_COUNT_SIZE];
    int rc = ask_get(&cli->settings, path, &answer);
    yajl_val import = answer.json;
    /* The refusal of what cannot be undone is the server's: it names the way out. */
    if (rc == CLI_DONE && json_member_bool(import, "can_undo", true) &&
        !say_ask("%s goes back to before import %lld (%s, %s, %s). Go on?",
                 json_member_string(import, stock ? "warehouse" : "party", ""),
                 (long long)json_member_int(import, "id", 0), json_member_string(import, "file_name", ""),
                 json_member_string(import, "requested_by", "-"),
                 text_moment(json_member_string(import, "created_at", ""), when)))
        rc = CLI_NOT_CONFIRMED;
    answer_fini(&answer);
    return rc;
}

static int undo(struct cli *cli, const char *kind)
{
    char path[96];
    struct params params = {.n = 0};
    const char *id = cli->args[0];
    if (strlen(id) > 18 || strspn(id, "0123456789") != strlen(id) || *id == '\0')
        return say_error(CLI_USAGE, id, "not the number of an import; priceforge undo list shows them");
    snprintf(path, sizeof path, "/api/%s/imports/%s", kind, id);
    int rc = confirm(cli, path, strcmp(kind, "stock") == 0);
    if (rc != CLI_DONE)
        return rc;
    snprintf(path, sizeof path, "/api/%s/imports/%s/undo", kind, id);
    struct start start = {.path = path, .params = &params, .no_body = "the number is in the path"};
    cli->settings.protect = false; /* it has been asked */
    return run_task(cli, &start, NULL);
}

static int run_stock(struct cli *cli)
{
    return undo(cli, "stock");
}

static int run_quotes(struct cli *cli)
{
    return undo(cli, "quotes");
}

const struct cli_command command_undo = {
    .name = "undo",
    .arguments = "IMPORT",
    .summary = N_("Put a warehouse back as it was before its latest import."),
    .examples = examples,
    .least = 1,
    .most = 1,
    .starts = true,
    .run = run_stock,
};
const struct cli_command command_undo_list = {
    .name = "undo list",
    .arguments = "",
    .summary = N_("Imports, newest first."),
    .examples = examples,
    .options = options,
    .run = run_list,
};
const struct cli_command command_undo_quotes = {
    .name = "undo quotes",
    .arguments = "IMPORT",
    .summary = N_("Take the latest import of a party's price list back."),
    .examples = examples,
    .least = 1,
    .most = 1,
    .starts = true,
    .run = run_quotes,
};
