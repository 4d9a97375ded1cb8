/* Cursors: the last row's key behind a digest of everything it depends on, as hexadecimal digits. */
#include "handlers/read/page.h"

#include "base/hex.h"
#include "base/utf8.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define DIGEST_BYTES 8
#define PACKED_BYTES (PAGE_KEYS * PAGE_KEY_BYTES)

/* ---- Digest ---------------------------------------------------------------------------------------------------- */

/* FNV-1a. It guards against mistakes only: a forged cursor shows nothing that a filter would not show. */
static uint64_t digest(uint64_t state, const void *data, size_t n)
{
    const unsigned char *bytes = data;
    for (size_t i = 0; i < n; i++)
        state = (state ^ bytes[i]) * 0x100000001b3;
    return state;
}

static uint64_t digest_text(uint64_t state, const char *text)
{
    return digest(state, text, strlen(text) + 1);
}

static uint64_t digest_value(uint64_t state, yajl_val value)
{
    state = digest(state, &value->type, sizeof value->type);
    if (YAJL_IS_STRING(value))
        return digest_text(state, YAJL_GET_STRING(value));
    if (YAJL_IS_NUMBER(value))
        return digest_text(state, YAJL_GET_NUMBER(value));
    for (size_t i = 0; YAJL_IS_ARRAY(value) && i < value->u.array.len; i++)
        state = digest_value(state, value->u.array.values[i]);
    return state;
}

static uint64_t digest_list(const char *name, yajl_val params)
{
    uint64_t state = digest_text(0xcbf29ce484222325, name);
    for (size_t i = 0; i < params->u.object.len; i++) {
        const char *key = params->u.object.keys[i];
        if (strcmp(key, "limit") == 0 || strcmp(key, "cursor") == 0)
            continue;
        state = digest_value(digest_text(state, key), params->u.object.values[i]);
    }
    return state;
}

/* ---- Cursor ---------------------------------------------------------------------------------------------------- */

/* The last row's key, each column terminated. Returns the length. */
static size_t pack(const struct page *page, unsigned char out[PACKED_BYTES])
{
    size_t used = 0;
    for (unsigned i = 0; i < page->n_keys; i++) {
        size_t n = strlen(page->last[i]) + 1;
        memcpy(out + used, page->last[i], n);
        used += n;
    }
    return used;
}

static bool unpack(struct page *page, const char *packed, size_t n)
{
    for (unsigned i = 0; i < page->n_keys; i++) {
        size_t len = strnlen(packed, n);
        if (len == n || len >= PAGE_KEY_BYTES || !utf8_valid(packed, len))
            return false;
        memcpy(page->after[i], packed, len + 1);
        packed += len + 1;
        n -= len + 1;
    }
    return n == 0;
}

static bool read_cursor(struct page *page, const char *cursor)
{
    unsigned char bytes[DIGEST_BYTES + PACKED_BYTES];
    uint64_t given;
    size_t digits = strlen(cursor), n = digits / 2;
    if (digits % 2 != 0 || n <= DIGEST_BYTES || n > sizeof bytes || hex_read(cursor, n, bytes) != 0)
        return false;
    memcpy(&given, bytes, DIGEST_BYTES);
    return given == digest(page->list, bytes + DIGEST_BYTES, n - DIGEST_BYTES) &&
           unpack(page, (const char *)bytes + DIGEST_BYTES, n - DIGEST_BYTES);
}

const char *page_next(const struct page *page, char cursor[PAGE_CURSOR_BYTES])
{
    unsigned char bytes[DIGEST_BYTES + PACKED_BYTES];
    if (!page->more)
        return NULL;
    size_t n = pack(page, bytes + DIGEST_BYTES);
    uint64_t check = digest(page->list, bytes + DIGEST_BYTES, n);
    memcpy(bytes, &check, DIGEST_BYTES);
    hex_text(bytes, DIGEST_BYTES + n, cursor);
    return cursor;
}

/* ---- Page ------------------------------------------------------------------------------------------------------ */

int page_open(struct page *page, const char *name, unsigned n_keys, yajl_val params, struct param_faults *faults)
{
    assert(n_keys > 0 && n_keys <= PAGE_KEYS);
    int64_t limit = json_member_int(params, "limit", 1);
    const char *cursor = json_member_string(params, "cursor", NULL);
    *page = (struct page){.limit = limit < PAGE_LIMIT_MAX ? (unsigned)limit : PAGE_LIMIT_MAX,
                          .n_keys = n_keys,
                          .list = digest_list(name, params),
                          .faults = faults};
    if (!cursor)
        return 0;
    page->started = read_cursor(page, cursor);
    if (page->started)
        return 0;
    param_faults_add(faults, "/cursor", "cursor",
                     "belongs to another list or to other filters; start again without a cursor");
    return -1;
}

const char *page_after(const struct page *page, unsigned i, const char *first)
{
    return page->started ? page->after[i] : first;
}

bool page_take(struct page *page, const char *const *key)
{
    if (page->rows == page->limit) {
        page->more = true;
        return false;
    }
    page->rows++;
    for (unsigned i = 0; i < page->n_keys; i++) {
        size_t n = strlen(key[i]) + 1;
        assert(n <= PAGE_KEY_BYTES);
        memcpy(page->last[i], key[i], n);
    }
    return true;
}

void page_put_next(const struct page *page, struct json_out *out)
{
    char cursor[PAGE_CURSOR_BYTES];
    json_put_string(out, "next_cursor", page_next(page, cursor));
}
