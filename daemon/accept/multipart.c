/* multipart/form-data by pread: a search for the delimiter in overlapping blocks, so that one may straddle two, and a
 * strict reading of the few header lines of each part. Memory: one block, whatever the size of the file. */
#include "daemon/accept/multipart.h"

#include "base/display.h"
#include "base/utf8.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define BLOCK         (64u * 1024)
#define PART_HEAD_MAX 4096u
#define DELIMITER_MAX 76 /* CR LF - - and 70 */
#define NOT_FOUND     (-1)
#define BROKEN        (-2)

struct scan {
    int fd;
    uint64_t length;
    char delimiter[DELIMITER_MAX + 1];
    size_t delimiter_len;
    struct multipart *out;
    char *why;
    size_t why_size;
    char *block;
    bool without_file; /* a form without one will do */
    uint64_t values;   /* bytes of all fields */
};

/* What the head of a part says. */
struct part {
    char name[64];
    bool has_name, is_file;
    char file_name[256];
};

__attribute__((format(printf, 2, 3))) static int fault(struct scan *scan, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(scan->why, scan->why_size, format, args);
    va_end(args);
    return -1;
}

/* Read n bytes at `at`, fewer at the end. Returns how many, or -1. */
static ssize_t read_at(struct scan *scan, uint64_t at, void *to, size_t n)
{
    size_t have = 0;

    if (n > scan->length - at)
        n = (size_t)(scan->length - at);
    while (have < n) {
        ssize_t got = pread(scan->fd, (char *)to + have, n - have, (off_t)(at + have));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return fault(scan, "the upload cannot be read: %s",
                         got < 0 ? strerror(errno) : "it is shorter than it was");
        have += (size_t)got;
    }
    return (ssize_t)have;
}

/* Offset of the next delimiter from `at`, NOT_FOUND or BROKEN. */
static int64_t find_delimiter(struct scan *scan, uint64_t at)
{
    while (at < scan->length) {
        ssize_t n = read_at(scan, at, scan->block, BLOCK);
        char *found;
        if (n < 0)
            return BROKEN;
        found = memmem(scan->block, (size_t)n, scan->delimiter, scan->delimiter_len);
        if (found)
            return (int64_t)(at + (uint64_t)(found - scan->block));
        if (at + (uint64_t)n >= scan->length)
            break;
        at += (uint64_t)n - (scan->delimiter_len - 1);
    }
    return NOT_FOUND;
}

/* A quoted string or a token at *p; moves *p behind it. Browsers write a quote inside as %22, curl as \". */
static int take_string(struct scan *scan, const char **p, const char *end, char *out, size_t size, const char *what)
{
    bool quoted = *p < end && **p == '"';
    size_t n = 0;

    for (*p += quoted; *p < end; (*p)++) {
        char c = **p;
        if (quoted ? c == '"' : (c == ';' || c == ' ' || c == '\t'))
            break;
        if (quoted && c == '\\' && *p + 1 < end && ((*p)[1] == '"' || (*p)[1] == '\\'))
            c = *++*p;
        if (n + 1 >= size)
            return fault(scan, "the %s of a form part is longer than %zu bytes", what, size - 1);
        out[n++] = c;
    }
    out[n] = '\0';
    if (quoted && *p >= end)
        return fault(scan, "the %s of a form part has no closing quote", what);
    *p += quoted;
    if (memchr(out, '\0', n) || !utf8_valid(out, n))
        return fault(scan, "the %s of a form part is not UTF-8", what);
    return 0;
}

static bool has_control(const char *text)
{
    for (const unsigned char *p = (const unsigned char *)text; *p != '\0'; p++)
        if (*p < ' ' || *p == 0x7f)
            return true;
    return false;
}

/* One parameter of Content-Disposition at p, behind its semicolon. */
static int take_disposition_parameter(struct scan *scan, const char **p, const char *end, struct part *part)
{
    char other[PART_HEAD_MAX];

    if ((size_t)(end - *p) > 5 && strncasecmp(*p, "name=", 5) == 0) {
        *p += 5;
        if (part->has_name)
            return fault(scan, "a form part has two names");
        part->has_name = true;
        if (take_string(scan, p, end, part->name, sizeof part->name, "name") != 0)
            return -1;
        return has_control(part->name) ? fault(scan, "the name of a form part has control characters") : 0;
    }
    if ((size_t)(end - *p) >= 9 && strncasecmp(*p, "filename=", 9) == 0) {
        *p += 9;
        part->is_file = true;
        return take_string(scan, p, end, part->file_name, sizeof part->file_name, "file name");
    }
    while (*p < end && **p != '=' && **p != ';')
        (*p)++;
    if (*p == end || **p == ';')
        return fault(scan, "a form part has a malformed Content-Disposition");
    (*p)++;
    return take_string(scan, p, end, other, sizeof other, "header");
}

