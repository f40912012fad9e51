export type * from './engine.ts';
export { createEngine } from './create-engine.ts';
export { wrapNativeError } from './native-error.ts';
