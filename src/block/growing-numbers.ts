/** A growing list of doubles. */
export class Numbers {
  #values = new Float64Array(1024);
  length = 0;

  push(value: number): void {
    if (this.length === this.#values.length) {
      const grown = new Float64Array(2 * this.length);
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values[this.length++] = value;
  }

  /** The numbers so far, valid until the next push. */
  get view(): Float64Array {
    return this.#values.subarray(0, this.length);
  }

  done(): Float64Array {
    return this.#values.slice(0, this.length);
  }
}
