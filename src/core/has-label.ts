// Whether labels have one: as filters of images, containers, networks and volumes ask.

/** @param value any when it is absent */
export function hasLabel(
  labels: Readonly<Record<string, string>>,
  { key, value }: { readonly key: string; readonly value?: string | undefined },
): boolean {
  return Object.hasOwn(labels, key) && (value === undefined || labels[key] === value);
}
