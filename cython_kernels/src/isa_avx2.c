/* AVX2. */
#include "simd_avx2.h"
#include "float_ops.h"
#include "ternary_avx2.h"
#include "tables_avx2.h"
#include "tables_forms.h"
#include "attention.h"

const edge_kernels edge_avx2 = {
    .name = "avx2", .ternary = ternary, .table8 = table8, .table6 = table6, .table4 = table4,
    EDGE_FLOAT_OPS, EDGE_ATTENTION_OPS
};
