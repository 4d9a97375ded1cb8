/* priceforge-cells FILE: the cells of a spreadsheet as JSON, for tests and for reports of what was read wrong.
 *
 *   .xlsx, .csv  {"sheets":[{"name":…,"hidden":…,"cells":[[row,column,type,"text"],…]},…]}
 *   .mxl         {"rows":…,"cols":…,"cells":[[row,column,"text"],…]}
 *
 * Rows and columns count from 0, sorted; types are n, s, b, e, d (number, text, boolean, error, date). A refused file
 * gives "class: sentence" on the standard error stream and exit status 1; nothing of it is printed. */
#include "handlers/sheet/sheet.h"

#include "handlers/sheet/bytes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HEAD_SIZE = 512, EXIT_USAGE = 64 };

struct cell {
    uint32_t row, column;
    uint64_t order; /* of arrival */
    size_t text;
    uint32_t len;
    uint8_t kind;
};

struct sheet {
    char *name;
    bool hidden;
    struct cell *cells;
    size_t n, cap;
};

struct book {
    struct sheet *sheets;
    size_t n;
    struct bytes text; /* of all cells */
};

static char *copy(const char *text)
{
    size_t n = strlen(text) + 1;
    return memcpy(xalloc(n), text, n);
}

static int on_sheet(void *ctx, const struct grid_sheet *sheet)
{
    struct book *book = ctx;
    book->sheets = xrealloc(book->sheets, (book->n + 1) * sizeof *book->sheets);
    book->sheets[book->n++] = (struct sheet){.name = copy(sheet->name), .hidden = sheet->hidden};
    return 0;
}

static int on_row(void *ctx, const struct grid_row *row)
{
    struct book *book = ctx;
    struct sheet *sheet = &book->sheets[book->n - 1];
    for (uint32_t i = 0; i < row->n_cells; i++) {
        const struct grid_cell *from = &row->cells[i];
        if (from->len == 0)
            continue;
        if (sheet->n == sheet->cap) {
            sheet->cap = sheet->cap * 2 + 256;
            sheet->cells = xrealloc(sheet->cells, sheet->cap * sizeof *sheet->cells);
        }
        sheet->cells[sheet->n] = (struct cell){row->row, from->column, sheet->n, book->text.len, from->len, from->kind};
        sheet->n++;
        bytes_add(&book->text, from->text, from->len);
    }
    return 0;
}

static int on_sheet_end(void *ctx)
{
    (void)ctx;
    return 0;
}

static int by_place(const void *a, const void *b)
{
    const struct cell *x = a, *y = b;
    if (x->row != y->row)
        return x->row < y->row ? -1 : 1;
    if (x->column != y->column)
        return x->column < y->column ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

/* Files may hand out rows in any order and one position twice: the last value counts. */
static void sort_sheet(struct sheet *sheet)
{
    size_t n = 0;
    if (sheet->n == 0)
        return;
    qsort(sheet->cells, sheet->n, sizeof *sheet->cells, by_place);
    for (size_t i = 0; i < sheet->n; i++) {
        const struct cell *c = &sheet->cells[i];
        if (n > 0 && sheet->cells[n - 1].row == c->row && sheet->cells[n - 1].column == c->column)
            n--;
        sheet->cells[n++] = *c;
    }
    sheet->n = n;
}

static void print_string(const char *text, size_t n)
{
    putchar('"');
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == '"' || c == '\\')
            printf("\\%c", c);
        else if (c == '\n')
            fputs("\\n", stdout);
        else if (c == '\r')
            fputs("\\r", stdout);
        else if (c == '\t')
            fputs("\\t", stdout);
        else if (c == '\b')
            fputs("\\b", stdout);
        else if (c == '\f')
            fputs("\\f", stdout);
        else if (c < 0x20)
            printf("\\u%04x", c);
        else
            putchar(c);
    }
    putchar('"');
}

static void print_cells(const struct book *book, const struct sheet *sheet, bool typed)
{
    static const char types[] = {
        [GRID_TEXT] = 's', [GRID_NUMBER] = 'n', [GRID_BOOL] = 'b', [GRID_ERROR] = 'e', [GRID_DATE] = 'd'};
    for (size_t i = 0; i < sheet->n; i++) {
        const struct cell *c = &sheet->cells[i];
        printf("%s\n  [%u,%u,", i > 0 ? "," : "", c->row, c->column);
        if (typed)
            printf("\"%c\",", types[c->kind]);
        print_string(book->text.data + c->text, c->len);
        putchar(']');
    }
}

