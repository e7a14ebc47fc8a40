/* Which instruction sets this build holds, and which of them this CPU can run. */
#include <string.h>
#include "kernels.h"

extern const edge_kernels edge_scalar;
static int always(void) { return 1; }

#if defined(__aarch64__)
#include <sys/auxv.h>
#ifndef HWCAP_ASIMDDP
#define HWCAP_ASIMDDP (1 << 20)
#endif
#ifndef HWCAP2_I8MM
#define HWCAP2_I8MM (1 << 13)
#endif
extern const edge_kernels edge_neon, edge_dotprod;
static int has_dotprod(void) { return (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0; }
#ifdef EDGE_I8MM
extern const edge_kernels edge_i8mm;
static int has_i8mm(void) { return has_dotprod() && (getauxval(AT_HWCAP2) & HWCAP2_I8MM) != 0; }
#endif
#elif defined(__x86_64__)
#include <cpuid.h>
extern const edge_kernels edge_avx2, edge_avx512vnni;
/* Asked of the CPU itself: the library behind the compiler's own test is not there in a cross build. `state` is what the
 * operating system must save of the wide registers (XCR0). */
static int has(unsigned leaf7_ebx, unsigned leaf7_ecx, unsigned state)
{
    unsigned a, b, c, d, saved, high;
    const unsigned common = bit_OSXSAVE | bit_AVX | bit_FMA | bit_F16C;
    if (!__get_cpuid(1, &a, &b, &c, &d) || (c & common) != common)
        return 0;
    __asm__("xgetbv" : "=a"(saved), "=d"(high) : "c"(0));
    return (saved & state) == state && __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & leaf7_ebx) == leaf7_ebx &&
           (c & leaf7_ecx) == leaf7_ecx;
}
static int has_avx2(void) { return has(bit_AVX2, 0, 0x06); }
static int has_avx512vnni(void)
{
    return has(bit_AVX2 | bit_AVX512F | bit_AVX512BW | bit_AVX512DQ | bit_AVX512VL, bit_AVX512VNNI, 0xe6);
}
#endif

/* Slowest first. */
static const struct {
    const edge_kernels *kernels;
    int (*runs)(void);
} tables[] = {
    { &edge_scalar, always },
#if defined(__aarch64__)
    { &edge_neon, always }, /* NEON is part of ARMv8-A */
    { &edge_dotprod, has_dotprod },
#ifdef EDGE_I8MM
    { &edge_i8mm, has_i8mm },
#endif
#elif defined(__x86_64__)
    { &edge_avx2, has_avx2 },
    { &edge_avx512vnni, has_avx512vnni },
#endif
};
enum { TABLES = sizeof tables / sizeof *tables };

const char *edge_isa_name(int i) { return i < TABLES ? tables[i].kernels->name : NULL; }

int edge_isa_runs(const char *name)
{
    for (int i = 0; i < TABLES; i++)
        if (!strcmp(name, tables[i].kernels->name))
            return tables[i].runs();
    return 0;
}

const edge_kernels *edge_find_kernels(const char *name)
{
    /* The best one is looked for once: in a virtual machine each question to the CPU takes ten microseconds. */
    static const edge_kernels *_Atomic best;
    const edge_kernels *found = name ? NULL : best;
    for (int i = TABLES - 1; i >= 0 && !found; i--)
        if (name ? !strcmp(name, tables[i].kernels->name) : tables[i].runs())
            found = tables[i].kernels;
    if (!name)
        best = found;
    return found;
}
