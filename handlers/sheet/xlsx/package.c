/* Relationships between the parts of a package. */
#include "handlers/sheet/xlsx/xlsx.h"

#include "base/grow.h"
#include "base/hex.h"

#include <stdlib.h>

/* Part names have at most 255 characters in practice; this bounds the memory of thousands of relationships. */
enum { NAMES_BYTES_MAX = 2048 };

/* "%41" → "A", in place; a zero byte stays escaped. */
static size_t percent_decode(char *text, size_t n)
{
    size_t to = 0;

    for (size_t i = 0; i < n; i++) {
        int high = text[i] == '%' && n - i > 2 ? hex_digit(text[i + 1]) : -1;
        int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
        if (low >= 0 && (high | low) != 0) {
            text[to++] = (char)(high << 4 | low);
            i += 2;
        } else {
            text[to++] = text[i];
        }
    }
    return to;
}

/* Removes "." and ".." from a folded path, in place; ".." above the root stays at the root. */
static void normalise(char *path)
{
    char *to = path;

    for (const char *p = path; *p != 0;) {
        size_t n = strcspn(p, "/");
        if (n == 2 && p[0] == '.' && p[1] == '.') {
            while (to > path && *--to != '/')
                continue;
        } else if (n > 0 && !(n == 1 && p[0] == '.')) {
            if (to > path)
                *to++ = '/';
            memmove(to, p, n);
            to += n;
        }
        p += n + (p[n] == '/');
    }
    *to = 0;
}

static char *resolve(const char *source, const char *target, bool decode)
{
    struct bytes path = {0};
    const char *slash = strrchr(source, '/');

    if (target[0] != '/' && target[0] != '\\' && slash)
        bytes_add(&path, source, (size_t)(slash + 1 - source));
    size_t base = path.len;
    bytes_add(&path, target, strlen(target) + 1);
    size_t n = path.len - 1;
    if (decode)
        n = base + percent_decode(path.data + base, n - base);
    path.data[n] = 0;
    path.data[zip_fold(path.data, n)] = 0;
    normalise(path.data);
    return path.data;
}

char *package_resolve(const char *source, const char *target)
{
    return resolve(source, target, true);
}

static char *copy(const char *text)
{
    size_t n = strlen(text) + 1;

    return memcpy(xalloc(n), text, n);
}

/* The last segment decides: transitional and strict files differ in front of it. */
static enum rel_type type_of(const char *type)
{
    static const struct {
        const char *name;
        enum rel_type type;
    } known[] = {{"officeDocument", REL_DOCUMENT},
                 {"worksheet", REL_WORKSHEET},
                 {"styles", REL_STYLES},
                 {"sharedStrings", REL_STRINGS}};
    const char *slash = strrchr(type, '/');

    for (size_t i = 0; slash && i < sizeof known / sizeof *known; i++)
        if (strcmp(slash + 1, known[i].name) == 0)
            return known[i].type;
    return REL_OTHER;
}

struct rels_reading {
    const struct zip *zip;
    struct rels *rels;
    const char *source;
    uint32_t max;
};

/* Most archives store the names of entries unescaped, but the package rules allow "%20" in them too. */
static char *target_key(const struct rels_reading *r, const char *target)
{
    char *key = resolve(r->source, target, true);

    if (!strchr(target, '%') || zip_find(r->zip, key))
        return key;
    char *literal = resolve(r->source, target, false);
    bool found = zip_find(r->zip, literal) != NULL;
    free(found ? key : literal);
    return found ? literal : key;
}

static int rels_start(void *ctx, unsigned depth, const char *name, const char **attrs, struct sheet_error *err)
{
    struct rels_reading *r = ctx;
    struct rels *rels = r->rels;

    if (depth != 2 || strcmp(name, "Relationship") != 0)
        return 0;
    const char *id = small_attr(attrs, "Id", false), *type = small_attr(attrs, "Type", false);
    const char *target = small_attr(attrs, "Target", false), *mode = small_attr(attrs, "TargetMode", false);
    if (!id || !type || !target)
        return 0;
    if (rels->n == r->max)
        return sheet_refuse(err, "xml-limit",
                            "The workbook goes beyond a limit (more than %u relationships). " XLSX_COPY_IT, r->max);
    if (strlen(id) + strlen(target) > NAMES_BYTES_MAX)
        return sheet_refuse(err, "xml-limit",
                            "The workbook goes beyond a limit (the name of a part is too long). " XLSX_COPY_IT);
    rels->list = grow(rels->list, &rels->cap, rels->n + 1, sizeof *rels->list);
    bool external = mode && strcmp(mode, "External") == 0;
    rels->list[rels->n++] = (struct rel){copy(id), external ? copy("") : target_key(r, target), type_of(type)};
    return 0;
}

int rels_read(struct zip *zip, const char *key, struct rels *rels, struct sheet_error *err)
{
    struct bytes path = {0};
    const char *slash = strrchr(key, '/'), *base = slash ? slash + 1 : key;

    bytes_add(&path, key, (size_t)(base - key));
    bytes_add(&path, "_rels/", 6);
    bytes_add(&path, base, strlen(base));
    bytes_add(&path, ".rels", 6);
    const struct zip_entry *entry = zip_find(zip, path.data);
    bytes_free(&path);
    if (!entry)
        return 0;
    struct rels_reading reading = {zip, rels, key, zip->limits->max_entries};
    struct small_doc doc = {.start = rels_start, .ctx = &reading};
    return small_read(zip, entry, &doc, err);
}

void rels_free(struct rels *rels)
{
    for (size_t i = 0; i < rels->n; i++) {
        free(rels->list[i].id);
        free(rels->list[i].target);
    }
    free(rels->list);
    *rels = (struct rels){0};
}

const struct rel *rels_by_id(const struct rels *rels, const char *id)
{
    for (size_t i = 0; i < rels->n; i++)
        if (strcmp(rels->list[i].id, id) == 0)
            return &rels->list[i];
    return NULL;
}

const struct rel *rels_by_type(const struct rels *rels, enum rel_type type)
{
    for (size_t i = 0; i < rels->n; i++)
        if (rels->list[i].type == type)
            return &rels->list[i];
    return NULL;
}
