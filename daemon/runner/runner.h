/* A job runner: takes one task at a time, runs its handler, commits effect and final state together.
 *
 * One thread works; a guard thread only beats the heart and watches for the master's death, so that a long statement is
 * not taken for a hang. */
#ifndef PF_RUNNER_RUNNER_H
#define PF_RUNNER_RUNNER_H

#include "daemon/parser/hub.h"
#include "daemon/process/process.h"
#include "daemon/task/end_texts.h"
#include "daemon/task/log.h"
#include "handlers/task_type.h"
#include "shm/table.h"

#include <stdatomic.h>

struct runner {
    const struct process *process;
    struct store_config db_config;
    struct store_conn db;
    struct job_settings settings;
    int spool_fd;         /* the spool directory */
    atomic_bool stopping; /* SIGTERM: stop at the next batch boundary */
    /* the task at hand */
    struct shm_handle handle;
    const struct task_type *type;
    struct job job;
    bool is_chained;     /* others may follow it (store/chain.h) */
    int64_t started_ms;  /* of the attempt, as the journal has it: wall clock; 0 = not begun */
    struct joblog log;   /* of this attempt, not yet in the database */
    int64_t deadline_ms; /* CLOCK_MONOTONIC; 0 = none */
    enum job_phase shown_phase;
    int64_t shown_ms;            /* when progress was last shown */
    unsigned long shown_session; /* what the process table has */
    struct parser_ticket parser; /* the last one taken; generation 0 = none */
};

/* The callbacks of struct job (job.c). */
extern const struct job_ops runner_job_ops;

/* Repeat a move of our own slot until it gets the table's lock: it fails only while a stopped process holds that.
 * Gives up if the runner is told to stop; the janitor then settles what it owned. */
#define RUNNER_PERSIST(runner, call)                                                                                   \
    do {                                                                                                               \
    } while ((call) == -ETIMEDOUT && !atomic_load(&(runner)->stopping))

/* Let the janitor know which database session is ours, so that it can stop a statement of it. Cheap if nothing has
 * changed. */
void runner_show_session(struct runner *runner);
/* job->ops->read_file (file.c): the task's file through a parser process. Nothing that the parser says is believed, and
 * it does not outlive the reading by more than a second. Classes beside those of the readers:
 *   parser-died                    worth another attempt: there was no parser, or it died in the first attempt, and the
 *                                  machine may be the cause
 *   parser-killed, parser-garbled  the file's fault */
int runner_read_file(struct job *job, enum sheet_format format, const struct grid_sink *sink, struct sheet_error *err);

/* Write a final state that has no effect beside it (and keeps what was shown of the task), show it, drop the file.
 * Returns 0, or -1 if the database is away. */
int runner_end(struct runner *runner, struct ending *ending);

/* What stopped the attempt at hand. `told` with CAUSE_TOLD; borrowed. */
struct interruption runner_interruption(const struct runner *runner, enum task_cause cause, const char *told);
/* The end of a task whose last attempt was interrupted; the caller writes it. */
void runner_interrupted(const struct runner *runner, struct ending *ending, const struct interruption *why);
/* Why a handler returned JOB_AGAIN: the sentence that it gave, or else the database, whose own words stay in the log. A
 * handler that gave neither has made a mistake, and the sentence says so. */
struct interruption runner_cause(const struct runner *runner);

/* The journal did not move as asked: do with our slot what the journal says. `started`: the attempt has started and
 * counts. Tries until slot and journal agree, or the runner is told to stop. */
void runner_follow_journal(struct runner *runner, bool started);

#endif
