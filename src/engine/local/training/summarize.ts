import type { FeatureSample } from '../../../tree/bins.ts';
import type { SampleTask } from '../../engine.ts';
import type { WorkerPool } from '../workers/pool.ts';
import { findExport } from '../workers/task-runner.ts';

/** Some features' values, as a worker gets them. */
export interface SummarizeArgs {
  readonly task: Pick<SampleTask, 'module' | 'name' | 'args'> & { readonly local?: SampleTask['local'] };
  readonly columns: readonly Float64Array[];
  readonly weights: Float64Array | null;
}

/** Values that go to a worker at a time, of as many features as make them up, or of one. */
const TASK_VALUES = 1 << 19;
/** Fewer values than this are not worth a worker. */
const FEW_VALUES = 1 << 15;

/** Runs in a worker. */
export async function summarizeColumns({ task, columns, weights }: SummarizeArgs): Promise<unknown[]> {
  const summarize = task.local ?? (await findExport<SampleTask['local']>(task.module, task.name));
  return columns.map((values) => summarize(values, weights, task.args));
}

/** What the task makes of each feature of the sample, worked out on the workers. */
export async function summaries(pool: WorkerPool, sample: Omit<FeatureSample, 'summary'>, task: SampleTask, owner: string): Promise<unknown[]> {
  const { numFeatures, sampled, weights } = sample;
  const here = sampled * numFeatures <= FEW_VALUES || !(await pool.threaded());
  const module = here ? '' : new URL('./summarize.js', import.meta.url).href;
  const { local, ...plain } = task;
  const size = here ? 1 : Math.max(1, Math.min(Math.floor(TASK_VALUES / sampled), Math.ceil(numFeatures / (2 * pool.workers))));
  const found: unknown[][] = [];
  const running = new Set<Promise<void>>();
  const failures: unknown[] = [];
  for (let j = 0; j < numFeatures && failures.length === 0; j += size) {
    const columns = Array.from({ length: Math.min(size, numFeatures - j) }, (_, k) => sample.column(j + k));
    if (here) {
      found.push(await summarizeColumns({ task, columns, weights }));
      continue;
    }
    const args: SummarizeArgs = { task: plain, columns, weights };
    const transfer = columns.map(({ buffer }) => buffer as ArrayBuffer);
    const at = found.push([]) - 1;
    const work = pool
      .run<unknown[]>({ module, name: 'summarizeColumns', args, owner }, { transfer })
      .then((some) => {
        found[at] = some;
      })
      .catch((error) => {
        failures.push(error);
      })
      .finally(() => running.delete(work));
    running.add(work);
    while (running.size >= 2 * pool.workers) await Promise.race(running);
  }
  await Promise.all(running);
  if (failures.length > 0) throw failures[0];
  return found.flat();
}
