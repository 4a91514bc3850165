/** Ports of bridges and members of bonds in ifcfg-* of Red Hat: ifup makes them that, and does nothing more with them. */
import { type Interface } from '../../state/network-state.ts';
import { type Place } from '../dialect.ts';
import { newBridge } from '../shell-commands/brctl.ts';
import { bridgeChange } from '../shell-commands/bridge-options.ts';
import { type Effect } from '../shell-commands/effect.ts';
import { argumentsOf } from '../shell-commands/options.ts';
import { changeLink, type RunningDraft, makeLink } from '../shell-commands/running-draft.ts';
import { isInterfaceName } from '../shell-commands/values.ts';
import { field } from '../../state/spelling.ts';
import { type Assignment, assignmentIn, type VariableFile, variableIn } from '../shell-commands/variables.ts';
import { enslave } from './bonds.ts';

export interface Ifcfg {
  readonly name: string;
  readonly file: VariableFile;
  readonly at: Place;
}

export const yes = (value: string | undefined): boolean => /^(?:yes|on|true|y|1)$/i.test(value ?? '');

export const no = (value: string | undefined): boolean => /^(?:no|off|false|n|0)$/i.test(value ?? '');

/** ifup makes the bridge where nothing made it yet; nobody brings it up then. */
const makeMissing = (draft: RunningDraft, bridge: Assignment): void => {
  const name = bridge.value.trim();
  const before = draft.interfaces.get(name);
  if (before?.kind === 'bridge' || !isInterfaceName(name)) return;
  if (before !== undefined) {
    draft.tell('error', 'no-bridge', `\`${name}\` is no bridge`, bridge.at);
    return;
  }
  makeLink(draft, name, { kind: 'bridge', bridge: newBridge, up: false }, bridge.at);
  draft.tell('assumed', 'no-file', `no file is for \`${name}\`: ifup makes the bridge and leaves it down`, bridge.at);
};

/** Whether it became a port or member: ifup ends there, and gives it no address. */
export const join = (draft: RunningDraft, { name, file, at }: Ifcfg): boolean => {
  const bridge = assignmentIn(file, 'BRIDGE');
  const master = assignmentIn(file, 'MASTER');
  const isPort = bridge !== undefined && bridge.value.trim() !== '';
  const isMember = master !== undefined && master.value.trim() !== '' && !no(variableIn(file, 'SLAVE'));
  if (isPort) {
    makeMissing(draft, bridge);
    enslave(draft, bridge.value.trim(), name, bridge.at);
  } else if (isMember) enslave(draft, master.value.trim(), name, master.at);
  else changeLink(draft, name, { up: true }, at);
  return isPort || isMember;
};

export const tellLost = (draft: RunningDraft, { name, file }: Ifcfg): void => {
  for (const { name: variable, value, at } of file.assignments)
    if (
      (/^(?:IPADDR\d*|IPV6ADDR)$/.test(variable) && value.trim() !== '') ||
      (variable === 'BOOTPROTO' && /^(?:dhcp|bootp)$/i.test(value))
    )
      draft.tell(
        'ignored',
        'address-of-port',
        `\`${variable}\` does nothing: \`${name}\` is a port or member, and ifup gives it no address`,
        at,
      );
};

/** `BRIDGING_OPTS`: names of files in sysfs, which ifup writes to. */
const optionsIn = (file: VariableFile): ReadonlyMap<string, string> =>
  new Map(
    (variableIn(file, 'BRIDGING_OPTS') ?? '').split(/\s+/).flatMap((word) => {
      const [key = '', value] = word.split('=');
      return value === undefined ? [] : [[key, value] as const];
    }),
  );

const tellOptions = (draft: RunningDraft, { file, at }: Ifcfg, said: readonly string[]): void => {
  const place = assignmentIn(file, 'BRIDGING_OPTS')?.at ?? at;
  for (const key of optionsIn(file).keys())
    if (!said.includes(key)) draft.tell('not-said', 'unsaid-option', `\`${key}\` has no place in the model`, place);
};

/** Files of sysfs that have the names and units of ip-link(8): hundredths of seconds. */
const bridgeFiles = ['stp_state', 'forward_delay', 'vlan_filtering'] as const;

export const bridgeOptions = (draft: RunningDraft, ifcfg: Ifcfg): void => {
  const place = assignmentIn(ifcfg.file, 'BRIDGING_OPTS')?.at ?? ifcfg.at;
  for (const [key, value] of optionsIn(ifcfg.file)) {
    const bridge = draft.interfaces.get(ifcfg.name)?.bridge;
    if (bridge === undefined || !bridgeFiles.some((file) => file === key)) continue;
    const change = bridgeChange(bridge, argumentsOf([key, value]));
    if (isEffect(change)) {
      if (change.kind !== 'done') draft.tell('error', 'unsaid-option', `\`${key}=${value}\`: ${change.message}`, place);
    } else changeLink(draft, ifcfg.name, change, ifcfg.at);
  }
  tellOptions(draft, ifcfg, bridgeFiles);
};

const isEffect = (change: Partial<Interface> | Effect): change is Effect =>
  change.kind === 'done' || 'message' in change;

const portFiles = ['hairpin_mode', 'isolated', 'learning', 'unicast_flood'] as const;

export const portOptions = (draft: RunningDraft, ifcfg: Ifcfg): void => {
  const [hairpin, isolated, learning, flood] = portFiles.map((key) => optionsIn(ifcfg.file).get(key));
  const port = {
    ...field('hairpin', hairpin === '1' ? (true as const) : undefined),
    ...field('isolated', isolated === '1' ? (true as const) : undefined),
    ...field('learning', learning === '0' ? (false as const) : undefined),
    ...field('flood', flood === '0' ? (false as const) : undefined),
  };
  if (Object.keys(port).length > 0) changeLink(draft, ifcfg.name, { port }, ifcfg.at);
  tellOptions(draft, ifcfg, portFiles);
};
