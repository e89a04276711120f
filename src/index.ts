// The public door: everything that code outside of src/ may use, the CLI included.
export { TsbuildError, exitStatusOf, ERROR_CODES } from './core/errors.js';
export type { ErrorCode, SourceLocation } from './core/errors.js';
export type { BuildEvent, EventSink, StepRef } from './core/events.js';
export type { GivenPlatform, GivenRequest as BuildRequest } from './given-request.js';
export type {
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
export { createEngine } from './create-engine.js';
export type { TsbuildEngine } from './create-engine.js';
export { formatError, printProgress } from './printing.js';
export type { FormatErrorOptions } from './format-error.js';
export type { PrintProgressOptions, ProgressPrinter, ProgressStream } from './print-progress.js';
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
export { bake, listTargets, readTargets } from './api/doors.js';
export type { BakeRequest, BakeResult } from './api/bake.js';
export type { ReadTargetsRequest, TargetDescription, TargetList, TargetSet } from './api/read-targets.js';
export { initProject } from './api/doors.js';
export type { InitFile, InitRequest, InitResult } from './api/init-project.js';
export { createManifest, finishContainer, inspectManifest } from './api/doors.js';
export type { CreateManifestRequest } from './api/create-manifest-request.js';
export type { CreatedManifest } from './api/create-manifest.js';
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
export type { ContainerRequest, RequestedMount, RequestedNetwork } from './containers/container-request.js';
export type { Healthcheck, PublishedPort, RestartPolicy } from './containers/container-record.js';
export { createVolume, inspectVolumes, pruneVolumes, removeVolumes, volumes } from './api/doors.js';
export type {
  CreateVolumeRequest,
  PrunedVolumes,
  PruneVolumesRequest,
  RemoveVolumesRequest,
  VolumeDetails,
  VolumesRequest,
} from './api/volumes.js';
export { builds, buildLog, debugBuild, report } from './api/doors.js';
export type { DebugRequest, DebugResult } from './api/debug-build.js';
export type { BuildLog, BuildSummary } from './api/build-logs.js';
export {
  connectNetwork,
  createNetwork,
  disconnectNetwork,
  inspectNetworks,
  networks,
  pruneNetworks,
  removeNetworks,
} from './api/doors.js';
export type {
  ConnectNetworkRequest,
  CreateNetworkRequest,
  DisconnectNetworkRequest,
  NetworkDescription,
  NetworksRequest,
  PruneNetworksRequest,
  RemoveNetworksRequest,
} from './api/networks.js';
export {
  attachContainer,
  containerEvents,
  containerLogs,
  containerPorts,
  containerProcesses,
  containerStats,
  containers,
  createContainer,
  execInContainer,
  inspectContainers,
  killContainer,
  removeContainer,
  renameContainer,
  restartContainer,
  run,
  startContainer,
  stopContainer,
  waitForContainer,
} from './api/container-doors.js';
export type { RunRequest } from './api/life-requests.js';
export type { RunResult, StreamOptions } from './api/run.js';
export type { ContainersRequest, ListedContainer, ListedPort } from './api/containers.js';
export type { ContainerDetails } from './api/inspect-containers.js';
export type { ContainerEvent, ContainerEventsRequest } from './api/container-events.js';
export type { ContainerStats, ContainerStatsRequest, ContainerUsage } from './api/container-stats.js';
export type { ContainerLogsRequest, LogChunk } from './api/container-logs.js';
export { commitContainer, copyContainer, diffContainer, exportContainer } from './api/doors.js';
export type { CommitContainerRequest, CommittedImage } from './api/commit-container.js';
export type { CopyRequest } from './api/copy-container.js';
export type { ContainerChange } from './api/diff-container.js';
export type { ExportContainerRequest } from './api/export-container.js';
export { pruneContainers } from './api/doors.js';
export type { PrunedContainers, PruneContainersRequest } from './api/prune-containers.js';
export { diffImages, imageContents } from './api/doors.js';
export type {
  DirectorySize,
  FileSize,
  ImageContents,
  ImageContentsRequest,
  LayerChange,
  LayerContents,
  WastedFile,
} from './api/image-contents.js';
export type {
  Aspect,
  ComparedImage,
  ComparedLayer,
  ConfigDifference,
  DiffImagesRequest,
  FileDifference,
  FileState,
  FileSum,
  ImageDifference,
  LayerDifferences,
} from './api/diff-images.js';
