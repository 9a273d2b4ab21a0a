import { aborted } from '../../error.ts';
import type { CallOptions } from './client.ts';

/** What is asked of the server. */
interface ModelShelf {
  /** What the server keeps, a text each: JSON with `id` and `class`; Spark 4.1 writes `id: …, obj: class …`. */
  kept(): Promise<string[]>;
  remove(id: string): Promise<void>;
  /** Does something behind, whose failure does not matter. */
  later(work: Promise<unknown>): void;
}

/**
 * Models that the server makes for us. One of a run that was stopped at its very end is kept there, though nobody was told its key: it is looked for
 * and given back.
 */
export class MadeModels {
  readonly #shelf: ModelShelf;
  readonly #told = new Set<string>();
  #making = 0;
  #started = 0;
  #untold = false;

  constructor(shelf: ModelShelf) {
    this.#shelf = shelf;
  }

  /** The key of the model that a run makes; `signal` ends the wait at once, what is made all the same is given back behind. */
  async make(run: () => Promise<string>, { owner, signal }: CallOptions): Promise<string> {
    const made = this.#counted(run);
    if (!signal) return made;
    let raised = () => {};
    const stopped = new Promise<never>((_, reject) => {
      raised = () => {
        this.#shelf.later(made.then((id) => this.#shelf.remove(id)));
        reject(aborted(signal, owner));
      };
      signal.addEventListener('abort', raised);
    });
    return Promise.race([made, stopped]).finally(() => signal.removeEventListener('abort', raised));
  }

  /** From now on nobody has the model; where it could not be removed it is looked for when others have been made. */
  async remove(id: string, removal: () => Promise<void>): Promise<void> {
    this.#told.delete(id);
    try {
      await removal();
    } catch (error) {
      this.#untold = true;
      throw error;
    }
  }

  async #counted(run: () => Promise<string>): Promise<string> {
    this.#making++;
    this.#started++;
    try {
      const id = await run();
      this.#told.add(id);
      return id;
    } catch (error) {
      this.#untold = true;
      throw error;
    } finally {
      if (--this.#making === 0 && this.#untold) this.#shelf.later(this.#sweep());
    }
  }

  /** Gives back what nobody was told of; it waits for another time while models are being made. */
  async #sweep(): Promise<void> {
    const started = this.#started;
    const kept = await this.#shelf.kept();
    if (this.#started !== started) return;
    this.#untold = false;
    for (const text of kept) {
      const id = /\bid"?: ?"?([\da-f-]+)"?, ?(?:"class":"|obj: class )[\w.]*Model\b/.exec(text)?.[1];
      if (id !== undefined && !this.#told.has(id)) await this.#shelf.remove(id);
    }
  }
}
