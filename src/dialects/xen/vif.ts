/**
 * `vif` strings (xl-network-configuration(5)) as xl 4.17 reads them: `key=value` with commas between. Spaces in front of a
 * key do not count, all other blanks do; keys are in lower case; of one that is given twice the later counts.
 */
import { type Place } from '../dialect.ts';
import { type Tell } from '../draft.ts';
import { isInterfaceName, readInteger, readInterfaceAddress, readMac, type AddressAndLength } from '../plain-values.ts';

export interface Vif {
  readonly at: Place;
  readonly mac?: string;
  /** Addresses of the guest, or prefixes behind it, as the scripts are told them. */
  readonly addresses: readonly AddressAndLength[];
  readonly bridge?: string;
  readonly script?: string;
  readonly name?: string;
  /** Its number among those of the guest; absent: its place in the list. */
  readonly number?: number;
  readonly gatewayDevice?: string;
  readonly mtuBytes?: number;
}

const known: ReadonlySet<string> = new Set([
  ...['mac', 'ip', 'bridge', 'script', 'vifname', 'gatewaydev', 'mtu', 'devid'],
]);
/** Of no matter to networks, or what every guest has. */
const quiet: ReadonlySet<string> = new Set(['type', 'model']);
const unsaid: ReadonlySet<string> = new Set([
  ...['rate', 'backend', 'backendtype', 'backend-type', 'trusted', 'forwarddev', 'vlan'],
]);

const wordsOf = (text: string, at: Place, tell: Tell): ReadonlyMap<string, string> => {
  const values = new Map<string, string>();
  for (const part of text.split(',').map((word) => word.replace(/^ +/, ''))) {
    if (part === '') continue;
    const end = part.indexOf('=');
    const name = end < 0 ? '' : part.slice(0, end);
    if (known.has(name)) values.set(name, part.slice(end + 1));
    else if (unsaid.has(name))
      tell('not-said', 'no-words-for', `\`${part.trim()}\` of a vif has no place in the model`, at);
    else if (!quiet.has(name)) {
      const meant = name.trim().toLowerCase();
      const isSpelled = known.has(meant) || unsaid.has(meant);
      tell(
        'ignored',
        'unknown-key',
        `\`${part.trim()}\` begins with no key of a vif that is known here`,
        at,
        ...(isSpelled ? [`write \`${meant}=\`: in lower case, and without blanks`] : []),
      );
    }
  }
  return values;
};

/** Digits may be missing in front: `0:1:2:3:4:5`. */
const macIn = (text: string): string | undefined =>
  readMac(
    text
      .split(/[:-]/)
      .map((part) => part.padStart(2, '0'))
      .join(':'),
  );

export const readVif = (text: string, at: Place, tell: Tell): Vif => {
  const values = wordsOf(text, at, tell);
  const read = <T>(key: string, reader: (value: string) => T | undefined, is: string): T | undefined => {
    const value = values.get(key);
    if (value === undefined || value === '') return undefined;
    const result = reader(value);
    if (result === undefined) tell('error', 'bad-value', `\`${value}\` is not ${is}`, at);
    return result;
  };
  const deviceName = (value: string): string | undefined => (isInterfaceName(value) ? value : undefined);
  const mac = read('mac', macIn, 'a MAC');
  const addresses = (values.get('ip') ?? '').split(/\s+/).flatMap((word) => {
    if (word === '') return [];
    const address = readInterfaceAddress(word);
    if (address === undefined) tell('error', 'bad-value', `\`${word}\` is not an address`, at);
    return address ?? [];
  });
  const vifname = values.get('vifname') ?? '';
  const name = deviceName(vifname);
  if (vifname !== '' && name === undefined)
    tell('error', 'bad-name', `\`${vifname}\` cannot be the name of an interface`, at);
  const script = values.get('script')?.replace(/^.*\//, '');
  const [, switched, vlans] = /^([^.:]+)([.:][\d:]+)$/.exec(values.get('bridge') ?? '') ?? [];
  const isTagged = script === 'vif-openvswitch' && vlans !== undefined;
  if (isTagged)
    tell(
      'not-said',
      'no-words-for',
      `the VLANs \`${vlans}\` of a switch of Open vSwitch have no place in the model`,
      at,
    );
  const bridge = isTagged ? switched : read('bridge', deviceName, 'the name of an interface');
  const gatewayDevice = read('gatewaydev', deviceName, 'the name of an interface');
  const decimal = (value: string, least: number): number | undefined =>
    /^\d+$/.test(value) ? readInteger(value, least, 65535) : undefined;
  const mtuBytes = read('mtu', (value) => decimal(value, 68), 'an MTU');
  const number = read('devid', (value) => decimal(value, 0), 'a number');
  return {
    at,
    addresses,
    ...(mac === undefined ? {} : { mac }),
    ...(bridge === undefined ? {} : { bridge }),
    ...(script === undefined || script === '' ? {} : { script }),
    ...(name === undefined ? {} : { name }),
    ...(number === undefined ? {} : { number }),
    ...(gatewayDevice === undefined ? {} : { gatewayDevice }),
    ...(mtuBytes === undefined ? {} : { mtuBytes }),
  };
};
