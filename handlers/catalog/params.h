/* The parameters of catalog_import. */
#ifndef PF_CATALOG_PARAMS_H
#define PF_CATALOG_PARAMS_H

#include "handlers/catalog/head.h"
#include "handlers/params.h"
#include "store/conn.h"

extern const struct param_spec catalog_import_params[];
/* Are the names in `columns` those of the table's columns? A precheck. */
int catalog_import_precheck(struct store_conn *db, yajl_val params, struct param_faults *faults);
/* What the checked parameters say about the heading; base_currency is left as it is. Texts are borrowed. */
void catalog_params_ask(yajl_val params, const struct catalog_table *table, struct catalog_ask *ask);

#endif
