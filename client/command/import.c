/* priceforge import: stock files. */
#include "client/run/run.h"

#include "base/json.h"
#include "client/core/say.h"
#include "client/net/follow.h"
#include "client/run/profiles.h"
#include "client/run/report.h"
#include "client/run/rows.h"
#include "client/show/screen.h"
#include "client/show/text.h"

#include <stdlib.h>
#include <unistd.h>

#define ASK_ITEMS      20 /* so many deletions are asked about */
#define ASK_PERCENT    10
#define QUESTIONS_MOST 8

static const struct cli_option options[] = {
    {'w', "warehouse", "CODE", N_("the warehouse whose stock it is"), "warehouse"},
    {'n', "dry-run", NULL, N_("only say what would be done"), "dry_run"},
    {0, "preview", NULL, N_("show the rows and ask"), NULL},
    {0, "merge", NULL, N_("add and change only, delete nothing"), NULL},
    {0, "date", "DAY", N_("the day of the stock"), "stock_date"},
    {0, "profile", "NAME", N_("saved parameters (priceforge profile)"), "profile"},
    PROFILE_OPTION,
    {0, "sheet", "NAME|*", N_("one of several sheets, or all"), "sheet"},
    {0, "header-row", "N", N_("where the heading begins"), "header_row"},
    {0, "map", "FIELD=COLUMN", N_("the column of a field, by letter or caption"), NULL},
    {0, "totals", "HOW", N_("fail, warn or off if the report's total differs"), "check_totals"},
    {0, "numbers", "ru|en", N_("how numbers are written"), "number_locale"},
    {0, "negative", "HOW", N_("reject, zero or keep"), "negative"},
    {0, "duplicates", "HOW", N_("sum, first, last or reject"), "duplicates"},
    {0, "force", NULL, N_("many deletions, or older stock, are right"), "force"},
    {0, NULL, NULL, NULL, NULL},
};

static const char *const examples[] = {
    "priceforge import stock.xlsx -w MAIN",
    "priceforge import report.mxl -w MAIN --dry-run",
    "priceforge import fix.csv -w MAIN --merge --map qty=F",
    NULL,
};

/* ---- Preview ---------------------------------------------------------------------------------------------------- */

static void print_columns(yajl_val file)
{
    yajl_val columns = json_member(file, "columns");
    struct bytes line = {0};
    for (size_t i = 0; YAJL_IS_OBJECT(columns) && i < YAJL_GET_OBJECT(columns)->len; i++) {
        long long column = YAJL_IS_INTEGER(YAJL_GET_OBJECT(columns)->values[i])
                               ? YAJL_GET_INTEGER(YAJL_GET_OBJECT(columns)->values[i])
                               : 0;
        if (column > 0 && column <= 26)
            text_addf(&line, "%s%c %s %s", i ? "     " : "  ", (char)('A' + column - 1), screen_utf8() ? "→" : "->",
                      YAJL_GET_OBJECT(columns)->keys[i]);
    }
    bytes_add_char(&line, '\0');
    if (line.len > 1)
        say_note("%s", line.data);
    bytes_free(&line);
}

static void print_profile(yajl_val file)
{
    const char *name = json_member_string(json_member(file, "profile"), "name", NULL);
    if (name)
        say_note("  the profile %s fits this file (--profile %s)", name, name);
}

static void print_preview(yajl_val result)
{
    yajl_val rows = json_member(result, "preview");
    for (size_t i = 0; YAJL_IS_ARRAY(rows) && i < YAJL_GET_ARRAY(rows)->len; i++) {
        yajl_val row = YAJL_GET_ARRAY(rows)->values[i];
        say_note("  %5lld  %-24s %-24s %12s  %s", (long long)json_member_int(row, "row", 0),
                 json_member_string(row, "part_number", "-"), json_member_string(row, "lot_code", "-"),
                 json_member_string(row, "qty", "-"), json_member_string(row, "unit_cost", ""));
    }
}

static void print_counts(yajl_val result)
{
    say_note("      new %lld   changed %lld   unchanged %lld   deleted %lld   rejected %lld   without lot %lld",
             (long long)json_member_int(result, "inserted", 0), (long long)json_member_int(result, "updated", 0),
             (long long)json_member_int(result, "unchanged", 0), (long long)json_member_int(result, "deleted", 0),
             (long long)json_member_int(result, "rows_rejected", 0),
             (long long)json_member_int(result, "unmatched", 0));
}

