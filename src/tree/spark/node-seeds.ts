import type { GrowingTree } from './growing-tree.ts';
import { JavaRandom, type Long } from './jvm-streams.ts';

interface Place {
  readonly tree: number;
  readonly number: number;
}

/**
 * The seeds by which nodes draw their features in Spark: one a node from a single stream, in the order in which Spark takes nodes from its stack. All
 * trees grow together, a level at a time (as they do while a level's statistics fit into `maxMemoryInMB`): the roots, last tree first; then the open
 * children of the level, which were pushed tree by tree, node by node, left then right.
 */
export class NodeSeeds {
  readonly #random: JavaRandom;
  readonly #trees: readonly GrowingTree[];
  #stack: readonly Place[];
  readonly #seeds: readonly Map<number, Long>[];

  constructor(seed: bigint, trees: readonly GrowingTree[]) {
    this.#random = new JavaRandom(seed);
    this.#trees = trees;
    this.#seeds = trees.map(() => new Map());
    this.#stack = trees.map((_, tree) => ({ tree, number: 0 })).reverse();
    this.#draw();
  }

  /** To be called when a level was split: draws for the nodes of the next. */
  advance(): void {
    const byTree = new Map<number, number[]>();
    for (const { tree, number } of this.#stack) byTree.set(tree, [...(byTree.get(tree) ?? []), number]);
    this.#stack = mapOrder([...byTree.keys()])
      .flatMap((tree) => {
        const { nodes } = this.#trees[tree];
        const children = (byTree.get(tree) as number[]).flatMap((number) => {
          const { split } = nodes[number];
          return split ? [split.left, split.right] : [];
        });
        return children.filter((number) => this.#trees[tree].isOpen(number)).map((number) => ({ tree, number }));
      })
      .reverse();
    this.#draw();
  }

  of(tree: number, number: number): Long {
    return this.#seeds[tree].get(number) as Long;
  }

  #draw(): void {
    for (const { tree, number } of this.#stack) this.#seeds[tree].set(number, this.#random.nextLong());
  }
}

/**
 * Small whole numbers in the order in which Scala's maps hold them as keys: up to four as they lay in a hash table of 16, more by their hashes, five
 * bits at a time.
 */
function mapOrder(keys: readonly number[]): number[] {
  if (keys.length <= 4) return [...keys].sort((a, b) => (a & 15) - (b & 15) || a - b);
  return trieOrder(
    keys.map((key) => ({ key, hash: improved(key) })),
    0,
  );
}

interface Hashed {
  readonly key: number;
  readonly hash: number;
}

/** Keys that are alone under their five bits stand before those that share them. */
function trieOrder(keys: readonly Hashed[], shift: number): number[] {
  const groups = Array.from({ length: 32 }, (_, bits) => keys.filter(({ hash }) => ((hash >>> shift) & 31) === bits));
  const alone = groups.filter(({ length }) => length === 1).map(([{ key }]) => key);
  return [...alone, ...groups.filter(({ length }) => length > 1).flatMap((group) => trieOrder(group, shift + 5))];
}

/** What Scala makes of an Int's hash, the number itself. Different numbers have different ones. */
function improved(key: number): number {
  let h = (key + ~(key << 9)) | 0;
  h ^= h >>> 14;
  h = (h + (h << 4)) | 0;
  return h ^ (h >>> 10);
}
