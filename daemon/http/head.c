/* Strict check of a request head: one pass over the lines, tables for the characters, no tolerance. The reasons name
 * what a lenient parser would have made of it: most of these are halves of a smuggling pair. */
#include "daemon/http/head.h"

#include "daemon/http/query.h"

#include <string.h>
#include <strings.h>

enum { TOKEN = 1, VALUE = 2, PATH = 4, QUERY = 8 };

#define T (TOKEN | VALUE | PATH | QUERY)
#define V VALUE
#define P (VALUE | PATH | QUERY)
#define Q (VALUE | QUERY)
#define K (TOKEN | VALUE | QUERY)
/* By byte: where it may stand. A tab and everything from 0x80 may stand in a value; '#' never in a target. */
static const unsigned char kinds[256] = {
    0, 0, 0, 0,
    0, 0, 0, 0,
    0, V, 0, 0,
    0, 0, 0, 0,
    0, 0, 0, 0,
    0, 0, 0, 0,
    0, 0, 0, 0,
    0, 0, 0, 0, /* controls */
    V, T, Q, TOKEN | VALUE,
    T, T, T, T,
    P, P, T, T,
    P, T, T, P, /* sp ! " # $ % & ' ( ) * + , - . / */
    T, T, T, T,
    T, T, T, T,
    T, T, P, P,
    Q, P, Q, P, /* 0-9 : ; < = > ? */
    P, T, T, T,
    T, T, T, T,
    T, T, T, T,
    T, T, T, T, /* @ A-O */
    T, T, T, T,
    T, T, T, T,
    T, T, T, P,
    Q, P, K, T, /* P-Z [ \ ] ^ _ */
    K, T, T, T,
    T, T, T, T,
    T, T, T, T,
    T, T, T, T, /* ` a-o */
    T, T, T, T,
    T, T, T, T,
    T, T, T, Q,
    K, Q, T, 0, /* p-z { | } ~ DEL */
    V, V, V, V,
    V, V, V, V,
    V, V, V, V,
    V, V, V, V,
    V, V, V, V,
    V, V, V, V,
    V, V, V, V,
    V, V, V, V,
    V, V, V, V,
    V, V, V, V,
    V, V, V, V,
    V, V, V, V,
    V, V, V, V,
    V, V, V, V,
    V, V, V, V,
    V, V, V, V,
    V, V, V, V,
    V, V, V, V,
    V, V, V, V,
    V, V, V, V,
    V, V, V, V,
    V, V, V, V,
    V, V, V, V,
    V, V, V, V,
    V, V, V, V,
    V, V, V, V,
    V, V, V, V,
    V, V, V, V,
    V, V, V, V,
    V, V, V, V,
    V, V, V, V,
    V, V, V, V,
};
#undef T
#undef V
#undef P
#undef Q
#undef K

bool head_token_char(unsigned char c)
{
    return (kinds[c] & TOKEN) != 0;
}

static int refuse(const char **slug, const char **why, const char *which, const char *reason)
{
    *slug = which;
    *why = reason;
    return -1;
}

#define BAD(reason) refuse(slug, why, "bad-request", reason)

int head_end(const char *p, size_t n, size_t *seen, const char **slug, const char **why)
{
    size_t limit = n < HEAD_BYTES_MAX ? n : HEAD_BYTES_MAX;
    const char *lf;

    while (*seen < limit && (lf = memchr(p + *seen, '\n', limit - *seen))) {
        size_t at = (size_t)(lf - p);
        if (at == 0 || p[at - 1] != '\r')
            return BAD("lines end with carriage return and line feed; found a line feed alone");
        if (at == 1)
            return BAD("an empty line before the request line");
        if (at >= 3 && p[at - 2] == '\n')
            return (int)(at + 1);
        *seen = at + 1;
    }
    if (limit == HEAD_BYTES_MAX)
        return refuse(slug, why, "head-too-large", "request line and headers are longer than 16384 bytes");
    *seen = limit;
    return 0;
}

