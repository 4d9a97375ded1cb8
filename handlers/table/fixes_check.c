/* The parameter `fixes`, with all that is wrong at once. */
#include "handlers/table/fixes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHEET_BYTES = 124, VALUE_BYTES = 1000 };

struct checking {
    const struct param_spec *spec;
    struct param_faults *faults;
    size_t index;
    bool failed;
};

__attribute__((format(printf, 4, 5))) static void wrong(struct checking *c, const char *member, const char *code,
                                                        const char *format, ...)
{
    char pointer[96], detail[200];
    va_list args;
    va_start(args, format);
    vsnprintf(detail, sizeof detail, format, args);
    va_end(args);
    snprintf(pointer, sizeof pointer, "/%s/%zu%s%.40s", c->spec->name, c->index, *member ? "/" : "", member);
    param_faults_add(c->faults, pointer, code, "%s", detail);
    c->failed = true;
}

static void wrong_form(struct checking *c, const char *member, const char *form, const char *detail)
{
    wrong(c, member, "type", "%s", detail);
    param_faults_expect(c->faults, form);
}

static void wrong_length(struct checking *c, const char *member, int max)
{
    wrong(c, member, "range", "must have at most %d bytes and no control characters", max);
    param_faults_max(c->faults, max, "bytes");
}

/* At most `max` bytes without control characters. */
static bool is_plain(const char *text, size_t max)
{
    if (strlen(text) > max)
        return false;
    for (; *text; text++)
        if ((unsigned char)*text < 0x20)
            return false;
    return true;
}

static void check_sheet(struct checking *c, yajl_val value)
{
    const char *text = YAJL_GET_STRING(value);
    if (!value || YAJL_IS_NULL(value))
        return;
    if (!text)
        wrong_form(c, "sheet", "text", "must be the name of a sheet");
    else if (!is_plain(text, SHEET_BYTES))
        wrong_length(c, "sheet", SHEET_BYTES);
}

static void wrong_row(struct checking *c)
{
    wrong(c, "row", "range", "must be between 1 and %u", GRID_MAX_ROW);
    param_faults_fact(c->faults, "min", "1");
    param_faults_max(c->faults, GRID_MAX_ROW, "rows");
}

static void check_row(struct checking *c, yajl_val value)
{
    if (!value)
        wrong(c, "row", "required", "is required");
    else if (!YAJL_IS_INTEGER(value))
        wrong_form(c, "row", "integer", "must be a whole number");
    else if (YAJL_GET_INTEGER(value) < 1 || YAJL_GET_INTEGER(value) > GRID_MAX_ROW)
        wrong_row(c);
}

/* "A" to "XFD", in either case. Returns 0 for anything else, else the number of the column from 1. */
static uint32_t column_number(const char *text)
{
    uint32_t number = 0;
    for (; text && *text; text++) {
        char letter = (char)(*text & ~0x20);
        if (letter < 'A' || letter > 'Z' || number > GRID_MAX_COLUMN)
            return 0;
        number = number * 26 + (uint32_t)(letter - 'A') + 1;
    }
    return number <= GRID_MAX_COLUMN ? number : 0;
}

static void check_value(struct checking *c, yajl_val value)
{
    const char *text = YAJL_GET_STRING(value);
    if (!value)
        wrong(c, "value", "required", "is required, unless the row is left out by skip");
    else if (text && !is_plain(text, VALUE_BYTES))
        wrong_length(c, "value", VALUE_BYTES);
    else if (!text && !YAJL_IS_NUMBER(value) && !YAJL_IS_NULL(value))
        wrong_form(c, "value", "text", "must be a text, a number, or null for an empty cell");
}

static void check_cell(struct checking *c, yajl_val column, yajl_val value)
{
    if (!column)
        wrong(c, "column", "required", "is required, unless the row is left out by skip");
    else if (!column_number(YAJL_GET_STRING(column)))
        wrong_form(c, "column", "letter", "must be the letter of a column, A to XFD");
    check_value(c, value);
}

static void check_names(struct checking *c, yajl_val item)
{
    static const char *const names[] = {"sheet", "row", "column", "value", "skip"};
    for (size_t i = 0; i < item->u.object.len; i++) {
        const char *key = item->u.object.keys[i];
        bool known = false;
        for (size_t k = 0; k < sizeof names / sizeof names[0]; k++)
            known = known || strcmp(key, names[k]) == 0;
        if (known)
            continue;
        wrong(c, key, "unknown", "is not a member of a fix; known members: sheet, row, column, value, skip");
        param_faults_value(c->faults, key);
        param_faults_allow_all(c->faults, "sheet\nrow\ncolumn\nvalue\nskip\n");
    }
}

