/** Functions of columns, named as in Spark but in camel case. Texts given for columns are names; constants are marked by their type. */
export { col, expr, lit } from './column.ts';
export * from './functions/aggregate.ts';
export * from './functions/bits.ts';
export * from './functions/collection.ts';
export * from './functions/conditional.ts';
export * from './functions/format.ts';
export * from './functions/interval.ts';
export * from './functions/json.ts';
export * from './functions/number.ts';
export * from './functions/order.ts';
export * from './functions/other.ts';
export * from './functions/regexp.ts';
export * from './functions/text.ts';
export * from './functions/time.ts';
export * from './functions/vector.ts';
export * from './functions/words.ts';
export * from './functions/zone.ts';
export { Window } from './window.ts';
