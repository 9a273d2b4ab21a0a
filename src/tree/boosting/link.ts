import { exp, log, sigmoid, softmax, softplus } from '../../kernels/js/math.ts';
import type { LossSpec } from './contract.ts';

/**
 * What a raw score f predicts: `identity` f, `exp` e^f, `sigmoid` 1 / (1 + e^-f), `softplus` log(1 + e^f), `signedSquare` f·|f|, `step` 1 where f >
 * 0, else 0; `softmax` of all scores.
 */
export type Link = 'identity' | 'exp' | 'sigmoid' | 'softplus' | 'signedSquare' | 'step' | 'softmax';
export const LINKS: ReadonlySet<string> = new Set<Link>(['identity', 'exp', 'sigmoid', 'softplus', 'signedSquare', 'step', 'softmax']);

/** An objective of another library that is not trained here: its models score, but what they minimised is not known. */
export interface ForeignLoss {
  readonly name: 'foreign';
  /** As its library names it. */
  readonly objective: string;
  readonly link: Link;
  /** Of several raw scores: their number. */
  readonly numClasses?: number;
}

/** What a model was fitted by. */
export type ModelLoss = LossSpec | ForeignLoss;

export function linkOf(loss: ModelLoss): Link {
  switch (loss.name) {
    case 'foreign':
      return loss.link;
    case 'logistic':
      return 'sigmoid';
    case 'softmax':
      return 'softmax';
    case 'poisson':
    case 'gamma':
    case 'tweedie':
      return 'exp';
    default:
      return 'identity';
  }
}

/** Classes of a model of so many raw scores; 1 of one that predicts numbers, 0 where loss and number do not go together. */
export function classCount(loss: ModelLoss, scores: number): number {
  if (scores === 1) {
    if (linkOf(loss) === 'softmax') return 0;
    return loss.name === 'logistic' || linkOf(loss) === 'step' ? 2 : 1;
  }
  return loss.name === 'softmax' || (loss.name === 'foreign' && loss.link === 'sigmoid') ? scores : 0;
}

/** The number predicted at a raw score. */
export function predictionOf(link: Link, score: number): number {
  switch (link) {
    case 'exp':
      return exp(score);
    case 'sigmoid':
      return sigmoid(score);
    case 'softplus':
      return softplus(score);
    case 'signedSquare':
      return score * Math.abs(score);
    case 'step':
      return score > 0 ? 1 : 0;
    default:
      return score;
  }
}

/** The raw score of a prediction, of links that other libraries tell start scores by. */
export function scoreOf(link: Link, prediction: number): number {
  if (link === 'sigmoid') return log(prediction / (1 - prediction));
  return link === 'exp' ? log(prediction) : prediction;
}

/**
 * Replaces the k scores from `at` on by probabilities. Two classes of one score f have the scores -f and f; those of `sigmoid` do not sum to 1 where
 * there are more.
 */
export function toProbabilities(link: Link, scores: Float64Array, at: number, k: number): void {
  if (link === 'softmax') softmax(scores, at, k);
  else if (link === 'step') {
    const one = scores[at + 1] > 0 ? 1 : 0;
    scores[at] = 1 - one;
    scores[at + 1] = one;
  } else for (let c = at; c < at + k; c++) scores[c] = sigmoid(scores[c]);
}
