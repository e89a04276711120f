// Making objects that belong to other ids of this namespace from the start (setfsuid(2)).
import type { Binding } from './binding.js';

/** What `work`, which is synchronous, makes belongs to these ids; it has the capabilities of this process. */
export type MakingFor = <Result>(uid: number, gid: number, work: () => Result) => Result;

const PR_SET_SECUREBITS = 28;
/** Capabilities do not follow the ids of the thread. */
const SECBIT_NO_SETUID_FIXUP = 1 << 2;

export function makingFor(binding: Binding): MakingFor {
  const prctl = binding.attempt('prctl', { x64: 157, arm64: 167 }, ['int', 'ulong']);
  const setfsuid = binding.attempt('setfsuid', { x64: 122, arm64: 151 }, ['uint']);
  const setfsgid = binding.attempt('setfsgid', { x64: 123, arm64: 152 }, ['uint']);
  return (uid, gid, work) => {
    prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP);
    const [ownGroup, ownUser] = [setfsgid(gid), setfsuid(uid)];
    try {
      return work();
    } finally {
      setfsuid(ownUser);
      setfsgid(ownGroup);
      prctl(PR_SET_SECUREBITS, 0);
    }
  };
}
