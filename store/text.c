/* Small conversions: time, UUID, clipped UTF-8; and the clock. */
#include "store/internal.h"

#include <errno.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uuid.h>

int64_t store_monotonic_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

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
        random = (unsigned)store_monotonic_ms();
    store_sleep_ms(random % (span + 1));
}

void store_time_text(int64_t ms, char out[STORE_TIME_SIZE])
{
    int64_t seconds = ms / 1000, rest = ms % 1000;
    if (rest < 0) {
        rest += 1000;
        seconds--;
    }
    time_t when = (time_t)seconds;
    struct tm utc;
    if (!gmtime_r(&when, &utc) || utc.tm_year > 8099)
        abort();
    size_t used = strftime(out, STORE_TIME_SIZE, "%Y-%m-%d %H:%M:%S", &utc);
    snprintf(out + used, STORE_TIME_SIZE - used, ".%03u", (unsigned)rest);
}

void store_uuid_text(const store_uuid id, char out[STORE_UUID_SIZE])
{
    uuid_unparse_lower(id, out);
}

/* Length of the valid UTF-8 sequence at `s`, 0 if there is none. */
static size_t utf8_length(const unsigned char *s)
{
    if (s[0] < 0x80)
        return 1;
    if (s[0] >= 0xc2 && s[0] <= 0xdf)
        return (s[1] & 0xc0) == 0x80 ? 2 : 0;
    if ((s[1] & 0xc0) != 0x80 || (s[2] & 0xc0) != 0x80)
        return 0;
    if (s[0] >= 0xe0 && s[0] <= 0xef) {
        bool overlong = s[0] == 0xe0 && s[1] < 0xa0, surrogate = s[0] == 0xed && s[1] >= 0xa0;
        return overlong || surrogate ? 0 : 3;
    }
    if (s[0] < 0xf0 || s[0] > 0xf4 || (s[3] & 0xc0) != 0x80)
        return 0;
    bool overlong = s[0] == 0xf0 && s[1] < 0x90, beyond = s[0] == 0xf4 && s[1] >= 0x90;
    return overlong || beyond ? 0 : 4;
}

void store_clip(char *out, size_t chars, const char *text)
{
    const unsigned char *s = (const unsigned char *)text;
    for (; *s != 0 && chars > 0; chars--) {
        size_t n = utf8_length(s);
        if (n == 0) {
            *out++ = '?';
            s++;
            continue;
        }
        memcpy(out, s, n);
        out += n;
        s += n;
    }
    *out = 0;
}
