/* The head's tables: rows of small integers times activations in two digits. */
#include "codes.h"

/* n tokens (a constant at every call) share each load of weights. */
EDGE_INLINE void table8_tokens(const int8_t *block, int quads, const edge_digits *x, int first, int n, int32_t *high,
                               int32_t *low)
{
    const __m512i flip = _mm512_set1_epi8(-128);
    const int8_t *a = x->high + first * x->stride, *b = x->low + first * x->stride;
    __m512i h[8], l[8];
    for (int t = 0; t < n; t++)
        h[t] = l[t] = _mm512_setzero_si512();
    for (int q = 0; q < quads; q++, a += 4, b += 4) {
        /* w + 128 is unsigned, as VPDPBUSD wants it; 128 times the activations' sum comes off at the end. */
        __m512i w = _mm512_xor_si512(_mm512_loadu_si512(block + 64 * (size_t)q), flip);
        _mm_prefetch((const char *)block + 64 * (size_t)q + 8192, _MM_HINT_T0);
        for (int t = 0; t < n; t++) {
            h[t] = add_quad(h[t], w, a + t * x->stride);
            l[t] = add_quad(l[t], w, b + t * x->stride);
        }
    }
    for (int t = 0; t < n; t++) {
        const int32_t *sums = x->sums + (first + t) * x->sum_stride;
        _mm512_storeu_si512(high + 16 * (first + t), _mm512_sub_epi32(h[t], _mm512_set1_epi32(128 * sums[0])));
        _mm512_storeu_si512(low + 16 * (first + t), _mm512_sub_epi32(l[t], _mm512_set1_epi32(128 * sums[1])));
    }
}

static void table8(const int8_t *block, int quads, const edge_digits *x, int32_t *high, int32_t *low)
{
    for (int t = 0; t < x->tokens;) {
        int left = x->tokens - t, n = left >= 8 ? 8 : left >= 4 ? 4 : left >= 2 ? 2 : 1;
        switch (n) {
        case 8: table8_tokens(block, quads, x, t, 8, high, low); break;
        case 4: table8_tokens(block, quads, x, t, 4, high, low); break;
        case 2: table8_tokens(block, quads, x, t, 2, high, low); break;
        default: table8_tokens(block, quads, x, t, 1, high, low);
        }
        t += n;
    }
}

/* Four columns of all rows, as value + 32, which is unsigned as VPDPBUSD wants it. */
static inline __m512i codes_plus32(__m512i low, __m512i high, int codes)
{
    if (codes == EDGE_CODES4) {
        __m128i values = _mm_loadu_si128((const __m128i *)edge_values4);
        __m512i table = _mm512_add_epi8(_mm512_broadcast_i32x4(values), _mm512_set1_epi8(32));
        return _mm512_shuffle_epi8(table, _mm512_and_si512(low, _mm512_set1_epi8(15)));
    }
    /* The nibble where the mask has ones, the upper bits elsewhere; then (x & 63) ^ 32. */
    __m512i x = _mm512_ternarylogic_epi64(_mm512_set1_epi8(15), low, high, 0xca);
    return _mm512_ternarylogic_epi64(x, _mm512_set1_epi8(63), _mm512_set1_epi8(32), 0x6a);
}

EDGE_INLINE void table_of_codes(const uint8_t *block, int steps, int codes, const edge_digits *x, int first, int n,
                                float *out)
{
    const int8_t *a = x->high + first * x->stride, *b = x->low + first * x->stride;
    const int32_t *sums = x->sums + first * x->sum_stride + 2;
    __m512 total[8];
    for (int t = 0; t < n; t++)
        total[t] = _mm512_setzero_ps();
    for (int s = 0; s < steps; s++, a += 16, b += 16) {
        const uint8_t *code = edge_step_codes(block, s, codes);
        const uint8_t *scales = edge_step_scales(block, s, codes);
        __m512i l0 = _mm512_loadu_si512(code), l1 = _mm512_loadu_si512(code + 64), c[4], h;
        h = codes == EDGE_CODES6 ? _mm512_loadu_si512(code + 128) : l0;
        for (int i = 0; i < codes + 16; i += 64)
            _mm_prefetch((const char *)code + 4096 + i, _MM_HINT_T0);
        c[0] = codes_plus32(l0, _mm512_slli_epi16(h, 4), codes);
        c[1] = codes_plus32(_mm512_srli_epi16(l0, 4), _mm512_slli_epi16(h, 2), codes);
        c[2] = codes_plus32(l1, h, codes);
        c[3] = codes_plus32(_mm512_srli_epi16(l1, 4), _mm512_srli_epi16(h, 2), codes);
        __m512 scale = _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)scales)));
        scale = _mm512_mul_ps(scale, scale);
        for (int t = 0; t < n; t++) {
            const int8_t *u = a + t * x->stride, *v = b + t * x->stride;
            __m512i high = add_quad(_mm512_setzero_si512(), c[0], u);
            __m512i low = add_quad(_mm512_set1_epi32(-32 * sums[t * x->sum_stride + s]), c[0], v);
            for (int p = 1; p < 4; p++) {
                high = add_quad(high, c[p], u + 4 * p);
                low = add_quad(low, c[p], v + 4 * p);
            }
            /* 255 * high + low */
            __m512i sum = _mm512_add_epi32(_mm512_sub_epi32(_mm512_slli_epi32(high, 8), high), low);
            total[t] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sum), scale, total[t]);
        }
    }
    for (int t = 0; t < n; t++)
        _mm512_storeu_ps(out + 16 * (first + t), total[t]);
}

EDGE_INLINE void table_for_tokens(const uint8_t *block, int steps, int codes, const edge_digits *x, float *out)
{
    for (int t = 0; t < x->tokens;) {
        int left = x->tokens - t, n = left >= 8 ? 8 : left >= 4 ? 4 : left >= 2 ? 2 : 1;
        switch (n) {
        case 8: table_of_codes(block, steps, codes, x, t, 8, out); break;
        case 4: table_of_codes(block, steps, codes, x, t, 4, out); break;
        case 2: table_of_codes(block, steps, codes, x, t, 2, out); break;
        default: table_of_codes(block, steps, codes, x, t, 1, out);
        }
        t += n;
    }
}
