/* Ternary weights by SMMLA: two rows x two tokens x eight columns an instruction, twice SDOT's products. That needs two
 * rows' eight columns in a register, which costs more unpacking, so it is done once for many tokens; up to seven are
 * taken straight from the packed bytes by SDOT (ternary_direct.h). */
#include "ternary_direct.h"

/* Columns / 16 of one buffer: 24 kB of at least 64, as large first-level caches are where this runs. */
enum { RUN_STEPS = 96 };

static inline int8x16_t zip_words(uint8x16_t a, uint8x16_t b, int upper)
{
    uint32x4_t x = vreinterpretq_u32_u8(a), y = vreinterpretq_u32_u8(b);
    return vreinterpretq_s8_u32(upper ? vzip2q_u32(x, y) : vzip1q_u32(x, y));
}

/* Both low or both high halves of two registers. */
static inline int32x4_t pair(int32x4_t a, int32x4_t b, int high)
{
    int64x2_t x = vreinterpretq_s64_s32(a), y = vreinterpretq_s64_s32(b);
    return vreinterpretq_s32_s64(high ? vzip2q_s64(x, y) : vzip1q_s64(x, y));
}

/* The fields of `steps` tiles: for each tile first columns 0..7 of the 16 rows, two rows in 16 bytes, then 8..15. */
static void unpack(const uint8_t *restrict tile, int steps, int8_t *restrict fields)
{
    const uint8x16_t m = vdupq_n_u8(3);
    for (int s = 0; s < steps; s++, tile += 64, fields += 256)
        for (int g = 0; g < 4; g++) {
            uint8x16_t w = vld1q_u8(tile + 16 * g);
            uint8x16_t f0 = vandq_u8(w, m), f1 = vandq_u8(vshrq_n_u8(w, 2), m);
            uint8x16_t f2 = vandq_u8(vshrq_n_u8(w, 4), m), f3 = vshrq_n_u8(w, 6);
            for (int upper = 0; upper < 2; upper++) {
                vst1q_s8(fields + 32 * g + 16 * upper, zip_words(f0, f1, upper));
                vst1q_s8(fields + 32 * g + 16 * upper + 128, zip_words(f2, f3, upper));
            }
        }
}

/* 16 unpacked rows for n = 1..4 tokens, on top of what `out` holds unless these are the first columns. A token without
 * a partner is its own. */
static inline __attribute__((always_inline)) void buffered(const int8_t *fields, int steps, const int8_t *act,
                                                           size_t stride, int n, int first, int32_t *out,
                                                           size_t out_stride)
{
    int32x4_t sum[2][8];
    for (int u = 0; u < (n + 1) / 2; u++)
        for (int i = 0; i < 8; i++)
            sum[u][i] = vdupq_n_s32(0);
    for (int s = 0; s < steps; s++, act += 16) {
        int8x16_t a[2][2];
        for (int u = 0; u < (n + 1) / 2; u++) {
            const int8_t *even = act + 2 * u * stride, *odd = 2 * u + 1 < n ? even + stride : even;
            int32x4_t x = vreinterpretq_s32_s8(vld1q_s8(even)), y = vreinterpretq_s32_s8(vld1q_s8(odd));
            for (int h = 0; h < 2; h++)
                a[u][h] = vreinterpretq_s8_s32(pair(x, y, h));
        }
        for (int h = 0; h < 2; h++, fields += 128)
            for (int i = 0; i < 8; i++) {
                int8x16_t f = vld1q_s8(fields + 16 * i);
                for (int u = 0; u < (n + 1) / 2; u++)
                    sum[u][i] = vmmlaq_s32(sum[u][i], a[u][h], f);
            }
    }
    for (int t = 0; t < n; t++, out += out_stride)
        for (int g = 0; g < 4; g++) {
            int32x4_t rows = pair(sum[t / 2][2 * g], sum[t / 2][2 * g + 1], t % 2);
            vst1q_s32(out + 4 * g, first ? rows : vaddq_s32(rows, vld1q_s32(out + 4 * g)));
        }
}

static void block_of_many(const uint8_t *tile, int steps, const int8_t *act, size_t stride, int tokens, int32_t *out,
                          size_t out_stride)
{
    int8_t fields[RUN_STEPS * 256];
    int runs = (steps - 1) / RUN_STEPS + 1, size = (steps + runs - 1) / runs, s = 0;
    do {
        int n = steps - s < size ? steps - s : size, t = 0;
        unpack(tile + 64 * (size_t)s, n, fields);
        const int8_t *a = act + EDGE_TILE * (size_t)s;
        for (; t + 4 <= tokens; t += 4)
            buffered(fields, n, a + t * stride, stride, 4, !s, out + t * out_stride, out_stride);
        for (; t + 2 <= tokens; t += 2)
            buffered(fields, n, a + t * stride, stride, 2, !s, out + t * out_stride, out_stride);
        if (t < tokens)
            buffered(fields, n, a + t * stride, stride, 1, !s, out + t * out_stride, out_stride);
    } while ((s += size) < steps);
}

static void ternary(const uint8_t *tiles, int blocks, size_t block_bytes, int steps, const int8_t *act,
                    size_t act_stride, int tokens, int32_t *out, size_t out_stride)
{
    for (int b = 0; b < blocks; b++, tiles += block_bytes, out += EDGE_TILE)
        if (tokens < DIRECT_TOKENS)
            block_of_few(tiles, tiles + block_bytes, steps, act, act_stride, tokens, out, out_stride);
        else
            block_of_many(tiles, steps, act, act_stride, tokens, out, out_stride);
}
