/** Holes in filters for the questions that neighbours ask each other: ARP (RFC 826), neighbour discovery (RFC 4861). */
import { type FilterChain, type FilterMatch, type FilterTable } from '../../state/packet-filter.ts';
import { type Proposal } from './proposal.ts';
import { type Situation } from './situation.ts';
import { type Leg } from './terrain.ts';

const arpFrames: readonly FilterMatch[] = [{ kind: 'ethertype', types: [0x0806] }];
const discovery: readonly FilterMatch[] = [{ kind: 'icmp-type', family: 6, types: [135, 136] }];

const takesAway = ({ policy, rules }: FilterChain): boolean =>
  policy === 'drop' || rules.some(({ verdict }) => verdict.kind === 'drop' || verdict.kind === 'reject');

/** What such a packet is to the chains of a table; undefined: they never see one. */
const matchesFor = (table: FilterTable, family: 4 | 6): readonly FilterMatch[] | undefined => {
  if (family === 6) return table.family === 'inet' || table.family === 'ip6' ? discovery : undefined;
  if (table.family === 'arp') return [];
  return table.family === 'bridge' || table.family === 'netdev' ? arpFrames : undefined;
};

const mostHoles = 6;

/** In every filter that the question or the answer can come through and that takes anything away. */
export const acceptNeighbours = (
  { model, terrain, family }: Situation,
  asker: string,
  target: Leg,
): readonly Proposal[] => {
  const segment = terrain.segmentOf(target.stack, target.it.name);
  const isBetween = (stack: string): boolean =>
    [...(model.stacks.get(stack)?.interfaces.values() ?? [])].some(
      (it) => it.it.kind === 'bridge' && terrain.segmentOf(stack, it.name) === segment,
    );
  const places = Object.entries(model.state.stacks)
    .filter(([stack]) => stack === asker || stack === target.stack || isBetween(stack))
    .flatMap(([stack, { filter }]) =>
      filter.flatMap((table) => {
        const matches = matchesFor(table, family);
        return matches === undefined
          ? []
          : table.chains.filter(takesAway).map((chain) => ({ stack, table, chain, matches }));
      }),
    );
  const what = family === 4 ? 'ARP' : 'neighbour discovery';
  return places.slice(0, mostHoles).map(({ stack, table, chain, matches }) => ({
    kind: 'accept',
    edits: [
      {
        kind: 'insert-rule',
        stack,
        table: { family: table.family, name: table.name },
        chain: chain.name,
        index: 0,
        rule: { matches, verdict: { kind: 'accept' }, comment: `let through ${what}` },
      },
    ],
    change: `let ${what} through ${table.family} ${table.name} ${chain.name} of ${stack}`,
    effort: 3,
    sideEffects: [],
  }));
};
