#include "daemon/admin/admin.h"
int admin_move(const struct admin *admin)
{
    return admin_say(admin, ADMIN_FAILED, "x");
}
