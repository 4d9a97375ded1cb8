/* "waiting, n ahead": the message of tasks that wait for a runner.
 *
 * A poll must cost nothing for it, so the number is text in the slot like any other message, and it is written by the
 * janitor twice a second and not by those who claim: a claim moves every waiting task by one, and nobody reads ten
 * thousand messages. A number is written anew when it is wrong by more than a tenth, so small ones are exact within
 * half a second, large ones are near enough, and a task is rewritten some eighty times on its way from place 10 000 to
 * the front. A line of several ten thousand is looked at less often: telling places must not cost what running would.
 * Ahead are all waiting tasks that were accepted earlier, of whatever type; a limit of a type can make a task wait for
 * less or more than that. One that waits for a further attempt keeps its message, which says why. */
#ifndef PF_JANITOR_PLACES_H
#define PF_JANITOR_PLACES_H

struct shm_segment;

/* Bring the messages up to date, at most twice a second and in at most a fiftieth of the time. */
void waiting_refresh(struct shm_segment *segment);

#endif
