// The graph of a Dockerfile with the base of each of its stages: images are resolved (configs only), named contexts
// opened.
import { TsbuildError } from '../../core/errors.js';
import type { Platform } from '../../oci/platform.js';
import type { Dockerfile } from '../../parser/instruction.js';
import type { StageGraph } from '../../parser/stage-graph.js';
import type { StageNode } from '../../parser/stage-node.js';
import type { Image } from '../../images/image.js';
import { openLayoutImage } from '../../images/layout-image.js';
import { graphOf, platformOf, type ExpandGlobal } from './read-graph.js';
import { resolveNamedImage, type NamedImage } from './resolve-named-image.js';
import type { PlanTools } from '../build-tools.js';

/** What a stage starts from. */
export interface ResolvedBase {
  readonly platform: Platform;
  readonly image?: Image;
  readonly contextFiles?: string;
  /** The image could not be asked for: its variables and its triggers are not known. */
  readonly isUnknown?: boolean;
}

export interface GraphOptions {
  /** Every stage is taken, needed or not. */
  readonly areAllNeeded?: boolean;
  /** Called in place of a failure when an image cannot be asked for. */
  readonly onUnreachable?: (error: TsbuildError) => void;
}

/**
 * The graph, again and again until no base image brings a trigger that needs something new. The images that files are
 * copied from are asked for too: what is not there is not to be found out after an hour of RUNs.
 * @throws TsbuildError as graphOf; REGISTRY_*, CONTEXT_*, with the place
 */
export async function resolveGraph(
  tools: PlanTools,
  dockerfile: Dockerfile,
  expand: ExpandGlobal,
  options: GraphOptions,
): Promise<{ graph: StageGraph; bases: Map<number, ResolvedBase> }> {
  const bases = new Map<number, ResolvedBase>();
  const imageTriggers = new Map<number, readonly string[]>();
  for (;;) {
    const graph = graphOf(tools, dockerfile, expand, { ...options, imageTriggers });
    const unknown = graph.nodes.filter((node) => !bases.has(node.stage.index));
    if (unknown.length === 0) return { graph, bases };
    const resolve = resolverOf(tools, graph, options);
    const sources = resolveSources(graph, resolve, tools.targetPlatform);
    sources.catch(() => undefined);
    const resolved = await Promise.all(unknown.map((node) => resolveBase(tools, node, expand, resolve)));
    await sources;
    unknown.forEach((node, i) => {
      const base = resolved[i]!;
      bases.set(node.stage.index, base);
      const triggers = base.image?.config.config?.OnBuild;
      if (triggers?.length && !node.isReplaced) imageTriggers.set(node.stage.index, triggers);
    });
    if (imageTriggers.size === 0) return { graph, bases };
  }
}

type ResolveImage = (image: NamedImage) => Promise<Image | undefined>;

/** Undefined for what `onUnreachable` was told of. */
function resolverOf(tools: PlanTools, { all }: StageGraph, { onUnreachable }: GraphOptions): ResolveImage {
  return async (image) => {
    try {
      return await resolveNamedImage(tools, image, all);
    } catch (error) {
      const isUnreachable = error instanceof TsbuildError && error.code === 'REGISTRY_UNREACHABLE';
      if (!isUnreachable || !onUnreachable) throw error;
      onUnreachable(error);
      return undefined;
    }
  };
}

async function resolveSources(
  { nodes }: StageGraph,
  resolve: ResolveImage,
  platform: Platform,
): Promise<void> {
  const images = nodes.flatMap(({ sources }) =>
    [...sources].flatMap(([{ location }, references]) =>
      references.flatMap((from) => (from?.kind === 'image' ? { ...from, platform, location } : [])),
    ),
  );
  await Promise.all(images.map(resolve));
}

async function resolveBase(
  tools: PlanTools,
  node: StageNode,
  expand: ExpandGlobal,
  resolve: ResolveImage,
): Promise<ResolvedBase> {
  const { from } = node.stage;
  try {
    // BuildKit takes no notice of a platform for what starts from nothing.
    const asked = platformOf(tools, from, expand);
    const platform = node.base.kind === 'scratch' ? tools.targetPlatform : asked;
    if (node.base.kind === 'image') {
      const image = await resolve({ reference: node.base.reference, platform, location: from.location });
      return image ? { platform, image } : { platform, isUnknown: true };
    }
    if (node.base.kind === 'context')
      return { platform, ...(await resolveContextBase(tools, node.base.name, platform)) };
    return { platform };
  } catch (error) {
    throw error instanceof TsbuildError ? error.at(from.location) : error;
  }
}

async function resolveContextBase(
  tools: PlanTools,
  name: string,
  platform: Platform,
): Promise<Omit<ResolvedBase, 'platform'>> {
  const context = await tools.contexts.named(name);
  if (context.kind === 'files') return { contextFiles: name };
  if (context.kind === 'image' && context.reference === 'scratch') return {};
  if (context.kind === 'image') return { image: await tools.resolveImage(context.reference, platform) };
  if (context.kind === 'target') {
    const image = tools.linkedImage?.(context.target, platform);
    return image ? { image } : { isUnknown: true };
  }
  return { image: await openLayoutImage(context, platform) };
}
