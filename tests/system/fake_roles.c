/* Roles that do nothing but live, beat and die on request: the master's tests run them in place of the real ones.
 *
 * PF_FAKE holds words like "worker=crash" (die by abort at once), "worker=exit78" (exit with that code at once),
 * "runner=mute" (never say ACTIVE, never beat), "worker=stuck" (ignore SIGTERM), "janitor=waiting" (beat, but never say
 * ACTIVE), "worker=active-crash" (say ACTIVE, then abort), "parser=crash", "worker=exit79-once:FILE" (exit 79 as long
 * as FILE exists, and remove it). */
#include "base/log.h"
#include "daemon/parser/hub.h"
#include "daemon/process/process.h"
#include "handlers/task_type.h"
#include "shm/wakeup.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* The registry of handlers/ is not needed to supervise. */
unsigned task_type_count(void)
{
    return 1;
}

const struct task_type *task_type_at(unsigned number)
{
    static const struct task_type none = {.name = "none", .concurrency = 1};
    return number == 0 ? &none : NULL;
}

static volatile sig_atomic_t stop;

static void on_term(int sig)
{
    (void)sig;
    stop = 1;
}

/* What PF_FAKE says about this role; "" for nothing. */
static const char *fault_of(const char *role)
{
    static char word[200];
    const char *list = getenv("PF_FAKE");
    size_t len = strlen(role);

    for (const char *at = list; at && *at; at += strcspn(at, " "), at += strspn(at, " ")) {
        if (strncmp(at, role, len) == 0 && at[len] == '=') {
            snprintf(word, sizeof word, "%.*s", (int)strcspn(at + len + 1, " "), at + len + 1);
            return word;
        }
    }
    return "";
}

static void crash(void)
{
    struct rlimit none = {0, 0};

    setrlimit(RLIMIT_CORE, &none);
    signal(SIGABRT, SIG_DFL);
    raise(SIGKILL);
}

/* Returns an exit code to leave with, or -1 to live on. */
static int early_fault(const char *fault)
{
    if (strcmp(fault, "crash") == 0)
        crash();
    if (strncmp(fault, "exit79-once:", 12) == 0)
        return unlink(fault + 12) == 0 ? EXIT_SEGMENT_LOST : -1;
    if (strncmp(fault, "exit", 4) == 0)
        return atoi(fault + 4);
    if (strcmp(fault, "mute") == 0) {
        for (;;)
            pause();
    }
    return -1;
}

/* Echo one byte of a connection, to show that the inherited sockets work. */
static void serve(int fd)
{
    char byte;
    int client = accept(fd, NULL, NULL);

    if (client < 0)
        return;
    if (recv(client, &byte, 1, 0) == 1)
        (void)!send(client, &byte, 1, MSG_NOSIGNAL);
    close(client);
}

static int live(const struct process *process, const char *role)
{
    const char *fault = fault_of(role);
    struct pollfd fds[] = {{wakeup_fd(process->segment, process->self.slot), POLLIN, 0},
                           {process->master_pipe, POLLIN, 0},
                           {process->listen_fd, POLLIN, 0},
                           {process->unix_fd, POLLIN, 0}};

    signal(SIGTERM, strcmp(fault, "stuck") == 0 ? SIG_IGN : on_term);
    int code = early_fault(fault);
    if (code >= 0)
        return code;
    proctab_beat(process->segment, process->self);
    if (strcmp(fault, "waiting") != 0)
        proctab_active(process->segment, process->self);
    if (strcmp(fault, "active-crash") == 0)
        crash();
    while (!stop) {
        poll(fds, 4, 200);
        if (fds[1].revents)
            _exit(EXIT_DONE);
        proctab_beat(process->segment, process->self);
        wakeup_drain(process->segment, process->self.slot);
        for (unsigned i = 2; i < 4; i++) {
            if (fds[i].fd >= 0 && fds[i].revents & POLLIN)
                serve(fds[i].fd);
        }
    }
    proctab_stopping(process->segment, process->self);
    return EXIT_DONE;
}

int worker_main(const struct process *process)
{
    return live(process, "worker");
}

/* The janitor's duty that the master depends on: free the entries of the dead. */
static void *settle(void *ctx)
{
    const struct process *process = ctx;
    struct proc_info info;

    for (;;) {
        for (uint32_t slot = 0; slot < proctab_size(process->segment); slot++) {
            if (proctab_read(process->segment, slot, &info) && info.state == PROC_DEAD)
                proctab_release(process->segment, info.ref);
        }
        usleep(20000);
    }
    return NULL;
}

#include <pthread.h>

int janitor_main(const struct process *process)
{
    pthread_t thread;
    struct process copy = *process;

    if (pthread_create(&thread, NULL, settle, &copy) != 0)
        return EXIT_SHORTAGE;
    int code = live(process, "janitor");
    log_flush();
    _exit(code); /* the thread still looks at the table */
}

/* Each second the runner takes a parser, sends it a byte and expects it back, and logs how that went. */
static void *use_parsers(void *ctx)
{
    const struct process *process = ctx;
    struct parser_ticket ticket;
    char byte = 'x';
    int fd;

    for (;;) {
        int rc = parser_take(process->parser_control, 5000, &ticket, &fd);
        if (rc == 0) {
            bool fine = send(fd, &byte, 1, MSG_NOSIGNAL) == 1 && recv(fd, &byte, 1, 0) == 1;
            log_info("runner %u used parser %d: %s", process->index, (int)ticket.pid, fine ? "answered" : "died");
            close(fd);
        } else {
            log_warn("runner %u got no parser: %s", process->index, strerror(-rc));
        }
        usleep(500000);
    }
    return NULL;
}

int runner_main(const struct process *process)
{
    pthread_t thread;
    struct process copy = *process;

    if (strstr(fault_of("runner"), "parsers") && pthread_create(&thread, NULL, use_parsers, &copy) != 0)
        return EXIT_SHORTAGE;
    int code = live(process, "runner");
    log_flush();
    _exit(code);
}

int parser_main(const struct process *process)
{
    char byte;

    if (strcmp(fault_of("parser"), "crash") == 0)
        crash();
    if (recv(process->parser_control, &byte, 1, 0) != 1)
        return EXIT_DONE;
    if (strcmp(fault_of("parser"), "crash-on-file") == 0)
        crash();
    (void)!send(process->parser_control, &byte, 1, MSG_NOSIGNAL);
    return EXIT_DONE;
}

int main(int argc, char **argv)
{
    return daemon_main(NULL, argc, argv);
}
