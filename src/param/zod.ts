/**
 * The part of zod that params need, through one door. The build bundles it into this module: zod's own entry loads a hundred files,
 * which would be a third of the time that a row scorer takes to start.
 */
export { custom, type input, type output, type RefinementCtx, strictObject, type ZodObject, type ZodType } from 'zod';
