import { MlError, show } from '../error.ts';
import type { ParamSchema } from '../param/param.ts';
import { PipelineStage, type StageClass } from './stage.ts';

/** A stage's class: what it declares, and a constructor. */
export type StageConstructor = StageClass & (abstract new (...args: never[]) => PipelineStage<ParamSchema>);

const registered = new Map<string, StageConstructor>();

/**
 * Makes a stage of one’s own loadable: its instances are saved under `Class.type`, and a saved directory that carries that name is
 * loaded as this class. Names of Spark’s and of this package’s stages (`org.apache.spark.…`, `pyspark.…`, `millstream.…`) are refused, and
 * so is a name that another class has. Returns the class.
 */
export function registerStage<C extends StageConstructor>(Class: C): C {
  if (typeof Class !== 'function' || !(Class.prototype instanceof PipelineStage)) {
    throw new MlError(
      'PARAM_INVALID',
      `registerStage: argument must be a class that extends Estimator, Transformer, Model or Evaluator, got ${show(Class)}`,
    );
  }
  const { type, name } = Class;
  if (typeof type !== 'string' || !/^[\p{L}_$][\p{L}\p{N}_$.-]*$/u.test(type)) {
    throw new MlError('PARAM_INVALID', `registerStage: ${name} must declare its name as static type (such as 'acme.${name}'), got ${show(type)}`);
  }
  if (/^(org\.apache\.spark|pyspark|millstream)\./.test(type)) {
    throw new MlError('PARAM_INVALID', `registerStage: type of ${name} must not be a name of Spark or Millstream, got ${show(type)}`);
  }
  const known = registered.get(type);
  if (known && known !== Class) {
    throw new MlError('ALREADY_EXISTS', `registerStage: type ${show(type)} must be unique, but ${known.name} has it already`);
  }
  registered.set(type, Class);
  return Class;
}

/** The user's class of that declared name, or undefined. */
export function registeredStage(type: string): StageConstructor | undefined {
  return registered.get(type);
}
