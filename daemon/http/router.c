/* A tree of path segments. Siblings are a short list: ten at most here, so a list beats a hash. */
#include "daemon/http/router.h"

#include "daemon/http/query.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct node {
    const char *segment; /* borrowed from the pattern; NULL = {name} */
    size_t len;
    const char *suffix; /* after {name}: "/templates/{table}.csv" */
    size_t suffix_len;
    struct node *next, *children;
    const struct http_route *by_method[ROUTER_METHODS];
    char *allow; /* NULL: no route ends here */
};

struct router {
    struct node root;
};

static bool is_argument(const char *p, size_t n)
{
    return n >= 3 && p[0] == '{' && memchr(p, '}', n);
}

static struct node *node_new(const char *p, size_t n)
{
    struct node *node = calloc(1, sizeof *node);

    if (!node)
        abort();
    if (is_argument(p, n)) {
        const char *close = memchr(p, '}', n);
        node->suffix = close + 1;
        node->suffix_len = n - (size_t)(close + 1 - p);
    } else {
        node->segment = p;
    }
    node->len = n;
    return node;
}

static bool same_segment(const struct node *node, const char *p, size_t n)
{
    if (is_argument(p, n)) {
        const char *close = memchr(p, '}', n);
        size_t suffix = n - (size_t)(close + 1 - p);
        return !node->segment && node->suffix_len == suffix && memcmp(node->suffix, close + 1, suffix) == 0;
    }
    return node->segment && node->len == n && memcmp(node->segment, p, n) == 0;
}

/* Literals before arguments, arguments with a suffix before plain ones: the closest description wins. */
static int rank(const struct node *node)
{
    return node->segment ? 0 : node->suffix_len > 0 ? 1 : 2;
}

static struct node *node_child(struct node *parent, const char *p, size_t n)
{
    struct node **at, *fresh;

    for (at = &parent->children; *at; at = &(*at)->next)
        if (same_segment(*at, p, n))
            return *at;
    fresh = node_new(p, n);
    for (at = &parent->children; *at && rank(*at) <= rank(fresh);)
        at = &(*at)->next;
    fresh->next = *at;
    return *at = fresh;
}

static void add_route(struct router *router, const struct http_route *route)
{
    struct node *node = &router->root;
    const char *p = route->pattern;

    assert(p[0] == '/' && route->method >= HTTP_GET && route->method < HTTP_OPTIONS);
    while (*p == '/') {
        size_t len = strcspn(p + 1, "/");
        node = node_child(node, p + 1, len);
        p += 1 + len;
    }
    assert(!node->by_method[route->method]);
    node->by_method[route->method] = route;
}

static void fill_allow(struct node *node)
{
    static const char *const names[ROUTER_METHODS] = {"", "GET, HEAD", "", "POST", "PUT", "PATCH", "DELETE", "", ""};
    char text[64] = "";

    for (unsigned m = 0; m < ROUTER_METHODS; m++)
        if (node->by_method[m] && names[m][0] != '\0') {
            strcat(text, names[m]);
            strcat(text, ", ");
        }
    if (text[0] != '\0') {
        strcat(text, "OPTIONS");
        node->allow = strdup(text);
        if (!node->allow)
            abort();
    }
    if (!node->by_method[HTTP_HEAD])
        node->by_method[HTTP_HEAD] = node->by_method[HTTP_GET];
    for (struct node *child = node->children; child; child = child->next)
        fill_allow(child);
}

struct router *router_new(const struct http_route *routes)
{
    struct router *router = calloc(1, sizeof *router);

    if (!router)
        abort();
    for (const struct http_route *route = routes; route->handle; route++)
        add_route(router, route);
    fill_allow(&router->root);
    return router;
}

static void free_children(struct node *node)
{
    struct node *child;

    while ((child = node->children)) {
        node->children = child->next;
        free_children(child);
        free(child->allow);
        free(child);
    }
}

void router_free(struct router **router)
{
    if (!*router)
        return;
    free_children(&(*router)->root);
    free((*router)->root.allow);
    free(*router);
    *router = NULL;
}

/* Take the value of {name}. False when it is empty, too long, or the text after the argument differs. */
static bool take_argument(const struct node *node, const char *p, size_t n, char out[HTTP_ARG_SIZE])
{
    char decoded[3 * HTTP_ARG_SIZE]; /* a byte may be sent as three */
    if (n <= node->suffix_len || n - node->suffix_len >= sizeof decoded)
        return false;
    n -= node->suffix_len;
    if (node->suffix_len > 0 && memcmp(p + n, node->suffix, node->suffix_len) != 0)
        return false;
    n = query_decode(p, n, false, decoded);
    if (n >= HTTP_ARG_SIZE)
        return false;
    memcpy(out, decoded, n + 1);
    return true;
}

/* The node that p (after a slash) describes, or NULL. Backs up when a literal leads nowhere but an argument would. */
static const struct node *walk(const struct node *node, const char *p, const char *end, char (*args)[HTTP_ARG_SIZE],
                               unsigned n_args)
{
    const char *slash = memchr(p, '/', (size_t)(end - p));
    size_t len = (size_t)((slash ? slash : end) - p);

    for (const struct node *child = node->children; child; child = child->next) {
        const struct node *found;
        unsigned used = n_args;
        if (child->segment) {
            if (child->len != len || memcmp(child->segment, p, len) != 0)
                continue;
        } else if (used >= HTTP_ARGS || !take_argument(child, p, len, args[used++])) {
            continue;
        }
        if (!slash)
            found = child->allow ? child : NULL;
        else
            found = walk(child, slash + 1, end, args, used);
        if (found)
            return found;
    }
    return NULL;
}

enum router_verdict router_find(const struct router *router, enum http_method method, const char *path, size_t len,
                                struct router_match *match)
{
    const struct node *node = walk(&router->root, path + 1, path + len, match->args, 0);

    if (!node)
        return ROUTE_NO_PATH;
    match->allow = node->allow;
    match->route = node->by_method[method];
    return match->route ? ROUTE_FOUND : ROUTE_NO_METHOD;
}
