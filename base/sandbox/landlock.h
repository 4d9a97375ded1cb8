/* Locking a process out of the file system (and, where the kernel can, out of TCP and of foreign processes), for ever.
 */
#ifndef PF_BASE_SANDBOX_LANDLOCK_H
#define PF_BASE_SANDBOX_LANDLOCK_H

/* The version of landlock in the running kernel; 0 when it has none. */
int landlock_version(void);

/* Forbid the calling process everything that this version can forbid: what is open stays open, nothing more can be.
 * no_new_privs must be set. Returns 0, also where there is no landlock, or -errno. */
int landlock_forbid(void);

#endif
