/* The head's tables: int8 rows times activations in two digits. */

/* Two products of at most 127*127 fit in 16 bits; more do not. */
static inline int32x4_t dot_pairs(int32x4_t sum, int8x8_t w0, int8x8_t a0, int8x8_t w1, int8x8_t a1)
{
    return vpadalq_s16(sum, vmlal_s8(vmull_s8(w0, a0), w1, a1));
}

static inline void table8_digit(const int8_t *block, int quads, const int8_t *act, int32_t *out)
{
    int32x4_t total[8];
    for (int i = 0; i < 8; i++)
        total[i] = vdupq_n_s32(0);
    for (int q = 0; q < quads; q += 4, act += 16) { /* columns are padded to 16, so quads come in fours */
        int8x16_t a = vld1q_s8(act);
        int8x8_t x[4] = { vget_low_s8(spread(a, 0)), vget_low_s8(spread(a, 1)), vget_low_s8(spread(a, 2)),
                          vget_low_s8(spread(a, 3)) };
        for (int g = 0; g < 4; g++)
            for (int p = 0; p < 4; p += 2) {
                int8x16_t w0 = vld1q_s8(block + 64 * (size_t)(q + p) + 16 * g);
                int8x16_t w1 = vld1q_s8(block + 64 * (size_t)(q + p + 1) + 16 * g);
                total[2 * g] = dot_pairs(total[2 * g], vget_low_s8(w0), x[p], vget_low_s8(w1), x[p + 1]);
                total[2 * g + 1] = dot_pairs(total[2 * g + 1], vget_high_s8(w0), x[p], vget_high_s8(w1), x[p + 1]);
            }
    }
    for (int g = 0; g < 4; g++)
        vst1q_s32(out + 4 * g, vpaddq_s32(total[2 * g], total[2 * g + 1]));
}

static void table8(const int8_t *block, int quads, const int8_t *act_high, const int8_t *act_low, size_t act_stride,
                   int tokens, int32_t *high, int32_t *low)
{
    for (int t = 0; t < tokens; t++, act_high += act_stride, act_low += act_stride, high += 16, low += 16) {
        table8_digit(block, quads, act_high, high);
        table8_digit(block, quads, act_low, low);
    }
}
