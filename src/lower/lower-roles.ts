/** Roles of machines to the services of their stacks. */
import { type LabRole } from '../lab/lab-roles.ts';
import { type Lab, type LabMachine } from '../lab/lab.ts';
import { type Role } from '../state/role.ts';

/** Prefixes of all networks of the lab; of the internet there is no end. */
const labPrefixes = ({ networks }: Lab): readonly string[] =>
  Object.values(networks).flatMap(({ kind, ipv4, ipv6 }) =>
    kind === 'internet' ? [] : [ipv4, ipv6].filter((block) => block !== undefined),
  );

/** Who is outside sends mail to the lab, and through it to nobody. */
const madePrefixes = (lab: Lab): readonly string[] =>
  labPrefixes({
    ...lab,
    networks: Object.fromEntries(Object.entries(lab.networks).filter(([, { kind }]) => kind === 'made')),
  });

const lowerRole = (lab: Lab, { name }: LabMachine, role: LabRole): Role => {
  switch (role.kind) {
    case 'web':
      return {
        kind: 'web-server',
        ports: role.ports,
        name,
        ...(role.folder === undefined ? {} : { folder: role.folder }),
      };
    case 'time':
      return { kind: 'time-server', clients: labPrefixes(lab), sources: role.sources };
    case 'mail':
      return {
        kind: 'mail-server',
        host: `${name}.${lab.names?.zone ?? role.domain}`,
        domain: role.domain,
        clients: madePrefixes(lab),
        ...(role.relay === undefined ? {} : { relay: role.relay }),
      };
    case 'files':
      return {
        kind: 'file-server',
        share: role.share,
        folder: role.folder,
        ...(role.isReadOnly === true ? { isReadOnly: true } : {}),
        clients: labPrefixes(lab),
      };
  }
};

export const lowerRoles = (lab: Lab, machine: LabMachine): readonly Role[] =>
  (lab.roles?.[machine.name] ?? []).map((role) => lowerRole(lab, machine, role));
