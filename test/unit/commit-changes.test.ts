// What `commit --change` makes of a config.
import test from 'ava';
import { withChanges } from '../../src/commit-changes.js';

const platform = { os: 'linux', architecture: 'amd64' };
const config = { Env: ['PATH=/bin', 'A=1'], WorkingDir: '/srv', OnBuild: ['RUN x'] };

test('instructions see the config and what came before them', (t) => {
  const changed = withChanges(
    config,
    [
      'ENV B=$A',
      'ENV C=$B-$A',
      'WORKDIR sub',
      'LABEL k=v',
      'VOLUME /v',
      'EXPOSE 80',
      'USER me',
      'ONBUILD RUN y',
    ],
    platform,
  );
  t.deepEqual(changed.Env, ['PATH=/bin', 'A=1', 'B=1', 'C=1-1']);
  t.like(changed, { WorkingDir: '/srv/sub', Labels: { k: 'v' }, User: 'me' });
  t.deepEqual(changed.Volumes, { '/v': {} });
  t.deepEqual(changed.ExposedPorts, { '80/tcp': {} });
  t.deepEqual(changed.OnBuild, ['RUN x', 'RUN y']);
});

test('commands in both forms, and an entrypoint takes the command away', (t) => {
  t.deepEqual(withChanges(config, ['CMD echo hi'], platform).Cmd, ['/bin/sh', '-c', 'echo hi']);
  const both = withChanges({ ...config, Cmd: ['old'] }, ['ENTRYPOINT ["run"]'], platform);
  t.deepEqual([both.Entrypoint, both.Cmd], [['run'], null]);
});

test('nothing else is a change', (t) => {
  t.is(withChanges(config, [], platform), config);
  for (const change of ['RUN x', 'COPY a b', 'ADD a b', 'ARG x', 'SHELL ["sh"]', 'FROM x'])
    t.throws(() => withChanges(config, [change], platform), { message: /is not a valid change command/ });
  t.throws(() => withChanges(config, ['NOPE x'], platform));
});