/* ---- One file --------------------------------------------------------------------------------------------------- */

static char *name_of(const char *file, const char *to)
{
    const char *slash = strrchr(file, '/');
    char *name = NULL;
    if (asprintf(&name, "%s %s %s", slash ? slash + 1 : file, screen_utf8() ? "→" : "->", to) < 0)
        no_memory();
    return name;
}

/* A guard that `force` lifts. */
static bool is_guard(const char *code)
{
    return strcmp(code, "E_TOO_MANY_DELETES") == 0 || strcmp(code, "E_STOCK_OLDER") == 0;
}

static bool ask_despite(yajl_val task, const char *code)
{
    char *told = tr_told("end", code, json_member(json_member(task, "error_detail"), "args"),
                         json_member_string(task, "error", ""));
    bool agreed = say_ask("%s Import it all the same?", told);
    free(told);
    return agreed;
}

/* After the dry run: is there something to ask, and is the answer yes? *force: the guard is lifted by it.
 * *seen: the import that was on record. */
static int confirm(struct cli *cli, yajl_val task, const char *warehouse, bool *force, int64_t *seen)
{
    yajl_val result = json_member(task, "result");
    const char *code = json_member_string(json_member(task, "error_detail"), "code", "");
    const char *server = settings_server(&cli->settings);
    int64_t gone = json_member_int(result, "deleted", 0);
    int64_t before = gone + json_member_int(result, "updated", 0) + json_member_int(result, "unchanged", 0);
    bool guard = is_guard(code), many = gone >= ASK_ITEMS || (gone > 0 && gone * 100 >= before * ASK_PERCENT);
    if (result && (many || cli_has(cli, "preview"))) {
        print_profile(json_member(result, "file"));
        print_columns(json_member(result, "file"));
        if (cli_has(cli, "preview"))
            print_preview(result);
        print_counts(result);
    }
    *force = guard;
    *seen = json_member_int(result, "last_import", -1);
    if (guard)
        return ask_despite(task, code) ? CLI_DONE : CLI_NOT_CONFIRMED;
    if (many)
        return say_ask(ngettext("Will delete %lld of %lld items of warehouse %s on %s: go on?",
                                "Will delete %lld of %lld items of warehouse %s on %s: go on?", (unsigned long)before),
                       (long long)gone, (long long)before, warehouse, server)
                   ? CLI_DONE
                   : CLI_NOT_CONFIRMED;
    if (cli->settings.protect || cli_has(cli, "preview"))
        return say_ask("Import it into warehouse %s on %s?", warehouse, server) ? CLI_DONE : CLI_NOT_CONFIRMED;
    return CLI_DONE;
}

/* A question that the file left open, answered by a number. Returns false if nobody answers. */
static bool choose(yajl_val task, struct params *params)
{
    yajl_val choices = json_member(json_member(task, "error_detail"), "choices");
    size_t n = YAJL_IS_ARRAY(choices) ? YAJL_GET_ARRAY(choices)->len : 0;
    unsigned number = n > 0 ? say_choose((unsigned)n) : 0;
    if (number == 0)
        return false;
    yajl_val choice = YAJL_GET_ARRAY(choices)->values[number - 1];
    rows_choose(params, json_member_string(choice, "param", ""), json_member_string(choice, "value", ""));
    return true;
}

/* The file as a dry run: sent, or by the task that has it already. */
static int dry_run(struct cli *cli, const struct start *start, char dry_id[37], struct answer *last, const char *what)
{
    struct params params = {.n = 0};
    params_copy(&params, start->params);
    params_add(&params, "dry_run", "true");
    struct start dry = {.path = start->path, .params = &params, .file = start->file};
    if (dry_id[0]) {
        params_add(&params, "from_task", dry_id);
        dry.file = NULL;
        dry.no_body = "the file of the run before";
    }
    int rc = start_task(cli, &dry, dry_id);
    if (rc == CLI_DONE)
        rc = follow_task(cli, dry_id, what, last);
    params_fini(&params);
    return rc;
}

