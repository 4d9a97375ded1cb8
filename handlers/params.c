/* Parameters: check everything, report every fault, write the canonical form. */
#include "handlers/params.h"

#include "base/utf8.h"
#include "handlers/values/decimal.h"
#include "handlers/values/values.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STRING_BYTES = 255, LIST_ITEMS = 10000 };

/* A value on its way: from JSON (json != NULL) or from a form or query (text != NULL); neither = not given. */
struct given {
    yajl_val json;
    const char *text;
};

/* What is written: everything, or nothing after a fault; everything, faulty members as null; only what is given. */
enum form { FORM_WHOLE, FORM_USABLE, FORM_GIVEN };

/* One request being checked. */
struct check {
    struct json_out out;
    struct param_faults *faults;
    enum form form;
    bool failed;
};

/* ---- Faults ------------------------------------------------------------------------------------------------- */

/* "/name" with "~" and "/" escaped as RFC 6901 says. */
static void pointer_to(const char *name, char *out, size_t size)
{
    size_t used = 0;
    out[used++] = '/';
    for (; *name != '\0' && used + 3 < size; name++) {
        if (*name == '~' || *name == '/') {
            out[used++] = '~';
            out[used++] = *name == '~' ? '0' : '1';
        } else {
            out[used++] = *name;
        }
    }
    out[used] = '\0';
}

static void fault_at(struct check *check, const char *name, const char *code, const char *detail)
{
    char pointer[200];
    pointer_to(name, pointer, sizeof pointer);
    param_faults_add(check->faults, pointer, code, "%s", detail);
    check->failed = true;
}

/* What a parameter of each kind looks like, in the facts of a fault. */
static const char *const forms[] = {
    [PARAM_STRING] = "text",     [PARAM_BOOL] = "boolean", [PARAM_INT] = "integer",
    [PARAM_DECIMAL] = "decimal", [PARAM_DATE] = "date",    [PARAM_CHOICE] = "text",
    [PARAM_STRINGS] = "list",    [PARAM_OWN] = "json",     [PARAM_MAP] = "object",
};

const char *param_form(const struct param_spec *spec)
{
    return forms[spec->kind];
}

static void fault(struct check *check, const struct param_spec *spec, const char *code, const char *detail)
{
    fault_at(check, spec->name, code, detail);
    if (strcmp(code, "type") == 0)
        param_faults_expect(check->faults, param_form(spec));
}

/* The allowed names; dots stand for names that do not fit. */
struct choice_text {
    char text[sizeof((struct param_fault){0}).detail];
    size_t used;
    unsigned n;
    bool full;
};

static void choice_text_init(struct choice_text *out, const char *before)
{
    *out = (struct choice_text){.used = strlen(before)};
    memcpy(out->text, before, out->used + 1);
}

static void choice_text_add(struct choice_text *out, const char *name)
{
    static const char more[] = ", …";
    const char *before = out->n++ > 0 ? ", " : "";
    if (out->full)
        return;
    out->full = out->used + strlen(before) + strlen(name) + sizeof more > sizeof out->text;
    if (out->full)
        memcpy(out->text + out->used, more, sizeof more);
    else
        out->used += (size_t)snprintf(out->text + out->used, sizeof out->text - out->used, "%s%s", before, name);
}

/* ---- One value of each kind ----------------------------------------------------------------------------------- */

/* Text of a JSON string or of a form value; NULL with a fault if it is neither. */
static const char *text_of(struct check *check, const struct param_spec *spec, const struct given *given,
                           const char *what)
{
    if (given->text)
        return given->text;
    if (YAJL_IS_STRING(given->json))
        return given->json->u.string;
    fault(check, spec, "type", what);
    return NULL;
}

/* Is it UTF-8 without control characters? */
static bool is_plain_text(const char *text, size_t n)
{
    size_t len;
    bool plain = utf8_valid(text, n);
    for (size_t i = 0; plain && i < n; i += len) {
        uint32_t cp = utf8_decode(text + i, n - i, &len);
        plain = cp >= 0x20 && (cp < 0x7F || cp >= 0xA0);
    }
    return plain;
}

static void fault_no_text(struct check *check, const char *pointer)
{
    param_faults_add(check->faults, pointer, "type", "must be a string");
    param_faults_expect(check->faults, "text");
    check->failed = true;
}

