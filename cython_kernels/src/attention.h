/* The KV cache and attention over it, written once over sixteen lanes like float_ops.h, which comes first. */

static void store_kv(const float *key, const float *value, int kv, int position, int dim_pad, void *k, void *v)
{
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

static inline vf load_kv(const void *p, size_t i, int kv)
{
    return kv == EDGE_KV_F32 ? vf_load((const float *)p + i) : vf_load_half((const uint16_t *)p + i);
}

/* Scores of one block of 16 positions for up to four heads: the key is converted once for all of them. */
static inline void score_block(const float *q, int heads, const void *k, size_t at, int kv, int dim_pad, float *scores,
                               size_t stride)
{
    vf sum[4];
    for (int h = 0; h < heads; h++)
        sum[h] = vf_set1(0);
    for (int d = 0; d < dim_pad; d++) {
        vf key = load_kv(k, at + 16 * (size_t)d, kv);
        for (int h = 0; h < heads; h++)
            sum[h] = vf_fma(vf_set1(q[h * dim_pad + d]), key, sum[h]);
    }
    for (int h = 0; h < heads; h++)
        vf_store(scores + h * stride, sum[h]);
}

static void softmax(float *s, int positions)
{
    int n = (int)EDGE_PAD(positions);
    for (int i = positions; i < n; i++)
        s[i] = -INFINITY;
    vf top = vf_load(s);
    for (int i = 16; i < n; i += 16)
        top = vf_max(top, vf_load(s + i));
    top = vf_set1(vf_peak(top));
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
    vf inverse = vf_set1(1.0f / vf_sum(total));
    for (int i = 0; i < n; i += 16)
        vf_store(s + i, vf_mul(vf_load(s + i), inverse));
}

static inline void mix_values(const float *scores, size_t stride, int heads, const void *v, int kv, int positions,
                              int dim_pad, float *out)
{
    for (int d = 0; d < dim_pad; d += 16) {
        vf sum[4];
        for (int h = 0; h < heads; h++)
            sum[h] = vf_set1(0);
        for (int p = 0; p < positions; p++) {
            vf value = load_kv(v, (size_t)p * dim_pad + d, kv);
            for (int h = 0; h < heads; h++)
                sum[h] = vf_fma(vf_set1(scores[h * stride + p]), value, sum[h]);
        }
        for (int h = 0; h < heads; h++)
            vf_store(out + h * dim_pad + d, sum[h]);
    }
}

/* `heads` and `kv` are constants at every call, so the compiler keeps the inner loops in registers. */
#define ATTEND(heads, kv)                                                                          \
    do {                                                                                           \
        for (int p = 0; p < positions; p += 16)                                                    \
            score_block(q, heads, k, (size_t)p * dim_pad, kv, dim_pad, scores + p, stride);      \
        for (int h = 0; h < heads; h++)                                                            \
            softmax(scores + h * stride, positions);                                               \
        mix_values(scores, stride, heads, v, kv, positions, dim_pad, out);                       \
    } while (0)

static void attention(const float *q, int group, const void *k, const void *v, int kv, int positions, int dim_pad,
                      float *scores, float *out)
{
    size_t stride = EDGE_PAD(positions);
    while (group) {
        int heads = group >= 4 ? 4 : group >= 2 ? 2 : 1;
        switch (heads * 2 + (kv == EDGE_KV_F32)) {
        case 8: ATTEND(4, EDGE_KV_F16); break;
        case 9: ATTEND(4, EDGE_KV_F32); break;
        case 4: ATTEND(2, EDGE_KV_F16); break;
        case 5: ATTEND(2, EDGE_KV_F32); break;
        case 2: ATTEND(1, EDGE_KV_F16); break;
        default: ATTEND(1, EDGE_KV_F32); break;
        }
        q += heads * dim_pad;
        out += heads * dim_pad;
        group -= heads;
    }
}
#undef ATTEND

#define EDGE_ATTENTION_OPS .attention = attention, .store_kv = store_kv
