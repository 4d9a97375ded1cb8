/* priceforge recalculate, pricelist create. */
#include "client/core/say.h"
#include "client/run/run.h"

#include "base/json.h"

static const struct cli_option recalculate_options[] = {
    {0, "as-of", "DAY", N_("the day of the prices (today)"), "as_of"},
    {0, "method", "METHOD", N_("weighted_avg, average, median, min, latest"), "method"},
    {0, "window", "DAYS", N_("how old a quote may be"), "window_days"},
    {0, "lots", "LOT,…", N_("only these components"), NULL},
    {0, "categories", "C,…", N_("only these categories"), NULL},
    {0, "max-change", "PERCENT", N_("larger changes are held for a person"), NULL},
    {0, "coefficient", "K", N_("prices are multiplied by it"), NULL},
    {'n', "dry-run", NULL, N_("only say what would be done"), "dry_run"},
    {0, NULL, NULL, NULL, NULL},
};

static const char *const recalculate_examples[] = {
    "priceforge recalculate",
    "priceforge recalculate --as-of 2026-02-05 --max-change 20",
    "priceforge recalculate --lots ACC-TPM2,CPU-KLV-8C-150W --dry-run",
    NULL,
};

/* "a,b" as a list of JSON. */
static void add_list(const struct cli *cli, const char *option, const char *param, struct params *params)
{
    const char *text = cli_value(cli, option);
    struct json_out out;
    if (!text)
        return;
    json_out_init(&out);
    json_array(&out);
    while (*text) {
        size_t n = strcspn(text, ",");
        if (n > 0)
            json_string_n(&out, text, n);
        text += n + (text[n] == ',');
    }
    json_array_end(&out);
    params_add_raw(params, param, json_out_text(&out, NULL));
    json_out_fini(&out);
}

/* Decimals go as texts. */
static void add_decimal(const struct cli *cli, const char *option, const char *param, struct params *params)
{
    if (cli_value(cli, option))
        params_add(params, param, cli_value(cli, option));
}

static int recalculate_params(struct cli *cli, struct params *params)
{
    add_list(cli, "lots", "lot_codes", params);
    add_list(cli, "categories", "categories", params);
    add_decimal(cli, "max-change", "max_change_pct", params);
    add_decimal(cli, "coefficient", "coefficient", params);
    return params_take(params, cli);
}

static int run_recalculate(struct cli *cli)
{
    struct params params = {.n = 0};
    int rc = recalculate_params(cli, &params);
    struct start start = {.path = "/api/prices/recalculate-all", .params = &params};
    if (rc == CLI_DONE)
        rc = run_task(cli, &start, NULL);
    params_fini(&params);
    return rc;
}

const struct cli_command command_recalculate = {
    .name = "recalculate",
    .arguments = "",
    .summary = N_("Recalculate the prices of components from quotes."),
    .examples = recalculate_examples,
    .options = recalculate_options,
    .starts = true,
    .run = run_recalculate,
    .follows = "recalculate",
    .params = recalculate_params,
};

/* ---- Lists ------------------------------------------------------------------------------------------------------ */

static const struct cli_option create_options[] = {
    {0, "as-of", "DAY", N_("the day of the list (today)"), "as_of"},
    {0, "currency", "CODE", N_("the currency of its prices"), "currency"},
    {0, "coefficient", "K", N_("prices are multiplied by it"), NULL},
    {0, "note", "TEXT", N_("a note on the list"), NULL},
    {0, "categories", "C,…", N_("only these categories"), NULL},
    {0, "warehouses", "W,…", N_("only these warehouses"), NULL},
    {'n', "dry-run", NULL, N_("only say what would be in it"), "dry_run"},
    {0, NULL, NULL, NULL, NULL},
};

static const char *const create_examples[] = {
    "priceforge pricelist create estimate",
    "priceforge pricelist create warehouse --coefficient 1.15 --note 'for partners'",
    "priceforge pricelist create competitor --currency USD",
    NULL,
};

static int create_params(struct cli *cli, struct params *params)
{
    static const char *const sources[] = {"estimate", "warehouse", "competitor", NULL};
    const char *near = cli_nearest(cli->args[0], sources);
    if (!near || strcmp(near, cli->args[0]) != 0)
        return near ? say_error(CLI_USAGE, NULL, "unknown source '%s'; did you mean '%s'?", cli->args[0], near)
                    : say_error(CLI_USAGE, NULL, "unknown source '%s'; known sources: estimate, warehouse, competitor",
                                cli->args[0]);
    params_add(params, "source", cli->args[0]);
    add_list(cli, "categories", "categories", params);
    add_list(cli, "warehouses", "warehouses", params);
    add_decimal(cli, "coefficient", "coefficient", params);
    add_decimal(cli, "note", "note", params);
    int rc = params_take(params, cli);
    if (rc == CLI_DONE && !params_value(params, "currency") && cli->settings.currency[0])
        params_add(params, "currency", cli->settings.currency);
    return rc;
}

static int run_create(struct cli *cli)
{
    struct params params = {.n = 0};
    int rc = create_params(cli, &params);
    struct start start = {.path = "/api/pricelists", .params = &params};
    if (rc == CLI_DONE)
        rc = run_task(cli, &start, NULL);
    params_fini(&params);
    return rc;
}

const struct cli_command command_pricelist_create = {
    .name = "pricelist create",
    .arguments = "SOURCE",
    .summary = N_("Make a price list: estimate, warehouse, competitor."),
    .examples = create_examples,
    .options = create_options,
    .least = 1,
    .most = 1,
    .starts = true,
    .run = run_create,
    .follows = "pricelist_create",
    .params = create_params,
};
