// The build checks: what fires, what does not, and how options select.
import test from 'ava';
import { TsbuildError } from '../../../../src/core/errors.js';
import type { CheckFacts } from '../../../../src/parser/checks/check-context.js';
import { RULES, type RuleName } from '../../../../src/parser/checks/rules.js';
import { checkOptionsOf, lintViolation, runChecks } from '../../../../src/parser/checks/run-checks.js';
import { parseDockerfile } from '../../../../src/parser/parse-dockerfile.js';

/** `line Rule: message` of each finding. */
function findings(text: string, facts: CheckFacts = {}): string[] {
  return runChecks(parseDockerfile(text, 'Dockerfile'), facts).map(
    ({ rule, message, location }) => `${location.startLine} ${rule}: ${message}`,
  );
}

interface Case {
  readonly rule: RuleName;
  readonly text: string;
  readonly facts?: CheckFacts;
  readonly expected: readonly string[];
}

const JSON_REASON = 'to prevent unintended behavior related to OS signals';
const ONCE_REASON =
  'instructions should not be used in the same stage because only the last one will be used';

const CASES: readonly Case[] = [
  {
    rule: 'StageNameCasing',
    text: 'FROM scratch AS BadName\nFROM scratch AS good\n',
    expected: ["1 StageNameCasing: Stage name 'BadName' should be lowercase"],
  },
  {
    rule: 'FromAsCasing',
    text: 'FROM scratch as a\nFROM scratch AS b\n',
    expected: ["1 FromAsCasing: 'as' and 'FROM' keywords' casing do not match"],
  },
  {
    rule: 'FromAsCasing',
    text: 'from scratch AS a\nfrom scratch as b\n',
    expected: ["1 FromAsCasing: 'AS' and 'from' keywords' casing do not match"],
  },
  {
    rule: 'NoEmptyContinuation',
    text: 'FROM scratch\nCOPY Dockerfile \\\n\n.\nCOPY Dockerfile \\\n.\n',
    expected: ['4 NoEmptyContinuation: Empty continuation line'],
  },
  {
    rule: 'ConsistentInstructionCasing',
    text: 'FROM scratch\ncopy Dockerfile /foo\nCOPY Dockerfile /bar\n',
    expected: [
      "2 ConsistentInstructionCasing: Command 'copy' should match the case of the command majority (uppercase)",
    ],
  },
  {
    rule: 'ConsistentInstructionCasing',
    text: 'frOM scratch\ncopy a b\n',
    expected: [
      "1 ConsistentInstructionCasing: Command 'frOM' should match the case of the command majority (lowercase)",
    ],
  },
  {
    rule: 'DuplicateStageName',
    text: 'FROM scratch AS b\nFROM scratch AS B\n',
    expected: [
      "2 StageNameCasing: Stage name 'B' should be lowercase",
      '2 DuplicateStageName: Duplicate stage name "b", stage names should be unique',
    ],
  },
  {
    rule: 'ReservedStageName',
    text: 'FROM x AS scratch\nFROM x AS context\n',
    expected: [
      '1 ReservedStageName: Stage name should not use the same name as reserved stage "scratch"',
      '2 ReservedStageName: Stage name should not use the same name as reserved stage "context"',
    ],
  },
  {
    rule: 'JSONArgsRecommended',
    text: 'FROM scratch\nCMD mycommand\nENTRYPOINT e\nFROM scratch AS s\nSHELL ["/bin/x"]\nCMD a\nFROM s\nCMD b\nFROM x\nCMD ["c"]\n',
    expected: [
      `2 JSONArgsRecommended: JSON arguments recommended for CMD ${JSON_REASON}`,
      `3 JSONArgsRecommended: JSON arguments recommended for ENTRYPOINT ${JSON_REASON}`,
    ],
  },
  {
    rule: 'JSONArgsRecommended',
    text: 'FROM x\nCMD a\n',
    facts: { baseShells: new Set([0]) },
    expected: [],
  },
  {
    rule: 'MaintainerDeprecated',
    text: 'FROM scratch\nMAINTAINER me@example.org\n',
    expected: ['2 MaintainerDeprecated: Maintainer instruction is deprecated in favor of using label'],
  },
  {
    rule: 'UndefinedArgInFrom',
    text: 'ARG base=busybox\nFROM --platform=$BUILDPLATFORM $base\nFROM --platform=$BULIDPLATFORM ${bse}x\nFROM $TARGETARCH\n',
    facts: { automaticArgs: { TARGETARCH: 'amd64' } },
    expected: [
      "3 UndefinedArgInFrom: FROM argument 'bse' is not declared (did you mean base?)",
      "3 UndefinedArgInFrom: FROM argument 'BULIDPLATFORM' is not declared (did you mean BUILDPLATFORM?)",
    ],
  },
  {
    rule: 'InvalidDefaultArgInFrom',
    text: 'ARG VERSION\nARG OK=x\nFROM busybox:$VERSION\nFROM $OK\nFROM busybox${VERSION}\n',
    facts: { buildArgs: { VERSION: '1' } },
    expected: [
      '3 InvalidDefaultArgInFrom: Default value for ARG busybox:$VERSION results in empty or invalid base image name',
    ],
  },
  {
    rule: 'WorkdirRelativePath',
    text: 'FROM scratch\nWORKDIR app\nWORKDIR b\nFROM scratch AS p\nWORKDIR /a\nFROM p\nWORKDIR b\nFROM x\nWORKDIR $UNKNOWN/x\n',
    expected: [
      '2 WorkdirRelativePath: Relative workdir "app" can have unexpected results if the base image changes',
    ],
  },
  {
    rule: 'UndefinedVar',
    text: `FROM scratch AS a
ARG foo
ENV one=1 two=$one
COPY $foo $bar /x
LABEL x=\${SOME_PAHT} y=$PAHT
RUN echo $notmine
RUN --mount=target=$tgt true
COPY <<E /y
$inbody \\$not '$quoted'
E
ARG d=$e f=$d
FROM a
USER $two$one$foo$bar
FROM unknown
USER $perhaps
`,
    expected: [
      "3 UndefinedVar: Usage of undefined variable '$one'",
      "4 UndefinedVar: Usage of undefined variable '$bar'",
      "5 UndefinedVar: Usage of undefined variable '$SOME_PAHT'",
      "5 UndefinedVar: Usage of undefined variable '$PAHT' (did you mean $PATH?)",
      "7 UndefinedVar: Usage of undefined variable '$tgt' (did you mean $two?)",
      "8 UndefinedVar: Usage of undefined variable '$inbody'",
      "8 UndefinedVar: Usage of undefined variable '$quoted'",
      "11 UndefinedVar: Usage of undefined variable '$e' (did you mean $one?)",
      "13 UndefinedVar: Usage of undefined variable '$bar'",
    ],
  },
  {
    rule: 'UndefinedVar',
    text: 'FROM x\nUSER $FROM_BASE$nope\n',
    facts: { baseEnvironments: new Map([[0, ['FROM_BASE=1']]]) },
    expected: ["2 UndefinedVar: Usage of undefined variable '$nope'"],
  },
  {
    rule: 'MultipleInstructionsDisallowed',
    text: 'FROM x\nCMD ["a"]\nCMD ["b"]\nHEALTHCHECK NONE\nENTRYPOINT ["x"]\nENTRYPOINT ["y"]\nFROM x\nCMD ["c"]\n',
    expected: [
      `2 MultipleInstructionsDisallowed: Multiple CMD ${ONCE_REASON}`,
      `5 MultipleInstructionsDisallowed: Multiple ENTRYPOINT ${ONCE_REASON}`,
    ],
  },
  {
    rule: 'LegacyKeyValueFormat',
    text: 'FROM x\nENV a b\nLABEL c d\nENV e=f\n',
    expected: [
      '2 LegacyKeyValueFormat: "ENV key=value" should be used instead of legacy "ENV key value" format',
      '3 LegacyKeyValueFormat: "LABEL key=value" should be used instead of legacy "LABEL key value" format',
    ],
  },
  {
    rule: 'InvalidBaseImagePlatform',
    text: 'ARG T=1\nFROM x:$T\n',
    facts: { basePlatforms: new Map([[0, { expected: 'linux/amd64', actual: 'linux/arm64' }]]) },
    expected: [
      '2 InvalidBaseImagePlatform: Base image x:1 was pulled with platform "linux/arm64", expected "linux/amd64" for current build',
    ],
  },
  {
    rule: 'RedundantTargetPlatform',
    text: 'FROM --platform=$TARGETPLATFORM x\nFROM --platform=${TARGETPLATFORM} x\nFROM --platform=$BUILDPLATFORM x\n',
    expected: ['$TARGETPLATFORM', '${TARGETPLATFORM}'].map(
      (name, index) =>
        `${index + 1} RedundantTargetPlatform: Setting platform to predefined ${name} in FROM is redundant as this is the default behavior`,
    ),
  },
  {
    rule: 'FromPlatformFlagConstDisallowed',
    text: 'FROM --platform=linux/amd64 x\nFROM --platform=linux/arm64 x AS build_arm64\nFROM --platform=linux x AS linux\n',
    expected: [
      '1 FromPlatformFlagConstDisallowed: FROM --platform flag should not use constant value "linux/amd64"',
    ],
  },
  {
    rule: 'SecretsUsedInArgOrEnv',
    text: 'FROM x\nARG SECRET_PASSPHRASE\nENV SUPER_Secret=foo public_key=1 KEY_FILE=2 monkey=3\nARG auth=bar token_version\n',
    expected: [
      '2 SecretsUsedInArgOrEnv: Do not use ARG or ENV instructions for sensitive data (ARG "SECRET_PASSPHRASE")',
      '3 SecretsUsedInArgOrEnv: Do not use ARG or ENV instructions for sensitive data (ENV "SUPER_Secret")',
      '4 SecretsUsedInArgOrEnv: Do not use ARG or ENV instructions for sensitive data (ARG "auth")',
    ],
  },
  {
    rule: 'CopyIgnoredFile',
    text: 'FROM scratch AS a\nCOPY ./Dockerfile .\nADD Dockerfile /x\nADD http://Dockerfile/ /y\nCOPY . /\nCOPY --from=a Dockerfile /\n',
    facts: { ignoredBy: (path) => (path === 'Dockerfile' || path === '.' ? 'Dockerfile' : undefined) },
    expected: [
      '2 CopyIgnoredFile: Attempting to Copy file "Dockerfile" that is excluded by .dockerignore',
      '3 CopyIgnoredFile: Attempting to Add file "Dockerfile" that is excluded by .dockerignore',
    ],
  },
  {
    rule: 'CopyIgnoredFile',
    text: 'FROM scratch\nCOPY . /\n',
    facts: { ignoredBy: () => '*' },
    expected: ['2 CopyIgnoredFile: Attempting to Copy file "." that is excluded by .dockerignore'],
  },
  {
    rule: 'ExposeProtoCasing',
    text: 'FROM scratch\nEXPOSE 80/TcP 81/udp 82\n',
    expected: ["2 ExposeProtoCasing: Defined protocol '80/TcP' in EXPOSE instruction should be lowercase"],
  },
  {
    rule: 'ExposeInvalidFormat',
    text: 'FROM scratch\nEXPOSE 127.0.0.1:80:80 80:80 80 $x\n',
    expected: ['127.0.0.1:80:80', '80:80'].map(
      (port) =>
        `2 ExposeInvalidFormat: EXPOSE instruction should not define an IP address or host-port mapping, found '${port}'`,
    ),
  },
  {
    rule: 'InvalidDefinitionDescription',
    text: `# check=experimental=InvalidDefinitionDescription
# wrong words
FROM scratch AS base
# base is fine
FROM scratch AS base2

# base3 is fine
FROM scratch AS base3
# V the version
ARG V=1
# not it
ARG a=1 b=2
# far away

ARG c
#
ARG d
# check=skip=UndefinedVar
ARG e
`,
    expected: [
      '3 InvalidDefinitionDescription: Comment for FROM should follow the format: `# base <description>`',
      '5 InvalidDefinitionDescription: Comment for FROM should follow the format: `# base2 <description>`',
      '12 InvalidDefinitionDescription: Comment for ARG should follow the format: `# <arg_key> <description>`',
      '15 InvalidDefinitionDescription: Comment for ARG should follow the format: `# c <description>`',
      '19 InvalidDefinitionDescription: Comment for ARG should follow the format: `# e <description>`',
    ],
  },
];

