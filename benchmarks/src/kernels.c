/* One kernel of the engine, called as the engine calls it, on data of a chosen size: for micro.py, which times it, and
 * for arm.py, which counts its instructions under emulation.
 *
 *     kernels ISA KERNEL ROWS COLUMNS TOKENS SECONDS
 *
 * prints one line of JSON: bytes of weights, work (weights x tokens), the best and the median pass in seconds; with
 * SECONDS below 0 the instructions of one pass too, counted by stepping through it, which takes microseconds each. With
 * SECONDS 0 it makes one pass and is silent. Compiled with -DTABLE=edge_neon or the like, it holds that table alone. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "kernels.h"
#include "peak.h"

enum { CLAIM_BLOCKS = 4, LONGEST = 1 << 20 };

static const edge_kernels *k;
static long rows, columns, tokens;
static size_t bytes;
static uint8_t *weights;
static int8_t *act, *act_low;
static float *floats, *more_floats, *out_floats, *scale;
static int32_t *out;
static edge_digits digits; /* act and act_low as the head takes them; the sums' values do not matter */
static double work; /* per pass */

static void *get(size_t n)
{
    /* Huge pages, so that what is measured is memory and not its address translation. */
    size_t huge = 2 << 20, size = (n + huge) & ~(huge - 1);
    char *p = mmap(NULL, size + huge, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) {
        fprintf(stderr, "kernels: no memory for %zu bytes\n", n);
        exit(1);
    }
    p = (char *)(((size_t)p + huge - 1) & ~(huge - 1));
    madvise(p, size, MADV_HUGEPAGE);
    return p;
}

static void ternary_pass(void)
{
    long blocks = rows / EDGE_TILE, steps = columns / EDGE_TILE;
    for (long b = 0; b < blocks; b += CLAIM_BLOCKS)
        k->ternary(weights + (size_t)b * steps * 64, (int)(blocks - b < CLAIM_BLOCKS ? blocks - b : CLAIM_BLOCKS),
                   (size_t)steps * 64, (int)steps, act, (size_t)columns, (int)tokens, out + b * EDGE_TILE, (size_t)rows);
}

static void int8_pass(void)
{
    for (long b = 0; b < rows / EDGE_TILE; b++)
        k->table8((int8_t *)weights + (size_t)b * columns * EDGE_TILE, (int)columns / 4, &digits, out,
                  out + tokens * EDGE_TILE);
}

static void q6_pass(void)
{
    for (long b = 0; b < rows / EDGE_TILE; b++)
        k->table6(weights + (size_t)b * columns / EDGE_TILE * 208, (int)columns / EDGE_TILE, &digits, out_floats);
}

static void q4_pass(void)
{
    for (long b = 0; b < rows / EDGE_TILE; b++)
        k->table4(weights + (size_t)b * columns / EDGE_TILE * 144, (int)columns / EDGE_TILE, &digits, out_floats);
}

static void f16_pass(void)
{
    for (long b = 0; b < rows / EDGE_TILE; b++)
        k->table16((uint16_t *)weights + (size_t)b * columns * EDGE_TILE, (int)columns, floats, (size_t)columns,
                   (int)tokens, out_floats);
}

/* What stands between the matrices: one row of `columns` values for each token. */
static void norm_pass(void)
{
    for (long t = 0; t < tokens; t++)
        k->rms_norm(floats + t * columns, scale, (int)columns, 1e-5f, out_floats + t * columns);
}

static void quantise_pass(void)
{
    for (long t = 0; t < tokens; t++)
        k->quantise8(floats + t * columns, (int)columns, (int)columns, act + t * columns, out);
}

static void gate_pass(void)
{
    for (long t = 0; t < tokens; t++)
        k->relu2_gate(floats + t * columns, more_floats + t * columns, (int)columns, out_floats + t * columns);
}

static void peak_pass(void) { edge_peak(k->name, rows); }
static void read_pass(void) { edge_read(k->name, weights, bytes); }

/* Bytes of 16 x 16 weights; 0 for what has no weights. */
static const struct {
    const char *name;
    void (*pass)(void);
    int tile;
} kernels[] = {
    { "ternary", ternary_pass, 64 }, { "int8", int8_pass, 256 },       { "q6", q6_pass, 208 },
    { "q4", q4_pass, 144 },          { "f16", f16_pass, 512 },         { "norm", norm_pass, 0 },
    { "gate", gate_pass, 0 },        { "quantise", quantise_pass, 0 }, { "peak", peak_pass, 0 },
    { "read", read_pass, 256 },
};

