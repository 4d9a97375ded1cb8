/* priceforge db check. */
#include "daemon/admin/site.h"

int admin_check(const struct admin *admin)
{
    struct site site;
    int code = site_open(&site, admin, SITE_READ, false);

    site_close(&site);
    return code;
}
