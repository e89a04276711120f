// The shape of a row of the table of commands.

export interface CommandRow {
  readonly name: string;
  /** Without `tsbuild`. */
  readonly usage: string;
  /** For the list of commands. */
  readonly summary: string;
  /** Lines of at most 100 columns. */
  readonly introduction: string;
  /** What follows the first word that is no option is no option either. */
  readonly areOptionsFirst?: true;
}
