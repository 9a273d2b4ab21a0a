import type { Binder, Slot, Step } from '../block/binder.ts';
import { type Block, type CodeColumn, type Codes, type Column, codesFor, dropRow, nullCode, unseenCode } from '../block/column.ts';
import { NumberReader } from '../block/numbers.ts';
import { MlError, show } from '../error.ts';
import { isKept, type Site } from './invalid-value.ts';
import { type NumberKind, numberText } from './label-text.ts';

/** How a column comes to the step: as codes of the model's labels, or as an earlier step of a pipeline made it (its type's kind). */
export type LabelForm = 'codes' | { readonly made: NumberKind | 'string' };

interface IndexArgs extends Site {
  readonly labels: readonly string[];
  readonly form: LabelForm;
  readonly handleInvalid: 'error' | 'skip' | 'keep';
}

/** Adds the step that looks labels up to a program. */
export function bindIndexLabels(binder: Binder, codes: Slot, args: IndexArgs, output: string): void {
  binder.step(import.meta.url, indexLabels, args, [codes], [output]);
}

/** Step of `StringIndexerModel`: codes of labels → index codes, with what has no label refused, dropped or given the index `numLabels`. */
export function indexLabels(args: IndexArgs): Step {
  const { labels, handleInvalid } = args;
  const size = labels.length;
  const lookUp = args.form === 'codes' ? (column: Column) => (column as CodeColumn).codes : recoder(args.form.made, labels);
  const out: CodeColumn = { kind: 'codes', codes: codesFor(size + 1, 0), size: handleInvalid === 'keep' ? size + 1 : size, labels: null };
  const outputs = [out];
  let kept = out.codes;
  return (inputs, block) => {
    const { rows } = block;
    const codes = lookUp(inputs[0], rows);
    out.codes = codes;
    out.full = true;
    // The index that is kept for what has no label is the code of null.
    if (handleInvalid === 'keep' && (inputs[0] as CodeColumn).seen && args.form === 'codes') return outputs;
    for (let i = 0; i < rows; i++) {
      if (codes[i] < size) continue;
      if (handleInvalid === 'keep') {
        if (kept.length < rows) kept = codesFor(size + 1, rows);
        for (let r = 0; r < rows; r++) kept[r] = Math.min(codes[r], size);
        out.codes = kept;
        return outputs;
      }
      out.full = false;
      if (handleInvalid === 'skip') dropRow(block, i);
      else if (isKept(block, i)) throw noLabel(args, inputs[0], codes[i], block, i);
    }
    return outputs;
  };
}

/** Codes of `labels` for a column that an earlier step made; each text is looked up once a block at most, each code once. */
function recoder(kind: NumberKind | 'string', labels: readonly string[]): (column: Column, rows: number) => Codes {
  const known = new Map(labels.map((label, code) => [label, code]));
  const none = nullCode(labels.length);
  const unseen = unseenCode(labels.length);
  const codeOf = (text: string | null) => (text === null ? none : (known.get(text) ?? unseen));
  const reader = new NumberReader();
  let codes = codesFor(unseen, 0);
  let table: Codes | null = null;
  let tableOf: readonly string[] | number | null = null;
  return (column, rows) => {
    if (codes.length < rows) codes = codesFor(unseen, rows);
    if (column.kind === 'codes') {
      const key = column.labels ?? column.size;
      if (table === null || tableOf !== key) {
        table = codesFor(unseen, column.size);
        for (let c = 0; c < column.size; c++) table[c] = codeOf(kind === 'string' ? (column.labels?.[c] ?? null) : numberText(c, kind));
        tableOf = key;
      }
      for (let i = 0; i < rows; i++) {
        const code = column.codes[i];
        codes[i] = code < column.size ? table[code] : none;
      }
    } else if (column.kind === 'strings') {
      for (let i = 0; i < rows; i++) codes[i] = codeOf(column.values[i]);
    } else {
      const { values, valid } = reader.read(column, rows);
      for (let i = 0; i < rows; i++) codes[i] = valid && valid[i] === 0 ? none : codeOf(numberText(values[i], kind as NumberKind));
    }
    return codes;
  };
}

/**
 * The text itself is not here when the query looked the code up: `details.value` is then absent, and whoever has the row fills it in.
 */
function noLabel({ owner, stage, column, labels, form }: IndexArgs, input: Column, code: number, block: Block, i: number): MlError {
  const row = block.firstRow + i;
  const text = textAt(input, i, form);
  const got = code === nullCode(labels.length) ? 'null' : text === undefined ? 'an unseen one' : show(text);
  const details = { stage, column, row, ...(got === 'null' ? { value: null } : text !== undefined && { value: text }) };
  return new MlError(
    'VALUE_INVALID',
    `${owner}: column ${show(column)} must hold one of the ${labels.length} labels seen in fitting, got ${got} at row ${row}; set handleInvalid to "keep" or "skip"`,
    details,
  );
}

/** The text at row `i`; undefined where only its code came here. */
function textAt(input: Column, i: number, form: LabelForm): string | undefined {
  if (input.kind === 'strings') return input.values[i] ?? undefined;
  if (form === 'codes' || form.made === 'string')
    return input.kind === 'codes' && input.codes[i] < input.size ? input.labels?.[input.codes[i]] : undefined;
  if (input.kind === 'codes') return numberText(input.codes[i], form.made);
  return input.kind === 'numbers' ? numberText(input.values[i], form.made) : undefined;
}