for (const [index, { rule, text, facts, expected }] of CASES.entries()) {
  test(`${rule} (${index})`, (t) => t.deepEqual(findings(text, facts), expected));
}

test('every rule has a case, a page and a description', (t) => {
  const tested = new Set<string>(CASES.map(({ rule }) => rule));
  t.deepEqual(
    Object.keys(RULES).filter((name) => !tested.has(name)),
    [],
  );
  t.is(Object.keys(RULES).length, 22);
  t.is(RULES.JSONArgsRecommended.url, 'https://docs.docker.com/go/dockerfile/rule/json-args-recommended/');
  t.is(
    RULES.SecretsUsedInArgOrEnv.url,
    'https://docs.docker.com/go/dockerfile/rule/secrets-used-in-arg-or-env/',
  );
  t.is(RULES.UndefinedArgInFrom.url, 'https://docs.docker.com/go/dockerfile/rule/undefined-arg-in-from/');
  t.is(RULES.InvalidBaseImagePlatform.url, undefined);
});

test('skip, experimental and BUILDKIT_DOCKERFILE_CHECK', (t) => {
  const body = 'FROM scratch as base\ncopy Dockerfile .\n';
  t.is(findings(body).length, 2);
  t.deepEqual(findings(`#check=skip=all\n${body}`), []);
  t.deepEqual(findings(`# check=skip=ConsistentInstructionCasing,FromAsCasing\n${body}`), []);
  t.deepEqual(findings(`# check=skip=ConsistentInstructionCasing\n${body}`), [
    "2 FromAsCasing: 'as' and 'FROM' keywords' casing do not match",
  ]);
  t.is(findings(`# check=skip=all\n${body}`, { checkOption: 'skip=FromAsCasing' }).length, 1);
  const described = '# x\nFROM scratch AS a\n';
  t.deepEqual(findings(described), []);
  t.is(findings(described, { checkOption: 'skip=all;experimental=all' }).length, 1);
});

