import type { MessageInitShape } from '@bufbuild/protobuf';
import { typeOfConstant } from '../../frame/constant.ts';
import type { Expression } from '../../frame/expression.ts';
import type { DataType } from '../../frame/types.ts';
import { literalOf } from './literal.ts';
import { type Names, quoted } from './names.ts';
import type { Expression_SortOrderSchema, ExpressionSchema } from './proto/connect_pb.ts';
import { sparkType } from './types.ts';

export type ExpressionInit = MessageInitShape<typeof ExpressionSchema>;
type SortInit = MessageInitShape<typeof Expression_SortOrderSchema>;

const ROW_FRAME = 1;
const RANGE_FRAME = 2;
const TRY = 3;

/** An expression as Spark takes it. Functions go by Spark's SQL names already; what differs is told here. */
export function sparkExpression(expression: Expression, names: Names): ExpressionInit {
  const inner = (e: Expression) => sparkExpression(e, names);
  switch (expression.kind) {
    case 'column':
      return attribute(names.attribute(expression.name), expression.of && names.planOf(expression.of));
    case 'literal':
      return constant(expression.value, expression.type);
    case 'call':
      return sparkCall(expression, names);
    case 'cast': {
      const evalMode = expression.lenient ? { evalMode: TRY } : {};
      const to = { case: 'type', value: sparkType(expression.type) } as const;
      return { exprType: { case: 'cast', value: { expr: inner(expression.child), castToType: to, ...evalMode } } };
    }
    case 'case': {
      const branches = expression.branches.flatMap((b) => [inner(b.when), inner(b.then)]);
      return call('when', expression.otherwise ? [...branches, inner(expression.otherwise)] : branches);
    }
    case 'alias':
      return { exprType: { case: 'alias', value: aliasOf(expression.child, expression.name, names, expression.metadata, expression.more) } };
    case 'sql':
      return { exprType: { case: 'expressionString', value: { expression: expression.text } } };
    case 'star':
      if (expression.matching !== undefined) return { exprType: { case: 'unresolvedRegex', value: { colName: `\`${expression.matching}\`` } } };
      return { exprType: { case: 'unresolvedStar', value: expression.of === undefined ? {} : { unparsedTarget: `${quoted(expression.of)}.*` } } };
    case 'field':
      return extract(inner(expression.child), literal(expression.name));
    case 'sort':
      return { exprType: { case: 'sortOrder', value: sortOrder(expression, names) } };
    case 'window':
      return window(expression, names);
    case 'variable':
      return { exprType: { case: 'unresolvedNamedLambdaVariable', value: { nameParts: [expression.name] } } };
    case 'lambda': {
      const value = { function: inner(expression.body), arguments: expression.parameters.map((name) => ({ nameParts: [name] })) };
      return { exprType: { case: 'lambdaFunction', value } };
    }
    case 'summary': {
      const weight = expression.weight ? cast(inner(expression.weight), 'double') : literal(1, { kind: 'double' });
      const metrics = call(
        'array',
        expression.metrics.map((metric) => literal(metric)),
      );
      return call('aggregate_metrics', [metrics, inner(expression.child), weight]);
    }
  }
}

/** A named expression, with the metadata that its column shall have. */
export function aliasOf(child: Expression, name: string, names: Names, metadata?: Readonly<Record<string, unknown>>, more: readonly string[] = []) {
  return { expr: sparkExpression(child, names), name: [name, ...more], ...(metadata && { metadata: JSON.stringify(metadata) }) };
}

/** One key of a sort; without a direction ascending with nulls first. */
export function sortOrder(expression: Expression, names: Names): SortInit {
  const { child, descending, nulls } = expression.kind === 'sort' ? expression : { child: expression, descending: false, nulls: 'first' };
  return { child: sparkExpression(child, names), direction: descending ? 2 : 1, nullOrdering: nulls === 'first' ? 1 : 2 };
}

function call(functionName: string, args: ExpressionInit[], isDistinct = false): ExpressionInit {
  return { exprType: { case: 'unresolvedFunction', value: { functionName, arguments: args, isDistinct } } };
}

function literal(value: unknown, type?: DataType): ExpressionInit {
  return { exprType: { case: 'literal', value: literalOf(value, type) } };
}

/** A constant as `lit` makes it: a list is a call of `array`. */
function constant(value: unknown, type: DataType | undefined): ExpressionInit {
  if (!Array.isArray(value) || type) return literal(value, type);
  return list(value, typeOfConstant(value));
}

