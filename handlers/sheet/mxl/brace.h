/* The brace form of 1C 8: a MOXCEL header, then UTF-8 text, which is one group of positional items. */
#ifndef PF_SHEET_MXL_BRACE_H
#define PF_SHEET_MXL_BRACE_H

#include "handlers/sheet/mxl/columns.h"
#include "handlers/sheet/mxl/out.h"
#include "handlers/sheet/mxl/token.h"

#define MXL_MAX_LANGUAGE 64

struct mxl_brace {
    struct mxl_in *in;
    struct mxl_out *out;
    char *scratch; /* MXL_MAX_STRING bytes for skipped texts */
    char language[MXL_MAX_LANGUAGE];
    size_t language_len;
    struct mxl_columns columns;
};

/* Reads both passes; `body` is the offset of the root group. Returns 0, or -1 (failure in the input, or
 * out->stopped). */
int mxl_brace_read(struct mxl_in *in, struct mxl_out *out, uint64_t body);

/* Reads one cell record. Its text or, without a text, its typed value becomes a cell of the current row. */
int mxl_brace_cell(struct mxl_brace *doc, uint32_t column);

/* Reads one format record {mask, value per bit}: its width, or MXL_NO_WIDTH if it has none. */
int mxl_brace_width(struct mxl_brace *doc, uint32_t *width);

/* Reads everything behind the last row: checks that the grid ends where the counts say, reads merges, row groups and
 * column sets, and goes on to the end of the file. `scratch` has MXL_MAX_STRING bytes. */
int mxl_brace_trailer(struct mxl_brace *doc);

#endif
