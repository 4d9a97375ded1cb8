/* The form of a backup: lines, values, digests, the end mark. */
#include "base/hex.h"
#include "store/backup/internal.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

#define CHUNK          (256 << 10)
/* Longer than any row that a server takes; a file that is none of ours must not fill the memory. */
#define LINE_MAX_BYTES (256u << 20)
#define END_MARK       "done"

int backup_fail(struct backup_error *error, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(error->text, sizeof error->text, format, args);
    va_end(args);
    return -1;
}

int backup_fail_db(struct backup_error *error, const struct store_conn *conn)
{
    enum store_class cls = conn->error.cls;

    error->lost = cls == STORE_GONE || cls == STORE_UNKNOWN || cls == STORE_UNUSABLE;
    return backup_fail(error, "the database: %s", conn->error.text);
}

static EVP_MD_CTX *new_digest(void)
{
    EVP_MD_CTX *md = EVP_MD_CTX_new();

    if (!md || EVP_DigestInit_ex(md, EVP_sha256(), NULL) != 1)
        no_memory();
    return md;
}

static void take(EVP_MD_CTX *md, const void *data, size_t len)
{
    if (EVP_DigestUpdate(md, data, len) != 1)
        no_memory();
}

/* Four numbers of 64 bits, each of which wraps. */
void backup_sum(unsigned char sum[BACKUP_DIGEST], const struct bytes *line)
{
    unsigned char row[BACKUP_DIGEST];

    if (EVP_Digest(line->data, line->len, row, NULL, EVP_sha256(), NULL) != 1)
        no_memory();
    for (unsigned i = 0; i < BACKUP_DIGEST; i += 8)
        put64(sum + i, get64(sum + i) + get64(row + i));
}

/* ---- Values -------------------------------------------------------------------------------------------------- */

static char escaped(char c)
{
    switch (c) {
    case '\\':
        return '\\';
    case '\n':
        return 'n';
    case '\t':
        return 't';
    case '\r':
        return 'r';
    case '\0':
        return '0';
    default:
        return 0;
    }
}

static char meant(char c)
{
    switch (c) {
    case 'n':
        return '\n';
    case 't':
        return '\t';
    case 'r':
        return '\r';
    case '0':
        return '\0';
    default:
        return c;
    }
}

void backup_put(struct bytes *line, const char *text, size_t len)
{
    bytes_reserve(line, 2 * len + 3);
    if (!text) {
        line->data[line->len++] = '\\';
        line->data[line->len++] = 'N';
    }
    for (size_t i = 0; text && i < len; i++) {
        char code = escaped(text[i]);
        if (code)
            line->data[line->len++] = '\\';
        line->data[line->len++] = code ? code : text[i];
    }
    line->data[line->len++] = '\t';
}

void backup_put_text(struct bytes *line, const char *text)
{
    backup_put(line, text, strlen(text));
}

void backup_put_number(struct bytes *line, uint64_t number)
{
    char text[24];

    snprintf(text, sizeof text, "%" PRIu64, number);
    backup_put_text(line, text);
}

/* One value from `from` to `end`, which is a tab or the end of the line. */
static struct store_value read_value(char *from, const char *end)
{
    char *to = from;

    if (end - from == 2 && from[0] == '\\' && from[1] == 'N')
        return STORE_N;
    for (const char *p = from; p < end; p++)
        *to++ = *p == '\\' && p + 1 < end ? meant(*++p) : *p;
    return STORE_SN(from, (size_t)(to - from));
}

unsigned backup_cut(struct bytes *line, struct store_value *values, unsigned max)
{
    char *at = line->data, *end = at + line->len;
    unsigned n = 0;

    for (;;) {
        char *tab = memchr(at, '\t', (size_t)(end - at));
        if (n < max)
            values[n] = read_value(at, tab ? tab : end);
        n++;
        if (!tab)
            return n;
        at = tab + 1;
    }
}

/* ---- Writing ------------------------------------------------------------------------------------------------- */

int backup_out_open(struct backup_out *out, int fd, struct backup_error *error)
{
    *out = (struct backup_out){.all = new_digest()};
    if (fd < 0)
        return 0;
    int copy = dup(fd);
    out->gz = copy >= 0 ? gzdopen(copy, "wb4") : NULL;
    if (out->gz)
        return 0;
    if (copy >= 0)
        close(copy);
    return backup_fail(error, "cannot write the backup: %s", strerror(errno));
}

static int fail_write(struct backup_out *out, struct backup_error *error)
{
    int kept = errno, code = Z_OK;
    const char *why = gzerror(out->gz, &code);

    return backup_fail(error, "cannot write the backup: %s", code == Z_ERRNO ? strerror(kept) : why);
}

int backup_out_line(struct backup_out *out, unsigned char *sum, struct backup_error *error)
{
    struct bytes *line = &out->line;

    assert(line->len > 0); /* each value has a tab behind it */
    line->data[--line->len] = '\0';
    if (sum)
        backup_sum(sum, line);
    bytes_add_char(line, '\n');
    take(out->all, line->data, line->len);
    int rc = 0;
    errno = 0;
    if (out->gz && gzwrite(out->gz, line->data, (unsigned)line->len) != (int)line->len)
        rc = fail_write(out, error);
    line->len = 0;
    return rc;
}

