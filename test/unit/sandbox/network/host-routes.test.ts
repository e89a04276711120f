import test from 'ava';
import { hostRoutes, parseRoutes } from '../../../../src/sandbox/network/host-routes.js';
import { blockText } from '../../../../src/sandbox/network/ipv4.js';

test('routes of the kernel’s table, without the default one', (t) => {
  const text = [
    'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT',
    'eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0',
    'eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0',
    'docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0',
    '',
  ].join('\n');
  t.deepEqual(parseRoutes(text).map(blockText), ['192.0.2.0/24', '172.17.0.0/16']);
  t.deepEqual(parseRoutes(''), []);
  t.notThrows(hostRoutes);
});
