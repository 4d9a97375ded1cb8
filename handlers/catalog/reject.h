/* Refused rows of a catalogue file. */
#ifndef PF_CATALOG_REJECT_H
#define PF_CATALOG_REJECT_H

#include "handlers/catalog/file.h"

/* Counts the row that is at fault and keeps each of its faults, with its place and the row's cells. */
void catalog_reject(struct catalog_file *file, const struct grid_row *row);

#endif
