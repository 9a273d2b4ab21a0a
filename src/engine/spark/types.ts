import type { MessageInitShape } from '@bufbuild/protobuf';
import { MlError, show } from '../../error.ts';
import type { IntervalType } from '../../frame/interval.ts';
import { type Field, type Metadata, Schema } from '../../frame/schema.ts';
import { type DataType, INTERVAL_FIELDS, type IntervalField, parseType } from '../../frame/types.ts';
import type { DataTypeSchema, DataType as SparkType } from './proto/connect_pb.ts';

export type SparkTypeInit = MessageInitShape<typeof DataTypeSchema>;

export const VECTOR = 'org.apache.spark.ml.linalg.VectorUDT';
export const MATRIX = 'org.apache.spark.ml.linalg.MatrixUDT';

/** The schema that the server found, with metadata. */
export function schemaOf(type: SparkType | undefined, owner: string): Schema {
  if (type?.kind.case !== 'struct') throw new MlError('SPARK_FAILED', `${owner}: the server must answer with a schema, got ${show(type?.kind.case)}`);
  return new Schema(
    type.kind.value.fields.map((f): Field => {
      const metadata = metadataOf(f.metadata);
      return { name: f.name, type: typeOf(f.dataType, f.name), nullable: f.nullable, ...(metadata && { metadata }) };
    }),
  );
}

function metadataOf(json: string | undefined): Metadata | undefined {
  if (json === undefined || json === '' || json === '{}') return undefined;
  return JSON.parse(json) as Metadata;
}

/** Spark's type as a frame's; `column` is whose it is, for messages. */
function typeOf(type: SparkType | undefined, column: string): DataType {
  const kind = type?.kind;
  switch (kind?.case) {
    case 'null':
      return { kind: 'void' };
    case 'integer':
      return { kind: 'int' };
    case 'boolean':
    case 'byte':
    case 'short':
    case 'long':
    case 'float':
    case 'double':
    case 'string':
    case 'binary':
    case 'date':
    case 'timestamp':
      return { kind: kind.case };
    case 'char':
    case 'varChar':
      return { kind: 'string' };
    case 'timestampNtz':
      return { kind: 'timestamp' };
    case 'decimal':
      return { kind: 'decimal', precision: kind.value.precision ?? 10, scale: kind.value.scale ?? 0 };
    case 'calendarInterval':
      return { kind: 'interval' };
    case 'yearMonthInterval':
    case 'dayTimeInterval': {
      const fields = kind.case === 'dayTimeInterval' ? DAY_TIME : YEAR_MONTH;
      const from = kind.value.startField ?? 0;
      return { kind: 'interval', from: fields[from], to: fields[kind.value.endField ?? fields.length - 1] };
    }
    case 'array':
      return { kind: 'array', element: typeOf(kind.value.elementType, column) };
    case 'map':
      return { kind: 'map', key: typeOf(kind.value.keyType, column), value: typeOf(kind.value.valueType, column) };
    case 'struct':
      return { kind: 'struct', fields: kind.value.fields.map((f) => ({ name: f.name, type: typeOf(f.dataType, column) })) };
    case 'udt':
      if (kind.value.jvmClass === VECTOR) return { kind: 'vector' };
      if (kind.value.jvmClass === MATRIX) return { kind: 'matrix' };
      if (kind.value.sqlType) return typeOf(kind.value.sqlType, column);
      break;
    case 'unparsed':
      return parseType(kind.value.dataTypeString);
  }
  const name = kind?.case ?? 'one that this version does not know';
  throw new MlError(
    'SCHEMA_INVALID',
    `schema: column ${show(column)} must have a type that frames know, Spark's is ${name}; cast it to string first`,
    { column },
  );
}

const YEAR_MONTH = INTERVAL_FIELDS.slice(0, 2);
const DAY_TIME = INTERVAL_FIELDS.slice(2);

const SIMPLE = { void: 'null', int: 'integer' } as const;

/** A frame's type as Spark's. */
export function sparkType(type: DataType): SparkTypeInit {
  switch (type.kind) {
    case 'void':
    case 'int':
      return { kind: { case: SIMPLE[type.kind], value: {} } };
    case 'decimal':
      return { kind: { case: 'decimal', value: { precision: type.precision, scale: type.scale } } };
    case 'interval':
      return intervalType(type);
    case 'array':
      return { kind: { case: 'array', value: { elementType: sparkType(type.element), containsNull: true } } };
    case 'map':
      return { kind: { case: 'map', value: { keyType: sparkType(type.key), valueType: sparkType(type.value), valueContainsNull: true } } };
    case 'struct':
      return { kind: { case: 'struct', value: { fields: type.fields.map((f) => ({ name: f.name, dataType: sparkType(f.type), nullable: true })) } } };
    case 'vector':
      return { kind: { case: 'udt', value: { type: 'udt', jvmClass: VECTOR } } };
    case 'matrix':
      return { kind: { case: 'udt', value: { type: 'udt', jvmClass: MATRIX } } };
    default:
      return { kind: { case: type.kind, value: {} } };
  }
}

function intervalType({ from, to }: IntervalType): SparkTypeInit {
  if (from === undefined) return { kind: { case: 'calendarInterval', value: {} } };
  const fields = YEAR_MONTH.includes(from) ? YEAR_MONTH : DAY_TIME;
  const value = { startField: fields.indexOf(from), endField: fields.indexOf(to as IntervalField) };
  return { kind: { case: fields === DAY_TIME ? 'dayTimeInterval' : 'yearMonthInterval', value } };
}
