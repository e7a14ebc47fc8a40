/* AVX-512 with VNNI. */
#include "simd_avx512.h"
#include "float_ops.h"
#include "ternary_avx512vnni.h"
#include "tables_avx512vnni.h"
#include "tables_forms.h"
#include "attention.h"

const edge_kernels edge_avx512vnni = {
    .name = "avx512vnni", .ternary = ternary, .table8 = table8, .table6 = table6, .table4 = table4,
    EDGE_FLOAT_OPS, EDGE_ATTENTION_OPS
};
