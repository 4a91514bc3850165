/**
 * What a line keeps from being delivered, as a statement about sets of packets: each line of `policy` that denies, and
 * what `expect` says gets no answer, which is so where nothing is delivered. The first policy line that speaks decides.
 */
import { type Lab, type LabExpectation, type LabMachine, type LabPolicy } from '../lab/lab.ts';
import { addressSets } from '../lower/endpoint-sets.ts';
import { ip, type Family } from '../net/address.ts';
import { containsIp, prefix } from '../net/prefix.ts';
import { type Denial } from '../reach/engine/denial.ts';
import { type ForgedDenial } from '../reach/engine/forgery.ts';
import { type Addresses, type Region } from '../reach/engine/regions.ts';
import { destinations, families, globalAddresses, senders } from './endpoint-targets.ts';

export const isManaged = (machine: LabMachine | undefined): boolean =>
  machine?.role === 'host' || machine?.role === 'guest';

const single = (address: string): string => `${address}/${address.includes(':') ? 128 : 32}`;

const anywhere: readonly Addresses[] = [{ outside: [] }];

const regionOf = (lab: Lab, { from, to, except, services }: LabPolicy, family: Family): Region => ({
  from: addressSets(lab, from, except, family),
  to: addressSets(lab, to, [], family),
  ...(services.length === 0 ? {} : { services }),
});

/** The part of some addresses that Lanwright configures the machines of. */
const managedPart = (lab: Lab, alternatives: readonly Addresses[], family: Family): readonly Addresses[] => {
  const holds = (texts: readonly string[], address: string): boolean =>
    texts.some((text) => containsIp(prefix(text), ip(address)));
  const managed = Object.values(lab.machines)
    .filter(isManaged)
    .flatMap((machine) => globalAddresses(lab, machine, family))
    .filter((address) =>
      alternatives.some(
        ({ inside, outside }) => (inside === undefined || holds(inside, address)) && !holds(outside, address),
      ),
    );
  return managed.length === 0 ? [] : [{ inside: managed.map(single), outside: [] }];
};

/** A line that denies binds where one of the ends is under Lanwright's care. */
export const denialsOfPolicy = (lab: Lab, index: number): readonly Denial[] =>
  families.flatMap((family) => {
    const regions = lab.policy.slice(0, index + 1).map((policy) => regionOf(lab, policy, family));
    const asked = regions[index];
    if (asked === undefined) return [];
    const except = regions.slice(0, index);
    const machines = Object.values(lab.machines);
    const names = (wanted: boolean): readonly string[] =>
      machines.filter((machine) => isManaged(machine) === wanted).map(({ name }) => name);
    return [
      { ...{ family, except, isAboutDelivery: true }, senders: names(true), asked },
      {
        ...{ family, except, isAboutDelivery: true },
        senders: names(false),
        asked: { ...asked, to: managedPart(lab, asked.to, family) },
      },
    ];
  });

/** What one expectation says gets no answer: it speaks of the addresses that are asked. Undefined where it asks for anything else. */
export const denialsOfExpectation = (lab: Lab, expectation: LabExpectation): readonly Denial[] | undefined => {
  const { answer, from, to, services } = expectation;
  if (answer !== 'no') return undefined;
  const names = [...new Set(from.flatMap((end) => senders(lab, end).map(({ name }) => name)))];
  const targets = to.flatMap((end) => destinations(lab, end));
  return families
    .filter((family) => expectation.family === undefined || expectation.family === family)
    .map((family): Denial => {
      const inside = targets.filter((target) => target.family === family).map(({ address }) => single(address));
      const asked: Region = { from: anywhere, to: [{ inside: [...new Set(inside)], outside: [] }], services };
      return { family, senders: names, asked, except: [], isAboutDelivery: false };
    });
};

/** Whether a line speaks of what a machine sends, whatever source its packets claim to have. */
const speaksOf = (lab: Lab, { from, except }: LabPolicy, { name }: LabMachine): boolean => {
  const isAmong = (ends: LabPolicy['from']): boolean =>
    ends.some((end) => senders(lab, end).some((machine) => machine.name === name));
  return isAmong(from) && !isAmong(except);
};

/**
 * A line that denies, about packets with forged sources: they are a machine's as much as its other packets, so the line
 * speaks of whom it names, and an earlier one decides about its own machines alone.
 */
export const forgedDenialsOf = (lab: Lab, index: number): readonly ForgedDenial[] => {
  const policy = lab.policy[index];
  if (policy?.verdict !== 'deny') return [];
  const machines = Object.values(lab.machines).filter((machine) => speaksOf(lab, policy, machine));
  return families.flatMap((family) => {
    const region = (line: LabPolicy): Region => ({ ...regionOf(lab, line, family), from: anywhere });
    const asked = region(policy);
    const bound = { ...asked, to: managedPart(lab, asked.to, family) };
    return machines.map((machine): ForgedDenial => ({
      family,
      sender: machine.name,
      asked: isManaged(machine) ? asked : bound,
      except: lab.policy
        .slice(0, index)
        .filter((line) => speaksOf(lab, line, machine))
        .map(region),
    }));
  });
};
