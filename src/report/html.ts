// Markup out of texts: a template whose values are escaped. Invariant: what is no literal of this project is text on
// the page, in an element or in a quoted attribute, and never markup; control characters are shown.
import { escapeLine } from '../core/visible-text.js';

// No JSON holds a symbol, so nothing out of a log passes for markup.
const MARKUP = Symbol('markup');

/** Markup of this project with escaped texts in it. */
export interface Html {
  readonly [MARKUP]: string;
}

/** Absent values and `false` are nothing; lists stand one after the other. */
export type HtmlValue = string | number | false | undefined | Html | readonly HtmlValue[];

/** @example markup`<b title="${name}">${text}</b>`; attributes must be quoted */
export function markup(literals: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  const parts = literals.map((text, place) => text + markupOf(values[place]));
  return { [MARKUP]: parts.join('') };
}

/** Of a style sheet or another text that stands on the page as it is: never of a build. */
export function literal(text: string): Html {
  return { [MARKUP]: text };
}

export function toText(html: Html): string {
  return html[MARKUP];
}

function markupOf(value: HtmlValue): string {
  if (value === undefined || value === false) return '';
  if (Array.isArray(value)) return value.map(markupOf).join('');
  if (typeof value === 'object' && MARKUP in value) return value[MARKUP];
  return escapeHtml(String(value));
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
};

/** Line breaks stay; other control characters, and marks that reorder text, are shown as `\xNN`. */
function escapeHtml(text: string): string {
  const visible = text.split('\n').map(escapeLine).join('\n');
  return visible.replace(/[&<>"'`]/g, (character) => ENTITIES[character]!);
}
