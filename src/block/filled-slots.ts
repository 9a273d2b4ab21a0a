import type { VectorPart } from './column.ts';

/** The slots of one row of parts side by side that are not 0: number `numbers[k]` in slot `slots[k]`, k < `count`, slots ascending. */
export class FilledSlots {
  slots = new Int32Array(64);
  numbers = new Float64Array(64);
  count = 0;

  /** Takes row i of the parts; what was there is gone. */
  collect(parts: readonly VectorPart[], i: number): void {
    this.count = 0;
    let offset = 0;
    for (const part of parts) {
      switch (part.kind) {
        case 'numbers':
          this.#add(offset, part.values[i]);
          break;
        case 'codes': {
          const code = part.codes[i];
          if (code < part.size) this.#add(offset + code, part.table ? part.table[code] : 1);
          break;
        }
        case 'dense':
          for (let j = 0, p = i * part.size; j < part.size; j++, p++) this.#add(offset + j, part.values[p]);
          break;
        case 'sparse':
          for (let p = part.starts[i]; p < part.starts[i + 1]; p++) this.#add(offset + part.indices[p], part.values[p]);
          break;
      }
      offset += part.size;
    }
  }

  /** Writes all `size` slots of the row; zeros have no sign, as in what Spark assembles. */
  spread(out: Float64Array, size: number): void {
    out.fill(0, 0, size);
    for (let k = 0; k < this.count; k++) out[this.slots[k]] = this.numbers[k];
  }

  #add(slot: number, x: number): void {
    if (x === 0) return;
    if (this.count === this.slots.length) this.#grow();
    this.slots[this.count] = slot;
    this.numbers[this.count++] = x;
  }

  #grow(): void {
    const { slots, numbers } = this;
    this.slots = new Int32Array(2 * slots.length);
    this.slots.set(slots);
    this.numbers = new Float64Array(2 * numbers.length);
    this.numbers.set(numbers);
  }
}
