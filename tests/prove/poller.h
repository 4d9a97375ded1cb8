/* Parts of the poller: what an answer may say, and what the machine itself was late by. */
#ifndef PF_PROVE_POLLER_H
#define PF_PROVE_POLLER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int64_t now_ns(void);

/* --- truth.c: a task as the polls have seen it so far --- */

struct truth {
    char id[37];
    bool busy;  /* a poll is on its way: there is never more than one, so that answers come in the order of the polls */
    bool final; /* from now on every answer is the same */
    uint64_t final_hash;
    long attempt, progress;
};

/* Returns NULL if the answer may follow what was seen before, and remembers it; else what is wrong with it. The text is
 * overwritten by the next call. */
const char *truth_check(struct truth *truth, int status, const char *body, size_t len);

/* --- noise.c: threads that do nothing but sleep for a millisecond, one on each processor --- */

/* Starts them. What delays them (a busy machine, a host that takes the processor away) delays the daemon too. */
void noise_start(void);

/* Returns by how much one of them overslept at most between these two moments. */
int64_t noise_between(int64_t from_ns, int64_t to_ns);

/* The same since the start. */
int64_t noise_worst(void);

#endif
