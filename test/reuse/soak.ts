import { describeReport, emptyReport, playHistory } from './play-history.ts';
import { shrink } from './shrink.ts';
import { describeStep } from './steps.ts';

/**
 * Plays histories one after another and tells of each that goes wrong, shrunk:
 * `node --conditions=source --import tsx test/reuse/soak.ts <first seed> <histories> [statements each] [shrink seconds]`.
 */
const [first = 1, histories = 10, statements = 160, seconds = 60] = process.argv
  .slice(2)
  .map(Number);

for (let seed = first; seed < first + histories; seed++) {
  const report = emptyReport();
  const started = performance.now();
  try {
    await playHistory(seed, statements, report);
  } catch (error) {
    console.log(`seed ${seed} ended:`, error);
  }
  const ms = Math.round(performance.now() - started);
  console.log(`seed ${seed}: ${describeReport(report)}, ${ms} ms`);
  for (const { steps, outcome } of report.wrong) {
    const until = Date.now() + seconds * 1000;
    const small =
      seconds > 0 ? await shrink(seed, steps, outcome, until) : { steps: steps.slice(-1), outcome };
    console.log(
      `WRONG seed ${seed}: ${outcome.kind}, ${steps.length} steps, shrunk to ${small.steps.length}`,
    );
    for (const step of small.steps) console.log(`  - ${describeStep(step)}`);
    console.log(small.outcome.detail);
  }
}
