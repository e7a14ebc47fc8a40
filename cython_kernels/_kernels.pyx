"""Binding of the C engine. Arrays cross as raw addresses, taken and checked in one place: :func:`_address`."""

from libc.stdint cimport int8_t, int32_t, uint8_t
from libc.stdlib cimport calloc, free
from libc.string cimport memset
from posix.unistd cimport getpid

cimport cython

import math
import os

import numpy as np

from .spec import HEADS

cdef extern from "kernels.h" nogil:
    enum: EDGE_KV_F16, EDGE_KV_F32, EDGE_KV_INT8
    ctypedef struct edge_digits:
        const int8_t *high
        const int8_t *low
        const int32_t *sums
        size_t stride, sum_stride
        int tokens
    ctypedef struct edge_kernels:
        const char *name
        void (*ternary)(const uint8_t *, int, size_t, int, const int8_t *, size_t, int, int32_t *, size_t) noexcept nogil
        void (*table8)(const int8_t *, int, const edge_digits *, int32_t *, int32_t *) noexcept nogil
        void (*table6)(const uint8_t *, int, const edge_digits *, float *) noexcept nogil
        void (*table4)(const uint8_t *, int, const edge_digits *, float *) noexcept nogil
        float (*quantise8)(const float *, int, int, int8_t *, int32_t *) noexcept nogil
        float (*quantise16)(const float *, int, int8_t *, int8_t *, int32_t *) noexcept nogil
        float (*sum_exp)(const float *, int, float *) noexcept nogil
    const edge_kernels *edge_find_kernels(const char *name)
    int edge_isa_runs(const char *name)
    const char *edge_isa_name(int i)

cdef extern from "pool.h" nogil:
    ctypedef struct edge_pool
    edge_pool *edge_pool_new(int threads, const int *cpus, int cpu_count)
    void edge_pool_free(edge_pool *pool)

cdef extern from "model.h" nogil:
    ctypedef struct edge_config:
        int layers, hidden, heads, kv_heads, head_dim, inter, vocab, context
        int silu, head, group, sequences, kv, max_batch
        float rope_theta, norm_eps
    ctypedef struct edge_matrix:
        const uint8_t *tiles
        const float *scale
        int rows, columns
    ctypedef struct edge_table:
        const void *rows
        const float *scale
    ctypedef struct edge_layer:
        const float *attn_norm
        const float *attn_sub_norm
        const float *ffn_norm
        const float *ffn_sub_norm
        edge_matrix qkv, o, gate_up, down
    ctypedef struct edge_model
    ctypedef struct edge_batch:
        int count
        const int32_t *tokens
        const int32_t *sequences
        const int32_t *positions
        int first, last
        const float *hidden_in
        float *hidden_out
        int wanted_count
        const int32_t *wanted
        float *logits
    edge_model *edge_model_new(const edge_config *, const edge_layer *, const edge_table *, const edge_table *,
                               const float *, const edge_kernels *, edge_pool *)
    void edge_model_free(edge_model *)
    int edge_step(edge_model *, const edge_batch *)
    size_t edge_kv_bytes(const edge_model *)
    size_t edge_scratch_bytes(const edge_model *)
    void edge_set_decode_threads(edge_model *, int)
    double edge_read_bandwidth(edge_pool *, int, const void *, size_t, int)
    double edge_phase_seconds(edge_pool *, int, int, int)
    int edge_decode_rates(edge_pool *, const edge_kernels *, size_t, double, const int *, int, double *, double *)


_KV = {"f16": EDGE_KV_F16, "int8": EDGE_KV_INT8, "f32": EDGE_KV_F32}


# NumPy's own description of an array in memory, which has not changed since its version 1: one look at it is ten times
# faster than a question through Python, and a small model's whole step takes no longer than twenty such questions.
cdef extern from *:
    """
    typedef struct {
        int two, nd;
        char kind;
        int itemsize, flags;
        const Py_ssize_t *shape, *strides;
        const void *data;
    } edge_array;
    enum { EDGE_ARRAY_USABLE = 0x1 | 0x100 | 0x200 }; /* C-contiguous, aligned, in native byte order */
    enum { EDGE_ARRAY_WRITABLE = 0x400 };
    """
    ctypedef struct edge_array:
        int nd, flags
        const Py_ssize_t *shape
        const void *data
    int EDGE_ARRAY_USABLE, EDGE_ARRAY_WRITABLE
    void *PyCapsule_GetPointer(object, const char *) except NULL


