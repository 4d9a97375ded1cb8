/* OLE compound files are not read, but the user is told what the file is. */
#ifndef PF_SHEET_OLE_H
#define PF_SHEET_OLE_H

#include "handlers/sheet/sheet.h"

/* Refuses an OLE file as "encrypted" (a workbook with a password), "legacy-xls", or "not-zip" (anything else, or cut
 * off before the directory). Returns -1. */
int ole_refuse(const struct sheet_input *input, struct sheet_error *err);

#endif
