import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { attachedStreams } from '../../../../src/cli/parse/attached-streams.js';
import { parseContainerFilters, parseEventFilters } from '../../../../src/cli/parse/container-filter.js';
import { parseDevice, parseSysctl, readSecurityOption } from '../../../../src/cli/parse/container-rights.js';
import { parseHealth } from '../../../../src/cli/parse/health-options.js';
import { parseKeyValueFile } from '../../../../src/cli/parse/key-value-file.js';
import { parseLogTime } from '../../../../src/cli/parse/log-time.js';
import { parseMountOption } from '../../../../src/cli/parse/mount-option.js';
import { parseNetworks } from '../../../../src/cli/parse/network-option.js';
import { parseExpose, parsePublish } from '../../../../src/cli/parse/publish.js';
import { parseRestartPolicy } from '../../../../src/cli/parse/restart-policy.js';
import { parseTmpfs } from '../../../../src/cli/parse/tmpfs.js';
import { parseVolume } from '../../../../src/cli/parse/volume.js';
import { parseGoDuration } from '../../../../src/core/go-duration.js';
import { TsbuildError } from '../../../../src/core/errors.js';

const CWD = '/home/me';

function messageOf(action: () => unknown): string {
  try {
    action();
    return '';
  } catch (error) {
    if (error instanceof TsbuildError) return error.message;
    throw error;
  }
}

test('-v: volumes and directories', (t) => {
  const of = (text: string) => parseVolume(text, CWD);
  t.deepEqual(of('/data'), { type: 'volume', target: '/data' });
  t.deepEqual(of('db:/data'), {
    type: 'volume',
    name: 'db',
    target: '/data',
    isReadonly: false,
    isNotCopied: false,
  });
  t.deepEqual(of('db:/data:ro,nocopy'), {
    type: 'volume',
    name: 'db',
    target: '/data',
    isReadonly: true,
    isNotCopied: true,
  });
  const bind = { type: 'bind', source: '/a', target: '/b', isReadonly: false, isSourceMade: true };
  t.deepEqual(of('/a:/b'), bind);
  t.deepEqual(of('./src:/b/../b/'), { ...bind, source: '/home/me/src' });
  t.deepEqual(of('.:/b:ro,z,rslave'), { ...bind, source: CWD, isReadonly: true, propagation: 'rslave' });
  t.deepEqual(of('/a:/b:cached'), bind);
});

for (const [text, message] of [
  ['', "invalid volume specification: ''"],
  ['/a:', "invalid volume specification: '/a:'"],
  [':/a', "invalid volume specification: ':/a'"],
  ['/a:ro', "invalid volume specification: '/a:ro'"],
  ['/a:/b:ro:x', "invalid volume specification: '/a:/b:ro:x'"],
  ['/a:/b:what', 'invalid mode: what'],
  ['/a:/b:U', 'invalid mode: U'],
  ['/a:/b:ro,rw', 'invalid mode: ro,rw'],
  ['/a:/b:nocopy', 'invalid mode: nocopy'],
  ['/a:/', "invalid specification: destination can't be '/'"],
  ['/', "invalid specification: destination can't be '/'"],
  ['data', "invalid mount path: 'data' mount path must be absolute"],
  ['/a:b', "invalid mount path: 'b' mount path must be absolute"],
] as const)
  test(`-v ${JSON.stringify(text)} is refused in docker's words`, (t) => {
    t.is(
      messageOf(() => parseVolume(text, CWD)),
      message,
    );
  });

test('-v: a relative path without a dot is taken for a name', (t) => {
  t.regex(
    messageOf(() => parseVolume('a/b:/c', CWD)),
    /"a\/b" includes invalid characters for a local volume name/,
  );
});

test('--mount: every type and key', (t) => {
  const of = (text: string) => parseMountOption(text, CWD);
  t.deepEqual(of('target=/data'), { type: 'volume', target: '/data', isReadonly: false, isNotCopied: false });
  t.deepEqual(of('type=volume,src=db,dst=/data,volume-nocopy,volume-subpath=a,volume-label=x=y,readonly'), {
    type: 'volume',
    name: 'db',
    target: '/data',
    isReadonly: true,
    isNotCopied: true,
    subpath: 'a',
    labels: { x: 'y' },
  });
  t.deepEqual(
    of('type=bind,source=./a,destination=/b,ro=true,bind-propagation=rshared,bind-recursive=disabled'),
    {
      type: 'bind',
      source: '/home/me/a',
      target: '/b',
      isReadonly: true,
      isSourceMade: false,
      isShallow: true,
      propagation: 'rshared',
    },
  );
  t.deepEqual(of('TYPE=tmpfs,target=/t,tmpfs-size=1m,tmpfs-mode=1770'), {
    type: 'tmpfs',
    target: '/t',
    isReadonly: false,
    sizeBytes: 1 << 20,
    mode: 0o1770,
  });
  t.is((of('type=bind,"source=/a,b",target=/c') as { readonly source: string }).source, '/a,b');
});

