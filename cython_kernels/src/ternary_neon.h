/* Ternary weights without a dot product: bytes are multiplied into 16 bits (SMLAL) and widened before they can
 * overflow. */

static inline int8x16_t field(uint8x16_t w, int p)
{
    const uint8x16_t mask = vdupq_n_u8(3);
    switch (p) {
    case 0: return vreinterpretq_s8_u8(vandq_u8(w, mask));
    case 1: return vreinterpretq_s8_u8(vandq_u8(vshrq_n_u8(w, 2), mask));
    case 2: return vreinterpretq_s8_u8(vandq_u8(vshrq_n_u8(w, 4), mask));
    default: return vreinterpretq_s8_u8(vshrq_n_u8(w, 6));
    }
}

/* 16 rows for one token. A field holds at most 3 in a damaged file: four fields add at most 4*3*128 = 1536 to a lane
 * per tile, so 21 tiles fit in 16 bits; 16 are taken. */
static inline void block_of_one(const uint8_t *tile, int steps, const int8_t *act, int32_t *out)
{
    int32x4_t total[8];
    for (int i = 0; i < 8; i++)
        total[i] = vdupq_n_s32(0);
    for (int s = 0; s < steps;) {
        int16x8_t narrow[8];
        for (int i = 0; i < 8; i++)
            narrow[i] = vdupq_n_s16(0);
        for (int end = s + 16 < steps ? s + 16 : steps; s < end; s++, tile += 64, act += 16) {
            int8x16_t a = vld1q_s8(act);
            int8x16_t spread_act[4] = { spread(a, 0), spread(a, 1), spread(a, 2), spread(a, 3) };
            for (int g = 0; g < 4; g++) {
                uint8x16_t w = vld1q_u8(tile + 16 * g);
                for (int p = 0; p < 4; p++) {
                    int8x16_t f = field(w, p);
                    narrow[2 * g] = vmlal_s8(narrow[2 * g], vget_low_s8(f), vget_low_s8(spread_act[p]));
                    narrow[2 * g + 1] = vmlal_high_s8(narrow[2 * g + 1], f, spread_act[p]);
                }
            }
        }
        for (int i = 0; i < 8; i++)
            total[i] = vpadalq_s16(total[i], narrow[i]);
    }
    for (int g = 0; g < 4; g++)
        vst1q_s32(out + 4 * g, vpaddq_s32(total[2 * g], total[2 * g + 1]));
}

/* Four rows (16 bytes of each tile) for four tokens: the fields are unpacked once. */
static inline void rows_of_four(const uint8_t *tile, int steps, const int8_t *act, size_t stride, int32_t *out,
                                size_t out_stride)
{
    int32x4_t total[8];
    for (int i = 0; i < 8; i++)
        total[i] = vdupq_n_s32(0);
    for (int s = 0; s < steps;) {
        int16x8_t narrow[8];
        for (int i = 0; i < 8; i++)
            narrow[i] = vdupq_n_s16(0);
        for (int end = s + 16 < steps ? s + 16 : steps; s < end; s++, tile += 64, act += 16) {
            uint8x16_t w = vld1q_u8(tile);
            int8x16_t f[4] = { field(w, 0), field(w, 1), field(w, 2), field(w, 3) };
            for (int t = 0; t < 4; t++) {
                int8x16_t a = vld1q_s8(act + t * stride);
                for (int p = 0; p < 4; p++) {
                    int8x16_t x = spread(a, p);
                    narrow[2 * t] = vmlal_s8(narrow[2 * t], vget_low_s8(f[p]), vget_low_s8(x));
                    narrow[2 * t + 1] = vmlal_high_s8(narrow[2 * t + 1], f[p], x);
                }
            }
        }
        for (int i = 0; i < 8; i++)
            total[i] = vpadalq_s16(total[i], narrow[i]);
    }
    for (int t = 0; t < 4; t++)
        vst1q_s32(out + t * out_stride, vpaddq_s32(total[2 * t], total[2 * t + 1]));
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
            if (n == 1)
                block_of_one(tile, steps, a, o);
            else
                for (int g = 0; g < 4; g++)
                    rows_of_four(tile + 16 * g, steps, a, act_stride, o + 4 * g, out_stride);
        }
        t += n;
    }
}