static int take_disposition(struct scan *scan, const char *p, const char *end, struct part *part)
{
    static const char kind[] = "form-data";

    if ((size_t)(end - p) < sizeof kind - 1 || strncasecmp(p, kind, sizeof kind - 1) != 0)
        return fault(scan, "a part of the form is not form-data");
    p += sizeof kind - 1;
    for (;;) {
        while (p < end && (*p == ' ' || *p == '\t'))
            p++;
        if (p == end)
            return 0;
        if (*p++ != ';')
            return fault(scan, "a form part has a malformed Content-Disposition");
        while (p < end && (*p == ' ' || *p == '\t'))
            p++;
        if (p < end && take_disposition_parameter(scan, &p, end, part) != 0)
            return -1;
    }
}

static bool line_is(const char *line, const char *end, const char *name, const char **value)
{
    size_t n = strlen(name);

    if ((size_t)(end - line) <= n || strncasecmp(line, name, n) != 0 || line[n] != ':')
        return false;
    for (*value = line + n + 1; *value < end && (**value == ' ' || **value == '\t');)
        (*value)++;
    return true;
}

static int take_line(struct scan *scan, const char *line, const char *end, struct part *part)
{
    const char *value;

    if (memchr(line, '\0', (size_t)(end - line)) || memchr(line, '\n', (size_t)(end - line)))
        return fault(scan, "a form part has a control character in its header");
    if (line_is(line, end, "Content-Disposition", &value)) {
        if (part->has_name)
            return fault(scan, "a form part has two names");
        return take_disposition(scan, value, end, part);
    }
    if (line_is(line, end, "Content-Transfer-Encoding", &value)) {
        size_t n = (size_t)(end - value);
        if (!(n == 6 && strncasecmp(value, "binary", 6) == 0) &&
            !(n == 4 && (strncasecmp(value, "8bit", 4) == 0 || strncasecmp(value, "7bit", 4) == 0)))
            return fault(scan, "form parts must not be encoded (Content-Transfer-Encoding)");
    }
    return 0;
}

/* Read the header lines of the part at *at into `part`, which is empty, and move *at to its data. */
static int take_part_head(struct scan *scan, uint64_t *at, struct part *part)
{
    char head[PART_HEAD_MAX];
    ssize_t n = read_at(scan, *at, head, sizeof head);
    const char *line = head, *cr, *end;

    if (n < 0)
        return -1;
    if (n >= 2 && memcmp(head, "\r\n", 2) == 0)
        return fault(scan, "a form part has no header, so no name");
    end = memmem(head, (size_t)n, "\r\n\r\n", 4);
    if (!end)
        return fault(scan, "the header of a form part is cut off or longer than %u bytes", PART_HEAD_MAX);
    for (; line < end + 2; line = cr + 2) {
        cr = memmem(line, (size_t)(end + 2 - line), "\r\n", 2);
        if (take_line(scan, line, cr, part) != 0)
            return -1;
    }
    if (!part->has_name || part->name[0] == '\0')
        return fault(scan, "a form part has no name");
    *at += (uint64_t)(end + 4 - head);
    return 0;
}

static int take_file(struct scan *scan, const struct part *part, uint64_t from, uint64_t n)
{
    if (strcmp(part->name, "file") != 0)
        return fault(scan, "the form has a file called \"%s\"; the only file must be called \"file\"", part->name);
    if (scan->out->files++ > 0)
        return fault(scan, "the form has two files; send one");
    memcpy(scan->out->file_name, part->file_name, sizeof scan->out->file_name);
    display_clean(scan->out->file_name, '_');
    scan->out->file_offset = from;
    scan->out->file_length = n;
    return 0;
}

static int take_field(struct scan *scan, const struct part *part, uint64_t from, uint64_t n)
{
    struct multipart_field *field = &scan->out->field[scan->out->n_fields];

    if (n > MULTIPART_VALUE_MAX)
        return fault(scan, "the form field \"%s\" is longer than %u bytes", part->name, MULTIPART_VALUE_MAX);
    scan->values += n;
    if (scan->values > MULTIPART_VALUE_MAX)
        return fault(scan, "the fields of the form are longer than %u bytes together", MULTIPART_VALUE_MAX);
    for (unsigned i = 0; i < scan->out->n_fields; i++)
        if (strcmp(scan->out->field[i].name, part->name) == 0)
            return fault(scan, "the form field \"%s\" is there twice", part->name);
    if (scan->out->n_fields == MULTIPART_FIELDS_MAX)
        return fault(scan, "the form has more than %u fields", MULTIPART_FIELDS_MAX);
    field->value = malloc((size_t)n + 1);
    if (!field->value)
        abort();
    memcpy(field->name, part->name, sizeof field->name);
    scan->out->n_fields++;
    if (read_at(scan, from, field->value, (size_t)n) < 0)
        return -1;
    field->value[n] = '\0';
    if (memchr(field->value, '\0', (size_t)n) || !utf8_valid(field->value, (size_t)n))
        return fault(scan, "the form field \"%s\" is not UTF-8 text", part->name);
    return 0;
}

