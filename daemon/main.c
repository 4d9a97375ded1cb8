/* priceforged. */
#include "daemon/process/process.h"

int main(int argc, char **argv)
{
    return daemon_main(PF_SYSCONFDIR "/priceforge/priceforged.conf", argc, argv);
}
