/**
 * The arithmetic of the laboratories: a dense network, its gradients, its updates.
 *
 * The letters are the course's: Z is a pre-activation, A an activation, dW is ∂L/∂W.
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

/** Return a matrix of some rows, each a list of numbers. */
export function matrixOf(rows) {
  return matrix(rows.length, rows[0].length, Float64Array.from(rows.flat()));
}

/** Return the numbers in a column of M. */
export function columnOf({ columns, data }, column) {
  return data.filter((_value, index) => index % columns === column);
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

/** Return A @ B. */
function multiply(A, B) {
  const product = matrix(A.rows, B.columns);
  for (let row = 0; row < A.rows; row++) {
    for (let inner = 0; inner < A.columns; inner++) {
      const a = A.data[row * A.columns + inner];
      for (let column = 0; column < B.columns; column++) {
        product.data[row * B.columns + column] += a * B.data[inner * B.columns + column];
      }
    }
  }
  return product;
}

/** Return M.T. */
function transpose({ rows, columns, data }) {
  const index = (i) => (i % rows) * columns + Math.floor(i / rows);
  return map(matrix(columns, rows), (_zero, i) => data[index(i)]);
}

/** Return the sums of the columns, (1, columns). */
export function columnSums(M) {
  return multiply(matrix(1, M.rows, new Float64Array(M.rows).fill(1)), M);
}

export function map(M, f) {
  return matrix(M.rows, M.columns, M.data.map(f));
}

/**
 * Return { Z, A }, an entry a layer; A begins with X and ends with the predictions.
 *
 * A network is { W, b, activation }: lists of matrices, and the name of its hidden
 * layers' activation. The output layer is linear.
 */
export function forward({ W, b, activation }, X) {
  const { f } = activations[activation];
  const cache = { Z: [], A: [X] };
  W.forEach((W_layer, layer) => {
    const bias = b[layer].data;
    const product = multiply(cache.A[layer], W_layer); // (batch, n_out)
    const Z = map(product, (value, index) => value + bias[index % bias.length]);
    cache.Z.push(Z);
    cache.A.push(layer < W.length - 1 ? map(Z, f) : Z);
  });
  return cache;
}

/** Return the mean of (y_hat − y)² over all elements. */
export function meanSquaredError(y_hat, y) {
  let sum = 0;
  y_hat.data.forEach((value, index) => {
    sum += (value - y.data[index]) ** 2;
  });
  return sum / y.data.length;
}

/** Return the gradient of the mean squared error to y_hat. */
export function meanSquaredErrorGradient(y_hat, y) {
  return map(y_hat, (value, index) => (2 * (value - y.data[index])) / y.data.length);
}

/** Return the probabilities of logits Z: the sigmoid of one column, the softmax of more. */
export function probabilities(Z) {
  if (Z.columns === 1) return map(Z, sigmoid);
  const P = matrix(Z.rows, Z.columns);
  for (let start = 0; start < Z.data.length; start += Z.columns) {
    P.data.set(logSoftmax(Z.data.subarray(start, start + Z.columns)).map(Math.exp), start);
  }
  return P;
}

function logSoftmax(row) {
  const max = Math.max(...row);
  const total = row.reduce((sum, z) => sum + Math.exp(z - max), 0);
  return row.map((z) => z - max - Math.log(total));
}

/** Return the mean over rows of −ln p; y is 0 or 1 in one column, or one-hot in more. */
export function crossEntropy(Z, y) {
  if (Z.rows !== y.rows || Z.columns !== y.columns) {
    throw new RangeError(`Z is ${Z.rows} × ${Z.columns}, y is ${y.rows} × ${y.columns}`);
  }
  let sum = 0;
  for (let start = 0; start < Z.data.length; start += Z.columns) {
    const row = Z.data.subarray(start, start + Z.columns);
    const right = y.data.subarray(start, start + Z.columns);
    sum += Z.columns === 1 ? yesOrNo(row[0], right[0]) : classLoss(row, right);
  }
  return sum / Z.rows;
}

function yesOrNo(z, y) {
  return Math.max(z, 0) - y * z + Math.log1p(Math.exp(-Math.abs(z)));
}

function classLoss(row, right) {
  return -logSoftmax(row).reduce((sum, ln_p, column) => sum + right[column] * ln_p, 0);
}

/** Return the gradient of the cross-entropy to the logits Z. */
export function crossEntropyGradient(Z, y) {
  return map(probabilities(Z), (p, index) => (p - y.data[index]) / Z.rows);
}

/** Return { dW, db, dZ }, an entry a layer: gradients of the loss to y, whose own is dloss. */
export function backward({ W, activation }, { Z, A }, y, dloss = meanSquaredErrorGradient) {
  const { derivative } = activations[activation];
  const dW = [];
  const db = [];
  const dZs = [];
  let dZ = dloss(A.at(-1), y);
  for (let layer = W.length - 1; layer >= 0; layer--) {
    dZs.unshift(dZ);
    dW.unshift(multiply(transpose(A[layer]), dZ)); // (n_in, n_out)
    db.unshift(columnSums(dZ)); // (1, n_out)
    if (layer > 0) {
      const below = Z[layer - 1].data;
      const dA = multiply(dZ, transpose(W[layer])); // (batch, n_in)
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

/** Scale the gradients to a global norm of `limit` if theirs is larger. */
export function clip({ dW, db }, limit) {
  const total = norm([...dW, ...db]);
  if (total > limit) {
    for (const { data } of [...dW, ...db]) {
      for (const index of data.keys()) data[index] *= limit / total;
    }
  }
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

/** Tell of each unit of each hidden layer whether its derivative is 0 on every row. */
export function deadUnits({ activation }, { Z }) {
  const { derivative } = activations[activation];
  return Z.slice(0, -1).map(({ columns, data }) => {
    const dead = Array(columns).fill(true);
    data.forEach((z, index) => {
      if (derivative(z) !== 0) dead[index % columns] = false;
    });
    return dead;
  });
}
