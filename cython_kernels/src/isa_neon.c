/* NEON of ARMv8.0 (Cortex-A53, A57, A72, Carmel). */
#include "simd_neon.h"
#include "float_ops.h"
#include "ternary_neon.h"
#include "tables_neon.h"
#include "tables_forms.h"
#include "attention.h"

const edge_kernels edge_neon = {
    .name = "neon", .ternary = ternary, .table8 = table8, .table6 = table6, .table4 = table4,
    EDGE_FLOAT_OPS, EDGE_ATTENTION_OPS
};
