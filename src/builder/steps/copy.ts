// COPY and ADD: sources are selected and hashed for the key; on a miss the copy algebra gives the entries of the layer.
import type { StoredLayer } from '../../store/stored-layer.js';
import { fromUtf8 } from '../../core/bytes.js';
import { digestOnce } from '../../cache/digest-once.js';
import { copyInputs } from '../../cache/step-key.js';
import { ACCOUNT_FILES } from '../../layer/accounts/account-files.js';
import { lookupChown } from '../../layer/accounts/lookup-chown.js';
import { parseChmod } from '../../layer/copy/chmod.js';
import { computeCopy, type CopySource } from '../../layer/copy/compute-copy.js';
import type { Owner } from '../../layer/copy/copy-attributes.js';
import { withKnownDigests } from '../../layer/copy/known-digests.js';
import { selectSources, selectStepwise, type SourceRequest } from '../../layer/copy/select-sources.js';
import { digestSelection } from '../../layer/copy/selection-digest.js';
import type { Selection } from '../../layer/copy/selection.js';
import type { LayerEntry, TreeNode } from '../../layer/entry.js';
import { emptyTree, heredocTree } from '../../layer/memory-tree.js';
import type { InputChange } from '../../core/miss-reason.js';
import { redactSource } from '../../core/redact.js';
import type { CopyStep } from '../../plan/step.js';
import type { Layer } from '../../images/layer.js';
import { commitAtPlace, type CommitPlace } from '../../cache/commit-at-place.js';
import { pause } from '../../core/in-turns.js';
import { runCached } from '../../cache/run-cached.js';
import { creationTime, parentOf, prepareRunAhead, type OpenSource, type StageRun } from '../stage-run.js';
import type { StepReporter } from '../../core/step-events.js';
import type { OpenArchives } from './add-archives.js';
import { planRemoteSource } from './add-remote.js';
import type { PendingSource, Selected } from './pending-source.js';
import { copyRequest, isNotFound, nearPath, withReason } from './source-requests.js';

export async function executeCopy(run: StageRun, step: CopyStep, reporter: StepReporter): Promise<Layer> {
  const chmod = step.chmod === undefined ? undefined : parseChmod(step.chmod);
  if (step.isCacheIgnored) prepareRunAhead(run);
  const sources = await selectAll(run, step, reporter.id);
  const content = sources.map((source) => source.content);
  const make = async () => {
    prepareRunAhead(run);
    const selected = await Promise.all(sources.map((source) => source.open()));
    return makeLayer(run, step, selected, { chmod, onCompared: reporter.markChanged });
  };
  return runCached(run.tools.stepCache, {
    inputs: copyInputs(step, parentOf(run), content),
    isCacheIgnored: step.isCacheIgnored,
    where: () => run.placeOf(step),
    reporter,
    nameOf: (change) => sourceOf(step, change),
    make,
  });
}

/** The source that an item of `content` is of. */
function sourceOf({ sources, heredocs }: CopyStep, { input, index }: InputChange): string | undefined {
  if (input !== 'content' || index === undefined) return undefined;
  return [...sources.map(redactSource), ...heredocs.map(({ name }) => `<<${name}`)][index];
}

/** The sources in the order in which they are copied: paths and URLs as written, heredocs last. */
async function selectAll(run: StageRun, step: CopyStep, id: string): Promise<PendingSource[]> {
  const selected: PendingSource[] = [];
  for (const source of step.sources)
    selected.push((await planRemoteSource(run, step, source)) ?? (await selectOne(run, step, source, id)));
  const origin: OpenSource = { view: async () => emptyTree, isLayered: true, layers: [] };
  for (const doc of step.heredocs) {
    const view = heredocTree(fromUtf8(doc.name), Buffer.from(doc.content), creationTime(run));
    const selection = selectSources(view, {
      sources: [fromUtf8(doc.name)],
      wildcards: 'literal',
      origin: 'heredoc',
    });
    selected.push(atHand({ selection, origin, isUnpacked: false }));
  }
  return selected;
}

function atHand(selected: Selected): PendingSource {
  return { content: digestSelection(selected.selection), open: async () => withDigests(selected) };
}

/** What the key was made of is not computed anew for the layer. */
function withDigests(selected: Selected): Selected {
  return { ...selected, selection: withKnownDigests(selected.selection) };
}

async function selectOne(run: StageRun, step: CopyStep, source: string, id: string): Promise<PendingSource> {
  const origin = await run.openSource(step.from);
  const request = copyRequest(step, source);
  const isUnpacked = step.kind === 'add' && step.unpack !== false;
  try {
    if (origin.layers.length > 0) return await selectedFromLayers(run, { origin, isUnpacked }, request);
    const selection = await selectedBefore(run, selectStepwise(await origin.view(), request));
    return showingBytes(run, id, () => atHand({ selection, origin, isUnpacked }));
  } catch (error) {
    const reason =
      origin.whyAbsent?.(source) ?? (isNotFound(error) ? nearPath(await origin.view(), source) : undefined);
    throw withReason(error, reason, step.location);
  }
}

