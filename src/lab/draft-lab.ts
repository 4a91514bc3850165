/** A spec to a draft: hosts first, since networks need them; then networks; then everything that is on them. */
import { type Spec, type SpecMachine } from '../spec/spec.ts';
import { type Path } from '../spec/spec.ts';
import { type Draft, type DraftMachine } from './draft.ts';
import { draftMachines, hostsOf, internetMachine } from './draft-machines.ts';
import { draftNetworks, internetNetwork } from './draft-networks.ts';
import { type Findings } from './findings.ts';
import { internetName } from './internet.ts';
import { checkAccepted } from './checks/accepted.ts';
import { checkNames } from './checks/names.ts';

export const draftLab = (spec: Spec, findings: Findings): Draft => {
  checkNames(spec, findings);
  checkAccepted(spec, findings);
  const hosts = hostsOf(spec);
  const networks = draftNetworks(spec, hosts, findings);
  const section = (key: Path, record: Readonly<Record<string, SpecMachine>> | undefined) =>
    new Map(Object.entries(record ?? {}).map(([name, body]) => [name, { spec: body, path: [...key, name] }]));
  const all = [
    ...draftMachines(
      spec,
      'outside',
      section(['outside', 'machines'], spec.data.outside?.machines),
      networks,
      findings,
    ),
    ...draftMachines(spec, 'host', hosts, networks, findings),
    ...draftMachines(spec, 'guest', section(['machines'], spec.data.machines), networks, findings),
  ];
  const machines = new Map<string, DraftMachine>();
  // The first of two equal names stays; `checkNames` told about the second, except where clones made it.
  for (const machine of all) {
    const first = machines.get(machine.name);
    if (first === undefined) machines.set(machine.name, machine);
    else if (machine.clonesOf !== undefined || first.clonesOf !== undefined)
      findings.error('name-used-twice', `\`${machine.name}\` names two machines`, machine.at, {
        notes: [{ message: `\`${first.name}\` is here, too`, at: first.at }],
        help: 'a machine with `count` makes names that end in -1, -2, …; rename one of the two',
      });
  }
  const onInternet = all.flatMap((machine) => machine.nics).find((nic) => nic.network === internetName);
  if (onInternet !== undefined && !networks.has(internetName)) {
    networks.set(internetName, internetNetwork(onInternet.at));
    machines.set(internetName, internetMachine(onInternet.at));
  }
  return { networks, machines, groups: groupsOf(spec, all) };
};

const groupsOf = (spec: Spec, machines: readonly DraftMachine[]): Draft['groups'] => {
  const groups = new Map<string, { members: readonly string[]; path: Path }>();
  for (const machine of machines)
    if (machine.clonesOf !== undefined)
      groups.set(machine.clonesOf, {
        members: [...(groups.get(machine.clonesOf)?.members ?? []), machine.name],
        path: machine.path,
      });
  for (const [name, members] of Object.entries(spec.data.groups ?? {}))
    groups.set(name, { members, path: ['groups', name] });
  return groups;
};
