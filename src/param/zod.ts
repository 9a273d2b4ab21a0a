import type * as zod from 'zod';

/**
 * The part of zod that params and models from elsewhere need, through one door. The build bundles it into this module: zod's own entry loads a
 * hundred files, which would be a third of the time that a row scorer takes to start.
 */
export {
  array,
  boolean,
  custom,
  looseObject,
  number,
  object,
  type RefinementCtx,
  strictObject,
  string,
  union,
  unknown,
  type ZodObject,
  type ZodType,
} from 'zod';

/**
 * What may be given for the schema `T`: zod's own type, but each member stays that of the schema's shape, so that editors show the docs which the
 * build writes there. (zod renames the keys of a mapped type on the way, and renamed members forget where they were declared.)
 */
export type input<T> = T extends zod.ZodObject<infer Shape> ? Members<Shape, zod.input<T>> : zod.input<T>;

/** What the schema `T` makes of it. */
export type output<T> = T extends zod.ZodObject<infer Shape> ? Members<Shape, zod.output<T>> : zod.output<T>;

type Members<Shape, Values> = string extends keyof Shape
  ? Values
  : Flat<
      { [K in keyof Pick<Shape, keyof Shape & Optional<Values>>]?: Values[K & keyof Values] } & {
        [K in keyof Pick<Shape, Exclude<keyof Shape, Optional<Values>>>]: Values[K & keyof Values];
      }
    >;
type Optional<Values> = { [K in keyof Values]-?: object extends Pick<Values, K> ? K : never }[keyof Values];
type Flat<T> = { [K in keyof T]: T[K] };
