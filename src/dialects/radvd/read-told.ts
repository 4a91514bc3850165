/** Ways, preference and MTU in radvd.conf(5): what a router tells of itself and of the link beside prefixes. */
import { parsePrefix, parseInterfaceAddress, prefixOf, printPrefix } from '../../net/prefix.ts';
import { type RouterAdvertiser } from '../../state/service.ts';
import { field } from '../../state/spelling.ts';
import { type Statement } from './parse.ts';
import { valueIn, type TellAt } from './read-prefix.ts';

/** Bits behind the length are taken away, as radvd does. */
const prefixIn = (text: string): string | undefined => {
  const loose = parsePrefix(text) ?? parseInterfaceAddress(text);
  if (loose === undefined) return undefined;
  const block = 'address' in loose ? prefixOf(loose.address, loose.length) : loose;
  return block.family === 6 ? printPrefix(block) : undefined;
};

const routeIn = ({ words: [first, value], block = [] }: Statement, tell: TellAt): readonly string[] => {
  const at = value ?? first;
  const to = prefixIn(value?.text ?? '');
  if (at === undefined) return [];
  if (to === undefined) {
    tell('error', 'not-a-prefix', `\`${value?.text ?? ''}\` is not an IPv6 prefix`, at);
    return [];
  }
  if ((valueIn(block, 'AdvRoutePreference') ?? 'medium') !== 'medium')
    tell('not-said', 'route-preference', `that the way to \`${to}\` is preferred or not is not modelled`, at);
  // Hosts forget at once what is told for no time at all.
  return valueIn(block, 'AdvRouteLifetime') === '0' ? [] : [to];
};

const preferenceIn = (text: string | undefined): RouterAdvertiser['preference'] =>
  text === 'high' || text === 'low' ? text : undefined;

const mtuIn = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,6}$/.test(text) && Number(text) > 0 ? Number(text) : undefined;

/** `block`: that of an interface. */
export const readTold = (
  block: readonly Statement[],
  tell: TellAt,
): Pick<RouterAdvertiser, 'preference' | 'routes' | 'mtuBytes'> => {
  const routes = block
    .filter(({ words: [first] }) => first?.text === 'route')
    .flatMap((statement) => routeIn(statement, tell));
  return {
    ...field('preference', preferenceIn(valueIn(block, 'AdvDefaultPreference'))),
    ...field('routes', routes.length === 0 ? undefined : [...new Set(routes)]),
    ...field('mtuBytes', mtuIn(valueIn(block, 'AdvLinkMTU'))),
  };
};
