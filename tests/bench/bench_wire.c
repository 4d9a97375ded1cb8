/* A spreadsheet through the wire between parser and runner, without a daemon around it.
 *
 *   bench_wire decode FILE   one process reads, another takes the rows and drops them; prints the wall clock's seconds
 *   bench_wire record FILE   the frames that a parser would send, to standard output */
#include "base/clock.h"
#include "handlers/sheet/wire.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const struct gridwire_bounds bounds = {.max_rows = UINT32_MAX, .max_text = UINT64_MAX, .silence_ms = 60000};

static int write_frames(const struct sheet_input *input, int to)
{
    struct sheet_limits limits = sheet_default_limits;
    struct sheet_error err;
    struct gridwire_writer *writer = gridwire_writer_new(to);
    struct grid_sink sink = gridwire_writer_sink(writer);
    limits.max_rows = UINT32_MAX;
    int rc = sheet_read(input, SHEET_UNKNOWN, &limits, &sink, &err);
    if (rc == 0)
        rc = gridwire_write_end(writer);
    else
        fprintf(stderr, "%s: %s\n", err.cls, err.text);
    gridwire_writer_free(&writer);
    return rc;
}

static int take_sheet(void *ctx, const struct grid_sheet *sheet)
{
    (void)ctx, (void)sheet;
    return 0;
}

static int take_row(void *ctx, const struct grid_row *row)
{
    (void)row;
    ++*(unsigned long *)ctx;
    return 0;
}

static int take_end(void *ctx)
{
    (void)ctx;
    return 0;
}

static int decode(const struct sheet_input *input)
{
    unsigned long rows = 0;
    struct grid_sink sink = {.sheet = take_sheet, .row = take_row, .sheet_end = take_end, .ctx = &rows};
    struct sheet_error err;
    int ends[2], status;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
        return -1;
    double begin = clock_mono_s();
    pid_t parser = fork();
    if (parser == 0) {
        close(ends[0]);
        _exit(write_frames(input, ends[1]) == 0 ? 0 : 1);
    }
    close(ends[1]);
    int rc = parser < 0 ? -1 : gridwire_replay(ends[0], &bounds, &sink, NULL, NULL, &err);
    if (rc != 0 || waitpid(parser, &status, 0) != parser || status != 0)
        return -1;
    printf("{\"seconds\":%.3f,\"rows\":%lu}\n", clock_mono_s() - begin, rows);
    return 0;
}

int main(int argc, char **argv)
{
    struct stat st;
    int fd = argc == 3 ? open(argv[2], O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0 || fstat(fd, &st) < 0) {
        fputs("usage: bench_wire decode|record FILE\n", stderr);
        return 64;
    }
    struct sheet_input input = {.fd = fd, .length = (uint64_t)st.st_size};
    int rc = strcmp(argv[1], "decode") == 0 ? decode(&input) : write_frames(&input, STDOUT_FILENO);
    close(fd);
    return rc == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
