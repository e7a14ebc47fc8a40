/* Ternary weights by SDOT. Up to sixteen tokens are taken straight from the packed bytes (ternary_direct.h); for more,
 * a run of columns is unpacked once, into a buffer that stays in the first-level cache. */
#include "ternary_direct.h"

/* Columns / 16 of one buffer: 12 kB, beside the activations of a few tokens. */
enum { RUN_STEPS = 48, SHARED_TOKENS = 4 };

/* The fields of `steps` tiles: for each tile and each of its four fields 64 bytes, in the order of the tile's own. */
static void unpack(const uint8_t *restrict tile, int steps, int8_t *restrict fields)
{
    const uint8x16_t m = vdupq_n_u8(3);
    for (int s = 0; s < steps; s++, tile += 64, fields += 256)
        for (int g = 0; g < 4; g++) {
            uint8x16_t w = vld1q_u8(tile + 16 * g);
            vst1q_s8(fields + 16 * g, as_signed(vandq_u8(w, m)));
            vst1q_s8(fields + 16 * g + 64, as_signed(vandq_u8(vshrq_n_u8(w, 2), m)));
            vst1q_s8(fields + 16 * g + 128, as_signed(vandq_u8(vshrq_n_u8(w, 4), m)));
            vst1q_s8(fields + 16 * g + 192, as_signed(vshrq_n_u8(w, 6)));
        }
}

/* 16 unpacked rows for n tokens, on top of what `out` holds unless these are the first columns. */
static inline __attribute__((always_inline)) void buffered(const int8_t *fields, int steps, const int8_t *act,
                                                           size_t stride, int n, int first, int32_t *out,
                                                           size_t out_stride)
{
    int32x4_t sum[SHARED_TOKENS][4];
    for (int t = 0; t < n; t++)
        for (int g = 0; g < 4; g++)
            sum[t][g] = first ? vdupq_n_s32(0) : vld1q_s32(out + t * out_stride + 4 * g);
    for (int s = 0; s < steps; s++, act += 16) {
        int8x16_t a[SHARED_TOKENS];
        for (int t = 0; t < n; t++)
            a[t] = vld1q_s8(act + t * stride);
        for (int p = 0; p < 4; p++, fields += 64) {
            int8x16_t f[4] = { vld1q_s8(fields), vld1q_s8(fields + 16), vld1q_s8(fields + 32), vld1q_s8(fields + 48) };
            for (int t = 0; t < n; t++)
                for (int g = 0; g < 4; g++)
                    sum[t][g] = dot(sum[t][g], f[g], a[t], p);
        }
    }
    for (int t = 0; t < n; t++)
        for (int g = 0; g < 4; g++)
            vst1q_s32(out + t * out_stride + 4 * g, sum[t][g]);
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
        for (; t < tokens; t++)
            buffered(fields, n, a + t * stride, stride, 1, !s, out + t * out_stride, out_stride);
    } while ((s += size) < steps);
}

static void ternary(const uint8_t *tiles, int blocks, size_t block_bytes, int steps, const int8_t *act,
                    size_t act_stride, int tokens, int32_t *out, size_t out_stride)
{
    for (int b = 0; b < blocks; b++, tiles += block_bytes, out += EDGE_TILE) {
        if (tokens > 2 * DIRECT_TOKENS) {
            block_of_many(tiles, steps, act, act_stride, tokens, out, out_stride);
            continue;
        }
        for (int t = 0; t < tokens; t += DIRECT_TOKENS) {
            int n = tokens - t < DIRECT_TOKENS ? tokens - t : DIRECT_TOKENS;
            block_of_few(tiles, tiles + block_bytes, steps, act + t * act_stride, act_stride, n, out + t * out_stride,
                         out_stride);
        }
    }
}
