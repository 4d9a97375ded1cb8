/* Hash of a price list's content. */
#include "handlers/pricing/listhash.h"

#include <assert.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

static void must(int done)
{
    if (done != 1)
        abort(); /* SHA-256 fails only if memory runs out */
}

static void flush(struct listhash *hash)
{
    must(EVP_DigestUpdate(hash->context, hash->buffer, hash->used));
    hash->used = 0;
}

static void put(struct listhash *hash, const char *text, size_t n)
{
    if (hash->used + n > sizeof hash->buffer)
        flush(hash);
    assert(n <= sizeof hash->buffer);
    memcpy(hash->buffer + hash->used, text, n);
    hash->used += n;
}

void listhash_init(struct listhash *hash, const char *currency)
{
    hash->last[0] = '\0';
    hash->used = 0;
    hash->context = EVP_MD_CTX_new();
    must(hash->context != NULL);
    must(EVP_DigestInit_ex(hash->context, EVP_sha256(), NULL));
    put(hash, currency, strlen(currency));
    put(hash, "\n", 1);
}

void listhash_add(struct listhash *hash, const char *lot_code, int64_t price, const dec128 *qty)
{
    char number[48];
    size_t n = strlen(lot_code);

    assert(n < sizeof hash->last && strcmp(hash->last, lot_code) < 0);
    memcpy(hash->last, lot_code, n + 1);
    put(hash, lot_code, n);
    put(hash, "\t", 1);
    put(hash, number, dec_format(price, PRICE_SCALE, false, number, sizeof number));
    put(hash, "\t", 1);
    if (qty)
        put(hash, number, dec_format(*qty, QTY_SCALE, false, number, sizeof number));
    put(hash, "\n", 1);
}

void listhash_final(struct listhash *hash, uint8_t digest[32])
{
    unsigned n = 0;

    flush(hash);
    must(EVP_DigestFinal_ex(hash->context, digest, &n));
    assert(n == 32);
    listhash_fini(hash);
}

void listhash_fini(struct listhash *hash)
{
    EVP_MD_CTX_free(hash->context);
    hash->context = NULL;
}
