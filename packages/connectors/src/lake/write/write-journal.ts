import {
  appendFileSync,
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import type { CreatedTable } from '../../source-writer.ts';
import type { PreparedFile } from './publishing-store.ts';

const JOURNAL = 'journal.json';
/** One prepared file a line: what a process that ends before its journal has to take back. */
const BEGUN = 'begun.jsonl';

/** What becomes of a write's files: they are published, or taken back. */
export interface Journal {
  readonly outcome: 'publish' | 'retract';
  readonly files: readonly PreparedFile[];
  /** Its appearance in the catalog decides. */
  readonly created?: CreatedTable;
}

export function syncPath(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Puts a write's journal in place, durably and at once. `folder` ends in `/`. */
export function writeJournal(folder: string, journal: Journal): void {
  const path = folder + JOURNAL;
  writeFileSync(`${path}.new`, JSON.stringify(journal));
  syncPath(`${path}.new`);
  renameSync(`${path}.new`, path);
  syncPath(folder);
}

export function noteBegun(folder: string, file: PreparedFile): void {
  appendFileSync(folder + BEGUN, `${JSON.stringify(file)}\n`);
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** What a write in `folder` left behind: its journal, or what it had begun, to be taken back. */
export function readJournal(folder: string): Journal {
  const text = readText(folder + JOURNAL);
  if (text !== '') return JSON.parse(text) as Journal;
  const lines = readText(folder + BEGUN).split('\n');
  // The last line may not have been written to its end.
  const files = lines.slice(0, -1).map((line) => JSON.parse(line) as PreparedFile);
  return { outcome: 'retract', files };
}
