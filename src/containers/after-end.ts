// What follows a run that was finished: the container is removed, started again, or stays.
import type { ContainerHost } from './container-host.js';
import type { ContainerRecord, FinishedState } from './container-record.js';

/** @throws TsbuildError STORE_UNWRITABLE | SANDBOX_* */
export async function afterEnd(
  host: ContainerHost,
  record: ContainerRecord,
  _finished: FinishedState,
): Promise<void> {
  if (!record.host.isRemovedAtEnd) return;
  const { removeContainerFiles } = await import('./remove-files.js');
  await removeContainerFiles(host, record);
}
