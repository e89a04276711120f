import test from 'ava';
import {
  createDefaultNetwork,
  type DefaultNetwork,
} from '../../../../src/sandbox/network/default-network.js';
import type { NetworkChoice } from '../../../../src/sandbox/network/choose-network.js';
import { TsbuildError } from '../../../../src/core/errors.js';

const tool = { name: 'pasta', program: '/usr/bin/pasta' } as const;
const failure = new TsbuildError('SANDBOX_NO_NETWORK', 'pasta cannot connect a network: no tun');

const SILENT = { isSaidAgain: false };

function networksOf(choice: NetworkChoice): { networks: DefaultNetwork; notes: string[] } {
  const notes: string[] = [];
  return { networks: createDefaultNetwork(choice, (note) => notes.push(note)), notes };
}

test('with a tool steps have a network of their own, without a word', (t) => {
  const { networks, notes } = networksOf({ tool, isForced: false });
  t.is(networks.ofDefault(), 'private');
  t.is(networks.forwarder, '169.254.1.1');
  t.deepEqual(notes, []);
});

test('without one the network of the host is used, which is said once with the reason', (t) => {
  const { networks, notes } = networksOf({ isForced: false, reason: 'nothing is installed' });
  t.deepEqual([networks.ofDefault(), networks.ofDefault()], ['host', 'host']);
  t.is(networks.forwarder, undefined);
  t.deepEqual(notes, ['processes use the network of the host: nothing is installed']);
});

test('who asked for the network of the host is not told about it', (t) => {
  const { networks, notes } = networksOf({ isForced: true });
  t.is(networks.ofDefault(), 'host');
  t.deepEqual(notes, []);
});

test('a tool that fails is given up once and said, a forced one never', (t) => {
  const chosen = networksOf({ tool, isForced: false });
  t.true(chosen.networks.giveUp(failure, SILENT));
  t.true(chosen.networks.giveUp(failure, SILENT));
  t.deepEqual([chosen.networks.ofDefault(), chosen.networks.ofDefault()], ['host', 'host']);
  t.deepEqual(chosen.notes, [`processes use the network of the host: ${failure.message}`]);
  const forced = networksOf({ tool, isForced: true });
  t.false(forced.networks.giveUp(failure, SILENT));
  t.is(forced.networks.ofDefault(), 'private');
});

test('a step that had output is said to begin once more', (t) => {
  const { networks, notes } = networksOf({ tool, isForced: false });
  t.true(networks.giveUp(failure, { isSaidAgain: true }));
  t.is(networks.ofDefault(), 'host');
  t.deepEqual(notes, [
    `a process begins once more, with its output: ${failure.message}`,
    `processes use the network of the host: ${failure.message}`,
  ]);
});
