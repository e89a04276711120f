// A server that speaks S3 and that nobody here wrote, in this process. It looks at keys and not at signatures of
// version 4, and passes over conditions: fake-s3.ts is strict about these.
import type { ExecutionContext } from 'ava';
import { join } from 'node:path';
import S3rver from 's3rver';
import { tempDir } from './temp-store.js';

export interface RunningS3rver {
  readonly url: string;
  readonly bucket: string;
  readonly keys: { readonly accessKeyId: string; readonly secretAccessKey: string };
  remove(key: string): Promise<void>;
}

/** Ends with the test. */
export async function serveS3rver(t: ExecutionContext): Promise<RunningS3rver> {
  const bucket = 'cache-bucket';
  const server = new S3rver({
    address: '127.0.0.1',
    port: 0,
    directory: join(tempDir(t), 's3'),
    silent: true,
    configureBuckets: [{ name: bucket }],
  });
  const { port } = await server.run();
  t.teardown(() => server.close());
  return {
    url: `http://127.0.0.1:${port}`,
    bucket,
    keys: { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' },
    remove: (key) => server.store.deleteObject(bucket, key),
  };
}
