// Keeps the progress of a build off the terminal while a shell has it. Invariant: no event is lost, and their order
// stays.
import type { BuildEvent, EventSink } from '../core/events.js';
import type { Renderer } from './render/renderer.js';

export interface HeldProgress {
  readonly onEvent: EventSink;
  /** As that of the renderer; nothing while a shell is open. */
  readonly refresh: () => void;
}

/** @param onShell writes what stands above the shell */
export function holdProgress(
  renderer: Renderer,
  onShell: (event: Extract<BuildEvent, { readonly kind: 'shell-open' }>) => void,
): HeldProgress {
  let held: BuildEvent[] | undefined;
  return {
    refresh() {
      if (!held) renderer.refresh();
    },
    onEvent(event) {
      if (event.kind === 'shell-open') {
        renderer.pause?.();
        held = [];
        return onShell(event);
      }
      if (event.kind === 'shell-closed') {
        const waiting = held ?? [];
        held = undefined;
        return waiting.forEach(renderer.onEvent);
      }
      return held ? void held.push(event) : renderer.onEvent(event);
    },
  };
}
