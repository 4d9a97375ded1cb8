/* Captions and profiles. */
#include "handlers/profiles/use.h"

#include "base/hex.h"
#include "handlers/read/rowjson.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DIGEST_HEX = 65 };

/* Every digest that may be the heading's, divided by commas: the first one is that of a heading in force. Heap. */
static char *digests(const struct table_captions *captions)
{
    char *text = malloc((size_t)captions->n * DIGEST_HEX + 1);
    if (!text)
        abort();
    text[0] = '\0';
    for (unsigned i = 0; i < captions->n; i++) {
        char *at = text + (size_t)i * DIGEST_HEX;
        hex_text(captions->digest[i], 32, at);
        if (i + 1 < captions->n)
            memcpy(at + DIGEST_HEX - 1, ",", 2);
    }
    return text;
}

static int on_fitting(const struct store_value *v, unsigned n, void *ctx)
{
    (void)n;
    row_copy(ctx, PROFILE_NAME_BYTES, &v[0]);
    return 0;
}

int profile_fitting(struct store_conn *db, const char *type, yajl_val params, const struct table_reader *reader,
                    char name[PROFILE_NAME_BYTES])
{
    const struct table_view *view = table_mapping_sheet(reader);
    char target[PROFILE_TARGET_BYTES];
    name[0] = '\0';
    profile_target(type, params, target);
    if (!view || view->captions.n == 0 || !target[0])
        return 0;
    char *all = digests(&view->captions);
    struct store_value v[] = {STORE_S(target), STORE_S(all), STORE_S(type)};
    int rc = store_query(db,
                         "SELECT p.name FROM import_profile_use u FORCE INDEX (PRIMARY) STRAIGHT_JOIN import_profile p "
                         "FORCE INDEX (PRIMARY) ON p.id = u.profile_id WHERE u.target = ? AND "
                         "FIND_IN_SET(u.captions, ?) > 0 AND p.type = ? ORDER BY u.used_at DESC, p.id DESC LIMIT 1",
                         v, 3, on_fitting, name);
    free(all);
    return rc;
}

/* The digest of the one heading that was read, in hexadecimal digits. Returns false if there is none, or several. */
static bool own_captions(const struct table_reader *reader, char hex[DIGEST_HEX])
{
    const struct table_view *view = table_mapping_sheet(reader);
    if (!view || !view->captions.own || !table_sheets_only(&reader->sheets))
        return false;
    hex_text(view->captions.digest[0], 32, hex);
    return true;
}

/* The newest uses of a warehouse or party are kept, so that look-ups stay short. */
int profile_used_for(struct store_conn *db, const char *name, const char *target, const char *captions)
{
    struct store_value v[] = {STORE_S(target), STORE_S(captions), STORE_S(name)};
    struct store_value old[] = {STORE_S(target), STORE_S(target)};
    if (store_run(db,
                  "INSERT INTO import_profile_use (profile_id, target, captions, used_at) SELECT id, ?, ?, "
                  "UTC_TIMESTAMP(3) FROM import_profile WHERE name = ? ON DUPLICATE KEY UPDATE used_at = "
                  "VALUES(used_at)",
                  v, 3, NULL, NULL) != 0)
        return -1;
    return store_run(db,
                     "DELETE FROM import_profile_use WHERE target = ? AND used_at < (SELECT m.used_at FROM (SELECT "
                     "used_at FROM import_profile_use WHERE target = ? ORDER BY used_at DESC LIMIT 1 OFFSET 99) m)",
                     old, 2, NULL, NULL);
}

int profile_used(struct store_conn *db, const char *type, yajl_val params, const struct table_reader *reader)
{
    const char *name = json_member_string(params, "profile", NULL);
    char target[PROFILE_TARGET_BYTES], hex[DIGEST_HEX];
    profile_target(type, params, target);
    if (!name || !target[0] || !own_captions(reader, hex))
        return 0;
    return profile_used_for(db, name, target, hex);
}

void profile_put_file(struct json_out *out, const struct table_reader *reader, const char *fitting)
{
    char hex[DIGEST_HEX];
    json_put_string(out, "captions", own_captions(reader, hex) ? hex : NULL);
    if (fitting)
        table_put_profile(out, fitting[0] ? fitting : NULL);
}