for (const [text, message] of [
  ['type=bind,src=/a', 'target is required'],
  ['type=bind,dst=/b', 'invalid mount config for type "bind": field Source must not be empty'],
  [
    'type=bind,src=a,dst=/b',
    `invalid mount config for type "bind": invalid mount path: 'a' mount path must be absolute`,
  ],
  ['type=tmpfs,src=/a,dst=/b', 'invalid mount config for type "tmpfs": field Source must not be specified'],
  ['type=other,dst=/b', 'invalid mount config for type "other": mount type unknown'],
  ['type=bind,src=/a,dst=/', "invalid specification: destination can't be '/'"],
  ['type=tmpfs,dst=/b,volume-nocopy', "cannot mix 'volume-*' options with mount type 'tmpfs'"],
  ['dst', "invalid field 'dst' must be a key=value pair"],
  ['what=1,dst=/a', "unexpected key 'what' in 'what=1'"],
  ['dst =/a', "invalid option 'dst ' in 'dst =/a': option should not have whitespace"],
  ['dst= /a', "invalid value for 'dst' in 'dst= /a': value should not have whitespace"],
  ['dst=/a,ro=maybe', 'invalid value for ro: maybe'],
  ['type=tmpfs,dst=/a,tmpfs-mode=9', 'invalid value for tmpfs-mode: 9'],
  ['type=image,src=a,dst=/a', 'mounts of type image are not supported'],
] as const)
  test(`--mount ${text} is refused`, (t) => {
    t.is(
      messageOf(() => parseMountOption(text, CWD)),
      message,
    );
  });

test('--tmpfs', (t) => {
  t.deepEqual(parseTmpfs('/run'), { type: 'tmpfs', target: '/run', isReadonly: false });
  t.deepEqual(parseTmpfs('/run:exec,size=64m,mode=1777,uid=5,ro'), {
    type: 'tmpfs',
    target: '/run',
    isReadonly: true,
    allowed: ['exec'],
    sizeBytes: 64 << 20,
    mode: 0o1777,
  });
  t.is(parseTmpfs('/run:exec,noexec').type, 'tmpfs');
  t.false('allowed' in parseTmpfs('/run:exec,noexec'));
  t.is(
    messageOf(() => parseTmpfs('/run:what,size=1')),
    'invalid tmpfs option "what"',
  );
  t.not(
    messageOf(() => parseTmpfs('run')),
    '',
  );
});

test('-p: ports, addresses, ranges', (t) => {
  const port = { hostIp: '', hostPort: 0, containerPort: 80, protocol: 'tcp' };
  t.deepEqual(parsePublish('80'), [port]);
  t.deepEqual(parsePublish('8080:80/udp'), [{ ...port, hostPort: 8080, protocol: 'udp' }]);
  t.deepEqual(parsePublish('127.0.0.1:8080:80'), [{ ...port, hostIp: '127.0.0.1', hostPort: 8080 }]);
  t.deepEqual(parsePublish('127.0.0.1::80'), [{ ...port, hostIp: '127.0.0.1' }]);
  t.deepEqual(parsePublish('[::1]:8080:80'), [{ ...port, hostIp: '::1', hostPort: 8080 }]);
  t.deepEqual(
    parsePublish('9000-9001:80-81').map(({ hostPort, containerPort }) => [hostPort, containerPort]),
    [
      [9000, 80],
      [9001, 81],
    ],
  );
  t.deepEqual(parsePublish('9000-9005:80'), [{ ...port, hostPort: 9000, hostPortLast: 9005 }]);
  t.deepEqual(parsePublish('target=80,published=8080,protocol=udp'), [
    { ...port, hostPort: 8080, protocol: 'udp' },
  ]);
});

for (const text of [
  '',
  'http',
  '80:http',
  'a:80:80',
  '80:80:80:80',
  '0-70000',
  '9-8',
  '1-3:80-81',
  '80/icmp',
  '80/sctp',
  '[::1:80:80',
  'target=80,x=1',
])
  test(`-p ${JSON.stringify(text)} is refused`, (t) => {
    t.not(
      messageOf(() => parsePublish(text)),
      '',
    );
  });

test('-p: whatever is written gives ports or a refusal', (t) => {
  fc.assert(
    fc.property(fc.stringMatching(/^[0-9:[\]./a-z-]{0,20}$/), (text) => {
      if (messageOf(() => parsePublish(text)) !== '') return;
      for (const { hostPort, containerPort } of parsePublish(text))
        t.true([hostPort, containerPort].every((port) => port >= 0 && port <= 65_535));
    }),
  );
  t.pass();
});

