import { randomUUID } from 'node:crypto';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { aborted, MlError } from '../../error.ts';
import type { ProgressEvent } from '../../frame/executor.ts';
import { type CallOptions, type SparkClient, TIDYING } from './client.ts';
import { errorClassOf } from './errors.ts';
import type { ExecutePlanResponse, PlanSchema } from './proto/connect_pb.ts';
import { pause } from './retry.ts';
import { isSilence, unlessSilent } from './silence.ts';

export interface ExecuteOptions extends CallOptions {
  /** Told of the server's tasks while they run. */
  readonly onProgress?: ((event: ProgressEvent) => void) | undefined;
  /** Ends the run on the server when it is raised, as `signal` does; what the server then answers is still waited for. */
  readonly interrupt?: AbortSignal | undefined;
  /**
   * Whether it leaves something on the server that is removed when it is stopped: its end is then waited for. An interrupt would not do, the server
   * answers it while what was interrupted still writes.
   */
  readonly leaves?: boolean | undefined;
}

type Plan = MessageInitShape<typeof PlanSchema>;

/** Batches that are larger come in pieces of about this size, so that no message reaches the limit. */
const CHUNK_BYTES = 4n * 1024n * 1024n;
/** The server may forget its answers each time so many have come. */
const RELEASE_EVERY = 32;

/**
 * Runs a plan and gives the server's answers but for progress. The server keeps the run when the stream breaks or is cut: we attach to it again
 * behind the last answer that came. A run of which nothing came is sent again, under the same id; one of which something came never is.
 */
export async function* execute(client: SparkClient, plan: Plan, options: ExecuteOptions): AsyncGenerator<ExecutePlanResponse, void> {
  const run = new Run(client, plan, options);
  try {
    yield* run.answers();
  } finally {
    run.end();
  }
}

class Run {
  readonly #client: SparkClient;
  readonly #plan: Plan;
  readonly #options: ExecuteOptions;
  readonly #operationId = randomUUID();
  readonly #stop = new AbortController();
  #last: string | undefined;
  #complete = false;
  #sent = false;
  /** Runs while the end of a run that was stopped is waited for. */
  #ending: NodeJS.Timeout | null = null;

  constructor(client: SparkClient, plan: Plan, options: ExecuteOptions) {
    this.#client = client;
    this.#plan = plan;
    this.#options = options;
    options.signal?.addEventListener('abort', this.#abort);
    options.interrupt?.addEventListener('abort', this.#interrupt);
    if (!options.tidies) client.closing.addEventListener('abort', this.#abort);
  }

  async *answers(): AsyncGenerator<ExecutePlanResponse, void> {
    let budget = this.#client.budget();
    let attach = false;
    let count = 0;
    while (!this.#complete) {
      if (!this.#ending) this.#client.check(this.#options);
      try {
        const open = attach ? this.#reattach : this.#send;
        for await (const answer of unlessSilent(open, this.#client.silentFor, this.#stop.signal)) {
          this.#client.answered(answer, this.#options.owner);
          budget = budget.succeeded();
          if (answer.responseId) this.#last = answer.responseId;
          if (++count % RELEASE_EVERY === 0) this.#releaseUntil();
          if (this.#tellProgress(answer)) continue;
          if (answer.responseType.case === 'resultComplete') this.#complete = true;
          else yield answer;
        }
        // A stream that ends before its last answer was cut by the server on purpose: that is no failure.
        attach = true;
      } catch (error) {
        if (error instanceof MlError) throw error;
        attach = await this.#recover(error, attach, budget);
      }
    }
  }

  /** Frees what the server keeps of the run; a run that has not ended is stopped by it. */
  end(): void {
    this.#options.signal?.removeEventListener('abort', this.#abort);
    this.#options.interrupt?.removeEventListener('abort', this.#interrupt);
    this.#client.closing.removeEventListener('abort', this.#abort);
    if (this.#ending) clearTimeout(this.#ending);
    if (!this.#complete) this.#stop.abort();
    if (!this.#sent || this.#client.closed) return;
    this.#release({ case: 'releaseAll', value: {} });
  }

  /** After a failure: whether to attach again (or to send anew), once the wait is over; throws when the failure is final. */
  async #recover(error: unknown, attached: boolean, budget: ReturnType<SparkClient['budget']>): Promise<boolean> {
    const { signal, owner } = this.#options;
    if (this.#ending && (await this.#waits(budget.next(error)))) return true;
    if (signal?.aborted) throw aborted(signal, owner);
    if (errorClassOf(error).startsWith('INVALID_HANDLE.OPERATION_NOT_FOUND') && attached && this.#last === undefined) return false;
    // A long computation of which the server has nothing to tell is no failure.
    if (isSilence(error) && (await this.#client.isAlive())) return true;
    await this.#client.retryOrThrow(error, budget, this.#options);
    return true;
  }

  readonly #send = (signal: AbortSignal): AsyncIterable<ExecutePlanResponse> => {
    this.#sent = true;
    const request = {
      ...this.#client.identity(),
      plan: this.#plan,
      operationId: this.#operationId,
      requestOptions: [
        { requestOption: { case: 'reattachOptions', value: { reattachable: true } } },
        { requestOption: { case: 'resultChunkingOptions', value: { allowArrowBatchChunking: true, preferredArrowChunkSize: CHUNK_BYTES } } },
      ],
    } as const;
    return this.#client.calls.executePlan({ ...request, requestOptions: [...request.requestOptions] }, { signal });
  };

  readonly #reattach = (signal: AbortSignal): AsyncIterable<ExecutePlanResponse> => {
    const request = { ...this.#client.identity(), operationId: this.#operationId, ...(this.#last !== undefined && { lastResponseId: this.#last }) };
    return this.#client.calls.reattachExecute(request, { signal });
  };

  readonly #interrupt = () => {
    if (this.#sent) this.#client.interrupt(this.#operationId);
  };

  readonly #abort = () => {
    if (this.#options.leaves && this.#sent) this.#ending ??= setTimeout(this.#stopNow, TIDYING);
    else this.#stopNow();
  };

  readonly #stopNow = () => {
    this.#interrupt();
    this.#stop.abort();
  };

  /** Waits for another try to learn of the run's end; false where there is none. */
  async #waits(milliseconds: number | null): Promise<boolean> {
    if (milliseconds === null || this.#stop.signal.aborted) return false;
    await pause(milliseconds, this.#stop.signal);
    return true;
  }

  #releaseUntil(): void {
    if (this.#last !== undefined) this.#release({ case: 'releaseUntil', value: { responseId: this.#last } });
  }

  #release(release: { case: 'releaseAll'; value: object } | { case: 'releaseUntil'; value: { responseId: string } }): void {
    const request = { ...this.#client.identity(), operationId: this.#operationId, release };
    this.#client.later(this.#client.calls.releaseExecute(request, { timeoutMs: 10_000 }));
  }

  /** Whether the answer was one about progress, which it then has told. */
  #tellProgress({ responseType }: ExecutePlanResponse): boolean {
    if (responseType.case !== 'executionProgress') return false;
    const { stages } = responseType.value;
    const sum = (of: (stage: (typeof stages)[number]) => bigint) => Number(stages.reduce((total, stage) => total + of(stage), 0n));
    const total = sum((s) => s.numTasks);
    // Before the server has planned a run it tells of no tasks.
    if (total > 0) this.#options.onProgress?.({ stage: this.#options.owner, done: sum((s) => s.numCompletedTasks), total });
    return true;
  }
}
