/**
 * The part of zod that params and models from elsewhere need, through one door. The build bundles it into this module: zod's own entry loads a hundred files,
 * which would be a third of the time that a row scorer takes to start.
 */
export {
  array,
  boolean,
  custom,
  type input,
  looseObject,
  number,
  object,
  type output,
  type RefinementCtx,
  strictObject,
  string,
  union,
  unknown,
  type ZodObject,
  type ZodType,
} from 'zod';
