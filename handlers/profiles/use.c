/* Captions and profiles. */
#include "handlers/profiles/use.h"

#include "base/hex.h"
#include "handlers/read/rowjson.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DIGEST_HEX = 65 };
_Static_assert(TABLE_FIT_NAME == PROFILE_NAME_BYTES, "a fit has room for a profile's name");

/* ---- Which one fits ---------------------------------------------------------------------------------------------- */

/* Every set that may be the heading's: the first one is that of a heading in force. */
struct fitting {
    const struct table_captions *captions;
    struct table_fit *fit;
    unsigned share; /* of the nearest so far, in per cent; 101 = the same captions */
};

/* Marks as they are stored. Returns how many. */
static unsigned read_marks(const char *text, uint32_t mark[CAPTION_MARKS])
{
    unsigned n = 0;
    char one[9] = "";
    while (text && strlen(text) >= 8 && n < CAPTION_MARKS) {
        memcpy(one, text, 8);
        mark[n++] = (uint32_t)strtoul(one, NULL, 16);
        text += 8;
    }
    return n;
}

static unsigned share_of(const struct table_captions *captions, const char *digest, const char *marks)
{
    char hex[DIGEST_HEX];
    uint32_t mark[CAPTION_MARKS];
    unsigned n = read_marks(marks, mark), best = 0;
    for (unsigned i = 0; i < captions->n; i++) {
        const struct table_caption_set *set = &captions->set[i];
        hex_text(set->digest, 32, hex);
        if (strcmp(hex, digest) == 0)
            return 101;
        unsigned share = table_captions_near(set->mark, set->n, mark, n);
        best = share > best ? share : best;
    }
    return best;
}

/* The newest use comes first: a later one must be nearer. */
static int on_use(const struct store_value *v, unsigned n, void *ctx)
{
    struct fitting *fitting = ctx;
    (void)n;
    unsigned share = share_of(fitting->captions, v[1].text, v[2].text);
    if (share <= fitting->share)
        return 0;
    fitting->share = share;
    fitting->fit->near = share <= 100;
    row_copy(fitting->fit->name, sizeof fitting->fit->name, &v[0]);
    return 0;
}

int profile_fitting(struct store_conn *db, const char *type, yajl_val params, const struct table_shown *shown,
                    struct table_fit *fit)
{
    const struct table_view *view = table_mapping_sheet(shown);
    char target[PROFILE_TARGET_BYTES];
    *fit = (struct table_fit){.near = false};
    profile_target(type, params, target);
    if (!view || view->captions.n == 0 || !target[0])
        return 0;
    struct fitting fitting = {&view->captions, fit, 0};
    struct store_value v[] = {STORE_S(target), STORE_S(type)};
    return store_query(db,
                       "SELECT p.name, u.captions, u.marks FROM import_profile_use u FORCE INDEX (PRIMARY) "
                       "STRAIGHT_JOIN import_profile p FORCE INDEX (PRIMARY) ON p.id = u.profile_id WHERE u.target = ? "
                       "AND p.type = ? ORDER BY u.used_at DESC, p.id DESC",
                       v, 2, on_use, &fitting);
}

/* ---- What was used ----------------------------------------------------------------------------------------------- */

/* The captions of the one heading that was read. NULL if there is none, or several. */
static const struct table_caption_set *own_captions(const struct table_shown *shown)
{
    const struct table_view *view = table_mapping_sheet(shown);
    return view && view->captions.own && table_sheets_only(shown->sheets) ? &view->captions.set[0] : NULL;
}

static void write_marks(const struct table_caption_set *set, char text[PROFILE_MARKS_BYTES])
{
    text[0] = '\0';
    for (unsigned i = 0; i < set->n; i++)
        snprintf(text + (size_t)i * 8, 9, "%08x", set->mark[i]);
}

/* The newest uses of a warehouse or party are kept, so that look-ups stay short. */
int profile_used_for(struct store_conn *db, const char *name, const char *target, const char *captions,
                     const char *marks)
{
    struct store_value v[] = {STORE_S(target), STORE_S(captions), STORE_S(marks), STORE_S(name)};
    struct store_value old[] = {STORE_S(target), STORE_S(target)};
    if (store_run(db,
                  "INSERT INTO import_profile_use (profile_id, target, captions, marks, used_at) SELECT id, ?, ?, ?, "
                  "UTC_TIMESTAMP(3) FROM import_profile WHERE name = ? ON DUPLICATE KEY UPDATE used_at = "
                  "VALUES(used_at), marks = VALUES(marks)",
                  v, 4, NULL, NULL) != 0)
        return -1;
    return store_run(db,
                     "DELETE FROM import_profile_use WHERE target = ? AND used_at < (SELECT m.used_at FROM (SELECT "
                     "used_at FROM import_profile_use WHERE target = ? ORDER BY used_at DESC LIMIT 1 OFFSET 99) m)",
                     old, 2, NULL, NULL);
}

int profile_used(struct store_conn *db, const char *type, yajl_val params, const struct table_shown *shown)
{
    const char *name = json_member_string(params, "profile", NULL);
    const struct table_caption_set *own = own_captions(shown);
    char target[PROFILE_TARGET_BYTES], hex[DIGEST_HEX], marks[PROFILE_MARKS_BYTES];
    profile_target(type, params, target);
    if (!name || !target[0] || !own)
        return 0;
    hex_text(own->digest, 32, hex);
    write_marks(own, marks);
    return profile_used_for(db, name, target, hex, marks);
}

void profile_put_file(struct json_out *out, const struct table_shown *shown, const struct table_fit *fit)
{
    const struct table_caption_set *own = own_captions(shown);
    char hex[DIGEST_HEX], marks[PROFILE_MARKS_BYTES];
    if (own) {
        hex_text(own->digest, 32, hex);
        write_marks(own, marks);
    }
    json_put_string(out, "captions", own ? hex : NULL);
    json_put_string(out, "caption_marks", own ? marks : NULL);
    if (fit)
        table_put_profile(out, fit);
}
