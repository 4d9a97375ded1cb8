/* Facts and choices as lines, and as JSON. */
#include "base/facts.h"

#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define FACT_BYTES (4 * FACT_CHARACTERS + 1)

static void clean(const char *text, size_t n, char out[FACT_BYTES])
{
    size_t used = 0;
    for (size_t i = 0, len, done = 0; i < n && done < FACT_CHARACTERS; i += len, done++) {
        uint32_t cp = utf8_decode(text + i, n - i, &len);
        used += utf8_encode(cp == UTF8_BAD ? 0xfffd : cp < 0x20 || cp == 0x7f ? ' ' : cp, out + used);
    }
    out[used] = '\0';
}

static void add_line(char *lines, size_t size, const char *const *parts, unsigned n)
{
    size_t used = strlen(lines), need = 0;
    for (unsigned i = 0; i < n; i++)
        need += strlen(parts[i]) + 1;
    if (used + need + 1 > size)
        return;
    for (unsigned i = 0; i < n; i++)
        used += (size_t)snprintf(lines + used, size - used, "%s%c", parts[i], i + 1 < n ? '\t' : '\n');
}

/* Is there a line with this name? */
static bool is_there(const char *facts, const char *name)
{
    size_t n = strlen(name);
    for (const char *line = facts; line && *line; line = strchr(line, '\n') + 1)
        if (strncmp(line, name, n) == 0 && line[n] == '\t')
            return true;
    return false;
}

static void add_fact(char *facts, size_t size, const char *name, const char *format, va_list args)
    __attribute__((format(printf, 4, 0)));

static void add_fact(char *facts, size_t size, const char *name, const char *format, va_list args)
{
    char text[FACT_BYTES], value[FACT_BYTES];
    vsnprintf(text, sizeof text, format, args);
    clean(text, utf8_cut(text, strlen(text), sizeof text - 1), value);
    if (!is_there(facts, name))
        add_line(facts, size, (const char *const[]){name, value}, 2);
}

void facts_add(char *facts, size_t size, const char *name, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add_fact(facts, size, name, format, args);
    va_end(args);
}

void told_fact(struct fault_told *told, const char *name, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add_fact(told->facts, sizeof told->facts, name, format, args);
    va_end(args);
}

void told_choice(struct fault_told *told, const char *param, const char *value, const char *label)
{
    facts_add_choice(told->choices, sizeof told->choices, param, value, label);
}

void told_json(struct json_out *out, const struct fault_told *told)
{
    json_key(out, "args");
    facts_json(out, told->facts);
    json_key(out, "choices");
    facts_choices_json(out, told->choices);
}

void facts_add_value(char *values, size_t size, const char *value)
{
    char text[FACT_BYTES];
    clean(value, strlen(value), text);
    add_line(values, size, (const char *const[]){text}, 1);
}

void facts_add_choice(char *choices, size_t size, const char *param, const char *value, const char *label)
{
    char clean_value[FACT_BYTES], clean_label[FACT_BYTES];
    clean(value, strlen(value), clean_value);
    clean(label, strlen(label), clean_label);
    add_line(choices, size, (const char *const[]){param, clean_value, clean_label}, 3);
}

/* The next part of a line, up to a TAB or its end. Returns what follows. */
static const char *part(const char *at, char out[FACT_BYTES])
{
    size_t n = strcspn(at, "\t\n");
    snprintf(out, FACT_BYTES, "%.*s", (int)n, at);
    return at + n + (at[n] != '\0');
}

void facts_put(struct json_out *out, const char *name, const char *text, size_t n)
{
    char value[FACT_BYTES];
    clean(text, n, value);
    json_put_string(out, name, value);
}

void facts_members(struct json_out *out, const char *facts)
{
    char name[FACT_BYTES], value[FACT_BYTES];
    for (const char *at = facts; *at;) {
        at = part(part(at, name), value);
        json_put_string(out, name, value);
    }
}

void facts_json(struct json_out *out, const char *facts)
{
    json_object(out);
    facts_members(out, facts);
    json_object_end(out);
}

void facts_choices_json(struct json_out *out, const char *choices)
{
    char param[FACT_BYTES], value[FACT_BYTES], label[FACT_BYTES];
    json_array(out);
    for (const char *at = choices; *at;) {
        at = part(part(part(at, param), value), label);
        json_object(out);
        json_put_string(out, "param", param);
        json_put_string(out, "value", value);
        json_put_string(out, "label", label);
        json_object_end(out);
    }
    json_array_end(out);
}

void facts_values_json(struct json_out *out, const char *values)
{
    char value[FACT_BYTES];
    json_array(out);
    for (const char *at = values; *at;) {
        at = part(at, value);
        json_string(out, value);
    }
    json_array_end(out);
}
