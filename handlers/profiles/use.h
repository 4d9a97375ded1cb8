/* Profiles in a run: which one fits the captions of a file, and that one was used. */
#ifndef PF_PROFILES_USE_H
#define PF_PROFILES_USE_H

#include "handlers/job.h"
#include "handlers/profiles/profiles.h"
#include "handlers/table/mapping.h"

/* Finds the profile that was last used for a file with these captions, of the same warehouse, party or catalogue table;
 * if there is none, the one whose captions are nearest. fit->name is "" if nothing fits. Returns 0 or -1 with
 * db->error. */
int profile_fitting(struct store_conn *db, const char *type, yajl_val params, const struct table_shown *shown,
                    struct table_fit *fit);
/* Notes that the task's profile was used for a file with these captions, inside the transaction of its end. Nothing
 * without a profile. Returns 0 or -1 with db->error. */
int profile_used(struct store_conn *db, const char *type, yajl_val params, const struct table_shown *shown);
/* The same for captions as a result has them: `marks` is "" if they are not known. */
int profile_used_for(struct store_conn *db, const char *name, const char *target, const char *captions,
                     const char *marks);

/* The texts of a heading one by one, in hexadecimal digits, 8 for each. */
#define PROFILE_MARKS_BYTES (8 * CAPTION_MARKS + 1)

/* Writes the members "captions" and "caption_marks", which from_task of a profile needs, and "profile" of a result's
 * file; `fit` NULL: without the latter. */
void profile_put_file(struct json_out *out, const struct table_shown *shown, const struct table_fit *fit);
#define PROFILE_FILE_MEMBERS                                                                                           \
    {.name = "captions",                                                                                               \
     .kind = RESULT_SHA256,                                                                                            \
     .nullable = true,                                                                                                 \
     .optional = true,                                                                                                 \
     .help = "Digest of the heading's captions: files of one form have the same. Null if several sheets were read."},  \
        {.name = "caption_marks",                                                                                      \
         .kind = RESULT_TEXT,                                                                                          \
         .nullable = true,                                                                                             \
         .optional = true,                                                                                             \
         .help = "The captions one by one, 8 hexadecimal digits for each: files of nearly one form share most."},      \
    {                                                                                                                  \
        .name = "profile", .kind = RESULT_OBJECT, .nullable = true, .optional = true,                                  \
        .members = table_profile_members,                                                                              \
        .help =                                                                                                        \
            "The saved parameters that were used for these captions, or for nearly these, before; after a dry run."    \
    }

#endif
