import { MlError, show } from '../error.ts';
import { type Field, Schema } from '../frame/schema.ts';
import { type DataType, parseType, typeName } from '../frame/types.ts';

/** The key in a Parquet footer under which Spark keeps a frame's schema: vectors, metadata and all. */
export const ROW_METADATA = 'org.apache.spark.sql.parquet.row.metadata';

const field = (name: string, type: unknown, nullable: boolean, metadata: unknown = {}) => ({ name, type, nullable, metadata });
const ints = { type: 'array', elementType: 'integer', containsNull: false };
const doubles = { type: 'array', elementType: 'double', containsNull: false };

const VECTOR_UDT = {
  type: 'udt',
  class: 'org.apache.spark.ml.linalg.VectorUDT',
  pyClass: 'pyspark.ml.linalg.VectorUDT',
  sqlType: {
    type: 'struct',
    fields: [field('type', 'byte', false), field('size', 'integer', true), field('indices', ints, true), field('values', doubles, true)],
  },
};

const MATRIX_UDT = {
  type: 'udt',
  class: 'org.apache.spark.ml.linalg.MatrixUDT',
  pyClass: 'pyspark.ml.linalg.MatrixUDT',
  sqlType: {
    type: 'struct',
    fields: [
      field('type', 'byte', false),
      field('numRows', 'integer', false),
      field('numCols', 'integer', false),
      field('colPtrs', ints, true),
      field('rowIndices', ints, true),
      field('values', doubles, true),
      field('isTransposed', 'boolean', false),
    ],
  },
};

/** The schema as Spark writes it into a Parquet footer. */
export function sparkSchemaJson(schema: Schema): string {
  return JSON.stringify({ type: 'struct', fields: schema.fields.map((f) => field(f.name, sparkType(f.type), f.nullable, f.metadata ?? {})) });
}

function sparkType(type: DataType): unknown {
  switch (type.kind) {
    case 'int':
      return 'integer';
    case 'vector':
      return VECTOR_UDT;
    case 'matrix':
      return MATRIX_UDT;
    case 'array':
      return { type: 'array', elementType: sparkType(type.element), containsNull: true };
    case 'map':
      return { type: 'map', keyType: sparkType(type.key), valueType: sparkType(type.value), valueContainsNull: true };
    case 'struct':
      return { type: 'struct', fields: type.fields.map((f) => field(f.name, sparkType(f.type), true)) };
    default:
      return typeName(type);
  }
}

/** The schema in a footer, or null when it is not one that we understand: the file's own types count then. */
export function parseSparkSchema(json: string): Schema | null {
  try {
    const parsed = JSON.parse(json) as { type?: unknown; fields?: unknown };
    if (parsed.type !== 'struct' || !Array.isArray(parsed.fields)) return null;
    return new Schema(parsed.fields.map(readField));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof MlError) return null;
    throw error;
  }
}

function readField(json: { name?: unknown; type?: unknown; nullable?: unknown; metadata?: unknown }): Field {
  if (typeof json?.name !== 'string') throw new MlError('SCHEMA_INVALID', `Schema: a field must have a name, got ${show(json)}`);
  const hasMetadata = typeof json.metadata === 'object' && json.metadata !== null && Object.keys(json.metadata).length > 0;
  return {
    name: json.name,
    type: readType(json.type),
    nullable: json.nullable !== false,
    ...(hasMetadata && { metadata: json.metadata as Record<string, unknown> }),
  };
}

type TypeJson = {
  type?: unknown;
  class?: unknown;
  elementType?: unknown;
  keyType?: unknown;
  valueType?: unknown;
  fields?: unknown;
  sqlType?: unknown;
};

function readType(json: unknown): DataType {
  if (typeof json === 'string') return json.startsWith('char(') || json.startsWith('varchar(') ? { kind: 'string' } : parseType(json);
  const { type, class: udt, elementType, keyType, valueType, fields, sqlType } = (json ?? {}) as TypeJson;
  if (type === 'udt') {
    if (typeof udt === 'string' && /\.VectorUDT$/.test(udt)) return { kind: 'vector' };
    if (typeof udt === 'string' && /\.MatrixUDT$/.test(udt)) return { kind: 'matrix' };
    return readType(sqlType);
  }
  if (type === 'array') return { kind: 'array', element: readType(elementType) };
  if (type === 'map') return { kind: 'map', key: readType(keyType), value: readType(valueType) };
  if (type === 'struct' && Array.isArray(fields))
    return { kind: 'struct', fields: fields.map((f) => ({ name: String(f?.name), type: readType(f?.type) })) };
  throw new MlError('SCHEMA_INVALID', `Schema: a type must be one of Spark's, got ${show(json)}`);
}
