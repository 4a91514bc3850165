/** What lies `behind` an end of WireGuard: networks and prefixes as blocks, of the families that the tunnel has. */
import { type Span } from '../diagnostics/diagnostic.ts';
import { parsePrefix, containsPrefix, overlaps, printPrefix, type Prefix } from '../net/prefix.ts';
import { type Context } from './context.ts';
import { families, type PlacedText } from './draft.ts';
import { internetName } from './internet.ts';
import { subnetsOf, type Placed, type PlacedNic } from './placed.ts';
import { readPrefix } from './read-prefix.ts';
import { helpForUnknown } from './unknown-name.ts';

export interface Behind {
  readonly block: Prefix;
  /** As written. */
  readonly text: string;
  readonly at: Span;
}

const refuse = (context: Context, message: string, at: Span, help: string, notes: readonly Behind[] = []): void =>
  context.findings.error('not-behind', message, at, {
    help,
    notes: notes.map((one) => ({ message: `${printPrefix(one.block)} stands here`, at: one.at })),
  });

const blocksOf = (
  context: Context,
  placed: Placed,
  nic: PlacedNic,
  { text, at }: PlacedText,
): readonly Prefix[] | undefined => {
  const { machine, network } = nic.draft;
  if (text === internetName || /^(0\.0\.0\.0|::)\/0$/.test(text)) {
    const help = 'name the networks that are reached through it; everything else goes the usual way';
    refuse(context, `\`internet\` lies behind everybody, and not behind \`${machine}\``, at, help);
    return undefined;
  }
  if (text === network) {
    refuse(
      context,
      `\`${network}\` is the tunnel itself, and lies behind nobody`,
      at,
      'its members reach one another anyway',
    );
    return undefined;
  }
  const block = parsePrefix(text);
  if (block !== undefined) return [block];
  const named = placed.prefixes.get(text);
  if (named !== undefined) return families.flatMap((family) => named[family] ?? []);
  if (/[/:]/.test(text)) {
    readPrefix(text, undefined, at, context.findings);
    return undefined;
  }
  context.findings.error('unknown-network', `\`${text}\` is neither a network nor a prefix`, at, {
    help: helpForUnknown(text, [...placed.prefixes.keys()], 'networks'),
  });
  return undefined;
};

/** What of it the tunnel can carry. */
export const readBehind = (context: Context, placed: Placed, nic: PlacedNic): readonly Behind[] => {
  const own = placed.prefixes.get(nic.draft.network);
  return (nic.draft.wireguard?.behind ?? []).flatMap((item) => {
    const blocks = blocksOf(context, placed, nic, item);
    const carried = (blocks ?? []).filter(({ family }) => own?.[family] !== undefined);
    if (blocks !== undefined && carried.length === 0)
      refuse(
        context,
        `\`${nic.draft.network}\` has no address of the family of \`${item.text}\``,
        item.at,
        `give \`${nic.draft.network}\` a prefix of that family, too`,
      );
    return carried.map((block) => ({ block, ...item }));
  });
};

interface End {
  readonly nic: PlacedNic;
  readonly behind: readonly Behind[];
}

/** A packet goes to one peer, and who is on a network reaches it there. */
export const checkBehind = (context: Context, ends: readonly End[]): void => {
  ends.forEach(({ nic, behind }, index) => {
    for (const one of behind) {
      const { machine } = nic.draft;
      const [other, same] = ends
        .slice(0, index)
        .flatMap((end) => end.behind.map((theirs) => [end.nic, theirs] as const))
        .find(([, theirs]) => overlaps(theirs.block, one.block)) ?? [undefined, undefined];
      if (other !== undefined)
        refuse(
          context,
          `${printPrefix(one.block)} lies behind \`${machine}\`, and ${printPrefix(same.block)} behind \`${other.draft.machine}\``,
          one.at,
          'a packet goes to one of them only: leave the network to one',
          [same],
        );
    }
  });
};

/** Members that are on a network which lies behind another end. */
export const checkMembersInside = (context: Context, placed: Placed, ends: readonly End[]): void => {
  for (const { nic, behind } of ends)
    for (const member of ends.filter((end) => end.nic !== nic))
      for (const one of behind) {
        const links = placed.machines.get(member.nic.draft.machine)?.nics ?? [];
        const inside = links.find((link) =>
          subnetsOf(link, one.block.family).some((subnet) => containsPrefix(subnet, one.block)),
        );
        if (inside !== undefined)
          refuse(
            context,
            `\`${member.nic.draft.machine}\` is on ${printPrefix(one.block)} itself, which lies behind \`${nic.draft.machine}\``,
            inside.draft.at,
            `leave it out of \`behind\`, or \`${member.nic.draft.machine}\` out of the tunnel`,
            [one],
          );
      }
};
