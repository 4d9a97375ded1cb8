/* priceforge pricelist: list, show, export, diff, archive, unarchive. */
#include "client/run/lists.h"
#include "client/run/run.h"

#include "base/json.h"
#include "client/core/say.h"
#include "client/net/ask.h"
#include "client/show/screen.h"
#include "client/show/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATIENCE_S 10

static const struct list_field lists[] = {
    {{N_("ID"), true, false, 0}, "id", LIST_TEXT, 0},
    {{N_("SOURCE"), false, false, 0}, "source", LIST_TEXT, 0},
    {{N_("VERSION"), false, false, 0}, "version", LIST_TEXT, 0},
    {{N_("ITEMS"), true, false, 0}, "items", LIST_COUNT, 0},
    {{N_("CUR"), false, false, 2}, "currency", LIST_TEXT, 0},
    {{N_("AS OF"), false, false, 3}, "as_of", LIST_TEXT, 0},
    {{N_("MADE"), false, false, 4}, "created_at", LIST_MOMENT, 0},
    {{N_("NOTE"), false, true, 5}, "note", LIST_TEXT, 0},
};

static const struct cli_option list_options[] = {
    {0, "source", "SOURCE", N_("estimate, warehouse or competitor"), "source"},
    {0, "archived", "true|all", N_("archived lists, or all"), "archived"},
    LIST_OPTIONS,
    {0, NULL, NULL, NULL, NULL},
};

static const char *const list_examples[] = {
    "priceforge pricelist",
    "priceforge pricelist list --source estimate",
    NULL,
};

static int run_list(struct cli *cli)
{
    char *path = list_path(cli, "/api/pricelists");
    int rc = list_print(cli, path, "pricelists", lists, sizeof lists / sizeof lists[0], N_("there are no price lists"));
    free(path);
    return rc;
}

const struct cli_command command_pricelist = {
    .name = "pricelist",
    .arguments = "",
    .summary = N_("Price lists, newest first."),
    .examples = list_examples,
    .options = list_options,
    .run = run_list,
};
const struct cli_command command_pricelist_list = {
    .name = "pricelist list",
    .arguments = "",
    .summary = N_("The same."),
    .examples = list_examples,
    .options = list_options,
    .run = run_list,
};

/* ---- Which list ------------------------------------------------------------------------------------------------- */

/* The newest list of a source. */
static int find_latest(struct cli *cli, const char *source, char id[24])
{
    char path[128], *escaped = http_escape(source);
    struct answer answer;
    snprintf(path, sizeof path, "/api/pricelists?limit=1&source=%.40s", escaped);
    free(escaped);
    int rc = ask_get(&cli->settings, path, &answer);
    yajl_val rows = rc == CLI_DONE ? json_member(answer.json, "pricelists") : NULL;
    if (rc == CLI_DONE && (!YAJL_IS_ARRAY(rows) || YAJL_GET_ARRAY(rows)->len == 0))
        rc = say_error(CLI_REFUSED, source, "no price list of this source");
    else if (rc == CLI_DONE)
        snprintf(id, 24, "%lld", (long long)json_member_int(YAJL_GET_ARRAY(rows)->values[0], "id", 0));
    answer_fini(&answer);
    return rc;
}

/* A number, or latest:SOURCE. */
static int list_id(struct cli *cli, const char *text, char id[24])
{
    if (strncmp(text, "latest:", 7) == 0)
        return find_latest(cli, text + 7, id);
    if (*text == '\0' || strlen(text) > 18 || strspn(text, "0123456789") != strlen(text))
        return say_error(CLI_USAGE, text, "not a price list; its number, or latest:SOURCE");
    snprintf(id, 24, "%s", text);
    return CLI_DONE;
}

/* ---- One list --------------------------------------------------------------------------------------------------- */

