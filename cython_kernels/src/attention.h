/* The KV cache and attention over it, written once over sixteen lanes like float_ops.h, which comes first, as does
 * table8.
 *
 * Every number is computed by the same operations in the same order, however many rows, positions or dimensions share
 * a loop: the loops below only decide what stays in registers meanwhile. VF_SUMS (simd_*.h) is how many sums do. */

#include <string.h>

/* x ~ q * scale. A NaN or an infinity is in the scale, as with quantise8. */
static float quantise_kv(const float *x, int dim_pad, int8_t *q)
{
    float peak = peak_of(x, dim_pad), factor = 127.0f / (peak > 1e-20f ? peak : 1e-20f);
    vf f = vf_set1(factor), poison = vf_set1(0);
    for (int d = 0; d < dim_pad; d += 16) {
        vf_store_i8(q + d, vf_round(vf_max(vf_mul(vf_load(x + d), f), vf_set1(-127.0f))));
        poison = vf_fma(vf_load(x + d), vf_set1(0), poison);
    }
    return 1.0f / factor + vf_sum(poison);
}

/* An int8 cache is what table8 reads. Keys: for every 16 positions their scales, then [dim_pad/4][16][4]. Values: for
 * every chunk its positions' scales, then for every 16 dimensions [EDGE_CHUNK/4][16][4], the last being the position. */
EDGE_INLINE size_t key_block(int dim_pad) { return 64 + 16 * (size_t)dim_pad; }
EDGE_INLINE size_t value_chunk(int dim_pad) { return EDGE_CHUNK * ((size_t)dim_pad + sizeof(float)); }

static void store_kv8(const float *key, const float *value, int position, int dim_pad, char *k, char *v)
{
    int lane = position % 16, p = position % EDGE_CHUNK;
    k += (size_t)(position / 16) * key_block(dim_pad);
    v += (size_t)(position / EDGE_CHUNK) * value_chunk(dim_pad);
    int8_t q[1024];
    ((float *)k)[lane] = quantise_kv(key, dim_pad, q);
    for (int d = 0; d < dim_pad; d += 4)
        memcpy(k + 64 + 16 * (size_t)d + 4 * lane, q + d, 4);
    ((float *)v)[p] = quantise_kv(value, dim_pad, q);
    v += EDGE_CHUNK * sizeof(float) + 64 * (size_t)(p / 4) + p % 4;
    for (int d = 0; d < dim_pad; d++)
        v[(size_t)(d / 16) * EDGE_CHUNK * 16 + 4 * (d % 16)] = q[d];
}

/* n numbers in two digits, as table8 takes them, in the room of n floats: the digits, their sums, last the factor. */
static void digits_in(const float *x, int n, int room, float *out)
{
    int8_t *high = (int8_t *)out;
    out[room - 1] = quantise16(x, n, high, high + room, (int32_t *)(high + 2 * room));
}

EDGE_INLINE edge_digits digits_of(const float *rows, int room, int count)
{
    const int8_t *high = (const int8_t *)rows;
    const int32_t *sums = (const int32_t *)(high + 2 * room);
    return (edge_digits){ high, high + room, sums, 4 * (size_t)room, (size_t)room, count };
}

static void store_query(const float *q, int kv, int dim_pad, float *out)
{
    if (kv == EDGE_KV_INT8)
        digits_in(q, dim_pad, dim_pad, out);
    else
        memcpy(out, q, (size_t)dim_pad * sizeof *q);
}

static void store_kv(const float *key, const float *value, int kv, int position, int dim_pad, void *k, void *v)
{
    if (kv == EDGE_KV_INT8) {
        store_kv8(key, value, position, dim_pad, k, v);
        return;
    }
    size_t block = (size_t)(position & ~15) * dim_pad, lane = position & 15, row = (size_t)position * dim_pad;
    if (kv == EDGE_KV_F32) {
        for (int d = 0; d < dim_pad; d++)
            ((float *)k)[block + 16 * (size_t)d + lane] = key[d];
        for (int d = 0; d < dim_pad; d += 16)
            vf_store((float *)v + row + d, vf_load(value + d));
        return;
    }
    for (int d = 0; d < dim_pad; d += 16) {
        uint16_t half[16];
        vf_store_half(half, vf_load(key + d));
        for (int i = 0; i < 16; i++)
            ((uint16_t *)k)[block + 16 * (size_t)(d + i) + lane] = half[i];
        vf_store_half((uint16_t *)v + row + d, vf_load(value + d));
    }
}

