/* A log for tests of the HTTP server without the daemon around it: weak, so that the real one wins where it is
 * linked. */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

__attribute__((weak)) void log_write(enum log_level level, const char *format, ...)
{
    va_list args;

    if (level == LOG_LEVEL_DEBUG && !getenv("HTTP_DEBUG"))
        return;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}
