export type { SummaryMetric } from '../block/vector-summary.ts';
export { Correlation } from './correlation.ts';
export { ANOVATest, ChiSquareTest, FValueTest } from './independence-tests.ts';
export { KolmogorovSmirnovTest } from './kolmogorov-smirnov-test.ts';
export { Summarizer, type SummaryBuilder } from './summarizer.ts';