EDGE_INLINE vf load_kv(const void *p, size_t i, int kv)
{
    return kv == EDGE_KV_F32 ? vf_load((const float *)p + i) : vf_load_half((const uint16_t *)p + i);
}

/* Element i of a cache. */
EDGE_INLINE const void *kv_at(const void *p, size_t i, int kv)
{
    return (const char *)p + i * (kv == EDGE_KV_F32 ? 4 : 2);
}

/* How many of the rows that are left go through a loop together. */
EDGE_INLINE int share(int rows) { return VF_SUMS >= 8 && rows >= 8 ? 8 : rows >= 4 ? 4 : rows; }

/* Calls LOOP(rows, wide) for constants, so that the compiler keeps the sums in registers: one column of tiles, or as
 * many as there are registers for. */
#define WITH_CONSTANTS(rows, wide, LOOP)                    \
    switch (2 * (rows) + ((wide) > 1)) {                    \
    case 16: if (VF_SUMS >= 8) LOOP(8, 1); break;           \
    case 9: if (VF_SUMS >= 8) LOOP(4, 2); break;            \
    case 8: LOOP(4, 1); break;                              \
    case 7: if (VF_SUMS >= 8) LOOP(3, 2); break;            \
    case 6: LOOP(3, 1); break;                              \
    case 5: LOOP(2, VF_SUMS / 2); break;                    \
    case 4: LOOP(2, 1); break;                              \
    case 3: LOOP(1, VF_SUMS); break;                        \
    default: LOOP(1, 1); break;                             \
    }

/* ... and for each kind of cache once. */
#define FOR_FLOATS(name, parameters, arguments)                                     \
    static __attribute__((noinline)) void name##_f16 parameters                     \
    {                                                                               \
        enum { kv = EDGE_KV_F16 };                                                  \
        name##_loops arguments;                                                     \
    }                                                                               \
    static __attribute__((noinline)) void name##_f32 parameters                     \
    {                                                                               \
        enum { kv = EDGE_KV_F32 };                                                  \
        name##_loops arguments;                                                     \
    }

/* Scores of `rows` queries at `tiles` blocks of 16 positions. */
EDGE_INLINE void score_loop(const float *q, int rows, const void *k, int kv, int tiles, int dim_pad, float *scores)
{
    vf sum[8];
    for (int i = 0; i < rows * tiles; i++)
        sum[i] = vf_set1(0);
    for (int d = 0; d < dim_pad; d += 4) {
        vf_four x[8];
        for (int r = 0; r < rows; r++)
            x[r] = vf_load_four(q + (size_t)r * dim_pad + d);
        for (int t = 0; kv == EDGE_KV_F16 && t < 2 * tiles; t++)
            __builtin_prefetch(kv_at(k, 16 * ((size_t)(tiles + t / 2) * dim_pad + d) + t % 2 * 32, kv));
        for (int j = 0; j < 4; j++)
            for (int t = 0; t < tiles; t++) {
                vf key = load_kv(k, 16 * ((size_t)t * dim_pad + d + j), kv);
                for (int r = 0; r < rows; r++)
                    sum[r * tiles + t] = vf_fma_one(key, x[r], j, sum[r * tiles + t]);
            }
    }
    for (int r = 0; r < rows; r++)
        for (int t = 0; t < tiles; t++)
            vf_store(scores + r * EDGE_CHUNK + 16 * t, sum[r * tiles + t]);
}

EDGE_INLINE void score_loops(const float *q, int rows, const void *k, int kv, int tiles, int dim_pad, float *scores)
{
    for (int n; rows; rows -= n, q += (size_t)n * dim_pad, scores += n * EDGE_CHUNK) {
        n = share(rows);
        for (int t = 0, run; t < tiles; t += run) {
            const void *at = kv_at(k, 16 * (size_t)t * dim_pad, kv);
            run = tiles - t >= VF_SUMS / n ? VF_SUMS / n : 1;
#define LOOP(rows, wide) score_loop(q, rows, at, kv, wide, dim_pad, scores + 16 * t)
            WITH_CONSTANTS(n, run, LOOP)
#undef LOOP
        }
    }
}