function list(value: unknown, type: DataType): ExpressionInit {
  if (type.kind !== 'array' || !Array.isArray(value) || value.length === 0) return literal(value, type);
  return call(
    'array',
    value.map((item) => list(item, type.element)),
  );
}

export function attribute(unparsedIdentifier: string, planId?: bigint | undefined): ExpressionInit {
  return { exprType: { case: 'unresolvedAttribute', value: { unparsedIdentifier, ...(planId !== undefined && { planId }) } } };
}

function extract(child: ExpressionInit, extraction: ExpressionInit): ExpressionInit {
  return { exprType: { case: 'unresolvedExtractValue', value: { child, extraction } } };
}

/** Our names of functions that are called otherwise in Spark. */
const RENAMED: ReadonlyMap<string, string> = new Map([
  ['bitwise_not', '~'],
  ['=', '=='],
]);

/** A call whose form differs from Spark's. */
const OTHER_FORMS: ReadonlyMap<string, (args: ExpressionInit[]) => ExpressionInit> = new Map([
  ['!=', ([a, b]) => call('not', [call('==', [a, b])])],
  ['getitem', ([child, key]) => extract(child, key)],
  ['sum_distinct', (args) => call('sum', args, true)],
  // Spark takes the characters first.
  ...['trim', 'ltrim', 'rtrim'].map((name) => [name, (args: ExpressionInit[]) => call(name, args.toReversed())] as const),
  ['vector_to_array', ([vector]) => call('vector_to_array', [vector, literal('float64')])],
  ['hash_unit', ([x, seed]) => hashUnit(x, seed)],
  // A path in brackets takes any name but for quotes.
  ['json_field', ([x, field]) => call('get_json_object', [x, call('concat', [literal("$['"), field, literal("']")])])],
]);

function sparkCall({ name, args, distinct }: Extract<Expression, { kind: 'call' }>, names: Names): ExpressionInit {
  const given = args.map((a) => (a.kind === 'star' && name === 'count' && !distinct && a.of === undefined ? literal(1) : sparkExpression(a, names)));
  if (name === 'update_fields') return updated(given, args[1]);
  const other = OTHER_FORMS.get(name);
  return other ? other(given) : call(RENAMED.get(name) ?? name, given, distinct);
}

/** A struct with a field changed, or without it. */
function updated([structExpression, , valueExpression]: ExpressionInit[], field: Expression): ExpressionInit {
  const fieldName = String(field.kind === 'literal' && field.value);
  return { exprType: { case: 'updateFields', value: { structExpression, fieldName, ...(valueExpression && { valueExpression }) } } };
}

/** The first 52 bits of the md5 of `seed:text`, as a number in [0, 1): the same as on the local engine. */
function hashUnit(x: ExpressionInit, seed: ExpressionInit): ExpressionInit {
  const text = (e: ExpressionInit) => cast(e, 'string');
  const hash = call('md5', [cast(call('concat', [text(seed), literal(':'), call('coalesce', [text(x), literal('')])]), 'binary')]);
  const bits = call('conv', [call('substring', [hash, literal(1), literal(13)]), literal(16), literal(10)]);
  return call('/', [cast(bits, 'double'), literal(2 ** 52, { kind: 'double' })]);
}

function cast(expr: ExpressionInit, kind: 'string' | 'binary' | 'double'): ExpressionInit {
  return { exprType: { case: 'cast', value: { expr, castToType: { case: 'type', value: sparkType({ kind }) } } } };
}

function window({ call: windowed, partitionBy, orderBy, frame }: Extract<Expression, { kind: 'window' }>, names: Names): ExpressionInit {
  const frameSpec = frame && {
    frameType: frame.unit === 'rows' ? ROW_FRAME : RANGE_FRAME,
    lower: bound(frame.start, frame.unit),
    upper: bound(frame.end, frame.unit),
  };
  const value = {
    windowFunction: sparkExpression(windowed, names),
    partitionSpec: partitionBy.map((e) => sparkExpression(e, names)),
    orderSpec: orderBy.map((e) => sortOrder(e, names)),
    ...(frameSpec && { frameSpec }),
  };
  return { exprType: { case: 'window', value } };
}

type Bound = { boundary: { case: 'currentRow' | 'unbounded'; value: true } | { case: 'value'; value: ExpressionInit } };

function bound(offset: number, unit: 'rows' | 'range'): Bound {
  if (offset === 0) return { boundary: { case: 'currentRow', value: true } };
  if (Math.abs(offset) === Number.POSITIVE_INFINITY) return { boundary: { case: 'unbounded', value: true } };
  return { boundary: { case: 'value', value: literal(offset, { kind: unit === 'rows' ? 'int' : 'long' }) } };
}
