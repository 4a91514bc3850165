/** What routers say by BGP, and to whom, is the same after their network was written as a lab file and made from that. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { labText } from '../../src/recognise/lab-text.ts';
import { normalBgpSpeaker } from '../../src/state/bgp-speaker.ts';
import { type NetworkState } from '../../src/state/network-state.ts';
import { lowered } from '../scenarios/routed.ts';
import { randomSystems } from '../scenarios/random-systems.ts';

const speakersOf = ({ stacks }: NetworkState) =>
  Object.fromEntries(
    Object.entries(stacks).flatMap(([name, { services }]) =>
      services.flatMap((service) =>
        service.kind === 'routing-daemon' && service.bgp !== undefined ? [[name, normalBgpSpeaker(service.bgp)]] : [],
      ),
    ),
  );

const example = readFileSync(join(import.meta.dirname, '../../examples/bgp-two-providers.yaml'), 'utf8');

it.each([
  ['bgp-two-providers', example] as const,
  ...[1, 2, 3].map((seed) => [seed, randomSystems(seed).text] as const),
])('%s', (_name, text) => {
  const first = lowered(text);
  const again = labText(first).text;
  expect(speakersOf(lowered(again)), again).toEqual(speakersOf(first));
});
