/* Ternary weights by SDOT: by lane it adds four products to each of four rows, with the four columns' activations taken
 * straight from one lane of the activation register. */

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