test('--expose', (t) => {
  t.deepEqual(parseExpose('80'), ['80/tcp']);
  t.deepEqual(parseExpose('7000-7002/udp'), ['7000/udp', '7001/udp', '7002/udp']);
  t.is(
    messageOf(() => parseExpose('80:80')),
    'invalid port format for --expose: 80:80',
  );
});

test('--network: names, the long form, and options of the first one', (t) => {
  const of = (networks: readonly string[], aliases: readonly string[] = []) =>
    parseNetworks({ networks, aliases });
  t.deepEqual(of([]), [{ name: 'bridge' }]);
  t.deepEqual(of(['default']), [{ name: 'bridge' }]);
  t.deepEqual(of(['back', 'front'], ['db']), [{ name: 'back', aliases: ['db'] }, { name: 'front' }]);
  t.deepEqual(of(['name=back,alias=a,alias=b,ip=10.0.0.5']), [
    { name: 'back', aliases: ['a', 'b'], ipAddress: '10.0.0.5' },
  ]);
  t.deepEqual(of(['container:web']), [{ name: 'container:web' }]);
  for (const networks of [
    [''],
    ['container:'],
    ['name=a,what=1'],
    ['alias=a'],
    ['name=a,ip=x'],
    ['host', 'back'],
  ])
    t.not(
      messageOf(() => of(networks)),
      '',
      networks.join(' '),
    );
  t.not(
    messageOf(() => of(['host'], ['db'])),
    '',
  );
});

test('--device, --sysctl, --security-opt', (t) => {
  t.deepEqual(parseDevice('/dev/a'), { host: '/dev/a', container: '/dev/a', access: 'rwm' });
  t.deepEqual(parseDevice('/dev/a:/dev/b:r'), { host: '/dev/a', container: '/dev/b', access: 'r' });
  t.deepEqual(parseDevice('/dev/a:rw'), { host: '/dev/a', container: '/dev/a', access: 'rw' });
  for (const text of ['', 'a', '/a:/b:x', '/a:/b:rr', '/a:/b:r:w', '/a:b/c'])
    t.not(
      messageOf(() => parseDevice(text)),
      '',
      text,
    );
  t.deepEqual(parseSysctl('net.core.somaxconn=1024'), ['net.core.somaxconn', '1024']);
  t.is(
    messageOf(() => parseSysctl('vm.swappiness=1')),
    "sysctl 'vm.swappiness' is not allowed",
  );
  t.is(readSecurityOption('no-new-privileges', CWD), 'no-new-privileges');
  t.is(readSecurityOption('seccomp=unconfined', CWD), 'seccomp=unconfined');
  t.regex(
    messageOf(() => readSecurityOption('seccomp=none.json', CWD)),
    /^opening seccomp profile \(none\.json\) failed/,
  );
});

test('--security-opt: a profile travels as its content', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tsbuild-seccomp-'));
  writeFileSync(join(folder, 'p.json'), '{ "defaultAction": "SCMP_ACT_ALLOW" }');
  t.is(readSecurityOption('seccomp=p.json', folder), 'seccomp={"defaultAction":"SCMP_ACT_ALLOW"}');
  rmSync(folder, { recursive: true });
});

test('--restart', (t) => {
  t.deepEqual(parseRestartPolicy(''), { name: 'no', maximumRetries: 0 });
  t.deepEqual(parseRestartPolicy('on-failure:3'), { name: 'on-failure', maximumRetries: 3 });
  t.deepEqual(parseRestartPolicy('unless-stopped'), { name: 'unless-stopped', maximumRetries: 0 });
  for (const text of ['often', 'always:3', 'on-failure:x', 'on-failure:1:2', ':1'])
    t.not(
      messageOf(() => parseRestartPolicy(text)),
      '',
      text,
    );
});

test('--health-*', (t) => {
  t.is(parseHealth({ isOff: false }), undefined);
  t.deepEqual(parseHealth({ isOff: true }), { test: ['NONE'] });
  t.deepEqual(
    parseHealth({ isOff: false, command: 'true', interval: '1m30s', retries: '2', timeout: '0s' }),
    {
      test: ['CMD-SHELL', 'true'],
      interval: 90e9,
      retries: 2,
    },
  );
  t.is(
    messageOf(() => parseHealth({ isOff: true, retries: '2' })),
    '--no-healthcheck conflicts with --health-* options',
  );
  t.is(
    messageOf(() => parseHealth({ isOff: false, interval: '-1s' })),
    '--health-interval cannot be negative',
  );
  t.is(
    messageOf(() => parseHealth({ isOff: false, interval: '1us' })),
    '--health-interval cannot be less than 1ms',
  );
  t.not(
    messageOf(() => parseHealth({ isOff: false, interval: '10' })),
    '',
  );
  t.is(
    messageOf(() => parseHealth({ isOff: false, retries: '-1' })),
    '--health-retries cannot be negative',
  );
});

