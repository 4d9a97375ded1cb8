/* Starts: a key that is written down first, a digest that tells whether the same is started again, the upload. */
#include "client/net/start.h"

#include "base/clock.h"
#include "base/hex.h"
#include "base/json.h"
#include "client/core/say.h"
#include "client/net/ask.h"
#include "client/net/signals.h"
#include "client/net/starts.h"
#include "client/show/bar.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATIENCE_S 60
#define SHOW_FROM  (256u << 10) /* an upload from here on has a bar */

struct upload {
    const char *name;
    int fd;
    struct stat before;
    unsigned char sha[32];
};

static void must(int done)
{
    if (done != 1)
        abort(); /* libcrypto fails only if memory runs out */
}

/* ---- The file --------------------------------------------------------------------------------------------------- */

/* Standard input can be sent again only from a copy. */
static int copy_of_stdin(void)
{
    char block[65536];
    FILE *copy = tmpfile();
    int fd = copy ? dup(fileno(copy)) : -1;
    ssize_t n = 0;
    if (copy)
        fclose(copy);
    while (fd >= 0 && (n = read(STDIN_FILENO, block, sizeof block)) > 0)
        if (write(fd, block, (size_t)n) != n)
            n = -2;
    if (fd >= 0 && n < 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}

static int open_upload(const char *path, struct upload *upload)
{
    bool piped = strcmp(path, "-") == 0;
    const char *slash = strrchr(path, '/');
    upload->name = piped ? "stdin" : slash ? slash + 1 : path;
    upload->fd = piped ? copy_of_stdin() : open(path, O_RDONLY | O_CLOEXEC);
    if (upload->fd < 0 || fstat(upload->fd, &upload->before) != 0)
        return say_error(CLI_FAILED, path, "%s", strerror(errno));
    if (!S_ISREG(upload->before.st_mode))
        return say_error(CLI_FAILED, path, "not a file");
    return CLI_DONE;
}

static int hash_file(const struct upload *upload, EVP_MD_CTX *whole, unsigned char sha[32])
{
    char block[65536];
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    ssize_t n;
    must(md != NULL && EVP_DigestInit_ex(md, EVP_sha256(), NULL));
    for (off_t at = 0; (n = pread(upload->fd, block, sizeof block, at)) > 0; at += n) {
        must(EVP_DigestUpdate(md, block, (size_t)n));
        must(EVP_DigestUpdate(whole, block, (size_t)n));
    }
    must(EVP_DigestFinal_ex(md, sha, NULL));
    EVP_MD_CTX_free(md);
    return n < 0 ? say_error(CLI_FAILED, upload->name, "%s", strerror(errno)) : CLI_DONE;
}

/* The same bytes as before? */
static bool unchanged(const struct upload *upload)
{
    struct stat now;
    return fstat(upload->fd, &now) == 0 && now.st_size == upload->before.st_size &&
           now.st_mtim.tv_sec == upload->before.st_mtim.tv_sec && now.st_mtim.tv_nsec == upload->before.st_mtim.tv_nsec;
}

static void on_sent(void *ctx, uint64_t bytes, uint64_t all)
{
    const struct upload *upload = ctx;
    struct bar_facts facts = {.what = upload->name,
                              .id = "",
                              .type = "upload",
                              .step = _("sending"),
                              .percent = (unsigned)(bytes * 100 / all),
                              .done = bytes,
                              .total = all,
                              .left_s = -1};
    if (all >= SHOW_FROM)
        bar_draw(&facts);
}

/* ---- Keys ------------------------------------------------------------------------------------------------------- */

void start_random_key(char out[HEX_UUID_SIZE])
{
    unsigned char id[16];
    must(RAND_bytes(id, sizeof id));
    id[6] = (unsigned char)((id[6] & 0x0f) | 0x40);
    id[8] = (unsigned char)((id[8] & 0x3f) | 0x80);
    hex_uuid(id, out);
}

/* The key of a start that was broken off with the same bytes, or a new one, written down. */
static void choose_key(const struct cli *cli, const char *digest, char key[HEX_UUID_SIZE])
{
    struct start_memory open;
    const char *server = settings_server(&cli->settings);
    if (starts_find_open(server, digest, &open)) {
        memcpy(key, open.key, HEX_UUID_SIZE);
        say_note("Continuing the start of %lld s ago.", (long long)(clock_wall_ms() - open.at_ms) / 1000);
        return;
    }
    start_random_key(key);
    starts_add(server, digest, key);
}

/* ---- Sending ---------------------------------------------------------------------------------------------------- */

static int tell_interrupted(const struct answer *answer, bool upload)
{
    int code = 128 + signals_got();
    bar_clear();
    say_note(answer->reply.sent_all ? N_("Whether it was accepted is not known; the same command again finds out.")
                                    : N_("Nothing was started."));
    (void)upload;
    return code;
}

static int send_it(struct cli *cli, const struct http_request *request, char task_id[37])
{
    struct answer answer;
    long patience = PATIENCE_S;
    if (cli_number(cli, "retry-for", 0, 86400, &patience) != CLI_DONE)
        return CLI_USAGE;
    int rc = ask(&cli->settings, request, (unsigned)patience, &answer);
    bar_clear();
    const char *id = json_member_string(answer.json, "task_id", "");
    if (rc == CLI_INTERRUPTED)
        rc = tell_interrupted(&answer, request->file_size > 0);
    else if (rc == CLI_REFUSED)
        starts_done(request->key, NULL);
    else if (rc == CLI_DONE && strlen(id) != HEX_UUID_SIZE - 1)
        rc = say_error(CLI_AWAY, settings_server(&cli->settings),
                       "the answer has no task id; is this a priceforge server?");
    if (rc == CLI_DONE) {
        memcpy(task_id, id, HEX_UUID_SIZE);
        starts_done(request->key, task_id);
    }
    answer_fini(&answer);
    return rc;
}

static void digest_texts(EVP_MD_CTX *md, const char *path, const struct bytes *params)
{
    must(md != NULL && EVP_DigestInit_ex(md, EVP_sha256(), NULL));
    must(EVP_DigestUpdate(md, path, strlen(path) + 1));
    must(EVP_DigestUpdate(md, params->data ? params->data : "", params->len));
}

static void finish_digest(EVP_MD_CTX *md, char out[65])
{
    unsigned char sha[32];
    must(EVP_DigestFinal_ex(md, sha, NULL));
    hex_text(sha, sizeof sha, out);
    EVP_MD_CTX_free(md);
}

static int with_key(struct cli *cli, struct http_request *request, const char *digest, char task_id[37])
{
    char key[HEX_UUID_SIZE];
    const char *own = cli_value(cli, "key");
    if (!own)
        choose_key(cli, digest, key);
    request->key = own ? own : key;
    int rc = send_it(cli, request, task_id);
    request->key = NULL;
    return rc;
}

static int start_json(struct cli *cli, const struct start *start, char task_id[37])
{
    struct bytes body = {0};
    char digest[65];
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    params_json(start->params, &body);
    digest_texts(md, start->path, &body);
    finish_digest(md, digest);
    struct http_request request = {
        .method = "POST", .path = start->path, .body = body.data, .body_len = body.len, .type = "application/json"};
    int rc = with_key(cli, &request, digest, task_id);
    bytes_free(&body);
    return rc;
}

/* "PATH?name=value&…" */
static char *with_query(const char *path, const struct bytes *query)
{
    char *whole = NULL;
    if (asprintf(&whole, "%s%s%.*s", path, query->len ? "?" : "", (int)query->len, query->data ? query->data : "") < 0)
        no_memory();
    return whole;
}

static int start_query(struct cli *cli, const struct start *start, char task_id[37])
{
    struct bytes query = {0};
    char digest[65];
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    params_query(start->params, &query);
    digest_texts(md, start->path, &query);
    finish_digest(md, digest);
    char *path = with_query(start->path, &query);
    struct http_request request = {.method = "POST", .path = path};
    int rc = with_key(cli, &request, digest, task_id);
    free(path);
    bytes_free(&query);
    return rc;
}

static int send_upload(struct cli *cli, const struct start *start, struct upload *upload, char task_id[37])
{
    struct bytes query = {0};
    char digest[65], content[80] = "sha-256=:";
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    params_query(start->params, &query);
    digest_texts(md, start->path, &query);
    int rc = hash_file(upload, md, upload->sha);
    finish_digest(md, digest);
    EVP_EncodeBlock((unsigned char *)content + 9, upload->sha, sizeof upload->sha);
    strcat(content, ":");
    char *path = with_query(start->path, &query);
    struct http_request request = {.method = "POST",
                                   .path = path,
                                   .file = upload->fd,
                                   .file_size = (uint64_t)upload->before.st_size,
                                   .type = "application/octet-stream",
                                   .digest = content,
                                   .sent = on_sent,
                                   .ctx = upload};
    if (rc == CLI_DONE)
        rc = with_key(cli, &request, digest, task_id);
    if (rc == CLI_REFUSED && !unchanged(upload))
        say_note("%s was changed while it was being sent.", upload->name);
    free(path);
    bytes_free(&query);
    return rc;
}

static int start_file(struct cli *cli, const struct start *start, char task_id[37])
{
    struct upload upload = {.fd = -1};
    int rc = open_upload(start->file, &upload);
    if (rc == CLI_DONE) {
        struct params params = {.n = 0};
        struct start named = *start;
        params_copy(&params, start->params);
        params_add(&params, "filename", upload.name);
        named.params = &params;
        rc = send_upload(cli, &named, &upload, task_id);
        params_fini(&params);
    }
    if (upload.fd >= 0)
        close(upload.fd);
    return rc;
}

int start_task(struct cli *cli, const struct start *start, char task_id[37])
{
    if (start->file)
        return start_file(cli, start, task_id);
    return start->no_body ? start_query(cli, start, task_id) : start_json(cli, start, task_id);
}
