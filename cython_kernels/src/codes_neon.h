/* Unpacking of 6-bit values and 4-bit codes, for both ARM tables. */
#ifndef EDGE_CODES_NEON_H
#define EDGE_CODES_NEON_H
#include "codes.h"
#include "simd_neon.h"

/* The values of four rows, c[p] holding columns 4p..4p+3. A 6-bit value is its upper two bits with their sign, and the
 * nibble put below them. */
EDGE_INLINE void unpack_codes(const uint8_t *code, int codes, int8x16_t c[4])
{
    uint8x16_t l0 = vld1q_u8(code), l1 = vld1q_u8(code + 64);
    const uint8x16_t nibble = vdupq_n_u8(15);
    if (codes == EDGE_CODES4) {
        int8x16_t table = vld1q_s8(edge_values4);
        c[0] = vqtbl1q_s8(table, vandq_u8(l0, nibble));
        c[1] = vqtbl1q_s8(table, vshrq_n_u8(l0, 4));
        c[2] = vqtbl1q_s8(table, vandq_u8(l1, nibble));
        c[3] = vqtbl1q_s8(table, vshrq_n_u8(l1, 4));
        return;
    }
    int8x16_t h = vreinterpretq_s8_u8(vld1q_u8(code + 128));
    c[0] = vshrq_n_s8(vshlq_n_s8(h, 6), 2);
    c[1] = vshrq_n_s8(vshlq_n_s8(h, 4), 2);
    c[2] = vshrq_n_s8(vshlq_n_s8(h, 2), 2);
    c[3] = vshrq_n_s8(h, 2);
    c[0] = vbslq_s8(nibble, vreinterpretq_s8_u8(l0), c[0]);
    c[1] = vbslq_s8(nibble, vreinterpretq_s8_u8(vshrq_n_u8(l0, 4)), c[1]);
    c[2] = vbslq_s8(nibble, vreinterpretq_s8_u8(l1), c[2]);
    c[3] = vbslq_s8(nibble, vreinterpretq_s8_u8(vshrq_n_u8(l1, 4)), c[3]);
}

/* Squares of sixteen scale bytes. */
static inline vf squares_of(const uint8_t *scales)
{
    uint8x16_t b = vld1q_u8(scales);
    uint16x8_t low = vmull_u8(vget_low_u8(b), vget_low_u8(b)), high = vmull_high_u8(b, b);
    return (vf){ { vcvtq_f32_u32(vmovl_u16(vget_low_u16(low))), vcvtq_f32_u32(vmovl_high_u16(low)),
                   vcvtq_f32_u32(vmovl_u16(vget_low_u16(high))), vcvtq_f32_u32(vmovl_high_u16(high)) } };
}

/* total + (255 * high + low) * scale, four rows. */
static inline float32x4_t add_scaled(float32x4_t total, int32x4_t high, int32x4_t low, float32x4_t scale)
{
    return vfmaq_f32(total, vcvtq_f32_s32(vmlaq_n_s32(low, high, 255)), scale);
}
#endif
