// The public functions for containers, each loaded when it is first called.
import type { containers as Containers } from './containers.js';
import type { containerLogs as ContainerLogs } from './container-logs.js';
import type { containerEvents as ContainerEvents } from './container-events.js';
import type { inspectContainers as InspectContainers } from './inspect-containers.js';
import type { containerPorts as ContainerPorts } from './container-ports.js';
import type { containerProcesses as ContainerProcesses } from './container-processes.js';
import type { containerStats as ContainerStatsOf } from './container-stats.js';
import type { renameContainer as RenameContainer } from './rename-container.js';
import type { waitForContainer as WaitForContainer } from './wait-for-container.js';
import type { run as Run } from './run.js';
import type {
  attachContainer as AttachContainer,
  createContainer as CreateContainer,
  execInContainer as ExecInContainer,
  killContainer as KillContainer,
  removeContainer as RemoveContainer,
  restartContainer as RestartContainer,
  startContainer as StartContainer,
  stopContainer as StopContainer,
} from './container-life.js';

export const run: typeof Run = async (...args) => (await import('./run.js')).run(...args);
const life = () => import('./container-life.js');
export const createContainer: typeof CreateContainer = async (...args) =>
  (await life()).createContainer(...args);
export const startContainer: typeof StartContainer = async (...args) =>
  (await life()).startContainer(...args);
export const stopContainer: typeof StopContainer = async (...args) => (await life()).stopContainer(...args);
export const killContainer: typeof KillContainer = async (...args) => (await life()).killContainer(...args);
export const restartContainer: typeof RestartContainer = async (...args) =>
  (await life()).restartContainer(...args);
export const removeContainer: typeof RemoveContainer = async (...args) =>
  (await life()).removeContainer(...args);
export const attachContainer: typeof AttachContainer = async (...args) =>
  (await life()).attachContainer(...args);
export const execInContainer: typeof ExecInContainer = async (...args) =>
  (await life()).execInContainer(...args);
export const containers: typeof Containers = async (...args) =>
  (await import('./containers.js')).containers(...args);
export const inspectContainers: typeof InspectContainers = async (...args) =>
  (await import('./inspect-containers.js')).inspectContainers(...args);
export const containerPorts: typeof ContainerPorts = async (...args) =>
  (await import('./container-ports.js')).containerPorts(...args);
export const containerProcesses: typeof ContainerProcesses = async (...args) =>
  (await import('./container-processes.js')).containerProcesses(...args);
export const containerStats: typeof ContainerStatsOf = async (...args) =>
  (await import('./container-stats.js')).containerStats(...args);
export const renameContainer: typeof RenameContainer = async (...args) =>
  (await import('./rename-container.js')).renameContainer(...args);
export const waitForContainer: typeof WaitForContainer = async (...args) =>
  (await import('./wait-for-container.js')).waitForContainer(...args);
export const containerLogs: typeof ContainerLogs = async (...args) =>
  (await import('./container-logs.js')).containerLogs(...args);
export const containerEvents: typeof ContainerEvents = async (...args) =>
  (await import('./container-events.js')).containerEvents(...args);
