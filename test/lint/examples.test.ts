/** What lint says of the examples: nothing is wrong in those that are right, and the faults of the others are found. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { lint } from '../../src/lint/lint.ts';
import { toldByCheck } from '../../src/lint/told-by-check.ts';
import { design } from '../../src/pipeline.ts';
import { isInternet } from '../../src/recognise/lab-of-state.ts';

const folder = join(dirname(fileURLToPath(import.meta.url)), '../../examples');
const random = (bytes: number): Uint8Array => new Uint8Array(bytes).fill(7);

/** Errors and warnings, `code machine`. */
const wrongIn = (name: string): readonly string[] => {
  const { value } = design({ file: name, text: readFileSync(join(folder, name), 'utf8') }, undefined, { random });
  if (value === undefined) throw new Error(`${name} is no lab`);
  const { state } = value.lowered;
  const fixed = new Set(Object.entries(state.stacks).flatMap(([stack, own]) => (isInternet(own) ? [stack] : [])));
  return [
    ...new Set(
      lint({ state, outside: { fixed }, except: toldByCheck })
        .filter(({ severity }) => severity !== 'note')
        .map(({ code, stack }) => `${code} ${stack}`),
    ),
  ].sort();
};

/** Examples that show a fault, or that keep one of the guide that they are from. */
const faults: Readonly<Record<string, readonly string[]>> = {
  // `nat:` names networks, whose IPv6 prefixes nobody routes to the host.
  'guide-network.yaml': ['nat-matches-nothing metal'],
  // The host itself is on the office's wire only, where it has no gateway.
  'ubuntu-bond-vlan-routed.yaml': ['missing-return-route server'],
  'guide-stages-2.yaml': ['forwarding-off firewall'],
  'guide-stages-3.yaml': ['missing-return-route metal'],
  'guide-stages-4.yaml': ['not-translated metal'],
  'xen-routed-no-return.yaml': ['missing-return-route router'],
  'xen-routed-own-nat.yaml': ['not-translated router'],
  // The laptop takes what is behind the server for on-link, as in the guide, which is why nobody reaches the guests.
  'ubuntu-bridge-forward.yaml': ['onlink-behind-router laptop'],
  'ubuntu-bridge-forward-lan.yaml': ['onlink-behind-router laptop'],
  'ubuntu-isolated-bridge.yaml': ['onlink-behind-router laptop'],
  'ubuntu-isolated-bridge-empty.yaml': ['onlink-behind-router laptop'],
  'ubuntu-isolated-static.yaml': ['onlink-behind-router laptop'],
  'ubuntu-nat.yaml': ['onlink-behind-router laptop'],
  'ubuntu-routed.yaml': ['onlink-behind-router laptop'],
  'ubuntu-routed-onlink.yaml': ['onlink-behind-router laptop'],
};

describe('lint of the examples', () => {
  const names = readdirSync(folder).filter((name) => name.endsWith('.yaml') && !name.endsWith('.lock.yaml'));

  it.each(names)('%s', (name) => {
    expect(wrongIn(name)).toEqual(faults[name] ?? []);
  });
});
