/* NEON with the ARMv8.2 dot product (Cortex-A55, A76, A78AE, Neoverse). */
#include "simd_neon.h"
#include "float_ops.h"
#include "ternary_dotprod.h"
#include "tables_dotprod.h"
#include "tables_forms.h"
#include "attention.h"

const edge_kernels edge_dotprod = {
    .name = "dotprod", .ternary = ternary, .table8 = table8, .table6 = table6, .table4 = table4,
    EDGE_FLOAT_OPS, EDGE_ATTENTION_OPS
};
