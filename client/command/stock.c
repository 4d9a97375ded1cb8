/* priceforge stock, unmatched, map: what is in the warehouses, and what its numbers are. */
#include "client/run/lists.h"
#include "client/run/run.h"

#include "base/json.h"
#include "client/core/say.h"
#include "client/net/ask.h"
#include "client/show/screen.h"
#include "client/show/text.h"

#include <stdlib.h>

#define PATIENCE_S 10

static const struct list_field stock_fields[] = {
    {{N_("WAREHOUSE"), false, false, 0}, "warehouse", LIST_TEXT, 0},
    {{N_("PART NUMBER"), false, false, 0}, "part_number", LIST_TEXT, 0},
    {{N_("LOT"), false, false, 2}, "lot_code", LIST_TEXT, 0},
    {{N_("NAME"), false, true, 5}, "name", LIST_TEXT, 0},
    {{N_("QTY"), true, false, 0}, "qty", LIST_DECIMAL, 0},
    {{N_("FREE"), true, false, 1}, "free", LIST_DECIMAL, 0},
    {{N_("COST"), true, false, 3}, "unit_cost", LIST_DECIMAL, 2},
    {{N_("AS OF"), false, false, 4}, "stock_date", LIST_TEXT, 0},
};

static const struct cli_option stock_options[] = {
    {'w', "warehouse", "CODE", N_("of one warehouse"), "warehouse"},
    {0, "lot", "LOT", N_("of one lot"), "lot"},
    {0, "pn", "NUMBER", N_("of one part number"), "pn"},
    LIST_OPTIONS,
    {0, NULL, NULL, NULL, NULL},
};
static const char *const stock_examples[] = {"priceforge stock -w MAIN", "priceforge stock --lot ACC-TPM2", NULL};

static int run_stock(struct cli *cli)
{
    char *path = list_path(cli, "/api/stock");
    int rc = list_print(cli, path, "stock", stock_fields, sizeof stock_fields / sizeof stock_fields[0],
                        N_("nothing in stock"));
    free(path);
    return rc;
}

const struct cli_command command_stock = {
    .name = "stock",
    .arguments = "",
    .summary = N_("What is in which warehouse."),
    .examples = stock_examples,
    .options = stock_options,
    .run = run_stock,
};

/* ---- Unmatched -------------------------------------------------------------------------------------------------- */

static const struct list_field unmatched_fields[] = {
    {{N_("PART NUMBER"), false, false, 0}, "part_number", LIST_TEXT, 0},
    {{N_("NAME"), false, true, 3}, "name", LIST_TEXT, 0},
    {{N_("ITEMS"), true, false, 2}, "items", LIST_COUNT, 0},
    {{N_("QTY"), true, false, 0}, "qty", LIST_DECIMAL, 0},
    {{N_("QUOTES"), true, false, 1}, "quotes", LIST_COUNT, 0},
    {{N_("LIKE"), false, false, 4}, "suggestions.0.lot_code", LIST_TEXT, 0},
};
static const struct cli_option unmatched_options[] = {
    {'w', "warehouse", "CODE", N_("of one warehouse"), "warehouse"},
    LIST_OPTIONS,
    {0, NULL, NULL, NULL, NULL},
};
static const char *const unmatched_examples[] = {"priceforge unmatched", "priceforge unmatched -w MAIN --all", NULL};

static int run_unmatched(struct cli *cli)
{
    char *path = list_path(cli, "/api/stock/unmatched");
    int rc = list_print(cli, path, "unmatched", unmatched_fields, sizeof unmatched_fields / sizeof unmatched_fields[0],
                        N_("every part number has its lot"));
    free(path);
    if (rc == CLI_DONE && screen_out_is_terminal())
        say_note("a number gets its lot by: priceforge map NUMBER LOT");
    return rc;
}

const struct cli_command command_unmatched = {
    .name = "unmatched",
    .arguments = "",
    .summary = N_("Part numbers in stock without a known lot."),
    .examples = unmatched_examples,
    .options = unmatched_options,
    .run = run_unmatched,
};

/* ---- Map -------------------------------------------------------------------------------------------------------- */

