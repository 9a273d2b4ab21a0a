import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { aborted, MlError, throwIfAborted } from '../../error.ts';
import type { Logger } from '../../frame/executor.ts';
import { type Address, addressText } from './address.ts';
import { connectError, errorId, isBroken } from './errors.ts';
import type {
  AddArtifactsRequestSchema,
  AnalyzePlanRequestSchema,
  AnalyzePlanResponse,
  ArtifactStatusesResponse,
  FetchErrorDetailsResponse,
} from './proto/connect_pb.ts';
import { pause, RetryBudget } from './retry.ts';
import { PROBE_TIMEOUT, unlessDead } from './silence.ts';
import { openService, type Service, type TransportOptions } from './transport.ts';

interface ClientOptions extends TransportOptions {
  readonly address: Address;
  readonly logger: Logger;
  /** Name and version of this library, for the server's logs. */
  readonly userAgent: string;
  /** Milliseconds for which a server that does not answer is tried again. */
  readonly retryFor: number;
  /** Milliseconds of silence after which a server that should answer is asked again. */
  readonly silentFor: number;
  /** Whether errors carry the server's Java stacks. */
  readonly javaStacks: boolean;
}

/** Who asks, and until when. */
export interface CallOptions {
  readonly owner: string;
  readonly signal?: AbortSignal | undefined;
  /** Whether it removes what was left on the server: it may, then, while the session closes. */
  readonly tidies?: boolean | undefined;
}

/** Milliseconds that a session waits for what it has to remove: at its close, and for the end of what it stopped. */
export const TIDYING = 30_000;

type Analysis = NonNullable<MessageInitShape<typeof AnalyzePlanRequestSchema>['analyze']>;
export type ArtifactPayload = NonNullable<MessageInitShape<typeof AddArtifactsRequestSchema>['payload']>;

/** One session on a server: who we are in every request, calls that are tried again when the connection fails, and errors in our words. */
export class SparkClient {
  readonly sessionId: string;
  readonly logger: Logger;
  readonly #options: ClientOptions;
  readonly #service: Service;
  readonly #clientType: string;
  readonly #user: { userId: string; userName: string };
  /** The server's own id of the session, from its first answer on: another one later means that it has forgotten all we had there. */
  #serverSession: string | undefined;
  /** The server's Spark, once it was asked. */
  #version: string | null = null;
  readonly #closing = new AbortController();
  readonly #released = new AbortController();
  readonly #pending = new Set<Promise<unknown>>();
  readonly #tidying = new Set<Promise<void>>();