static void prepare(int tile, int all_rows)
{
    bytes = (size_t)rows * columns / 256 * tile;
    size_t values = (size_t)tokens * columns;
    weights = get(bytes);
    uint32_t random = 1;
    for (size_t i = 0; i < bytes; i++) {
        random = random * 1664525u + 1013904223u;
        /* Four fields of 0..2, or halves whose exponent keeps them small. */
        weights[i] = tile == 64 ? (random >> 9 & 0x55) + (random >> 17 & 0x55 & ~(random >> 9)) :
                     tile == 512 ? random >> 24 & 0x3b : random >> 24;
    }
    act = get(values), act_low = get(values);
    floats = get(4 * values), more_floats = get(4 * values), scale = get(4 * (size_t)columns);
    for (size_t i = 0; i < values; i++) {
        random = random * 1664525u + 1013904223u;
        act[i] = act_low[i] = (int8_t)((int)(random >> 24) - 128 + (random >> 24 == 0));
        floats[i] = more_floats[i] = (float)act[i] / 64;
    }
    for (long i = 0; i < columns; i++)
        scale[i] = 1;
    size_t sums = EDGE_DIGIT_SUMS(columns);
    digits = (edge_digits){ act, act_low, get(4 * sums * (size_t)tokens), (size_t)columns, sums, (int)tokens };
    out = get(4 * (size_t)tokens * (all_rows ? rows + 32 : 64));
    out_floats = get(4 * (values + 16 * (size_t)tokens));
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int ascending(const void *a, const void *b) { return (*(double *)a > *(double *)b) - (*(double *)a < *(double *)b); }

/* Instructions of a child that makes `passes`, between two stops of its own; -1 where stepping is forbidden. */
static long steps_of(void (*pass)(void), int passes)
{
    fflush(stdout);
    pid_t child = fork();
    if (!child) {
        if (ptrace(PTRACE_TRACEME, 0, NULL, NULL))
            _exit(1);
        raise(SIGSTOP);
        for (int i = 0; i < passes; i++)
            pass();
        _exit(0);
    }
    int status;
    long count = 0;
    if (child < 0 || waitpid(child, &status, 0) != child || !WIFSTOPPED(status))
        return -1;
    for (;; count++) {
        if (ptrace(PTRACE_SINGLESTEP, child, NULL, NULL) || waitpid(child, &status, 0) != child)
            return -1;
        if (!WIFSTOPPED(status))
            return count;
    }
}

int main(int argc, char **argv)
{
    int which = -1;
    for (int i = 0; argc == 7 && i < (int)(sizeof kernels / sizeof *kernels); i++)
        if (!strcmp(argv[2], kernels[i].name))
            which = i;
    if (which < 0) {
        fprintf(stderr, "usage: kernels ISA KERNEL ROWS COLUMNS TOKENS SECONDS\n");
        return 2;
    }
#ifdef TABLE
    extern const edge_kernels TABLE;
    k = &TABLE;
#else
    k = edge_find_kernels(argv[1]);
    if (!k || !edge_isa_runs(argv[1])) {
        fprintf(stderr, "kernels: this machine has no %s\n", argv[1]);
        return 3;
    }
#endif
    rows = atol(argv[3]), columns = atol(argv[4]), tokens = atol(argv[5]);
    double seconds = atof(argv[6]);
    void (*pass)(void) = kernels[which].pass;
    prepare(kernels[which].tile, kernels[which].pass == ternary_pass);
    work = kernels[which].tile ? (double)rows * columns * tokens : (double)columns * tokens;
    if (pass == peak_pass)
        work = edge_peak(k->name, rows);
    pass();
    if (seconds == 0)
        return 0;
    static double taken[LONGEST];
    int n = 0;
    for (double start = now(), end = start + seconds; n < LONGEST && (start < end || n < 3); n++) {
        pass();
        double stop = now();
        taken[n] = stop - start;
        start = stop;
    }
    qsort(taken, (size_t)n, sizeof *taken, ascending);
    long instructions = -1;
    if (seconds < 0) {
        long one = steps_of(pass, 1), two = steps_of(pass, 2);
        instructions = one < 0 || two < 0 ? -1 : two - one;
    }
    printf("{\"isa\": \"%s\", \"kernel\": \"%s\", \"rows\": %ld, \"columns\": %ld, \"tokens\": %ld, \"bytes\": %zu, "
           "\"work\": %.0f, \"best_s\": %.9g, \"median_s\": %.9g, \"passes\": %d, \"instructions\": %ld}\n",
           k->name, argv[2], rows, columns, tokens, bytes, work, taken[0], taken[n / 2], n, instructions);
    return 0;
}
