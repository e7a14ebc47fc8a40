/* The two forms of coded tables, each with its constant in the loops of the tables_*.h before. */

static void table6(const uint8_t *block, int steps, const edge_digits *x, float *out)
{
    table_for_tokens(block, steps, EDGE_CODES6, x, out);
}

static void table4(const uint8_t *block, int steps, const edge_digits *x, float *out)
{
    table_for_tokens(block, steps, EDGE_CODES4, x, out);
}
