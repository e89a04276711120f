// A container by its name, its id, or the beginning of its id (moby container/view.go). Pure.
import { TsbuildError } from '../../core/errors.js';

export interface NamedContainer {
  readonly id: string;
  readonly name: string;
}

/**
 * A whole id goes before a name, a name before the beginning of an id. A slash in front of a name is dropped.
 * @throws TsbuildError CONTAINER_NOT_FOUND `No such container: X`; OPTION_INVALID when several ids begin so
 */
export function findContainer<Container extends NamedContainer>(
  containers: readonly Container[],
  text: string,
): Container {
  const name = text.replace(/^\//, '');
  const exact = containers.find(({ id }) => id === text) ?? containers.find((one) => one.name === name);
  if (exact) return exact;
  const found = /^[0-9a-f]+$/.test(text) ? containers.filter(({ id }) => id.startsWith(text)) : [];
  if (found.length === 1) return found[0]!;
  if (found.length > 1)
    throw new TsbuildError('OPTION_INVALID', `multiple IDs found with provided prefix: ${text}`, {
      hint: 'write more digits of the id',
    });
  throw new TsbuildError('CONTAINER_NOT_FOUND', `No such container: ${text}`, {
    hint: 'tsbuild ps -a lists the containers',
  });
}
