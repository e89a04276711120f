// `-a stdin|stdout|stderr`, repeated, in any case (docker/cli opts/parse.go ValidateAttach).
import { TsbuildError } from '../../core/errors.js';

type Stream = 'stdin' | 'stdout' | 'stderr';
const STREAMS: readonly Stream[] = ['stdin', 'stdout', 'stderr'];

/** @throws TsbuildError OPTION_INVALID */
export function attachedStreams(texts: readonly string[]): readonly Stream[] {
  return texts.map((text) => {
    const found = STREAMS.find((stream) => stream === text.toLowerCase());
    if (found) return found;
    throw new TsbuildError('OPTION_INVALID', 'valid streams are STDIN, STDOUT and STDERR', {
      hint: 'write -a stdout',
    });
  });
}
