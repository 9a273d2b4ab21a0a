// Every entry has its types.
import { type Frame, load, Session } from 'millstream';
import { LogisticRegression } from 'millstream/classification';
import { BinaryClassificationEvaluator } from 'millstream/evaluation';
import { StringIndexer } from 'millstream/feature';
import { Vectors } from 'millstream/linalg';
import { Pipeline } from 'millstream/pipeline';
import { loadScorer, type RowScorer } from 'millstream/scoring';
import { Summarizer } from 'millstream/stat';
import { CrossValidatorModel, ParamGridBuilder } from 'millstream/tuning';

const lr: LogisticRegression = new LogisticRegression({ regParam: 1 });
// @ts-expect-error a misspelt param
new LogisticRegression({ regPram: 1 });
// @ts-expect-error a value of the wrong type
new ParamGridBuilder().addGrid(lr, 'regParam', ['1']);
export const scorer: Promise<RowScorer> = loadScorer('model');
export const frame = (session: Session): Frame => session.read.csv('a.csv', { header: true });
export const all = [load, Session, BinaryClassificationEvaluator, StringIndexer, Vectors, Pipeline, Summarizer, CrossValidatorModel];
