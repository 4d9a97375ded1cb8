/* What a page needs that lets people say which column is what: the member `mapping` of the result of a dry run, and of
 * the error_detail of a task that ended with a question. */
#ifndef PF_TABLE_MAPPING_H
#define PF_TABLE_MAPPING_H

#include "base/json.h"
#include "handlers/result.h"
#include "handlers/table/reader.h"

extern const struct result_spec table_mapping_members[];
extern const struct result_spec table_profile_members[];

/* What is shown, and what the columns of this file may be: fields are numbered from 1; 0 = nothing. */
struct table_shown {
    const struct table_sheets *sheets;
    const struct table_views *views;
    const char *const *fields; /* names that the parameter `columns` takes, NULL-terminated */
    const char *(*field_name)(const void *ctx, unsigned field);
    const void *ctx;
};
/* Of a file of stock or prices. */
struct table_shown table_shown_of(const struct table_reader *reader, const char *const *fields);

/* The sheet that the answer is about: the one that was read; else the first that has a heading; else the one whose
 * missing heading the failure tells of. NULL: no sheet was looked at. */
const struct table_view *table_mapping_sheet(const struct table_shown *shown);

/* Saved parameters for these captions. */
#define TABLE_FIT_NAME 257
struct table_fit {
    char name[TABLE_FIT_NAME]; /* "" = there are none */
    bool near;                 /* most captions are the same, but not all */
};

/* Writes the value of `mapping`. */
void table_put_mapping(struct json_out *out, const struct table_shown *shown, const struct table_fit *fit);

/* The member "profile": {name, fits}, or null. */
void table_put_profile(struct json_out *out, const struct table_fit *fit);

#endif
