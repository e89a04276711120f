// Names of variables that more than one room reads. Pure.

/** `host[:port],…`: registries that may be asked without TLS. */
export const INSECURE_REGISTRIES = 'TSBUILD_INSECURE_REGISTRIES';
/** Size that the store may have after a build. */
export const STORE_MAX = 'TSBUILD_STORE_MAX';