/* Looks what the import would do, asks what the file leaves open, then what is to be asked. On CLI_DONE the import goes
 * on; other codes are the end, reported. */
static int look_first(struct cli *cli, const struct start *start, struct params *params, const char *what, bool *force,
                      int64_t *seen, char dry_id[37])
{
    const char *warehouse = params_value(params, "warehouse");
    for (unsigned round = 0;; round++) {
        struct answer last = {0};
        int rc = dry_run(cli, start, dry_id, &last, what);
        const char *code = json_member_string(json_member(last.json, "error_detail"), "code", "");
        bool failed = strcmp(json_member_string(last.json, "status", ""), "error") == 0, again = false;
        if (rc == CLI_DONE && failed && !is_guard(code)) {
            rc = report_task(cli, last.json, last.reply.body.data, what);
            again = round < QUESTIONS_MOST && choose(last.json, params);
        } else if (rc == CLI_DONE) {
            rc = confirm(cli, last.json, warehouse ? warehouse : "", force, seen);
        }
        answer_fini(&last);
        if (!again) {
            if (round > 0 && rc == CLI_DONE && !cli_has(cli, "save-profile"))
                say_note("Keep this for the next file: --save-profile NAME");
            return rc;
        }
    }
}

/* The file of the dry run is kept by the server: it is not sent again. */
static int import_checked(struct cli *cli, struct start *start, struct params *params, const char *what)
{
    char dry_id[37] = "";
    bool force = false;
    int64_t seen = -1;
    int rc = look_first(cli, start, params, what, &force, &seen, dry_id);
    if (rc != CLI_DONE)
        return rc;
    if (force)
        params_add(params, "force", "true");
    if (seen >= 0) {
        char text[24];
        snprintf(text, sizeof text, "%lld", (long long)seen);
        params_add(params, "expect_import", text); /* what was shown is what is done */
    }
    params_add(params, "from_task", dry_id);
    struct start real = {.path = start->path, .params = params, .no_body = "the file of the dry run"};
    cli->settings.protect = false; /* it has been asked */
    return run_task(cli, &real, what);
}

static int import_one(struct cli *cli, const char *file, struct params *params)
{
    const char *warehouse = params_value(params, "warehouse");
    char *what = name_of(file, warehouse ? warehouse : "?");
    struct start start = {.path = "/api/stock/import", .params = params, .file = file};
    bool ask = say_can_ask() && !cli_has(cli, "yes") && !cli_has(cli, "dry-run") && !cli_has(cli, "no-wait");
    int rc = ask ? import_checked(cli, &start, params, what) : run_task(cli, &start, what);
    free(what);
    return rc;
}

static int run(struct cli *cli)
{
    int worst = CLI_DONE;
    if (cli->n_args > 1 && strcmp(cli->args[0], "-") == 0)
        return say_error(CLI_USAGE, "-", "standard input is one file");
    for (unsigned i = 0; i < cli->n_args; i++) {
        struct params params = {.n = 0};
        int rc = params_take(&params, cli);
        if (rc == CLI_DONE && !params_value(&params, "warehouse") && cli->settings.warehouse[0])
            params_add(&params, "warehouse", cli->settings.warehouse);
        if (rc == CLI_DONE && !params_value(&params, "warehouse"))
            rc = say_error(CLI_USAGE, "-w", "which warehouse is it?");
        if (rc == CLI_DONE)
            rc = rows_map(cli, &params);
        if (rc == CLI_DONE && cli_has(cli, "merge"))
            params_add(&params, "mode", "merge");
        if (rc == CLI_DONE)
            rc = import_one(cli, cli->args[i], &params);
        worst = rc > worst ? rc : worst;
        params_fini(&params);
        if (rc == CLI_USAGE || rc >= 128)
            return rc;
    }
    return worst;
}

const struct cli_command command_import = {
    .name = "import",
    .arguments = "FILE…",
    .summary = N_("Import stock files (.xlsx, .mxl, CSV) into a warehouse."),
    .examples = examples,
    .options = options,
    .least = 1,
    .most = CLI_ARGS_MAX - 1,
    .starts = true,
    .run = run,
};
