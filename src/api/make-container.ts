// Makes a container that does not run: its image is there, its record is written, and its event is told.
import type { ContainerRecord } from '../containers/container-record.js';
import type { ContainerRequest } from '../containers/container-request.js';
import { chooseIsolation } from '../containers/choose-isolation.js';
import { createContainerRecord } from '../containers/create-container.js';
import { recordEvent } from '../containers/events/write-event.js';
import type { StreamOptions } from './attach-choice.js';
import { imageOfContainer } from './container-image.js';
import { hostOf } from './host-of.js';
import type { OpenCommand } from './on-engine.js';

/** @throws TsbuildError CONTAINER_* | IMAGE_NOT_FOUND | REGISTRY_* | STORE_* | OPTION_INVALID | ABORTED */
export async function makeContainer(
  open: OpenCommand,
  request: ContainerRequest,
  options: StreamOptions,
): Promise<ContainerRecord> {
  const host = hostOf(open);
  const isolation = await chooseIsolation(host, request.isolation);
  const image = await imageOfContainer(open, request, options);
  const record = createContainerRecord(host, request, image, { now: host.now() * 1000, isolation });
  recordEvent(host.paths, record, 'create', { now: host.now() });
  options.onCreated?.(record.id);
  return record;
}
