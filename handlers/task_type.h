/* A task type: everything the daemon must know to offer one kind of work. One file in handlers/ defines one constant of
 * this struct; registry.c lists it. That is all there is to adding a type:
 *
 *   1. copy the smallest one, name it, describe its parameters in a param_spec table;
 *   2. write run(): read job->params, do the work in batches (job_progress, job_cancelled), end with job_finish();
 *   3. add it to the list in registry.c, and a test in tests/.
 *
 * A closure cannot cross processes, so work is a registered type plus parameters. */
#ifndef PF_HANDLERS_TASK_TYPE_H
#define PF_HANDLERS_TASK_TYPE_H

#include "handlers/job.h"
#include "handlers/params.h"

/* What equal live work (same canonical parameters) means at submission. */
enum task_equal { TASK_EQUAL_QUEUE, TASK_EQUAL_JOIN, TASK_EQUAL_REFUSE };

struct task_type {
    const char *name;                /* on the wire: "stock_import" */
    const char *title;               /* for people: "Stock import" */
    const struct param_spec *params; /* ends with name NULL */
    bool takes_file;                 /* needs an upload: not startable by POST /api/tasks */
    enum sheet_format file_format;   /* SHEET_UNKNOWN: a spreadsheet told by its first bytes; SHEET_CSV */
    unsigned concurrency;            /* of this type at once on this node; 0 = as many as runners */
    enum task_equal equal;
    unsigned time_limit_s; /* 0 = none */
    uint64_t memory_limit; /* bytes of address space above the runner's own; 0 = none */

    /* Look-ups at submission, on the database thread, inside the accepting transaction: unknown warehouse and the like.
     * Returns 0, 1 with faults, or -1 with db->error. May be NULL. */
    int (*precheck)(struct store_conn *db, yajl_val params, struct param_faults *faults);

    /* The work. Runner process, no transaction open. */
    enum job_verdict (*run)(struct job *job);
};

/* Registry: numbers are the same in every process of one daemon, since all are forked from one master. */
#define TASK_TYPES_MAX 32
unsigned task_type_count(void);
const struct task_type *task_type_at(unsigned number);
/* The number of the type with this name, or -1. */
int task_type_number(const char *name);
/* Add a type before the first fork; for tests. Aborts when full or named twice. */
void task_type_register(const struct task_type *type);

extern const struct task_type task_stock_import;
extern const struct task_type task_catalog_import;
extern const struct task_type task_recalculate;
extern const struct task_type task_pricelist_create;

#endif
