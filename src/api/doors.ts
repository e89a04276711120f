// The public functions besides `build`, `check` and `doctor`, each loaded when it is first called.
import type { inspectAttestations as InspectAttestations } from './inspect-attestations.js';
import type { createManifest as CreateManifest } from './create-manifest.js';
import type { inspectManifest as InspectManifest } from './inspect-manifest.js';
import type { images as Images } from './images.js';
import type { removeImages as RemoveImages } from './remove-images.js';
import type { tag as Tag } from './tag.js';
import type { inspect as Inspect } from './inspect.js';
import type { history as History } from './history.js';
import type { pull as Pull } from './pull.js';
import type { push as Push } from './push.js';
import type { login as Login } from './login.js';
import type { logout as Logout } from './logout.js';

export const images: typeof Images = async (...args) => (await import('./images.js')).images(...args);
export const removeImages: typeof RemoveImages = async (...args) =>
  (await import('./remove-images.js')).removeImages(...args);
export const tag: typeof Tag = async (...args) => (await import('./tag.js')).tag(...args);
export const inspect: typeof Inspect = async (...args) => (await import('./inspect.js')).inspect(...args);
export const history: typeof History = async (...args) => (await import('./history.js')).history(...args);
export const pull: typeof Pull = async (...args) => (await import('./pull.js')).pull(...args);
export const push: typeof Push = async (...args) => (await import('./push.js')).push(...args);
export const login: typeof Login = async (...args) => (await import('./login.js')).login(...args);
export const logout: typeof Logout = async (...args) => (await import('./logout.js')).logout(...args);
export const createManifest: typeof CreateManifest = async (...args) =>
  (await import('./create-manifest.js')).createManifest(...args);
export const inspectManifest: typeof InspectManifest = async (...args) =>
  (await import('./inspect-manifest.js')).inspectManifest(...args);
import type { bake as Bake } from './bake.js';
import type { listTargets as ListTargets, readTargets as ReadTargets } from './read-targets.js';
import type { initProject as InitProject } from './init-project.js';

export const bake: typeof Bake = async (...args) => (await import('./bake.js')).bake(...args);
export const readTargets: typeof ReadTargets = async (...args) =>
  (await import('./read-targets.js')).readTargets(...args);
export const listTargets: typeof ListTargets = async (...args) =>
  (await import('./read-targets.js')).listTargets(...args);
export const initProject: typeof InitProject = async (...args) =>
  (await import('./init-project.js')).initProject(...args);
import type { load as Load } from './load.js';
import type { save as Save } from './save.js';

export const load: typeof Load = async (...args) => (await import('./load.js')).load(...args);
export const save: typeof Save = async (...args) => (await import('./save.js')).save(...args);
import type { diskUsage as DiskUsage } from './disk-usage.js';
import type { prune as Prune } from './prune.js';

export const diskUsage: typeof DiskUsage = async (...args) =>
  (await import('./disk-usage.js')).diskUsage(...args);
export const prune: typeof Prune = async (...args) => (await import('./prune.js')).prune(...args);
export const inspectAttestations: typeof InspectAttestations = async (...args) =>
  (await import('./inspect-attestations.js')).inspectAttestations(...args);
import type {
  createVolume as CreateVolume,
  inspectVolumes as InspectVolumes,
  pruneVolumes as PruneVolumes,
  removeVolumes as RemoveVolumes,
  volumes as Volumes,
} from './volumes.js';

export const createVolume: typeof CreateVolume = async (...args) =>
  (await import('./volumes.js')).createVolume(...args);
export const volumes: typeof Volumes = async (...args) => (await import('./volumes.js')).volumes(...args);
export const inspectVolumes: typeof InspectVolumes = async (...args) =>
  (await import('./volumes.js')).inspectVolumes(...args);
export const removeVolumes: typeof RemoveVolumes = async (...args) =>
  (await import('./volumes.js')).removeVolumes(...args);
export const pruneVolumes: typeof PruneVolumes = async (...args) =>
  (await import('./volumes.js')).pruneVolumes(...args);
import type { buildLog as BuildLogOf, builds as Builds } from './build-logs.js';

export const builds: typeof Builds = async (...args) => (await import('./build-logs.js')).builds(...args);
export const buildLog: typeof BuildLogOf = async (...args) =>
  (await import('./build-logs.js')).buildLog(...args);
import type { debugBuild as DebugBuild } from './debug-build.js';

export const debugBuild: typeof DebugBuild = async (...args) =>
  (await import('./debug-build.js')).debugBuild(...args);
import type { report as Report } from './report.js';

export const report: typeof Report = async (...args) => (await import('./report.js')).report(...args);
import type { finishContainer as FinishContainer } from './finish-container.js';

export const finishContainer: typeof FinishContainer = async (...args) =>
  (await import('./finish-container.js')).finishContainer(...args);
import type {
  connectNetwork as ConnectNetwork,
  createNetwork as CreateNetwork,
  disconnectNetwork as DisconnectNetwork,
  inspectNetworks as InspectNetworks,
  networks as Networks,
  pruneNetworks as PruneNetworks,
  removeNetworks as RemoveNetworks,
} from './networks.js';

export const createNetwork: typeof CreateNetwork = async (...args) =>
  (await import('./networks.js')).createNetwork(...args);
export const networks: typeof Networks = async (...args) => (await import('./networks.js')).networks(...args);
export const inspectNetworks: typeof InspectNetworks = async (...args) =>
  (await import('./networks.js')).inspectNetworks(...args);
export const removeNetworks: typeof RemoveNetworks = async (...args) =>
  (await import('./networks.js')).removeNetworks(...args);
export const pruneNetworks: typeof PruneNetworks = async (...args) =>
  (await import('./networks.js')).pruneNetworks(...args);
export const connectNetwork: typeof ConnectNetwork = async (...args) =>
  (await import('./networks.js')).connectNetwork(...args);
export const disconnectNetwork: typeof DisconnectNetwork = async (...args) =>
  (await import('./networks.js')).disconnectNetwork(...args);
import type { diffContainer as DiffContainer } from './diff-container.js';
import type { exportContainer as ExportContainer } from './export-container.js';
import type { commitContainer as CommitContainer } from './commit-container.js';
import type { copyContainer as CopyContainer } from './copy-container.js';

export const diffContainer: typeof DiffContainer = async (...args) =>
  (await import('./diff-container.js')).diffContainer(...args);
export const exportContainer: typeof ExportContainer = async (...args) =>
  (await import('./export-container.js')).exportContainer(...args);
export const commitContainer: typeof CommitContainer = async (...args) =>
  (await import('./commit-container.js')).commitContainer(...args);
export const copyContainer: typeof CopyContainer = async (...args) =>
  (await import('./copy-container.js')).copyContainer(...args);
import type { pruneContainers as PruneContainers } from './prune-containers.js';

export const pruneContainers: typeof PruneContainers = async (...args) =>
  (await import('./prune-containers.js')).pruneContainers(...args);
import type { imageContents as ImageContentsOf } from './image-contents.js';
import type { diffImages as DiffImages } from './diff-images.js';

export const imageContents: typeof ImageContentsOf = async (...args) =>
  (await import('./image-contents.js')).imageContents(...args);
export const diffImages: typeof DiffImages = async (...args) =>
  (await import('./diff-images.js')).diffImages(...args);