enum http_method head_method(const char *p, size_t n)
{
    static const struct {
        const char *name;
        size_t len;
        enum http_method method;
    } known[] = {{"GET", 3, HTTP_GET},        {"POST", 4, HTTP_POST},   {"HEAD", 4, HTTP_HEAD},
                 {"PUT", 3, HTTP_PUT},        {"PATCH", 5, HTTP_PATCH}, {"DELETE", 6, HTTP_DELETE},
                 {"OPTIONS", 7, HTTP_OPTIONS}};

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (n == known[i].len && memcmp(p, known[i].name, n) == 0)
            return known[i].method;
    return HTTP_OTHER;
}

/* Percent escapes of the target decide what a second decoder would see: no NUL, no hidden slash, whole UTF-8. */
static int check_escapes(const char *p, size_t n, bool path, const char **slug, const char **why)
{
    if (!memchr(p, '%', n))
        return 0;
    switch (query_check_escapes(p, n, path)) {
    case QUERY_OK:
        return 0;
    case QUERY_BAD_ESCAPE:
        return BAD("the target has a percent sign without two hexadecimal digits");
    case QUERY_NUL:
        return BAD("the target has an encoded NUL");
    case QUERY_SLASH:
        return BAD("the path has an encoded slash");
    case QUERY_NOT_UTF8:
        break;
    }
    return BAD("the target is not UTF-8 when decoded");
}

static int check_target(const char *p, size_t n, struct http_head *out, const char **slug, const char **why)
{
    size_t path = 0, i;

    if (n == 0 || p[0] != '/')
        return BAD("the target does not start with a slash; absolute addresses are not taken here");
    if (n > 1 && p[1] == '/')
        return BAD("the target starts with two slashes");
    while (path < n && p[path] != '?') {
        if ((kinds[(unsigned char)p[path]] & PATH) == 0)
            return BAD("the path has a character that has to be percent-encoded");
        path++;
    }
    for (i = path; i < n; i++)
        if ((kinds[(unsigned char)p[i]] & QUERY) == 0)
            return BAD("the query has a character that has to be percent-encoded");
    out->path.len = (uint32_t)path;
    if (check_escapes(p, path, true, slug, why) != 0)
        return -1;
    return path < n ? check_escapes(p + path, n - path, false, slug, why) : 0;
}

static int check_version(const char *p, size_t n, struct http_head *out, const char **slug, const char **why)
{
    if (n != 8 || memcmp(p, "HTTP/", 5) != 0 || p[5] < '0' || p[5] > '9' || p[6] != '.' || p[7] < '0' || p[7] > '9')
        return BAD("the request line does not end with HTTP/1.1");
    if (p[5] != '1')
        return refuse(slug, why, "version-not-supported", "only HTTP/1.1 and HTTP/1.0 are spoken here");
    out->minor = p[7] > '0';
    out->later_minor = p[7] > '1'; /* RFC 9110 section 2.5: the same language */
    return 0;
}

static int check_request_line(const char *p, size_t n, struct http_head *out, const char **slug, const char **why)
{
    size_t method = 0, end;
    const char *space;

    while (method < n && head_token_char((unsigned char)p[method]))
        method++;
    if (method == 0 || method == n || p[method] != ' ')
        return BAD("the request line is not: METHOD /target HTTP/1.1");
    out->method = head_method(p, method);
    space = memchr(p + method + 1, ' ', n - method - 1);
    if (!space)
        return BAD("the request line has no HTTP version");
    end = (size_t)(space - p);
    out->target = (struct head_span){(uint32_t)method + 1, (uint32_t)(end - method - 1)};
    out->path.at = out->target.at;
    /* The version first: it decides whether the rest is in our language at all. */
    if (check_version(space + 1, n - end - 1, out, slug, why) != 0)
        return -1;
    return check_target(p + method + 1, end - method - 1, out, slug, why);
}

bool head_name_is(const char *p, size_t n, const char *name, size_t name_len)
{
    return n == name_len && strncasecmp(p, name, n) == 0;
}

bool head_list_has(const char *p, size_t n, const char *token)
{
    size_t len = strlen(token);
    const char *end = p + n;

    while (p < end) {
        const char *comma = memchr(p, ',', (size_t)(end - p)), *stop = comma ? comma : end, *next = stop;
        while (p < stop && (*p == ' ' || *p == '\t'))
            p++;
        while (stop > p && (stop[-1] == ' ' || stop[-1] == '\t'))
            stop--;
        if (head_name_is(p, (size_t)(stop - p), token, len))
            return true;
        p = next + 1;
    }
    return false;
}

