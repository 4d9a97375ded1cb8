/* A process that runs instruction by instruction, and whose copies are killed at any of them.
 *
 * Killing the traced process itself and stepping a new one to the next instruction would take a time that grows with
 * the square of the length. Instead the stopped process is made to fork at that instruction; the copy takes over its
 * robust list (the head lies in its private memory, the same as the original's), puts its own thread id into the futex
 * word if the original holds the lock, and sends itself SIGKILL. The kernel then finds exactly what it would have found
 * at the death of the original: the same private memory, the same list, the same pending operation, the same shared
 * memory. The caller then puts shared memory back and goes on. */
#ifndef PF_PROVE_STEPPER_H
#define PF_PROVE_STEPPER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Returns true if this machine has what the stepper needs; else *reason says what is missing. */
bool stepper_works(const char **reason);

/* Start `operation(ctx)` in a traced process, stopped before its first instruction. `mutex` is the lock it may hold.
 * When the operation is over it exits with `after(ctx)`. */
pid_t stepper_start(void (*operation)(void *ctx), int (*after)(void *ctx), void *ctx, pthread_mutex_t *mutex);

/* Runs one instruction. Returns false if the operation has come to its end. */
bool stepper_step(pid_t traced);

/* The traced process's robust list as far as its death depends on it: first entry, pending entry. */
void stepper_robust(pid_t traced, uint64_t words[2]);

/* Fork the traced process where it is and kill the copy. Returns when the copy is dead. */
void stepper_kill_copy(pid_t traced);

/* Lets it run to its end from where it is. Returns its exit code, or -1 if it was killed. */
int stepper_finish(pid_t traced);

/* Added to what clock_gettime() says in this process. With a clock that is late by more than the lock's limit, no
 * lock is waited for. */
extern int64_t stepper_clock_shift_ms;

#endif
