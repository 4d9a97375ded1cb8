/* What is wrong with one row: errors, which refuse it, and warnings. All that is wrong is said, not only the first. */
#ifndef PF_STOCK_LINE_VERDICT_H
#define PF_STOCK_LINE_VERDICT_H

#include "handlers/stock/line/issue.h"
#include "handlers/values/labels.h"

#define STOCK_FAULTS       16 /* more than one row can have */
#define STOCK_FAULT_DETAIL 96

struct stock_fault {
    uint8_t code;                    /* enum stock_code */
    uint8_t field;                   /* enum stock_field in whose column the fault is; FIELD_NONE = in none */
    uint8_t column;                  /* from 1, of a field that has several columns; 0 = the field's first */
    char detail[STOCK_FAULT_DETAIL]; /* what the code's sentence leaves open: "USD on 2025-03-15"; or "" */
    char facts[STOCK_FAULT_DETAIL];  /* the same as fields (base/facts.h); or "" */
};

/* Each code at most once. Warnings of a refused row are among them; they are not reported. */
struct stock_verdict {
    unsigned n;
    bool refused; /* an error is among them */
    struct stock_fault fault[STOCK_FAULTS];
};
static inline void stock_verdict_init(struct stock_verdict *verdict)
{
    verdict->n = 0;
    verdict->refused = false;
}
void stock_fault_add(struct stock_verdict *verdict, enum stock_code code, enum stock_field field);
/* The same in one of several columns of the field, 0-based. */
void stock_fault_at(struct stock_verdict *verdict, enum stock_code code, enum stock_field field, uint32_t column);
/* The same with a detail, which is cut at a character's end. */
void stock_fault_addf(struct stock_verdict *verdict, enum stock_code code, enum stock_field field, const char *format,
                      ...) __attribute__((format(printf, 4, 5)));
/* Both. */
void stock_fault_addf_at(struct stock_verdict *verdict, enum stock_code code, enum stock_field field, uint32_t column,
                         const char *format, ...) __attribute__((format(printf, 5, 6)));
/* Adds a fact to the fault with this code; one that does not fit, or is there already, is left out. */
void stock_fault_fact(struct stock_verdict *verdict, enum stock_code code, const char *name, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
bool stock_verdict_has(const struct stock_verdict *verdict, enum stock_code code);

#endif
