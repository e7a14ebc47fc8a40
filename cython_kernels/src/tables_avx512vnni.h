/* The head's tables: int8 rows times activations in two digits. */

static void table8(const int8_t *block, int quads, const int8_t *act_high, const int8_t *act_low, size_t act_stride,
                   int tokens, int32_t *high, int32_t *low)
{
    const __m512i flip = _mm512_set1_epi8(-128);
    for (int t = 0; t < tokens; t++, act_high += act_stride, act_low += act_stride, high += 16, low += 16) {
        __m512i h = _mm512_setzero_si512(), l = h, sum_h = h, sum_l = h;
        for (int q = 0; q < quads; q++) {
            /* w + 128 is unsigned, as VPDPBUSD wants it; 128 times the activations' sum comes off at the end. */
            __m512i w = _mm512_xor_si512(_mm512_loadu_si512(block + 64 * (size_t)q), flip);
            __m512i a = quad(act_high + 4 * q), b = quad(act_low + 4 * q);
            _mm_prefetch((const char *)block + 64 * (size_t)q + 4096, _MM_HINT_T0);
            h = _mm512_dpbusd_epi32(h, w, a);
            l = _mm512_dpbusd_epi32(l, w, b);
            sum_h = _mm512_dpbusd_epi32(sum_h, flip, a);
            sum_l = _mm512_dpbusd_epi32(sum_l, flip, b);
        }
        _mm512_storeu_si512(high, _mm512_sub_epi32(h, sum_h));
        _mm512_storeu_si512(low, _mm512_sub_epi32(l, sum_l));
    }
}
