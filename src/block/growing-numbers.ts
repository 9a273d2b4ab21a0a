/** A growing list of doubles. */
export class Numbers {
  #values = new Float64Array(1024);
  length = 0;

  push(value: number): void {
    if (this.length === this.#values.length) this.#grow(2 * this.length);
    this.#values[this.length++] = value;
  }

  /** Adds `count` zeros and gives them to be written, until the next call. */
  extend(count: number): Float64Array {
    const from = this.length;
    this.length += count;
    if (this.length > this.#values.length) this.#grow(Math.max(this.length, 2 * this.#values.length));
    return this.#values.subarray(from, this.length);
  }

  /** The numbers so far, valid until the next push. */
  get view(): Float64Array {
    return this.#values.subarray(0, this.length);
  }

  done(): Float64Array {
    return this.#values.slice(0, this.length);
  }

  #grow(size: number): void {
    const grown = new Float64Array(size);
    grown.set(this.#values);
    this.#values = grown;
  }
}
