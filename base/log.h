/* The daemon's log: one line per event on standard error, as text or as JSON. Any process, any thread.
 *
 *   - A line has role, pid, verb and reason, and what is known of its task and its request (struct log_about). It never
 *     has a token, a password or the content of a cell.
 *   - Text lines begin with time and level. The journal ($JOURNAL_STREAM) gets a priority prefix instead, and adds the
 *     time itself.
 *   - Control bytes and bad UTF-8 are escaped, and the length is bounded (log_line.h).
 *   - Writing never blocks: the log has a non-blocking descriptor of its own. What does not go out at once waits in a
 *     small buffer; what does not fit there is lost, counted and reported later. */
#ifndef PF_BASE_LOG_H
#define PF_BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

enum log_level { LOG_LEVEL_ERROR = 3, LOG_LEVEL_WARN = 4, LOG_LEVEL_INFO = 6, LOG_LEVEL_DEBUG = 7 };

/* What a line is about: fields of their own in JSON, and "name=value" behind the message in text. NULL, "" and 0 = not
 * known; the line leaves it out. */
struct log_about {
    const uint8_t *task;     /* 16 bytes */
    const char *request;     /* the request's id */
    const char *client;      /* who asked */
    const char *traceparent; /* the trace of the request */
    int64_t duration_us;     /* how long it took, or has taken so far */
    /* A request that was answered: the access log. */
    const char *method, *path;
    int status;
    uint64_t bytes; /* of the answer's body; told with a status */
};

void log_init(enum log_level level, bool json);
/* Sets the role that every line shows: "master", "worker 0", … Called right after fork; it also forgets what the
 * parent has not written yet. */
void log_set_role(const char *role);
/* Changes level and format later (reload). */
void log_set_level(enum log_level level, bool json);
/* Returns the descriptor that the log writes to. It must stay open when a child closes the others. */
int log_fd(void);
/* Tries to write what is left in the buffer. Event loops call it about once a second, and every process before it
 * ends. */
void log_flush(void);
void log_write(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));
void log_about(enum log_level level, const struct log_about *about, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* About a task, of which this process knows no more than log_set_origin() said. */
void log_task(enum log_level level, const uint8_t id[16], const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* From now on each line of log_task() tells request, client and trace of `about`, and if it is about the same task, how
 * long this has been so. A runner sets it for the task that it works on. Copied; NULL = no longer. */
void log_set_origin(const struct log_about *about);
/* Returns the number of lines that were lost. */
uint64_t log_dropped(void);

#define log_error(...) log_write(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warn(...)  log_write(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_info(...)  log_write(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_write(LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif
