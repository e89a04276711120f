// The tokens of HCL's native syntax (hclsyntax/spec.md). A template is one token: its interpolations hold tokens of
// their own.

export type Token =
  | {
      readonly kind: 'name' | 'number' | 'symbol' | 'newline' | 'end';
      readonly text: string;
      readonly start: number;
      readonly end: number;
    }
  | {
      readonly kind: 'template';
      readonly text: string;
      readonly parts: readonly TemplatePart[];
      readonly start: number;
      readonly end: number;
    };

/** `${ … }` is a value, `%{ … }` an instruction; a `~` at a side takes the blanks of the text there. */
export type TemplatePart =
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'value' | 'instruction';
      readonly tokens: readonly Token[];
      readonly isTrimmedBefore: boolean;
      readonly isTrimmedAfter: boolean;
      readonly start: number;
    };