FOR_FLOATS(score, (const float *q, int rows, const void *k, int tiles, int dim_pad, float *scores),
           (q, rows, k, kv, tiles, dim_pad, scores))

/* Adds `count` positions' values, weighted, to the sums of `rows` rows, for `wide` times 16 dimensions. */
EDGE_INLINE void mix_loop(const float *weights, int rows, const void *v, int kv, int count, int wide, int dim_pad,
                          float *out)
{
    size_t stride = EDGE_PARTIAL(dim_pad);
    vf sum[8];
    for (int r = 0; r < rows; r++)
        for (int i = 0; i < wide; i++)
            sum[r * wide + i] = vf_load(out + r * stride + 16 * i);
    int p = 0;
    for (; p + 4 <= count; p += 4) {
        vf_four x[8];
        for (int r = 0; r < rows; r++)
            x[r] = vf_load_four(weights + r * EDGE_CHUNK + p);
        for (int j = 0; kv == EDGE_KV_F16 && j < 4; j++)
            for (int i = 0; i < wide; i += 2)
                __builtin_prefetch(kv_at(v, (size_t)(p + j + 32) * dim_pad + 16 * i, kv));
        for (int j = 0; j < 4; j++)
            for (int i = 0; i < wide; i++) {
                vf value = load_kv(v, (size_t)(p + j) * dim_pad + 16 * i, kv);
                for (int r = 0; r < rows; r++)
                    sum[r * wide + i] = vf_fma_one(value, x[r], j, sum[r * wide + i]);
            }
    }
    for (; p < count; p++)
        for (int i = 0; i < wide; i++) {
            vf value = load_kv(v, (size_t)p * dim_pad + 16 * i, kv);
            for (int r = 0; r < rows; r++)
                sum[r * wide + i] = vf_fma(value, vf_set1(weights[r * EDGE_CHUNK + p]), sum[r * wide + i]);
        }
    for (int r = 0; r < rows; r++)
        for (int i = 0; i < wide; i++)
            vf_store(out + r * stride + 16 * i, sum[r * wide + i]);
}

EDGE_INLINE void mix_loops(const float *weights, int rows, const void *v, int kv, int count, int dim_pad, float *out)
{
    for (int n; rows; rows -= n, weights += n * EDGE_CHUNK, out += n * EDGE_PARTIAL(dim_pad)) {
        n = share(rows);
        for (int d = 0, run; d < dim_pad; d += 16 * run) {
            const void *at = kv_at(v, d, kv);
            run = (dim_pad - d) / 16 >= VF_SUMS / n ? VF_SUMS / n : 1;
#define LOOP(rows, wide) mix_loop(weights, rows, at, kv, count, wide, dim_pad, out + d)
            WITH_CONSTANTS(n, run, LOOP)
#undef LOOP
        }
    }
}

FOR_FLOATS(mix, (const float *weights, int rows, const void *v, int count, int dim_pad, float *out),
           (weights, rows, v, kv, count, dim_pad, out))

/* Scores of `positions` become weights e^(score - peak), zero behind them; peak and total go behind the sums. */
static void soften(float *s, int positions, float *peak_and_total)
{
    int n = (int)EDGE_PAD(positions);
    for (int i = positions; i < n; i++)
        s[i] = -INFINITY;
    vf top = vf_load(s);
    for (int i = 16; i < n; i += 16)
        top = vf_max(top, vf_load(s + i));
    float peak = vf_peak(top);
    top = vf_set1(peak);
    vf total = vf_set1(0);
    for (int i = 0; i < n; i += 16) {
        vf e = vf_exp(vf_sub(vf_load(s + i), top));
        vf_store(s + i, e);
        if (i + 16 > positions) { /* the lanes past the end must weigh nothing at all */
            for (int j = positions; j < i + 16; j++)
                s[j] = 0;
            e = vf_load(s + i);
        }
        total = vf_add(total, e);
    }
    peak_and_total[0] = peak;
    peak_and_total[1] = vf_sum(total);
}

