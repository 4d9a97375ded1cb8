/* What the head alone decides: is there such a resource, may this method, media type and site, before a byte of the
 * body is read. */
#include "base/token_file.h"
#include "daemon/http/hostname.h"
#include "daemon/http/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool token_or_slash(char c)
{
    return head_token_char((unsigned char)c) || c == '/';
}

/* Media type in lower case without parameters; returns where the parameters start. */
static size_t take_type(const char *p, size_t n, char *out, size_t size)
{
    size_t i = 0;

    for (; i < n && i + 1 < size && token_or_slash(p[i]); i++)
        out[i] = (char)(p[i] >= 'A' && p[i] <= 'Z' ? p[i] | 0x20 : p[i]);
    out[i] = '\0';
    return i;
}

/* Copy a parameter's value, quoted or not. Empty when it is malformed or longer than 70 (RFC 2046). */
static void take_value(const char *p, size_t n, char out[72])
{
    size_t len = 0;

    if (n > 0 && p[0] == '"') {
        const char *end = memchr(p + 1, '"', n - 1);
        len = !end ? 0 : (size_t)(end - p - 1);
        p++;
    } else {
        while (len < n && p[len] != ';' && p[len] != ' ' && p[len] != '\t')
            len++;
    }
    if (len > 70 || memchr(p, '\\', len) || (len > 0 && p[len - 1] == ' '))
        len = 0;
    memcpy(out, p, len);
    out[len] = '\0';
}

/* Find boundary= among the parameters, honouring quotes. */
static void take_boundary(const char *p, size_t n, char out[72])
{
    bool quoted = false;

    for (size_t i = 0; i < n; i++) {
        if (p[i] == '"')
            quoted = !quoted;
        if (quoted || p[i] != ';')
            continue;
        while (i + 1 < n && (p[i + 1] == ' ' || p[i + 1] == '\t'))
            i++;
        if (n - i > 10 && strncasecmp(p + i + 1, "boundary=", 9) == 0) {
            take_value(p + i + 10, n - i - 10, out);
            return;
        }
    }
}

static void take_content_type(const struct http_head *head, const char *bytes, struct http_request *request)
{
    const char *p = bytes + head->content_type.at;
    size_t n = head->content_type.len, type = take_type(p, n, request->content_type, sizeof request->content_type);

    if (!head->has_content_type) /* RFC 9110 section 8.3 leaves the choice: bytes are bytes */
        snprintf(request->content_type, sizeof request->content_type, "application/octet-stream");
    if (strcmp(request->content_type, "multipart/form-data") == 0)
        take_boundary(p + type, n - type, request->boundary);
}

bool policy_accepts(const char *accept, const char *type)
{
    size_t len = strlen(type);

    if (!accept)
        return true;
    while (*accept != '\0') {
        size_t item;
        accept += strspn(accept, ", ");
        item = strcspn(accept, ", ");
        if (len > 0 && item == len && strncasecmp(accept, type, len) == 0)
            return true;
        accept += item;
    }
    return false;
}

static void refuse(struct exchange *exchange, const char *slug, const char *detail)
{
    exchange->refusal.slug = slug;
    exchange->refusal.detail = detail;
}

static bool find_route(struct http_server *server, const struct http_head *head, const char *bytes,
                       struct exchange *exchange)
{
    struct router_match match = {NULL, NULL, exchange->request.args};

    switch (router_find(server->router, head->method, bytes + head->path.at, head->path.len, &match)) {
    case ROUTE_NO_PATH:
        refuse(exchange, "not-found", NULL);
        return false;
    case ROUTE_NO_METHOD:
        if (head->method == HTTP_OPTIONS)
            refuse(exchange, "body-too-large", "OPTIONS takes no body");
        else
            refuse(exchange, "method-not-allowed", NULL);
        exchange->refusal.allow = match.allow;
        return false;
    case ROUTE_FOUND:
        break;
    }
    exchange->request.route = match.route;
    return true;
}

bool policy_is_our_host(const struct conn *conn, const struct http_head *head, const char *bytes)
{
    const char *names = conn->server->options.server_names, *host = bytes + head->host.at;
    size_t n = head->host.len;

    if (!names || conn->is_unix || hostname_is_loopback(host, n))
        return true;
    if (n == 0) /* no browser leaves it out */
        return head->minor == 0;
    return hostname_in_list(host, n, names) || hostname_is_local(host, n, conn->fd);
}

/* Does Origin name the host that the request was sent to? "null" (a sandboxed frame, a local file) does not. */
static bool same_origin(const struct http_head *head, const char *bytes)
{
    const char *origin = bytes + head->origin.at, *end = origin + head->origin.len;
    const char *host = memmem(origin, head->origin.len, "://", 3);

    return host && head_name_is(host + 3, (size_t)(end - host) - 3, bytes + head->host.at, head->host.len);
}

/* A page of another site may make a browser send a form here. The browser says so in Sec-Fetch-Site, an older one in
 * Origin (a page can set neither); other programs send neither. */
