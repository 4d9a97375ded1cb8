/* OLE compound files are never read here, but the user is told what he sent. */
#ifndef PF_SHEET_OLE_H
#define PF_SHEET_OLE_H

#include "handlers/sheet/sheet.h"

/* Refuse an OLE file as "encrypted" (a workbook with a password), "legacy-xls", or "not-zip" (what else it may be, or
 * cut off before it says). Returns -1. */
int ole_refuse(const struct sheet_input *input, struct sheet_error *err);

#endif
