/* priceforge-cells FILE: the cells of a spreadsheet as JSON, for tests and for reports of what was read wrong.
 *
 *   .xlsx, .csv  {"sheets":[{"name":…,"hidden":…,"cells":[[row,column,type,"text"],…]},…]}
 *   .mxl         {"rows":…,"cols":…,"cells":[[row,column,"text"],…]}
 *
 * Rows and columns count from 0, sorted; types are n, s, b, e, d (number, text, boolean, error, date). A refused file
 * gives "class: sentence (byte N)" on the standard error stream and exit status 1; nothing of it is printed. The byte
 * is where the fault was noticed, left out where that says nothing. */
#include "handlers/sheet/sheet.h"

#include "handlers/sheet/gridjson.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { EXIT_USAGE = 64 };

static const char usage[] = "usage: priceforge-cells [--csv] FILE\n"
                            "       priceforge-cells --version | --help\n"
                            "Prints the cells of an .xlsx or .mxl spreadsheet (told by its content) as JSON.\n"
                            "A file that cannot be read gives \"class: reason\" and exit status 1.\n";

static enum sheet_format format_of(const struct sheet_input *input, bool csv)
{
    struct sheet_error ignored;
    return csv ? SHEET_CSV : sheet_sniff_file(input, &ignored);
}

/* All rows that the format allows: whoever asks with this tool wants to see what is in the file. */
static int read_cells(const struct sheet_input *input, bool csv, struct gridjson *json)
{
    struct sheet_limits limits = sheet_default_limits;
    struct grid_sink sink = gridjson_sink(json);
    struct sheet_error err = {0};
    limits.max_rows = UINT32_MAX;
    if (sheet_read(input, csv ? SHEET_CSV : SHEET_UNKNOWN, &limits, &sink, &err) == 0)
        return 0;
    fprintf(stderr, err.offset > 0 ? "%s: %s (byte %" PRIu64 ")\n" : "%s: %s\n", err.cls, err.text, err.offset);
    return -1;
}

static int print(const struct sheet_input *input, bool csv)
{
    struct gridjson *json = gridjson_new();
    int rc = read_cells(input, csv, json);
    if (rc == 0)
        gridjson_print(json, format_of(input, csv) != SHEET_MXL, stdout);
    gridjson_free(&json);
    if (rc == 0 && (fflush(stdout) != 0 || ferror(stdout))) {
        fprintf(stderr, "io: cannot write: %s\n", strerror(errno));
        rc = -1;
    }
    return rc == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int run(const char *path, bool csv)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) < 0) {
        fprintf(stderr, "io: %s: %s\n", path, strerror(errno));
        return EXIT_FAILURE;
    }
    int rc = EXIT_FAILURE;
    if (S_ISREG(st.st_mode))
        rc = print(&(struct sheet_input){.fd = fd, .length = (uint64_t)st.st_size}, csv);
    else
        fprintf(stderr, "io: %s: not a file\n", path);
    close(fd);
    return rc;
}

int main(int argc, char **argv)
{
    bool csv = argc > 2 && strcmp(argv[1], "--csv") == 0;
    bool named = argc > 1 + csv && strcmp(argv[1 + csv], "--") == 0; /* "-- FILE": whatever its name begins with */
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        puts("priceforge-cells " PACKAGE_VERSION);
        return EXIT_SUCCESS;
    }
    if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        fputs(usage, stdout);
        return EXIT_SUCCESS;
    }
    if (argc != 2 + csv + named || (argv[argc - 1][0] == '-' && !named)) {
        fputs(usage, stderr);
        return EXIT_USAGE;
    }
    return run(argv[argc - 1], csv);
}
