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

static void add_count(struct report *r, const char *name, const char *word, bool even_none)
{
    char n[TEXT_COUNT_SIZE];
    if (json_member_int(r->result, name, 0) == 0 && !even_none)
        return;
    text_addf(&r->text, "%s%s %s", r->text.len && r->text.data[r->text.len - 1] != ' ' ? ", " : "",
              count(r->result, name, n), word);
}

static void print(struct report *r)
{
    bytes_add_char(&r->text, '\0');
    say("%s", r->text.data);
    r->text.len = 0;
}

/* ---- Refused rows ----------------------------------------------------------------------------------------------- */

/* The next field of a line of CSV, cleaned, into out; returns where the one behind it begins. */
static const char *csv_field(const char *at, struct bytes *out)
{
    bool quoted = *at == '"';
    out->len = 0;
    for (at += quoted; *at; at++) {
        if (quoted && *at == '"' && at[1] == '"')
            at++;
        else if (quoted ? *at == '"' : (*at == ',' || *at == '\n' || *at == '\r'))
            break;
        bytes_add_char(out, *at);
    }
    at += quoted && *at == '"';
    bytes_add_char(out, '\0');
    return at;
}

/* The columns behind the file's own: #row, #field, #code, #message, #suggestions. */
struct csv_row {
    struct bytes row, code, message;
};

/* Reads a line; `own` is how many columns of the file stand before. Returns the next line. */
static const char *csv_row(const char *at, unsigned own, struct csv_row *out)
{
    struct bytes field = {0}, *const parts[] = {&out->row, &out->code, &out->message};
    for (size_t i = 0; i < 3; i++) {
        parts[i]->len = 0;
        bytes_add_char(parts[i], '\0');
    }
    for (unsigned i = 0; *at; i++) {
        struct bytes *to = i == own ? &out->row : i == own + 2 ? &out->code : i == own + 3 ? &out->message : &field;
        at = csv_field(at, to);
        if (*at != ',')
            break;
        at++;
    }
    bytes_free(&field);
    while (*at == '\r' || *at == '\n')
        at++;
    return at;
}

/* How many columns stand before "#row". */
static unsigned own_columns(const char *head)
{
    struct bytes field = {0};
    unsigned n = 0;
    for (const char *at = head; *at; n++, at++) {
        at = csv_field(at, &field);
        if (strcmp(field.data, "#row") == 0 || *at != ',')
            break;
    }
    bytes_free(&field);
    return n;
}

static void print_faults(const char *csv)
{
    struct csv_row row = {{0}, {0}, {0}};
    unsigned own = own_columns(csv), shown = 0;
    const char *at = csv_row(csv, own, &row);
    while (*at && shown < FAULTS_SHOWN) {
        at = csv_row(at, own, &row);
        if (row.row.data[0] == '\0')
            continue; /* a second line of a heading */
        unsigned width = screen_out_is_terminal() ? screen_width() : 0;
        struct bytes line = {0};
        text_addf(&line, "  %s ", screen_warned());
        text_addf(&line, "row %s  %s  ", row.row.data, row.code.data);
        text_add(&line, row.message.data);
        bytes_add_char(&line, '\0');
        char *cut = text_clean(line.data, width);
        say("%s", width ? cut : line.data);
        free(cut);
        bytes_free(&line);
        shown++;
    }
    bytes_free(&row.row);
    bytes_free(&row.code);
    bytes_free(&row.message);
}

/* The first faults, and how to get the rest. */
static void show_rejects(struct report *r, int64_t rejected, const char *again)
{
    const char *path = json_member_string(json_member(r->task, "links"), "rejects", NULL);
    const char *id = json_member_string(r->task, "id", "");
    struct answer answer;
    if (rejected <= 0 || !path || say_quiet())
        return;
    if (ask_get(&r->cli->settings, path, &answer) == CLI_DONE)
        print_faults(answer.reply.body.data);
    answer_fini(&answer);
    if (rejected > FAULTS_SHOWN)
        say("  %s %lld more: priceforge rejects %.8s > fix.csv     put right, then: %s", screen_utf8() ? "…" : "...",
            (long long)rejected - FAULTS_SHOWN, id, again);
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
    text_addf(&r->text, "%s%s of %s rows taken", json_member_bool(r->result, "dry_run", false) ? "dry run, " : "",
              text_count((uint64_t)taken, a), text_count((uint64_t)total, b));
    if (bad)
        text_addf(&r->text, ", %s rejected", text_count((uint64_t)bad, c));
    text_addf(&r->text, ".");
}

