import type { InputForm, Op, Slot } from '../block/binder.ts';
import type { Block, Column } from '../block/column.ts';

/** A column that the program reads from outside. */
export interface ProgramInput {
  readonly column: string;
  readonly form: InputForm;
  /** Of form `codes`: the texts that codes stand for. */
  readonly labels: readonly string[] | null;
  readonly slot: Slot;
}

/** Plain data but for `op`; on another thread `op` is found again as export `name` of `module`. */
export interface ProgramStep {
  readonly module: string;
  readonly name: string;
  readonly op: Op<never>;
  readonly args: unknown;
  readonly inputs: readonly Slot[];
  readonly outputs: readonly Slot[];
  /** See `Binder.step`. */
  readonly dense: boolean;
}

/** What a chain of transformers does to a block, stage by stage, with columns by slot. Bound by `bindProgram`. */
export interface Program {
  readonly inputs: readonly ProgramInput[];
  readonly steps: readonly ProgramStep[];
  /** Where each column that a stage made lies, in the order of the schema. */
  readonly outputs: ReadonlyMap<string, Slot>;
  readonly slots: number;
}

/** A program ready to run on this thread: `run` reads the input slots of `block.columns` and fills the others. */
export interface RunningProgram {
  readonly program: Program;
  run(block: Block): void;
}

/** Only the steps that the columns `wanted` need, or that may drop rows; inputs nobody reads go too. */
export function pruneProgram(program: Program, wanted: ReadonlySet<string>): Program {
  const needed = new Set<Slot>();
  for (const [name, slot] of program.outputs) if (wanted.has(name)) needed.add(slot);
  const steps: ProgramStep[] = [];
  for (const step of [...program.steps].reverse()) {
    if (!step.outputs.some((slot) => needed.has(slot)) && !mayDropRows(step)) continue;
    for (const slot of step.inputs) needed.add(slot);
    steps.unshift(step);
  }
  return {
    ...program,
    steps,
    inputs: program.inputs.filter((input) => needed.has(input.slot)),
    outputs: new Map([...program.outputs].filter(([name]) => wanted.has(name))),
  };
}

/** A step whose arguments say `handleInvalid: 'skip'` drops rows, whether its columns are wanted or not. */
export function mayDropRows({ args }: ProgramStep): boolean {
  return (args as { handleInvalid?: string } | null)?.handleInvalid === 'skip';
}

/** Makes each step's function from its arguments. */
export function startProgram(program: Program): RunningProgram {
  const steps = program.steps.map((step) => ({
    call: (step.op as Op)(step.args),
    from: step.inputs,
    to: step.outputs,
    inputs: new Array<Column>(step.inputs.length),
  }));
  return {
    program,
    run(block) {
      const { columns } = block;
      for (let s = 0; s < steps.length; s++) {
        const { call, from, to, inputs } = steps[s];
        for (let i = 0; i < from.length; i++) inputs[i] = columns[from[i]];
        const made = call(inputs, block);
        for (let o = 0; o < to.length; o++) columns[to[o]] = made[o];
      }
    },
  };
}
