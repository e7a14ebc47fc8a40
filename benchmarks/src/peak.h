/* What a core can do at most: its multiply-add of bytes with nothing else around it, and plain reads. */
#ifndef EDGE_PEAK_H
#define EDGE_PEAK_H
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define TWELVE(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11)

/* `n` times twelve independent multiplies of the instruction that `isa` is built on. Returns the products made. */
static double edge_peak(const char *isa, long n)
{
#if defined(__x86_64__)
    if (!strcmp(isa, "avx512vnni")) {
        for (long i = 0; i < n; i++) {
#define X(r) "vpdpbusd %%zmm14, %%zmm15, %%zmm" #r "\n\t"
            __asm__ volatile(TWELVE(X)::: "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9",
                             "xmm10", "xmm11", "xmm14", "xmm15");
#undef X
        }
        return 12.0 * 64 * (double)n;
    }
    if (!strcmp(isa, "avx2")) {
        for (long i = 0; i < n; i++) {
#define X(r) "vpmaddubsw %%ymm14, %%ymm15, %%ymm" #r "\n\t"
            __asm__ volatile(TWELVE(X)::: "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9",
                             "xmm10", "xmm11", "xmm14", "xmm15");
#undef X
        }
        return 12.0 * 32 * (double)n;
    }
#elif defined(__aarch64__)
#define CLOBBERED "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9", "v10", "v11", "v14", "v15"
    if (!strcmp(isa, "neon")) {
        for (long i = 0; i < n; i++) {
#define X(r) "smlal v" #r ".8h, v14.8b, v15.8b\n\t"
            __asm__ volatile(TWELVE(X)::: CLOBBERED);
#undef X
        }
        return 12.0 * 8 * (double)n;
    }
    if (!strcmp(isa, "dotprod")) {
        for (long i = 0; i < n; i++) {
#define X(r) "sdot v" #r ".4s, v14.16b, v15.16b\n\t"
            __asm__ volatile(".arch_extension dotprod\n\t" TWELVE(X)::: CLOBBERED);
#undef X
        }
        return 12.0 * 16 * (double)n;
    }
    if (!strcmp(isa, "i8mm")) {
        for (long i = 0; i < n; i++) {
#define X(r) "smmla v" #r ".4s, v14.16b, v15.16b\n\t"
            __asm__ volatile(".arch_extension i8mm\n\t" TWELVE(X)::: CLOBBERED);
#undef X
        }
        return 12.0 * 32 * (double)n;
    }
#undef CLOBBERED
#endif
    (void)isa, (void)n;
    return 0;
}

/* Read `bytes` (a multiple of 512) with the widest loads of `isa`. */
static void edge_read(const char *isa, const uint8_t *p, size_t bytes)
{
    const uint8_t *end = p + bytes / 512 * 512;
#if defined(__x86_64__)
    if (!strcmp(isa, "avx512vnni")) {
        for (; p < end; p += 512)
#define X(r) "vmovdqu64 64*" #r "(%0), %%zmm" #r "\n\t"
            __asm__ volatile(X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7)::"r"(p)
                             : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "memory");
#undef X
        return;
    }
    if (!strcmp(isa, "avx2")) {
        for (; p < end; p += 256)
#define X(r) "vmovdqu 32*" #r "(%0), %%ymm" #r "\n\t"
            __asm__ volatile(X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7)::"r"(p)
                             : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "memory");
#undef X
        return;
    }
#elif defined(__aarch64__)
    for (; p < end; p += 128)
        __asm__ volatile("ldp q0, q1, [%0]\n\tldp q2, q3, [%0, 32]\n\tldp q4, q5, [%0, 64]\n\tldp q6, q7, [%0, 96]" ::"r"(p)
                         : "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "memory");
#endif
    (void)isa;
    for (; p < end; p += 8)
        (void)*(const volatile uint64_t *)p;
}
#endif
