/* Members of a task's result: one table per type describes them, next to the code that writes them; the API document
 * comes from it. A type without a table has a result of any members.
 *
 * The tests check every result against its table: a member that the table lacks is a failed test. */
#ifndef PF_HANDLERS_RESULT_H
#define PF_HANDLERS_RESULT_H

#include <stdbool.h>

enum result_kind {
    RESULT_TEXT,
    RESULT_TEXTS, /* list of texts */
    RESULT_BOOL,
    RESULT_COUNT,   /* whole number, 0 or more */
    RESULT_ID,      /* whole number, 1 or more */
    RESULT_IDS,     /* list of such numbers */
    RESULT_DECIMAL, /* decimal number as text */
    RESULT_DATE,    /* YYYY-MM-DD */
    RESULT_SHA256,  /* 64 hexadecimal digits */
    RESULT_CHOICE,  /* one of `choices` */
    RESULT_COUNTS,  /* object of any names with a count each */
    RESULT_ISSUES,  /* object of codes of row errors and warnings with a count each */
    RESULT_OBJECT,  /* `members` */
    RESULT_LIST,    /* objects with `members` each */
    RESULT_SCHEMA   /* as `schema` of the API document says */
};

struct result_spec {
    const char *name; /* NULL ends a table */
    enum result_kind kind;
    bool nullable;
    bool optional;                     /* may be left out */
    bool deprecated;                   /* another name for something else; one version more */
    const char *const *choices;        /* CHOICE: NULL-terminated */
    const struct result_spec *members; /* OBJECT, LIST */
    const char *schema;                /* SCHEMA: its name */
    const char *help;                  /* one sentence, or NULL when the name says it */
};

#endif
