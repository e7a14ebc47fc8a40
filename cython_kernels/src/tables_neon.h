/* The head's tables: rows of small integers times activations in two digits. */
#include "codes_neon.h"

/* Two products of at most 128*127 fit in 16 bits; more do not. */
static inline int32x4_t dot_pairs(int32x4_t sum, int8x8_t w0, int8x8_t a0, int8x8_t w1, int8x8_t a1)
{
    return vpadalq_s16(sum, vmlal_s8(vmull_s8(w0, a0), w1, a1));
}

/* Eight rows for one token: both digits share each load of weights. */
EDGE_INLINE void table8_half(const int8_t *rows, int quads, const int8_t *high_act, const int8_t *low_act,
                             int32_t *high, int32_t *low)
{
    int32x4_t h[4], l[4];
    for (int i = 0; i < 4; i++)
        h[i] = l[i] = vdupq_n_s32(0);
    for (int q = 0; q < quads; q += 4, high_act += 16, low_act += 16) { /* columns are padded to 16: quads in fours */
        int8x16_t a = vld1q_s8(high_act), b = vld1q_s8(low_act);
        int8x8_t u[4] = { vget_low_s8(spread(a, 0)), vget_low_s8(spread(a, 1)), vget_low_s8(spread(a, 2)),
                          vget_low_s8(spread(a, 3)) };
        int8x8_t v[4] = { vget_low_s8(spread(b, 0)), vget_low_s8(spread(b, 1)), vget_low_s8(spread(b, 2)),
                          vget_low_s8(spread(b, 3)) };
        for (int g = 0; g < 2; g++)
            for (int p = 0; p < 4; p += 2) {
                int8x16_t w0 = vld1q_s8(rows + 64 * (size_t)(q + p) + 16 * g);
                int8x16_t w1 = vld1q_s8(rows + 64 * (size_t)(q + p + 1) + 16 * g);
                h[2 * g] = dot_pairs(h[2 * g], vget_low_s8(w0), u[p], vget_low_s8(w1), u[p + 1]);
                h[2 * g + 1] = dot_pairs(h[2 * g + 1], vget_high_s8(w0), u[p], vget_high_s8(w1), u[p + 1]);
                l[2 * g] = dot_pairs(l[2 * g], vget_low_s8(w0), v[p], vget_low_s8(w1), v[p + 1]);
                l[2 * g + 1] = dot_pairs(l[2 * g + 1], vget_high_s8(w0), v[p], vget_high_s8(w1), v[p + 1]);
            }
    }
    for (int g = 0; g < 2; g++) {
        vst1q_s32(high + 4 * g, vpaddq_s32(h[2 * g], h[2 * g + 1]));
        vst1q_s32(low + 4 * g, vpaddq_s32(l[2 * g], l[2 * g + 1]));
    }
}

static void table8(const int8_t *block, int quads, const edge_digits *x, int32_t *high, int32_t *low)
{
    for (int t = 0; t < x->tokens; t++)
        for (int half = 0; half < 2; half++)
            table8_half(block + 32 * half, quads, x->high + t * x->stride, x->low + t * x->stride,
                        high + 16 * t + 8 * half, low + 16 * t + 8 * half);
}

/* Sixteen columns of four rows, both digits turn by turn for the sake of processors that do not reorder.
 * |value| <= 32: eight products of at most 32*127 fit in 16 bits. */
EDGE_INLINE float32x4_t sixteen(float32x4_t total, const int8x16_t c[4], const int8x8_t u[4], const int8x8_t v[4],
                                float32x4_t scale)
{
    int16x8_t x = vmull_s8(vget_low_s8(c[0]), u[0]), y = vmull_s8(vget_high_s8(c[0]), u[0]);
    int16x8_t z = vmull_s8(vget_low_s8(c[0]), v[0]), w = vmull_s8(vget_high_s8(c[0]), v[0]);
    for (int p = 1; p < 4; p++) {
        x = vmlal_s8(x, vget_low_s8(c[p]), u[p]);
        y = vmlal_s8(y, vget_high_s8(c[p]), u[p]);
        z = vmlal_s8(z, vget_low_s8(c[p]), v[p]);
        w = vmlal_s8(w, vget_high_s8(c[p]), v[p]);
    }
    int32x4_t high = vpaddlq_s16(vpaddq_s16(x, y)), low = vpaddlq_s16(vpaddq_s16(z, w));
    return add_scaled(total, high, low, scale);
}

/* One token: to share the unpacking between two, their digits do not fit the registers. */
EDGE_INLINE void table_of_codes(const uint8_t *block, int steps, int codes, const int8_t *high, const int8_t *low,
                                float *out)
{
    vf total = vf_set1(0);
    for (int s = 0; s < steps; s++, high += 16, low += 16) {
        const uint8_t *code = edge_step_codes(block, s, codes);
        vf scale = squares_of(edge_step_scales(block, s, codes));
        int8x16_t a = vld1q_s8(high), b = vld1q_s8(low);
        int8x8_t u[4], v[4];
        for (int p = 0; p < 4; p++) {
            u[p] = vget_low_s8(spread(a, p));
            v[p] = vget_low_s8(spread(b, p));
        }
#pragma GCC unroll 4
        for (int g = 0; g < 4; g++) {
            int8x16_t c[4];
            unpack_codes(code + 16 * g, codes, c);
            total.v[g] = sixteen(total.v[g], c, u, v, scale.v[g]);
        }
    }
    vf_store(out, total);
}

EDGE_INLINE void table_for_tokens(const uint8_t *block, int steps, int codes, const edge_digits *x, float *out)
{
    for (int t = 0; t < x->tokens; t++)
        table_of_codes(block, steps, codes, x->high + t * x->stride, x->low + t * x->stride, out + 16 * t);
}
