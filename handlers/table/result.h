/* What the result of an import says about its file: columns that are not read, and sheets. */
#ifndef PF_TABLE_RESULT_H
#define PF_TABLE_RESULT_H

#include "base/json.h"
#include "handlers/heading/head.h"
#include "handlers/result.h"
#include "handlers/table/sheets.h"

extern const struct result_spec table_ignored_members[];
extern const struct result_spec table_sheet_members[];

/* The member "ignored": columns with a caption that are not read. NULL: an empty list. */
void table_put_ignored(struct json_out *out, const struct table_heading *heading);
/* The member "sheets": every sheet of the file. */
void table_put_sheets(struct json_out *out, const struct table_sheets *sheets);

#endif
