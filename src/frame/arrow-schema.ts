import { IntervalUnit, Precision } from 'apache-arrow/enum';
import * as arrow from 'apache-arrow/schema';
import * as types from 'apache-arrow/type';
import { MlError, show } from '../error.ts';
import { isYearMonth } from './interval.ts';
import { type Field, type Metadata, Schema } from './schema.ts';
import { type DataType, parseType, typeName } from './types.ts';

/** Key of a field's metadata under which Arrow carries Spark's, as JSON. */
const SPARK_METADATA = 'spark_metadata';

/** Key under which Arrow carries Spark's type, where its own says less. */
const SPARK_TYPE = 'spark_type';

/** The Arrow schema of a frame; vectors and matrices are Spark's structs, their metadata goes along. */
export function arrowSchema(schema: Schema): arrow.Schema {
  return new arrow.Schema(
    schema.fields.map((f) => {
      const metadata = new Map<string, string>();
      if (['vector', 'matrix'].includes(f.type.kind) || hasInterval(f.type)) metadata.set(SPARK_TYPE, typeName(f.type));
      if (f.metadata) metadata.set(SPARK_METADATA, JSON.stringify(f.metadata));
      return new arrow.Field(f.name, arrowType(f.type), f.nullable, metadata);
    }),
  );
}

/** Whether the type is an interval or an array of them, whose fields Arrow does not know. */
function hasInterval(type: DataType): boolean {
  return type.kind === 'interval' || (type.kind === 'array' && hasInterval(type.element));
}

/** The Arrow type of a column. */
export function arrowType(type: DataType): types.DataType {
  switch (type.kind) {
    case 'boolean':
      return new types.Bool();
    case 'byte':
      return new types.Int8();
    case 'short':
      return new types.Int16();
    case 'int':
    case 'void':
      return new types.Int32();
    case 'long':
      return new types.Int64();
    case 'float':
      return new types.Float32();
    case 'double':
      return new types.Float64();
    case 'decimal':
      return new types.Decimal(type.scale, type.precision, 128);
    case 'string':
      return new types.Utf8();
    case 'binary':
      return new types.Binary();
    case 'date':
      return new types.DateDay();
    case 'timestamp':
      return new types.TimestampMicrosecond('UTC');
    case 'interval':
      if (type.from === undefined) return new types.Utf8();
      return isYearMonth(type) ? new types.IntervalYearMonth() : new types.DurationMicrosecond();
    case 'array':
      return new types.List(new arrow.Field('element', arrowType(type.element), true));
    case 'map':
      return new types.Map_(
        new arrow.Field(
          'entries',
          new types.Struct([new arrow.Field('key', arrowType(type.key), false), new arrow.Field('value', arrowType(type.value), true)]),
          false,
        ) as never,
      );
    case 'struct':
      return new types.Struct(type.fields.map((f) => new arrow.Field(f.name, arrowType(f.type), true)));
    case 'vector':
      return new types.Struct(VECTOR_FIELDS);
    case 'matrix':
      return new types.Struct(MATRIX_FIELDS);
  }
}

const list = (type: types.DataType) => new types.List(new arrow.Field('element', type, false));
const VECTOR_FIELDS = [
  new arrow.Field('type', new types.Int8(), false),
  new arrow.Field('size', new types.Int32(), true),
  new arrow.Field('indices', list(new types.Int32()), true),
  new arrow.Field('values', list(new types.Float64()), true),
];
const MATRIX_FIELDS = [
  new arrow.Field('type', new types.Int8(), false),
  new arrow.Field('numRows', new types.Int32(), false),
  new arrow.Field('numCols', new types.Int32(), false),
  new arrow.Field('colPtrs', list(new types.Int32()), true),
  new arrow.Field('rowIndices', list(new types.Int32()), true),
  new arrow.Field('values', list(new types.Float64()), true),
  new arrow.Field('isTransposed', new types.Bool(), false),
];

