// Places in the text of a file, and errors that name them.
import { TsbuildError, type SourceLocation } from '../../core/errors.js';

export interface SourceText {
  /** As the user wrote it: `docker-bake.hcl`. */
  readonly name: string;
  readonly text: string;
}

/** A range of characters; `end` is the first that does not belong to it. */
export interface Place {
  readonly source: SourceText;
  readonly start: number;
  readonly end: number;
}

/** An error of the definition at that place. Its code is BAKE_INVALID. */
export function faultAt(place: Place, message: string, hint?: string): TsbuildError {
  return new TsbuildError('BAKE_INVALID', message, { location: locationOf(place), hint });
}

/** An error without a place gets this one; one of another kind stays as it is. */
export function withPlace(error: unknown, place: Place): unknown {
  return error instanceof TsbuildError ? error.at(locationOf(place)) : error;
}

function locationOf({ source: { name, text }, start, end }: Place): SourceLocation {
  const startLine = lineAt(text, start);
  return {
    file: name,
    startLine,
    endLine: Math.max(startLine, lineAt(text, Math.max(start, end - 1))),
    text,
  };
}

function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) line++;
  return line;
}
