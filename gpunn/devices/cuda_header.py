"""What the kernels of every network share: types, sums over warps and blocks, and the kernel that gathers a batch."""

from __future__ import annotations

from dataclasses import dataclass

INPUTS = {  # types of X that the kernels read, as C calls them
    "bool": "bool", "int8": "signed char", "int16": "short", "int32": "int", "int64": "long long",
    "uint8": "unsigned char", "uint16": "unsigned short", "uint32": "unsigned int", "uint64": "unsigned long long",
    "float32": "float", "float64": "double",
}  # fmt: skip

HEADER = """
typedef {real} T;
typedef {input} In;
typedef long long i64;
#define WARP {warp}
#define THREADS {threads}
#define DEEP (THREADS / WARP)
#define FIRST ((i64)blockIdx.x * THREADS + threadIdx.x)
#define STRIDE ((i64)gridDim.x * THREADS)
#define LANE (threadIdx.x % WARP)
#define INF T(__longlong_as_double(0x7ff0000000000000LL))
#define KERNEL extern "C" __global__ void __launch_bounds__(THREADS)
{narrow}
// An operand that is not a number comes through.
__device__ inline T maximum(T a, T b) {{ return a > b || a != a ? a : b; }}
__device__ inline T minimum(T a, T b) {{ return a < b || a != a ? a : b; }}
__device__ inline T sign(T a) {{ return a > T(0) ? T(1) : a < T(0) ? T(-1) : a; }}

// Of the lanes of a warp, and of the threads of a block: all of them get it.
__device__ inline T lane_sum(T x) {{
    for (int apart = WARP / 2; apart > 0; apart /= 2) x += __shfl_xor_sync(0xffffffff, x, apart);
    return x;
}}
__device__ inline T lane_max(T x) {{
    for (int apart = WARP / 2; apart > 0; apart /= 2) x = maximum(x, __shfl_xor_sync(0xffffffff, x, apart));
    return x;
}}
__device__ inline T block_sum(T x) {{
    __shared__ T parts[DEEP];
    x = lane_sum(x);
    __syncthreads();  // all have read the parts of the sum before
    if (LANE == 0) parts[threadIdx.x / WARP] = x;
    __syncthreads();
    x = T(0);
    for (int i = 0; i < DEEP; ++i) x += parts[i];
    return x;
}}
__device__ inline T column_sum(const T* parts, i64 chunks, i64 j) {{
    T total = T(0);
    for (i64 chunk = 0; chunk < chunks; ++chunk) total += parts[chunk * {biases} + j];
    return total;
}}

// Rows of X as operands of a product, and 1 / the sum of their weights, 0 if that is 0.
KERNEL gather(const In* X, const T* weight, const i64* order, const i64* step, H* x, T* share, i64 batch, i64 rows) {{
    const i64* from = order + step[0] * batch;
    for (i64 at = FIRST; at < rows * {inputs}; at += STRIDE)
        x[at] = put(T(X[from[at / {inputs}] * {inputs} + at % {inputs}]));
    if (blockIdx.x == 0) {{
        T total = T(0);
        for (i64 i = threadIdx.x; i < rows; i += THREADS) total += weight ? weight[from[i]] : T(1);
        total = block_sum(total);
        if (threadIdx.x == 0) share[0] = total > T(0) ? T(1) / total : T(0);
    }}
}}
"""

SAME = """typedef T H;  // operands of the products
__device__ inline T get(T x) { return x; }
__device__ inline T put(T x) { return x; }
"""

BFLOAT16 = """typedef unsigned short H;  // operands of the products: bfloat16, the upper half of a float
__device__ inline T get(H x) { return __uint_as_float((unsigned)x << 16); }
__device__ inline H put(T x) {
    const unsigned bits = __float_as_uint(x);
    return x == x ? (bits + 0x7fff + (bits >> 16 & 1)) >> 16 : 0x7fff;  // to nearest, ties to even
}
"""

NARROW = """
KERNEL narrow(const T* theta, H* W) {{
    for (i64 at = FIRST; at < {weights}; at += STRIDE) W[at] = put(theta[at]);
}}
"""


@dataclass(frozen=True)
class Grain:
    """Threads that share a row, and threads of a block. A GPU's are the default; one of each runs as plain C."""

    warp: int = 32
    threads: int = 256


def header(dtype: str, X_dtype: str, narrow: bool, grain: Grain, n_inputs: int, n_biases: int) -> str:
    """The beginning of the source; the arguments are those of `gpunn.devices.cuda_source.kernels`."""
    return HEADER.format(
        real={"float32": "float", "float64": "double"}[dtype],
        input=INPUTS[X_dtype],
        warp=grain.warp,
        threads=grain.threads,
        narrow=BFLOAT16 if narrow else SAME,
        inputs=n_inputs,
        biases=n_biases,
    )
