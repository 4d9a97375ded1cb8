/* Fixes: cells that a person put right, and rows to leave out, laid over the grid before any rule sees it.
 *
 * A fix is named by the sheet's name as the file has it (none in a CSV file), the row's number and the column's letter. A
 * fixed cell is a plain text, whatever it was: a number, a date or a formula without a value. A cell that the row does
 * not have yet is added, an empty text takes a cell away, a row to leave out is not there. What touches no row of a sheet
 * that is read is told at the end: the file is not the one that was looked at, and the import fails. */
#ifndef PF_TABLE_FIXES_H
#define PF_TABLE_FIXES_H

#include "base/facts.h"
#include "handlers/params.h"
#include "handlers/sheet/grid/grid.h"

#define TABLE_FIXES_MAX 1000

struct table_fix {
    const char *sheet, *value; /* "" = none; borrowed from the parameters */
    uint32_t row, column;      /* 0-based */
    bool skip, used;
};
struct table_fixes {
    struct table_fix *fix; /* by sheet, row, column */
    uint32_t n;
    struct grid_sink inner;
    uint32_t from, to; /* those of the sheet that is being read */
    struct grid_cell *cells;
    uint32_t room;
};

/* The parameter `fixes` of an import. */
#define TABLE_FIXES_PARAM                                                                                              \
    {                                                                                                                  \
        .name = "fixes", .kind = PARAM_OWN, .saved = NOT_SAVED, .own = table_fixes_check, .schema = "Fixes",           \
        .example = "[{\"sheet\":\"TDSheet\",\"row\":12,\"column\":\"C\",\"value\":\"3\"}]",                            \
        .help = "Cells put right and rows left out, laid over the file before it is read."                             \
    }
bool table_fixes_check(const struct param_spec *spec, yajl_val value, struct json_out *out,
                       struct param_faults *faults);

/* From the canonical parameter, which must outlive them; NULL = none. */
void table_fixes_init(struct table_fixes *fixes, yajl_val list);
void table_fixes_fini(struct table_fixes *fixes);
/* What reads the file instead of `sink`; `sink` itself if there are no fixes. May be read through several times. */
struct grid_sink table_fixes_sink(struct table_fixes *fixes, const struct grid_sink *sink);
/* After the file was read. Returns how many touched nothing; `text` gets the sentence for E_FIX_UNUSED, `told` its facts. */
uint32_t table_fixes_unused(const struct table_fixes *fixes, char *text, size_t size, struct fault_told *told);

#endif
