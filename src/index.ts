// The public door: everything that code outside of src/ may use, the CLI included.
export { TsbuildError, exitStatusOf, ERROR_CODES } from './core/errors.js';
export type { ErrorCode, SourceLocation } from './core/errors.js';
export type { BuildEvent, EventSink, StepRef } from './core/events.js';
export type {
  BuildRequest,
  BuildResult,
  CacheFrom,
  CachePlace,
  CacheTo,
  Compression,
  ImageForm,
  ImageOutput,
  OutputRequest,
  SecretSource,
  SshSource,
  StepResources,
  Ulimit,
} from './plan/request.js';
export type { Platform } from './oci/platform.js';
export { parsePlatform, platformOfNode, formatPlatform } from './oci/platform.js';
export { build } from './build.js';
export type { BuildOptions, Environment, InputStream, OutputStream } from './build-options.js';
export { check } from './check.js';
export type { CheckResult, CheckFinding } from './check.js';
export { load, save } from './api/doors.js';
export type { LoadRequest, LoadResult, LoadedImage } from './api/load.js';
export type { SaveRequest, SaveResult } from './api/save.js';
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
export { images, removeImages, tag, inspect, history, pull, push, login, logout } from './api/doors.js';
export { createManifest, inspectManifest } from './api/doors.js';
export type { CreateManifestRequest, CreatedManifest } from './api/create-manifest.js';
export type { InspectManifestRequest, InspectedManifest } from './api/inspect-manifest.js';
export { inspectAttestations } from './api/doors.js';
export type { InspectAttestationsRequest } from './api/inspect-attestations.js';
export type { Attestations, Provenance, Sbom } from './attestation/read-attestations.js';
export type { ImagesRequest, ImageSummary } from './api/images.js';
export type { RemoveImagesRequest, RemovedImages } from './api/remove-images.js';
export type { ImageDetails } from './api/inspect.js';
export type { HistoryRow } from './api/history.js';
export type { PullRequest, PulledImage } from './api/pull.js';
export type { PushRequest, PushedImage } from './api/push.js';
export type { LoginRequest, LoginResult } from './api/login.js';
export type { LoggedOut, LogoutRequest } from './api/logout.js';
export { createVolume, inspectVolumes, pruneVolumes, removeVolumes, volumes } from './api/doors.js';
export type {
  CreateVolumeRequest,
  PrunedVolumes,
  PruneVolumesRequest,
  RemoveVolumesRequest,
  VolumeDetails,
  VolumesRequest,
} from './api/volumes.js';
export type { ContainerRequest, RequestedMount, RequestedNetwork } from './containers/container-request.js';
export type { Healthcheck, PublishedPort, RestartPolicy } from './containers/container-record.js';
export { commitContainer, copyContainer, diffContainer, exportContainer } from './api/doors.js';
export type { CommitContainerRequest, CommittedImage } from './api/commit-container.js';
export type { CopyRequest } from './api/copy-container.js';
export type { ContainerChange } from './api/diff-container.js';
export type { ExportContainerRequest } from './api/export-container.js';
