// What `bake --list` prints: a table for people, JSON for programs.
import type { TargetList } from '../../index.js';
import { renderTable } from './table.js';

/** Groups and targets, by name; `default` first. */
export function renderTargetList({ targets, groups }: TargetList, isJson: boolean): string {
  const rows = [
    ...groups.map(({ name, description = '', targets: members }) => ({
      name,
      description: description || members.join(', '),
      group: true,
    })),
    ...targets.map(({ name, description = '' }) => ({ name, description, group: false })),
  ];
  const order = (name: string): string => (name === 'default' ? '' : name);
  const sorted = [...new Map(rows.map((row) => [row.name, row])).values()].sort((a, b) =>
    order(a.name) < order(b.name) ? -1 : 1,
  );
  if (isJson)
    return `${JSON.stringify(
      sorted.map(({ group, ...row }) => ({ ...row, ...(group && { group }) })),
      null,
      2,
    )}\n`;
  return renderTable(
    [
      { title: 'TARGET', text: ({ name }) => name },
      { title: 'DESCRIPTION', text: ({ description }) => description },
    ],
    sorted,
  );
}

export function renderVariableList({ variables }: TargetList, isJson: boolean): string {
  const sorted = [...variables].sort((a, b) => (a.name < b.name ? -1 : 1));
  if (isJson) return `${JSON.stringify(sorted, null, 2)}\n`;
  return renderTable(
    [
      { title: 'VARIABLE', text: ({ name }) => name },
      { title: 'TYPE', text: ({ type = '' }) => type },
      { title: 'VALUE', text: ({ value }) => value ?? '<null>' },
      { title: 'DESCRIPTION', text: ({ description = '' }) => description },
    ],
    sorted,
  );
}
