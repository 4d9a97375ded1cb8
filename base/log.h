/* The daemon's log: one event one line on standard error, with journald's priority prefix, or as JSON.
 *
 * The time is added unless the journal reads us ($JOURNAL_STREAM), and the prefix left out on a terminal.
 * A line has: role, pid, verb, reason, and the task id where there is one. Control bytes and bad UTF-8 are escaped,
 * length is capped. Never a token, a password or a cell's content. Writing never blocks a loop: a line goes out through
 * a non-blocking descriptor of our own (never by changing standard error's, which the shell may share), what does not
 * fit waits in a small buffer, and what does not fit there is counted and told later. Safe in threads. */
#ifndef PF_BASE_LOG_H
#define PF_BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

enum log_level { LOG_LEVEL_ERROR = 3, LOG_LEVEL_WARN = 4, LOG_LEVEL_INFO = 6, LOG_LEVEL_DEBUG = 7 };

void log_init(enum log_level level, bool json);
/* "master", "worker 0", … shown in every line; set right after fork: it also forgets what the parent had not yet
 * written. */
void log_set_role(const char *role);
/* Change level and format later (reload). */
void log_set_level(enum log_level level, bool json);
/* The descriptor behind the log, to be kept open when others are closed after fork. */
int log_fd(void);
/* Try to write what waits; loops call it about once a second, and everybody before leaving. */
void log_flush(void);
void log_write(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* With a task id (16 bytes). */
void log_task(enum log_level level, const uint8_t id[16], const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* From now on each line with a task id says at its end by which request and in which trace the task was asked for: in a
 * runner, while it works on one. "" = unknown; both "" = no longer. */
void log_set_origin(const char *request_id, const char *traceparent);
/* Lines that could not be written. */
uint64_t log_dropped(void);

#define log_error(...) log_write(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warn(...)  log_write(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_info(...)  log_write(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_write(LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif
