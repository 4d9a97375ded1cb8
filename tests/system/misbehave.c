/* The misbehaving parser of the tests' daemon. It runs inside the real sandbox, in the place of the real reader.
 *
 *   forbidden  tries what the sandbox forbids and reports, as a refusal of the file, what was let through
 *   garbage    random bytes; "length": a frame of 4 GiB; "count": an end that tells of more rows than came
 *   rows       rows without end; "empty": frames without rows, without end; "sheets": sheets without end
 *   dies       after the last row, without the end marker; "segv": by a signal, in the middle of a row
 *   silent     sleeps; "stopped": by SIGSTOP; "hog": takes memory until there is none
 *   spins      computes; "deaf": and does not hear SIGXCPU; "drips": a sheet, a
 * pause… again      refuses with the class that has a file read again; "terminal": with control codes frames     sends
 * the frames that stand behind the word's line: an import without decoding, for measurements lingers    says
 * everything, right to the end marker, and stays; "hides": the same behind a closed socket */
#include "tests/system/misbehave.h"

#include "base/bytes.h"
#include "daemon/parser/parser.h"
#include "handlers/sheet/wire.h"
#include "handlers/sheet/wire_frame.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
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
static int the_sock; /* to the runner */

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

static long try_protect(void)
{
    static char page[8192];
    return mprotect((void *)(((uintptr_t)page + 4095) & ~(uintptr_t)4095), 4096, PROT_READ | PROT_EXEC);
}

