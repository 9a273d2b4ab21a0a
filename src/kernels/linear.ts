/**
 * The sums that linear models are fitted by, over rows i with weight w_i (absent: 1), label y_i and margin z_i = x_i · β + intercept.
 *
 * One weight vector (`binaryLogistic`), d = numFeatures:
 *   input  [β (d), intercept]
 *   output [Σ w loss, Σ w, Σ m x (d), Σ m],  m_i = w_i ∂loss/∂z
 * k weight vectors (`multinomialLogistic`, k = numClasses):
 *   input  [β_0 (d), …, β_{k-1} (d), intercepts (k)]
 *   output [Σ w loss, Σ w, Σ m_0 x (d), …, Σ m_{k-1} x (d), Σ m_c (k)]
 *
 * Features are neither scaled nor centred. For x' = (x - μ) / σ take β = β' / σ and intercept = b - Σ μ β' / σ as input; the gradient by β' is
 * (Σ m x - μ Σ m) / σ.
 */
import type { Aggregator, AggregatorSpec, LinearArgs } from './contract.ts';
import { Features, prepareBundles, preparedBytes, scratchBytes, TILE_ROWS } from './features.ts';
import type { Kernels } from './kernels.ts';

/** Turns the margins of n rows into multipliers and returns the weighted loss. */
type Loss = (kernels: Kernels, margins: number, labels: number, weights: number, n: number, classes: number) => number;

function linear(loss: Loss, classesOf: (args: LinearArgs) => number): Aggregator<LinearArgs> {
  const width = (args: LinearArgs) => classesOf(args) * (args.numFeatures + 1);
  return {
    inputLength: width,
    outputLength: (args) => 2 + width(args),
    scratchBytes: (partition, args) => scratchBytes(partition, args, classesOf(args)),
    preparedBytes,
    prepare: prepareBundles,
    bind(partition, scratch, prepared, args) {
      const classes = classesOf(args);
      const features = new Features(partition, scratch, prepared, args, classes);
      const { kernels, margins } = features;
      return {
        load: (input) => features.load(input),
        block(lo, hi, output) {
          features.clear();
          const intercepts = output.length - classes;
          for (let from = lo; from < hi; from += TILE_ROWS) {
            const n = Math.min(TILE_ROWS, hi - from);
            const weights = features.weights(from);
            features.computeMargins(from, n);
            output[0] += loss(kernels, margins, features.labels(from, n), weights, n, classes);
            output[1] += weights ? kernels.sum_f64(weights, 0, n) : n;
            for (let c = 0; c < classes; c++) {
              output[intercepts + c] += kernels.sum_f64(margins + 8 * TILE_ROWS * c, 0, n);
            }
            features.addGradient(from, n);
          }
          features.store(output.subarray(2));
        },
      };
    },
  };
}

/** loss = log(1 + e^z) - y z, y in {0, 1}. */
export const binaryLogistic = linear(
  (kernels, z, labels, weights, n) => kernels.logistic_f64(z, labels, weights, n),
  () => 1,
);

/** loss = log Σ_c e^{z_c} - z_y, y in 0 … k - 1. Labels must have been checked. */
export const multinomialLogistic = linear(
  (kernels, z, labels, weights, n, classes) => kernels.softmax_f64(z, TILE_ROWS, labels, weights, classes, n),
  (args) => args.numClasses ?? 2,
);

const ALL = { binaryLogistic, multinomialLogistic };

/** One of the sums above, as a fit's `aggregators` takes it. */
export function linearAggregator(name: keyof typeof ALL, args: LinearArgs): AggregatorSpec<LinearArgs> {
  return { module: import.meta.url, name, args, local: ALL[name] };
}
