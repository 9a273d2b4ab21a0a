import type { Schema } from '../../frame/schema.ts';
import type { RemoteStage } from '../engine.ts';
import { attribute } from './expression.ts';
import { quoted } from './names.ts';
import type { Relation } from './proto/connect_pb.ts';
import { type RelType, relationOf } from './relation.ts';

const ODD = /[.`]/g;
/** Signs that look alike, so that what Spark says of a column can be read. */
const LOOKALIKE: Readonly<Record<string, string>> = { '.': '\u2024', '`': '\u02cb' };

/**
 * Spark's stages take names of columns apart at dots and backticks. A column whose own name has some is called by a plain one while they are at work
 * on a frame, and by its own again in what they make of it.
 */
export class PlainNames {
  readonly #plain: ReadonlyMap<string, string>;

  private constructor(plain: ReadonlyMap<string, string>) {
    this.#plain = plain;
  }

  /**
   * What stands for those of `names` that need it: columns of the frame and new ones, but no paths to fields of its structs; null where none does.
   */
  static async over(names: readonly string[], schema: () => Promise<Schema>): Promise<PlainNames | null> {
    const odd = names.filter((name) => name.search(ODD) >= 0);
    if (odd.length === 0) return null;
    const known = await schema();
    const plain = new Map<string, string>();
    for (const name of odd) {
      if (!known.has(name) && known.path(name)) continue;
      let other = name.replace(ODD, (sign) => LOOKALIKE[sign]);
      while (known.has(other)) other += '_';
      plain.set(name, other);
    }
    return plain.size > 0 ? new PlainNames(plain) : null;
  }

  plain(name: string): string {
    return this.#plain.get(name) ?? name;
  }

  /** The stage with plain names in its params. */
  stage(stage: RemoteStage): RemoteStage {
    const named = (value: unknown) => (Array.isArray(value) ? value.map((name) => this.plain(name)) : this.plain(value as string));
    const params = [...stage.params].map(([name, { type, value }]) => [name, { type, value: isColumns(name) ? named(value) : value }] as const);
    return { ...stage, params: new Map(params) };
  }

  /** The frame with plain names. */
  input(input: Relation): Relation {
    const renames = [...this.#plain].map(([colName, newColName]) => ({ colName, newColName }));
    return relationOf({ case: 'withColumnsRenamed', value: { input, renames } });
  }

  /** What was made of such a frame, `schema` being its schema, with the columns' own names, also where ML attributes tell them. */
  output(input: Relation, { fields }: Schema): RelType {
    const renames = [...this.#plain].map(([newColName, colName]) => ({ colName, newColName }));
    const renamed: RelType = { case: 'withColumnsRenamed', value: { input, renames } };
    const aliases = fields.flatMap(({ name, metadata }) => {
      const told = JSON.stringify(metadata ?? {});
      const owned = JSON.stringify(metadata ?? {}, (_, value) => (typeof value === 'string' ? this.own(value) : value));
      const [own = name] = [...this.#plain].find(([, plain]) => plain === name) ?? [];
      return owned === told ? [] : [{ expr: attribute(quoted(own)), name: [own], metadata: owned }];
    });
    return aliases.length === 0 ? renamed : { case: 'withColumns', value: { input: relationOf(renamed), aliases } };
  }

  /** A text with the columns' own names. */
  own(text: string): string {
    let owned = text;
    for (const [name, plain] of this.#plain) owned = owned.replaceAll(plain, () => name);
    return owned;
  }
}

/** The columns that a stage's params name. */
export function columnsOf({ params }: RemoteStage): string[] {
  return [...params].flatMap(([name, { value }]) => (isColumns(name) ? (value as string | string[]) : []));
}

function isColumns(param: string): boolean {
  return /Cols?$/.test(param);
}
