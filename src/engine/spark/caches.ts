import { inputsOf, type Plan } from '../../frame/plan.ts';
import type { CallOptions, SparkClient } from './client.ts';
import type { PlanCompiler } from './plan.ts';
import type { Relation } from './proto/connect_pb.ts';

type CachePlan = Extract<Plan, { op: 'cache' }>;

/**
 * What `cache()` keeps on the server. The server keeps it beyond a session's end: everything is given back when a frame is forgotten, or at the
 * close.
 */
export class Caches {
  readonly #client: SparkClient;
  readonly #compiler: PlanCompiler;
  readonly #kept = new WeakMap<Plan, Promise<Relation>>();
  readonly #relations = new Set<Relation>();
  readonly #forgotten = new FinalizationRegistry<Relation>((relation) => {
    if (!this.#client.closed) this.#client.later(this.#release(relation));
  });

  constructor(client: SparkClient, compiler: PlanCompiler) {
    this.#client = client;
    this.#compiler = compiler;
  }

  /** Asks the server to keep what the plan's `cache()` steps say, once it has computed it. */
  async ensure(plan: Plan, options: CallOptions, seen: Set<Plan> = new Set()): Promise<void> {
    if (seen.has(plan)) return;
    seen.add(plan);
    const kept = this.#kept.get(plan);
    if (kept) {
      await kept;
      return;
    }
    for (const input of inputsOf(plan)) await this.ensure(input, options, seen);
    if (plan.op !== 'cache') return;
    const relation = this.#persist(plan, options);
    this.#kept.set(plan, relation);
    relation.catch(() => this.#kept.delete(plan));
    await relation;
  }

  /** Of a closed session nothing is left to be given back. */
  async unpersist(plan: Plan): Promise<void> {
    const kept = this.#kept.get(plan);
    if (!kept) return;
    this.#kept.delete(plan);
    this.#forgotten.unregister(plan);
    const relation = await kept.catch(() => null);
    if (relation && !this.#client.closed) await this.#client.tidying(this.#release(relation));
  }

  /** Gives everything back. */
  async clear(): Promise<void> {
    await Promise.allSettled([...this.#relations].map((relation) => this.#release(relation)));
  }

  async #persist(plan: CachePlan, options: CallOptions): Promise<Relation> {
    const relation = await this.#compiler.relation(plan.input);
    // An answer may be lost of what is kept all the same.
    this.#relations.add(relation);
    await this.#client.analyze({ case: 'persist', value: { relation } }, options);
    this.#forgotten.register(plan, relation, plan);
    return relation;
  }

  async #release(relation: Relation): Promise<void> {
    this.#relations.delete(relation);
    await this.#client.analyze({ case: 'unpersist', value: { relation, blocking: false } }, { owner: 'unpersist', tidies: true });
  }
}
