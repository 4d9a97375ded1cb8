/* Reports of ended tasks. */
#include "client/run/report.h"

#include "base/json.h"
#include "client/core/say.h"
#include "client/net/ask.h"
#include "client/net/follow.h"
#include "client/show/screen.h"
#include "client/show/text.h"

#include <stdlib.h>

#define FAULTS_SHOWN 3

struct report {
    struct cli *cli;
    yajl_val task, result;
    struct bytes text;
};

static const char *count(yajl_val object, const char *name, char buf[TEXT_COUNT_SIZE])
{
    int64_t value = json_member_int(object, name, 0);
    return text_count(value > 0 ? (uint64_t)value : 0, buf);
}

/* "311 new", behind a comma if it is not the first. `one`, `many`: the words of one and of several, with %s for the number. */
static void add_count(struct report *r, const char *name, const char *one, const char *many, bool even_none)
{
    char n[TEXT_COUNT_SIZE];
    int64_t value = json_member_int(r->result, name, 0);
    if (value == 0 && !even_none)
        return;
    const char *words = ngettext(one, many, (unsigned long)value), *at = strstr(words, "%s");
    text_addf(&r->text, "%s%.*s", r->text.len && r->text.data[r->text.len - 1] != ' ' ? ", " : "",
              at ? (int)(at - words) : 0, words);
    text_addf(&r->text, "%s%s", count(r->result, name, n), at ? at + 2 : words);
}

static void print(struct report *r)
{
    bytes_add_char(&r->text, '\0');
    say("%s", r->text.data);
    r->text.len = 0;
}

/* ---- Refused rows ----------------------------------------------------------------------------------------------- */

static void print_fault(yajl_val fault)
{
    const char *code = json_member_string(fault, "code", ""), *column = json_member_string(fault, "column", NULL);
    char *told = tr_told("row", code, json_member(fault, "args"), json_member_string(fault, "message", ""));
    unsigned width = screen_out_is_terminal() ? screen_width() : 0;
    struct bytes line = {0};
    text_addf(&line, "  %s ", screen_warned());
    text_addf(&line, _("row %lld"), (long long)json_member_int(fault, "row", 0));
    text_addf(&line, "%s%s  %s  ", column ? "  " : "", column ? column : "", code);
    text_add(&line, told);
    bytes_add_char(&line, '\0');
    char *cut = text_clean(line.data, width);
    say("%s", width ? cut : line.data);
    free(cut);
    free(told);
    bytes_free(&line);
}

/* The first faults, and how to get the rest. `again` may be NULL. */
static void show_rejects(struct report *r, int64_t rejected, const char *again)
{
    const char *rows_path = json_member_string(json_member(r->task, "links"), "rows", NULL);
    char path[128];
    struct answer answer = {0};
    if (rejected <= 0 || !rows_path || say_quiet())
        return;
    snprintf(path, sizeof path, "%s?severity=error&limit=%d", rows_path, FAULTS_SHOWN);
    if (ask_get(&r->cli->settings, path, &answer) == CLI_DONE) {
        yajl_val rows = json_member(answer.json, "rows");
        for (size_t i = 0; YAJL_IS_ARRAY(rows) && i < YAJL_GET_ARRAY(rows)->len; i++)
            print_fault(YAJL_GET_ARRAY(rows)->values[i]);
    }
    answer_fini(&answer);
    if (rejected > FAULTS_SHOWN)
        say("  %s %lld more: priceforge rejects %.8s > fix.csv     put right, then: %s", screen_utf8() ? "…" : "...",
            (long long)rejected - FAULTS_SHOWN, json_member_string(r->task, "id", ""),
            again ? again : _("send it again"));
}

/* ---- Types ------------------------------------------------------------------------------------------------------ */

static void head(struct report *r, const char *what)
{
    text_addf(&r->text, "%s ", screen_done());
    text_add(&r->text, what);
    text_addf(&r->text, ": ");
}

