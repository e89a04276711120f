import test from 'ava';
import { hostRulesOf } from '../../../../src/registry/push/host-rules.js';

test('registries that want no chunks, small ones, or few uploads', (t) => {
  const rows: [domain: string, bodies: number, maxChunkBytes: number][] = [
    ['123456789012.dkr.ecr.eu-west-1.amazonaws.com', 2, 0],
    ['123456789012.dkr.ecr-fips.us-east-1.amazonaws.com', 2, 0],
    ['123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn', 2, 0],
    ['123456789012.dkr-ecr.eu-west-1.on.aws', 2, 0],
    ['public.ecr.aws', 2, 0],
    ['europe-docker.pkg.dev', 4, 0],
    ['eu.gcr.io', 4, 0],
    ['gcr.io', 4, 0],
    ['ghcr.io', 4, 4 << 20],
    ['GHCR.io:443', 4, 4 << 20],
    ['docker.io', 4, Infinity],
    ['localhost:5000', 4, Infinity],
    ['notgcr.io', 4, Infinity],
    ['ghcr.io.example', 4, Infinity],
  ];
  for (const [domain, bodies, maxChunkBytes] of rows)
    t.deepEqual(hostRulesOf(domain), { bodies, maxChunkBytes }, domain);
});
