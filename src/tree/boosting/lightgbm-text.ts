import { MlError, show } from '../../error.ts';

/** Lines `key=value` up to an empty one, or up to the next section. */
export class Section {
  readonly name: string;
  readonly #reader: Reader;
  readonly #values = new Map<string, string>();
  readonly #flags = new Set<string>();

  constructor(reader: Reader, name: string, lines: readonly string[]) {
    this.#reader = reader;
    this.name = name;
    for (const line of lines) {
      const equals = line.indexOf('=');
      if (equals < 0) this.#flags.add(line.trim());
      else this.#values.set(line.slice(0, equals), line.slice(equals + 1).trim());
    }
  }

  has(key: string): boolean {
    return this.#values.has(key);
  }

  flag(key: string): boolean {
    return this.#flags.has(key);
  }

  text(key: string, otherwise?: string): string {
    return this.#values.get(key) ?? otherwise ?? this.fail(`it lacks ${key}`);
  }

  words(key: string): string[] {
    return this.text(key)
      .split(' ')
      .filter((word) => word !== '');
  }

  whole(key: string, least: number, most: number): number {
    const text = this.text(key);
    const value = Number(text);
    return /^\d{1,15}$/.test(text) && value >= least && value <= most
      ? value
      : this.fail(`${key} must be a whole number from ${least} to ${most}, is ${show(text)}`);
  }

  numbers(key: string, count: number): Float64Array {
    const words = this.words(key);
    if (words.length !== count) this.fail(`${key} must have ${count} numbers, has ${words.length}`);
    return Float64Array.from(words, (word) => readNumber(word) ?? this.fail(`${key} must be numbers, has ${show(word)}`));
  }

  within(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (error instanceof MlError) throw error;
      this.fail((error as Error).message);
    }
  }

  fail(problem: string): never {
    return this.#reader.fail(this.name === '' ? problem : `${this.name}: ${problem}`);
  }

  refuse(problem: string): never {
    return this.#reader.refuse(`${this.name}: ${problem}`);
  }
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const INFINITE = /^([+-]?)inf(inity)?$/i;

function readNumber(word: string): number | null {
  if (NUMBER.test(word)) return Number(word);
  const infinite = INFINITE.exec(word);
  if (!infinite) return null;
  return infinite[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

/** The sections of a model that LightGBM saved as text. */
export class Reader {
  readonly #owner: string;
  readonly #lines: readonly string[];
  #end = -1;

  constructor(owner: string, text: string) {
    this.#owner = owner;
    if (typeof text !== 'string') this.fail(`the model must be a text, got ${show(text)}`);
    this.#lines = text.split(/\r?\n/);
    if (this.#lines[0]?.trim() !== 'tree') this.fail(`the text must begin with the line "tree", begins with ${show(this.#lines[0].slice(0, 40))}`);
  }

  header(): Section {
    const first = this.#lines.findIndex((line) => line.startsWith('Tree=') || line === 'end of trees');
    return new Section(
      this,
      '',
      this.#lines.slice(1, first < 0 ? undefined : first).filter((line) => line !== ''),
    );
  }

  trees(): Section[] {
    const end = this.#lines.indexOf('end of trees');
    if (end < 0) this.fail('the text is cut off: it has no line "end of trees"');
    if (this.#lines.slice(end).some((line) => line.startsWith('Tree='))) this.fail('it has trees behind the line "end of trees"');
    this.#end = end;
    const blocks: Section[] = [];
    for (let i = 1; i < end; i++) {
      if (!this.#lines[i].startsWith('Tree=')) continue;
      let to = i + 1;
      while (to < end && !this.#lines[to].startsWith('Tree=')) to++;
      const lines = this.#lines.slice(i + 1, to).filter((line) => line !== '');
      blocks.push(new Section(this, this.#lines[i].trim(), lines));
      i = to - 1;
    }
    return blocks;
  }

  /** Lines `[key: value]` behind the trees. */
  parameters(): ReadonlyMap<string, string> {
    const found = new Map<string, string>();
    for (let i = Math.max(this.#end, 0); i < this.#lines.length; i++) {
      const match = /^\[(\w+): (.*)\]$/.exec(this.#lines[i]);
      if (match) found.set(match[1], match[2]);
    }
    return found;
  }

  fail(problem: string): never {
    throw new MlError('MODEL_FORMAT', `${this.#owner}: it is no model of LightGBM: ${problem}`);
  }

  refuse(problem: string): never {
    throw new MlError('NOT_SUPPORTED', `${this.#owner}: model of LightGBM: ${problem}`);
  }
}
