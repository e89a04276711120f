import test from 'ava';
import { toolArguments } from '../../../../src/sandbox/network/network-tool.js';

test('pasta forwards no port, maps no address to the loopback of the host, and stays in the foreground', (t) => {
  t.is(
    toolArguments('pasta', 42).join(' '),
    '--config-net --foreground --quiet --tcp-ports none --udp-ports none --tcp-ns none --udp-ns none --no-map-gw' +
      ' --dns-forward 169.254.1.1 --pid /dev/fd/3 --userns /proc/42/ns/user --netns /proc/42/ns/net',
  );
});

test('slirp4netns refuses the loopback of the host, and confines itself', (t) => {
  t.is(
    toolArguments('slirp4netns', 42).join(' '),
    '--configure --mtu=65520 --disable-host-loopback --enable-sandbox --enable-seccomp --ready-fd=3' +
      ' --userns-path=/proc/42/ns/user --netns-type=path /proc/42/ns/net tap0',
  );
});