static void print_book(const struct book *book)
{
    fputs("{\"sheets\":[", stdout);
    for (size_t i = 0; i < book->n; i++) {
        const struct sheet *sheet = &book->sheets[i];
        fputs(i > 0 ? ",\n {\"name\":" : "\n {\"name\":", stdout);
        print_string(sheet->name, strlen(sheet->name));
        printf(",\"hidden\":%s,\"cells\":[", sheet->hidden ? "true" : "false");
        print_cells(book, sheet, true);
        fputs("]}", stdout);
    }
    fputs("\n]}\n", stdout);
}

static void print_table(const struct book *book)
{
    uint32_t rows = 0, columns = 0;
    struct sheet none = {0};
    const struct sheet *sheet = book->n > 0 ? &book->sheets[0] : &none;
    for (size_t i = 0; i < sheet->n; i++) {
        rows = sheet->cells[i].row + 1 > rows ? sheet->cells[i].row + 1 : rows;
        columns = sheet->cells[i].column + 1 > columns ? sheet->cells[i].column + 1 : columns;
    }
    printf("{\"rows\":%u,\"cols\":%u,\"cells\":[", rows, columns);
    print_cells(book, sheet, false);
    fputs("]}\n", stdout);
}

static void book_free(struct book *book)
{
    for (size_t i = 0; i < book->n; i++) {
        free(book->sheets[i].name);
        free(book->sheets[i].cells);
    }
    free(book->sheets);
    bytes_free(&book->text);
}

static enum sheet_format format_of(int fd, bool csv)
{
    unsigned char head[HEAD_SIZE];
    struct sheet_error ignored;
    ssize_t n = csv ? 0 : pread(fd, head, sizeof head, 0);
    return csv ? SHEET_CSV : sheet_sniff(head, n > 0 ? (size_t)n : 0, &ignored);
}

/* All rows that the format allows: whoever asks with this tool wants to see what is in the file. */
static int read_book(int fd, uint64_t length, bool csv, struct book *book)
{
    struct sheet_input input = {.fd = fd, .length = length};
    struct sheet_limits limits = sheet_default_limits;
    struct grid_sink sink = {
        .sheet = on_sheet, .row = on_row, .sheet_end = on_sheet_end, .ctx = book, .without_merges = true};
    struct sheet_error err = {0};
    limits.max_rows = UINT32_MAX;
    if (sheet_read(&input, csv ? SHEET_CSV : SHEET_UNKNOWN, &limits, &sink, &err) == 0)
        return 0;
    fprintf(stderr, "%s: %s\n", err.cls, err.text);
    return -1;
}

static int run(const char *path, bool csv)
{
    struct stat st;
    struct book book = {0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
        fprintf(stderr, "io: %s: %s\n", path, errno != 0 ? strerror(errno) : "not a file");
        if (fd >= 0)
            close(fd);
        return EXIT_FAILURE;
    }
    int rc = read_book(fd, (uint64_t)st.st_size, csv, &book);
    for (size_t i = 0; i < book.n; i++)
        sort_sheet(&book.sheets[i]);
    if (rc == 0 && format_of(fd, csv) == SHEET_MXL)
        print_table(&book);
    else if (rc == 0)
        print_book(&book);
    book_free(&book);
    close(fd);
    if (rc == 0 && (fflush(stdout) != 0 || ferror(stdout))) {
        fprintf(stderr, "io: cannot write: %s\n", strerror(errno));
        return EXIT_FAILURE;
    }
    return rc == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    bool csv = argc == 3 && strcmp(argv[1], "--csv") == 0;
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        puts("priceforge-cells " PACKAGE_VERSION);
        return EXIT_SUCCESS;
    }
    if (argc != 2 && !csv) {
        fputs("usage: priceforge-cells [--csv] FILE\n"
              "Prints the cells of an .xlsx or .mxl spreadsheet (told by its content) as JSON.\n",
              stderr);
        return EXIT_USAGE;
    }
    return run(argv[argc - 1], csv);
}
