/* What the parts of shm/ need of each other at birth. Internal to shm/. */
#ifndef PF_SHM_SEGMENT_PRIVATE_H
#define PF_SHM_SEGMENT_PRIVATE_H

struct shm_segment;

/* Make the mutex. Returns 0 or -errno. */
int shm_lock_init(struct shm_segment *seg);

#endif
