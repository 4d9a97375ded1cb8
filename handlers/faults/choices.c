/* Choices of faults of rows. */
#include "handlers/faults/choices.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *type, *code, *param, *value, *label;
} choices[] = {
    {"stock_import", "E_DUP", "duplicates", "sum", "add the quantities up"},
    {"stock_import", "E_DUP", "duplicates", "first", "take the first row"},
    {"stock_import", "E_DUP", "duplicates", "last", "take the last row"},
    {"stock_import", "E_QTY_NEGATIVE", "negative", "zero", "take negative quantities as 0"},
    {"stock_import", "E_QTY_NEGATIVE", "negative", "keep", "keep negative quantities"},
    {"quotes_import", "E_DUP", "duplicates", "min", "take the lower price"},
    {"quotes_import", "E_DUP", "duplicates", "last", "take the last row"},
};

static void put(struct json_out *out, const char *param, const char *value, const char *label)
{
    json_object(out);
    json_put_string(out, "param", param);
    json_put_string(out, "value", value);
    json_put_string(out, "label", label);
    json_object_end(out);
}

/* `param` is lot: a mapping of the number to it settles the row. */
static void put_lots(struct json_out *out, yajl_val suggestions)
{
    for (size_t i = 0; YAJL_IS_ARRAY(suggestions) && i < suggestions->u.array.len; i++) {
        yajl_val one = suggestions->u.array.values[i];
        const char *vendor = json_member_string(one, "vendor", NULL);
        char label[300];
        snprintf(label, sizeof label, "%s%s%.64s = %.64s", vendor ? vendor : "", vendor ? " " : "",
                 json_member_string(one, "part_number", ""), json_member_string(one, "lot", ""));
        put(out, "lot", json_member_string(one, "lot", ""), label);
    }
}

/* Conventional units (у.е.) of a price list are the currency that the request says. */
static void put_currencies(struct json_out *out, const char *list)
{
    char currency[8];
    for (int n = 0; sscanf(list, "%7s%n", currency, &n) == 1; list += n)
        put(out, "currency", currency, currency);
}

void faultchoices_of_row(struct json_out *out, const char *type, const char *code, yajl_val args)
{
    json_key(out, "choices");
    json_array(out);
    for (size_t i = 0; i < sizeof choices / sizeof choices[0]; i++)
        if (strcmp(choices[i].type, type) == 0 && strcmp(choices[i].code, code) == 0)
            put(out, choices[i].param, choices[i].value, choices[i].label);
    if (strcmp(code, "E_PN_AMBIGUOUS") == 0 || strcmp(code, "W_UNMATCHED") == 0)
        put_lots(out, json_member(args, "suggestions"));
    if (strcmp(type, "quotes_import") == 0 && strcmp(code, "E_CURRENCY") == 0)
        put_currencies(out, json_member_string(args, "currencies", ""));
    json_array_end(out);
}