static const struct cli_option map_options[] = {
    {0, "vendor", "NAME", N_("the manufacturer whose number it is"), NULL},
    {0, "lot-qty", "N", N_("lots in one of the number"), NULL},
    {0, "pack", "N", N_("pieces in a pack"), NULL},
    {0, "remove", NULL, N_("remove the mapping of NUMBER"), NULL},
    {0, "from", "FILE", N_("many from a file, as the table part_numbers"), NULL},
    {0, NULL, NULL, NULL, NULL},
};
static const char *const map_examples[] = {
    "priceforge map NEW-1700-A ACC-TPM2",
    "priceforge map KIT-2 ACC-TPM2 --lot-qty 2 --vendor Silmara",
    "priceforge map --remove NEW-1700-A",
    "priceforge map --from numbers.csv",
    NULL,
};

static int put_mapping(struct cli *cli)
{
    struct params params = {.n = 0};
    struct bytes body = {0};
    struct answer answer = {0};
    const char *const names[][2] = {{"vendor", "vendor"}, {"lot-qty", "lot_qty"}, {"pack", "pack_qty"}};
    params_add(&params, "part_number", cli->args[0]);
    params_add(&params, "lot_code", cli->args[1]);
    for (size_t i = 0; i < 3; i++)
        if (cli_value(cli, names[i][0]))
            params_add(&params, names[i][1], cli_value(cli, names[i][0]));
    params_json(&params, &body);
    struct http_request request = {.method = "PUT",
                                   .path = "/api/part-numbers",
                                   .body = body.data,
                                   .body_len = body.len,
                                   .type = "application/json"};
    int rc = ask(&cli->settings, &request, PATIENCE_S, &answer);
    if (rc == CLI_DONE && say_json())
        ask_print_body(&answer);
    else if (rc == CLI_DONE)
        say("%s %s = %s; linked: stock items %lld, quotes %lld", screen_done(), cli->args[0], cli->args[1],
            (long long)json_member_int(json_member(answer.json, "linked"), "stock", 0),
            (long long)json_member_int(json_member(answer.json, "linked"), "quotes", 0));
    answer_fini(&answer);
    params_fini(&params);
    bytes_free(&body);
    return rc;
}

static int remove_mapping(struct cli *cli)
{
    struct params params = {.n = 0};
    struct bytes query = {0};
    struct answer answer = {0};
    char *path = NULL;
    params_add(&params, "part_number", cli->args[0]);
    if (cli_value(cli, "vendor"))
        params_add(&params, "vendor", cli_value(cli, "vendor"));
    params_query(&params, &query);
    if (asprintf(&path, "/api/part-numbers?%.*s", (int)query.len, query.data) < 0)
        no_memory();
    struct http_request request = {.method = "DELETE", .path = path};
    int rc = ask(&cli->settings, &request, PATIENCE_S, &answer);
    if (rc == CLI_DONE && say_json() && answer.reply.body.len)
        ask_print_body(&answer);
    else if (rc == CLI_DONE)
        say("%s %s is mapped no more", screen_done(), cli->args[0]);
    answer_fini(&answer);
    free(path);
    params_fini(&params);
    bytes_free(&query);
    return rc;
}

/* Many at once: the catalogue table part_numbers. */
static int map_file(struct cli *cli, const char *file)
{
    struct params params = {.n = 0};
    struct start start = {.path = "/api/catalog/part_numbers/import", .params = &params, .file = file};
    if (cli->n_args > 0 || cli_has(cli, "remove"))
        return say_error(CLI_USAGE, "--from", "the file says which numbers and lots");
    int rc = params_take(&params, cli);
    if (rc == CLI_DONE)
        rc = run_task(cli, &start, NULL);
    params_fini(&params);
    return rc;
}

static int run_map(struct cli *cli)
{
    if (cli_value(cli, "from"))
        return map_file(cli, cli_value(cli, "from"));
    bool removing = cli_has(cli, "remove");
    if (cli->n_args != (removing ? 1 : 2))
        return removing ? say_error(CLI_USAGE, "map", "needs one part number")
                        : say_error(CLI_USAGE, "map", "needs a part number and a lot");
    int rc = run_confirm(cli, "map");
    return rc != CLI_DONE ? rc : removing ? remove_mapping(cli) : put_mapping(cli);
}

const struct cli_command command_map = {
    .name = "map",
    .arguments = "[NUMBER [LOT]]",
    .summary = N_("Say which lot a part number is; waiting stock is linked."),
    .examples = map_examples,
    .options = map_options,
    .most = 2,
    .run = run_map,
};