cdef size_t _address(array, dtype, Py_ssize_t count, bint writable=False) except? 0:
    """Address of a C-contiguous array of `dtype` with at least `count` elements; ValueError for anything else."""
    if not isinstance(array, np.ndarray) or array.dtype != dtype:
        raise ValueError(f"expected an array of {np.dtype(dtype)}, not {getattr(array, 'dtype', type(array).__name__)}")
    capsule = array.__array_struct__
    cdef const edge_array *a = <const edge_array *>PyCapsule_GetPointer(capsule, NULL)
    if a.flags & EDGE_ARRAY_USABLE != EDGE_ARRAY_USABLE:
        raise ValueError("the array is not contiguous")
    if writable and not a.flags & EDGE_ARRAY_WRITABLE:
        raise ValueError("the array is read-only")
    cdef Py_ssize_t size = 1
    cdef int i
    for i in range(a.nd):
        size *= a.shape[i]
    if size < count:
        raise ValueError(f"the array has {size} elements where {count} are needed")
    return <size_t>a.data


def isa_names():
    """Names of the instruction sets in this build, slowest first; ``[(name, whether this CPU runs it), ...]``."""
    names = []
    cdef int i = 0
    while edge_isa_name(i) != NULL:
        names.append((edge_isa_name(i).decode(), bool(edge_isa_runs(edge_isa_name(i)))))
        i += 1
    return names


cdef const edge_kernels *_find(isa) except NULL:
    """The kernels called `isa`, or the ones $EDGE_ISA names, or the best this CPU runs."""
    wanted = isa or os.environ.get("EDGE_ISA") or None
    if wanted is None:
        return edge_find_kernels(NULL)
    known = dict(isa_names())
    if wanted not in known:
        raise ValueError(f"unknown instruction set {wanted!r}; this build has {', '.join(known)} (see EDGE_ISA)")
    if not known[wanted]:
        can = ", ".join(name for name, runs in known.items() if runs)
        raise ValueError(f"this CPU cannot run {wanted!r}; it runs {can} (unset EDGE_ISA to choose the best)")
    name = wanted.encode()
    return edge_find_kernels(name)


def ternary(tiles, act, *, isa=None):
    """Sums of (weight + 1) x activation: the bare matrix kernel, for tests and benchmarks.

    ``tiles``: uint8 ``[rows/16, K/16, 64]``; ``act``: int8 ``[n, K]``. Returns int32 ``[n, rows]``.
    """
    cdef const edge_kernels *k = _find(isa)
    blocks, steps, _ = tiles.shape
    n, columns = act.shape
    if columns != 16 * steps:
        raise ValueError(f"activations have {columns} columns, the weights {16 * steps}")
    out = np.empty((n, 16 * blocks), np.int32)
    cdef const uint8_t *t = <const uint8_t *><size_t>_address(tiles, np.uint8, 1)
    cdef const int8_t *a = <const int8_t *><size_t>_address(act, np.int8, 1)
    cdef int32_t *o = <int32_t *><size_t>_address(out, np.int32, 1)
    cdef int c_blocks = blocks, c_steps = steps, c_n = n
    with nogil:
        k.ternary(t, c_blocks, <size_t>c_steps * 64, c_steps, a, <size_t>c_steps * 16, c_n, o, <size_t>c_blocks * 16)
    return out