static void rows(struct report *r)
{
    char a[TEXT_COUNT_SIZE], b[TEXT_COUNT_SIZE], c[TEXT_COUNT_SIZE];
    int64_t bad = json_member_int(r->result, "rows_rejected", 0), total = json_member_int(r->result, "rows_total", 0);
    int64_t taken = json_member_int(r->result, "rows_accepted", total - bad);
    text_addf(&r->text, "%s", json_member_bool(r->result, "dry_run", false) ? _("dry run, ") : "");
    text_addf(&r->text, ngettext("%s of %s rows taken", "%s of %s rows taken", (unsigned long)total),
              text_count((uint64_t)taken, a), text_count((uint64_t)total, b));
    if (bad)
        text_addf(&r->text, ngettext(", %s rejected", ", %s rejected", (unsigned long)bad),
                  text_count((uint64_t)bad, c));
    text_addf(&r->text, ".");
}

static void report_stock(struct report *r, const char *what)
{
    char n[TEXT_COUNT_SIZE], again[128];
    const char *warehouse = json_member_string(r->result, "warehouse", "");
    head(r, what);
    if (json_member_bool(r->result, "already_imported", false))
        text_addf(&r->text, "%s", _("already imported."));
    else
        rows(r);
    if (json_member_int(r->result, "import_id", 0))
        text_addf(&r->text, _(" Import %lld, stock of %s."), (long long)json_member_int(r->result, "import_id", 0),
                  json_member_string(r->result, "stock_date", "-"));
    else
        text_addf(&r->text, _(" Stock of %s."), json_member_string(r->result, "stock_date", "-"));
    print(r);
    text_addf(&r->text, "  ");
    add_count(r, "inserted", NP_("%s new", "%s new"), true);
    add_count(r, "updated", NP_("%s changed", "%s changed"), true);
    add_count(r, "unchanged", NP_("%s unchanged", "%s unchanged"), true);
    add_count(r, "deleted", NP_("%s deleted", "%s deleted"), true);
    add_count(r, "kept_for_rejected", NP_("%s kept for rejected rows", "%s kept for rejected rows"), false);
    add_count(r, "duplicates_merged", NP_("%s double added up", "%s doubles added up"), false);
    add_count(r, "unmatched", NP_("%s number without a lot", "%s numbers without a lot"), false);
    text_addf(&r->text, _("; %s pieces"), text_decimal(json_member_string(r->result, "qty_total", "0"), 0, n));
    text_addf(&r->text, ", %s", text_decimal(json_member_string(r->result, "value_total", "0"), 2, n));
    print(r);
    snprintf(again, sizeof again, "priceforge import fix.csv -w %.40s --merge", warehouse);
    show_rejects(r, json_member_int(r->result, "rows_rejected", 0), again);
}

static void report_quotes(struct report *r, const char *what)
{
    head(r, what);
    if (json_member_bool(r->result, "dry_run", false))
        text_addf(&r->text, "%s", _("dry run, "));
    add_count(r, "inserted", NP_("%s new", "%s new"), true);
    add_count(r, "replaced", NP_("%s replaced", "%s replaced"), false);
    add_count(r, "unchanged", NP_("%s known", "%s known"), true);
    add_count(r, "no_price", NP_("%s without a price", "%s without a price"), false);
    add_count(r, "superseded", NP_("%s superseded", "%s superseded"), false);
    add_count(r, "rows_rejected", NP_("%s rejected", "%s rejected"), false);
    text_addf(&r->text, ".");
    if (json_member_int(r->result, "import_id", 0))
        text_addf(&r->text, _(" Import %lld."), (long long)json_member_int(r->result, "import_id", 0));
    print(r);
    show_rejects(r, json_member_int(r->result, "rows_rejected", 0), NULL);
}

static void report_catalog(struct report *r, const char *what)
{
    head(r, what);
    rows(r);
    text_addf(&r->text, " ");
    add_count(r, "inserted", NP_("%s new", "%s new"), true);
    add_count(r, "updated", NP_("%s changed", "%s changed"), false);
    add_count(r, "unchanged", NP_("%s unchanged", "%s unchanged"), false);
    text_addf(&r->text, ".");
    print(r);
    show_rejects(r, json_member_int(r->result, "rows_rejected", 0), NULL);
}

