/**
 * Names in policies, expectations and firewalls to what they stand for: `any`, `internet`, machines, groups and clones
 * (expanded), networks, addresses, prefixes.
 */
import { type Span } from '../diagnostics/diagnostic.ts';
import { parseIp, printIp, type Family } from '../net/address.ts';
import { parsePrefix, printPrefix } from '../net/prefix.ts';
import { type Path } from '../spec/spec.ts';
import { type Context } from './context.ts';
import { families } from './draft.ts';
import { internetName } from './internet.ts';
import { type LabEndpoint } from './lab.ts';
import { hearsRouters } from './leases.ts';
import { addressesOf, type Placed } from './placed.ts';
import { helpForUnknown } from './unknown-name.ts';

/** `written` stands at `path`: a text or a list of texts. */
export const readEndpoints = (
  context: Context,
  written: string | readonly string[],
  path: Path,
): readonly LabEndpoint[] => {
  const items = typeof written === 'string' ? [written] : written;
  const found = items.flatMap((item, index) => {
    const at = context.spec.source.spanOf(typeof written === 'string' ? path : [...path, index]);
    return expand(context, item, at, []);
  });
  const seen = new Set<string>();
  return found.filter((endpoint) => {
    const key = JSON.stringify(endpoint);
    return !seen.has(key) && seen.add(key);
  });
};

const expand = (context: Context, item: string, at: Span, within: readonly string[]): readonly LabEndpoint[] => {
  const { draft, findings, spec } = context;
  if (item === 'any') return [{ kind: 'any' }];
  if (item === internetName) return [{ kind: 'internet' }];
  const group = draft.groups.get(item);
  if (group !== undefined) {
    if (within.includes(item)) {
      const chain = [...within, item].map((name) => `\`${name}\``).join(' → ');
      findings.error(
        'group-of-itself',
        `\`${item}\` is a member of itself: ${chain}`,
        spec.source.keySpanOf(group.path),
        {
          help: 'take one of the names out',
        },
      );
      return [];
    }
    return group.members.flatMap((member, index) =>
      expand(context, member, spec.source.spanOf([...group.path, index]), [...within, item]),
    );
  }
  if (draft.machines.has(item)) return [{ kind: 'machine', name: item }];
  if (draft.networks.has(item)) return [{ kind: 'network', name: item }];
  const address = parseIp(item);
  if (address !== undefined) return [{ kind: 'address', family: address.family, address: printIp(address) }];
  const block = parsePrefix(item);
  if (block !== undefined) return [{ kind: 'prefix', family: block.family, prefix: printPrefix(block) }];
  const known = ['any', internetName, ...draft.groups.keys(), ...draft.machines.keys(), ...draft.networks.keys()];
  findings.error('unknown-name', `\`${item}\` is not a machine, group, network, address or prefix of this lab`, at, {
    help: helpForUnknown(item, known, 'names'),
  });
  return [];
};

/** Groups that nothing uses are checked, too. */
export const checkGroups = (context: Context): void => {
  for (const [name, { path }] of context.draft.groups)
    if (path[0] === 'groups') expand(context, name, context.spec.source.keySpanOf(path), []);
};

/** The families that an end can speak: a machine those of its addresses, DHCP and SLAAC included. */
export const familiesOf = (placed: Placed, endpoint: LabEndpoint): readonly Family[] => {
  switch (endpoint.kind) {
    case 'any':
    case 'internet':
      return families;
    case 'address':
    case 'prefix':
      return [endpoint.family];
    case 'network':
      return families.filter((family) => placed.prefixes.get(endpoint.name)?.[family] !== undefined);
    case 'machine': {
      const nics = placed.machines.get(endpoint.name)?.nics ?? [];
      return families.filter((family) =>
        nics.some((nic) => addressesOf(nic, family).length > 0 || (family === 4 ? nic.dhcp : hearsRouters(nic))),
      );
    }
  }
};