def _digit_sums(high, low):
    """The sums that quantise16 gives with these digits, int8 ``[n, K]``: int32 ``[n, 2 + K/16]``."""
    n, columns = high.shape
    each = 255 * high.astype(np.int32) + low
    totals = [high.sum(axis=1, dtype=np.int32), low.sum(axis=1, dtype=np.int32)]
    return np.concatenate([np.stack(totals, axis=1), each.reshape(n, columns // 16, 16).sum(axis=2, dtype=np.int32)],
                          axis=1)


cdef edge_digits _digits(high, low, sums) except *:
    cdef edge_digits x
    x.high = <const int8_t *><size_t>_address(high, np.int8, 1)
    x.low = <const int8_t *><size_t>_address(low, np.int8, high.size)
    x.sums = <const int32_t *><size_t>_address(sums, np.int32, 1)
    x.stride, x.sum_stride, x.tokens = high.shape[1], sums.shape[1], high.shape[0]
    return x


def table8(block, high, low, *, isa=None):
    """One block of an int8 table times activations in two digits; for tests and benchmarks.

    ``block``: int8 ``[K/4, 64]``; ``high``, ``low``: int8 ``[n, K]`` within -127..127. Returns two int32 ``[n, 16]``.
    """
    cdef const edge_kernels *k = _find(isa)
    quads = block.shape[0]
    n, columns = high.shape
    if columns != 4 * quads or low.shape != high.shape:
        raise ValueError(f"activations have {columns} columns, the table {4 * quads}")
    out_high, out_low = np.empty((n, 16), np.int32), np.empty((n, 16), np.int32)
    sums = _digit_sums(high, low)
    cdef edge_digits x = _digits(high, low, sums)
    k.table8(<const int8_t *><size_t>_address(block, np.int8, 1), quads, &x,
             <int32_t *><size_t>_address(out_high, np.int32, 1), <int32_t *><size_t>_address(out_low, np.int32, 1))
    return out_high, out_low


def table_of_codes(block, head, high, low, *, isa=None):
    """One block of a ``"q6"`` or ``"q4"`` table times activations in two digits; for tests and benchmarks.

    ``block``: uint8 ``[chunks, bytes]``, of which columns up to K count; ``high``, ``low``: int8 ``[n, K]`` within
    -127..127, K a multiple of 16. Returns float32 ``[n, 16]``, without the rows' scales.
    """
    cdef const edge_kernels *k = _find(isa)
    n, columns = high.shape
    out, sums = np.empty((n, 16), np.float32), _digit_sums(high, low)
    cdef edge_digits x = _digits(high, low, sums)
    cdef const uint8_t *rows = <const uint8_t *><size_t>_address(block, np.uint8, -(-columns // 64) * block.shape[1])
    cdef float *o = <float *><size_t>_address(out, np.float32, 1)
    if head == "q6":
        k.table6(rows, columns // 16, &x, o)
    else:
        k.table4(rows, columns // 16, &x, o)
    return out


def quantise(x, *, digits=1, isa=None):
    """Activations of one token as the kernels quantise them; for tests.

    ``x``: float32 ``[n]``, n a multiple of 16. Returns (int8 ``[n]``, factor), or with two digits (high, low, factor,
    sums).
    """
    cdef const edge_kernels *k = _find(isa)
    cdef int n = x.size
    cdef int32_t total
    if n % 16:
        raise ValueError("the length must be a multiple of 16")
    high, low = np.empty(n, np.int8), np.empty(n, np.int8)
    cdef const float *source = <const float *><size_t>_address(x, np.float32, n)
    cdef int8_t *h = <int8_t *><size_t>_address(high, np.int8, n)
    cdef int8_t *l = <int8_t *><size_t>_address(low, np.int8, n)
    if digits == 1:
        return high, k.quantise8(source, n, n, h, &total)
    sums = np.empty(2 + n // 16, np.int32)
    factor = k.quantise16(source, n, h, l, <int32_t *><size_t>_address(sums, np.int32, 1))
    return high, low, factor, sums


def log_sum_exp(x, *, isa=None):
    """Natural logarithm of the sum of e to the power of each number: what turns logits into log probabilities.

    ``x``: float32 ``[n]``, at least one of them finite, none NaN or above all numbers. Returns a float.
    """
    cdef const edge_kernels *k = _find(isa)
    cdef float peak
    cdef int n = len(x)
    if n == 0:
        raise ValueError("the sum of no numbers has no logarithm")
    cdef float total = k.sum_exp(<const float *><size_t>_address(x, np.float32, n), n, &peak)
    return math.log(total) + peak


cdef edge_pool *_new_pool(int threads, cpus) except NULL:
    """A pool of `threads` threads on the processors of `cpus`, or anywhere when there are none."""
    listed = np.array(sorted(cpus), np.int32)
    cdef edge_pool *pool = edge_pool_new(threads, <const int *><size_t>_address(listed, np.int32, 0), len(listed))
    if pool == NULL:
        raise MemoryError(f"cannot start {threads} threads")
    return pool


def decode_rates(counts, *, cpus=(), size_t size=1 << 26, double seconds=0.2, isa=None):
    """Bytes of weights per second that some numbers of threads together multiply with one token.

    ``counts``: numbers of threads, 1 to 256. ``cpus``: the processors to run on (none: any). ``size``: bytes of memory
    to allocate and read, which should be several times the caches'. Takes about ``seconds``, but reads at least once
    with each count. Returns float64 ``[len(counts)]``, and the share of their processors' time that the threads got
    meanwhile, which is near 1 unless other programs were at work. Raises ``ValueError`` for arguments out of range and
    ``MemoryError``.
    """
    cdef const edge_kernels *k = _find(isa)
    listed = np.array(counts, np.int32)
    cdef int n = len(listed), status
    if not n or listed.min() < 1 or listed.max() > 256 or not 1 << 16 <= size <= 1 << 32:
        raise ValueError("counts are 1 to 256 threads, the size 64 kB to 4 GB")
    rates = np.empty(n)
    cdef double share
    cdef const int *c = <const int *><size_t>_address(listed, np.int32, n)
    cdef double *r = <double *><size_t>_address(rates, np.float64, n)
    cdef edge_pool *pool = _new_pool(listed.max(), cpus)
    with nogil:
        status = edge_decode_rates(pool, k, size, seconds, c, n, r, &share)
        edge_pool_free(pool)
    if status:
        raise MemoryError(f"no {size} bytes to measure with")
    return rates, share


@cython.no_gc_clear  # the mapping may go only after the pool: a late worker still looks at the weights
cdef class Engine:
    """A decoder over a packed weight file: runs batches of tokens, each with its sequence and position.

    ``weights``: a :class:`WeightFile`; its pages stay mapped as long as the engine lives. ``threads``: how many to use;
    ``decode_threads``: how many of them for a step of one token (default: all), n times as many for one of n tokens.
    ``cpus``: the processors they run on (none: any); the caller's thread is moved there for the time of a step.
    ``sequences`` x ``context``: the KV cache, ``kv`` its numbers (``"f16"``, ``"int8"`` with a scale for each head of
    each position, or ``"f32"``); memory is committed as it fills. ``max_batch``: most tokens in one call. ``isa``: the
    instruction set (default: the best, or ``$EDGE_ISA``).

    Raises ``ValueError`` for arguments out of range and ``MemoryError``. Not safe for two calls at once.
    """

    cdef edge_model *_model
    cdef edge_pool *_pool
    cdef const edge_kernels *_kernels
    cdef edge_layer *_layers
    cdef edge_config _c
    cdef object _weights, _mapping
    cdef int _pid
    cdef readonly int threads, decode_threads

    def __cinit__(self, weights, *, int threads=1, decode_threads=None, cpus=(), int sequences=1, int context=0,
                  int max_batch=128, kv="f16", isa=None):
        spec = weights.spec
        self._kernels = _find(isa)
        if kv not in _KV:
            raise ValueError(f"kv is {kv!r}; it must be f16, int8 or f32")
        self.threads, self.decode_threads = threads, threads if decode_threads is None else decode_threads
        for name, value, limit in (("threads", threads, 256), ("decode_threads", self.decode_threads, threads),
                                   ("sequences", sequences, 4096),
                                   ("context", context or spec.context, spec.context), ("max_batch", max_batch, 8192)):
            if not 1 <= value <= limit:
                raise ValueError(f"{name} is {value}; it must be from 1 to {limit}")
        self._weights = weights
        self._mapping = weights.data  # a view keeps the pages mapped, also when the file object is closed
        self._pid = getpid()
        self._c = edge_config(
            layers=spec.layers, hidden=spec.hidden, heads=spec.heads, kv_heads=spec.kv_heads, head_dim=spec.head_dim,
            inter=spec.inter, vocab=spec.vocab, context=context or spec.context, silu=spec.activation == "silu",
            head=HEADS.index(spec.head), group=spec.group, sequences=sequences, kv=_KV[kv],
            max_batch=max_batch, rope_theta=spec.rope_theta, norm_eps=spec.norm_eps)
        self._pool = _new_pool(threads, cpus)
        self._layers = <edge_layer *>calloc(spec.layers, sizeof(edge_layer))
        if self._layers == NULL:
            raise MemoryError()
        cdef int i
        for i in range(spec.layers):
            self._fill_layer(&self._layers[i], i)
        cdef edge_table embed = self._table("embed")
        cdef edge_table head = embed if spec.tied else self._table("head")
        cdef const float *final_norm = self._floats("final_norm")
        self._model = edge_model_new(&self._c, self._layers, &embed, &head, final_norm, self._kernels, self._pool)
        if self._model == NULL:
            raise MemoryError(f"no memory for a context of {self._c.context} tokens x {sequences} sequences")
        edge_set_decode_threads(self._model, self.decode_threads)

    def __dealloc__(self):
        if self._pid == getpid():  # a forked child has no such threads, and would wait for them
            edge_pool_free(self._pool)  # first: a late worker may still look at the model
        edge_model_free(self._model)
        free(self._layers)

    cdef const float *_floats(self, name) except NULL:
        return <const float *><size_t>_address(self._weights.array(name), np.float32, 1)

    cdef edge_matrix _matrix(self, name) except *:
        cdef edge_matrix w
        tiles = self._weights.array(name)
        w.tiles = <const uint8_t *><size_t>_address(tiles, np.uint8, 1)
        w.scale = self._floats(name + ".scale")
        w.rows, w.columns = tiles.shape[0] * 16, tiles.shape[1] * 16
        return w

    cdef edge_table _table(self, name) except *:
        cdef edge_table t
        rows = self._weights.array(name)
        t.rows = <const void *><size_t>_address(rows, rows.dtype, 1)
        t.scale = NULL
        if self._weights.spec.head != "f16":
            t.scale = self._floats(name + ".scale")
        return t

    cdef int _fill_layer(self, edge_layer *layer, int index) except -1:
        prefix = f"layers.{index}."
        layer.attn_norm = self._floats(prefix + "attn_norm")
        layer.ffn_norm = self._floats(prefix + "ffn_norm")
        if self._weights.spec.sub_norms:
            layer.attn_sub_norm = self._floats(prefix + "attn_sub_norm")
            layer.ffn_sub_norm = self._floats(prefix + "ffn_sub_norm")
        layer.qkv = self._matrix(prefix + "qkv")
        layer.o = self._matrix(prefix + "o")
        layer.gate_up = self._matrix(prefix + "gate_up")
        layer.down = self._matrix(prefix + "down")
        return 0

    cdef int _check_process(self) except -1:
        if getpid() != self._pid:
            raise ValueError("the engine was opened before this process was forked; open it again in this one")
        return 0

    cdef int _run(self, edge_batch *batch, tokens, sequences, positions) except -1:
        """Check what all calls share, and run the batch without the GIL."""
        cdef int n = len(positions)
        if not 1 <= n <= self._c.max_batch:
            raise ValueError(f"a batch holds 1 to {self._c.max_batch} tokens, not {n}")
        self._check_process()
        batch.count = n
        batch.sequences = <const int32_t *><size_t>_address(sequences, np.int32, n)
        batch.positions = <const int32_t *><size_t>_address(positions, np.int32, n)
        if tokens is not None:
            batch.tokens = <const int32_t *><size_t>_address(tokens, np.int32, n)
        cdef int bad
        with nogil:
            bad = edge_step(self._model, batch)
        if bad:
            raise ValueError(f"token {bad - 1} of the batch: id, sequence or position out of range")
        return 0

    def step(self, tokens, sequences, positions, rows, out=None):
        """Run tokens through the model and return the logits of some of them.

        ``tokens``, ``sequences``, ``positions``: int32 ``[n]``; each (sequence, position) at most once, and all
        earlier positions of its sequence already run or in this batch. ``rows``: int32 ``[m]``, indices into the n
        tokens. Returns float32 ``[m, vocab]`` (``out``, if given).
        """
        cdef edge_batch batch
        memset(&batch, 0, sizeof(batch))
        batch.last, batch.wanted_count = self._c.layers, len(rows)
        if out is None:
            out = np.empty((len(rows), self._c.vocab), np.float32)
        if len(rows):
            if rows.min() < 0 or rows.max() >= len(positions) or len(rows) > self._c.max_batch:
                raise ValueError("rows must be indices into the batch")
            batch.wanted = <const int32_t *><size_t>_address(rows, np.int32, 1)
            batch.logits = <float *><size_t>_address(out, np.float32, len(rows) * <Py_ssize_t>self._c.vocab, True)
        self._run(&batch, tokens, sequences, positions)
        return out

    def run_layers(self, hidden, sequences, positions, first, last):
        """Run hidden states through layers ``first`` to ``last - 1``: float32 ``[n, hidden]`` -> the same."""
        if not 0 <= first <= last <= self._c.layers or hidden.shape != (len(positions), self._c.hidden):
            raise ValueError(f"layers are 0 to {self._c.layers}, hidden states [n, {self._c.hidden}]")
        cdef edge_batch batch
        memset(&batch, 0, sizeof(batch))
        batch.first, batch.last = first, last
        out = np.empty_like(hidden)
        batch.hidden_in = <const float *><size_t>_address(hidden, np.float32, 1)
        batch.hidden_out = <float *><size_t>_address(out, np.float32, 1)
        self._run(&batch, None, sequences, positions)
        return out

    def read_bandwidth(self, data, int passes=5, threads=None):
        """Bytes per second at which ``threads`` threads (default: ``decode_threads``, as many as read the weights for
        one token) read ``data`` (uint8), the best of ``passes``."""
        self._check_process()
        cdef const void *p = <const void *><size_t>_address(data, np.uint8, 64)
        cdef size_t size = data.size
        cdef double rate
        cdef int count = self.decode_threads if threads is None else threads
        with nogil:
            rate = edge_read_bandwidth(self._pool, count, p, size, passes)
        return rate

    def phase_seconds(self, int phases, threads=None, int turns=0):
        """Seconds that ``threads`` threads (default: all) need for a run of ``phases`` phases in which each counts to
        ``turns``; for benchmarks."""
        self._check_process()
        if not 1 <= phases < 1 << 15:
            raise ValueError(f"phases is {phases}; it must be from 1 to {(1 << 15) - 1}")
        cdef double taken
        cdef int count = self.threads if threads is None else threads
        with nogil:
            taken = edge_phase_seconds(self._pool, count, phases, turns)
        return taken

    @property
    def isa(self):
        """Name of the instruction set in use."""
        return self._kernels.name.decode()

    @property
    def context(self):
        """Positions of each sequence."""
        return self._c.context

    @property
    def sequences(self):
        """Sequences in the KV cache."""
        return self._c.sequences

    @property
    def max_batch(self):
        """Most tokens in one call."""
        return self._c.max_batch

    @property
    def kv(self):
        """Numbers of the KV cache: ``"f16"``, ``"int8"`` or ``"f32"``."""
        return {value: name for name, value in _KV.items()}[self._c.kv]

    @property
    def kv_bytes(self):
        """Bytes the KV cache takes when full; pages are committed as they fill."""
        return edge_kv_bytes(self._model)

    @property
    def scratch_bytes(self):
        """Bytes of working memory, committed as used."""
        return edge_scratch_bytes(self._model)