static void report_recalculate(struct report *r, const char *what)
{
    char a[TEXT_COUNT_SIZE], b[TEXT_COUNT_SIZE];
    int64_t total = json_member_int(r->result, "components_total", 0);
    (void)what;
    text_addf(&r->text, "%s %s", screen_done(), json_member_bool(r->result, "dry_run", false) ? _("dry run, ") : "");
    text_addf(&r->text, ngettext("%s of %s prices changed", "%s of %s prices changed", (unsigned long)total),
              count(r->result, "updated", a), count(r->result, "components_total", b));
    add_count(r, "held", NP_("%s held", "%s held"), true);
    add_count(r, "no_quotes", NP_("%s without quotes", "%s without quotes"), true);
    text_addf(&r->text, _("; %s of %s quotes used."), count(r->result, "quotes_used", a),
              count(r->result, "quotes_total", b));
    print(r);
    if (json_member_int(r->result, "held", 0) > 0)
        say("  held prices wait for a decision: priceforge held");
}

/* {"inactive":2,…} as "2 inactive, …". */
static void add_members(struct report *r, yajl_val object)
{
    char n[TEXT_COUNT_SIZE];
    for (size_t i = 0; YAJL_IS_OBJECT(object) && i < YAJL_GET_OBJECT(object)->len; i++) {
        const char *name = YAJL_GET_OBJECT(object)->keys[i];
        const char *word = tr_word("left-out", name, NULL);
        text_addf(&r->text, "%s%s %s", i ? ", " : "; ", count(object, name, n), word ? word : "");
        for (; !word && *name; name++)
            bytes_add_char(&r->text, *name == '_' ? ' ' : *name);
    }
    if (YAJL_IS_OBJECT(object) && YAJL_GET_OBJECT(object)->len > 0)
        text_addf(&r->text, "%s", _(" left out"));
}

static void report_pricelist(struct report *r, const char *what)
{
    char n[TEXT_COUNT_SIZE];
    (void)what;
    text_addf(&r->text, "%s %s ", screen_done(), json_member_string(r->result, "source", "list"));
    if (json_member_int(r->result, "pricelist_id", 0))
        text_addf(&r->text, _("%s (list %lld)"), json_member_string(r->result, "version", "-"),
                  (long long)json_member_int(r->result, "pricelist_id", 0));
    else
        text_addf(&r->text, "%s", _("dry run"));
    text_addf(&r->text, ngettext(": %s item", ": %s items", (unsigned long)json_member_int(r->result, "items", 0)),
              count(r->result, "items", n));
    if (!json_member_bool(r->result, "created", true))
        text_addf(&r->text, "%s", _(", unchanged since this list"));
    add_members(r, json_member(r->result, "skipped"));
    print(r);
}

/* An import that was taken back. */
static void report_undo(struct report *r, const char *what)
{
    head(r, what);
    add_count(r, "inserted", NP_("%s item is there again", "%s items are there again"), false);
    add_count(r, "updated", NP_("%s as before", "%s as before"), false);
    add_count(r, "deleted", NP_("%s taken out", "%s taken out"), true);
    text_addf(&r->text, ".");
    print(r);
}

static void report_undo_quotes(struct report *r, const char *what)
{
    head(r, what);
    add_count(r, "rejected", NP_("%s quote rejected", "%s quotes rejected"), true);
    add_count(r, "restored", NP_("%s active again", "%s active again"), false);
    text_addf(&r->text, ".");
    print(r);
}

static void report_other(struct report *r, const char *what)
{
    head(r, what);
    text_add(&r->text, json_member_string(r->task, "message", _("done")));
    print(r);
}

static void report_success(struct report *r, const char *what)
{
    static const struct {
        const char *type;
        void (*report)(struct report *, const char *);
    } known[] = {{"stock_import", report_stock},         {"quotes_import", report_quotes},
                 {"catalog_import", report_catalog},     {"recalculate", report_recalculate},
                 {"pricelist_create", report_pricelist}, {"stock_undo", report_undo},
                 {"quotes_undo", report_undo_quotes}};
    const char *type = json_member_string(r->task, "type", "");
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(type, known[i].type) == 0 && r->result) {
            known[i].report(r, what);
            return;
        }
    report_other(r, what);
}

/* ---- Failures --------------------------------------------------------------------------------------------------- */

