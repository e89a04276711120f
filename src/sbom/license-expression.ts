// Which texts are license expressions of SPDX (SPDX 2.3, annex D). Pure.
import parse from 'spdx-expression-parse';
import { NOASSERTION } from './spdx-types.js';

/** Longer ones are in no package, and the parser recurses. */
const MAX_CHARACTERS = 500;

/** All that an expression consists of. The parser looks for identifiers anywhere in a text. */
const EXPRESSION = /^[A-Za-z0-9.+() -]+$/;

/** The text when it is an expression of identifiers of SPDX's list, else NOASSERTION. */
export function licenseExpression(text: string | undefined): string {
  const isShort = text !== undefined && text.length <= MAX_CHARACTERS;
  if (!isShort || !EXPRESSION.test(text) || /LicenseRef-/i.test(text)) return NOASSERTION;
  try {
    parse(text);
    return text;
  } catch {
    // `MIT License`, `Apache 2.0`: a text for people.
    return NOASSERTION;
  }
}
