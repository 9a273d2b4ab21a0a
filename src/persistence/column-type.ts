import { MlError, show } from '../error.ts';
import { DenseMatrix, type Matrix, SparseMatrix } from '../linalg/matrices.ts';
import { DenseVector, SparseVector, type Vector } from '../linalg/vectors.ts';

export type LeafName = 'boolean' | 'byte' | 'int' | 'long' | 'float' | 'double' | 'string';
type UdtName = 'vector' | 'matrix' | 'oldVector' | 'oldMatrix';

/**
 * The type of a `data/` column as a codec names it: `int!`, `array<double!>`, `map<int, map<double, int!>>`,
 * `struct<id: int!, stats: array<double!>>`, `vector`, `oldMatrix` … Vectors and matrices are structs underneath. `!` means not null;
 * `?` is written so too, but older files may lack it: then it reads as null.
 */
export type ColumnType = { readonly nullable: boolean; readonly optional?: boolean } & (
  | { readonly kind: 'leaf'; readonly name: LeafName }
  | { readonly kind: 'array'; readonly element: ColumnType }
  | { readonly kind: 'map'; readonly key: ColumnType; readonly value: ColumnType }
  | { readonly kind: 'struct'; readonly fields: readonly ColumnField[]; readonly udt: UdtName | null }
);
export type ColumnField = readonly [name: string, type: ColumnType];

const LEAVES: ReadonlySet<string> = new Set<LeafName>(['boolean', 'byte', 'int', 'long', 'float', 'double', 'string']);
const VECTOR_FIELDS = 'struct<type: byte!, size: int, indices: array<int!>, values: array<double!>>';
const MATRIX_FIELDS =
  'struct<type: byte!, numRows: int!, numCols: int!, colPtrs: array<int!>, rowIndices: array<int!>, values: array<double!>, isTransposed: boolean!>';
const UDTS: ReadonlyMap<string, { fields: string; class: string; pyClass: string }> = new Map([
  ['vector', { fields: VECTOR_FIELDS, class: 'org.apache.spark.ml.linalg.VectorUDT', pyClass: 'pyspark.ml.linalg.VectorUDT' }],
  ['matrix', { fields: MATRIX_FIELDS, class: 'org.apache.spark.ml.linalg.MatrixUDT', pyClass: 'pyspark.ml.linalg.MatrixUDT' }],
  ['oldVector', { fields: VECTOR_FIELDS, class: 'org.apache.spark.mllib.linalg.VectorUDT', pyClass: 'pyspark.mllib.linalg.VectorUDT' }],
  ['oldMatrix', { fields: MATRIX_FIELDS, class: 'org.apache.spark.mllib.linalg.MatrixUDT', pyClass: 'pyspark.mllib.linalg.MatrixUDT' }],
]);

/** Reads a codec's type name. */
export function parseColumnType(text: string): ColumnType {
  const tokens = text.match(/[A-Za-z_]\w*|[<>,:!?]/g) ?? [];
  let at = 0;
  const fail = (): never => {
    throw new MlError('SCHEMA_INVALID', `codec: column type must be such as int!, array<double!> or vector, got ${show(text)}`);
  };
  const expect = (token: string) => tokens[at++] === token || fail();
  const type = (): ColumnType => {
    const word = tokens[at++] ?? fail();
    let parsed: (nullable: boolean) => ColumnType;
    if (word === 'array') {
      expect('<');
      const element = type();
      expect('>');
      parsed = (nullable) => ({ kind: 'array', element, nullable });
    } else if (word === 'map') {
      expect('<');
      const key = { ...type(), nullable: false };
      expect(',');
      const value = type();
      expect('>');
      parsed = (nullable) => ({ kind: 'map', key, value, nullable });
    } else if (word === 'struct') {
      const fields: ColumnField[] = [];
      expect('<');
      do {
        const name = tokens[at++] ?? fail();
        expect(':');
        fields.push([name, type()]);
      } while (tokens[at++] === ',');
      if (tokens[at - 1] !== '>') fail();
      parsed = (nullable) => ({ kind: 'struct', fields, udt: null, nullable });
    } else if (UDTS.has(word)) {
      const { fields } = parseColumnType(UDTS.get(word)!.fields) as ColumnType & { kind: 'struct' };
      parsed = (nullable) => ({ kind: 'struct', fields, udt: word as UdtName, nullable });
    } else if (LEAVES.has(word)) parsed = (nullable) => ({ kind: 'leaf', name: word as LeafName, nullable });
    else return fail();
    const mark = tokens[at];
    if (mark === '!' || mark === '?') at++;
    return mark === '?' ? { ...parsed(false), optional: true } : parsed(mark !== '!');
  };
  const parsed = type();
  return at === tokens.length ? parsed : fail();
}

/** The type as Spark's row metadata spells it. */
function sparkType(type: ColumnType): unknown {
  switch (type.kind) {
    case 'leaf':
      return type.name === 'int' ? 'integer' : type.name;
    case 'array':
      return { type: 'array', elementType: sparkType(type.element), containsNull: type.element.nullable };
    case 'map':
      return { type: 'map', keyType: sparkType(type.key), valueType: sparkType(type.value), valueContainsNull: type.value.nullable };
    case 'struct': {
      const struct = sparkStruct(type.fields);
      const udt = type.udt && UDTS.get(type.udt);
      return udt ? { type: 'udt', class: udt.class, pyClass: udt.pyClass, sqlType: struct } : struct;
    }
  }
}

/** Spark's schema of a table with these columns. */
export function sparkStruct(fields: readonly ColumnField[]): unknown {
  return { type: 'struct', fields: fields.map(([name, type]) => ({ name, type: sparkType(type), nullable: type.nullable, metadata: {} })) };
}

/** A vector or a matrix as the values of its struct's fields; other values as they are. */
export function toStored(udt: UdtName | null, value: unknown): readonly unknown[] {
  if (udt === 'vector' || udt === 'oldVector') {
    const vector = value as Vector;
    return vector instanceof DenseVector ? [1, null, null, vector.values] : [0, vector.size, vector.indices, vector.values];
  }
  if (udt) {
    const m = value as Matrix;
    const sparse = m instanceof SparseMatrix;
    return [sparse ? 0 : 1, m.numRows, m.numCols, sparse ? m.colPtrs : null, sparse ? m.rowIndices : null, m.values, m.isTransposed];
  }
  return value as readonly unknown[];
}

/** The other way; throws an Error for what is no vector or matrix. */
export function fromStored(udt: UdtName | null, fields: readonly unknown[]): unknown {
  if (udt === null) return fields;
  const sparse = fields[0] === 0;
  if (!sparse && fields[0] !== 1) throw new Error(`a vector or a matrix has the unknown kind ${show(fields[0])}`);
  if (udt === 'vector' || udt === 'oldVector') {
    const [, size, indices, values] = fields as [number, number | null, number[] | null, number[] | null];
    if (!values || (sparse && (size === null || !indices))) throw new Error('a vector lacks its size, indices or values');
    return sparse ? new SparseVector(size!, indices!, values) : new DenseVector(values);
  }
  const [, numRows, numCols, colPtrs, rowIndices, values, isTransposed] = fields as [
    number,
    number,
    number,
    number[] | null,
    number[] | null,
    number[] | null,
    boolean,
  ];
  if (!values || (sparse && (!colPtrs || !rowIndices))) throw new Error('a matrix lacks its pointers, indices or values');
  return sparse
    ? new SparseMatrix(numRows, numCols, colPtrs!, rowIndices!, values, isTransposed)
    : new DenseMatrix(numRows, numCols, values, isTransposed);
}
