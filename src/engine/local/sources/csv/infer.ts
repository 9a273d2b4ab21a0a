import { Schema } from '../../../../frame/schema.ts';
import { type DataType, STRING } from '../../../../frame/types.ts';
import type { Database, QueryOptions } from '../../duck/database.ts';
import { text } from '../../sql/duck-type.ts';
import { csvCast, inferredDigits, isDate, isMoment, isWholeNumber } from './cast.ts';
import type { CsvFormat } from './options.ts';
import { QUOTED_EMPTY } from './record-cutter.ts';

/** Rows from which types are guessed before all rows are looked through. */
const SAMPLE = 1000;

/** Of more columns those of one type are tested by one expression: planning one for each takes some 20 ms a column. */
const WIDE = 64;

const VOID: DataType = { kind: 'void' };

/** Types in the order in which inference tries them, with the condition that a text, no null, must meet. */
const CANDIDATES: readonly { kind: DataType['kind']; test: (x: string, format: CsvFormat) => string }[] = [
  { kind: 'int', test: (x, f) => `${csvCast(x, { kind: 'int' }, f)} IS NOT NULL` },
  { kind: 'long', test: (x, f) => `${csvCast(x, { kind: 'long' }, f)} IS NOT NULL` },
  { kind: 'decimal', test: isWholeNumber },
  { kind: 'double', test: (x, f) => `${csvCast(x, { kind: 'double' }, f)} IS NOT NULL` },
  { kind: 'date', test: (x, f) => (f.preferDate ? isDate(x, f) : 'false') },
  { kind: 'timestamp', test: isMoment },
  { kind: 'boolean', test: (x, f) => `${csvCast(x, { kind: 'boolean' }, f)} IS NOT NULL` },
];

function candidate(holds: readonly boolean[], digits: number): DataType {
  for (const [k, { kind }] of CANDIDATES.entries()) {
    if (!holds[k]) continue;
    if (kind !== 'decimal') return { kind } as DataType;
    if (digits <= 38) return { kind, precision: digits, scale: 0 };
  }
  return STRING;
}

/** Field `j` of a record, null where Spark has null. */
export function fieldSql(j: number, { nullValue, emptyValue }: CsvFormat): string {
  let x = `nullif(l[${j + 1}], '')`;
  if (nullValue === '') return x;
  x = `nullif(${x}, ${text(nullValue)})`;
  return emptyValue === '' ? `CASE WHEN ${x} = ${text(QUOTED_EMPTY)} THEN '' ELSE ${x} END` : x;
}

/** Field `j` as inference sees it, which passes over empty texts. */
const valueSql = (j: number, format: CsvFormat) => (format.nullValue === '' ? fieldSql(j, format) : `nullif(${fieldSql(j, format)}, '')`);

/** Finds the types of records' columns as Spark does: the first type of its order that all texts fit. `records` is a SELECT of `l`, the fields. */
export class TypeInference {
  readonly #database: Database;
  readonly #records: string;
  readonly #format: CsvFormat;
  readonly #options: QueryOptions;

  constructor(database: Database, records: string, format: CsvFormat, options: QueryOptions) {
    this.#database = database;
    this.#records = records;
    this.#format = format;
    this.#options = options;
  }

  /** The schema of records whose columns are called `names`. */
  async schema(names: readonly string[]): Promise<Schema> {
    const types: DataType[] = names.map(() => STRING);
    if (this.#format.inferSchema) {
      const found = await this.#candidates([...names.keys()], SAMPLE);
      for (const [j, type] of await this.#verify(found)) types[j] = type;
    }
    return new Schema(names.map((name, j) => ({ name, type: types[j], nullable: true })));
  }

  /**
   * The type of each column by the first `limit` rows, or all. Values stand below one another, so that each test stands in the query once:
   * planning it for every column takes longer than the tests.
   */
  async #candidates(columns: readonly number[], limit?: number): Promise<Map<number, DataType>> {
    if (columns.length === 0) return new Map();
    const source = limit === undefined ? this.#records : `${this.#records} LIMIT ${limit}`;
    const values = `SELECT unnest([${columns.join(', ')}]) AS j, unnest([${columns.map((j) => valueSql(j, this.#format)).join(', ')}]) AS x FROM (${source})`;
    const tests = CANDIDATES.map(({ test }) => `bool_and(${test('x', this.#format)})`);
    const kinds: DataType[] = [{ kind: 'int' }, ...tests.map((): DataType => ({ kind: 'boolean' })), { kind: 'double' }];
    const rows = await this.#database.rows(
      `SELECT j, ${tests.join(', ')}, max(length(rtrim(ltrim(${inferredDigits('x', this.#format)}, '+-0'), '.')))::DOUBLE FROM (${values}) WHERE x IS NOT NULL GROUP BY j`,
      kinds,
      this.#options,
    );
    const types = new Map(columns.map((j) => [j, VOID]));
    for (const [j, ...holds] of rows) types.set(j as number, candidate(holds as boolean[], holds.pop() as number));
    return types;
  }

  /** Looks through all rows whether the types found in the sample hold; where not, the column is inferred from all rows. */
  async #verify(found: ReadonlyMap<number, DataType>): Promise<Map<number, DataType>> {
    const format = this.#format;
    const columns = [...found].filter(([, type]) => type.kind !== 'string');
    const settled = new Map(found);
    if (columns.length === 0) return settled;
    const holds = (x: string, kind: DataType['kind']): string => {
      if (kind === 'void') return `${x} IS NULL`;
      return `(${x} IS NULL OR ${kind === 'decimal' ? 'false' : (CANDIDATES.find((c) => c.kind === kind)?.test(x, format) ?? 'false')})`;
    };
    let checks = columns.map(([j, type]) => holds(valueSql(j, format), type.kind));
    let from = this.#records;
    if (columns.length > WIDE) {
      const kinds = [...new Set(columns.map(([, type]) => type.kind))];
      const lists = kinds.map((kind): string[] => columns.flatMap(([j, type]) => (type.kind === kind ? [valueSql(j, format)] : [])));
      const places = kinds.map(() => 0);
      checks = columns.map(([, type]) => {
        const k = kinds.indexOf(type.kind);
        return `h${k}[${++places[k]}]`;
      });
      from = `SELECT ${kinds.map((kind, k) => `list_transform([${lists[k].join(', ')}], lambda x_: ${holds('x_', kind)}) AS h${k}`).join(', ')} FROM (${from})`;
    }
    const [row = []] = await this.#database.rows(
      `SELECT ${checks.map((check) => `coalesce(bool_and(${check}), true)`).join(', ')} FROM (${from})`,
      checks.map(() => ({ kind: 'boolean' as const })),
      this.#options,
    );
    const wrong = columns.filter((_, c) => row[c] !== true).map(([j]) => j);
    for (const [j, type] of await this.#candidates(wrong)) settled.set(j, type);
    for (const [j, type] of settled) if (type.kind === 'void') settled.set(j, STRING);
    return settled;
  }
}
