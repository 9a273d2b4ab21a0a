import { MlError, show } from '../error.ts';
import { checkOptionNames } from '../param/options.ts';
import { Column, type ColumnOrName, call, expr, toCondition, type Value } from './column.ts';
import { ColumnSteps, expressions } from './column-steps.ts';
import type { Frame } from './frame.ts';
import { GroupedFrame } from './grouped.ts';
import { type JoinHow, joinKind } from './join.ts';
import { type FillValue, fillPlan, replacePairs, type Subset, subsetOf } from './missing.ts';
import { checkNames, fraction, pairs, type SampleArguments, sampleStep, seedOf, splitBounds, wholeNumber } from './plan-arguments.ts';
import { frequentItems, unpivoted } from './reshape.ts';

/** A column to sort by, several, or behind all of them which of them ascend. */
type SortKey = ColumnOrName | readonly ColumnOrName[] | { ascending: boolean | readonly boolean[] };

/** The steps that a {@link Frame} offers to plan with: each returns a new frame at once and touches nothing. */
export abstract class FrameSteps extends ColumnSteps {
  // ---- rows

  /** The rows for which `condition` (a column, or SQL text) is true; null is not true. */
  filter(condition: Column | string): Frame {
    return this.next({
      op: 'filter',
      input: this.plan,
      condition: typeof condition === 'string' ? expr(condition).expression : toCondition('filter', condition),
    });
  }

  /** As {@link FrameSteps.filter}. */
  where(condition: Column | string): Frame {
    return this.filter(condition);
  }

  /**
   * Joins by columns that both frames have (they come once, first) or by a condition. `how`: inner, left, right, full (outer), semi (left_semi), anti
   * (left_anti), cross, with Spark's other spellings.
   */
  join(other: Frame, on: string | readonly string[] | Column | readonly Column[] | null = null, how: JoinHow = 'inner'): Frame {
    this.#sameSession('join', other);
    return this.next({ op: 'join', left: this.plan, right: other.plan, ...joinKind(on, how) });
  }

  /** Each row of this frame with each of the other. */
  crossJoin(other: Frame): Frame {
    return this.join(other, null, 'cross');
  }

  /** The rows of both, duplicates kept; columns go by position. */
  union(other: Frame): Frame {
    return this.#union(other, false, false);
  }

  /** As {@link FrameSteps.union}. */
  unionAll(other: Frame): Frame {
    return this.union(other);
  }

  /** The rows of both; columns go by name. With `allowMissingColumns` what one lacks is null. */
  unionByName(other: Frame, options: { allowMissingColumns?: boolean } = {}): Frame {
    checkOptionNames('unionByName', options, ['allowMissingColumns']);
    return this.#union(other, true, options.allowMissingColumns ?? false);
  }

  /** Distinct rows that both frames have. */
  intersect(other: Frame): Frame {
    return this.#combine('intersect', other, false);
  }

  /** Rows that both frames have, as often as both have them. */
  intersectAll(other: Frame): Frame {
    return this.#combine('intersect', other, true);
  }

  /** Distinct rows that the other frame lacks. */
  subtract(other: Frame): Frame {
    return this.#combine('except', other, false);
  }

  /** Rows of this frame, each taken away as often as the other has it. */
  exceptAll(other: Frame): Frame {
    return this.#combine('except', other, true);
  }

  /** Groups rows with equal values of these columns (null and NaN are values too). */
  groupBy(...columns: (ColumnOrName | readonly ColumnOrName[])[]): GroupedFrame {
    return new GroupedFrame(this.plan, (plan) => this.next(plan), { keys: expressions(columns) });
  }

  /**
   * As {@link FrameSteps.groupBy}, and by fewer and fewer of the columns: without the last, without the last two, …, by none. `grouping` tells such
   * rows.
   */
  rollup(...columns: (ColumnOrName | readonly ColumnOrName[])[]): GroupedFrame {
    return new GroupedFrame(this.plan, (plan) => this.next(plan), { keys: expressions(columns), sets: 'rollup' });
  }

  /** As {@link FrameSteps.groupBy}, and by every choice of the columns, down to none. `grouping` tells such rows. */
  cube(...columns: (ColumnOrName | readonly ColumnOrName[])[]): GroupedFrame {
    return new GroupedFrame(this.plan, (plan) => this.next(plan), { keys: expressions(columns), sets: 'cube' });
  }

