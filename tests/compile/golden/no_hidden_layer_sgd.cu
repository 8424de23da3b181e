typedef float T;
typedef float In;
#define WARP 32
#define WARPS_PER_BLOCK 8
#define N_INPUTS 5
#define N_WEIGHTS 15
#define N_BIASES 3
#define BF16_OPERANDS 0
// runtime.cu

KERNEL head(const T* z, const T* b, const T* target, const T* weight, const i64* order, const i64* step, const T* share, H* d, T* costs, i64 batch, i64 rows) {
    const i64 first = step[0] * batch;
    for (i64 row = FIRST / WARP; row < rows; row += STRIDE / WARP) {
        const i64 from = order[first + row];
        const T factor = (weight ? weight[from] : T(1)) * share[0];
        const T n31 = factor;
        T n13 = T(0);
        for (i64 j = LANE, at = row * 3 + j; j < 3; j += WARP, at += WARP) {
            const T n0 = z[at];
            const T n1 = b[j];
            const auto n2 = (n0 + n1);
            const T n3 = target[from * 3 + j];
            const auto n5 = maximum(n2, T(0.0));
            const auto n6 = (n3 * n2);
            const auto n7 = (n5 - n6);
            const auto n8 = fabsf(n2);
            const auto n9 = (-n8);
            const auto n10 = expf(n9);
            const auto n11 = log1pf(n10);
            const auto n12 = (n7 + n11);
            n13 = n13 + n12;
        }
        n13 = lane_sum(n13);
        for (i64 j = LANE, at = row * 3 + j; j < 3; j += WARP, at += WARP) {
            const T n0 = z[at];
            const T n1 = b[j];
            const auto n2 = (n0 + n1);
            const T n3 = target[from * 3 + j];
            const auto n8 = fabsf(n2);
            const auto n9 = (-n8);
            const auto n10 = expf(n9);
            const auto n14 = minimum(n2, T(0.0));
            const auto n15 = expf(n14);
            const auto n17 = (T(1.0) + n10);
            const auto n18 = (n15 / n17);
            const auto n19 = (T(1.0) - n3);
            const auto n20 = (n19 * n18);
            const auto n21 = (-n2);
            const auto n22 = minimum(n21, T(0.0));
            const auto n23 = expf(n22);
            const auto n24 = fabsf(n21);
            const auto n25 = (-n24);
            const auto n26 = expf(n25);
            const auto n27 = (T(1.0) + n26);
            const auto n28 = (n23 / n27);
            const auto n29 = (n3 * n28);
            const auto n30 = (n20 - n29);
            const auto n32 = (n30 * n31);
            d[at] = store(n32);
        }
        if (LANE == 0) costs[first + row] = factor * rows * n13;
    }
}

KERNEL columns_0(const H* d, T* db, i64 rows) {
    __shared__ T parts[WARPS_PER_BLOCK][WARP];
    const i64 chunk = blockIdx.x / 1, chunks = gridDim.x / 1;
    const i64 j = blockIdx.x % 1 * WARP + LANE, deep = threadIdx.x / WARP;
    const i64 first = chunk * rows / chunks + deep, last = (chunk + 1) * rows / chunks;
    T total = T(0);
    if (j < 3) {
        for (i64 at = first * 3 + j; at < last * 3; at += WARPS_PER_BLOCK * 3) {
            const T n0 = load(d[at]);
            total += n0;
        }
    }
    parts[deep][LANE] = total;
    __syncthreads();
    if (deep == 0 && j < 3) {
        for (int i = 1; i < WARPS_PER_BLOCK; ++i) total += parts[i][LANE];
        db[chunk * 3 + j] = total;
    }
}

KERNEL update(T* __restrict__ theta, const T* __restrict__ g, const T* __restrict__ db, i64 chunks, const T* lr, const i64* step, const T* share, T* norms, T* penalties) {
    T norm = T(0), penalty = T(0);
    {
        const T n2 = lr[step[0]];
        for (i64 at = 0 + FIRST; at < 15; at += STRIDE) {
            const T n0 = theta[at];
            const T n1 = g[at];
            const auto n3 = (n1 * n1);
            const auto n5 = (n1 * n2);
            const auto n6 = (n0 - n5);
            norm += n3;
            theta[at] = n6;
        }
    }
    {
        const T n2 = lr[step[0]];
        for (i64 at = 15 + FIRST; at < 18; at += STRIDE) {
            const T n0 = theta[at];
            const T n1 = column_sum(db, chunks, at - 15);
            const auto n3 = (n1 * n1);
            const auto n5 = (n1 * n2);
            const auto n6 = (n0 - n5);
            norm += n3;
            theta[at] = n6;
        }
    }
    norm = block_sum(norm);
    penalty = block_sum(penalty);
    if (threadIdx.x == 0) {
        norms[blockIdx.x] = norm;
        penalties[blockIdx.x] = penalty;
    }
}

KERNEL advance(const T* penalties, i64 blocks, const T* lr, const T* share, T* sums, i64* step, i64 rows) {
    T penalty = T(0);
    for (i64 i = threadIdx.x; i < blocks; i += THREADS) penalty += penalties[i];
    penalty = block_sum(penalty);
    if (threadIdx.x == 0) {
        sums[step[0]] = penalty * share[0] * rows;
        step[0] += 1;
    }
}
