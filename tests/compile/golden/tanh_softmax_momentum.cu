typedef float T;
typedef float In;
#define WARP 32
#define WARPS_PER_BLOCK 8
#define N_INPUTS 5
#define N_WEIGHTS 62
#define N_BIASES 13
#define BF16_OPERANDS 0
// runtime.cu

KERNEL forward_0(const T* z, const T* b, H* h, i64 rows) {
    for (i64 at = FIRST, j = at % 4; at < rows * 4; at += STRIDE, j = at % 4) {
        const T n0 = z[at];
        const T n1 = b[j];
        const auto n2 = (n0 + n1);
        const auto n3 = tanhf(n2);
        h[at] = store(n3);
    }
}

KERNEL backward_0(const T* z, const T* b, const H* h, const T* dh, H* d, T* db, i64 rows) {
    __shared__ T parts[WARPS_PER_BLOCK][WARP];
    const i64 chunk = blockIdx.x / 1, chunks = gridDim.x / 1;
    const i64 j = blockIdx.x % 1 * WARP + LANE, deep = threadIdx.x / WARP;
    const i64 first = chunk * rows / chunks + deep, last = (chunk + 1) * rows / chunks;
    T total = T(0);
    if (j < 4) {
        for (i64 at = first * 4 + j; at < last * 4; at += WARPS_PER_BLOCK * 4) {
            const T n0 = z[at];
            const T n1 = b[j];
            const auto n2 = (n0 + n1);
            const T n4 = dh[at];
            const auto n5 = fabsf(n2);
            const auto n6 = (-n5);
            const auto n7 = expf(n6);
            const auto n9 = (T(2.0) * n7);
            const auto n10 = (n7 * n7);
            const auto n12 = (T(1.0) + n10);
            const auto n13 = (n9 / n12);
            const auto n14 = (n13 * n13);
            const auto n15 = (n14 * n4);
            d[at] = store(n15);
            total += n15;
        }
    }
    parts[deep][LANE] = total;
    __syncthreads();
    if (deep == 0 && j < 4) {
        for (int i = 1; i < WARPS_PER_BLOCK; ++i) total += parts[i][LANE];
        db[chunk * 13 + j] = total;
    }
}

KERNEL forward_1(const T* z, const T* b, H* h, i64 rows) {
    for (i64 row = FIRST / WARP; row < rows; row += STRIDE / WARP) {
        T n5 = -INF;
        for (i64 j = LANE, at = row * 6 + j; j < 6; j += WARP, at += WARP) {
            const T n0 = z[at];
            const T n1 = b[j];
            const auto n2 = (n0 + n1);
            const auto n4 = (n2 / T(2.0));
            n5 = maximum(n5, n4);
        }
        n5 = lane_max(n5);
        T n9 = T(0);
        for (i64 j = LANE, at = row * 6 + j; j < 6; j += WARP, at += WARP) {
            const T n0 = z[at];
            const T n1 = b[j];
            const auto n2 = (n0 + n1);
            const auto n4 = (n2 / T(2.0));
            const auto n6 = (n4 - n5);
            const auto n7 = (T(2.0) * n6);
            const auto n8 = expf(n7);
            n9 = n9 + n8;
        }
        n9 = lane_sum(n9);
        for (i64 j = LANE, at = row * 6 + j; j < 6; j += WARP, at += WARP) {
            const T n0 = z[at];
            const T n1 = b[j];
            const auto n2 = (n0 + n1);
            const auto n4 = (n2 / T(2.0));
            const auto n6 = (n4 - n5);
            const auto n7 = (T(2.0) * n6);
            const auto n8 = expf(n7);
            const auto n10 = (n8 / n9);
            h[at] = store(n10);
        }
    }
}

KERNEL backward_1(const T* z, const T* b, const H* h, const T* dh, H* d, T* db, i64 rows) {
    for (i64 row = FIRST / WARP; row < rows; row += STRIDE / WARP) {
        T n6 = T(0);
        for (i64 j = LANE, at = row * 6 + j; j < 6; j += WARP, at += WARP) {
            const T n3 = load(h[at]);
            const T n4 = dh[at];
            const auto n5 = (n3 * n4);
            n6 = n6 + n5;
        }
        n6 = lane_sum(n6);
        T n9 = T(0);
        for (i64 j = LANE, at = row * 6 + j; j < 6; j += WARP, at += WARP) {
            const T n3 = load(h[at]);
            const T n4 = dh[at];
            const auto n7 = (n4 - n6);
            const auto n8 = (n3 * n7);
            n9 = n9 + n8;
        }
        n9 = lane_sum(n9);
        for (i64 j = LANE, at = row * 6 + j; j < 6; j += WARP, at += WARP) {
            const T n3 = load(h[at]);
            const T n4 = dh[at];
            const auto n7 = (n4 - n6);
            const auto n10 = (n7 - n9);
            const auto n11 = (n3 * n10);
            d[at] = store(n11);
        }
    }
}