/* A task that ended in error is described by its error, never by its last message. */
/* The parameter of a choice as it is typed: "--map qty=F". */
static void add_choice(struct bytes *out, yajl_val choice)
{
    static const struct {
        const char *param, *option;
    } known[] = {{"sheet", "--sheet"},           {"check_totals", "--totals"},  {"number_locale", "--numbers"},
                 {"price", "--price"},           {"currency", "--currency"},    {"stock_date", "--date"},
                 {"header_row", "--header-row"}, {"duplicates", "--duplicates"}};
    const char *param = json_member_string(choice, "param", ""), *option = NULL;
    yajl_val value = json_member(choice, "value");
    const char *text = YAJL_IS_STRING(value)   ? YAJL_GET_STRING(value)
                       : YAJL_IS_NUMBER(value) ? YAJL_GET_NUMBER(value)
                                               : "true";
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(known[i].param, param) == 0)
            option = known[i].option;
    if (strncmp(param, "columns.", 8) == 0) {
        text_addf(out, "--map '%s=%s'", param + 8, text);
    } else if (strcmp(param, "force") == 0) {
        text_addf(out, "--force");
    } else if (strcmp(param, "mode") == 0) {
        text_addf(out, "--%s", text);
    } else if (option) {
        text_addf(out, "%s '%s'", option, text);
    } else {
        text_addf(out, "--set '%s=%s'", param, text);
    }
}

static void report_choices(yajl_val choices)
{
    for (size_t i = 0; YAJL_IS_ARRAY(choices) && i < YAJL_GET_ARRAY(choices)->len; i++) {
        struct bytes typed = {0};
        add_choice(&typed, YAJL_GET_ARRAY(choices)->values[i]);
        bytes_add_char(&typed, '\0');
        char *label = text_clean(tr(json_member_string(YAJL_GET_ARRAY(choices)->values[i], "label", "")), 40);
        char *option = text_clean(typed.data, 0);
        say("  %zu  %s%*s  %s", i + 1, label, text_width(label) < 28 ? (int)(28 - text_width(label)) : 0, "", option);
        free(option);
        free(label);
        bytes_free(&typed);
    }
}

static void report_failure(struct report *r, const char *what)
{
    yajl_val detail = json_member(r->task, "error_detail"), choices = json_member(detail, "choices");
    const char *code = json_member_string(detail, "code", "");
    text_addf(&r->text, "%s ", screen_failed());
    text_add(&r->text, what);
    text_addf(&r->text, ": ");
    char *told = tr_told("end", code, json_member(detail, "args"), json_member_string(r->task, "error", _("failed")));
    text_add(&r->text, told);
    free(told);
    text_addf(&r->text, "%s%s", *code ? "   " : "", code);
    print(r);
    report_choices(choices);
}

static void print_result_event(yajl_val task, const char *json, int code)
{
    bool failed = strcmp(json_member_string(task, "status", ""), "error") == 0;
    struct json_out out;
    json_out_init(&out);
    json_object(&out);
    json_put_string(&out, "event", failed ? "error" : "result");
    json_put_int(&out, "exit", code);
    json_key(&out, "task");
    json_raw(&out, json, strcspn(json, "\n"));
    json_object_end(&out);
    puts(json_out_text(&out, NULL));
    json_out_fini(&out);
}

int report_code(const struct cli *cli, yajl_val task)
{
    bool part = strcmp(json_member_string(task, "outcome", ""), "partial") == 0;
    if (strcmp(json_member_string(task, "status", ""), "error") == 0)
        return CLI_FAILED;
    return part && cli_has(cli, "strict") ? CLI_PART : CLI_DONE;
}

int report_task(struct cli *cli, yajl_val task, const char *json, const char *what)
{
    struct report r = {.cli = cli, .task = task, .result = json_member(task, "result")};
    int code = report_code(cli, task);
    bool failed = code == CLI_FAILED;
    char *own = what ? NULL : follow_name(task), *name = text_clean(what ? what : own, 0);
    if (say_jsonl())
        print_result_event(task, json, code);
    else if (say_json())
        printf("%s", json);
    else if (failed)
        report_failure(&r, name);
    else
        report_success(&r, name);
    bytes_free(&r.text);
    free(name);
    free(own);
    return code;
}
