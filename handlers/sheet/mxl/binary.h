/* The binary form of 1C 7.7: little-endian, packed, texts in a code page that the file does not name. */
#ifndef PF_SHEET_MXL_BINARY_H
#define PF_SHEET_MXL_BINARY_H

#include "handlers/sheet/mxl/out.h"

/* Read both passes of a document of version 2, 6 or 7. `page` as from mxl_code_page(). Returns 0, or -1 (failure in the
 * input, or out->stopped). Cells that hold a program expression or a template are handed out as GRID_ERROR: their text
 * is no value anybody saw, so it must not pass for a name or a quantity. */
int mxl_binary_read(struct mxl_in *in, struct mxl_out *out, unsigned version, const uint16_t *page);

#endif
