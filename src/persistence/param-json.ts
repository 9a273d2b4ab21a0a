import { show } from '../error.ts';
import { DenseMatrix, isMatrix, type Matrix, SparseMatrix } from '../linalg/matrices.ts';
import { DenseVector, isVector, SparseVector, type Vector } from '../linalg/vectors.ts';
import { isInt, type SparkParamType } from '../param/param.ts';
import { arrayJson, doubleJson, type Json, objectJson } from './json.ts';

/** A param type whose value is written into `paramMap` as it is; `stage`, `stages` and `paramMaps` have folders of their own. */
export type PlainParamType = Exclude<SparkParamType, 'stage' | 'stages' | 'paramMaps'>;

/** The value as the JVM writes and demands it for a param of that type. */
export function paramJson(type: PlainParamType, value: unknown): string {
  switch (type) {
    case 'double':
      return doubleJson(value as number);
    case 'double[]':
      return arrayJson(value as number[], doubleJson);
    case 'double[][]':
      return arrayJson(value as number[][], (row) => arrayJson(row, doubleJson));
    case 'vector':
      return vectorJson(value as Vector);
    case 'matrix':
      return matrixJson(value as Matrix);
    case 'int':
    case 'long':
      return String(value);
    case 'int[]':
      return arrayJson(value as number[], String);
    default:
      return JSON.stringify(value);
  }
}

function vectorJson(vector: Vector): string {
  const values = arrayJson(vector.values, doubleJson);
  if (vector instanceof DenseVector) {
    return objectJson([
      ['type', '1'],
      ['values', values],
    ]);
  }
  return objectJson([
    ['type', '0'],
    ['size', String(vector.size)],
    ['indices', arrayJson(vector.indices, String)],
    ['values', values],
  ]);
}

function matrixJson(matrix: Matrix): string {
  const sparse = matrix instanceof SparseMatrix;
  return objectJson([
    ['class', '"matrix"'],
    ['type', sparse ? '0' : '1'],
    ['numRows', String(matrix.numRows)],
    ['numCols', String(matrix.numCols)],
    ...(sparse
      ? ([
          ['colPtrs', arrayJson(matrix.colPtrs, String)],
          ['rowIndices', arrayJson(matrix.rowIndices, String)],
        ] as const)
      : []),
    ['values', arrayJson(matrix.values, doubleJson)],
    ['isTransposed', String(matrix.isTransposed)],
  ]);
}

/** The value of a param of that type; throws an Error whose message says what the type must be. */
export function paramValue(type: PlainParamType, json: Json): unknown {
  const value = READERS[type](json);
  if (value === undefined) throw new Error(`must be ${DESCRIPTIONS[type]}, got ${show(toPlain(json))}`);
  return value;
}

const READERS: Record<PlainParamType, (json: Json) => unknown> = {
  boolean: (json) => (typeof json === 'boolean' ? json : undefined),
  string: (json) => (typeof json === 'string' ? json : undefined),
  int: (json) => (isInt(json) ? json : undefined),
  long: (json) => {
    if (typeof json === 'bigint') return BigInt.asIntN(64, json) === json ? json : undefined;
    return Number.isSafeInteger(json) ? json : undefined;
  },
  double: readDouble,
  'string[]': (json) => readList(json, (item) => (typeof item === 'string' ? item : undefined)),
  'int[]': (json) => readList(json, (item) => (isInt(item) ? item : undefined)),
  'double[]': readDoubles,
  'double[][]': (json) => readList(json, readDoubles),
  vector: readVector,
  matrix: readMatrix,
  json: toPlain,
};

const DESCRIPTIONS: Record<PlainParamType, string> = {
  boolean: 'true or false',
  string: 'a string',
  int: 'a 32-bit integer',
  long: 'a 64-bit integer',
  double: 'a number, "NaN", "Inf" or "-Inf"',
  'string[]': 'a list of strings',
  'int[]': 'a list of 32-bit integers',
  'double[]': 'a list of numbers',
  'double[][]': 'a list of lists of numbers',
  vector: 'a vector ({"type":1,"values":[…]})',
  matrix: 'a matrix ({"class":"matrix",…})',
  json: 'JSON',
};

/** Params of numbers say `Inf`, numbers within vectors and matrices `Infinity`. */
const SPECIAL: ReadonlyMap<Json, number> = new Map([
  ['NaN', Number.NaN],
  ['Inf', Number.POSITIVE_INFINITY],
  ['-Inf', Number.NEGATIVE_INFINITY],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
]);

/** A JSON double of Spark's, or undefined. */
function readDouble(json: Json | undefined): number | undefined {
  if (typeof json === 'number') return json;
  if (typeof json === 'bigint') return Number(json);
  return json === undefined ? undefined : SPECIAL.get(json);
}

/** A JSON list of doubles, or undefined. */
export function readDoubles(json: Json | undefined): number[] | undefined {
  return readList(json, readDouble);
}

function readList<T>(json: Json | undefined, item: (json: Json) => T | undefined): T[] | undefined {
  if (!Array.isArray(json)) return undefined;
  const list: T[] = [];
  for (const entry of json) {
    const value = item(entry);
    if (value === undefined) return undefined;
    list.push(value);
  }
  return list;
}

function readVector(json: Json): Vector | undefined {
  if (!(json instanceof Map)) return undefined;
  const values = readDoubles(json.get('values'));
  if (!values) return undefined;
  if (json.get('type') === 1) return new DenseVector(values);
  const indices = readList(json.get('indices') ?? null, (item) => (isInt(item) ? item : undefined));
  const size = json.get('size');
  return json.get('type') === 0 && indices && isInt(size) ? new SparseVector(size, indices, values) : undefined;
}

function readMatrix(json: Json): Matrix | undefined {
  if (!(json instanceof Map)) return undefined;
  const [numRows, numCols, isTransposed] = [json.get('numRows'), json.get('numCols'), json.get('isTransposed')];
  const values = readDoubles(json.get('values'));
  if (!values || !isInt(numRows) || !isInt(numCols) || typeof isTransposed !== 'boolean') return undefined;
  if (json.get('type') === 1) return new DenseMatrix(numRows, numCols, values, isTransposed);
  const readInts = (key: string) => readList(json.get(key) ?? null, (item) => (isInt(item) ? item : undefined));
  const [colPtrs, rowIndices] = [readInts('colPtrs'), readInts('rowIndices')];
  return json.get('type') === 0 && colPtrs && rowIndices ? new SparseMatrix(numRows, numCols, colPtrs, rowIndices, values, isTransposed) : undefined;
}

/** JSON as JavaScript's own values; any text may be a key. */
function toPlain(json: Json): unknown {
  if (json instanceof Map) return Object.fromEntries(Array.from(json, ([key, value]) => [key, toPlain(value)]));
  return Array.isArray(json) ? json.map(toPlain) : json;
}

/** Equal values of one param type; vectors and matrices by their numbers. */
export function sameParam(a: unknown, b: unknown): boolean {
  if (isVector(a) || isMatrix(a)) return a.equals(b);
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, i) => sameParam(item, b[i]));
  if (typeof a === 'object' && a !== null) return JSON.stringify(a) === JSON.stringify(b);
  if (typeof a === 'bigint' || typeof b === 'bigint') return String(a) === String(b);
  return Object.is(a, b);
}
