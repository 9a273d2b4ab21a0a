import type { DataType, StructField } from '../../../frame/types.ts';
import { type LogicalType, low } from './bindings.ts';

/** What we make of a DuckDB type that Spark lacks: the nearest that loses nothing, to which SQL must cast. */
const BY_ID: ReadonlyMap<number, DataType> = new Map<number, DataType>([
  [1, { kind: 'boolean' }],
  [2, { kind: 'byte' }],
  [3, { kind: 'short' }],
  [4, { kind: 'int' }],
  [5, { kind: 'long' }],
  [6, { kind: 'short' }],
  [7, { kind: 'int' }],
  [8, { kind: 'long' }],
  [9, { kind: 'decimal', precision: 20, scale: 0 }],
  [10, { kind: 'float' }],
  [11, { kind: 'double' }],
  [12, { kind: 'timestamp' }],
  [13, { kind: 'date' }],
  [15, { kind: 'interval' }],
  [16, { kind: 'decimal', precision: 38, scale: 0 }],
  [17, { kind: 'string' }],
  [18, { kind: 'binary' }],
  [20, { kind: 'timestamp' }],
  [21, { kind: 'timestamp' }],
  [22, { kind: 'timestamp' }],
  [31, { kind: 'timestamp' }],
  [32, { kind: 'decimal', precision: 38, scale: 0 }],
  [36, { kind: 'void' }],
]);

const [DECIMAL, LIST, STRUCT, MAP, ARRAY] = [19, 24, 25, 26, 33];

/** Our type for a DuckDB type; a struct of a vector's or a matrix's shape is one. Texts stand for what has no counterpart (time, uuid, enum …). */
export function typeOf(logical: LogicalType): DataType {
  const id = low.get_type_id(logical);
  switch (id) {
    case DECIMAL:
      return { kind: 'decimal', precision: low.decimal_width(logical), scale: low.decimal_scale(logical) };
    case LIST:
      return { kind: 'array', element: typeOf(low.list_type_child_type(logical)) };
    case ARRAY:
      return { kind: 'array', element: typeOf(low.array_type_child_type(logical)) };
    case MAP:
      return { kind: 'map', key: typeOf(low.map_type_key_type(logical)), value: typeOf(low.map_type_value_type(logical)) };
    case STRUCT: {
      const fields: StructField[] = Array.from({ length: low.struct_type_child_count(logical) }, (_, k) => ({
        name: low.struct_type_child_name(logical, k),
        type: typeOf(low.struct_type_child_type(logical, k)),
      }));
      const shape = fields.map(({ name, type }) => `${name}:${type.kind}`).join();
      if (shape === 'type:byte,size:int,indices:array,values:array') return { kind: 'vector' };
      if (shape === 'type:byte,numRows:int,numCols:int,colPtrs:array,rowIndices:array,values:array,isTransposed:boolean') return { kind: 'matrix' };
      return { kind: 'struct', fields };
    }
    default:
      return BY_ID.get(id) ?? { kind: 'string' };
  }
}
