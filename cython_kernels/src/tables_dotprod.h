/* The head's tables: rows of small integers times activations in two digits. */
#include "codes_neon.h"

/* `groups` times four rows for n tokens (constants at every call): 2 * groups * n sums stay in registers. */
EDGE_INLINE void table8_part(const int8_t *rows, int quads, const edge_digits *x, int first, int groups, int n,
                             int32_t *high, int32_t *low)
{
    const int8_t *a = x->high + first * x->stride, *b = x->low + first * x->stride;
    int32x4_t h[8], l[8];
    for (int i = 0; i < groups * n; i++)
        h[i] = l[i] = vdupq_n_s32(0);
    for (int q = 0; q < quads; q += 4, a += 16, b += 16) { /* columns are padded to 16, so quads come in fours */
        const int8_t *w = rows + 64 * (size_t)q;
        int8x16_t u[4], v[4];
        for (int t = 0; t < n; t++) {
            u[t] = vld1q_s8(a + t * x->stride);
            v[t] = vld1q_s8(b + t * x->stride);
        }
        for (int g = 0; g < groups; g++) {
            int8x16_t w0 = vld1q_s8(w + 16 * g), w1 = vld1q_s8(w + 64 + 16 * g);
            int8x16_t w2 = vld1q_s8(w + 128 + 16 * g), w3 = vld1q_s8(w + 192 + 16 * g);
            for (int t = 0, i = g * n; t < n; t++, i++) {
                h[i] = vdotq_laneq_s32(h[i], w0, u[t], 0);
                l[i] = vdotq_laneq_s32(l[i], w0, v[t], 0);
                h[i] = vdotq_laneq_s32(h[i], w1, u[t], 1);
                l[i] = vdotq_laneq_s32(l[i], w1, v[t], 1);
                h[i] = vdotq_laneq_s32(h[i], w2, u[t], 2);
                l[i] = vdotq_laneq_s32(l[i], w2, v[t], 2);
                h[i] = vdotq_laneq_s32(h[i], w3, u[t], 3);
                l[i] = vdotq_laneq_s32(l[i], w3, v[t], 3);
            }
        }
    }
    for (int g = 0; g < groups; g++)
        for (int t = 0; t < n; t++) {
            vst1q_s32(high + 16 * (first + t) + 4 * g, h[g * n + t]);
            vst1q_s32(low + 16 * (first + t) + 4 * g, l[g * n + t]);
        }
}

static void table8(const int8_t *block, int quads, const edge_digits *x, int32_t *high, int32_t *low)
{
    for (int t = 0; t < x->tokens;) {
        int left = x->tokens - t, n = left >= 4 ? 4 : left >= 2 ? 2 : 1;
        if (n == 4)
            for (int half = 0; half < 2; half++)
                table8_part(block + 32 * half, quads, x, t, 2, 4, high + 8 * half, low + 8 * half);
        else if (n == 2)
            table8_part(block, quads, x, t, 4, 2, high, low);
        else
            table8_part(block, quads, x, t, 4, 1, high, low);
        t += n;
    }
}

EDGE_INLINE int32x4_t sixteen(const int8x16_t c[4], int8x16_t a)
{
    int32x4_t sum = vdotq_laneq_s32(vdupq_n_s32(0), c[0], a, 0);
    sum = vdotq_laneq_s32(sum, c[1], a, 1);
    sum = vdotq_laneq_s32(sum, c[2], a, 2);
    return vdotq_laneq_s32(sum, c[3], a, 3);
}

/* n tokens (a constant at every call) share each unpacking of codes. */
EDGE_INLINE void table_of_codes(const uint8_t *block, int steps, int codes, const edge_digits *x, int first, int n,
                                float *out)
{
    const int8_t *a = x->high + first * x->stride, *b = x->low + first * x->stride;
    vf total[4];
    for (int t = 0; t < n; t++)
        total[t] = vf_set1(0);
    for (int s = 0; s < steps; s++, a += 16, b += 16) {
        const uint8_t *code = edge_step_codes(block, s, codes);
        vf scale = squares_of(edge_step_scales(block, s, codes));
        int8x16_t u[4], v[4], c[4];
        for (int t = 0; t < n; t++) {
            u[t] = vld1q_s8(a + t * x->stride);
            v[t] = vld1q_s8(b + t * x->stride);
        }
        for (int g = 0; g < 4; g++) {
            unpack_codes(code + 16 * g, codes, c);
            for (int t = 0; t < n; t++)
                total[t].v[g] = add_scaled(total[t].v[g], sixteen(c, u[t]), sixteen(c, v[t]), scale.v[g]);
        }
    }
    for (int t = 0; t < n; t++)
        vf_store(out + 16 * (first + t), total[t]);
}

#include "tables_pairs.h"
