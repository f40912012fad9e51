import type { FunctionEntry } from '../function-entry.ts';

export const regexRows: readonly FunctionEntry[] = [];
