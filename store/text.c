/* Small conversions: time, UUID, clipped UTF-8; and sleeping. */
#include "store/internal.h"

#include "base/clock.h"
#include "base/time_text.h"
#include "base/utf8.h"

#include <errno.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uuid.h>

void store_sleep_ms(unsigned ms)
{
    struct timespec left = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};

    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        continue;
}

void store_backoff(unsigned attempt)
{
    unsigned span = attempt < 5 ? 50u << attempt : 1000;
    unsigned random = 0;

    if (span > 1000)
        span = 1000;
    if (RAND_bytes((unsigned char *)&random, sizeof random) != 1)
        random = (unsigned)clock_mono_ms();
    store_sleep_ms(random % (span + 1));
}

void store_time_text(int64_t ms, char out[STORE_TIME_SIZE])
{
    time_text(ms, out);
    out[TIME_TEXT_DAY] = ' ';
    out[TIME_TEXT_SIZE - 2] = '\0'; /* no "Z" */
}

void store_uuid_text(const store_uuid id, char out[STORE_UUID_SIZE])
{
    uuid_unparse_lower(id, out);
}

void store_clip(char *out, size_t chars, const char *text)
{
    for (size_t left = strlen(text), n; left > 0 && chars > 0; text += n, left -= n, chars--) {
        if (utf8_decode(text, left, &n) == UTF8_BAD) {
            *out++ = '?';
            n = 1;
            continue;
        }
        memcpy(out, text, n);
        out += n;
    }
    *out = 0;
}
