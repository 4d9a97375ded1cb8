/* The parameters of quotes_import: their table, what is checked at submission, and decoding. */
#include "handlers/quotes/import/params.h"

#include "base/facts.h"
#include "handlers/history/base.h"
#include "handlers/quotes/import/history.h"
#include "handlers/table/fixes.h"

#include <stdio.h>
#include <string.h>

#define KNOWN_PARTIES 10 /* a fault names the parties if there are no more */

const char *const quote_kinds[] = {"supplier", "competitor", NULL};
static const char *const duplicates[] = {"reject", "min", "last", NULL};
const char *const quote_supersedes[] = {"false", "true", "all", NULL};
static const char *const locales[] = {"ru", "en", NULL};
const char *const quote_column_fields[] = {"part_number", "lot",  "code",     "name",  "vendor",  "qty",      "free",
                                           "reserved",    "unit", "currency", "price", "min_qty", "pack_qty", NULL};

/* clang-format off */
const struct param_spec quotes_import_params[] = {
    {.name = "party", .kind = PARAM_STRING, .required = true, .max = 32, .help = "Code of the party whose price list it is."},
    {.name = "kind", .kind = PARAM_CHOICE, .otherwise = "\"supplier\"", .choices = quote_kinds, .help = "What the party is."},
    {.name = "quoted_on", .kind = PARAM_DATE, .saved = SAVED_IF_NAMED, .help = "Day of the list; default: the latest one above the heading, else today."},
    {.name = "valid_until", .kind = PARAM_DATE, .saved = SAVED_IF_NAMED, .help = "Last day on which the prices hold; default: the earliest end above the heading."},
    {.name = "currency", .kind = PARAM_STRING, .max = 3, .help = "Currency of prices that say none, as three capital letters."},
    {.name = "vat_included", .kind = PARAM_BOOL, .help = "Prices include VAT where the captions do not say."},
    {.name = "vat_rate", .kind = PARAM_DECIMAL, .min = 0, .max = 9999, .scale = VAT_SCALE, .help = "VAT in per cent where the file names none; default: the configured rate."},
    {.name = "min_qty", .kind = PARAM_DECIMAL, .otherwise = "\"1\"", .min = 1, .max = INT64_C(999999999999999), .scale = QTY_SCALE, .help = "Smallest quantity of prices that name none."},
    {.name = "price", .kind = PARAM_STRING, .max = 255, .help = "The column of prices: its caption or letter; several columns of tiers are divided by semicolons."},
    {.name = "duplicates", .kind = PARAM_CHOICE, .otherwise = "\"reject\"", .choices = duplicates, .help = "What to do with a number that has two prices: refuse the later one, take the lower or the last."},
    {.name = "supersede", .kind = PARAM_CHOICE, .otherwise = "\"false\"", .choices = quote_supersedes, .help = "true: older quotes of the numbers in the file are rejected; all: those of all other numbers as well."},
    {.name = "dry_run", .kind = PARAM_BOOL, .saved = SAVED_IF_NAMED, .otherwise = "false", .help = "Read and compare everything, write nothing."},
    EXPECT_IMPORT_PARAM,
    {.name = "number_locale", .kind = PARAM_CHOICE, .otherwise = "\"ru\"", .choices = locales, .help = "What 1,234 means: a little more than one (ru) or more than a thousand (en)."},
    {.name = "pn_from_name", .kind = PARAM_BOOL, .otherwise = "true", .help = "Look for known part numbers inside names."},
    {.name = "max_reject_pct", .kind = PARAM_INT, .otherwise = "50", .min = 0, .max = 100, .help = "Fail when more rows than this are rejected, in per cent."},
    {.name = "force", .kind = PARAM_BOOL, .saved = SAVED_IF_NAMED, .otherwise = "false", .help = "Accept prices that jump and lists that lack most numbers."},
    {.name = "sheet", .kind = PARAM_STRING, .max = 124, .help = "Name of the sheet to read, or * for every visible sheet with a heading; default: the only one with a heading."},
    {.name = "header_row", .kind = PARAM_INT, .min = 1, .max = TABLE_HEAD_ROWS, .help = "Row in which the heading starts, from 1; default: it is searched for."},
    {.name = "header_rows", .kind = PARAM_INT, .min = 1, .max = TABLE_HEADING_MAX, .help = "How many rows the heading has; default: it is searched for."},
    {.name = "columns", .kind = PARAM_MAP, .max = 255, .choices = quote_column_fields, .help = "Which column is which field: a caption, or the letter of a column that has a caption; wins over the search."},
    TABLE_FIXES_PARAM,
    {.name = "profile", .kind = PARAM_STRING, .max = 256, .saved = NOT_SAVED, .help = "Name of saved parameters (/api/import-profiles); what else the request says wins over them."},
    {.name = NULL},
};
/* clang-format on */

/* ---- At submission --------------------------------------------------------------------------------------------- */

struct known_parties {
    const char *wanted;
    bool found;
    unsigned n;
    char list[400], lines[400];
};

static int on_party(const struct store_value *v, unsigned n, void *ctx)
{
    struct known_parties *known = ctx;
    size_t used = strlen(known->list);
    (void)n;
    known->found |= strcmp(v[0].text, known->wanted) == 0;
    if (known->n++ < KNOWN_PARTIES)
        snprintf(known->list + used, sizeof known->list - used, "%s%s", used ? ", " : "", v[0].text);
    facts_add_value(known->lines, sizeof known->lines, v[0].text);
    return 0;
}