/* A descriptor sent along would wait in the runner's socket. */
static long try_send(void)
{
    struct msghdr nothing = {.msg_iovlen = 0};
    return sendmsg(the_sock, &nothing, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static long try_option(void)
{
    int size = 1 << 30;
    return setsockopt(the_sock, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
}

static long try_ring(void)
{
    return syscall(SYS_io_uring_setup, 1, NULL);
}

static long try_space(void)
{
    return syscall(SYS_unshare, 0x10000000 /* CLONE_NEWUSER */);
}

static long try_look(void)
{
    return syscall(SYS_process_vm_readv, master, NULL, 0, NULL, 0, 0);
}

static long try_handler(void)
{
    return syscall(SYS_rt_sigaction, SIGXCPU, NULL, NULL, 8);
}

static long try_copy(void)
{
    return dup(the_sock);
}

static const struct {
    const char *name;
    long (*attempt)(void);
} attempts[] = {{"open", try_open},       {"create", try_create},   {"stat", try_stat},          {"unlink", try_unlink},
                {"socket", try_socket},   {"socketpair", try_pair}, {"fork", try_fork},          {"exec", try_exec},
                {"code", try_code},       {"kill", try_kill},       {"tgkill", try_thread_kill}, {"ptrace", try_ptrace},
                {"limit", try_limit},     {"memfd", try_memfd},     {"protect", try_protect},    {"send", try_send},
                {"option", try_option},   {"ring", try_ring},       {"space", try_space},        {"look", try_look},
                {"handler", try_handler}, {"copy", try_copy}};

/* Descriptors besides the socket and the file; what is open answers, be it that it cannot seek. */
static unsigned open_besides(int file_fd)
{
    unsigned n = 0;
    for (int fd = 0; fd < 4096; fd++)
        n += fd != the_sock && fd != file_fd && (lseek(fd, 0, SEEK_CUR) >= 0 || errno != EBADF);
    return n;
}

static int report_forbidden(int sock, int file_fd)
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
    unsigned others = open_besides(file_fd);
    const char *file = write(file_fd, "x", 1) < 0 && errno == EBADF ? "read-only" : "writable";
    snprintf(err.text, sizeof err.text, "%u refused with EPERM, let through:%s; %u other descriptors, file %s.",
             refused, used > 0 ? through : " none", others, file);
#ifdef PF_SANITIZERS
    sheet_refuse(&err, "test-report", "A build with sanitizers proves nothing here.");
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
    static const struct grid_cell cells[] = {{0, GRID_TEXT, 0, 0, 0, 14, "Артикул"},
                                             {1, GRID_TEXT, 0, 0, 0, 20, "Количество"}};
    const struct grid_sheet sheet = {.name = "S"};
    const struct grid_row row = {.n_cells = 2, .cells = cells};
    s->sheet(s->ctx, &sheet);
    s->row(s->ctx, &row);
}

static int add_row(struct grid_sink *s, uint32_t i)
{
    char number[16];
    int n = snprintf(number, sizeof number, "PN-%07u", (unsigned)i);
    const struct grid_cell cells[] = {{0, GRID_TEXT, 0, 0, 0, (uint32_t)n, number}, {1, GRID_NUMBER, 0, 0, 0, 1, "5"}};
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

/* The sandbox knows no poll. */
static void sleep_for_ever(int sock)
{
    (void)sock;
    static uint32_t never;
    for (;;)
        syscall(SYS_futex, &never, FUTEX_WAIT, 0, NULL, NULL, 0);
}

static void spin(int sock)
{
    (void)sock;
    for (volatile unsigned i = 0;; i++)
        continue;
}

/* Does not hear that its time is over. */
static void spin_deaf(int sock)
{
    (void)sock;
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    spin(sock);
}

/* A sheet from time to time, and no row ever. */
static void drip(struct grid_sink *s)
{
    static uint32_t never;
    const struct timespec pause = {.tv_nsec = 200 * 1000000L};
    struct grid_sheet sheet = {.name = "S"};
    while (s->sheet(s->ctx, &sheet) == 0 && s->sheet_end(s->ctx) == 0) {
        sheet.index++;
        syscall(SYS_futex, &never, FUTEX_WAIT, 0, &pause, NULL, 0);
    }
}

/* A refusal that only the runner itself may give, or with codes for somebody's terminal. */
static void refuse_as(int sock, const char *cls, const char *text)
{
    struct sheet_error err = {.offset = 0};
    snprintf(err.cls, sizeof err.cls, "%s", cls);
    snprintf(err.text, sizeof err.text, "%s", text);
    gridwire_refuse_now(sock, &err);
}

/* As the readers do: memory that cannot be had ends the process. */
static void hog(int sock)
{
    (void)sock;
    for (size_t all = 0; all < (size_t)8 << 30; all += 1 << 20)
        memset(xalloc(1 << 20), 1, 1 << 20);
    sleep_for_ever(sock);
}

static void crash(int sock)
{
    send_head(sock, 1000, FRAME_ROWS);
    (void)!write(sock, "half", 4);
    syscall(SYS_tgkill, getpid(), getpid(), SIGSEGV);
}

static void freeze(int sock)
{
    (void)sock;
    syscall(SYS_tgkill, getpid(), getpid(), SIGSTOP);
    sleep_for_ever(sock);
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
    } else if (is(word, "drips")) {
        drip(&s);
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
        sleep_for_ever(sock);
    return -EPIPE; /* "dies" */
}

static void send_length(int sock)
{
    send_head(sock, UINT32_MAX, FRAME_ROWS);
}

static void say_again(int sock)
{
    refuse_as(sock, "stopped", "Read it again.");
}

static void say_codes(int sock)
{
    refuse_as(sock, "test", "\033[2J\007");
}

/* Tricks that need no table; most do not return. */
static const struct {
    const char *word;
    void (*play)(int sock);
} tricks[] = {{"garbage", send_garbage}, {"length", send_length}, {"segv", crash},     {"silent", sleep_for_ever},
              {"stopped", freeze},       {"spins", spin},         {"deaf", spin_deaf}, {"hog", hog},
              {"again", say_again},      {"terminal", say_codes}};

static int misbehave(int sock, int file_fd, const char *word)
{
    if (is(word, "forbidden"))
        return report_forbidden(sock, file_fd);
    for (size_t i = 0; i < sizeof tricks / sizeof *tricks; i++)
        if (is(word, tricks[i].word)) {
            tricks[i].play(sock);
            return -EPIPE;
        }
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
    the_sock = sock;
    return misbehave(sock, file_fd, head + sizeof mark - 1);
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
