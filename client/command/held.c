/* priceforge held: prices that changed too much, and the decision about them. */
#include "client/run/lists.h"
#include "client/run/run.h"

#include "base/json.h"
#include "client/core/say.h"
#include "client/net/ask.h"
#include "client/show/screen.h"

#include <stdlib.h>

#define PATIENCE_S 30

static const struct list_field fields[] = {
    {{N_("ID"), true, false, 0}, "id", LIST_TEXT, 0},
    {{N_("LOT"), false, false, 0}, "lot_code", LIST_TEXT, 0},
    {{N_("NAME"), false, true, 5}, "name", LIST_TEXT, 0},
    {{N_("NOW"), true, false, 1}, "price", LIST_DECIMAL, 2},
    {{N_("PROPOSED"), true, false, 0}, "new_price", LIST_DECIMAL, 2},
    {{N_("PERCENT"), true, false, 0}, "change_pct", LIST_DECIMAL, 2},
    {{N_("USED"), true, false, 3}, "n_used", LIST_TEXT, 0},
    {{N_("OF"), true, false, 3}, "n_quotes", LIST_TEXT, 0},
    {{N_("AS OF"), false, false, 4}, "as_of", LIST_TEXT, 0},
};

#define FILTERS                                                                                                        \
    {0, "up", NULL, N_("only prices that would rise"), NULL},                                                          \
        {0, "down", NULL, N_("only prices that would fall"), NULL},                                                    \
        {0, "below", "PERCENT", N_("only changes smaller than this"), "below"},                                        \
        {0, "category", "CODE", N_("only this category"), "category"},                                                 \
    {                                                                                                                  \
        0, "run", "ID", "only of this recalculation", "run"                                                            \
    }

static const struct cli_option list_options[] = {FILTERS, LIST_OPTIONS, {0, NULL, NULL, NULL, NULL}};
static const char *const list_examples[] = {"priceforge held", "priceforge held --up --below 20", NULL};

static int direction(const struct cli *cli, const char **out)
{
    bool up = cli_has(cli, "up"), down = cli_has(cli, "down");
    *out = up ? "up" : down ? "down" : NULL;
    return up && down ? say_error(CLI_USAGE, NULL, "--up and --down exclude each other") : CLI_DONE;
}

static int run_list(struct cli *cli)
{
    const char *way;
    char *base = list_path(cli, "/api/price-changes/held"), *path = NULL;
    int rc = direction(cli, &way);
    if (rc == CLI_DONE && asprintf(&path, "%s%s%s%s", base, way ? (strchr(base, '?') ? "&" : "?") : "",
                                   way ? "direction=" : "", way ? way : "") < 0)
        no_memory();
    if (rc == CLI_DONE)
        rc = list_print(cli, path, "held", fields, sizeof fields / sizeof fields[0], N_("nothing is held"));
    free(path);
    free(base);
    return rc;
}

const struct cli_command command_held = {
    .name = "held",
    .arguments = "",
    .summary = N_("Prices that wait for a decision."),
    .examples = list_examples,
    .options = list_options,
    .run = run_list,
};

/* ---- Decisions -------------------------------------------------------------------------------------------------- */

static const struct cli_option decide_options[] = {
    FILTERS,
    {0, "all-shown", NULL, N_("all that fit the filters"), NULL},
    {0, NULL, NULL, NULL, NULL},
};
static const char *const decide_examples[] = {
    "priceforge held approve 6 7",
    "priceforge held approve --all-shown --up --below 20",
    "priceforge held dismiss --all-shown --down",
    NULL,
};

/* {"decision":…, "ids":[…] or filters, "dry_run", "expect"}. */
static int decision_body(struct cli *cli, const char *decision, bool dry_run, int64_t expect, struct json_out *out)
{
    const char *way, *const names[] = {"below", "category", "run"};
    if (direction(cli, &way) != CLI_DONE)
        return CLI_USAGE;
    json_object(out);
    json_put_string(out, "decision", decision);
    if (dry_run)
        json_put_bool(out, "dry_run", true);
    if (expect >= 0)
        json_put_int(out, "expect", expect);
    if (way)
        json_put_string(out, "direction", way);
    for (size_t i = 0; i < 3; i++)
        if (cli_value(cli, names[i]))
            json_put_string(out, names[i], cli_value(cli, names[i]));
    if (cli->n_args > 0) {
        json_key(out, "ids");
        json_array(out);
        for (unsigned i = 0; i < cli->n_args; i++)
            json_string(out, cli->args[i]);
        json_array_end(out);
    }
    json_object_end(out);
    return CLI_DONE;
}

