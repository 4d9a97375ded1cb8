/* The rules for cells and part numbers, asked from outside: one case a line on standard input, one result a line on
 * output. tests/system/test_values_model.py compares with a model of its own.
 *
 *   {"op": "pn", "text": …}                                -> {"status", "norm", "folded", "skeleton", "again"}
 *   {"op": "number", "text": …, "scale": 3, "locale": "ru"} -> {"value", "currency", "approx", "lost"} or {"error"}
 *   {"op": "date", "text": …}                              -> {"date": "2026-02-05" or null}
 *   {"op": "find", "map": [[pn, vendor, lot]…], "lots": […], "pn": …, "vendor": …} -> {"match", "lot", "key",
 * "other"} */
#include "handlers/catalog/map.h"
#include "handlers/values/partnum.h"
#include "handlers/values/values.h"

#include "tests/unit/testdata.h"

#include <errno.h>

static void answer_pn(yajl_val given, struct json_out *out)
{
    const char *text = testdata_string(given, "text");
    char norm[PN_BYTES], again[PN_BYTES], skeleton[PN_BYTES];
    bool folded;
    enum pn_status status = pn_normalise(text, strlen(text), norm, &folded);
    pn_normalise(norm, strlen(norm), again, NULL);
    pn_skeleton(norm, skeleton);
    json_put_string(out, "status", pn_status_code(status));
    json_put_string(out, "norm", norm);
    json_put_bool(out, "folded", folded);
    json_put_string(out, "skeleton", skeleton);
    json_put_bool(out, "again", strcmp(norm, again) == 0);
}

static void answer_number(yajl_val given, struct json_out *out)
{
    const char *text = testdata_string(given, "text");
    unsigned scale = (unsigned)json_member_int(given, "scale", 3);
    bool english = strcmp(testdata_string(given, "locale"), "en") == 0;
    struct value_number number;
    char value[48];
    if (value_number_text(text, strlen(text), scale, english ? LOCALE_EN : LOCALE_RU, &number) != 0) {
        json_put_bool(out, "error", true);
        return;
    }
    dec_format(number.value, scale, false, value, sizeof value);
    json_put_string(out, "value", number.missing ? NULL : value);
    json_put_string(out, "currency", number.currency);
    json_put_bool(out, "approx", number.approx);
    json_put_bool(out, "lost", number.lost);
}

static void answer_date(yajl_val given, struct json_out *out)
{
    const char *text = testdata_string(given, "text");
    struct value_date date;
    char iso[11];
    bool good = value_date_text(text, strlen(text), &date) == 0;
    if (good)
        value_date_format(date, iso);
    json_put_string(out, "date", good ? iso : NULL);
}

static void fill(struct catalog_map *catalog, yajl_val given)
{
    size_t n;
    yajl_val *lots = testdata_list(given, "lots", &n);
    for (size_t i = 0; i < n; i++)
        catalog_map_add_component(catalog, (uint32_t)i + 1, YAJL_GET_STRING(lots[i]), YAJL_GET_STRING(lots[i]),
                                  UNIT_PCS);
    yajl_val *entries = testdata_list(given, "map", &n);
    for (size_t i = 0; i < n; i++) {
        yajl_val *entry = entries[i]->u.array.values;
        catalog_map_add_entry(catalog, YAJL_GET_STRING(entry[0]), YAJL_GET_STRING(entry[1]), "raw",
                              catalog_map_lot(catalog, YAJL_GET_STRING(entry[2])), 1000, 0);
    }
}

static void answer_find(yajl_val given, struct json_out *out)
{
    static const char *const matches[] = {"unknown", "match", "ambiguous"};
    struct catalog_map catalog;
    struct catalog_found found;
    catalog_map_init(&catalog, "RUB", 14);
    fill(&catalog, given);
    enum catalog_match match =
        catalog_map_find(&catalog, testdata_string(given, "pn"), testdata_string(given, "vendor"), &found);
    json_put_string(out, "match", matches[match]);
    if (match == CATALOG_MATCH) {
        json_put_string(out, "lot", catalog_map_text(&catalog, catalog.components[found.component].lot_code));
        json_put_string(out, "key",
                        found.entry == ARENA_NONE ? NULL
                                                  : catalog_map_text(&catalog, catalog.entries[found.entry].vendor));
        json_put_bool(out, "other", found.other_vendor);
    }
    catalog_map_fini(&catalog);
}

static void answer(yajl_val given, struct json_out *out)
{
    static const struct {
        const char *op;
        void (*answer)(yajl_val given, struct json_out *out);
    } ops[] = {{"pn", answer_pn}, {"number", answer_number}, {"date", answer_date}, {"find", answer_find}};
    const char *op = testdata_string(given, "op");
    json_object(out);
    for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++)
        if (op && strcmp(ops[i].op, op) == 0)
            ops[i].answer(given, out);
    json_object_end(out);
}

int main(void)
{
    char *line = NULL, why[100];
    size_t size = 0;
    ssize_t n;
    while ((n = getline(&line, &size, stdin)) > 0) {
        struct json_out out;
        yajl_val given = json_parse(line, (size_t)n, 8, why, sizeof why);
        if (!given) {
            fprintf(stderr, "values_driver: %s\n", why);
            return 2;
        }
        json_out_init(&out);
        answer(given, &out);
        printf("%s\n", json_out_text(&out, NULL));
        json_out_fini(&out);
        yajl_tree_free(given);
    }
    free(line);
    return 0;
}
