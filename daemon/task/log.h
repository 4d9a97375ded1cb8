/* The log of one attempt, line by line, until it is written beside the task's row (store/tasklog.h): by its runner at
 * the attempt's end, or by the janitor in the place of a dead runner.
 *
 * * A line is "2026-02-05T10:11:12.345Z text" in UTC. For people who may read the task: never a statement, a path or
 * a cell's content. */
#ifndef PF_TASK_LOG_H
#define PF_TASK_LOG_H

#include "base/log.h"
#include "daemon/task/words.h"
#include "store/journal.h"
#include "store/tasklog.h"

struct joblog {
    size_t len;   /* of the ordinary lines */
    size_t whole; /* with the last line */
    bool full;
    char phase[64]; /* the last one, without its numbers */
    char text[TASKLOG_PIECE_MAX];
};

void joblog_init(struct joblog *log);
/* Adds a line. A line of more than 400 bytes is cut. Lines that do not fit are left out, and one line says so. Control
 * characters become spaces; bytes that are not UTF-8 become question marks. `ms`: since 1970. */
void joblog_line(struct joblog *log, int64_t ms, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Adds a line if the text of a progress has changed in more than its numbers. */
void joblog_phase(struct joblog *log, const char *text);
/* Sets the line that closes an attempt. There is always room for it; a second call replaces it. */
void joblog_last(struct joblog *log, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* "attempt 2 ended: its runner was killed by signal 9": a line at `ms`, or the last one. */
void joblog_interrupted(struct joblog *log, int64_t ms, const struct interruption *why);
void joblog_last_interrupted(struct joblog *log, const struct interruption *why);
/* The same, for the end of a task. `text`: what people are told, NULL = nothing further. */
void joblog_end(struct joblog *log, const struct journal_end *end, const char *text);
/* What the daemon's own log says of a task beside its id: who asked, by which request, and how long it has run, or waited
 * if it never ran. Borrowed from the row. */
struct log_about taskabout_row(const struct journal_row *row);
/* The same by its slot, which knows no request. */
struct log_about taskabout_slot(const struct shm_task *task);
/* The whole log; borrowed, until the next line. */
struct tasklog_text joblog_text(const struct joblog *log);

#endif
