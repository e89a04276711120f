// The command of RUN, CMD and ENTRYPOINT: JSON strings, or the text for a shell.
// Spec: BuildKit's instructions/parse.go (parseShellDependentCommand).
import type { CommandLine } from './instruction.js';
import type { ParserNode } from './parse-nodes.js';

/** An empty shell form is one empty text; an empty exec form has no arguments. */
export function toCommandLine(node: ParserNode): CommandLine {
  return node.isJson
    ? { form: 'exec', args: node.args, heredocs: node.heredocs }
    : { form: 'shell', args: [node.args.join(' ')], heredocs: node.heredocs };
}
