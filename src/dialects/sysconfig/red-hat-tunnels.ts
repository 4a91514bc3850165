/** Tunnels of Red Hat's ifcfg-*, as its ifup-sit and ifup-tunnel make them (sysconfig.txt of the initscripts). */
import { type RunningDraft } from '../shell-commands/running-draft.ts';
import { ipAddress } from '../shell-commands/ip-address.ts';
import { ipTunnel } from '../shell-commands/ip-tunnel.ts';
import { assignmentIn, type VariableFile, variableIn } from '../shell-commands/variables.ts';
import { type Ifcfg } from './red-hat-ports.ts';

const modes: ReadonlyMap<string, 'gre' | 'ipip'> = new Map([
  ['gre', 'gre'],
  ['ipip', 'ipip'],
]);

/** What ifup-sit gives outer packets: net.ipv4.ip_default_ttl. */
const usualTtl = '64';

const wordsOf = (file: VariableFile, pairs: readonly (readonly [variable: string, word: string])[]): string[] =>
  pairs.flatMap(([variable, word]) => {
    const value = variableIn(file, variable);
    return value === undefined || value === '' ? [] : [word, value];
  });

export const isSit = ({ name, file }: Ifcfg): boolean =>
  (/^sit[1-9]\d*$/.test(name) || variableIn(file, 'TYPE')?.toLowerCase() === 'sit') &&
  variableIn(file, 'IPV6TUNNELIPV4') !== undefined;

/** Their scripts know no `IPADDR`. */
export const isTunnel = (ifcfg: Ifcfg): boolean =>
  modes.has(variableIn(ifcfg.file, 'TYPE')?.toLowerCase() ?? '') || isSit(ifcfg);

/** Whether the file is about a tunnel, which is made then. */
export const makeTunnel = (draft: RunningDraft, ifcfg: Ifcfg): boolean => {
  const { name, file, at } = ifcfg;
  const mode = modes.get(variableIn(file, 'TYPE')?.toLowerCase() ?? '');
  if (mode === undefined && !isSit(ifcfg)) return false;
  const words =
    mode === undefined
      ? [
          ...['mode', 'sit', 'ttl', usualTtl],
          ...wordsOf(file, [
            ['IPV6TUNNELIPV4', 'remote'],
            ['IPV6TUNNELIPV4LOCAL', 'local'],
          ]),
        ]
      : [
          ...['mode', mode],
          ...wordsOf(file, [
            ['MY_OUTER_IPADDR', 'local'],
            ['PEER_OUTER_IPADDR', 'remote'],
            ['KEY', 'key'],
            ['TTL', 'ttl'],
          ]),
        ];
  const effect = ipTunnel(draft, 'add', ['name', name, ...words], at);
  if (effect.kind !== 'done')
    draft.tell(effect.kind === 'wrong' ? 'error' : 'not-said', 'unsaid-tunnel', `\`${name}\`: ${effect.message}`, at);
  return true;
};

/** `MY_INNER_IPADDR` and the far end that it talks to. */
export const innerAddress = (draft: RunningDraft, { name, file }: Ifcfg): void => {
  const own = assignmentIn(file, 'MY_INNER_IPADDR');
  if (own === undefined || own.value.trim() === '') return;
  const far = wordsOf(file, [['PEER_INNER_IPADDR', 'peer']]);
  const effect = ipAddress(draft, 'add', [own.value.trim(), ...far, 'dev', name], own.at);
  if (effect.kind !== 'done')
    draft.tell('error', 'not-an-address', `\`${own.name}=${own.value}\`: ${effect.message}`, own.at);
};