/* Adds a partial sum to another one. */
static void join(float *sum, const float *part, int dim_pad)
{
    float peak = sum[dim_pad] > part[dim_pad] ? sum[dim_pad] : part[dim_pad];
    vf a = vf_exp(vf_set1(sum[dim_pad] - peak)), b = vf_exp(vf_set1(part[dim_pad] - peak));
    for (int d = 0; d < dim_pad; d += 16)
        vf_store(sum + d, vf_fma(vf_load(part + d), b, vf_mul(vf_load(sum + d), a)));
    float total[2][16];
    vf_store(total[0], a);
    vf_store(total[1], b);
    sum[dim_pad + 1] = sum[dim_pad + 1] * total[0][0] + part[dim_pad + 1] * total[1][0];
    sum[dim_pad] = peak;
}

static void merge(const float *parts, size_t stride, int count, int dim_pad, float *out)
{
    memcpy(out, parts, EDGE_PARTIAL(dim_pad) * sizeof *out);
    for (int i = 1; i < count; i++)
        join(out, parts + i * stride, dim_pad);
    vf inverse = vf_set1(1.0f / out[dim_pad + 1]);
    for (int d = 0; d < dim_pad; d += 16)
        vf_store(out + d, vf_mul(vf_load(out + d), inverse));
}

/* 16 x dim_pad numbers of the cache as floats: many rows then share the conversion. */
static void widen_tile(const uint16_t *from, int dim_pad, float *tile)
{
    for (int i = 0; i < 16 * dim_pad; i += 16)
        vf_store(tile + i, vf_load_half(from + i));
}

/* One chunk, of which the first of `tokens` sees `shortest` positions and each next one more, up to EDGE_CHUNK. */
static void attend_chunk(const edge_part *a, const float *q, int tokens, int chunk, int shortest, float *out)
{
    int rows = tokens * a->group, dim_pad = a->dim_pad, longest = shortest + tokens - 1;
    int kv = a->kv, widen = kv == EDGE_KV_F16 && rows > 4, step = widen ? 16 : 32;
    float *scores = a->scratch, *tile = scores + (size_t)a->tokens * a->group * EDGE_CHUNK;
    size_t start = (size_t)chunk * EDGE_CHUNK * dim_pad, width = EDGE_PARTIAL(dim_pad);
    const void *k = kv_at(a->k, start, kv), *v = kv_at(a->v, start, kv);
    void (*mix_plain)(const float *, int, const void *, int, int, float *) = kv == EDGE_KV_F32 ? mix_f32 : mix_f16;
    longest = longest < EDGE_CHUNK ? longest : EDGE_CHUNK;

    if (widen)
        for (int p = 0; p < longest; p += 16) {
            widen_tile(kv_at(k, (size_t)p * dim_pad, kv), dim_pad, tile);
            score_f32(q, rows, tile, 1, dim_pad, scores + p);
        }
    else
        (kv == EDGE_KV_F32 ? score_f32 : score_f16)(q, rows, k, (longest + 15) / 16, dim_pad, scores);
    for (int r = 0; r < rows; r++) {
        int seen = shortest + r / a->group;
        soften(scores + r * EDGE_CHUNK, seen < EDGE_CHUNK ? seen : EDGE_CHUNK, out + r * width + dim_pad);
        memset(out + r * width, 0, (size_t)dim_pad * sizeof *out);
    }
    for (int p = 0; p < shortest; p += step) {
        const void *at = kv_at(v, (size_t)p * dim_pad, kv);
        int count = shortest - p < step ? shortest - p : step;
        if (widen) {
            widen_tile(at, dim_pad, tile);
            mix_f32(scores + p, rows, tile, count, dim_pad, out);
        } else
            mix_plain(scores + p, rows, at, count, dim_pad, out);
    }
    /* What only some of the tokens see is no matter of the others', not even times zero: it may be infinite. */
    for (int t = 1; t < tokens && shortest < EDGE_CHUNK; t++) {
        int more = shortest + t <= EDGE_CHUNK ? t : EDGE_CHUNK - shortest;
        mix_plain(scores + t * a->group * EDGE_CHUNK + shortest, a->group, kv_at(v, (size_t)shortest * dim_pad, kv),
                  more, dim_pad, out + t * a->group * width);
    }
}

EDGE_INLINE int least(int a, int b) { return a < b ? a : b; }

/* The same over an int8 cache: exact integer sums of the chunk's scores, and of its values under weights that have
 * been rounded to 16 bits of their highest. */
