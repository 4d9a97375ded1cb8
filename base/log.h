/* The daemon's log: one line per event on standard error, as text or as JSON. Any process, any thread.
 *
 *   - A line has role, pid, verb, reason and, if there is one, the task id. It never has a token, a password or the
 *     content of a cell.
 *   - Text lines begin with a priority prefix and the time. The journal ($JOURNAL_STREAM) adds the time itself; a
 *     terminal gets no prefix.
 *   - Control bytes and bad UTF-8 are escaped, and the length is bounded (log_line.h).
 *   - Writing never blocks: the log has a non-blocking descriptor of its own. What does not go out at once waits in a
 *     small buffer; what does not fit there is lost, counted and reported later. */
#ifndef PF_BASE_LOG_H
#define PF_BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

enum log_level { LOG_LEVEL_ERROR = 3, LOG_LEVEL_WARN = 4, LOG_LEVEL_INFO = 6, LOG_LEVEL_DEBUG = 7 };

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
/* The same, with the id of a task (16 bytes). */
void log_task(enum log_level level, const uint8_t id[16], const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* From now on each line with a task id ends with the request and the trace that the task belongs to. A runner sets it
 * for the task that it works on. "" = unknown; both "" = no longer. */
void log_set_origin(const char *request_id, const char *traceparent);
/* Returns the number of lines that were lost. */
uint64_t log_dropped(void);

#define log_error(...) log_write(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warn(...)  log_write(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_info(...)  log_write(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_write(LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif
