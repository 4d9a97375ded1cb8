/* Counting the memory of expat. */
#include "handlers/sheet/mxl/xml_memory.h"

#include "base/bytes.h"

#include <stddef.h>
#include <stdlib.h>

#define MAX_EXPAT ((size_t)16 << 20)

/* Each block has its size in front. */
union head {
    size_t size;
    max_align_t align;
};

static _Thread_local size_t expat_bytes;

static void *expat_realloc(void *old, size_t size)
{
    union head *head = old ? (union head *)old - 1 : NULL;
    size_t before = head ? head->size : 0;

    if (size > MAX_EXPAT || expat_bytes - before + size > MAX_EXPAT)
        return NULL;
    head = xrealloc(head, sizeof *head + size);
    expat_bytes += size - before;
    head->size = size;
    return head + 1;
}

static void *expat_malloc(size_t size)
{
    return expat_realloc(NULL, size);
}

static void expat_free(void *old)
{
    if (!old)
        return;
    union head *head = (union head *)old - 1;
    expat_bytes -= head->size;
    free(head);
}

const XML_Memory_Handling_Suite mxl_xml_memory = {expat_malloc, expat_realloc, expat_free};
