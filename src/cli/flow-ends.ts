/**
 * The words FROM and TO of the command line to the ends of a flow: a machine, `internet`, or an address. Words that are
 * neither are errors that name the nearest one.
 */
import { type Diagnostic } from '../diagnostics/diagnostic.ts';
import { suggest } from '../diagnostics/suggest.ts';
import { type Lab, type LabMachine } from '../lab/lab.ts';
import { ip, parseIp, printIp, type Family } from '../net/address.ts';
import { globalAddresses, speaks, targetsOf } from '../probe/endpoint-targets.ts';
import { type Facts } from '../reach/facts.ts';
import { type Flow } from '../reach/walk.ts';
import { fault } from './complain.ts';

export interface ServiceOptions {
  readonly tcp?: number;
  readonly udp?: number;
}

export interface FlowWords extends ServiceOptions {
  readonly from: string;
  readonly to: string;
  readonly fromAddress?: string;
  readonly toAddress?: string;
  readonly sizeBytes?: number;
}

export interface AskedFlow {
  readonly flow: Flow;
  /** A machine, or the text of an address that nobody has. */
  readonly to: string;
  /** The stack that has the destination. */
  readonly owner: string | undefined;
  /** The same question over the other family, where both ends speak it. */
  readonly otherFamily: Flow | undefined;
}

export type Found<T> = { readonly value: T } | { readonly wrong: readonly Diagnostic[] };

const wrong = (code: string, message: string, help?: string): { readonly wrong: readonly Diagnostic[] } => ({
  wrong: fault(code, message, help),
});

/** Who has an address: by the plan, or by what DHCP and router advertisements will give. */
const ownerOf = (lab: Lab, facts: Facts, family: Family, address: string): string | undefined =>
  Object.values(lab.machines).find((machine) =>
    machine.nics.some((nic) => nic.addresses.some((own) => own.family === family && own.address === address)),
  )?.name ?? facts.addresses?.find((learned) => learned.address === address)?.stack;

const unknownName = (lab: Lab, word: string): { readonly wrong: readonly Diagnostic[] } => {
  const names = Object.keys(lab.machines);
  if (Object.hasOwn(lab.networks, word)) {
    const members = names.filter((name) => lab.machines[name]?.nics.some(({ network }) => network === word));
    const some = members.slice(0, 5).join(', ');
    return wrong('not-a-machine', `\`${word}\` is a network`, members.length === 0 ? undefined : `on it are ${some}`);
  }
  const near = suggest(word, names);
  const all = names.length <= 12 ? names.join(', ') : `${names.slice(0, 12).join(', ')} and ${names.length - 12} more`;
  return wrong(
    'unknown-machine',
    `\`${word}\` is no machine of \`${lab.name}\`, and no address`,
    near === undefined ? `the machines are ${all}` : `did you mean \`${near}\`?`,
  );
};

interface End {
  readonly machine: LabMachine | undefined;
  /** The very address that was asked for. */
  readonly given: string | undefined;
}

/** `word` names a machine or an address; `option` an address of it that was asked for besides. */
const findEnd = (lab: Lab, facts: Facts, word: string, option: string | undefined): Found<End> => {
  const named = Object.hasOwn(lab.machines, word) ? lab.machines[word] : undefined;
  const parsed = named === undefined ? parseIp(word) : undefined;
  if (named === undefined && parsed === undefined) return unknownName(lab, word);
  const chosen = option === undefined ? undefined : parseIp(option);
  if (option !== undefined && chosen === undefined)
    return wrong('not-an-address', `\`${option}\` is not an IP address`);
  const address = chosen ?? parsed;
  if (address === undefined) return { value: { machine: named, given: undefined } };
  const given = printIp(address);
  const owner = ownerOf(lab, facts, address.family, given);
  if (named !== undefined && owner !== named.name && named.role !== 'internet') {
    const own = ([4, 6] as const).flatMap((family) => globalAddresses(lab, named, family)).join(', ');
    const has = owner === undefined ? 'nobody has it' : `\`${owner}\` has it`;
    return wrong(
      'not-its-address',
      `\`${given}\` is not an address of \`${named.name}\`: ${has}`,
      `its own are ${own}`,
    );
  }
  return { value: { machine: named ?? (owner === undefined ? undefined : lab.machines[owner]), given } };
};

/** The address that a machine is asked at: the one it is known by, or one that it will be given. */
const addressOf = (lab: Lab, facts: Facts, machine: LabMachine, family: Family): string | undefined =>
  targetsOf(lab, machine).find((target) => target.family === family && target.isMain)?.address ??
  facts.addresses?.find((learned) => learned.stack === machine.name && learned.family === family)?.address;

const serviceOf = ({ tcp, udp }: ServiceOptions): Pick<Flow, 'protocol' | 'port'> =>
  tcp !== undefined
    ? { protocol: 'tcp', port: tcp }
    : udp !== undefined
      ? { protocol: 'udp', port: udp }
      : { protocol: 'icmp', port: null };

/** IPv4 first, where both ends speak it; a destination of one family is asked over that one all the same. */
const familiesOf = (lab: Lab, facts: Facts, from: LabMachine, to: LabMachine): readonly Family[] => {
  const reachable = ([4, 6] as const).filter((family) => addressOf(lab, facts, to, family) !== undefined);
  const common = reachable.filter((family) => speaks(lab, from, family));
  return common.length > 0 ? common : reachable;
};

export const findFlow = (lab: Lab, facts: Facts, words: FlowWords): Found<AskedFlow> => {
  const from = findEnd(lab, facts, words.from, words.fromAddress);
  if ('wrong' in from) return from;
  const to = findEnd(lab, facts, words.to, words.toAddress);
  if ('wrong' in to) return to;
  const { machine: sender, given: source } = from.value;
  const { machine: owner, given } = to.value;
  if (sender === undefined)
    return wrong('unknown-address', `no machine of \`${lab.name}\` has the address \`${words.from}\``);
  const asked = [given, source].find((address) => address !== undefined);
  const families =
    asked !== undefined ? [ip(asked).family] : owner === undefined ? [] : familiesOf(lab, facts, sender, owner);
  const flows = families.flatMap((family): Flow[] => {
    const destination = given ?? (owner === undefined ? undefined : addressOf(lab, facts, owner, family));
    if (destination === undefined) return [];
    return [
      {
        ...{ from: sender.name, family, destination, ...serviceOf(words) },
        ...(source === undefined ? {} : { source }),
        ...(words.sizeBytes === undefined ? {} : { lengthBytes: words.sizeBytes, dontFragment: true }),
      },
    ];
  });
  const [flow, otherFamily] = flows;
  if (flow === undefined) {
    const which = asked === undefined ? 'no address' : `no IPv${ip(asked).family} address`;
    return wrong('no-address', `\`${owner?.name ?? words.to}\` has ${which}: there is nothing to ask for`);
  }
  if (source !== undefined && ip(source).family !== flow.family)
    return wrong('two-families', `\`${source}\` and \`${flow.destination}\` are of different families`);
  return { value: { flow, to: owner?.name ?? flow.destination, owner: owner?.name, otherFamily } };
};
