/* From root to the service account, with no way back. */
#include "daemon/process/privilege.h"

#include "base/log.h"
#include "daemon/process/statedir.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

const char *privilege_account(void)
{
    static char name[64];
    struct passwd *pw = getpwuid(geteuid());

    if (!pw || strlen(pw->pw_name) >= sizeof name)
        return NULL;
    snprintf(name, sizeof name, "%s", pw->pw_name);
    return name;
}

static const struct passwd *find_account(const char *name)
{
    errno = 0;
    const struct passwd *pw = getpwnam(name);

    if (!pw) {
        log_error("start: started as root, but there is no account '%s' to run as; create it: "
                  "useradd --system --home-dir /var/lib/priceforge --shell /usr/sbin/nologin %s "
                  "(or name another one with -o daemon.user=NAME)",
                  name, name);
    } else if (pw->pw_uid == 0) {
        log_error("start: daemon.user = %s is root; name an account without privileges", name);
        pw = NULL;
    }
    return pw;
}

/* The saved ids count: a process that can return to root has not left it. */
static int become(const struct passwd *pw)
{
    uid_t real, effective, saved;

    if (initgroups(pw->pw_name, pw->pw_gid) < 0 || setresgid(pw->pw_gid, pw->pw_gid, pw->pw_gid) < 0 ||
        setresuid(pw->pw_uid, pw->pw_uid, pw->pw_uid) < 0) {
        log_error("start: cannot become %s: %s", pw->pw_name, strerror(errno));
        return -1;
    }
    if (getresuid(&real, &effective, &saved) < 0 || real != pw->pw_uid || effective != pw->pw_uid ||
        saved != pw->pw_uid || setresuid(0, 0, 0) == 0)
        abort();
    return 0;
}

/* mariadb-install-db and others look at these. */
static void set_account_environment(const struct passwd *pw)
{
    if (setenv("USER", pw->pw_name, 1) < 0 || setenv("LOGNAME", pw->pw_name, 1) < 0 ||
        setenv("HOME", pw->pw_dir, 1) < 0)
        abort();
}

static int switch_account(const struct config *config)
{
    const struct passwd *pw = find_account(config->user);

    if (!pw || statedir_make(config->state_dir, pw->pw_uid, pw->pw_gid) < 0 ||
        statedir_make(config->runtime_dir, pw->pw_uid, pw->pw_gid) < 0 || become(pw) < 0)
        return -1;
    set_account_environment(pw);
    return 0;
}

int privilege_drop(const struct config *config)
{
    umask(077);
    int rc = geteuid() == 0 ? switch_account(config) : statedir_make(config->state_dir, geteuid(), getegid());
    if (rc < 0)
        return -1;
    /* Every process of the daemon inherits it: no core, no debugger, and its files in /proc belong to root. They hold
     * uploads, prices, the database's password and tokens that are being looked at. */
    prctl(PR_SET_DUMPABLE, config->debug != 0, 0, 0, 0);
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -1 : 0;
}
