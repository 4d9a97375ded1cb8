/* libcurl. Redirects are not followed, Expect is not sent (nobody answers it), TLS is always checked. */
#include "client/net/http.h"

#include "base/utf8.h"
#include "client/core/say.h"
#include "client/net/signals.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

#define CONNECT_MS 5000L
#define ANSWER_S   10
#define SLOW_BYTES 1024L
#define SLOW_S     60L
#define BODY_MOST  (256u << 20)
#define ERROR_BODY (1u << 20)

static CURL *curl;
static const struct settings *server;

/* One request under way. */
struct exchange {
    const struct http_request *request;
    struct http_reply *reply;
    uint64_t at; /* of the file */
    bool too_large;
};

void http_init(const struct settings *settings)
{
    server = settings;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0 || !(curl = curl_easy_init()))
        no_memory();
}

void http_fini(void)
{
    curl_easy_cleanup(curl);
    curl = NULL;
    curl_global_cleanup();
}

char *http_escape(const char *text)
{
    char *own = curl_easy_escape(curl, text, (int)strlen(text)), *copy = own ? strdup(own) : NULL;
    curl_free(own);
    if (!copy)
        no_memory();
    return copy;
}

void http_reply_fini(struct http_reply *reply)
{
    bytes_free(&reply->body);
    *reply = (struct http_reply){0};
}

/* ---- Callbacks -------------------------------------------------------------------------------------------------- */

static size_t on_body(char *data, size_t size, size_t n, void *ctx)
{
    struct exchange *exchange = ctx;
    size_t length = size * n;
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    if (exchange->request->to && status == 200)
        return fwrite(data, 1, length, exchange->request->to);
    exchange->too_large = exchange->reply->body.len + length > (status < 300 ? BODY_MOST : ERROR_BODY);
    if (exchange->too_large)
        return 0;
    bytes_add(&exchange->reply->body, data, length);
    return length;
}

static bool is_header(const char *line, size_t n, const char *name, const char **value, size_t *length)
{
    size_t own = strlen(name);
    if (n <= own || strncasecmp(line, name, own) != 0 || line[own] != ':')
        return false;
    *value = line + own + 1;
    *length = n - own - 1;
    utf8_trim(value, length);
    return true;
}

static size_t on_head(char *data, size_t size, size_t n, void *ctx)
{
    struct exchange *exchange = ctx;
    struct http_reply *reply = exchange->reply;
    const char *value;
    size_t length = size * n, own;
    struct {
        const char *name;
        char *out;
        size_t size;
    } texts[] = {{"ETag", reply->etag, sizeof reply->etag},
                 {"Request-Id", reply->request_id, sizeof reply->request_id},
                 {"Log-Offset", reply->log_offset, sizeof reply->log_offset},
                 {"Content-Disposition", reply->disposition, sizeof reply->disposition}};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (is_header(data, length, texts[i].name, &value, &own))
            snprintf(texts[i].out, texts[i].size, "%.*s", (int)own, value);
    if (is_header(data, length, "Retry-After", &value, &own))
        reply->retry_after = (unsigned)strtoul(value, NULL, 10);
    reply->waited |= is_header(data, length, "Preference-Applied", &value, &own);
    reply->replayed |= is_header(data, length, "Idempotency-Replayed", &value, &own);
    if (say_verbose() > 1)
        fprintf(stderr, "< %.*s", (int)length, data);
    return length;
}

static size_t on_read(char *data, size_t size, size_t n, void *ctx)
{
    struct exchange *exchange = ctx;
    ssize_t length = pread(exchange->request->file, data, size * n, (off_t)exchange->at);
    if (length < 0)
        return CURL_READFUNC_ABORT;
    exchange->at += (uint64_t)length;
    return (size_t)length;
}

static int on_seek(void *ctx, curl_off_t offset, int origin)
{
    struct exchange *exchange = ctx;
    if (origin != SEEK_SET)
        return CURL_SEEKFUNC_CANTSEEK;
    exchange->at = (uint64_t)offset;
    return CURL_SEEKFUNC_OK;
}

/* Returns 1 to stop the transfer. */
static int on_progress(void *ctx, curl_off_t to_get, curl_off_t got, curl_off_t to_send, curl_off_t sent)
{
    struct exchange *exchange = ctx;
    (void)to_get;
    (void)got;
    if (exchange->request->sent && to_send > 0)
        exchange->request->sent(exchange->request->ctx, (uint64_t)sent, (uint64_t)to_send);
    return signals_got() != 0;
}

/* ---- The request ------------------------------------------------------------------------------------------------ */

static void add_header(struct curl_slist **list, const char *name, const char *value, const char *quote)
{
    char line[SETTING_BYTES];
    if (!value)
        return;
    snprintf(line, sizeof line, "%s: %s%s%s", name, quote, value, quote);
    struct curl_slist *longer = curl_slist_append(*list, line);
    if (!longer)
        no_memory();
    *list = longer;
}

