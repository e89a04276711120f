// Defences of the page about a build, in the form of mutations.mjs.
export const REPORT_MUTATIONS = [
  {
    file: 'src/report/html.ts',
    from: 'ENTITIES[character]!',
    to: 'character',
    attack: ['report', '*names, steps, output and warnings of a build are text*'],
  },
  {
    file: 'src/report/html.ts',
    from: ".map(escapeLine).join('\\n')",
    to: ".join('\\n')",
    attack: ['report', '*no character of a build reorders*'],
  },
  {
    file: 'src/report/sections/warnings.ts',
    from: String.raw`!/^https:\/\/[a-z0-9.-]+\//i.test(url)`,
    to: 'false',
    attack: ['report', '*links of a report lead to pages of the web alone'],
  },
  {
    file: 'src/report/page.ts',
    from: `"default-src 'none'",`,
    to: '',
    attack: ['report', '*the policy of a report runs nothing*'],
  },
];