static int send_decision(struct cli *cli, const char *decision, bool dry_run, int64_t expect, struct answer *answer)
{
    struct json_out body;
    size_t n;
    json_out_init(&body);
    int rc = decision_body(cli, decision, dry_run, expect, &body);
    const char *text = json_out_text(&body, &n);
    struct http_request request = {
        .method = "POST", .path = "/api/price-changes/decide", .body = text, .body_len = n, .type = "application/json"};
    if (rc == CLI_DONE)
        rc = ask(&cli->settings, &request, PATIENCE_S, answer);
    json_out_fini(&body);
    return rc;
}

/* "129 approved". The caller frees it. */
static char *decided_text(bool approve, long long n)
{
    unsigned long few = (unsigned long)n;
    char *text = NULL;
    if (asprintf(&text,
                 approve ? ngettext("%lld approved", "%lld approved", few)
                         : ngettext("%lld dismissed", "%lld dismissed", few),
                 n) < 0)
        no_memory();
    return text;
}

static bool ask_first(bool approve, long long n)
{
    unsigned long few = (unsigned long)n;
    return approve ? say_ask(ngettext("Will approve %lld price: go on?", "Will approve %lld prices: go on?", few), n)
                   : say_ask(ngettext("Will dismiss %lld price: go on?", "Will dismiss %lld prices: go on?", few), n);
}

static void report(yajl_val done, bool approve)
{
    yajl_val skipped = json_member(done, "skipped");
    long long left = (long long)json_member_int(done, "skipped_total", 0);
    char *decided = decided_text(approve, (long long)json_member_int(done, "decided", 0));
    if (left)
        say(ngettext("%s %s, %lld left as it is", "%s %s, %lld left as they are", (unsigned long)left), screen_done(),
            decided, left);
    else
        say("%s %s", screen_done(), decided);
    free(decided);
    for (size_t i = 0; YAJL_IS_ARRAY(skipped) && i < YAJL_GET_ARRAY(skipped)->len && i < 10; i++)
        say_note("  %s %s: %s", screen_warned(),
                 json_member_string(YAJL_GET_ARRAY(skipped)->values[i], "lot_code", "-"),
                 tr_word("skipped", json_member_string(YAJL_GET_ARRAY(skipped)->values[i], "code", ""),
                         json_member_string(YAJL_GET_ARRAY(skipped)->values[i], "reason", "")));
}

/* How many it would be, the question, then those and no others. */
static int decide(struct cli *cli, const char *decision)
{
    bool approve = strcmp(decision, "approve") == 0;
    struct answer answer = {0};
    if (cli->n_args == 0 && !cli_has(cli, "all-shown"))
        return say_error(CLI_USAGE, NULL,
                         "which ones? their numbers, or --all-shown with filters; priceforge held lists them");
    int rc = send_decision(cli, decision, true, -1, &answer);
    int64_t matched = json_member_int(answer.json, "matched", 0), would = json_member_int(answer.json, "decided", 0);
    answer_fini(&answer);
    if (rc == CLI_DONE && matched == 0)
        return say("nothing is held that fits"), CLI_DONE;
    if (rc == CLI_DONE && (cli->n_args == 0 || cli->settings.protect) && !ask_first(approve, (long long)would))
        return CLI_NOT_CONFIRMED;
    if (rc == CLI_DONE)
        rc = send_decision(cli, decision, false, cli->n_args ? -1 : matched, &answer);
    if (rc == CLI_DONE && say_json())
        ask_print_body(&answer);
    else if (rc == CLI_DONE)
        report(answer.json, approve);
    answer_fini(&answer);
    return rc;
}

static int run_approve(struct cli *cli)
{
    return decide(cli, "approve");
}

static int run_dismiss(struct cli *cli)
{
    return decide(cli, "dismiss");
}

const struct cli_command command_held_approve = {
    .name = "held approve",
    .arguments = "[ID…]",
    .summary = N_("Take held prices."),
    .examples = decide_examples,
    .options = decide_options,
    .most = CLI_ARGS_MAX - 1,
    .run = run_approve,
};
const struct cli_command command_held_dismiss = {
    .name = "held dismiss",
    .arguments = "[ID…]",
    .summary = N_("Leave the prices as they are."),
    .examples = decide_examples,
    .options = decide_options,
    .most = CLI_ARGS_MAX - 1,
    .run = run_dismiss,
};
