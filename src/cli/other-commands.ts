// The commands that build nothing, each loaded when it is called. The script of builds is bundled without this file.
import type { CliHost } from './host.js';
import type { OTHER_WORDS } from './other-words.js';

export type Command = (argv: readonly string[], host: CliHost) => Promise<number>;

export const OTHER_COMMANDS: Readonly<Record<(typeof OTHER_WORDS)[number], () => Promise<Command>>> = {
  bake: async () => (await import('./commands/bake.js')).runBake,
  init: async () => (await import('./commands/init.js')).runInit,
  manifest: async () => (await import('./commands/manifest.js')).runManifest,
  images: async () => (await import('./commands/images.js')).runImages,
  tag: async () => (await import('./commands/tag.js')).runTag,
  rmi: async () => (await import('./commands/rmi.js')).runRmi,
  inspect: async () => (await import('./commands/inspect.js')).runInspect,
  history: async () => (await import('./commands/history.js')).runHistory,
  pull: async () => (await import('./commands/pull.js')).runPull,
  push: async () => (await import('./commands/push.js')).runPush,
  login: async () => (await import('./commands/login.js')).runLogin,
  logout: async () => (await import('./commands/logout.js')).runLogout,
  save: async () => (await import('./commands/save.js')).runSave,
  load: async () => (await import('./commands/load.js')).runLoad,
  du: async () => (await import('./commands/du.js')).runDu,
  prune: async () => (await import('./commands/prune.js')).runPrune,
  builds: async () => (await import('./commands/builds.js')).runBuilds,
  why: async () => (await import('./commands/why.js')).runWhy,
  'container-finish': async () => (await import('./commands/container-finish.js')).runContainerFinish,
  completion: async () => (await import('./commands/completion.js')).runCompletion,
  run: async () => (await import('./commands/run.js')).runRun,
  create: async () => (await import('./commands/run.js')).runCreate,
  ps: async () => (await import('./commands/ps.js')).runPs,
  logs: async () => (await import('./commands/logs.js')).runLogs,
  attach: async () => (await import('./commands/exec.js')).runAttach,
  exec: async () => (await import('./commands/exec.js')).runExec,
  start: async () => (await import('./commands/container-lives.js')).runStart,
  stop: async () => (await import('./commands/container-lives.js')).runStop,
  restart: async () => (await import('./commands/container-lives.js')).runRestart,
  kill: async () => (await import('./commands/container-lives.js')).runKill,
  wait: async () => (await import('./commands/container-lives.js')).runWait,
  rm: async () => (await import('./commands/container-lives.js')).runRm,
  rename: async () => (await import('./commands/container-lives.js')).runRename,
  port: async () => (await import('./commands/port.js')).runPort,
  top: async () => (await import('./commands/top.js')).runTop,
  events: async () => (await import('./commands/events.js')).runEvents,
};
