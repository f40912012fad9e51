import type { ScanListing } from '@tributary/connectors';
import { audit, chooseAudit } from './audit.ts';
import type { CellSearchContext, Found } from './cell-search.ts';
import { compactInBackground } from './compact-cells.ts';
import type { Fragment } from './fragment.ts';
import type { HeldFiles } from './held-files.ts';
import { isMergeable, mergeGroups } from './merge-answer.ts';
import type { Window } from './windows.ts';

/** Answers over stored cells of which one is looked at again, by default. */
export const AUDIT_SHARE = 0.01;

/** What an answer was made of, and when. */
export interface GivenAnswer {
  readonly parts: readonly { readonly fragment: Fragment; readonly found: Found }[];
  /** Windows that have files. */
  readonly selected: readonly Window[];
  readonly listing: ScanListing;
  readonly verifiedAt: number;
}

/**
 * After an answer, in the background: compares a small sample of what was reused with its data, merges what will pay when it is asked
 * for again, and makes few files of many small ones. Lets go of the files in every case.
 */
export async function afterAnswer(
  { parts, selected, listing, verifiedAt }: GivenAnswer,
  context: CellSearchContext,
  held: HeldFiles,
): Promise<void> {
  const { service } = context.reuse;
  const { background, config } = service;
  held.answered();
  if (parts.some(({ found }) => found.filled.some(({ fresh, stored }) => fresh && stored))) {
    compactInBackground(context.run.engine, service);
  }
  const audited = chooseAudit(parts, config.auditShare ?? AUDIT_SHARE);
  const [first, ...others] = parts;
  const answer = first && { ...first, selected, listing, verifiedAt };
  const merges = answer !== undefined && others.length === 0 && isMergeable(answer, context);
  if (audited === undefined && !merges) {
    await held.release();
    return;
  }
  background.add(
    async (signal) => {
      // What is found to differ is not merged: the audit throws.
      if (audited !== undefined) await audit(audited, listing, context, signal);
      if (merges) await mergeGroups(answer, context, held, signal);
    },
    () => held.release(),
  );
}