  /**
   * As {@link FrameSteps.groupBy}, by each of the choices that `sets` makes of the columns:
   * `groupingSets([['city', 'car'], ['city'], []], 'city', 'car')`. `grouping` tells such rows.
   */
  groupingSets(sets: readonly (readonly ColumnOrName[])[], ...columns: (ColumnOrName | readonly ColumnOrName[])[]): GroupedFrame {
    if (!Array.isArray(sets) || sets.length === 0 || !sets.every((set) => Array.isArray(set))) {
      throw new MlError('PARAM_INVALID', `groupingSets: sets must be a list of lists of columns, got ${show(sets)}`, { param: 'sets' });
    }
    const chosen = sets.map((set) => expressions(set));
    return new GroupedFrame(this.plan, (plan) => this.next(plan), { keys: expressions(columns), sets: chosen });
  }

  /** Aggregates of all rows: one row. */
  agg(...aggregates: [Readonly<Record<string, string>>] | Column[]): Frame {
    return this.groupBy().agg(...aggregates);
  }

  /** Sorted by these columns: ascending with nulls first unless `desc()` and the like say otherwise. Equal rows keep their order. */
  orderBy(...columns: SortKey[]): Frame {
    return this.#sorted('orderBy', columns);
  }

  /** As {@link FrameSteps.orderBy}, but on a cluster each partition by itself. */
  sortWithinPartitions(...columns: SortKey[]): Frame {
    return this.#sorted('sortWithinPartitions', columns, { within: true });
  }

  /** As {@link FrameSteps.orderBy}. */
  sort(...columns: SortKey[]): Frame {
    return this.orderBy(...columns);
  }

  /** The first `count` rows. */
  limit(count: number): Frame {
    return this.next({ op: 'limit', input: this.plan, count: wholeNumber('limit', 'count', count), offset: 0 });
  }

  /** Without the first `count` rows. */
  offset(count: number): Frame {
    return this.next({ op: 'limit', input: this.plan, count: Number.POSITIVE_INFINITY, offset: wholeNumber('offset', 'count', count) });
  }

  /** Each different row once, the first of equal ones. */
  distinct(): Frame {
    return this.next({ op: 'distinct', input: this.plan, columns: null });
  }

  /** The first row of each combination of these columns' values (all columns when none are named). */
  dropDuplicates(columns?: readonly string[]): Frame {
    return this.next({ op: 'distinct', input: this.plan, columns: columns ? checkNames('dropDuplicates', columns) : null });
  }

  /**
   * About `fraction` of the rows: those whose hash of (seed, row number) falls below it. With replacement each row comes as often as a Poisson number
   * of mean `fraction` says, made of that hash. The same rows at every run.
   */
  sample(fraction: number, seed?: number | bigint): Frame;
  sample(withReplacement: boolean, fraction: number, seed?: number | bigint): Frame;
  sample(options: { withReplacement?: boolean; fraction: number; seed?: number | bigint }): Frame;
  sample(...args: SampleArguments): Frame {
    return this.next({ ...sampleStep(args), input: this.plan });
  }

  /** Disjoint parts that hold every row, in proportion to `weights`. The same parts at every run. */
  randomSplit<const W extends readonly number[]>(weights: W, seed: number | bigint = 0): { -readonly [I in keyof W]: Frame } {
    const from = seedOf('randomSplit', seed);
    const parts = splitBounds(weights).map(([lower, upper]) => this.next({ op: 'sample', input: this.plan, lower, upper, seed: from }));
    return parts as { -readonly [I in keyof W]: Frame };
  }

  /** A sample by strata: `fractions` says how much of each value of `column` to keep; values not named go. */
  sampleBy(column: ColumnOrName, fractions: ReadonlyMap<Value, number> | Readonly<Record<string, number>>, seed: number | bigint = 0): Frame {
    return this.next({
      op: 'sampleBy',
      input: this.plan,
      column: expressions([column])[0],
      fractions: pairs('sampleBy', 'fractions', fractions).map(([value, share]) => ({ value, fraction: fraction('sampleBy', share) })),
      seed: seedOf('sampleBy', seed),
    });
  }

  /**
   * Columns turned into rows: for each row one of each of `values`, with the name of that column in `variable` and its value in `value`, beside
   * `ids`. Spark's `melt`; values become their common type.
   */
  unpivot(ids: readonly ColumnOrName[], values: readonly string[], variable: string, value: string): Frame {
    return unpivoted(this.next(this.plan), ids, values, variable, value);
  }

