/* Keeps a process away from the file system and, if the kernel can, from TCP and from other processes, for ever. Used
 * by parsers and by priceforge-cells. */
#ifndef PF_BASE_SANDBOX_LANDLOCK_H
#define PF_BASE_SANDBOX_LANDLOCK_H

/* Returns the version of landlock in the running kernel; 0 if it has none. */
int landlock_version(void);

/* Forbids the calling process everything that this version can forbid: open descriptors stay open, nothing more can
 * be opened. no_new_privs must be set. Returns 0, also if there is no landlock, or -errno. */
int landlock_forbid(void);

#endif