test('a comment above an instruction selects for it alone', (t) => {
  const text = `FROM scratch
# check=skip=JSONArgsRecommended
# why it is a shell command
CMD a
ENTRYPOINT b
# check=not an option
USER x
# check=experimental=all
# wrong
ARG V
`;
  t.deepEqual(findings(text), [
    `5 JSONArgsRecommended: JSON arguments recommended for ENTRYPOINT ${JSON_REASON}`,
    '10 InvalidDefinitionDescription: Comment for ARG should follow the format: `# V <description>`',
  ]);
});

// The value of each is what BuildKit's linter finds of MAINTAINER, and of JSONArgsRecommended where it is there.
const ABOVE: readonly (readonly [comments: string, isFound: boolean])[] = [
  ['# check=skip=MaintainerDeprecated\n', false],
  ['# check=skip=MaintainerDeprecated // kept for the old registry\n', false],
  ['# check=skip=MaintainerDeprecated\t# a tab is part of the name\n', true],
  ['# check=skip=MaintainerDeprecated\n\n', false],
  ['# check=skip=MaintainerDeprecated\n\n\n# and why\n', false],
  ['# check=skip=MaintainerDeprecated\n#\n', true],
  ['# CHECK=skip=MaintainerDeprecated\n', false],
  ['# Check = skip=MaintainerDeprecated\n', false],
  ['# first\n# check=skip=MaintainerDeprecated\n# last\n', false],
  ['# check=skip=JSONArgsRecommended\n# check=skip=MaintainerDeprecated\n', true],
  ['# check=nonsense\n# check=skip=MaintainerDeprecated\n', true],
  ['# escape=`\n# check=skip=MaintainerDeprecated\n', false],
  ['# check=skip=JSONArgsRecommended,MaintainerDeprecated\n', false],
  ['# check=skip=JSONArgsRecommended, MaintainerDeprecated\n', true],
  ['# check=skip=all\n', false],
  ['# check=error=true;skip=MaintainerDeprecated\n', false],
  ['# check=skip=maintainerdeprecated\n', true],
  ['  # check=skip=MaintainerDeprecated\n', true],
];