/* A text at `pointer`: of min to max bytes, min 0 or 1. Returns whether it is accepted; else it has a fault. */
static bool check_text(struct check *check, const char *pointer, const char *text, int64_t min, int64_t max)
{
    size_t n = strlen(text);
    if (!is_plain_text(text, n)) {
        param_faults_add(check->faults, pointer, "type", "must be UTF-8 without control characters");
        param_faults_expect(check->faults, "text");
    } else if (n == 0 && min > 0) {
        param_faults_add(check->faults, pointer, "range", "must not be empty");
        param_faults_fact(check->faults, "min", "1");
        param_faults_max(check->faults, max, "bytes");
    } else if (n > (size_t)max) {
        param_faults_add(check->faults, pointer, "range", "must be at most %" PRId64 " bytes of UTF-8", max);
        param_faults_max(check->faults, max, "bytes");
    } else {
        return true;
    }
    check->failed = true;
    return false;
}

static void check_string(struct check *check, const struct param_spec *spec, const struct given *given)
{
    const char *text = text_of(check, spec, given, "must be a string");
    if (!text)
        return;
    char pointer[200];
    pointer_to(spec->name, pointer, sizeof pointer);
    if (!check_text(check, pointer, text, spec->may_be_empty ? 0 : 1, spec->max > 0 ? spec->max : STRING_BYTES))
        return;
    if ((int64_t)strlen(text) >= spec->min) {
        json_string(&check->out, text);
        return;
    }
    fault(check, spec, "range", "is too short");
    param_faults_fact(check->faults, "min", "%" PRId64, spec->min);
}

static void check_bool(struct check *check, const struct param_spec *spec, const struct given *given)
{
    const char *text = given->text ? given->text : "";
    if (YAJL_IS_TRUE(given->json) || strcmp(text, "true") == 0 || strcmp(text, "1") == 0)
        json_bool(&check->out, true);
    else if (YAJL_IS_FALSE(given->json) || strcmp(text, "false") == 0 || strcmp(text, "0") == 0)
        json_bool(&check->out, false);
    else
        fault(check, spec, "type", "must be true or false");
}

static void fault_bounds(struct check *check, const struct param_spec *spec, unsigned scale)
{
    char low[48], high[48], detail[140];
    dec_format(spec->min, scale, true, low, sizeof low);
    dec_format(spec->max, scale, true, high, sizeof high);
    snprintf(detail, sizeof detail, "must be between %s and %s", low, high);
    fault(check, spec, "range", detail);
    param_faults_fact(check->faults, "min", "%s", low);
    param_faults_fact(check->faults, "max", "%s", high);
}

/* No bounds but those of the machine. */
static void fault_unbounded(struct check *check, const struct param_spec *spec)
{
    char high[48];
    dec_format(INT64_MAX, spec->scale, true, high, sizeof high);
    fault(check, spec, "range", "is too large");
    param_faults_fact(check->faults, "max", "%s", high);
}

static bool in_bounds(const struct param_spec *spec, dec128 value)
{
    return (spec->min == 0 && spec->max == 0) || (value >= spec->min && value <= spec->max);
}

/* The value of a whole number's text, or an error. */
static int parse_whole(const char *text, dec128 *out)
{
    size_t n = strlen(text), i = text[0] == '-';
    if (i == n)
        return -EINVAL;
    for (; i < n; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -EINVAL;
    }
    return dec_parse(text, n, 0, out, NULL);
}

static void check_int(struct check *check, const struct param_spec *spec, const struct given *given)
{
    const char *text = given->text;
    if (!text && YAJL_IS_NUMBER(given->json))
        text = given->json->u.number.r;
    dec128 value = 0;
    int rc = text ? parse_whole(text, &value) : -EINVAL;
    if (rc == -EINVAL)
        fault(check, spec, "type", "must be a whole number");
    else if (rc == 0 && in_bounds(spec, value) && value >= INT64_MIN && value <= INT64_MAX)
        json_int(&check->out, (int64_t)value);
    else if (spec->min == 0 && spec->max == 0)
        fault_unbounded(check, spec);
    else
        fault_bounds(check, spec, 0);
}

/* The pattern of the API document. dec_parse() also takes "1e1" and ".5", which files contain but people do not
 * write. */
static bool is_plain_decimal(const char *text)
{
    text += *text == '-';
    size_t whole = strspn(text, "0123456789");
    text += whole;
    size_t digits = *text == '.' ? strspn(text + 1, "0123456789") : 0;
    return whole > 0 && (*text == '\0' || (digits > 0 && text[1 + digits] == '\0'));
}

