import type { ReuseStore } from '@tributary/catalog';
import { LRUCache } from 'lru-cache';
import { BackgroundWork } from './background-work.ts';
import { RememberedAnswers } from './remembered-answers.ts';
import { SingleFlight } from './single-flight.ts';
import type { BypassReason } from './reasons.ts';

/** How the server reuses; sessions may deviate by settings. */
export interface ReuseConfig {
  /** A window whose newest file is younger than this (ms) is answered, not stored. */
  readonly settle: number;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** Part of the answers over stored cells of which one is computed again to compare: 0 to 1. Default 0.01. */
  readonly auditShare?: number;
  /** Bytes of cells above which an answer's months and whole are merged into cells of their own. */
  readonly mergeAbove?: number;
  /** Bytes to read above which one window is tried before the others. */
  readonly probeAbove?: number;
  /** Bytes of rows that were made of stored cells and are remembered in memory. Default 0: none are. */
  readonly answerMemory?: number;
}

/** Counts since the start, for metrics. */
export interface ReuseCounts {
  hits: number;
  misses: number;
  readonly bypassed: Map<BypassReason, number>;
  /** Blocks over tables without a time column. */
  notWindowed: number;
  bytesSaved: number;
  waits: number;
  retries: number;
  auditsDone: number;
  auditDifferences: number;
  /** Answers that could not be made of their cells and were without them: the files are taken out of the store. */
  damaged: number;
  /** Windows that a range reads though they were declared to hold none of its rows. */
  widened: number;
}

/** What all statements share to reuse what was computed. */
export interface ReuseService {
  readonly store: ReuseStore;
  readonly config: ReuseConfig;
  readonly flights: SingleFlight;
  readonly counts: ReuseCounts;
  /** Told of what went wrong beside an answer, which was given nevertheless. */
  readonly failed: (error: unknown) => void;
  /** Merging and auditing after answers. Closed before the store and the engine. */
  readonly background: BackgroundWork;
  /** Whether small files are about to be compacted. */
  readonly compaction: { waiting: boolean };
  /** Groups of windows, by what is merged of them, whose merged cell was found too large to keep: it is not made again. */
  readonly refusedMerges: LRUCache<string, true>;
  readonly answers: RememberedAnswers;
}

/** Refused merges that are remembered. */
const MOST_REFUSED = 10_000;

/** Pieces of work after answers that wait at most. */
const MOST_WAITING = 16;

export function createReuseService(
  store: ReuseStore,
  config: ReuseConfig,
  failed: (error: unknown) => void = () => undefined,
): ReuseService {
  return {
    background: new BackgroundWork(MOST_WAITING, failed),
    compaction: { waiting: false },
    answers: new RememberedAnswers(config.answerMemory ?? 0),
    refusedMerges: new LRUCache({ max: MOST_REFUSED }),
    failed,
    store,
    config,
    flights: new SingleFlight(),
    counts: {
      hits: 0,
      misses: 0,
      bypassed: new Map(),
      notWindowed: 0,
      bytesSaved: 0,
      waits: 0,
      retries: 0,
      auditsDone: 0,
      auditDifferences: 0,
      damaged: 0,
      widened: 0,
    },
  };
}

/** What a statement asks of reuse: `SET tributary.reuse` and its siblings. */
export interface ReusePolicy {
  readonly use: boolean;
  readonly populate: boolean;
  /** Cells found current at most this long ago (ms) are taken without looking; undefined: look each time. */
  readonly maxAge: number | undefined;
  /** Days of a scan unit at most. */
  readonly windowDays: number;
}
