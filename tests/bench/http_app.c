/* The HTTP server with a handful of test routes: for the raw-request tests (tests/system/test_http_raw.py) and to be
 * measured against bare_evhttp. Usage: http_app PORT|unix:PATH SPOOL_DIR [name=value]… Prints "ready PORT".
 *
 * GET /api/tasks/{id}  300 bytes from memory      POST /memory  echoes the body (≤ 64 KiB)
 * POST /upload         {"length":N,"sum":N}        PUT /upload   the same
 * POST /json           takes application/json only POST /form    multipart: {"fields":N,"offset":N,"length":N}
 * GET /slow            answers after ?ms=          GET /hold     answers never, counts clients that left
 * GET /big             ?mb= megabytes from a file  GET /echo/{a}/{b}  the two arguments and the query
 * GET /full/{id}       as /api/tasks/{id} with the headers of a real poll
 * GET /client          the client's address
 * GET /stats           counters                    POST /count   counts (a smuggled request would) */
#include "daemon/accept/multipart.h"
#include "daemon/http/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/http_body.h"

struct app {
    struct event_base *base;
    struct http_server *server;
    unsigned counted, left;
};

static void get_task(struct http_request *request)
{
    http_reply_json(request, 200, http_body, 300);
}

/* The same with the headers of a real poll, and 304 when the client has the tag. */
static void get_full(struct http_request *request)
{
    const char *tag = http_header(request, "If-None-Match");

    http_reply_header(request, "ETag", HTTP_TAG);
    http_reply_header(request, "Cache-Control", "private, no-cache");
    http_reply_header(request, "Vary", "Prefer");
    if (tag && strcmp(tag, HTTP_TAG) == 0) {
        http_reply_empty(request, 304);
        return;
    }
    http_reply_header(request, "Retry-After", "1");
    http_reply_json(request, 200, http_body, 300);
}

static void post_memory(struct http_request *request)
{
    http_reply(request, 200, "application/octet-stream", request->body, request->body_len);
}

static void post_json(struct http_request *request)
{
    http_reply_json(request, 202, "{}", 2);
}

static void post_count(struct http_request *request)
{
    struct app *app = request->app;

    app->counted++;
    http_reply_empty(request, 204);
}

static void upload(struct http_request *request)
{
    static unsigned char block[1 << 16];
    uint32_t sum = 0;
    char text[96];
    ssize_t n;

    for (uint64_t at = 0;
         !http_param(request, "nosum") && (n = pread(request->spool_fd, block, sizeof block, (off_t)at)) > 0;
         at += (uint64_t)n)
        for (ssize_t i = 0; i < n; i++)
            sum = sum * 31 + block[i];
    snprintf(text, sizeof text, "{\"length\":%llu,\"sum\":%u}", (unsigned long long)request->spool_len, sum);
    http_reply_json(request, 200, text, strlen(text));
}

static void form(struct http_request *request)
{
    static struct multipart parts;
    char why[200], text[600];

    if (multipart_scan(request->spool_fd, request->spool_len, request->boundary, &parts, why, sizeof why) != 0) {
        http_reply_problem(request, "invalid-parameters", why, NULL);
        return;
    }
    snprintf(text, sizeof text, "{\"fields\":%u,\"offset\":%llu,\"length\":%llu}", parts.n_fields,
             (unsigned long long)parts.file_offset, (unsigned long long)parts.file_length);
    multipart_fini(&parts);
    http_reply_json(request, 200, text, strlen(text));
}

static void slow_over(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    http_reply_json(arg, 200, "{}", 2);
}

static void get_slow(struct http_request *request)
{
    struct app *app = request->app;
    const char *ms = http_param(request, "ms");
    long wait = ms ? strtol(ms, NULL, 10) : 100;
    struct timeval later = {wait / 1000, (wait % 1000) * 1000};

    event_base_once(app->base, -1, EV_TIMEOUT, slow_over, request, &later);
}