static const struct list_field items[] = {
    {{N_("LOT"), false, false, 0}, "lot_code", LIST_TEXT, 0},  {{N_("NAME"), false, true, 3}, "name", LIST_TEXT, 0},
    {{N_("PRICE"), true, false, 0}, "price", LIST_DECIMAL, 2}, {{N_("QTY"), true, false, 2}, "qty", LIST_DECIMAL, 0},
    {{N_("BASIS"), false, false, 4}, "basis", LIST_TEXT, 0},
};

static const struct cli_option show_options[] = {LIST_OPTIONS, {0, NULL, NULL, NULL, NULL}};
static const char *const show_examples[] = {"priceforge pricelist show 5",
                                            "priceforge pricelist show latest:estimate --all", NULL};

static int run_show(struct cli *cli)
{
    char id[24], path[80];
    int rc = list_id(cli, cli->args[0], id);
    if (rc != CLI_DONE)
        return rc;
    snprintf(path, sizeof path, "/api/pricelists/%s/items", id);
    return list_print(cli, path, "items", items, sizeof items / sizeof items[0], N_("the list has no items"));
}

const struct cli_command command_pricelist_show = {
    .name = "pricelist show",
    .arguments = "ID|latest:SOURCE",
    .summary = N_("The items of a price list."),
    .examples = show_examples,
    .options = show_options,
    .least = 1,
    .most = 1,
    .run = run_show,
};

/* ---- Export ----------------------------------------------------------------------------------------------------- */

static const struct cli_option export_options[] = {
    {'o', "output", "FILE", N_("where it is written (- = standard output)"), NULL},
    {0, "format", "csv|xlsx", N_("by the name of FILE, else xlsx"), NULL},
    {0, "excel-ru", NULL, N_("CSV that Excel in Russia opens by a double click"), NULL},
    {0, "lang", "en|ru", N_("the language of the headings"), NULL},
    {0, "force", NULL, N_("write over a file that is there"), NULL},
    {0, NULL, NULL, NULL, NULL},
};

static const char *const export_examples[] = {
    "priceforge pricelist export latest:warehouse",
    "priceforge pricelist export 5 -o list.csv --excel-ru",
    NULL,
};

