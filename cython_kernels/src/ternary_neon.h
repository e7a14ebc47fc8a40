/* Ternary weights without a dot product: bytes are multiplied into 16 bits (SMLAL) and widened before they can
 * overflow. Up to seven tokens are taken straight from the packed bytes; from eight on, a run of columns is unpacked
 * once for all of them. */

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

/* Four rows (16 bytes of each tile) for four tokens: the fields are unpacked once. `next` is as far ahead as four such
 * passes go: each asks for a quarter of it, so that memory is read evenly; into the second-level cache, for the first
 * holds what is in use. */
static inline void rows_of_four(const uint8_t *tile, const uint8_t *next, int steps, const int8_t *act, size_t stride,
                                int32_t *out, size_t out_stride)
{
    int32x4_t total[8];
    for (int i = 0; i < 8; i++)
        total[i] = vdupq_n_s32(0);
    for (int s = 0; s < steps;) {
        int16x8_t narrow[8];
        for (int i = 0; i < 8; i++)
            narrow[i] = vdupq_n_s16(0);
        for (int end = s + 16 < steps ? s + 16 : steps; s < end; s++, tile += 64, next += 16, act += 16) {
            uint8x16_t w = vld1q_u8(tile);
            __builtin_prefetch(next, 0, 2);
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

/* From here on: many tokens. Every lane is a column, so activations are used as they lie, and sums over lanes are made
 * once a run of columns.
 *
 * A Cortex-A72 has two vector pipes but multiplies on one of them: with SMLAL alone half of the machine idles. So of
 * eight rows, five are multiplied and three are done by logic on the other pipe: w*a = ((a & ~zero) ^ minus) + [w = -1]
 * for w in -1, 0, 1, and what is wanted, (w + 1)*a, is that plus a. The number of -1 is counted while unpacking, the
 * sum of the activations once a call. */
enum { RUN_STEPS = 40, MULTIPLIED = 5, MASKED = 3, STEP_BYTES = 16 * (MULTIPLIED + 2 * MASKED), SHARED_TOKENS = 64 };

/* One row of four: its four bytes, repeated, and of the p-th repetition field p: byte j of that is column 4*p + j. */
static inline uint8x16_t row_of(uint8x16_t four, int row)
{
    static const int8_t by_field[16] = { 0, 0, 0, 0, -2, -2, -2, -2, -4, -4, -4, -4, -6, -6, -6, -6 };
    uint8x16_t bytes = vreinterpretq_u8_s8(spread(vreinterpretq_s8_u8(four), row));
    return vandq_u8(vshlq_u8(bytes, vld1q_s8(by_field)), vdupq_n_u8(3));
}

/* Eight rows (32 bytes of each tile). For every step: where the masked rows are 0, the multiplied rows' fields, where
 * the masked rows are -1. minus[1..3] gets how often each masked row is -1. Returns 0 if a masked row holds a field
 * that no weight has. */
static __attribute__((noinline)) int unpack(const uint8_t *restrict tile, int steps, int8_t *restrict to,
                                            int32_t *restrict minus)
{
    uint8x16_t count[MASKED], top = vdupq_n_u8(0);
    for (int m = 0; m < MASKED; m++)
        count[m] = top;
    for (int s = 0; s < steps; s++, tile += 64, to += STEP_BYTES) {
        uint8x16_t half[2] = { vld1q_u8(tile), vld1q_u8(tile + 16) };
        for (int r = 0; r < MULTIPLIED; r++)
            vst1q_s8(to + 16 * (MASKED + r), vreinterpretq_s8_u8(row_of(half[r / 4], r % 4)));
        for (int m = 0; m < MASKED; m++) {
            uint8x16_t row = row_of(half[1], MULTIPLIED + m - 4), is_minus = vceqq_u8(row, vdupq_n_u8(0));
            vst1q_s8(to + 16 * m, vreinterpretq_s8_u8(vceqq_u8(row, vdupq_n_u8(1))));
            vst1q_s8(to + 16 * (MASKED + MULTIPLIED + m), vreinterpretq_s8_u8(is_minus));
            count[m] = vsubq_u8(count[m], is_minus);
            top = vmaxq_u8(top, row);
        }
    }
    minus[0] = 0;
    for (int m = 0; m < MASKED; m++)
        minus[1 + m] = vaddlvq_u8(count[m]);
    return vmaxvq_u8(top) < 3;
}

/* The sums over the lanes of four accumulators. */
static inline int32x4_t across(const int16x8_t sum[4][2], int t)
{
    return vpaddq_s32(vpaddq_s32(vpaddlq_s16(sum[0][t]), vpaddlq_s16(sum[1][t])),
                      vpaddq_s32(vpaddlq_s16(sum[2][t]), vpaddlq_s16(sum[3][t])));
}

/* Eight unpacked rows for two tokens. `total`: the sums of all their activations
 * with the first columns, else NULL, and `out` is added to. A field of a multiplied row adds at most 2*3*128 = 768 to a
 * lane per step, which leaves room for 42 steps. */
static inline void rows_of_eight(const int8_t *fields, int steps, const int8_t *act, size_t stride,
                                 const int32_t minus[4], const int32_t *total, int32_t *out, size_t out_stride)
{
    int16x8_t sum[8][2];
    for (int r = 0; r < 8; r++)
        sum[r][0] = sum[r][1] = vdupq_n_s16(0);
    for (int s = 0; s < steps; s++, fields += STEP_BYTES, act += 16) {
        int8x16_t a[2] = { vld1q_s8(act), vld1q_s8(act + stride) }, f[STEP_BYTES / 16], part[MASKED][2];
        for (int i = 0; i < STEP_BYTES / 16; i++)
            f[i] = vld1q_s8(fields + 16 * i);
        /* Everything is loaded above this line: an in-order core (Cortex-A53) loses two cycles whenever a load follows
         * arithmetic, and compilers like to spread the loads. That `stride` seems to change keeps them from a pointer
         * and an addition for each of the tokens. */
        __asm__ volatile("" : "+w"(a[0]), "+w"(a[1]), "+w"(f[0]), "+w"(f[1]), "+w"(f[2]), "+w"(f[3]), "+w"(f[4]),
                         "+w"(f[5]), "+w"(f[6]), "+w"(f[7]), "+w"(f[8]), "+w"(f[9]), "+w"(f[10]), "+r"(stride));
        for (int t = 0; t < 2; t++)
            for (int m = 0; m < MASKED; m++)
                part[m][t] = vbicq_s8(a[t], f[m]);
        for (int r = 0; r < MULTIPLIED; r++)
            for (int t = 0; t < 2; t++)
                sum[r][t] = vmlal_s8(sum[r][t], vget_low_s8(f[MASKED + r]), vget_low_s8(a[t]));
        for (int t = 0; t < 2; t++)
            for (int m = 0; m < MASKED; m++)
                part[m][t] = veorq_s8(part[m][t], f[MASKED + MULTIPLIED + m]);
        for (int r = 0; r < MULTIPLIED; r++)
            for (int t = 0; t < 2; t++)
                sum[r][t] = vmlal_high_s8(sum[r][t], f[MASKED + r], a[t]);
        for (int t = 0; t < 2; t++)
            for (int m = 0; m < MASKED; m++)
                sum[MULTIPLIED + m][t] = vpadalq_s8(sum[MULTIPLIED + m][t], part[m][t]);
    }
    static const int32_t masked[4] = { 0, -1, -1, -1 };
    for (int t = 0; t < 2; t++, out += out_stride) {
        int32x4_t low = across(sum, t), high = vaddq_s32(across(sum + 4, t), vld1q_s32(minus));
        if (total) {
            high = vaddq_s32(high, vandq_s32(vdupq_n_s32(total[t]), vld1q_s32(masked)));
        } else {
            low = vaddq_s32(low, vld1q_s32(out));
            high = vaddq_s32(high, vld1q_s32(out + 4));
        }
        vst1q_s32(out, low);
        vst1q_s32(out + 4, high);
    }
}

/* The sum of a token's activations. Four sums run side by side, as each addition waits for the one before; a step adds
 * at most 2*128 to a lane of 16 bits, which has room for 127. */
static int32_t total_of(const int8_t *act, int steps)
{
    int32x4_t sum = vdupq_n_s32(0);
    for (int s = 0; s < steps;) {
        int end = s + 480 < steps ? s + 480 : steps;
        int16x8_t narrow[4] = { vdupq_n_s16(0), vdupq_n_s16(0), vdupq_n_s16(0), vdupq_n_s16(0) };
        for (; s + 4 <= end; s += 4, act += 64)
            for (int i = 0; i < 4; i++)
                narrow[i] = vpadalq_s8(narrow[i], vld1q_s8(act + 16 * i));
        for (; s < end; s++, act += 16)
            narrow[0] = vpadalq_s8(narrow[0], vld1q_s8(act));
        for (int i = 0; i < 4; i++)
            sum = vpadalq_s16(sum, narrow[i]);
    }
    return vaddvq_s32(sum);
}

/* 16 rows for an even number of tokens. Returns 0 for weights that must go another way: those of a damaged file. */
static __attribute__((noinline)) int block_of_many(const uint8_t *tile, int steps, const int8_t *act, size_t stride,
                                                   int tokens, const int32_t *total, int32_t *out, size_t out_stride)
{
    int8_t fields[2][RUN_STEPS * STEP_BYTES];
    int32_t minus[2][4];
    int runs = (steps - 1) / RUN_STEPS + 1, size = (steps + runs - 1) / runs, s = 0;
    do {
        int n = steps - s < size ? steps - s : size;
        for (int h = 0; h < 2; h++)
            if (!unpack(tile + 64 * (size_t)s + 32 * h, n, fields[h], minus[h]))
                return 0;
        for (int t = 0; t < tokens; t += 2) {
            const int8_t *a = act + t * stride + EDGE_TILE * (size_t)s;
            for (int h = 0; h < 2; h++)
                rows_of_eight(fields[h], n, a, stride, minus[h], s ? NULL : total + t, out + t * out_stride + 8 * h,
                              out_stride);
        }
    } while ((s += size) < steps);
    return 1;
}

static void block_of_few(const uint8_t *tile, const uint8_t *next, int steps, const int8_t *act, size_t stride,
                         int tokens, int32_t *out, size_t out_stride)
{
    for (; tokens >= 4; tokens -= 4, act += 4 * stride, out += 4 * out_stride)
        for (int g = 0; g < 4; g++, next += 16 * (size_t)steps)
            rows_of_four(tile + 16 * g, next, steps, act, stride, out + 4 * g, out_stride);
    for (; tokens; tokens--, act += stride, out += out_stride)
        block_of_one(tile, steps, act, out);
}

static void ternary(const uint8_t *tiles, int blocks, size_t block_bytes, int steps, const int8_t *act,
                    size_t act_stride, int tokens, int32_t *out, size_t out_stride)
{
    for (int n; tokens; tokens -= n, act += n * act_stride, out += n * out_stride) {
        n = tokens < SHARED_TOKENS ? tokens : SHARED_TOKENS;
        int32_t total[SHARED_TOKENS];
        int many = n < 8 ? 0 : n & ~1;
        for (int t = 0; t < many; t++)
            total[t] = total_of(act + t * act_stride, steps);
        for (int b = 0; b < blocks; b++) {
            const uint8_t *tile = tiles + b * block_bytes;
            int32_t *o = out + (size_t)b * EDGE_TILE;
            int done = many && block_of_many(tile, steps, act, act_stride, many, total, o, out_stride) ? many : 0;
            block_of_few(tile, tile + block_bytes, steps, act + done * act_stride, act_stride, n - done,
                         o + done * out_stride, out_stride);
        }
    }
}