size_t head_join(const char *p, size_t n, const char *name, char *out)
{
    const char *end = p + n, *line = p;
    size_t name_len = strlen(name), have = 0;

    while ((line = memchr(line, '\n', (size_t)(end - line))) && ++line < end) {
        const char *stop = memchr(line, '\r', (size_t)(end - line)),
                   *colon = stop ? memchr(line, ':', (size_t)(stop - line)) : NULL;
        if (!colon || !head_name_is(line, (size_t)(colon - line), name, name_len))
            continue;
        if (have > 0)
            out[have++] = ',';
        memcpy(out + have, colon + 1, (size_t)(stop - colon) - 1);
        have += (size_t)(stop - colon) - 1;
    }
    out[have] = '\0';
    return have;
}

static int take_length(const char *p, size_t n, struct http_head *out, const char **slug, const char **why)
{
    if (out->has_length)
        return BAD("Content-Length is there twice");
    if (n == 0)
        return BAD("Content-Length is empty");
    for (size_t i = 0; i < n; i++) {
        if (p[i] < '0' || p[i] > '9')
            return BAD("Content-Length is not a plain decimal number");
        if (out->length > (UINT64_MAX / 2 - 9) / 10)
            return BAD("Content-Length is out of range");
        out->length = out->length * 10 + (uint64_t)(p[i] - '0');
    }
    out->has_length = true;
    return 0;
}

static int take_encoding(const char *p, size_t n, struct http_head *out, const char **slug, const char **why)
{
    if (out->chunked)
        return BAD("Transfer-Encoding is there twice");
    if (!head_name_is(p, n, "chunked", 7))
        return BAD("Transfer-Encoding is not exactly \"chunked\"");
    out->chunked = true;
    return 0;
}

struct fields {
    unsigned n, hosts, connections, request_ids, origins, fetch_sites;
    bool expect_other;
};

/* A list, over several lines perhaps. */
static void take_connection(const char *p, size_t n, struct http_head *out, struct fields *fields)
{
    bool word = head_name_is(p, n, "close", 5) || head_name_is(p, n, "keep-alive", 10);

    out->close = out->close || head_list_has(p, n, "close");
    out->keep_alive = out->keep_alive || head_list_has(p, n, "keep-alive");
    out->connection_list = out->connection_list || fields->connections++ > 0 || !word;
}

/* The one expectation there is, once or more often. */
static void take_expect(const char *p, size_t n, struct http_head *out, struct fields *fields)
{
    for (const char *end = p + n; p < end;) {
        const char *comma = memchr(p, ',', (size_t)(end - p));
        size_t item = (size_t)((comma ? comma : end) - p);
        if (head_list_has(p, item, "100-continue"))
            out->expect_continue = true;
        else if (item > 0)
            fields->expect_other = true;
        p += item + 1;
    }
}

static int take_host(const char *p, size_t n, struct fields *fields, const char **slug, const char **why)
{
    if (fields->hosts++ > 0)
        return BAD("Host is there twice");
    for (size_t i = 0; i < n; i++)
        if ((kinds[(unsigned char)p[i]] & PATH) == 0 || p[i] == '/' || p[i] == '?' || p[i] == '@' || p[i] == ',')
            return BAD("Host is not a host name");
    return 0;
}

/* The few headers that decide about framing and policy. The length is compared first: most headers are others. */
static int take_field(const char *base, struct head_span name, struct head_span value, struct http_head *out,
                      struct fields *fields, const char **slug, const char **why)
{
    const char *p = base + name.at, *v = base + value.at;

