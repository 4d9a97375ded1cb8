/* Serving the console's page and files: the packed bytes that the client takes, under a tag of their own. */
#include "daemon/api/console/console.h"

#include "daemon/http/etag.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

/* Only what this server serves runs or is shown, no text becomes markup, and no page of another site may frame it. */
#define POLICY                                                                                                         \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "                    \
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; "                \
    "trusted-types 'none'"

enum coding { CODING_NONE, CODING_GZIP, CODING_BROTLI };

/* Does "q" of a list member, if it has one, say "not this one"? Looks at the text behind the name. */
static bool refused_by_weight(const char *rest, size_t len)
{
    for (size_t i = 0; i + 2 < len; i++)
        if ((rest[i] == 'q' || rest[i] == 'Q') && rest[i + 1] == '=')
            return strspn(rest + i + 2, "0.") >= strcspn(rest + i + 2, ", \t");
    return false;
}

/* Is the coding in an Accept-Encoding header (NULL = none)? */
static bool takes(const char *header, const char *coding)
{
    size_t name = strlen(coding);
    for (const char *p = header; p && *p != '\0';) {
        p += strspn(p, ", \t");
        size_t len = strcspn(p, ",");
        if (len >= name && strncasecmp(p, coding, name) == 0 && strchr(",; \t", p[name]))
            return !refused_by_weight(p + name, len - name);
        p += len;
    }
    return false;
}

static enum coding choose(struct http_request *request, const struct web_file *file)
{
    const char *header = http_header(request, "Accept-Encoding");
    if (file->brotli && takes(header, "br"))
        return CODING_BROTLI;
    return takes(header, "gzip") ? CODING_GZIP : CODING_NONE;
}

/* For the rare client that takes no coding. */
static void reply_inflated(struct http_request *request, const struct web_file *file)
{
    unsigned char *plain = malloc(file->len + 1);
    z_stream stream = {.next_in = (unsigned char *)(uintptr_t)file->gzip,
                       .avail_in = (uInt)file->gzip_len,
                       .next_out = plain,
                       .avail_out = (uInt)file->len + 1};
    if (!plain || inflateInit2(&stream, 15 + 16) != Z_OK || inflate(&stream, Z_FINISH) != Z_STREAM_END ||
        stream.total_out != file->len)
        abort(); /* our own bytes */
    inflateEnd(&stream);
    http_reply(request, 200, file->type, plain, file->len);
    free(plain);
}

static void add_policy(struct http_request *request)
{
    http_reply_header(request, "Vary", "Accept-Encoding");
    http_reply_header(request, "Content-Security-Policy", POLICY);
    http_reply_header(request, "Referrer-Policy", "no-referrer");
    http_reply_header(request, "Cross-Origin-Opener-Policy", "same-origin");
}

static void reply_file(struct http_request *request, const struct web_file *file, const char *cache)
{
    static const char *const names[] = {"", "gzip", "br"};
    enum coding coding = choose(request, file);
    char tag[48];
    snprintf(tag, sizeof tag, "\"%s%s%s\"", file->hash, coding ? "-" : "", names[coding]);
    http_reply_header(request, "ETag", tag);
    http_reply_header(request, "Cache-Control", cache);
    add_policy(request);
    if (etag_matches(http_header(request, "If-None-Match"), tag)) {
        http_reply_empty(request, 304);
        return;
    }
    if (coding)
        http_reply_header(request, "Content-Encoding", names[coding]);
    if (coding == CODING_BROTLI)
        http_reply(request, 200, file->type, file->brotli, file->brotli_len);
    else if (coding == CODING_GZIP)
        http_reply(request, 200, file->type, file->gzip, file->gzip_len);
    else
        reply_inflated(request, file);
}

void resource_console(struct http_request *request)
{
    reply_file(request, &web_files[0], "no-cache");
}

/* A file of another build is not here: an answer to such an address would be kept for a year. */
static const struct web_file *find(const struct http_request *request)
{
    char name[2 * HTTP_ARG_SIZE];
    if (strcmp(request->args[0], web_build) != 0)
        return NULL;
    snprintf(name, sizeof name, "%s/%s", request->args[1], request->args[2]);
    for (const struct web_file *file = web_files; file->name; file++)
        if (strcmp(file->name, name) == 0)
            return file;
    return NULL;
}

void resource_console_file(struct http_request *request)
{
    const struct web_file *file = find(request);
    if (!file)
        http_reply_problem(request, "not-found", "the page at / has no such file; load it again", NULL);
    else
        reply_file(request, file, "public, max-age=31536000, immutable");
}