/** The schema of a frame made from an Arrow table of this schema. */
export function schemaFromArrow(schema: arrow.Schema): Schema {
  return new Schema(schema.fields.map(fieldFromArrow));
}

function fieldFromArrow(field: arrow.Field): Field {
  const metadata = sparkMetadata(field.metadata.get(SPARK_METADATA));
  const named = field.metadata.get(SPARK_TYPE);
  const type = named?.includes('interval')
    ? parseType(named)
    : isMatrixStruct(field)
      ? ({ kind: 'matrix' } as const)
      : typeFromArrow(field.type, field.name);
  return { name: field.name, type, nullable: field.nullable, ...(metadata && { metadata }) };
}

function sparkMetadata(json: string | undefined): Metadata | undefined {
  if (json === undefined) return undefined;
  try {
    const found: unknown = JSON.parse(json);
    return typeof found === 'object' && found !== null ? (found as Metadata) : undefined;
  } catch {
    return undefined;
  }
}

function names(type: types.DataType): string {
  return types.DataType.isStruct(type) ? type.children.map((f: arrow.Field) => f.name).join() : '';
}

const isVectorStruct = (type: types.DataType) => names(type) === 'type,size,indices,values';
const isMatrixStruct = (field: arrow.Field) => names(field.type) === 'type,numRows,numCols,colPtrs,rowIndices,values,isTransposed';

function typeFromArrow(type: types.DataType, column: string): DataType {
  const D = types.DataType;
  if (D.isDictionary(type)) return typeFromArrow(type.dictionary, column);
  if (D.isBool(type)) return { kind: 'boolean' };
  if (D.isInt(type)) return integer(type, column);
  if (D.isFloat(type)) return { kind: type.precision === Precision.DOUBLE ? 'double' : 'float' };
  if (D.isDecimal(type)) return { kind: 'decimal', precision: type.precision, scale: type.scale };
  if (D.isUtf8(type) || D.isLargeUtf8(type)) return { kind: 'string' };
  if (D.isBinary(type) || D.isLargeBinary(type) || D.isFixedSizeBinary(type)) return { kind: 'binary' };
  if (D.isDate(type)) return { kind: 'date' };
  if (D.isTimestamp(type)) return { kind: 'timestamp' };
  if (D.isDuration(type)) return { kind: 'interval', from: 'day', to: 'second' };
  if (D.isInterval(type) && type.unit === IntervalUnit.YEAR_MONTH) return { kind: 'interval', from: 'year', to: 'month' };
  if (D.isList(type) || D.isFixedSizeList(type)) return { kind: 'array', element: typeFromArrow(type.children[0].type, column) };
  if (D.isMap(type)) {
    const [key, value] = type.children[0].type.children;
    return { kind: 'map', key: typeFromArrow(key.type, column), value: typeFromArrow(value.type, column) };
  }
  if (isVectorStruct(type)) return { kind: 'vector' };
  if (D.isStruct(type)) {
    return {
      kind: 'struct',
      fields: type.children.map((f: arrow.Field) => ({ name: f.name, type: typeFromArrow(f.type, column) })),
    };
  }
  throw new MlError(
    'SCHEMA_INVALID',
    `createFrame: column ${show(column)} must have a type that frames know, is Arrow's ${String(type)}; cast it first`,
    {
      column,
      value: String(type),
    },
  );
}

/** Unsigned integers take the next wider type. */
function integer(type: types.Int, column: string): DataType {
  const signed = { 8: 'byte', 16: 'short', 32: 'int', 64: 'long' } as const;
  const unsigned = { 8: 'short', 16: 'int', 32: 'long' } as const;
  const kind = type.isSigned ? signed[type.bitWidth as 8] : unsigned[type.bitWidth as 8];
  if (kind) return { kind };
  throw new MlError('SCHEMA_INVALID', `createFrame: column ${show(column)} must not be uint64, which no type here holds; cast it to int64`, {
    column,
  });
}