static void report_stock(struct report *r, const char *what)
{
    char n[TEXT_COUNT_SIZE], again[128];
    const char *warehouse = json_member_string(r->result, "warehouse", "");
    head(r, what);
    if (json_member_bool(r->result, "already_imported", false))
        text_addf(&r->text, "already imported.");
    else
        rows(r);
    if (json_member_int(r->result, "import_id", 0))
        text_addf(&r->text, " Import %lld, stock", (long long)json_member_int(r->result, "import_id", 0));
    else
        text_addf(&r->text, " Stock");
    text_addf(&r->text, " of %s.", json_member_string(r->result, "stock_date", "-"));
    print(r);
    text_addf(&r->text, "  ");
    add_count(r, "inserted", "new", true);
    add_count(r, "updated", "changed", true);
    add_count(r, "unchanged", "unchanged", true);
    add_count(r, "deleted", "deleted", true);
    add_count(r, "kept_for_rejected", "kept for rejected rows", false);
    add_count(r, "duplicates_merged", "doubles added up", false);
    add_count(r, "unmatched", "numbers without a lot", false);
    text_addf(&r->text, "; %s pieces", text_decimal(json_member_string(r->result, "qty_total", "0"), 0, n));
    text_addf(&r->text, ", %s", text_decimal(json_member_string(r->result, "value_total", "0"), 2, n));
    print(r);
    snprintf(again, sizeof again, "priceforge import fix.csv -w %.40s --merge", warehouse);
    show_rejects(r, json_member_int(r->result, "rows_rejected", 0), again);
}

static void report_quotes(struct report *r, const char *what)
{
    head(r, what);
    if (json_member_bool(r->result, "dry_run", false))
        text_addf(&r->text, "dry run, ");
    add_count(r, "inserted", "new", true);
    add_count(r, "replaced", "replaced", false);
    add_count(r, "unchanged", "known", true);
    add_count(r, "no_price", "without a price", false);
    add_count(r, "superseded", "superseded", false);
    add_count(r, "rows_rejected", "rejected", false);
    text_addf(&r->text, ".");
    if (json_member_int(r->result, "import_id", 0))
        text_addf(&r->text, " Import %lld.", (long long)json_member_int(r->result, "import_id", 0));
    print(r);
    show_rejects(r, json_member_int(r->result, "rows_rejected", 0), "send it again");
}

static void report_catalog(struct report *r, const char *what)
{
    head(r, what);
    rows(r);
    text_addf(&r->text, " ");
    add_count(r, "inserted", "new", true);
    add_count(r, "updated", "changed", false);
    add_count(r, "unchanged", "unchanged", false);
    text_addf(&r->text, ".");
    print(r);
    show_rejects(r, json_member_int(r->result, "rows_rejected", 0), "send it again");
}

static void report_recalculate(struct report *r, const char *what)
{
    char a[TEXT_COUNT_SIZE], b[TEXT_COUNT_SIZE];
    (void)what;
    text_addf(&r->text, "%s %s%s of %s prices changed, ", screen_done(),
              json_member_bool(r->result, "dry_run", false) ? "dry run, " : "", count(r->result, "updated", a),
              count(r->result, "components_total", b));
    text_addf(&r->text, "%s held, ", count(r->result, "held", a));
    text_addf(&r->text, "%s without quotes; ", count(r->result, "no_quotes", a));
    text_addf(&r->text, "%s of %s quotes used.", count(r->result, "quotes_used", a),
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
        text_addf(&r->text, "%s%s ", i ? ", " : "; ", count(object, name, n));
        for (; *name; name++)
            bytes_add_char(&r->text, *name == '_' ? ' ' : *name);
    }
    if (YAJL_IS_OBJECT(object) && YAJL_GET_OBJECT(object)->len > 0)
        text_addf(&r->text, " left out");
}

static void report_pricelist(struct report *r, const char *what)
{
    char n[TEXT_COUNT_SIZE];
    (void)what;
    text_addf(&r->text, "%s %s ", screen_done(), json_member_string(r->result, "source", "list"));
    if (json_member_int(r->result, "pricelist_id", 0))
        text_addf(&r->text, "%s (list %lld)", json_member_string(r->result, "version", "-"),
                  (long long)json_member_int(r->result, "pricelist_id", 0));
    else
        text_addf(&r->text, "dry run");
    text_addf(&r->text, ": %s items", count(r->result, "items", n));
    if (!json_member_bool(r->result, "created", true))
        text_addf(&r->text, ", unchanged since this list");
    add_members(r, json_member(r->result, "skipped"));
    print(r);
}

static void report_other(struct report *r, const char *what)
{
    head(r, what);
    text_add(&r->text, json_member_string(r->task, "message", "done"));
    print(r);
}

static void report_success(struct report *r, const char *what)
{
    static const struct {
        const char *type;
        void (*report)(struct report *, const char *);
    } known[] = {{"stock_import", report_stock},
                 {"quotes_import", report_quotes},
                 {"catalog_import", report_catalog},
                 {"recalculate", report_recalculate},
                 {"pricelist_create", report_pricelist}};
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
        char *label = text_clean(json_member_string(YAJL_GET_ARRAY(choices)->values[i], "label", ""), 40);
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
    text_add(&r->text, json_member_string(r->task, "error", "failed"));
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

int report_task(struct cli *cli, yajl_val task, const char *json, const char *what)
{
    struct report r = {.cli = cli, .task = task, .result = json_member(task, "result")};
    bool failed = strcmp(json_member_string(task, "status", ""), "error") == 0;
    bool part = strcmp(json_member_string(task, "outcome", ""), "partial") == 0;
    int code = failed ? CLI_FAILED : part && cli_has(cli, "strict") ? CLI_PART : CLI_DONE;
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
