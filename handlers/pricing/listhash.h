/* content_sha256 of a price list: the SHA-256 of the currency and LF, and then, for each item in byte order of
 * lot_code:
 *
 *   lot_code TAB price (4 digits) TAB quantity (3 digits, or nothing) LF */
#ifndef PF_PRICING_LISTHASH_H
#define PF_PRICING_LISTHASH_H

#include "handlers/values/decimal.h"

struct listhash {
    void *context;         /* EVP_MD_CTX */
    char last[64 * 4 + 1]; /* the lot code before, to check the order */
    size_t used;
    char buffer[4096]; /* collects small items: a call of libcrypto per field would cost more than the hash */
};

void listhash_init(struct listhash *hash, const char *currency);
/* Items must ascend strictly by the bytes of lot_code (asserted). price at scale 4; qty at scale 3, NULL = none. */
void listhash_add(struct listhash *hash, const char *lot_code, int64_t price, const dec128 *qty);
/* Writes the digest and releases the hash. */
void listhash_final(struct listhash *hash, uint8_t digest[32]);
/* Releases the hash without a result. */
void listhash_fini(struct listhash *hash);

#endif
