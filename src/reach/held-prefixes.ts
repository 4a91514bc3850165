/**
 * What a router has without any that tells it: networks that it is on, a default route, prefixes that its configuration leads
 * to and that it announces. Routing daemons find no other way there (bird(8): by the preference of where it is from).
 */
import { type Family } from '../net/address.ts';
import { parsePrefix, prefixOf, printPrefix } from '../net/prefix.ts';
import { daemonOf } from '../state/daemon-of.ts';
import { type Model, type StackModel } from './model/model.ts';

export const mainTable = 254;
export const everywhere: Readonly<Record<Family, string>> = { 4: '0.0.0.0/0', 6: '::/0' };

/** Who speaks BGP looks at the link of an interface, too. */
const ownPrefixes = (stack: StackModel, family: Family, seesLinks: boolean): ReadonlySet<string> =>
  new Set(
    [...stack.interfaces.values()]
      .filter(({ isUp, hasCarrier }) => isUp && (hasCarrier || !seesLinks))
      .flatMap(({ addresses }) => addresses)
      .filter((address) => address.family === family)
      .map(({ value, prefixLength }) => printPrefix(prefixOf({ family, value }, prefixLength))),
  );

export const hasDefault = ({ routing }: StackModel, family: Family): boolean =>
  routing(family)
    .tables.get(mainTable)
    ?.lengths.some(({ length }) => length === 0) === true;

/** Whether it has a route to a prefix that no address of its own makes. */
const isConfigured = ({ routing, interfaces }: StackModel, family: Family, text: string): boolean => {
  const block = parsePrefix(text);
  const routes = routing(family)
    .tables.get(mainTable)
    ?.lengths.find(({ length }) => length === block?.length)?.routes;
  return (routes?.get(block?.value ?? 0n) ?? []).some(
    ({ nexthops, type }) =>
      type !== 'unicast' ||
      nexthops.some(
        ({ via, dev }) =>
          via !== undefined ||
          interfaces
            .get(dev)
            ?.addresses.every(
              (own) =>
                own.family !== family || printPrefix(prefixOf({ family, value: own.value }, own.prefixLength)) !== text,
            ) === true,
      ),
  );
};

/** By the names of the stacks that have a daemon. */
export const heldPrefixes = (model: Model, family: Family): ReadonlyMap<string, ReadonlySet<string>> =>
  new Map(
    [...model.stacks].flatMap(([name, stack]) => {
      const daemon = daemonOf(stack.stack);
      if (daemon === undefined) return [];
      const { bgp } = daemon;
      const isOfFamily = (text: string): boolean => text.includes(':') === (family === 6);
      const configured = (bgp?.announced ?? []).filter((text) => isOfFamily(text) && isConfigured(stack, family, text));
      const held = [
        ...ownPrefixes(stack, family, bgp !== undefined),
        ...(hasDefault(stack, family) ? [everywhere[family]] : []),
        ...configured,
        ...(bgp?.aggregates ?? []).filter(isOfFamily),
      ];
      return [[name, new Set(held)] as const];
    }),
  );
