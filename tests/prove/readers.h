/* The other half of the single-step proof: a reader without the lock is stopped at every instruction, writers change
 * the task under it, once or twice or so far that the slot holds another task, and the reader goes on. What it returns
 * must be whole. */
#ifndef PF_PROVE_READERS_H
#define PF_PROVE_READERS_H

#include <stdbool.h>
#include <stdint.h>

/* Prints a row for each reader. Returns the number of violations. quick: every third instruction. */
unsigned readers_interrupted(uint64_t seed, bool quick);

#endif
