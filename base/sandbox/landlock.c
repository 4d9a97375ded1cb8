/* Landlock by its system calls: the C library has no functions for them. */
#include "base/sandbox/landlock.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifdef SYS_landlock_create_ruleset

/* As in <linux/landlock.h>, which knows the rights of its own kernel only; the running one may have more or fewer. */
struct ruleset {
    uint64_t access_fs;  /* since ABI 1; rights were added by 2, 3 and 5 */
    uint64_t access_net; /* since ABI 4: TCP, bind and connect */
    uint64_t scoped;     /* since ABI 6: abstract unix sockets and signals */
};
enum { RULESET_VERSION = 1 };

int landlock_version(void)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, RULESET_VERSION);
    return abi < 0 ? 0 : (int)abi;
}

/* Everything that this ABI knows, without exception. */
static struct ruleset everything(int abi)
{
    unsigned paths = abi >= 5 ? 16 : abi >= 3 ? 15 : abi == 2 ? 14 : 13;
    return (struct ruleset){
        .access_fs = (UINT64_C(1) << paths) - 1, .access_net = abi >= 4 ? 3 : 0, .scoped = abi >= 6 ? 3 : 0};
}

int landlock_forbid(void)
{
    int abi = landlock_version();
    struct ruleset rules = everything(abi);
    size_t size = abi >= 6 ? sizeof rules : abi >= 4 ? 2 * sizeof(uint64_t) : sizeof(uint64_t);
    if (abi == 0)
        return 0;
    int fd = (int)syscall(SYS_landlock_create_ruleset, &rules, size, 0);
    int rc = fd < 0 ? -errno : 0;
    if (rc == 0 && syscall(SYS_landlock_restrict_self, fd, 0) != 0)
        rc = -errno;
    if (fd >= 0)
        close(fd);
    return rc;
}

#else

int landlock_version(void)
{
    return 0;
}

int landlock_forbid(void)
{
    return 0;
}

#endif
