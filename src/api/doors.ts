// The public functions besides build and check, each loaded when it is first called.

export const createManifest: typeof import('./create-manifest.js').createManifest = async (...args) =>
  (await import('./create-manifest.js')).createManifest(...args);
export const inspectManifest: typeof import('./inspect-manifest.js').inspectManifest = async (...args) =>
  (await import('./inspect-manifest.js')).inspectManifest(...args);