/** Files of the context that had to be read become a row of the step, with BuildKit's words. */
function showingBytes<T>({ tools: { contexts, emit, now } }: StageRun, id: string, work: () => T): T {
  const [before, began] = [contexts.bytesRead(), now()];
  const result = work();
  const current = contexts.bytesRead() - before;
  if (current === 0) return result;
  const row = { kind: 'step-progress', id, item: 'transferring context', unit: 'bytes' } as const;
  emit({ ...row, current: 0, time: began });
  emit({ ...row, current, isDone: true, time: now() });
  return result;
}

/** Selected only if the digest of the selection is not known, or when the step is executed. */
async function selectedFromLayers(
  { tools }: StageRun,
  place: Omit<Selected, 'selection'>,
  request: SourceRequest,
): Promise<PendingSource> {
  let selection: Selection | undefined;
  const select = async () => (selection ??= selectSources(await place.origin.view(), request));
  const layers = place.origin.layers.map(({ diffId }) => diffId);
  const compute = async () => digestSelection(await select());
  const content = await digestOnce(tools.stepCache, { layers, request }, compute);
  return {
    content: content.digest,
    async open() {
      await content.confirm();
      return withDigests({ ...place, selection: await select() });
    },
  };
}

/** A signal is seen between two turns of the event loop. */
const DIRECTORIES_OF_A_TURN = 256;

/**
 * A sandbox that will very likely be needed starts at the first file that has changed, while the others are looked at.
 */
async function selectedBefore(run: StageRun, selecting: Generator<void, Selection>): Promise<Selection> {
  let isAhead = !run.isRunAhead;
  for (let directories = 1; ; directories++) {
    const { done, value } = selecting.next();
    if (done) return value;
    if (directories % DIRECTORIES_OF_A_TURN === 0) await pause(run.tools.signal);
    if (isAhead || !run.tools.contexts.hasNews()) continue;
    isAhead = true;
    run.tools.sandbox.prepare();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

interface CopyOptions extends Required<Pick<CommitPlace, 'onCompared'>> {
  readonly chmod: ReturnType<typeof parseChmod> | undefined;
}

async function makeLayer(
  run: StageRun,
  step: CopyStep,
  selected: readonly Selected[],
  { chmod, onCompared }: CopyOptions,
): Promise<StoredLayer> {
  const dest = step.isLink ? emptyTree : await run.tools.trees.lookup(run.layers);
  const archives = await archivesAmong(run, selected);
  try {
    const entries = computeCopy({
      dest,
      sources: selected.flatMap(({ selection }) => copySources(selection, archives)),
      destPath: fromUtf8(step.dest),
      workdir: fromUtf8(step.workdir),
      owner: step.chown === undefined ? undefined : await ownerOf(run, step, step.chown),
      chmod,
      now: creationTime(run),
    });
    for (const { origin } of selected)
      if (origin.layers.length > 0) await run.tools.trees.bringTars(origin.layers, nodesOf(entries));
    const { stepCache } = run.tools;
    const place = stepCache.placeOf(run.placeOf(step));
    const { isCacheIgnored } = step;
    return await commitAtPlace(stepCache, { place, isCacheIgnored, onCompared }, entries);
  } finally {
    archives?.dispose();
  }
}

function* nodesOf(entries: readonly LayerEntry[]): Generator<TreeNode> {
  for (const entry of entries) if (entry.kind === 'node') yield entry.node;
}

async function archivesAmong(
  run: StageRun,
  selected: readonly Selected[],
): Promise<OpenArchives | undefined> {
  const candidates = selected.filter(({ isUnpacked }) => isUnpacked);
  if (candidates.length === 0) return undefined;
  return (await import('./add-archives.js')).openArchives(run, candidates);
}

function copySources(selection: Selection, archives: OpenArchives | undefined): CopySource[] {
  return selection.sources.map((source) => {
    const entries = archives?.entriesOf(source);
    return entries ? { kind: 'unpack', entries } : { kind: 'copy', source };
  });
}

async function ownerOf(run: StageRun, step: CopyStep, chown: string): Promise<Owner> {
  if (step.isLink) return lookupChown(emptyTree, chown, { isLink: true });
  const view = await run.tools.trees.lookup(run.layers);
  await run.tools.trees.bringContent(run.layers, view, ACCOUNT_FILES);
  return lookupChown(view, chown);
}
