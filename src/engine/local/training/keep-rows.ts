import type { Codes, Column, VectorPart } from '../../../block/column.ts';

/** The column without the rows whose `keep` is 0. */
export function keepRows(column: Column, keep: Uint8Array, rows: number, kept: number): Column {
  switch (column.kind) {
    case 'numbers':
      return { kind: 'numbers', values: packed(column.values, keep, rows, kept), valid: column.valid && packed(column.valid, keep, rows, kept) };
    case 'codes':
      return { ...column, codes: packed(column.codes, keep, rows, kept) };
    case 'strings':
      return { kind: 'strings', values: column.values.slice(0, rows).filter((_, i) => keep[i]) };
    case 'values':
      return { kind: 'values', values: column.values.slice(0, rows).filter((_, i) => keep[i]) };
    case 'vectors':
      return {
        ...column,
        valid: column.valid && packed(column.valid, keep, rows, kept),
        ...(column.form instanceof Uint8Array && { form: packed(column.form, keep, rows, kept) }),
        parts: column.parts.map((part) => keepPart(part, keep, rows, kept)),
      };
  }
}

function keepPart(part: VectorPart, keep: Uint8Array, rows: number, kept: number): VectorPart {
  switch (part.kind) {
    case 'numbers':
      return { ...part, values: packed(part.values, keep, rows, kept) };
    case 'codes':
      return { ...part, codes: packed(part.codes, keep, rows, kept) };
    case 'dense': {
      const values = new Float64Array(kept * part.size);
      for (let i = 0, at = 0; i < rows; i++) {
        if (!keep[i]) continue;
        values.set(part.values.subarray(i * part.size, (i + 1) * part.size), at);
        at += part.size;
      }
      return { ...part, values };
    }
    case 'sparse': {
      const starts = new Uint32Array(kept + 1);
      const from: number[] = [];
      let at = 0;
      for (let i = 0, k = 0; i < rows; i++) {
        if (!keep[i]) continue;
        for (let p = part.starts[i]; p < part.starts[i + 1]; p++, at++) from.push(p);
        starts[++k] = at;
      }
      const indices = Uint32Array.from(from, (p) => part.indices[p]);
      return { ...part, starts, indices, values: Float64Array.from(from, (p) => part.values[p]) };
    }
  }
}

function packed<T extends Float64Array | Codes>(values: T, keep: Uint8Array, rows: number, kept: number): T {
  const out = new (values.constructor as new (length: number) => T)(kept);
  for (let i = 0, at = 0; i < rows; i++) if (keep[i]) out[at++] = values[i];
  return out;
}