/* filename="…" of Content-Disposition: letters, digits, "-", "_" and points, no path. */
static void name_from(const char *disposition, const char *id, bool csv, char out[128])
{
    static const char before[] = "filename=\"";
    const char *found = strstr(disposition, before), *start = found ? found + sizeof before - 1 : "";
    size_t n = strspn(start, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.");
    if (n == 0 || n > 100 || start[0] == '.')
        snprintf(out, 128, "pricelist-%s.%s", id, csv ? "csv" : "xlsx");
    else
        snprintf(out, 128, "%.*s", (int)n, start);
}

static int save_failed(const char *name, FILE *file, const char *temporary)
{
    int error = errno;
    if (file)
        fclose(file);
    if (temporary)
        unlink(temporary);
    return say_error(CLI_FAILED, name, "%s", strerror(error));
}

/* Written beside and renamed, so that a file is there whole or not at all; never over another one without --force. */
static int save(struct cli *cli, const char *path, const char *id, bool csv)
{
    char temporary[] = ".priceforge-XXXXXX", chosen[128];
    const char *name = cli_value(cli, "output");
    struct answer answer;
    bool out = name && strcmp(name, "-") == 0;
    char *beside = NULL;
    const char *slash = name ? strrchr(name, '/') : NULL;
    if (asprintf(&beside, "%.*s%s", slash ? (int)(slash - name + 1) : 0, slash ? name : "", temporary) < 0)
        no_memory();
    int fd = out ? -1 : mkostemp(beside, O_CLOEXEC);
    FILE *file = out ? stdout : fd >= 0 ? fdopen(fd, "w") : NULL;
    if (!file) {
        int rc = save_failed(beside, NULL, NULL);
        free(beside);
        return rc;
    }
    struct http_request request = {.method = "GET", .path = path, .to = file};
    int rc = ask(&cli->settings, &request, PATIENCE_S, &answer);
    name_from(answer.reply.disposition, id, csv, chosen);
    name = name ? name : chosen;
    if (!out && rc == CLI_DONE && !cli_has(cli, "force") && access(name, F_OK) == 0) {
        errno = EEXIST;
        rc = say_error(CLI_FAILED, name, "is there already; --force writes over it");
    }
    if (!out && rc == CLI_DONE &&
        (fflush(file) != 0 || fsync(fd) != 0 || fchmod(fd, 0644) != 0 || rename(beside, name) != 0))
        rc = say_error(CLI_FAILED, name, "%s", strerror(errno));
    if (!out && fclose(file) != 0 && rc == CLI_DONE)
        rc = say_error(CLI_FAILED, name, "%s", strerror(errno));
    if (!out && rc != CLI_DONE)
        unlink(beside);
    if (!out && rc == CLI_DONE)
        say("%s", name);
    answer_fini(&answer);
    free(beside);
    return rc;
}

static int run_export(struct cli *cli)
{
    char id[24], path[128];
    const char *format = cli_value(cli, "format"), *name = cli_value(cli, "output"), *lang = cli_value(cli, "lang");
    size_t n = name ? strlen(name) : 0;
    bool csv = cli_has(cli, "excel-ru") || (!format && n > 4 && strcmp(name + n - 4, ".csv") == 0) ||
               (format && strcmp(format, "csv") == 0);
    if (format && strcmp(format, "csv") != 0 && strcmp(format, "xlsx") != 0)
        return say_error(CLI_USAGE, "--format", "'%s' must be csv or xlsx", format);
    if (lang && strcmp(lang, "en") != 0 && strcmp(lang, "ru") != 0)
        return say_error(CLI_USAGE, "--lang", "'%s' must be en or ru", lang);
    int rc = list_id(cli, cli->args[0], id);
    if (rc != CLI_DONE)
        return rc;
    snprintf(path, sizeof path, "/api/pricelists/%s/export%s%s%s%s", id, csv ? "-csv" : ".xlsx",
             cli_has(cli, "excel-ru") ? "?excel=ru" : "", !csv && lang ? "?lang=" : "", !csv && lang ? lang : "");
    return save(cli, path, id, csv);
}

const struct cli_command command_pricelist_export = {
    .name = "pricelist export",
    .arguments = "ID|latest:SOURCE",
    .summary = N_("Write a price list as .xlsx or CSV."),
    .examples = export_examples,
    .options = export_options,
    .least = 1,
    .most = 1,
    .run = run_export,
};

/* ---- Differences ------------------------------------------------------------------------------------------------ */

static const struct table_column changes[] = {
    {N_("LOT"), false, false, 0}, {N_("CHANGE"), false, false, 2}, {N_("OLD"), true, false, 0},
    {N_("NEW"), true, false, 0},  {N_("PERCENT"), true, false, 3},
};

static const struct cli_option diff_options[] = {
    {0, "all", NULL, N_("rows that are the same, too"), NULL},
    {0, "header", NULL, N_("a heading even if it is not shown on a terminal"), NULL},
    {0, NULL, NULL, NULL, NULL},
};
static const char *const diff_examples[] = {"priceforge pricelist diff 4 5",
                                            "priceforge pricelist diff 4 latest:estimate --all", NULL};

static void print_diff(struct cli *cli, yajl_val diff)
{
    yajl_val rows = json_member(diff, "rows"), sum = json_member(diff, "summary");
    struct table *table = table_new(changes, sizeof changes / sizeof changes[0]);
    char buf[TEXT_COUNT_SIZE];
    for (size_t i = 0; YAJL_IS_ARRAY(rows) && i < YAJL_GET_ARRAY(rows)->len; i++) {
        yajl_val row = YAJL_GET_ARRAY(rows)->values[i];
        const char *status = json_member_string(row, "status", ""), *const names[] = {"old", "new", "pct"};
        if (strcmp(status, "same") == 0 && !cli_has(cli, "all"))
            continue;
        table_add(table, json_member_string(row, "lot_code", ""));
        table_add(table, tr_word("change", status, status));
        for (size_t k = 0; k < 3; k++) {
            const char *value = json_member_string(row, names[k], NULL);
            table_add(table, value ? text_decimal(value, 2, buf) : NULL);
        }
    }
    bool terminal = screen_out_is_terminal();
    if (table_rows(table) > 0)
        table_print(table, terminal ? screen_width() : 0, terminal || cli_has(cli, "header"), stdout);
    table_free(&table);
    say("%lld up, %lld down, %lld added, %lld removed, %lld the same, average %s %%",
        (long long)json_member_int(sum, "up", 0), (long long)json_member_int(sum, "down", 0),
        (long long)json_member_int(sum, "added", 0), (long long)json_member_int(sum, "removed", 0),
        (long long)json_member_int(sum, "same", 0), json_member_string(sum, "avg_pct", "0"));
}

static int run_diff(struct cli *cli)
{
    char a[24], b[24], path[96];
    struct answer answer = {0};
    int rc = list_id(cli, cli->args[0], a);
    if (rc == CLI_DONE)
        rc = list_id(cli, cli->args[1], b);
    if (rc != CLI_DONE)
        return rc;
    snprintf(path, sizeof path, "/api/pricelists/%s/diff/%s", a, b);
    rc = ask_get(&cli->settings, path, &answer);
    if (rc == CLI_DONE && say_json())
        ask_print_body(&answer);
    else if (rc == CLI_DONE)
        print_diff(cli, answer.json);
    answer_fini(&answer);
    return rc;
}

const struct cli_command command_pricelist_diff = {
    .name = "pricelist diff",
    .arguments = "A B",
    .summary = N_("What changed from list A to list B."),
    .examples = diff_examples,
    .options = diff_options,
    .least = 2,
    .most = 2,
    .run = run_diff,
};

/* ---- Archive ---------------------------------------------------------------------------------------------------- */

static int change(struct cli *cli, const char *method, const char *suffix)
{
    char id[24], path[80];
    struct answer answer = {0};
    int rc = list_id(cli, cli->args[0], id);
    if (rc == CLI_DONE)
        rc = run_confirm(cli, cli->command->name);
    if (rc != CLI_DONE)
        return rc;
    snprintf(path, sizeof path, "/api/pricelists/%s%s", id, suffix);
    struct http_request request = {.method = method, .path = path};
    rc = ask(&cli->settings, &request, PATIENCE_S, &answer);
    if (rc == CLI_DONE && say_json() && answer.reply.body.len > 0)
        ask_print_body(&answer);
    else if (rc == CLI_DONE && *suffix == '\0')
        say("%s list %s is archived", screen_done(), id);
    else if (rc == CLI_DONE)
        say("%s list %s is among the lists again", screen_done(), id);
    answer_fini(&answer);
    return rc;
}

static int run_archive(struct cli *cli)
{
    return change(cli, "DELETE", "");
}

static int run_unarchive(struct cli *cli)
{
    return change(cli, "POST", "/unarchive");
}

static const char *const archive_examples[] = {"priceforge pricelist archive 4", "priceforge pricelist unarchive 4",
                                               NULL};

const struct cli_command command_pricelist_archive = {
    .name = "pricelist archive",
    .arguments = "ID",
    .summary = N_("Take a list out of the lists; it stays readable."),
    .examples = archive_examples,
    .least = 1,
    .most = 1,
    .run = run_archive,
};
const struct cli_command command_pricelist_unarchive = {
    .name = "pricelist unarchive",
    .arguments = "ID",
    .summary = N_("Put it back."),
    .examples = archive_examples,
    .least = 1,
    .most = 1,
    .run = run_unarchive,
};
