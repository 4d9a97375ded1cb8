/* The directory of a ZIP archive: end record, Zip64, entries, names, overlaps. */
#include "handlers/sheet/xlsx/zip.h"

#include "base/bytes.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    END_SIZE = 22,
    END64_SIZE = 56,
    LOCATOR64_SIZE = 20,
    CENTRAL_SIZE = 46,
    CENTRAL_MAGIC = 0x02014b50,
    LOCAL_SIZE = 30,
    COMMENT_MAX = 65535,
    /* Ordinary directories take about 100 bytes per entry; this bounds the one buffer whose size the file decides. */
    DIRECTORY_MAX = 8 << 20
};

struct end_record {
    uint64_t entries, size, offset;
    uint64_t begin; /* offset of the first end record (of the Zip64 record if there is one) */
};

static int truncated(struct sheet_error *err)
{
    return sheet_refuse(err, "zip-truncated",
                        "The .xlsx file is cut off or damaged: its table of contents is missing. Send it again.");
}

/* The end record is the last one whose comment reaches exactly to the end of the file: its signature may also occur
 * inside the comment. Returns its offset in `tail`, or -1. */
static ssize_t find_end(const unsigned char *tail, size_t n)
{
    for (size_t at = n - END_SIZE + 1; at-- > 0;)
        if (get32(tail + at) == 0x06054b50 && at + END_SIZE + get16(tail + at + 20) == n)
            return (ssize_t)at;
    return -1;
}

static int read_end64(const struct sheet_input *input, uint64_t end_at, struct end_record *end, struct sheet_error *err)
{
    unsigned char locator[LOCATOR64_SIZE], record[END64_SIZE];

    if (end_at < LOCATOR64_SIZE || input_read(input, end_at - LOCATOR64_SIZE, locator, sizeof locator, err) < 0)
        return end_at < LOCATOR64_SIZE ? 0 : -1;
    if (get32(locator) != 0x07064b50)
        return 0; /* no Zip64: the 32-bit fields are valid */
    uint64_t at = get64(locator + 8);
    if (get32(locator + 16) > 1 || at > end_at || end_at - at < END64_SIZE + LOCATOR64_SIZE)
        return truncated(err);
    if (input_read(input, at, record, sizeof record, err) < 0)
        return -1;
    if (get32(record) != 0x06064b50 || get32(record + 16) != 0 || get64(record + 24) != get64(record + 32))
        return truncated(err);
    *end = (struct end_record){get64(record + 32), get64(record + 40), get64(record + 48), at};
    return 0;
}

static int read_end(const struct sheet_input *input, struct end_record *end, struct sheet_error *err)
{
    if (input->length < END_SIZE)
        return truncated(err);
    size_t n = input->length < END_SIZE + COMMENT_MAX ? (size_t)input->length : END_SIZE + COMMENT_MAX;
    unsigned char *tail = xalloc(n);
    int rc = input_read(input, input->length - n, tail, n, err);
    if (rc < 0)
        goto free_tail;
    ssize_t at = find_end(tail, n);
    if (at < 0) {
        rc = truncated(err);
        goto free_tail;
    }
    const unsigned char *record = tail + at;
    uint64_t begin = input->length - n + (uint64_t)at;
    *end = (struct end_record){get16(record + 10), get32(record + 12), get32(record + 16), begin};
    if (get16(record + 4) != 0 && get16(record + 4) != 0xffff)
        rc = truncated(err); /* one volume of several */
    else
        rc = read_end64(input, begin, end, err);
free_tail:
    free(tail);
    return rc;
}

size_t zip_fold(char *name, size_t n)
{
    size_t to = 0;

    for (size_t i = 0; i < n; i++) {
        char c = name[i] == '\\' ? '/' : name[i];
        if (c == '/' && to == 0)
            continue;
        name[to++] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
    }
    return to;
}

/* Fields of the entry whose 32 bits are all set are in extra field 1, in this order, and only those. */
static bool read_extra64(const unsigned char *extra, size_t n, struct zip_entry *entry)
{
    uint64_t *wide[3] = {&entry->size, &entry->packed, &entry->offset};

    while (n >= 4) {
        size_t len = get16(extra + 2);
        if (len > n - 4)
            return true; /* padding by other writers; matters only if 64-bit fields are missing, which is checked below */
        if (get16(extra) == 1) {
            const unsigned char *p = extra + 4;
            for (int i = 0; i < 3; i++) {
                if (*wide[i] != 0xffffffff)
                    continue;
                if (len < 8)
                    return false;
                *wide[i] = get64(p);
                p += 8;
                len -= 8;
            }
            return true;
        }
        extra += 4 + len;
        n -= 4 + len;
    }
    return true;
}