static void check_decimal(struct check *check, const struct param_spec *spec, const struct given *given)
{
    const char *text = YAJL_IS_STRING(given->json) ? given->json->u.string : given->text;
    if (text && !is_plain_decimal(text))
        text = NULL;
    else if (YAJL_IS_NUMBER(given->json))
        text = given->json->u.number.r;
    dec128 value;
    bool lost = false;
    char canonical[48], detail[60];
    int rc = text ? dec_parse(text, strlen(text), spec->scale, &value, &lost) : -EINVAL;
    if (rc == -EINVAL) {
        fault(check, spec, "type", "must be a decimal number with a point, like \"12.5\"");
    } else if (lost) {
        snprintf(detail, sizeof detail, "must have at most %u decimals", spec->scale);
        fault(check, spec, "range", detail);
        param_faults_max(check->faults, spec->scale, "decimals");
    } else if (rc == 0 && in_bounds(spec, value)) {
        dec_format(value, spec->scale, true, canonical, sizeof canonical);
        json_string(&check->out, canonical);
    } else if (spec->min == 0 && spec->max == 0) {
        fault_unbounded(check, spec);
    } else {
        fault_bounds(check, spec, spec->scale);
    }
}

static void check_date(struct check *check, const struct param_spec *spec, const struct given *given)
{
    const char *text = text_of(check, spec, given, "must be a date, YYYY-MM-DD");
    if (!text)
        return;
    struct value_date date;
    char canonical[11];
    size_t n = strlen(text);
    bool iso = n == 10 && text[4] == '-' && value_date_text(text, n, &date) == 0;
    if (!iso) {
        fault(check, spec, "type", "must be a real day, written YYYY-MM-DD");
        return;
    }
    value_date_format(date, canonical);
    json_string(&check->out, canonical);
}

static void check_choice(struct check *check, const struct param_spec *spec, const struct given *given)
{
    struct choice_text known;
    choice_text_init(&known, "must be one of ");
    const char *text = given->text;
    if (YAJL_IS_STRING(given->json))
        text = given->json->u.string;
    for (const char *const *choice = spec->choices; *choice; choice++) {
        if (text && strcmp(text, *choice) == 0) {
            json_string(&check->out, text);
            return;
        }
        choice_text_add(&known, *choice);
    }
    fault(check, spec, "choice", known.text);
    for (const char *const *choice = spec->choices; *choice; choice++)
        param_faults_allow(check->faults, *choice);
}

/* ---- Lists ---------------------------------------------------------------------------------------------------- */

/* One item into the canonical array, or a fault at its place. Returns false when the list is full. */
static bool check_item(struct check *check, const struct param_spec *spec, const char *text, size_t index)
{
    char pointer[200], detail[80];
    size_t max = spec->max > 0 ? (size_t)spec->max : LIST_ITEMS;
    if (index == max) {
        snprintf(detail, sizeof detail, "must have at most %zu items", max);
        fault(check, spec, "range", detail);
        param_faults_max(check->faults, (int64_t)max, "items");
        return false;
    }
    pointer_to(spec->name, pointer, sizeof pointer - 24);
    snprintf(pointer + strlen(pointer), 24, "/%zu", index);
    if (!text)
        fault_no_text(check, pointer);
    else if (check_text(check, pointer, text, 1, STRING_BYTES))
        json_string(&check->out, text);
    return true;
}

static void check_list_json(struct check *check, const struct param_spec *spec, yajl_val list)
{
    if (!YAJL_IS_ARRAY(list)) {
        fault(check, spec, "type", "must be a list of strings");
        return;
    }
    json_array(&check->out);
    for (size_t i = 0; i < list->u.array.len; i++) {
        yajl_val item = list->u.array.values[i];
        if (!check_item(check, spec, YAJL_IS_STRING(item) ? item->u.string : NULL, i))
            break;
    }
    json_array_end(&check->out);
}

/* "a, b,c": split at commas, without white space around the items; empty items are ignored. */
static void check_list_text(struct check *check, const struct param_spec *spec, const char *text)
{
    size_t index = 0;
    char *item = malloc(strlen(text) + 1);
    if (!item)
        abort();
    json_array(&check->out);
    for (const char *next = text; next; text = next ? next + 1 : NULL) {
        next = strchr(text, ',');
        const char *start = text;
        size_t n = next ? (size_t)(next - text) : strlen(text);
        utf8_trim(&start, &n);
        memcpy(item, start, n);
        item[n] = '\0';
        if (n > 0 && !check_item(check, spec, item, index++))
            break;
    }
    json_array_end(&check->out);
    free(item);
}

static void check_list(struct check *check, const struct param_spec *spec, const struct given *given)
{
    if (given->text)
        check_list_text(check, spec, given->text);
    else
        check_list_json(check, spec, given->json);
}

/* ---- Objects -------------------------------------------------------------------------------------------------- */

