/* The list of faults of a request. */
#include "handlers/params.h"

#include "base/facts.h"
#include "base/utf8.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Copy what fits without cutting a character or trusting its bytes. */
static void copy_clean(char *out, size_t size, const char *text)
{
    size_t n = strlen(text), used = 0, len;
    for (size_t i = 0; i < n; i += len) {
        char bytes[4];
        uint32_t cp = utf8_decode(text + i, n - i, &len);
        size_t add = utf8_encode(cp == UTF8_BAD || cp < 0x20 ? 0xFFFD : cp, bytes);
        if (used + add + 1 > size)
            break;
        memcpy(out + used, bytes, add);
        used += add;
    }
    out[used] = '\0';
}

void param_faults_add(struct param_faults *faults, const char *pointer, const char *code, const char *format, ...)
{
    faults->full = faults->n == PARAM_FAULTS_MAX;
    if (faults->full)
        return;
    struct param_fault *fault = &faults->fault[faults->n++];
    fault->facts[0] = fault->allowed[0] = '\0';
    char detail[2 * sizeof fault->detail];
    va_list args;
    va_start(args, format);
    vsnprintf(detail, sizeof detail, format, args);
    va_end(args);
    copy_clean(fault->detail, sizeof fault->detail, detail);
    copy_clean(fault->pointer, sizeof fault->pointer, pointer);
    copy_clean(fault->code, sizeof fault->code, code);
}

void param_faults_fact(struct param_faults *faults, const char *name, const char *format, ...)
{
    char value[500];
    va_list args;
    va_start(args, format);
    vsnprintf(value, sizeof value, format, args);
    va_end(args);
    if (faults->n > 0 && !faults->full)
        facts_add(faults->fault[faults->n - 1].facts, sizeof faults->fault[0].facts, name, "%s", value);
}

void param_faults_copy(struct param_faults *faults, const struct param_fault *fault)
{
    faults->full = faults->n == PARAM_FAULTS_MAX;
    if (!faults->full)
        faults->fault[faults->n++] = *fault;
}

void param_faults_value(struct param_faults *faults, const char *value)
{
    param_faults_fact(faults, "value", "%s", value);
}

void param_faults_expect(struct param_faults *faults, const char *form)
{
    param_faults_fact(faults, "expected", "%s", form);
}

void param_faults_max(struct param_faults *faults, int64_t max, const char *unit)
{
    param_faults_fact(faults, "max", "%" PRId64, max);
    param_faults_fact(faults, "unit", "%s", unit);
}

void param_faults_allow(struct param_faults *faults, const char *value)
{
    if (faults->n > 0 && !faults->full)
        facts_add_value(faults->fault[faults->n - 1].allowed, sizeof faults->fault[0].allowed, value);
}

void param_faults_allow_all(struct param_faults *faults, const char *values)
{
    if (faults->n > 0 && !faults->full)
        snprintf(faults->fault[faults->n - 1].allowed, sizeof faults->fault[0].allowed, "%s", values);
}

void param_faults_prefix(struct param_faults *faults, unsigned from, const char *prefix)
{
    for (unsigned i = from; i < faults->n; i++) {
        char pointer[2 * sizeof faults->fault[i].pointer];
        snprintf(pointer, sizeof pointer, "%s%s", prefix, faults->fault[i].pointer);
        snprintf(faults->fault[i].pointer, sizeof faults->fault[i].pointer, "%.*s",
                 (int)sizeof faults->fault[i].pointer - 1, pointer);
    }
}
