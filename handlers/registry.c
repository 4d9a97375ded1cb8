/* The list of task types. A new type is one line here. */
#include "handlers/task_type.h"

#include <assert.h>
#include <string.h>

/* The number of a type is its place in this list: it lives in shared memory only, and every process of a daemon is
 * forked from one master. The database stores names. */
static const struct task_type *types[TASK_TYPES_MAX] = {
    &task_stock_import,
    &task_catalog_import,
    &task_recalculate,
    &task_pricelist_create,
};

unsigned task_type_count(void)
{
    unsigned n = 0;
    while (n < TASK_TYPES_MAX && types[n])
        n++;
    return n;
}

const struct task_type *task_type_at(unsigned number)
{
    assert(number < task_type_count());
    return types[number];
}

int task_type_number(const char *name)
{
    unsigned n = task_type_count();
    for (unsigned i = 0; i < n; i++) {
        if (strcmp(types[i]->name, name) == 0)
            return (int)i;
    }
    return -1;
}

void task_type_register(const struct task_type *type)
{
    unsigned n = task_type_count();
    assert(n < TASK_TYPES_MAX);
    assert(task_type_number(type->name) == -1);
    types[n] = type;
}
