/* Messages and progress of priceforge-admin, and the part that runs apart. */
#include "base/clock.h"
#include "daemon/admin/admin.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define DRAW_MS 200
#define LINE_MS 10000

int admin_say(const struct admin *admin, int code, const char *format, ...)
{
    va_list args;

    fprintf(stderr, "priceforge: db %s: ", admin->verb);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    return code;
}

void admin_note(const struct admin *admin, const char *format, ...)
{
    va_list args;

    if (admin->quiet)
        return;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}

int admin_say_backup(const struct admin *admin, const struct backup_error *error)
{
    return admin_say(admin, error->lost ? ADMIN_AWAY : ADMIN_FAILED, "%s", error->text);
}

/* ---- Apart --------------------------------------------------------------------------------------------------- */

static volatile sig_atomic_t apart;

static void pass_on(int sig)
{
    int kept = errno;

    if (apart > 0)
        kill((pid_t)apart, sig);
    errno = kept;
}

static void each_signal(sigset_t *set, void (*handler)(int))
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = handler};

    sigemptyset(set);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        sigaction(signals[i], &action, NULL);
        sigaddset(set, signals[i]);
    }
}

void admin_hold_signals(void)
{
    sigset_t set;

    each_signal(&set, pass_on);
    sigprocmask(SIG_BLOCK, &set, NULL);
}

int admin_apart(int (*body)(void *ctx), void *ctx)
{
    int status = 0;
    sigset_t set;

    admin_hold_signals(); /* one between the fork and the note of its result would reach nobody */
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        each_signal(&set, SIG_DFL);
        sigprocmask(SIG_UNBLOCK, &set, NULL);
        exit(body(ctx));
    }
    apart = pid;
    each_signal(&set, pass_on);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    apart = 0; /* from now on we cannot be stopped: what is left is short */
    return pid > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : ADMIN_FAILED;
}

/* ---- Progress ------------------------------------------------------------------------------------------------ */

/* "265 120" */
static void grouped(uint64_t n, char out[32])
{
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%llu", (unsigned long long)n), at = 0;

    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            out[at++] = ' ';
        out[at++] = digits[i];
    }
    out[at] = '\0';
}

static bool tell(const char *table, uint64_t done, uint64_t total, void *ctx)
{
    struct progress *progress = ctx;
    bool terminal = isatty(STDERR_FILENO) == 1;
    int64_t now = clock_mono_ms();
    char part[32], all[32];

    if (progress->admin->quiet || now - progress->told_ms < (terminal ? DRAW_MS : LINE_MS))
        return false;
    progress->told_ms = now;
    grouped(done, part);
    grouped(total, all);
    fprintf(stderr, "%s%s: %3u %%  %s of %s rows  %s%s", terminal ? "\r" : "", progress->what,
            total ? (unsigned)(100 * done / total) : 0, part, all, table, terminal ? "\033[K" : "\n");
    fflush(stderr);
    progress->open = terminal;
    return false;
}

struct backup_watch progress_watch(struct progress *progress, const struct admin *admin, const char *what)
{
    *progress = (struct progress){.admin = admin, .what = what, .told_ms = clock_mono_ms()};
    return (struct backup_watch){tell, progress};
}

void progress_end(struct progress *progress)
{
    if (progress->open)
        fputs("\r\033[K", stderr);
    progress->open = false;
}
