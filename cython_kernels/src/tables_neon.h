/* The head's tables: rows of small integers times activations in two digits. */
#include "codes_neon.h"

/* Two products of at most 127*127 fit in 16 bits; more do not. */
static inline int32x4_t dot_pairs(int32x4_t sum, int8x8_t w0, int8x8_t a0, int8x8_t w1, int8x8_t a1)
{
    return vpadalq_s16(sum, vmlal_s8(vmull_s8(w0, a0), w1, a1));
}

/* Eight rows for one token: both digits share each load of weights. */
static inline void table8_half(const int8_t *rows, int quads, const int8_t *high_act, const int8_t *low_act,
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

/* Sixteen columns of four rows. |value| <= 32: eight products of at most 32*127 fit in 16 bits. */
static inline int32x4_t sixteen(const int8x16_t c[4], const int8x8_t a[4])
{
    int16x8_t x = vmull_s8(vget_low_s8(c[0]), a[0]), y = vmull_s8(vget_high_s8(c[0]), a[0]);
    for (int p = 1; p < 4; p++) {
        x = vmlal_s8(x, vget_low_s8(c[p]), a[p]);
        y = vmlal_s8(y, vget_high_s8(c[p]), a[p]);
    }
    return vpaddlq_s16(vpaddq_s16(x, y));
}

/* n tokens (a constant at every call) share each unpacking of codes. */
static inline void table_of_codes(const uint8_t *block, int steps, int codes, const edge_digits *x, int first, int n,
                                  float *out)
{
    const int8_t *a = x->high + first * x->stride, *b = x->low + first * x->stride;
    vf total[2];
    for (int t = 0; t < n; t++)
        total[t] = vf_set1(0);
    for (int s = 0; s < steps; s++, a += 16, b += 16) {
        const uint8_t *code = edge_step_codes(block, s, codes);
        vf scale = squares_of(edge_step_scales(block, s, codes));
        int8x8_t u[2][4], v[2][4];
        for (int t = 0; t < n; t++) {
            int8x16_t high = vld1q_s8(a + t * x->stride), low = vld1q_s8(b + t * x->stride);
            for (int p = 0; p < 4; p++) {
                u[t][p] = vget_low_s8(spread(high, p));
                v[t][p] = vget_low_s8(spread(low, p));
            }
        }
        for (int g = 0; g < 4; g++) {
            int8x16_t c[4];
            unpack_codes(code + 16 * g, codes, c);
            for (int t = 0; t < n; t++)
                total[t].v[g] = add_scaled(total[t].v[g], sixteen(c, u[t]), sixteen(c, v[t]), scale.v[g]);
        }
    }
    for (int t = 0; t < n; t++)
        vf_store(out + 16 * (first + t), total[t]);
}

static inline void table_for_tokens(const uint8_t *block, int steps, int codes, const edge_digits *x, float *out)
{
    int t = 0;
    for (; t + 2 <= x->tokens; t += 2)
        table_of_codes(block, steps, codes, x, t, 2, out);
    if (t < x->tokens)
        table_of_codes(block, steps, codes, x, t, 1, out);
}

static void table6(const uint8_t *block, int steps, const edge_digits *x, float *out)
{
    table_for_tokens(block, steps, EDGE_CODES6, x, out);
}

static void table4(const uint8_t *block, int steps, const edge_digits *x, float *out)
{
    table_for_tokens(block, steps, EDGE_CODES4, x, out);
}