static struct curl_slist *make_headers(const struct http_request *request)
{
    struct curl_slist *list = NULL;
    char bearer[TOKEN_BYTES + 8], wait[24];
    add_header(&list, "Expect", "", "");
    add_header(&list, "Content-Type", request->type ? request->type : "", ""); /* else libcurl names one */
    add_header(&list, "Idempotency-Key", request->key, "\"");
    add_header(&list, "If-None-Match", request->etag && *request->etag ? request->etag : NULL, "");
    add_header(&list, "If-Match", request->if_match, "");
    add_header(&list, "Content-Digest", request->digest, "");
    snprintf(wait, sizeof wait, "wait=%u", request->wait_s);
    add_header(&list, "Prefer", request->wait_s ? wait : NULL, "");
    snprintf(bearer, sizeof bearer, "Bearer %s", server->token);
    add_header(&list, "Authorization", server->token[0] ? bearer : NULL, "");
    return list;
}

static void set_address(const char *path)
{
    char url[SETTING_BYTES * 4];
    bool local = settings_is_unix(server);
    snprintf(url, sizeof url, "%s%s", local ? "http://localhost" : server->url, path);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, local ? server->url + strlen("unix:") : NULL);
    if (strncmp(server->url, "https://", 8) != 0)
        curl_easy_setopt(curl, CURLOPT_PROXY, ""); /* the variables count for https only */
    if (server->ca_file[0])
        curl_easy_setopt(curl, CURLOPT_CAINFO, server->ca_file);
}

static void set_body(const struct http_request *request, struct exchange *exchange)
{
    if (request->file_size > 0 || (request->type && !request->body)) {
        curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
        curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)request->file_size);
        curl_easy_setopt(curl, CURLOPT_READFUNCTION, on_read);
        curl_easy_setopt(curl, CURLOPT_READDATA, exchange);
        curl_easy_setopt(curl, CURLOPT_SEEKFUNCTION, on_seek);
        curl_easy_setopt(curl, CURLOPT_SEEKDATA, exchange);
    } else if (request->body || strcmp(request->method, "GET") != 0) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body ? request->body : "");
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_len);
    }
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request->method);
}

static void set_options(const struct http_request *request, struct exchange *exchange, struct curl_slist *headers)
{
    curl_easy_reset(curl);
    set_address(request->path);
    set_body(request, exchange);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "priceforge/" PACKAGE_VERSION);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, exchange);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_head);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, exchange);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, exchange);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, exchange->reply->error);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)request->limit_ms);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, SLOW_BYTES);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, request->file_size ? SLOW_S : (long)request->wait_s + ANSWER_S);
}

static void tell(const struct http_request *request, const struct http_reply *reply)
{
    double seconds = 0;
    if (say_verbose() == 0)
        return;
    curl_easy_getinfo(curl, CURLINFO_TOTAL_TIME, &seconds);
    fprintf(stderr, "%s %s: %u, %.0f ms%s%s\n", request->method, request->path, reply->status, seconds * 1000,
            reply->request_id[0] ? ", request " : "", reply->request_id);
}

static void note_failure(CURLcode rc, const struct exchange *exchange, struct http_reply *reply)
{
    curl_off_t sent = 0;
    long connects = 0, request_size = 0;
    const struct http_request *request = exchange->request;
    curl_easy_getinfo(curl, CURLINFO_SIZE_UPLOAD_T, &sent);
    curl_easy_getinfo(curl, CURLINFO_NUM_CONNECTS, &connects);
    curl_easy_getinfo(curl, CURLINFO_REQUEST_SIZE, &request_size);
    reply->reached = rc != CURLE_COULDNT_CONNECT && rc != CURLE_COULDNT_RESOLVE_HOST && request_size > 0;
    uint64_t all = request->file_size ? request->file_size : request->body_len;
    reply->sent_all = reply->reached && (uint64_t)sent >= all;
    reply->tls_fault = rc == CURLE_PEER_FAILED_VERIFICATION || rc == CURLE_SSL_CONNECT_ERROR;
    if (reply->error[0] == '\0')
        snprintf(reply->error, sizeof reply->error, "%s", curl_easy_strerror(rc));
    if (rc == CURLE_COULDNT_CONNECT)
        snprintf(reply->error, sizeof reply->error, N_("connection refused"));
    else if (rc == CURLE_OPERATION_TIMEDOUT)
        snprintf(reply->error, sizeof reply->error, N_("no answer in time"));
    else if (exchange->too_large)
        snprintf(reply->error, sizeof reply->error, N_("the answer is too large"));
}

int http_ask(const struct http_request *request, struct http_reply *reply)
{
    *reply = (struct http_reply){0};
    struct exchange exchange = {request, reply, 0, false};
    struct curl_slist *headers = make_headers(request);
    set_options(request, &exchange, headers);
    CURLcode rc = curl_easy_perform(curl);
    long status = 0;
    if (rc == CURLE_OK)
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    else
        note_failure(rc, &exchange, reply);
    reply->status = (unsigned)status;
    bytes_reserve(&reply->body, 1);
    reply->body.data[reply->body.len] = '\0';
    curl_slist_free_all(headers);
    tell(request, reply);
    return rc == CURLE_OK ? 0 : -1;
}
