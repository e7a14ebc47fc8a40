/* Ternary weights by VPMADDUBSW: u8 x s8 into pairs of 16 bits, which are widened before they can overflow. */

static inline __m256i widen(__m256i pairs) { return _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)); }

/* 16 rows (two registers of 8) for n tokens, n a constant at every call. A field holds at most 3 in a damaged file, so
 * a pair of products is at most 3*128*2 = 768 in magnitude and the four fields of a tile together 3072: ten tiles fit
 * in 16 bits. Eight are taken. */
static inline void block_of(const uint8_t *tile, int steps, const int8_t *act, size_t stride, int n, int32_t *out,
                            size_t out_stride)
{
    const __m256i mask = _mm256_set1_epi8(3);
    for (int half = 0; half < 2; half++) {
        __m256i total[4];
        for (int t = 0; t < n; t++)
            total[t] = _mm256_setzero_si256();
        for (int i = 0; i < steps;) {
            __m256i narrow[4];
            for (int t = 0; t < n; t++)
                narrow[t] = _mm256_setzero_si256();
            for (int end = i + 8 < steps ? i + 8 : steps; i < end; i++) {
                __m256i w = _mm256_loadu_si256((const __m256i *)(tile + 64 * (size_t)i + 32 * half));
                for (int p = 0; p < 4; p++) {
                    __m256i field = _mm256_and_si256(w, mask);
                    w = _mm256_srli_epi16(w, 2);
                    for (int t = 0; t < n; t++)
                        narrow[t] = _mm256_add_epi16(
                            narrow[t], _mm256_maddubs_epi16(field, quad(act + t * stride + 16 * (size_t)i + 4 * p)));
                }
            }
            for (int t = 0; t < n; t++)
                total[t] = _mm256_add_epi32(total[t], widen(narrow[t]));
        }
        for (int t = 0; t < n; t++)
            _mm256_storeu_si256((__m256i *)(out + t * out_stride + 8 * half), total[t]);
    }
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
                block_of(tile, steps, a, act_stride, 4, o, out_stride);
            else
                block_of(tile, steps, a, act_stride, 1, o, out_stride);
        }
        t += n;
    }
}