static void hold_gone(struct http_request *request)
{
    struct app *app = request->app;

    app->left++;
    http_reply_empty(request, 204);
}

static void get_hold(struct http_request *request)
{
    request->gone = hold_gone;
}

static void get_big(struct http_request *request)
{
    const char *mb = http_param(request, "mb");
    uint64_t size = (mb ? strtoull(mb, NULL, 10) : 1) << 20;
    int fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    if (fd < 0 || ftruncate(fd, (off_t)size) != 0) {
        http_reply_problem(request, "internal", NULL, NULL);
        return;
    }
    http_reply_file(request, 200, "application/octet-stream", fd, 0, size);
}

static void get_echo(struct http_request *request)
{
    char text[8192];
    size_t len = (size_t)snprintf(text, sizeof text, "%s|%s", request->args[0], request->args[1]);

    for (size_t i = 0; i < request->n_params && len < 6000; i++)
        len += (size_t)snprintf(text + len, 1000, "|%s=%s", request->params[i].name, request->params[i].value);
    http_reply(request, 200, "text/plain", text, len);
}

static void get_client(struct http_request *request)
{
    char text[64];

    http_client_address(request, text);
    http_reply(request, 200, "text/plain", text, strlen(text));
}

static void get_stats(struct http_request *request)
{
    struct app *app = request->app;
    struct http_stats stats;
    char text[200];

    http_server_stats(request->server, &stats);
    snprintf(text, sizeof text,
             "{\"requests\":%llu,\"connections\":%llu,\"uploads\":%llu,\"refused\":%llu,\"counted\":%u,\"left\":%u}",
             (unsigned long long)stats.requests, (unsigned long long)stats.connections_open,
             (unsigned long long)stats.uploads_open, (unsigned long long)stats.refused_connections, app->counted,
             app->left);
    http_reply_json(request, 200, text, strlen(text));
}

static const struct http_route routes[] = {
    {HTTP_GET, "/", get_task, BODY_NONE, NULL, SCOPE_NONE},
    {HTTP_GET, "/api/tasks", get_task, BODY_NONE, NULL, SCOPE_NONE},
    {HTTP_GET, "/api/tasks/{id}", get_task, BODY_NONE, NULL, SCOPE_NONE},
    {HTTP_GET, "/full/{id}", get_full, BODY_NONE, NULL, SCOPE_NONE},
    {HTTP_DELETE, "/api/tasks/{id}", post_count, BODY_NONE, NULL, SCOPE_NONE},
    {HTTP_POST, "/memory", post_memory, BODY_MEMORY, NULL, SCOPE_NONE},
    {HTTP_POST, "/json", post_json, BODY_MEMORY, "application/json", SCOPE_NONE},
    {HTTP_POST, "/upload", upload, BODY_SPOOL, NULL, SCOPE_NONE},
    {HTTP_PUT, "/upload", upload, BODY_SPOOL, NULL, SCOPE_NONE},
    {HTTP_POST, "/form", form, BODY_SPOOL, "multipart/form-data", SCOPE_NONE},
    {HTTP_POST, "/count", post_count, BODY_MEMORY, NULL, SCOPE_NONE},
    {HTTP_GET, "/slow", get_slow, BODY_NONE, NULL, SCOPE_NONE},
    {HTTP_GET, "/hold", get_hold, BODY_NONE, NULL, SCOPE_NONE},
    {HTTP_GET, "/big", get_big, BODY_NONE, NULL, SCOPE_NONE},
    {HTTP_GET, "/echo/{a}/{b}", get_echo, BODY_NONE, NULL, SCOPE_NONE},
    {HTTP_GET, "/client", get_client, BODY_NONE, NULL, SCOPE_NONE},
    {HTTP_GET, "/stats", get_stats, BODY_NONE, NULL, SCOPE_NONE},
    {HTTP_GET, NULL, NULL, BODY_NONE, NULL, SCOPE_NONE},
};

