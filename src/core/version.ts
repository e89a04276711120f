// The version of the package; the bundler puts it in.
declare const TSBUILD_VERSION: string | undefined;

export const VERSION: string = typeof TSBUILD_VERSION === 'string' ? TSBUILD_VERSION : '0.0.0-development';
