/* What is derived from the rows of a catalogue file: normalised numbers, and the rows that they refer to. */
#ifndef PF_CATALOG_DERIVE_H
#define PF_CATALOG_DERIVE_H

#include "handlers/catalog/table.h"

/* catalog_table.derive of the tables that have one. */
void catalog_derive_component(const struct catalog_known *known, struct catalog_row *row);
void catalog_derive_part_number(const struct catalog_known *known, struct catalog_row *row);
void catalog_derive_quote(const struct catalog_known *known, struct catalog_row *row);

#endif
