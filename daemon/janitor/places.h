/* Queue places of tasks that wait for a runner: the field `ahead` of their slots, which a poll shows as
 * "waiting, n ahead".
 *
 * A poll must cost nothing for it, so the number is in the slot like every other fact. The janitor writes it twice a
 * second; those who claim do not: a claim moves every waiting task by one, and nobody reads ten thousand messages. A
 * number is written anew if it is wrong by more than a tenth. Small numbers are exact within half a second, and large
 * ones are near enough. A task is rewritten some eighty times on its way from place 10 000 to the front. A queue of
 * several ten thousand is counted less often: places must not cost what running would.
 *
 * Ahead are all waiting tasks that were accepted earlier, of whatever type. A limit of a type can make a task wait for
 * less or more than that. A task that waits for a further attempt shows why it waits, and no place. */
#ifndef PF_JANITOR_PLACES_H
#define PF_JANITOR_PLACES_H

struct shm_segment;

/* Bring the places up to date, at most twice a second and in at most a fiftieth of the time. */
void places_refresh(struct shm_segment *segment);

#endif
