/* Writes log lines without waiting for the reader. log_line.c makes the lines. */
#include "base/log.h"

#include "base/clock.h"
#include "base/log_line.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* About twenty lines, for a burst while the reader is busy. */
#define PENDING_MAX 16384

static struct {
    pthread_mutex_t mutex;
    enum log_level level;
    bool json;
    enum log_style style; /* for text */
    int fd;
    bool socket;
    char role[48];
    struct { /* of the task that this process works on */
        uint8_t task[16];
        char request[40], client[264], traceparent[56];
        int64_t since_us; /* 0 = there is none */
    } origin;
    size_t pending_len;
    uint64_t dropped, told; /* lines lost; how many of them were reported */
    char pending[PENDING_MAX];
} log_state = {.mutex = PTHREAD_MUTEX_INITIALIZER,
               .level = LOG_LEVEL_INFO,
               .style = LOG_STYLE_FILE,
               .fd = 2,
               .role = "priceforged"};

/* systemd gives the device and inode of the journal's socket in the environment. Comparing them keeps a child whose
 * output was redirected from taking a file for the journal. */
static bool is_journal(const struct stat *st)
{
    const char *stream = getenv("JOURNAL_STREAM");
    char own[64];

    snprintf(own, sizeof own, "%ju:%ju", (uintmax_t)st->st_dev, (uintmax_t)st->st_ino);
    return stream && strcmp(stream, own) == 0;
}

/* O_NONBLOCK belongs to the open file description, and a shell may share that of standard error. Therefore pipes and
 * terminals are opened a second time. Sockets cannot be opened; they take MSG_DONTWAIT with each call. Regular files
 * do not block. */
static int own_descriptor(const struct stat *st)
{
    if (!S_ISFIFO(st->st_mode) && !S_ISCHR(st->st_mode))
        return STDERR_FILENO;
    int fd = open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | O_APPEND);
    return fd >= 0 ? fd : STDERR_FILENO;
}

void log_init(enum log_level level, bool json)
{
    struct stat st;

    log_set_level(level, json);
    if (log_state.fd != STDERR_FILENO || fstat(STDERR_FILENO, &st) < 0)
        return;
    log_state.socket = S_ISSOCK(st.st_mode);
    if (is_journal(&st))
        log_state.style = LOG_STYLE_JOURNAL;
    else if (isatty(STDERR_FILENO))
        log_state.style = LOG_STYLE_TERMINAL;
    log_state.fd = own_descriptor(&st);
}

void log_set_level(enum log_level level, bool json)
{
    log_state.level = level;
    log_state.json = json;
}

void log_set_role(const char *role)
{
    snprintf(log_state.role, sizeof log_state.role, "%s", role);
    log_state.pending_len = 0;
    log_state.dropped = log_state.told = 0;
}

int log_fd(void)
{
    return log_state.fd;
}

uint64_t log_dropped(void)
{
    pthread_mutex_lock(&log_state.mutex);
    uint64_t dropped = log_state.dropped;
    pthread_mutex_unlock(&log_state.mutex);
    return dropped;
}

/* Returns the number of bytes written. If writing fails for good, all of them: nobody is left to read them. */
static size_t write_some(const char *text, size_t len)
{
    ssize_t n;

    do {
        n = log_state.socket ? send(log_state.fd, text, len, MSG_DONTWAIT | MSG_NOSIGNAL)
                             : write(log_state.fd, text, len);
    } while (n < 0 && errno == EINTR);
    if (n < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : len;
    return (size_t)n;
}

static bool flush_locked(void)
{
    if (log_state.pending_len == 0)
        return true;
    size_t done = write_some(log_state.pending, log_state.pending_len);
    memmove(log_state.pending, log_state.pending + done, log_state.pending_len - done);
    log_state.pending_len -= done;
    return log_state.pending_len == 0;
}

static void emit_locked(const char *line, size_t len)
{
    size_t done = flush_locked() ? write_some(line, len) : 0;

    if (done == len)
        return;
    if (log_state.pending_len + (len - done) > PENDING_MAX) {
        log_state.dropped++;
        return;
    }
    memcpy(log_state.pending + log_state.pending_len, line + done, len - done);
    log_state.pending_len += len - done;
}

static void event_locked(enum log_level level, const struct log_about *about, const char *message)
{
    char line[LOG_LINE_MAX];
    struct log_event event = {level, log_state.role, getpid(), clock_wall_ms(), about, message};

    size_t len = log_line_render(line, log_state.json ? LOG_STYLE_JSON : log_state.style, &event);
    emit_locked(line, len);
}

static void tell_losses_locked(void)
{
    char message[80];
    uint64_t lost = log_state.dropped - log_state.told;

    if (lost == 0 || !flush_locked())
        return;
    log_state.told = log_state.dropped;
    snprintf(message, sizeof message, "log: %llu lines were lost, the reader was too slow", (unsigned long long)lost);
    event_locked(LOG_LEVEL_WARN, NULL, message);
}

void log_flush(void)
{
    pthread_mutex_lock(&log_state.mutex);
    flush_locked();
    tell_losses_locked();
    pthread_mutex_unlock(&log_state.mutex);
}

static void add_origin_locked(struct log_about *about)
{
    if (log_state.origin.since_us == 0)
        return;
    about->request = log_state.origin.request;
    about->client = log_state.origin.client;
    about->traceparent = log_state.origin.traceparent;
    if (memcmp(about->task, log_state.origin.task, sizeof log_state.origin.task) == 0)
        about->duration_us = clock_mono_us() - log_state.origin.since_us + 1; /* 0 would be "not known" */
}

static void __attribute__((format(printf, 4, 0)))
log_event_write(enum log_level level, const struct log_about *about, bool of_origin, const char *format, va_list args)
{
    char message[LOG_MESSAGE_MAX + 8];
    struct log_about whole = about ? *about : (struct log_about){0};
    int saved = errno;

    if (level > log_state.level)
        return;
    vsnprintf(message, sizeof message, format, args);
    pthread_mutex_lock(&log_state.mutex);
    if (of_origin)
        add_origin_locked(&whole);
    tell_losses_locked();
    event_locked(level, &whole, message);
    pthread_mutex_unlock(&log_state.mutex);
    errno = saved;
}

static void keep(char *to, size_t size, const char *text)
{
    snprintf(to, size, "%s", text ? text : "");
}

void log_set_origin(const struct log_about *about)
{
    pthread_mutex_lock(&log_state.mutex);
    log_state.origin.since_us = 0;
    if (about) {
        memcpy(log_state.origin.task, about->task, sizeof log_state.origin.task);
        keep(log_state.origin.request, sizeof log_state.origin.request, about->request);
        keep(log_state.origin.client, sizeof log_state.origin.client, about->client);
        keep(log_state.origin.traceparent, sizeof log_state.origin.traceparent, about->traceparent);
        log_state.origin.since_us = clock_mono_us();
    }
    pthread_mutex_unlock(&log_state.mutex);
}

void log_write(enum log_level level, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    log_event_write(level, NULL, false, format, args);
    va_end(args);
}

void log_task(enum log_level level, const uint8_t id[16], const char *format, ...)
{
    va_list args;

    va_start(args, format);
    log_event_write(level, &(struct log_about){.task = id}, true, format, args);
    va_end(args);
}

void log_about(enum log_level level, const struct log_about *about, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    log_event_write(level, about, false, format, args);
    va_end(args);
}
