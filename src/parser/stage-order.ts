// Refuses graphs that cannot be built: cycles, and files taken from a stage that comes later.
// Spec: BuildKit's dockerfile2llb/validations.go (validateCircularDependency), convert.go and convert_runmount.go.
import { TsbuildError } from '../core/errors.js';
import { goQuote } from './go-quote.js';
import { validateMount } from './mount.js';
import type { StageInstruction, StageNode } from './stage-node.js';

interface Edge {
  readonly to: number;
  readonly instruction: StageInstruction;
}

/** What a stage copies or mounts from other stages. */
function edgesOf(node: StageNode): Edge[] {
  return [...node.sources].flatMap(([instruction, references]) =>
    references.flatMap((reference) =>
      reference?.kind === 'stage' ? { to: reference.index, instruction } : [],
    ),
  );
}

/**
 * @throws TsbuildError GRAPH_CYCLE `circular dependency detected on stage: x`, for any stage of the file, needed or not
 */
export function refuseCycles(nodes: readonly StageNode[]): void {
  const edges = nodes.map(edgesOf);
  const done = new Set<number>();
  for (const node of nodes) {
    const closing = findCycle(node.stage.index, edges, done);
    if (!closing) continue;
    const { location } = closing.instruction;
    throw new TsbuildError('GRAPH_CYCLE', `circular dependency detected on stage: ${node.name}`, {
      location,
    });
  }
}

/**
 * The edge that closes a cycle reachable from `start`. An explicit stack: a file may have more stages than calls can
 * nest.
 */
function findCycle(start: number, edges: readonly (readonly Edge[])[], done: Set<number>): Edge | undefined {
  if (done.has(start)) return undefined;
  done.add(start);
  const onPath = new Set([start]);
  const path = [{ stage: start, next: 0 }];
  for (let top = path.at(-1); top; top = path.at(-1)) {
    const edge = edges[top.stage]![top.next++];
    if (!edge) {
      onPath.delete(top.stage);
      path.pop();
    } else if (onPath.has(edge.to)) return edge;
    else if (!done.has(edge.to)) {
      done.add(edge.to);
      onPath.add(edge.to);
      path.push({ stage: edge.to, next: 0 });
    }
  }
  return undefined;
}

/** @throws TsbuildError GRAPH_CYCLE with BuildKit's words, for the stages that are needed */
export function refuseForwardReferences(nodes: readonly StageNode[]): void {
  for (const node of nodes) {
    for (const [instruction, references] of node.sources) {
      references.forEach((reference, position) => {
        if (reference?.kind !== 'stage' || reference.index < node.stage.index) return;
        throw new TsbuildError('GRAPH_CYCLE', forwardMessage(node, instruction, position), {
          location: instruction.location,
        });
      });
    }
  }
}

function forwardMessage(node: StageNode, instruction: StageInstruction, position: number): string {
  if (instruction.kind !== 'run') {
    const from = instruction.kind === 'copy' ? (instruction.from ?? '') : '';
    return `cannot copy from stage ${goQuote(from)}, it needs to be defined before current stage ${goQuote(node.name)}`;
  }
  const { from = '', target } = validateMount(instruction.mounts[position]!);
  return `cannot mount from stage ${goQuote(from)} to ${goQuote(target)}, stage needs to be defined before current command`;
}
