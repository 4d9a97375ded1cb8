/* An allocator that wipes what it gives back. Requests with tokens pass through libevent's buffers and headers; once a
 * request is answered, no token of it is left in the worker's memory. Use with event_set_mem_functions(). */
#ifndef PF_AUTH_WIPE_H
#define PF_AUTH_WIPE_H

#include <stddef.h>

void wipe_free(void *memory);
/* As realloc(); the old place is wiped if the block moves. */
void *wipe_realloc(void *memory, size_t size);

#endif
