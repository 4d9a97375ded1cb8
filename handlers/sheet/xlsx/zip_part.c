/* One entry of a ZIP archive as a stream: stored or inflated, with its limits, its size and its CRC-32. */
#include "handlers/sheet/xlsx/zip.h"

#include "base/bytes.h"
#include "handlers/sheet/xlsx/inflate.h"

#include <stdlib.h>
#include <string.h>

enum {
    IN_SIZE = 64 << 10,
    LOCAL_SIZE = 30,
    /* Ordinary workbooks reach 121:1 in a part over 8 MiB and 299:1 in a small one, so the ratio is checked only
     * beyond 8 MiB. */
    RATIO_MAX = 250,
    RATIO_FREE = 8 << 20,
    BLAME_MAX = 64 << 20
};

struct zip_part {
    struct zip *zip;
    const struct zip_entry *entry;
    uint64_t offset; /* of the next packed bytes */
    uint64_t left;   /* packed bytes not yet read */
    uint64_t out;    /* bytes handed out */
    uint32_t crc;
    bool counted, ended;
    struct inflater *inflater; /* NULL for a stored entry */
    size_t in_at, in_len;
    unsigned char in[IN_SIZE];
};

static int corrupt(struct sheet_error *err, const struct zip_part *part)
{
    err->offset = part->offset;
    return sheet_refuse(err, "zip-corrupt", "The file is damaged (part %.60s). Send it again.", part->entry->key);
}

static int check_entry(const struct zip_entry *entry, struct sheet_error *err)
{
    if (entry->flags & ZIP_FLAG_ENCRYPTED)
        return sheet_refuse(err, "encrypted", "The file is encrypted. Save it without a password and send that.");
    if (entry->method != ZIP_STORED && entry->method != ZIP_DEFLATED)
        return sheet_refuse(err, "zip-method",
                            "The file is packed with method %u, which is not read here. Save it again as .xlsx.",
                            (unsigned)entry->method);
    if (entry->method == ZIP_STORED && entry->packed != entry->size)
        return sheet_refuse(err, "zip-corrupt", "The file is damaged (part %.60s). Send it again.", entry->key);
    return 0;
}

/* The data begins behind the local header. Its name and extra field may have other lengths than in the directory. */
static int find_data(const struct zip *zip, const struct zip_entry *entry, uint64_t *offset, struct sheet_error *err)
{
    unsigned char local[LOCAL_SIZE];

    if (input_read(zip->input, entry->offset, local, sizeof local, err) < 0)
        return -1;
    *offset = entry->offset + LOCAL_SIZE + get16(local + 26) + get16(local + 28);
    if (get32(local) != 0x04034b50 || *offset > entry->limit || entry->packed > entry->limit - *offset)
        return sheet_refuse(err, "zip-corrupt", "The file is damaged (part %.60s). Send it again.", entry->key);
    return 0;
}

struct zip_part *zip_part_open(struct zip *zip, const struct zip_entry *entry, bool counted, struct sheet_error *err)
{
    uint64_t offset = 0;

    if (check_entry(entry, err) < 0 || find_data(zip, entry, &offset, err) < 0)
        return NULL;
    struct zip_part *part = xalloc(sizeof *part);
    part->zip = zip;
    part->entry = entry;
    part->offset = offset;
    part->left = entry->packed;
    part->out = 0;
    part->crc = 0;
    part->counted = counted;
    part->ended = false;
    part->in_at = part->in_len = 0;
    part->inflater = entry->method == ZIP_DEFLATED ? inflater_new() : NULL;
    return part;
}

void zip_part_close(struct zip_part **part)
{
    if (!*part)
        return;
    inflater_free(&(*part)->inflater);
    free(*part);
    *part = NULL;
}

