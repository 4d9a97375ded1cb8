/* priceforged. */
#include "daemon/process.h"

int main(int argc, char **argv)
{
    return daemon_main(argc, argv);
}
