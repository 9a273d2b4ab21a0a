/** Scored rows, as far as the metrics need them; one entry a row. */
export interface ScoredRows {
  readonly predictions: Float64Array;
  readonly labels: Float64Array;
  /** Absent: all 1. */
  readonly weights?: Float64Array;
  /** Probability of class 1, of models of up to two classes; null else. */
  readonly scores: Float64Array | null;
}

/** Rows whose predictions and scores are made once, when the first metric is asked for. */
export function scoredLater(common: Pick<ScoredRows, 'labels' | 'weights'>, make: () => Pick<ScoredRows, 'predictions' | 'scores'>): ScoredRows {
  let made: ReturnType<typeof make> | undefined;
  const all = () => {
    made ??= make();
    return made;
  };
  return {
    ...common,
    get predictions() {
      return all().predictions;
    },
    get scores() {
      return all().scores;
    },
  };
}
