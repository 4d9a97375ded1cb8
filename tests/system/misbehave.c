/* The misbehaving parser of the tests' daemon. It runs inside the real sandbox, in the place of the real reader.
 *
 *   forbidden  tries what the sandbox forbids and reports, as a refusal of the file, what was let through
 *   garbage    random bytes; "length": a frame of 4 GiB; "count": an end that tells of more rows than came
 *   rows       rows without end; "empty": frames without rows, without end; "sheets": sheets without end
 *   dies       after the last row, without the end marker; "segv": by a signal, in the middle of a row
 *   silent     sleeps; "stopped": by SIGSTOP; "spins": computes; "hog": takes memory until there is none
 *   frames     sends the frames that stand behind the word's line: an import without decoding, for measurements
 *   lingers    says everything, right to the end marker, and stays; "hides": the same behind a closed socket */
#include "tests/system/misbehave.h"

#include "daemon/parser.h"
#include "handlers/sheet/bytes.h"
#include "handlers/sheet/gridwire.h"
#include "handlers/sheet/gridwire_frame.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const char mark[] = "PK\3\4misbehave ";

static pid_t master; /* a process that a parser must not reach */

/* ---- What the sandbox forbids ---- */

static long try_open(void)
{
    return open("/etc/passwd", O_RDONLY | O_CLOEXEC);
}

