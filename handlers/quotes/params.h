/* Parameters that recalculate and price lists share: the rows of their tables, and reading them into the rules of
 * handlers/pricing. Parameters are canonical (params.h), so nothing is checked twice. */
#ifndef PF_QUOTES_PARAMS_H
#define PF_QUOTES_PARAMS_H

#include "handlers/job.h"
#include "handlers/params.h"
#include "handlers/pricing/price.h"
#include "handlers/pricing/quotes.h"

extern const char *const recalculate_methods[]; /* of recalculate */
extern const char *const pricelist_methods[];   /* the same without manual */
extern const char *const recalculate_per_party[];
extern const char *const recalculate_fx_dates[];
extern const char *const recalculate_outliers[];
extern const char *const recalculate_round_modes[]; /* in the order of enum round_mode */

/* The bounds are those of handlers/pricing, which keep every product inside 128 bits. */
/* clang-format off */
#define PRICE_PARAMS                                                                                                   \
    {.name = "coefficient", .kind = PARAM_DECIMAL, .otherwise = "\"1\"", .min = 1, .max = COEF_LIMIT - 1, .scale = COEF_SCALE, .help = "Every price is multiplied by it."}, \
    {.name = "round_step", .kind = PARAM_DECIMAL, .otherwise = "\"0.01\"", .min = 1, .max = PRICE_LIMIT - 1, .scale = PRICE_SCALE, .help = "Prices are multiples of it."}, \
    {.name = "round_mode", .kind = PARAM_CHOICE, .otherwise = "\"half_up\"", .choices = recalculate_round_modes, .help = "How prices are rounded to the step."}
#define QUOTE_PARAMS(method_default, method_choices, window_default)                                                   \
    {.name = "method", .kind = PARAM_CHOICE, .otherwise = "\"" method_default "\"", .choices = (method_choices), .help = "How quotes become a price."}, \
    {.name = "window_days", .kind = PARAM_INT, .otherwise = (window_default), .min = 0, .max = 65535, .help = "Quotes older than this do not count."}, \
    {.name = "half_life_days", .kind = PARAM_INT, .otherwise = "30", .min = 0, .max = HALF_LIFE_MAX, .help = "A quote of this age weighs half; 0 = age does not matter."}, \
    {.name = "weights", .kind = PARAM_STRINGS, .otherwise = "[\"time\",\"supplier\"]", .max = 3, .help = "What weighs in weighted_avg: time, supplier, qty."}, \
    {.name = "qty_cap", .kind = PARAM_DECIMAL, .otherwise = "\"100\"", .min = 1, .max = 1000000, .scale = QTY_SCALE, .help = "With the weight qty: larger quantities weigh no more than this one."}, \
    {.name = "ref_qty", .kind = PARAM_DECIMAL, .otherwise = "\"1\"", .min = 1, .max = INT64_C(999999999999999), .scale = QTY_SCALE, .help = "The quantity that is priced: quotes with a larger minimum quantity do not count."}, \
    {.name = "per_party", .kind = PARAM_CHOICE, .otherwise = "\"latest\"", .choices = recalculate_per_party, .help = "latest: only the newest quote of each party and part number counts."}, \
    {.name = "require_valid", .kind = PARAM_BOOL, .otherwise = "true", .help = "Leave out quotes whose validity has ended."}, \
    {.name = "fx_date", .kind = PARAM_CHOICE, .otherwise = "\"quote\"", .choices = recalculate_fx_dates, .help = "Which day's currency rate: that of the quote, or as_of."}, \
    {.name = "outlier", .kind = PARAM_CHOICE, .otherwise = "\"mad\"", .choices = recalculate_outliers, .help = "How quotes far from the rest are found."}, \
    {.name = "outlier_min_n", .kind = PARAM_INT, .otherwise = "5", .min = 1, .max = QUOTES_MAX, .help = "Look for outliers only among at least this many quotes."}, \
    {.name = "outlier_k", .kind = PARAM_DECIMAL, .min = 0, .max = OUTLIER_K_LIMIT - 1, .scale = 4, .help = "How far from the rest an outlier is; default: 3.5 with mad, 1.5 with iqr."}, \
    {.name = "outlier_floor_pct", .kind = PARAM_DECIMAL, .otherwise = "\"2\"", .min = 0, .max = OUTLIER_FLOOR_LIMIT - 1, .scale = 4, .help = "The spread counts as at least this part of the median, in per cent."}, \
    {.name = "min_quotes", .kind = PARAM_INT, .otherwise = "1", .min = 0, .max = QUOTES_MAX, .help = "With fewer quotes there is no price."}
/* clang-format on */

/* A decimal parameter at `scale`; `otherwise` if it is null. */
int64_t price_param_decimal(yajl_val params, const char *key, unsigned scale, int64_t otherwise);
/* as_of in days since 1970-01-01; today in the configured time zone if it is null. */
int32_t price_param_as_of(yajl_val params, const struct job_settings *settings);
/* Position of the choice in its list; 0 if none is given. */
unsigned price_param_choice(yajl_val params, const char *key, const char *const *choices);
enum price_method price_param_method(yajl_val params);

/* QUOTE_PARAMS into rules. Fills `time` too and borrows it. */
void price_param_rules(yajl_val params, int32_t as_of, struct quote_rules *rules, struct time_weights *time);

/* Look-ups at submission: unknown words in `weights`. Returns 0, or 1 with faults. */
int price_check_weights(yajl_val params, struct param_faults *faults);
/* Are all items of the list `key` in a table? `sql` is a string constant that takes the list as JSON and returns the
 * unknown items; `what` names one of them ("category"). Returns 0, 1 with a fault that names some, or -1 with
 * db->error. */
int price_check_known(struct store_conn *db, yajl_val params, const char *key, const char *sql, const char *what,
                      struct param_faults *faults);

/* A list parameter as JSON text ("[]" when null). Heap. */
char *price_param_list(yajl_val params, const char *key);
/* Is a list given, and is it not empty? */
bool price_param_has(yajl_val params, const char *key);

#endif