    switch (name.len) {
    case 4:
        if (!head_name_is(p, 4, "host", 4))
            return 0;
        out->host = value;
        return take_host(v, value.len, fields, slug, why);
    case 6:
        if (head_name_is(p, 6, "origin", 6)) {
            if (fields->origins++ > 0)
                return BAD("Origin is there twice");
            out->origin = value;
        } else if (head_name_is(p, 6, "expect", 6)) {
            take_expect(v, value.len, out, fields);
        }
        return 0;
    case 8:
        if (head_name_is(p, 8, "if-match", 8))
            out->has_if_match = true;
        return 0;
    case 10:
        if (head_name_is(p, 10, "connection", 10))
            take_connection(v, value.len, out, fields);
        else if (head_name_is(p, 10, "request-id", 10))
            out->request_id = fields->request_ids++ == 0 ? value : (struct head_span){0, 0};
        return 0;
    case 12:
        if (head_name_is(p, 12, "content-type", 12)) {
            if (out->has_content_type)
                return BAD("Content-Type is there twice");
            out->has_content_type = true;
            out->content_type = value;
        }
        return 0;
    case 13:
        if (head_name_is(p, 13, "if-none-match", 13)) {
            out->has_if_none_match = true;
        } else if (head_name_is(p, 13, "authorization", 13)) {
            if (out->has_authorization)
                return BAD("Authorization is there twice");
            out->has_authorization = true;
            out->authorization = value;
        }
        return 0;
    case 14:
        if (head_name_is(p, 14, "content-length", 14))
            return take_length(v, value.len, out, slug, why);
        if (head_name_is(p, 14, "sec-fetch-site", 14)) {
            if (fields->fetch_sites++ > 0)
                return BAD("Sec-Fetch-Site is there twice");
            out->fetch_site = value;
        }
        return 0;
    case 16:
        if (head_name_is(p, 16, "content-encoding", 16) && value.len > 0 && !head_name_is(v, value.len, "identity", 8))
            out->has_encoding = true;
        return 0;
    case 17:
        return head_name_is(p, 17, "transfer-encoding", 17) ? take_encoding(v, value.len, out, slug, why) : 0;
    default:
        return 0;
    }
}

static int check_field(const char *base, size_t at, size_t n, struct http_head *out, struct fields *fields,
                       const char **slug, const char **why)
{
    const char *p = base + at;
    size_t name = 0, start, end = n;

    if (p[0] == ' ' || p[0] == '\t')
        return BAD("a header is folded over two lines");
    while (name < n && head_token_char((unsigned char)p[name]))
        name++;
    if (name == n || name == 0 || p[name] != ':')
        return BAD("a header line is not \"Name: value\" (the colon follows the name at once)");
    for (size_t i = name + 1; i < n; i++)
        if ((kinds[(unsigned char)p[i]] & VALUE) == 0)
            return BAD("a header value has a control character");
    for (start = name + 1; start < end && (p[start] == ' ' || p[start] == '\t');)
        start++;
    while (end > start && (p[end - 1] == ' ' || p[end - 1] == '\t'))
        end--;
    if (++fields->n > HEAD_FIELDS_MAX)
        return refuse(slug, why, "head-too-large", "more than 100 headers");
    return take_field(base, (struct head_span){(uint32_t)at, (uint32_t)name},
                      (struct head_span){(uint32_t)(at + start), (uint32_t)(end - start)}, out, fields, slug, why);
}

/* What only the whole head can tell. */
static int check_together(struct http_head *out, const struct fields *fields, const char **slug, const char **why)
{
    if (out->has_length && out->chunked)
        return BAD("Content-Length and Transfer-Encoding exclude each other");
    if (out->chunked && out->minor == 0)
        return BAD("HTTP/1.0 knows no Transfer-Encoding");
    if (fields->hosts == 0 && out->minor == 1)
        return BAD("Host is missing");
    if (out->minor == 0)
        out->expect_continue = false; /* RFC 9110 10.1.1: ignored from an HTTP/1.0 client */
    else if (fields->expect_other)
        return refuse(slug, why, "expectation-failed", "Expect takes 100-continue alone");
    return 0;
}

int head_check(const char *p, size_t n, struct http_head *out, const char **slug, const char **why)
{
    struct fields fields = {.n = 0};
    const char *end = p + n - 2; /* the empty line */
    const char *line = p, *cr;

    memset(out, 0, sizeof *out);
    for (; line < end; line = cr + 2) {
        size_t len;
        cr = memchr(line, '\r', (size_t)(end - line));
        if (!cr || cr[1] != '\n')
            return BAD("a carriage return without its line feed");
        len = (size_t)(cr - line);
        if (line == p ? check_request_line(p, len, out, slug, why) != 0
                      : check_field(p, (size_t)(line - p), len, out, &fields, slug, why) != 0)
            return -1;
    }
    return check_together(out, &fields, slug, why);
}