test('durations of Go', (t) => {
  for (const [text, nanoseconds] of [
    ['0', 0],
    ['1.5s', 1.5e9],
    ['1h2m3s', 3723e9],
    ['-1m', -60e9],
    ['100us', 1e5],
    ['.5s', 5e8],
  ] as const)
    t.is(parseGoDuration(text), nanoseconds, text);
  for (const text of ['', '10', 's', '1d', '1 s', '1s2']) t.is(parseGoDuration(text), undefined, text);
});

test('files of variables: as docker reads them', (t) => {
  const of = (text: string | Uint8Array) =>
    parseKeyValueFile(typeof text === 'string' ? Buffer.from(text) : text, {
      name: 'a.env',
      lookUp: (key) => (key === 'HOME' ? '/root' : undefined),
    });
  t.deepEqual(of('\uFEFFA=1\r\n\n  B= x \n# no\n   # no\nHOME\nNONE\nQ="a b"\nE=\nD=a=b'), [
    'A=1',
    'B= x ',
    'HOME=/root',
    'Q="a b"',
    'E=',
    'D=a=b',
  ]);
  t.is(
    messageOf(() => of('A=1\n=x')),
    "a.env, line 2: no variable name on line '=x'",
  );
  t.is(
    messageOf(() => of('A B=1')),
    "a.env, line 1: variable 'A B' contains whitespaces",
  );
  t.is(
    messageOf(() => of(Uint8Array.of(0x41, 0x3d, 0xff))),
    'a.env contains bytes that are no UTF-8',
  );
  t.is(
    messageOf(() => of(`A=${'x'.repeat(70_000)}`)),
    'a.env, line 1: the line is longer than 64 KiB',
  );
});

test('files of variables: what was written is read', (t) => {
  const value = fc.stringMatching(/^[^\r\n\0]{0,20}$/);
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.stringMatching(/^[A-Z_]{1,8}$/), value)), (pairs) => {
      const lines = pairs.map(([key, text]) => `${key}=${text}`);
      t.deepEqual(
        parseKeyValueFile(Buffer.from(lines.join('\n')), { name: 'f', lookUp: () => undefined }),
        lines,
      );
    }),
  );
});

test('--since: ago, a time, seconds', (t) => {
  const now = 1_700_000_000;
  const of = (text: string) => parseLogTime(text, '--since', now);
  t.is(of('10m'), BigInt(now - 600) * 1_000_000_000n);
  t.is(of('1700000000.5'), 1_700_000_000_500_000_000n);
  t.is(of('2023-11-14T22:13:20Z'), BigInt(now) * 1_000_000_000n);
  t.is(of('2023-11-14T22:13:20.123456789Z'), BigInt(now) * 1_000_000_000n + 123_456_789n);
  t.is(of('2023-11-14T23:13:20+01:00'), BigInt(now) * 1_000_000_000n);
  t.is(of('2023-11-14'), BigInt(Date.parse('2023-11-14T00:00:00')) * 1_000_000n);
  for (const text of ['', 'yesterday', '2023-13-01', '10']) {
    if (text === '10') t.is(of(text), 10_000_000_000n);
    else
      t.not(
        messageOf(() => of(text)),
        '',
        text,
      );
  }
});

test('-a', (t) => {
  t.deepEqual(attachedStreams(['STDIN', 'stdout']), ['stdin', 'stdout']);
  t.is(
    messageOf(() => attachedStreams(['all'])),
    'valid streams are STDIN, STDOUT and STDERR',
  );
});

test('filters of ps and events', (t) => {
  t.deepEqual(
    parseContainerFilters([
      'status=exited',
      'status=created',
      'label=a=b',
      'label=c',
      'exited=3',
      'before=x',
    ]),
    {
      statuses: ['exited', 'created'],
      labels: [{ key: 'a', value: 'b' }, { key: 'c' }],
      exitCodes: [3],
      before: 'x',
    },
  );
  t.is(
    messageOf(() => parseContainerFilters(['stats=x'])),
    "invalid filter 'stats' (did you mean status?)",
  );
  t.not(
    messageOf(() => parseContainerFilters(['exited=x'])),
    '',
  );
  t.deepEqual(parseEventFilters(['event=die', 'container=web', 'type=container']), {
    containers: ['web'],
    actions: ['die'],
    types: ['container'],
  });
});