KERNEL columns_1(const H* d, T* db, i64 rows) {
    __shared__ T parts[WARPS_PER_BLOCK][WARP];
    const i64 chunk = blockIdx.x / 1, chunks = gridDim.x / 1;
    const i64 j = blockIdx.x % 1 * WARP + LANE, deep = threadIdx.x / WARP;
    const i64 first = chunk * rows / chunks + deep, last = (chunk + 1) * rows / chunks;
    T total = T(0);
    if (j < 6) {
        for (i64 at = first * 6 + j; at < last * 6; at += WARPS_PER_BLOCK * 6) {
            const T n0 = load(d[at]);
            total += n0;
        }
    }
    parts[deep][LANE] = total;
    __syncthreads();
    if (deep == 0 && j < 6) {
        for (int i = 1; i < WARPS_PER_BLOCK; ++i) total += parts[i][LANE];
        db[chunk * 13 + j] = total;
    }
}

KERNEL head(const T* z, const T* b, const T* target, const T* weight, const i64* order, const i64* step, const T* share, H* d, T* costs, i64 batch, i64 rows) {
    const i64 first = step[0] * batch;
    for (i64 row = FIRST / WARP; row < rows; row += STRIDE / WARP) {
        const i64 from = order[first + row];
        const T factor = (weight ? weight[from] : T(1)) * share[0];
        const T n29 = factor;
        T n6 = -INF;
        for (i64 j = LANE, at = row * 3 + j; j < 3; j += WARP, at += WARP) {
            const T n0 = z[at];
            const T n1 = b[j];
            const auto n2 = (n0 + n1);
            const auto n5 = (n2 / T(2.0));
            n6 = maximum(n6, n5);
        }
        n6 = lane_max(n6);
        T n15 = T(0);
        T n16 = T(0);
        T n21 = T(0);
        for (i64 j = LANE, at = row * 3 + j; j < 3; j += WARP, at += WARP) {
            const T n0 = z[at];
            const T n1 = b[j];
            const auto n2 = (n0 + n1);
            const T n3 = target[from * 3 + j];
            const auto n5 = (n2 / T(2.0));
            const auto n7 = (n5 - n6);
            const auto n8 = (T(2.0) * n7);
            const auto n9 = expf(n8);
            const auto n11 = (n7 == T(0.0));
            const auto n13 = (n11 ? T(1.0) : T(0.0));
            const auto n14 = (n9 - n13);
            const auto n20 = (n3 * n7);
            n15 = n15 + n14;
            n16 = n16 + n13;
            n21 = n21 + n20;
        }
        n15 = lane_sum(n15);
        n16 = lane_sum(n16);
        n21 = lane_sum(n21);
        const auto n17 = (n16 - T(1.0));
        const auto n18 = (n15 + n17);
        const auto n19 = log1pf(n18);
        const auto n22 = (T(2.0) * n21);
        const auto n23 = (n19 - n22);
        const auto n27 = (T(1.0) + n18);
        for (i64 j = LANE, at = row * 3 + j; j < 3; j += WARP, at += WARP) {
            const T n0 = z[at];
            const T n1 = b[j];
            const auto n2 = (n0 + n1);
            const T n3 = target[from * 3 + j];
            const auto n5 = (n2 / T(2.0));
            const auto n7 = (n5 - n6);
            const auto n8 = (T(2.0) * n7);
            const auto n9 = expf(n8);
            const auto n24 = (n9 - n3);
            const auto n25 = (n3 * n18);
            const auto n26 = (n24 - n25);
            const auto n28 = (n26 / n27);
            const auto n30 = (n28 * n29);
            d[at] = store(n30);
        }
        if (LANE == 0) costs[first + row] = factor * rows * n23;
    }
}

KERNEL columns_2(const H* d, T* db, i64 rows) {
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
        db[chunk * 13 + j] = total;
    }
}

KERNEL update(T* __restrict__ theta, const T* __restrict__ g, const T* __restrict__ db, i64 chunks, T* __restrict__ state_v, const T* lr, const i64* step, const T* share, T* norms, T* penalties) {
    T norm = T(0), penalty = T(0);
    {
        const T n2 = lr[step[0]];
        const T n11 = share[0];
        const auto n13 = (T(0.5) * n11);
        const auto n15 = (T(0.25) * n11);
        for (i64 at = 0 + FIRST; at < 62; at += STRIDE) {
            const T n0 = theta[at];
            const T n1 = g[at];
            const T n3 = state_v[at];
            const auto n5 = (T(0.25) * n0);
            const auto n6 = (n5 * n0);
            const auto n7 = fabsf(n0);
            const auto n8 = (T(0.25) * n7);
            const auto n9 = (n6 + n8);
            const auto n14 = (n13 * n0);
            const auto n16 = sign(n0);
            const auto n17 = (n15 * n16);
            const auto n18 = (n14 + n17);
            const auto n19 = (n1 + n18);
            const auto n20 = (n19 * n19);
            const auto n22 = (n19 * n2);
            const auto n24 = (n3 * T(0.9));
            const auto n25 = (n24 - n22);
            const auto n26 = (n0 + n25);
            penalty += n9;
            norm += n20;
            theta[at] = n26;
            state_v[at] = n25;
        }
    }
    {
        const T n2 = lr[step[0]];
        for (i64 at = 62 + FIRST; at < 75; at += STRIDE) {
            const T n0 = theta[at];
            const T n1 = column_sum(db, chunks, at - 62);
            const T n3 = state_v[at];
            const auto n4 = (n1 * n1);
            const auto n6 = (n1 * n2);
            const auto n8 = (n3 * T(0.9));
            const auto n9 = (n8 - n6);
            const auto n10 = (n0 + n9);
            norm += n4;
            theta[at] = n10;
            state_v[at] = n9;
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
