// What the calls of one `createEngine()` have in common: the connections to registries with tokens, credentials and
// settings, and the turns in which layers of bases are fetched. A store is opened by each call: what a call uses is
// held as long as that call lasts, and no longer.
// Invariant: calls with other environments have nothing in common, and what is kept is read again from time to time:
// credentials and settings of registries change.
import type { BuildOptions } from './build-options.js';
import { createOneByOne } from './core/one-by-one.js';
import { TsbuildError } from './core/errors.js';
import type { EventSink } from './core/events.js';
import { openEngine, type Engine, type EngineOptions, type Shareable } from './engine.js';
import { createRegistries } from './open-registries.js';

/** Seconds until credentials, settings and certificates are read again. */
const KEPT_FOR = 600;
/** Environments whose connections are kept while no call uses them. */
const KEPT_UNUSED = 4;

export interface EngineShare {
  /** @throws as openEngine; OPTION_INVALID when it is closed */
  open(options: EngineOptions): Engine;
  /** What is opened next begins anew: after a login. */
  renew(): void;
  /** Resolves when no engine is open and all connections are closed. Idempotent. */
  close(): Promise<void>;
}

/** Where options carry it: a symbol, which is no member that a caller could give. */
const SHARE = Symbol('what calls share');

interface SharingOptions extends BuildOptions {
  readonly [SHARE]?: EngineShare;
}

export function sharing(options: BuildOptions, share: EngineShare): BuildOptions {
  const carrier: SharingOptions = { [SHARE]: share };
  return Object.defineProperties(carrier, Object.getOwnPropertyDescriptors(options)) as SharingOptions;
}

/** An engine for one call with these options, which is the caller's to close. @throws as EngineShare.open */
export function openEngineOf(options: BuildOptions, given: EngineOptions): Engine {
  return ((options as SharingOptions)[SHARE]?.open ?? openEngine)(given);
}

/** Of one environment. */
interface Member extends Shareable {
  readonly openedOn: number;
  /** Those of the calls that run. */
  readonly users: Set<{ readonly emit: EventSink }>;
  /** Nobody new gets it. */
  isRetired: boolean;
  readonly closed: Promise<void>;
  /** Closes it when nobody uses it. */
  closeUnused(): void;
}

export function createEngineShare(): EngineShare {
  const current = new Map<string, Member>();
  const alive = new Set<Member>();
  let isClosed = false;

  const retire = (key: string, member: Member): void => {
    current.delete(key);
    member.isRetired = true;
    member.closeUnused();
  };
  const retireAll = (): void => {
    for (const [key, member] of current) retire(key, member);
  };
  /** Old ones, and of those that nobody uses the ones that were opened first. */
  const retireOld = (now: number): void => {
    for (const [key, member] of current) if (now - member.openedOn >= KEPT_FOR) retire(key, member);
    const unused = [...current].filter(([, { users }]) => users.size === 0);
    for (const [key, member] of unused.slice(0, -KEPT_UNUSED)) retire(key, member);
  };
  const memberFor = ({ env, now }: EngineOptions): Member => {
    retireOld(now());
    const key = keyOf(env);
    const known = current.get(key);
    if (known) return known;
    const member = createMember({ env, now });
    current.set(key, member);
    alive.add(member);
    void member.closed.catch(() => undefined).then(() => alive.delete(member));
    return member;
  };
  return {
    open(options) {
      if (isClosed)
        throw new TsbuildError('OPTION_INVALID', 'the engine is closed', {
          hint: 'make another one with createEngine()',
        });
      const member = memberFor(options);
      const user = { emit: options.emit };
      member.users.add(user);
      const release = (): void => {
        member.users.delete(user);
        member.closeUnused();
      };
      const registries = { ...member.registries, close: async () => release() };
      try {
        return openEngine({ ...options, shared: { registries, oneByOne: member.oneByOne } });
      } catch (error) {
        release();
        throw error;
      }
    },
    renew: retireAll,
    async close() {
      isClosed = true;
      retireAll();
      await Promise.all([...alive].map(({ closed }) => closed));
    },
  };
}

function createMember({ env, now }: Pick<EngineOptions, 'env' | 'now'>): Member {
  const users: Member['users'] = new Set();
  // A call that listens is told once, however many run.
  const note = (message: string): void => {
    for (const emit of new Set([...users].map((user) => user.emit))) emit({ kind: 'note', message });
  };
  const registries = createRegistries({ env, now, note });
  let close = (): void => undefined;
  const closed = new Promise<void>((resolve) => {
    close = () => resolve(registries.close());
  });
  const member: Member = {
    registries,
    oneByOne: createOneByOne(),
    openedOn: now(),
    users,
    isRetired: false,
    closed,
    closeUnused() {
      if (member.isRetired && users.size === 0) close();
    },
  };
  return member;
}

function keyOf(env: NodeJS.ProcessEnv): string {
  return JSON.stringify(Object.entries(env).sort(([a], [b]) => (a < b ? -1 : 1)));
}
