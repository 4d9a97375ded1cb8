/* The registry of task types: those of the build (the list TASK_TYPES in handlers/include.am), then those that were
 * added before the first fork. */
#include "handlers/task_type.h"

#include <assert.h>
#include <string.h>

/* The number of a type is its place in both lists together: it lives in shared memory only, and every process of a
 * daemon is forked from one master. The database stores names. */
static const struct task_type *added[TASK_TYPES_MAX];
static unsigned n_added;

static unsigned built_in(void)
{
    unsigned n = 0;
    while (task_types_built_in[n])
        n++;
    return n;
}

unsigned task_type_count(void)
{
    return built_in() + n_added;
}

const struct task_type *task_type_at(unsigned number)
{
    unsigned n = built_in();
    assert(number < n + n_added);
    return number < n ? task_types_built_in[number] : added[number - n];
}

int task_type_number(const char *name)
{
    unsigned n = task_type_count();
    for (unsigned i = 0; i < n; i++) {
        if (strcmp(task_type_at(i)->name, name) == 0)
            return (int)i;
    }
    return -1;
}

void task_type_register(const struct task_type *type)
{
    assert(task_type_count() < TASK_TYPES_MAX);
    assert(task_type_number(type->name) == -1);
    added[n_added++] = type;
}
