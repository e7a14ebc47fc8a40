/* NEON with the dot product and the int8 matrix product of ARMv8.6 (Neoverse V1 and later, Jetson Thor). */
#include "simd_neon.h"
#include "float_ops.h"
#include "ternary_i8mm.h"
#include "tables_dotprod.h"
#include "tables_forms.h"
#include "attention.h"

const edge_kernels edge_i8mm = {
    .name = "i8mm", .ternary = ternary, .table8 = table8, .table6 = table6, .table4 = table4,
    EDGE_FLOAT_OPS, EDGE_ATTENTION_OPS
};
