/** Labs of lab files, and their scenes. Chance is the same each time. */
import { existsSync, readFileSync } from 'node:fs';
import { sceneOf } from '../../src/draw/scene-of.ts';
import { type Scene } from '../../src/draw/scene.ts';
import { design } from '../../src/pipeline.ts';

export const sceneOfText = (file: string, text: string, lock?: string): Scene => {
  const pinned = lock === undefined ? undefined : { file: `${file}.lock`, text: lock };
  const random = (bytes: number): Uint8Array => new Uint8Array(bytes).fill(0xab);
  const { value, diagnostics } = design({ file, text }, pinned, { random });
  if (value === undefined) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
  return sceneOf(value.lab, value.lowered.state);
};

export const sceneOfFile = (path: string): Scene => {
  const lock = path.replace(/\.yaml$/, '.lock.yaml');
  return sceneOfText(path, readFileSync(path, 'utf8'), existsSync(lock) ? readFileSync(lock, 'utf8') : undefined);
};

/** Over a hundred machines on seven networks, some on two of them, and a router between three. */
export const hundred = (): string => {
  const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);
  const modes = ['nat', 'routed', 'host-only', 'private', 'routed', 'nat'];
  const sizes = [40, 12, 12, 10, 8, 6];
  return `lab: hundred
outside:
  networks: { office: { ipv4: 192.168.0.0/24, gateway: gw } }
  machines:
    gw: { nics: { lan: { network: office, address: 1 }, wan: internet }, nat: true }
    desktop: { nics: { eth0: { network: office, address: 5 } } }
hosts: { metal: { nics: { eth0: { network: office, address: 3 } } } }
networks:
  lan: { mode: bridged, nic: eth0 }
${modes.map((mode, net) => `  net${net}: { mode: ${mode}, ipv4: 10.${net}.0.0/24 }\n`).join('')}machines:
${sizes.flatMap((size, net) => numbers(size).map((at) => `  vm${net}-${at}: { nics: [net${net}] }\n`)).join('')}${numbers(
    12,
  )
    .map((at) => `  dual${at}: { nics: [net1, net3] }\n`)
    .join('')}  office-vm: { nics: [lan] }
  fw: { nics: { eth0: net4, eth1: { network: net5, gateway: none }, eth2: { network: net3, gateway: none } }, services: [router] }
`;
};
