/* Profiles in a run: which one fits the captions of a file, and that one was used. */
#ifndef PF_PROFILES_USE_H
#define PF_PROFILES_USE_H

#include "handlers/job.h"
#include "handlers/profiles/profiles.h"
#include "handlers/table/mapping.h"

/* Finds the profile that was last used for a file with these captions, of the same warehouse or party. *name is "" if
 * there is none. Returns 0 or -1 with db->error. */
int profile_fitting(struct store_conn *db, const char *type, yajl_val params, const struct table_reader *reader,
                    char name[PROFILE_NAME_BYTES]);
/* Notes that the task's profile was used for a file with these captions, inside the transaction of its end. Nothing
 * without a profile. Returns 0 or -1 with db->error. */
int profile_used(struct store_conn *db, const char *type, yajl_val params, const struct table_reader *reader);
/* The same for digests in hexadecimal digits. */
int profile_used_for(struct store_conn *db, const char *name, const char *target, const char *captions);

/* Writes the members "captions", which from_task of a profile needs, and "profile" of a result's file. */
void profile_put_file(struct json_out *out, const struct table_reader *reader, const char *fitting);
#define PROFILE_FILE_MEMBERS                                                                                           \
    {.name = "captions",                                                                                               \
     .kind = RESULT_SHA256,                                                                                            \
     .nullable = true,                                                                                                 \
     .optional = true,                                                                                                 \
     .help = "Digest of the heading's captions: files of one form have the same. Null if several sheets were read."},  \
    {                                                                                                                  \
        .name = "profile", .kind = RESULT_OBJECT, .nullable = true, .optional = true,                                  \
        .members = table_profile_members,                                                                              \
        .help = "The saved parameters that were used for these captions before; after a dry run."                      \
    }

#endif
