/* Random bytes fetched in blocks: libuuid asks the kernel half a dozen times for each id, 5 % of what a start costs. */
#include "daemon/task/id.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static struct {
    uint8_t bytes[256 * sizeof(store_uuid)];
    size_t left; /* bytes not yet handed out, at the front */
} pool;

static void refill(void)
{
    while (pool.left < sizeof pool.bytes) {
        ssize_t n = getrandom(pool.bytes + pool.left, sizeof pool.bytes - pool.left, 0);
        if (n < 0 && errno != EINTR)
            abort(); /* no kernel that this program runs on */
        if (n > 0)
            pool.left += (size_t)n;
    }
}

/* RFC 9562 section 5.4: 122 random bits, version and variant. */
void taskid_new(store_uuid out)
{
    if (pool.left == 0)
        refill();
    pool.left -= sizeof(store_uuid);
    memcpy(out, pool.bytes + pool.left, sizeof(store_uuid));
    out[6] = (uint8_t)((out[6] & 0x0f) | 0x40);
    out[8] = (uint8_t)((out[8] & 0x3f) | 0x80);
}
