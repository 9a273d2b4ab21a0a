import { MlError, show } from '../error.ts';
import { nameHint } from './param.ts';
import { isRecord } from './record.ts';

/** Refuses options that `owner` does not know: they would be passed over unseen. */
export function checkOptionNames(owner: string, options: object, known: readonly string[]): void {
  if (!isRecord(options)) {
    throw new MlError('PARAM_INVALID', `${owner}: options must be an object such as { ${known[0]}: … }, got ${show(options)}`, { value: options });
  }
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) throw new MlError('PARAM_UNKNOWN', `${owner}: unknown option ${name}; ${nameHint(known, name)}`, { param: name });
  }
}
