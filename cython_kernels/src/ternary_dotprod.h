/* Ternary weights by SDOT: by lane it adds four products to each of four rows, with the four columns' activations taken
 * straight from one lane of the activation register. SDOT and everything that unpacks share two pipes on a big core, so
 * what is not SDOT must be shared by as many tokens as possible:
 *   1 token        16 rows at once, one AND or shift a field;
 *   2..16 tokens   4 rows for up to 8 tokens, still straight from the packed bytes;
 *   more           a run of columns is unpacked once, into a buffer that stays in the first-level cache. */

/* Columns / 16 of one buffer: 12 kB, beside the activations of a few tokens. */
enum { CHUNK_STEPS = 48, DIRECT_TOKENS = 8, BUFFERED_TOKENS = 4 };

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
 * which saves one operation of five. `next` is as far ahead as four such passes go: each asks for a quarter of it. */
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
        __builtin_prefetch(next);
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

/* The fields of `steps` tiles: for each tile and each of its four fields 64 bytes, in the order of the tile's own. */
static void unpack(const uint8_t *tile, int steps, int8_t *fields)
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
    int32x4_t sum[BUFFERED_TOKENS][4];
    for (int t = 0; t < n; t++)
        for (int g = 0; g < 4; g++)
            sum[t][g] = first ? vdupq_n_s32(0) : vld1q_s32(out + t * out_stride + 4 * g);
    for (int s = 0; s < steps; s++, act += 16) {
        int8x16_t a[BUFFERED_TOKENS];
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
    int8_t fields[CHUNK_STEPS * 256];
    int chunks = (steps - 1) / CHUNK_STEPS + 1, size = (steps + chunks - 1) / chunks, s = 0;
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
