/* Sixteen float lanes in portable C. See float_ops.h for what every simd_*.h provides. */
#ifndef EDGE_SIMD_H
#define EDGE_SIMD_H
#include <math.h>
#include <stdint.h>
#include <string.h>
#include "half.h"

typedef struct { float v[16]; } vf;
enum { VF_SUMS = 4 };

#define EACH for (int i = 0; i < 16; i++)
static inline vf vf_load(const float *p) { vf r; memcpy(r.v, p, sizeof r.v); return r; }
static inline void vf_store(float *p, vf a) { memcpy(p, a.v, sizeof a.v); }
static inline vf vf_set1(float x) { vf r; EACH r.v[i] = x; return r; }
static inline vf vf_add(vf a, vf b) { EACH a.v[i] += b.v[i]; return a; }
static inline vf vf_sub(vf a, vf b) { EACH a.v[i] -= b.v[i]; return a; }
static inline vf vf_mul(vf a, vf b) { EACH a.v[i] *= b.v[i]; return a; }
static inline vf vf_div(vf a, vf b) { EACH a.v[i] /= b.v[i]; return a; }
/* fmaf rounds once on every machine, in software where there is no instruction: that is what makes the scalar build
   agree with the vector builds to the last bit. */
static inline vf vf_fma(vf a, vf b, vf c) { EACH c.v[i] = fmaf(a.v[i], b.v[i], c.v[i]); return c; }
typedef const float *vf_four;
static inline vf_four vf_load_four(const float *p) { return p; }
static inline vf vf_fma_one(vf a, vf_four x, int i, vf c) { return vf_fma(a, vf_set1(x[i]), c); }
static inline vf vf_max(vf a, vf b) { EACH a.v[i] = a.v[i] > b.v[i] ? a.v[i] : b.v[i]; return a; }
static inline vf vf_abs(vf a) { EACH a.v[i] = fabsf(a.v[i]); return a; }
static inline float vf_sum(vf a)
{
    for (int w = 8; w; w /= 2)
        for (int i = 0; i < w; i++)
            a.v[i] += a.v[i + w];
    return a.v[0];
}
static inline float vf_peak(vf a)
{
    for (int w = 8; w; w /= 2)
        for (int i = 0; i < w; i++)
            a.v[i] = a.v[i] > a.v[i + w] ? a.v[i] : a.v[i + w];
    return a.v[0];
}
static inline vf vf_round(vf a) { EACH a.v[i] = nearbyintf(a.v[i]); return a; }
static inline vf vf_pow2(vf n)
{
    EACH {
        uint32_t bits = (uint32_t)((int32_t)n.v[i] + 127) << 23;
        memcpy(&n.v[i], &bits, 4);
    }
    return n;
}
static inline vf vf_load_half(const uint16_t *p) { vf r; EACH r.v[i] = edge_half_to_float(p[i]); return r; }
static inline void vf_store_half(uint16_t *p, vf a) { EACH p[i] = edge_float_to_half(a.v[i]); }
static inline vf vf_load_i32(const int32_t *p) { vf r; EACH r.v[i] = (float)p[i]; return r; }
static inline void vf_store_i8(int8_t *p, vf a) { EACH p[i] = (int8_t)a.v[i]; }
#undef EACH
#endif