static bool is_choice(const struct param_spec *spec, const char *name)
{
    for (const char *const *choice = spec->choices; *choice; choice++)
        if (strcmp(name, *choice) == 0)
            return true;
    return false;
}

static void check_member(struct check *check, const struct param_spec *spec, const char *name, yajl_val value)
{
    char pointer[400];
    struct choice_text known;
    pointer_to(spec->name, pointer, 100);
    pointer_to(name, pointer + strlen(pointer), 200);
    if (!is_choice(spec, name)) {
        choice_text_init(&known, "unknown name; must be one of ");
        for (const char *const *choice = spec->choices; *choice; choice++)
            choice_text_add(&known, *choice);
        param_faults_add(check->faults, pointer, "choice", "%s", known.text);
        check->failed = true;
        for (const char *const *choice = spec->choices; *choice; choice++)
            param_faults_allow(check->faults, *choice);
        return;
    }
    if (!YAJL_IS_STRING(value))
        fault_no_text(check, pointer);
    else if (check_text(check, pointer, value->u.string, 1, spec->max))
        json_put_string(&check->out, name, value->u.string);
}

static void check_object(struct check *check, const struct param_spec *spec, yajl_val object)
{
    if (!YAJL_IS_OBJECT(object)) {
        fault(check, spec, "type", "must be an object");
        return;
    }
    json_object(&check->out);
    for (size_t i = 0; i < object->u.object.len; i++)
        check_member(check, spec, object->u.object.keys[i], object->u.object.values[i]);
    json_object_end(&check->out);
}

static void check_map(struct check *check, const struct param_spec *spec, const struct given *given)
{
    char why[100];
    if (!given->text) {
        check_object(check, spec, given->json);
        return;
    }
    yajl_val object = json_parse(given->text, strlen(given->text), 4, why, sizeof why);
    if (object)
        check_object(check, spec, object);
    else
        fault(check, spec, "type", "must be the JSON text of an object, like {\"qty\":\"F\"}");
    yajl_tree_free(object);
}

static void check_own(struct check *check, const struct param_spec *spec, const struct given *given)
{
    char why[100], detail[200];
    yajl_val parsed = given->text ? json_parse(given->text, strlen(given->text), 6, why, sizeof why) : NULL;
    if (given->text && !parsed) {
        snprintf(detail, sizeof detail, "must be JSON text like %s", spec->example);
        fault(check, spec, "type", detail);
    } else if (!spec->own(spec, parsed ? parsed : given->json, &check->out, check->faults)) {
        check->failed = true;
    }
    yajl_tree_free(parsed);
}

/* ---- All of them ---------------------------------------------------------------------------------------------- */

static void check_value(struct check *check, const struct param_spec *spec, const struct given *given)
{
    static void (*const by_kind[])(struct check *, const struct param_spec *, const struct given *) = {
        [PARAM_STRING] = check_string,   [PARAM_BOOL] = check_bool, [PARAM_INT] = check_int,
        [PARAM_DECIMAL] = check_decimal, [PARAM_DATE] = check_date, [PARAM_CHOICE] = check_choice,
        [PARAM_STRINGS] = check_list,    [PARAM_MAP] = check_map,   [PARAM_OWN] = check_own,
    };
    by_kind[spec->kind](check, spec, given);
}

/* Writes the parameter in canonical form: as given, or its default. After a fault the text is not used any more but
 * must stay well-formed: null takes the place. */
static void put_param(struct check *check, const struct param_spec *spec, const struct given *given)
{
    struct check one = {.faults = check->faults};
    bool is_given = given->json || given->text;
    if (!is_given && check->form == FORM_GIVEN)
        return;
    json_key(&check->out, spec->name);
    if (!is_given) {
        if (spec->required)
            fault(check, spec, "required", "is required");
        const char *otherwise = spec->otherwise ? spec->otherwise : "null";
        json_raw(&check->out, otherwise, strlen(otherwise));
        return;
    }
    json_out_init(&one.out);
    check_value(&one, spec, given);
    size_t n;
    const char *text = json_out_text(&one.out, &n);
    if (one.failed)
        json_null(&check->out);
    else
        json_raw(&check->out, text, n);
    check->failed = check->failed || one.failed;
    json_out_fini(&one.out);
}

static bool is_known(const struct param_spec *specs, const char *name)
{
    for (; specs->name; specs++) {
        if (strcmp(specs->name, name) == 0)
            return true;
    }
    return false;
}

static void fault_unknown(struct check *check, const struct param_spec *specs, const char *name)
{
    struct choice_text text;
    choice_text_init(&text, "is not a parameter here; known parameters: ");
    for (const struct param_spec *spec = specs; spec->name; spec++)
        choice_text_add(&text, spec->name);
    fault_at(check, name, "unknown", specs->name ? text.text : "is not a parameter here; there are none");
    param_faults_value(check->faults, name);
    for (const struct param_spec *spec = specs; spec->name; spec++)
        param_faults_allow(check->faults, spec->name);
}

