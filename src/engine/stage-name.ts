import { MlError } from '../error.ts';

/** What work is done for: the class (or the function) starts messages, the uid is in their details and in events of progress. */
export interface StageName {
  readonly owner: string;
  readonly uid: string;
}

/** Does work for a stage: its errors name the stage by its uid, unless they are about another one. */
export async function workFor<T>({ owner, uid }: StageName, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof MlError && (error.details.stage ?? owner) === owner) error.details.stage = uid;
    throw error;
  }
}
