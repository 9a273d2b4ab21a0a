export { Session } from '../session.ts';
export type { LocalOptions } from './open.ts';
