/* The speed of the pure part of pricing. Prints nanoseconds per unit and the ratio to copying the same input in
 * memory, which can be compared between machines. Usage: bench_pricing [quotes]. */
#include "base/clock.h"
#include "handlers/pricelist/items.h"
#include "handlers/pricing/listhash.h"
#include "handlers/pricing/outcome.h"
#include "handlers/values/partnum.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PARTIES = 8, DAY = 20489 };

static uint64_t seed = 88172645463325252ULL;

static uint64_t next(uint64_t n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed % n;
}

/* Best of five, in seconds. */
static double best_of(void (*work)(void *), void *ctx)
{
    double best = 1e9;
    for (int i = 0; i < 5; i++) {
        double start = clock_mono_s();
        work(ctx);
        double took = clock_mono_s() - start;
        best = took < best ? took : best;
    }
    return best;
}

struct work {
    struct quote *quotes, *copy;
    size_t n, per_component;
    enum price_method method;
    struct quote_party parties[PARTIES];
    struct rates rates;
    struct quote_rules rules;
    struct quote_space space;
    int64_t checksum;
};

static void copy_all(void *ctx)
{
    struct work *w = ctx;
    memcpy(w->copy, w->quotes, w->n * sizeof *w->quotes);
    w->checksum += w->copy[next(w->n)].price;
}

static void judge_all(void *ctx)
{
    struct work *w = ctx;
    struct recalc_rules rules;
    const struct recalc_component component = {.price = 1000000, .coefficient = COEF_ONE, .window_days = -1};
    recalc_rules_init(&rules);
    rules.method = w->method;
    for (size_t i = 0; i + w->per_component <= w->n; i += w->per_component) {
        struct quote_estimate estimate =
            quotes_judge(&w->rules, w->method, w->parties, &w->rates, w->quotes + i, w->per_component, &w->space);
        w->checksum += recalc_decide(&rules, &component, &estimate).price;
    }
}

static void fill(struct work *w)
{
    static const char *const numbers[] = {"", "MM64R5", "MM64R5KIT2"};
    for (size_t i = 0; i < w->n; i++)
        w->quotes[i] = (struct quote){
            .id = i,
            .price = 3500000 + (int64_t)next(1000000),
            .min_qty = next(8) ? 1000 : 10000,
            .qty = QUOTE_NO_QTY,
            .pn = numbers[next(3)],
            .party = (uint32_t)next(PARTIES),
            .price_per = 1,
            .quoted_on = DAY - (int32_t)next(100),
            .valid_until = QUOTE_NO_DATE,
            .currency = (uint16_t)next(3),
            .vat_rate = 2000,
            .vat_included = next(2),
        };
}

static void set_up(struct work *w, size_t n)
{
    static struct time_weights time;
    w->n = n;
    w->quotes = calloc(n, sizeof *w->quotes);
    w->copy = calloc(n, sizeof *w->copy);
    if (!w->quotes || !w->copy)
        abort();
    time_weights_init(&time, 30);
    quote_rules_init(&w->rules, DAY, &time);
    quote_space_init(&w->space);
    rates_init(&w->rates, "RUB", 14);
    for (int32_t day = 0; day < 400; day++) {
        rates_add(&w->rates, "USD", DAY - day, 1, 90000000 + day * 10000);
        rates_add(&w->rates, "CNY", DAY - day, 10, 128000000 + day * 10000);
    }
    rates_seal(&w->rates);
    for (int i = 0; i < PARTIES; i++)
        w->parties[i] = (struct quote_party){800 + (uint32_t)i * 100, true};
    fill(w);
}

static void bench_quotes(struct work *w)
{
    static const size_t sizes[] = {4, 10, 100, 10000};
    double copying = best_of(copy_all, w);
    printf("copy %zu quotes: %.1f ns each\n", w->n, copying / (double)w->n * 1e9);
    for (enum price_method method = METHOD_WEIGHTED_AVG; method <= METHOD_MEDIAN; method++) {
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            w->method = method;
            w->per_component = sizes[i];
            double took = best_of(judge_all, w);
            printf("recalculate %-12s %5zu quotes per component: %6.1f ns per quote, %5.1f x copying, %.2f s per "
                   "million\n",
                   price_method_name(method), sizes[i], took / (double)w->n * 1e9, took / copying,
                   took / (double)w->n * 1e6);
        }
    }
}

struct export
{
    size_t items, bytes;
    struct csv_out out;
};

static int count_bytes(const char *text, size_t n, void *ctx)
{
    (void)text;
    ((struct export *)ctx)->bytes += n;
    return 0;
}

static void export_all(void *ctx)
{
    struct export *e = ctx;
    struct csv_options options;
    csv_options_init(&options);
    e->bytes = 0;
    const struct store_value v[] = {STORE_S("CPU-KLV-32C-205W"),
                                    STORE_S("Процессор Kelvar K7, 32 ядра, 2,4 ГГц, 205 Вт"),
                                    STORE_S("CPU"),
                                    STORE_S("pcs"),
                                    STORE_S("185000.0000"),
                                    STORE_S("7.000"),
                                    STORE_S("stock"),
                                    STORE_N,
                                    STORE_N,
                                    STORE_N,
                                    STORE_S("2026-02-05"),
                                    STORE_S("KLV-32R5-48 | KLV-32R5-49")};
    csv_out_open(&e->out, &options, count_bytes, e);
    list_item_csv_headings(&e->out);
    for (size_t i = 0; i < e->items; i++)
        list_item_csv(&e->out, "RUB", v);
    csv_out_flush(&e->out);
}

static void hash_all(void *ctx)
{
    struct export *e = ctx;
    struct listhash hash;
    uint8_t digest[32];
    char lot[32];
    listhash_init(&hash, "RUB");
    for (size_t i = 0; i < e->items; i++) {
        dec128 qty = (dec128)i;
        snprintf(lot, sizeof lot, "LOT-%08zu", i);
        listhash_add(&hash, lot, 1850000000 + (int64_t)i, &qty);
    }
    listhash_final(&hash, digest);
}

static void normalise_all(void *ctx)
{
    static const char *const texts[] = {"KLV-32R5-48", "КР4-24ТМ", "mm64 r5 kit2", "NVK-4T/E3S.7"};
    struct export *e = ctx;
    char norm[PN_BYTES];
    for (size_t i = 0; i < e->items; i++)
        pn_normalise(texts[i % 4], strlen(texts[i % 4]), norm, NULL);
}

int main(int argc, char **argv)
{
    static struct work work;
    static struct export export;
    set_up(&work, argc > 1 ? strtoul(argv[1], NULL, 10) : 1000000);
    bench_quotes(&work);
    export.items = 200000;
    double csv = best_of(export_all, &export);
    printf("csv: %.0f ns per item, %.0f MB/s\n", csv / (double)export.items * 1e9, (double)export.bytes / csv / 1e6);
    printf("content hash: %.0f ns per item\n", best_of(hash_all, &export) / (double)export.items * 1e9);
    printf("part numbers: %.0f ns each\n", best_of(normalise_all, &export) / (double)export.items * 1e9);
    printf("checksum %lld\n", (long long)work.checksum);
    return 0;
}
