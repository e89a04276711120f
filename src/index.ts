// The public door: everything that code outside of src/ may use, the CLI included.
export { TsbuildError, exitStatusOf, ERROR_CODES } from './core/errors.js';
export type { ErrorCode, SourceLocation } from './core/errors.js';
export type { BuildEvent, EventSink, StepRef } from './core/events.js';
export type {
  BuildRequest,
  BuildResult,
  Compression,
  OutputRequest,
  SecretSource,
  SshSource,
  StepResources,
  Ulimit,
} from './plan/request.js';
export type { Platform } from './oci/platform.js';
export { parsePlatform, platformOfNode, formatPlatform } from './oci/platform.js';
export { build } from './build.js';
export type { BuildOptions } from './build-options.js';
export { check } from './check.js';
export type { CheckResult, CheckFinding } from './check.js';
export { diskUsage, prune } from './api/doors.js';
export type {
  ClassUsage,
  DiskUsage,
  DiskUsageRequest,
  ImageUsage,
  StoreClass,
  UsedItem,
} from './api/disk-usage.js';
export type { PrunedItem, PruneRequest, PruneResult } from './api/prune.js';
export { doctor } from './doctor.js';
export type { Diagnosis, DoctorOptions } from './doctor.js';
