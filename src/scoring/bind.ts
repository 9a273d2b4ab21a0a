import type { Binder, InputForm, Op, Slot } from '../block/binder.ts';
import { MlError, show } from '../error.ts';
import type { Schema } from '../frame/schema.ts';
import type { Program, ProgramInput, ProgramStep } from './program.ts';

/** A stage as a program sees it. */
export interface BindableStage {
  transformSchema(schema: Schema): Schema;
  bind(binder: Binder, schema: Schema): void;
}

/**
 * The program of a chain of stages over a frame with `schema`, and the schema that comes out.
 * `absent` names input columns that a row scorer may do without (`Binder.has` is false for them).
 */
export function bindProgram(
  stages: readonly BindableStage[],
  schema: Schema,
  absent: ReadonlySet<string> = new Set(),
): { program: Program; schema: Schema } {
  const binder = new ProgramBinder(absent);
  let current = schema;
  for (const stage of stages) {
    const next = stage.transformSchema(current);
    stage.bind(binder, current);
    current = next;
  }
  return { program: binder.program(current), schema: current };
}

class ProgramBinder implements Binder {
  readonly #absent: ReadonlySet<string>;
  readonly #made = new Map<string, Slot>();
  readonly #inputs = new Map<string, ProgramInput>();
  readonly #steps: ProgramStep[] = [];
  #slots = 0;

  constructor(absent: ReadonlySet<string>) {
    this.#absent = absent;
  }

  numbers(column: string): Slot {
    return this.#slot(column, 'numbers');
  }

  codes(column: string, labels: readonly string[]): Slot {
    return this.#slot(column, 'codes', labels);
  }

  strings(column: string): Slot {
    return this.#slot(column, 'strings');
  }

  vectors(column: string): Slot {
    return this.#slot(column, 'vectors');
  }

  any(column: string): Slot {
    return this.#slot(column, 'values');
  }

  has(column: string): boolean {
    return this.#made.has(column) || !this.#absent.has(column);
  }

  made(column: string): boolean {
    return this.#made.has(column);
  }

  step<A>(module: string, op: Op<A>, args: A, inputs: readonly Slot[], outputs: readonly string[], dense = false): void {
    const slots = outputs.map((name) => {
      const slot = this.#slots++;
      this.#made.set(name, slot);
      return slot;
    });
    this.#steps.push({ module, name: op.name, op: op, args, inputs: [...inputs], outputs: slots, dense });
  }

  program(schema: Schema): Program {
    const outputs = new Map<string, Slot>();
    for (const { name } of schema.fields) {
      const slot = this.#made.get(name);
      if (slot !== undefined) outputs.set(name, slot);
    }
    return { inputs: [...this.#inputs.values()], steps: this.#steps, outputs, slots: this.#slots };
  }

  #slot(column: string, form: InputForm, labels: readonly string[] | null = null): Slot {
    const made = this.#made.get(column);
    if (made !== undefined) return made;
    if (this.#absent.has(column)) throw new MlError('COLUMN_NOT_FOUND', `column ${show(column)} is needed, but absent`, { column });
    const key = JSON.stringify([column, form, labels]);
    let input = this.#inputs.get(key);
    if (!input) {
      input = { column, form, labels, slot: this.#slots++ };
      this.#inputs.set(key, input);
    }
    return input.slot;
  }
}
