/* Sixteen float lanes in four NEON registers. See float_ops.h for what every simd_*.h provides. */
#ifndef EDGE_SIMD_H
#define EDGE_SIMD_H
#include <arm_neon.h>
#include <stdint.h>

typedef struct { float32x4_t v[4]; } vf;
enum { VF_SUMS = 4 };

#define EACH for (int i = 0; i < 4; i++)
static inline vf vf_load(const float *p) { vf r; EACH r.v[i] = vld1q_f32(p + 4 * i); return r; }
static inline void vf_store(float *p, vf a) { EACH vst1q_f32(p + 4 * i, a.v[i]); }
static inline vf vf_set1(float x) { vf r; EACH r.v[i] = vdupq_n_f32(x); return r; }
static inline vf vf_add(vf a, vf b) { EACH a.v[i] = vaddq_f32(a.v[i], b.v[i]); return a; }
static inline vf vf_sub(vf a, vf b) { EACH a.v[i] = vsubq_f32(a.v[i], b.v[i]); return a; }
static inline vf vf_mul(vf a, vf b) { EACH a.v[i] = vmulq_f32(a.v[i], b.v[i]); return a; }
static inline vf vf_div(vf a, vf b) { EACH a.v[i] = vdivq_f32(a.v[i], b.v[i]); return a; }
static inline vf vf_fma(vf a, vf b, vf c) { EACH c.v[i] = vfmaq_f32(c.v[i], a.v[i], b.v[i]); return c; }
typedef float32x4_t vf_four;
static inline vf_four vf_load_four(const float *p) { return vld1q_f32(p); }
static inline vf vf_fma_one(vf a, vf_four x, int i, vf c)
{
    switch (i) {
    case 0: EACH c.v[i] = vfmaq_laneq_f32(c.v[i], a.v[i], x, 0); break;
    case 1: EACH c.v[i] = vfmaq_laneq_f32(c.v[i], a.v[i], x, 1); break;
    case 2: EACH c.v[i] = vfmaq_laneq_f32(c.v[i], a.v[i], x, 2); break;
    default: EACH c.v[i] = vfmaq_laneq_f32(c.v[i], a.v[i], x, 3); break;
    }
    return c;
}
/* Not FMAX, which keeps a NaN. */
static inline float32x4_t max_of(float32x4_t a, float32x4_t b) { return vbslq_f32(vcgtq_f32(a, b), a, b); }
static inline vf vf_max(vf a, vf b) { EACH a.v[i] = max_of(a.v[i], b.v[i]); return a; }
static inline vf vf_abs(vf a) { EACH a.v[i] = vabsq_f32(a.v[i]); return a; }
static inline float vf_sum(vf a)
{
    float32x4_t s = vaddq_f32(vaddq_f32(a.v[0], a.v[2]), vaddq_f32(a.v[1], a.v[3]));
    float32x2_t t = vadd_f32(vget_low_f32(s), vget_high_f32(s));
    return vget_lane_f32(t, 0) + vget_lane_f32(t, 1);
}
static inline float vf_peak(vf a)
{
    float32x4_t s = max_of(max_of(a.v[0], a.v[2]), max_of(a.v[1], a.v[3]));
    s = max_of(s, vextq_f32(s, s, 2));
    return vgetq_lane_f32(max_of(s, vextq_f32(s, s, 1)), 0);
}
static inline vf vf_round(vf a) { EACH a.v[i] = vrndnq_f32(a.v[i]); return a; }
static inline vf vf_pow2(vf n)
{
    EACH n.v[i] = vreinterpretq_f32_s32(vshlq_n_s32(vaddq_s32(vcvtq_s32_f32(n.v[i]), vdupq_n_s32(127)), 23));
    return n;
}
static inline vf vf_load_half(const uint16_t *p)
{
    vf r;
    EACH r.v[i] = vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(p + 4 * i)));
    return r;
}
static inline void vf_store_half(uint16_t *p, vf a)
{
    EACH vst1_u16(p + 4 * i, vreinterpret_u16_f16(vcvt_f16_f32(a.v[i])));
}
static inline vf vf_load_i32(const int32_t *p) { vf r; EACH r.v[i] = vcvtq_f32_s32(vld1q_s32(p + 4 * i)); return r; }
static inline void vf_store_i8(int8_t *p, vf a)
{
    int16x8_t lo = vcombine_s16(vqmovn_s32(vcvtnq_s32_f32(a.v[0])), vqmovn_s32(vcvtnq_s32_f32(a.v[1])));
    int16x8_t hi = vcombine_s16(vqmovn_s32(vcvtnq_s32_f32(a.v[2])), vqmovn_s32(vcvtnq_s32_f32(a.v[3])));
    vst1q_s8(p, vcombine_s8(vqmovn_s16(lo), vqmovn_s16(hi)));
}
#undef EACH

/* The four activations of one field, repeated for the four rows of a register. */
static inline int8x16_t spread(int8x16_t a, int p)
{
    int32x4_t v = vreinterpretq_s32_s8(a);
    switch (p) {
    case 0: return vreinterpretq_s8_s32(vdupq_laneq_s32(v, 0));
    case 1: return vreinterpretq_s8_s32(vdupq_laneq_s32(v, 1));
    case 2: return vreinterpretq_s8_s32(vdupq_laneq_s32(v, 2));
    default: return vreinterpretq_s8_s32(vdupq_laneq_s32(v, 3));
    }
}
#endif
