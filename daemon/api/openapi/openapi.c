/* Joining the API document, and serving it. */
#include "daemon/api/openapi/openapi.h"

#include "base/hex.h"
#include "daemon/http/etag.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- The whole ---- */

static struct {
    char *text;
    size_t len;
    char etag[36];
} document;

static void make_etag(void)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    if (EVP_Digest(document.text, document.len, digest, NULL, EVP_sha256(), NULL) != 1)
        abort();
    document.etag[0] = '"';
    memcpy(hex_text(digest, 16, document.etag + 1), "\"", 2);
}

static void make_document(void)
{
    char *schemas = openapi_schemas();
    size_t inner = strlen(schemas) - 2; /* without the braces */
    size_t size = strlen(openapi_before) + inner + strlen(openapi_after) + 3;
    document.text = malloc(size);
    if (!document.text)
        abort();
    int n = snprintf(document.text, size, "%s%.*s,\n%s", openapi_before, (int)inner, schemas + 1, openapi_after);
    document.len = (size_t)n;
    free(schemas);
    make_etag();
}

const char *openapi_text(size_t *len)
{
    if (!document.text)
        make_document();
    if (len)
        *len = document.len;
    return document.text;
}

void resource_openapi(struct http_request *request)
{
    size_t len;
    const char *text = openapi_text(&len);
    http_reply_header(request, "ETag", document.etag);
    http_reply_header(request, "Cache-Control", "public, max-age=60");
    if (etag_matches(http_header(request, "If-None-Match"), document.etag))
        http_reply_empty(request, 304);
    else
        http_reply_json(request, 200, text, len);
}
