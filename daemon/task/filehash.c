/* Hashing files by pieces. */
#include "daemon/task/filehash.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <unistd.h>

#define PIECE (256 * 1024)

static int feed(EVP_MD_CTX *md, unsigned char *buf, int fd, uint64_t offset, uint64_t length)
{
    uint64_t done = 0;
    while (done < length) {
        size_t want = length - done < PIECE ? (size_t)(length - done) : PIECE;
        ssize_t n = pread(fd, buf, want, (off_t)(offset + done));
        if (n <= 0)
            return n < 0 ? -errno : -EIO;
        EVP_DigestUpdate(md, buf, (size_t)n);
        done += (uint64_t)n;
    }
    return 0;
}

int filehash(int fd, uint64_t offset, uint64_t length, uint8_t digest[32])
{
    unsigned char *buf = malloc(PIECE);
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    if (!buf || !md || EVP_DigestInit_ex(md, EVP_sha256(), NULL) != 1)
        abort();
    int rc = feed(md, buf, fd, offset, length);
    if (rc == 0)
        EVP_DigestFinal_ex(md, digest, NULL);
    EVP_MD_CTX_free(md);
    free(buf);
    return rc;
}
