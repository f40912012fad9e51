import type { BypassReason } from './reasons.ts';

/** Found while a fragment is answered: it has to run whole. */
export class Bypassed {
  readonly reason: BypassReason;
  readonly detail: string | undefined;

  constructor(reason: BypassReason, detail?: string) {
    this.reason = reason;
    this.detail = detail;
  }
}
