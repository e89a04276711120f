// Contexts that are the images of other targets: `target:NAME`.

const SCHEME = 'target:';

/** The name of the target; undefined for a context of another kind. */
export function linkOf(value: string): string | undefined {
  return value.startsWith(SCHEME) ? value.slice(SCHEME.length) : undefined;
}
