import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { type IntervalType, intervalText } from '../../../frame/interval.ts';
import { type DataType, parseType } from '../../../frame/types.ts';

import { logicalType, low } from '../duck/bindings.ts';
import type { Database, QueryOptions } from '../duck/database.ts';
import { readValues } from '../duck/read-vector.ts';
import { typeOf } from '../duck/types.ts';
import { writeValues } from '../duck/write-vector.ts';
import { hashValue, type ValueHash } from '../hashes/hash-value.ts';
import { murmur3 } from '../hashes/murmur3.ts';
import { xxhash64 } from '../hashes/xxhash64.ts';
import { decoded, encoded } from './charsets.ts';
import { strictJson } from './json-text.ts';
import { formatNumber, type NumberFormat, numberFormat, parseNumber } from './number-format.ts';
import { regexpExtract, regexpExtractAll, regexpInstr, regexpReplace, rlike, splitAt } from './regexp.ts';
import { localeOf, sentences } from './sentences.ts';
import { soundex } from './soundex.ts';
import { urlPart } from './url.ts';

/** How names of the functions here begin, by which a query is known to need them. */
const PREFIX = 'spark_';

const TEXT: DataType = { kind: 'string' };

type Call = (row: readonly unknown[], types: readonly DataType[]) => unknown;

/** Functions that DuckDB lacks, over any number of arguments of any type. */
const FUNCTIONS: readonly { name: string; result: DataType; call: Call }[] = [
  { name: `${PREFIX}hash`, result: { kind: 'int' }, call: hashed(murmur3) },
  { name: `${PREFIX}xxhash64`, result: { kind: 'long' }, call: hashed(xxhash64) },
  { name: `${PREFIX}crc32`, result: { kind: 'long' }, call: ([bytes]) => bytes && BigInt(crc32(bytes as Uint8Array)) },
  {
    name: `${PREFIX}sha2`,
    result: { kind: 'string' },
    call: ([bytes, bits]) =>
      bytes &&
      createHash(`sha${bits}`)
        .update(bytes as Uint8Array)
        .digest('hex'),
  },
  { name: `${PREFIX}quotient`, result: TEXT, call: ofTexts(quotient) },
  { name: `${PREFIX}json`, result: TEXT, call: ofTexts(strictJson) },
  { name: `${PREFIX}interval_text`, result: TEXT, call: ofTexts(intervalAsText) },
  {
    name: `${PREFIX}url_part`,
    result: { kind: 'array', element: TEXT },
    call: ([url, part, key = null]) => {
      if (url === null || part === null) return null;
      const found = urlPart(url as string, part as string, key as string | null);
      return found === undefined ? [] : [found];
    },
  },
  { name: `${PREFIX}to_number`, result: TEXT, call: ofTexts((x: string, format: string) => parseNumber(x, formatOf('to_number', format))) },
  { name: `${PREFIX}to_char`, result: TEXT, call: ofTexts((x: string, format: string) => formatNumber(x, formatOf('to_char', format))) },
  {
    name: `${PREFIX}sentences`,
    result: { kind: 'array', element: { kind: 'array', element: TEXT } },
    call: ofTexts((x: string, language: string, country: string) => sentences(x, localeOf(language, country))),
  },
  { name: `${PREFIX}encode`, result: { kind: 'binary' }, call: ofTexts(encoded) },
  { name: `${PREFIX}decode`, result: TEXT, call: ofTexts(decoded) },
  { name: `${PREFIX}soundex`, result: TEXT, call: ofTexts(soundex) },
  { name: `${PREFIX}rlike`, result: { kind: 'boolean' }, call: ofTexts(rlike) },
  { name: `${PREFIX}regexp_extract`, result: TEXT, call: ofTexts(regexpExtract) },
  { name: `${PREFIX}regexp_extract_all`, result: { kind: 'array', element: TEXT }, call: ofTexts(regexpExtractAll) },
  { name: `${PREFIX}regexp_instr`, result: { kind: 'int' }, call: ofTexts(regexpInstr) },
  { name: `${PREFIX}regexp_replace`, result: TEXT, call: ofTexts(regexpReplace) },
  { name: `${PREFIX}split`, result: { kind: 'array', element: TEXT }, call: ofTexts(splitAt) },
];

/** `n · 10^shift / d`, rounded to a whole number, halves away from zero. */
function quotient(n: string, d: string, shift: number): string {
  const power = 10n ** BigInt(Math.abs(shift));
  const [over, under] = shift < 0 ? [BigInt(n), BigInt(d) * power] : [BigInt(n) * power, BigInt(d)];
  const size = (x: bigint) => (x < 0n ? -x : x);
  const rounded = (2n * size(over) + size(under)) / (2n * size(under));
  return String(over < 0n === under < 0n ? rounded : -rounded);
}

/** Intervals of months, days and microseconds have been read as texts. */
function intervalAsText(value: bigint | number | string, type: string): string {
  return typeof value === 'string' ? value : intervalText(value, parseType(type) as IntervalType);
}

/** The last format that was read: it is a constant of the query. */
let lastFormat: { readonly text: string; readonly format: NumberFormat } | null = null;

function formatOf(owner: string, text: string): NumberFormat {
  if (lastFormat?.text !== text) lastFormat = { text, format: numberFormat(owner, text) };
  return lastFormat.format;
}

/** A function whose value is null when an argument is. */
function ofTexts(of: (...args: never[]) => unknown): Call {
  return (row) => (row.includes(null) ? null : of(...(row as never[])));
}

function hashed<H>(hash: ValueHash<H>): Call {
  return (row, types) => row.reduce<H>((upon, value, k) => hashValue(hash, value, types[k], upon), hash.seed);
}

/** Makes the functions known to a database, once a query names one. */
const ofDatabase = new WeakMap<Database, ScriptedFunctions>();

export class ScriptedFunctions {
  readonly #database: Database;
  #known: Promise<void> | null = null;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The one of a database. */
  static of(database: Database): ScriptedFunctions {
    const known = ofDatabase.get(database) ?? new ScriptedFunctions(database);
    ofDatabase.set(database, known);
    return known;
  }

  async prepare(sql: string, options: QueryOptions): Promise<void> {
    if (!sql.includes(PREFIX)) return;
    this.#known ??= this.#register({ owner: options.owner });
    this.#known.catch(() => {
      this.#known = null;
    });
    await this.#known;
  }

  async #register(options: QueryOptions): Promise<void> {
    for (const { name, result, call } of FUNCTIONS) {
      await this.#database.register(() => {
        const f = low.create_scalar_function();
        low.scalar_function_set_name(f, name);
        low.scalar_function_set_special_handling(f);
        low.scalar_function_set_varargs(f, low.create_logical_type(low.Type.ANY));
        low.scalar_function_set_return_type(f, logicalType(result));
        low.scalar_function_set_function(f, (info, input, output) => {
          try {
            const rows = low.data_chunk_get_size(input);
            const vectors = Array.from({ length: low.data_chunk_get_column_count(input) }, (_, k) => low.data_chunk_get_vector(input, k));
            const types = vectors.map((vector) => typeOf(low.vector_get_column_type(vector)));
            const columns = vectors.map((vector, k) => readValues(vector, types[k], rows));
            const values = Array.from({ length: rows }, (_, i) =>
              call(
                columns.map((values) => values[i]),
                types,
              ),
            );
            writeValues(output, result, values, rows, name);
          } catch (error) {
            low.scalar_function_set_error(info, this.#database.keepError(error));
          }
        });
        return f;
      }, options);
    }
  }
}
