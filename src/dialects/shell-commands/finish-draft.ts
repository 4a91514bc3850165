/** A draft that nothing more is done to, as a reading: only what it speaks of is there. */
import { type FilterTable } from '../../state/packet-filter.ts';
import { type Interface } from '../../state/network-state.ts';
import { portsOfThemselves } from '../../state/master-cycles.ts';
import { field } from '../../state/spelling.ts';
import { type Reading } from '../dialect.ts';
import { nothingRead, readingOf } from '../reading.ts';
import { type Draft, tell } from './draft.ts';
import { readFilterLines } from './filter-lines.ts';

/** All that the commands left of packet filters; what could not be read is told. */
const filterOf = (draft: Draft): readonly FilterTable[] => {
  const { tables, errors, unknown, places } = readFilterLines(draft.filterLines);
  for (const { text, at } of errors)
    tell(draft, 'error', 'not-a-rule', `\`${text}\` is no rule that iptables takes`, at);
  for (const { text, at } of unknown)
    tell(
      draft,
      'not-said',
      'unsaid-match',
      `\`${text}\` is kept as it is: whether a packet passes it is not modelled`,
      at,
    );
  for (const [rule, at] of places) draft.origins[`${draft.stack}/filter/${rule}`] = at;
  return tables;
};

/** Interfaces as the kernel takes them, which makes none a port of itself. */
const interfacesOf = (draft: Draft): Readonly<Record<string, Interface>> => {
  const interfaces = Object.fromEntries([...draft.interfaces].filter(([, it]) => !isPlainLoopback(it)));
  for (const name of portsOfThemselves(interfaces)) {
    const at = draft.origins[`${draft.stack}/interfaces/${name}`];
    if (at !== undefined)
      tell(draft, 'error', 'port-of-itself', `\`${name}\` would be a port of itself: the kernel refuses that`, at);
  }
  return interfaces;
};

/** What the draft says now. Nothing at all where it says nothing of any network. */
export const finishDraft = (draft: Draft): Reading => {
  const filter = filterOf(draft);
  const isEmpty =
    draft.interfaces.size + draft.routes.length + draft.rules.length + draft.neighbourProxies.length === 0 &&
    draft.neighbours.length + Object.keys(draft.sysctls).length + draft.services.length + filter.length === 0 &&
    draft.nameservers.length + draft.search.length === 0;
  if (isEmpty) return nothingRead(draft.remarks);
  const hasResolver = draft.nameservers.length + draft.search.length > 0;
  return readingOf(
    draft.stack,
    {
      interfaces: interfacesOf(draft),
      routes: draft.routes,
      rules: draft.rules,
      neighbourProxies: draft.neighbourProxies,
      ...field('neighbours', draft.neighbours.length === 0 ? undefined : draft.neighbours),
      sysctls: draft.sysctls,
      filter,
      services: draft.services,
      ...field('resolver', hasResolver ? { nameservers: draft.nameservers, search: draft.search } : undefined),
    },
    draft.remarks,
    draft.origins,
  );
};

/** Every stack has it. */
const isPlainLoopback = ({ kind, addresses }: Interface): boolean => kind === 'loopback' && addresses.length === 0;
