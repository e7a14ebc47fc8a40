/* One to eight tokens by SDOT, straight from the packed bytes: of dotprod and i8mm. By lane, SDOT adds four products to
 * each of four rows, with the four columns' activations taken straight from one lane of the activation register. What
 * unpacks uses the same pipes, so it should be little, and shared by all tokens. */

enum { DIRECT_TOKENS = 8 };

static inline int8x16_t as_signed(uint8x16_t v) { return vreinterpretq_s8_u8(v); }

static inline int32x4_t dot(int32x4_t sum, int8x16_t w, int8x16_t act, int lane)
{
    switch (lane) {
    case 0: return vdotq_laneq_s32(sum, w, act, 0);
    case 1: return vdotq_laneq_s32(sum, w, act, 1);
    case 2: return vdotq_laneq_s32(sum, w, act, 2);
    default: return vdotq_laneq_s32(sum, w, act, 3);
    }
}

/* 16 rows for one token. Fields 0 and 3 come out as 0..3, fields 1 and 2 stay where they are in the byte (times 4 and
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
            plain[g] = dot(plain[g], as_signed(vandq_u8(w, m0)), a, 0);
            by4[g] = dot(by4[g], as_signed(vandq_u8(w, m1)), a, 1);
            by16[g] = dot(by16[g], as_signed(vandq_u8(w, m2)), a, 2);
            plain[g] = dot(plain[g], as_signed(vshrq_n_u8(w, 6)), a, 3);
        }
    }
    for (int g = 0; g < 4; g++)
        vst1q_s32(out + 4 * g, vsraq_n_s32(vsraq_n_s32(plain[g], by4[g], 2), by16[g], 4));
}

/* Four rows (16 bytes of each tile) for n tokens. Up to six tokens there are registers for a third accumulator each,
 * which saves one operation of five. `next` is as far ahead as four such passes go: each asks for a quarter of it, so
 * that memory is read evenly; into the second-level cache, for the first holds what is in use. */
static inline __attribute__((always_inline)) void rows_of_four(const uint8_t *tile, const uint8_t *next, int steps,
                                                               const int8_t *act, size_t stride, int n, int32_t *out,
                                                               size_t out_stride)
{
    const uint8x16_t m0 = vdupq_n_u8(0x03), m1 = vdupq_n_u8(0x0c), m2 = vdupq_n_u8(0x30);
    int32x4_t plain[DIRECT_TOKENS], by4[DIRECT_TOKENS], by16[DIRECT_TOKENS];
    for (int t = 0; t < n; t++)
        plain[t] = by4[t] = by16[t] = vdupq_n_s32(0);
    for (int s = 0; s < steps; s++, tile += 64, next += 16, act += 16) {
        uint8x16_t w = vld1q_u8(tile), upper = n > 6 ? vshrq_n_u8(w, 2) : vshrq_n_u8(w, 6);
        int8x16_t a[DIRECT_TOKENS];
        for (int t = 0; t < n; t++)
            a[t] = vld1q_s8(act + t * stride);
        __builtin_prefetch(next, 0, 2);
        int8x16_t f[4] = { as_signed(vandq_u8(w, m0)), as_signed(n > 6 ? vandq_u8(upper, m0) : vandq_u8(w, m1)),
                           as_signed(vandq_u8(w, m2)), as_signed(n > 6 ? vandq_u8(upper, m2) : upper) };
        for (int t = 0; t < n; t++) {
            plain[t] = dot(plain[t], f[0], a[t], 0);
            by16[t] = dot(by16[t], f[2], a[t], 2);
        }
        for (int t = 0; t < n; t++) {
            if (n > 6) {
                plain[t] = dot(plain[t], f[1], a[t], 1);
                by16[t] = dot(by16[t], f[3], a[t], 3);
            } else {
                by4[t] = dot(by4[t], f[1], a[t], 1);
                plain[t] = dot(plain[t], f[3], a[t], 3);
            }
        }
    }
    for (int t = 0; t < n; t++)
        vst1q_s32(out + t * out_stride, vsraq_n_s32(vsraq_n_s32(plain[t], by4[t], 2), by16[t], 4));
}

/* 16 rows for up to eight tokens. */
static void block_of_few(const uint8_t *tile, const uint8_t *next, int steps, const int8_t *act, size_t stride, int n,
                         int32_t *out, size_t out_stride)
{
    if (n == 1) {
        block_of_one(tile, steps, act, out);
        return;
    }
    size_t quarter = 16 * (size_t)steps;
    for (int g = 0; g < 4; g++, tile += 16, next += quarter, out += 4)
        switch (n) {
        case 2: rows_of_four(tile, next, steps, act, stride, 2, out, out_stride); break;
        case 3: rows_of_four(tile, next, steps, act, stride, 3, out, out_stride); break;
        case 4: rows_of_four(tile, next, steps, act, stride, 4, out, out_stride); break;
        case 5: rows_of_four(tile, next, steps, act, stride, 5, out, out_stride); break;
        case 6: rows_of_four(tile, next, steps, act, stride, 6, out, out_stride); break;
        case 7: rows_of_four(tile, next, steps, act, stride, 7, out, out_stride); break;
        default: rows_of_four(tile, next, steps, act, stride, 8, out, out_stride); break;
        }
}
