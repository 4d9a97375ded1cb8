/* Arrays that grow by doubling. */
#ifndef PF_BASE_GROW_H
#define PF_BASE_GROW_H

#include <stddef.h>
#include <stdint.h>

/* Makes room for at least `need` elements of `size` bytes. `*room` is the number of elements that `block` has room for
 * (NULL and 0 at first); it is 64 or more afterwards. Returns the block, which may have moved. The caller bounds `need`;
 * running out of memory ends the process as no_memory() does. */
void *grow(void *block, uint32_t *room, uint32_t need, size_t size);

#endif
