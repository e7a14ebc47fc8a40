/* NEON with the ARMv8.2 dot product (Cortex-A55, A76, A78AE, Neoverse): SDOT by lane adds four products to each of
 * four rows, with the four columns' activations taken straight from one lane of the activation register. */
#include "simd_neon.h"
#include "float_ops.h"

/* 16 rows for one token. Fields 0 and 3 come out as 0..2, fields 1 and 2 stay where they are in the byte (times 4 and
 * times 16) in accumulators of their own: one AND or shift a field. */
static inline void block_of_one(const uint8_t *tile, int steps, const int8_t *act, int32_t *out)
{
    const uint8x16_t m0 = vdupq_n_u8(0x03), m1 = vdupq_n_u8(0x0c), m2 = vdupq_n_u8(0x30);
    int32x4_t plain[4], by4[4], by16[4];
    for (int g = 0; g < 4; g++)
        plain[g] = by4[g] = by16[g] = vdupq_n_s32(0);
    for (int s = 0; s < steps; s++, tile += 64, act += 16) {
        int8x16_t a = vld1q_s8(act);
        for (int g = 0; g < 4; g++) {
            uint8x16_t w = vld1q_u8(tile + 16 * g);
            plain[g] = vdotq_laneq_s32(plain[g], vreinterpretq_s8_u8(vandq_u8(w, m0)), a, 0);
            by4[g] = vdotq_laneq_s32(by4[g], vreinterpretq_s8_u8(vandq_u8(w, m1)), a, 1);
            by16[g] = vdotq_laneq_s32(by16[g], vreinterpretq_s8_u8(vandq_u8(w, m2)), a, 2);
            plain[g] = vdotq_laneq_s32(plain[g], vreinterpretq_s8_u8(vshrq_n_u8(w, 6)), a, 3);
        }
    }
    for (int g = 0; g < 4; g++)
        vst1q_s32(out + 4 * g, vsraq_n_s32(vsraq_n_s32(plain[g], by4[g], 2), by16[g], 4));
}

/* 16 rows for four tokens: a tile is unpacked once. */
static inline void block_of_four(const uint8_t *tile, int steps, const int8_t *act, size_t stride, int32_t *out,
                                 size_t out_stride)
{
    const uint8x16_t m = vdupq_n_u8(3);
    int32x4_t sum[4][4];
    for (int t = 0; t < 4; t++)
        for (int g = 0; g < 4; g++)
            sum[t][g] = vdupq_n_s32(0);
    for (int s = 0; s < steps; s++, tile += 64, act += 16) {
        int8x16_t a[4];
        for (int t = 0; t < 4; t++)
            a[t] = vld1q_s8(act + t * stride);
        for (int g = 0; g < 4; g++) {
            uint8x16_t w = vld1q_u8(tile + 16 * g);
            int8x16_t f0 = vreinterpretq_s8_u8(vandq_u8(w, m));
            int8x16_t f1 = vreinterpretq_s8_u8(vandq_u8(vshrq_n_u8(w, 2), m));
            int8x16_t f2 = vreinterpretq_s8_u8(vandq_u8(vshrq_n_u8(w, 4), m));
            int8x16_t f3 = vreinterpretq_s8_u8(vshrq_n_u8(w, 6));
            for (int t = 0; t < 4; t++) {
                sum[t][g] = vdotq_laneq_s32(sum[t][g], f0, a[t], 0);
                sum[t][g] = vdotq_laneq_s32(sum[t][g], f1, a[t], 1);
                sum[t][g] = vdotq_laneq_s32(sum[t][g], f2, a[t], 2);
                sum[t][g] = vdotq_laneq_s32(sum[t][g], f3, a[t], 3);
            }
        }
    }
    for (int t = 0; t < 4; t++)
        for (int g = 0; g < 4; g++)
            vst1q_s32(out + t * out_stride + 4 * g, sum[t][g]);
}

static void ternary(const uint8_t *tiles, int blocks, size_t block_bytes, int steps, const int8_t *act,
                    size_t act_stride, int tokens, int32_t *out, size_t out_stride)
{
    for (int t = 0; t < tokens;) {
        int n = tokens - t >= 4 ? 4 : 1;
        for (int b = 0; b < blocks; b++) {
            const uint8_t *tile = tiles + b * block_bytes;
            const int8_t *a = act + t * act_stride;
            int32_t *o = out + t * out_stride + (size_t)b * EDGE_TILE;
            if (n == 4)
                block_of_four(tile, steps, a, act_stride, o, out_stride);
            else
                block_of_one(tile, steps, a, o);
        }
        t += n;
    }
}

static void table8(const int8_t *block, int quads, const int8_t *act_high, const int8_t *act_low, size_t act_stride,
                   int tokens, int32_t *high, int32_t *low)
{
    for (int t = 0; t < tokens; t++, act_high += act_stride, act_low += act_stride, high += 16, low += 16) {
        int32x4_t h[4], l[4];
        for (int g = 0; g < 4; g++)
            h[g] = l[g] = vdupq_n_s32(0);
        for (int q = 0; q < quads; q += 4) { /* columns are padded to 16, so quads come in fours */
            int8x16_t a = vld1q_s8(act_high + 4 * q), b = vld1q_s8(act_low + 4 * q);
            const int8_t *w = block + 64 * (size_t)q;
            for (int g = 0; g < 4; g++) {
                int8x16_t w0 = vld1q_s8(w + 16 * g), w1 = vld1q_s8(w + 64 + 16 * g);
                int8x16_t w2 = vld1q_s8(w + 128 + 16 * g), w3 = vld1q_s8(w + 192 + 16 * g);
                h[g] = vdotq_laneq_s32(h[g], w0, a, 0);
                l[g] = vdotq_laneq_s32(l[g], w0, b, 0);
                h[g] = vdotq_laneq_s32(h[g], w1, a, 1);
                l[g] = vdotq_laneq_s32(l[g], w1, b, 1);
                h[g] = vdotq_laneq_s32(h[g], w2, a, 2);
                l[g] = vdotq_laneq_s32(l[g], w2, b, 2);
                h[g] = vdotq_laneq_s32(h[g], w3, a, 3);
                l[g] = vdotq_laneq_s32(l[g], w3, b, 3);
            }
        }
        for (int g = 0; g < 4; g++) {
            vst1q_s32(high + 4 * g, h[g]);
            vst1q_s32(low + 4 * g, l[g]);
        }
    }
}

const edge_kernels edge_dotprod = { .name = "dotprod", .ternary = ternary, .table8 = table8, EDGE_FLOAT_OPS };