test('a comment above an instruction is read as BuildKit reads it', (t) => {
  for (const [comments, isFound] of ABOVE) {
    const found = findings(`FROM scratch\nLABEL a=b\n${comments}MAINTAINER x\n`);
    t.is(found.length, isFound ? 1 : 0, comments);
  }
});

test('rules on the file as a whole take no notice of a comment above an instruction', (t) => {
  const text = `FROM scratch AS scratch
# check=skip=all
fRom scratch AS scratch
# check=skip=all
run \\

x
`;
  t.deepEqual(
    findings(text).map((finding) => finding.replace(/:.*/, '')),
    [
      '1 ReservedStageName',
      '3 ConsistentInstructionCasing',
      '3 ReservedStageName',
      '3 DuplicateStageName',
      '5 ConsistentInstructionCasing',
      '7 NoEmptyContinuation',
    ],
  );
});

test('options of the later instruction count for the one that it makes void', (t) => {
  const later = 'FROM scratch\nCMD ["a"]\n# check=skip=MultipleInstructionsDisallowed\nCMD ["b"]\n';
  t.deepEqual(findings(later), []);
  const earlier = 'FROM scratch\n# check=skip=MultipleInstructionsDisallowed\nCMD ["a"]\nCMD ["b"]\n';
  t.is(findings(earlier).length, 1);
});

