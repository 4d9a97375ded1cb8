/* Exact decimals: scaled signed integers, with __int128 for products. Binary floating point is not used.
 *
 * A value is a number of 10^-scale in an int64 or __int128: a quantity of 7 is 7000 at QTY_SCALE. */
#ifndef PF_VALUES_DECIMAL_H
#define PF_VALUES_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef __int128 dec128;

enum { QTY_SCALE = 3, PRICE_SCALE = 4, MICRO_SCALE = 6, RATE_SCALE = 6, COEF_SCALE = 4, VAT_SCALE = 2 };

enum round_mode { ROUND_HALF_UP, ROUND_HALF_EVEN, ROUND_UP, ROUND_DOWN };

/* Returns numerator / denominator, rounded to a whole number; denominator > 0. "Half up" means half away from zero. */
dec128 dec_div_round(dec128 numerator, dec128 denominator, enum round_mode mode);
/* 10^n for 0 <= n <= 38. */
dec128 dec_pow10(unsigned n);
/* Converts a value from scale `from` to scale `to`, rounded. */
dec128 dec_rescale(dec128 value, unsigned from, unsigned to, enum round_mode mode);

/* Parses decimal text with or without exponent ("-12.50", "1e+21", ".5"; not "5.") to `scale`, rounding half up.
 * *lost: digits were rounded off. Returns 0; -EINVAL: not a number; -ERANGE: more than 38 digits. */
int dec_parse(const char *text, size_t n, unsigned scale, dec128 *out, bool *lost);

/* Writes exactly `scale` decimals ("7.000"); with `trim`, no trailing zeros and point. `buf` has 48 bytes or more.
 * Returns the length. */
size_t dec_format(dec128 value, unsigned scale, bool trim, char *buf, size_t size);

#endif