  melt(ids: readonly ColumnOrName[], values: readonly string[], variable: string, value: string): Frame {
    return this.unpivot(ids, values, variable, value);
  }

  /**
   * The values of each column that at least a share `support` of the rows have, ascending, as an array in `<column>_freqItems`; one row. Exact, where
   * Spark may name some that are rarer.
   */
  freqItems(columns: readonly string[], support = 0.01): Frame {
    return frequentItems(this.next(this.plan), columns, support);
  }

  /** With the rows' numbers 0, 1, … in a column behind the others. */
  zipWithIndex(name = 'index'): Frame {
    return this.select('*', new Column(call('distributed_sequence_id', [])).alias(name));
  }

  /** The frame itself: advice on how to run it changes no result, and neither engine here takes any. */
  hint(_name: string, ..._parameters: unknown[]): Frame {
    return this.next(this.plan);
  }

  // ---- missing values

  /** Nulls (and NaN, for numbers) replaced by a value, in all columns of its type, in `subset`, or by column. */
  fillna(value: FillValue | Readonly<Record<string, FillValue>>, subset?: Subset): Frame {
    return this.next({ op: 'fill', input: this.plan, values: fillPlan(value, subsetOf('fillna', subset)) });
  }

  /** Without rows that have a null (or NaN) in any (`how: 'all'`: in all) of the columns, or fewer than `thresh` values. */
  dropna(options: { how?: 'any' | 'all'; thresh?: number; subset?: string | readonly string[] } = {}): Frame {
    checkOptionNames('dropna', options, ['how', 'thresh', 'subset']);
    const { how = 'any', thresh, subset } = options;
    if (how !== 'any' && how !== 'all') throw new MlError('PARAM_INVALID', `dropna: how must be 'any' or 'all', got ${show(how)}`, { param: 'how' });
    return this.next({
      op: 'dropNulls',
      input: this.plan,
      columns: subsetOf('dropna', subset),
      minNonNulls: thresh === undefined ? how : wholeNumber('dropna', 'thresh', thresh),
    });
  }

  /** Values replaced by others: `replace(0, null)`, `replace(['a', 'b'], 'c')`, `replace(new Map([[1, 10]]))`; in columns of their type. */
  replace(from: Value | readonly Value[] | ReadonlyMap<Value, Value>, to?: Value | readonly Value[], subset?: Subset): Frame {
    return this.next({
      op: 'replace',
      input: this.plan,
      columns: subsetOf('replace', subset),
      pairs: replacePairs(from, to),
    });
  }

  /** Spark's `na`: `fill`, `drop`, `replace`. */
  get na(): { fill: Frame['fillna']; drop: Frame['dropna']; replace: Frame['replace'] } {
    return { fill: this.fillna.bind(this), drop: this.dropna.bind(this), replace: this.replace.bind(this) };
  }

  #sorted(owner: string, columns: readonly SortKey[], more: { within?: true } = {}): Frame {
    const last = columns.at(-1);
    const options =
      typeof last === 'object' && !(last instanceof Column) && !Array.isArray(last) ? (last as { ascending: boolean | readonly boolean[] }) : null;
    if (options) checkOptionNames(owner, options, ['ascending']);
    const keys = expressions((options ? columns.slice(0, -1) : columns) as (ColumnOrName | readonly ColumnOrName[])[]);
    if (keys.length === 0) throw new MlError('EXPRESSION_INVALID', `${owner}: needs at least one column`);
    const descends = (i: number) => options !== null && !(Array.isArray(options.ascending) ? options.ascending[i] : options.ascending);
    return this.next({ op: 'sort', input: this.plan, keys: keys.map((key, i) => (descends(i) ? new Column(key).desc().expression : key)), ...more });
  }

  #union(other: Frame, byName: boolean, allowMissing: boolean): Frame {
    this.#sameSession('union', other);
    return this.next({ op: 'union', left: this.plan, right: other.plan, byName, allowMissing });
  }

  #combine(kind: 'intersect' | 'except', other: Frame, all: boolean): Frame {
    this.#sameSession(kind, other);
    return this.next({ op: 'combine', left: this.plan, right: other.plan, kind, all });
  }

  #sameSession(owner: string, other: Frame): void {
    if (!(other instanceof FrameSteps)) throw new MlError('VALUE_INVALID', `${owner}: the other must be a Frame, got ${show(other)}`);
    if (other.executor !== this.executor) throw new MlError('VALUE_INVALID', `${owner}: both frames must belong to one session`);
  }
}
