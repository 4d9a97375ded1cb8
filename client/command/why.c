/* priceforge why: how a price came about. Every number is one that the server has stored. */
#include "client/run/lists.h"

#include "base/json.h"
#include "client/core/say.h"
#include "client/net/ask.h"
#include "client/show/screen.h"
#include "client/show/table.h"
#include "client/show/text.h"

#include <stdlib.h>

static const struct table_column columns[] = {
    {"", false, false, 0},
    {N_("PARTY"), false, false, 0},
    {N_("DAY"), false, false, 0},
    {N_("PRICE"), true, false, 0},
    {N_("CUR"), false, false, 0},
    {N_("RATE"), true, false, 2},
    {N_("BASE PRICE"), true, false, 1},
    {N_("WEIGHT"), true, false, 3},
    {N_("WHY NOT"), false, false, 0},
};

static const char *const examples[] = {"priceforge why ACC-BBU-SUPERCAP", "priceforge why ACC-TPM2 --runs 5", NULL};
static const struct cli_option options[] = {
    {0, "runs", "N", N_("so many of the last runs (1)"), NULL},
    {0, NULL, NULL, NULL, NULL},
};

static void print_quotes(yajl_val quotes)
{
    char buf[TEXT_COUNT_SIZE];
    struct table *table = table_new(columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; YAJL_IS_ARRAY(quotes) && i < YAJL_GET_ARRAY(quotes)->len; i++) {
        yajl_val quote = YAJL_GET_ARRAY(quotes)->values[i];
        bool used = json_member_bool(quote, "used", false);
        const char *reason = json_member_string(quote, "reason", NULL);
        const char *rate = json_member_string(quote, "rate", NULL),
                   *base = json_member_string(quote, "base_price", NULL);
        table_add(table, used ? _("  used") : _("  not"));
        table_add(table, json_member_string(json_member(quote, "party"), "code", NULL));
        table_add(table, json_member_string(quote, "quoted_on", NULL));
        table_add(table, text_decimal(json_member_string(quote, "price", "0"), 2, buf));
        table_add(table, json_member_string(quote, "currency", ""));
        table_add(table, rate);
        table_add(table, base ? text_decimal(base, 2, buf) : NULL);
        table_add(table, used ? text_count((uint64_t)json_member_int(quote, "weight", 0), buf) : NULL);
        table_add(table, used ? "" : reason ? tr_word("reason", reason, reason) : NULL);
    }
    if (table_rows(table) > 0)
        table_print(table, screen_out_is_terminal() ? screen_width() : 0, false, stdout);
    table_free(&table);
}

static void print_run(yajl_val run)
{
    char a[TEXT_COUNT_SIZE];
    struct bytes line = {0};
    const char *price = json_member_string(run, "new_price", NULL), *raw = json_member_string(run, "raw_price", NULL);
    const char *outcome = json_member_string(run, "outcome", ""), *method = json_member_string(run, "method", "");
    text_addf(&line, _("%s: %s by %s, %lld of %lld quotes used"), json_member_string(run, "as_of", ""),
              tr_word("price-outcome", outcome, outcome), tr_word("method", method, method),
              (long long)json_member_int(run, "n_used", 0), (long long)json_member_int(run, "n_quotes", 0));
    if (raw && price) {
        text_addf(&line, "; %s", text_decimal(raw, 6, a));
        text_addf(&line, " × %s", text_decimal(json_member_string(run, "coefficient", "1"), 0, a));
        text_addf(&line, " → %s", text_decimal(price, 2, a));
    }
    text_addf(&line, _(", task %.8s"), json_member_string(run, "task_id", ""));
    bytes_add_char(&line, '\0');
    char *clean = text_clean(line.data, 0);
    say("%s", clean);
    free(clean);
    bytes_free(&line);
    print_quotes(json_member(run, "quotes"));
}

static void print_history(yajl_val history)
{
    char a[TEXT_COUNT_SIZE];
    yajl_val component = json_member(history, "component"), runs = json_member(history, "runs");
    const char *price = json_member_string(component, "price", NULL);
    const char *state = json_member_string(component, "price_state", "");
    char *name = text_clean(json_member_string(component, "name", ""), 60);
    say("%s  %s  %s, as of %s   %s", json_member_string(component, "lot_code", ""),
        price ? text_decimal(price, 2, a) : _("no price"), tr_word("price-state", state, state),
        json_member_string(component, "price_as_of", "-"), name);
    free(name);
    for (size_t i = 0; YAJL_IS_ARRAY(runs) && i < YAJL_GET_ARRAY(runs)->len; i++)
        print_run(YAJL_GET_ARRAY(runs)->values[i]);
}

static int run(struct cli *cli)
{
    long runs = 1;
    char *path = NULL, *lot = http_escape(cli->args[0]);
    struct answer answer = {0};
    int rc = cli_number(cli, "runs", 1, 100, &runs);
    if (rc == CLI_DONE && asprintf(&path, "/api/components/%s/price-history?limit=%ld", lot, runs) < 0)
        no_memory();
    if (rc == CLI_DONE)
        rc = ask_get(&cli->settings, path, &answer);
    if (rc == CLI_DONE && say_json())
        ask_print_body(&answer);
    else if (rc == CLI_DONE)
        print_history(answer.json);
    answer_fini(&answer);
    free(path);
    free(lot);
    return rc;
}

const struct cli_command command_why = {
    .name = "why",
    .arguments = "LOT",
    .summary = N_("How the price of a lot came about."),
    .examples = examples,
    .options = options,
    .least = 1,
    .most = 1,
    .run = run,
};
