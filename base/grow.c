#include "base/grow.h"

#include "base/bytes.h"

#include <stdlib.h>

void *grow(void *block, uint32_t *room, uint32_t need, size_t size)
{
    if (need <= *room)
        return block;
    uint32_t next = *room ? *room : 64;
    while (next < need) {
        if (next > UINT32_MAX / 2)
            no_memory();
        next *= 2;
    }
    void *more = reallocarray(block, next, size);
    if (!more)
        no_memory();
    *room = next;
    return more;
}
