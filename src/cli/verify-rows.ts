/**
 * Measured pairs to few rows: what differs only in the sender, or only in the address, is told once.
 */
import { type Lab } from '../lab/lab.ts';
import { leasesOf } from '../lab/leases.ts';
import { type VerifiedPair } from '../probe/report.ts';

export interface ServiceRow {
  readonly from: readonly string[];
  readonly to: string;
  /** As in `tcp 22`. */
  readonly what: string;
  readonly answered: string;
  readonly how: string;
}

export interface TranslatedRow {
  /** Senders that all `seers` see under these source addresses. */
  readonly senders: readonly string[];
  readonly sources: readonly string[];
  readonly seers: readonly string[];
}

export const whatOf = ({ protocol, port }: Pick<VerifiedPair, 'protocol' | 'port'>): string =>
  protocol === 'icmp' ? 'ping' : `${protocol} ${port ?? ''}`;

/** Values by key, in the order in which keys first appear. */
const groupBy = <T>(values: readonly T[], keyOf: (value: T) => string): readonly (readonly T[])[] => {
  const groups = new Map<string, T[]>();
  for (const value of values) {
    const group = groups.get(keyOf(value));
    if (group === undefined) groups.set(keyOf(value), [value]);
    else group.push(value);
  }
  return [...groups.values()];
};

const distinct = (values: readonly string[]): readonly string[] => [...new Set(values)];
const keyOf = (...parts: readonly string[]): string => JSON.stringify(parts);

const answeredOf = (pairs: readonly VerifiedPair[]): string => {
  const answers = distinct(pairs.map(({ measured }) => measured));
  if (answers.length === 1) return answers[0] ?? '';
  const byFamily = groupBy(pairs, ({ family }) => String(family));
  const isClean = byFamily.every((group) => distinct(group.map(({ measured }) => measured)).length === 1);
  return isClean ? `over IPv${pairs.find(({ measured }) => measured === 'yes')?.family ?? ''} only` : 'some addresses';
};

const rowOf = (pairs: readonly VerifiedPair[]): Omit<ServiceRow, 'from'> & { readonly sender: string } => {
  const [first] = pairs;
  return {
    sender: first?.from ?? '',
    to: first?.to ?? '',
    what: first === undefined ? '' : whatOf(first),
    answered: answeredOf(pairs),
    how: distinct(pairs.map(({ detail }) => detail).filter((detail) => detail !== 'answered')).join(', '),
  };
};

/** What was asked of services, one row for all senders that fared alike. */
export const serviceRows = (pairs: readonly VerifiedPair[]): readonly ServiceRow[] => {
  const services = pairs.filter(({ protocol }) => protocol !== 'icmp');
  const each = groupBy(services, (pair) => keyOf(pair.from, pair.to, whatOf(pair))).map(rowOf);
  return groupBy(each, ({ to, what, answered, how }) => keyOf(to, what, answered, how)).flatMap((rows) => {
    const [first] = rows;
    if (first === undefined) return [];
    const { to, what, answered, how } = first;
    return [{ from: rows.map(({ sender }) => sender), to, what, answered, how }];
  });
};

const ownAddresses = (lab: Lab): ReadonlyMap<string, ReadonlySet<string>> =>
  new Map(
    Object.values(lab.machines).map(({ name, nics }) => [
      name,
      new Set(nics.flatMap((nic) => [...nic.addresses, ...leasesOf(nic)]).map((each) => each.address)),
    ]),
  );

/**
 * Who is seen under whose address. NICs that configure themselves have addresses that the plan does not list: only
 * a source that the plan gives to another machine is a translation.
 */
export const translatedRows = (pairs: readonly VerifiedPair[], lab: Lab): readonly TranslatedRow[] => {
  const own = ownAddresses(lab);
  const planned = new Set([...own.values()].flatMap((addresses) => [...addresses]));
  const translated = pairs.filter(
    ({ from, source }) => source !== null && planned.has(source) && own.get(from)?.has(source) !== true,
  );
  const seen = groupBy(translated, ({ from, to }) => keyOf(from, to)).map((group) => ({
    sender: group[0]?.from ?? '',
    seer: group[0]?.to ?? '',
    sources: distinct(group.map(({ source }) => source ?? '')),
  }));
  const bySender = groupBy(seen, ({ sender, sources }) => keyOf(sender, ...sources)).map((group) => ({
    sender: group[0]?.sender ?? '',
    sources: group[0]?.sources ?? [],
    seers: group.map(({ seer }) => seer),
  }));
  return groupBy(bySender, ({ sources, seers }) => JSON.stringify([sources, seers])).map((group) => ({
    senders: group.map(({ sender }) => sender),
    sources: group[0]?.sources ?? [],
    seers: group[0]?.seers ?? [],
  }));
};