static long try_create(void)
{
    return open("/tmp/priceforge-was-here", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
}

static long try_stat(void)
{
    struct stat st;
    return stat("/etc/passwd", &st);
}

static long try_unlink(void)
{
    return unlink("/tmp/priceforge-was-here");
}

static long try_socket(void)
{
    return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static long try_pair(void)
{
    int ends[2];
    return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends);
}

static long try_fork(void)
{
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    return pid;
}

static long try_exec(void)
{
    static char name[] = "true";
    char *const argv[] = {name, NULL}, *const envp[] = {NULL};
    return execve("/bin/true", argv, envp);
}

static long try_code(void)
{
    void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return p == MAP_FAILED ? -1 : 0;
}

static long try_kill(void)
{
    return kill(master, 0);
}

static long try_thread_kill(void)
{
    return syscall(SYS_tgkill, master, master, 0);
}

static long try_ptrace(void)
{
    return ptrace(PTRACE_ATTACH, master, NULL, NULL);
}

static long try_limit(void)
{
    struct rlimit more = {RLIM_INFINITY, RLIM_INFINITY};
    return setrlimit(RLIMIT_CPU, &more);
}

static long try_memfd(void)
{
    return memfd_create("x", MFD_CLOEXEC);
}

static const struct {
    const char *name;
    long (*attempt)(void);
} attempts[] = {{"open", try_open},     {"create", try_create},   {"stat", try_stat},          {"unlink", try_unlink},
                {"socket", try_socket}, {"socketpair", try_pair}, {"fork", try_fork},          {"exec", try_exec},
                {"code", try_code},     {"kill", try_kill},       {"tgkill", try_thread_kill}, {"ptrace", try_ptrace},
                {"limit", try_limit},   {"memfd", try_memfd}};

static int report_forbidden(int sock)
{
    struct sheet_error err = {.cls = "test-report"};
    struct gridwire_writer *writer = gridwire_writer_new(sock);
    unsigned refused = 0;
    size_t used = 0;
    char through[160] = "";
    for (size_t i = 0; i < sizeof attempts / sizeof *attempts; i++) {
        if (attempts[i].attempt() < 0 && errno == EPERM)
            refused++;
        else
            used += (size_t)snprintf(through + used, sizeof through - used, " %s", attempts[i].name);
    }
#ifdef PF_SANITIZERS
    snprintf(err.text, sizeof err.text, "A build with sanitizers proves nothing here.");
#else
    snprintf(err.text, sizeof err.text, "%u refused with EPERM, let through:%s.", refused,
             used > 0 ? through : " none");
#endif
    int rc = gridwire_write_refused(writer, &err);
    gridwire_writer_free(&writer);
    return rc;
}

/* ---- What the wire does not carry ---- */

static void send_garbage(int sock)
{
    unsigned char block[4096];
    uint32_t v = 2463534242u;
    for (int k = 0; k < 256; k++) {
        for (size_t i = 0; i < sizeof block; i++) {
            v ^= v << 13, v ^= v >> 17, v ^= v << 5;
            block[i] = (unsigned char)v;
        }
        if (write(sock, block, sizeof block) < 0)
            return;
    }
}

static void send_head(int sock, uint32_t length, enum frame_kind kind)
{
    unsigned char head[FRAME_HEAD];
    put32(head, length);
    head[4] = (unsigned char)kind;
    (void)!write(sock, head, sizeof head);
}

static void begin_table(struct grid_sink *s)
{
    static const struct grid_cell cells[] = {{0, GRID_TEXT, 0, 0, 14, "Артикул"},
                                             {1, GRID_TEXT, 0, 0, 20, "Количество"}};
    const struct grid_sheet sheet = {.name = "S"};
    const struct grid_row row = {.n_cells = 2, .cells = cells};
    s->sheet(s->ctx, &sheet);
    s->row(s->ctx, &row);
}

static int add_row(struct grid_sink *s, uint32_t i)
{
    char number[16];
    int n = snprintf(number, sizeof number, "PN-%07u", (unsigned)i);
    const struct grid_cell cells[] = {{0, GRID_TEXT, 0, 0, (uint32_t)n, number}, {1, GRID_NUMBER, 0, 0, 1, "5"}};
    const struct grid_row row = {.row = i % (GRID_MAX_ROW - 1) + 1, .n_cells = 2, .cells = cells};
    return s->row(s->ctx, &row);
}

static void send_rows_for_ever(struct grid_sink *s)
{
    uint32_t i = 0;
    while (add_row(s, i) == 0)
        i++;
}

static void send_sheets_for_ever(struct grid_sink *s)
{
    struct grid_sheet sheet = {.name = "S"};
    while (s->sheet(s->ctx, &sheet) == 0 && s->sheet_end(s->ctx) == 0)
        sheet.index++;
}

static void send_empty_frames_for_ever(int sock)
{
    static const unsigned char head[FRAME_HEAD] = {0, 0, 0, 0, FRAME_ROWS};
    while (write(sock, head, sizeof head) > 0)
        continue;
}

/* Enough for several frames; the last ones wait for the end of the sheet. */
static void send_all_rows(struct grid_sink *s)
{
    begin_table(s);
    for (uint32_t i = 0; i < 4000; i++)
        add_row(s, i);
}

static void send_wrong_count(int sock)
{
    unsigned char count[8] = {99, 99};
    send_head(sock, sizeof count, FRAME_SHEET_END);
    (void)!write(sock, count, sizeof count);
}

/* ---- What takes without giving ---- */

static void sleep_for_ever(void)
{
    for (;;)
        poll(NULL, 0, -1);
}

static void spin(void)
{
    for (volatile unsigned i = 0;; i++)
        continue;
}

/* As the readers do: memory that cannot be had ends the process. */
static void hog(void)
{
    for (size_t all = 0; all < (size_t)8 << 30; all += 1 << 20)
        memset(xalloc(1 << 20), 1, 1 << 20);
    sleep_for_ever();
}

static void crash(int sock)
{
    send_head(sock, 1000, FRAME_ROWS);
    (void)!write(sock, "half", 4);
    syscall(SYS_tgkill, getpid(), getpid(), SIGSEGV);
}

static void freeze(void)
{
    syscall(SYS_tgkill, getpid(), getpid(), SIGSTOP);
    sleep_for_ever();
}

/* ---- What has been decoded before ---- */

static int copy_frames(int sock, int file_fd, uint64_t at, uint64_t end)
{
    static char block[256 << 10];
    while (at < end) {
        size_t want = end - at < sizeof block ? (size_t)(end - at) : sizeof block;
        ssize_t n = pread(file_fd, block, want, (off_t)at);
        if (n <= 0)
            return -EIO;
        for (ssize_t done = 0, sent; done < n; done += sent)
            if ((sent = write(sock, block + done, (size_t)(n - done))) < 0)
                return -errno;
        at += (uint64_t)n;
    }
    return 0;
}

/* ---- The choice ---- */

static bool is(const char *word, const char *name)
{
    return strcmp(word, name) == 0;
}

static int misbehave_within(struct gridwire_writer *writer, int sock, const char *word)
{
    struct grid_sink s = gridwire_writer_sink(writer);
    if (is(word, "sheets")) {
        send_sheets_for_ever(&s);
    } else if (is(word, "rows") || is(word, "empty")) {
        begin_table(&s);
        if (is(word, "empty"))
            send_empty_frames_for_ever(sock);
        send_rows_for_ever(&s);
    } else {
        send_all_rows(&s);
    }
    if (is(word, "count"))
        send_wrong_count(sock);
    if ((is(word, "lingers") || is(word, "hides")) && s.sheet_end(s.ctx) == 0)
        gridwire_write_end(writer);
    if (is(word, "hides"))
        close(sock);
    if (is(word, "lingers") || is(word, "hides"))
        sleep_for_ever();
    return -EPIPE; /* "dies" */
}

static int misbehave(int sock, const char *word)
{
    if (is(word, "forbidden"))
        return report_forbidden(sock);
    if (is(word, "garbage"))
        send_garbage(sock);
    else if (is(word, "length"))
        send_head(sock, UINT32_MAX, FRAME_ROWS);
    else if (is(word, "segv"))
        crash(sock);
    else if (is(word, "silent"))
        sleep_for_ever();
    else if (is(word, "stopped"))
        freeze();
    else if (is(word, "spins"))
        spin();
    else if (is(word, "hog"))
        hog();
    struct gridwire_writer *writer = gridwire_writer_new(sock);
    int rc = misbehave_within(writer, sock, word);
    gridwire_writer_free(&writer);
    return rc;
}

static int decode(int sock, const struct parser_request *request, int file_fd)
{
    char head[64] = "";
    ssize_t n = pread(file_fd, head, sizeof head - 1, (off_t)request->offset);
    if (n <= (ssize_t)sizeof mark || memcmp(head, mark, sizeof mark - 1) != 0)
        return parser_decode_file(sock, request, file_fd);
    size_t line = strcspn(head + 4, "\n") + 4;
    head[line] = '\0';
    if (is(head + sizeof mark - 1, "frames"))
        return copy_frames(sock, file_fd, request->offset + line + 1, request->offset + request->length);
    return misbehave(sock, head + sizeof mark - 1);
}

void misbehave_install(void)
{
    const char *cpu = getenv("PF_TEST_PARSER_CPU"), *silence = getenv("PF_TEST_PARSER_SILENCE");
    if (cpu)
        parser_limits.cpu_s = (unsigned)strtoul(cpu, NULL, 10);
    if (silence)
        parser_limits.silence_ms = (unsigned)strtoul(silence, NULL, 10);
    master = getpid();
    parser_decode = decode;
}