static void check_begin(struct check *check, struct param_faults *faults, enum form form)
{
    *check = (struct check){.faults = faults, .form = form};
    json_out_init(&check->out);
    json_object(&check->out);
}

static char *check_end(struct check *check)
{
    json_object_end(&check->out);
    char *text = check->failed && check->form != FORM_USABLE ? NULL : json_out_copy(&check->out);
    json_out_fini(&check->out);
    return text;
}

static char *from_json(const struct param_spec *specs, yajl_val object, struct param_faults *faults, enum form form)
{
    struct check check;
    check_begin(&check, faults, form);
    if (object && !YAJL_IS_OBJECT(object)) {
        param_faults_add(faults, "", "type", "the parameters must be a JSON object");
        param_faults_expect(faults, "object");
        check.failed = true;
        specs = NULL; /* one fault is enough */
    }
    for (size_t i = 0; specs && object && i < object->u.object.len; i++) {
        if (!is_known(specs, object->u.object.keys[i]))
            fault_unknown(&check, specs, object->u.object.keys[i]);
    }
    for (const struct param_spec *spec = specs; spec && spec->name; spec++) {
        struct given given = {.json = object ? json_member(object, spec->name) : NULL};
        if (YAJL_IS_NULL(given.json))
            given.json = NULL;
        put_param(&check, spec, &given);
    }
    return check_end(&check);
}

char *params_from_json(const struct param_spec *specs, yajl_val object, struct param_faults *faults)
{
    return from_json(specs, object, faults, FORM_WHOLE);
}

char *params_usable_json(const struct param_spec *specs, yajl_val object, struct param_faults *faults)
{
    return from_json(specs, object, faults, FORM_USABLE);
}

/* The raw value of a parameter; NULL if it is not given. An empty value counts as not given, because forms send empty
 * fields. Twice is a fault, even with the same value: a proxy or a client has mixed two requests up. */
static const char *raw_value(struct check *check, const struct param_spec *spec, const struct param_raw *raw, size_t n)
{
    const char *value = NULL;
    for (size_t i = 0; i < n; i++) {
        if (strcmp(raw[i].name, spec->name) != 0)
            continue;
        if (value)
            fault(check, spec, "duplicate", "is given more than once");
        value = raw[i].value;
    }
    return value && value[0] != '\0' ? value : NULL;
}

static char *from_text(const struct param_spec *specs, const struct param_raw *raw, size_t n,
                       struct param_faults *faults, enum form form)
{
    struct check check;
    check_begin(&check, faults, form);
    for (size_t i = 0; i < n; i++) {
        if (!is_known(specs, raw[i].name))
            fault_unknown(&check, specs, raw[i].name);
    }
    for (const struct param_spec *spec = specs; spec->name; spec++) {
        struct given given = {.text = raw_value(&check, spec, raw, n)};
        put_param(&check, spec, &given);
    }
    return check_end(&check);
}

char *params_from_text(const struct param_spec *specs, const struct param_raw *raw, size_t n,
                       struct param_faults *faults)
{
    return from_text(specs, raw, n, faults, FORM_WHOLE);
}

char *params_usable_text(const struct param_spec *specs, const struct param_raw *raw, size_t n,
                         struct param_faults *faults)
{
    return from_text(specs, raw, n, faults, FORM_USABLE);
}

char *params_given_json(const struct param_spec *specs, yajl_val object, struct param_faults *faults)
{
    return from_json(specs, object, faults, FORM_GIVEN);
}

char *params_given_text(const struct param_spec *specs, const struct param_raw *raw, size_t n,
                        struct param_faults *faults)
{
    return from_text(specs, raw, n, faults, FORM_GIVEN);
}

static void put_members(struct json_out *out, yajl_val object, yajl_val but)
{
    for (size_t i = 0; YAJL_IS_OBJECT(object) && i < object->u.object.len; i++) {
        if (but && json_member(but, object->u.object.keys[i]))
            continue;
        json_key(out, object->u.object.keys[i]);
        json_value(out, object->u.object.values[i]);
    }
}

char *params_over(yajl_val base, yajl_val over)
{
    struct json_out out;
    json_out_init(&out);
    json_object(&out);
    put_members(&out, base, over);
    put_members(&out, over, NULL);
    json_object_end(&out);
    char *text = json_out_copy(&out);
    json_out_fini(&out);
    return text;
}
