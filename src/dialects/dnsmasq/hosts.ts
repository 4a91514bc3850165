/** `dhcp-host` of dnsmasq(8): an address that is kept for a MAC address. */
import { parseIp, printIp } from '../../net/address.ts';
import { type DhcpServer } from '../../state/service.ts';
import { type Remarks } from '../text.ts';
import { leaseSeconds, macIn, partsOf, type Option } from './option-lines.ts';

export type Reservation = DhcpServer['reservations'][number];

/** `others`: those that were read before, for an address can be kept once. */
export const readHost = (
  option: Option,
  others: readonly Reservation[],
  isInterface: (tag: string) => boolean,
  tell: Remarks,
): Reservation | undefined => {
  const value = option.value ?? '';
  const parts = partsOf(value).filter((part) => part !== '');
  const macs = parts.map(macIn).filter((mac) => mac !== undefined);
  const [mac, ...further] = macs;
  const addresses = parts.flatMap((part) => {
    const address = part.includes(':') ? undefined : parseIp(part);
    return address === undefined ? [] : [printIp(address)];
  });
  const address = addresses.at(-1);
  const plain = parts.filter(
    (part) => !part.includes(':') && parseIp(part) === undefined && leaseSeconds(part) === undefined,
  );
  if (plain.includes('ignore')) {
    tell(
      'not-said',
      'host',
      `\`dhcp-host=${value}\`: this host gets no address, which the model has no words for`,
      option,
    );
    return undefined;
  }
  if (mac === undefined || address === undefined) {
    tell('not-said', 'host', `\`dhcp-host=${value}\` keeps no address for a MAC address`, option);
    return undefined;
  }
  if (others.some((one) => one.address === address)) {
    tell('error', 'kept-twice', `${address} is kept for two hosts: dnsmasq refuses the second line`, option);
    return undefined;
  }
  if (further.length > 0)
    tell(
      'not-said',
      'host',
      `${address} is kept for ${further.join(' and ')} too, and the model knows one each`,
      option,
    );
  const condition = parts.find((part) => part.startsWith('tag:') && !isInterface(part.slice(4)));
  if (condition !== undefined)
    tell(
      'not-said',
      'conditional',
      `${address} is kept only for clients with the tag \`${condition.slice(4)}\``,
      option,
    );
  return { mac, address, name: plain[0] ?? '' };
};