/* The part whose head starts at *at; moves *at behind the delimiter that ends it. */
static int take_part(struct scan *scan, uint64_t *at)
{
    struct part part = {.has_name = false};
    uint64_t from;
    int64_t end;

    if (take_part_head(scan, at, &part) != 0)
        return -1;
    from = *at;
    end = find_delimiter(scan, from - 2); /* of a part without data the empty line is the delimiter's line end */
    if (end == BROKEN)
        return -1;
    if (end == NOT_FOUND)
        return fault(scan, "the form is cut off: the part \"%s\" has no boundary after it", part.name);
    *at = (uint64_t)end + scan->delimiter_len;
    uint64_t n = (uint64_t)end > from ? (uint64_t)end - from : 0;
    return part.is_file ? take_file(scan, &part, from, n) : take_field(scan, &part, from, n);
}

/* Move *at over the blanks that may follow a boundary (RFC 2046 section 5.1.1: transport padding); `next` gets the bytes
 * behind them. Returns how many there are, at most 2, or -1. */
static ssize_t skip_padding(struct scan *scan, uint64_t *at, char next[2])
{
    for (;;) {
        ssize_t n = read_at(scan, *at, scan->block, BLOCK);
        if (n < 0)
            return -1;
        size_t blanks = 0;
        while (blanks < (size_t)n && (scan->block[blanks] == ' ' || scan->block[blanks] == '\t'))
            blanks++;
        *at += blanks;
        if (blanks == (size_t)n && n > 0)
            continue;
        n = read_at(scan, *at, next, 2);
        return n;
    }
}

/* Behind a boundary: 1 for another part, 0 for the end, -1 for anything else. */
static int take_boundary_end(struct scan *scan, uint64_t *at)
{
    char next[2];
    ssize_t n = read_at(scan, *at, next, 2);
    bool last = n == 2 && memcmp(next, "--", 2) == 0;

    if (last)
        *at += 2;
    if (n >= 0)
        n = skip_padding(scan, at, next);
    if (n < 0)
        return -1;
    *at += (uint64_t)n;
    if (last && n == 0)
        return 0;
    if (n == 2 && memcmp(next, "\r\n", 2) == 0)
        return last ? 0 : 1; /* what follows the last one is an epilogue, which is not read */
    bool cut = n == 0 || (n == 1 && (next[0] == '\r' || next[0] == '-'));
    return fault(scan,
                 cut ? "the form is cut off behind a boundary" : "a boundary of the form is followed by other text");
}

/* The first boundary: at the start, or behind a preamble, which is not read. Moves *at behind it. */
static int find_first(struct scan *scan, uint64_t *at)
{
    char first[DELIMITER_MAX];
    size_t want = scan->delimiter_len - 2;
    ssize_t n = read_at(scan, 0, first, want);

    if (n < 0)
        return -1;
    if ((size_t)n == want && memcmp(first, scan->delimiter + 2, want) == 0) {
        *at = want;
        return 0;
    }
    int64_t found = find_delimiter(scan, 0);
    if (found == BROKEN)
        return -1;
    if (found == NOT_FOUND)
        return fault(scan, "the form does not have the boundary that Content-Type names");
    *at = (uint64_t)found + scan->delimiter_len;
    return 0;
}

static int scan_parts(struct scan *scan)
{
    uint64_t at = 0;
    int more;

    if (find_first(scan, &at) != 0)
        return -1;
    while ((more = take_boundary_end(scan, &at)) == 1)
        if (take_part(scan, &at) != 0)
            return -1;
    if (more == 0 && scan->out->files == 0 && !scan->without_file)
        return fault(scan, "the form has no file; send it as the part \"file\"");
    return more;
}

static int scan_all(struct scan *scan, const char *boundary)
{
    size_t n = strlen(boundary);

    memset(scan->out, 0, sizeof *scan->out);
    if (n == 0 || n > 70)
        return fault(scan, "Content-Type names no usable boundary");
    scan->delimiter_len = (size_t)snprintf(scan->delimiter, sizeof scan->delimiter, "\r\n--%s", boundary);
    scan->block = malloc(BLOCK);
    if (!scan->block)
        abort();
    int rc = scan_parts(scan);
    free(scan->block);
    if (rc != 0)
        multipart_fini(scan->out);
    return rc;
}

int multipart_scan(int fd, uint64_t length, const char *boundary, struct multipart *out, char *why, size_t why_size)
{
    struct scan scan = {.fd = fd, .length = length, .out = out, .why = why, .why_size = why_size};
    return scan_all(&scan, boundary);
}

int multipart_scan_fields(int fd, uint64_t length, const char *boundary, struct multipart *out, char *why,
                          size_t why_size)
{
    struct scan scan = {.fd = fd, .length = length, .out = out, .why = why, .why_size = why_size, .without_file = true};
    return scan_all(&scan, boundary);
}

void multipart_fini(struct multipart *form)
{
    for (unsigned i = 0; i < form->n_fields; i++)
        free(form->field[i].value);
    form->n_fields = 0;
}
