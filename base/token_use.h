/* When tokens were last used. The directory tokens-used in the state directory has an empty file for each token,
 * named by its id; the modification time of the file is the last use.
 *
 * A request writes nothing: a worker remembers the moment and notes it at most once a minute for each token. So what
 * is read here may be a minute late. It tells people which tokens are no longer needed; the daemon decides nothing by
 * it. */
#ifndef PF_BASE_TOKEN_USE_H
#define PF_BASE_TOKEN_USE_H

#include <stdint.h>

#define TOKENS_USE_STEP_S 60

/* Opens the directory and makes it if it does not exist. Returns its descriptor or -errno. */
int tokens_use_make(const char *state_dir);
/* Notes that the token `id` was used at this moment (seconds since 1970), unless a later use is known. Returns 0 or
 * -errno. */
int tokens_use_note(int directory, const char *id, int64_t used_s);
/* Returns the moment of its last use; 0 = unknown. */
int64_t tokens_use_read(int directory, const char *id);

#endif
