import { isQueryError } from '@tributary/sql';
import { createCommand } from './cli.ts';

try {
  await createCommand().parseAsync();
} catch (error) {
  if (isQueryError(error)) {
    process.stderr.write(`tributary: ${error.message}\n`);
    if (error.hint !== undefined) {
      process.stderr.write(`hint: ${error.hint}\n`);
    }
  } else {
    process.stderr.write(`tributary: ${error instanceof Error ? error.message : String(error)}\n`);
  }
  process.exitCode = 1;
}
