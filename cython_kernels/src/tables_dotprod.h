/* The head's tables: int8 rows times activations in two digits. */

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
