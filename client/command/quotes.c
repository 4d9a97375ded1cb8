/* priceforge quotes, catalog: price lists and tables as files. */
#include "client/core/say.h"
#include "client/net/ask.h"
#include "client/run/profiles.h"
#include "client/run/rows.h"
#include "client/run/run.h"
#include "client/show/screen.h"

#include <stdlib.h>

static const struct cli_option quotes_options[] = {
    {'p', "party", "CODE", N_("whose price list it is"), "party"},
    {0, "kind", "KIND", N_("supplier or competitor"), "kind"},
    {'n', "dry-run", NULL, N_("only say what would be done"), "dry_run"},
    {0, "price", "COLUMN", N_("which price column, by letter or caption"), "price"},
    {0, "currency", "CODE", N_("of prices that say none"), "currency"},
    {0, "vat", "PERCENT", N_("prices have this VAT in them"), "vat_rate"},
    {0, "on", "DAY", N_("the day of the list"), "quoted_on"},
    {0, "until", "DAY", N_("how long it holds"), "valid_until"},
    {0, "supersede", NULL, N_("older quotes of the same numbers go"), "supersede"},
    {0, "profile", "NAME", N_("saved parameters (priceforge profile)"), "profile"},
    PROFILE_OPTION,
    {0, "sheet", "NAME|*", N_("one of several sheets, or all"), "sheet"},
    {0, "header-row", "N", N_("where the heading begins"), "header_row"},
    {0, "map", "FIELD=COLUMN", N_("the column of a field, by letter or caption"), NULL},
    {0, "numbers", "ru|en", N_("how numbers are written"), "number_locale"},
    {0, "force", NULL, N_("prices that jump, or many that go, are right"), "force"},
    {0, NULL, NULL, NULL, NULL},
};

static const char *const quotes_examples[] = {
    "priceforge quotes price.xlsx -p SUP-04",
    "priceforge quotes list.csv -p SUP-04 --price Опт --vat 20",
    "priceforge quotes shop.xlsx -p CMP-07 --kind competitor --dry-run",
    NULL,
};

static char *name_of(const char *file, const char *to)
{
    const char *slash = strrchr(file, '/');
    char *name = NULL;
    if (asprintf(&name, "%s %s %s", slash ? slash + 1 : file, screen_utf8() ? "→" : "->", to) < 0)
        no_memory();
    return name;
}

static int run_quotes(struct cli *cli)
{
    struct params params = {.n = 0};
    int rc = params_take(&params, cli);
    if (rc == CLI_DONE && !params_value(&params, "party"))
        rc = say_error(CLI_USAGE, "-p", "whose price list is it?");
    if (rc == CLI_DONE)
        rc = rows_map(cli, &params);
    if (rc == CLI_DONE && cli_has(cli, "vat"))
        params_add(&params, "vat_included", "true");
    if (rc == CLI_DONE) {
        char *what = name_of(cli->args[0], params_value(&params, "party"));
        struct start start = {.path = "/api/quotes/import", .params = &params, .file = cli->args[0]};
        rc = run_task(cli, &start, what);
        free(what);
    }
    params_fini(&params);
    return rc;
}

const struct cli_command command_quotes = {
    .name = "quotes",
    .arguments = "FILE",
    .summary = N_("Import the price list of a supplier or a competitor."),
    .examples = quotes_examples,
    .options = quotes_options,
    .least = 1,
    .most = 1,
    .starts = true,
    .run = run_quotes,
};

/* ---- Catalogue -------------------------------------------------------------------------------------------------- */

static const struct cli_option catalog_options[] = {
    {'n', "dry-run", NULL, N_("only say what would be done"), "dry_run"},
    {0, "sheet", "NAME", N_("one of several sheets"), "sheet"},
    {0, "template", NULL, N_("print an empty file with the right heading"), NULL},
    {0, NULL, NULL, NULL, NULL},
};

static const char *const catalog_examples[] = {
    "priceforge catalog components components.csv",
    "priceforge catalog rates rates.xlsx --dry-run",
    "priceforge catalog parties --template > parties.csv",
    NULL,
};

static const char *const tables[] = {"components", "part_numbers", "parties", "warehouses", "rates", "quotes", NULL};

static int check_table(const char *table)
{
    for (const char *const *known = tables; *known; known++)
        if (strcmp(*known, table) == 0)
            return CLI_DONE;
    const char *near = cli_nearest(table, tables);
    return near ? say_error(CLI_USAGE, NULL, "unknown table '%s'; did you mean '%s'?", table, near)
                : say_error(
                      CLI_USAGE, NULL,
                      "unknown table '%s'; known tables: components, part_numbers, parties, warehouses, rates, quotes",
                      table);
}

static int print_template(struct cli *cli)
{
    char path[80];
    struct answer answer;
    snprintf(path, sizeof path, "/api/templates/%s.csv", cli->args[0]);
    int rc = ask_get(&cli->settings, path, &answer);
    if (rc == CLI_DONE)
        ask_print_body(&answer);
    answer_fini(&answer);
    return rc;
}

static int run_catalog(struct cli *cli)
{
    struct params params = {.n = 0};
    char path[80];
    int rc = check_table(cli->args[0]);
    if (rc == CLI_DONE && cli_has(cli, "template"))
        return print_template(cli);
    if (rc == CLI_DONE && cli->n_args < 2)
        rc =
            say_error(CLI_USAGE, NULL, "which file? priceforge catalog %s --template makes an empty one", cli->args[0]);
    if (rc == CLI_DONE)
        rc = params_take(&params, cli);
    if (rc == CLI_DONE) {
        char *what = name_of(cli->args[1], cli->args[0]);
        snprintf(path, sizeof path, "/api/catalog/%s/import", cli->args[0]);
        struct start start = {.path = path, .params = &params, .file = cli->args[1]};
        rc = run_task(cli, &start, what);
        free(what);
    }
    params_fini(&params);
    return rc;
}

const struct cli_command command_catalog = {
    .name = "catalog",
    .arguments = "TABLE [FILE]",
    .summary = N_("Import a table: components, part_numbers, parties, warehouses, rates, quotes."),
    .examples = catalog_examples,
    .options = catalog_options,
    .least = 1,
    .most = 2,
    .starts = true,
    .run = run_catalog,
};
