/**
 * The arithmetic of the laboratories: a dense network, its gradients, its updates.
 *
 * Letters and conventions are those of the course: Z is a pre-activation, A an
 * activation, dW is ∂L/∂W, and the loss is the mean of (y_hat − y)² over all elements.
 * A matrix is { rows, columns, data }, its rows one after the other in data.
 */

/** Each activation with its derivative, both functions of the pre-activation z. */
export const activations = {
  linear: { f: (z) => z, derivative: () => 1 },
  relu: { f: (z) => Math.max(z, 0), derivative: (z) => (z > 0 ? 1 : 0) },
  leaky_relu: {
    f: (z) => (z > 0 ? z : 0.01 * z),
    derivative: (z) => (z > 0 ? 1 : 0.01),
  },
  sigmoid: {
    f: sigmoid,
    derivative: (z) => sigmoid(z) * (1 - sigmoid(z)),
  },
  tanh: { f: Math.tanh, derivative: (z) => 1 - Math.tanh(z) ** 2 },
};

function sigmoid(z) {
  const e = Math.exp(-Math.abs(z));
  return (z >= 0 ? 1 : e) / (1 + e);
}

/** Return a matrix of zeros, or of the given numbers, row after row. */
export function matrix(rows, columns, data = new Float64Array(rows * columns)) {
  if (data.length !== rows * columns) {
    throw new RangeError(`${data.length} numbers do not make ${rows} × ${columns}`);
  }
  return { rows, columns, data };
}

/** Return the chosen rows of M, (indices.length, columns). */
export function takeRows(M, indices) {
  const taken = matrix(indices.length, M.columns);
  indices.forEach((index, row) => {
    const start = index * M.columns;
    taken.data.set(M.data.subarray(start, start + M.columns), row * M.columns);
  });
  return taken;
}

/** Return A @ W + b: (batch, n_in), (n_in, n_out) and (1, n_out). */
function affine(A, W, b) {
  const Z = matrix(A.rows, W.columns);
  for (let row = 0; row < A.rows; row++) {
    const z = Z.data.subarray(row * W.columns, (row + 1) * W.columns);
    z.set(b.data);
    for (let input = 0; input < A.columns; input++) {
      const a = A.data[row * A.columns + input];
      const start = input * W.columns;
      for (let unit = 0; unit < W.columns; unit++) z[unit] += a * W.data[start + unit];
    }
  }
  return Z;
}

/** Return A.T @ dZ, (n_in, n_out). */
function weightGradient(A, dZ) {
  const dW = matrix(A.columns, dZ.columns);
  for (let row = 0; row < A.rows; row++) {
    for (let input = 0; input < A.columns; input++) {
      const a = A.data[row * A.columns + input];
      for (let unit = 0; unit < dZ.columns; unit++) {
        dW.data[input * dZ.columns + unit] += a * dZ.data[row * dZ.columns + unit];
      }
    }
  }
  return dW;
}

/** Return the sums of dZ's columns, (1, n_out). */
function biasGradient(dZ) {
  const db = matrix(1, dZ.columns);
  dZ.data.forEach((value, index) => {
    db.data[index % dZ.columns] += value;
  });
  return db;
}

/** Return dZ @ W.T, (batch, n_in). */
export function inputGradient(dZ, W) {
  const dA = matrix(dZ.rows, W.rows);
  for (let row = 0; row < dZ.rows; row++) {
    for (let input = 0; input < W.rows; input++) {
      let sum = 0;
      for (let unit = 0; unit < W.columns; unit++) {
        sum += dZ.data[row * W.columns + unit] * W.data[input * W.columns + unit];
      }
      dA.data[row * W.rows + input] = sum;
    }
  }
  return dA;
}

function map(M, f) {
  return matrix(M.rows, M.columns, M.data.map(f));
}

/**
 * Return the cache of a forward pass, { Z, A }, an entry a layer; A begins with X.
 *
 * A network is { W, b, activation }: lists of matrices, and the activation of its
 * hidden layers; the output layer is linear. The predictions are `A.at(-1)`.
 */
export function forward({ W, b, activation }, X) {
  if (X.columns !== W[0].rows) {
    throw new RangeError(`X has ${X.columns} columns, but W1 has ${W[0].rows} rows`);
  }
  const { f } = activations[activation];
  const cache = { Z: [], A: [X] };
  W.forEach((W_layer, layer) => {
    const Z = affine(cache.A[layer], W_layer, b[layer]);
    cache.Z.push(Z);
    cache.A.push(layer < W.length - 1 ? map(Z, f) : Z);
  });
  return cache;
}

/** Return the mean of (y_hat − y)² over all elements. */
export function meanSquaredError(y_hat, y) {
  if (y_hat.rows !== y.rows || y_hat.columns !== y.columns) {
    const [is, wanted] = [y_hat, y].map(({ rows, columns }) => `(${rows}, ${columns})`);
    throw new RangeError(`y_hat has shape ${is}, y has shape ${wanted}`);
  }
  let sum = 0;
  y_hat.data.forEach((value, index) => {
    sum += (value - y.data[index]) ** 2;
  });
  return sum / y.data.length;
}

/** Return { dW, db, dZ }, an entry a layer, the gradients of the loss to y. */
export function backward({ W, activation }, { Z, A }, y) {
  const { derivative } = activations[activation];
  const n = y.data.length;
  const dW = [];
  const db = [];
  const dZs = [];
  let dZ = map(A.at(-1), (y_hat, index) => (2 * (y_hat - y.data[index])) / n);
  for (let layer = W.length - 1; layer >= 0; layer--) {
    dZs.unshift(dZ);
    dW.unshift(weightGradient(A[layer], dZ));
    db.unshift(biasGradient(dZ));
    if (layer > 0) {
      const below = Z[layer - 1].data;
      const dA = inputGradient(dZ, W[layer]);
      dZ = map(dA, (value, index) => value * derivative(below[index]));
    }
  }
  return { dW, db, dZ: dZs };
}

/** Return the Euclidean norm of all numbers of some matrices together. */
export function norm(matrices) {
  let sum = 0;
  for (const { data } of matrices) for (const value of data) sum += value * value;
  return Math.sqrt(sum);
}

/** Return the gradient norm of each layer, of its dW and its db together. */
export function gradientNorms({ dW, db }) {
  return dW.map((dW_layer, layer) => norm([dW_layer, db[layer]]));
}

/** Scale the gradients to a global norm of `limit` if theirs is larger; return theirs. */
export function clip({ dW, db }, limit) {
  const total = norm([...dW, ...db]);
  if (total > limit) {
    for (const { data } of [...dW, ...db]) {
      data.forEach((value, index) => {
        data[index] = value * (limit / total);
      });
    }
  }
  return total;
}

/** Take a step of gradient descent in place; weight decay adds weightDecay · W to dW. */
export function update({ W, b }, { dW, db }, learningRate, weightDecay = 0) {
  const move = (parameter, gradient, decay) =>
    parameter.data.forEach((value, index) => {
      parameter.data[index] -= learningRate * (gradient.data[index] + decay * value);
    });
  W.forEach((parameter, layer) => move(parameter, dW[layer], weightDecay));
  b.forEach((parameter, layer) => move(parameter, db[layer], 0));
}

/** Return, for each hidden layer, the share of units with derivative 0 on every row. */
export function deadShares({ activation }, { Z }) {
  const { derivative } = activations[activation];
  return Z.slice(0, -1).map(({ columns, data }) => {
    const alive = new Set();
    data.forEach((z, index) => {
      if (derivative(z) !== 0) alive.add(index % columns);
    });
    return 1 - alive.size / columns;
  });
}
