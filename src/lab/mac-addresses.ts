/**
 * Gives every NIC its MAC: as written, as kept, or 52:54:00 (locally administered), the machine's number and the NIC's
 * index. One MAC per lab; a host's bridge interfaces count as NICs, and so do the members of bonds.
 */
import { isUnicastMac, parseMac } from '../net/mac.ts';
import { contradicts, lockedNic, type Context } from './context.ts';
import { allNics, nicKey, type DraftMachine, type DraftNic } from './draft.ts';
import { type Numbers } from './machine-numbers.ts';

export type Macs = ReadonlyMap<string, string>;

const hex = (value: number): string => value.toString(16).padStart(2, '0');

export const macOf = (number: number, index: number): string =>
  `52:54:00:${hex((number >> 8) & 0xff)}:${hex(number & 0xff)}:${hex(index & 0xff)}`;

export const planMacs = (context: Context, numbers: Numbers): Macs => {
  const macs = new Map<string, string>();
  const holders = new Map<string, DraftNic>();
  const give = (nic: DraftNic, mac: string): void => {
    macs.set(nicKey(nic), mac);
    holders.set(mac, nic);
  };
  const nics = allNics(context.draft);
  for (const nic of nics) if (nic.mac !== undefined) giveWritten(context, nic, nic.mac, holders, give);
  for (const nic of nics) {
    // A kept MAC of a machine whose number was forgotten or changed is no longer derived from it.
    const kept = lockedNic(context.lock, nic)?.mac;
    if (kept !== undefined && !macs.has(nicKey(nic)) && !holders.has(kept)) give(nic, kept);
  }
  for (const nic of nics) {
    if (macs.has(nicKey(nic))) continue;
    const number = numbers.get(nic.machine) ?? 0;
    let index = nic.index;
    while (holders.has(macOf(number, index)) && index < nic.index + 256) index += 1;
    give(nic, macOf(number, index));
  }
  for (const machine of context.draft.machines.values()) planMembers(machine, numbers, holders, give);
  return macs;
};

/** Members of bonds count from here, so that they are not in the way of NICs. */
const firstMember = 0x80;

const planMembers = (
  { name, nics }: DraftMachine,
  numbers: Numbers,
  holders: ReadonlyMap<string, DraftNic>,
  give: (nic: DraftNic, mac: string) => void,
): void => {
  let index = firstMember;
  for (const nic of nics)
    for (const member of nic.bond?.members ?? []) {
      while (holders.has(macOf(numbers.get(name) ?? 0, index)) && index < 0xff) index += 1;
      give({ ...nic, name: member }, macOf(numbers.get(name) ?? 0, index));
    }
};

const giveWritten = (
  context: Context,
  nic: DraftNic,
  written: NonNullable<DraftNic['mac']>,
  holders: ReadonlyMap<string, DraftNic>,
  give: (nic: DraftNic, mac: string) => void,
): void => {
  const { text, at } = written;
  const mac = parseMac(text);
  if (mac === undefined || !isUnicastMac(mac)) {
    const what =
      mac === undefined ? 'is not a MAC address' : 'is a multicast or empty MAC address, which no interface may have';
    context.findings.error(mac === undefined ? 'not-a-mac' : 'multicast-mac', `\`${text}\` ${what}`, at, {
      help: 'write six bytes such as 52:54:00:12:34:56, the first one even',
    });
    return;
  }
  const kept = lockedNic(context.lock, nic)?.mac;
  if (kept !== undefined && kept !== mac)
    contradicts(
      context,
      nic.machine,
      `\`${nic.machine}\` has ${mac} on \`${nic.name}\` in the file, and ${kept} is kept for it`,
      at,
    );
  const holder = holders.get(mac);
  if (holder !== undefined) {
    const clones = context.draft.machines.get(nic.machine)?.clonesOf !== undefined;
    context.findings.error('duplicate-mac', `\`${nic.machine}\` and \`${holder.machine}\` both have ${mac}`, at, {
      notes: [{ message: `\`${holder.machine}\` has it here`, at: holder.mac?.at ?? holder.at }],
      help: clones
        ? 'leave `mac` out: every clone gets one of its own'
        : 'leave `mac` out of one of the two: it gets a free one',
    });
  }
  give(nic, mac);
};
