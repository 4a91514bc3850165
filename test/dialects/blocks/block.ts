/**
 * Blocks of configuration as five well-known documents have them, each in words of our own: with the form in which a reader
 * of the document has it, a file or something pasted.
 */
import { type ImportedText } from '../../../src/dialects/read-network.ts';

export interface Block {
  /** Which document, and what the block shows. */
  readonly name: string;
  /** `pasted`, or where the file stands on its machine. Several files belong together. */
  readonly texts: readonly ImportedText[];
  /** Lines that rightly say nothing: what describes, decorates or counts. */
  readonly silent: readonly RegExp[];
}

const textOf = (path: string, lines: readonly string[]): ImportedText => ({
  ...{ path, file: path },
  text: `${lines.join('\n')}\n`,
});

/** Blank, a comment, what is looked at only, and what comes up whether it is listed or not. */
const usual = [
  /^\s*(?:#.*)?$/,
  /^auto lo$/,
  /^\S*[$#] (?:sudo )?(?:ping6?|cat|virsh|vi|vim|ifconfig(?: \S+)?$|route$|brctl show|ufw status|iptables (?:-t nat )?-L|ovs-vsctl|sh )\b/,
];

/** What ifconfig and route print of counters, of loopback, and of routes that the kernel makes. */
const printed = [
  /^\s*(?:[RT]X |collisions:|UP LOOPBACK|inet addr:127\.|inet6 addr: (?:::1|fe80:))/,
  /^(?:lo\b|Kernel IP|Destination|bridge name)/,
  /^[\d.]+\s+\*\s/,
];

/** `more`: lines of this block that say nothing, beside the usual ones. */
export const pasted = (name: string, lines: readonly string[], more: readonly RegExp[] = []): Block => ({
  name,
  texts: [textOf('pasted', lines)],
  silent: [...usual, ...printed, ...more],
});

export const files = (
  name: string,
  all: Readonly<Record<string, readonly string[]>>,
  more: readonly RegExp[] = [],
): Block => ({
  name,
  texts: Object.entries(all).map(([path, lines]) => textOf(path, lines)),
  silent: [...usual, ...more],
});

/** One interface as the older ifconfig prints it. */
export const printedInterface = (
  name: string,
  mac: string,
  address?: string,
  mask = '255.255.255.0',
  more: readonly string[] = [],
): readonly string[] => [
  `${name.padEnd(9)} Link encap:Ethernet  HWaddr ${mac}  `,
  ...(address === undefined ? [] : [`          inet addr:${address}  Bcast:${address.replace(/\.\d+$/, '.255')}  Mask:${mask}`]),
  ...more.map((line) => `          ${line}`),
  '          UP BROADCAST RUNNING MULTICAST  MTU:1500  Metric:1',
  '          RX packets:9 errors:0 dropped:0 overruns:0 frame:0',
  '',
]; // prettier-ignore

export const printedLoopback: readonly string[] = [
  'lo        Link encap:Local Loopback  ',
  '          inet addr:127.0.0.1  Mask:255.0.0.0',
  '          UP LOOPBACK RUNNING  MTU:65536  Metric:1',
];

/** The same as a page leaves it that broke its lines. */
export const brokenInterface = (name: string, mac: string, address?: string, mask = '255.255.255.0'): readonly string[] => [
  name,
  '',
  `Link encap:Ethernet HWaddr ${mac}`,
  ...(address === undefined ? [] : [`inet addr:${address} Bcast:${address.replace(/\.\d+$/, '.255')} Mask:${mask}`]),
  'UP BROADCAST RUNNING MULTICAST MTU:1500 Metric:1',
  'RX packets:28 errors:0 dropped:0 overruns:0 frame:0',
  'collisions:0 txqueuelen:0',
]; // prettier-ignore

/** The words of a stanza below its `iface`. */
export const stanza = (head: string, ...options: readonly string[]): readonly string[] => [
  `auto ${head.split(' ')[0] ?? ''}`,
  `iface ${head}`,
  ...options.map((option) => `   ${option}`),
];

export const loopback: readonly string[] = ['# loopback', ...stanza('lo inet loopback'), ''];
