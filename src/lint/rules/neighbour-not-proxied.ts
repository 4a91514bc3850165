/** One subnet on both sides of a machine that answers for some of its addresses, and not for others. */
import { ip } from '../../net/address.ts';
import { ownerOf } from '../../reach/repair/terrain.ts';
import { type Edit } from '../../reach/repair/edit.ts';
import { type RawFinding } from '../finding.ts';
import { type LintInput, type LintRule } from '../rule.ts';
import { forwards, stacksIn } from '../stacks.ts';
import { interfaceSubject } from '../subject.ts';

interface Gap {
  readonly proxy: string;
  readonly dev: string;
  readonly address: string;
  readonly family: 4 | 6;
  readonly from: string;
}

/** Pings that nobody answers the neighbour question of, though a proxy stands between. */
const gapsIn = (input: LintInput): readonly Gap[] =>
  input.pairs().flatMap(({ flow, walk: { stop, seenSource } }): readonly Gap[] => {
    if (stop?.reason !== 'no_neighbour' || stop.interface === null) return [];
    const address = stop.direction === 'forward' ? flow.destination : (seenSource ?? '');
    if (address === '') return [];
    const owner = ownerOf(input.terrain, flow.family, ip(address).value);
    const asking = input.model.stacks.get(stop.stack)?.interfaces.get(stop.interface);
    if (owner === undefined || asking === undefined) return [];
    const segment = input.terrain.segmentOf(stop.stack, asking.name);
    return stacksIn(input).flatMap((stack): readonly Gap[] => {
      if (stack.name === stop.stack || stack.name === owner.stack || !forwards(stack, flow.family)) return [];
      if (!stack.stack.neighbourProxies.some(({ family }) => family === flow.family)) return [];
      const near = [...stack.interfaces.keys()].find((dev) => input.terrain.segmentOf(stack.name, dev) === segment);
      const reachesFar = [...stack.interfaces.keys()].some(
        (dev) => input.terrain.segmentOf(stack.name, dev) === input.terrain.segmentOf(owner.stack, owner.it.name),
      );
      return near === undefined || !reachesFar
        ? []
        : [{ proxy: stack.name, dev: near, address, family: flow.family, from: stop.stack }];
    });
  });

export const neighbourNotProxied: LintRule = {
  code: 'neighbour-not-proxied',
  severity: 'error',
  title: 'an address on the other side of a proxy that it does not answer for',
  explanation:
    'Where one /64 is on both sides of a host, each side asks for the other’s addresses by neighbour discovery, and the host has to answer for every single one: unlike proxy ARP, proxy NDP knows only the addresses that are listed (`ip -6 neigh add proxy`), and both directions need their own. The router’s address is the one that is forgotten: guests reach it only ' +
    'if the host answers for it on their side. ndppd, or a subnet of their own for the guests, spares the list.',
  find: (input) => {
    const told = new Set<string>();
    return gapsIn(input).flatMap(({ proxy, dev, address, family, from }): readonly RawFinding[] => {
      const key = `${proxy} ${dev} ${address}`;
      if (told.has(key)) return [];
      told.add(key);
      const stack = input.model.stacks.get(proxy);
      const isListed = stack?.stack.neighbourProxies.some((own) => own.address === address && own.dev === dev) === true;
      const isOff = family === 6 && stack?.interfaces.get(dev)?.settings.proxyNdp !== true;
      const switchOn: Edit = { kind: 'set-sysctl', stack: proxy, key: `net/ipv6/conf/${dev}/proxy_ndp`, value: '1' };
      const list: Edit = { kind: 'add-neighbour-proxy', stack: proxy, proxy: { family, address, dev } };
      return [
        {
          stack: proxy,
          message: `\`${proxy}\` stands between \`${from}\` and ${address}, and does not answer for that address on \`${dev}\`${isListed ? ', though it is listed: proxy_ndp is off there' : ''}`,
          at: interfaceSubject(proxy, dev),
          repair: {
            words: isListed
              ? `switch proxy_ndp on for \`${dev}\``
              : `answer for it: a proxy for ${address} on \`${dev}\``,
            edits: [...(isOff ? [switchOn] : []), ...(isListed ? [] : [list])],
          },
          stops: (stop, flow) => stop.reason === 'no_neighbour' && stop.stack === from && flow.destination === address,
        },
      ];
    });
  },
};
