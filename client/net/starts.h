/* The starts of this user, in a file that survives the command: ~/.local/state/priceforge/starts, a line each, of which
 * the last 1 000 are kept. A key is written before the first byte of its start is sent, the task's id after the answer;
 * so a command that was killed in between can be given again and goes on with the same key. */
#ifndef PF_NET_STARTS_H
#define PF_NET_STARTS_H

#include "base/hex.h"

#include <stdbool.h>
#include <stdint.h>

struct start_memory {
    char key[HEX_UUID_SIZE];
    char task_id[HEX_UUID_SIZE]; /* "" = not known yet */
    int64_t at_ms;
};

/* Looks for an open start with this digest at this server that is younger than ten minutes. Returns true and fills
 * `memory`. */
bool starts_find_open(const char *server, const char *digest, struct start_memory *memory);
/* Writes a new key. Without a home nothing is kept. */
void starts_add(const char *server, const char *digest, const char *key);
/* The start with this key is task `task_id`; NULL = it was refused. */
void starts_done(const char *key, const char *task_id);
/* The last task started at this server; false if there is none. */
bool starts_last(const char *server, char task_id[HEX_UUID_SIZE]);
/* Tasks whose id begins with `prefix`; returns how many, the last one in task_id. */
unsigned starts_by_prefix(const char *server, const char *prefix, char task_id[HEX_UUID_SIZE]);

#endif
