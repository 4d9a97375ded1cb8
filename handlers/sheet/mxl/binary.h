/* The binary form of 1C 7.7: little-endian, packed; the file does not name the code page of its texts. */
#ifndef PF_SHEET_MXL_BINARY_H
#define PF_SHEET_MXL_BINARY_H

#include "handlers/sheet/mxl/out.h"

/* Reads both passes of a document of version 2, 6 or 7. `page` comes from code_page(). Returns 0, or -1 (failure
 * in the input, or out->stopped). A cell with a program expression or a template becomes a GRID_ERROR: its text is
 * not a value, so it must not be taken for a name or a quantity. */
int mxl_binary_read(struct mxl_in *in, struct mxl_out *out, unsigned version, const uint16_t *page);

#endif