static int check_party(struct store_conn *db, yajl_val params, struct param_faults *faults)
{
    const char *kind = json_member_string(params, "kind", quote_kinds[0]);
    struct known_parties known = {.wanted = json_member_string(params, "party", "")};
    struct store_value v[] = {STORE_S(kind), STORE_S(known.wanted)};
    /* The wanted one sorts first, so that it is among the few that are read. */
    if (store_query(db, "SELECT code FROM party WHERE kind = ? ORDER BY code = ? DESC, code LIMIT 11", v, 2, on_party,
                    &known) != 0)
        return -1;
    if (known.found)
        return 0;
    if (known.n == 0)
        param_faults_add(faults, "/party", "unknown-party", "there is no %s yet; import parties first", kind);
    else if (known.n <= KNOWN_PARTIES)
        param_faults_add(faults, "/party", "unknown-party", "no %s has the code «%s»; there are: %s", kind,
                         known.wanted, known.list);
    else
        param_faults_add(faults, "/party", "unknown-party", "no %s has the code «%s»", kind, known.wanted);
    param_faults_fact(faults, "value", "%s", known.wanted);
    param_faults_fact(faults, "kind", "%s", kind);
    param_faults_allow_all(faults, known.n <= KNOWN_PARTIES ? known.lines : "");
    return 0;
}

static struct value_date date_of(yajl_val params, const char *key)
{
    const char *text = json_member_string(params, key, NULL);
    struct value_date date = {0, 0, 0};
    if (text && value_date_text(text, strlen(text), &date) != 0)
        date.year = 0;
    return date;
}

static bool is_currency(const char *text)
{
    return strlen(text) == 3 && strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 3;
}

int quotes_import_precheck(struct store_conn *db, yajl_val params, struct param_faults *faults)
{
    struct value_date on = date_of(params, "quoted_on"), until = date_of(params, "valid_until");
    const char *currency = json_member_string(params, "currency", NULL);
    if (check_party(db, params, faults) != 0)
        return -1;
    job_check_day(on, job_tomorrow(), "/quoted_on", faults);
    if (on.year && until.year && value_date_compare(until, on) < 0) {
        param_faults_add(faults, "/valid_until", "range", "must not be before quoted_on");
        param_faults_fact(faults, "min", "%s", json_member_string(params, "quoted_on", ""));
    }
    if (currency && !is_currency(currency)) {
        param_faults_add(faults, "/currency", "currency", "must be three capital letters, for example USD");
        param_faults_value(faults, currency);
    }
    return faults->n ? 1
                     : history_base_precheck(db, &quote_book, params,
                                             json_member_string(params, "kind", quote_kinds[0]), faults);
}

/* ---- Decoding --------------------------------------------------------------------------------------------------- */

static int choice(yajl_val params, const char *key, const char *const *choices)
{
    const char *text = json_member_string(params, key, choices[0]);
    for (int i = 0; choices[i]; i++)
        if (strcmp(choices[i], text) == 0)
            return i;
    return 0;
}

static int64_t decimal(yajl_val params, const char *key, unsigned scale, const char *otherwise)
{
    const char *text = json_member_string(params, key, otherwise);
    dec128 value = 0;
    bool lost;
    if (!text || dec_parse(text, strlen(text), scale, &value, &lost) != 0)
        return 0;
    return (int64_t)value;
}

static void read_columns(yajl_val columns, struct stock_params *out)
{
    for (size_t i = 0; columns && quote_column_fields[i]; i++) {
        const char *value = json_member_string(columns, quote_column_fields[i], NULL);
        for (unsigned field = FIELD_NONE + 1; value && field < FIELD_COUNT; field++)
            if (strcmp(stock_field_name((enum stock_field)field), quote_column_fields[i]) == 0)
                out->choices[out->n_choices++] = (struct table_choice){(enum stock_field)field, value};
    }
}

static void read_shared(yajl_val params, struct stock_params *out)
{
    out->locale = (enum number_locale)choice(params, "number_locale", locales);
    out->pn_from_name = json_member_bool(params, "pn_from_name", true);
    out->header_row = (uint32_t)json_member_int(params, "header_row", 0);
    out->header_rows = (unsigned)json_member_int(params, "header_rows", 0);
    snprintf(out->sheet, sizeof out->sheet, "%s", json_member_string(params, "sheet", ""));
    read_columns(json_member(params, "columns"), out);
}

/* A flag that may be left open. */
static int flag(yajl_val params, const char *key)
{
    yajl_val value = json_member(params, key);
    return YAJL_IS_TRUE(value) ? 1 : YAJL_IS_FALSE(value) ? 0 : -1;
}

void quote_params_read(const struct job *job, struct quote_params *out)
{
    yajl_val params = job->params;
    *out = (struct quote_params){
        .quoted_on = date_of(params, "quoted_on"),
        .valid_until = date_of(params, "valid_until"),
        .today = job_today(job->settings),
        .vat_included = flag(params, "vat_included"),
        .vat_rate = decimal(params, "vat_rate", VAT_SCALE, job->settings->default_vat_rate),
        .min_qty = decimal(params, "min_qty", QTY_SCALE, "1"),
        .price = json_member_string(params, "price", NULL),
        .duplicates = (enum quote_duplicates)choice(params, "duplicates", duplicates),
        .supersede = (enum quote_supersede)choice(params, "supersede", quote_supersedes),
        .dry_run = json_member_bool(params, "dry_run", false),
        .force = json_member_bool(params, "force", false),
        .max_reject_pct = (unsigned)json_member_int(params, "max_reject_pct", 50),
    };
    snprintf(out->kind, sizeof out->kind, "%s", json_member_string(params, "kind", quote_kinds[0]));
    snprintf(out->party, sizeof out->party, "%s", json_member_string(params, "party", ""));
    snprintf(out->currency, sizeof out->currency, "%s", json_member_string(params, "currency", ""));
    read_shared(params, &out->shared);
}