static int listen_at(const char *where, unsigned *port)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    struct sockaddr *address = (struct sockaddr *)&in;
    socklen_t len = sizeof in;
    int fd, on = 1;

    if (strncmp(where, "unix:", 5) == 0) {
        snprintf(un.sun_path, sizeof un.sun_path, "%s", where + 5);
        unlink(un.sun_path);
        address = (struct sockaddr *)&un;
        len = sizeof un;
    } else {
        in.sin_port = htons((uint16_t)atoi(where));
    }
    fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, address, len) != 0 || listen(fd, 1024) != 0) {
        perror("listen");
        exit(1);
    }
    *port = 0;
    if (address->sa_family == AF_INET && getsockname(fd, address, &len) == 0)
        *port = ntohs(in.sin_port);
    return fd;
}

static void set_option(struct http_options *options, const char *setting)
{
    static const char *const names[] = {"max_body", "max_connections",   "max_uploads", "idle", "head",
                                        "rate",     "max_uploads_client"};
    const char *value = strchr(setting, '=');
    unsigned long long n = value ? strtoull(value + 1, NULL, 10) : 0;
    size_t len = value ? (size_t)(value - setting) : 0, i = 0;

    if (strncmp(setting, "proxies=", 8) == 0) {
        options->trusted_proxies = setting + 8;
        return;
    }
    if (strncmp(setting, "names=", 6) == 0) {
        options->server_names = setting + 6;
        return;
    }
    while (i < 7 && (strlen(names[i]) != len || memcmp(names[i], setting, len) != 0))
        i++;
    unsigned *slots[] = {NULL,
                         &options->max_connections,
                         &options->max_uploads,
                         &options->idle_timeout_s,
                         &options->head_timeout_s,
                         &options->body_min_rate,
                         &options->max_uploads_client};
    if (i == 0)
        options->max_body = n;
    else if (i < 7)
        *slots[i] = (unsigned)n;
    else
        fprintf(stderr, "unknown setting %s\n", setting);
}

static void drained(void *arg)
{
    struct app *app = arg;

    printf("drained\n");
    fflush(stdout);
    event_base_loopexit(app->base, NULL);
}

static void on_term(evutil_socket_t sig, short what, void *arg)
{
    struct app *app = arg;

    (void)what;
    if (sig == SIGTERM)
        http_server_drain(app->server, 200, drained, app);
    else
        event_base_loopexit(app->base, NULL);
}

int main(int argc, char **argv)
{
    struct app app = {NULL, NULL, 0, 0};
    struct http_options options = {.routes = routes,
                                   .trusted_proxies = "unix",
                                   .max_body = 64u << 20,
                                   .max_connections = 16384,
                                   .max_uploads = 64,
                                   .idle_timeout_s = 75,
                                   .head_timeout_s = 10,
                                   .body_min_rate = 4096,
                                   .app = &app};
    event_set_mem_functions(malloc, realloc, free); /* as the daemon does */
    struct event_config *config = event_config_new();
    unsigned port;

    if (argc < 3) {
        fprintf(stderr, "usage: http_app PORT|unix:PATH SPOOL_DIR [name=value]…\n");
        return 64;
    }
    for (int i = 3; i < argc; i++)
        set_option(&options, argv[i]);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    options.spool_dir_fd = open(argv[2], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    event_config_set_flag(config, EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST);
    app.base = event_base_new_with_config(config);
    event_config_free(config);
    app.server = http_server_new(app.base, &options);
    if (!app.server || http_server_listen(app.server, listen_at(argv[1], &port)) != 0)
        return 1;
    struct event *term = evsignal_new(app.base, SIGTERM, on_term, &app),
                 *quit = evsignal_new(app.base, SIGINT, on_term, &app);
    event_add(term, NULL);
    event_add(quit, NULL);
    printf("ready %u\n", port);
    fflush(stdout);
    event_base_dispatch(app.base);
    http_server_free(&app.server);
    event_free(term);
    event_free(quit);
    event_base_free(app.base);
    close(options.spool_dir_fd);
    libevent_global_shutdown();
    return 0;
}
