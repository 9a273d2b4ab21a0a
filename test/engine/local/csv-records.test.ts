import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { csvFormat } from '#dist/engine/local/sources/csv/options.js';
import { QUOTED_EMPTY } from '#dist/engine/local/sources/csv/record-cutter.js';
import { CsvTokenizer } from '#dist/engine/local/sources/csv/tokenizer.js';

type Case = [text: string, options: Record<string, unknown>, records: (string | null)[][]];

/** Made by Spark 4.3.0, see `goldens/csv_records.py`. */
const cases: readonly Case[] = JSON.parse(readFileSync(new URL('../../goldens/csv-records.json', import.meta.url), 'utf8'));

it('cuts forged texts into the records that Spark makes of them', () => {
  const wrong = cases.filter(([text, options, records]) => {
    const format = csvFormat(options);
    const tokenizer = new CsvTokenizer(format);
    const found = format.multiLine ? Array.from(tokenizer.records(text), (record) => record.fields) : [tokenizer.line(text)];
    const nullFor = (value: string | null) => (value === format.nullValue ? null : value);
    const read = found.map((r) => r.map((v) => (v === '' ? null : nullFor(v === QUOTED_EMPTY ? '' : v))));
    return JSON.stringify(read) !== JSON.stringify(records.map((r) => r.map(nullFor)));
  });
  expect(wrong).toEqual([]);
});
