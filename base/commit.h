/* The commit that this program was built from: "0123456789ab", with "-dirty" behind it if the tree had uncommitted
 * changes, or "unknown". Written by make (base/include.am). */
#ifndef PF_BASE_COMMIT_H
#define PF_BASE_COMMIT_H

extern const char build_commit[];

#endif
