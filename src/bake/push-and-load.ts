// `--push` and `--load` as changes of the outputs of a target (buildx bake/bake.go, setPushOverride and
// setLoadOverride).
import type { Attributes } from './target-spec.js';

/** Images are pushed or not; what is written to files stays as it is. */
export function withPush(outputs: readonly Attributes[], isPushed: boolean): readonly Attributes[] {
  if (!isPushed) {
    const kept = outputs.filter(({ type }) => type !== 'registry');
    return kept.map((output) => (output['type'] === 'image' ? { ...output, push: 'false' } : output));
  }
  const changed = outputs.map((output) =>
    output['type'] === 'image' ? { ...output, push: 'true' } : output,
  );
  const isOnlyLoaded = outputs.every(({ type }) => type === 'docker');
  return isOnlyLoaded ? [...changed, { type: 'image', push: 'true' }] : changed;
}

/** One output more, unless there is one that loads or one that writes files. */
export function withLoad(outputs: readonly Attributes[], isLoaded: boolean): readonly Attributes[] {
  if (!isLoaded) return outputs;
  const isLoading = outputs.some(({ type, dest }) => type === 'docker' && !dest);
  const areImages = outputs.every(({ type }) => ['image', 'registry', 'oci', 'docker'].includes(type ?? ''));
  return isLoading || !areImages ? outputs : [...outputs, { type: 'docker' }];
}
