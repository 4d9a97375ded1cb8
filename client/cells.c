/* priceforge-cells FILE: prints the cells of a spreadsheet as JSON, for tests and for reports of files that are read
 * wrongly.
 *
 *   .xlsx, .csv  {"sheets":[{"name":…,"hidden":…,"cells":[[row,column,type,"text"],…]},…]}
 *   .mxl         {"rows":…,"cols":…,"cells":[[row,column,"text"],…]}
 *
 * Rows and columns count from 0; cells are sorted. Types are n, s, b, e, d (number, text, boolean, error, date). A
 * refused file gives "class: sentence (byte N)" on standard error and exit status 1; nothing is printed on standard
 * output. The byte is where the reader noticed the fault; it is left out if it says nothing. */
#include "handlers/sheet/sheet.h"

#include "base/bytes.h"
#include "base/sandbox/sandbox.h"
#include "handlers/sheet/json.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { EXIT_USAGE = 2 };

/* More than a parser has: all cells are kept until the file is known to be whole. */
#define MEMORY_MAX (UINT64_C(4) << 30)
#define CPU_MAX_S  300

static const char usage[] = "usage: priceforge-cells [--csv] [--code-page N] FILE\n"
                            "       priceforge-cells --version | --help\n"
                            "Prints the cells of an .xlsx, .mxl or CSV spreadsheet (told by its content) as JSON.\n"
                            "N is the code page of an .mxl of 1C 7.7 when it is not 1251.\n"
                            "A file that cannot be read gives \"class: reason\" and exit status 1.\n";

struct request {
    const char *path;
    bool csv;
    unsigned code_page; /* 0 = 1251 */
};

static enum sheet_format format_of(const struct sheet_input *input, const struct request *request)
{
    struct sheet_error ignored;

    return request->csv ? SHEET_CSV : sheet_sniff_file(input, &ignored);
}

static void print_remark(void *ctx, const char *text)
{
    (void)ctx;
    fprintf(stderr, "remark: %s\n", text);
}

/* All rows that the format allows: this tool shows what is in the file. */
static int read_cells(const struct sheet_input *input, const struct request *request, struct gridjson *json)
{
    struct sheet_limits limits = sheet_default_limits;
    struct grid_sink sink = gridjson_sink(json);

    sink.remark = print_remark;
    struct sheet_error err = {0};
    limits.max_rows = UINT32_MAX;
    limits.code_page = request->code_page;
    if (!request->csv && format_of(input, request) == SHEET_CSV)
        sheet_refuse(&err, "not-zip",
                     "The file is a text with separators, not a workbook. With --csv it is read as CSV.");
    else if (sheet_read(input, request->csv ? SHEET_CSV : SHEET_UNKNOWN, &limits, &sink, &err) == 0)
        return 0;
    fprintf(stderr, err.offset > 0 ? "%s: %s (byte %" PRIu64 ")\n" : "%s: %s\n", err.cls, err.text, err.offset);
    return -1;
}

static int print(const struct sheet_input *input, const struct request *request)
{
    struct gridjson *json = gridjson_new();
    int rc = read_cells(input, request, json);

    if (rc == 0)
        gridjson_print(json, format_of(input, request) != SHEET_MXL, stdout);
    gridjson_free(&json);
    if (rc == 0 && (fflush(stdout) != 0 || ferror(stdout))) {
        fprintf(stderr, "io: cannot write: %s\n", strerror(errno));
        rc = -1;
    }
    return rc == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static void refuse_for_memory(void)
{
    static const char text[] = "limit-memory: Reading the file takes more than 4 GiB of memory.\n";
    if (write(STDERR_FILENO, text, sizeof text - 1) > 0)
        _exit(EXIT_FAILURE);
}

/* As the daemon's parsers are: people run this on files that went wrong. The sanitizers look for leaks at the end, which
 * the sandbox does not let them do. */
static int lock_in(int fd)
{
#ifdef PF_SANITIZERS
    (void)fd;
    on_no_memory = refuse_for_memory;
    return 0;
#else
    struct sandbox sandbox = {.keep = {fd, STDOUT_FILENO, STDERR_FILENO},
                              .n_keep = 3,
                              .memory = MEMORY_MAX,
                              .cpu_s = CPU_MAX_S,
                              .writes_file = true};
    const char *why;
    int rc = sandbox_enter(&sandbox, &why);
    if (rc != 0)
        fprintf(stderr, "io: the file is not read, for this process cannot be locked in: %s (%s)\n", why,
                strerror(-rc));
    on_no_memory = refuse_for_memory;
    return rc;
#endif
}

static int run(const struct request *request)
{
    struct stat st;
    int fd = open(request->path, O_RDONLY | O_CLOEXEC);

    if (fd < 0 || fstat(fd, &st) < 0) {
        fprintf(stderr, "io: %s: %s\n", request->path, strerror(errno));
        return EXIT_FAILURE;
    }
    int rc = EXIT_FAILURE;
    if (!S_ISREG(st.st_mode))
        fprintf(stderr, "io: %s: not a file\n", request->path);
    else if (lock_in(fd) == 0)
        rc = print(&(struct sheet_input){.fd = fd, .length = (uint64_t)st.st_size}, request);
    close(fd);
    return rc;
}

/* The reader refuses numbers that are not code pages. */
static bool read_code_page(const char *text, unsigned *page)
{
    char *end;
    unsigned long number = strtoul(text, &end, 10);

    *page = (unsigned)number;
    return *end == 0 && number > 0 && number <= UINT16_MAX;
}

/* Options, then the file. Behind "--" the name of the file may begin with "-". */
static bool read_arguments(int argc, char **argv, struct request *request)
{
    int i = 1;
    bool named = false;

    for (; i < argc - 1 && !named; i++) {
        named = strcmp(argv[i], "--") == 0;
        if (strcmp(argv[i], "--csv") == 0)
            request->csv = true;
        else if (!named && (strcmp(argv[i], "--code-page") != 0 || !read_code_page(argv[++i], &request->code_page)))
            return false;
    }
    request->path = argv[argc - 1];
    return i == argc - 1 && (named || request->path[0] != '-');
}

int main(int argc, char **argv)
{
    struct request request = {NULL, false, 0};

    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        puts("priceforge-cells " PACKAGE_VERSION);
        return EXIT_SUCCESS;
    }
    if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        fputs(usage, stdout);
        return EXIT_SUCCESS;
    }
    if (!read_arguments(argc, argv, &request)) {
        fputs(usage, stderr);
        return EXIT_USAGE;
    }
    return run(&request);
}
