/* Turns one event into one line. Text work only, without writing (log.c), so that it can be tested by itself.
 *
 * Whatever bytes the message has, the line is valid UTF-8, has no control character except its newline, and is at
 * most LOG_LINE_MAX bytes long: a value from a client can neither forge a second line nor control a terminal. */
#ifndef PF_BASE_LOG_LINE_H
#define PF_BASE_LOG_LINE_H

#include "base/log.h"

#include <stddef.h>
#include <sys/types.h>

/* Below PIPE_BUF: lines that several processes write to one pipe do not mix. */
#define LOG_LINE_MAX    2048
/* Bytes of the message that are used. Escapes may make it longer; then the line is cut and ends with "…". */
#define LOG_MESSAGE_MAX 1500

enum log_style {
    LOG_STYLE_JOURNAL,  /* "<6>worker 0[12]: text": the journal adds the time */
    LOG_STYLE_TERMINAL, /* "12:00:00.000 info worker 0[12]: text" */
    LOG_STYLE_FILE,     /* "2026-02-05T12:00:00.000Z info  worker 0[12]: text" */
    LOG_STYLE_JSON      /* {"time":…,"level":"info","role":"worker 0","pid":12,"task":"…","message":"…"} */
};

struct log_event {
    enum log_level level;
    const char *role;
    pid_t pid;
    int64_t wall_ms;
    const struct log_about *about; /* or NULL */
    const char *message;           /* terminated */
};

/* Writes the line with its newline. `out` holds LOG_LINE_MAX bytes; not terminated. Returns the length. */
size_t log_line_render(char out[LOG_LINE_MAX], enum log_style style, const struct log_event *event);

const char *log_level_name(enum log_level level);

#endif
