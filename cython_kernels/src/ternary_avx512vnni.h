/* Ternary weights by VPDPBUSD: four u8 x s8 products to each of sixteen lanes, one lane per row. */

/* One token. The four fields stay where they are in the byte; what a field's place multiplies its products by is
 * divided out of its own accumulator at the end. */
static inline void decode_block(const uint8_t *tile, int steps, const int8_t *act, int32_t *out)
{
    const __m512i mask = _mm512_set1_epi8(3);
    __m512i s[4] = { _mm512_setzero_si512(), _mm512_setzero_si512(), _mm512_setzero_si512(), _mm512_setzero_si512() };
    for (int i = 0; i < steps; i++, tile += 64, act += 16) {
        __m512i w = _mm512_loadu_si512(tile);
        _mm_prefetch((const char *)tile + 4096, _MM_HINT_T0);
        s[0] = _mm512_dpbusd_epi32(s[0], _mm512_and_si512(w, mask), quad(act));
        s[1] = _mm512_dpbusd_epi32(s[1], _mm512_and_si512(w, _mm512_slli_epi16(mask, 2)), quad(act + 4));
        s[2] = _mm512_dpbusd_epi32(s[2], _mm512_and_si512(w, _mm512_slli_epi16(mask, 4)), quad(act + 8));
        s[3] = _mm512_dpbusd_epi32(s[3], _mm512_and_si512(w, _mm512_slli_epi16(mask, 6)), quad(act + 12));
    }
    __m512i a = _mm512_add_epi32(s[0], _mm512_srai_epi32(s[1], 2));
    __m512i b = _mm512_add_epi32(_mm512_srai_epi32(s[2], 4), _mm512_srai_epi32(s[3], 6));
    _mm512_storeu_si512(out, _mm512_add_epi32(a, b));
}

/* n tokens (a constant at every call): a tile is unpacked once and used for all of them. */
static inline void prefill_block(const uint8_t *tile, int steps, const int8_t *act, size_t stride, int n, int32_t *out,
                                 size_t out_stride)
{
    const __m512i mask = _mm512_set1_epi8(3);
    __m512i s[16];
    for (int t = 0; t < n; t++)
        s[t] = _mm512_setzero_si512();
    for (int i = 0; i < steps; i++, tile += 64, act += 16) {
        __m512i w = _mm512_loadu_si512(tile);
        __m512i w0 = _mm512_and_si512(w, mask), w1 = _mm512_and_si512(_mm512_srli_epi16(w, 2), mask);
        __m512i w2 = _mm512_and_si512(_mm512_srli_epi16(w, 4), mask), w3 = _mm512_and_si512(_mm512_srli_epi16(w, 6), mask);
        for (int t = 0; t < n; t++)
            s[t] = _mm512_dpbusd_epi32(s[t], w0, quad(act + t * stride));
        for (int t = 0; t < n; t++)
            s[t] = _mm512_dpbusd_epi32(s[t], w1, quad(act + t * stride + 4));
        for (int t = 0; t < n; t++)
            s[t] = _mm512_dpbusd_epi32(s[t], w2, quad(act + t * stride + 8));
        for (int t = 0; t < n; t++)
            s[t] = _mm512_dpbusd_epi32(s[t], w3, quad(act + t * stride + 12));
    }
    for (int t = 0; t < n; t++)
        _mm512_storeu_si512(out + t * out_stride, s[t]);
}

static void ternary(const uint8_t *tiles, int blocks, size_t block_bytes, int steps, const int8_t *act,
                    size_t act_stride, int tokens, int32_t *out, size_t out_stride)
{
    for (int t = 0; t < tokens;) {
        int left = tokens - t, n = left >= 16 ? 16 : left >= 8 ? 8 : left >= 4 ? 4 : left >= 2 ? 2 : 1;
        for (int b = 0; b < blocks; b++) {
            const uint8_t *tile = tiles + b * block_bytes;
            const int8_t *a = act + t * act_stride;
            int32_t *o = out + t * out_stride + (size_t)b * EDGE_TILE;
            switch (n) {
            case 16: prefill_block(tile, steps, a, act_stride, 16, o, out_stride); break;
            case 8: prefill_block(tile, steps, a, act_stride, 8, o, out_stride); break;
            case 4: prefill_block(tile, steps, a, act_stride, 4, o, out_stride); break;
            case 2: prefill_block(tile, steps, a, act_stride, 2, o, out_stride); break;
            default: decode_block(tile, steps, a, o);
            }
        }
        t += n;
    }
}
