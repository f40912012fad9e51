import { playerOptions } from './history.ts';
import { isWrong } from './play-history.ts';
import { Player } from './player.ts';
import type { Outcome } from './player.ts';
import type { Step } from './steps.ts';

/** Plays the steps and answers what is wrong with the last one, if anything is. */
export async function replay(seed: number, steps: readonly Step[]): Promise<Outcome | undefined> {
  const player = await Player.open(playerOptions(seed));
  let last: Outcome | undefined;
  try {
    for (const step of steps) last = await player.play(step);
  } catch {
    // Without what was left out the steps make no sense.
    return undefined;
  } finally {
    await player.close();
  }
  return isWrong(last) ? last : undefined;
}

/** What is tried to be left out first, since it is much at once. */
const PARTS: readonly ((step: Step, at: number) => boolean)[] = [
  (step) => step.kind === 'file' || step.kind === 'define' || step.kind === 'repair',
  (step) => step.kind !== 'statement' && step.kind !== 'together',
  (step) => step.kind !== 'race' && step.kind !== 'killed' && step.kind !== 'restart',
  (step) => step.kind !== 'setting' && step.kind !== 'both',
  (step) => step.kind !== 'disguise' && step.kind !== 'remove',
  (step) => !('path' in step && step.path.startsWith('ta/')),
  (step) => !('path' in step && step.path.startsWith('tb/')),
  (_, at) => at % 3 !== 1,
  (_, at) => at % 3 !== 2,
];

/** Leaves out as many steps as it can while the last one stays wrong in the same way, until the time is over (ms since 1970). */
export async function shrink(
  seed: number,
  steps: readonly Step[],
  outcome: Outcome,
  until: number,
): Promise<{ readonly steps: readonly Step[]; readonly outcome: Outcome }> {
  let best = { steps, outcome };
  const last = steps.at(-1);
  for (const kept of PARTS) {
    if (Date.now() >= until) return best;
    const tried = best.steps.filter((step, at) => step === last || kept(step, at));
    const again = tried.length < best.steps.length ? await replay(seed, tried) : undefined;
    if (again?.kind === outcome.kind) best = { steps: tried, outcome: again };
  }
  let size = Math.ceil(steps.length / 2);
  while (size >= 1 && Date.now() < until) {
    let smaller = false;
    // Newest first: most of what was long ago does not matter, but the tables do.
    for (let end = best.steps.length - 1; end > 0 && Date.now() < until; end -= size) {
      const from = Math.max(0, end - size);
      const tried = [...best.steps.slice(0, from), ...best.steps.slice(end)];
      const again = await replay(seed, tried);
      if (again?.kind === outcome.kind) {
        best = { steps: tried, outcome: again };
        smaller = true;
      }
    }
    if (size === 1 && !smaller) break;
    size = size === 1 ? 1 : Math.ceil(size / 2);
    if (size === 1 && best.steps.length < 2) break;
  }
  return best;
}