static void attend_chunk8(const edge_part *a, const float *q, int tokens, int chunk, int shortest, float *out)
{
    int rows = tokens * a->group, all = a->tokens * a->group, dim_pad = a->dim_pad;
    int n = (int)EDGE_PAD(least(shortest + tokens - 1, EDGE_CHUNK));
    size_t width = EDGE_PARTIAL(dim_pad);
    float *scores = a->scratch, *weights = scores + all * (EDGE_CHUNK + width) + 16 * (size_t)dim_pad;
    int32_t *high = (int32_t *)(weights + (size_t)all * EDGE_CHUNK), *low = high + 16 * (size_t)all;
    const char *k = (const char *)a->k + (size_t)chunk * (EDGE_CHUNK / 16) * key_block(dim_pad);
    const char *v = (const char *)a->v + (size_t)chunk * value_chunk(dim_pad);
    const float *value_scale = (const float *)v;
    vf base = vf_set1(255.0f);

    edge_digits x = digits_of(q, dim_pad, rows);
    for (int p = 0; p < n; p += 16, k += key_block(dim_pad)) {
        for (int i = 0; i < 16 * dim_pad; i += 64) /* values on their way while the weights are made */
            __builtin_prefetch(v + (size_t)p * dim_pad + i);
        table8((const int8_t *)k + 64, dim_pad / 4, &x, high, low);
        vf scale = vf_load((const float *)k);
        for (int r = 0; r < rows; r++) {
            vf s = vf_fma(vf_load_i32(high + 16 * r), base, vf_load_i32(low + 16 * r));
            vf_store(scores + r * EDGE_CHUNK + p, vf_mul(s, vf_mul(vf_set1(q[(r + 1) * dim_pad - 1]), scale)));
        }
    }
    for (int r = 0; r < rows; r++) {
        float *s = scores + r * EDGE_CHUNK;
        int seen = least(shortest + r / a->group, EDGE_CHUNK);
        soften(s, seen, out + r * width + dim_pad);
        for (int p = 0; p < seen; p += 16)
            vf_store(s + p, vf_mul(vf_load(s + p), vf_load(value_scale + p)));
        memset(s + seen, 0, (size_t)(n - seen) * sizeof *s); /* whatever scales lie there */
        digits_in(s, n, EDGE_CHUNK, weights + (size_t)r * EDGE_CHUNK);
    }
    x = digits_of(weights, EDGE_CHUNK, rows);
    for (int d = 0; d < dim_pad; d += 16) {
        table8((const int8_t *)(value_scale + EDGE_CHUNK) + (size_t)d * EDGE_CHUNK, n / 4, &x, high, low);
        for (int r = 0; r < rows; r++) {
            vf s = vf_fma(vf_load_i32(high + 16 * r), base, vf_load_i32(low + 16 * r));
            vf_store(out + r * width + d, vf_mul(s, vf_set1(weights[(r + 1) * EDGE_CHUNK - 1])));
        }
    }
}

static void attend(const edge_part *a)
{
    size_t width = EDGE_PARTIAL(a->dim_pad);
    int rows = a->tokens * a->group;
    float *part = a->scratch + (size_t)rows * EDGE_CHUNK + 16 * (size_t)a->dim_pad;
    for (int c = a->first; c < a->stop; c++) {
        int before = c * EDGE_CHUNK - a->position, skip = before > 0 ? before : 0; /* tokens that end before it */
        int seen = a->position + skip + 1 - c * EDGE_CHUNK, shortest = seen < EDGE_CHUNK ? seen : EDGE_CHUNK;
        int first = skip * a->group;
        float *out = c == a->first ? a->out : part;
        if (a->kv == EDGE_KV_INT8)
            attend_chunk8(a, a->q + (size_t)first * a->dim_pad, a->tokens - skip, c, shortest, out);
        else
            attend_chunk(a, a->q + (size_t)first * a->dim_pad, a->tokens - skip, c, shortest, out);
        if (c > a->first)
            for (int r = first; r < rows; r++)
                join(a->out + r * width, part + (r - first) * width, a->dim_pad);
    }
}
#undef WITH_CONSTANTS
#undef EDGE_INLINE

#define EDGE_ATTENTION_OPS .attend = attend, .merge = merge, .store_kv = store_kv, .store_query = store_query
