// The agent that a step talks to: whatever it sends, an answer or the end of the connection.
import { byteMutator } from '../mutate-bytes.mjs';
import { load } from '../load.mjs';

export const agentTarget = {
  name: 'ssh-agent',
  mutate: byteMutator([
    '\0\0\0\x01\x0b',
    '\0\0\0\x05\x0d',
    '\0\0\0\0',
    '\xff\xff\xff\xff',
    '\0\x04\0\0',
    'ssh-ed25519',
  ]),
  async reader() {
    const { answer } = await load('ssh-agent/answer');
    const { createSplitter } = await load('ssh-agent/split-messages');
    return async (bytes) => createSplitter()(bytes)?.map((message) => answer([], message));
  },
};
