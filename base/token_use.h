/* When tokens were last used: in the directory tokens-used of the state directory an empty file for each, named by its
 * id, whose time of change is that moment.
 *
 * No request writes: a worker remembers the moment and notes it at most once a minute for each token, so that what is
 * read here may be a minute behind. Nothing is decided by it; it tells people which tokens nobody needs any more. */
#ifndef PF_BASE_TOKEN_USE_H
#define PF_BASE_TOKEN_USE_H

#include <stdint.h>

#define TOKENS_USE_STEP_S 60

/* The directory, made when it does not exist. Returns its descriptor or -errno. */
int tokens_use_make(const char *state_dir);
/* Note that the token `id` was used at this moment (seconds since 1970), unless a later use is known. Returns 0 or
 * -errno. */
int tokens_use_note(int directory, const char *id, int64_t used_s);
/* The moment of its last use; 0 = none is known. */
int64_t tokens_use_read(int directory, const char *id);

#endif
