import { MlError, requireMade, show } from '../error.ts';
import { Column, type ColumnOrName, col, expr } from './column.ts';
import type { Executor } from './executor.ts';
import type { Expression } from './expression.ts';
import type { Frame } from './frame.ts';
import type { Plan } from './plan.ts';
import { checkNames, pairs } from './plan-arguments.ts';
import type { Metadata } from './schema.ts';
import { callSite } from './site.ts';

/** The steps that choose, make and name columns. */
export abstract class ColumnSteps {
  readonly executor: Executor;
  readonly plan: Plan;

  constructor(executor: Executor, plan: Plan) {
    requireMade(
      'Frame',
      typeof executor?.collect === 'function' && typeof plan?.op === 'string',
      'a session makes frames: session.read, createFrame, sql',
    );
    this.executor = executor;
    this.plan = plan.site ? plan : { ...plan, site: callSite() };
  }

  protected abstract next(plan: Plan): Frame;

  /** This frame's column `name`: tells columns of one name apart after a join (`a.col('id').eq(b.col('id'))`). */
  col(name: string): Column {
    const { expression } = col(name);
    return new Column(expression.kind === 'column' ? { ...expression, of: this.plan } : expression);
  }

  /**
   * The columns whose whole name matches a regular expression in backticks: ``frame.select(frame.colRegex('`amount_.*`'))``. A text without
   * backticks is a column's name.
   */
  colRegex(pattern: string): Column {
    if (typeof pattern !== 'string')
      throw new MlError('EXPRESSION_INVALID', `colRegex: pattern must be a string, got ${show(pattern)}`, { value: pattern });
    if (!/^`.+`$/s.test(pattern)) return this.col(pattern);
    return new Column({ kind: 'star', matching: pattern.slice(1, -1) });
  }

  /** These columns, by name or as expressions; `*` is all of them. */
  select(...columns: (ColumnOrName | readonly ColumnOrName[])[]): Frame {
    return this.next({ op: 'project', input: this.plan, columns: expressions(columns) });
  }

  /** Columns by SQL text: `selectExpr('age + 1 AS next', '*')`. */
  selectExpr(...texts: (string | readonly string[])[]): Frame {
    return this.next({
      op: 'project',
      input: this.plan,
      columns: checkNames('selectExpr', texts.flat()).map((t) => (t.trim() === '*' ? col('*') : expr(t)).expression),
    });
  }

  /** This frame with column `name` added, or replaced where it stands. */
  withColumn(name: string, value: Column): Frame {
    return this.withColumns([[name, value]]);
  }

  /** Several columns at once; each sees the columns as they were. */
  withColumns(columns: Readonly<Record<string, Column>> | readonly (readonly [string, Column])[]): Frame {
    return this.next({
      op: 'withColumns',
      input: this.plan,
      columns: pairs('withColumns', 'columns', columns).map(([name, value]) => {
        checkNames('withColumn', [name]);
        if (!(value instanceof Column)) {
          throw new MlError('EXPRESSION_INVALID', `withColumn: ${show(name)} must be a Column (use lit for a constant), got ${show(value)}`, {
            column: name,
          });
        }
        return { name, value: value.expression };
      }),
    });
  }

  /** The column with other metadata (ML attributes go under `ml_attr`). */
  withMetadata(name: string, metadata: Metadata): Frame {
    return this.withColumn(name, col(name).alias(name, { metadata }));
  }

  /** Renames a column; a name that does not exist changes nothing, as in Spark. */
  withColumnRenamed(existing: string, name: string): Frame {
    return this.withColumnsRenamed([checkNames('withColumnRenamed', [existing, name]) as [string, string]]);
  }

  /** Several columns renamed; names that do not exist change nothing. */
  withColumnsRenamed(names: Readonly<Record<string, string>> | readonly (readonly [string, string])[]): Frame {
    return this.next({ op: 'rename', input: this.plan, names: new Map(pairs('withColumnsRenamed', 'names', names)) });
  }

  /**
   * Without these columns; those that do not exist are ignored, as in Spark. A name stands for all columns that have it, a column such as
   * `right.col('id')` after a join for that one.
   */
  drop(...given: ColumnOrName[]): Frame {
    const columns = given.filter((c) => c instanceof Column).map(({ expression }) => expression);
    for (const { kind } of columns) {
      if (kind !== 'column')
        throw new MlError('EXPRESSION_INVALID', `drop: must be given names or columns such as frame.col('a'), got ${show(kind)}`);
    }
    const names = checkNames('drop', given.filter((c) => !(c instanceof Column)) as string[]);
    return this.next({ op: 'drop', input: this.plan, names, ...(columns.length > 0 && { columns }) });
  }

  /** All columns renamed, in order; without names the frame itself. */
  toDF(...names: string[]): Frame {
    return this.next({ op: 'toDF', input: this.plan, names: checkNames('toDF', names) });
  }

  /** Names the frame, so that `col('a.x')` means its column `x` after a join. */
  alias(name: string): Frame {
    return this.next({ op: 'alias', input: this.plan, name });
  }
}

/** The expressions of columns, given themselves or by name. */
export function expressions(columns: readonly (ColumnOrName | readonly ColumnOrName[])[]): Expression[] {
  return columns.flat().map((c) => {
    if (!(c instanceof Column) && typeof c !== 'string') {
      throw new MlError('EXPRESSION_INVALID', `select: columns must be Columns or names, got ${show(c)}`, { value: c });
    }
    return (c instanceof Column ? c : col(c)).expression;
  });
}
