/** `vif` strings (xl-network-configuration(5)): `key=value` pairs with commas between. */
import { type Place } from '../dialect.ts';
import { type Tell } from '../draft.ts';
import { isInterfaceName, readInteger, readInterfaceAddress, readMac } from '../plain-values.ts';

export interface Vif {
  readonly at: Place;
  readonly mac?: string;
  /** Addresses of the guest as the scripts are told them. */
  readonly addresses: readonly string[];
  readonly bridge?: string;
  readonly script?: string;
  readonly name?: string;
  readonly gatewayDevice?: string;
  readonly mtuBytes?: number;
}

const known = new Set(['mac', 'ip', 'bridge', 'script', 'vifname', 'gatewaydev', 'mtu']);
const unsaid = new Set([
  'type',
  'model',
  'rate',
  'backend',
  'backendtype',
  'backend-type',
  'devid',
  'trusted',
  'forwarddev',
  'vlan',
]);

export const readVif = (text: string, at: Place, tell: Tell): Vif => {
  const values = new Map<string, string>();
  for (const part of text.split(',')) {
    const [key = '', ...rest] = part.split('=');
    const name = key.trim().toLowerCase();
    if (name === '') continue;
    if (known.has(name)) values.set(name, rest.join('=').trim());
    else if (unsaid.has(name)) {
      if (name !== 'type' && name !== 'model')
        tell('not-said', 'no-words-for', `\`${part.trim()}\` of a vif has no place in the model`, at);
    } else tell('ignored', 'unknown-key', `\`${name}\` is no key of a vif that is known here`, at);
  }
  const mac = values.get('mac');
  const readableMac = mac === undefined ? undefined : readMac(mac);
  if (mac !== undefined && readableMac === undefined) tell('error', 'bad-value', `\`${mac}\` is not a MAC`, at);
  const addresses = (values.get('ip') ?? '').split(/\s+/).flatMap((word) => {
    if (word === '') return [];
    const address = readInterfaceAddress(word);
    if (address === undefined) tell('error', 'bad-value', `\`${word}\` is not an address`, at);
    return address === undefined ? [] : [address.address];
  });
  const name = values.get('vifname');
  if (name !== undefined && !isInterfaceName(name))
    tell('error', 'bad-name', `\`${name}\` cannot be the name of an interface`, at);
  const mtuBytes = readInteger(values.get('mtu') ?? '', 68, 65535);
  const script = values.get('script')?.replace(/^.*\//, '');
  return {
    at,
    addresses,
    ...(readableMac === undefined ? {} : { mac: readableMac }),
    ...(values.get('bridge') === undefined ? {} : { bridge: values.get('bridge') ?? '' }),
    ...(script === undefined || script === '' ? {} : { script }),
    ...(name !== undefined && isInterfaceName(name) ? { name } : {}),
    ...(values.get('gatewaydev') === undefined ? {} : { gatewayDevice: values.get('gatewaydev') ?? '' }),
    ...(mtuBytes === undefined ? {} : { mtuBytes }),
  };
};
