import test from 'ava';
import { TsbuildError } from '../../../../src/core/errors.js';
import { renderFindingsForGithub, renderFindingsSarif } from '../../../../src/cli/render/findings-for-ci.js';

const files = [
  {
    file: 'services/web',
    folder: 'services/web',
    result: {
      findings: [
        {
          rule: 'StageNameCasing',
          message: "Stage name 'A' should be lowercase: 100%,\nor so",
          url: 'https://docs.example/rule/',
          location: { file: 'Dockerfile', startLine: 2, endLine: 3, text: 'FROM a AS A' },
        },
        { rule: 'NoPlace', message: 'somewhere' },
      ],
      isError: false,
      notes: [],
      error: new TsbuildError('DOCKERFILE_SYNTAX', 'unknown \u001b[31mword', {
        hint: 'mend it',
        location: { file: 'Dockerfile', startLine: 9, endLine: 9 },
      }),
    },
  },
  {
    file: 'a, b/Dockerfile',
    result: {
      findings: [
        {
          rule: 'FromAsCasing',
          message: 'x',
          location: { file: 'a, b/Dockerfile', startLine: 1, endLine: 1 },
        },
      ],
      isError: false,
      notes: [],
    },
  },
];

test('github: a command for each, with its place, escaped', (t) => {
  t.is(
    renderFindingsForGithub(files),
    [
      "::warning file=services/web/Dockerfile,line=2,endLine=3,title=StageNameCasing::Stage name 'A' should be lowercase: 100%25,%0A  or so",
      '::warning title=NoPlace::somewhere',
      '::error file=services/web/Dockerfile,line=9,endLine=9,title=DOCKERFILE_SYNTAX::unknown \\x1b[31mword (mend it)',
      '::warning file=a%2C b/Dockerfile,line=1,endLine=1,title=FromAsCasing::x',
      '',
    ].join('\n'),
  );
  t.is(renderFindingsForGithub([]), '');
});

test('sarif: one run, a rule once, places as URIs', (t) => {
  const log = JSON.parse(renderFindingsSarif(files)) as {
    version: string;
    runs: {
      tool: { driver: { rules: unknown[] } };
      results: { ruleId: string; level: string; locations?: unknown[] }[];
    }[];
  };
  t.is(log.version, '2.1.0');
  const [run] = log.runs;
  t.deepEqual(run?.tool.driver.rules, [
    { id: 'StageNameCasing', helpUri: 'https://docs.example/rule/' },
    { id: 'NoPlace' },
    { id: 'DOCKERFILE_SYNTAX' },
    { id: 'FromAsCasing' },
  ]);
  t.deepEqual(
    run?.results.map(({ ruleId, level }) => `${level} ${ruleId}`),
    ['warning StageNameCasing', 'warning NoPlace', 'error DOCKERFILE_SYNTAX', 'warning FromAsCasing'],
  );
  t.deepEqual(run?.results[3]?.locations, [
    {
      physicalLocation: {
        artifactLocation: { uri: 'a%2C%20b/Dockerfile' },
        region: { startLine: 1, endLine: 1 },
      },
    },
  ]);
  t.is(run?.results[1]?.locations, undefined);
});
