// What the kernels of every network share: types, sums over warps and blocks, and the kernels that depend on no formula.
//
// Defined before this file: T, the type of theta; In, that of X; WARP, WARPS_PER_BLOCK, N_INPUTS, N_WEIGHTS and N_BIASES;
// BF16_OPERANDS, 1 where the operands of products are kept as bfloat16. No header is included.

typedef long long i64;
#define THREADS (WARP * WARPS_PER_BLOCK)
#define FIRST ((i64)blockIdx.x * THREADS + threadIdx.x)
#define STRIDE ((i64)gridDim.x * THREADS)
#define LANE (threadIdx.x % WARP)
#define INF T(__longlong_as_double(0x7ff0000000000000LL))
#define KERNEL extern "C" __global__ void __launch_bounds__(THREADS)

#if BF16_OPERANDS
typedef unsigned short H;  // operands of the products: bfloat16, the upper half of a float
__device__ inline T load(H x) { return __uint_as_float((unsigned)x << 16); }
__device__ inline H store(T x) {
    const unsigned bits = __float_as_uint(x);
    return x == x ? (bits + 0x7fff + (bits >> 16 & 1)) >> 16 : 0x7fff;  // to nearest, ties to even
}
#else
typedef T H;
__device__ inline T load(T x) { return x; }
__device__ inline T store(T x) { return x; }
#endif

// An operand that is not a number comes through.
__device__ inline T maximum(T a, T b) { return a > b || a != a ? a : b; }
__device__ inline T minimum(T a, T b) { return a < b || a != a ? a : b; }
__device__ inline T sign(T a) { return a > T(0) ? T(1) : a < T(0) ? T(-1) : a; }

// Over the lanes of a warp, and over the threads of a block: all of them get the result.
__device__ inline T lane_sum(T x) {
    for (int apart = WARP / 2; apart > 0; apart /= 2) x += __shfl_xor_sync(0xffffffff, x, apart);
    return x;
}
__device__ inline T lane_max(T x) {
    for (int apart = WARP / 2; apart > 0; apart /= 2) x = maximum(x, __shfl_xor_sync(0xffffffff, x, apart));
    return x;
}
__device__ inline T block_sum(T x) {
    __shared__ T parts[WARPS_PER_BLOCK];
    x = lane_sum(x);
    __syncthreads();  // all have read the parts of the sum before
    if (LANE == 0) parts[threadIdx.x / WARP] = x;
    __syncthreads();
    x = T(0);
    for (int i = 0; i < WARPS_PER_BLOCK; ++i) x += parts[i];
    return x;
}
__device__ inline T column_sum(const T* parts, i64 chunks, i64 j) {
    T total = T(0);
    for (i64 chunk = 0; chunk < chunks; ++chunk) total += parts[chunk * N_BIASES + j];
    return total;
}

// Rows of X as operands of a product, and 1 / the sum of their weights, 0 if that is 0.
KERNEL gather(const In* X, const T* weight, const i64* order, const i64* step, H* x, T* share, i64 batch, i64 rows) {
    const i64* from = order + step[0] * batch;
    for (i64 at = FIRST; at < rows * N_INPUTS; at += STRIDE)
        x[at] = store(T(X[from[at / N_INPUTS] * N_INPUTS + at % N_INPUTS]));
    if (blockIdx.x == 0) {
        T total = T(0);
        for (i64 i = threadIdx.x; i < rows; i += THREADS) total += weight ? weight[from[i]] : T(1);
        total = block_sum(total);
        if (threadIdx.x == 0) share[0] = total > T(0) ? T(1) / total : T(0);
    }
}

#if BF16_OPERANDS
KERNEL round_weights(const T* theta, H* W) {
    for (i64 at = FIRST; at < N_WEIGHTS; at += STRIDE) W[at] = store(theta[at]);
}
#endif
