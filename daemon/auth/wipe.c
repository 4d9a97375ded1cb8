/* The C library knows how large a block is. */
#include "daemon/auth/wipe.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

void wipe_free(void *memory)
{
    if (memory)
        explicit_bzero(memory, malloc_usable_size(memory));
    free(memory);
}

void *wipe_realloc(void *memory, size_t size)
{
    size_t have = memory ? malloc_usable_size(memory) : 0;
    void *moved = size > 0 ? malloc(size) : NULL;

    if (size > 0 && !moved)
        return NULL;
    if (moved && memory)
        memcpy(moved, memory, have < size ? have : size);
    wipe_free(memory);
    return moved;
}