static bool cross_site(const struct http_head *head, const char *bytes)
{
    if (head->method == HTTP_GET || head->method == HTTP_HEAD || head->method == HTTP_OPTIONS)
        return false;
    const char *site = bytes + head->fetch_site.at;
    size_t n = head->fetch_site.len;
    if (n == 0)
        return head->origin.len > 0 && !same_origin(head, bytes);
    if (head_name_is(site, n, "same-origin", 11) || head_name_is(site, n, "none", 4))
        return false;
    /* Another name or port of the same site is another origin all the same. */
    return head_name_is(site, n, "cross-site", 10) || !same_origin(head, bytes);
}

/* What is written by PUT, DELETE and POST has no entity tag of its own that If-Match could compare (RFC 9110 section
 * 13.1.1): it cannot be true. Ignoring it would be to overwrite what the client wanted to be asked about; so would
 * ignoring If-None-Match on PUT and DELETE. PATCH and conditional routes look at their conditions themselves. */
static bool unmet_condition(const struct http_head *head, const struct http_route *route)
{
    if (route->scope & ROUTE_CONDITIONAL)
        return false;
    switch (head->method) {
    case HTTP_PUT:
    case HTTP_DELETE:
        return head->has_if_match || head->has_if_none_match;
    case HTTP_POST:
        return head->has_if_match;
    default:
        return false;
    }
}

#define LACKING(scope)                                                                                                 \
    {                                                                                                                  \
        "Bearer realm=\"priceforge\", error=\"insufficient_scope\", scope=\"" scope "\"", scope                        \
    }
static const struct {
    const char *challenge, *scope;
} lacking[] = {[SCOPE_READ] = LACKING("read"),
               [SCOPE_START] = LACKING("start"),
               [SCOPE_EDIT] = LACKING("edit"),
               [SCOPE_CANCEL] = LACKING("cancel"),
               [SCOPE_ADMIN] = LACKING("admin")};

#define SCOPE_SETS (1u << (SCOPE_ADMIN + 1))

/* A refusal keeps static texts: each of the few sentences is made once. */
static const char *lacking_detail(enum scope wanted, unsigned has)
{
    static char *made[SCOPE_ADMIN + 1][SCOPE_SETS];
    char **detail = &made[wanted][has % SCOPE_SETS], scopes[64];

    if (!*detail) {
        token_scopes_text(has, scopes);
        if (!(*detail = malloc(160)))
            abort();
        snprintf(*detail, 160, "this needs the scope '%s'; your token has '%s'", lacking[wanted].scope, scopes);
    }
    return *detail;
}

/* RFC 6750 section 3: no error code when nothing was sent, so that a client learns only that it has to. */
bool policy_authorize(struct exchange *exchange, const char *authorization, size_t len)
{
    struct http_request *request = &exchange->request;
    const struct http_options *options = &request->server->options;
    enum scope scope = (enum scope)(request->route->scope & ~ROUTE_CONDITIONAL);
    unsigned scopes = 0;

    if (!options->authorize)
        return true;
    switch (options->authorize(options->authorize_ctx, authorization, len, scope, request->who, &scopes)) {
    case HTTP_GRANTED:
        return true;
    case HTTP_NO_TOKEN:
        refuse(exchange, "unauthorized", NULL);
        exchange->refusal.challenge = "Bearer realm=\"priceforge\"";
        break;
    case HTTP_BAD_TOKEN:
        refuse(exchange, "unauthorized", "the token is not known, has expired or was revoked");
        exchange->refusal.challenge = "Bearer realm=\"priceforge\", error=\"invalid_token\"";
        break;
    case HTTP_NOT_GRANTED:
        refuse(exchange, "forbidden", lacking_detail(scope, scopes));
        exchange->refusal.challenge = lacking[scope].challenge;
        break;
    }
    return false;
}

static bool authorized(const struct http_head *head, const char *bytes, struct exchange *exchange)
{
    return policy_authorize(exchange, head->has_authorization ? bytes + head->authorization.at : NULL,
                            head->authorization.len);
}

void policy_judge(struct http_server *server, const struct http_head *head, const char *bytes,
                  struct exchange *exchange)
{
    struct http_request *request = &exchange->request;
    bool body = head->chunked || head->length > 0;

    request->method = head->method;
    exchange_id(exchange, bytes + head->request_id.at, head->request_id.len);
    take_content_type(head, bytes, request);
    if (!policy_is_our_host(exchange->conn, head, bytes)) {
        refuse(exchange, "misdirected-request", NULL);
        return;
    }
    if (!find_route(server, head, bytes, exchange) || !authorized(head, bytes, exchange))
        return;
    if (cross_site(head, bytes))
        refuse(exchange, "forbidden", "a page of another site may not change anything here");
    else if (unmet_condition(head, request->route))
        refuse(exchange, "precondition-failed", NULL);
    else if (body && head->has_encoding) {
        refuse(exchange, "unsupported-media-type", "send the body as it is, without Content-Encoding");
        exchange->refusal.coding = true;
    } else if ((body || head->has_content_type) && !policy_accepts(request->route->accept, request->content_type)) {
        refuse(exchange, "unsupported-media-type", NULL);
        exchange->refusal.accept = request->route->accept;
    } else if (strcmp(request->content_type, "multipart/form-data") == 0 && request->boundary[0] == '\0' && body)
        refuse(exchange, "unsupported-media-type", "multipart/form-data without a usable boundary");
}