/* Reads one directory record at p, of at most n bytes. Returns its length, or 0 if it is damaged. */
static size_t read_entry(const unsigned char *p, size_t n, struct zip_entry *entry, char *key)
{
    if (n < CENTRAL_SIZE || get32(p) != CENTRAL_MAGIC)
        return 0;
    size_t name = get16(p + 28), extra = get16(p + 30), comment = get16(p + 32);
    if (n - CENTRAL_SIZE < name + extra + comment || memchr(p + CENTRAL_SIZE, 0, name))
        return 0;
    *entry = (struct zip_entry){.key = key,
                                .flags = get16(p + 8),
                                .method = get16(p + 10),
                                .crc = get32(p + 16),
                                .packed = get32(p + 20),
                                .size = get32(p + 24),
                                .offset = get32(p + 42)};
    memcpy(key, p + CENTRAL_SIZE, name);
    key[zip_fold(key, name)] = 0;
    if (!read_extra64(p + CENTRAL_SIZE + name, extra, entry))
        return 0;
    return CENTRAL_SIZE + name + extra + comment;
}

static int read_entries(struct zip *zip, const unsigned char *dir, const struct end_record *end,
                        struct sheet_error *err)
{
    size_t left = (size_t)end->size;
    char *key = zip->keys;

    for (; zip->n_entries < end->entries; zip->n_entries++) {
        struct zip_entry *entry = &zip->entries[zip->n_entries];
        size_t n = read_entry(dir, left, entry, key);
        if (n == 0)
            return truncated(err);
        size_t name = get16(dir + 28);
        if (entry->offset > end->offset || end->offset - entry->offset < LOCAL_SIZE + name ||
            entry->packed > end->offset - entry->offset - LOCAL_SIZE - name)
            return truncated(err);
        /* The least that this entry takes; corrected when its neighbours are known. */
        entry->limit = entry->offset + LOCAL_SIZE + name + entry->packed;
        key += name + 1;
        dir += n;
        left -= n;
    }
    /* There are more entries than the record says: some programs see them, others do not. */
    return left >= CENTRAL_SIZE && get32(dir) == CENTRAL_MAGIC ? truncated(err) : 0;
}

static int by_offset(const void *a, const void *b)
{
    const struct zip_entry *x = a, *y = b;

    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static int by_key(const void *a, const void *b)
{
    const struct zip_entry *x = a, *y = b;

    return strcmp(x->key, y->key);
}

/* With overlapping entries a small file can stand for gigabytes; no writer makes them. */
static int check_overlaps(struct zip *zip, uint64_t dir_offset, struct sheet_error *err)
{
    qsort(zip->entries, zip->n_entries, sizeof *zip->entries, by_offset);
    for (uint32_t i = 0; i < zip->n_entries; i++) {
        uint64_t next = i + 1 < zip->n_entries ? zip->entries[i + 1].offset : dir_offset;
        if (zip->entries[i].limit > next)
            return sheet_refuse(err, "zip-bomb",
                                "The file is a ZIP bomb: its entries overlap. Save it again as .xlsx and send that.");
        zip->entries[i].limit = next;
    }
    return 0;
}

/* Programs differ in which of two entries with one name they take: neither is accepted. */
static int check_duplicates(struct zip *zip, struct sheet_error *err)
{
    qsort(zip->entries, zip->n_entries, sizeof *zip->entries, by_key);
    for (uint32_t i = 1; i < zip->n_entries; i++)
        if (strcmp(zip->entries[i - 1].key, zip->entries[i].key) == 0)
            return sheet_refuse(err, "duplicate-entry",
                                "The file has two parts with the same name. Save it again as .xlsx and send that.");
    return 0;
}

static int check_end(const struct end_record *end, const struct sheet_limits *limits, struct sheet_error *err)
{
    if (end->offset > end->begin || end->size > end->begin - end->offset || end->entries > end->size / CENTRAL_SIZE)
        return truncated(err);
    if (end->entries > limits->max_entries || end->size > DIRECTORY_MAX)
        return sheet_refuse(
            err, "zip-bomb",
            "The file has too many entries (limit %u). Copy its table into a new workbook and send that.",
            limits->max_entries);
    return 0;
}

static int read_directory(struct zip *zip, const struct end_record *end, struct sheet_error *err)
{
    unsigned char *dir = xalloc((size_t)end->size + 1);

    zip->entries = xalloc((end->entries + 1) * sizeof *zip->entries);
    zip->keys = xalloc((size_t)end->size + 1); /* a record is longer than its name and a terminator */
    int rc = input_read(zip->input, end->offset, dir, (size_t)end->size, err);
    if (rc == 0)
        rc = read_entries(zip, dir, end, err);
    free(dir);
    if (rc == 0)
        rc = check_overlaps(zip, end->offset, err);
    if (rc == 0)
        rc = check_duplicates(zip, err);
    return rc;
}

int zip_open(struct zip *zip, const struct sheet_input *input, const struct sheet_limits *limits,
             struct sheet_error *err)
{
    *zip = (struct zip){.input = input, .limits = limits};
    struct end_record end = {0};
    if (read_end(input, &end, err) < 0 || check_end(&end, limits, err) < 0)
        return -1;
    if (read_directory(zip, &end, err) < 0) {
        zip_close(zip);
        return -1;
    }
    return 0;
}

void zip_close(struct zip *zip)
{
    free(zip->entries);
    free(zip->keys);
    *zip = (struct zip){0};
}

const struct zip_entry *zip_find(const struct zip *zip, const char *key)
{
    struct zip_entry wanted = {.key = key};

    return bsearch(&wanted, zip->entries, zip->n_entries, sizeof *zip->entries, by_key);
}
