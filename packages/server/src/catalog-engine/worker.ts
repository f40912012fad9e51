import { parentPort, workerData } from 'node:worker_threads';
import { MirrorDatabase, StatementFailure } from './mirror-database.ts';
import type { TaskResults, WorkerAnswer, WorkerStart, WorkerTask } from './worker-protocol.ts';

// The thread's entry: answers one task after another. Whoever started it stops it by terminating the thread.

function answer(message: WorkerAnswer): void {
  parentPort?.postMessage(message);
}

function perform(
  mirror: MirrorDatabase,
  task: WorkerTask,
): Promise<TaskResults[keyof TaskResults]> {
  switch (task.kind) {
    case 'apply':
      return mirror.apply(task.changes);
    case 'describe':
      return mirror.describe(task.text, task.parameterTypes, task.environment);
    case 'execute':
      return mirror.execute(task.text, task.parameterTypes, task.parameters, task.environment);
    case 'executeBinary':
      return mirror.executeBinary(
        task.text,
        task.parameterTypes,
        task.parameters,
        task.environment,
      );
  }
}

async function serveTask(mirror: MirrorDatabase, task: WorkerTask): Promise<void> {
  try {
    answer({ kind: 'result', value: await perform(mirror, task) });
  } catch (error) {
    answer(
      error instanceof StatementFailure
        ? { kind: 'failure', failure: error.failure }
        : { kind: 'broken', message: error instanceof Error ? error.message : String(error) },
    );
  }
}

const mirror = await MirrorDatabase.open(workerData as WorkerStart);
parentPort?.on('message', (task: WorkerTask) => void serveTask(mirror, task));
answer({ kind: 'ready', volatileFunctions: await mirror.volatileFunctions() });
