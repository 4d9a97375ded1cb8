/* The task types that tests start themselves. */
#ifndef PF_TESTS_UNIT_TASK_TYPES_H
#define PF_TESTS_UNIT_TASK_TYPES_H

#include "handlers/task_type.h"

extern const struct task_type task_stock_import;
extern const struct task_type task_catalog_import;
extern const struct task_type task_recalculate;
extern const struct task_type task_pricelist_create;

#endif
