/* A task's file through a parser process. The parser reads what strangers send, so it is trusted no more than they are:
 * its frames are checked (handlers/sheet/wire.h), its silence is bounded, and if it does not leave it is killed. */
#include "daemon/parser/parser.h"
#include "daemon/runner/runner.h"
#include "handlers/sheet/wire.h"
#include "shm/wakeup.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define TAKE_MS  10000
#define SLICE_MS 200
#define LEAVE_MS 1000

static void kill_parser(struct runner *runner)
{
    struct shm_segment *segment = runner->process->segment;
    struct proc_ref who = {.slot = runner->parser.slot, .generation = runner->parser.generation};
    if (!proctab_alive(segment, who))
        return;
    proctab_request_kill(segment, who, SIGKILL);
    wakeup_poke(segment, WAKEUP_MASTER);
}

/* A cancelled task waits for no parser. */
static int wait_for_parser(struct job *job, int *sock)
{
    struct runner *runner = job->runner;
    for (int waited = 0; waited < TAKE_MS; waited += SLICE_MS) {
        if (job_cancelled(job))
            return -ECANCELED;
        int rc = parser_take(runner->process->parser_control, SLICE_MS, &runner->parser, sock);
        if (rc != -ETIMEDOUT)
            return rc;
    }
    return -ETIMEDOUT;
}

/* A parser may have died while it waited for us: take the next one then. */
static int take_parser(struct job *job, const struct parser_request *request)
{
    for (int i = 0; i < 3; i++) {
        int sock, rc = wait_for_parser(job, &sock);
        if (rc != 0)
            return rc;
        rc = parser_await(sock, TAKE_MS);
        if (rc == 0 && parser_send_request(sock, request, job->file_fd) == 0)
            return sock;
        close(sock);
        if (rc == -ETIMEDOUT)
            return rc;
    }
    return -EPIPE;
}

/* A parser that has said all, or finds nobody listening, ends by itself at once. One that was stopped, loops or was
 * taken over would keep its post and its memory: it is killed. */
static void dismiss(struct runner *runner, int sock)
{
    struct pollfd gone = {.fd = sock};
    shutdown(sock, SHUT_RD); /* its next write fails */
    if (poll(&gone, 1, LEAVE_MS) == 0)
        kill_parser(runner);
    close(sock);
}

static bool goes_on(void *ctx)
{
    return !job_cancelled(ctx);
}

/* Memory that ran out elsewhere, or an operator, may have ended the parser. One more attempt shows whether it was the
 * file. */
static void blame_file(const struct job *job, struct sheet_error *err)
{
    const struct runner *runner = job->runner;
    struct sheet_error first = *err;
    if (strcmp(err->cls, "parser-died") != 0 || (job->attempt == 1 && runner->process->config->max_attempts > 1))
        return;
    sheet_refuse(
        err, "parser-killed",
        "The file is refused: %s, also in another attempt. It is damaged or made to do harm; save it again from the "
        "program it comes from.",
        first.text);
}

int runner_read_file(struct job *job, enum sheet_format format, const struct grid_sink *sink, struct sheet_error *err)
{
    struct runner *runner = job->runner;
    assert(job->file && job->file_fd >= 0);
    struct parser_request request = {.format = (uint16_t)format,
                                     .code_page = (uint16_t)runner->settings.mxl_code_page,
                                     .max_rows = runner->settings.max_rows,
                                     .offset = job->file->offset,
                                     .length = job->file->length};
    struct gridwire_bounds bounds = {runner->settings.max_rows, sheet_default_limits.max_inflated,
                                     parser_limits.silence_ms};
    kill_parser(runner); /* the one before, if it is still there: its successor needs the post */
    int sock = take_parser(job, &request);
    if (sock == -ECANCELED)
        return sheet_refuse(err, "stopped", "The reading was stopped.");
    if (sock < 0)
        return sheet_refuse(err, "parser-died", "no parser process is running: see the log of the service");
    int rc = gridwire_replay(sock, &bounds, sink, goes_on, job, err);
    dismiss(runner, sock);
    if (rc == -1)
        blame_file(job, err);
    return rc;
}
