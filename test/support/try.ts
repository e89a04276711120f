import { openUsernsSandbox } from '../../src/builder/sandbox/userns-sandbox.js';
import { addLayer, rootfsEntries, step, temporaryStore } from './sandbox-rootfs.js';
const store = temporaryStore();
const t0 = performance.now();
const base = await addLayer(store, rootfsEntries());
console.log('layer', performance.now() - t0);
const t1 = performance.now();
const sandbox = await openUsernsSandbox({ paths: store.paths, signal: new AbortController().signal });
console.log('opened', performance.now() - t1);
for (const command of process.argv.slice(2)) {
  const t = performance.now();
  try {
  const r = await sandbox.run([base], step(command), { onOutput: (s, d) => void process.stdout.write(Buffer.concat([Buffer.from(`${s}: `), d])), signal: new AbortController().signal });
  console.log(r, performance.now() - t);
  if (r.layer) console.log(store.readIndex(r.layer.diffId).map((e) => `${e.kind} ${e.path} ${e.kind==='node'?e.node.mode.toString(8)+' '+e.node.uid:''}`));
  } catch (e) { console.log(e); }
}
await sandbox.dispose();
