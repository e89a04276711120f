import test from 'ava';
import { publishedPorts } from '../../../../src/containers/rules/published-ports.js';

const web = { hostIp: '', hostPort: 8080, containerPort: 80, protocol: 'tcp' } as const;

test('with -P every exposed port that has none gets a free one of the host', (t) => {
  t.deepEqual(publishedPorts({ ports: [web] }, ['443/tcp']), [web]);
  t.deepEqual(
    publishedPorts({ ports: [web], isEveryPortPublished: true }, ['80/tcp', '53/udp', '7', '9/sctp']),
    [
      web,
      { hostIp: '', hostPort: 0, containerPort: 53, protocol: 'udp' },
      { hostIp: '', hostPort: 0, containerPort: 7, protocol: 'tcp' },
    ],
  );
});
