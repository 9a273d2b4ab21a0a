import { requireMade } from '../error.ts';

/** One param's value, for the stage with that uid. */
export interface ParamEntry {
  /** uid of the stage. */
  readonly parent: string;
  /** The param's name. */
  readonly name: string;
  /** The value. */
  readonly value: unknown;
}

/** One point of a grid: values for params of one or more stages, in the order they were added. */
export class ParamMap {
  /** All entries, in the order they were added. */
  readonly entries: readonly ParamEntry[];

  constructor(entries: readonly ParamEntry[]) {
    requireMade('ParamMap', Array.isArray(entries), 'ParamGridBuilder makes maps');
    this.entries = Object.freeze([...entries]);
  }

  /** The entries of the stage with that uid, as name and value. */
  of(uid: string): [string, unknown][] {
    return this.entries.filter((e) => e.parent === uid).map((e) => [e.name, e.value]);
  }

  /** `{<uid>.<name>=<value>, …}`. */
  toString(): string {
    return `{${this.entries.map((e) => `${e.parent}.${e.name}=${String(e.value)}`).join(', ')}}`;
  }
}
