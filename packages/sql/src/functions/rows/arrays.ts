import type { FunctionEntry } from '../function-entry.ts';

export const arrayRows: readonly FunctionEntry[] = [];
