/* Currencies that number formats show. */
#include "handlers/sheet/grid/grid.h"

#include <string.h>

static const char *const names[GRID_CURRENCIES] = {"",    "RUB", "USD", "EUR", "CNY", "GBP",
                                                   "KZT", "BYN", "UAH", "JPY", "?"};

const char *grid_currency_name(unsigned number)
{
    return number < GRID_CURRENCIES ? names[number] : "";
}

uint8_t grid_currency_number(const char *name)
{
    for (uint8_t i = 1; i < GRID_CURRENCIES; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    return 0;
}