int backup_out_close(struct backup_out *out, struct backup_error *error)
{
    unsigned char digest[BACKUP_DIGEST];
    char hex[2 * BACKUP_DIGEST + 1];

    if (EVP_DigestFinal_ex(out->all, digest, NULL) != 1)
        no_memory();
    hex_text(digest, sizeof digest, hex);
    backup_put_text(&out->line, END_MARK);
    backup_put_text(&out->line, hex);
    EVP_DigestInit_ex(out->all, EVP_sha256(), NULL);
    if (backup_out_line(out, NULL, error) != 0)
        return -1;
    errno = 0;
    int rc = gzclose(out->gz), kept = errno;
    out->gz = NULL;
    return rc == Z_OK ? 0 : backup_fail(error, "cannot write the backup: %s", strerror(kept ? kept : EIO));
}

void backup_out_free(struct backup_out *out)
{
    if (out->gz)
        gzclose(out->gz);
    EVP_MD_CTX_free(out->all);
    bytes_free(&out->line);
    *out = (struct backup_out){.gz = NULL};
}

/* ---- Reading ------------------------------------------------------------------------------------------------- */

int backup_in_open(struct backup_in *in, int fd, struct backup_error *error)
{
    *in = (struct backup_in){.all = new_digest(), .chunk = xalloc(CHUNK), .hash = true};
    int copy = dup(fd);
    in->gz = copy >= 0 ? gzdopen(copy, "rb") : NULL;
    if (in->gz)
        return 0;
    if (copy >= 0)
        close(copy);
    return backup_fail(error, "cannot read the backup: %s", strerror(errno));
}

/* Returns 1 with bytes in the chunk, 0 at the end, -1. What is not gzip is handed through by the library: refused. */
static int fill(struct backup_in *in, struct backup_error *error)
{
    int code = Z_OK;

    errno = 0;
    int n = gzread(in->gz, in->chunk, CHUNK), kept = errno;
    const char *why = gzerror(in->gz, &code);
    if (gzdirect(in->gz))
        return backup_fail(error, "the file is not a backup of priceforge");
    if (code == Z_BUF_ERROR)
        return backup_fail(error, "the backup has been cut: it ends in the middle");
    if (n < 0 || code < 0)
        return backup_fail(error, "the backup cannot be read: %s", code == Z_ERRNO ? strerror(kept) : why);
    in->at = 0;
    in->filled = (size_t)n;
    return n > 0;
}

static int fill_more(struct backup_in *in, struct backup_error *error)
{
    int rc = fill(in, error);

    return rc == 0 ? backup_fail(error, "the backup has been cut: its last line is missing") : rc;
}

int backup_in_line(struct backup_in *in, struct backup_error *error)
{
    struct bytes *line = &in->line;
    const char *end = NULL;

    line->len = 0;
    while (!end) {
        if (in->at == in->filled && fill_more(in, error) < 0)
            return -1;
        const char *from = in->chunk + in->at;
        size_t left = in->filled - in->at;
        end = memchr(from, '\n', left);
        size_t n = end ? (size_t)(end - from) : left;
        if (line->len + n > LINE_MAX_BYTES)
            return backup_fail(error, "the file is not a backup of priceforge: a line has no end");
        bytes_add(line, from, n);
        in->at += n + (end != NULL);
    }
    bytes_add_char(line, '\n');
    if (in->hash)
        take(in->all, line->data, line->len);
    line->data[--line->len] = '\0';
    return 0;
}

int backup_in_end(struct backup_in *in, struct backup_error *error)
{
    unsigned char digest[BACKUP_DIGEST];
    char hex[2 * BACKUP_DIGEST + 1];
    struct store_value v[2];

    if (EVP_DigestFinal_ex(in->all, digest, NULL) != 1)
        no_memory();
    in->hash = false;
    hex_text(digest, sizeof digest, hex);
    if (backup_in_line(in, error) != 0)
        return -1;
    if (backup_cut(&in->line, v, 2) != 2 || !v[0].text || !v[1].text || v[0].len != strlen(END_MARK) ||
        memcmp(v[0].text, END_MARK, v[0].len) != 0)
        return backup_fail(error, "the backup is damaged: its end mark is not where it must be");
    if (v[1].len != strlen(hex) || memcmp(v[1].text, hex, v[1].len) != 0)
        return backup_fail(error, "the backup is damaged: its digest is another one");
    if (in->at < in->filled)
        return backup_fail(error, "the backup is damaged: something follows its end mark");
    int rc = fill(in, error);
    return rc > 0 ? backup_fail(error, "the backup is damaged: something follows its end mark") : rc;
}

void backup_in_free(struct backup_in *in)
{
    if (in->gz)
        gzclose(in->gz);
    EVP_MD_CTX_free(in->all);
    bytes_free(&in->line);
    free(in->chunk);
    *in = (struct backup_in){.gz = NULL};
}
