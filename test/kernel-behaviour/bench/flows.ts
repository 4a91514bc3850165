/** Questions in few words: who asks, whom, by what. */
import { type Flow } from '../../../src/reach/walk.ts';
import { familyOf } from './network.ts';

type More = Partial<Flow>;

export const ping = (from: string, destination: string, more: More = {}): Flow => ({
  from,
  family: familyOf(destination),
  destination,
  protocol: 'icmp',
  port: null,
  ...more,
});

export const tcp = (from: string, destination: string, more: More = {}): Flow => ({
  ...ping(from, destination),
  protocol: 'tcp',
  port: 80,
  isListening: true,
  ...more,
});

export const udp = (from: string, destination: string, more: More = {}): Flow => ({
  ...tcp(from, destination),
  protocol: 'udp',
  ...more,
});
