/** Spark's names of types that are made of no others, long spellings included. */
type PlainName =
  | 'boolean'
  | 'bool'
  | 'byte'
  | 'tinyint'
  | 'short'
  | 'smallint'
  | 'int'
  | 'integer'
  | 'long'
  | 'bigint'
  | 'float'
  | 'double'
  | 'decimal'
  | 'numeric'
  | 'string'
  | 'binary'
  | 'date'
  | 'timestamp'
  | 'timestamp_ntz'
  | 'vector'
  | 'matrix'
  | 'interval'
  | 'void'
  | 'null';

/** A type's name as far as the compiler can tell; what stands in `map<…>` and `struct<…>` is looked at when it runs. */
type IsName<T extends string> = T extends
  | PlainName
  | `${'decimal' | 'numeric'}(${string})`
  | `interval ${string}`
  | `map<${string},${string}>`
  | `struct<${string}>`
  ? true
  : T extends `array<${infer Element}>`
    ? IsName<Element>
    : false;

/** `T` where it is a text that is not known before it runs, or a type's name; so that `'doubel'` does not compile. */
export type NameOfType<T extends string> = string extends T
  ? T
  : IsName<Lowercase<T>> extends true
    ? T
    : PlainName | 'array<…>' | 'map<…,…>' | 'struct<…>';

/** A schema literal whose types are types' names. */
export type Checked<S> = {
  readonly [K in keyof S]: S[K] extends string
    ? NameOfType<S[K]>
    : S[K] extends { readonly type: infer T extends string }
      ? Omit<S[K], 'type'> & { readonly type: NameOfType<T> }
      : S[K];
};
