/* Parameters of recalculate and price lists, from JSON to rules. */
#include "handlers/quotes/params.h"

#include "handlers/values/values.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const recalculate_methods[] = {"weighted_avg", "average", "median", "min", "latest", "manual", NULL};
const char *const pricelist_methods[] = {"weighted_avg", "average", "median", "min", "latest", NULL};
const char *const recalculate_per_party[] = {"latest", "all", NULL};
const char *const recalculate_fx_dates[] = {"quote", "as_of", NULL};
const char *const recalculate_outliers[] = {"mad", "iqr", "none", NULL};
const char *const recalculate_round_modes[] = {"half_up", "half_even", "up", "down", NULL};

int64_t price_param_decimal(yajl_val params, const char *key, unsigned scale, int64_t otherwise)
{
    const char *text = json_member_string(params, key, NULL);
    dec128 value;
    bool lost;
    if (!text || dec_parse(text, strlen(text), scale, &value, &lost) != 0)
        return otherwise;
    return (int64_t)value;
}

int32_t price_param_as_of(yajl_val params, const struct job_settings *settings)
{
    const char *text = json_member_string(params, "as_of", NULL);
    struct value_date date;
    if (!text || value_date_text(text, strlen(text), &date) != 0)
        date = job_today(settings);
    return (int32_t)value_date_days(date);
}

unsigned price_param_choice(yajl_val params, const char *key, const char *const *choices)
{
    const char *text = json_member_string(params, key, choices[0]);
    for (unsigned i = 0; choices[i]; i++)
        if (strcmp(choices[i], text) == 0)
            return i;
    return 0;
}

enum price_method price_param_method(yajl_val params)
{
    return price_method_of(json_member_string(params, "method", ""));
}

static void read_weights(yajl_val params, struct quote_rules *rules)
{
    yajl_val list = json_member(params, "weights");
    if (!YAJL_IS_ARRAY(list))
        return;
    rules->weigh_time = rules->weigh_supplier = rules->weigh_qty = false;
    for (size_t i = 0; i < list->u.array.len; i++) {
        const char *name = YAJL_GET_STRING(list->u.array.values[i]);
        rules->weigh_time |= name && strcmp(name, "time") == 0;
        rules->weigh_supplier |= name && strcmp(name, "supplier") == 0;
        rules->weigh_qty |= name && strcmp(name, "qty") == 0;
    }
}

void price_param_rules(yajl_val params, int32_t as_of, struct quote_rules *rules, struct time_weights *time)
{
    static const enum quote_outlier kinds[] = {OUTLIER_MAD, OUTLIER_IQR, OUTLIER_NONE};
    time_weights_init(time, (unsigned)json_member_int(params, "half_life_days", 30));
    quote_rules_init(rules, as_of, time);
    rules->window_days = (int32_t)json_member_int(params, "window_days", rules->window_days);
    read_weights(params, rules);
    rules->qty_cap = price_param_decimal(params, "qty_cap", QTY_SCALE, rules->qty_cap);
    rules->ref_qty = price_param_decimal(params, "ref_qty", QTY_SCALE, rules->ref_qty);
    rules->per_party_all = price_param_choice(params, "per_party", recalculate_per_party) == 1;
    rules->require_valid = json_member_bool(params, "require_valid", true);
    rules->fx_as_of = price_param_choice(params, "fx_date", recalculate_fx_dates) == 1;
    rules->outlier = kinds[price_param_choice(params, "outlier", recalculate_outliers)];
    rules->outlier_min_n = (unsigned)json_member_int(params, "outlier_min_n", rules->outlier_min_n);
    rules->outlier_k =
        price_param_decimal(params, "outlier_k", 4, rules->outlier == OUTLIER_IQR ? OUTLIER_K_IQR : OUTLIER_K_MAD);
    rules->outlier_floor_pct = price_param_decimal(params, "outlier_floor_pct", 4, rules->outlier_floor_pct);
    rules->min_quotes = (unsigned)json_member_int(params, "min_quotes", rules->min_quotes);
}

/* ---- At submission --------------------------------------------------------------------------------------------- */

int price_check_weights(yajl_val params, struct param_faults *faults)
{
    yajl_val list = json_member(params, "weights");
    for (size_t i = 0; YAJL_IS_ARRAY(list) && i < list->u.array.len; i++) {
        const char *name = YAJL_GET_STRING(list->u.array.values[i]);
        if (name && (strcmp(name, "time") == 0 || strcmp(name, "supplier") == 0 || strcmp(name, "qty") == 0))
            continue;
        param_faults_add(faults, "/weights", "choice", "must hold only time, supplier and qty");
        param_faults_allow_all(faults, "time\nsupplier\nqty\n");
        return 1;
    }
    return 0;
}

struct unknown {
    unsigned n;
    char list[140];
};

static int on_unknown(const struct store_value *v, unsigned n, void *ctx)
{
    struct unknown *unknown = ctx;
    size_t used = strlen(unknown->list);
    (void)n;
    unknown->n++;
    if (used + v[0].len + 3 < sizeof unknown->list)
        snprintf(unknown->list + used, sizeof unknown->list - used, "%s%s", used ? ", " : "", v[0].text);
    return 0;
}

int price_check_known(struct store_conn *db, yajl_val params, const char *key, const char *sql, const char *what,
                      struct param_faults *faults)
{
    struct unknown unknown = {0};
    char pointer[40], code[40];
    if (!price_param_has(params, key))
        return 0;
    char *list = price_param_list(params, key);
    struct store_value value = STORE_S(list);
    int rc = store_query(db, sql, &value, 1, on_unknown, &unknown);
    free(list);
    if (rc != 0 || unknown.n == 0)
        return rc;
    snprintf(pointer, sizeof pointer, "/%s", key);
    snprintf(code, sizeof code, "unknown-%s", what);
    param_faults_add(faults, pointer, code, "unknown %s: %s", what, unknown.list);
    param_faults_fact(faults, "value", "%s", unknown.list);
    return 1;
}

bool price_param_has(yajl_val params, const char *key)
{
    yajl_val list = json_member(params, key);
    return YAJL_IS_ARRAY(list) && list->u.array.len > 0;
}

char *price_param_list(yajl_val params, const char *key)
{
    struct json_out out;
    yajl_val list = json_member(params, key);
    json_out_init(&out);
    json_array(&out);
    for (size_t i = 0; YAJL_IS_ARRAY(list) && i < list->u.array.len; i++)
        json_string(&out, YAJL_GET_STRING(list->u.array.values[i]));
    json_array_end(&out);
    char *text = json_out_copy(&out);
    json_out_fini(&out);
    return text;
}
