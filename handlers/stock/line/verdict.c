/* The faults of one row. */
#include "handlers/stock/line/verdict.h"

#include "base/facts.h"
#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool stock_verdict_has(const struct stock_verdict *verdict, enum stock_code code)
{
    for (unsigned i = 0; i < verdict->n; i++)
        if (verdict->fault[i].code == code)
            return true;
    return false;
}

/* Returns the new fault, or NULL if the code is there already. */
static struct stock_fault *add(struct stock_verdict *verdict, enum stock_code code, enum stock_field field)
{
    if (verdict->n == STOCK_FAULTS || stock_verdict_has(verdict, code))
        return NULL;
    struct stock_fault *fault = &verdict->fault[verdict->n++];
    fault->code = (uint8_t)code;
    fault->field = (uint8_t)field;
    fault->column = 0;
    fault->detail[0] = '\0';
    fault->facts[0] = '\0';
    verdict->refused |= stock_code_is_error(code);
    return fault;
}

void stock_fault_add(struct stock_verdict *verdict, enum stock_code code, enum stock_field field)
{
    add(verdict, code, field);
}

void stock_fault_at(struct stock_verdict *verdict, enum stock_code code, enum stock_field field, uint32_t column)
{
    struct stock_fault *fault = add(verdict, code, field);
    if (fault)
        fault->column = (uint8_t)(column + 1);
}

static void detail(struct stock_fault *fault, const char *format, va_list args) __attribute__((format(printf, 2, 0)));

static void detail(struct stock_fault *fault, const char *format, va_list args)
{
    char text[4 * STOCK_FAULT_DETAIL];
    vsnprintf(text, sizeof text, format, args);
    size_t n = utf8_cut(text, strlen(text), sizeof fault->detail - 1);
    memcpy(fault->detail, text, n);
    fault->detail[n] = '\0';
}

void stock_fault_addf(struct stock_verdict *verdict, enum stock_code code, enum stock_field field, const char *format,
                      ...)
{
    struct stock_fault *fault = add(verdict, code, field);
    va_list args;
    va_start(args, format);
    if (fault)
        detail(fault, format, args);
    va_end(args);
}

void stock_fault_addf_at(struct stock_verdict *verdict, enum stock_code code, enum stock_field field, uint32_t column,
                         const char *format, ...)
{
    struct stock_fault *fault = add(verdict, code, field);
    va_list args;
    va_start(args, format);
    if (fault) {
        fault->column = (uint8_t)(column + 1);
        detail(fault, format, args);
    }
    va_end(args);
}

void stock_fault_fact(struct stock_verdict *verdict, enum stock_code code, const char *name, const char *format, ...)
{
    char value[STOCK_FAULT_DETAIL];
    va_list args;
    va_start(args, format);
    vsnprintf(value, sizeof value, format, args);
    va_end(args);
    value[utf8_cut(value, strlen(value), sizeof value - 1)] = '\0';
    for (unsigned i = 0; i < verdict->n; i++)
        if (verdict->fault[i].code == code)
            facts_add(verdict->fault[i].facts, sizeof verdict->fault[i].facts, name, "%s", value);
}
