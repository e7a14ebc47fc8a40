/* Scalar reference: what every other instruction set must equal to the last bit. Runs everywhere. */
#include "simd_scalar.h"
#include "float_ops.h"
#include "ternary_scalar.h"
#include "tables_scalar.h"
#include "tables_forms.h"
#include "attention.h"

const edge_kernels edge_scalar = {
    .name = "scalar", .ternary = ternary, .table8 = table8, .table6 = table6, .table4 = table4,
    EDGE_FLOAT_OPS, EDGE_ATTENTION_OPS
};
