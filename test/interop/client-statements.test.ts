import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { acceptedBecause } from './accepted-differences.ts';
import { answerDifference } from './answer-difference.ts';
import { openClientSides } from './client-sides.ts';
import type { ClientSides } from './client-sides.ts';
import { capturedClients, capturedStatements, sentTo } from './client-statements.ts';

let sides: ClientSides | undefined;
beforeAll(async () => {
  sides = await openClientSides();
}, 300_000);
afterAll(() => sides?.close());

test.each(await capturedClients())(
  '%s: statements as it sends them get PostgreSQL’s answers',
  async (client) => {
    if (sides === undefined) throw new Error('the servers are not running');
    const { postgres, tributary } = sides;
    const different: string[] = [];
    let accepted = 0;
    const sent = await capturedStatements(client);
    for (const each of sent) {
      const theirs = (await postgres.answers(sentTo(postgres, each))).at(-1);
      const ours = (await tributary.answers(sentTo(tributary, each))).at(-1);
      if (theirs === undefined || ours === undefined) throw new Error('no answer');
      const difference = answerDifference([theirs, postgres], [ours, tributary]);
      if (difference === undefined) continue;
      if (acceptedBecause(each.statement.sql, difference) !== undefined) {
        accepted += 1;
        continue;
      }
      different.push(
        `${difference.in}: ${difference.text}\n  ${each.statement.sql} ${JSON.stringify(each.statement.values)}`,
      );
    }
    process.stdout.write(
      `statements of ${client}: ${sent.length - accepted - different.length} of ${sent.length} as PostgreSQL, ${accepted} differ as accepted\n`,
    );
    expect(different).toEqual([]);
  },
  300_000,
);