static int fill(struct zip_part *part, struct sheet_error *err)
{
    size_t n = part->left < IN_SIZE ? (size_t)part->left : IN_SIZE;

    if (input_read(part->zip->input, part->offset, part->in, n, err) < 0)
        return -1;
    part->offset += n;
    part->left -= n;
    part->in_at = 0;
    part->in_len = n;
    return 0;
}

static ssize_t read_stored(struct zip_part *part, unsigned char *buf, size_t size, struct sheet_error *err)
{
    size_t n = part->left < size ? (size_t)part->left : size;

    if (input_read(part->zip->input, part->offset, buf, n, err) < 0)
        return -1;
    part->offset += n;
    part->left -= n;
    part->ended = part->left == 0;
    return (ssize_t)n;
}

static ssize_t read_deflated(struct zip_part *part, unsigned char *buf, size_t size, struct sheet_error *err)
{
    size_t got = 0;

    while (got < size && !part->ended) {
        if (part->in_at == part->in_len && part->left > 0 && fill(part, err) < 0)
            return -1;
        size_t used = part->in_len - part->in_at, made = size - got;
        bool last = part->left == 0;
        enum inflate_state_now state = inflater_run(part->inflater, part->in + part->in_at, &used, buf + got, &made);
        part->in_at += used;
        got += made;
        if (state == INFLATE_BAD)
            return corrupt(err, part);
        part->ended = state == INFLATE_END;
        /* No input is left and no output came: the stream was cut off. */
        if (state == INFLATE_MORE && last && made == 0 && part->in_at == part->in_len)
            return corrupt(err, part);
    }
    return (ssize_t)got;
}

static int check_limits(struct zip_part *part, struct sheet_error *err)
{
    const struct zip_entry *entry = part->entry;
    uint64_t all = part->counted ? part->zip->inflated : part->out;

    if (part->out > RATIO_FREE && part->out / RATIO_MAX > entry->packed)
        return sheet_refuse(err, "zip-bomb",
                            "The file is a ZIP bomb: a part of %llu bytes inflates too much. Copy its table into a new "
                            "workbook and send that.",
                            (unsigned long long)entry->packed);
    if (all > part->zip->limits->max_inflated)
        return sheet_refuse(err, "zip-bomb", "The file inflates to more than %llu MiB. Split it and send the parts.",
                            (unsigned long long)(part->zip->limits->max_inflated >> 20));
    if (part->out > entry->size)
        return corrupt(err, part);
    return 0;
}

ssize_t zip_part_read(struct zip_part *part, unsigned char *buf, size_t size, struct sheet_error *err)
{
    if (part->ended)
        return 0;
    ssize_t n = part->inflater ? read_deflated(part, buf, size, err) : read_stored(part, buf, size, err);
    if (n < 0)
        return -1;
    part->crc = crc32_update(part->crc, buf, (size_t)n);
    part->out += (uint64_t)n;
    if (part->counted)
        part->zip->inflated += (uint64_t)n;
    if (check_limits(part, err) < 0)
        return -1;
    if (part->ended && (part->out != part->entry->size || part->crc != part->entry->crc))
        return corrupt(err, part);
    return n;
}

/* Is it a fault that damage may cause? Exceeded limits are not: such a part is not read further. */
static bool may_be_damage(const struct sheet_error *err)
{
    static const char *const classes[] = {"xml-malformed", "bad-reference", "bad-shared-index", "not-spreadsheet"};

    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
        if (strcmp(err->cls, classes[i]) == 0)
            return true;
    return false;
}

void zip_part_blame(struct zip_part *part, struct sheet_error *err)
{
    if (!may_be_damage(err))
        return;
    unsigned char *rest = xalloc(IN_SIZE);
    struct sheet_error found = {0};
    ssize_t n = 1;
    for (uint64_t all = 0; n > 0 && all < BLAME_MAX; all += (uint64_t)n)
        n = zip_part_read(part, rest, IN_SIZE, &found);
    free(rest);
    if (n < 0 && strcmp(found.cls, "zip-corrupt") == 0)
        *err = found;
}
