/* A task type: everything the daemon must know to offer one kind of work.
 *
 * To add one, write one file and one line (CONTRIBUTING.md shows both for a small type, and a test follows it):
 *
 *   1. A file in handlers/ that defines the type: TASK_TYPE(name) = { … };
 *      - its parameters in a table of param_spec: they are checked, listed and documented from it;
 *      - run(): read job->params, do the work in batches (job_progress, job_cancelled), end with job_finish().
 *   2. A line in the list TASK_TYPES of handlers/include.am: the file's name. The registry is made from that list.
 *
 * POST /api/tasks, the API document, /metrics, the full view, the limits and the lists of tasks then know the type.
 * The smallest of the types that people use is handlers/catalog/import.c.
 *
 * A type that takes a file, or that should have a path of its own, needs an HTTP path as well. Its function in
 * daemon/api/ is one call: start_from_body(request, "name"), or for a file a function beside those of
 * daemon/api/imports.c. CONTRIBUTING.md tells what belongs to a path ("An HTTP path").
 *
 * A closure cannot cross processes, so work is a registered type plus parameters. */
#ifndef PF_HANDLERS_TASK_TYPE_H
#define PF_HANDLERS_TASK_TYPE_H

#include "handlers/job.h"
#include "handlers/params.h"
#include "handlers/result.h"

/* What a start does while an equal task (same canonical parameters) is live: it waits its turn, joins it, or is
 * refused. */
enum task_equal { TASK_EQUAL_QUEUE, TASK_EQUAL_JOIN, TASK_EQUAL_REFUSE };

/* What the work is about does not exist (404), its state forbids the work (409), or it is another one than the client
 * expects (409 as well). */
enum { PRECHECK_NOT_FOUND = 2, PRECHECK_CONFLICT = 3, PRECHECK_BASE_MOVED = 4 };

/* Defines the type `id`. Use it once in a file, at the start of a line: the build looks for it. `id` is the type's name
 * on the wire too, so two types of one name do not link. */
#define TASK_TYPE(id)                                                                                                  \
    extern const struct task_type task_##id;                                                                           \
    const struct task_type task_##id

#define TASK_LEASE_MAX 65 /* bytes of the name of a lease with its terminator */

struct task_type {
    const char *name;                /* on the wire: "stock_import" */
    const char *title;               /* for people: "Stock import" */
    const struct param_spec *params; /* ends with name NULL */
    bool takes_file;                 /* needs an upload, so POST /api/tasks cannot start it */
    enum sheet_format file_format;   /* SHEET_UNKNOWN: a spreadsheet or CSV, recognised by its content; SHEET_CSV: any
                                        text, or .xlsx */
    unsigned concurrency;            /* of this type at once on this node; 0 = as many as runners */
    enum task_equal equal;
    unsigned time_limit_s; /* 0 = none */
    uint64_t memory_limit; /* bytes of address space above the runner's own; 0 = none */

    /* Members of the result, for the API document; ends with name NULL. NULL: a result of any members. */
    const struct result_spec *result;

    /* Checks at submission that need the database, such as an unknown warehouse. On the database thread, inside the
     * accepting transaction. Returns 0, 1 with faults (422), -1 with db->error, or PRECHECK_… with one fault whose
     * sentence is all that the client is told. May be NULL. */
    int (*precheck)(struct store_conn *db, yajl_val params, struct param_faults *faults);

    /* The name of the lease that a task with these parameters works under, unless it is a dry run (handlers/run/run.h):
     * so that people can be told whom it waits for. Any thread. NULL: none, or the parameters do not tell. */
    void (*lease)(yajl_val params, char name[TASK_LEASE_MAX]);

    /* The work. Runner process, no transaction open. */
    enum job_verdict (*run)(struct job *job);
};

/* Registry: numbers are the same in every process of one daemon, since all are forked from one master. */
#define TASK_TYPES_MAX 32
unsigned task_type_count(void);
const struct task_type *task_type_at(unsigned number);
/* The number of the type with this name, or -1. */
int task_type_number(const char *name);
/* Add a type before the first fork; for tests. Aborts if the registry is full or the name is taken. */
void task_type_register(const struct task_type *type);

/* Made by the build from TASK_TYPES; ends with NULL. */
extern const struct task_type *const task_types_built_in[];

#endif
