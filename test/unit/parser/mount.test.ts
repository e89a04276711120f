// RUN --mount: every key, default and error of BuildKit's instructions/commands_runmount.go.
import test from 'ava';
import { TsbuildError } from '../../../src/core/errors.js';
import { parseMount, validateMount } from '../../../src/parser/mount.js';

const asIs = (text: string): string => text;

for (const [csv, expected] of [
  ['target=/a', { type: 'bind', target: '/a', source: '', readonly: true }],
  [
    'type=bind,dst=/a,src=s,from=st,rw',
    { type: 'bind', target: '/a', source: 's', from: 'st', readonly: false },
  ],
  ['TYPE=Bind,Destination=a,readwrite=false', { type: 'bind', target: 'a', source: '', readonly: true }],
  ['"target=/a,b",ro=0', { type: 'bind', target: '/a,b', source: '', readonly: false }],
  [
    'type=cache,target=/c/../d/',
    { type: 'cache', target: '/c/../d/', source: '', id: '/d', readonly: false, sharing: 'shared' },
  ],
  [
    'type=cache,target=/c,id=i,sharing=LOCKED,mode=0700,uid=1,gid=2,from=x,source=y,ro',
    {
      type: 'cache',
      target: '/c',
      from: 'x',
      source: 'y',
      id: 'i',
      readonly: true,
      sharing: 'locked',
      mode: 0o700,
      uid: 1,
      gid: 2,
    },
  ],
  ['type=tmpfs,target=/t,size=64m', { type: 'tmpfs', target: '/t', sizeBytes: 64 * 1024 * 1024 }],
  ['type=tmpfs,target=/t', { type: 'tmpfs', target: '/t' }],
  [
    'type=secret,id=s',
    { type: 'secret', id: 's', target: '/run/secrets/s', required: false, mode: 0o400, uid: 0, gid: 0 },
  ],
  [
    'type=secret,target=/x/y',
    { type: 'secret', id: 'y', target: '/x/y', required: false, mode: 0o400, uid: 0, gid: 0 },
  ],
  [
    'type=secret,id=s,env=V,required',
    { type: 'secret', id: 's', env: 'V', required: true, mode: 0o400, uid: 0, gid: 0 },
  ],
  [
    'type=secret,source=s,env=V,target=/t,required=true,mode=0444,uid=5',
    { type: 'secret', id: 's', env: 'V', target: '/t', required: true, mode: 0o444, uid: 5, gid: 0 },
  ],
  ['type=ssh', { type: 'ssh', id: 'default', required: false, mode: 0o600, uid: 0, gid: 0 }],
  [
    'type=ssh,id=k,target=/s,required',
    { type: 'ssh', id: 'k', target: '/s', required: true, mode: 0o600, uid: 0, gid: 0 },
  ],
] as const) {
  test(`reads ${csv}`, (t) => t.deepEqual<unknown, unknown>(parseMount(csv, asIs), expected));
}

for (const [csv, message] of [
  ['type=tmp', 'unsupported mount type "tmp" (did you mean tmpfs?)'],
  ['typ=x', "unexpected key 'typ' in 'typ=x' (did you mean type?)"],
  ['size=1', "unexpected key 'size' for mount type 'bind'"],
  ['target=/a,mode=0755', 'mode not allowed for "bind" type mounts'],
  ['type=tmpfs,uid=1', 'uid not allowed for "tmpfs" type mounts'],
  ['target=/a,sharing=shared', 'invalid cache sharing set for bind mount'],
  ['type=cache,sharing=none', 'unsupported sharing value "none"'],
  ['type=secret', 'invalid secret mount. one of source, target required'],
  ['type=secret,id=a,src=b', "both source and id can't be set"],
  ['type=secret,id=a,from=b', 'secret mount should not have a from'],
  ['type=ssh,src=a', 'ssh does not support source'],
  ['target=/', 'invalid mount target "/"'],
  ['target=/a/..', 'invalid mount target "/"'],
  ['target', "invalid field 'target' must be a key=value pair"],
  ['required', "unexpected key 'required' for mount type 'bind'"],
  ['required=true,type=secret,id=a', "unexpected key 'required' for mount type 'bind'"],
  ['ro=yes', 'invalid value for ro: yes'],
  ['type=cache,mode=8', 'invalid value 8 for mode'],
  ['type=cache,uid=-1', 'invalid value -1 for uid'],
  ['type=tmpfs,size=1x', 'invalid value for size: 1x'],
  ['', 'failed to parse csv mounts: EOF'],
  ['a"b', 'failed to parse csv mounts: parse error on line 1, column 2: bare " in non-quoted field'],
  [
    '"a"b',
    'failed to parse csv mounts: parse error on line 1, column 3: extraneous or missing " in quoted-field',
  ],
] as const) {
  test(`refuses ${csv}`, (t) => {
    t.like(
      t.throws(() => parseMount(csv, asIs), { instanceOf: TsbuildError }),
      { code: 'DOCKERFILE_SYNTAX', message },
    );
  });
}

test('values are expanded, keys are not', (t) => {
  const mount = parseMount('type=$T,target=/x/$T,id=${T}', (text) => text.replaceAll(/\$\{?T\}?/g, 'cache'));
  t.like(mount, { type: 'cache', target: '/x/cache', id: 'cache' });
});

test('before variables are known only the CSV and `from` are checked', (t) => {
  t.deepEqual(validateMount('type=$T,target=$X,whatever=1'), { target: '$X' });
  t.deepEqual(validateMount('from=a,from=b,dst=/x'), { from: 'b', target: '/x' });
  t.deepEqual(validateMount('from=a$'), { from: 'a$', target: '' });
  t.throws(() => validateMount('from=$b'), {
    message: "'from' doesn't support variable expansion, define alias stage instead",
  });
  t.throws(() => validateMount('"'), { code: 'DOCKERFILE_SYNTAX' });
});
