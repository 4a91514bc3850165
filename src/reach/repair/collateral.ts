/**
 * What a repair does to others: flows that open, break, or are seen under another address. And whether it keeps what
 * must hold.
 */
import { type Model } from '../model/model.ts';
import { type Flow, type Walk } from '../walk.ts';
import { walk } from '../walker/walk.ts';
import { type MustHold } from './contract.ts';

export interface Collateral {
  /** In words, one for each kind of change. */
  readonly sentences: readonly string[];
  /** Whether somebody sees another source address than before; the sentences say who. */
  readonly isSeenDifferently: boolean;
  readonly cost: number;
}

type Answer = Pick<Walk, 'verdict' | 'seenSource' | 'deliveredTo'>;

/** What the questions get from the network as it is, asked once. */
export interface Sample {
  readonly flow: Flow;
  readonly before: Answer;
}

const ask = (model: Model, flow: Flow): Walk => walk(model, flow, { isTraced: false });

export const sampleOf = (model: Model, flows: readonly Flow[]): readonly Sample[] =>
  flows.filter(({ from }) => model.stacks.has(from)).map((flow) => ({ flow, before: ask(model, flow) }));

export const flowText = ({ from, destination, protocol, port }: Flow): string =>
  `${from} → ${destination}${protocol === 'icmp' ? '' : ` ${protocol}/${port ?? 'any'}`}`;

const mostNamed = 3;

const listed = (texts: readonly string[]): string => {
  const unique = [...new Set(texts)];
  const more = unique.length - mostNamed;
  return `${unique.slice(0, mostNamed).join(', ')}${more > 0 ? `, and ${more} more` : ''}`;
};

/** Breaking weighs more than a name that changes, and that more than a way that opens. */
const weights = { opens: 0.1, breaks: 6, seen: 1 } as const;
const most = { opens: 1, breaks: 24, seen: 4 } as const;

const seenText = (to: string, after: string, before: string): string => `${to} then sees ${after} instead of ${before}`;

export const collateralOf = (
  model: Model,
  samples: readonly Sample[],
  own: { readonly before: Walk; readonly after: Walk },
): Collateral => {
  const opens: string[] = [];
  const breaks: string[] = [];
  const seen: string[] = [];
  const compareSeen = (before: Answer, after: Answer): void => {
    const { seenSource, deliveredTo } = after;
    if (deliveredTo === null || seenSource === null || before.seenSource === null) return;
    if (deliveredTo !== before.deliveredTo || seenSource === before.seenSource) return;
    seen.push(seenText(deliveredTo, seenSource, before.seenSource));
  };
  compareSeen(own.before, own.after);
  for (const { flow, before } of samples) {
    const after = ask(model, flow);
    if (before.verdict !== 'yes' && after.verdict === 'yes') opens.push(flowText(flow));
    else if (before.verdict === 'yes' && after.verdict !== 'yes') breaks.push(flowText(flow));
    compareSeen(before, after);
  }
  const weigh = (kind: keyof typeof weights, count: number): number => Math.min(count * weights[kind], most[kind]);
  return {
    sentences: [
      ...(breaks.length > 0 ? [`breaks ${listed(breaks)}`] : []),
      ...[...new Set(seen)].slice(0, mostNamed),
      ...(opens.length > 0 ? [`also opens ${listed(opens)}`] : []),
    ],
    isSeenDifferently: seen.length > 0,
    cost:
      weigh('opens', new Set(opens).size) + weigh('breaks', new Set(breaks).size) + weigh('seen', new Set(seen).size),
  };
};

/** What can come back some of the time comes back: `no` has to be plainly no. */
export const holds = (model: Model, { flow, answer }: MustHold): boolean => {
  if (!model.stacks.has(flow.from)) return true;
  const { verdict } = ask(model, flow);
  return answer === 'yes' ? verdict === 'yes' : verdict === 'no';
};
