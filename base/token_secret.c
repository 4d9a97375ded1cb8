/* Making and checking the secrets of tokens. */
#include "base/token_file.h"

#include "base/hex.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* A poll is cheap, so its token must be: the library would look the algorithm up anew each time. */
static void digest_of(const char *text, size_t len, uint8_t out[32])
{
    static EVP_MD *sha256;
    if (!sha256 && !(sha256 = EVP_MD_fetch(NULL, "SHA256", NULL)))
        abort();
    if (EVP_Digest(text, len, out, NULL, sha256, NULL) != 1)
        abort();
}

static void random_bytes(void *out, size_t n)
{
    for (size_t have = 0; have < n;) {
        ssize_t got = getrandom((char *)out + have, n - have, 0);
        if (got < 0 && errno != EINTR)
            abort();
        have += got > 0 ? (size_t)got : 0;
    }
}

/* Base64 of 32 bytes is 44 characters, the last of them padding; base64url has no padding and two other characters. */
static void base64url(const uint8_t in[32], char out[TOKEN_SECRET + 1])
{
    unsigned char text[TOKEN_SECRET + 2];

    EVP_EncodeBlock(text, in, 32);
    for (unsigned i = 0; i < TOKEN_SECRET; i++)
        out[i] = (char)(text[i] == '+' ? '-' : text[i] == '/' ? '_' : text[i]);
    out[TOKEN_SECRET] = '\0';
    explicit_bzero(text, sizeof text);
}

void token_make(struct token *token, char text[TOKEN_TEXT + 1])
{
    uint8_t random[32 + TOKEN_ID / 2];
    char secret[TOKEN_SECRET + 1];

    random_bytes(random, sizeof random);
    base64url(random, secret);
    hex_text(random + 32, TOKEN_ID / 2, token->id);
    snprintf(text, TOKEN_TEXT + 1, "pf_%s_%s", token->id, secret);
    digest_of(text, TOKEN_TEXT, token->digest);
    explicit_bzero(random, sizeof random);
    explicit_bzero(secret, sizeof secret);
}

/* The digest alone is kept, so that no token is in this process's memory for longer than its request. */
static bool is_right(const struct token *token, const char *text)
{
    uint8_t digest[32];

    digest_of(text, TOKEN_TEXT, digest);
    return CRYPTO_memcmp(digest, token->digest, sizeof digest) == 0;
}

struct token *tokens_verify(const struct tokens *tokens, const char *text, size_t len, int64_t now_s)
{
    if (len != TOKEN_TEXT || memcmp(text, "pf_", 3) != 0 || text[3 + TOKEN_ID] != '_')
        return NULL;
    struct token *token = tokens_find(tokens, text + 3); /* the id is not secret */
    if (!token || !is_right(token, text))
        return NULL;
    return token->expires_s == 0 || now_s < token->expires_s ? token : NULL;
}
