// What an OCI runtime says when it cannot start a command, in the words of tsbuild. Pure.
import { TsbuildError } from '../../core/errors.js';
import type { OciRuntime } from './oci-runtime.js';

/** Exit codes a shell gives for a command that it cannot run. */
const CANNOT_EXECUTE = 126;
const NOT_FOUND = 127;

/** The message of the last error in a log of JSON lines. */
export function lastError(log: string): string | undefined {
  const messages = log.split('\n').flatMap((line) => {
    const entry = parseLine(line);
    return entry?.level === 'error' && entry.msg !== undefined ? [entry.msg] : [];
  });
  return messages.at(-1);
}

interface LogEntry {
  readonly level?: string;
  readonly msg?: string;
}

function parseLine(line: string): LogEntry | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line) as LogEntry;
  } catch {
    // A line that was cut off when the runtime was killed says nothing.
    return undefined;
  }
}

/** Nothing was executed. `command`: the first word of it. */
export function startFailure({ name }: OciRuntime, message: string, command: string): TsbuildError {
  const quoted = JSON.stringify(command);
  if (/executable file .*not found|exec\b.*no such file/i.test(message)) {
    const reason = command.includes('/')
      ? `stat ${command}: no such file or directory`
      : 'executable file not found in $PATH';
    return new TsbuildError('STEP_NOT_FOUND', `exec: ${quoted}: ${reason}`, { exitCode: NOT_FOUND });
  }
  if (/exec.*(permission denied|is a directory|format error)/i.test(message))
    return new TsbuildError('STEP_NOT_FOUND', `exec: ${quoted}: permission denied`, {
      exitCode: CANNOT_EXECUTE,
    });
  return new TsbuildError('SANDBOX_FAILED', `${name} cannot start the command: ${message}`, {
    hint: 'leave --runtime out',
  });
}
