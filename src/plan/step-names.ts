// Names of steps as BuildKit shows them: `[stage 2/5] RUN make`.
import { TsbuildError } from '../core/errors.js';
import { formatPlatform, normalizePlatform, parsePlatform, type Platform } from '../oci/platform.js';
import type { StageNode } from '../parser/stage-node.js';

const COUNTED: ReadonlySet<string> = new Set(['run', 'copy', 'add', 'workdir']);

/**
 * How many steps of a stage BuildKit announces: a base that is no stage, each trigger of the base, and what makes a
 * layer. A WORKDIR of the root and a trigger that sets a variable are counted although they are never shown.
 */
export function countSteps({ base, triggers, stage }: StageNode): number {
  const hasBase = base.kind === 'image' || base.kind === 'context';
  const own = stage.instructions.filter((it) => COUNTED.has(it.kind));
  return (hasBase ? 1 : 0) + triggers.length + own.length;
}

export interface StepNaming {
  /** '' in a file with one stage, `stage-N` for an unnamed one. */
  readonly stageName: string;
  readonly total: number;
  /** Of the stage, when it is to be shown: several platforms are built. */
  readonly platform?: Platform;
}

interface Variables {
  get(name: string): string | undefined;
}

const NO_VARIABLES: Variables = { get: () => undefined };

/** @param env of the stage before the step: who asks there for the target builds for that platform */
export function stepName(
  { platform, stageName, total }: StepNaming,
  index: number,
  text: string,
  env: Variables = NO_VARIABLES,
): string {
  const number = `${String(index).padStart(String(total).length)}/${total}`;
  const shown = platform && `${formatPlatform(platform)}${crossTarget(platform, env)}`;
  return `[${[shown, stageName, number].filter(Boolean).join(' ')}] ${text}`;
}

/** `->arm64` for a step that knows of another target than its platform (dockerfile2llb, formatTargetPlatform). */
function crossTarget(own: Platform, env: Variables): string {
  const target = targetIn(env, own);
  if (!target || (target.os === own.os && target.architecture === own.architecture)) return '';
  const whole = formatPlatform(target);
  return `->${target.os === own.os ? whole.slice(whole.indexOf('/') + 1) : whole}`;
}

function targetIn(env: Variables, own: Platform): Platform | undefined {
  const whole = env.get('TARGETPLATFORM');
  if (whole) return parsedOrNone(whole, own);
  const [os, architecture, variant] = ['TARGETOS', 'TARGETARCH', 'TARGETVARIANT'].map((name) =>
    env.get(name),
  );
  if (os === undefined && architecture === undefined && variant === undefined) return undefined;
  return normalizePlatform({
    os: os || own.os,
    architecture: architecture || own.architecture,
    ...(variant && { variant }),
  });
}

/** A build argument of that name may say anything. */
function parsedOrNone(text: string, own: Platform): Platform | undefined {
  try {
    return parsePlatform(text, own);
  } catch (error) {
    if (error instanceof TsbuildError) return undefined;
    throw error;
  }
}

/** First line of a heredoc for the name of its RUN: `(first line...)`. */
export function summarizeHeredoc(content: string): string {
  const lines = content.trim().replaceAll('\r\n', '\n').split('\n');
  return lines.length > 1 ? `${lines[0]}...` : lines[0]!;
}
