/* The yardstick: what libevent's HTTP server costs by itself, tuned as performance demands (epoll change list, cached
 * Date, own Content-Length), answering the same bytes to everything: 300 built-in ones, or those of a file.
 *
 *   bare_evhttp PORT [FILE]        prints "ready" */
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/bench/http_body.h"

static const char *body = http_body;
static size_t body_len = 300;
static char body_digits[24] = "300";
static time_t date_second;
static char date[40];

static const char *date_now(void)
{
    time_t now = time(NULL);
    struct tm tm;

    if (now != date_second) {
        date_second = now;
        strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&now, &tm));
    }
    return date;
}

/* /full/…: with the headers of a real poll, and 304 when the client has the tag. Returns whether it was answered. */
static int answer_full(struct evhttp_request *request, struct evkeyvalq *out)
{
    const char *tag = evhttp_find_header(evhttp_request_get_input_headers(request), "If-None-Match");

    evhttp_add_header(out, "ETag", HTTP_TAG);
    evhttp_add_header(out, "Cache-Control", "private, no-cache");
    evhttp_add_header(out, "Vary", "Prefer");
    if (!tag || strcmp(tag, HTTP_TAG) != 0) {
        evhttp_add_header(out, "Retry-After", "1");
        return 0;
    }
    evhttp_add_header(out, "Date", date_now());
    evhttp_send_reply(request, 304, "Not Modified", NULL);
    return 1;
}

static void answer(struct evhttp_request *request, void *arg)
{
    struct evkeyvalq *out = evhttp_request_get_output_headers(request);

    (void)arg;
    if (strncmp(evhttp_request_get_uri(request), "/full/", 6) == 0 && answer_full(request, out))
        return;
    evhttp_add_header(out, "Content-Type", "application/json");
    evhttp_add_header(out, "Content-Length", body_digits);
    evhttp_add_header(out, "Date", date_now());
    evbuffer_add(evhttp_request_get_output_buffer(request), body, body_len);
    evhttp_send_reply(request, 200, "OK", NULL);
}

static void stop(evutil_socket_t sig, short what, void *base)
{
    (void)sig;
    (void)what;
    event_base_loopexit(base, NULL);
}

static void take_body(const char *path)
{
    static char bytes[65536];
    FILE *in = fopen(path, "rb");
    if (!in)
        exit(1);
    body_len = fread(bytes, 1, sizeof bytes, in);
    body = bytes;
    snprintf(body_digits, sizeof body_digits, "%zu", body_len);
    fclose(in);
}

int main(int argc, char **argv)
{
    struct event_config *config = event_config_new();
    struct event_base *base;
    struct evhttp *http;
    struct evhttp_bound_socket *bound;

    signal(SIGPIPE, SIG_IGN);
    if (argc > 2)
        take_body(argv[2]);
    event_config_set_flag(config, EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST);
    base = event_base_new_with_config(config);
    http = evhttp_new(base);
    evhttp_set_gencb(http, answer, NULL);
    bound = evhttp_bind_socket_with_handle(http, "127.0.0.1", (unsigned short)(argc > 1 ? atoi(argv[1]) : 8090));
    if (!bound)
        return 1;
    struct event *term = evsignal_new(base, SIGTERM, stop, base);
    event_add(term, NULL);
    printf("ready\n");
    fflush(stdout);
    event_base_dispatch(base);
    event_free(term);
    evhttp_free(http);
    event_base_free(base);
    event_config_free(config);
    return 0;
}