test('only the stages that are built are walked', (t) => {
  const text = 'FROM scratch AS first\nCOPY $foo .\nFROM scratch AS second\nCOPY $bar .\n';
  t.deepEqual(findings(text, { stages: new Set([1]) }), [
    "4 UndefinedVar: Usage of undefined variable '$bar'",
  ]);
  t.is(findings(text).length, 2);
});

test('error=true makes an error of findings', (t) => {
  const dockerfile = parseDockerfile('# check=error=true\nFROM scratch as a\nCMD x\nfrom b\n', 'Dockerfile');
  t.true(checkOptionsOf(dockerfile).isError);
  t.false(checkOptionsOf(dockerfile, 'skip=all').isError);
  const error = lintViolation(runChecks(dockerfile));
  t.is(
    error?.message,
    'lint violation found for rules: ConsistentInstructionCasing, FromAsCasing, JSONArgsRecommended',
  );
  t.is(error?.code, 'DOCKERFILE_LINT');
  t.is(lintViolation([]), undefined);
});

test('options that cannot be read are an error of the file', (t) => {
  const error = t.throws(() => findings('# check=nonsense\nFROM x\n'), { instanceOf: TsbuildError });
  t.like(error, {
    code: 'DOCKERFILE_SYNTAX',
    message: 'failed to parse check options: invalid check option "nonsense"',
    location: { startLine: 1 },
  });
});
