/* Tasks by the first digits of their ids, as people copy them. The journal cannot be asked: the database stores the parts
 * of a UUID in reverse order, so ids that begin alike do not lie together. */
#include "base/hex.h"
#include "daemon/api/task/list.h"
#include "handlers/read/page.h"

#include <string.h>

#define DIGITS_MIN 8
#define DIGITS     32

struct search {
    char prefix[DIGITS + 1];
    size_t len, used;
    unsigned n;
    char *ids;
};

/* Copies the digits in lower case, without hyphens. Returns how many, 0 if there is anything else. */
static size_t digits_of(const char *text, char out[DIGITS + 1])
{
    size_t n = 0;
    for (; *text; text++) {
        if (*text == '-')
            continue;
        int value = hex_digit(*text);
        if (value < 0 || n == DIGITS)
            return 0;
        out[n++] = "0123456789abcdef"[value];
    }
    out[n] = '\0';
    return n;
}

bool taskprefix_valid(const char *prefix)
{
    char digits[DIGITS + 1];
    return digits_of(prefix, digits) >= DIGITS_MIN;
}

static bool keep_id(const struct shm_task *head, struct shm_handle handle, void *ctx)
{
    struct search *search = ctx;
    const uint8_t *id = head->id;
    (void)handle;
    char text[DIGITS + 1];
    hex_text(id, 16, text);
    if (memcmp(text, search->prefix, search->len) != 0)
        return true;
    if (search->n > 0)
        search->ids[search->used++] = ',';
    hex_uuid(id, search->ids + search->used);
    search->used += HEX_UUID_SIZE - 1;
    return ++search->n < PAGE_LIMIT_MAX;
}

void taskprefix_find(struct shm_segment *segment, const char *prefix, char ids[TASKPREFIX_BYTES])
{
    struct search search = {.ids = ids};
    search.len = digits_of(prefix, search.prefix);
    ids[0] = '\0';
    shm_table_each_head(segment, keep_id, &search);
    ids[search.used] = '\0';
}
