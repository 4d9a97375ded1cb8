/* Reading the header and making the digests. */
#include "daemon/accept/idempotency.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#define KEY_MAX 255

static bool visible(char c)
{
    return c > 0x20 && c < 0x7f;
}

/* Copies a key without its quotes. Returns its length, 0 if the header is not a key. */
static size_t unquote(const char *header, char key[KEY_MAX + 1])
{
    bool quoted = header[0] == '"';
    const char *p = header + quoted;
    size_t n = 0;
    for (; visible(*p) && *p != '"' && n <= KEY_MAX; p++) {
        if (quoted && *p == '\\' && (p[1] == '"' || p[1] == '\\'))
            p++;
        if (n < KEY_MAX)
            key[n] = *p;
        n++;
    }
    p += quoted && *p == '"';
    bool whole = *p == '\0' && (!quoted || p[-1] == '"');
    if (!whole || n > KEY_MAX)
        return 0;
    key[n] = '\0';
    return n;
}

/* The terminator separates the parts: no part can contain one. */
static void add_text(EVP_MD_CTX *md, const char *text)
{
    if (EVP_DigestUpdate(md, text, strlen(text) + 1) != 1)
        abort();
}

static EVP_MD_CTX *digest_begin(void)
{
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    if (!md || EVP_DigestInit_ex(md, EVP_sha256(), NULL) != 1)
        abort();
    return md;
}

static void digest_end(EVP_MD_CTX *md, uint8_t out[32])
{
    if (EVP_DigestFinal_ex(md, out, NULL) != 1)
        abort();
    EVP_MD_CTX_free(md);
}

bool idempotency_wanted(struct http_request *request)
{
    return http_header(request, "Idempotency-Key") != NULL;
}

bool idempotency_take(struct http_request *request, const char *identity, struct idempotency *key)
{
    const char *header = http_header(request, "Idempotency-Key");
    char text[KEY_MAX + 1];
    key->present = header != NULL;
    if (!header)
        return true;
    if (unquote(header, text) == 0) {
        http_reply_problem(request, "bad-request",
                           "Idempotency-Key must be 1 to 255 visible characters, quoted or not.", NULL);
        return false;
    }
    EVP_MD_CTX *md = digest_begin();
    add_text(md, identity);
    add_text(md, "POST"); /* the only method that starts anything */
    add_text(md, request->path);
    add_text(md, text);
    digest_end(md, key->scope);
    return true;
}

void idempotency_fill(struct idempotency *key, const struct idempotency_payload *payload)
{
    EVP_MD_CTX *md = digest_begin();
    add_text(md, payload->type);
    add_text(md, payload->params);
    if (payload->then)
        add_text(md, payload->then);
    add_text(md, payload->file ? payload->file->name : "");
    if (payload->from_task && EVP_DigestUpdate(md, payload->from_task, 16) != 1)
        abort();
    if (payload->file_sha256 && EVP_DigestUpdate(md, payload->file_sha256, 32) != 1)
        abort();
    digest_end(md, key->payload);
}