  constructor(options: ClientOptions) {
    const { address, userAgent } = options;
    setMaxListeners(0, this.closing, this.#released.signal);
    this.#options = options;
    this.logger = options.logger;
    this.#service = openService(address, options);
    this.sessionId = address.sessionId ?? randomUUID();
    this.#clientType = address.userAgent ? `${address.userAgent} ${userAgent}` : userAgent;
    const name = address.userId ?? process.env.USER ?? 'millstream';
    this.#user = { userId: name, userName: name };
  }

  get calls(): Service['calls'] {
    return this.#service.calls;
  }

  /** Whether nobody else can use the session: its id was made here. */
  get isOurs(): boolean {
    return this.#options.address.sessionId === undefined;
  }

  get silentFor(): number {
    return this.#options.silentFor;
  }

  get closed(): boolean {
    return this.#closing.signal.aborted;
  }

  /** Raised when the session closes: what runs in it is to end. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /** What every request carries. */
  identity() {
    return {
      sessionId: this.sessionId,
      userContext: this.#user,
      clientType: this.#clientType,
      ...(this.#serverSession !== undefined && { clientObservedServerSideSessionId: this.#serverSession }),
    };
  }

  /** Notes which session answered; a change is an error. */
  answered({ serverSideSessionId }: { serverSideSessionId: string }, owner: string): void {
    if (serverSideSessionId === '') return;
    this.#serverSession ??= serverSideSessionId;
    if (this.#serverSession === serverSideSessionId) return;
    throw new MlError('SESSION_CLOSED', `${owner}: the server was started anew; its frames and models are gone, connect again`);
  }

  /** A schema, a query plan, the server's version, and what is cached: calls that return no rows. */
  async analyze(analyze: Analysis, options: CallOptions): Promise<AnalyzePlanResponse['result']> {
    const response = await this.call(options, (signal) => this.calls.analyzePlan({ ...this.identity(), analyze }, { signal }));
    return response.result;
  }

  /** Fails where the server's Spark is older than `least`. */
  async requireVersion(least: string, what: string, options: CallOptions): Promise<void> {
    this.#version ??= await this.#askedVersion(options);
    const [major, minor] = numbers(this.#version);
    const [leastMajor, leastMinor] = numbers(least);
    if (!(major < leastMajor || (major === leastMajor && minor < leastMinor))) return;
    throw new MlError('NOT_SUPPORTED', `${options.owner}: ${what} need Spark ${least} or newer, the server's is ${this.#version}`);
  }

  async #askedVersion(options: CallOptions): Promise<string> {
    const answer = await this.analyze({ case: 'sparkVersion', value: {} }, options);
    return answer.case === 'sparkVersion' ? answer.value.version : '';
  }

  /** Sets options of the session. */
  async configure(pairs: Readonly<Record<string, string>>, options: CallOptions): Promise<void> {
    const set = { pairs: Object.entries(pairs).map(([key, value]) => ({ key, value })) };
    await this.call(options, (signal) => this.calls.config({ ...this.identity(), operation: { opType: { case: 'set', value: set } } }, { signal }));
  }

  async artifactStatuses(names: string[], options: CallOptions): Promise<ArtifactStatusesResponse['statuses']> {
    return (await this.call(options, (signal) => this.calls.artifactStatus({ ...this.identity(), names }, { signal }))).statuses;
  }

  /** Uploads what `payloads` makes, anew at each try. */
  async addArtifacts(payloads: () => Iterable<ArtifactPayload>, options: CallOptions) {
    const identity = this.identity();
    async function* requests() {
      for (const payload of payloads()) yield { ...identity, payload };
    }
    return this.call(options, (signal) => this.calls.addArtifacts(requests(), { signal }));
  }

  /** Asks the server to end an operation; whether it did is not waited for. */
  interrupt(operationId: string): void {
    const request = { ...this.identity(), interruptType: 3, interrupt: { case: 'operationId', value: operationId } } as const;
    this.later(this.calls.interrupt(request, { timeoutMs: 10_000 }));
  }

  /** One request with one answer: tried again while the server cannot be reached. */
  async call<R extends { serverSideSessionId: string }>(options: CallOptions, send: (signal: AbortSignal) => Promise<R>): Promise<R> {
    const budget = this.budget();
    for (;;) {
      this.check(options);
      try {
        const response = await unlessDead(send, this.silentFor, () => this.isAlive(), options.signal);
        this.answered(response, options.owner);
        return response;
      } catch (error) {
        await this.retryOrThrow(error, budget, options);
      }
    }
  }

  budget(): RetryBudget {
    // A server that is gone when the session closes is not waited for either.
    return new RetryBudget({ first: this.#serverSession === undefined || this.closed, retryFor: this.#options.retryFor });
  }

  /** Waits when the call may be sent again, else throws its error in our words. */
  async retryOrThrow(error: unknown, budget: RetryBudget, options: CallOptions): Promise<void> {
    if (options.signal?.aborted) throw aborted(options.signal, options.owner);
    if (this.#endOf(options).aborted) throw closedError(options.owner);
    const wait = budget.next(error);
    if (wait === null) throw await this.explained(error, options.owner);
    this.logger.debug(`${options.owner}: ${addressText(this.#options.address)} did not answer, trying again in ${Math.round(wait)} ms`);
    await pause(wait, options.signal, this.#endOf(options));
  }

  /** The error with what the server tells of it. */
  async explained(error: unknown, owner: string): Promise<MlError> {
    const id = errorId(error);
    const more = id === undefined ? null : await this.#details(id);
    return connectError(error, owner, more, this.#options.javaStacks);
  }

  /** Throws when the session is closed or the call aborted. */
  check(options: CallOptions): void {
    if (this.#endOf(options).aborted) throw closedError(options.owner);
    throwIfAborted(options.signal, options.owner);
  }

  /** Raised when the session is over for this call. */
  #endOf({ tidies }: CallOptions): AbortSignal {
    return tidies ? this.#released.signal : this.closing;
  }

  /** Work that removes what it leaves on the server: `close` waits for it. */
  tidying<T>(work: Promise<T>): Promise<T> {
    const settled = work.then(
      () => void this.#tidying.delete(settled),
      () => void this.#tidying.delete(settled),
    );
    this.#tidying.add(settled);
    return work;
  }

  /** Something that may go on behind: `close` waits for it for a moment, its failure does not matter. */
  later(work: Promise<unknown>): void {
    const settled = work.catch(() => {}).finally(() => this.#pending.delete(settled));
    this.#pending.add(settled);
  }

  /**
   * Ends what runs, waits for a moment until it has removed what it left, drops the session on the server, with its views and models, and ends the
   * connection.
   */
  async close(tidied: () => Promise<unknown> = async () => {}): Promise<void> {
    if (this.closed) return;
    this.#closing.abort();
    const ended = new AbortController();
    const tidy = this.#settled()
      .then(tidied)
      .finally(() => ended.abort());
    await Promise.race([tidy, pause(TIDYING, ended.signal)]);
    this.#released.abort();
    if (this.#serverSession !== undefined) {
      const { sessionId, userContext, clientType } = this.identity();
      await this.calls.releaseSession({ sessionId, userContext, clientType }, { timeoutMs: 10_000 }).catch(() => {});
    }
    this.#service.close();
  }

  /** Once what removes things has done so, and what else goes on behind has had a moment. */
  async #settled(): Promise<void> {
    while (this.#tidying.size > 0) await Promise.all(this.#tidying);
    await Promise.race([Promise.all(this.#pending), pause(2000)]);
  }

  /** Whether somebody answers a question that costs nothing; an error is an answer too. */
  async isAlive(): Promise<boolean> {
    const request = { ...this.identity(), operation: { opType: { case: 'get', value: { keys: [] as string[] } } } } as const;
    return this.calls.config(request, { timeoutMs: Math.min(PROBE_TIMEOUT, this.silentFor) }).then(
      () => true,
      (error: unknown) => !(error instanceof ConnectError) || (error.code !== Code.DeadlineExceeded && !isBroken(error)),
    );
  }

  async #details(id: string): Promise<FetchErrorDetailsResponse | null> {
    // It fails itself when the session is gone: the error then tells less.
    return this.calls.fetchErrorDetails({ ...this.identity(), errorId: id }, { timeoutMs: 10_000 }).catch(() => null);
  }
}

const numbers = (version: string) => version.split('.').map(Number);

function closedError(owner: string): MlError {
  return new MlError('SESSION_CLOSED', `${owner}: the session must be open, it has been closed`);
}
