import { Agent } from 'node:http';
import test from 'ava';
import { TsbuildError } from '../../../src/core/errors.js';
import { ForwardProxyAgent } from '../../../src/registry/forward-proxy-agent.js';
import { throughProxy } from '../../../src/registry/through-proxy.js';
import { TunnelAgent } from '../../../src/registry/tunnel-agent.js';

const OPTIONS = { keepAlive: false, maxSockets: 1 };

const failure = (code: string) =>
  new TsbuildError('REGISTRY_UNREACHABLE', 'GET https://a/v2/: connection refused', {
    cause: Object.assign(new Error('x'), { code }),
  });

test('a refused connection through a proxy names it, without its password', (t) => {
  const proxy = new URL('http://me:secret@127.0.0.1:1');
  for (const agent of [new TunnelAgent(proxy, {}, OPTIONS), new ForwardProxyAgent(proxy, 'http://a', {})]) {
    const error = throughProxy(failure('ECONNREFUSED'), agent);
    t.is(error.message, 'GET https://a/v2/: connection refused, by the proxy 127.0.0.1:1');
    t.is(error.code, 'REGISTRY_UNREACHABLE');
    t.regex(error.hint ?? '', /^check that the proxy 127\.0\.0\.1:1 is up/);
    t.notRegex(error.message + error.hint, /secret/);
  }
});

test('other failures, and connections without a proxy, stay as they are', (t) => {
  const reset = failure('ECONNRESET');
  t.is(throughProxy(reset, new TunnelAgent(new URL('http://127.0.0.1:1'), {}, OPTIONS)), reset);
  const direct = failure('ECONNREFUSED');
  t.is(throughProxy(direct, new Agent()), direct);
});