static void check_fix(struct checking *c, yajl_val item)
{
    yajl_val column = json_member(item, "column"), value = json_member(item, "value"), skip = json_member(item, "skip");
    if (!YAJL_IS_OBJECT(item)) {
        wrong_form(c, "", "object", "must be an object with sheet, row, and column and value or skip");
        return;
    }
    check_names(c, item);
    check_sheet(c, json_member(item, "sheet"));
    check_row(c, json_member(item, "row"));
    if (skip && !YAJL_IS_TRUE(skip) && !YAJL_IS_FALSE(skip))
        wrong_form(c, "skip", "boolean", "must be true or false");
    if (!YAJL_IS_TRUE(skip))
        check_cell(c, column, value);
    else if (column || value)
        wrong(c, "skip", "conflict", "a row that is left out has no column and no value");
}

static const char *text_of(yajl_val value)
{
    return YAJL_IS_NUMBER(value) ? YAJL_GET_NUMBER(value) : YAJL_IS_STRING(value) ? YAJL_GET_STRING(value) : "";
}

static void put_fix(struct json_out *out, yajl_val item)
{
    char letters[4] = "";
    const char *column = json_member_string(item, "column", "");
    json_object(out);
    json_put_string(out, "sheet", json_member_string(item, "sheet", ""));
    json_put_int(out, "row", json_member_int(item, "row", 1));
    if (YAJL_IS_TRUE(json_member(item, "skip"))) {
        json_put_bool(out, "skip", true);
    } else {
        for (size_t i = 0; column[i] && i + 1 < sizeof letters; i++)
            letters[i] = (char)(column[i] & ~0x20);
        json_put_string(out, "column", letters);
        json_put_string(out, "value", text_of(json_member(item, "value")));
    }
    json_object_end(out);
}

/* ---- One fix a cell ----------------------------------------------------------------------------------------------- */

struct place {
    const char *sheet;
    int64_t row;
    uint32_t column; /* 0 = the row is left out */
    size_t index;
};

static int by_place(const void *left, const void *right)
{
    const struct place *a = left, *b = right;
    int sheet = strcmp(a->sheet, b->sheet);
    if (sheet != 0)
        return sheet;
    if (a->row != b->row)
        return a->row < b->row ? -1 : 1;
    if (a->column != b->column)
        return a->column < b->column ? -1 : 1;
    return a->index < b->index ? -1 : a->index > b->index;
}

static struct place *places_of(yajl_val list)
{
    struct place *places = calloc(list->u.array.len + 1, sizeof *places);
    if (!places)
        abort();
    for (size_t i = 0; i < list->u.array.len; i++) {
        yajl_val item = list->u.array.values[i];
        bool skip = YAJL_IS_TRUE(json_member(item, "skip"));
        places[i] = (struct place){json_member_string(item, "sheet", ""), json_member_int(item, "row", 0),
                                   skip ? 0 : column_number(json_member_string(item, "column", "")), i};
    }
    qsort(places, list->u.array.len, sizeof *places, by_place);
    return places;
}

static void check_doubles(struct checking *c, yajl_val list)
{
    struct place *places = places_of(list);
    for (size_t i = 1; i < list->u.array.len; i++) {
        const struct place *a = &places[i - 1], *b = &places[i];
        bool row = strcmp(a->sheet, b->sheet) == 0 && a->row == b->row;
        c->index = b->index;
        if (row && a->column == b->column)
            wrong(c, "", "duplicate", "names the same cell or row as number %zu", a->index);
        else if (row && a->column == 0)
            wrong(c, "", "conflict", "is in a row that number %zu leaves out", a->index);
    }
    free(places);
}

bool table_fixes_check(const struct param_spec *spec, yajl_val value, struct json_out *out, struct param_faults *faults)
{
    struct checking c = {.spec = spec, .faults = faults};
    char pointer[40];
    snprintf(pointer, sizeof pointer, "/%s", spec->name);
    if (!YAJL_IS_ARRAY(value)) {
        param_faults_add(faults, pointer, "type", "must be a list like %s", spec->example);
        param_faults_expect(faults, "list");
        return false;
    }
    if (value->u.array.len > TABLE_FIXES_MAX) {
        param_faults_add(faults, pointer, "range", "must have at most %d items", TABLE_FIXES_MAX);
        param_faults_max(faults, TABLE_FIXES_MAX, "items");
        return false;
    }
    for (c.index = 0; c.index < value->u.array.len; c.index++)
        check_fix(&c, value->u.array.values[c.index]);
    if (!c.failed)
        check_doubles(&c, value);
    json_array(out);
    for (size_t i = 0; !c.failed && i < value->u.array.len; i++)
        put_fix(out, value->u.array.values[i]);
    json_array_end(out);
    return !c.failed;
}
