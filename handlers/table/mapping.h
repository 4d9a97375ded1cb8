/* What a page needs that lets people say which column is what: the member `mapping` of the result of a dry run, and of
 * the error_detail of a task that ended with a question. */
#ifndef PF_TABLE_MAPPING_H
#define PF_TABLE_MAPPING_H

#include "base/json.h"
#include "handlers/result.h"
#include "handlers/table/reader.h"

extern const struct result_spec table_mapping_members[];
extern const struct result_spec table_profile_members[];

/* The sheet that the answer is about: the one that was read; else the first that has a heading; else the one whose
 * missing heading the failure tells of. NULL: no sheet was looked at. */
const struct table_view *table_mapping_sheet(const struct table_reader *reader);

/* Writes the value of `mapping`. `fields`: the names that the parameter `columns` takes, NULL-terminated. `profile`: the
 * saved parameters that fit the captions, NULL = none do. */
void table_put_mapping(struct json_out *out, const struct table_reader *reader, const char *const *fields,
                       const char *profile);

/* The member "profile": {name, fits}, or null. */
void table_put_profile(struct json_out *out, const char *profile);

#endif
