/* The daemon's log: one event one line on standard error, with journald's priority prefix, or as JSON.
 *
 * A line has: role, pid, verb, reason, and the task id where there is one. Control bytes and bad UTF-8 are escaped, length is
 * capped. Never a token, a password or a cell's content. Writing never blocks a loop: standard error is made
 * non-blocking through a small buffer, and what does not fit is counted and told later. */
#ifndef PF_LOG_H
#define PF_LOG_H

#include <stdbool.h>
#include <stdint.h>

enum log_level { LOG_LEVEL_ERROR = 3, LOG_LEVEL_WARN = 4, LOG_LEVEL_INFO = 6, LOG_LEVEL_DEBUG = 7 };

void log_init(enum log_level level, bool json);
/* "master", "worker 0", … shown in every line; set right after fork. */
void log_set_role(const char *role);
void log_write(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* With a task id (16 bytes). */
void log_task(enum log_level level, const uint8_t id[16], const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Lines that could not be written. */
uint64_t log_dropped(void);

#define log_error(...) log_write(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warn(...) log_write(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_info(...) log_write(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_write(LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif
